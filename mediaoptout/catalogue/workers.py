"""Many jobs through all cores: worker processes, fed in chunks, their outcomes streamed back.

The parent hands a chunk of jobs to a worker that is idle, and to no other: a worker that reads
cannot be blocked in writing, so the two never wait for each other. A worker answers a chunk with
one message. Of a worker that dies the unanswered jobs are suspects: each is done again alone, so
that the one that kills is found.

Every worker also holds the reading end of one pipe, the *line*, which nobody writes to. It falls
when the parent lets go of it, on Ctrl-C, or when the parent dies; between two jobs a worker looks
at it and starts nothing more once it fell.

Processes are never forked from this one: C2PA handles and locks of the parent do not survive a
fork. On Linux they come from a server that has imported what they need and done nothing else, so
that this is done once for all of them; elsewhere each is spawned.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.context import BaseContext
from multiprocessing.reduction import ForkingPickler
from typing import Final, Generic, TypeVar

from mediaoptout.catalogue.interrupts import Brake, Interrupted, interrupts_held
from mediaoptout.catalogue.queue import Queue
from mediaoptout.catalogue.threads import in_threads, outcome
from mediaoptout.catalogue.worker import (
    Answers,
    Outcome,
    Pace,
    Ready,
    Stopped,
    Together,
    error_info,
    serve,
)
from mediaoptout.errors import ErrorInfo, MediaoptoutError

__all__ = ["Interrupted", "Outcome", "run"]

J = TypeVar("J")
R = TypeVar("R")

FAILED_STARTS: Final = 3
"""How many workers in a row may die before they are ready, until the run is given up."""


def run(
    work: Callable[[J], R],
    jobs: Iterable[J],
    *,
    processes: int,
    here: float = 0,
    memory: int | None = None,
    cost: Callable[[J], int] | None = None,
    initialise: Callable[[], object] | None = None,
    together: Together[R] | None = None,
    preload: Sequence[str] = (),
    on_interrupt: Callable[[], object] | None = None,
) -> Generator[Outcome[J, R]]:
    """Do all jobs; each gives one outcome, in the order in which they are completed.

    A job that raises, or kills its worker, fails alone. Ctrl-C (in the main thread) finishes the
    jobs in hand and starts no more; a second one stops at once and raises `KeyboardInterrupt`.
    Leaving the iterator early finishes the jobs in hand too.

    Args:
        work: what to do; a function of a module, or another callable that can be pickled.
        jobs: what to do it with; consumed only as fast as there is room.
        processes: how many jobs at once; 1 does them in this process.
        here: for how many seconds jobs are begun in this process, before others are started: a
            run that is done by then spares their start, and has none that may die alone.
        memory: the most that the jobs in hand may cost together, in bytes. A job above that
            runs alone. None for no limit.
        cost: the memory that a job needs, in bytes; by default nothing. Dear jobs are also handed
            out one by one, cheap ones many at a time.
        initialise: called once in every process before its first job.
        together: what ends the jobs of a chunk, all at once: it is given their results and
            returns those that are final; can be pickled. By default nothing is left to do.
        preload: the modules that the work needs, to be imported once for all processes.
        on_interrupt: called at the first Ctrl-C, from the signal's handler.

    Raises:
        Interrupted: Ctrl-C left jobs undone; raised after the last outcome.
        MediaoptoutError: the workers cannot be started.
    """
    queue = Queue(jobs, cost)
    brake = Brake(on_interrupt)
    with brake:
        if processes <= 1 or here > 0:
            if initialise is not None:
                initialise()
            seconds = here if processes > 1 else math.inf
            yield from in_threads(
                work,
                queue,
                brake,
                together=together,
                lanes=processes,
                memory=memory,
                seconds=seconds,
            )
        if not brake.pulled and queue.ahead(1):
            crew = _Crew(work, together, queue, brake, processes, memory, initialise, preload)
            yield from crew.outcomes()
    if brake.pulled and queue.ahead(1):
        raise Interrupted(queue.left)


@dataclass(slots=True, eq=False)
class _Worker(Generic[J]):
    """A worker as the parent sees it.

    Args:
        process: its process.
        pipe: chunks go in, answers come out.
        ready: whether it can take a chunk.
        hand: the jobs that it has not answered, in order, with their costs.
    """

    process: multiprocessing.process.BaseProcess
    pipe: connection.Connection
    ready: bool = False
    hand: deque[tuple[J, int]] = field(default_factory=deque)


class _Crew(Generic[J, R]):
    """The workers, and what they have in hand."""

    def __init__(
        self,
        work: Callable[[J], R],
        together: Together[R] | None,
        queue: Queue[J],
        brake: Brake,
        processes: int,
        memory: int | None,
        initialise: Callable[[], object] | None,
        preload: Sequence[str],
    ) -> None:
        self._context = prepare(preload)
        self._work = work
        self._together = together
        self._queue = queue
        self._brake = brake
        self._processes = processes
        self._memory = memory
        self._initialise = initialise
        self._workers: list[_Worker[J]] = []
        self._pace = Pace()
        self._failed_starts = 0
        self._reason = ""  # why the last one failed
        self._line, self._line_held = self._context.Pipe(duplex=False)

    def outcomes(self) -> Iterator[Outcome[J, R]]:
        """Do all jobs of the queue."""
        self._brake.slow = self._line_held.close
        self._brake.hard = self._kill
        try:
            while True:
                if not self._brake.pulled:
                    yield from self._hand_out()
                if not any(worker.hand for worker in self._workers) and (
                    self._brake.pulled or not self._queue.ahead(1)
                ):
                    return
                pipes: dict[object, _Worker[J]] = {each.pipe: each for each in self._workers}
                for pipe in connection.wait([each.pipe for each in self._workers]):
                    yield from self._hear(pipes[pipe])
        finally:
            self._dismiss()

    def _hand_out(self) -> Iterator[Outcome[J, R]]:
        """Give every idle worker a chunk, and start workers while there is more to do."""
        for worker in list(self._workers):
            if worker.ready and not worker.hand:
                yield from self._feed(worker)
        if self._failed_starts < FAILED_STARTS:
            starting = sum(not worker.ready for worker in self._workers)
            free = self._processes - len(self._workers)
            for _ in range(min(free, self._queue.ahead(self._processes) - starting)):
                self._workers.append(self._start())
        elif not self._workers:
            raise MediaoptoutError(
                f"the worker processes cannot be started: {self._reason}",
                fix="give --jobs 1 to work in one process",
                code="no-workers",
            )

    def _feed(self, worker: _Worker[J]) -> Iterator[Outcome[J, R]]:
        """Give an idle worker a chunk, if any job fits."""
        claimed = sum(cost for other in self._workers for _, cost in other.hand)
        room = None if self._memory is None else self._memory - claimed
        idle = not any(other.hand for other in self._workers)
        packed = b""
        while not worker.hand and (chunk := self._queue.take(self._pace.jobs, room, idle=idle)):
            packed, refused = _packed([job for job, _ in chunk])
            worker.hand.extend(each for number, each in enumerate(chunk) if number not in refused)
            for number, error in refused.items():
                yield Outcome(chunk[number][0], error=error)
        if worker.hand:
            try:
                worker.pipe.send_bytes(packed)
            except OSError:  # it died while it was idle: nothing was in its hand
                self._queue.put_back(worker.hand)
                self._retire(worker)

    def _start(self) -> _Worker[J]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(  # type: ignore[attr-defined] # which every context has
            target=serve,
            args=(
                self._line,
                theirs,
                self._work,
                self._together,
                self._initialise,
                dict(os.environ),
            ),
            daemon=True,  # killed, not waited for, should this process be left by an error
        )
        with interrupts_held():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _hear(self, worker: _Worker[J]) -> Iterator[Outcome[J, R]]:
        """One message of a worker, or the news that it is gone."""
        try:
            packed = worker.pipe.recv_bytes()
        except (EOFError, OSError):
            yield from self._lost(worker)
            return
        try:
            message = ForkingPickler.loads(packed)
        except Exception as error:  # noqa: BLE001 # a result that can be pickled, but not back
            if len(worker.hand) > 1:  # each is done again alone, so that it is found
                self._queue.suspect(worker.hand)
                worker.hand.clear()
                return
            message = Answers(self._pace.seconds, [error_info(error)])
        match message:
            case Ready():
                worker.ready = True
                self._failed_starts = 0
            case Stopped(error=reason):
                self._queue.put_back(worker.hand)
                self._retire(worker)
                if reason is not None:
                    self._failed_starts, self._reason = FAILED_STARTS, reason.message
            case Answers(seconds=seconds, results=results):
                self._pace.learn(seconds, len(results))
                answered = [worker.hand.popleft() for _ in results]
                if not worker.hand and not self._brake.pulled:
                    yield from self._feed(worker)  # before anybody looks at what it answered
                for (job, _), result in zip(answered, results, strict=True):
                    yield outcome(job, result)

    def _lost(self, worker: _Worker[J]) -> Iterator[Outcome[J, R]]:
        """A worker died: a job that it had alone failed, several are done again one by one."""
        self._retire(worker)
        code = worker.process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        if not worker.ready:
            self._failed_starts += 1
            self._reason = f"they end with {how}"
        elif len(worker.hand) > 1:
            self._queue.suspect(worker.hand)
        elif worker.hand:
            job, _ = worker.hand.popleft()
            message = f"the process died ({how}) while it had this file in hand"
            fix = "run again; if it dies again, give it more memory or fewer --jobs"
            yield Outcome(job, error=ErrorInfo("worker-died", message, fix=fix))

    def _retire(self, worker: _Worker[J]) -> None:
        worker.pipe.close()
        worker.process.join()
        self._workers.remove(worker)

    def _kill(self) -> None:
        for worker in self._workers:
            worker.process.kill()

    def _dismiss(self) -> None:
        """Let every worker finish what it has in hand, and wait for it."""
        self._line_held.close()
        for worker in self._workers:
            worker.pipe.close()
            if not worker.ready:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join()
        self._line.close()


def prepare(preload: Sequence[str]) -> BaseContext:
    """Where processes come from; where that is a server, it begins to import.

    Args:
        preload: what they need; of a server that runs already, it stays what it was.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    try:
        with interrupts_held():
            forkserver.ensure_running()
    except OSError:  # it wants a folder for temporary files, with a name that is not too long
        return multiprocessing.get_context("spawn")
    return context


def _packed(jobs: Sequence[J]) -> tuple[bytes, dict[int, ErrorInfo]]:
    """Jobs as they are sent, and by number why some of them cannot be."""
    try:
        return bytes(ForkingPickler.dumps(jobs)), {}
    except Exception:  # noqa: BLE001 # pickling runs the jobs' own code: see whose
        refused: dict[int, ErrorInfo] = {}
        for number, job in enumerate(jobs):
            try:
                ForkingPickler.dumps(job)
            except Exception as error:  # noqa: BLE001 # that one's own failure
                refused[number] = error_info(error)
        sent = [job for number, job in enumerate(jobs) if number not in refused]
        return bytes(ForkingPickler.dumps(sent)), refused
