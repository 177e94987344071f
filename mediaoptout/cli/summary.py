"""Records and runs in words: what, how many, why not, and what to do."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from mediaoptout.catalogue.tally import EmbedTally, Reason, VerifyTally, weighty
from mediaoptout.cli import humane
from mediaoptout.cli.console import Console, printable
from mediaoptout.records import Difference, EmbedRecord, VerifyRecord
from mediaoptout.words import Status, Verdict

SHOWN: Final = 80
"""How much of a value is shown, in characters."""
_NOTES: Final = ("mediaoptout:Wrote", "mediaoptout:Before")
_MEANING: Final = {
    Status.WRITTEN: "written",
    Status.PLANNED: "to be written",
    Status.UNCHANGED: "unchanged: they say exactly this already",
    Status.REFUSED: "refused: they could be written, but should not be",
    Status.UNSUPPORTED: "unsupported: a kind of file that is not written",
    Status.FAILED: "failed",
}
_VERDICTS: Final = {
    Verdict.RESERVED: "all expected uses are reserved, for machines to read",
    Verdict.PARTIAL: "only some of the expected uses are reserved for machines",
    Verdict.TEXT_ONLY: "reserved in natural language only",
    Verdict.CONFLICT: "reserved in one place, allowed in another; counts as reserved",
    Verdict.ALLOWED: "the expected uses are allowed",
    Verdict.UNRESERVED: "nothing is said",
    Verdict.DAMAGED: "a block that could hold a reservation cannot be read",
    Verdict.UNSUPPORTED: "a kind of file that is not read",
    None: "could not be read",
}


class Clock:
    """How long a run takes."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __str__(self) -> str:
        return humane.duration(time.monotonic() - self._began)


def embedded(console: Console, record: EmbedRecord) -> None:
    """Lines for a file that needs attention, or would change in a dry run; else nothing."""
    if record.changes and not console.quiet:
        for line in _changes(record):
            console.line(line)
    if record.error is None:
        return
    why = _sentence(record.error.message, record.error.at, record.error.fix)
    console.line(f"{console.outcome(record.status, 11)}  {printable(record.path)}: {why}")


def _changes(record: EmbedRecord) -> Iterator[str]:
    """Old and new of every value, one a line; notes for ourselves are left out."""
    named = {(each.carrier, each.new) for each in record.changes if not _is_default(each)}
    for each in record.changes:
        if _is_default(each) and (each.carrier, each.new) in named:
            continue  # it stands under its language too
        if each.property.startswith(_NOTES):
            continue
        old, new = (_short(value) for value in (each.old, each.new))
        where = f"{printable(record.path)}  {each.carrier}  {printable(each.property)}"
        yield f"{where}  {old} → {new}"


def _is_default(difference: Difference) -> bool:
    return difference.property.endswith("[x-default]")


def _short(value: str | None) -> str:
    if value is None:
        return "(nothing)"
    text = printable(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def of_embed(
    console: Console, tally: EmbedTally, clock: Clock, *, output: Path | None, dry_run: bool
) -> None:
    """What an embed run came to."""
    _of_writing(console, tally, clock, _MEANING, _next(tally, output, dry_run))


def of_strip(console: Console, tally: EmbedTally, clock: Clock, *, dry_run: bool) -> None:
    """What a strip run came to."""
    meaning = _MEANING | {Status.UNCHANGED: "unchanged: nothing in them is ours"}
    _of_writing(console, tally, clock, meaning, _next(tally, None, dry_run))


def _of_writing(
    console: Console,
    tally: EmbedTally,
    clock: Clock,
    meanings: Mapping[Status, str],
    following: Iterable[str],
) -> None:
    if console.quiet:
        return
    say = console.line if console.text else console.note
    say()
    say(console.style("strong", f"{humane.count(tally.files, 'file')} in {clock}"))
    for status, meaning in meanings.items():
        if number := tally.statuses[status]:
            say(f"  {number:>7,}  {meaning}")
    if tally.skipped:
        say(f"  {tally.skipped:>7,}  skipped: no media")
    if tally.bytes_inserted:
        added, copied = humane.size(tally.bytes_inserted), humane.size(tally.bytes_copied)
        say(f"  {added} added to {copied} that stay as they were")
    for line in (*_listed("Not written", tally.reasons), *_listed("To know", tally.warnings)):
        say(line)
    for line in following:
        say(line)


def _next(tally: EmbedTally, output: Path | None, dry_run: bool) -> Iterator[str]:
    if dry_run:
        yield ""
        yield "Nothing was written: this was a dry run. Leave --dry-run out to write."
    elif tally.statuses[Status.WRITTEN] and output is not None:
        yield ""
        yield f"Next: mediaoptout verify {printable(output)}"


def verified(console: Console, record: VerifyRecord) -> None:
    """A line with a file's verdict and the reasons in short."""
    findings = weighty(record)
    if console.quiet and record.verdict is Verdict.RESERVED and not findings:
        return
    reasons = [finding.message for finding in findings]
    if record.error is not None:
        reasons.insert(0, _sentence(record.error.message, record.error.at, record.error.fix))
    text = f"{printable(record.path)}: {console.outcome(record.verdict)}"
    if reasons:
        text += ": " + printable("; ".join(reasons))
    console.line(text)


def of_verify(console: Console, tally: VerifyTally, clock: Clock) -> None:
    """What a verify run came to, as a table."""
    if console.quiet:
        return
    say = console.line if console.text else console.note
    say()
    say(console.style("strong", f"{humane.count(tally.files, 'file')} in {clock}"))
    for verdict, meaning in _VERDICTS.items():
        if number := tally.verdicts[verdict]:
            say(f"  {number:>7,}  {console.outcome(verdict, 11)}  {meaning}")
    if tally.skipped:
        say(f"  {tally.skipped:>7,}  {'skipped':11}  no media")
    for line in _listed("Findings", tally.reasons):
        say(line)


def _listed(title: str, reasons: Iterable[Reason]) -> Iterator[str]:
    found = list(reasons)
    if not found:
        return
    yield ""
    yield f"{title}:"
    for reason in found:
        outcome = f"{reason.outcome}: " if reason.outcome else ""
        yield f"  {reason.count:>7,}  {outcome}{printable(reason.message)}"
        where = "in" if reason.count == 1 else "first in"
        yield f"           {where} {printable(reason.path)}"
        if reason.fix:
            yield f"           what to do: {printable(reason.fix)}"


def _sentence(message: str, at: str | None, fix: str | None) -> str:
    place = f" (at {at})" if at else ""
    return printable(f"{message}{place}" + (f"; {fix}" if fix else ""))
