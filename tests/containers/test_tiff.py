from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.containers.base import MANIFEST
from mediaoptout.containers.others import CameraRaw
from mediaoptout.containers.proof import prove
from mediaoptout.containers.registry import detect
from mediaoptout.containers.tiff import MAX_PAGES, Dng, Tiff
from mediaoptout.containers.tiff_reading import MAX_DIGESTED
from mediaoptout.errors import DamagedError, LimitError, MediaoptoutError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import MAX_READ, BytesSource
from mediaoptout.words import Carrier
from tests.containers.harness import (
    NOTICE,
    RESERVED,
    ContainerContract,
    content,
    fake_store,
    wanted,
)
from tests.containers.tiff_files import Page, Shape, build, directory, pages

TIFF = Tiff()
XMP, COPYRIGHT, C2PA = 700, 33432, 52545
SHAPES = tuple(Shape(order, big) for order in "<>" for big in (False, True))
CLASSIC = Shape()


class TestTiff(ContainerContract):
    container = TIFF
    sample_folders = ("tiff",)
    corpus_folders = ("tiff",)
    minimum = 2
    corpus_minimum = 7
    kind = "pictures"
    may_change = (
        "Exif.Image.XMLPacket",  # the packet itself, as bytes
        *("XMP-plus:DataMining", "Xmp.plus.DataMining"),  # a weaker value gives way
    )

    def test_exiv2_misses_nothing(self, path, written):
        if is_big(path):
            pytest.skip("exiv2 sees no XMP in a BigTIFF")
        super().test_exiv2_misses_nothing(path, written)

    def test_tifffile_sees_the_same_pages(self, path, written):
        tifffile = pytest.importorskip("tifffile")
        with tifffile.TiffFile(path) as old, tifffile.TiffFile(written) as new:
            assert len(new.pages) == len(old.pages)
            for before, after in zip(old.pages, new.pages, strict=True):
                kept = [(tag.code, repr(tag.value)) for tag in before.tags if tag.code != XMP]
                assert set(kept) <= {(tag.code, repr(tag.value)) for tag in after.tags}
                if 256 in before.tags:
                    assert (after.asarray() == before.asarray()).all()


def is_big(path: Path) -> bool:
    return b"+" in path.read_bytes()[:4]


class TestDng(ContainerContract):
    container = Dng()
    sample_folders = ("dng",)
    corpus_folders = ("dng",)
    minimum = 1
    corpus_minimum = 2
    kind = "pictures"
    may_change = ("Exif.Image.XMLPacket",)

    def test_the_hole_for_a_manifest(self, path):
        # The reference reader of manifests opens no BigTIFF with pictures below pictures.
        source = BytesSource(path.read_bytes())
        _, change = self.plan(source, manifest=100)
        if is_big(path):
            assert not change.patch.holes
            assert "BigTIFF" in change.warnings[-1]
        else:
            super().test_the_hole_for_a_manifest(path)

    def test_exiftool_sees_it_and_misses_nothing(self, path, written):
        if is_big(path):
            pytest.skip("ExifTool takes a DNG with 64-bit offsets for one with 32")
        super().test_exiftool_sees_it_and_misses_nothing(path, written)

    def test_exiftool_validates_as_before(self, path, written):
        if is_big(path):
            pytest.skip("ExifTool takes a DNG with 64-bit offsets for one with 32")
        super().test_exiftool_validates_as_before(path, written)

    def test_exiv2_misses_nothing(self, path, written):
        if is_big(path):
            pytest.skip("exiv2 sees no XMP in a BigTIFF")
        super().test_exiv2_misses_nothing(path, written)


def written(data: bytes, **options) -> bytes:
    source = BytesSource(data)
    layout = TIFF.read(source)
    change = TIFF.change(source, layout, wanted(**options))
    patch = change.patch
    if patch.holes:
        patch = patch.fill(MANIFEST, fake_store(options["manifest"]))
    patched = PatchedSource(source, patch)
    proof = prove(layout, TIFF.read(patched), patch)
    assert proof.holds, proof.reasons
    return content(patched)


def refusal(data: bytes, **options) -> str:
    with pytest.raises(RefusedError) as caught:
        written(data, **options)
    assert caught.value.fix
    return caught.value.code


def picture(**fields) -> Page:
    return Page(strips=[b"first row", b"other row"], **fields)


# --- whole files ------------------------------------------------------------------------------

