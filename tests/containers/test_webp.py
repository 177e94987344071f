from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.containers.base import MANIFEST
from mediaoptout.containers.proof import prove
from mediaoptout.containers.webp import Webp
from mediaoptout.errors import LimitError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Carrier
from tests.containers.harness import ContainerContract, content, wanted


class TestWebp(ContainerContract):
    container = Webp()
    sample_folders = ("webp",)
    corpus_folders = ("webp",)
    minimum = 3
    corpus_minimum = 6
    kind = "pictures"
    may_change = (
        "RIFF:WebP_Flags",  # the flag for XMP is set
        *("XMP-plus:DataMining", "Xmp.plus.DataMining"),  # a weaker value gives way
    )


WEBP = Webp()


@pytest.fixture
def lossy(samples: Path) -> bytes:
    return (samples / "webp/lossy.webp").read_bytes()


@pytest.fixture
def lossless(samples: Path) -> bytes:
    return (samples / "webp/lossless-alpha.webp").read_bytes()


@pytest.fixture
def animated(samples: Path) -> bytes:
    return (samples / "webp/animated.webp").read_bytes()


def chunk(name: bytes, payload: bytes, *, padded: bool = True) -> bytes:
    pad = bytes(len(payload) % 2) if padded else b""
    return struct.pack("<4sI", name, len(payload)) + payload + pad


