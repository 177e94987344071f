"""TIFFs built field by field, and read again by a reader that shares no line with ours."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

KINDS: Final = {1: "B", 2: "B", 3: "H", 4: "I", 7: "B", 13: "I", 16: "Q", 18: "Q"}
Value = bytes | list[int]


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file writes its numbers: the byte order (``<`` or ``>``), and whether in 64 bits."""

    order: str = "<"
    big: bool = False

    @property
    def width(self) -> int:
        return 8 if self.big else 4

    def offset(self, value: int) -> bytes:
        return struct.pack(self.order + ("Q" if self.big else "I"), value)

    def header(self, first: int) -> bytes:
        mark = b"II" if self.order == "<" else b"MM"
        numbers = (43, 8, 0) if self.big else (42,)
        return mark + struct.pack(f"{self.order}{len(numbers)}H", *numbers) + self.offset(first)

    def values(self, kind: int, value: Value) -> bytes:
        if isinstance(value, bytes):
            return value
        return struct.pack(f"{self.order}{len(value)}{KINDS[kind]}", *value)


@dataclass(slots=True)
class Page:
    """A directory to be: its strips, other fields, and directories below by tag."""

    strips: list[bytes] = field(default_factory=list)
    fields: dict[int, tuple[int, Value]] = field(default_factory=dict)
    below: dict[int, list[Page]] = field(default_factory=dict)


class Builder:
    """Puts a file together: directories before or behind what they point to.

    Args:
        shape: how it writes numbers.
        odd: let directories and values begin at odd places.
        gap: bytes of nobody before each picture.
    """

    def __init__(self, shape: Shape, *, odd: bool = False, gap: int = 0) -> None:
        self.shape = shape
        self.odd = odd
        self.gap = gap
        self.data = bytearray(shape.header(0))

    def put(self, data: bytes) -> int:
        self.data += bytes(len(self.data) % 2 != self.odd)
        at = len(self.data)
        self.data += data
        return at

    def picture(self, data: bytes) -> int:
        self.data += b"\xa5" * self.gap
        at = len(self.data)
        self.data += data
        return at

    def page(self, page: Page, link: int) -> int:
        """A directory; where its own link to the next stands. ``link`` is where it is named."""
        shape = self.shape
        fields = dict(page.fields)
        if page.strips:
            kind = 16 if shape.big else 4
            width, height = len(page.strips[0]), len(page.strips)
            fields |= {256: (4, [width]), 257: (4, [height]), 258: (3, [8]), 259: (3, [1])}
            fields |= {262: (3, [1]), 277: (3, [1]), 278: (4, [1])}
            fields |= {273: (kind, [self.picture(strip) for strip in page.strips])}
            fields |= {279: (4, [len(strip) for strip in page.strips])}
        for tag, pages in page.below.items():
            fields[tag] = (18 if shape.big else 13, [0] * len(pages))
        size = 20 if shape.big else 12
        head = struct.pack(shape.order + ("Q" if shape.big else "H"), len(fields))
        at = self.put(head + bytes(size * len(fields)) + bytes(shape.width))
        self.data[link : link + shape.width] = shape.offset(at)
        for index, (tag, (kind, value)) in enumerate(sorted(fields.items())):
            data = shape.values(kind, value)
            place = at + len(head) + size * index
            count = len(data) // struct.calcsize(KINDS[kind])
            form = shape.order + ("HHQ" if shape.big else "HHI")
            inside = data.ljust(shape.width, b"\0")
            if len(data) > shape.width:
                inside = shape.offset(where := self.put(data))
            else:
                where = place + size - shape.width
            row = struct.pack(form, tag, kind, count) + inside
            self.data[place : place + size] = row
            for number, lower in enumerate(page.below.get(tag, ())):
                self.page(lower, where + number * shape.width)
        return at + len(head) + size * len(fields)


def build(shape: Shape, *pages: Page, odd: bool = False, gap: int = 0, tail: bytes = b"") -> bytes:
    """A file with these pages, in a chain."""
    builder = Builder(shape, odd=odd, gap=gap)
    link = len(builder.data) - shape.width
    for page in pages:
        link = builder.page(page, link)
    return bytes(builder.data) + tail


Fields = dict[int, tuple[int, int, bytes]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A directory as found: its place, each field's type, count and bytes, and its link."""

    at: int
    fields: Fields
    following: int

    def strips(self, data: bytes, shape: Shape) -> list[bytes]:
        places, sizes = (
            struct.unpack(f"{shape.order}{count}{KINDS[kind]}", value)
            for kind, count, value in (self.fields[273], self.fields[279])
        )
        return [data[at : at + size] for at, size in zip(places, sizes, strict=True)]


def directory(data: bytes, shape: Shape, at: int) -> Seen:
    """The directory at ``at``; its tags must be in order."""
    head, size = (8, 20) if shape.big else (2, 12)
    (count,) = struct.unpack_from(shape.order + ("Q" if shape.big else "H"), data, at)
    fields: Fields = {}
    last = -1
    for index in range(count):
        place = at + head + size * index
        tag, kind, number = struct.unpack_from(
            shape.order + ("HHQ" if shape.big else "HHI"), data, place
        )
        assert tag > last, "the tags are not in order"
        last = tag
        length = number * struct.calcsize(KINDS[kind])
        where = place + size - shape.width
        if length > shape.width:
            where = pointer(data, shape, where)
        assert where + length <= len(data)
        fields[tag] = (kind, number, data[where : where + length])
    return Seen(at, fields, pointer(data, shape, at + head + size * count))


def pointer(data: bytes, shape: Shape, at: int) -> int:
    return int.from_bytes(data[at : at + shape.width], "little" if shape.order == "<" else "big")


def pages(data: bytes, shape: Shape) -> list[Seen]:
    """The chain of directories."""
    found: list[Seen] = []
    at = pointer(data, shape, shape.width)
    while at:
        found.append(directory(data, shape, at))
        at = found[-1].following
        assert len(found) < 1000
    return found