texts = st.binary(min_size=1, max_size=40)
numbers = st.lists(st.integers(0, 65535), min_size=1, max_size=9)
others = st.dictionaries(
    st.sampled_from((270, 271, 305, 306, 315, 34675, 37724, 50000, 65000)),
    st.one_of(st.tuples(st.just(2), texts), st.tuples(st.just(3), numbers)),
    max_size=4,
)
strips = st.integers(1, 12).flatmap(
    lambda width: st.lists(st.binary(min_size=width, max_size=width), min_size=1, max_size=4)
)
exif = st.builds(lambda note: {34665: [Page(fields={37500: (7, note)})]}, texts)
below = st.builds(
    lambda items: {330: [Page(strips=item) for item in items]},
    st.lists(strips, min_size=1, max_size=3),
)
whole_pages = st.builds(Page, strips, others, st.one_of(st.just({}), exif, below))


@settings(deadline=None)
@given(
    st.sampled_from(SHAPES),
    st.lists(whole_pages, min_size=1, max_size=3),
    st.booleans(),
    st.integers(0, 20),
    st.binary(max_size=5),
    st.one_of(st.none(), st.integers(100, 300)),
)
def test_any_file_says_it_and_loses_nothing(shape, built, odd, gap, tail, manifest):
    data = build(shape, *built, odd=odd, gap=gap, tail=tail)
    new = written(data, manifest=manifest)
    assert new[2 * shape.width : len(data)] == data[2 * shape.width :], "nothing moves"
    before, after = pages(data, shape), pages(new, shape)
    assert len(after) == len(before)
    for old, now in zip(before, after, strict=True):
        assert old.fields.items() <= now.fields.items()
        assert now.strips(new, shape) == old.strips(data, shape)
    assert [page.at for page in after[1:]] == [page.at for page in before[1:]]
    first = after[0]
    assert RESERVED.encode() in first.fields[XMP][2]
    assert first.fields[XMP][0] == 1
    assert first.fields[COPYRIGHT] == (2, len(NOTICE.encode()) + 1, NOTICE.encode() + b"\0")
    expected = set(before[0].fields) | {XMP, COPYRIGHT}
    signed = manifest is not None and not (shape.big and any(330 in p.below for p in built))
    assert set(first.fields) == expected | ({C2PA} if signed else set())
    if signed:
        assert first.fields[C2PA] == (7, manifest, fake_store(manifest))
    source = BytesSource(new)
    again = TIFF.change(source, TIFF.read(source), wanted())
    assert again.patch.changes_nothing(len(new))


# --- what is there already ----------------------------------------------------------------------

PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    b' plus:DataMining="http://ns.useplus.org/ldf/vocab/%s"/></rdf:RDF></x:xmpmeta>'
)


@pytest.mark.parametrize("kind", [1, 7])
@pytest.mark.parametrize("shape", SHAPES)
def test_room_in_a_packet_is_used_and_its_type_kept(shape, kind):
    roomy = PACKET % b"DMI-UNSPECIFIED" + b" " * 6000 + b'<?xpacket end="w"?>'
    data = build(shape, picture(fields={XMP: (kind, roomy), COPYRIGHT: (2, b"\xc2\xa9 Anna\0")}))
    new = written(data)
    assert len(new) == len(data)
    assert pages(new, shape)[0].fields[XMP][:2] == (kind, len(roomy))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_packet_without_room_goes_to_the_end_and_its_field_stays(shape):
    page = picture(fields={XMP: (7, PACKET % b"DMI-UNSPECIFIED"), COPYRIGHT: (2, b"\xc2\xa9 A\0")})
    data = build(shape, page, tail=b"odd")
    new = written(data)
    [before], [after] = pages(data, shape), pages(new, shape)
    assert after.at == before.at, "no new directory is needed"
    assert after.fields[XMP][0] == 7
    assert b"EXCEPTSEARCHENGINEINDEXING" in after.fields[XMP][2]
    assert after.fields[COPYRIGHT][2] == b"\xc2\xa9 A\0", "the notice of others stays"


@pytest.mark.parametrize("blank", [b"\0", b"   \0", b" \0 \0"])
def test_a_blank_notice_is_filled_in(blank):
    new = written(build(CLASSIC, picture(fields={COPYRIGHT: (2, blank)})))
    assert pages(new, CLASSIC)[0].fields[COPYRIGHT][2] == NOTICE.encode() + b"\0"


def test_a_long_blank_notice_is_filled_in_where_it_stands():
    data = build(
        CLASSIC, picture(fields={COPYRIGHT: (2, b" " * 200 + b"\0"), XMP: (1, b" " * 9000)})
    )
    new = written(data)
    assert len(new) == len(data)
    assert pages(new, CLASSIC)[0].fields[COPYRIGHT][2] == NOTICE.encode() + b"\0"


