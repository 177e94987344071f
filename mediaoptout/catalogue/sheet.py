"""A catalogue as a table, whatever it was saved as: its headers, and its rows as they are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final

from mediaoptout.catalogue import delimited, ern, workbook
from mediaoptout.catalogue.delimited import HEADER_WITHIN, Cells
from mediaoptout.catalogue.faults import CatalogueError
from mediaoptout.catalogue.headers import is_known, key

MAX_ROWS: Final = 1_048_576
"""How many rows are read: as many as a sheet of a spreadsheet has."""

_ZIP: Final = b"PK\x03\x04"
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"
_XML: Final = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<\0", b"\xfe\xff\0<")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table.

    Args:
        path: the file.
        how: how it was read, for people (``UTF-8, semicolons``).
        header_row: the number of the row that has the headers; None where there is none.
        headers: the headers.
        rows: the rows after it that are not empty, each with its number, as they are read.
        unit: what is numbered: ``row`` as in the spreadsheet, or ``line`` of the message.
    """

    path: Path
    how: str
    header_row: int | None
    headers: tuple[str, ...]
    rows: Iterator[tuple[int, Cells]]
    unit: str = "row"


def open_sheet(path: Path, told: Collection[str] = ()) -> Sheet:
    """The table in a file: text with delimiters, an ``.xlsx`` workbook, or a DDEX message.

    Args:
        path: the file; what it is, is told by its first bytes.
        told: headers that are known besides those of the package.

    Raises:
        CatalogueError: it cannot be read as a table, or has no row of headers.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
        return _opened(path, head, told)
    except OSError as error:
        raise CatalogueError(
            f"the catalogue {path} cannot be read: {error.strerror or error}",
            fix="check the name, and that you may read it",
        ) from error


def _opened(path: Path, head: bytes, told: Collection[str]) -> Sheet:
    if head.startswith(_OLD_OFFICE):
        raise CatalogueError(
            f"{path} is a workbook of the old kind (.xls)", fix="save it as .xlsx or CSV (UTF-8)"
        )
    if head.lstrip().startswith(_XML):
        how, columns, rows = ern.read(path)
        if not rows:
            raise CatalogueError(f"{path} names no recording with a file or an ISRC")
        return Sheet(path, how, None, columns, iter(rows), "line")
    if not head.strip():
        raise CatalogueError(f"{path} is empty", fix="give another file")
    known = _counter(told)
    read = workbook.read if head.startswith(_ZIP) else delimited.read
    how, cells = read(path, known)
    first = list(islice(cells, HEADER_WITHIN))
    number = max(range(len(first)), key=lambda at: known(first[at]), default=0)
    if not first or not known(first[number]):
        raise CatalogueError(
            f"{path} has no row of headers that are known ({how})",
            fix="name the columns in the first row (file, isrc, title …), or say what one of them"
            " is with --column HEADER=ROLE",
        )
    headers = tuple(" ".join(cell.split()) for cell in first[number])
    rest = chain(first[number + 1 :], cells)
    return Sheet(path, how, number + 1, _trimmed(headers), _numbered(rest, number + 2))


def _counter(told: Collection[str]) -> Callable[[Cells], int]:
    own = {key(header) for header in told} - {()}

    def known(row: Cells) -> int:
        return sum(len(cell) < 100 and (is_known(cell) or key(cell) in own) for cell in row)

    return known


def _trimmed(headers: Sequence[str]) -> tuple[str, ...]:
    """The headers without the empty ones at their end."""
    last = max((at for at, header in enumerate(headers) if header), default=-1)
    return tuple(headers[: last + 1])


def _numbered(rows: Iterator[Cells], first: int) -> Iterator[tuple[int, Cells]]:
    for number, cells in enumerate(rows, first):
        if number > MAX_ROWS:
            raise CatalogueError(f"there are more than {MAX_ROWS:,} rows", fix="part the catalogue")
        if any(cell.strip() for cell in cells):
            yield number, cells
