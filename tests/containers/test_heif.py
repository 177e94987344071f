from __future__ import annotations

import random
import zlib
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediaoptout.containers.base import MANIFEST, Layout
from mediaoptout.containers.bmff import Avif, Heic
from mediaoptout.containers.bmff.boxes import make_box, make_full_box
from mediaoptout.containers.bmff.heif import Heif
from mediaoptout.containers.bmff.movie import Movie
from mediaoptout.containers.proof import proven
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import Patch, PatchedSource
from mediaoptout.splice.source import BytesSource, Source
from mediaoptout.vocabularies.properties import LangAlt, Property
from mediaoptout.words import Carrier
from tests import witnesses
from tests.containers import boxed_pictures
from tests.containers.boxed_pictures import Item, PictureContract
from tests.containers.harness import content, fake_store, wanted

HEIC = Heic()
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    b' plus:DataMining="http://ns.useplus.org/ldf/vocab/%s"/></rdf:RDF></x:xmpmeta>'
)
LONG = Property("plus:OtherConstraints", LangAlt((("x-default", "Ask first. " * 400),)))


class Pictures(PictureContract):
    may_change = (
        *("XMP-plus:DataMining", "Xmp.plus.DataMining"),  # a weaker value gives way
        *("MediaDataSize", "MediaDataOffset"),  # the packet has media data of its own
    )

    def test_ffmpeg_finds_the_same_samples(self, path, written):
        before = witnesses.streamhash(path)
        assert before is None or witnesses.streamhash(written) == before


class TestAvif(Pictures):
    container = Avif()
    sample_folders = ("avif",)
    corpus_folders = ("avif",)
    minimum = 3
    corpus_minimum = 3


class TestHeic(Pictures):
    container = HEIC
    sample_folders = ("heif",)
    corpus_folders = ("heic",)
    minimum = 2
    corpus_minimum = 4


# --- pictures that are built ---------------------------------------------------------------


def picture(number: int, size: int = 50) -> bytes:
    return random.Random(number).randbytes(size)


PICTURE = Item(1, b"hvc1", picture(1))
PLAIN = boxed_pictures.Heif((PICTURE,))


def items_of(source: Source) -> dict[int, bytes]:
    """The bytes of every item, as the item location box says."""
    layout = HEIC.read(source)
    assert isinstance(layout, Heif)
    idat = layout.meta.first(b"idat")
    found = {}
    for entry in layout.locations.entries:
        start = idat.box.body if idat and entry.in_idat else 0
        found[entry.item] = b"".join(
            source.read(start + span.start, start + span.end) for span in entry.extents
        )
    return found


def change(data: bytes, **options) -> tuple[Layout, Patch]:
    source = BytesSource(data)
    layout = HEIC.read(source)
    return layout, HEIC.change(source, layout, wanted(**options)).patch


def written(data: bytes, **options) -> bytes:
    """The file after the change, proven; with a manifest where one is wanted."""
    layout, patch = change(data, **options)
    if patch.holes:
        patch = patch.fill(MANIFEST, HEIC.frame_manifest(fake_store(options["manifest"])))
    source = BytesSource(data)
    new = PatchedSource(source, patch)
    proof = proven(HEIC, source, layout, HEIC.read(new), patch)
    assert proof.holds, proof.reasons
    return content(new)


def said(data: bytes) -> set[str]:
    """The values of ``plus:DataMining`` in the main packet."""
    layout = HEIC.read(BytesSource(data))
    assert isinstance(layout, Heif)
    assert layout.packet is not None
    return {
        str(entry.value).rpartition("/")[2]
        for entry in layout.packet.block.entries
        if entry.name == "plus:DataMining"
    }


RESERVED = "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"


