from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.containers.base import MANIFEST, Wanted
from mediaoptout.containers.bmff.boxes import make_box
from mediaoptout.containers.jxl import SIGNATURE, Jxl
from mediaoptout.containers.proof import proven
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import LangAlt, Property
from tests import witnesses
from tests.codestreams import naked_jxl
from tests.containers.boxed_pictures import PictureContract
from tests.containers.harness import content, fake_store, wanted

JXL = Jxl()
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    b' plus:DataMining="http://ns.useplus.org/ldf/vocab/%s"/></rdf:RDF></x:xmpmeta>'
)
LONG = Property("plus:OtherConstraints", LangAlt((("x-default", "Ask first. " * 400),)))


def wrapping(**options: Any) -> Wanted:
    """The reservation, where a codestream may be put into a container."""
    plain = wanted(**options)
    return Wanted(
        properties=plain.properties,
        force=plain.force,
        wrap_jxl=True,
        manifest=plain.manifest,
        drop_manifest=plain.drop_manifest,
    )


class TestJxl(PictureContract):
    container = JXL
    sample_folders = ("jxl",)
    corpus_folders = ("jxl",)
    minimum = 1
    corpus_minimum = 3
    new_warnings = (
        "Duplicate XMP",  # the packet that a JPEG is rebuilt with stays beside ours
        "Brotli",  # said once for each box until one of them is no longer compressed
    )

    def wanted(self, *without: str, **options: Any) -> Wanted:
        return wrapping(**options)

    def variants(self, data: bytes) -> Iterator[bytes]:
        if data.startswith(SIGNATURE):  # a codestream has nothing outside the essence
            yield from super().variants(data)

    def test_the_jpeg_is_rebuilt_as_before(self, path, written):
        assert rebuilt(written) == rebuilt(path)


def rebuilt(path: Path) -> bytes | None:
    """The JPEG that a file was made from, if it was."""
    import imagecodecs

    if b"jbrd" not in path.read_bytes():
        return None
    return bytes(imagecodecs.jpegxl_decode_jpeg(path.read_bytes(), numthreads=1))


# --- files that are built ------------------------------------------------------------------

START = SIGNATURE + make_box(b"ftyp", b"jxl \0\0\0\0jxl ")
PICTURE = make_box(b"jxlc", b"\xff\x0a" + bytes(range(60)))


def written(data: bytes, **options: Any) -> bytes:
    """The file after the change, proven; with a manifest where one is wanted."""
    source = BytesSource(data)
    layout = JXL.read(source)
    patch = JXL.change(source, layout, wrapping(**options)).patch
    if patch.holes:
        patch = patch.fill(MANIFEST, JXL.frame_manifest(fake_store(options["manifest"])))
    new = PatchedSource(source, patch)
    proof = proven(JXL, source, layout, JXL.read(new), patch)
    assert proof.holds, proof.reasons
    return content(new)


def said(data: bytes) -> list[str]:
    """The values of ``plus:DataMining``, packet by packet."""
    return [
        str(entry.value).rpartition("/")[2]
        for block in JXL.read(BytesSource(data)).blocks
        for entry in block.entries
        if entry.name == "plus:DataMining"
    ]


def brob(kind: bytes, data: bytes) -> bytes:
    return make_box(b"brob", kind, brotli.compress(data))


