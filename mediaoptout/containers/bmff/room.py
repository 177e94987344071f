"""Room in a file of boxes: ``free`` boxes that give way, so that the media stay where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.containers.base import MANIFEST, Wanted
from mediaoptout.containers.bmff import manifest
from mediaoptout.containers.bmff.boxes import FREE, Box, Node, make_free, make_header
from mediaoptout.containers.bmff.movie import XMP_UUID, Movie
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.patch import Hole, Insert
from mediaoptout.splice.source import Source

SMALLEST: Final = 8
"""The size of a ``free`` box without content."""


@dataclass(frozen=True, slots=True)
class Room:
    """A ``free`` box that may shrink or grow, and what it stands in (None for the top level)."""

    box: Box
    inside: int | None

    def absorbs(self, growth: int) -> bool:
        """Whether something before it can grow so much (or shrink), and nothing behind it moves."""
        left = self.box.size - growth
        return left == 0 or SMALLEST <= left < 1 << 32

    def absorb(self, growth: int, ahead: bool = False) -> tuple[Edit, ...]:
        """The edits that make it so much smaller (larger for a negative ``growth``).

        Args:
            growth: how much it gives way.
            ahead: it stands before what grows, so that its end gives way and not its beginning.
        """
        box = self.box
        left = box.size - growth
        if left == 0:
            return (Edit(box.start, box.end, (), self.inside),)
        header, more = Insert(make_header(b"free", left)), Insert(bytes(max(0, -growth)))
        less = max(0, growth)
        if not ahead:
            return (Edit(box.start, box.body + less, (header, more), self.inside),)
        return (
            Edit(box.start, box.body, (header,), self.inside),
            Edit(box.end - less, box.end, (more,), self.inside),
        )


def usable(box: Box | None, busy: frozenset[int]) -> bool:
    """Whether a box is free, and nothing points into it."""
    return (
        box is not None
        and box.kind in FREE
        and not box.large
        and not box.open
        and box.start not in busy
    )


def behind(boxes: Sequence[Box], box: Box) -> Box | None:
    """The one of ``boxes`` that stands right behind another."""
    return next((other for other in boxes if other.start == box.end), None)


def in_movie(movie: Movie, moov: Node) -> Iterator[Room]:
    """The room in and right behind the movie box, the innermost first."""
    for node in (movie.meta, movie.udta, moov):
        for child in node.children if node else ():
            if usable(child.box, movie.busy):
                yield Room(child.box, node.box.start if node else None)
    after = behind(movie.boxes, moov.box)
    if after is not None and usable(after, movie.busy):
        yield Room(after, None)


def essence_follows(movie: Movie, at: int) -> bool:
    """Whether anything stands behind ``at`` that had better not be moved."""
    return movie.tail < movie.size or any(
        box.start >= at and box.kind not in FREE | {b"mfra", b"moov"} and box.uuid != XMP_UUID
        for box in movie.boxes
    )


def settle_movie(movie: Movie, moov: Node, edits: Sequence[Edit], padding: int) -> tuple[Edit, ...]:
    """What makes the movie box keep its size, or leaves room where it cannot.

    Args:
        movie: the file.
        moov: its movie box.
        edits: what becomes of its content.
        padding: the room to leave where everything has to move anyway, in bytes.
    """
    growth = sum(edit.growth for edit in edits)
    if growth == 0:
        return ()
    first = min(edit.start for edit in edits)
    rooms = list(in_movie(movie, moov))
    for room in rooms:
        if room.absorbs(growth):
            return room.absorb(growth, ahead=room.box.end <= first)
    if growth < 0:
        return (_new_room(movie, moov, -growth),) if -growth >= SMALLEST else ()
    if not padding:
        return ()
    if rooms and rooms[0].absorbs(-padding):
        return rooms[0].absorb(-padding)
    return (_new_room(movie, moov, max(padding, SMALLEST)),)


def _new_room(movie: Movie, moov: Node, size: int) -> Edit:
    """A new ``free`` box: behind the item list, as iTunes leaves it; else behind the movie box."""
    free = (Insert(make_free(size)),)
    if movie.meta is not None and movie.item_list is not None:
        at = movie.item_list.end
        return Edit(at, at, free, movie.meta.box.start)
    return Edit(moov.box.end, moov.box.end, free, None)


def vacate(box: Box) -> Edit:
    """The edit that turns a box into a ``free`` box of zeros."""
    return Edit(box.start, box.end, (Insert(make_free(box.size)),), None)


def without_manifest(
    boxes: Sequence[Box], manifests: Sequence[Box], busy: frozenset[int], wanted: Wanted
) -> Iterator[Edit]:
    """The edits that take manifests out.

    They become free boxes, so that nothing moves; where the file shall be as it was before us,
    they go, or make the free box behind them larger again.
    """
    for box in manifests:
        after = behind(boxes, box)
        if not wanted.stripping:
            yield vacate(box)
        elif after and usable(after, busy) and after.size != SMALLEST:
            yield Edit(*box.span, ())
            yield from Room(after, None).absorb(-box.size)
        else:
            yield Edit(*box.span, ())


def place_manifest(
    source: Source, boxes: Sequence[Box], busy: frozenset[int], size: int
) -> Iterator[Edit]:
    """The hole for a manifest, where one is or right behind the file type box.

    Args:
        source: the file.
        boxes: its boxes at the top level.
        busy: the starts of free boxes that something points into.
        size: the length of the manifest store.
    """
    manifests = [box for box in boxes if box.uuid == manifest.C2PA_UUID]
    old = next((box for box in manifests if manifest.holds_store(source, box)), None)
    yield from (vacate(box) for box in manifests if box is not old)
    size += manifest.OVERHEAD
    hole = Hole(size, MANIFEST)
    before = old or boxes[0]
    start = old.start if old else before.end
    growth = size - (old.size if old else 0)
    after = behind(boxes, before)
    if growth and after and usable(after, busy) and Room(after, None).absorbs(growth):
        yield Edit(start, before.end, (hole,))
        yield from Room(after, None).absorb(growth)
    elif growth <= -SMALLEST:
        yield Edit(start, before.end, (hole, Insert(make_free(-growth))))
    else:
        yield Edit(start, before.end, (hole,))
