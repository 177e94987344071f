"""What an AVI shall say, as edits of its first RIFF.

``INFO`` goes before the ``movi`` list, where ffmpeg and players look: into filling that is there,
else pushing the list on by whole sectors. The packet and the manifest go to the end of the first
RIFF, where nothing moves but later RIFFs, whose indexes the linker puts right.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mediaoptout.carriers import info, xmp
from mediaoptout.carriers.merged import Merged
from mediaoptout.containers.avi_reading import C2PA, XMP, AviLayout
from mediaoptout.containers.base import MANIFEST, Change, Wanted
from mediaoptout.containers.blocks import agreed, refuse_damaged
from mediaoptout.containers.chunks import (
    HEADER,
    JUNK,
    Chunk,
    filler,
    filling_behind,
    fits,
    framed,
    is_room,
    replaced,
)
from mediaoptout.containers.riff_forms import LIST, FormPlan
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.patch import Hole, Insert, Piece
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Property
from mediaoptout.words import Carrier

SECTOR: Final = 2048
"""Writers align the ``movi`` list to this; it moves by multiples of it."""

_NAMES: Final = {Carrier.RIFF_INFO: LIST, Carrier.XMP: XMP}


def plan_change(source: Source, layout: AviLayout, wanted: Wanted) -> Change:
    """See `Container.change`."""
    if layout.obstacle is not None:
        raise layout.obstacle
    refuse_damaged(item.block for carrier in _NAMES for item in layout.of(carrier))
    packets = layout.of(Carrier.XMP)
    read_only = (*packets[1:], *layout.of(Carrier.ID3), *layout.further)
    others = (entry for item in read_only for entry in item.block.entries)
    properties, warnings = agreed(wanted.properties, others, force=wanted.force)
    plan = FormPlan(layout.form)
    carriers: list[Carrier] = []
    for carrier in _NAMES:
        told = replace(wanted, properties=properties)
        merged, old = _merged(source, layout, told, carrier, told.told(carrier))
        warnings += merged.warnings
        if merged.said:
            carriers.append(carrier)
        if old is not None and old.payload.size and not merged.size:
            _drop(source, layout, old, plan)
        elif old is not None and not merged.unchanged(old.payload.size):
            plan.settled.add(old)
            _place(source, layout, old, merged, wanted.padding, plan)
        elif old is None and merged.size and carrier is Carrier.RIFF_INFO:
            _place_list(source, layout, merged, wanted.padding, plan)
        elif old is None and merged.size:
            plan.appended += framed(XMP, merged.pieces)
    if _manifest(layout, wanted, plan):
        carriers.append(Carrier.C2PA)
    plan.append(C2PA)
    patch = plan.patch(
        source.size, layout.links, "write the reservation into a sidecar, or use Matroska"
    )
    return Change(patch=patch, carriers=tuple(carriers), warnings=tuple(dict.fromkeys(warnings)))


def _merged(
    source: Source,
    layout: AviLayout,
    wanted: Wanted,
    carrier: Carrier,
    properties: tuple[Property, ...],
) -> tuple[Merged, Chunk | None]:
    """What the carrier's chunk shall hold, and that chunk if there is one."""
    items = layout.of(carrier)
    if carrier is Carrier.RIFF_INFO:
        stating = (i for i in items if any(e.name == "dc:rights" for e in i.block.entries))
        items = (next(stating, items[0]),) if items else ()
    old = items[0].chunk if items else None
    data = source.read(*old.payload) if old else b""
    if carrier is Carrier.RIFF_INFO:
        merged = info.merge(data or None, properties, force=wanted.force)
    elif old is None and not properties:
        merged = Merged((), frozenset())
    else:
        merged = xmp.merge(data or None, properties, force=wanted.force, padding=wanted.padding)
    return merged.grounded(data) if merged.size else merged, old


