"""References are data, and are relocated by one linker.

A container's reader lists every number in the file that depends on where something stands or how
long it is; `relocate` turns a few edits into a `Patch` in which all those numbers are right. No
container does offset arithmetic of its own.

Three kinds of number:

* `Reference`: the place of a byte, absolute or counted from another byte;
* `Table`: many absolute places in a row (``stco``, ``co64``), with a wider form if there is one;
* `Length`: the size of an element, which grows with what is put inside it.

An `Edit` says which element it belongs to (``inside``), since at a boundary the offset alone does
not tell whether new bytes stand before or after the end of an element.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from mediaoptout.errors import RefusedError
from mediaoptout.splice.patch import Copy, Insert, Patch, Piece, Stretch

Endian = Literal["big", "little"]
Form = Literal["integer", "double"]
"""How a number is written: as an integer, or as an IEEE 754 number of 8 bytes (AMF0)."""

_EXACT = 1 << 53
"""The largest integer up to which a double says every one."""

_Number = tuple[int, bytes]
"""A place in the new file, and the bytes that shall stand there."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes ``start`` to ``end`` of the source give way to ``content``.

    Args:
        start: where the change begins; with ``end == start`` it is a pure insertion.
        end: where it ends.
        content: the new pieces; copies of other places of the source are allowed.
        inside: the start of the innermost element that the change belongs to, whose length and
            whose parents' lengths follow; None at the top level of the file.
    """

    start: int
    end: int
    content: tuple[Piece, ...]
    inside: int | None = None

    @property
    def growth(self) -> int:
        """How many bytes more there are after it."""
        return sum(piece.size for piece in self.content) - (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Reference:
    """A number that says where a byte stands.

    Args:
        at: the offset of the number itself.
        width: its size in bytes.
        endian: its byte order.
        target: the offset of the byte that it means; with ``ends`` the offset behind a last byte.
        base: the offset that it counts from; None for the start of the file.
        bias: what the stored number has more than the distance.
        ends: the target is an end: it follows the byte before it, not the one at it.
        signed: whether it may be negative.
        flags: bits of the field that are no part of the number, at their place.
        bits: how many low bits the number may take; None for all.
        name: what to call it in a message.
        form: how it is written; flags, bits and sign are for integers.
    """

    at: int
    width: int
    endian: Endian
    target: int
    base: int | None = None
    bias: int = 0
    ends: bool = False
    signed: bool = False
    flags: int = 0
    bits: int | None = None
    name: str = "reference"
    form: Form = "integer"


@dataclass(frozen=True, slots=True)
class Length:
    """The size of an element, as the file states it.

    Args:
        at: the offset of the number itself.
        width: its size in bytes.
        endian: its byte order.
        start: where the element begins: edits ``inside`` ``start`` to ``end`` make it grow.
        end: where it ends.
        value: the number that stands there now.
        name: what to call it in a message.
        form: how it is written.
    """

    at: int
    width: int
    endian: Endian
    start: int
    end: int
    value: int
    name: str = "length"
    form: Form = "integer"


@dataclass(frozen=True, slots=True)
class Wider:
    """How a table becomes one with 64-bit entries.

    Args:
        start: where the element that holds the table begins.
        end: where it ends.
        header: the new element's bytes before the first entry.
        inside: the element that it stands in.
    """

    start: int
    end: int
    header: bytes
    inside: int | None


@dataclass(frozen=True, slots=True)
class Table:
    """Absolute places, one after another.

    Args:
        at: the offset of the first entry.
        width: the size of an entry: 4 or 8 bytes.
        endian: its byte order.
        targets: the places, in the order of the file.
        wider: the 64-bit form, if the format has one.
        name: what to call it in a message.
    """

    at: int
    width: Literal[4, 8]
    endian: Endian
    targets: array[int]
    wider: Wider | None = None
    name: str = "table"

    @property
    def end(self) -> int:
        """The offset behind the last entry."""
        return self.at + self.width * len(self.targets)


def read_table(data: bytes, width: Literal[4, 8], endian: Endian) -> array[int]:
    """The entries of a table's bytes, as the array that `Table` wants."""
    values = array("I" if width == 4 else "Q", data)
    if endian != sys.byteorder:
        values.byteswap()
    return values if width == 8 else array("Q", values)