def test_a_value_that_two_pages_share_is_not_written_over():
    roomy = PACKET % b"DMI-UNSPECIFIED" + b" " * 6000
    data = bytearray(
        build(CLASSIC, picture(fields={XMP: (1, roomy)}), picture(fields={XMP: (1, roomy)}))
    )
    first, second = pages(bytes(data), CLASSIC)
    place = data.index(struct.pack("<HHI", XMP, 1, len(roomy)), second.at) + 8
    shared = struct.pack("<I", data.index(roomy))
    data[place : place + 4] = shared
    new = written(bytes(data))
    assert pages(new, CLASSIC)[1].fields[XMP][2] == roomy
    assert RESERVED.encode() in pages(new, CLASSIC)[0].fields[XMP][2]
    assert first.at != pages(new, CLASSIC)[0].at


def test_the_packet_of_a_later_page_is_not_weakened():
    later = picture(fields={XMP: (1, PACKET % b"DMI-PROHIBITED")})
    new = written(build(CLASSIC, picture(), later))
    assert b"EXCEPTSEARCHENGINEINDEXING" not in pages(new, CLASSIC)[0].fields[XMP][2]
    allowed = picture(fields={XMP: (1, PACKET % b"DMI-ALLOWED")})
    assert refusal(build(CLASSIC, picture(), allowed)) == "contrary-statement"


def test_a_broken_packet_is_never_replaced():
    data = build(CLASSIC, picture(fields={XMP: (1, b"<x:xmpmeta")}))
    assert TIFF.read(BytesSource(data)).blocks[0].error is not None
    assert refusal(data) == "damaged-carrier"


@pytest.mark.parametrize("swapped", [False, True])
def test_iptc_and_photoshop_resources_are_read(swapped):
    records = b"\x1c\x02\x74\0\x0a\xa9 Somebody\0"
    iptc = records + bytes(-len(records) % 4)
    if swapped:
        iptc = b"".join(iptc[at : at + 4][::-1] for at in range(0, len(iptc), 4))
    flag = b"8BIM\x04\x0a\0\0\0\0\0\1\1\0"
    fields = {33723: (7, iptc), 34377: (1, flag)}
    layout = TIFF.read(BytesSource(build(CLASSIC, picture(fields=fields))))
    found = {(e.carrier, e.name, e.value) for block in layout.blocks for e in block.entries}
    assert found == {
        (Carrier.IIM, "dc:rights", "© Somebody"),
        (Carrier.PSIR, "xmpRights:Marked", "True"),
    }


def test_a_large_value_is_kept_like_a_picture():
    layers = bytes(MAX_DIGESTED + 1)
    source = BytesSource(build(CLASSIC, picture(fields={37724: (7, layers)})))
    assert any(span.size >= len(layers) for span in TIFF.read(source).essence)


def test_a_change_of_the_layout_for_networks_is_told():
    ghost = b"GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\nLAYOUT=IFDS_BEFORE_DATA\n"
    data = bytearray(CLASSIC.header(8 + len(ghost)) + ghost)
    data += struct.pack("<HHHIIHHIIHHIII", 3, 273, 4, 1, 8, 279, 4, 1, 8, 700, 1, 1, 0, 0)
    source = BytesSource(bytes(data))
    change = TIFF.change(source, TIFF.read(source), wanted())
    assert "network" in change.warnings[-1]
    again = PatchedSource(source, change.patch)
    assert not TIFF.change(again, TIFF.read(again), wanted()).warnings


def test_fields_out_of_order_stay_in_their_order():
    data = bytearray(build(CLASSIC, picture(fields={271: (2, b"Ma\0"), 272: (2, b"Mo\0")})))
    one, two = (struct.pack("<HHI", tag, 2, 3) for tag in (271, 272))
    at, other = data.index(one), data.index(two)
    data[at : at + 12], data[other : other + 12] = data[other : other + 12], data[at : at + 12]
    new = written(bytes(data))
    assert new.rindex(one) > new.rindex(two) > len(data)


# --- manifests ----------------------------------------------------------------------------------


