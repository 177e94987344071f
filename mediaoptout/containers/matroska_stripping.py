"""A Matroska file whose tags were all ours: the Tags element goes, and the index forgets it."""

from __future__ import annotations

from collections.abc import Iterator

from mediaoptout.carriers import ebml
from mediaoptout.containers.ebml import Element, fitted, overwritten
from mediaoptout.containers.matroska_reading import SEEK_HEAD, TAGS, Segment
from mediaoptout.containers.matroska_writing import with_entries
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.patch import Insert
from mediaoptout.splice.source import Source


def untold(source: Source, segment: Segment, old: Element) -> Iterator[Edit]:
    """The edits that take a Tags element out.

    At the Segment's end it goes with the Void behind it; elsewhere it becomes Void, with its
    neighbours, so that nothing moves.

    Args:
        source: the file.
        segment: the Segment that it stands in.
        old: the Tags element.
    """
    inside = segment.element.start
    behind = next((run.end for run in segment.voids if run.start == old.end), old.end)
    before = next((run.start for run in segment.voids if run.end == old.start), old.start)
    if behind == segment.element.end and segment.whole:
        yield Edit(old.start, behind, (), inside)
    else:
        void = ebml.void(behind - before)
        yield from overwritten(source, before, void, inside)
    yield from _forgotten(source, segment, old)


def moved_back(
    source: Source, segment: Segment, old: Element, content: bytes
) -> tuple[Edit, ...] | None:
    """The edits that let tags stand again where a Void was left when they were moved to the end.

    Args:
        source: the file.
        segment: the Segment that they stand in.
        old: the Tags element.
        content: of the new one.

    Returns:
        None where there is no such Void.
    """
    behind = next((run.end for run in segment.voids if run.start == old.end), old.end)
    if behind != segment.element.end or not segment.whole:
        return None
    inside = segment.element.start
    for void in segment.of(ebml.VOID):
        if void.start >= old.start:
            continue
        for width in range(ebml.size_width(len(content)), ebml.MAX_SIZE + 1):
            new = ebml.render(TAGS, content, width)
            if len(new) == void.end - void.start:
                home = overwritten(source, void.start, new, inside)
                gone = Edit(old.start, behind, (), inside)
                return *home, gone, *_forgotten(source, segment, old, void.start)
    return None


def _forgotten(
    source: Source, segment: Segment, old: Element, start: int | None = None
) -> Iterator[Edit]:
    """The SeekHeads with the entries for the element leading to ``start``, or without them."""
    inside = segment.element.start
    for head in segment.heads:
        mine = [s for s in segment.seeks if s.head == head and s.id == TAGS]
        mine = [seek for seek in mine if seek.target == old.start]
        if not mine:
            continue
        stop = next((run.end for run in segment.voids if run.start == head.end), head.end)
        position = None if start is None else start - segment.element.payload
        content = with_entries(source.read(head.payload, head.end), mine, position)
        if not content and len(segment.heads) > 1:
            yield Edit(head.start, stop, (Insert(ebml.void(stop - head.start)),), inside)
            continue
        new = fitted(SEEK_HEAD, content, stop - head.start, head.size_width)
        if new is not None:
            yield from overwritten(source, head.start, new, inside)
