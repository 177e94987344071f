"""What a row of a catalogue says of its file, checked cell by cell.

Rows are many, so a row is kept as one text and taken apart where it is needed: once when all rows
are checked, and again in the worker that has the file in hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from mediaoptout.catalogue.cells import (
    BadCell,
    address,
    c_line,
    checksum,
    day,
    identifier,
    is_error,
    is_page,
    line,
    p_line,
    page,
    parts,
    places,
)
from mediaoptout.catalogue.columns import Column
from mediaoptout.catalogue.faults import Fault
from mediaoptout.catalogue.headers import HOLDER_SCHEMES, Field
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Holder, Role, Work

T = TypeVar("T")

_PART: Final = "\x1f"
_ALONE: Final = frozenset({Scheme.ISRC, Scheme.CATALOGUE_NUMBER})
"""Identifiers of which a cell has one."""

_OF_WORKS: Final = {field: field.scheme for field in Field if field.scheme is not None}
_PRODUCERS: Final = (Field.PRODUCER, Field.LABEL)
_NAMING: Final = tuple(field for field in Field if field.names_holders)
_ROLES: Final = {
    field: None if field is Field.HOLDER else Role(field.replace("-", " "))
    for field in _NAMING
    if field not in _PRODUCERS
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a catalogue.

    Args:
        number: as the spreadsheet numbers it.
        text: its cells, of the columns that count, in one text; see `cells`.
    """

    number: int
    text: str

    @classmethod
    def of(cls, number: int, cells: Sequence[str]) -> Row:
        """The row of these cells."""
        return cls(number, _PART.join(cell.replace(_PART, " ") for cell in cells))

    @property
    def cells(self) -> list[str]:
        """Its cells."""
        return self.text.split(_PART)


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What a row says; what it leaves open is as the profile says.

    Args:
        file: the name, path or pattern of its files, or None.
        checksum: the hash of the file as it was delivered, in lower case, or None.
        work: the work in them, or None.
        holders: whose rights they are.
        copyright: the notice, made of its (P) and (C) lines.
        declared: the day of the declaration.
        licence_url: a page to ask for a licence.
        licence_contact: an e-mail address to ask for a licence.
        policy_url: a TDMRep policy.
    """

    file: str | None = None
    checksum: str | None = None
    work: Work | None = None
    holders: tuple[Holder, ...] = ()
    copyright: str | None = None
    declared: date | None = None
    licence_url: str | None = None
    licence_contact: str | None = None
    policy_url: str | None = None

    @property
    def isrc(self) -> str | None:
        """The ISRC of its recording, or None."""
        found = self.work.identifiers if self.work is not None else ()
        return next((each.value for each in found if each.scheme is Scheme.ISRC), None)


def particulars(
    columns: Sequence[Column], row: Row, *, producer: Role | None = Role.PHONOGRAM_PRODUCER
) -> tuple[Particulars, tuple[Fault, ...]]:
    """What a row says, and what is wrong with it.

    Args:
        columns: those whose cells the row has.
        row: the row.
        producer: the role that a producer has, which depends on the file.
    """
    reading = _Reading(columns, row)
    contacts = list(reading.each(Field.CONTACT, address))
    said = Particulars(
        file=reading.file(),
        checksum=reading.one(Field.CHECKSUM, checksum),
        work=reading.work(),
        holders=tuple(reading.holders(producer)),
        copyright=reading.copyright(),
        declared=reading.one(Field.DATE, day),
        licence_url=next((each for each in contacts if is_page(each)), None),
        licence_contact=next((each for each in contacts if not is_page(each)), None),
        policy_url=reading.one(Field.POLICY, page),
    )
    return said, tuple(reading.faults)


def finding(columns: Sequence[Column], row: Row) -> tuple[str | None, str | None]:
    """What finds the row's file: its name and its ISRC, or None; what is wrong is passed over."""
    own = [(column, cell) for column, cell in zip(columns, row.cells, strict=True) if column.finds]
    reading = _Reading([column for column, _ in own], Row.of(row.number, [c for _, c in own]))
    file = reading.file()
    return file, None if file is not None else reading.isrc()


