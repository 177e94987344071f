from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.containers.base import Change, Layout
from mediaoptout.containers.ebml import Budget, document, element
from mediaoptout.containers.matroska import Matroska, WebM
from mediaoptout.containers.matroska_reading import read_segment
from mediaoptout.containers.matroska_writing import UNINDEXED
from mediaoptout.containers.proof import prove
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource, Source, check_range
from mediaoptout.vocabularies.properties import as_text
from tests import mkvtoolnix, witnesses
from tests.containers import matroska_files as build
from tests.containers.harness import ContainerContract, Watched, content, wanted
from tests.containers.matroska_files import (
    CLUSTER,
    CUES,
    INFO,
    SEEK_HEAD,
    SEGMENT,
    TAGS,
    TRACKS,
    VOID,
    Shape,
    cluster,
    cue_targets,
    el,
    ident,
    level_1,
    num,
    pointers,
    seek,
    simple,
    size,
    tag,
    void,
)

MATROSKA = Matroska()


class Witnessed(ContainerContract):
    def test_mkvmerge_sees_the_same(self, path, written):
        before, after = mkvtoolnix.mkvmerge(path), mkvtoolnix.mkvmerge(written)
        if before is None or after is None:
            pytest.skip("no mkvmerge here")
        assert after == before

    def test_mkvextract_sees_it_and_misses_nothing(self, path, written):
        before, after = mkvtoolnix.tags(path), mkvtoolnix.tags(written)
        if before is None or after is None:
            pytest.skip("no mkvextract here")
        assert set(before) <= set(after)
        assert {name.replace("-", "_") for name, _ in after} >= {"TDM_RESERVATION", "TERMS_OF_USE"}

    def test_ffprobe_sees_it(self, path, written):
        after = witnesses.ffprobe_tags(written)
        if after is None:
            pytest.skip("no ffprobe here")
        assert {key.replace("-", "_") for key in after} >= {"format:TDM_RESERVATION"}


class TestMatroska(Witnessed):
    container = MATROSKA
    sample_folders = ("matroska",)
    corpus_folders = ("mkv",)
    minimum = 2
    corpus_minimum = 3


class TestWebM(Witnessed):
    container = WebM()
    sample_folders = ("webm",)
    corpus_folders = ("webm",)
    minimum = 2
    corpus_minimum = 2


def planned(source: Source, **options) -> tuple[Layout, Change]:
    layout = MATROSKA.read(source)
    return layout, MATROSKA.change(source, layout, wanted(**options))


def written(data: bytes, **options) -> bytes:
    """The file after a change that was proven, repeated and undone."""
    source = BytesSource(data)
    layout, change = planned(source, **options)
    patched = PatchedSource(source, change.patch)
    after = MATROSKA.read(patched)
    proof = prove(layout, after, change.patch)
    assert proof.holds, proof.reasons
    second = MATROSKA.change(patched, after, wanted(**options))
    assert second.patch.changes_nothing(patched.size)
    new = content(patched)
    assert content(PatchedSource(BytesSource(new), change.patch.inverse(source))) == data
    return new


def ids(data: bytes) -> list[int]:
    return [item.id for item in level_1(data)[1]]


def said(data: bytes) -> set[str]:
    layout = MATROSKA.read(BytesSource(data))
    return {as_text(entry.value) for block in layout.blocks for entry in block.entries}


# --- every shape -------------------------------------------------------------------------------


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    clusters = [f"cluster{i}" for i in range(draw(st.integers(1, 4)))]
    sizes = st.sampled_from([0, 1, 20, 300, 4000])
    front = draw(st.permutations(["info", "tracks", "chapters"]))
    parts = [*front, *clusters]
    for number in range(draw(st.integers(0, 2))):
        parts.insert(draw(st.integers(0, len(parts))), f"void{draw(sizes) + number}")
    for name in ("tags", "cues"):
        if draw(st.booleans()):
            parts.insert(draw(st.integers(0, len(parts))), name)
    if draw(st.booleans()):
        parts.insert(0, "seekhead")
    return Shape(
        parts,
        indexed=[name for name in parts if name in ("tags", "cues", "info") and draw(st.booleans())]
        + draw(st.sampled_from([[], ["tags9"], ["cluster0"]])),
        room=draw(st.sampled_from([0, 2, 19, 20, 21, 22, 60, 3000])),
        sealed=draw(st.booleans()),
        segment=draw(st.sampled_from([0, 2, 3, 8])),
        position=draw(st.sampled_from([2, 3, 4, 8])),
        known=draw(st.booleans()),
    )


