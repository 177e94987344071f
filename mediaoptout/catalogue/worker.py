"""A worker's side of a run: it takes chunks of jobs and answers every job with one message."""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import TypeVar

from mediaoptout.errors import ErrorInfo, MediaoptoutError

J = TypeVar("J")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker's first message: it can work."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A worker's last message: it leaves the rest of its chunk, or could not begin at all."""

    error: ErrorInfo | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a job, and how long it took in seconds."""

    seconds: float
    result: object = None
    error: ErrorInfo | None = None


def serve(
    line: connection.Connection,
    pipe: connection.Connection,
    work: Callable[[J], R],
    initialise: Callable[[], object] | None,
) -> None:
    """The life of a worker.

    Args:
        line: falls when nothing more shall be started; nobody writes to it.
        pipe: chunks come in, each a list of pickled jobs; messages go out.
        work: what to do with a job.
        initialise: called first, or None.
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
        while True:
            for packed in pipe.recv():
                if _fallen(line):
                    pipe.send(Stopped())
                    return
                pipe.send_bytes(_answer(work, packed))


def _fallen(line: connection.Connection) -> bool:
    try:
        return line.poll()
    except OSError:  # as Windows says it
        return True


def _answer(work: Callable[[J], R], packed: bytes) -> bytes:
    """Do one job; whatever goes wrong with it, its pickling included, is its own failure."""
    began = time.perf_counter()
    try:
        result = work(ForkingPickler.loads(packed))
        answer = Answer(time.perf_counter() - began, result)
        return bytes(ForkingPickler.dumps(answer))
    except Exception as error:  # noqa: BLE001 # one bad job never stops the run
        answer = Answer(time.perf_counter() - began, error=error_info(error))
        return bytes(ForkingPickler.dumps(answer))


def error_info(error: Exception) -> ErrorInfo:
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
