"""A patch for a result that somebody else made: what is essence in both is copied, all else new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mediaoptout.errors import RefusedError
from mediaoptout.splice.patch import Copy, Insert, Patch, Piece, Span
from mediaoptout.splice.source import MAX_READ, Source

STEP: Final = 1 << 20


def between(source: Source, result: Source, old: Sequence[Span], new: Sequence[Span]) -> Patch:
    """The patch that leads from ``source`` to ``result``.

    Every byte of the essence is compared, so the copies of the patch are true.

    Args:
        source: the old file.
        result: the new one.
        old: where the essence stands in the old file.
        new: where it stands in the new one, in the same order.

    Raises:
        RefusedError: the essence of the two is not the same.
    """
    pieces: list[Piece] = []
    at = 0
    for before, after in _aligned(old, new):
        if not _equal(source, before, result, after):
            raise RefusedError(
                "the essence of the signed file is not that of the source",
                at=before.start,
                fix="give --no-sign to write the reservation without a manifest",
                code="unproven",
            )
        pieces.extend(_literals(result, at, after.start))
        pieces.append(Copy(before.start, before.end))
        at = after.end
    pieces.extend(_literals(result, at, result.size))
    return Patch(tuple(pieces))


def _aligned(old: Sequence[Span], new: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """The two lists cut into stretches of the same lengths; what has no partner is left out."""
    left, right = list(reversed(old)), list(reversed(new))
    while left and right:
        first, second = left.pop(), right.pop()
        size = min(first.size, second.size)
        yield Span(first.start, first.start + size), Span(second.start, second.start + size)
        if first.size > size:
            left.append(Span(first.start + size, first.end))
        if second.size > size:
            right.append(Span(second.start + size, second.end))


def _equal(source: Source, before: Span, result: Source, after: Span) -> bool:
    return all(
        source.read(before.start + at, min(before.start + at + STEP, before.end))
        == result.read(after.start + at, min(after.start + at + STEP, after.end))
        for at in range(0, before.size, STEP)
    )


def _literals(result: Source, start: int, end: int) -> Iterator[Insert]:
    for at in range(start, end, MAX_READ):
        yield Insert(result.read(at, min(end, at + MAX_READ)))
