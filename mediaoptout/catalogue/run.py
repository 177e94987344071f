"""A run over many files: jobs through workers to records.

What the work itself needs is imported where it is done: a process that only hands out jobs should
not load every container before the workers can begin to.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from mediaoptout.catalogue.needs import EMBEDS, EMBEDS_AND_SIGNS, FEW, READS, VALIDATES
from mediaoptout.catalogue.outputs import Job
from mediaoptout.catalogue.selection import is_media
from mediaoptout.catalogue.worker import Together
from mediaoptout.catalogue.workers import Outcome, run
from mediaoptout.credentials import identity, trust
from mediaoptout.credentials.trust import Anchors
from mediaoptout.errors import MediaoptoutError, RefusedError, WriteError
from mediaoptout.records import EmbedRecord, InspectRecord, VerifyRecord
from mediaoptout.reservation.delivery import EVERYTHING, Delivery
from mediaoptout.splice.source import MAX_READ, FileSource
from mediaoptout.words import Status, Use

if TYPE_CHECKING:
    from mediaoptout.catalogue.columns import Column
    from mediaoptout.catalogue.merging import Merging
    from mediaoptout.embedding import Declaration, EmbedOptions
    from mediaoptout.splice.landing import Staged
    from mediaoptout.verification.policy import Policy

T = TypeVar("T")

SMALL: Final = 256 << 20
"""Few files are done in this process, unless all their bytes are looked at, and are more."""

HERE: Final = 2.0
"""For how many seconds one process alone deals with few files."""

VALIDATING: Final = 512 << 20
"""What the reference reader holds at most while it validates a large file: two pieces of it ..."""

HELD_WHOLE: Final = frozenset({".mp3"})
"""... unless it is one of these, which the reader takes into memory whole."""

MEMORY: Final = 1 << 30
"""What a run may hold unless told otherwise: large validations then go two at a time."""

DEBUG: Final = "MEDIAOPTOUT_DEBUG"
"""The environment variable that shows the traceback of an unexpected error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a run may use.

    Args:
        processes: how many files at once; None for one on each processor.
        memory: the most memory that all files in hand may need together, in bytes.
        on_interrupt: called at the first Ctrl-C, to say that the files in hand are finished.
    """

    processes: int | None = None
    memory: int = MEMORY
    on_interrupt: Callable[[], object] | None = None

    def width(self, jobs: Sequence[Job]) -> int:
        """How many files at once."""
        wanted = processors() if self.processes is None else self.processes
        return min(wanted, max(1, len(jobs)))


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def embed_all(
    jobs: Sequence[Job],
    declaration: Declaration,
    options: EmbedOptions,
    *,
    merging: Merging | None = None,
    copy_others: bool = False,
    means: Means | None = None,
) -> Iterator[tuple[Job, EmbedRecord | None]]:
    """Write a declaration into many files, in the order in which they are done.

    Args:
        jobs: the files and their outputs.
        declaration: what to declare of files that have no row of a catalogue.
        options: how far this may go.
        merging: what to declare of those that have one.
        copy_others: whether what is not written is copied to its output as it is.
        means: what the run may use.

    Yields:
        Each job with its record; None for a file in a folder that is no media.

    Raises:
        Interrupted: Ctrl-C left files undone.
        UsageError: there is no identity to sign with.
    """
    if options.sign:
        identity.local()  # made, or found wanting, before there are several of us
    work = partial(
        _embed,
        declaration=declaration,
        merging=merging,
        options=options,
        copy_others=copy_others,
    )
    for outcome in outcomes(
        work,
        jobs,
        means,
        validates=options.sign,
        together=_landed,
        preload=EMBEDS_AND_SIGNS if options.sign else EMBEDS,
    ):
        if outcome.error is not None:
            path = str(outcome.job.item.path)
            failed = EmbedRecord(path=path, status=Status.FAILED, error=outcome.error)
            yield outcome.job, failed
        elif not isinstance(outcome.result, Airborne):
            yield outcome.job, outcome.result


def verify_all(
    jobs: Sequence[Job],
    *,
    expected: Collection[Use] | None = None,
    quick: bool = False,
    policy: Policy | None = None,
    traits: bool = False,
    columns: Sequence[Column] = (),
    anchors: Anchors | None = None,
    delivery: Delivery = EVERYTHING,
    recall: bool = False,
    fetch: bool | Collection[str] = False,
    means: Means | None = None,
) -> Iterator[tuple[Job, VerifyRecord | None]]:
    """Say what many files reserve, in the order in which they are done; see `embed_all`.

    Args:
        jobs: the files.
        expected: the uses that should be reserved; None for those of the policy.
        quick: read headers only, and validate no manifest.
        policy: the rules that are asked; None for ``reserved``.
        traits: whether the records shall have what files are compared by.
        columns: of the catalogue that the jobs have rows of; each file is compared with its row.
        anchors: whom to trust; None for the list in use.
        delivery: what the recipient takes: nothing else is missing.
        recall: open placeholders too, so that their content is fetched from tape or a cloud.
        fetch: fetch manifests that are not here; see `mediaoptout.verification.check.verify`.
        means: what the run may use.
    """
    found = _verified(
        jobs, policy, expected, quick, traits, columns, anchors, delivery, recall, fetch, means
    )
    if policy is None:
        return found
    from mediaoptout.verification.policy import compared

    return compared(policy, found)


def _verified(
    jobs: Sequence[Job],
    policy: Policy | None,
    expected: Collection[Use] | None,
    quick: bool,
    traits: bool,
    columns: Sequence[Column],
    anchors: Anchors | None,
    delivery: Delivery,
    recall: bool,
    fetch: bool | Collection[str],
    means: Means | None,
) -> Iterator[tuple[Job, VerifyRecord | None]]:
    uses = None if expected is None else tuple(expected)
    traits = traits or (policy is not None and bool(policy.across()))
    traits = traits or bool(columns)
    work = partial(
        _verify,
        expected=uses,
        quick=quick,
        policy=policy,
        traits=traits,
        columns=tuple(columns),
        anchors=anchors or trust.current(),
        delivery=delivery,
        recall=recall,
        fetch=fetch,
    )
    loads = READS if quick else VALIDATES
    for outcome in outcomes(work, jobs, means, validates=not quick, preload=loads):
        if outcome.error is not None:
            yield outcome.job, VerifyRecord(path=str(outcome.job.item.path), error=outcome.error)
        else:
            yield outcome.job, outcome.result


def inspect_all(
    jobs: Sequence[Job],
    *,
    anchors: Anchors | None = None,
    recall: bool = False,
    fetch: bool | Collection[str] = False,
    means: Means | None = None,
) -> Iterator[tuple[Job, InspectRecord | None]]:
    """Everything that many files say; see `embed_all`.

    Args:
        jobs: the files.
        anchors: whom to trust; None for the list in use.
        recall: open placeholders too, so that their content is fetched from tape or a cloud.
        fetch: fetch manifests that are not here; see `mediaoptout.verification.check.verify`.
        means: what the run may use.
    """
    work = partial(_inspect, anchors=anchors or trust.current(), recall=recall, fetch=fetch)
    for outcome in outcomes(work, jobs, means, validates=True, preload=VALIDATES):
        if outcome.error is not None:
            unread = VerifyRecord(path=str(outcome.job.item.path), error=outcome.error)
            summary = outcome.error.message
            yield outcome.job, InspectRecord(verify=unread, summary=summary)
        else:
            yield outcome.job, outcome.result


def outcomes(
    work: Callable[[Job], T],
    jobs: Sequence[Job],
    means: Means | None,
    *,
    validates: bool,
    together: Together[T] | None = None,
    preload: Sequence[str] = (),
) -> Iterator[Outcome[Job, T]]:
    """Do something with many files, within what the run may use, in the order in which it is done.

    Args:
        work: what to do with one; it can be pickled.
        jobs: the files.
        means: what the run may use.
        validates: whether manifests are validated, which takes memory.
        together: what ends the files of a chunk; see `mediaoptout.catalogue.workers.run`.
        preload: the modules that the work needs.

    Raises:
        Interrupted: Ctrl-C left files undone.
    """
    means = means or Means()
    shown = partial(_showing, work) if os.environ.get(DEBUG) else work
    cost = partial(_cost, validates=validates)
    return run(
        shown,
        jobs,
        processes=means.width(jobs),
        here=HERE if _few(jobs, validates=validates) else 0,
        memory=means.memory,
        cost=cost,
        on_interrupt=means.on_interrupt,
        together=together,
        preload=preload,
    )


def _few(jobs: Sequence[Job], *, validates: bool) -> bool:
    """Whether starting more processes may take longer than the work."""
    if len(jobs) > FEW:
        return False
    return not validates or sum(job.item.size for job in jobs) <= SMALL


def _showing(work: Callable[[Job], T], job: Job) -> T:
    try:
        return work(job)
    except Exception:
        sys.excepthook(*sys.exc_info())
        raise


def _cost(job: Job, *, validates: bool) -> int:
    """The most that is held of a file at once."""
    if not validates:
        return min(job.item.size, MAX_READ)
    if job.item.path.suffix.lower() in HELD_WHOLE:
        return job.item.size
    return min(job.item.size, VALIDATING)


def passed_over(job: Job, *, recall: bool = False) -> bool:
    """Whether a file was found in a folder and is no media; see `is_media`."""
    return not job.item.named and not is_media(job.item.path, recall=recall)


def _embed(
    job: Job,
    declaration: Declaration,
    merging: Merging | None,
    options: EmbedOptions,
    copy_others: bool,
) -> EmbedRecord | Airborne | None:
    if passed_over(job, recall=options.recall):
        if copy_others:
            return _copied(job, options, None)
        return None
    path = job.item.path
    refusal = job.left_out
    if refusal is None and merging is not None and job.row is not None:
        try:
            declaration = merging.declaration(job.row, path, recall=options.recall)
        except RefusedError as error:
            refusal = error.info
        except OSError:
            pass  # the file is met again below, and its record says so
    if refusal is not None:
        record = EmbedRecord(path=str(path), status=Status.REFUSED, error=refusal)
    else:
        from mediaoptout.embedding.single import embed_file

        staged: list[Staged] = []
        record = embed_file(path, job.target, declaration, options, staged)
        if staged:
            return Airborne(record, staged[0])
    if copy_others and record.output is None and record.status is not Status.FAILED:
        return _copied(job, options, record)
    return record


@dataclass(frozen=True, slots=True)
class Airborne:
    """A file that is written but for the disk's confirmation and its name, with its record."""

    record: EmbedRecord
    staged: Staged


