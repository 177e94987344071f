"""The Content Description (3.10): five fixed texts, the copyright notice among them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from mediaoptout.carriers.asf.values import MAX_VALUE, entry, read, text_of, too_long, utf16
from mediaoptout.carriers.merged import Merged
from mediaoptout.splice.patch import Copy, Insert, Piece, Span
from mediaoptout.splice.source import BytesSource, Source
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.settle import leaves, settle

_FIELDS: Final = ("Title", "Author", "Copyright", "Description", "Rating")
_COPYRIGHT: Final = _FIELDS.index("Copyright")
_DESCRIPTION: Final = _FIELDS.index("Description")
_LENGTHS: Final = struct.Struct("<5H")


def description_fields(source: Source) -> tuple[Span, ...]:
    """Where the five texts of a Content Description stand.

    Args:
        source: the object's content, without its header.

    Raises:
        DamagedError: they reach beyond the object.
    """
    fields: list[Span] = []
    at = _LENGTHS.size
    for size in _LENGTHS.unpack(read(source, 0, at)):
        read(source, at + size, at + size)
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
    texts = ((_FIELDS[index], name, text_of(source, fields[index])) for index, name in named)
    return tuple(entry(location, name, label, text) for label, name, text in texts if text)


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
    present = text_of(old, fields[_COPYRIGHT])
    if rights.goes:
        if not leaves(rights, present):
            return Merged(unchanged, frozenset())
        others = [field.size for index, field in enumerate(fields) if index != _COPYRIGHT]
        # An empty text is nothing, or a zero that ends it: as the writer of the others has it.
        blank = utf16("") if len(utf16("")) in others else b""
        pieces = _with_notice(old, fields, blank) if any(others) else ()
        return Merged(pieces, frozenset())
    settled = settle(rights.flat, present or None, force=force)
    text = as_text(settled.value)
    warnings = (settled.warning,) if settled.warning else ()
    said = frozenset[str]() if settled.warning else frozenset({rights.name})
    if source is not None and text == present:
        return Merged(unchanged, said, warnings)
    value = utf16(text)
    if len(value) > MAX_VALUE:
        return Merged(unchanged, frozenset(), (*warnings, too_long(rights.name)))
    if source is None:
        lengths = _LENGTHS.pack(0, 0, len(value), 0, 0)
        return Merged((Insert(lengths + value),), said)
    return Merged(_with_notice(source, fields, value), said, warnings)


def _with_notice(source: Source, fields: tuple[Span, ...], value: bytes) -> tuple[Piece, ...]:
    sizes = [field.size for field in fields]
    sizes[_COPYRIGHT] = len(value)
    start, end = fields[_COPYRIGHT]
    lengths = Insert(_LENGTHS.pack(*sizes))
    return lengths, Copy(_LENGTHS.size, start), Insert(value), Copy(end, source.size)
