"""Where the items of a ``meta`` box stand: the item location box (ISO/IEC 14496-12, 8.11.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mediaoptout.containers.bmff.boxes import Box
from mediaoptout.errors import DamagedError
from mediaoptout.splice.linker import Reference
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

_IN_FILE: Final = 0
_WIDTHS: Final = (0, 4, 8)


@dataclass(frozen=True, slots=True)
class Location:
    """Where an item's bytes stand.

    Args:
        item: its ID.
        method: 0 in the file, 1 in the ``idat`` box, 2 in another item.
        external: it stands in another file.
        extents: its parts, in order; with method 0 as spans of the file.
        references: the numbers that say so, if they count from the start of the file.
    """

    item: int
    method: int
    external: bool
    extents: tuple[Span, ...]
    references: tuple[Reference, ...]


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


def read_locations(source: Source, box: Box) -> Iterator[Location]:
    """The entries of an ``iloc`` box.

    Raises:
        DamagedError: it ends too early, or has a version or a field size that is not defined.
    """
    fields = _Fields(source, box)
    version = fields.number(1)
    fields.number(3)
    sizes = fields.number(2)
    offset_size, length_size, base_size, index_size = (
        sizes >> shift & 15 for shift in (12, 8, 4, 0)
    )
    if version == 0:
        index_size = 0
    if version > 2 or any(
        size not in _WIDTHS for size in (offset_size, length_size, base_size, index_size)
    ):
        raise DamagedError("an item location box has fields that are not defined", at=box.start)
    id_size = 4 if version == 2 else 2
    for _ in range(fields.number(id_size)):
        item = fields.number(id_size)
        method = fields.number(2) & 15 if version else _IN_FILE
        external = fields.number(2) != 0
        base_at, base = fields.place, fields.number(base_size)
        own = method == _IN_FILE and not external
        extents: list[Span] = []
        references: list[Reference] = []
        if own and base:
            references.append(_reference(base_at, base_size, base, None))
        count = fields.number(2)
        if count > 1 and not offset_size + length_size + index_size:
            raise DamagedError("an item has several extents of no size", at=fields.place)
        for _ in range(count):
            fields.number(index_size)
            at, offset = fields.place, fields.number(offset_size)
            length = fields.number(length_size)
            start = base + offset
            extents.append(Span(start, start + length))
            if own and offset_size and (base or offset):
                references.append(_reference(at, offset_size, start, base or None))
        yield Location(item, method, external, tuple(extents), tuple(references))


def _reference(at: int, width: int, target: int, base: int | None) -> Reference:
    return Reference(at, width, "big", target, base, name="item location")
