"""The Extended Content Description (3.11), Metadata and Metadata Library (4.7, 4.8): attributes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers.asf.values import (
    MAX_TEXT,
    MAX_VALUE,
    entry,
    number,
    read,
    text_of,
    too_long,
    utf16,
)
from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import LimitError, RefusedError
from mediaoptout.splice.patch import Copy, Insert, Piece, Span
from mediaoptout.splice.source import BytesSource, Source
from mediaoptout.vocabularies import identifying
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.settle import leaves, settle

KEYS: Final = {
    "xmpRights:UsageTerms": "USAGE_TERMS",
    "tdm:reservation": "TDM-RESERVATION",
    "tdm:policy": "TDM-POLICY",
    **identifying.TAGS,
    "id:isrc": "WM/ISRC",
    "id:gtin": "WM/Barcode",
    "id:catalogue-number": "WM/CatalogNo",
}
"""The attribute for each property that we write; names are compared without regard to case."""

OURS: Final = frozenset(key.upper() for key in KEYS.values())
"""The names of those attributes, as they are compared."""

MAX_ATTRIBUTES: Final = 1 << 12
"""How many attributes an object may have."""

_NAMES: Final = {key.upper(): name for name, key in KEYS.items()} | {
    **identifying.READ,
    "ISRC": "id:isrc",
    "USAGE TERMS": "xmpRights:UsageTerms",
    "TDM_RESERVATION": "tdm:reservation",
    "TDM_POLICY": "tdm:policy",
    "COPYRIGHT": "dc:rights",
    "COPYRIGHTURL": "xmpRights:WebStatement",
    "LICENSE": "xmpRights:WebStatement",
    "DESCRIPTION": "xmpDM:logComment",
    "WM/COMMENTS": "xmpDM:logComment",
}
_MACHINE: Final = "tdm:reservation"

_TEXT: Final = 0
_BYTES: Final = 1


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute as it stands.

    Args:
        name: as spelled.
        kind: the type of its value: 0 text, 1 bytes, 2 to 5 numbers, 6 a GUID.
        start: where it begins, from the content's start.
        value: where its value is.
    """

    name: str
    kind: int
    start: int
    value: Span

    @property
    def span(self) -> Span:
        """The bytes that hold it."""
        return Span(self.start, self.value.end)

    @property
    def key(self) -> str:
        """The name as it is compared."""
        return self.name.upper()


def attributes(source: Source) -> tuple[Attribute, ...]:
    """The attributes of an Extended Content Description; their values are not read.

    Args:
        source: the object's content, without its header.

    Raises:
        DamagedError: one reaches beyond the object.
        LimitError: there are too many.
    """
    found: list[Attribute] = []
    at = 2
    for _ in range(_count(source)):
        start, size = at, number(source, at, 2)
        head = read(source, at + 2, at + 2 + size + 4)
        kind, length = struct.unpack("<HH", head[size:])
        at += 2 + len(head) + length
        found.append(_attribute(source, head[:size], kind, start, Span(at - length, at)))
    return tuple(found)


def library(source: Source) -> tuple[Attribute, ...]:
    """The attributes of a Metadata or Metadata Library object; their values are not read.

    Args:
        source: the object's content, without its header.

    Raises:
        DamagedError: one reaches beyond the object.
        LimitError: there are too many.
    """
    found: list[Attribute] = []
    at = 2
    for _ in range(_count(source)):
        start, head = at, read(source, at, at + 12)
        _, _, size, kind, length = struct.unpack("<4HI", head)
        name = read(source, at + 12, at + 12 + size)
        at += 12 + size + length
        found.append(_attribute(source, name, kind, start, Span(at - length, at)))
    return tuple(found)


def _count(source: Source) -> int:
    count = number(source, 0, 2)
    if count > MAX_ATTRIBUTES:
        raise LimitError(f"an object has more than {MAX_ATTRIBUTES} attributes")
    return count


def _attribute(source: Source, name: bytes, kind: int, start: int, value: Span) -> Attribute:
    read(source, value.end, value.end)
    return Attribute(name.decode("utf-16-le", "replace").rstrip("\0"), kind, start, value)


