"""Where the outputs of a run go, and the rules that are checked before anything is touched."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mediaoptout.catalogue.selection import Item, is_folder, working_folder
from mediaoptout.errors import ErrorInfo, UsageError
from mediaoptout.lean import lean

if TYPE_CHECKING:
    from mediaoptout.catalogue.rows import Row
    from mediaoptout.verification.against import Masters

SHOWN: Final = 5
"""How many of many are named in a message."""


@lean
@dataclass(frozen=True, slots=True)
class Job:
    """A file of a run with its output.

    Args:
        item: the file.
        target: the new file; None where the file itself is changed, or nothing is written.
        row: the row of the catalogue that is about it, or None.
        left_out: why the catalogue leaves it out, or None.
        masters: the masters that it may be a copy of; None where it is compared with none.
    """

    item: Item
    target: Path | None = None
    row: Row | None = field(default=None, kw_only=True)
    left_out: ErrorInfo | None = field(default=None, kw_only=True)
    masters: Masters | None = None


def to_read(items: Iterable[Item]) -> list[Job]:
    """Each path once, with no output."""
    here = str(working_folder())
    named = ((os.path.join(here, item.path), item) for item in items)  # noqa: PTH118 # for each
    return [Job(item) for item in _unique(named)]


def in_place(items: Iterable[Item]) -> list[Job]:
    """Each file once, whatever links lead to it, to be changed itself."""
    return [Job(item) for item in _unique((os.path.realpath(item.path), item) for item in items)]


def _unique(items: Iterable[tuple[Hashable, Item]]) -> Iterable[Item]:
    first: dict[Hashable, Item] = {}
    for key, item in items:
        first.setdefault(key, item)
    return first.values()


def mirrored(items: Iterable[Item], sources: Sequence[Path], output: Path) -> list[Job]:
    """Each file with its output: the tree below the sources, mirrored.

    Args:
        items: the files.
        sources: what the user named.
        output: a folder; with a single file as source it may be the new file's name.

    Raises:
        UsageError: the output is no folder, is a source, or two files have one output.
    """
    single = len(sources) == 1 and not is_folder(sources[0])
    if single and not is_folder(output) and (output.suffix or os.path.lexists(output)):
        _check_folder(output.parent)
        jobs = [Job(item, output) for item in items]
    else:
        _check_folder(output)
        _check_no_source(output, sources)
        jobs = [Job(item, output / item.relative) for item in items]
    _check_distinct(jobs)
    _check_no_inputs(jobs)
    return jobs


def _check_folder(folder: Path) -> None:
    """Whether it is a folder, or one can be made there."""
    for place in (folder, *folder.parents):
        if is_folder(place):
            break
        if os.path.lexists(place):
            raise UsageError(
                f"the output cannot be made: {place} is no folder", fix="name a folder"
            )


def _check_no_source(output: Path, sources: Sequence[Path]) -> None:
    for source in sources:
        if is_folder(source) and is_folder(output) and source.samefile(output):
            raise UsageError(
                f"the output {output} is the source folder itself",
                fix="name another folder, or give --in-place to change the files there",
            )


def _check_distinct(jobs: Iterable[Job]) -> None:
    taken: dict[Path | None, Path] = {}
    clashes: list[str] = []
    for job in jobs:
        first = taken.setdefault(job.target, job.item.path)
        if first != job.item.path:
            clashes.append(f"{first} and {job.item.path} would both become {job.target}")
    if clashes:
        raise UsageError(
            f"two files have one output; nothing was touched:\n{_few(clashes)}",
            fix="name the folder above them as the source, or run twice with two outputs",
        )


def _check_no_inputs(jobs: Sequence[Job]) -> None:
    inputs = {identity: job.item.path for job in jobs if (identity := _identity(job.item.path))}
    clashes = [
        f"{job.target} is {inputs[identity]}"
        for job in jobs
        if job.target is not None and (identity := _identity(job.target)) in inputs
    ]
    if clashes:
        raise UsageError(
            f"an output is one of the inputs; nothing was touched:\n{_few(clashes)}",
            fix="name another --output, or give --in-place to change the files themselves",
        )


def _identity(path: Path) -> tuple[int, int] | None:
    """What the system knows the file by, whatever name leads to it; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _few(lines: Sequence[str]) -> str:
    more = [f"… and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join(f"  {line}" for line in (*islice(lines, SHOWN), *more))
