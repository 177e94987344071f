"""A few jobs in threads of this process, for runs that are done before others have started.

While one thread waits for the disk, or for the kernel to copy, others go on. The threads are
daemons: after a second Ctrl-C nobody waits for what they have in hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from mediaoptout.catalogue.interrupts import Brake
from mediaoptout.catalogue.queue import CHUNK_BYTES, Queue
from mediaoptout.catalogue.worker import THREADS, Outcome, error_info

J = TypeVar("J")
R = TypeVar("R")


def in_threads(
    work: Callable[[J], R],
    queue: Queue[J],
    brake: Brake,
    *,
    lanes: int,
    memory: int | None,
    seconds: float,
    begun: int = THREADS,
) -> Iterator[Outcome[J, R]]:
    """Do the jobs of a queue, each in the order in which they are completed.

    Args:
        work: what to do with a job.
        queue: the jobs; what is not begun stays in it.
        brake: pulled when nothing more shall be begun.
        lanes: how many jobs at once where one of them is dear; cheap ones may be more.
        memory: the most that the jobs in hand may cost together, in bytes; None for no limit.
        seconds: how long jobs are begun.
        begun: how many cheap jobs at once.
    """
    end = time.monotonic() + seconds
    given: SimpleQueue[tuple[int, J] | None] = SimpleQueue()
    done: SimpleQueue[tuple[int, Outcome[J, R]]] = SimpleQueue()
    hand: dict[int, int] = {}
    threads: list[Thread] = []
    numbers = count()

    def serve() -> None:
        while (task := given.get()) is not None:
            number, job = task
            try:
                outcome = Outcome(job, work(job))
            except BaseException as error:  # noqa: BLE001 # in a thread nobody else would see it
                outcome = Outcome(job, error=error_info(error))
            done.put((number, outcome))

    brake.hard = hand.clear
    try:
        while True:
            while (
                not brake.pulled
                and time.monotonic() < end
                and len(hand) < _width(hand, lanes, begun)
            ):
                room = None if memory is None else memory - sum(hand.values())
                chunk = queue.take(1, room, idle=not hand)
                if not chunk:
                    break
                ((job, cost),) = chunk
                number = next(numbers)
                hand[number] = cost
                if len(hand) > len(threads):
                    threads.append(Thread(target=serve, daemon=True))
                    threads[-1].start()
                given.put((number, job))
            if not hand:
                return
            number, outcome = done.get()
            del hand[number]
            yield outcome
    finally:
        while hand:
            hand.pop(done.get()[0], None)
        for _ in threads:
            given.put(None)


def _width(hand: dict[int, int], lanes: int, begun: int) -> int:
    """How many jobs may be in hand."""
    return lanes if any(cost > CHUNK_BYTES for cost in hand.values()) else max(lanes, begun)
