"""Many jobs through all cores: spawned workers, fed in chunks, their outcomes streamed back.

The parent hands a chunk of jobs to a worker that is idle, and to no other: a worker that reads
cannot be blocked in writing, so the two never wait for each other. A worker answers every job
with one message, in order. Of a worker that dies the unanswered jobs are suspects: each is done
again alone, so that the one that kills is found.

Every worker also holds the reading end of one pipe, the *line*, which nobody writes to. It falls
when the parent lets go of it, on Ctrl-C, or when the parent dies; between two jobs a worker looks
at it and starts nothing more once it fell.

Processes are spawned, never forked: C2PA handles and locks of the parent do not survive a fork.
"""

from __future__ import annotations

import math
import multiprocessing
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.reduction import ForkingPickler
from typing import Final, Generic, TypeVar, cast

from mediaoptout.catalogue.interrupts import Brake, Interrupted, interrupts_held
from mediaoptout.catalogue.queue import Queue
from mediaoptout.catalogue.threads import in_threads
from mediaoptout.catalogue.worker import THREADS, Answer, Outcome, Ready, Stopped, error_info, serve
from mediaoptout.errors import ErrorInfo, MediaoptoutError

__all__ = ["Interrupted", "Outcome", "run"]

J = TypeVar("J")
R = TypeVar("R")

CHUNK_SECONDS: Final = 0.05
"""How long a chunk should take: long beside a message, short beside a user's patience."""

CHUNK_JOBS: Final = 64
"""The most jobs in a chunk."""

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
    begun: int = THREADS,
    on_interrupt: Callable[[], object] | None = None,
) -> Generator[Outcome[J, R]]:
    """Do all jobs; each gives one outcome, in the order in which they are completed.

    A job that raises, or kills its worker, fails alone. Ctrl-C (in the main thread) finishes the
    jobs in hand and starts no more; a second one stops at once and raises `KeyboardInterrupt`.
    Leaving the iterator early finishes the jobs in hand too.

    Args:
        work: what to do; a function of a module, or another callable that can be pickled.
        jobs: what to do it with; consumed only as fast as there is room.
        processes: how many jobs at once; 1 does them in this process. Of jobs that cost little,
            or that wait for the disk, each process begins a few more.
        here: for how many seconds jobs are begun in this process, before others are started: a
            run that is done by then spares their start, and has none that may die alone.
        memory: the most that the jobs in hand may cost together, in bytes. A job above that
            runs alone. None for no limit.
        cost: the memory that a job needs, in bytes; by default nothing. Dear jobs are also handed
            out one by one, cheap ones many at a time.
        initialise: called once in every process before its first job.
        begun: how many cheap jobs each process begins at once: many where they wait for the disk,
            few where they compute.
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
                lanes=processes,
                memory=memory,
                seconds=seconds,
                begun=begun,
            )
        if not brake.pulled and queue.ahead(1):
            crew = _Crew(work, queue, brake, processes, memory, initialise, begun)
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
        queue: Queue[J],
        brake: Brake,
        processes: int,
        memory: int | None,
        initialise: Callable[[], object] | None,
        begun: int,
    ) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._work = work
        self._queue = queue
        self._brake = brake
        self._processes = processes
        self._memory = memory
        self._initialise = initialise
        self._begun = begun
        self._workers: list[_Worker[J]] = []
        self._seconds = CHUNK_SECONDS  # that a job takes, as far as is known
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
        count = max(1, min(CHUNK_JOBS, int(CHUNK_SECONDS / self._seconds)))
        packed: list[bytes] = []
        while not packed and (chunk := self._queue.take(count, room, idle=idle)):
            for job, cost in chunk:
                try:
                    packed.append(bytes(ForkingPickler.dumps(job)))
                except Exception as error:  # noqa: BLE001 # pickling runs the job's own code
                    yield Outcome(job, error=error_info(error))
                else:
                    worker.hand.append((job, cost))
        if packed:
            try:
                worker.pipe.send(packed)
            except OSError:  # it died while it was idle: nothing was in its hand
                self._queue.put_back(worker.hand)
                self._retire(worker)

    def _start(self) -> _Worker[J]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=serve,
            args=(self._line, theirs, self._work, self._initialise, self._begun),
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
            message = Answer(self._seconds, error=error_info(error))
        match message:
            case Ready():
                worker.ready = True
                self._failed_starts = 0
            case Stopped(error=reason):
                self._queue.put_back(worker.hand)
                self._retire(worker)
                if reason is not None:
                    self._failed_starts, self._reason = FAILED_STARTS, reason.message
            case Answer(seconds=seconds, result=result, error=reason):
                job, _ = worker.hand.popleft()
                self._seconds += (max(seconds, 1e-6) - self._seconds) / 8
                yield Outcome(job, cast(R, result), reason)

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
