"""What is wrong with a catalogue: all of it said at once, each with its row and column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.errors import ErrorInfo, UsageError

SHOWN_VALUE: Final = 80
"""How much of a value is shown."""


class CatalogueError(UsageError):
    """A catalogue cannot be used as it is; nothing was touched."""

    code = "catalogue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with a catalogue, or between it and the files.

    Args:
        code: what kind of fault it is, for programs.
        message: what is wrong.
        row: the row, as the spreadsheet numbers it; None for a file that has none.
        column: the header of the column, or None.
        value: what stands there, or None.
        expected: what should stand there, or None.
        path: the file, where it is about one.
    """

    code: str
    message: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    expected: str | None = None
    path: str | None = None

    def __str__(self) -> str:
        return self.told("row")

    def told(self, unit: str) -> str:
        """The fault in a sentence.

        Args:
            unit: what ``row`` numbers: a ``row``, or a ``line`` of a message.
        """
        where = [f"{unit} {self.row}"] if self.row is not None else []
        if self.column is not None:
            where.append(self.column)
        if self.path is not None and self.row is None:
            where.append(self.path)
        head = ", ".join(where)
        if self.value is not None:
            head += f" {_short(self.value)!r}"
        said = f"{self.message}; expected {self.expected}" if self.expected else self.message
        return f"{head}: {said}" if head else said

    @property
    def info(self) -> ErrorInfo:
        """The fault as the record of a file shows it."""
        where = f"row {self.row}" if self.row is not None else None
        fix = f"expected {self.expected}" if self.expected else "mend the catalogue"
        return ErrorInfo(self.code, self.message if where is None else str(self), where, fix)


class FaultsError(CatalogueError):
    """A catalogue has faults.

    Args:
        name: the catalogue's.
        faults: all of them.
        unit: what numbers its rows.
    """

    def __init__(self, name: str, faults: Sequence[Fault], unit: str = "row") -> None:
        self.name = name
        self.unit = unit
        self.faults = tuple(faults)
        number = len(self.faults)
        lines = "\n".join(f"  {fault.told(unit)}" for fault in self.faults)
        super().__init__(
            f"{name}: {number} {'mistake' if number == 1 else 'mistakes'}; nothing was touched:"
            f"\n{lines}",
            fix="mend them, or leave out what they are about with --skip-faulty",
        )

    def __reduce__(self) -> tuple[object, ...]:
        return FaultsError, (self.name, self.faults, self.unit)


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Faults in the order of rows, then those of files, in the order of paths."""
    return tuple(
        sorted(
            faults,
            key=lambda fault: (
                fault.row is None,
                fault.row or 0,
                fault.path or "" if fault.row is None else "",
            ),
        )
    )


def _short(value: str) -> str:
    return value if len(value) <= SHOWN_VALUE else value[: SHOWN_VALUE - 1] + "…"
