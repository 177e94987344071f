"""A picture of items as it is read: HEIF, HEIC and AVIF (ISO/IEC 23008-12, AV1 Image File Format).

XMP is an item of the file's ``meta`` box that describes the primary picture. The essence are the
bytes of all items that are pictures or parts of one, and the samples of the tracks beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Final

from mediaoptout.carriers import xmp
from mediaoptout.containers.base import Block, Layout
from mediaoptout.containers.bmff import manifest, tracks
from mediaoptout.containers.bmff.boxes import FREE, Box, Node, children, meta_body, read_tree
from mediaoptout.containers.bmff.heif_packets import Packet, Reader, main_packet, spans_of
from mediaoptout.containers.bmff.item_info import (
    METADATA,
    Items,
    Relation,
    Relations,
    read_groups,
    read_items,
    read_primary,
    read_relations,
)
from mediaoptout.containers.bmff.items import Locations, read_locations
from mediaoptout.containers.bmff.links import collect, pointed_into
from mediaoptout.containers.bmff.movie import XMP_UUID, read_movie
from mediaoptout.containers.bmff.pictures import (
    Top,
    apart,
    digest,
    merged_spans,
    read_block,
    read_content,
    read_top,
    truncated,
)
from mediaoptout.containers.bmff.samples import chunk_spans
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.linker import Length, Links, Reference
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

_KNOWN: Final = (
    frozenset(
        {b"ftyp", b"meta", b"moov", b"moof", b"mdat", b"uuid", b"wide", b"idat", b"meco", b"mfra"}
    )
    | frozenset({b"sidx", b"styp", b"emsg", b"pdin"})
    | FREE
)
_REPLACED: Final = frozenset({b"iloc", b"iinf", b"iref", b"idat"}) | FREE
"""Boxes of a ``meta`` whose content may change, or is told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heif(Layout):
    """A picture of items.

    Args:
        boxes: the boxes at the top level.
        tail: where those end behind which nothing of ours may stand: trailers follow.
        meta: the ``meta`` box.
        locations: where the items stand.
        items: what they are.
        relations: which item describes which, or None.
        primary: the ID of the primary item.
        taken: the IDs that a new item cannot have.
        packet: the XMP packet that describes the primary item, or None.
        own: the numbers that say where it stands.
        busy: the starts of free boxes that something points into.
    """

    boxes: tuple[Box, ...]
    tail: int
    meta: Node
    locations: Locations
    items: Items
    relations: Relations | None
    primary: int
    taken: frozenset[int]
    packet: Packet | None
    own: tuple[Reference, ...]
    busy: frozenset[int]


def read_heif(source: Source) -> Layout:
    """Read a picture's headers: a `Heif`, or a `Movie` where there are only tracks.

    Raises:
        DamagedError: the boxes cannot be walked, or there is no picture.
        LimitError: there is too much of something.
    """
    top = read_top(source, _KNOWN)
    moovs, metas = top.of(b"moov"), top.of(b"meta")
    inside = _read_meta(source, metas[0]) if metas else None
    parts = [inside.first(kind) if inside else None for kind in (b"iloc", b"iinf", b"pitm")]
    iloc, iinf, pitm = parts
    if moovs and (top.of(b"moof") or iloc is None or iinf is None or pitm is None):
        return read_movie(source)
    if inside is None or iloc is None or iinf is None or pitm is None:
        raise DamagedError(
            "there is no picture: the file does not say what items it has",
            at=metas[0].start if metas else top.tail,
            fix="get a complete copy of the file",
            code="no-picture",
        )
    moov = read_tree(source, moovs[0], tracks.CONTAINERS) if moovs else None
    picture = _Picture(source, top, inside, moov)
    return picture.read(iloc.box, iinf.box, read_primary(source, pitm.box))


def _read_meta(source: Source, box: Box) -> Node:
    if box.open or box.end > source.size:
        raise DamagedError(
            "the box that says what items there are has no end",
            at=box.start,
            fix="get a complete copy of the file",
        )
    found, tail = children(source, meta_body(source, box), box.end)
    return Node(box, tuple(Node(child, (), child.end) for child in found), tail)


