"""A worker's side of a run: it takes chunks of jobs, and answers each chunk with one message.

A chunk's jobs are done one after the other: threads would only wait for each other. What costs the
same for one file and for many, like the disk's confirmation, is done at the end of the chunk for
all of them together.
"""

from __future__ import annotations

import gc
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from mediaoptout.errors import ErrorInfo, MediaoptoutError
from mediaoptout.lean import lean

J = TypeVar("J")
R = TypeVar("R")

CHUNK_SECONDS: Final = 0.12
"""How long a chunk should take: long beside a message and what the disk needs to confirm its files,
short beside a user's patience."""

CHUNK_JOBS: Final = 128
"""The most jobs in a chunk; each may leave an open file until all of them land."""

Together = Callable[[Sequence[R]], Sequence[R | ErrorInfo]]
"""What ends the jobs of a chunk: their results so far, in order, become those that are final."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[J, R]):
    """What became of a job.

    Args:
        job: the job.
        result: what the work returned; None if it failed.
        error: why it failed, or None.
    """

    job: J
    result: R | None = None
    error: ErrorInfo | None = None


@lean
@dataclass(frozen=True, slots=True)
class Done:
    """A job's result, which may be None."""

    result: object


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker's first message: it can work."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A worker's last message: it leaves the rest of its chunk, or could not begin at all."""

    error: ErrorInfo | None = None


@lean
@dataclass(frozen=True, slots=True)
class Answers:
    """What became of the jobs of a chunk, in order; fewer than they are if it was left early.

    Args:
        seconds: how long one took, on average.
        results: one for each.
    """

    seconds: float
    results: Sequence[Done | ErrorInfo]


@dataclass(slots=True)
class Pace:
    """How many jobs make a chunk, by how long they took so far.

    Args:
        seconds: what a job takes, as far as is known.
    """

    seconds: float = CHUNK_SECONDS

    def learn(self, seconds: float, jobs: int) -> None:
        """Take into account that ``jobs`` took ``seconds`` each."""
        for _ in range(min(jobs, 8)):
            self.seconds += (max(seconds, 1e-6) - self.seconds) / 8

    @property
    def jobs(self) -> int:
        """How many jobs the next chunk should have."""
        return max(1, min(CHUNK_JOBS, int(CHUNK_SECONDS / self.seconds)))


def serve(
    line: connection.Connection,
    pipe: connection.Connection,
    work: Callable[[J], R],
    together: Together[R] | None,
    initialise: Callable[[], object] | None,
    environment: Mapping[str, str],
) -> None:
    """The life of a worker.

    Args:
        line: falls when nothing more shall be started; nobody writes to it.
        pipe: chunks come in, each a list of jobs; messages go out.
        work: what to do with a job.
        together: what ends the jobs of a chunk, or None.
        initialise: called first, or None.
        environment: the parent's environment variables, as they are now.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.environ != environment:  # its own are those of the day when the fork server began
        os.environ.clear()
        os.environ.update(environment)
    with suppress(EOFError, OSError):  # the parent is gone, or wants no more
        if initialise is not None:
            try:
                initialise()
            except Exception as error:  # noqa: BLE001 # told to the parent, which raises it
                pipe.send(Stopped(error_info(error)))
                return
        gc.freeze()  # what was imported stays; only what comes after need be looked through
        pipe.send(Ready())
        while _chunk(line, pipe, work, together):
            pass


def _chunk(
    line: connection.Connection,
    pipe: connection.Connection,
    work: Callable[[J], R],
    together: Together[R] | None,
) -> bool:
    """Do a chunk of jobs, and answer them; whether to go on."""
    jobs: list[J] = pipe.recv()
    began = time.perf_counter()
    results = in_turn(work, together, jobs, lambda: _fallen(line))
    seconds = (time.perf_counter() - began) / max(1, len(results))
    pipe.send_bytes(_packed(Answers(seconds, results)))
    if len(results) == len(jobs):
        return True
    pipe.send(Stopped())
    return False


def in_turn(
    work: Callable[[J], R],
    together: Together[R] | None,
    jobs: Iterable[J],
    stopped: Callable[[], bool],
    caught: type[BaseException] = Exception,
) -> list[Done | ErrorInfo]:
    """Do jobs one after the other; what goes wrong with one is its own failure.

    Args:
        work: what to do with a job.
        together: what ends all of them, or None.
        jobs: the jobs.
        stopped: whether none shall be begun any more; asked before each.
        caught: what a job may raise as a failure of its own.

    Returns:
        What became of those that were begun.
    """
    results: list[Done | ErrorInfo] = []
    for job in jobs:
        if stopped():
            break
        results.append(_tried(work, job, caught))
    return results if together is None else _ended(together, results)


def _tried(work: Callable[[J], R], job: J, caught: type[BaseException]) -> Done | ErrorInfo:
    try:
        return Done(work(job))
    except caught as error:  # one bad job never stops the run
        return error_info(error)


def _ended(together: Together[Any], results: Sequence[Done | ErrorInfo]) -> list[Done | ErrorInfo]:
    try:
        final = iter(together([each.result for each in results if isinstance(each, Done)]))
    except Exception as error:  # noqa: BLE001 # which none of them can do without
        return [error_info(error) if isinstance(each, Done) else each for each in results]
    return [_final(next(final)) if isinstance(each, Done) else each for each in results]


def _final(result: object) -> Done | ErrorInfo:
    return result if isinstance(result, ErrorInfo) else Done(result)


def _packed(answers: Answers) -> bytes:
    """The message; of results that cannot be sent, why not."""
    try:
        return bytes(ForkingPickler.dumps(answers))
    except Exception:  # noqa: BLE001 # pickling runs the results' own code: see whose
        sent = [_sendable(each) for each in answers.results]
        return bytes(ForkingPickler.dumps(Answers(answers.seconds, sent)))


def _sendable(result: Done | ErrorInfo) -> Done | ErrorInfo:
    try:
        ForkingPickler.dumps(result)
    except Exception as error:  # noqa: BLE001 # that one's own failure
        return error_info(error)
    return result


def _fallen(line: connection.Connection) -> bool:
    try:
        return line.poll()
    except OSError:  # as Windows says it
        return True


def error_info(error: BaseException) -> ErrorInfo:
    """What a record shows of an error that ended a job, foreseen or not."""
    if isinstance(error, MediaoptoutError):
        return error.info
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return ErrorInfo(
        "unexpected",
        f"{type(error).__name__}: {error}{where}",
        fix="report this to the developers",
    )