def riff(*chunks: bytes, size: int | None = None) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return struct.pack("<4sI", b"RIFF", len(body) if size is None else size) + body


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks as a strict reader finds them."""
    assert data[:4] == b"RIFF"
    assert data[8:12] == b"WEBP"
    end = 8 + int.from_bytes(data[4:8], "little")
    found, at = [], 12
    while at < end:
        name, size = struct.unpack_from("<4sI", data, at)
        found.append((name, data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    assert at == end
    return found


def written(data: bytes, **options) -> bytes:
    source = BytesSource(data)
    layout = WEBP.read(source)
    change = WEBP.change(source, layout, wanted(**options))
    patched = PatchedSource(source, change.patch)
    assert prove(layout, WEBP.read(patched), change.patch).holds
    return content(patched)


def names(data: bytes) -> list[bytes]:
    return [name for name, _ in chunks(data)]


PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    b' plus:DataMining="http://ns.useplus.org/ldf/vocab/%s"/></rdf:RDF></x:xmpmeta>'
)
TIFF = b"II*\0\x08\0\0\0\1\0\x98\x82\2\0\x07\0\0\0\x1a\0\0\0\0\0\0\0Author\0"


def test_a_simple_file_becomes_an_extended_one(lossy):
    found = chunks(written(lossy))
    assert [name for name, _ in found] == [b"VP8X", b"VP8 ", b"XMP "]
    width, height = struct.unpack_from("<HH", found[1][1], 6)
    header = found[0][1]
    assert header[:4] == b"\x04\0\0\0"
    assert int.from_bytes(header[4:7], "little") + 1 == width
    assert int.from_bytes(header[7:10], "little") + 1 == height


def test_a_lossless_picture_keeps_its_alpha(lossless):
    simple = riff(*(chunk(*item) for item in chunks(lossless) if item[0] == b"VP8L"))
    found = chunks(written(simple))
    assert [name for name, _ in found] == [b"VP8X", b"VP8L", b"XMP "]
    assert found[0][1] == b"\x14\0\0\0" + bytes([23, 0, 0, 23, 0, 0])


def test_an_extended_file_keeps_its_flags(animated):
    old, new = dict(chunks(animated)), dict(chunks(written(animated)))
    assert new[b"VP8X"][0] == old[b"VP8X"][0] | 0x04
    assert new[b"VP8X"][1:] == old[b"VP8X"][1:]


def test_the_manifest_is_last_and_its_padding_outside(lossy):
    source = BytesSource(lossy)
    change = WEBP.change(source, WEBP.read(source), wanted(manifest=101))
    new = content(
        PatchedSource(source, change.patch.fill(MANIFEST, WEBP.frame_manifest(bytes(101))))
    )
    assert names(new) == [b"VP8X", b"VP8 ", b"XMP ", b"C2PA"]
    [(_, hole)] = change.patch.holes
    assert hole.size == 8 + 101
    assert len(new) == hole.end + 1


def test_what_is_new_goes_before_a_manifest_that_stays(lossy):
    data = riff(lossy[12:], chunk(b"C2PA", bytes(20)))
    assert names(written(data)) == [b"VP8X", b"VP8 ", b"XMP ", b"C2PA"]


def test_chunks_of_others_stay_where_they_are(animated):
    data = riff(animated[12:], chunk(b"ABCD", b"odd"), chunk(b"EFGH", b""))
    assert names(written(data))[-3:] == [b"ABCD", b"EFGH", b"XMP "]
    assert names(written(written(data)))[-3:] == [b"ABCD", b"EFGH", b"XMP "]


def test_a_misspelt_packet_is_read_and_gets_its_name(lossy):
    data = riff(lossy[12:], chunk(b"XMP\0", PACKET % b"DMI-PROHIBITED"))
    [block] = WEBP.read(BytesSource(data)).blocks
    assert str(block.entries[0].value).endswith("DMI-PROHIBITED")
    new = written(data)
    assert names(new) == [b"VP8X", b"VP8 ", b"XMP "]
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


def test_a_second_packet_is_kept_and_not_weakened(lossy):
    second = chunk(b"XMP ", PACKET % b"DMI-PROHIBITED")
    new = written(riff(lossy[12:], chunk(b"XMP ", PACKET % b"DMI-UNSPECIFIED"), second))
    assert second in new
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


def test_a_broken_packet_is_never_replaced(lossy):
    with pytest.raises(RefusedError) as caught:
        written(riff(lossy[12:], chunk(b"XMP ", b"<x:xmpmeta")))
    assert caught.value.code == "damaged-carrier"


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_the_notice_is_stated_in_exif_where_there_is_exif(animated, prefix):
    tiff = TIFF.replace(b"\x98\x82", b"\x97\x82")  # another tag
    new = written(riff(animated[12:], chunk(b"EXIF", prefix + tiff)))
    [block] = [b for b in WEBP.read(BytesSource(new)).blocks if b.carrier is Carrier.EXIF]
    assert [entry.name for entry in block.entries] == ["dc:rights"]
    assert dict(chunks(new))[b"EXIF"].startswith(prefix + b"II*\0")


def test_the_notice_of_others_stays_in_exif(animated):
    exif = chunk(b"EXIF", TIFF)
    assert exif in written(riff(animated[12:], exif))


def test_info_is_read(lossy):
    data = riff(lossy[12:], chunk(b"LIST", b"INFO" + chunk(b"ICOP", b"Somebody\0")))
    [block] = WEBP.read(BytesSource(data)).blocks
    assert [(e.name, e.value) for e in block.entries] == [("dc:rights", "Somebody")]
    assert block.carrier is Carrier.RIFF_INFO


def test_a_length_that_lies_is_put_right(lossy):
    data = riff(lossy[12:], size=1 << 20)
    assert WEBP.read(BytesSource(data)).warnings
    assert names(written(data)) == [b"VP8X", b"VP8 ", b"XMP "]


def test_what_follows_the_riff_is_kept(lossy):
    new = written(lossy + b"\0trailer")
    assert new.endswith(b"\0trailer")
    assert names(new) == [b"VP8X", b"VP8 ", b"XMP "]


def test_missing_padding_is_put_in(lossless):
    picture = dict(chunks(lossless))[b"VP8L"]
    picture = picture if len(picture) % 2 else picture + b"\0"
    data = riff(chunk(b"VP8L", picture, padded=False))
    assert len(data) % 2
    assert chunks(written(data))[1] == (b"VP8L", picture)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (riff(chunk(b"ALPH", b"\0\0"), chunk(b"VP8 ", bytes(20))), "no-header"),
        (riff(chunk(b"VP8 ", bytes(20))), "no-header"),
        (riff(chunk(b"VP8L", b"\x2f\0")), "no-header"),
        (riff(chunk(b"VP8X", bytes(10))), "truncated"),
        (riff(chunk(b"VP8 ", bytes(20)))[:-4], "truncated"),
    ],
)
def test_a_picture_that_cannot_be_understood_is_refused(data, code):
    with pytest.raises(RefusedError) as caught:
        written(data)
    assert caught.value.code == code


def test_an_endless_row_of_packets_is_refused(lossy):
    with pytest.raises(LimitError):
        WEBP.read(BytesSource(riff(lossy[12:], chunk(b"XMP ", b"") * 300)))


OTHERS = st.tuples(
    st.sampled_from([b"ABCD", b"EXIF", b"ICCP", b"UNKN", b"JUNK"]), st.binary(max_size=40)
)


@settings(deadline=None)
@given(st.lists(OTHERS, max_size=6), st.booleans(), st.binary(max_size=9))
def test_any_chunks_of_others_survive(others, odd, tail):
    picture = b"\x2f" + (7 | 7 << 14).to_bytes(4, "little") + bytes(9 if odd else 8)
    data = riff(chunk(b"VP8L", picture), *(chunk(*item) for item in others)) + tail
    try:
        new = written(data)
    except RefusedError:
        return
    kept = [item for item in chunks(new) if item[0] not in (b"VP8X", b"XMP ", b"EXIF")]
    assert kept == [(b"VP8L", picture), *(item for item in others if item[0] != b"EXIF")]
    assert new.endswith(tail)
    assert written(new) == new
