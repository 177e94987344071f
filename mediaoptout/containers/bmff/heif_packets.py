"""The items of a picture that carry statements: XMP packets, and Exif."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers import xmp
from mediaoptout.containers.base import Block
from mediaoptout.containers.blocks import DAMAGED, parsed
from mediaoptout.containers.bmff.boxes import Box
from mediaoptout.containers.bmff.item_info import DESCRIBES, EXIF, Item, Items, Relation
from mediaoptout.containers.bmff.items import Location
from mediaoptout.containers.bmff.pictures import MAX_CARRIED, MAX_CONTENT, MAX_TOGETHER, parse_exif
from mediaoptout.containers.compressed import expand
from mediaoptout.errors import DamagedError, ErrorInfo, LimitError, MediaError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

_JPEG_LEAD: Final = b"http://ns.adobe.com/xap/1.0/\0"
"""What some writers leave before a packet that they take from a JPEG."""


@dataclass(frozen=True, slots=True)
class Packet:
    """An XMP packet of the picture.

    Args:
        item: the item that it is.
        location: the entry that says where it stands, or None.
        spans: its bytes in the file; empty where they cannot be told.
        lead: bytes before the packet that are none of it.
        data: the packet, decompressed.
        block: what it says.
    """

    item: Item
    location: Location | None
    spans: tuple[Span, ...]
    lead: bytes
    data: bytes
    block: Block


def spans_of(location: Location, idat: Span) -> tuple[Span, ...]:
    """An item's bytes in the file; none where it is made of other items or of other files.

    Args:
        location: where it stands.
        idat: the content of the ``idat`` box; empty without one.
    """
    if location.in_file:
        return location.extents
    if not location.in_idat:
        return ()
    start, end = idat
    return tuple(
        Span(min(start + part.start, end), min(start + part.end, end)) for part in location.extents
    )


class Reader:
    """Reads what items hold, never more than `MAX_TOGETHER` bytes in all.

    Items may share their bytes, so that a small file could otherwise ask for very many.

    Args:
        source: the file.
        places: where each item stands.
        idat: the content of the ``idat`` box.
    """

    def __init__(self, source: Source, places: Mapping[int, Location], idat: Span) -> None:
        self._source = source
        self._places = places
        self._idat = idat
        self._left = MAX_TOGETHER

    def packets(self, items: Items) -> Iterator[Packet]:
        """The XMP packets, in the order of the list of items.

        Raises:
            LimitError: there are too many, or they are too long together.
        """
        for item in _few([item for item in items.entries if item.is_packet], items.box):
            spans, data, block = self._read(item)
            lead = _JPEG_LEAD if data.startswith(_JPEG_LEAD) else b""
            data = data.removeprefix(lead)
            if block is None:
                span = _hull(spans, item.box)
                block = parsed(Carrier.XMP, _name(item), span, xmp.parse, data)
            yield Packet(item, self._places.get(item.id), spans, lead, data, block)

    def exif(self, items: Items) -> Iterator[Block]:
        """The blocks of Exif items.

        Raises:
            LimitError: there are too many, or they are too long together.
        """
        for item in _few([item for item in items.entries if item.type == EXIF], items.box):
            spans, data, block = self._read(item)
            span = _hull(spans, item.box)
            yield block or parsed(Carrier.EXIF, _name(item), span, parse_exif, data)

    def _read(self, item: Item) -> tuple[tuple[Span, ...], bytes, Block | None]:
        """Where an item stands and what it holds; else the block that says why it is not known."""
        try:
            spans, data = self._content(item)
            data = expand(item.encoding, data, item.box.start)
        except MediaError as error:
            self._left -= MAX_CONTENT if item.encoding else 0
            carrier = Carrier.EXIF if item.type == EXIF else Carrier.XMP
            at = error.at or _name(item)
            info = ErrorInfo(DAMAGED, error.message, at, error.fix)
            return (), b"", Block(carrier, _name(item), item.box.span, error=info)
        self._left -= len(data)
        if self._left < 0:
            raise LimitError("the items with metadata are too long together", at=item.box.start)
        return spans, data, None

    def _content(self, item: Item) -> tuple[tuple[Span, ...], bytes]:
        location = self._places.get(item.id)
        if item.protected:
            raise DamagedError("the item is encrypted", at=item.box.start)
        if location is None:
            return (), b""
        if not location.in_file and not location.in_idat:
            raise DamagedError("it is made of other items or files", at=location.span.start)
        spans = spans_of(location, self._idat)
        if sum(span.size for span in spans) > MAX_CONTENT:
            raise LimitError(f"it has more than {MAX_CONTENT} bytes", at=location.span.start)
        return spans, b"".join(self._source.read(*span) for span in spans)


def main_packet(
    packets: Sequence[Packet], related: Sequence[Relation], primary: int
) -> Packet | None:
    """The packet that describes the primary item; else one that is not said to describe any.

    Args:
        packets: all packets.
        related: which item describes which.
        primary: the ID of the primary item.
    """
    described: dict[int, set[int]] = {}
    for relation in related:
        if relation.kind == DESCRIBES:
            described.setdefault(relation.source, set()).update(relation.targets)
    for packet in packets:
        if primary in described.get(packet.item.id, ()):
            return packet
    return next((packet for packet in packets if packet.item.id not in described), None)


def _few(items: list[Item], box: Box) -> list[Item]:
    if len(items) > MAX_CARRIED:
        raise LimitError("the picture has too many items with metadata", at=box.start)
    return items


def _name(item: Item) -> str:
    return f"meta, item {item.id}"


def _hull(spans: Sequence[Span], box: Box) -> Span:
    if not spans:
        return box.span
    return Span(min(span.start for span in spans), max(span.end for span in spans))