@settings(max_examples=300, deadline=None)
@given(shapes())
def test_whatever_the_shape_it_is_written_and_leads_to_the_tags(shape):
    data = shape.build()
    before = pointers(data)
    try:
        new = written(data)
    except RefusedError as error:
        assert error.code == "no-room"
        assert "cues" in shape.parts
        return
    after = pointers(new)
    assert {pair for pair in before if TAGS not in pair} <= set(after)
    if (TAGS, 0) not in before:
        assert all(there == TAGS for what, there in after if what == TAGS)
    assert cue_targets(new) == cue_targets(data)
    assert "A film" in str(new) or "tags" not in shape.parts
    assert [i for i in ids(new) if i not in (VOID, TAGS, SEEK_HEAD)] == [
        i for i in ids(data) if i not in (VOID, TAGS, SEEK_HEAD)
    ]
    unseen = {"tags", "cues"} <= {*shape.parts} and (TAGS, TAGS) not in before
    assert ids(new).count(TAGS) == 1 or unseen
    assert {"1", "https://rights.example.org/terms"} <= said(new)
    _, change = planned(BytesSource(data))
    hidden = ids(new).index(TAGS) > ids(new).index(CLUSTER)
    stayed = "tags" in shape.parts
    assert not hidden or (TAGS, TAGS) in after or UNINDEXED in change.warnings or stayed


# --- the places --------------------------------------------------------------------------------

FRONT = ["info", "tracks"]
BODY = ["cluster0", "cluster1"]


def test_old_tags_become_void_and_the_entry_follows():
    data = Shape(["seekhead", *FRONT, "tags", *BODY, "cues"], indexed=["tags", "cues"]).build()
    new = written(data)
    assert ids(new) == [SEEK_HEAD, INFO, TRACKS, VOID, CLUSTER, CLUSTER, CUES, TAGS, VOID]
    assert pointers(new) == [(TAGS, TAGS), (CUES, CUES)]
    _, change = planned(BytesSource(data))
    assert change.patch.moves_nothing


def test_tags_at_the_end_grow_there():
    data = Shape(["seekhead", *FRONT, *BODY, "cues", "tags"], indexed=["tags"], position=2).build()
    assert ids(written(data))[-3:] == [CUES, TAGS, VOID]


def test_room_is_used_before_the_file_grows():
    data = Shape(["seekhead", *FRONT, "void4000", *BODY, "cues"], indexed=["cues"], room=21).build()
    new = written(data)
    assert len(new) == len(data)
    assert ids(new) == [SEEK_HEAD, VOID, INFO, TRACKS, TAGS, VOID, CLUSTER, CLUSTER, CUES]


def test_an_entry_is_added_with_its_check_sum():
    data = Shape(["seekhead", *FRONT, *BODY, "cues"], ["info", "cues"], 30, sealed=True).build()
    new = written(data)
    assert pointers(new) == [(INFO, INFO), (CUES, CUES), (TAGS, TAGS)]


def test_a_seek_head_written_wastefully_makes_room_for_an_entry():
    head = el(SEEK_HEAD, seek(INFO, 0, 8, 8), seek(CUES, 0, 8, 8), width=8)
    info, tracks = el(INFO, num(0x2AD7B1, 1)), el(TRACKS)
    block = cluster(0, bytes(9))
    places = len(head), len(head) + len(info + tracks + block)
    head = el(SEEK_HEAD, seek(INFO, places[0], 8, 8), seek(CUES, places[1], 8, 8), width=8)
    cues = el(CUES, el(0xBB, el(0xB7, num(0xF1, len(head + info + tracks)))))
    body = head + info + tracks + block + cues
    new = written(build.document() + ident(SEGMENT) + size(len(body), 8) + body)
    assert pointers(new) == [(INFO, INFO), (CUES, CUES), (TAGS, TAGS)]


def test_a_second_seek_head_stands_in_a_void():
    data = Shape(["seekhead", *FRONT, "void40", *BODY, "cues"], ["cues"], position=2).build()
    new = written(data)
    assert ids(new)[:4] == [SEEK_HEAD, INFO, TRACKS, SEEK_HEAD]
    assert pointers(new) == [(CUES, CUES), (TAGS, TAGS)]


def test_clusters_move_where_the_index_has_no_room_and_it_follows_them():
    shape = Shape(["seekhead", *FRONT, "cues", *BODY], ["cues", "cluster1"], 0, sealed=True)
    new = written(shape.build())
    assert ids(new) == [SEEK_HEAD, INFO, TRACKS, CUES, TAGS, VOID, CLUSTER, CLUSTER]
    assert pointers(new) == [(CUES, CUES), (CLUSTER, CLUSTER)]
    assert cue_targets(new) == [CLUSTER]


