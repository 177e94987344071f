"""What a carrier answers when it is told what to say: its new block, foreign items as copies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from mediaoptout.splice.patch import Copy, Insert, Patch, PatchedSource, Piece, normalised
from mediaoptout.splice.source import BytesSource, Source

Retouch = Callable[[Source], Patch | None]
"""What answers a picture in a block with the change to be made to it; None for one that stays.

It raises `RefusedError` for one that should not stay and has to.
"""


@dataclass(frozen=True, slots=True)
class Merged:
    """A block after the merge.

    Args:
        pieces: the new block; a `Copy` counts from the beginning of the *old block* (items of
            others are copies, never rendered anew).
        said: the qualified names of the properties that the block now states as wanted, or more
            strictly; what the carrier has no key for is missing.
        warnings: what was left as others said it, as sentences.
    """

    pieces: tuple[Piece, ...]
    said: frozenset[str]
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The size of the new block; 0 where none is needed, or it goes with all that it said."""
        return sum(piece.size for piece in self.pieces)

    def unchanged(self, size: int) -> bool:
        """Whether it is the old block of ``size`` bytes."""
        return normalised(self.pieces) == normalised((Copy(0, size),))

    def rendered(self, old: bytes) -> bytes:
        """The new block as bytes.

        Args:
            old: the block that it was merged into; empty if there was none.
        """
        return PatchedSource(BytesSource(old), Patch(self.pieces)).read(0, self.size)

    def grounded(self, old: bytes) -> Merged:
        """The same block; if it keeps its size, what would move inside it is literal bytes.

        The file can then be changed in place.

        Args:
            old: the block that it was merged into.
        """
        if self.size != len(old) or Patch(self.pieces).moves_nothing:
            return self
        return replace(self, pieces=(Insert(self.rendered(old)),))

    def placed(self, at: int) -> tuple[Piece, ...]:
        """The pieces for a patch, where the old block stands at ``at`` of the file."""
        return placed(self.pieces, at)


def placed(pieces: Iterable[Piece], at: int) -> tuple[Piece, ...]:
    """The same pieces, their copies counting from ``at`` bytes before."""
    return tuple(
        Copy(piece.start + at, piece.end + at) if isinstance(piece, Copy) else piece
        for piece in pieces
    )
