"""Image file directories (TIFF 6.0, section 2; BigTIFF): read, and rendered with other fields."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.linker import Endian, read_table
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

MAX_FIELDS: Final = 0xFFFF
"""How many fields a directory may have; in a classic TIFF it cannot have more."""

BYTE, ASCII, SHORT, LONG, UNDEFINED, IFD, LONG8, IFD8 = 1, 2, 3, 4, 7, 13, 16, 18

_SIZES: Final = {
    **dict.fromkeys((BYTE, ASCII, 6, UNDEFINED, 129), 1),
    **dict.fromkeys((SHORT, 8), 2),
    **dict.fromkeys((LONG, 9, 11, IFD), 4),
    **dict.fromkeys((5, 10, 12, LONG8, 17, IFD8), 8),
}
"""How many bytes a value of each type has (129 is the UTF-8 of Exif 3.0)."""

_CLASSIC: Final = {b"II*\0": "little", b"MM\0*": "big"}
_BIG: Final = {b"II+\0\x08\0\0\0": "little", b"MM\0+\0\x08\0\0": "big"}


class Form(NamedTuple):
    """How a file writes its numbers.

    Args:
        endian: its byte order.
        big: whether it is a BigTIFF, with offsets and counts of 64 bits.
    """

    endian: Endian
    big: bool

    @property
    def width(self) -> int:
        """The size of an offset, in bytes."""
        return 8 if self.big else 4

    @property
    def pointer(self) -> int:
        """Where the header's pointer to the first directory stands."""
        return self.width

    @property
    def head(self) -> int:
        """The size of the number of fields that a directory begins with, in bytes."""
        return 8 if self.big else 2

    @property
    def field(self) -> struct.Struct:
        """The layout of a field: tag, type, count, and the value or its offset."""
        order = "<" if self.endian == "little" else ">"
        return struct.Struct(order + ("HHQ8s" if self.big else "HHI4s"))

    def number(self, data: bytes) -> int:
        """The number that ``data`` is."""
        return int.from_bytes(data, self.endian)

    def offset(self, value: int) -> bytes:
        """An offset as bytes."""
        return value.to_bytes(self.width, self.endian)

    def size(self, fields: int) -> int:
        """The size of a directory, its link to the next included, in bytes."""
        return self.head + self.field.size * fields + self.width


class Field(NamedTuple):
    """A field of a directory.

    Args:
        tag: what it says.
        type: the type of its values.
        number: how many values there are.
        value: the four or eight bytes that hold the values, or their offset.
        at: where the field stands; -1 for a new one.
    """

    tag: int
    type: int
    number: int
    value: bytes
    at: int = -1

    @property
    def is_bytes(self) -> bool:
        """Whether its values are bytes, as those of texts and packets are."""
        return _SIZES.get(self.type) == 1

    @property
    def size(self) -> int:
        """The size of its values; of an unknown type they are taken to stand in the field."""
        return _SIZES.get(self.type, 0) * self.number

    @property
    def inline(self) -> bool:
        """Whether its values stand in the field itself."""
        return self.size <= len(self.value)

    def packed(self, form: Form) -> bytes:
        """The field as bytes."""
        return form.field.pack(self.tag, self.type, self.number, self.value)

    def span(self, form: Form) -> Span:
        """Where its values stand."""
        within = self.at + form.field.size - form.width
        start = within if self.inline else form.number(self.value)
        return Span(start, start + self.size)


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory as read.

    Args:
        at: where it begins.
        pointer: where the number stands that points to it.
        fields: its fields, in the order of the file.
        following: the offset of the next directory; 0 after the last.
        whole: whether its link to the next is there; some writers leave out the last one.
    """

    at: int
    pointer: int
    fields: tuple[Field, ...]
    following: int
    whole: bool = True

    def span(self, form: Form) -> Span:
        """The bytes of the directory itself."""
        lacking = 0 if self.whole else form.width
        return Span(self.at, self.at + form.size(len(self.fields)) - lacking)

    def link(self, form: Form) -> int:
        """Where its link to the next stands."""
        return self.at + form.size(len(self.fields)) - form.width

    def find(self, tag: int) -> Field | None:
        """The first field with that tag."""
        return next((field for field in self.fields if field.tag == tag), None)


def read_form(head: bytes) -> Form | None:
    """What the header says; None if this is no TIFF.

    Args:
        head: the first bytes of the file, at least eight of them.
    """
    for signatures, big in ((_CLASSIC, False), (_BIG, True)):
        for signature, order in signatures.items():
            if head.startswith(signature):
                return Form("little" if order == "little" else "big", big)
    return None


def first_offset(source: Source, form: Form) -> int:
    """Where the first directory stands."""
    return form.number(source.read(form.pointer, form.pointer + form.width))


def read_directory(source: Source, form: Form, at: int, pointer: int) -> Directory:
    """The directory at ``at``.

    Args:
        source: the file.
        form: how it writes numbers.
        at: where the directory begins.
        pointer: where the number stands that points to it.

    Raises:
        DamagedError: it does not lie wholly inside the file.
        LimitError: it has too many fields.
    """
    if at < form.pointer + form.width:
        raise DamagedError("a directory would begin inside the header", at=pointer)
    begin = at + form.head
    count = form.number(source.read(at, begin))
    if count > MAX_FIELDS:
        raise LimitError(f"a directory has {count} fields (limit {MAX_FIELDS})", at=at)
    size = form.field.size
    data = source.read(begin, begin + count * size)
    fields = tuple(
        Field(tag, kind, number, value, begin + index * size)
        for index, (tag, kind, number, value) in enumerate(form.field.iter_unpack(data))
    )
    link = begin + count * size
    whole = link + form.width <= source.size
    following = form.number(source.read(link, link + form.width)) if whole else 0
    return Directory(at, pointer, fields, following, whole)


def read_numbers(source: Source, form: Form, field: Field) -> array[int]:
    """The values of a field of whole numbers.

    Raises:
        DamagedError: they are of another type, or do not lie inside the file.
    """
    data = source.read(*field.span(form))
    match _SIZES.get(field.type):
        case 2:
            order = "<" if form.endian == "little" else ">"
            return array("Q", struct.unpack(f"{order}{field.number}H", data))
        case 4:
            return read_table(data, 4, form.endian)
        case 8:
            return read_table(data, 8, form.endian)
    raise DamagedError(f"tag {field.tag} holds no whole numbers", at=field.at)


def render(form: Form, fields: Iterable[Field], following: int) -> bytes:
    """A directory.

    Args:
        form: how the file writes numbers.
        fields: the fields, in order.
        following: the offset of the next directory, or 0.
    """
    rows = [item.packed(form) for item in fields]
    count = len(rows).to_bytes(form.head, form.endian)
    return count + b"".join(rows) + form.offset(following)
