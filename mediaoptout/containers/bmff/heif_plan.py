"""How a picture of items comes to say what is wanted: an XMP item that describes the primary one.

A packet that fits keeps its place. Otherwise it goes into a media data box of its own, behind all
others; the ``meta`` box gets an item, its place and a reference, and a ``free`` box gives way where
there is one. Everything that then moves is relocated by the linker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from typing import Final

from mediaoptout.carriers import xmp
from mediaoptout.carriers.merged import Merged
from mediaoptout.containers.base import Change, Wanted
from mediaoptout.containers.blocks import agreed, refuse_damaged
from mediaoptout.containers.bmff import manifest
from mediaoptout.containers.bmff.boxes import Box, make_box, make_full_box, make_header
from mediaoptout.containers.bmff.heif import Heif
from mediaoptout.containers.bmff.heif_packets import Packet
from mediaoptout.containers.bmff.heif_stripping import note, taken_out
from mediaoptout.containers.bmff.item_info import DESCRIBES, make_item, make_relation
from mediaoptout.containers.bmff.items import Form, Location
from mediaoptout.containers.bmff.pictures import MAX_CONTENT, Top, appended
from mediaoptout.containers.bmff.room import (
    Room,
    behind,
    place_manifest,
    usable,
    vacate,
    without_manifest,
)
from mediaoptout.errors import RefusedError
from mediaoptout.splice.linker import Edit, Links, relocate
from mediaoptout.splice.patch import Insert, Patch, Piece, Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

_HEADER: Final = 8
_WIDE: Final = 8
_NARROW_SIZE: Final = 1 << 32


@dataclass(slots=True)
class _Work:
    """What has been decided so far.

    Args:
        moved: the packet as it stands behind everything; empty where it keeps its place.
        item: the ID of the item that it is.
    """

    source: Source
    picture: Heif
    wanted: Wanted
    edits: list[Edit] = field(default_factory=list)
    moved: tuple[Piece, ...] = ()
    item: int = 0
    at: int = 0

    @property
    def size(self) -> int:
        """The size of the packet that is placed anew."""
        return sum(piece.size for piece in self.moved)


def plan(source: Source, picture: Heif, wanted: Wanted) -> Change:
    """The change after which the picture says what is wanted.

    Raises:
        RefusedError: it must not be written, somebody says the contrary, or a number overflows.
    """
    if picture.obstacle is not None:
        raise picture.obstacle
    packet = picture.packet
    if packet is not None:
        refuse_damaged((packet.block,))
    others = (
        entry
        for block in picture.blocks
        if block.carrier is Carrier.XMP and (packet is None or block is not packet.block)
        for entry in block.entries
    )
    properties, warnings = agreed(wanted.properties, others, force=wanted.force)
    work = _Work(source, picture, wanted)
    has_manifest = _manifest(work)
    said: frozenset[str] = frozenset()
    properties = replace(wanted, properties=properties).told(Carrier.XMP)
    if packet is not None or properties:
        merged = xmp.merge(
            packet.data if packet else None,
            properties if wanted.stripping else (*properties, note(picture)),
            force=wanted.force,
            padding=wanted.padding,
            limit=MAX_CONTENT,
        )
        said, warnings = merged.said, warnings + merged.warnings
        if packet is not None and packet.data and not merged.size:
            work.edits += taken_out(source, picture, packet)
        elif packet is not None or said:
            _place(work, packet, merged)
    patch = _relocated(work)
    _check(picture, patch)
    carriers = [Carrier.XMP] if said else []
    if has_manifest:
        carriers.append(Carrier.C2PA)
    return Change(patch=patch, carriers=tuple(carriers), warnings=warnings)


def _manifest(work: _Work) -> bool:
    """Place the hole for a manifest; whether the new file has one."""
    picture, wanted = work.picture, work.wanted
    if wanted.manifest is not None:
        work.edits += place_manifest(work.source, picture.boxes, picture.busy, wanted.manifest)
        return True
    if wanted.drop_manifest:
        old = [box for box in picture.boxes if box.uuid == manifest.C2PA_UUID]
        work.edits += without_manifest(picture.boxes, old, picture.busy, wanted)
        return False
    return picture.manifest is not None


# --- the packet ----------------------------------------------------------------------------


def _place(work: _Work, packet: Packet | None, merged: Merged) -> None:
    """Write the packet where it stands, or behind everything."""
    old = packet.data if packet else b""
    plain = packet is not None and not packet.item.encoding
    if packet is not None and merged.unchanged(len(old)):
        return
    if packet is not None and not _of_its_own(work.picture, packet):
        raise _shared(work.picture.locations.box.start)
    if packet is not None and plain and merged.size == len(old):
        work.edits += _in_place(packet, merged)
        return
    if packet is None:
        work.item = _new_id(work.picture)
        work.moved = (Insert(merged.rendered(b"")),)
    else:
        work.item = packet.item.id
        work.moved = (Insert(merged.rendered(old)),)
        work.edits += _retired(work, packet)
    work.edits += _room_at_the_end(work)


def _of_its_own(picture: Heif, packet: Packet) -> bool:
    """Whether its parts stand apart from one another, where items may stand."""
    idat = picture.meta.first(b"idat")
    rooms = [box.content for box in picture.boxes if box.kind == b"mdat"]
    rooms += [idat.box.content] if idat else []
    spans = sorted(packet.spans)
    apart = all(before.end <= after.start for before, after in pairwise(spans))
    return apart and all(
        any(room.start <= span.start and span.end <= room.end for room in rooms) for span in spans
    )


def _in_place(packet: Packet, merged: Merged) -> Iterator[Edit]:
    """The same number of bytes, in the parts that there are."""
    if len(packet.spans) == 1:
        start, end = packet.spans[0].start + len(packet.lead), packet.spans[0].end
        yield Edit(start, end, merged.grounded(packet.data).placed(start))
        return
    data, at = packet.lead + merged.rendered(packet.data), 0
    for span in packet.spans:
        yield Edit(*span, (Insert(data[at : at + span.size]),))
        at += span.size


def _retired(work: _Work, packet: Packet) -> Iterator[Edit]:
    """Nobody shall find the old packet where it stood: its bytes become zeros, or a free box."""
    picture = work.picture
    own = next((box for box in picture.boxes if packet.spans == (box.content,)), None)
    if own is not None and own.kind == b"mdat" and not own.open and not own.large:
        yield Edit(*own.span, ()) if own.end == picture.tail else vacate(own)
        return
    for span in packet.spans:
        yield Edit(*span, (Insert(bytes(span.size)),))


def _room_at_the_end(work: _Work) -> tuple[Edit, ...]:
    """A media data box behind all boxes of the picture, before trailers."""
    picture = work.picture
    work.at = picture.tail
    header = Insert(make_header(b"mdat", _HEADER + work.size))
    boxes = tuple(box for box in picture.boxes if box.end <= picture.tail)
    return appended(Top(boxes, picture.tail), (header, *work.moved), may_move=False)


def _new_id(picture: Heif) -> int:
    """An ID that no item, group or track has, as short as the boxes need it."""
    widths = [picture.locations.form.id]
    if picture.relations is not None:
        widths.append(picture.relations.width)
    elif picture.primary >= 1 << 16:
        widths.append(4)
    limit = 1 << 16 if min(widths) == 2 else 1 << 32
    used = [item.id for item in picture.items.entries]
    used += [entry.item for entry in picture.locations.entries]
    first = max((item for item in used if item < limit - 1), default=0) + 1
    count = len(picture.taken) + 1
    behind_all = range(first, min(first + count, limit))
    for item in chain(behind_all, range(1, min(count + 1, limit))):
        if item not in picture.taken and picture.primary < limit:
            return item
    raise _no_number(picture.items.box.start)


def _no_number(at: int) -> RefusedError:
    return RefusedError(
        "there is no number left for another item",
        at=at,
        fix="write the reservation into a sidecar instead",
        code="overflow",
    )


# --- the list of items ---------------------------------------------------------------------


def _relocated(work: _Work) -> Patch:
    """The patch with everything in its place.

    Where the packet will stand is known only when everything else is: a first patch, in which its
    place is 0, tells it; the sizes do not depend on it.
    """
    picture = work.picture
    links = Links(
        (*picture.links.references, *picture.own), picture.links.tables, picture.links.lengths
    )
    if not work.moved:
        gone = any(edit.start == picture.locations.count.start for edit in work.edits)
        return relocate(picture.size, picture.links if gone else links, work.edits)
    packet = picture.packet
    growth = sum(edit.growth for edit in work.edits)
    large = picture.size + growth + (1 << 20) >= _NARROW_SIZE
    form = picture.locations.form
    if large or not form.holds(picture.size, work.size):
        form = Form(form.version, _WIDE, max(form.length, 4), form.base and _WIDE, form.index)
    first = relocate(picture.size, links, _edits(work, packet, form, None))
    return relocate(picture.size, links, _edits(work, packet, form, first))


def _edits(work: _Work, packet: Packet | None, form: Form, draft: Patch | None) -> list[Edit]:
    """All edits; the places in the new file are those of ``draft``, or 0."""
    picture = work.picture
    start = 0 if draft is None else draft.size - (picture.size - work.at) - work.size
    entry = form.entry(work.item, start, work.size)
    inner = [*_listed(work, packet), *_located(work, packet, form, entry, draft)]
    if packet is None:
        inner += _related(work)
    # What is put at one place goes into the innermost element first.
    return [*inner, *_absorbed(picture, inner), *work.edits]


def _listed(work: _Work, packet: Packet | None) -> Iterator[Edit]:
    """The item itself."""
    items = work.picture.items
    if packet is not None:
        if packet.item.encoding:
            yield Edit(*packet.item.encoding_span, (), packet.item.box.start)
        return
    stated = int.from_bytes(work.source.read(*items.count), "big")
    if stated != len(items.entries):
        raise RefusedError(
            f"the list of items says that it has {stated}, and has {len(items.entries)}",
            at=items.box.start,
            fix="write the file anew with the program that made it",
            code="wrong-count",
        )
    yield _count(items.count, stated + 1, items.box.start)
    yield Edit(items.tail, items.tail, (Insert(make_item(work.item)),), items.box.start)


def _count(place: Span, number: int, inside: int) -> Edit:
    """Another number of entries.

    Raises:
        RefusedError: it does not fit.
    """
    if number >> 8 * place.size:
        raise _no_number(place.start)
    return Edit(*place, (Insert(number.to_bytes(place.size, "big")),), inside)


def _located(
    work: _Work, packet: Packet | None, form: Form, entry: bytes, draft: Patch | None
) -> Iterator[Edit]:
    """Where the item stands."""
    picture, locations = work.picture, work.picture.locations
    box, old = locations.box, packet.location if packet else None
    if form != locations.form:
        rows = [
            entry if location is old else _rendered(form, location, draft, picture.size)
            for location in locations.entries
        ]
        if old is None:
            rows.append(entry)
        if len(rows) >> 8 * form.id:
            raise _no_number(box.start)
        count = len(rows).to_bytes(form.id, "big")
        yield Edit(box.body, box.end, (Insert(b"".join((form.header, count, *rows))),), box.start)
    elif old is not None:
        yield Edit(*old.span, (Insert(entry),), box.start)
    else:
        yield _count(locations.count, len(locations.entries) + 1, box.start)
        yield Edit(locations.end, locations.end, (Insert(entry),), box.start)


def _rendered(form: Form, location: Location, draft: Patch | None, size: int) -> bytes:
    """An entry in another form, with the places of the new file."""

    def place(offset: int) -> int:
        if draft is None or not location.in_file:
            return offset
        if offset >= size:
            return offset + draft.size - size
        found = draft.locate(offset)
        if found is None:
            raise _shared(location.span.start)
        return found

    starts = [place(span.start) for span in location.extents]
    base = location.base
    if base and starts:
        base += starts[0] - location.extents[0].start
    extents = tuple(
        (index, start - base, span.size)
        for index, start, span in zip(location.indices, starts, location.extents, strict=True)
    )
    return form.render(location.item, location.method, location.data_reference, base, extents)


def _related(work: _Work) -> Iterator[Edit]:
    """That it describes the primary item."""
    picture, relations = work.picture, work.picture.relations
    if relations is not None:
        made = make_relation(DESCRIBES, work.item, (picture.primary,), relations.width)
        yield Edit(relations.tail, relations.tail, (Insert(made),), relations.box.start)
        return
    width = 2 if max(work.item, picture.primary) < 1 << 16 else 4
    made = make_relation(DESCRIBES, work.item, (picture.primary,), width)
    box = make_full_box(b"iref", made) if width == 2 else make_box(b"iref", b"\1\0\0\0", made)
    at = picture.meta.tail
    yield Edit(at, at, (Insert(box),), picture.meta.box.start)


def _absorbed(picture: Heif, inner: Sequence[Edit]) -> tuple[Edit, ...]:
    """What a ``free`` box in or behind the ``meta`` box gives, so that nothing moves."""
    growth = sum(edit.growth for edit in inner)
    meta = picture.meta
    rooms = [Room(child.box, meta.box.start) for child in meta.children]
    after: Box | None = behind(picture.boxes, meta.box)
    if after is not None:
        rooms.append(Room(after, None))
    for room in rooms:
        if growth and usable(room.box, picture.busy) and room.absorbs(growth):
            first = min(edit.start for edit in inner)
            return room.absorb(growth, ahead=room.box.end <= first)
    return ()


# --- the proof -----------------------------------------------------------------------------


def _check(picture: Heif, patch: Patch) -> None:
    """A packet may share its bytes with a picture: then nothing may be written over them."""
    if not patch.keeps(picture.essence):
        raise _shared(picture.locations.box.start)


def _shared(at: int) -> RefusedError:
    return RefusedError(
        "the XMP packet shares its bytes with another item",
        at=at,
        fix="write the file anew with the program that made it",
        code="shared-bytes",
    )
