"""The metadata objects of an ASF header (Microsoft ASF Specification 01.20.05, chapters 3 and 4).

The Content Description holds five fixed texts, the copyright notice among them; the Extended
Content Description any number of named attributes; the Content Branding an address. Attributes of
others are copies; the names of ours that no specification knows are our convention.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import Copy, Insert, Piece, Span
from mediaoptout.splice.source import BytesSource, Source
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.prose import is_ours
from mediaoptout.vocabularies.settle import settle
from mediaoptout.words import Carrier

KEYS: Final = {
    "xmpRights:UsageTerms": "USAGE_TERMS",
    "tdm:reservation": "TDM-RESERVATION",
    "tdm:policy": "TDM-POLICY",
}
"""The attribute for each property that we write; names are compared without regard to case."""

MAX_TEXT: Final = 1 << 20
"""The longest text that is read, in bytes."""

MAX_ATTRIBUTES: Final = 1 << 13
"""How many attributes an object may have."""

MAX_VALUE: Final = 0xFFFF
"""The longest value of an attribute, in bytes."""

_NAMES: Final = {key: name for name, key in KEYS.items()} | {
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

_FIELDS: Final = ("Title", "Author", "Copyright", "Description", "Rating")
_COPYRIGHT: Final = _FIELDS.index("Copyright")
_DESCRIPTION: Final = _FIELDS.index("Description")
_LENGTHS: Final = struct.Struct("<5H")

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


# --- Content Description (3.10) ------------------------------------------------------------


def description_fields(source: Source) -> tuple[Span, ...]:
    """Where the five texts of a Content Description stand.

    Args:
        source: the object's content, without its header.

    Raises:
        DamagedError: they reach beyond the object.
    """
    fields: list[Span] = []
    at = _LENGTHS.size
    for size in _LENGTHS.unpack(_read(source, 0, at)):
        _read(source, at + size, at + size)
        fields.append(Span(at, at + size))
        at += size
    return tuple(fields)


def parse_description(source: Source, location: str) -> tuple[Entry, ...]:
    """What a Content Description says about rights.

    Raises:
        DamagedError: its texts reach beyond it.
    """
    fields = description_fields(source)
    named = ((_COPYRIGHT, "dc:rights"), (_DESCRIPTION, "xmpDM:logComment"))
    texts = ((_FIELDS[index], name, _text(source, fields[index])) for index, name in named)
    return tuple(_entry(location, name, label, text) for label, name, text in texts if text)


def merge_description(
    source: Source | None, properties: Iterable[Property], *, force: bool = False
) -> Merged:
    """The content of a Content Description with the notice in it; the other texts are copies.

    Args:
        source: the object's content; None if there is no object.
        properties: what shall be said.
        force: replace contrary statements of others (a notice is none that could be contrary).

    Raises:
        DamagedError: its texts reach beyond it.
    """
    rights = next((item for item in properties if item.name == "dc:rights"), None)
    unchanged = (Copy(0, source.size),) if source is not None else ()
    if rights is None:
        return Merged(unchanged, frozenset())
    old = source if source is not None else BytesSource(bytes(_LENGTHS.size))
    fields = description_fields(old)
    present = _text(old, fields[_COPYRIGHT])
    settled = settle(Property(rights.name, as_text(rights.value)), present or None, force=force)
    text = as_text(settled.value)
    warnings = (settled.warning,) if settled.warning else ()
    said = frozenset[str]() if settled.warning else frozenset({rights.name})
    if source is not None and text == present:
        return Merged(unchanged, said, warnings)
    value = _utf16(text)
    if len(value) > MAX_VALUE:
        return Merged(unchanged, frozenset(), (*warnings, _too_long(rights.name)))
    sizes = [field.size for field in fields]
    sizes[_COPYRIGHT] = len(value)
    start, end = fields[_COPYRIGHT]
    lengths = Insert(_LENGTHS.pack(*sizes))
    if source is None:
        return Merged((lengths, Insert(value)), said)
    pieces = (lengths, Copy(_LENGTHS.size, start), Insert(value), Copy(end, source.size))
    return Merged(pieces, said, warnings)


# --- Extended Content Description (3.11), Metadata and Metadata Library (4.7, 4.8) -----------


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
        start, size = at, _number(source, at, 2)
        head = _read(source, at + 2, at + 2 + size + 4)
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
        start, head = at, _read(source, at, at + 12)
        _, _, size, kind, length = struct.unpack("<4HI", head)
        name = _read(source, at + 12, at + 12 + size)
        at += 12 + size + length
        found.append(_attribute(source, name, kind, start, Span(at - length, at)))
    return tuple(found)


def _count(source: Source) -> int:
    count = _number(source, 0, 2)
    if count > MAX_ATTRIBUTES:
        raise LimitError(f"an object has more than {MAX_ATTRIBUTES} attributes")
    return count


def _attribute(source: Source, name: bytes, kind: int, start: int, value: Span) -> Attribute:
    _read(source, value.end, value.end)
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
            yield _entry(location, name, item.name, text)


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
        same = [i for i, item in enumerate(found) if item.key == KEYS[wanted.name]]
        changed: list[tuple[int, str]] = []
        for index in same:
            present = _value(old, found[index])
            if present is None:
                warnings.append(f"{wanted.name} of somebody else, which is no text, was kept")
                continue
            ours = Property(wanted.name, as_text(wanted.value))
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
                warnings.append(_too_long(wanted.name))
                continue
            added.append(Insert(item))
            said.add(wanted.name)
        for number, (index, text) in enumerate(changed):
            item = _rendered(found[index].name, text)
            kept[index] = Insert(item) if item is not None and not number else None
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
    key, value = _utf16(name), _utf16(text)
    if len(value) > MAX_VALUE:
        return None
    return struct.pack("<H", len(key)) + key + struct.pack("<HH", _TEXT, len(value)) + value


# --- Content Branding (3.13) ---------------------------------------------------------------


def _addresses(source: Source) -> tuple[Span, Span]:
    """Where the banner's and the copyright's address stand."""
    at = 8 + _number(source, 4, 4)
    banner = Span(at + 4, at + 4 + _number(source, at, 4))
    at = banner.end
    rights = Span(at + 4, at + 4 + _number(source, at, 4))
    _read(source, rights.end, rights.end)
    return banner, rights


def _address(source: Source) -> str:
    _, place = _addresses(source)
    data = source.read(place.start, min(place.end, place.start + MAX_TEXT))
    return data.decode("latin-1").rstrip("\0").strip()


def parse_branding(source: Source, location: str) -> tuple[Entry, ...]:
    """The address of the notice that a Content Branding object gives.

    Raises:
        DamagedError: it reaches beyond the object.
    """
    text = _address(source)
    return (_entry(location, "xmpRights:WebStatement", "Copyright URL", text),) if text else ()


def merge_branding(
    source: Source | None, properties: Iterable[Property], *, force: bool = False
) -> Merged:
    """The content of a Content Branding object with the address in it; the banner is a copy.

    Args:
        source: the object's content; None if there is no object.
        properties: what shall be said.
        force: replace contrary statements of others (an address is none that could be contrary).

    Raises:
        DamagedError: it reaches beyond the object.
    """
    statement = next((p for p in properties if p.name == "xmpRights:WebStatement"), None)
    unchanged = (Copy(0, source.size),) if source is not None else ()
    if statement is None or not as_text(statement.value).isascii():
        return Merged(unchanged, frozenset())
    old = source if source is not None else BytesSource(bytes(16))
    present = _address(old)
    ours = Property(statement.name, as_text(statement.value))
    settled = settle(ours, present or None, force=force)
    if settled.warning:
        return Merged(unchanged, frozenset(), (settled.warning,))
    said = frozenset({statement.name})
    if present == settled.value:
        return Merged(unchanged, said)
    _, place = _addresses(old)
    value = as_text(settled.value).encode("ascii") + b"\0"
    address = Insert(struct.pack("<I", len(value)) + value)
    if source is None:
        return Merged((Insert(bytes(place.start - 4)), address), said)
    return Merged((Copy(0, place.start - 4), address, Copy(place.end, old.size)), said)


# --- numbers and texts ---------------------------------------------------------------------


def _read(source: Source, start: int, end: int) -> bytes:
    if end > source.size:
        raise DamagedError(
            "a text or attribute reaches beyond the end of its object",
            fix="have the tags written anew by a tag editor",
        )
    return source.read(start, end)


def _number(source: Source, at: int, width: int) -> int:
    return int.from_bytes(_read(source, at, at + width), "little")


def _text(source: Source, span: Span) -> str:
    data = source.read(span.start, min(span.end, span.start + MAX_TEXT))
    return data.decode("utf-16-le", "replace").rstrip("\0").strip()


def _value(source: Source, item: Attribute) -> str | None:
    """An attribute's value as text; None if it is binary or very long."""
    if item.kind == _TEXT:
        return _text(source, item.value) if item.value.size <= MAX_TEXT else None
    if item.kind == _BYTES or item.value.size > 8:
        return None
    return str(int.from_bytes(source.read(*item.value), "little"))


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "replace") + b"\0\0"


def _too_long(name: str) -> str:
    return f"{name} is too long for an attribute of ASF"


def _entry(location: str, name: str, label: str, text: str) -> Entry:
    if name == "xmpDM:logComment" and is_ours(text):
        name = "xmpRights:UsageTerms"
    return Entry(Carrier.ASF, location, name, label, text)
