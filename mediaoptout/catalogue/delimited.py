"""Tables as text: comma, semicolon, tab or pipe between the cells, quotes around what has them.

Which one parts the cells is told by the header: the sign with which most columns are known.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from mediaoptout.catalogue.encodings import TITLES, encoding_of
from mediaoptout.catalogue.faults import CatalogueError

DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}
SNIFFED: Final = 1 << 16
"""How much text is tried with every delimiter, in characters."""
HEADER_WITHIN: Final = 30
"""In how many of the first rows the header is looked for."""
MAX_LINE: Final = 1 << 20
"""The longest line, in characters; a cell may have no more than `csv` allows (131,072)."""

_NONE: Final = "\x1f"  # stands in no table: all is one column

Cells = Sequence[str]


def read(path: Path, known: Callable[[Cells], int]) -> tuple[str, Iterator[Cells]]:
    """The rows of a table, with how it was read.

    Args:
        path: the file.
        known: how many cells of a row are headers that are known.

    Returns:
        Encoding and delimiter for people, and the rows, as they are read.

    Raises:
        CatalogueError: it is no table.
        OSError: it cannot be read.
    """
    encoding = encoding_of(path)
    head = _head(path, encoding)
    told, start = _told(head)
    delimiter = told or _sniffed(head, known)
    how = f"{TITLES[encoding]}, {_named(delimiter)}"
    return how, _rows(path, encoding, delimiter, start)


def _named(delimiter: str) -> str:
    return "one column" if delimiter == _NONE else DELIMITERS.get(delimiter, repr(delimiter))


def _head(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        return stream.read(SNIFFED)


def _told(head: str) -> tuple[str | None, int]:
    """The delimiter of a line ``sep=;`` as Excel has it, and how long that line is."""
    first = head.splitlines(keepends=True)[0] if head else ""
    bare = first.strip().strip('"').strip()
    tab = first.rstrip("\r\n").endswith("=\t")
    if bare.lower().startswith("sep=") and (len(bare) == 5 or tab):
        return ("\t" if tab else bare[4]), len(first)
    return None, 0


def _sniffed(head: str, known: Callable[[Cells], int]) -> str:
    """The delimiter with which the best row of headers knows most columns, and has most."""

    def fitness(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
        try:
            return max((known(row), len(row)) for row in islice(reader, HEADER_WITHIN))
        except (csv.Error, ValueError):  # no rows, or none that can be read so
            return 0, 0

    best = max(DELIMITERS, key=fitness)
    return best if fitness(best)[1] > 1 else _NONE


def _rows(path: Path, encoding: str, delimiter: str, start: int) -> Iterator[Cells]:
    with path.open(encoding=encoding, newline="") as stream:
        if start:
            stream.readline()
        reader = csv.reader(_lines(stream), delimiter=delimiter, skipinitialspace=True, strict=True)
        row = 0
        try:
            for cells in reader:
                row += 1  # the errors below name it
                yield cells
        except csv.Error as error:
            raise CatalogueError(
                f"{path}: the row after row {row} cannot be read: {error}",
                at=f"row {row + 1}",
                fix="look for a quotation mark that is not closed",
            ) from error
        except UnicodeError as error:
            raise CatalogueError(
                f"{path}: the row after row {row} has bytes that are no {TITLES[encoding]}",
                at=f"row {row + 1}",
                fix="save it again as CSV (UTF-8)",
            ) from error


def _lines(stream: TextIO) -> Iterator[str]:
    """Lines as they are; one that is too long is no line of a table."""
    while line := stream.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise csv.Error("it is too long")
        yield line
