"""How far a run is: a bar on a terminal, a line now and then elsewhere; on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from mediaoptout.cli import humane
from mediaoptout.cli.console import Console

if TYPE_CHECKING:
    from rich.progress import Task
    from rich.text import Text

EVERY: Final = 10.0
"""Seconds between two lines where there is no terminal."""

Advance = Callable[[int], None]


@contextmanager
def progress(console: Console, files: int, total: int) -> Iterator[Advance]:
    """Show how far a run is.

    Args:
        console: where its answers go.
        files: how many files it is over.
        total: how many bytes they hold.

    Yields:
        A function to be called with the size of each file that is done.
    """
    if console.quiet:
        yield lambda _size: None
    elif sys.stderr.isatty():
        with _bar(console, files, total) as advance:
            yield advance
    else:
        yield _Lines(files, total).advance


class _Lines:
    def __init__(self, files: int, total: int) -> None:
        self._files, self._total = files, total
        self._done = self._bytes = 0
        self._began = self._said = time.monotonic()

    def advance(self, size: int) -> None:
        """One more file is done."""
        self._done += 1
        self._bytes += size
        now = time.monotonic()
        if now - self._said >= EVERY:
            self._said = now
            print(self._line(now - self._began), file=sys.stderr, flush=True)

    def _line(self, seconds: float) -> str:
        share = self._bytes / self._total if self._total else self._done / self._files
        left = humane.duration(seconds / share - seconds) if share else "unknown"
        return (
            f"{self._done:,} of {humane.count(self._files, 'file')},"
            f" {humane.size(self._bytes)} of {humane.size(self._total)},"
            f" {humane.size(self._bytes / seconds)}/s, time left: {left}"
        )


@contextmanager
def _bar(console: Console, files: int, total: int) -> Iterator[Advance]:
    from rich.console import Console as RichConsole
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        ProgressColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.text import Text as RichText

    class Files(ProgressColumn):
        def render(self, task: Task) -> Text:
            done = task.fields["done"]
            return RichText(f"{done:,}/{humane.count(files, 'file')}")

    bar = Progress(
        Files(),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=RichConsole(file=sys.stderr),
        redirect_stdout=False,
        redirect_stderr=False,
        transient=True,
        expand=True,
    )
    with bar:
        task = bar.add_task("", total=max(1, total), done=0)
        done = 0

        def advance(size: int) -> None:
            nonlocal done
            done += 1
            bar.update(task, advance=size, done=done)

        def above(text: str) -> None:
            bar.console.print(RichText.from_ansi(text), soft_wrap=True)

        console.write_above(above)
        try:
            yield advance
        finally:
            console.write_above(None)
