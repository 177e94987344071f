"""What one cell of a catalogue holds: numbers, days, addresses and lines, as people write them.

Whatever a spreadsheet did to a value is said with the value that was meant, as far as that can be
told.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from mediaoptout.errors import UsageError
from mediaoptout.reservation.identifiers import Identifier, Scheme

FIRST_DAY: Final = date(2019, 4, 17)
"""The day of Directive (EU) 2019/790: nobody reserved under it before."""

METHODS: Final = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
"""How a check sum was made, by the number of its digits."""

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


class BadCell(Exception):
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


def is_error(cell: str) -> bool:
    """Whether a cell shows an error of the spreadsheet (``#N/A``, ``####``), and no value."""
    return cell.upper() in _ERRORS or _HASHES.fullmatch(cell) is not None


def is_page(text: str) -> bool:
    """Whether a text is the address of a page."""
    return _PAGE.fullmatch(text) is not None


def parts(cell: str) -> list[str]:
    """The values of a cell that has several: parted by ``;``, ``|``, a line end or `` / ``."""
    return [" ".join(part.split()) for part in _SEVERAL.split(cell) if part.strip()]


def places(cell: str) -> list[str]:
    """The same, with the empty ones: what stands at the place of each of several names."""
    return [part.strip() for part in _SEVERAL.split(cell)]


def identifier(scheme: Scheme, text: str) -> Identifier:
    """An identifier as a cell has it; what a spreadsheet did to it is told.

    Raises:
        BadCell: it is wrong.
    """
    if _SHORTENED.fullmatch(text) and scheme in _DIGITS:
        raise BadCell(
            "catalogue-identifier",
            "the spreadsheet took it for a number and cut its digits off",
            f"all {_counts(scheme)} digits, in a column of the format 'text'",
        )
    try:
        return Identifier.parse(scheme, text)
    except UsageError as error:
        whole = _filled(scheme, text)
        if whole is not None:
            raise BadCell(
                "catalogue-identifier",
                "the spreadsheet took it for a number and lost its leading zeros",
                whole,
            ) from None
        raise BadCell("catalogue-identifier", error.message) from None


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


def line(text: str) -> str:
    """A text as one line."""
    return " ".join(text.split())


def p_line(text: str) -> str:
    """A (P) line, with its sign once."""
    return _signed(text, "℗", _P_SIGN)


def c_line(text: str) -> str:
    """A (C) line, with its sign once."""
    return _signed(text, "©", _C_SIGN)


def _signed(text: str, sign: str, signs: re.Pattern[str]) -> str:
    """A line of a notice with its sign before it, however it was written."""
    said = line(text)
    return said if said.startswith(("℗ ", "© ")) else f"{sign} {signs.sub('', said, count=1)}"


def checksum(text: str) -> str:
    """A check sum: hexadecimal digits, in lower case.

    Raises:
        BadCell: it is none.
    """
    digits = _METHOD.sub("", text).strip().lower()
    if len(digits) in METHODS and _HEXADECIMAL.fullmatch(digits):
        return digits
    *first, last = map(str, METHODS)
    expected = f"{', '.join(first)} or {last} hexadecimal digits"
    raise BadCell("catalogue-checksum", "this is no check sum", expected)


def page(text: str) -> str:
    """The address of a page.

    Raises:
        BadCell: it is none.
    """
    if _PAGE.fullmatch(text):
        return text
    bare = text.removeprefix("//")
    expected = f"https://{bare}" if _PAGE.fullmatch(f"https://{bare}") else "https://…"
    raise BadCell("catalogue-address", "this is no address of a page", expected)


def address(text: str) -> str:
    """An address to ask for a licence: a page or e-mail.

    Raises:
        BadCell: it is none.
    """
    bare = text.removeprefix("mailto:")
    if _MAIL.fullmatch(bare):
        return bare
    if "@" in bare and "/" not in bare:
        raise BadCell("catalogue-address", "this is no e-mail address", "name@example.org")
    return page(text)


def day(text: str) -> date:
    """The day of the declaration.

    Raises:
        BadCell: it is none.
    """
    found = _parsed_day(text)
    if found < FIRST_DAY:
        raise BadCell(
            "catalogue-date",
            "nobody could declare a reservation on that day; is it the date of release?",
            f"the day of the declaration, from {FIRST_DAY} on",
        )
    if found > datetime.now(UTC).date() + timedelta(days=1):
        raise BadCell("catalogue-date", "that day is in the future", "the day of the declaration")
    return found


def _parsed_day(text: str) -> date:
    """A day as ISO 8601 has it, or with the day before the month, where that is clear."""
    iso, days = _ISO.fullmatch(text), _DAYS.fullmatch(text)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if days:
            return _day_or_month(days)
    except ValueError:
        raise BadCell("catalogue-date", "there is no such day", "YYYY-MM-DD") from None
    expected = "YYYY-MM-DD"
    if _SERIAL.fullmatch(text):
        expected = (date(1899, 12, 30) + timedelta(days=int(text))).isoformat()
    raise BadCell("catalogue-date", "this is no date", expected)


def _day_or_month(days: re.Match[str]) -> date:
    """``21.3.2025`` has the day first; with other signs it may be the month (``3/21/2025``)."""
    first, sign, second, year = int(days[1]), days[2], int(days[3]), int(days[4])
    if sign == "." or first > 12 or first == second:
        return date(year, second, first)
    if second > 12:
        return date(year, first, second)
    either = f"{date(year, second, first)} or {date(year, first, second)}"
    raise BadCell("catalogue-date", "the day could be the month", either)