def jbrd(kind: int, length: int) -> bytes:
    """Reconstruction data of a JPEG with one application marker of ``kind``."""
    fields = [(0, 1), (0xE1 - 0xC0, 6), (0xD9 - 0xC0, 6)]
    fields += [(kind, 2)] if kind < 2 else [(2, 2), (kind - 2, 1)]
    fields.append((length, 16))
    word = at = 0
    for value, width in fields:
        word |= value << at
        at += width
    return make_box(b"jbrd", word.to_bytes(-(-at // 8), "little") + bytes(20))


def endless(box: bytes) -> bytes:
    return bytes(4) + box[4:]


METADATA = st.sampled_from(
    [
        make_box(b"xml ", PACKET % b"DMI-UNSPECIFIED" + b" " * 40),
        brob(b"xml ", PACKET % b"DMI-UNSPECIFIED"),
        make_box(b"xml ", b"<other/>"),
        make_box(b"Exif", bytes(4) + b"II*\0\x08\0\0\0" + bytes(6)),
        brob(b"Exif", bytes(4) + b"II*\0\x08\0\0\0" + bytes(6)),
        make_box(b"jumb", make_box(b"jumd", bytes(16) + b"\3other\0")),
        make_box(b"jhgm", b"gain map"),
        make_box(b"unkn", b"?"),
        jbrd(1, 100),
        jbrd(3, 100),
    ]
)


@given(st.lists(METADATA, max_size=4), st.lists(METADATA, max_size=3), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_container_keeps_its_boxes(ahead, behind, level, signed):
    parts = [*ahead, make_box(b"jxlp", bytes(4) + b"one"), *behind]
    if level:
        parts.insert(0, make_box(b"jxll", b"\x0a"))
    data = START + b"".join(parts) + endless(make_box(b"jxlp", b"\x80\0\0\1two"))
    options = {"manifest": 400} if signed else {}
    new = written(data, **options)
    for box in (*ahead, *behind):
        if box[4:8] not in (b"xml ", b"brob") or b"other" in box or box[8:12] == b"Exif":
            assert box in new
    if any(box == jbrd(3, 100) for box in parts):
        first = next((b for b in parts if b"xml " in b[4:12] and b"other" not in b), b"")
        assert first in new
    assert said(new)[-1] == "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"
    source = BytesSource(new)
    assert JXL.change(source, JXL.read(source), wrapping()).patch.changes_nothing(len(new))
    grown = written(new, also=(LONG,))
    assert said(grown)[-1] == said(new)[-1]


def test_a_naked_codestream_is_wrapped_only_on_request():
    data = naked_jxl()
    source = BytesSource(data)
    with pytest.raises(RefusedError) as caught:
        JXL.change(source, JXL.read(source), wanted())
    assert caught.value.code == "naked-codestream"
    assert "--wrap-jxl" in (caught.value.fix or "")
    new = written(data, manifest=300)
    assert new.startswith(START + fake_store(300))
    assert data in new


def test_a_naked_codestream_is_shown_in_a_container():
    data = naked_jxl()
    source = BytesSource(data)
    shown = content(JXL.as_ingredient(source, JXL.read(source)))
    assert shown == START + make_box(b"jxlc", data)


def test_a_compressed_packet_becomes_a_plain_one():
    data = START + brob(b"xml ", PACKET % b"DMI-PROHIBITED") + PICTURE
    new = written(data)
    assert b"brob" not in new
    assert said(new) == ["DMI-PROHIBITED"]


def test_the_packet_of_a_rebuilt_jpeg_stays():
    old = make_box(b"xml ", PACKET % b"DMI-UNSPECIFIED" + b" " * 5000)
    data = START + old + jbrd(3, 100) + PICTURE
    new = written(data)
    assert old in new
    assert said(new)[-1] == "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"
    source = BytesSource(data)
    assert any("rebuilt" in text for text in JXL.read(source).warnings)


def test_a_jpeg_without_a_packet_binds_none():
    old = make_box(b"xml ", PACKET % b"DMI-UNSPECIFIED" + b" " * 5000)
    new = written(START + old + jbrd(2, 100) + PICTURE)
    assert new.count(b"x:xmpmeta ") == 1


def test_a_stricter_packet_beside_ours_is_not_weakened():
    other = make_box(b"xml ", PACKET % b"DMI-PROHIBITED")
    new = written(START + other + make_box(b"xml ", PACKET % b"DMI-UNSPECIFIED") + PICTURE)
    assert other in new
    assert said(new) == ["DMI-PROHIBITED", "DMI-PROHIBITED"]


@pytest.mark.parametrize(
    "box",
    [
        make_box(b"xml ", b"<x:xmpmeta"),
        make_box(b"brob", b"xml no brotli"),
        brob(b"xml ", bytes(40 << 20)),
        make_box(b"brob", b"xml " + brotli.compress(PACKET)[:-9]),
    ],
)
def test_a_packet_that_cannot_be_read_is_never_replaced(box):
    with pytest.raises(RefusedError) as caught:
        written(START + box + PICTURE)
    assert caught.value.code == "damaged-carrier"


def test_a_codestream_of_more_than_4_gib_gets_the_packet_before_it():
    class Endless(BytesSource):
        @property
        def size(self) -> int:
            return (1 << 32) + 100

    source = Endless(START + endless(PICTURE))
    patch = JXL.change(source, JXL.read(source), wanted()).patch
    assert patch.locate(len(START)) != len(START)
    assert patch.locate(source.size - 1) == patch.size - 1


def test_a_picture_must_be_there_and_whole():
    with pytest.raises(DamagedError):
        JXL.read(BytesSource(START))
    with pytest.raises(RefusedError) as caught:
        written(START + PICTURE[:-1])
    assert caught.value.code == "truncated"
    with pytest.raises(LimitError):
        JXL.read(BytesSource(START + make_box(b"xml ") * 300 + PICTURE))


def test_many_boxes_that_unpack_to_much_are_refused():
    bomb = brob(b"xml ", bytes(15 << 20))
    with pytest.raises(LimitError):
        JXL.read(BytesSource(START + bomb * 4 + PICTURE))


def test_the_manifest_stands_behind_the_level():
    level = make_box(b"jxll", b"\x0a")
    new = written(START + level + PICTURE, manifest=200)
    assert new.startswith(START + level + fake_store(200) + PICTURE)


def test_exiftool_shows_our_packet(tmp_path):
    old = make_box(b"xml ", PACKET % b"DMI-UNSPECIFIED")
    path = tmp_path / "a.jxl"
    path.write_bytes(written(START + old + jbrd(3, 100) + PICTURE))
    tags = witnesses.exiftool(path)
    if tags is None:
        pytest.skip("no ExifTool here (set EXIFTOOL)")
    shown = [value for name, value in tags.items() if name.endswith("DataMining")]
    assert any(str(value).endswith("SEARCHENGINEINDEXING") for value in shown)
