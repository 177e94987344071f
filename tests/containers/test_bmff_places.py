"""Random movies: after a change, every number leads to the bytes that it led to before."""

from __future__ import annotations

import struct
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediaoptout.containers.base import MANIFEST, Wanted
from mediaoptout.containers.bmff.boxes import make_free
from mediaoptout.containers.proof import prove
from mediaoptout.containers.registry import detect
from mediaoptout.errors import RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from tests.containers import movies
from tests.containers.harness import content, fake_store, wanted
from tests.containers.movies import Builder, Fragment, Part, Places, Run, Track, box, full

SIZES = st.integers(4, 40)
ROOM = st.sampled_from([0, 8, 9, 100, 700, 3000, 9000])
HDLR = full(b"hdlr", 0, 0, bytes(4), b"mdirappl", bytes(9))
SIMPLE_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    b'dc:format="video"/></rdf:RDF></x:xmpmeta>'
)
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


@st.composite
def tracks(draw, saio: bool = True) -> list[Track]:
    return [
        Track(
            number,
            draw(st.lists(st.lists(SIZES, min_size=1, max_size=4), min_size=1, max_size=4)),
            draw(st.booleans()),
            draw(st.sampled_from([None, 0, 1])) if saio else None,
            draw(st.integers(0, 5)) == 0,
        )
        for number in range(1, draw(st.integers(1, 3)) + 1)
    ]


def item(key: bytes, text: str) -> bytes:
    return box(key, box(b"data", struct.pack(">II", 1, 0), text.encode()))


@st.composite
def user_data(draw) -> bytes:
    """Nothing, or user data with any of the things that stand there."""
    if draw(st.booleans()):
        return b""
    parts: list[bytes] = []
    if draw(st.booleans()):
        room = draw(ROOM)
        children = [HDLR]
        if draw(st.booleans()):
            items = [item(b"\xa9nam", "A title"), item(b"cprt", "Somebody")]
            children.append(box(b"ilst", *items[: draw(st.integers(0, 2))]))
        children.append(make_free(room) if room >= 8 else b"")
        parts.append(full(b"meta", 0, 0, *children))
    if draw(st.booleans()):
        parts.append(box(b"\xa9nam", struct.pack(">HH", 3, 0), b"abc"))
    if draw(st.booleans()):
        parts.append(box(b"XMP_", SIMPLE_XMP))
    room = draw(ROOM)
    parts.append(make_free(room) if room >= 8 else b"")
    tail = bytes(draw(st.sampled_from([0, 4])))
    return box(b"udta", *draw(st.permutations(parts)), tail)


def file_type(brand: bytes) -> bytes:
    return box(b"ftyp", brand, bytes(4), b"isom") if brand else b""


@st.composite
def plain(draw) -> bytes:
    """A movie without fragments."""
    builder = Builder()
    brand = draw(st.sampled_from([b"isom", b"M4A ", b"qt  ", b"3gp5", b""]))
    builder.add("", file_type(brand))
    all_tracks, udta = draw(tracks()), draw(user_data())
    pieces = [
        (f"t{track.number}c{i}", track.chunk(i))
        for track in all_tracks
        if not track.external
        for i in range(len(track.chunks))
    ]
    pieces = draw(st.permutations(pieces))
    cut = draw(st.integers(0, len(pieces)))
    groups = [pieces[:cut], pieces[cut:]]
    order = draw(st.permutations(["moov", "media0", "media1", "xmp", "free", "free"]))
    if not brand:
        order = ["media0", *(part for part in order if part != "media0")]
    for part in order:
        if part == "moov":
            builder.add("", lambda places: movies.moov(all_tracks, places, udta))
        elif part == "xmp":
            if draw(st.booleans()):
                space = b" " * draw(st.sampled_from([0, 10, 5000]))
                builder.add("", box(b"uuid", XMP_UUID, SIMPLE_XMP, space))
        elif part == "free":
            room = draw(ROOM)
            builder.add("", make_free(room) if room >= 8 else b"")
        else:
            last = part == order[-1]
            form = draw(st.sampled_from(["", "large", "open"] if last else ["", "large"]))
            builder.media(groups[int(part[-1])], form)
    return builder.build()