def test_a_manifest_of_another_size_takes_the_place_of_the_last_value():
    data = build(CLASSIC, picture())
    signed = written(data, manifest=300)
    larger = written(signed, manifest=500)
    assert len(larger) == len(signed) + 200
    assert pages(larger, CLASSIC)[0].fields[C2PA][2] == fake_store(500)
    dropped = written(larger, drop_manifest=True)
    assert C2PA not in pages(dropped, CLASSIC)[0].fields
    assert b"jumb" not in dropped


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_manifest_in_a_directory_of_its_own_stays_there(shape, count):
    store = fake_store(200)
    data = build(shape, *(picture() for _ in range(count)), Page(fields={C2PA: (7, store)}))
    source = BytesSource(data)
    assert TIFF.manifest_store(source, TIFF.read(source)) == store
    new = written(data, manifest=333)
    after = pages(new, shape)
    assert len(after) == count + 1
    assert after[-1].fields == {C2PA: (7, 333, fake_store(333))}
    assert C2PA not in after[0].fields
    dropped = pages(written(data, drop_manifest=True), shape)
    assert len(dropped) == count
    assert all(C2PA not in page.fields for page in dropped)


def test_a_manifest_beside_a_later_picture_stays_there():
    store = fake_store(200)
    data = build(CLASSIC, picture(), picture(fields={C2PA: (7, store)}), tail=b"tail")
    after = pages(written(data, manifest=200), CLASSIC)
    assert (C2PA in after[0].fields, after[1].fields[C2PA][2]) == (False, store)
    after = pages(written(data, drop_manifest=True), CLASSIC)
    assert [C2PA in page.fields for page in after] == [False, False]
    assert after[1].fields[257] == (4, 1, struct.pack("<I", 2))


def test_no_manifest_where_its_reader_would_not_open_the_file():
    tiny = Page(strips=[b"x"])
    data = build(CLASSIC, *(tiny for _ in range(MAX_PAGES + 1)))
    source = BytesSource(data)
    change = TIFF.change(source, TIFF.read(source), wanted(manifest=100))
    assert not change.patch.holes
    assert str(MAX_PAGES) in change.warnings[-1]


# --- what it is ---------------------------------------------------------------------------------


def sensor(make: bytes, **fields) -> bytes:
    raw = Page(strips=[b"mosaic"], fields={})
    data = build(
        CLASSIC, picture(fields={271: (2, make)} | fields.get("also", {}), below={330: [raw]})
    )
    return data.replace(
        struct.pack("<HHI4s", 262, 3, 1, b"\1\0\0\0"), struct.pack("<HHIHH", 262, 3, 1, 32803, 0)
    )


def test_raw_files_of_cameras_are_never_rewritten():
    for data in (
        sensor(b"NIKON CORPORATION\0"),
        b"II*\0\x10\0\0\0CR\2\0" + bytes(99),
        b"MM\0*\0\0\0\x10MMMMRawT" + bytes(99),
    ):
        found = detect(BytesSource(data))
        assert isinstance(found, CameraRaw)


def test_a_dng_is_a_dng_and_a_mosaic_without_a_maker_a_tiff():
    dng = sensor(b"NIKON CORPORATION\0", also={50706: (1, b"\1\4\0\0")})
    assert type(detect(BytesSource(dng))) is Dng
    nobody = build(CLASSIC, picture())
    assert type(detect(BytesSource(nobody))) is Tiff


# --- what must not be written -------------------------------------------------------------------


def test_a_cut_picture_is_readable_and_refused():
    longer = struct.pack("<HHII", 279, 4, 1, 9000)
    data = build(CLASSIC, Page(strips=[bytes(900)]))
    data = data.replace(struct.pack("<HHII", 279, 4, 1, 900), longer)
    assert refusal(data) == "truncated"


def test_what_points_just_behind_the_end_is_refused():
    data = build(CLASSIC, picture(fields={50000: (7, bytes(50))}))
    cut = data[:-10]
    assert refusal(cut) == "truncated"


def test_what_points_far_behind_the_end_is_no_matter():
    data = bytearray(build(CLASSIC, picture(fields={50000: (7, bytes(50))})))
    at = data.index(struct.pack("<HHI", 50000, 7, 50)) + 8
    data[at : at + 4] = b"\xf0\xff\xff\xff"
    assert RESERVED.encode() in written(bytes(data))


def test_a_circle_of_directories_is_refused():
    data = bytearray(build(CLASSIC, picture(), picture()))
    first, second = pages(bytes(data), CLASSIC)
    link = second.at + 2 + 12 * len(second.fields)
    data[link : link + 4] = struct.pack("<I", first.at)
    assert refusal(bytes(data)) == "circular"