def _landed(
    results: Sequence[EmbedRecord | Airborne | None],
) -> list[EmbedRecord | Airborne | None]:
    """The results of a chunk, once all new files have their names."""
    from mediaoptout.embedding.single import landed

    airborne = [each for each in results if isinstance(each, Airborne)]
    records = iter(landed([each.record for each in airborne], [each.staged for each in airborne]))
    return [next(records) if isinstance(each, Airborne) else each for each in results]


def _copied(job: Job, options: EmbedOptions, record: EmbedRecord | None) -> EmbedRecord | None:
    """Copy a file that was not written; its record says where to, or why that failed."""
    from mediaoptout.splice.patch import Patch
    from mediaoptout.splice.writer import same_bytes, write

    target = job.target
    if target is None or options.dry_run:
        return record
    try:
        with FileSource(job.item.path, recall=options.recall) as source:
            patch = Patch.identity(source.size)
            if not same_bytes(patch, source, target, recall=options.recall):
                target.parent.mkdir(parents=True, exist_ok=True)
                write(patch, source, target, replace=options.overwrite)
    except MediaoptoutError as error:
        info = error.info
    except OSError as error:
        info = WriteError(f"it cannot be copied: {error.strerror or error}").info
    else:
        return record and replace(record, output=str(target))
    path = str(job.item.path)
    return replace(
        record or EmbedRecord(path=path, status=Status.FAILED), status=Status.FAILED, error=info
    )


