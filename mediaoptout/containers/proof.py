"""The proof that a patch leaves the essence untouched: kept, addressed, framed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from mediaoptout.containers.base import Layout, Proof
from mediaoptout.splice.linker import Links, Table
from mediaoptout.splice.patch import Patch


def prove(old: Layout, new: Layout, patch: Patch) -> Proof:
    """Compare what was read from the source with what is read from the patched source.

    Args:
        old: the layout of the source.
        new: the layout that the same reader gives of the patched source.
        patch: what leads from one to the other.
    """
    kept = patch.keeps(old.essence) and _same_essence(old, new, patch)
    lost = next(_astray(old.links, new.links, patch), None)
    framed = old.framing == new.framing
    reasons: list[str] = []
    if not kept:
        reasons.append("the essence is not copied whole and in order")
    if lost is not None:
        reasons.append(lost)
    if not framed:
        reasons.append("what times and delimits the essence has changed")
    return Proof(kept, lost is None, framed, tuple(reasons))


def _same_essence(old: Layout, new: Layout, patch: Patch) -> bool:
    """Whether the new file's reader finds as essence exactly the bytes that were essence."""

    def total(layout: Layout) -> int:
        return sum(span.size for span in layout.essence)

    return total(old) == total(new) and all(
        span.size == 0 or patch.origin(span.start) is not None for span in new.essence
    )


def _astray(old: Links, new: Links, patch: Patch) -> Iterator[str]:
    def references() -> Iterator[str]:
        if len(old.references) != len(new.references):
            yield f"{len(old.references)} references became {len(new.references)}"
            return
        for before, after in zip(old.references, new.references, strict=True):
            if _moved(patch, before.target, before.ends) != after.target:
                yield f"a {before.name} at {before.at} no longer points to the byte that it meant"

    def tables() -> Iterator[str]:
        if len(old.tables) != len(new.tables):
            yield f"{len(old.tables)} offset tables became {len(new.tables)}"
            return
        for before, after in zip(old.tables, new.tables, strict=True):
            if not _same_table(before, after, patch):
                yield f"a {before.name} at {before.at} no longer points to the bytes that it meant"

    return chain(references(), tables())


def _moved(patch: Patch, target: int, ends: bool) -> int | None:
    if ends:
        last = patch.locate(target - 1)
        return None if last is None else last + 1
    return patch.locate(target)


def _same_table(before: Table, after: Table, patch: Patch) -> bool:
    if len(before.targets) != len(after.targets):
        return False
    if not before.targets:
        return True
    low, high = min(before.targets), max(before.targets)
    shift = (patch.locate(low) or 0) - low
    if patch.locate(high) == high + shift and patch.keeps_together(low, high):
        return all(a + shift == b for a, b in zip(before.targets, after.targets, strict=True))
    return all(patch.locate(a) == b for a, b in zip(before.targets, after.targets, strict=True))