@st.composite
def pictures(draw: st.DrawFn) -> boxed_pictures.Heif:
    version = draw(st.integers(0, 2))
    base = draw(st.sampled_from((0, 4, 8)))
    offset = draw(st.sampled_from((4, 8) if not base else (0, 4, 8)))
    parts = st.integers(1, 1 if not offset else 3)
    count = draw(st.integers(1, 4))
    ids = draw(st.lists(st.integers(1, 70), min_size=count, max_size=count, unique=True))
    methods = st.integers(0, 1) if version and offset else st.just(0)
    items = [
        Item(number, b"hvc1", picture(number), method=draw(methods), parts=draw(parts))
        for number in ids
    ]
    packet = draw(st.sampled_from((b"", b"DMI-UNSPECIFIED", b"DMI-PROHIBITED")))
    if packet:
        packed = draw(st.sampled_from((b"", b"deflate")))
        data = PACKET % packet + b" " * draw(st.integers(0, 300))
        data = zlib.compress(data) if packed else data
        describes = (ids[0],) if draw(st.booleans()) else ()
        items.append(
            Item(99, b"mime", data, describes, draw(methods), draw(parts), encoding=packed)
        )
    if draw(st.booleans()):
        items.append(Item(98, b"Exif", bytes(4) + b"II*\0\x08\0\0\0" + bytes(6), (ids[0],)))
    return boxed_pictures.Heif(
        tuple(items),
        version=version,
        offset=offset,
        length=draw(st.sampled_from((4, 8))),
        base=base,
        index=draw(st.sampled_from((0, 4))) if version else 0,
        wide=version == 2 and draw(st.booleans()),
        meta_last=draw(st.booleans()),
        free=draw(st.sampled_from((0, 8, 40, 300, 7000))),
        free_inside=draw(st.booleans()),
        several=draw(st.booleans()),
        relations=bool(packet) or draw(st.booleans()),
        trailer=draw(st.sampled_from((b"", make_box(b"mpvd", bytes(30)), b"tail"))),
        shift=draw(st.sampled_from((0, 3))) if offset else 0,
    )


@given(pictures(), st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_picture_keeps_its_items(built: boxed_pictures.Heif, signed: bool):
    data = built.build()
    before = items_of(BytesSource(data))
    assert before == {item.id: item.data for item in built.items}
    options = {"manifest": 500} if signed else {}
    new = written(data, **options)
    after = items_of(BytesSource(new))
    for item in built.items:
        if item.type != b"mime":
            assert after[item.id] == item.data
    assert len(after) == len(before) + (99 not in before)
    assert said(new) <= {RESERVED, "DMI-PROHIBITED"}
    assert new.endswith(built.trailer)
    _, again = change(new)
    assert again.changes_nothing(len(new))
    grown = written(new, also=(LONG,))
    for item in built.items:
        if item.type != b"mime":
            assert items_of(BytesSource(grown))[item.id] == item.data
    _, patch = change(new, also=(LONG,))
    inverse = patch.inverse(BytesSource(new))
    assert content(PatchedSource(BytesSource(grown), inverse)) == new


def test_a_free_box_gives_way_and_nothing_moves():
    for inside in (True, False):
        data = replace(PLAIN, free=300, free_inside=inside).build()
        _, patch = change(data)
        assert patch.locate(data.index(PICTURE.data)) == data.index(PICTURE.data)


def test_the_new_item_describes_the_primary_one():
    new = written(PLAIN.build())
    layout = HEIC.read(BytesSource(new))
    assert isinstance(layout, Heif)
    assert layout.relations is not None
    [relation] = layout.relations.entries
    assert (relation.kind, relation.source, relation.targets) == (b"cdsc", 2, (1,))


def test_a_packet_that_grows_leaves_nothing_behind():
    built = boxed_pictures.Heif((PICTURE, Item(2, b"mime", PACKET % b"DMI-UNSPECIFIED", (1,))))
    new = written(built.build())
    assert new.count(b"x:xmpmeta") == 2
    assert new.count(b"DMI-UNSPECIFIED") == 1, "but for the mark that says what gave way"


def test_a_packet_of_its_own_is_replaced_at_the_end():
    new = written(PLAIN.build())
    grown = written(new, also=(LONG,))
    assert grown.count(b"mdat") == new.count(b"mdat") == 2
    assert b"free" not in grown


def test_motion_photos_stay_last():
    movie = make_box(b"mpvd", make_box(b"ftyp", b"mp42", bytes(4)), bytes(40))
    data = replace(PLAIN, trailer=movie).build()
    assert written(data).endswith(movie)


def test_the_packet_of_another_picture_is_kept_and_not_weakened():
    other = Item(3, b"mime", PACKET % b"DMI-PROHIBITED", (2,))
    built = boxed_pictures.Heif((PICTURE, Item(2, b"hvc1", picture(2)), other))
    new = written(built.build())
    assert items_of(BytesSource(new))[3] == other.data
    assert said(new) == {"DMI-PROHIBITED"}


def test_a_packet_as_in_a_jpeg_is_read():
    lead = b"http://ns.adobe.com/xap/1.0/\0"
    data = lead + PACKET % b"DMI-PROHIBITED" + b" " * 4000
    built = boxed_pictures.Heif((PICTURE, Item(2, b"mime", data, (1,), parts=2)))
    new = written(built.build())
    assert len(new) == len(built.build())
    assert items_of(BytesSource(new))[2].startswith(lead)
    assert said(new) == {"DMI-PROHIBITED"}


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        (Item(2, b"mime", b"<x:xmpmeta", (1,)), "damaged-carrier"),
        (Item(2, b"mime", b"no zlib", (1,), encoding=b"deflate"), "damaged-carrier"),
        (Item(2, b"mime", b"?", (1,), encoding=b"lzma"), "damaged-carrier"),
        (
            Item(2, b"mime", zlib.compress(bytes(20 << 20)), (1,), encoding=b"deflate"),
            "damaged-carrier",
        ),
    ],
)
def test_a_packet_that_cannot_be_read_is_never_replaced(item, fault):
    with pytest.raises(RefusedError) as caught:
        written(boxed_pictures.Heif((PICTURE, item)).build())
    assert caught.value.code == fault