def test_a_picture_that_shares_bytes_with_the_header_is_refused():
    data = bytearray(build(CLASSIC, Page(strips=[b"0123456789"])))
    at = data.index(struct.pack("<HHI", 273, 4, 1)) + 8
    data[at : at + 4] = bytes(4)
    assert refusal(bytes(data)) == "overlap"


def test_a_slide_with_offsets_of_its_own_kind_is_refused():
    assert refusal(build(CLASSIC, picture(fields={65420: (4, [1])}))) == "unsafe-structure"


def test_no_picture_is_no_picture():
    assert refusal(build(CLASSIC, Page(fields={270: (2, b"Hello\0")}))) == "no-picture"


class Sparse:
    """A file of any size that is zeros behind its beginning."""

    def __init__(self, head: bytes, size: int) -> None:
        self.head, self.size = head, size

    def read(self, start: int, end: int) -> bytes:
        if not 0 <= start <= end <= self.size:
            raise DamagedError("outside", code="truncated")
        assert end - start <= MAX_READ
        return self.head[start:end] + bytes(
            end - max(start, len(self.head), 0) if end > len(self.head) else 0
        )


def test_a_tiff_cannot_grow_beyond_four_gib_and_a_bigtiff_can():
    size = (1 << 32) - 100
    source = Sparse(build(CLASSIC, picture()), size)
    with pytest.raises(RefusedError) as caught:
        TIFF.change(source, TIFF.read(source), wanted())
    assert caught.value.code == "overflow"
    source = Sparse(build(Shape(big=True), picture()), size)
    change = TIFF.change(source, TIFF.read(source), wanted())
    assert change.patch.size > 1 << 32
    again = PatchedSource(source, change.patch)
    assert TIFF.change(again, TIFF.read(again), wanted()).patch.changes_nothing(again.size)


def test_hundreds_of_thousands_of_strips_are_few_spans():
    count = 200_000
    shape = Shape(big=True)
    data = build(shape, Page(strips=[b"ab"] * count))
    layout = TIFF.read(BytesSource(data))
    assert len(layout.essence) == 1
    assert RESERVED.encode() in written(data)


@pytest.mark.parametrize(
    "data",
    [
        b"II*\0" + struct.pack("<I", 8) + b"\xff\xff",
        b"II*\0" + struct.pack("<I", 4) + bytes(20),
        b"II*\0" + struct.pack("<I", 0) + bytes(20),
        b"II*\0" + struct.pack("<I", 0xFFFFFFF0) + bytes(20),
        b"MM\0+\0\x08\0\0" + struct.pack(">Q", 16) + b"\xff" * 8 + bytes(40),
        b"II*\0",
    ],
)
def test_no_directory_is_damage(data):
    with pytest.raises((DamagedError, LimitError)):
        TIFF.read(BytesSource(data))


def test_values_that_overlap_without_end_are_too_many():
    fields = {50000 + i: (7, bytes(60_000)) for i in range(1)}
    data = bytearray(
        build(CLASSIC, picture(fields=fields | {60000 + i: (4, [1, 2]) for i in range(200)}))
    )
    place = data.index(bytes(60_000))
    for i in range(200):
        at = data.index(struct.pack("<HHI", 60000 + i, 4, 2))
        data[at : at + 12] = struct.pack("<HHII", 60000 + i, 7, 60_000, place)
    with pytest.raises(LimitError):
        TIFF.read(BytesSource(bytes(data)))


@given(
    st.sampled_from(SHAPES), st.randoms(use_true_random=False), st.binary(min_size=1, max_size=9)
)
def test_random_damage_raises_nothing_unknown(shape, chance, noise):
    data = bytearray(build(shape, picture(below={330: [picture()], 34665: [Page()]}), picture()))
    at = chance.randrange(len(data))
    data[at : at + len(noise)] = noise
    source = BytesSource(bytes(data))
    try:
        layout = TIFF.read(source)
        change = TIFF.change(source, layout, wanted(manifest=50))
        assert change.patch.keeps(layout.essence)
    except MediaoptoutError as error:
        assert error.message


def test_ifd_pointers_below_are_references():
    data = build(
        CLASSIC, picture(below={330: [picture()], 34665: [Page(fields={37500: (7, b"note")})]})
    )
    tables = TIFF.read(BytesSource(data)).links.tables
    assert sorted(table.name for table in tables) == ["tag 273", "tag 273", "tag 330", "tag 34665"]
    first = pages(data, CLASSIC)[0]
    lower = struct.unpack("<I", first.fields[330][2])[0]
    assert directory(data, CLASSIC, lower).strips(data, CLASSIC) == picture().strips
