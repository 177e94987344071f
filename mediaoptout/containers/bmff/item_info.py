"""What the items of a ``meta`` box are and how they relate (ISO/IEC 14496-12, 8.11.6 and 8.11.12).

``iinf`` names each item, ``iref`` says which item describes which, ``pitm`` which is the primary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.containers.bmff.boxes import Box, children, make_box
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

MIME: Final = b"mime"
EXIF: Final = b"Exif"
URI: Final = b"uri "
METADATA: Final = frozenset({MIME, EXIF, URI})
"""Types of items that are about a picture, and none."""
XMP_TYPE: Final = "application/rdf+xml"
DESCRIBES: Final = b"cdsc"
"""The reference of an item to what it describes."""

MAX_ITEMS: Final = 1 << 16
MAX_REFERENCES: Final = 1 << 18
_MAX_ENTRY: Final = 1 << 12
"""How much of an entry is read; only names and content types can be longer."""


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the item information box.

    Args:
        id: the item's ID.
        type: its four-character type; empty where the entry is too old to have one.
        content_type: the media type of a ``mime`` item, in lower case.
        encoding: how its content is compressed, or empty.
        encoding_span: the bytes that say so, their terminator not included.
        protected: it is encrypted.
        box: the entry.
    """

    id: int
    type: bytes
    content_type: str
    encoding: str
    encoding_span: Span
    protected: bool
    box: Box

    @property
    def is_packet(self) -> bool:
        """Whether it is an XMP packet."""
        return self.type in (MIME, b"") and self.content_type == XMP_TYPE


@dataclass(frozen=True, slots=True)
class Items:
    """An item information box: its entries, where the last ends and where their number stands."""

    box: Box
    entries: tuple[Item, ...]
    tail: int
    count: Span


@dataclass(frozen=True, slots=True)
class Relation:
    """An entry of the item reference box: one item's references of one kind."""

    kind: bytes
    source: int
    targets: tuple[int, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class Relations:
    """An item reference box: its entries, where the last ends and the size of an ID in it."""

    box: Box
    entries: tuple[Relation, ...]
    tail: int
    width: int


def read_items(source: Source, box: Box) -> Items:
    """The entries of an ``iinf`` box.

    Raises:
        DamagedError: it ends too early, or entries reach beyond it.
        LimitError: there are too many entries.
    """
    head = source.read(box.body, min(box.body + 8, box.end))
    width = 4 if head[:1] > b"\0" else 2
    if len(head) < 4 + width:
        raise _short(box)
    first = box.body + 4 + width
    boxes, tail = children(source, first, box.end, MAX_ITEMS)
    entries = tuple(_item(source, child) for child in boxes if child.kind == b"infe")
    return Items(box, entries, tail, Span(first - width, first))


def _item(source: Source, box: Box) -> Item:
    data = source.read(box.body, min(box.body + _MAX_ENTRY, box.end))
    version = data[0] if data else 0
    width = 4 if version > 2 else 2
    typed = version > 1
    at = 4 + width + 2 + (4 if typed else 0)
    if len(data) < at:
        raise _short(box)
    kind = data[at - 4 : at] if typed else b""
    _, at = _string(data, at)
    content_type, encoding, span = b"", b"", Span(box.end, box.end)
    if kind in (MIME, b""):
        content_type, at = _string(data, at)
        encoding, _ = _string(data, at)
        span = Span(box.body + at, box.body + at + len(encoding))
    return Item(
        int.from_bytes(data[4 : 4 + width], "big"),
        kind,
        content_type.decode("latin-1").strip().lower(),
        encoding.decode("latin-1").strip().lower(),
        span,
        any(data[4 + width : 6 + width]),
        box,
    )


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    """A string that a zero ends, and where it is over."""
    text, _, _ = data[at:].partition(b"\0")
    return text, min(at + len(text) + 1, len(data))


def read_relations(source: Source, box: Box) -> Relations:
    """The entries of an ``iref`` box.

    Raises:
        DamagedError: it ends too early, or entries reach beyond it.
        LimitError: there are too many references.
    """
    head = source.read(box.body, min(box.body + 4, box.end))
    if len(head) < 4:
        raise _short(box)
    width = 4 if head[0] else 2
    boxes, tail = children(source, box.body + 4, box.end, MAX_ITEMS)
    left = MAX_REFERENCES
    entries: list[Relation] = []
    for child in boxes:
        data = source.read(child.body, min(child.body + width + 2, child.end))
        count = int.from_bytes(data[width:], "big")
        end = child.body + width + 2 + count * width
        left -= count
        if len(data) < width + 2 or end > child.end:
            raise _short(child)
        if left < 0:
            raise LimitError("the items refer to one another too often", at=child.start)
        targets = source.read(end - count * width, end)
        entries.append(
            Relation(child.kind, int.from_bytes(data[:width], "big"), _ids(targets, width), child)
        )
    return Relations(box, tuple(entries), tail, width)


def _ids(data: bytes, width: int) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[at : at + width], "big") for at in range(0, len(data), width))


def read_primary(source: Source, box: Box) -> int:
    """The ID of the primary item, from a ``pitm`` box.

    Raises:
        DamagedError: it ends too early.
    """
    data = source.read(box.body, min(box.body + 8, box.end))
    width = 4 if data[:1] > b"\0" else 2
    if len(data) < 4 + width:
        raise _short(box)
    return int.from_bytes(data[4 : 4 + width], "big")


def read_groups(source: Source, box: Box) -> Iterator[int]:
    """The IDs of the entity groups in a ``grpl`` box; items may not share them.

    Raises:
        DamagedError: a group ends too early, or reaches beyond the box.
        LimitError: there are too many.
    """
    for child in children(source, box.body, box.end, MAX_ITEMS)[0]:
        data = source.read(child.body, min(child.body + 8, child.end))
        if len(data) < 8:
            raise _short(child)
        yield int.from_bytes(data[4:8], "big")


def make_item(item: int) -> bytes:
    """The ``infe`` box of an XMP packet."""
    version, width = (2, 2) if item < 1 << 16 else (3, 4)
    head = bytes((version, 0, 0, 0)) + item.to_bytes(width, "big") + bytes(2) + MIME
    return make_box(b"infe", head, b"XMP\0", XMP_TYPE.encode(), b"\0")


def make_relation(kind: bytes, source: int, targets: Sequence[int], width: int) -> bytes:
    """An entry of an item reference box whose IDs have ``width`` bytes."""
    ids = (item.to_bytes(width, "big") for item in targets)
    return make_box(kind, source.to_bytes(width, "big"), len(targets).to_bytes(2, "big"), *ids)


def _short(box: Box) -> DamagedError:
    return DamagedError(f"a {box.name} box ends too early", at=box.start)
