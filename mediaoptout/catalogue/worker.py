"""A worker's side of a run: it takes chunks of jobs and answers every job with one message.

The jobs of a chunk are done in a few threads: while one waits for the disk to confirm a file,
others go on, and the confirmations of many small files become one.
"""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Final, Generic, TypeVar

from mediaoptout.errors import ErrorInfo, MediaoptoutError

J = TypeVar("J")
R = TypeVar("R")

THREADS: Final = 12
"""How many jobs of a chunk are begun at once."""


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


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker's first message: it can work."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A worker's last message: it leaves the rest of its chunk, or could not begin at all."""

    error: ErrorInfo | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a job, and how long after the answer before it that came, in seconds."""

    seconds: float
    result: object = None
    error: ErrorInfo | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A job's result, which may be None."""

    result: object


def serve(
    line: connection.Connection,
    pipe: connection.Connection,
    work: Callable[[J], R],
    initialise: Callable[[], object] | None,
    begun: int = THREADS,
) -> None:
    """The life of a worker.

    Args:
        line: falls when nothing more shall be started; nobody writes to it.
        pipe: chunks come in, each a list of pickled jobs; messages go out.
        work: what to do with a job.
        initialise: called first, or None.
        begun: how many jobs of a chunk are begun at once.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):  # the parent is gone, or wants no more
        if initialise is not None:
            try:
                initialise()
            except Exception as error:  # noqa: BLE001 # told to the parent, which raises it
                pipe.send(Stopped(error_info(error)))
                return
        pipe.send(Ready())
        with ThreadPoolExecutor(begun) as threads:
            while _chunk(line, pipe, work, threads):
                pass


def _chunk(
    line: connection.Connection,
    pipe: connection.Connection,
    work: Callable[[J], R],
    threads: ThreadPoolExecutor,
) -> bool:
    """Do a chunk of jobs, and answer them in its order; whether to go on."""
    packed = pipe.recv()
    last = time.perf_counter()
    doing = [threads.submit(_do, line, work, job) for job in packed]
    for number, future in enumerate(doing):
        answer = future.result()
        if answer is None and all(later.result() is None for later in doing[number:]):
            pipe.send(Stopped())
            return False
        now = time.perf_counter()
        # One that was passed over while a later one had begun already is in hand all the same.
        pipe.send_bytes(_packed(answer or _done(work, packed[number]), now - last))
        last = now
    return True


def _do(
    line: connection.Connection, work: Callable[[J], R], packed: bytes
) -> Done | ErrorInfo | None:
    """Do one job; None if nothing shall be started any more."""
    return None if _fallen(line) else _done(work, packed)


def _done(work: Callable[[J], R], packed: bytes) -> Done | ErrorInfo:
    """Do one job; whatever goes wrong with it, its pickling included, is its own failure."""
    try:
        return Done(work(ForkingPickler.loads(packed)))
    except Exception as error:  # noqa: BLE001 # one bad job never stops the run
        return error_info(error)


def _packed(outcome: Done | ErrorInfo, seconds: float) -> bytes:
    if isinstance(outcome, Done):
        try:
            return bytes(ForkingPickler.dumps(Answer(seconds, outcome.result)))
        except Exception as error:  # noqa: BLE001 # pickling runs the result's own code
            outcome = error_info(error)
    return bytes(ForkingPickler.dumps(Answer(seconds, error=outcome)))


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