def test_clusters_move_as_little_as_they_must_for_narrow_positions():
    shape = Shape(["seekhead", *FRONT, *BODY, "cues"], ["cues"], position=2)
    shape.parts[3:4] = [f"cluster{i}" for i in range(980)]
    data = shape.build()
    assert 63_000 < len(data) < 64_500
    new = written(data)
    assert len(new) < 1 << 16
    assert pointers(new) == [(CUES, CUES)]


def test_a_full_index_is_told_to_the_user():
    shape = Shape(["seekhead", *FRONT, *BODY, "cues"], ["cues"], position=2)
    shape.parts[3:4] = [f"cluster{i}" for i in range(1003)]
    written(shape.build())
    _, change = planned(BytesSource(shape.build()))
    assert change.warnings == (UNINDEXED,)


def test_a_live_recording_gets_its_tags_before_the_clusters():
    data = Shape([*FRONT, *BODY], segment=0, known=False).build()
    assert ids(written(data)) == [INFO, TRACKS, TAGS, VOID, CLUSTER, CLUSTER]


def test_a_cluster_that_states_its_position_does_not_move():
    front = el(INFO) + el(TRACKS)
    body = front + cluster(0, b"x", more=num(0xA7, len(front)), known=False)
    new = written(build.document() + ident(SEGMENT) + build.UNKNOWN + body)
    assert ids(new) == [INFO, TRACKS, CLUSTER, TAGS, VOID]


def test_a_cut_recording_is_written_where_there_is_room():
    whole = Shape(["seekhead", *FRONT, "void4000", *BODY, "cues"], ["cues"]).build()
    cut = whole[:-60]
    source = BytesSource(cut)
    layout, change = planned(source)
    assert change.patch.moves_nothing and change.patch.size == len(cut)
    assert prove(layout, MATROSKA.read(PatchedSource(source, change.patch)), change.patch).holds


def test_a_cut_file_without_room_is_refused():
    front = el(INFO) + el(TRACKS)
    block = cluster(0, bytes(99), more=num(0xA7, len(front)))
    body = front + block
    data = build.document() + ident(SEGMENT) + size(len(body), 8) + body
    with pytest.raises(RefusedError) as caught:
        planned(BytesSource(data[:-10]))
    assert caught.value.code == "truncated"


def test_tags_among_the_clusters_are_used_while_they_fit():
    shape = Shape(["seekhead", *FRONT, "cluster0", "tags", "cluster1", "cues"], ["tags", "cues"])
    with pytest.raises(RefusedError) as caught:
        written(shape.build())
    assert caught.value.code == "no-room"
    shape.parts.insert(5, "void3000")
    assert ids(written(shape.build())).count(TAGS) == 1


def test_a_narrow_segment_size_becomes_wider():
    long = Shape([*FRONT, *(f"cluster{i}" for i in range(230)), "cues"], segment=2).build()
    new = written(long)
    assert new.index(ident(INFO)) - new.index(ident(SEGMENT)) == 12
    assert len(new) > 16384 > len(long)


def test_a_cut_segment_keeps_stating_what_was_cut_off():
    data = Shape([*FRONT, *(f"cluster{i}" for i in range(240))], segment=2).build()
    new = written(data[:400])
    segment = new.index(ident(SEGMENT)) + 4
    length = int.from_bytes(new[segment : segment + 8], "big") - (1 << 56)
    assert length - (len(new) - segment - 8) == len(data) - 400


def test_a_cluster_that_claims_too_much_is_not_jumped_over():
    data = bytearray(Shape(["seekhead", *FRONT, *BODY, "cues"], ["cues"], segment=8).build())
    at = data.index(ident(CLUSTER)) + 4
    data[at : at + 2] = b"\x7f\xf0"
    shape = MATROSKA.read(BytesSource(bytes(data))).segments[0]
    assert not shape.whole and shape.indexed is None


def test_a_segment_check_sum_is_refused():
    body = el(INFO) + cluster(0, b"x")
    data = build.document() + el(SEGMENT, body, width=8, sealed=True)
    with pytest.raises(RefusedError) as caught:
        planned(BytesSource(data))
    assert caught.value.code == "segment-checksum"


def test_a_wrong_check_sum_of_tags_is_told():
    data = Shape([*FRONT, "tags", *BODY], sealed=True).build()
    broken = data.replace(b"A film", b"B film")
    assert "check sum" in MATROSKA.read(BytesSource(broken)).warnings[0]


