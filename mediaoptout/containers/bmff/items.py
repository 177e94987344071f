"""Where the items of a ``meta`` box stand: the item location box (ISO/IEC 14496-12, 8.11.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.containers.bmff.boxes import Box
from mediaoptout.errors import DamagedError
from mediaoptout.splice.linker import Reference
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

IN_FILE: Final = 0
"""Construction method: extents count from the start of the file."""
IN_IDAT: Final = 1
"""Construction method: extents count in the ``idat`` box of the same ``meta``."""

_NAME: Final = "place of an item"
_WIDTHS: Final = (0, 4, 8)


@dataclass(frozen=True, slots=True)
class Form:
    """The version of an item location box, and the sizes of its fields in bytes."""

    version: int
    offset: int
    length: int
    base: int
    index: int

    @property
    def id(self) -> int:
        """The size of an item ID, and of the number of entries."""
        return 4 if self.version == 2 else 2

    @property
    def header(self) -> bytes:
        """The box's first fields, up to the number of entries."""
        sizes = self.offset << 12 | self.length << 8 | self.base << 4 | self.index
        return bytes((self.version, 0, 0, 0)) + sizes.to_bytes(2, "big")

    def holds(self, start: int, length: int) -> bool:
        """Whether an entry can say that an item of ``length`` bytes stands at ``start``."""
        place = max(self.offset, self.base)
        return start < 1 << 8 * place and length < 1 << 8 * self.length

    def entry(self, item: int, start: int, length: int) -> bytes:
        """The entry of an item that stands in the file, in one piece.

        Its place is the base where there is one: exiv2 reads no other, and c2pa-rs moves the place
        twice where the base is 0.
        """
        base, offset = (start, 0) if start < 1 << 8 * self.base else (0, start)
        return self.render(item, 0, 0, base, ((0, offset, length),))

    def render(
        self,
        item: int,
        method: int,
        data_reference: int,
        base: int,
        extents: Sequence[tuple[int, int, int]],
    ) -> bytes:
        """An entry; each extent is its index, its offset from ``base`` and its length."""
        fields = [item.to_bytes(self.id, "big")]
        if self.version:
            fields.append(method.to_bytes(2, "big"))
        fields += [data_reference.to_bytes(2, "big"), base.to_bytes(self.base, "big")]
        fields.append(len(extents).to_bytes(2, "big"))
        for index, offset, length in extents:
            fields += [index.to_bytes(self.index, "big"), offset.to_bytes(self.offset, "big")]
            fields.append(length.to_bytes(self.length, "big"))
        return b"".join(fields)


@dataclass(frozen=True, slots=True)
class Location:
    """Where an item's bytes stand.

    Args:
        item: its ID.
        method: 0 in the file, 1 in the ``idat`` box, 2 in another item; with reserved bits.
        data_reference: 0 for this file, else the number of another one.
        base: what its extents count from.
        extents: its parts, in order; with method 0 as spans of the file.
        indices: the number that each part has beside its place.
        references: the numbers that say so, if they count from the start of the file.
        span: the entry's own bytes.
    """

    item: int
    method: int
    data_reference: int
    base: int
    extents: tuple[Span, ...]
    indices: tuple[int, ...]
    references: tuple[Reference, ...]
    span: Span

    @property
    def in_file(self) -> bool:
        """Whether its extents are spans of this file."""
        return self.method & 15 == IN_FILE and not self.data_reference

    @property
    def in_idat(self) -> bool:
        """Whether its extents are spans of the content of the ``idat`` box."""
        return self.method & 15 == IN_IDAT and not self.data_reference


@dataclass(frozen=True, slots=True)
class Locations:
    """An item location box.

    Args:
        box: the box.
        form: its version and field sizes.
        entries: its entries, in order.
        end: where the last one ends.
    """

    box: Box
    form: Form
    entries: tuple[Location, ...]
    end: int

    @property
    def count(self) -> Span:
        """The bytes that hold the number of entries."""
        at = self.box.body + len(self.form.header)
        return Span(at, at + self.form.id)


class _Fields:
    """Big-endian numbers, one after another; never beyond the box."""

    def __init__(self, source: Source, box: Box) -> None:
        self._data = source.read(box.body, box.end)
        self._start = box.body
        self._at = 0

    @property
    def place(self) -> int:
        return self._start + self._at

    def number(self, width: int) -> int:
        piece = self._data[self._at : self._at + width]
        if len(piece) < width:
            raise DamagedError("an item location box ends too early", at=self.place)
        self._at += width
        return int.from_bytes(piece, "big")


def read_locations(source: Source, box: Box) -> Locations:
    """The content of an ``iloc`` box.

    Raises:
        DamagedError: it ends too early, or has a version or a field size that is not defined.
    """
    fields = _Fields(source, box)
    version = fields.number(1)
    fields.number(3)
    sizes = fields.number(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    form = Form(version, offset, length, base, index if version else 0)
    if version > 2 or any(size not in _WIDTHS for size in (offset, length, base, form.index)):
        raise DamagedError("an item location box has fields that are not defined", at=box.start)
    entries = tuple(_entry(fields, form) for _ in range(fields.number(form.id)))
    return Locations(box, form, entries, fields.place)


def _entry(fields: _Fields, form: Form) -> Location:
    start = fields.place
    item = fields.number(form.id)
    method = fields.number(2) if form.version else IN_FILE
    data_reference = fields.number(2)
    base_at, base = fields.place, fields.number(form.base)
    own = method & 15 == IN_FILE and not data_reference
    extents: list[Span] = []
    indices: list[int] = []
    places: list[int] = []
    count = fields.number(2)
    if count > 1 and not form.offset + form.length + form.index:
        raise DamagedError("an item has several extents of no size", at=fields.place)
    for _ in range(count):
        indices.append(fields.number(form.index))
        places.append(fields.place)
        begin = base + fields.number(form.offset)
        extents.append(Span(begin, begin + fields.number(form.length)))
    references = _references(form, base_at, base, places, extents) if own and extents else ()
    return Location(
        item,
        method,
        data_reference,
        base,
        tuple(extents),
        tuple(indices),
        tuple(references),
        Span(start, fields.place),
    )


def _references(
    form: Form, base_at: int, base: int, places: Sequence[int], extents: Sequence[Span]
) -> Iterator[Reference]:
    """The numbers that say where an item of this file stands.

    A base may be any place, so it goes where the first extent goes, and keeps its distance.
    """
    first = extents[0].start
    if base:
        yield Reference(base_at, form.base, "big", first, None, base - first, name=_NAME)
    for at, (start, _) in zip(places, extents, strict=True):
        if form.offset and base:
            yield Reference(at, form.offset, "big", start, first, first - base, name=_NAME)
        elif form.offset and start:
            yield Reference(at, form.offset, "big", start, name=_NAME)
