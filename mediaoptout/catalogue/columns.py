"""The columns of one catalogue: which find the file, which are written, which are passed over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.catalogue.faults import CatalogueError
from mediaoptout.catalogue.headers import (
    HOLDER_SCHEMES,
    Field,
    field_of,
    identifier_of,
    key,
)
from mediaoptout.reservation.identifiers import Scheme
from mediaoptout.tables import suggestion

SKIP: Final = "skip"
"""The role of a column that is passed over."""

CREDITS: Final = (Field.AUTHOR, Field.COMPOSER, Field.PUBLISHER)
"""Whom catalogues of recordings credit, dead or alive: they reserve only where the user says so."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a catalogue.

    Args:
        index: its place in the sheet, from 0.
        header: as the sheet has it.
        field: what it holds; None if it is passed over.
        scheme: for identifiers of holders, which; ``field`` then says whose.
        reason: why it is passed over, or empty.
    """

    index: int
    header: str
    field: Field | None
    scheme: Scheme | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """Its header, or its letter where it has none."""
        return self.header or f"column {letter(self.index)}"

    @property
    def role(self) -> str:
        """Its role in the words of ``--column``."""
        if self.field is None:
            return SKIP
        return f"{self.scheme}:{self.field}" if self.scheme is not None else str(self.field)

    @property
    def finds(self) -> bool:
        """Whether it finds the file."""
        return self.scheme is None and self.field in (Field.FILE, Field.FOLDER, Field.ISRC)

    @property
    def writes(self) -> bool:
        """Whether what it holds is written."""
        return self.field not in (None, Field.FILE, Field.FOLDER, Field.CHECKSUM)

    @property
    def checks(self) -> bool:
        """Whether files must fit what it holds before they are written."""
        return self.field is Field.CHECKSUM

    @property
    def compares(self) -> bool:
        """Whether what it holds is looked for in files that are verified."""
        field = self.field
        return field is not None and (field.names_holders or field.scheme is not None)


def letter(index: int) -> str:
    """A column's letter, as spreadsheets have it."""
    name = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def told(pairs: Iterable[str]) -> dict[str, str]:
    """The roles that ``--column HEADER=ROLE`` gives, by header.

    Raises:
        CatalogueError: one is no such pair, or names a role that there is not.
    """
    roles: dict[str, str] = {}
    for pair in pairs:
        header, equals, role = pair.rpartition("=")
        role = role.strip().lower()
        if not equals or not header.strip():
            raise CatalogueError(
                f"--column {pair!r} is no HEADER=ROLE", fix="for example --column 'Nom=artist'"
            )
        if role != SKIP:
            _role(role)
        roles[header.strip()] = role
    return roles


def _role(role: str) -> tuple[Field, Scheme | None]:
    scheme, colon, field = role.rpartition(":")
    schemes = [str(each) for each in HOLDER_SCHEMES]
    known = [*map(str, Field), SKIP, *(f"{each}:{Field.PERFORMER}" for each in schemes)]
    fields = [str(each) for each in Field if each.names_holders] if colon else [*map(str, Field)]
    if field not in fields or (colon and scheme not in schemes):
        raise CatalogueError(
            f"there is no role {role!r} for a column{suggestion(role, known)}",
            fix=f"one of: {', '.join(known)} (or of other holders)",
        )
    return Field(field), Scheme(scheme) if colon else None


def resolve(headers: Sequence[str], roles: Mapping[str, str]) -> tuple[Column, ...]:
    """What each column is for.

    Args:
        headers: the sheet's.
        roles: what the user says of some of them; see `told`.

    Raises:
        CatalogueError: a header that the user speaks of is not there, columns contradict each
            other, or none finds files.
    """
    said = _said(headers, roles)
    columns = [
        _column(index, header.strip(), said.get(index)) for index, header in enumerate(headers)
    ]
    columns = _whose(_labels(columns, said))
    _check(columns)
    return tuple(columns)