def test_the_second_segment_moves_as_a_whole_and_is_read():
    first = Shape([*FRONT, *BODY]).build()
    second = Shape([*FRONT, "tags", *BODY], tags=tag(simple("COPYRIGHT", "Anna"))).build()
    new = written(first + second)
    assert new.endswith(second)
    assert "Anna" in said(new)


def test_what_is_behind_the_segment_stays_behind_it():
    data = Shape([*FRONT, *BODY, "cues"]).build()
    assert written(data + b"\0junk").endswith(b"\0junk")


def test_a_file_without_clusters_is_written_at_its_end():
    entries = seek(CUES, 9000, 4), seek(TAGS, 500, 4)
    body = el(SEEK_HEAD, *entries) + el(INFO) + el(build.CHAPTERS)
    new = written(build.document() + ident(SEGMENT) + build.UNKNOWN + body)
    assert ids(new) == [SEEK_HEAD, INFO, build.CHAPTERS, TAGS, VOID]
    assert pointers(new) == [(CUES, 0), (TAGS, TAGS)]


def test_a_second_tags_element_keeps_what_it_says():
    other = el(TAGS, tag(simple("COPYRIGHT", "Anna"), simple("TDM_RESERVATION", "1")))
    body = el(INFO) + el(TAGS, tag(simple("TITLE", "x"))) + other + cluster(0, b"x")
    data = build.document() + ident(SEGMENT) + size(len(body), 8) + body
    new = written(data)
    assert new.count(b"COPYRIGHT") == 1


def test_damaged_tags_are_never_replaced():
    data = Shape([*FRONT, "tags", *BODY], tags=b"\x73\x73\x90abc").build()
    layout = MATROSKA.read(BytesSource(data))
    assert layout.blocks[0].error is not None
    with pytest.raises(RefusedError) as caught:
        MATROSKA.change(BytesSource(data), layout, wanted())
    assert caught.value.code == "damaged-carrier"


def test_long_identifiers_are_walked_where_the_header_allows_them():
    strange = b"\x08\x11\x22\x33\x44" + size(3) + b"abc"
    body = el(INFO) + strange + cluster(0, b"x")
    data = build.document("matroska", num(0x42F2, 5)) + ident(SEGMENT) + size(len(body), 8) + body
    assert strange in written(data)


def test_other_documents_are_not_ours():
    assert not MATROSKA.recognises(BytesSource(build.document("other")), b"\x1aE\xdf\xa3")
    with pytest.raises(DamagedError):
        MATROSKA.read(BytesSource(build.document()))


# --- large files -------------------------------------------------------------------------------


class Sparse:
    """A file of which only a few places are not zeros."""

    def __init__(self, length: int, pieces: dict[int, bytes]) -> None:
        self.size = length
        self._pieces = pieces
        self.reads = 0

    def read(self, start: int, end: int) -> bytes:
        check_range(start, end, self.size)
        self.reads += 1
        data = bytearray(end - start)
        for at, piece in self._near(start, end):
            low, high = max(at, start), min(at + len(piece), end)
            data[low - start : high - start] = piece[low - at : high - at]
        return bytes(data)

    def _near(self, start: int, end: int) -> list[tuple[int, bytes]]:
        return [
            (at, piece)
            for at, piece in self._pieces.items()
            if at < end and at + len(piece) > start
        ]


def large(count: int, payload: int, *, cues: bool) -> Sparse:
    """A file with ``count`` clusters of ``payload`` bytes, as mkvmerge lays it out."""
    front = el(INFO, num(0x2AD7B1, 1)) + el(TRACKS) + el(TAGS, tag(simple("TITLE", "x")))
    head_size = len(el(SEEK_HEAD, seek(TAGS, 0, 8), seek(CUES, 0, 8)))
    base = head_size + 100
    tags_at = base + len(front) - len(el(TAGS, tag(simple("TITLE", "x"))))
    first = base + len(front)
    opening = ident(CLUSTER) + size(payload, 8) + num(0xE7, 1) + b"\xa3" + size(payload - 12, 8)
    step = 12 + payload
    points = b"".join(
        el(0xBB, num(0xB3, i), el(0xB7, num(0xF7, 1), num(0xF1, first + i * step, 5)))
        for i in range(count)
    )
    after = el(CUES, points) if cues else b""
    entries = [seek(TAGS, tags_at, 8), seek(CUES, first + count * step, 8)]
    total = first + count * step + len(after)
    start = build.document() + ident(SEGMENT) + size(total, 8)
    pieces = {0: start + el(SEEK_HEAD, *entries) + void(100) + front}
    pieces |= {len(start) + first + i * step: opening for i in range(count)}
    pieces[len(start) + first + count * step] = after
    return Sparse(len(start) + total, pieces)