class _Picture:
    """Reads what stands in the ``meta`` box, and what it points to."""

    def __init__(self, source: Source, top: Top, meta: Node, moov: Node | None) -> None:
        self.source = source
        self.top = top
        self.meta = meta
        self.moov = moov
        idat = meta.first(b"idat")
        self.idat = idat.box.content if idat else Span(0, 0)

    def read(self, iloc: Box, iinf: Box, primary: int) -> Heif:
        source, top = self.source, self.top
        locations, items = read_locations(source, iloc), read_items(source, iinf)
        iref = self.meta.first(b"iref")
        relations = read_relations(source, iref.box) if iref else None
        places = {location.item: location for location in reversed(locations.entries)}
        related = relations.entries if relations else ()
        contents = Reader(source, places, self.idat)
        packets = tuple(contents.packets(items))
        packet = main_packet(packets, related, primary)
        ours = packet.item.id if packet else None

        kinds = {item.id: item.type for item in items.entries}
        bare = [entry for entry in locations.entries if entry.item != ours]
        spans = [(entry.item, span) for entry in bare for span in spans_of(entry, self.idat)]
        own = packet.spans if packet else ()
        pictures = [span for item, span in spans if kinds.get(item, b"") not in METADATA]
        extras = merged_spans(span for item, span in spans if kinds.get(item, b"") in METADATA)
        linked = collect(source, (self.moov.box,), self.moov) if self.moov else None
        if linked is not None and self.moov is not None:
            pictures += chain.from_iterable(
                chunk_spans(source, trak) for trak in self.moov.all(b"trak")
            )
        entry = packet.location.span if packet and packet.location else Span(0, 0)
        found = sorted(
            (*_references(locations), *(linked.links.references if linked else ())),
            key=lambda item: item.at,
        )
        links = Links(
            tuple(item for item in found if not entry.start <= item.at < entry.end),
            linked.links.tables if linked else (),
            (*(linked.links.lengths if linked else ()), *self._lengths(locations, items, iref)),
        )
        movie = linked.framing if linked else b""
        essence = merged_spans(pictures)
        blocks = [*contents.exif(items), *(item.block for item in packets)]
        uuid = [box for box in top.boxes if box.uuid == XMP_UUID]
        blocks += [self._uuid_packet(box) for box in uuid]
        blocks += [self._manifest(box) for box in _stores(source, top.boxes)][:1]
        return Heif(
            size=source.size,
            essence=tuple(_inside(essence, source.size)),
            framing=self._framing(locations, items, related, primary, ours, movie),
            links=links,
            blocks=tuple(sorted(blocks, key=lambda block: block.span)),
            foreign=tuple(sorted(self._foreign(extras, (*own, *essence)))),
            obstacle=self._obstacle(locations, essence),
            warnings=top.warnings + (linked.warnings if linked else ()),
            boxes=top.boxes,
            tail=_before_trailers(top),
            meta=self.meta,
            locations=locations,
            items=items,
            relations=relations,
            primary=primary,
            taken=frozenset(self._taken(locations, items)),
            packet=packet,
            own=tuple(item for item in found if entry.start <= item.at < entry.end),
            busy=pointed_into(links, top.boxes, FREE),
        )

    def _uuid_packet(self, box: Box) -> Block:
        content = partial(read_content, self.source, box)
        return read_block(Carrier.XMP, "uuid", box, xmp.parse, content)[0]

    def _manifest(self, box: Box) -> Block:
        return Block(Carrier.C2PA, "uuid", box.span)

    # --- the rest ----------------------------------------------------------------------------

    def _taken(self, locations: Locations, items: Items) -> Iterator[int]:
        yield 0
        yield from (entry.item for entry in locations.entries)
        yield from (item.id for item in items.entries)
        groups = self.meta.first(b"grpl")
        if groups is not None:
            yield from read_groups(self.source, groups.box)
        for header in self.moov.all(b"trak", b"tkhd") if self.moov else ():
            data = self.source.read(header.box.body, min(header.box.body + 24, header.box.end))
            at = 20 if data[:1] > b"\0" else 12
            yield int.from_bytes(data[at : at + 4], "big")

    def _lengths(self, locations: Locations, items: Items, iref: Node | None) -> Iterator[Length]:
        boxes = [self.meta.box, locations.box, items.box, *((iref.box,) if iref else ())]
        boxes += [item.box for item in items.entries if item.is_packet]
        yield from (length for box in boxes if (length := box.length) is not None)

    def _framing(
        self,
        locations: Locations,
        items: Items,
        related: Sequence[Relation],
        primary: int,
        ours: int | None,
        movie: bytes,
    ) -> bytes:
        """A digest of all that says what the pictures are, the packet left out."""
        words: list[bytes | int] = [primary, movie]
        for entry in locations.entries:
            if entry.item != ours:
                words += [b"place", entry.item, entry.method, entry.data_reference]
                words += [span.size for span in entry.extents]
                words += entry.indices
                if not entry.in_file:
                    words += [span.start for span in entry.extents]
        for relation in related:
            if relation.source != ours:
                words += [relation.kind, relation.source, *relation.targets]
        boxes = [item.box for item in items.entries if item.id != ours]
        boxes += [child.box for child in self.meta.children if child.box.kind not in _REPLACED]
        return digest(self.source, words, (*self.top.of(b"ftyp"), *boxes))

    def _foreign(self, extras: Iterable[Span], busy: Iterable[Span]) -> Iterator[Span]:
        yield from apart(extras, busy)
        for child in self.meta.children:
            if child.box.kind not in _REPLACED:
                yield child.box.span
        changing = frozenset({b"meta", b"moov", b"mdat", b"sidx", b"mfra"}) | FREE
        for box in self.top.boxes:
            if box.kind not in changing and box.uuid != manifest.C2PA_UUID:
                yield Span(box.start, min(box.end, self.source.size))
        if self.top.tail < self.source.size:
            yield Span(self.top.tail, self.source.size)

    def _obstacle(self, locations: Locations, essence: Sequence[Span]) -> RefusedError | None:
        if self.top.obstacle is not None:
            return self.top.obstacle
        metas = self.top.of(b"meta")
        if len(metas) > 1 or len(self.top.of(b"moov")) > 1:
            return RefusedError(
                "there are two lists of items or of tracks, and only one can be the right one",
                at=metas[-1].start,
                fix="write the file anew with the program that made it",
                code="several-lists",
            )
        if not essence:
            return RefusedError(
                "no picture stands in this file: its items are made of other files",
                at=locations.box.start,
                fix="reserve the rights in the files that it refers to",
                code="no-picture",
            )
        if essence[-1].end > self.source.size:
            return truncated(essence[-1].end - self.source.size, essence[-1].start)
        if not locations.form.length and any(entry.in_file for entry in locations.entries):
            return RefusedError(
                "an item reaches to the end of the file, so nothing can be put there",
                at=locations.box.start,
                fix="write the file anew with the program that made it",
                code="endless-item",
            )
        return None


def _inside(spans: Iterable[Span], size: int) -> Iterator[Span]:
    """What of ``spans`` stands before ``size``."""
    for span in spans:
        if span.start < size:
            yield Span(span.start, min(span.end, size))


def _references(locations: Locations) -> tuple[Reference, ...]:
    return tuple(chain.from_iterable(entry.references for entry in locations.entries))


def _stores(source: Source, boxes: Iterable[Box]) -> Iterator[Box]:
    for box in boxes:
        if box.uuid == manifest.C2PA_UUID and manifest.holds_store(source, box):
            yield box


def _before_trailers(top: Top) -> int:
    """Where the boxes of the picture end; motion photos and makers' trailers must stay last."""
    return next((box.end for box in reversed(top.boxes) if box.kind in _KNOWN), top.tail)