def _verify(
    job: Job,
    expected: tuple[Use, ...] | None,
    quick: bool,
    policy: Policy | None,
    traits: bool,
    columns: tuple[Column, ...],
    anchors: Anchors,
    delivery: Delivery,
    recall: bool,
    fetch: bool | Collection[str],
) -> VerifyRecord | None:
    from mediaoptout.verification.check import verify, verify_companion

    path = job.item.path
    if passed_over(job, recall=recall):
        return None if policy is None else verify_companion(path, policy, recall=recall)
    record = verify(
        path,
        expected=expected,
        quick=quick,
        policy=policy,
        traits=traits,
        anchors=anchors,
        delivery=delivery,
        recall=recall,
        fetch=fetch,
    )
    if job.masters is not None:
        from mediaoptout.verification import against
        from mediaoptout.verification.policy import default

        record = against.compared(
            record, job.masters, policy or default(), quick=quick, recall=recall
        )
    return _against_row(job, record, policy, columns) if columns else record


def _against_row(
    job: Job, record: VerifyRecord, policy: Policy | None, columns: tuple[Column, ...]
) -> VerifyRecord:
    """The record of a file, compared with its row, or with why it has none."""
    from mediaoptout.catalogue.merging import producer_of
    from mediaoptout.catalogue.rows import particulars
    from mediaoptout.verification import listed
    from mediaoptout.verification.policy import default

    policy = policy or default()
    if job.row is None:
        reason = "the catalogue has no row for it" if job.left_out is None else job.left_out.message
        return listed.rowless(record, reason, policy)
    said, _ = particulars(columns, job.row, producer=producer_of(job.item.path))
    of_work = said.work.identifiers if said.work is not None else ()
    identifiers = {*of_work, *(each for holder in said.holders for each in holder.identifiers)}
    holders = tuple(dict.fromkeys(holder.name for holder in said.holders))
    return listed.compared(record, identifiers, holders, policy)


def _inspect(
    job: Job, anchors: Anchors, recall: bool, fetch: bool | Collection[str]
) -> InspectRecord | None:
    from mediaoptout.verification.look import inspect

    if passed_over(job, recall=recall):
        return None
    return inspect(job.item.path, anchors=anchors, recall=recall, fetch=fetch)
