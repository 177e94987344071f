from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pytest

from mediaoptout.containers.base import MANIFEST
from mediaoptout.containers.jpeg import Jpeg
from mediaoptout.containers.segments import APP1, EXTENSION, XMP, render, walk
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Carrier
from tests.containers.harness import NOTICE, ContainerContract, content, fake_store, wanted


class TestJpeg(ContainerContract):
    container = Jpeg()
    sample_folders = ("jpeg",)
    corpus_folders = ("jpg",)
    minimum = 7
    corpus_minimum = 17
    kind = "pictures"
    may_change = (
        *("XMP-plus:DataMining", "Xmp.plus.DataMining"),  # a weaker value gives way
        'IFD0:Copyright = ""',  # a blank notice too
        "MPImage1:MPImageLength",  # the first picture holds our segments
    )


JPEG = Jpeg()
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    b' plus:DataMining="http://ns.useplus.org/ldf/vocab/%s">%s</rdf:Description></rdf:RDF>'
    b"</x:xmpmeta>"
)


@pytest.fixture
def plain(samples: Path) -> bytes:
    """A picture with nothing but JFIF."""
    return (samples / "jpeg/baseline.jpg").read_bytes()


def with_segments(data: bytes, *segments: bytes) -> bytes:
    """The picture with segments behind JFIF."""
    return data[:20] + b"".join(segments) + data[20:]


def written(data: bytes, **options) -> bytes:
    source = BytesSource(data)
    change = JPEG.change(source, JPEG.read(source), wanted(**options))
    return content(PatchedSource(source, change.patch))


def xmp(packet: bytes) -> bytes:
    return render(APP1, XMP + packet)