def _table_bytes(values: Iterable[int], width: int, endian: Endian) -> bytes:
    result = array("I" if width == 4 else "Q", values)
    if endian != sys.byteorder:
        result.byteswap()
    return result.tobytes()


@dataclass(frozen=True, slots=True)
class Links:
    """Every number of a file that depends on places or lengths, in the order of the file."""

    references: tuple[Reference, ...] = ()
    tables: tuple[Table, ...] = ()
    lengths: tuple[Length, ...] = ()


class _Map:
    """Where the source's bytes go, by the patch that the moving edits make."""

    __slots__ = ("_begins", "_size", "patch")

    def __init__(self, size: int, moves: Sequence[Edit]) -> None:
        self._size = size
        self.patch = _assemble(size, moves)
        shifts = accumulate((move.growth for move in moves), initial=0)
        self._begins = {
            move.start: shift
            for move, shift in zip(moves, shifts, strict=False)
            if move.content and move.end > move.start
        }

    def around(self, offset: int, name: str) -> Stretch:
        """The bytes that move with the one at ``offset``.

        What points to the start of replaced bytes will point to the start of the new ones; what
        points behind the file stays as far behind it.
        """
        if offset < 0:
            return Stretch(offset, 0, 0)
        if offset >= self._size:
            return Stretch(self._size, sys.maxsize, self.patch.size - self._size)
        kept = self.patch.stretch(offset)
        if kept is None and offset in self._begins:
            return Stretch(offset, offset + 1, self._begins[offset])
        if kept is None:
            raise _dangling(f"a {name} points into bytes that would be replaced", offset)
        return kept

    def place(self, offset: int, name: str) -> int:
        """Where the byte at ``offset`` goes."""
        return offset + self.around(offset, name).shift

    def field(self, at: int, width: int, name: str) -> int:
        """Where the field of ``width`` bytes at ``at`` goes."""
        around = self.around(at, name)
        if at + width > around.end:
            raise _dangling(f"the field of a {name} would be cut", at)
        return at + around.shift

    def distance(self, reference: Reference) -> int:
        """The number that a reference shall hold."""
        back = 1 if reference.ends else 0
        target = self.place(reference.target - back, reference.name) + back
        base = 0 if reference.base is None else self.place(reference.base, reference.name)
        return target - base + reference.bias

    def entries(self, table: Table) -> array[int]:
        """The numbers that a table shall hold; neighbours mostly move together."""
        result = array("Q")
        start = end = shift = 0
        try:
            for target in table.targets:
                if not start <= target < end:
                    start, end, shift = self.around(target, table.name)
                result.append(target + shift)
        except OverflowError as error:
            raise _overflow(table.name, table.at) from error
        return result


def relocate(size: int, links: Links, edits: Iterable[Edit]) -> Patch:
    """The patch that makes ``edits`` and puts every number right.

    Tables that overflow take their wider form, which moves things again, until nothing changes.
    Numbers in bytes that an edit replaces are the container's own business: it wrote them anew.

    Args:
        size: the size of the source.
        links: all its numbers that depend on places or lengths.
        edits: the changes; they may not overlap (several insertions at one place keep their order).

    Raises:
        RefusedError: a number does not fit into its field, or points into replaced bytes.
        ValueError: edits overlap.
    """
    moves = _ordered(edits)
    if not _apart(moves, size):
        raise ValueError("edits overlap or leave the file")
    if not any(move.content or move.end > move.start for move in moves):
        return Patch.identity(size)
    widened: set[int] = set()
    while True:
        where = _Map(size, moves)
        entries = {
            i: where.entries(table)
            for i, table in enumerate(links.tables)
            if i in widened or where.patch.stretch(table.at) is not None
        }
        too_wide = {
            i
            for i, values in entries.items()
            if i not in widened and values and max(values) >> (8 * links.tables[i].width)
        }
        if not too_wide:
            break
        widened |= too_wide
        # An insertion next to a widened table keeps its place: the sort is stable.
        moves = _ordered([*moves, *(_widening(links.tables[i]) for i in sorted(too_wide))])
        if not _apart(moves, size):
            raise _overflow("table that would be moved", links.tables[min(too_wide)].at)
    numbers = [*_references(links.references, where), *_lengths(links.lengths, moves, where)]
    for i, values in entries.items():
        table = links.tables[i]
        if i in widened and table.wider is not None:
            at = where.place(table.wider.start, table.name) + len(table.wider.header)
            numbers.append((at, _table_bytes(values, 8, table.endian)))
        elif values != table.targets:
            at = where.field(table.at, table.end - table.at, table.name)
            numbers.append((at, _table_bytes(values, table.width, table.endian)))
    return _overwritten(where.patch, numbers)


