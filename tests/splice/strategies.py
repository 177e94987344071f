"""Random patches, and what they mean, said in the plainest way."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from mediaoptout.splice.patch import Copy, Hole, Insert, Patch, Piece

SOURCE = bytes(range(64))


def materialised(patch: Patch, data: bytes) -> bytes:
    """The new file, byte by byte; holes are zeros."""
    parts = []
    for piece in patch.pieces:
        match piece:
            case Copy():
                parts.append(data[piece.start : piece.end])
            case Insert():
                parts.append(piece.data)
            case Hole():
                parts.append(bytes(piece.size))
    return b"".join(parts)


def origins(patch: Patch) -> list[int | None]:
    """For each byte of the new file the source's byte that it is, or None."""
    result: list[int | None] = []
    for piece in patch.pieces:
        if isinstance(piece, Copy):
            result.extend(range(piece.start, piece.end))
        else:
            result.extend([None] * piece.size)
    return result


@st.composite
def patches(draw: st.DrawFn, size: int = len(SOURCE), holes: bool = True) -> Patch:
    """Any patch: bytes dropped, repeated, moved about."""
    copies = st.tuples(st.integers(0, size), st.integers(0, size)).map(
        lambda ends: Copy(min(ends), max(ends))
    )
    kinds: list[st.SearchStrategy[Piece]] = [copies, st.binary(max_size=9).map(Insert)]
    if holes:
        kinds.append(st.builds(Hole, st.integers(0, 5), st.just("c2pa")))
    return Patch(tuple(draw(st.lists(st.one_of(kinds), max_size=9))))


@st.composite
def shuffles(draw: st.DrawFn, size: int = len(SOURCE)) -> Patch:
    """A patch that copies no byte twice, in any order."""
    cuts = sorted(draw(st.sets(st.integers(0, size), max_size=8)) | {0, size})
    copies = [Copy(a, b) for a, b in pairwise(cuts)]
    kept = draw(st.permutations([copy for copy in copies if draw(st.booleans())]))
    pieces: list[Piece] = []
    for copy in kept:
        pieces += [Insert(draw(st.binary(max_size=4))), copy]
    return Patch((*pieces, Insert(draw(st.binary(max_size=4)))))
