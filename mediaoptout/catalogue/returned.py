"""Copies that came back, each with the masters that it may be of.

Masters are matched by the path below their folder, then by the name without its ending, then, for
what is left, by an identifier that both carry; only for that are headers of masters read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from mediaoptout.catalogue.outputs import Job, to_read
from mediaoptout.catalogue.run import Means, passed_over, verify_all
from mediaoptout.catalogue.selection import Item, is_folder, select
from mediaoptout.errors import NotHereError, UsageError
from mediaoptout.reservation.identifiers import Identifier
from mediaoptout.verification.against import Masters


def pair(
    jobs: Sequence[Job], folder: Path, means: Means | None = None, *, recall: bool = False
) -> list[Job]:
    """The jobs, each with the masters that its file may be of.

    Args:
        jobs: the copies.
        folder: where the masters are.
        means: what reading identifiers may use.
        recall: look into placeholders too.

    Raises:
        UsageError: there is no such folder, or nothing in it.
    """
    if not is_folder(folder):
        raise UsageError(f"there is no folder of masters {folder}", fix="check the spelling")
    copies = {job.item.path.absolute() for job in jobs}
    masters = [item for item in select([folder]) if item.path.absolute() not in copies]
    if not masters:
        raise UsageError(f"there is no master in {folder}", fix="name the folder of the masters")
    index = _Index(masters, recall)
    paired = [_by_path(job, index) for job in jobs]
    if any(_is_lonely(job, recall) for job in paired):
        return list(_by_identifier(paired, masters, means, recall))
    return list(paired)


class _Index:
    """Masters by their paths and names; small letters, without endings."""

    def __init__(self, masters: Sequence[Item], recall: bool) -> None:
        self.paths: dict[Path, Path] = {}
        self.stems: dict[str, list[Path]] = defaultdict(list)
        self.names: dict[str, list[Path]] = defaultdict(list)
        for item in masters:
            if not passed_over(Job(item), recall=recall):
                self.paths[item.relative] = item.path
                self.stems[_stem(item.relative)].append(item.path)
                self.names[item.relative.stem.casefold()].append(item.path)


def _stem(relative: Path) -> str:
    return relative.with_suffix("").as_posix().casefold()


def _by_path(job: Job, index: _Index) -> Job:
    relative = job.item.relative
    same = index.paths.get(relative)
    if same is not None:
        return replace(job, masters=Masters((same,)))
    paths = index.stems.get(_stem(relative)) or index.names.get(relative.stem.casefold(), [])
    return replace(job, masters=Masters(tuple(paths), "name"))


def _is_lonely(job: Job, recall: bool) -> bool:
    alone = job.masters is not None and not job.masters.paths
    return alone and not passed_over(job, recall=recall)


def _by_identifier(
    jobs: Sequence[Job], masters: Sequence[Item], means: Means | None, recall: bool
) -> Iterator[Job]:
    lonely = [job for job in jobs if _is_lonely(job, recall)]
    known: dict[Identifier, list[Path]] = defaultdict(list)
    unread: list[Path] = []
    read = partial(verify_all, quick=True, traits=True, means=means, recall=recall)
    for job, record in read(to_read(masters)):
        error = record.error if record is not None else None
        if error is not None and error.code == NotHereError.code:
            unread.append(job.item.path)
        for identifier in record.traits.identifiers if record is not None else ():
            if not identifier.scheme.of_holder:
                known[identifier].append(job.item.path)
    found: dict[Path, tuple[Path, ...]] = {}
    for job, record in read(lonely):
        if record is not None:
            several = (path for item in record.traits.identifiers for path in known.get(item, ()))
            found[job.item.path] = tuple(dict.fromkeys(several))
    for job in jobs:
        paths = found.get(job.item.path)
        if paths is None:
            yield job
        else:
            left = () if paths else tuple(sorted(unread))
            yield replace(job, masters=Masters(paths, "identifier", left))
