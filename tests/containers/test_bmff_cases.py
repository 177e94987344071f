"""What a movie file may be and do, case by case."""

from __future__ import annotations

import struct

import pytest

from mediaoptout.containers.base import MANIFEST, Wanted
from mediaoptout.containers.bmff import FAMILIES, Mov, Mp4, manifest
from mediaoptout.containers.bmff.boxes import (
    MAX_DEPTH,
    children,
    make_free,
    meta_body,
    read_header,
    read_tree,
)
from mediaoptout.containers.bmff.items import read_locations
from mediaoptout.containers.proof import prove
from mediaoptout.containers.registry import detect
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import PatchedSource, Span
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Carrier
from tests.containers import movies
from tests.containers.harness import DMI, content, fake_store, wanted
from tests.containers.movies import Builder, Track, box, full
from tests.containers.test_bmff_places import HDLR, SIMPLE_XMP, XMP_UUID, change, file_type, item

TRACK = Track(1, [[10, 20], [30]])


def simple(
    *udta: bytes, brand: bytes = b"isom", last: bool = False, more: bytes = b"", behind: bytes = b""
) -> bytes:
    """A movie with one track; the header first, or ``last``."""
    builder = Builder()
    builder.add("", file_type(brand))
    parts = [box(b"udta", *udta)] if udta else []
    if not last:
        builder.add("", lambda places: movies.moov([TRACK], places, *parts, more))
        builder.add("", behind)
    builder.media([(f"t1c{i}", TRACK.chunk(i)) for i in range(2)])
    if last:
        builder.add("", lambda places: movies.moov([TRACK], places, *parts, more))
        builder.add("", behind)
    return builder.build()


def kinds(data: bytes) -> list[bytes]:
    return [kind for kind, *_ in movies.boxes(data, 0, len(data))]


def refusal(data: bytes, wish: Wanted | None = None) -> RefusedError:
    source = BytesSource(data)
    family = detect(source)
    assert family is not None
    with pytest.raises(RefusedError) as caught:
        family.change(source, family.read(source), wish or wanted())
    assert caught.value.fix
    return caught.value


def named(data: bytes) -> str | None:
    family = detect(BytesSource(data))
    return family.name if family is not None else None


# --- which family --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brand", "name"),
    [
        (b"isom", "mp4"), (b"M4A ", "mp4"), (b"M4V ", "mp4"), (b"mmp4", "mp4"), (b"qt  ", "mov"),
        (b"3gp5", "3gp"), (b"3g2a", "3gp"), (b"", "mov"),
        (b"heic", None), (b"avif", None), (b"mif1", None), (b"crx ", None), (b"jp2 ", None),
    ],
)  # fmt: skip
def test_the_family_is_told_by_structure(brand, name):
    found = named(simple(brand=brand))
    assert (found if found in ("mp4", "mov", "3gp") else None) == name


def test_quicktime_may_begin_with_other_atoms():
    for first in (box(b"wide"), box(b"free", bytes(9)), box(b"pnot", bytes(12)), box(b"skip")):
        assert named(first + simple(brand=b"", last=True)) == "mov"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"free", bytes(64), b"\0\0\0\x08free", b"mdat and other words in a text file",
        b"\0\0\0\x18mdat" + bytes(16) + b"\xff\xd8\xff\xe0" * 4, box(b"moov", b"no movie at all"),
        b"\0\0\0\x01ftyp", box(b"free", bytes(20)) + b"RIFF....WAVE",
    ],
)  # fmt: skip
def test_what_is_no_movie_is_not_taken_for_one(data):
    head = data[:64]
    assert not any(family.recognises(BytesSource(data), head) for family in FAMILIES)


# --- what is refused, and why --------------------------------------------------------------


def test_a_segment_without_its_movie_is_refused():
    fragment = box(b"moof", full(b"mfhd", 0, 0, bytes(4))) + box(b"mdat", b"abcd")
    for first in (box(b"styp", b"msdh", bytes(4)), b"", file_type(b"iso5")):
        assert named(first + fragment) == "mp4"
        assert refusal(first + fragment).code == "media-segment"


def test_a_recording_that_was_not_finished_is_refused():
    assert refusal(file_type(b"isom") + box(b"mdat", bytes(100))).code == "no-movie"


@pytest.mark.parametrize(
    ("extra", "code"),
    [(box(b"cmov", bytes(8)), "compressed-movie"), (box(b"rmra", bytes(8)), "reference-movie")],
)
def test_movie_headers_of_other_kinds_are_refused(extra, code):
    assert refusal(simple(more=extra)).code == code


def test_two_movie_boxes_are_refused():
    second = box(b"moov", full(b"mvhd", 0, 0, bytes(96)))
    assert refusal(simple(behind=second)).code == "several-movies"