def _place(
    source: Source,
    layout: AviLayout,
    chunk: Chunk,
    merged: Merged,
    padding: int,
    plan: FormPlan,
) -> None:
    """Put a new payload where its chunk stands, if the ``movi`` list need not stay behind it."""
    pieces = merged.placed(chunk.payload.start)
    room = filling_behind(source, layout.form.chunks, chunk)
    if merged.size == chunk.payload.size:
        plan.edits.append(Edit(*chunk.payload, pieces, inside=chunk.start))
    elif layout.movie is None or chunk.start > layout.movie.start:
        plan.edits += replaced(chunk, pieces)
    elif fits(chunk, merged.size, room):
        plan.edits += replaced(chunk, pieces, room)
    elif not layout.pinned:
        plan.edits += _grown(chunk, pieces, room, padding)
    else:
        blank = Insert(bytes(chunk.payload.size))
        plan.edits.append(Edit(chunk.start, chunk.start + 4, (Insert(JUNK),), inside=0))
        plan.edits.append(Edit(*chunk.payload, (blank,), inside=chunk.start))
        plan.appended += framed(chunk.name, pieces)


def _drop(source: Source, layout: AviLayout, chunk: Chunk, plan: FormPlan) -> None:
    """Take a chunk out; before the ``movi`` list its place is filling again.

    Filling that reaches to the list and makes whole sectors with the chunk is what we put there.
    """
    movie = layout.movie.start if layout.movie is not None else 0
    room = filling_behind(source, layout.form.chunks, chunk)
    end = chunk.next + room
    plan.settled.add(chunk)
    made = end == movie and room and (end - chunk.start) % SECTOR == 0
    if chunk.start > movie or (made and not layout.pinned):
        plan.edits.append(Edit(chunk.start, end if made else chunk.next, (), inside=0))
    else:
        filling = filler(JUNK, end - chunk.start)
        plan.edits.append(Edit(chunk.start, end, (filling,), inside=0))


def _grown(chunk: Chunk, pieces: tuple[Piece, ...], room: int, padding: int) -> list[Edit]:
    """A chunk before the ``movi`` list with another payload; the list moves by whole sectors."""
    size = sum(piece.size for piece in pieces)
    needed = HEADER + size + size % 2
    there = chunk.next + room - chunk.start
    left = there + _sectors(needed - there + HEADER + padding) - needed
    tail = Insert(bytes(size % 2)), filler(JUNK, left + left % 2)
    return [
        Edit(*chunk.payload, pieces, inside=chunk.start),
        Edit(chunk.end, chunk.next + room, tail, inside=0),
    ]


def _sectors(size: int) -> int:
    """``size`` rounded up to whole sectors."""
    return -(-size // SECTOR) * SECTOR


def _place_list(
    source: Source, layout: AviLayout, merged: Merged, padding: int, plan: FormPlan
) -> None:
    """Put a new ``INFO`` list before the ``movi`` list, or to the end if that must not move."""
    chunk = framed(LIST, merged.pieces)
    size = sum(piece.size for piece in chunk)
    movie = layout.movie.start if layout.movie is not None else 0
    before = [item for item in layout.form.chunks if item.next <= movie]
    for item in reversed(before):
        left = item.next - item.start - size
        if (left == 0 or left >= HEADER) and is_room(source, item) and not left % 2:
            rest = (filler(JUNK, left),) if left else ()
            plan.edits.append(Edit(item.start, item.next, (*chunk, *rest), inside=0))
            plan.settled.add(item)
            return
    if layout.pinned or not before or before[-1].unpadded:
        plan.appended += chunk
        return
    room = filler(JUNK, _sectors(size + HEADER + padding) - size)
    plan.edits.append(Edit(movie, movie, (*chunk, room), inside=0))


def _manifest(layout: AviLayout, wanted: Wanted, plan: FormPlan) -> bool:
    """Place the hole for a manifest; whether the new file has one."""
    old = layout.of(Carrier.C2PA)
    if wanted.manifest is None and not wanted.drop_manifest:
        return bool(old)
    for item in old:
        plan.drop(item.chunk)
    if wanted.manifest is None:
        return False
    plan.appended += [Hole(HEADER + wanted.manifest, MANIFEST), Insert(bytes(wanted.manifest % 2))]
    return True
