"""What a row of a catalogue says of its file, checked cell by cell.

Rows are many, so a row is kept as one text and taken apart where it is needed: once when all rows
are checked, and again in the worker that has the file in hand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

from mediaoptout.catalogue.columns import Column
from mediaoptout.catalogue.faults import Fault
from mediaoptout.catalogue.headers import HOLDER_SCHEMES, Field
from mediaoptout.errors import UsageError
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Holder, Role, Work

FIRST_DAY: Final = date(2019, 4, 17)
"""The day of Directive (EU) 2019/790: nobody reserved under it before."""

METHODS: Final = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
"""How a check sum was made, by the number of its digits."""

T = TypeVar("T")

_PART: Final = "\x1f"
_SEVERAL: Final = re.compile(r"\s*[;|\n]\s*|\s+/\s+")
_FORMULA: Final = re.compile(r'="([^"]*)"')
_SHORTENED: Final = re.compile(r"\d(?:[.,]\d+)?e\+?\d+", re.IGNORECASE)
_ERRORS: Final = frozenset(
    "#N/A #REF! #NAME? #VALUE! #DIV/0! #NULL! #NUM! #NOM? #VALEUR! #NUL! #NOMBRE!".split()
)
_HASHES: Final = re.compile(r"#{3,}")
_MAIL: Final = re.compile(r"[^@\s;,/]+@[^@\s;,/]+\.[^@\s;,/.]+")
_PAGE: Final = re.compile(r"https?://[^\s/?#@]+\.[^\s/?#.]+(?:[/?#]\S*)?", re.IGNORECASE)
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d.*)?")
_DAYS: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")
_SERIAL: Final = re.compile(r"4\d{4}")
_METHOD: Final = re.compile(r"^(?:md5|sha-?\d+)\s*[:=]\s*", re.IGNORECASE)
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]+")
_P_SIGN: Final = re.compile(r"^(?:℗|\(p\)|p(?=\s*\d{4}))\s*", re.IGNORECASE)
_C_SIGN: Final = re.compile(r"^(?:©|\(c\)|c(?=\s*\d{4}))\s*", re.IGNORECASE)
_DIGITS: Final = {Scheme.GTIN: (12, 13, 14, 8), Scheme.ISNI: (16,), Scheme.ORCID: (16,)}
"""How many digits the identifiers have that spreadsheets take for numbers."""
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


class _Bad(Exception):
    """A cell that is wrong."""

    def __init__(self, code: str, message: str, expected: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.expected = code, message, expected


def clean(cell: str) -> str:
    """A cell without what spreadsheets put around it (``="0123"``, ``'0123``, hard spaces)."""
    text = cell.replace("\xa0", " ").replace("\ufeff", "").strip()
    formula = _FORMULA.fullmatch(text)
    if formula:
        return formula[1].strip()
    return text[1:] if text[:1] == "'" and text[1:].isdigit() else text


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
    contacts = list(reading.each(Field.CONTACT, _address))
    said = Particulars(
        file=reading.file(),
        checksum=reading.one(Field.CHECKSUM, _checksum),
        work=reading.work(),
        holders=tuple(reading.holders(producer)),
        copyright=reading.copyright(),
        declared=reading.one(Field.DATE, _day),
        licence_url=next((each for each in contacts if _PAGE.fullmatch(each)), None),
        licence_contact=next((each for each in contacts if _MAIL.fullmatch(each)), None),
        policy_url=reading.one(Field.POLICY, _page),
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
            if cell.upper() in _ERRORS or _HASHES.fullmatch(cell):
                bad = _Bad("catalogue-cell", "the spreadsheet has an error there, and no value")
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
        title, artist = self.one(Field.TITLE, _line), self.one(Field.ARTIST, _line)
        version = self.one(Field.VERSION, _line)
        if title and version and version.casefold() not in title.casefold():
            title = f"{title} ({version})"
        identifiers = tuple(sorted(set(self._identifiers())))
        return Work(title, artist, identifiers) if title or artist or identifiers else None

    def copyright(self) -> str | None:
        """The notice: its own column's, or else the (P) and the (C) line."""
        notice = self.one(Field.COPYRIGHT, _line)
        signed = (self.one(Field.P_LINE, _p_line), self.one(Field.C_LINE, _c_line))
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
            except _Bad as bad:
                self._fault(column, cell, bad)
        return None

    def each(self, field: Field, parse: Callable[[str], str]) -> Iterator[str]:
        """The values of a role that several columns may have, several in a cell."""
        for column, cell in self._cells[field]:
            for part in parts(cell):
                try:
                    yield parse(part)
                except _Bad as bad:
                    self._fault(column, part, bad)

    def _identifiers(self) -> Iterator[Identifier]:
        for field, scheme in _OF_WORKS.items():
            for column, cell in self._cells[field]:
                for text in [cell] if scheme in _ALONE else parts(cell):
                    yield from self._identifier(column, scheme, text)

    def _identifier(self, column: Column, scheme: Scheme, text: str) -> Iterator[Identifier]:
        try:
            yield identifier(scheme, text)
        except _Bad as bad:
            self._fault(column, text, bad)

    def _of_holders(self, field: Field, count: int) -> list[list[Identifier]]:
        """The identifiers of so many holders, in the order of their names."""
        found: list[list[Identifier]] = [[] for _ in range(count)]
        for scheme in HOLDER_SCHEMES if count else ():
            for column, cell in self._cells[f"{scheme}:{field}"]:
                texts = [text.strip() for text in _SEVERAL.split(cell)]
                if len(texts) != count:
                    message = f"there are {len(texts)} of them for {count} names"
                    expected = "one for each name, in their order, parted by ;"
                    self._fault(column, cell, _Bad("catalogue-identifier", message, expected))
                    continue
                for own, text in zip(found, texts, strict=True):
                    own.extend(self._identifier(column, scheme, text) if text else ())
        return found

    def _fault(self, column: Column, value: str, bad: _Bad) -> None:
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


def parts(cell: str) -> list[str]:
    """The values of a cell that has several: parted by ``;``, ``|``, a line end or `` / ``."""
    return [" ".join(part.split()) for part in _SEVERAL.split(cell) if part.strip()]


def identifier(scheme: Scheme, text: str) -> Identifier:
    """An identifier as a cell has it; what a spreadsheet did to it is told.

    Raises:
        _Bad: it is wrong.
    """
    if _SHORTENED.fullmatch(text) and scheme in _DIGITS:
        raise _Bad(
            "catalogue-identifier",
            "the spreadsheet took it for a number and cut its digits off",
            f"all {_counts(scheme)} digits, in a column of the format 'text'",
        )
    try:
        return Identifier.parse(scheme, text)
    except UsageError as error:
        whole = _filled(scheme, text)
        if whole is not None:
            raise _Bad(
                "catalogue-identifier",
                "the spreadsheet took it for a number and lost its leading zeros",
                whole,
            ) from None
        raise _Bad("catalogue-identifier", error.message) from None


def _counts(scheme: Scheme) -> str:
    *first, last = map(str, _DIGITS[scheme])
    return f"{', '.join(first)} or {last}" if first else last


def _filled(scheme: Scheme, text: str) -> str | None:
    """The identifier with the leading zeros that it must have had; None if it had none."""
    if not text.isdigit():
        return None
    for count in _DIGITS.get(scheme, ()):
        if len(text) < count:
            try:
                Identifier.parse(scheme, text.zfill(count))
            except UsageError:
                continue
            return text.zfill(count)
    return None


def _line(text: str) -> str:
    return " ".join(text.split())


def _p_line(text: str) -> str:
    return _signed(text, "℗", _P_SIGN)


def _c_line(text: str) -> str:
    return _signed(text, "©", _C_SIGN)


def _signed(text: str, sign: str, signs: re.Pattern[str]) -> str:
    """A line of a notice with its sign before it, however it was written."""
    line = _line(text)
    return line if line.startswith(("℗ ", "© ")) else f"{sign} {signs.sub('', line, count=1)}"


def _checksum(text: str) -> str:
    digits = _METHOD.sub("", text).strip().lower()
    if len(digits) in METHODS and _HEXADECIMAL.fullmatch(digits):
        return digits
    *first, last = map(str, METHODS)
    expected = f"{', '.join(first)} or {last} hexadecimal digits"
    raise _Bad("catalogue-checksum", "this is no check sum", expected)


def _page(text: str) -> str:
    if _PAGE.fullmatch(text):
        return text
    bare = text.removeprefix("//")
    expected = f"https://{bare}" if _PAGE.fullmatch(f"https://{bare}") else "https://…"
    raise _Bad("catalogue-address", "this is no address of a page", expected)


def _address(text: str) -> str:
    bare = text.removeprefix("mailto:")
    if _MAIL.fullmatch(bare):
        return bare
    if "@" in bare and "/" not in bare:
        raise _Bad("catalogue-address", "this is no e-mail address", "name@example.org")
    return _page(text)


def _day(text: str) -> date:
    """The day of the declaration."""
    day = _parsed_day(text)
    if day < FIRST_DAY:
        raise _Bad(
            "catalogue-date",
            "nobody could declare a reservation on that day; is it the date of release?",
            f"the day of the declaration, from {FIRST_DAY} on",
        )
    if day > datetime.now(UTC).date() + timedelta(days=1):
        raise _Bad("catalogue-date", "that day is in the future", "the day of the declaration")
    return day


def _parsed_day(text: str) -> date:
    """A day as ISO 8601 has it, or with the day before the month, where that is clear."""
    iso, days = _ISO.fullmatch(text), _DAYS.fullmatch(text)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if days:
            return _day_or_month(days)
    except ValueError:
        raise _Bad("catalogue-date", "there is no such day", "YYYY-MM-DD") from None
    expected = "YYYY-MM-DD"
    if _SERIAL.fullmatch(text):
        expected = (date(1899, 12, 30) + timedelta(days=int(text))).isoformat()
    raise _Bad("catalogue-date", "this is no date", expected)


def _day_or_month(days: re.Match[str]) -> date:
    """``21.3.2025`` has the day first; with other signs it may be the month (``3/21/2025``)."""
    first, sign, second, year = int(days[1]), days[2], int(days[3]), int(days[4])
    if sign == "." or first > 12 or first == second:
        return date(year, second, first)
    if second > 12:
        return date(year, first, second)
    either = f"{date(year, second, first)} or {date(year, first, second)}"
    raise _Bad("catalogue-date", "the day could be the month", either)