def test_a_movie_box_that_is_cut_is_damage():
    data = simple(last=True)
    with pytest.raises(DamagedError):
        Mp4().read(BytesSource(data[:-5]))


def test_a_table_that_claims_too_much_is_read_and_refused():
    data = bytearray(simple(box(b"\xa9cpy", struct.pack(">HH", 2, 0), b"hi")))
    at = data.index(b"stco")
    data[at + 8 : at + 12] = b"\xff\xff\xff\xff"
    layout = Mp4().read(BytesSource(bytes(data)))
    assert [block.carrier for block in layout.blocks] == [Carrier.QUICKTIME]
    assert refusal(bytes(data)).code == "damaged"


def test_damaged_carriers_are_refused_and_never_replaced():
    bad_items = box(b"ilst", b"\0\0\1\0cprt")
    for udta in (
        full(b"meta", 0, 0, HDLR, bad_items),
        full(b"meta", 0, 0, HDLR, b"\0\0\1\0ilst"),
        box(b"XMP_", b"<x:xmpmeta>"),
        b"\0\0\1\0name",
    ):
        data = simple(udta)
        assert any(block.error for block in Mp4().read(BytesSource(data)).blocks)
        assert refusal(data).code == "damaged-carrier"


def test_a_contrary_statement_in_any_place_is_refused():
    allowed = SIMPLE_XMP.replace(
        b'dc:format="video"',
        b'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" plus:DataMining="%sALLOWED"'
        % DMI.encode(),
    )
    for data in (
        simple(box(b"XMP_", allowed)),
        simple(box(b"XMP_", allowed), brand=b"qt  "),
        simple(behind=box(b"uuid", XMP_UUID, allowed), brand=b"qt  "),
    ):
        assert refusal(data).code == "contrary-statement"
        assert movies.resolve(change(data, wanted(force=True))) == movies.resolve(data)


def test_samples_that_are_said_to_be_elsewhere_are_not_moved():
    class Unmarked(Track):
        def trak(self, places):
            return super().trak(places).replace(
                full(b"url ", 0, 1), full(b"url ", 0, 0, b"x" * 8)
            )  # fmt: skip

    builder = Builder()
    builder.add("", file_type(b"isom"))
    track = Unmarked(1, TRACK.chunks)
    reference = full(b"dref", 0, 0, struct.pack(">I", 1), full(b"url ", 0, 0, b"x" * 8))

    def moov(places):
        data = Track(1, TRACK.chunks).trak(places)
        dref = full(b"dref", 0, 0, struct.pack(">I", 1), full(b"url ", 0, 1))
        assert dref in data
        longer = data.replace(dref, reference)
        for kind in (b"dinf", b"minf", b"mdia", b"trak"):
            at = longer.index(kind) - 4
            size = struct.unpack_from(">I", longer, at)[0] + 8
            longer = longer[:at] + struct.pack(">I", size) + longer[at + 4 :]
        return box(b"moov", full(b"mvhd", 0, 0, bytes(96)), longer)

    builder.add("", moov)
    builder.media([(f"t1c{i}", track.chunk(i)) for i in range(2)])
    assert refusal(builder.build()).code == "external-media"


# --- where things go -----------------------------------------------------------------------


def test_a_free_box_gives_way_so_that_nothing_moves():
    for behind, udta in (
        (make_free(9000), ()),
        (b"", (full(b"meta", 0, 0, HDLR, box(b"ilst"), make_free(9000)),)),
        (b"", (make_free(9000),)),
    ):
        data = simple(*udta, behind=behind)
        source = BytesSource(data)
        patch = Mp4().change(source, Mp4().read(source), wanted()).patch
        assert patch.moves_nothing
        assert movies.resolve(content(PatchedSource(source, patch))) == movies.resolve(data)


def test_a_free_box_may_be_used_up_exactly():
    wish = Wanted(properties=wanted().properties, padding=0)
    old, new = simple(), change(simple(), wish)
    growth = new.index(b"mdat") - old.index(b"mdat")
    data = simple(behind=make_free(growth))
    new = change(data, wish)
    assert b"free" not in kinds(new)
    assert movies.resolve(new) == movies.resolve(data)


def test_xmp_stands_before_the_random_access_table_and_before_an_index():
    mfra = movies.mfra(0, [])
    assert kinds(change(simple(behind=mfra, last=True), wanted()))[-2:] == [b"uuid", b"mfra"]
    sidx = movies.sidx(0, 0, [])
    found = kinds(change(simple(behind=sidx), wanted()))
    assert found.index(b"uuid") < found.index(b"sidx")