def _said(headers: Sequence[str], roles: Mapping[str, str]) -> dict[int, str]:
    """The roles that the user gives, by the column's place."""
    found: dict[int, str] = {}
    for name, role in roles.items():
        places = [i for i, header in enumerate(headers) if header.strip() == name]
        places = places or [i for i, header in enumerate(headers) if key(header) == key(name) != ()]
        places = places or [i for i in range(len(headers)) if letter(i) == name.upper()]
        if not places:
            there = ", ".join(repr(header) for header in headers if header.strip())
            raise CatalogueError(
                f"--column: there is no column {name!r}{suggestion(name, headers)}",
                fix=f"the columns are: {there}",
            )
        found.update(dict.fromkeys(places, role))
    return found


def _column(index: int, header: str, role: str | None) -> Column:
    if role == SKIP:
        return Column(index, header, None, reason="as told")
    if role is not None:
        return Column(index, header, *_role(role))
    field = field_of(header)
    if field in CREDITS:
        reason = f"a credit; a holder with --column '{header}={field}'"
        return Column(index, header, None, reason=reason)
    if field is not None:
        return Column(index, header, field)
    identifier = identifier_of(header)
    if identifier is not None:
        scheme, whose = identifier
        return Column(index, header, whose, scheme)
    return Column(index, header, None, reason="not known" if header else "no header")


def _labels(columns: Sequence[Column], said: Mapping[int, str]) -> list[Column]:
    """A label is passed over where another column names the producer, unless the user says so."""
    producers = (Field.PRODUCER, Field.PHONOGRAM_PRODUCER, Field.AUDIOVISUAL_PRODUCER)
    if not any(column.field in producers and column.scheme is None for column in columns):
        return list(columns)
    reason = "the producer has a column"
    return [
        Column(column.index, column.header, None, reason=reason)
        if column.field is Field.LABEL and column.index not in said
        else column
        for column in columns
    ]


def _whose(columns: Sequence[Column]) -> list[Column]:
    """Give identifiers of holders to the one column that they can be of."""
    naming = [
        column.field
        for column in columns
        if column.scheme is None and column.field is not None and column.field.names_holders
    ]
    resolved = []
    for column in columns:
        field, scheme = column.field, column.scheme
        if scheme is None or (field is not None and naming.count(field) == 1):
            resolved.append(column)
        elif field is None and len(naming) == 1:
            resolved.append(Column(column.index, column.header, naming[0], scheme))
        elif field is None and naming:
            roles = ", ".join(f"{scheme}:{each}" for each in dict.fromkeys(naming))
            raise CatalogueError(
                f"the column {column.name!r} does not say whose {scheme.label} it holds",
                fix=f"say so with --column {column.name!r}=ROLE; one of: {roles}, {SKIP}",
            )
        elif field is not None and naming.count(field) > 1:
            raise CatalogueError(
                f"the column {column.name!r} does not say of which column of the role"
                f" {field!s} its identifiers are",
                fix=f"leave it out with --column {column.name!r}={SKIP}",
            )
        else:
            reason = f"no column names the {field or 'holder'}"
            resolved.append(Column(column.index, column.header, None, reason=reason))
    return resolved


def _check(columns: Sequence[Column]) -> None:
    holding: dict[str, list[Column]] = defaultdict(list)
    for column in columns:
        if column.field is not None and (column.scheme is not None or not column.field.several):
            holding[column.role].append(column)
    for role, several in holding.items():
        if len(several) > 1:
            names = " and ".join(f"{column.name!r} ({letter(column.index)})" for column in several)
            raise CatalogueError(
                f"which column is the role {role!r}: {names}?",
                fix=f"pass over the others: --column {letter(several[-1].index)}={SKIP}",
            )
    if not any(column.finds and column.field is not Field.FOLDER for column in columns):
        there = ", ".join(repr(column.name) for column in columns)
        raise CatalogueError(
            "no column finds the files: neither their names nor the ISRC in them",
            fix=f"say which with --column HEADER=file or HEADER=isrc; the columns are: {there}",
        )
