"""The objects of an ASF file (Microsoft ASF Specification 01.20.05, chapters 2 to 4 and 10).

An object is a GUID, its size in 64 bits (these 24 bytes included) and its content. The header
holds objects, and so does the header extension in it; everything else stands at the top level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.linker import Length
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

HEADER: Final = 24
"""The bytes before the content: GUID and size."""

MAX_OBJECTS: Final = 1 << 14
"""How many objects a file may have."""


def _guid(text: str) -> bytes:
    return UUID(text).bytes_le


FILE_HEADER: Final = _guid("75B22630-668E-11CF-A6D9-00AA0062CE6C")
DATA: Final = _guid("75B22636-668E-11CF-A6D9-00AA0062CE6C")
EXTENSION: Final = _guid("5FBF03B5-A92E-11CF-8EE3-00C00C205365")
FILE_PROPERTIES: Final = _guid("8CABDCA1-A947-11CF-8EE4-00C00C205365")
DESCRIPTION: Final = _guid("75B22633-668E-11CF-A6D9-00AA0062CE6C")
EXTENDED: Final = _guid("D2D0A440-E307-11D2-97F0-00A0C95EA850")
BRANDING: Final = _guid("2211B3FA-BD23-11D2-B4B7-00A0C955FC6E")
SIGNATURE: Final = _guid("2211B3FC-BD23-11D2-B4B7-00A0C955FC6E")
METADATA: Final = _guid("C5F8CBEA-5BAF-4877-8467-AA8C44FA4CCA")
LIBRARY: Final = _guid("44231C94-9498-49D1-A141-1D134E457054")
PADDING: Final = _guid("1806D474-CADF-4509-A4BA-9AABCB96AAE8")
XMP: Final = _guid("BE7ACFCB-97A9-42E8-9C71-999491E3AFAC")
"""The GUIDs, as they stand in a file."""

_COUNT_AT: Final = 24
_FIRST: Final = 30
_EXTENSION_SIZE: Final = 18
_EXTENSION_FIRST: Final = 22
_FILE_SIZE: Final = 16
_FLAGS: Final = 64
_BROADCAST: Final = 1


@dataclass(frozen=True, slots=True)
class Object:
    """An object as it stands in a file.

    Args:
        id: its GUID.
        start: where it begins.
        end: where it ends.
    """

    id: bytes
    start: int
    end: int

    @property
    def span(self) -> Span:
        """All its bytes."""
        return Span(self.start, self.end)

    @property
    def content(self) -> Span:
        """Its bytes without GUID and size."""
        return Span(self.start + HEADER, self.end)

    @property
    def length(self) -> Length:
        """Its size, as the file states it."""
        at, size = self.start + len(self.id), self.end - self.start
        return Length(at, 8, "little", self.start, self.end, size, "object's size")


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a file.

    Args:
        object: the header itself.
        count: how many objects it says it has.
        objects: its objects; those in its extension follow that.
        stop: where the last one ends.
        extension: the header extension if it can be walked, or None.
    """

    object: Object
    count: int
    objects: tuple[Object, ...]
    stop: int
    extension: Object | None

    @property
    def count_span(self) -> Span:
        """Where it says how many objects it has."""
        return Span(_COUNT_AT, _FIRST - 2)

    def holds(self, item: Object) -> bool:
        """Whether an object stands in the header."""
        return item.end <= self.object.end

    @property
    def lengths(self) -> tuple[Length, ...]:
        """The sizes of the header and of its extension."""
        if self.extension is None:
            return (self.object.length,)
        start, end = self.extension.span
        at = self.extension.content.start + _EXTENSION_SIZE
        size = end - self.extension.content.start - _EXTENSION_FIRST
        inner = Length(at, 4, "little", start, end, size, "header extension's size")
        return self.object.length, self.extension.length, inner


def walk(source: Source, start: int, end: int) -> tuple[tuple[Object, ...], int]:
    """The whole objects from ``start`` to ``end``, and where the last one ends.

    Raises:
        LimitError: there are more than `MAX_OBJECTS`.
    """
    found: list[Object] = []
    at = start
    while end - at >= HEADER:
        head = source.read(at, at + HEADER)
        size = int.from_bytes(head[16:], "little")
        if not HEADER <= size <= end - at:
            break
        found.append(Object(head[:16], at, at + size))
        if len(found) > MAX_OBJECTS:
            raise LimitError(f"there are more than {MAX_OBJECTS} objects", at=at)
        at += size
    return tuple(found), at


def read_header(source: Source) -> Header:
    """The header that the file begins with.

    Raises:
        DamagedError: it is cut.
        LimitError: it has too many objects.
    """
    head = source.read(0, _FIRST)
    size = int.from_bytes(head[16:24], "little")
    if not _FIRST <= size <= source.size:
        raise DamagedError(
            f"the header says that it has {size} bytes, and the file has {source.size}",
            at=16,
            fix="get a complete copy of the file",
            code="truncated",
        )
    outer, stop = walk(source, _FIRST, size)
    objects: list[Object] = []
    extension = None
    for item in outer:
        objects.append(item)
        if item.id == EXTENSION and extension is None:
            inner = _extended(source, item)
            extension = item if inner is not None else None
            objects += inner or ()
    count = int.from_bytes(head[24:28], "little")
    return Header(Object(head[:16], 0, size), count, tuple(objects), stop, extension)


def _extended(source: Source, item: Object) -> tuple[Object, ...] | None:
    """The objects in a header extension; None if they do not fill it."""
    first = item.content.start + _EXTENSION_FIRST
    if first > item.end:
        return None
    stated = source.read(item.content.start + _EXTENSION_SIZE, first)
    inner, stop = walk(source, first, item.end)
    whole = stop == item.end and int.from_bytes(stated, "little") == item.end - first
    return inner if whole else None


@dataclass(frozen=True, slots=True)
class FileProperties:
    """What the File Properties say of the file.

    Args:
        size_at: where the size of the file stands.
        size: that size.
        live: whether it was sent while it was made: its sizes mean nothing.
    """

    size_at: int
    size: int
    live: bool


def file_properties(source: Source, header: Header) -> FileProperties | None:
    """The File Properties of a header; None if there are none."""
    item = next((item for item in header.objects if item.id == FILE_PROPERTIES), None)
    if item is None or item.content.size < _FLAGS + 4:
        return None
    data = source.read(item.content.start, item.content.start + _FLAGS + 4)
    size = int.from_bytes(data[_FILE_SIZE : _FILE_SIZE + 8], "little")
    live = bool(data[_FLAGS] & _BROADCAST)
    return FileProperties(item.content.start + _FILE_SIZE, size, live)
