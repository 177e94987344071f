"""The reports of a run, for the commands that take ``--report``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from mediaoptout.cli.console import Console, printable
from mediaoptout.records import EmbedRecord, VerifyRecord
from mediaoptout.words import Exit, FailOn

if TYPE_CHECKING:
    from mediaoptout.catalogue.outputs import Job

R = TypeVar("R", EmbedRecord, VerifyRecord)


class Reporting:
    """The reports that a user wants, if any. Use as a context manager.

    Args:
        targets: the files to be made.
        command: whose run it is.
        thumbnails: whether pages show small pictures.
        policy: what says what is expected, or None.
        fail_on: the findings that fail a file of ``verify``.

    Raises:
        UsageError: a report cannot be made there.
    """

    def __init__(
        self,
        targets: Sequence[Path] | None,
        command: str,
        *,
        thumbnails: bool = False,
        policy: str | None = None,
        fail_on: FailOn = FailOn.ERROR,
    ) -> None:
        self._reports = None
        self._command, self._policy, self._fail_on = command, policy, fail_on
        self._started, self._clock = datetime.now(UTC), time.monotonic()
        if targets:
            from mediaoptout.reports.base import Options
            from mediaoptout.reports.several import Reports

            self._reports = Reports(targets, Options(thumbnails=thumbnails))

    def taking(self, outcomes: Iterable[tuple[Job, R | None]]) -> Iterable[tuple[Job, R | None]]:
        """The same outcomes, each taken into the reports as it passes."""
        return outcomes if self._reports is None else self._taking(outcomes)

    def _taking(self, outcomes: Iterable[tuple[Job, R | None]]) -> Iterator[tuple[Job, R | None]]:
        for job, record in outcomes:
            if record is not None and self._reports is not None:
                self._reports.add(record, self._exit(record))
            yield job, record

    def _exit(self, record: EmbedRecord | VerifyRecord) -> Exit:
        if isinstance(record, VerifyRecord):
            return record.exit_on(self._fail_on)
        return record.exit

    def finish(self, console: Console, *, skipped: int, exit_code: Exit, complete: bool) -> None:
        """Write the reports, and say where they are.

        Args:
            console: where that is said.
            skipped: how many files were no media.
            exit_code: that of the run.
            complete: whether it went to its end.
        """
        if self._reports is None:
            return
        from mediaoptout.reports.base import Run

        self._reports.finish(
            Run(
                command=self._command,
                started=self._started,
                seconds=time.monotonic() - self._clock,
                skipped=skipped,
                complete=complete,
                exit=exit_code,
                policy=self._policy,
            )
        )
        if not console.quiet:
            for target in self._reports.targets:
                (console.line if console.text else console.note)(f"Report: {printable(target)}")

    def __enter__(self) -> Reporting:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._reports is not None:
            self._reports.close()
