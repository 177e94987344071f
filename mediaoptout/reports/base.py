"""What every report is: it takes rows while a run goes, and is there whole at its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Protocol

from mediaoptout.reports.row import Row
from mediaoptout.words import Exit


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is known of a run at its end.

    Args:
        command: ``verify`` or ``embed``.
        started: when, in UTC.
        seconds: how long it took.
        skipped: how many files in folders were no media.
        complete: whether it went to its end, and was not stopped.
        exit: its exit code.
        policy: the name of the policy or profile that says what is expected, or None.
    """

    command: str
    started: datetime
    seconds: float
    skipped: int = 0
    complete: bool = True
    exit: Exit = Exit.AS_EXPECTED
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How reports are made.

    Args:
        thumbnails: whether pages show small pictures of pictures.
    """

    thumbnails: bool = False


class Report(Protocol):
    """One report. What it gathers is on the disk; what it holds does not grow with the run."""

    SUFFIX: ClassVar[str]
    """How the names of such reports end."""

    def __init__(self, folder: Path, options: Options) -> None:
        """Begin.

        Args:
            folder: where it may keep what it gathers.
            options: how it is made.
        """
        ...

    @staticmethod
    def wrote(head: bytes) -> bool:
        """Whether the file that begins with ``head`` was made by such a report."""
        ...

    def add(self, row: Row) -> None:
        """Take in one file."""
        ...

    @property
    def size(self) -> int:
        """About how many bytes it will have."""
        ...

    def pieces(self, run: Run) -> Iterator[bytes]:
        """The whole report, in order."""
        ...

    def close(self) -> None:
        """Let go of what it gathered."""
        ...
