"""A few jobs in threads of this process, for runs that are done before others have started.

While one thread waits for the disk, or for the kernel to copy, others go on. The threads are
daemons: after a second Ctrl-C nobody waits for what they have in hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar, cast

from mediaoptout.catalogue.interrupts import Brake
from mediaoptout.catalogue.queue import Queue
from mediaoptout.catalogue.worker import Done, Outcome, Pace, Together, in_turn
from mediaoptout.errors import ErrorInfo

J = TypeVar("J")
R = TypeVar("R")


def in_threads(
    work: Callable[[J], R],
    queue: Queue[J],
    brake: Brake,
    *,
    together: Together[R] | None,
    lanes: int,
    memory: int | None,
    seconds: float,
) -> Iterator[Outcome[J, R]]:
    """Do the jobs of a queue, each in the order in which they are completed.

    Args:
        work: what to do with a job.
        queue: the jobs; what is not begun stays in it.
        brake: pulled when nothing more shall be begun.
        together: what ends the jobs of a chunk, or None.
        lanes: how many threads.
        memory: the most that the jobs in hand may cost together, in bytes; None for no limit.
        seconds: how long jobs are begun.
    """
    end = time.monotonic() + seconds
    given: SimpleQueue[tuple[int, Sequence[tuple[J, int]]] | None] = SimpleQueue()
    done: SimpleQueue[tuple[int, float, list[Done | ErrorInfo]]] = SimpleQueue()
    hand: dict[int, Sequence[tuple[J, int]]] = {}
    threads: list[Thread] = []
    numbers = count()
    pace = Pace()

    def stopped() -> bool:
        return brake.pulled

    def serve() -> None:
        while (task := given.get()) is not None:
            number, chunk = task
            began = time.perf_counter()
            jobs = (job for job, _ in chunk)
            # In a thread nobody would see what else than an Exception it raised.
            results = in_turn(work, together, jobs, stopped, caught=BaseException)
            done.put((number, (time.perf_counter() - began) / max(1, len(results)), results))

    brake.hard = hand.clear
    try:
        while True:
            while not brake.pulled and time.monotonic() < end and len(hand) < lanes:
                held = sum(cost for chunk in hand.values() for _, cost in chunk)
                room = None if memory is None else memory - held
                share = -(-queue.ahead(lanes * pace.jobs) // lanes)  # some for every thread
                chunk = queue.take(max(1, min(pace.jobs, share)), room, idle=not hand)
                if not chunk:
                    break
                number = next(numbers)
                hand[number] = chunk
                if len(hand) > len(threads):
                    threads.append(Thread(target=serve, daemon=True))
                    threads[-1].start()
                given.put((number, chunk))
            if not hand:
                return
            number, took, results = done.get()
            pace.learn(took, len(results))
            begun = hand.pop(number)
            queue.put_back(begun[len(results) :])
            for (job, _), result in zip(begun, results, strict=False):
                yield outcome(job, result)
    finally:
        while hand:
            hand.pop(done.get()[0], None)
        for _ in threads:
            given.put(None)


def outcome(job: J, result: Done | ErrorInfo) -> Outcome[J, R]:
    """What became of a job, as a run gives it."""
    if isinstance(result, Done):
        return Outcome(job, cast(R, result.result))
    return Outcome(job, error=result)