def test_fifty_gigabytes_are_not_walked():
    source = large(2100, 25 << 20, cues=True)
    assert source.size > 50 << 30
    watched = Watched(source)
    _, change = planned(watched)
    assert change.patch.moves_nothing
    assert change.patch.bytes_inserted < 10_000
    assert source.reads < 100
    assert watched.total < 1 << 20
    again = PatchedSource(source, change.patch)
    layout, second = planned(again)
    assert second.patch.changes_nothing(again.size)
    assert [item.id for item in layout.segments[0].elements][-2:] == [TAGS, VOID]  # type: ignore[attr-defined]


def test_without_cues_the_clusters_headers_are_walked():
    source = large(300, 25 << 20, cues=False)
    watched = Watched(source)
    _, change = planned(watched)
    assert change.patch.moves_nothing
    assert watched.total < 1 << 20


def test_too_many_elements_are_a_limit():
    body = cluster(0, b"x") + b"\xec\x80" * ((1 << 16) + 1)
    data = build.document() + ident(SEGMENT) + size(len(body), 8) + body
    with pytest.raises(LimitError):
        MATROSKA.read(BytesSource(data))


def test_clusters_without_an_index_are_walked_to_a_limit():
    source = BytesSource(Shape([*FRONT, *BODY]).build())
    found = document(source)
    assert found is not None
    outer = element(source, found.header.end, source.size)
    assert outer is not None
    assert read_segment(source, outer, Budget(4), 4).whole
    with pytest.raises(LimitError):
        read_segment(source, outer, Budget(3), 4)


# --- other programs' files ---------------------------------------------------------------------


FLAVOURS = {
    "crc": ["-write_crc32", "1"],
    "no-crc": ["-write_crc32", "0"],
    "index-space": ["-reserve_index_space", "4096"],
    "cues-first": ["-cues_to_front", "1"],
    "small-clusters": ["-cluster_size_limit", "2000"],
    "live": ["-live", "1"],
    "copyright": ["-metadata", "COPYRIGHT=2020 Anna"],
}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_ffmpegs_flavours(flavour, samples, tmp_path):
    source = tmp_path / f"{flavour}.mkv"
    arguments = ["-c", "copy", *FLAVOURS[flavour], str(source)]
    sample = str(samples / "matroska/tags.mkv")
    if mkvtoolnix.run("ffmpeg", "-v", "error", "-i", sample, *arguments) is None:
        pytest.skip("no ffmpeg here")
    check_with_others(source, tmp_path)


MERGED = {
    "plain": [],
    "no-lacing": ["--disable-lacing"],
    "clusters-in-seek-head": ["--clusters-in-meta-seek", "--cluster-length", "100ms"],
    "no-cues": ["--no-cues"],
    "no-tags": ["--no-track-tags", "--no-global-tags", "--disable-track-statistics-tags"],
    "compressed": ["--compression", "-1:zlib"],
    "attachment": ["--attach-file", __file__],
}


@pytest.mark.parametrize("flavour", MERGED)
def test_mkvmerges_flavours(flavour, samples, tmp_path):
    source = tmp_path / f"{flavour}.mkv"
    arguments = [*MERGED[flavour], str(samples / "matroska/tags.mkv")]
    if mkvtoolnix.run("mkvmerge", "-q", "-o", str(source), *arguments) is None:
        pytest.skip("no mkvmerge here")
    check_with_others(source, tmp_path)


def check_with_others(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.mkv"
    target.write_bytes(written(source.read_bytes()))
    assert witnesses.streamhash(target) == witnesses.streamhash(source)
    assert mkvtoolnix.mkvmerge(target) == mkvtoolnix.mkvmerge(source)
    assert (witnesses.ffprobe_tags(target) or {}).get("format:TDM_RESERVATION", "1") == "1"
    before, after = mkvtoolnix.tags(source), mkvtoolnix.tags(target)
    if before is not None and after is not None:
        assert set(before) <= set(after)
        assert ("TDM_RESERVATION", "1") in after


def test_the_digest_of_the_samples_essence_stays(samples):
    data = (samples / "matroska/tags.mkv").read_bytes()
    layout = MATROSKA.read(BytesSource(data))
    essence = b"".join(data[span.start : span.end] for span in layout.essence)
    new = written(data)
    after = MATROSKA.read(BytesSource(new))
    again = b"".join(new[span.start : span.end] for span in after.essence)
    assert hashlib.sha256(again).digest() == hashlib.sha256(essence).digest()
