"""What a command says: answers on standard output, all else on standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TextIO

from mediaoptout.cli.settings import Color, Format
from mediaoptout.errors import ErrorInfo
from mediaoptout.words import Status, Verdict

if TYPE_CHECKING:
    from mediaoptout.records import EmbedRecord, InspectRecord, VerifyRecord

_STYLES: Final = {"good": "32", "bad": "31", "odd": "33", "faint": "2", "strong": "1"}
_GOOD: Final = frozenset({Verdict.RESERVED, Status.WRITTEN, Status.UNCHANGED, Status.PLANNED})
_BAD: Final = frozenset({Status.FAILED, Verdict.DAMAGED, Verdict.CONFLICT})


def printable(text: object) -> str:
    """A text of somebody else, safe on a terminal: what steers one is spelt out."""
    whole = str(text)
    if whole.isprintable():
        return whole
    return "".join(
        char if char.isprintable() or char == " " else char.encode("unicode_escape").decode()
        for char in whole
    )


def spelling_out() -> None:
    """From now on, what a terminal's encoding cannot show is spelt out, and ends no run."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def report(error: ErrorInfo) -> None:
    """An error that ends the command, on standard error."""
    lines = [printable(line) for line in error.message.splitlines()] or [error.code]
    print("mediaoptout: " + "\n".join(lines), file=sys.stderr)
    if error.fix:
        print(f"  {printable(error.fix)}", file=sys.stderr)


def finishing() -> None:
    """What the first Ctrl-C is answered with."""
    print("\nfinishing the files in hand; Ctrl-C again stops at once", file=sys.stderr, flush=True)


class Console:
    """Where a command's words go.

    Args:
        form: the form of the answer.
        quiet: say only what needs attention.
        color: whether to colour.
    """

    def __init__(self, form: Format, *, quiet: bool = False, color: Color = Color.AUTO) -> None:
        self.form = form
        self.quiet = quiet
        self._color = color
        self._above: Callable[[str], None] | None = None
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A name that is no Unicode must not end the run; in JSON this gives a valid escape.
            encoding = "utf-8" if form is Format.JSONL else None
            sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")

    @property
    def text(self) -> bool:
        """Whether people read the answer."""
        return self.form is Format.TEXT

    def write_above(self, write: Callable[[str], None] | None) -> None:
        """While a bar moves at the foot of the terminal, lines go through it."""
        self._above = write

    def record(self, record: EmbedRecord | VerifyRecord | InspectRecord) -> None:
        """A record, where records are wanted."""
        from mediaoptout.records import to_line

        self.line(to_line(record))

    def line(self, text: str = "") -> None:
        """A line of the answer, where people read it."""
        if self._above is not None and sys.stdout.isatty():
            self._above(text)
        else:
            print(text, flush=True)

    def note(self, text: str = "") -> None:
        """A line beside the answer."""
        print(text, file=sys.stderr, flush=True)

    def style(self, style: str, text: str) -> str:
        """``text`` in a style, where colour is wanted."""
        stream = sys.stdout if self.text else sys.stderr
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._colours(stream) else text

    def outcome(self, word: Status | Verdict | None, width: int = 0) -> str:
        """A status or verdict in its colour; None is a file that could not be read."""
        style = "good" if word in _GOOD else "bad" if word is None or word in _BAD else "odd"
        return self.style(style, f"{word or 'unread':{width}}")

    def _colours(self, stream: TextIO) -> bool:
        if self._color is Color.AUTO:
            return stream.isatty() and not os.environ.get("NO_COLOR")
        return self._color is Color.ALWAYS