def parse_extended(source: Source, location: str) -> tuple[Entry, ...]:
    """What an Extended Content Description says about rights.

    Raises:
        DamagedError: an attribute reaches beyond the object.
    """
    return tuple(_entries(source, attributes(source), location))


def parse_library(source: Source, location: str) -> tuple[Entry, ...]:
    """What a Metadata or Metadata Library object says about rights.

    Raises:
        DamagedError: an attribute reaches beyond the object.
    """
    return tuple(_entries(source, library(source), location))


def _entries(source: Source, found: Iterable[Attribute], location: str) -> Iterator[Entry]:
    for item in found:
        name = _NAMES.get(item.key)
        text = _value(source, item) if name else None
        if name and text:
            yield entry(location, name, item.name, text)


def merge_extended(
    source: Source | None, properties: Iterable[Property], *, force: bool = False
) -> Merged:
    """The content of an Extended Content Description with ours in it; all others are copies.

    Args:
        source: the object's content; None if there is no object.
        properties: what shall be said; what `KEYS` lacks is passed over.
        force: replace contrary statements of others.

    Raises:
        DamagedError: an attribute reaches beyond the object.
        RefusedError: somebody else says the contrary, and ``force`` is not given.
    """
    old = source if source is not None else BytesSource(bytes(2))
    found = attributes(old)
    kept: list[Piece | None] = [Copy(*item.span) for item in found]
    added: list[Piece] = []
    said: set[str] = set()
    warnings: list[str] = []
    for wanted in properties:
        if wanted.name not in KEYS:
            continue
        same = [i for i, item in enumerate(found) if item.key == KEYS[wanted.name].upper()]
        if wanted.goes:
            gone = [i for i in same if leaves(wanted, _value(old, found[i]))]
            kept = [None if i in gone else piece for i, piece in enumerate(kept)]
            continue
        changed: list[tuple[int, str]] = []
        for index in same:
            present = _value(old, found[index])
            if present is None:
                warnings.append(f"{wanted.name} of somebody else, which is no text, was kept")
                continue
            ours = wanted.flat
            settled = settle(ours, present or None, force=force)
            if settled.warning:
                warnings.append(settled.warning)
            if settled.warning is None or wanted.name == _MACHINE:
                said.add(wanted.name)
            if settled.value != present:
                changed.append((index, as_text(settled.value)))
        if not same:
            item = _rendered(KEYS[wanted.name], as_text(wanted.value))
            if item is None:
                warnings.append(too_long(wanted.name))
                continue
            added.append(Insert(item))
            said.add(wanted.name)
        for turn, (index, text) in enumerate(changed):
            item = _rendered(found[index].name, text)
            kept[index] = Insert(item) if item is not None and not turn else None
    if found and not added and not any(kept):
        return Merged((), frozenset())
    if not added and all(isinstance(piece, Copy) for piece in kept):
        pieces: tuple[Piece, ...] = (Copy(0, source.size),) if source is not None else ()
    else:
        pieces = _assembled(old, found, kept, added)
    return Merged(pieces, frozenset(said), tuple(warnings))


def _assembled(
    old: Source,
    found: Sequence[Attribute],
    kept: Sequence[Piece | None],
    added: Sequence[Piece],
) -> tuple[Piece, ...]:
    items = [piece for piece in (*kept, *added) if piece is not None]
    if len(items) > MAX_ATTRIBUTES:
        raise RefusedError(
            f"the file would have more than {MAX_ATTRIBUTES} attributes",
            fix="write the reservation into a sidecar instead",
            code="no-room",
        )
    end = found[-1].value.end if found else 2
    return Insert(struct.pack("<H", len(items))), *items, Copy(end, old.size)


def _rendered(name: str, text: str) -> bytes | None:
    """An attribute with a text; None if that is too long."""
    key, value = utf16(name), utf16(text)
    if len(value) > MAX_VALUE:
        return None
    return struct.pack("<H", len(key)) + key + struct.pack("<HH", _TEXT, len(value)) + value


def _value(source: Source, item: Attribute) -> str | None:
    """An attribute's value as text; None if it is binary or very long."""
    if item.kind == _TEXT:
        return text_of(source, item.value) if item.value.size <= MAX_TEXT else None
    if item.kind == _BYTES or item.value.size > 8:
        return None
    return str(int.from_bytes(source.read(*item.value), "little"))
