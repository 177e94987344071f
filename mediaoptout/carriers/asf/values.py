"""Numbers and texts of an object, and what they say."""

from __future__ import annotations

from typing import Final

from mediaoptout.errors import DamagedError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.vocabularies.prose import is_ours
from mediaoptout.words import Carrier

MAX_TEXT: Final = 1 << 20
"""The longest text that is read, in bytes."""

MAX_VALUE: Final = 0xFFFF
"""The longest text of a description or an attribute, in bytes."""


def read(source: Source, start: int, end: int) -> bytes:
    """The bytes from ``start`` to ``end`` of an object's content.

    Raises:
        DamagedError: they reach beyond it.
    """
    if end > source.size:
        raise DamagedError(
            "a text or attribute reaches beyond the end of its object",
            fix="have the tags written anew by a tag editor",
        )
    return source.read(start, end)


def number(source: Source, at: int, width: int) -> int:
    """The number of ``width`` bytes at ``at``.

    Raises:
        DamagedError: it reaches beyond the object.
    """
    return int.from_bytes(read(source, at, at + width), "little")


def text_of(source: Source, span: Span) -> str:
    """A text in UTF-16, without zeros and spaces at its ends."""
    data = source.read(span.start, min(span.end, span.start + MAX_TEXT))
    return data.decode("utf-16-le", "replace").rstrip("\0").strip()


def utf16(text: str) -> bytes:
    """A text as an object holds it, with its terminating zero."""
    return text.encode("utf-16-le", "replace") + b"\0\0"


def too_long(name: str) -> str:
    """The warning for a text that fits no attribute."""
    return f"{name} is too long for an attribute of ASF"


def entry(location: str, name: str, label: str, text: str) -> Entry:
    """What an object says; a comment that we composed is usage terms."""
    if name == "xmpDM:logComment" and is_ours(text):
        name = "xmpRights:UsageTerms"
    return Entry(Carrier.ASF, location, name, label, text)
