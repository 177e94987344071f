"""The proof that a patch leaves the essence untouched: kept, addressed, framed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from mediaoptout.containers.base import Container, Layout, Proof
from mediaoptout.splice.linker import Links, Table
from mediaoptout.splice.patch import Copy, Patch, PatchedSource, Piece, normalised
from mediaoptout.splice.source import Source


def prove(old: Layout, new: Layout, patch: Patch) -> Proof:
    """Compare what was read from the source with what is read from the patched source.

    Args:
        old: the layout of the source.
        new: the layout that the same reader gives of the patched source.
        patch: what leads from one to the other.
    """
    kept = patch.keeps(old.essence) and _same_essence(old, new, patch)
    lost = next(_astray(old, new, patch), None)
    framed = old.framing == new.framing
    reasons: list[str] = []
    if not kept:
        reasons.append("the essence is not copied whole and in order")
    if lost is not None:
        reasons.append(lost)
    if not framed:
        reasons.append("what times and delimits the essence has changed")
    return Proof(kept, lost is None, framed, tuple(reasons))


def proven(container: Container, source: Source, old: Layout, new: Layout, patch: Patch) -> Proof:
    """`prove`, and where that does not hold once more with the essence in detail.

    Args:
        container: the family of the file.
        source: the file.
        old: its layout.
        new: the layout of the patched source.
        patch: what leads from one to the other, without holes in the essence.
    """
    proof = prove(old, new, patch)
    if proof.holds:
        return proof
    before = container.detailed(source, old)
    if before is old:
        return proof
    return prove(before, container.detailed(PatchedSource(source, patch), new), patch)


def _same_essence(old: Layout, new: Layout, patch: Patch) -> bool:
    """Whether the new file's reader finds as essence exactly the bytes that were essence."""
    before = (Copy(span.start, span.end) for span in old.essence)
    after: Iterable[Piece] = chain.from_iterable(
        patch.slice(span.start, span.end) for span in new.essence
    )
    return normalised(before) == normalised(after)


def _astray(old: Layout, new: Layout, patch: Patch) -> Iterator[str]:
    where = _Where(old.size, patch)
    yield from _references_astray(old.links, new.links, where)
    yield from _tables_astray(old.links, new.links, where)


class _Where:
    """Whether a place in the new file is the one that was meant in the old."""

    __slots__ = ("_patch", "_size")

    def __init__(self, size: int, patch: Patch) -> None:
        self._size = size
        self._patch = patch

    def shift(self, offset: int) -> tuple[int, int, int | None]:
        """Which bytes move with the one at ``offset``, and how far; None if it was replaced."""
        if offset < 0:
            return offset, 0, 0
        if offset >= self._size:
            return self._size, offset + 1, self._patch.size - self._size
        return self._patch.stretch(offset) or (offset, offset + 1, None)

    def same(self, before: int, after: int, shift: int | None) -> bool:
        """Whether ``before`` became ``after``: the same byte, or new ones where it is replaced."""
        if shift is not None:
            return before + shift == after
        return 0 <= after < self._patch.size and self._patch.origin(after) is None


def _references_astray(old: Links, new: Links, where: _Where) -> Iterator[str]:
    if len(old.references) != len(new.references):
        yield f"{len(old.references)} references became {len(new.references)}"
        return
    for before, after in zip(old.references, new.references, strict=True):
        back = 1 if before.ends else 0
        _, _, shift = where.shift(before.target - back)
        if not where.same(before.target - back, after.target - back, shift):
            yield f"a {before.name} at {before.at} no longer points to the byte that it meant"


def _tables_astray(old: Links, new: Links, where: _Where) -> Iterator[str]:
    if len(old.tables) != len(new.tables):
        yield f"{len(old.tables)} offset tables became {len(new.tables)}"
        return
    for before, after in zip(old.tables, new.tables, strict=True):
        if not _same_table(before, after, where):
            yield f"a {before.name} at {before.at} no longer points to the bytes that it meant"


def _same_table(before: Table, after: Table, where: _Where) -> bool:
    if len(before.targets) != len(after.targets):
        return False
    start = end = 0
    shift: int | None = 0
    for old, new in zip(before.targets, after.targets, strict=True):
        if not start <= old < end:
            start, end, shift = where.shift(old)
        if not (old + shift == new if shift is not None else where.same(old, new, None)):
            return False
    return True
