from __future__ import annotations

import pickle
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.errors import MediaoptoutError
from mediaoptout.splice.patch import Copy, Hole, Insert, Patch, PatchedSource, Span
from mediaoptout.splice.source import BytesSource
from tests.splice.strategies import SOURCE, materialised, origins, patches, shuffles

SIZE = len(SOURCE)
ranges = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda ends: sorted(ends))


@given(patches())
def test_the_sums_are_those_of_the_bytes(patch):
    new = materialised(patch, SOURCE)
    copied = sum(origin is not None for origin in origins(patch))
    assert patch.size == len(new)
    assert (patch.bytes_copied, patch.bytes_inserted) == (copied, len(new) - copied)


@given(patches())
def test_pieces_are_few(patch):
    kinds = [type(piece) for piece in patch.pieces]
    assert all(piece.size for piece in patch.pieces)
    assert all((a, b) != (Insert, Insert) for a, b in pairwise(kinds))
    assert Patch(patch.pieces) == patch


@given(patches(), ranges)
def test_a_patched_source_reads_as_the_new_file(patch, span):
    new = materialised(patch, SOURCE)
    start, end = (min(at, len(new)) for at in span)
    source = PatchedSource(BytesSource(SOURCE), patch)
    assert source.size == len(new)
    assert source.read(start, end) == new[start:end]
    with pytest.raises(MediaoptoutError):
        source.read(start, len(new) + 1)


@given(patches(holes=False), ranges)
def test_a_slice_is_that_part(patch, span):
    new = materialised(patch, SOURCE)
    start, end = (min(at, len(new)) for at in span)
    part = Patch(tuple(patch.slice(start, end)))
    assert materialised(part, SOURCE) == new[start:end]
    with pytest.raises(MediaoptoutError):
        list(patch.slice(start, len(new) + 1))


@given(patches())
def test_origin_is_told_for_every_byte(patch):
    expected = origins(patch)
    assert [patch.origin(at) for at in range(len(expected))] == expected
    assert patch.origin(-1) is None
    assert patch.origin(len(expected)) is None


@given(patches())
def test_locate_finds_every_byte_that_is_kept(patch):
    there = origins(patch)
    for offset in range(SIZE):
        place = patch.locate(offset)
        assert (place is None) == (offset not in there)
        assert place is None or there[place] == offset
    assert patch.locate(-1) is None
    assert patch.locate(SIZE) is None


@given(patches(), st.integers(0, SIZE - 1))
def test_a_stretch_moves_together(patch, offset):
    stretch = patch.stretch(offset)
    there = origins(patch)
    if stretch is None:
        assert offset not in there
    else:
        assert stretch.start <= offset < stretch.end
        for byte in range(stretch.start, stretch.end):
            assert there[byte + stretch.shift] == byte


@given(shuffles(), st.lists(ranges, max_size=4))
def test_spans_are_kept_that_are_whole_and_in_order(patch, pairs):
    spans = [Span(min(a, SIZE), min(b, SIZE)) for a, b in pairs]
    there = origins(patch)
    place, kept = 0, True
    for span in spans:
        wanted = list(range(*span))
        found = next(
            (at for at in range(place, len(there)) if there[at : at + span.size] == wanted), None
        )
        kept = kept and (not wanted or found is not None)
        place = place if found is None or not wanted else found + span.size
    assert patch.keeps(spans) == kept


@given(patches(), st.data())
def test_then_is_one_after_the_other(first, data):
    first = Patch(tuple(p if not isinstance(p, Hole) else Insert(b"h") for p in first.pieces))
    second = data.draw(patches(first.size))
    both = first.then(second)
    assert materialised(both, SOURCE) == materialised(second, materialised(first, SOURCE))


@given(patches(holes=False), st.data())
def test_then_is_associative(first, data):
    second = data.draw(patches(first.size, holes=False))
    third = data.draw(patches(second.size))
    assert first.then(second).then(third) == first.then(second.then(third))


@given(patches(), st.data())
def test_then_with_the_identity_changes_nothing(patch, data):
    assert patch.then(Patch.identity(patch.size)) == patch
    assert Patch.identity(SIZE).then(patch) == patch


def test_a_hole_is_never_cut():
    first = Patch((Hole(4, "c2pa"), Copy(0, 4)))
    assert first.then(Patch((Copy(0, 6),))).holes == (("c2pa", Span(0, 4)),)
    with pytest.raises(MediaoptoutError, match="hole"):
        first.then(Patch((Copy(2, 6),)))


def test_a_patch_for_a_larger_file_does_not_follow():
    with pytest.raises(MediaoptoutError, match="not inside"):
        Patch.identity(10).then(Patch.identity(200 << 20))


@given(patches())
def test_the_inverse_gives_the_source_back(patch):
    inverse = patch.inverse(BytesSource(SOURCE))
    assert materialised(inverse, materialised(patch, SOURCE)) == SOURCE
    gone = sum(patch.locate(at) is None for at in range(SIZE))
    assert inverse.bytes_inserted == gone


@given(shuffles())
def test_the_inverse_of_the_inverse_is_the_patch(patch):
    new = materialised(patch, SOURCE)
    inverse = patch.inverse(BytesSource(SOURCE))
    assert inverse.inverse(BytesSource(new)) == patch


@given(patches(holes=False), st.binary(min_size=1, max_size=9))
def test_a_hole_is_filled_with_what_fits(patch, data):
    holed = Patch((*patch.pieces, Hole(len(data), "c2pa"), Copy(0, 1)))
    assert holed.holes == (("c2pa", Span(patch.size, patch.size + len(data))),)
    filled = holed.fill("c2pa", data)
    assert materialised(filled, SOURCE) == materialised(patch, SOURCE) + data + SOURCE[:1]
    assert filled.holes == ()
    for name, content in (("c2pa", data + b"x"), ("other", data)):
        with pytest.raises(MediaoptoutError):
            holed.fill(name, content)


@given(patches())
def test_the_text_form_comes_back(patch):
    assert Patch.from_json(patch.to_json()) == patch
    assert pickle.loads(pickle.dumps(patch)) == patch


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema":"mediaoptout.patch/2","pieces":[]}',
        '{"schema":"mediaoptout.patch/1","pieces":[["copy",5,3]]}',
        '{"schema":"mediaoptout.patch/1","pieces":[["copy",-1,3]]}',
        '{"schema":"mediaoptout.patch/1","pieces":[["insert","*"]]}',
        '{"schema":"mediaoptout.patch/1","pieces":[["hole",-1,"c2pa"]]}',
        '{"schema":"mediaoptout.patch/1","pieces":[["move",1,2]]}',
        '{"schema":"mediaoptout.patch/1","pieces":[1]}',
    ],
)
def test_what_is_no_patch_is_refused(text):
    with pytest.raises(MediaoptoutError):
        Patch.from_json(text)


def test_a_piece_that_ends_before_it_starts_is_a_mistake():
    with pytest.raises(ValueError, match="before"):
        Patch((Copy(5, 3),))


@given(shuffles())
def test_nothing_is_changed_or_moved_only_if_so(patch):
    assert patch.changes_nothing(SIZE) == (materialised(patch, SOURCE) == SOURCE)
    there = origins(patch)
    assert patch.moves_nothing == all(origin in (None, at) for at, origin in enumerate(there))


def test_a_repeated_stretch_is_found_at_its_longest():
    patch = Patch((Copy(10, 20), Insert(b"x"), Copy(10, 50)))
    assert patch.stretch(12) == (10, 50, 1)
    assert patch.keeps([Span(10, 50)])
    assert not patch.moves_nothing
