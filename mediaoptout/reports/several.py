"""Several reports of one run: chosen by the ends of their names, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Final

from mediaoptout.errors import UsageError, WriteError
from mediaoptout.reports.base import Options, Report, Run
from mediaoptout.reports.row import Record, Row
from mediaoptout.splice.writer import pour
from mediaoptout.words import Exit

_KINDS: Final = {
    ".html": ("page", "Page"),
    ".xml": ("junit", "JUnit"),
    ".csv": ("spreadsheet", "Spreadsheet"),
    ".jsonl": ("lines", "Lines"),
    ".json": ("summary", "Summary"),
}
SUFFIXES: Final = tuple(_KINDS)
"""How the names of reports end."""

_HEAD: Final = 512


class Reports:
    """The reports of a run. Use as a context manager; without `finish` nothing is written.

    Args:
        targets: the files that are to be made.
        options: how they are made.

    Raises:
        UsageError: a name ends in nothing that we know, two are one file, the folder is not
            there, or something is there that is no report of ours.
    """

    def __init__(self, targets: Iterable[Path], options: Options | None = None) -> None:
        self._reports: list[tuple[Path, Report]] = []
        chosen = [(target, _kind(target)) for target in targets]
        _check_distinct([target for target, _ in chosen])
        for target, kind in chosen:
            _check_place(target, kind)
        try:
            for target, kind in chosen:
                self._reports.append((target, kind(target.parent, options or Options())))
        except OSError as error:
            self.close()
            raise UsageError(
                f"a report cannot be begun in {target.parent}: {error.strerror or error}",
                fix="name a folder that you may write to",
            ) from error

    @property
    def targets(self) -> tuple[Path, ...]:
        """The files that are made."""
        return tuple(target for target, _ in self._reports)

    def add(self, record: Record, exit_code: Exit | None = None) -> None:
        """Take in one file.

        Args:
            record: its record.
            exit_code: what it contributes to the exit code, where that is not its own affair.
        """
        if self._reports:
            row = Row.of(record, exit_code)
            for _, report in self._reports:
                report.add(row)

    def finish(self, run: Run) -> None:
        """Write every report; one that is there already is replaced in one step.

        Args:
            run: what is known of the run.

        Raises:
            WriteError: one could not be written; the others are.
        """
        failed: WriteError | None = None
        for target, report in self._reports:
            try:
                pour(report.pieces(run), target, size=report.size, replace=True)
            except WriteError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def close(self) -> None:
        """Let go of what was gathered."""
        for _, report in self._reports:
            report.close()

    def __enter__(self) -> Reports:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _kind(target: Path) -> type[Report]:
    home = _KINDS.get(target.suffix.lower())
    if home is None:
        raise UsageError(
            f"what kind of report is {str(target)!r}?",
            fix=f"let its name end in one of: {', '.join(SUFFIXES)}",
        )
    module, name = home
    kind: type[Report] = getattr(import_module(f"mediaoptout.reports.{module}"), name)
    return kind


def _check_distinct(targets: list[Path]) -> None:
    seen: set[str] = set()
    for target in targets:
        place = os.path.realpath(target)
        if place in seen:
            raise UsageError(f"{target} is named twice", fix="name each report once")
        seen.add(place)


def _check_place(target: Path, kind: type[Report]) -> None:
    """Whether a report may stand there: nothing of anybody else's is ever replaced."""
    try:
        if not target.parent.is_dir():
            raise UsageError(f"there is no folder {target.parent}", fix="make it first")
        if not os.path.lexists(target):
            return
        if target.is_file():
            with target.open("rb") as stream:
                head = stream.read(_HEAD)
            if not head or kind.wrote(head):
                return
    except OSError as error:
        raise UsageError(
            f"{target} cannot be looked at: {error.strerror or error}", fix="name another file"
        ) from error
    raise UsageError(
        f"{target} is there already, and is no report of this kind", fix="name another file"
    )
