"""Pictures put together from pieces in any order, valid and broken: nothing of others is lost."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediaoptout.containers.base import MANIFEST, Container
from mediaoptout.containers.jpeg import Jpeg
from mediaoptout.containers.png import Png
from mediaoptout.containers.png_chunks import render as chunk
from mediaoptout.containers.proof import prove
from mediaoptout.containers.segments import EXTENSION, XMP
from mediaoptout.containers.segments import render as segment
from mediaoptout.errors import MediaoptoutError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from tests.conftest import SAMPLES
from tests.containers.harness import content, fake_store, wanted

PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    b' dc:format="x"/></rdf:RDF></x:xmpmeta>'
)
TIFF = b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\1\0\0\0" + bytes(4)
RESOURCE = b"8BIM\x04\x0a\0\0\0\0\0\1\1\0"
SETTINGS = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def hold(container: Container, data: bytes) -> None:
    """The contract in short: kept, nothing lost, twice is once, and a manifest fits in."""
    source = BytesSource(data)
    try:
        layout = container.read(source)
        change = container.change(source, layout, wanted())
        signing = container.change(source, layout, wanted(manifest=2000))
    except MediaoptoutError:
        return
    written = PatchedSource(source, change.patch)
    after = container.read(written)
    assert prove(layout, after, change.patch).holds
    new = content(written)
    assert all(source.read(*span) in new for span in layout.foreign)
    assert container.change(written, after, wanted()).patch.changes_nothing(written.size)
    back = PatchedSource(BytesSource(new), change.patch.inverse(source))
    assert content(back) == data

    store = fake_store(2000)
    filled = signing.patch.fill(MANIFEST, container.frame_manifest(store))
    signed = PatchedSource(source, filled)
    again = container.read(signed)
    assert prove(layout, again, filled).holds
    assert container.manifest_store(signed, again) == store


def _segments() -> st.SearchStrategy[bytes]:
    anything = st.binary(max_size=40)
    shapes = [
        st.just(b"JFIF\0\1\1\0\0\1\0\1\0\0").map(lambda data: segment(0xE0, data)),
        anything.map(lambda data: segment(0xE1, b"Exif\0\0" + TIFF + data)),
        anything.map(lambda data: segment(0xE1, b"Exif\0\0" + data)),
        st.just(segment(0xE1, XMP + PACKET)),
        anything.map(lambda data: segment(0xE1, XMP + data)),
        anything.map(lambda data: segment(0xE1, EXTENSION + b"0" * 32 + bytes(8) + data)),
        anything.map(lambda data: segment(0xE2, b"MPF\0" + TIFF + data)),
        st.integers(0, 3000).map(lambda size: segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(size))),
        st.integers(60, 90_000).map(lambda size: Jpeg().frame_manifest(fake_store(size))),
        anything.map(lambda data: segment(0xEB, b"JP\0\1" + struct.pack(">I", 1) + data)),
        anything.map(lambda data: segment(0xED, b"Photoshop 3.0\0" + RESOURCE + data)),
        st.tuples(st.integers(0xE0, 0xEF), anything).map(lambda pair: segment(*pair)),
        anything.map(lambda data: segment(0xFE, data)),
        st.sampled_from([b"\xff" * 3, b"\0\0", b"\xff\xd0", b"\xff\x00"]),
    ]
    return st.lists(st.one_of(shapes), max_size=8).map(b"".join)


PLAIN_JPEG = Path(SAMPLES / "jpeg/baseline.jpg").read_bytes()
PLAIN_PNG = Path(SAMPLES / "png/palette.png").read_bytes()


@SETTINGS
@given(_segments(), st.binary(max_size=100))
def test_a_jpeg_of_any_shape(segments, behind):
    hold(Jpeg(), PLAIN_JPEG[:2] + segments + PLAIN_JPEG[20:] + behind)


def _chunks() -> st.SearchStrategy[bytes]:
    anything = st.binary(max_size=40)
    keyword = st.sampled_from(
        [b"XML:com.adobe.xmp", b"Copyright", b"copyright", b"Comment", b"Raw profile type xmp"]
    )
    contents = st.one_of(anything, st.just(PACKET), st.just(b"\nxmp\n 9\n" + PACKET.hex().encode()))
    texts = st.tuples(keyword, contents)
    shapes = [
        texts.map(lambda pair: chunk(b"tEXt", pair[0] + b"\0" + pair[1])),
        texts.map(lambda pair: chunk(b"zTXt", pair[0] + b"\0\0" + zlib.compress(pair[1]))),
        texts.map(lambda pair: chunk(b"iTXt", pair[0] + bytes(5) + pair[1])),
        texts.map(lambda pair: chunk(b"iTXt", pair[0] + b"\0\1\0\0\0" + zlib.compress(pair[1]))),
        texts.map(lambda pair: chunk(b"zTXt", pair[0] + b"\0\0" + pair[1])),
        anything.map(lambda data: chunk(b"eXIf", TIFF + data)),
        anything.map(lambda data: chunk(b"caBX", data)),
        anything.map(lambda data: chunk(b"prVt", data)[:-1] + b"\0"),
        st.just(chunk(b"IDAT", b"")),
    ]
    return st.lists(st.one_of(shapes), max_size=8).map(b"".join)


@SETTINGS
@given(_chunks(), _chunks(), st.binary(max_size=100))
def test_a_png_of_any_shape(before, after, behind):
    end = len(PLAIN_PNG) - 12
    hold(
        Png(),
        PLAIN_PNG[:33] + before + PLAIN_PNG[33:end] + after + PLAIN_PNG[end:] + behind,
    )