def test_a_packet_that_shares_its_bytes_with_a_picture_is_refused():
    data = bytearray(
        boxed_pictures.Heif((PICTURE, Item(2, b"mime", PACKET % b"DMI-UNSPECIFIED", (1,)))).build()
    )
    at = data.index(PICTURE.data)
    packet = data.index(b"<x:xmpmeta")
    place = data.index(at.to_bytes(4, "big"))
    data[place : place + 4] = packet.to_bytes(4, "big")
    with pytest.raises(RefusedError) as caught:
        written(bytes(data))
    assert caught.value.code == "shared-bytes"


def test_many_packets_at_one_place_are_refused():
    long = Item(2, b"mime", PACKET % b"DMI-UNSPECIFIED" + b" " * (12 << 20), (1,))
    data = bytearray(boxed_pictures.Heif((PICTURE, long, *_copies(long, 3)), several=True).build())
    first = data.index(b"<x:xmpmeta")
    place = data.index(first.to_bytes(4, "big"))
    for number in range(1, 4):
        at = place + 14 * number
        data[at : at + 4] = first.to_bytes(4, "big")
        data[at + 4 : at + 8] = len(long.data).to_bytes(4, "big")
    with pytest.raises(LimitError):
        HEIC.read(BytesSource(bytes(data)))


def _copies(item: Item, count: int) -> list[Item]:
    return [replace(item, id=item.id + number, data=b" ") for number in range(1, count + 1)]


def test_a_packet_over_the_lists_is_refused():
    item = Item(2, b"mime", PACKET % b"DMI-UNSPECIFIED", (1,))
    data = bytearray(boxed_pictures.Heif((PICTURE, item)).build())
    packet = data.index(b"<x:xmpmeta").to_bytes(4, "big")
    at = data.index(packet)
    data[at : at + 4] = data.index(b"infe").to_bytes(4, "big")
    data[at + 4 : at + 8] = bytes(4)
    with pytest.raises(RefusedError) as caught:
        written(bytes(data))
    assert caught.value.code == "shared-bytes"


