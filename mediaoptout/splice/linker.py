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

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Literal

from mediaoptout.errors import RefusedError
from mediaoptout.splice.patch import Copy, Insert, Patch, Piece

Endian = Literal["big", "little"]


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
    """

    at: int
    width: int
    endian: Endian
    start: int
    end: int
    value: int
    name: str = "length"


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


@dataclass(frozen=True, slots=True)
class _Map:
    """Where the source's bytes go, given a set of edits that do not overlap."""

    edits: Sequence[Edit]
    _ends: list[int] = field(init=False)
    _shifts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ends", [edit.end for edit in self.edits])
        growths = accumulate((edit.growth for edit in self.edits), initial=0)
        object.__setattr__(self, "_shifts", list(growths))

    def place(self, offset: int, name: str) -> int:
        index = bisect_right(self._ends, offset)
        if index < len(self.edits) and self.edits[index].start <= offset:
            return self._within(self.edits[index], offset, self._shifts[index], name)
        return offset + self._shifts[index]

    def _within(self, edit: Edit, offset: int, shift: int, name: str) -> int:
        at = edit.start + shift
        if offset == edit.start:
            return at
        for piece in edit.content:
            if isinstance(piece, Copy) and piece.start <= offset < piece.end:
                return at + offset - piece.start
            at += piece.size
        raise RefusedError(
            f"a {name} points into bytes that would be replaced",
            at=offset,
            fix="report this file's structure to the developers",
            code="dangling-reference",
        )

    def place_table(self, table: Table) -> list[int]:
        """The new entries; nearly all lie in one stretch, so stretches are tried first."""
        targets = table.targets
        if not targets:
            return []
        low, high = min(targets), max(targets)
        first, last = bisect_right(self._ends, low), bisect_right(self._ends, high)
        clear = last == len(self.edits) or self.edits[last].start > high
        if first == last and clear:
            shift = self._shifts[first]
            return [target + shift for target in targets] if shift else targets.tolist()
        return [self.place(target, table.name) for target in targets]

    def distance(self, reference: Reference) -> int:
        if reference.ends:
            target = self.place(reference.target - 1, reference.name) + 1
        else:
            target = self.place(reference.target, reference.name)
        base = 0 if reference.base is None else self.place(reference.base, reference.name)
        return target - base + reference.bias


def relocate(size: int, links: Links, edits: Iterable[Edit]) -> Patch:
    """The patch that makes ``edits`` and puts every number right.

    Tables that overflow take their wider form, which moves things again, until nothing changes.

    Args:
        size: the size of the source.
        links: all its numbers that depend on places or lengths.
        edits: the changes; they may not overlap (several insertions at one place keep their order).

    Raises:
        RefusedError: a number does not fit into its field, or points into replaced bytes.
    """
    wanted = sorted(edits, key=lambda edit: (edit.start, edit.end))
    _check_apart(wanted, size)
    if not any(edit.content or edit.end > edit.start for edit in wanted):
        return Patch.identity(size)
    widened: set[int] = set()
    while True:
        extra = [_widening(table) for i, table in enumerate(links.tables) if i in widened]
        # An edit next to a widened table (same start) keeps its place: the sort is stable.
        moves = sorted([*wanted, *extra], key=lambda edit: (edit.start, edit.end))
        _check_apart(moves, size)
        where = _Map(moves)
        values = [where.place_table(table) for table in links.tables]
        too_wide = {
            i
            for i, table in enumerate(links.tables)
            if i not in widened and values[i] and max(values[i]) >> (8 * table.width)
        }
        if not too_wide:
            break
        for i in too_wide:
            if links.tables[i].wider is None:
                raise _overflow(links.tables[i].name, links.tables[i].at)
        widened |= too_wide
    numbers = [
        *_references(links.references, where),
        *_lengths(links.lengths, moves),
    ]
    final = list(wanted)
    for i, table in enumerate(links.tables):
        if i in widened:
            edit = _widening(table)
            header = edit.content[0]
            data = _table_bytes(values[i], 8, table.endian)
            final.append(replace(edit, content=(header, Insert(data))))
        elif values[i] != table.targets.tolist():
            data = _table_bytes(values[i], table.width, table.endian)
            numbers.append(Edit(table.at, table.end, (Insert(data),)))
    return _assemble(size, [*final, *numbers])


def _widening(table: Table) -> Edit:
    wider = table.wider
    if wider is None:
        raise _overflow(table.name, table.at)
    body = bytes(8 * len(table.targets))
    return Edit(wider.start, wider.end, (Insert(wider.header), Insert(body)), wider.inside)


def _references(references: Iterable[Reference], where: _Map) -> Iterable[Edit]:
    for item in references:
        old = item.target - (item.base or 0) + item.bias
        new = where.distance(item)
        if new != old:
            yield _number(item.at, item.width, item.endian, new, item)


def _lengths(lengths: Iterable[Length], moves: Sequence[Edit]) -> Iterable[Edit]:
    owned = sorted((move.inside, move.growth) for move in moves if move.inside is not None)
    starts = [inside for inside, _ in owned]
    sums = list(accumulate((growth for _, growth in owned), initial=0))
    for item in lengths:
        growth = sums[bisect_left(starts, item.end)] - sums[bisect_left(starts, item.start)]
        if growth:
            yield _number(item.at, item.width, item.endian, item.value + growth, item)


def _number(at: int, width: int, endian: Endian, value: int, item: Reference | Length) -> Edit:
    signed = isinstance(item, Reference) and item.signed
    bits = (item.bits if isinstance(item, Reference) else None) or 8 * width
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if signed else (0, 1 << bits)
    if not low <= value < high:
        raise _overflow(item.name, at)
    if isinstance(item, Reference):
        value |= item.flags
    return Edit(at, at + width, (Insert(value.to_bytes(width, endian, signed=signed)),))


def _overflow(name: str, at: int) -> RefusedError:
    return RefusedError(
        f"a {name} would not fit into its field after the change",
        at=at,
        fix="write the reservation into a sidecar instead",
        code="overflow",
    )


def _check_apart(edits: Sequence[Edit], size: int) -> None:
    at = 0
    for edit in edits:
        if not (at <= edit.start <= edit.end <= size):
            raise ValueError(f"edits overlap or leave the file at {edit.start}")
        at = edit.end


def _assemble(size: int, edits: Iterable[Edit]) -> Patch:
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    _check_apart(ordered, size)
    pieces: list[Piece] = []
    at = 0
    for edit in ordered:
        pieces.append(Copy(at, edit.start))
        pieces.extend(edit.content)
        at = edit.end
    pieces.append(Copy(at, size))
    return Patch(tuple(pieces))
