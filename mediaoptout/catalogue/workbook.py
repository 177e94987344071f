"""Tables in ``.xlsx`` workbooks: the sheet with most known headers, read row by row."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from mediaoptout.catalogue.delimited import HEADER_WITHIN, Cells
from mediaoptout.catalogue.faults import CatalogueError

if TYPE_CHECKING:
    from openpyxl.cell.read_only import ReadOnlyCell

MAX_SHEET: Final = 1 << 30
"""The most that the parts with cells may hold together, unpacked, in bytes; they are streamed."""
MAX_PART: Final = 64 << 20
"""The most that another part may hold, which is taken into memory whole."""
MAX_COLUMNS: Final = 1024
"""How many columns are read."""

_SHEETS: Final = "xl/worksheets/"


def read(path: Path, known: Callable[[Cells], int]) -> tuple[str, Iterator[Cells]]:
    """The rows of the sheet that is the catalogue, with which sheet that is.

    Args:
        path: the workbook.
        known: how many cells of a row are headers that are known.

    Raises:
        CatalogueError: it is no workbook, or too large.
        OSError: it cannot be read.
    """
    _check(path)
    stream = path.open("rb")
    try:
        with _quiet():
            sheets = _sheets(stream)
            fitness = [_fitness(_cells(sheet), known) for sheet in sheets]
    except Exception as error:  # a broken workbook makes openpyxl raise anything
        stream.close()
        raise _broken(path, error) from error
    if not sheets:
        stream.close()
        raise CatalogueError(f"{path} has no sheets", fix="give another file")
    number = max(range(len(sheets)), key=fitness.__getitem__)
    others = [sheet.title for i, sheet in enumerate(sheets) if i != number and fitness[i]]
    how = f"sheet {sheets[number].title!r}"
    if others:
        how += f"; not read: {', '.join(map(repr, others))}"
    return how, _guarded(path, stream, _cells(sheets[number]))


def _sheets(stream: BinaryIO) -> list[Any]:
    from openpyxl import load_workbook

    return load_workbook(stream, read_only=True, data_only=True, keep_links=False).worksheets


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings that openpyxl has for whoever wants to write the workbook again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _check(path: Path) -> None:
    """Look at what the parts of the package say of their sizes before they are unpacked."""
    try:
        with zipfile.ZipFile(path) as package:
            sizes = {part.filename: part.file_size for part in package.infolist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _broken(path, error) from error
    cells = sum(size for name, size in sizes.items() if name.startswith(_SHEETS))
    other = max(
        (size for name, size in sizes.items() if not name.startswith((_SHEETS, "xl/media/"))),
        default=0,
    )
    if cells > MAX_SHEET or other > MAX_PART:
        raise CatalogueError(f"{path} is too large to be read", fix="save the sheet as CSV (UTF-8)")


def _broken(path: Path, error: Exception) -> CatalogueError:
    return CatalogueError(
        f"{path} cannot be read as a workbook: {error}", fix="save the sheet as CSV (UTF-8)"
    )


def _fitness(rows: Iterator[Cells], known: Callable[[Cells], int]) -> int:
    return max(map(known, islice(rows, HEADER_WITHIN)), default=0)


def _cells(sheet: Any) -> Iterator[Cells]:
    """The rows from the first on, empty ones too, so that their numbers are the sheet's."""
    if not hasattr(sheet, "iter_rows"):  # a sheet that is only a chart
        return
    sheet.reset_dimensions()  # programs write wrong ones
    for row in sheet.iter_rows(min_row=1):
        yield tuple(map(_text, row[:MAX_COLUMNS]))


def _guarded(path: Path, stream: BinaryIO, rows: Iterator[Cells]) -> Iterator[Cells]:
    with stream:
        while True:
            try:
                with _quiet():
                    cells = next(rows, None)
            except Exception as error:  # as above
                raise _broken(path, error) from error
            if cells is None:
                return
            yield cells


def _text(cell: ReadOnlyCell) -> str:
    """What a cell shows: numbers without what the program adds to them, dates in ISO 8601."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case float() if value.is_integer() and abs(value) < 1e16:
            return _padded(str(int(value)), cell.number_format)
        case int():
            return _padded(str(value), cell.number_format)
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _padded(digits: str, form: str | None) -> str:
    """Digits with the leading zeros that the cell's format shows (``000000000000``)."""
    return digits.zfill(len(form)) if form and set(form) == {"0"} else digits