def test_item_numbers_avoid_groups():
    groups = make_box(b"grpl", make_full_box(b"altr", (2).to_bytes(4, "big"), bytes(4)))
    new = written(replace(PLAIN, others=(groups,)).build())
    assert set(items_of(BytesSource(new))) == {1, 3}


def test_no_number_is_left():
    last = Item(0xFFFF, b"hvc1", picture(7))
    new = written(boxed_pictures.Heif((PICTURE, last)).build())
    assert set(items_of(BytesSource(new))) == {1, 2, 0xFFFF}


def test_a_list_that_miscounts_is_refused():
    data = PLAIN.build()
    at = data.index(b"iinf") + 8
    with pytest.raises(RefusedError) as caught:
        written(data[:at] + b"\xff\xff" + data[at + 2 :])
    assert caught.value.code == "wrong-count"


class Sparse:
    """A source with a gap of zeros before ``at``."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        self._head, self._size, self._tail = head, size, tail

    @property
    def size(self) -> int:
        return self._size

    def read(self, start: int, end: int) -> bytes:
        behind = self._size - len(self._tail)
        parts = []
        for at in range(start, end):
            if at < len(self._head):
                parts.append(self._head[at : at + 1])
            else:
                parts.append(self._tail[at - behind : at - behind + 1] if at >= behind else b"\0")
        return b"".join(parts)


@pytest.mark.parametrize("base", [0, 4, 8])
def test_a_file_of_more_than_4_gib_gets_wider_fields(base):
    data = replace(PLAIN, base=base, version=1).build()
    gap = (16).to_bytes(4, "big")
    head = data + (1).to_bytes(4, "big") + b"mdat" + ((1 << 32) + 64).to_bytes(8, "big") + gap
    source = Sparse(head, len(data) + (1 << 32) + 64, b"end")
    layout = HEIC.read(source)
    patch = HEIC.change(source, layout, wanted()).patch
    new = PatchedSource(source, patch)
    after = HEIC.read(new)
    proof = proven(HEIC, source, layout, after, patch)
    assert proof.holds, proof.reasons
    assert isinstance(after, Heif)
    assert after.packet is not None
    assert after.packet.spans[0].start > 1 << 32
    assert after.packet.block.entries
    [place] = [entry.extents[0] for entry in after.locations.entries if entry.item == 1]
    assert new.read(*place) == PICTURE.data
    again = HEIC.change(new, after, wanted()).patch
    assert again.changes_nothing(new.size)


def test_an_endless_last_box_gets_its_size(samples):
    data = bytearray(PLAIN.build())
    at = data.index(b"mdat") - 4
    data[at : at + 4] = bytes(4)
    new = written(bytes(data))
    assert items_of(BytesSource(new))[1] == PICTURE.data
    assert new.count(b"mdat") == 2


def test_a_cut_picture_is_refused():
    data = PLAIN.build()[:-5]
    with pytest.raises(RefusedError) as caught:
        written(data)
    assert caught.value.code == "truncated"


def test_a_file_without_items_is_damaged():
    start = make_box(b"ftyp", b"mif1", bytes(4), b"heic")
    with pytest.raises(DamagedError):
        HEIC.read(BytesSource(start + make_full_box(b"meta")))


def test_tracks_alone_are_written_as_a_movie(samples):
    data = (samples / "avif/sequence.avifs").read_bytes()
    data = data.replace(b"meta", b"skip", 1)
    source = BytesSource(data)
    layout = Avif().read(source)
    assert isinstance(layout, Movie)
    plan = Avif().change(source, layout, wanted())
    assert plan.carriers == (Carrier.XMP,)
    new = PatchedSource(source, plan.patch)
    assert proven(Avif(), source, layout, Avif().read(new), plan.patch).holds
    hole = Avif().change(source, layout, wanted(manifest=100)).patch
    filled = PatchedSource(source, hole.fill(MANIFEST, Avif().frame_manifest(fake_store(100))))
    assert Avif().manifest_store(filled, Avif().read(filled)) == fake_store(100)
