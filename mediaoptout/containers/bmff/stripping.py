"""A movie box without what we put into it: empty boxes go, and its room is what it was before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mediaoptout.containers.base import PADDING
from mediaoptout.containers.bmff.boxes import FREE, Box, Node, make_full_box
from mediaoptout.containers.bmff.movie import Movie
from mediaoptout.containers.bmff.room import Room, in_movie, settle_movie
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Property, before, noted

NOTE: Final = "moov"
"""The word under which a packet notes how the movie box was; see `note`."""

HANDLER: Final = make_full_box(b"hdlr", bytes(4), b"mdirappl", bytes(9))
"""The handler of an item list, as we write it."""

_UDTA, _META, _LIST = 1, 2, 4


def note(movie: Movie, moov: Node) -> Property:
    """What is to be noted of a movie box: which boxes it has, and the sizes of its free boxes."""
    there = (movie.udta, movie.meta, movie.item_list)
    flags = sum(flag for flag, box in zip((_UDTA, _META, _LIST), there, strict=True) if box)
    return before(NOTE, flags, *(room.box.size for room in in_movie(movie, moov)))


def taken_out(
    source: Source, movie: Movie, moov: Node, edits: Sequence[Edit], dropped: Sequence[Box]
) -> Iterator[Edit]:
    """The edits that take boxes out of the movie box, and give it the room that it had.

    Args:
        source: the file.
        movie: the file as read.
        moov: its movie box.
        edits: what becomes of its content otherwise.
        dropped: the boxes that go.
    """
    entries = (entry for block in movie.blocks for entry in block.entries)
    noted_flags, *rooms_before = noted(entries, NOTE) or (None,)
    out = list(_removed(source, movie, moov, list(dropped), noted_flags or 0))
    yield from out
    growth = sum(edit.growth for edit in (*edits, *out))
    if not growth:
        return
    rooms = [
        room
        for room in in_movie(movie, moov)
        if not any(edit.start <= room.box.start < edit.end for edit in out)
    ]
    resized = None if noted_flags is None else _resized(rooms, tuple(rooms_before))
    ours = next((room for room in rooms if room.box.size == PADDING), None)
    if resized is not None:
        yield from resized
    elif ours is not None:
        yield Edit(ours.box.start, ours.box.end, (), ours.inside)
    elif rooms:
        yield from rooms[0].absorb(growth)
    elif not out:
        yield from settle_movie(movie, moov, edits, 0)


def _removed(
    source: Source, movie: Movie, moov: Node, gone: list[Box], flags: int
) -> Iterator[Edit]:
    """The outermost boxes that go; those that were there before us stay, though they be empty."""
    meta, udta = movie.meta, movie.udta
    if movie.item_list in gone and flags & _LIST:
        gone.remove(movie.item_list)
        yield Edit(*movie.item_list.content, (), movie.item_list.start)
    if meta is not None and not flags & _META and _is_ours(source, meta, gone):
        gone.append(meta.box)
    if udta is not None and not flags & _UDTA:
        left = [child.box for child in udta.children if child.box not in gone]
        if udta.children and not left:
            gone.append(udta.box)
    for box in gone:
        around = [other for other in gone if other.start < box.start < other.end]
        if not around:
            yield Edit(*box.span, (), _holder(movie, moov, box))


def _is_ours(source: Source, meta: Node, gone: Sequence[Box]) -> bool:
    """Whether a ``meta`` box whose item list goes is one that we made."""
    left = [child.box for child in meta.children if child.box not in gone]
    if len(left) == len(meta.children):
        return False
    handlers = [box for box in left if box.kind == b"hdlr"]
    return all(box.kind in FREE or box in handlers for box in left) and all(
        box.size == len(HANDLER) and source.read(*box.span) == HANDLER for box in handlers
    )


def _holder(movie: Movie, moov: Node, box: Box) -> int:
    """The start of the box that another stands in."""
    nodes = [node for node in (movie.meta, movie.udta, *moov.all(b"udta")) if node is not None]
    around = (node.box for node in nodes if node.box.start < box.start < node.box.end)
    return max((other.start for other in around), default=moov.box.start)


def _resized(rooms: Sequence[Room], sizes: tuple[int, ...]) -> tuple[Edit, ...] | None:
    """The edits after which the free boxes have the sizes that they had; None if unclear."""
    now = tuple(room.box.size for room in rooms)
    if len(now) == len(sizes):
        return tuple(
            edit
            for room, size in zip(rooms, sizes, strict=True)
            if room.box.size != size
            for edit in room.absorb(room.box.size - size)
        )
    for index, room in enumerate(rooms):
        if now[:index] + now[index + 1 :] == sizes:
            return (Edit(room.box.start, room.box.end, (), room.inside),)
    return None