def extension(packet: bytes, *, parts: int = 2, lose: int | None = None) -> bytes:
    guid = hashlib.md5(packet).hexdigest().upper().encode()
    step = -(-len(packet) // parts)
    pieces = [(at, packet[at : at + step]) for at in range(0, len(packet), step)]
    return b"".join(
        render(APP1, EXTENSION + guid + struct.pack(">II", len(packet), at) + piece)
        for number, (at, piece) in enumerate(reversed(pieces))
        if number != lose
    )


def kinds(data: bytes) -> list[bytes]:
    return [segment.head[:4] for segment in walk(BytesSource(data)).segments]


def tiff(*entries: tuple[int, int, int, bytes], rest: bytes = b"", following: int = 0) -> bytes:
    """A little-endian TIFF structure with one directory; ``rest`` stands behind it."""
    body = b"".join(
        struct.pack("<HHI4s", tag, kind, count, value) for tag, kind, count, value in entries
    )
    return (
        b"II*\0\x08\0\0\0"
        + struct.pack("<H", len(entries))
        + body
        + struct.pack("<I", following)
        + rest
    )


def exif(block: bytes) -> bytes:
    return render(APP1, b"Exif\0\0" + block)


ORIENTATION = (0x0112, 3, 1, b"\1\0\0\0")


class TestOrder:
    def test_a_packet_goes_behind_exif(self, plain):
        new = written(with_segments(plain, exif(tiff(ORIENTATION)), render(0xED, b"x")))
        assert kinds(new)[:4] == [b"JFIF", b"Exif", b"http", b"x"]

    def test_a_packet_does_not_part_the_segments_of_one_exif_block(self, plain):
        new = written(with_segments(plain, exif(tiff(ORIENTATION)), exif(b"goes on")))
        assert kinds(new)[:4] == [b"JFIF", b"Exif", b"Exif", b"http"]

    def test_the_manifest_goes_behind_jfif_exif_and_xmp(self, plain):
        source = BytesSource(with_segments(plain, exif(tiff(ORIENTATION))))
        patch = JPEG.change(source, JPEG.read(source), wanted(manifest=9000)).patch
        store = fake_store(9000)
        new = content(PatchedSource(source, patch.fill(MANIFEST, JPEG.frame_manifest(store))))
        assert kinds(new)[:4] == [b"JFIF", b"Exif", b"http", b"JP\x02\x11"]

    def test_nothing_is_put_between_exif_and_what_it_points_to(self, plain):
        outside = tiff(ORIENTATION, following=100_000)
        new = written(with_segments(plain, exif(outside)))
        assert kinds(new)[:3] == [b"JFIF", b"http", b"Exif"]
        assert exif(outside) in new


class TestExif:
    def test_a_notice_is_appended_and_nothing_moves(self, plain):
        old = tiff(ORIENTATION, (0x8769, 4, 1, b"\x26\0\0\0"), rest=tiff(ORIENTATION)[8:])
        new = written(with_segments(plain, exif(old)))
        [block] = [b for b in JPEG.read(BytesSource(new)).blocks if b.carrier is Carrier.EXIF]
        [entry] = block.entries
        assert (entry.name, entry.value) == ("dc:rights", NOTICE)
        at = new.index(b"Exif\0\0") + 6
        assert new[at + 8 : at + len(old)] == old[8:]

    def test_a_blank_notice_gives_way(self, plain):
        blank = tiff((0x8298, 2, 3, b" \0 \0"))
        new = written(with_segments(plain, exif(blank)))
        assert NOTICE.encode() in new
        assert written(new) == new

    def test_the_notice_of_others_stays(self, plain):
        theirs = exif(tiff((0x8298, 2, 4, b"(c)\0")))
        assert theirs in written(with_segments(plain, theirs))

    def test_a_full_segment_is_left_alone(self, plain):
        full = exif(tiff(ORIENTATION, rest=bytes(65_500)))
        assert full in written(with_segments(plain, full))

    def test_a_preview_behind_the_picture_is_still_found(self, plain):
        def block(distance: int) -> bytes:
            note = struct.pack("<I", distance)
            return tiff((0x927C, 7, 8, b"\x1a\0\0\0"), rest=b"Make" + note)

        preview = plain
        head = with_segments(plain, xmp(PACKET % (b"DMI-UNSPECIFIED", b"")), exif(block(0)))
        base = head.index(b"Exif\0\0") + 6
        data = head.replace(block(0), block(len(head) - base)) + preview
        new = written(data)
        at = new.index(b"Exif\0\0") + 6
        [distance] = struct.unpack_from("<I", new, new.index(b"Make") + 4)
        assert new[at + distance :] == preview

        behind = with_segments(plain, exif(block(0)), xmp(PACKET % (b"DMI-UNSPECIFIED", b"")))
        base = behind.index(b"Exif\0\0") + 6
        new = written(behind.replace(block(0), block(len(behind) - base)) + preview)
        at = new.index(b"Exif\0\0") + 6
        [distance] = struct.unpack_from("<I", new, new.index(b"Make") + 4)
        assert new[at + distance :] == preview


class TestPackets:
    def test_an_extension_is_read_and_kept(self, plain):
        more = extension(PACKET % (b"DMI-PROHIBITED", b" " * 3000))
        data = with_segments(plain, xmp(PACKET % (b"DMI-UNSPECIFIED", b"")), more)
        new = written(data)
        assert more in new
        assert b"EXCEPTSEARCHENGINEINDEXING" not in new, "the extension is stricter"

    def test_an_extension_with_a_part_missing_is_told_and_kept(self, plain):
        more = extension(PACKET % (b"DMI-ALLOWED", b" " * 3000), lose=0)
        data = with_segments(plain, more)
        assert "missing" in JPEG.read(BytesSource(data)).warnings[0]
        assert more in written(data)

    def test_a_contrary_second_packet_is_refused(self, plain):
        first, second = (xmp(PACKET % (kind, b"")) for kind in (b"DMI-PROHIBITED", b"DMI-ALLOWED"))
        with pytest.raises(RefusedError) as caught:
            written(with_segments(plain, first, second))
        assert caught.value.code == "contrary-statement"

    def test_a_broken_packet_is_never_replaced(self, plain):
        with pytest.raises(RefusedError) as caught:
            written(with_segments(plain, xmp(b"<x:xmpmeta")))
        assert caught.value.code == "damaged-carrier"

    def test_padding_gives_way_to_the_limit_of_a_segment(self, plain):
        filler = b"<!--" + b"x" * 62_000 + b"-->"
        new = written(with_segments(plain, xmp(PACKET % (b"DMI-UNSPECIFIED", filler))))
        assert filler in new
        assert written(new) == new

    def test_a_packet_that_cannot_grow_is_refused(self, plain):
        filler = b"<!--" + b"x" * 65_000 + b"-->"
        with pytest.raises(RefusedError) as caught:
            written(with_segments(plain, xmp(PACKET % (b"DMI-UNSPECIFIED", filler))))
        assert caught.value.code == "no-room"
        assert caught.value.fix


class TestManifest:
    @pytest.mark.parametrize("size", [100, 63_999, 64_000, 64_001, 200_000])
    def test_a_store_is_divided_and_joined(self, plain, size):
        store = fake_store(size)
        data = with_segments(plain, JPEG.frame_manifest(store))
        layout = JPEG.read(BytesSource(data))
        assert JPEG.manifest_store(BytesSource(data), layout) == store

    def test_other_jumbf_is_kept(self, plain):
        other = JPEG.frame_manifest(fake_store(70_000).replace(b"c2pa", b"j360"))
        data = with_segments(plain, other)
        assert JPEG.read(BytesSource(data)).manifest is None
        assert other in written(data, drop_manifest=True)


class TestStructure:
    def test_photoshop_resources_are_read(self, plain):
        resources = b"8BIM\x04\x0a\0\0\0\0\0\1\1\0" + b"8BIM\x04\x0b\0\0\0\0\0\x0chttp://a.org"
        data = with_segments(plain, render(0xED, b"Photoshop 3.0\0" + resources))
        [block] = JPEG.read(BytesSource(data)).blocks
        assert {(e.name, e.value) for e in block.entries} == {
            ("xmpRights:Marked", "True"),
            ("xmpRights:WebStatement", "http://a.org"),
        }

    def test_other_pictures_are_still_found(self, corpus):
        data = (corpus / "jpg/ultrahdr_gainmap_mpf.jpg").read_bytes()
        new = written(data)
        [size, place] = JPEG.read(BytesSource(new)).links.references
        assert new[size.target : size.target + 2] == b"\xff\xd8"
        assert place.target == size.target
        assert new[place.target :] == data[-31_738:]

    @pytest.mark.parametrize("odd", [b"\xff" * 300, b"\0" * 300, b"\xff\x01", b"\xff\xd0"])
    def test_what_is_no_segment_is_kept(self, plain, odd):
        new = written(with_segments(plain, odd))
        assert odd in new
        assert new.endswith(plain[20:])

    def test_what_follows_the_picture_is_kept(self, plain):
        assert written(plain + b"MotionPhoto_Data" + bytes(99)).endswith(
            plain[-9:] + b"MotionPhoto_Data" + bytes(99)
        )

    @pytest.mark.parametrize(
        "cut", [b"\xff\xd9", b"\xff\xd8", b"\xff\xe1\0\1", b"\xff\xe1\xff\xff"]
    )
    def test_a_picture_without_a_scan_is_damaged(self, plain, cut):
        with pytest.raises(DamagedError):
            JPEG.read(BytesSource(plain[:20] + cut))

    def test_an_endless_row_of_segments_is_refused(self, plain):
        with pytest.raises(LimitError):
            JPEG.read(BytesSource(with_segments(plain, render(0xFE, b"") * 70_000)))
