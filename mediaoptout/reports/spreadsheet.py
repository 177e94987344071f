"""``x.csv``: a row a file, for spreadsheets (RFC 4180; UTF-8 with a byte order mark).

A cell that a spreadsheet would take for a formula begins with an apostrophe: names and tags are
other people's words.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mediaoptout.records import Finding
from mediaoptout.reports.base import Options, Run
from mediaoptout.reports.row import Row
from mediaoptout.reports.spool import Spool
from mediaoptout.words import Permission, Severity, Use

COLUMNS: Final = (
    "path",
    "outcome",
    "as_expected",
    "container",
    "size",
    *Use,
    "carriers",
    "missing",
    "integrity",
    "trust",
    "signer",
    "signed_at",
    "timestamped",
    "errors",
    "warnings",
    "rules",
    "findings",
    "what_to_do",
    "output",
)
"""The columns, in their order; what a command knows nothing of is empty."""

MAX_CELL: Final = 32_767
"""How many characters a cell may hold in the spreadsheets of the day."""

_MARK: Final = "\ufeff"
_FORMULA: Final = re.compile(
    r"(^|[;\t\n])([ \t'\u00a0\u200b-\u200f\ufeff]*)(?=[=+\-@|%\uff0b\uff0d\uff1d\uff20])"
)
"""Where a formula could begin: also behind a semicolon, at which other locales part cells."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def cell(value: object) -> str:
    """A value as it can stand in a cell without being a formula, or breaking the table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", str(value))
    text = _FORMULA.sub(r"\1'\2", text)
    return text if len(text) <= MAX_CELL else text[: MAX_CELL - 1] + "…"


class Spreadsheet:
    """One row a file, comma separated."""

    SUFFIX = ".csv"

    def __init__(self, folder: Path, options: Options) -> None:
        self._spool = Spool(folder)
        self._spool.write(_MARK + _line(COLUMNS))

    @staticmethod
    def wrote(head: bytes) -> bool:
        """See `Report`."""
        return head.startswith((_MARK + ",".join(COLUMNS[:4])).encode())

    def add(self, row: Row) -> None:
        """See `Report`."""
        self._spool.write(_line(_values(row)))

    @property
    def size(self) -> int:
        """See `Report`."""
        return self._spool.size

    def pieces(self, run: Run) -> Iterator[bytes]:
        """See `Report`."""
        return self._spool.chunks()

    def close(self) -> None:
        """See `Report`."""
        self._spool.close()


def _values(row: Row) -> Iterator[object]:
    yield row.path
    yield row.outcome
    yield not row.exit
    yield row.container
    yield row.size
    for use in Use:
        yield row.uses.get(use, Permission.UNSTATED) if row.uses else None
    yield " ".join(row.carriers)
    yield " ".join(row.missing)
    credential = row.credential
    if credential is None:
        yield from (None,) * 5
    else:
        yield credential.integrity
        yield credential.trust
        yield credential.signer
        yield credential.signed_at
        yield credential.timestamped
    yield row.count(Severity.ERROR)
    yield row.count(Severity.WARNING)
    yield " ".join(dict.fromkeys(finding.rule for finding in row.findings))
    yield "\n".join(_sentence(finding) for finding in row.findings)
    yield "\n".join(dict.fromkeys(finding.fix for finding in row.findings if finding.fix))
    yield row.output


def _sentence(finding: Finding) -> str:
    return f"{finding.severity}: {finding.message}"


def _line(values: Iterator[object] | tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([cell(value) for value in values])
    return text.getvalue()
