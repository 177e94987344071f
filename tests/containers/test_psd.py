from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.containers.proof import prove
from mediaoptout.containers.psd import Psd
from mediaoptout.errors import DamagedError, LimitError, MediaoptoutError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Carrier
from tests.containers.harness import RESERVED, ContainerContract, content, wanted

PSD = Psd()
IIM, FLAG, URL, EXIF, XMP = 1028, 1034, 1035, 1058, 1060


class TestPsd(ContainerContract):
    container = PSD
    sample_folders = ("psd",)
    corpus_folders = ("psd",)
    minimum = 2
    corpus_minimum = 4
    kind = "pictures"
    may_change = (
        "Photoshop:CopyrightFlag = 0",  # what Photoshop writes where nobody said anything
        *("XMP-plus:DataMining", "Xmp.plus.DataMining"),  # a weaker value gives way
    )

    def test_exiv2_misses_nothing(self, path, written):
        if path.read_bytes()[5] == 2:
            pytest.skip("exiv2 reads no PSB")
        super().test_exiv2_misses_nothing(path, written)

    def test_psd_tools_sees_the_same_layers(self, path, written):
        pytest.importorskip("psd_tools")
        assert layers(written) == layers(path)


def layers(path: Path) -> list[object]:
    """The layers with their pixels, and the merged picture."""
    from psd_tools import PSDImage

    document = PSDImage.open(path)
    parts: list[Any] = [document, *document.descendants()]
    found: list[object] = []
    for layer in parts:
        image = layer.topil()
        pixels = None if image is None else hashlib.sha256(image.tobytes()).hexdigest()
        found.append((layer.name, layer.kind, layer.bbox, pixels))
    return found


# --- documents by hand --------------------------------------------------------------------------


def resource(number: int, data: bytes, name: bytes = b"", kind: bytes = b"8BIM") -> bytes:
    title = bytes((len(name),)) + name
    head = kind + struct.pack(">H", number) + title + bytes(len(title) % 2)
    return head + struct.pack(">I", len(data)) + data + bytes(len(data) % 2)


def document(*blocks: bytes, version: int = 1, layers: bytes = b"", colours: bytes = b"") -> bytes:
    section = b"".join(blocks)
    width = "I" if version == 1 else "Q"
    return (
        struct.pack(">4sH6xHIIHH", b"8BPS", version, 1, 2, 3, 8, 1)
        + struct.pack(">I", len(colours))
        + colours
        + struct.pack(">I", len(section))
        + section
        + struct.pack(">" + width, len(layers))
        + layers
        + b"\0\0pixels"
    )


def found_in(data: bytes) -> list[tuple[bytes, int, bytes, bytes]]:
    """The resources as a strict reader finds them; what is behind them must be a document's end."""
    version = data[5]
    at = 26 + 4 + int.from_bytes(data[26:30], "big")
    end = at + 4 + int.from_bytes(data[at : at + 4], "big")
    at += 4
    found = []
    while at < end:
        kind, number, length = struct.unpack_from(">4sHB", data, at)
        name = data[at + 7 : at + 7 + length]
        at += 6 + (length + 2) // 2 * 2
        (size,) = struct.unpack_from(">I", data, at)
        found.append((kind, number, name, data[at + 4 : at + 4 + size]))
        at += 4 + size + size % 2
    assert at == end or (at == end + 1 and size % 2), "the last may lack its padding"
    width = 4 * version
    assert data.endswith(b"\0\0pixels")
    assert end + width + int.from_bytes(data[end : end + width], "big") == len(data) - 8
    return found


def written(data: bytes, **options) -> bytes:
    source = BytesSource(data)
    layout = PSD.read(source)
    change = PSD.change(source, layout, wanted(**options))
    patched = PatchedSource(source, change.patch)
    proof = prove(layout, PSD.read(patched), change.patch)
    assert proof.holds, proof.reasons
    return content(patched)


def numbered(data: bytes) -> dict[int, bytes]:
    return {number: value for _, number, _, value in found_in(data)}


def refusal(data: bytes, **options) -> str:
    with pytest.raises(RefusedError) as caught:
        written(data, **options)
    assert caught.value.fix
    return caught.value.code


PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    b' xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" %s/></rdf:RDF></x:xmpmeta>'
)
others = st.lists(
    st.builds(
        resource,
        st.sampled_from((1005, 1028, 1036, 1061, 1064, 4000, 10000)),
        st.binary(max_size=9),
        st.binary(max_size=5),
        st.sampled_from((b"8BIM", b"MeSa")),
    ),
    max_size=6,
)


@settings(deadline=None)
@given(others, st.sampled_from((1, 2)), st.binary(max_size=7), st.sampled_from((b"", b"color")))
def test_any_document_says_it_and_loses_nothing(blocks, version, layers, colours):
    data = document(*blocks, version=version, layers=layers, colours=colours)
    new = written(data)
    before, after = found_in(data), found_in(new)
    assert [item for item in after if item[1] not in (FLAG, URL, XMP)] == before
    assert numbered(new)[FLAG] == b"\1"
    assert numbered(new)[URL] == b"https://rights.example.org/terms"
    assert RESERVED.encode() in numbered(new)[XMP]
    source = BytesSource(new)
    assert PSD.change(source, PSD.read(source), wanted()).patch.changes_nothing(len(new))