def test_an_open_mdat_is_closed():
    builder = Builder()
    builder.add("", file_type(b"isom"))
    builder.add("", lambda places: movies.moov([TRACK], places))
    builder.media([(f"t1c{i}", TRACK.chunk(i)) for i in range(2)], "open")
    data = builder.build()
    new = change(data, wanted())
    assert kinds(new)[-2:] == [b"mdat", b"uuid"]
    assert movies.resolve(new) == movies.resolve(data)


def test_a_packet_without_room_makes_way_for_one_at_the_end():
    data = simple(behind=box(b"uuid", XMP_UUID, SIMPLE_XMP))
    new = change(data, wanted())
    assert kinds(new) == [b"ftyp", b"moov", b"free", b"free", b"mdat", b"uuid"]
    assert new.count(b"<x:xmpmeta") == 1
    assert b'dc:format="video"' in new


@pytest.mark.parametrize("missing", [1, 25, 45])
def test_nothing_stands_where_samples_are_missing(missing):
    data = simple()[:-missing]
    source = BytesSource(data)
    layout = Mp4().read(source)
    assert layout.warnings
    patch = Mp4().change(source, layout, wanted(manifest=100)).patch
    patch = patch.fill(MANIFEST, Mp4().frame_manifest(fake_store(100)))
    after = PatchedSource(source, patch)
    new = content(after)
    assert prove(layout, Mp4().read(after), patch).holds
    assert new.endswith(data[data.index(b"mdat") - 4 :])
    assert kinds(new) == [b"ftyp", b"uuid", b"moov", b"free", b"uuid"]


def test_the_trailer_of_a_camera_stays_last():
    data = simple(last=True) + b"\x7f\1\2\3\4\5\6\7 trailer"
    new = change(data, wanted())
    assert new.endswith(b"\x7f\1\2\3\4\5\6\7 trailer")
    assert kinds(new)[-1] == b"uuid"


def test_user_data_keep_their_terminator_and_their_odd_entries():
    odd = box(b"name", b"a title") + box(b"\xa9swr", b"\0\3\0\0abc")
    data = simple(odd, bytes(4), brand=b"qt  ")
    new = change(data, wanted())
    moov_at, moov_end = next(movies.find(new, 0, len(new), b"moov"))
    udta_at, udta_end = next(movies.find(new, moov_at, moov_end, b"udta"))
    assert new[udta_at:].startswith(odd)
    assert new[udta_end - 4 : udta_end] == bytes(4)
    inside = [kind for kind, *_ in movies.boxes(new, udta_at, udta_end)]
    assert inside == [b"name", b"\xa9swr", b"\xa9cpy", b"XMP_"]


def test_a_notice_of_somebody_else_in_one_native_place_is_not_shadowed_in_another():
    notice = box(b"\xa9cpy", struct.pack(">HH", 10, 0x55C4), b"A Somebody")
    source = BytesSource(simple(notice))
    result = Mp4().change(source, Mp4().read(source), wanted())
    after = Mp4().read(PatchedSource(source, result.patch))
    notices = [e.value for b in after.blocks for e in b.entries if e.name == "dc:rights"]
    assert "A Somebody" in notices
    assert len(notices) == 2, "the other is that of the XMP packet"
    assert any("kept" in warning for warning in result.warnings)


def test_metadata_of_another_kind_leave_no_place_for_items():
    handler = full(b"hdlr", 0, 0, bytes(4), b"ID32", bytes(13))
    source = BytesSource(simple(full(b"meta", 0, 0, handler)))
    result = Mp4().change(source, Mp4().read(source), wanted())
    assert result.carriers == (Carrier.XMP,)
    assert any("no place for MP4 tags" in warning for warning in result.warnings)


# --- manifests -----------------------------------------------------------------------------


def test_a_manifest_takes_the_place_of_the_old_one_and_of_its_hashes():
    merkle = box(b"uuid", manifest.C2PA_UUID, bytes(4), b"merkle\0", bytes(40))
    old = manifest.frame(b"x" * 3000)
    plain = simple()
    data = plain[:20] + old + merkle + plain[20:]
    # The chunks moved with what was put in: build the offsets anew.
    builder = Builder()
    builder.add("", data[: 20 + len(old) + len(merkle)])
    builder.add("", lambda places: movies.moov([TRACK], places))
    builder.media([(f"t1c{i}", TRACK.chunk(i)) for i in range(2)])
    data = builder.build()
    for size in (3000, 2995, 1000, 3005, 9000):
        new = change(data, wanted(manifest=size))
        source = BytesSource(new)
        assert Mp4().manifest_store(source, Mp4().read(source)) == fake_store(size)
        assert b"merkle" not in new
        assert movies.resolve(new) == movies.resolve(data)
    source = BytesSource(data)
    layout = Mp4().read(source)
    dropped = Mp4().change(source, layout, wanted(drop_manifest=True)).patch
    assert Mp4().read(PatchedSource(source, dropped)).manifest is None


