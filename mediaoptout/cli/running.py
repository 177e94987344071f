"""The way of a run through the command line: paths to jobs, records to lines, a code at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from mediaoptout.catalogue.interrupts import Interrupted
from mediaoptout.cli.console import Console, report
from mediaoptout.cli.progress import progress
from mediaoptout.errors import UsageError
from mediaoptout.records import EmbedRecord, InspectRecord, VerifyRecord

if TYPE_CHECKING:
    import typer

    from mediaoptout.catalogue.outputs import Job
    from mediaoptout.catalogue.selection import Item
    from mediaoptout.cli.settings import Others
    from mediaoptout.credentials.trust import Anchors

R = TypeVar("R", EmbedRecord, VerifyRecord, InspectRecord)
R_contra = TypeVar("R_contra", EmbedRecord, VerifyRecord, InspectRecord, contravariant=True)
STDIN = "-"


class Tally(Protocol[R_contra]):
    """What counts records."""

    def add(self, record: R_contra | None) -> None:
        """Count one."""
        ...


def paths(sources: Iterable[str], *, null: bool) -> list[Path]:
    """The sources as paths; ``-`` gives those that standard input lists.

    Raises:
        UsageError: there is none.
    """
    from mediaoptout.catalogue.selection import listed

    def each() -> Iterator[Path]:
        for source in sources:
            if source == STDIN:
                yield from listed(sys.stdin.buffer, null=null)
            else:
                yield Path(source)

    found = list(each())
    if not found:
        raise UsageError("no paths came on standard input", fix="name files or folders")
    return found


def check_destination(output: Path | None, *, in_place: bool, others: Others | None) -> None:
    """Whether the options that say where new files go fit together.

    Raises:
        UsageError: they don't.
    """
    if (output is None) is not in_place:
        which = (
            "both --output and --in-place are" if in_place else "neither --output nor --in-place is"
        )
        raise UsageError(f"{which} given", fix="give one of the two")
    if others is not None and in_place:
        raise UsageError("--others is for --output: in place there is nothing to copy")


def destined(sources: Sequence[Path], output: Path | None) -> tuple[list[Item], list[Job]]:
    """The files below the sources, and the same with their outputs.

    Args:
        sources: what the user named.
        output: the folder for the new files; None to change the files themselves.

    Raises:
        UsageError: a source is not there, or an output cannot be.
    """
    from mediaoptout.catalogue.outputs import in_place, mirrored
    from mediaoptout.catalogue.selection import select

    items = list(select(sources, beside=output))
    return items, mirrored(items, sources, output) if output is not None else in_place(items)


def anchors(trust: str | None, allowed: Sequence[str] | None) -> Anchors:
    """Whom to trust, as the options say it.

    Raises:
        UsageError: a file holds no certificate.
    """
    from mediaoptout.credentials.trust import current, named

    return (current() if trust is None else named(trust)).only(allowed or ())


def follow(
    console: Console,
    jobs: Sequence[Job],
    outcomes: Iterable[tuple[Job, R | None]],
    tally: Tally[R],
    show: Callable[[R], None],
) -> bool:
    """Count and show every record as it comes.

    Args:
        console: where records and lines go.
        jobs: what the run is over.
        outcomes: the jobs with their records, as they are done.
        tally: what counts them.
        show: how a record is shown to people.

    Returns:
        Whether the run went to its end, and was not stopped.
    """
    total = sum(job.item.size for job in jobs)
    try:
        with progress(console, len(jobs), total) as advance:
            for job, record in outcomes:
                tally.add(record)
                if record is not None:
                    if console.text:
                        show(record)
                    else:
                        console.record(record)
                advance(job.item.size)
    except Interrupted as error:
        report(error.info)
        return False
    return True


def nothing(sources: Sequence[Path], skipped: int) -> UsageError:
    """The error of a run over nothing at all."""
    named = ", ".join(str(path) for path in sources[:3])
    others = f" ({skipped} other files are there)" if skipped else ""
    return UsageError(f"there is no media file in {named}{others}", fix="name files or folders")


def without_catalogue(context: typer.Context) -> None:
    """Refuse options that speak of a catalogue where there is none; defaults may speak of one.

    Raises:
        UsageError: such an option is on the command line.
    """
    sources = (context.get_parameter_source(name) for name in ("columns", "skip_faulty"))
    if any(source is not None and source.name == "COMMANDLINE" for source in sources):
        raise UsageError(
            "--column and --skip-faulty speak of a catalogue, and there is none",
            fix="give --catalogue FILE",
        )
