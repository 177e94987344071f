"""A catalogue, read and checked: its columns, its rows, and everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mediaoptout.catalogue import columns as cols
from mediaoptout.catalogue.cells import clean
from mediaoptout.catalogue.columns import Column
from mediaoptout.catalogue.delimited import Cells
from mediaoptout.catalogue.faults import CatalogueError, Fault, in_order
from mediaoptout.catalogue.rows import Particulars, Row, particulars
from mediaoptout.catalogue.sheet import open_sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What a catalogue says.

    Args:
        path: its file.
        how: how it was read, for people.
        header_row: the number of the row of headers, or None.
        columns: all of its columns.
        rows: its rows, without the empty ones.
        faults: what is wrong with its cells.
        unit: what numbers its rows: ``row`` or ``line``.
    """

    path: Path
    how: str
    header_row: int | None
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...] = ()
    unit: str = "row"

    @property
    def counting(self) -> tuple[Column, ...]:
        """The columns whose cells the rows have."""
        return tuple(column for column in self.columns if column.field is not None)


def read_catalogue(
    path: Path, roles: Iterable[str] = (), *, holders_needed: bool = False
) -> Catalogue:
    """Read a catalogue, and check every cell.

    Args:
        path: a CSV, an ``.xlsx`` workbook or a DDEX message.
        roles: what the user says of columns, as ``HEADER=ROLE``.
        holders_needed: whether every row must name a holder, since the profile names none.

    Raises:
        CatalogueError: it cannot be read, or its columns cannot be told.
    """
    told = cols.told(roles)
    sheet = open_sheet(path, told)
    columns = cols.resolve(sheet.headers, told)
    counting = [column for column in columns if column.field is not None]
    faults: list[Fault] = []
    rows: list[Row] = []
    by_isrc: dict[str, Row] = {}
    for number, cells in sheet.rows:
        faults.extend(_beyond(number, cells, len(columns), sheet.header_row))
        row = Row.of(
            number,
            [clean(cells[each.index]) if each.index < len(cells) else "" for each in counting],
        )
        if not any(row.cells):
            continue
        rows.append(row)
        said, wrong = particulars(counting, row)
        faults.extend(wrong)
        faults.extend(_missing(row, said, wrong, holders_needed))
        if said.isrc is not None and (first := by_isrc.setdefault(said.isrc, row)) is not row:
            faults.extend(_contradictions(particulars(counting, first)[0], first, said, row))
    if not rows:
        raise CatalogueError(f"{path} has no rows below its headers", fix="give another file")
    return Catalogue(
        path=path,
        how=sheet.how,
        header_row=sheet.header_row,
        columns=columns,
        rows=tuple(rows),
        faults=in_order(faults),
        unit=sheet.unit,
    )


def _beyond(number: int, cells: Cells, width: int, header_row: int | None) -> Iterator[Fault]:
    """A row with more cells than there are headers: something in it parted a cell."""
    if any(cell.strip() for cell in cells[width:]):
        yield Fault(
            code="catalogue-cell",
            message=f"it has {len(cells)} cells, and the headers in row {header_row} are {width}",
            row=number,
            value=next(cell for cell in cells[width:] if cell.strip()),
            expected="quotes around a cell that has the sign that parts cells",
        )


def _missing(
    row: Row, said: Particulars, wrong: Sequence[Fault], holders_needed: bool
) -> Iterator[Fault]:
    if said.file is None and said.isrc is None and not wrong:
        yield Fault(
            code="catalogue-missing",
            message="nothing in it finds a file",
            row=row.number,
            expected="the name of the file, or its ISRC",
        )
    if holders_needed and not said.holders:
        yield Fault(
            code="catalogue-missing",
            message="the profile must be told on whose behalf it is used",
            row=row.number,
            expected="a holder, in a column that names one",
        )


def _contradictions(first: Particulars, at: Row, said: Particulars, row: Row) -> Iterator[Fault]:
    """Where two rows give one recording two titles or artists."""
    if first.work is None or said.work is None:
        return
    pairs = {
        "title": (first.work.title, said.work.title),
        "artist": (first.work.artist, said.work.artist),
    }
    for what, (one, other) in pairs.items():
        if one and other and one.casefold() != other.casefold():
            yield Fault(
                code="catalogue-contradiction",
                message=f"the ISRC {said.isrc} has another {what} in row {at.number}",
                row=row.number,
                column=what,
                value=other,
                expected=repr(one),
            )
