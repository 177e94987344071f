from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.containers.bmff.boxes import make_box
from mediaoptout.containers.bmff.movie import XMP_UUID
from mediaoptout.containers.jp2 import SIGNATURE, Jp2
from mediaoptout.containers.proof import proven
from mediaoptout.containers.registry import detect
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import LangAlt, Property
from mediaoptout.words import Carrier
from tests.containers.boxed_pictures import PictureContract
from tests.containers.harness import content, wanted

JP2 = Jp2()
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    b' plus:DataMining="http://ns.useplus.org/ldf/vocab/%s"/></rdf:RDF></x:xmpmeta>'
)
LONG = Property("plus:OtherConstraints", LangAlt((("x-default", "Ask first. " * 400),)))


class TestJp2(PictureContract):
    container = JP2
    sample_folders = ("jp2",)
    corpus_folders = ("jp2",)
    minimum = 2
    corpus_minimum = 2


# --- files that are built ------------------------------------------------------------------

START = SIGNATURE + make_box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
HEADER = make_box(b"jp2h", make_box(b"ihdr", bytes(14)))
PICTURE = make_box(b"jp2c", b"\xff\x4f\xff\x51" + bytes(range(60)) + b"\xff\xd9")
TIFF = b"II*\0\x08\0\0\0\1\0\x98\x82\2\0\x07\0\0\0\x1a\0\0\0\0\0\0\0Author\0"
IPTC = b"\x1c\x02\x74\0\x0a\xa9 Somebody"


def uuid(kind: bytes, data: bytes) -> bytes:
    return make_box(b"uuid", kind, data)


def endless(box: bytes) -> bytes:
    return bytes(4) + box[4:]


def written(data: bytes, **options: Any) -> bytes:
    """The file after the change, proven."""
    source = BytesSource(data)
    layout = JP2.read(source)
    patch = JP2.change(source, layout, wanted(**options)).patch
    new = PatchedSource(source, patch)
    proof = proven(JP2, source, layout, JP2.read(new), patch)
    assert proof.holds, proof.reasons
    return content(new)


def said(data: bytes) -> list[str]:
    """The values of ``plus:DataMining``, packet by packet."""
    return [
        str(entry.value).rpartition("/")[2]
        for block in JP2.read(BytesSource(data)).blocks
        for entry in block.entries
        if entry.name == "plus:DataMining"
    ]


METADATA = st.sampled_from(
    [
        uuid(XMP_UUID, PACKET % b"DMI-UNSPECIFIED"),
        uuid(XMP_UUID, PACKET % b"DMI-UNSPECIFIED" + b" " * 5000),
        uuid(b"JpgTiffExif->JP2", TIFF),
        make_box(b"xml ", b"<gml/>"),
        make_box(b"uinf", bytes(20)),
        make_box(b"ftbl", make_box(b"flst", bytes(2))),
        make_box(b"unkn", b"?"),
    ]
)


@given(st.lists(METADATA, max_size=4), st.lists(METADATA, max_size=3), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_file_keeps_its_boxes(ahead, behind, last):
    before = START + HEADER + b"".join(ahead)
    data = before + (endless(PICTURE) if last else PICTURE + b"".join(behind))
    boxes = (*ahead, *(() if last else behind))
    new = written(data)
    assert all(box in new for box in boxes if XMP_UUID not in box)
    indexed = any(b"ftbl" in box for box in boxes)
    at = len(before)
    if indexed:
        assert new[at + 4 : at + len(PICTURE)] == PICTURE[4:]
    else:
        assert b"free" not in new
    assert "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING" in said(new)
    source = BytesSource(new)
    assert JP2.change(source, JP2.read(source), wanted()).patch.changes_nothing(len(new))
    grown = written(new, also=(LONG,))
    if indexed:
        assert grown[at + 4 : at + len(PICTURE)] == PICTURE[4:]


def test_the_last_packet_grows_where_it_is():
    new = written(START + HEADER + PICTURE)
    grown = written(new, also=(LONG,))
    assert grown.count(XMP_UUID) == 1
    assert b"free" not in grown


def test_notices_of_others_are_read():
    iptc = uuid(bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"), IPTC)
    data = START + HEADER + uuid(b"JpgTiffExif->JP2", TIFF) + iptc + PICTURE
    entries = [entry for block in JP2.read(BytesSource(data)).blocks for entry in block.entries]
    assert [(entry.carrier, entry.value) for entry in entries] == [
        (Carrier.EXIF, "Author"),
        (Carrier.IIM, "© Somebody"),
    ]


def test_xmp_in_an_xml_box_is_kept_and_not_weakened():
    other = make_box(b"xml ", PACKET % b"DMI-PROHIBITED")
    new = written(START + HEADER + other + PICTURE)
    assert other in new
    assert said(new) == ["DMI-PROHIBITED", "DMI-PROHIBITED"]


def test_a_broken_packet_is_never_replaced():
    with pytest.raises(RefusedError) as caught:
        written(START + HEADER + uuid(XMP_UUID, b"<x:xmpmeta") + PICTURE)
    assert caught.value.code == "damaged-carrier"


def test_a_cut_picture_gets_the_packet_before_it():
    cut = PICTURE[:-10]
    data = START + HEADER + cut
    assert JP2.read(BytesSource(data)).warnings
    assert written(data).endswith(cut)


def test_a_cut_picture_that_is_pointed_into_is_refused():
    table = make_box(b"ftbl", make_box(b"flst", bytes(2)))
    with pytest.raises(RefusedError) as caught:
        written(START + HEADER + table + PICTURE[:-10])
    assert caught.value.code == "truncated"


def test_a_picture_must_be_there():
    with pytest.raises(DamagedError):
        JP2.read(BytesSource(START + HEADER))
    with pytest.raises(LimitError):
        JP2.read(BytesSource(START + uuid(XMP_UUID, b"") * 300 + PICTURE))


class Endless(BytesSource):
    """More than 4 GiB, of which only the beginning is read."""

    @property
    def size(self) -> int:
        return (1 << 32) + 100


def test_more_than_4_gib_without_a_size():
    source = Endless(START + HEADER + endless(PICTURE))
    patch = JP2.change(source, JP2.read(source), wanted()).patch
    assert patch.locate(source.size - 1) == patch.size - 1
    table = make_box(b"ftbl", make_box(b"flst", bytes(2)))
    source = Endless(START + HEADER + table + endless(PICTURE))
    with pytest.raises(RefusedError) as caught:
        JP2.change(source, JP2.read(source), wanted())
    assert caught.value.code == "endless-box"


def test_a_codestream_alone_is_never_rewritten():
    source = BytesSource(PICTURE[8:])
    found = detect(source)
    assert found is not None
    assert (found.name, found.sidecar_only) == ("j2k", True)