@st.composite
def fragments(draw, number: int) -> Fragment:
    parts: list[Part] = []
    for index in range(draw(st.integers(1, 3))):
        base = draw(st.sampled_from(["file", "moof", "mdat", "flag", "chain"]))
        sized = draw(st.booleans())
        runs = [
            Run(draw(st.lists(SIZES, min_size=1, max_size=4)), draw(st.booleans()))
            for _ in range(draw(st.integers(1, 3)))
        ]
        if not sized:
            for run in runs:
                run.sizes = [runs[0].sizes[0]] * len(run.sizes)
        parts.append(Part(index + 1, runs, base, sized, draw(st.booleans())))
    return Fragment(number, parts)


@st.composite
def fragmented(draw) -> bytes:
    """A movie in fragments, with the indexes that point to them."""
    builder = Builder()
    builder.add("", file_type(draw(st.sampled_from([b"iso5", b"dash", b"qt  ", b"3gp6"]))))
    all_tracks, udta = draw(tracks(saio=False)), draw(user_data())
    for track in all_tracks:
        track.chunks = [] if not track.external else track.chunks
    builder.add("", lambda places: movies.moov(all_tracks, places, udta, fragmented=True))
    room = draw(ROOM)
    builder.add("", make_free(room) if room >= 8 else b"")
    found = [draw(fragments(n)) for n in range(draw(st.integers(1, 4)))]
    version, hierarchical = draw(st.sampled_from([0, 1])), draw(st.booleans())
    gap = make_free(8) if draw(st.booleans()) else b""
    names = [f"moof{fragment.number}" for fragment in found]
    end = "mfra"

    def edges(places: Places) -> list[int]:
        return [places.get(name, 0) for name in [*names, end]]

    def index(places: Places) -> bytes:
        at = edges(places)
        spans = [(0, b - a) for a, b in pairwise(at)]
        return movies.sidx(version, len(gap), spans)

    def outer(places: Places) -> bytes:
        return movies.sidx(0, 0, [(1, places.get(end, 0) - places.get("sidx", 0))])

    if draw(st.booleans()):
        if hierarchical:
            builder.add("", outer)
        builder.add("sidx", index)
        builder.add("", gap)
    for fragment in found:
        builder.add(f"moof{fragment.number}", fragment.moof)
        builder.media(list(fragment.data()), name=f"mdat{fragment.number}")
    builder.add(end, b"")
    if draw(st.booleans()):
        tables = draw(st.sampled_from([0, 1]))
        builder.add("", lambda places: movies.mfra(tables, edges(places)[:-1]))
    elif draw(st.booleans()):
        builder.add("", b"\1\2\3\4\5\6\7\x08 trailer of a camera")
    return builder.build()


@st.composite
def wishes(draw) -> Wanted:
    manifest = draw(st.sampled_from([None, None, 100, 4000]))
    full_wish = wanted(manifest=manifest)
    return Wanted(
        properties=full_wish.properties,
        manifest=manifest,
        padding=draw(st.sampled_from([0, 7, 2048])),
    )


def change(data: bytes, wish: Wanted) -> bytes:
    """The file after the change, proven."""
    source = BytesSource(data)
    family = detect(source)
    assert family is not None
    layout = family.read(source)
    assert layout.obstacle is None, layout.obstacle
    patch = family.change(source, layout, wish).patch
    for _ in patch.holes:
        patch = patch.fill(MANIFEST, family.frame_manifest(fake_store(wish.manifest or 0)))
    after = PatchedSource(source, patch)
    proof = prove(layout, family.read(after), patch)
    assert proof.holds, proof.reasons
    for span in layout.foreign:
        assert patch.keeps((span,))
    new = content(after)
    assert content(PatchedSource(BytesSource(new), patch.inverse(source))) == data
    return new


def check(data: bytes, wish: Wanted) -> None:
    before = movies.resolve(data)
    assert before
    try:
        new = change(data, wish)
    except RefusedError as error:
        # An open mdat at the end of the file is the one thing that cannot always be closed.
        raise AssertionError(error.message) from error
    assert movies.resolve(new) == before
    unsigned = Wanted(properties=wish.properties, padding=wish.padding)
    assert change(new, unsigned) == new


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(plain(), wishes())
def test_every_sample_of_a_movie_is_found_again(data: bytes, wish: Wanted):
    check(data, wish)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(fragmented(), wishes())
def test_every_sample_of_a_fragmented_movie_is_found_again(data: bytes, wish: Wanted):
    check(data, wish)