def test_new_resources_stand_in_the_order_of_numbers():
    new = written(document(resource(1005, b"a"), resource(1036, b"b"), resource(4000, b"c")))
    assert [item[1] for item in found_in(new)] == [1005, FLAG, URL, 1036, XMP, 4000]


def test_a_resource_that_changes_keeps_its_name_and_kind():
    old = resource(XMP, PACKET % b"", b"packet", b"MeSa")
    [found] = [item for item in found_in(written(document(old))) if item[1] == XMP]
    assert found[:3] == (b"MeSa", XMP, b"packet")
    assert RESERVED.encode() in found[3]


def test_the_address_of_others_stays():
    data = document(resource(URL, b"https://anna.example.org"))
    new = written(data)
    assert numbered(new)[URL] == b"https://anna.example.org"
    source = BytesSource(data)
    change = PSD.change(source, PSD.read(source), wanted())
    assert any("WebStatement" in warning for warning in change.warnings)
    assert change.carriers == (Carrier.PSIR, Carrier.XMP)


@pytest.mark.parametrize(
    ("packet", "flag"), [(b"", b"\1"), (b'xmpRights:Marked="False"', b"\0")], ids=["unsaid", "said"]
)
def test_a_flag_that_is_not_set_counts_only_where_xmp_says_so(packet, flag):
    data = document(resource(FLAG, b"\0"), resource(XMP, PACKET % packet))
    assert numbered(written(data))[FLAG] == flag


def test_a_contrary_second_packet_is_refused_and_a_stricter_one_not_weakened():
    said = b'plus:DataMining="http://ns.useplus.org/ldf/vocab/%s"'
    first = resource(XMP, PACKET % b"")
    allowed = resource(XMP, PACKET % (said % b"DMI-ALLOWED"))
    assert refusal(document(first, allowed)) == "contrary-statement"
    strict = resource(XMP, PACKET % (said % b"DMI-PROHIBITED"))
    assert b"EXCEPTSEARCHENGINEINDEXING" not in written(document(first, strict))


def test_iptc_and_exif_are_read_and_left():
    iptc = b"\x1c\x02\x74\0\x0a\xa9 Somebody"
    tiff = b"II*\0\x08\0\0\0\1\0\x98\x82\2\0\x07\0\0\0\x1a\0\0\0\0\0\0\0Author\0"
    data = document(resource(IIM, iptc), resource(EXIF, tiff))
    entries = {
        (entry.carrier, entry.value)
        for block in PSD.read(BytesSource(data)).blocks
        for entry in block.entries
    }
    assert entries == {(Carrier.IIM, "© Somebody"), (Carrier.EXIF, "Author")}
    assert (numbered(written(data))[IIM], numbered(written(data))[EXIF]) == (iptc, tiff)


def test_a_broken_packet_is_never_replaced():
    assert refusal(document(resource(XMP, b"<x:xmpmeta"))) == "damaged-carrier"


def test_a_last_resource_without_its_padding_is_read_and_kept():
    for number in (4000, 1005):
        old = resource(number, b"odd")[:-1]
        new = written(document(old))
        assert old in new
        assert numbered(new)[XMP]


def test_zeros_behind_the_resources_are_no_matter_and_other_bytes_are():
    data = document(resource(4000, b"data"), bytes(6))
    assert RESERVED.encode() in written(data)
    assert refusal(document(resource(4000, b"data"), b"junk")) == "unsafe-structure"


@pytest.mark.parametrize("version", [1, 2])
def test_cut_layers_are_readable_and_refused(version):
    data = document(layers=bytes(100), version=version)
    assert refusal(data[:-20]) == "truncated"
    assert refusal(data[: -108 - version]) == "truncated"


def test_what_is_longer_than_its_place_is_damage():
    whole = resource(4000, b"data")
    for data in (
        document(whole[:-3]),
        document(whole[:-5]),
        document(b"8BIM\x0f\xa0\xff"),
        document(whole)[:40],
        b"8BPS\0\1",
    ):
        with pytest.raises(DamagedError):
            PSD.read(BytesSource(data))


def test_an_endless_row_of_resources_is_too_many():
    with pytest.raises(LimitError):
        PSD.read(BytesSource(document(resource(4000, b"") * 70_000)))
    with pytest.raises(LimitError):
        PSD.read(BytesSource(document(resource(URL, b"a") * 300)))


def test_other_versions_are_not_ours():
    assert not PSD.recognises(BytesSource(b""), b"8BPS\0\3")


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.binary(min_size=1, max_size=9))
def test_random_damage_raises_nothing_unknown(chance, noise):
    data = bytearray(document(resource(FLAG, b"\0"), resource(XMP, PACKET % b""), layers=b"abc"))
    at = chance.randrange(len(data))
    data[at : at + len(noise)] = noise
    source = BytesSource(bytes(data))
    try:
        layout = PSD.read(source)
        change = PSD.change(source, layout, wanted())
        assert change.patch.keeps(layout.essence)
    except MediaoptoutError as error:
        assert error.message