def _widening(table: Table) -> Edit:
    wider = table.wider
    if wider is None:
        raise _overflow(table.name, table.at)
    body = Insert(bytes(8 * len(table.targets)))
    return Edit(wider.start, wider.end, (Insert(wider.header), body), wider.inside)


def _references(references: Iterable[Reference], where: _Map) -> Iterator[_Number]:
    wanted: dict[int, int] = {}
    for item in references:
        if where.patch.stretch(item.at) is None:
            continue
        new = where.distance(item)
        if wanted.setdefault(item.at, new) != new:
            raise RefusedError(
                f"one {item.name} would have to say two things after the change",
                at=item.at,
                fix="write the reservation into a sidecar instead",
                code="overflow",
            )
        if new != item.target - (item.base or 0) + item.bias:
            yield _number(item, new, where)


def _lengths(lengths: Iterable[Length], moves: Iterable[Edit], where: _Map) -> Iterator[_Number]:
    owned = sorted((move.inside, move.growth) for move in moves if move.inside is not None)
    starts = [inside for inside, _ in owned]
    sums = list(accumulate((growth for _, growth in owned), initial=0))
    for item in lengths:
        growth = sums[bisect_left(starts, item.end)] - sums[bisect_left(starts, item.start)]
        if growth and where.patch.stretch(item.at) is not None:
            yield _number(item, item.value + growth, where)


def _number(item: Reference | Length, value: int, where: _Map) -> _Number:
    """Where the field of ``item`` goes, and ``value`` as its bytes."""
    at = where.field(item.at, item.width, item.name)
    if item.form == "double":
        if abs(value) > _EXACT:
            raise _overflow(item.name, item.at)
        return at, struct.pack(">d" if item.endian == "big" else "<d", value)
    signed, bits, flags = False, 8 * item.width, 0
    if isinstance(item, Reference):
        signed, bits, flags = item.signed, item.bits or bits, item.flags
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if signed else (0, 1 << bits)
    if not low <= value < high:
        raise _overflow(item.name, item.at)
    field = value & ((1 << bits) - 1) | flags
    return at, field.to_bytes(item.width, item.endian)


def _overflow(name: str, at: int) -> RefusedError:
    return RefusedError(
        f"a {name} would not fit into its field after the change",
        at=at,
        fix="write the reservation into a sidecar instead",
        code="overflow",
    )


def _dangling(message: str, at: int) -> RefusedError:
    return RefusedError(
        message,
        at=at,
        fix="report this file's structure to the developers",
        code="dangling-reference",
    )


def _ordered(edits: Iterable[Edit]) -> list[Edit]:
    return sorted(edits, key=lambda edit: (edit.start, edit.end))


def _apart(edits: Iterable[Edit], size: int) -> bool:
    """Whether edits in order neither overlap nor leave the file."""
    at = 0
    for edit in edits:
        if not at <= edit.start <= edit.end <= size:
            return False
        at = edit.end
    return True


def _assemble(size: int, edits: Iterable[Edit]) -> Patch:
    pieces: list[Piece] = []
    at = 0
    for edit in edits:
        pieces.append(Copy(at, edit.start))
        pieces.extend(edit.content)
        at = edit.end
    pieces.append(Copy(at, size))
    return Patch(tuple(pieces))


def _overwritten(patch: Patch, numbers: Iterable[_Number]) -> Patch:
    """``patch``, and then these bytes written over those at these places of the new file."""
    edits = [Edit(at, at + len(data), (Insert(data),)) for at, data in sorted(set(numbers))]
    if not edits:
        return patch
    if not _apart(edits, patch.size):
        raise ValueError("numbers overlap")
    return patch.then(_assemble(patch.size, edits))