class _Reading:
    """One row, taken apart.

    Attributes:
        faults: what is wrong with it, as far as it was asked for.
    """

    def __init__(self, columns: Sequence[Column], row: Row) -> None:
        self.faults: list[Fault] = []
        self._row = row.number
        self._cells: dict[str, list[tuple[Column, str]]] = defaultdict(list)
        for column, cell in zip(columns, row.cells, strict=True):
            if is_error(cell):
                bad = BadCell("catalogue-cell", "the spreadsheet has an error there, and no value")
                self._fault(column, cell, bad)
            elif cell:
                self._cells[column.role].append((column, cell))

    def file(self) -> str | None:
        """Where the row says that its file is."""
        name, folder = self.one(Field.FILE, str), self.one(Field.FOLDER, str)
        if name is None or folder is None:
            return name
        return folder.rstrip("/\\") + "/" + name

    def isrc(self) -> str | None:
        """The ISRC of its recording."""
        return self.one(Field.ISRC, lambda text: identifier(Scheme.ISRC, text).value)

    def work(self) -> Work | None:
        """The work that it is about."""
        title, artist = self.one(Field.TITLE, line), self.one(Field.ARTIST, line)
        version = self.one(Field.VERSION, line)
        if title and version and version.casefold() not in title.casefold():
            title = f"{title} ({version})"
        identifiers = tuple(sorted(set(self._identifiers())))
        return Work(title, artist, identifiers) if title or artist or identifiers else None

    def copyright(self) -> str | None:
        """The notice: its own column's, or else the (P) and the (C) line."""
        notice = self.one(Field.COPYRIGHT, line)
        signed = (self.one(Field.P_LINE, p_line), self.one(Field.C_LINE, c_line))
        return notice or " ".join(line for line in signed if line) or None

    def holders(self, producer: Role | None) -> Iterator[Holder]:
        """Whose rights the row names, each once in each role."""
        seen: set[tuple[str, Role | None]] = set()
        for field in (each for each in _NAMING if each in self._cells):
            role = producer if field in _PRODUCERS else _ROLES[field]
            names = [name for _, cell in self._cells[field] for name in parts(cell)]
            known = self._of_holders(field, len(names))
            for name, identifiers in zip(names, known, strict=True):
                if (name.casefold(), role) not in seen:
                    seen.add((name.casefold(), role))
                    yield Holder(name, role, tuple(sorted(identifiers)))

    def one(self, field: Field, parse: Callable[[str], T]) -> T | None:
        """The value of a role that one column has; None where it is empty or wrong."""
        for column, cell in self._cells[field]:
            try:
                return parse(cell)
            except BadCell as bad:
                self._fault(column, cell, bad)
        return None

    def each(self, field: Field, parse: Callable[[str], str]) -> Iterator[str]:
        """The values of a role that several columns may have, several in a cell."""
        for column, cell in self._cells[field]:
            for part in parts(cell):
                try:
                    yield parse(part)
                except BadCell as bad:
                    self._fault(column, part, bad)

    def _identifiers(self) -> Iterator[Identifier]:
        for field, scheme in _OF_WORKS.items():
            for column, cell in self._cells[field]:
                for text in [cell] if scheme in _ALONE else parts(cell):
                    yield from self._identifier(column, scheme, text)

    def _identifier(self, column: Column, scheme: Scheme, text: str) -> Iterator[Identifier]:
        try:
            yield identifier(scheme, text)
        except BadCell as bad:
            self._fault(column, text, bad)

    def _of_holders(self, field: Field, count: int) -> list[list[Identifier]]:
        """The identifiers of so many holders, in the order of their names."""
        found: list[list[Identifier]] = [[] for _ in range(count)]
        for scheme in HOLDER_SCHEMES if count else ():
            for column, cell in self._cells[f"{scheme}:{field}"]:
                texts = places(cell)
                if len(texts) != count:
                    message = f"there are {len(texts)} of them for {count} names"
                    expected = "one for each name, in their order, parted by ;"
                    self._fault(column, cell, BadCell("catalogue-identifier", message, expected))
                    continue
                for own, text in zip(found, texts, strict=True):
                    own.extend(self._identifier(column, scheme, text) if text else ())
        return found

    def _fault(self, column: Column, value: str, bad: BadCell) -> None:
        self.faults.append(
            Fault(
                code=bad.code,
                message=bad.message,
                row=self._row,
                column=column.name,
                value=value,
                expected=bad.expected,
            )
        )