def test_a_file_that_does_not_begin_with_its_type_has_no_place_for_a_manifest():
    source = BytesSource(simple(brand=b"", last=True))
    result = Mov().change(source, Mov().read(source), wanted(manifest=100))
    assert not result.patch.holes
    assert any("no place for a manifest" in warning for warning in result.warnings)


# --- the kernel ----------------------------------------------------------------------------


def test_headers_are_read_in_all_their_forms():
    large = BytesSource(box(b"mdat", b"abc", large=True))
    found = read_header(large, 0, large.size)
    assert found is not None
    assert (found.body, found.end, found.large) == (16, 19, True)
    assert found.length is not None
    assert (found.length.at, found.length.width) == (8, 8)
    user = BytesSource(box(b"uuid", XMP_UUID, b"abc"))
    found = read_header(user, 0, user.size)
    assert found is not None
    assert (found.uuid, found.content, found.name) == (XMP_UUID, Span(24, 27), "uuid")
    rest = BytesSource(b"\0\0\0\0mdatabc")
    found = read_header(rest, 0, rest.size)
    assert found is not None
    assert (found.end, found.open, found.length) == (11, True, None)
    for bad in (b"\0\0\0\7free", b"\0\0\0\1mdat\0\0", b"\0\0\0\x10uuid12345678", b"\0\0\0"):
        assert read_header(BytesSource(bad), 0, len(bad)) is None


def test_boxes_must_not_leave_what_they_stand_in():
    data = BytesSource(box(b"free") + b"\0\0\1\0free")
    with pytest.raises(DamagedError):
        children(data, 0, data.size)
    rows = BytesSource(box(b"free") * 3 + bytes(6))
    assert children(rows, 0, rows.size)[1] == 24
    with pytest.raises(LimitError):
        children(rows, 0, rows.size, limit=2)


def test_boxes_stand_only_so_deep():
    data = b""
    for _ in range(MAX_DEPTH + 2):
        data = box(b"moov", data)
    source = BytesSource(data)
    outer = read_header(source, 0, source.size)
    assert outer is not None
    with pytest.raises(LimitError):
        read_tree(source, outer, frozenset({b"moov"}))


def test_meta_is_a_full_box_or_a_plain_one():
    for data, at in ((full(b"meta", 0, 0, HDLR), 12), (box(b"meta", HDLR), 8)):
        source = BytesSource(data)
        found = read_header(source, 0, source.size)
        assert found is not None
        assert meta_body(source, found) == at


def test_item_locations_follow_their_bytes():
    # Two items: one from the start of the file, one from a base; and one that is in ``idat``.
    def iloc(at: int) -> bytes:
        rows = struct.pack(">HHHIHII", 1, 0, 0, 0, 1, at, 4)
        rows += struct.pack(">HHHIHII", 2, 0, 0, at, 1, 4, 4)
        rows += struct.pack(">HHHIHII", 3, 1, 0, 0, 1, 9, 4)
        return full(b"iloc", 1, 0, b"\x44\x40", struct.pack(">H", 3), rows)

    handler = full(b"hdlr", 0, 0, bytes(4), b"pict", bytes(13))
    size = len(simple())
    meta_size = len(full(b"meta", 0, 0, handler, iloc(0)))
    data = simple(behind=b"") + full(b"meta", 0, 0, handler, iloc(size + meta_size + 8))
    data += box(b"mdat", b"ITEMNEXT")
    new = change(data, wanted(manifest=500))
    source = BytesSource(new)
    layout = Mp4().read(source)
    places = [item for item in layout.links.references if item.name == "place of an item"]
    assert [new[item.target : item.target + 4] for item in places] == [b"ITEM", b"NEXT", b"NEXT"]
    [(body, stop)] = movies.find(new, 0, len(new), b"meta")
    [(at, end)] = movies.find(new, body + 4, stop, b"iloc")
    header = read_header(source, at - 8, end)
    assert header is not None
    found = read_locations(source, header).entries
    assert [location.method for location in found] == [0, 0, 1]
    assert new[found[1].extents[0].start :].startswith(b"NEXT")
    assert found[2].references == ()


def test_items_of_others_stay_byte_for_byte():
    items = item(b"\xa9nam", "A title") + item(b"\xa9ART", "Somebody") + item(b"trkn", "x")
    data = simple(full(b"meta", 0, 0, HDLR, box(b"ilst", items)), box(b"chpl", bytes(20)))
    assert items in change(data, wanted())
