"""A picture of items without the XMP item that we put into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mediaoptout.containers.bmff.boxes import Box
from mediaoptout.containers.bmff.heif import Heif
from mediaoptout.containers.bmff.heif_packets import Packet
from mediaoptout.containers.bmff.room import Room, behind, usable
from mediaoptout.errors import RefusedError
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.patch import Insert, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Property, before, noted

_NOTE: Final = "meta"
"""The word under which a packet notes if there were references, and the sizes of free boxes."""


def note(picture: Heif) -> Property:
    """What is to be noted of a picture before an item is added to it."""
    sizes = (room.box.size for room in _rooms(picture))
    return before(_NOTE, int(picture.relations is not None), *sizes)


def taken_out(source: Source, picture: Heif, packet: Packet) -> Iterator[Edit]:
    """The edits that take an item out of the lists, and its bytes out of the file.

    Args:
        source: the file.
        picture: the file as read.
        packet: the item.

    Raises:
        RefusedError: the lists do not say how many items they have.
    """
    items, locations, relations = picture.items, picture.locations, picture.relations
    stated = int.from_bytes(source.read(*items.count), "big")
    if stated != len(items.entries) or packet.location is None:
        raise RefusedError(
            f"the list of items says that it has {stated}, and has {len(items.entries)}",
            at=items.box.start,
            fix="write the file anew with the program that made it",
            code="wrong-count",
        )
    inner = [
        _less(items.count, len(items.entries), items.box),
        Edit(*packet.item.box.span, (), items.box.start),
        _less(locations.count, len(locations.entries), locations.box),
        Edit(*packet.location.span, (), locations.box.start),
    ]
    state = noted(packet.block.entries, _NOTE)
    if relations is not None:
        mine = [entry for entry in relations.entries if entry.source == packet.item.id]
        made = state is not None and state[:1] == (0,)
        if made and len(mine) == len(relations.entries):
            inner.append(Edit(*relations.box.span, (), picture.meta.box.start))
        else:
            inner += [Edit(*entry.box.span, (), relations.box.start) for entry in mine]
    yield from inner
    growth = sum(edit.growth for edit in inner)
    yield from _room(picture, growth, state)
    own = next((box for box in picture.boxes if packet.spans == (box.content,)), None)
    if own is not None and own.kind == b"mdat":
        yield Edit(*own.span, ())
    else:
        yield from (Edit(*span, (Insert(bytes(span.size)),)) for span in packet.spans)


def _less(place: Span, number: int, box: Box) -> Edit:
    return Edit(*place, (Insert((number - 1).to_bytes(place.size, "big")),), box.start)


def _rooms(picture: Heif) -> Iterator[Room]:
    """The free boxes in and right behind the ``meta`` box."""
    meta = picture.meta
    for child in meta.children:
        if usable(child.box, picture.busy):
            yield Room(child.box, meta.box.start)
    after = behind(picture.boxes, meta.box)
    if after is not None and usable(after, picture.busy):
        yield Room(after, None)


def _room(picture: Heif, growth: int, state: tuple[int, ...] | None) -> Iterator[Edit]:
    """What free boxes take back of the room that they gave."""
    rooms = list(_rooms(picture))
    sizes = state[1:] if state is not None else ()
    if len(rooms) == len(sizes):
        for room, size in zip(rooms, sizes, strict=True):
            if room.box.size != size:
                yield from room.absorb(room.box.size - size)
    elif state is None and rooms and rooms[0].absorbs(growth):
        yield from rooms[0].absorb(growth)
