"""AMF0 (Adobe Action Message Format, 2007): the values of FLV's script tags, found but not built.

Every value is told by the path of names and numbers that leads to it and by where it stands; a
reader takes what it knows. Nothing here believes a count: an array ends where its bytes do.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.patch import Span

NUMBER: Final = 0x00
STRING: Final = 0x02
OBJECT: Final = 0x03
ECMA_ARRAY: Final = 0x08
OBJECT_END: Final = 0x09
STRICT_ARRAY: Final = 0x0A
LONG_STRING: Final = 0x0C
XML: Final = 0x0F
TYPED_OBJECT: Final = 0x10

MAX_DEPTH: Final = 32
MAX_VALUES: Final = 1 << 18
"""How many values a script tag may have."""

MAX_SHORT: Final = 0xFFFF
"""The longest text that a string holds, in bytes; longer ones are long strings."""

_FIXED: Final = {NUMBER: 8, 0x01: 1, 0x05: 0, 0x06: 0, 0x07: 2, 0x0B: 10, 0x0D: 0}
"""The sizes of the values that always have the same."""
_COUNTED: Final = {STRING: 2, LONG_STRING: 4, XML: 4}
"""How wide the length of a text is."""

Path = tuple[str | int, ...]


class Value(NamedTuple):
    """A value that holds no others.

    Args:
        path: the names and numbers that lead to it; a value at the top has its number alone.
        marker: its type.
        at: where its marker stands.
        span: its bytes, without marker and length.
    """

    path: Path
    marker: int
    at: int
    span: Span


@dataclass(slots=True)
class _Level:
    """A value that holds others, while it is walked.

    Args:
        path: what leads to it.
        named: whether its values have names; else they are numbered.
        left: how many numbered values there may be still.
        count: how many there were.
    """

    path: Path
    named: bool
    left: int
    count: int = 0


def walk(data: bytes) -> Iterator[Value]:
    """Every value that holds no others, in order.

    Args:
        data: the content of a script tag.

    Raises:
        DamagedError: a value is not whole, or of a type that is not known.
        LimitError: they are too many, or too deep.
    """
    levels = [_Level((), named=False, left=MAX_VALUES)]
    at = count = 0
    while levels and at < len(data):
        level = levels[-1]
        if level.named:
            name, at = _name(data, at)
            if not name and data[at : at + 1] == bytes([OBJECT_END]):
                levels.pop()
                at += 1
                continue
            path: Path = (*level.path, name)
        elif level.count == level.left:
            levels.pop()
            continue
        else:
            path = (*level.path, level.count)
            level.count += 1
        count += 1
        if count > MAX_VALUES or len(levels) > MAX_DEPTH:
            raise LimitError("a script tag has too many values, or too deep ones", at=at)
        marker, start = _byte(data, at), at + 1
        if (inner := _inner(data, marker, start, path)) is not None:
            inside, at = inner
            levels.append(inside)
            continue
        span = _span(data, marker, start)
        yield Value(path, marker, at, span)
        at = span.end


def _inner(data: bytes, marker: int, at: int, path: Path) -> tuple[_Level, int] | None:
    """The level that a value opens, and where its values begin; None if it holds none."""
    match marker:
        case 0x03:
            return _Level(path, named=True, left=0), at
        case 0x08:
            _number(data, at, 4)
            return _Level(path, named=True, left=0), at + 4
        case 0x0A:
            return _Level(path, named=False, left=_number(data, at, 4)), at + 4
        case 0x10:
            return _Level(path, named=True, left=0), _name(data, at)[1]
    return None


def _span(data: bytes, marker: int, at: int) -> Span:
    if marker in _COUNTED:
        width = _COUNTED[marker]
        start = at + width
        end = start + _number(data, at, width)
    elif marker in _FIXED:
        start, end = at, at + _FIXED[marker]
    else:
        raise DamagedError(f"a value of the type {marker} is not known", at=at)
    if end > len(data):
        raise DamagedError("a value reaches beyond the end of its script tag", at=at)
    return Span(start, end)


def _name(data: bytes, at: int) -> tuple[str, int]:
    end = at + 2 + _number(data, at, 2)
    if end > len(data):
        raise DamagedError("a name reaches beyond the end of its script tag", at=at)
    return data[at + 2 : end].decode("utf-8", "replace").rstrip("\0"), end


def _byte(data: bytes, at: int) -> int:
    return _number(data, at, 1)


def _number(data: bytes, at: int, width: int) -> int:
    if at + width > len(data):
        raise DamagedError("a script tag ends inside a value", at=at)
    return int.from_bytes(data[at : at + width], "big")


def whole_number(data: bytes, value: Value) -> int | None:
    """The integer that a number is; None for anything else."""
    if value.marker != NUMBER:
        return None
    number: float = struct.unpack(">d", data[value.span.start : value.span.end])[0]
    return int(number) if number.is_integer() and abs(number) < 1 << 53 else None


def script(name: str, key: str, text: bytes) -> bytes:
    """The content of a script tag: its name, and an array with one text."""
    if len(text) <= MAX_SHORT:
        value = struct.pack(">BH", STRING, len(text))
    else:
        value = struct.pack(">BI", LONG_STRING, len(text))
    array = struct.pack(">BI", ECMA_ARRAY, 1) + _named(key) + value + text
    return bytes([STRING]) + _named(name) + array + b"\0\0" + bytes([OBJECT_END])


def _named(name: str) -> bytes:
    return struct.pack(">H", len(name)) + name.encode("ascii")
