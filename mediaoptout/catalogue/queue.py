"""The jobs of a run that no worker has, given out in chunks that fit the memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from itertools import islice
from typing import Final, Generic, TypeVar

J = TypeVar("J")

CHUNK_BYTES: Final = 8 << 20
"""The most that the jobs of one chunk may cost together; a dearer job is a chunk of its own."""

WAITING: Final = 64
"""How many jobs may wait for memory, and how often one of them is overtaken at most."""


class Queue(Generic[J]):
    """The jobs that no worker has: those that wait for memory or came back, then the rest.

    Args:
        jobs: all jobs; drawn one by one, as they are needed.
        cost: the memory that a job needs, in bytes; None for nothing.
    """

    def __init__(self, jobs: Iterable[J], cost: Callable[[J], int] | None) -> None:
        self._size = len(jobs) if isinstance(jobs, Sized) else None
        self._rest = iter(jobs)
        self._cost = cost
        self._taken = 0
        self._overtaken = 0
        self._waiting: deque[tuple[J, int]] = deque()
        self._suspects: deque[tuple[J, int]] = deque()

    @property
    def left(self) -> int | None:
        """How many jobs were not begun; None where ``jobs`` has no length."""
        return (
            None
            if self._size is None
            else (self._size - self._taken + len(self._waiting) + len(self._suspects))
        )

    def ahead(self, count: int) -> int:
        """How many jobs there are yet, looking no further than ``count``."""
        here = len(self._suspects) + len(self._waiting)
        self._waiting.extend(self._drawn(count - here))
        return min(count, len(self._suspects) + len(self._waiting))

    def put_back(self, jobs: Iterable[tuple[J, int]]) -> None:
        """Jobs that were taken and not begun; they come first."""
        self._waiting.extendleft(reversed(list(jobs)))

    def suspect(self, jobs: Iterable[tuple[J, int]]) -> None:
        """Jobs one of which killed its worker; each is given out alone, before all others."""
        self._suspects.extend(jobs)

    def take(self, count: int, room: int | None, *, idle: bool) -> list[tuple[J, int]]:
        """The next chunk, with the cost of each job; empty if none fits.

        Args:
            count: the most jobs.
            room: the most that they may cost together; None for no limit.
            idle: whether nothing else is in hand: then a job may also cost more than there is.
        """
        if self._suspects and (room is None or idle or self._suspects[0][1] <= room):
            return [self._suspects.popleft()]
        chunk: list[tuple[J, int]] = []
        unfit: list[tuple[J, int]] = []
        total = 0
        for job, cost in self._candidates():
            if room is not None and total + cost > room and (chunk or not idle):
                unfit.append((job, cost))
                if len(unfit) == WAITING or self._overtaken >= WAITING:
                    break
            elif chunk and total + cost > CHUNK_BYTES:
                self.put_back([(job, cost)])
                break
            else:
                chunk.append((job, cost))
                total += cost
                if len(chunk) == count:
                    break
        self._overtaken = self._overtaken + len(chunk) if unfit else 0
        self.put_back(unfit)
        return chunk

    def _candidates(self) -> Iterator[tuple[J, int]]:
        while self._waiting:
            yield self._waiting.popleft()
        while drawn := next(self._drawn(1), None):
            yield drawn

    def _drawn(self, count: int) -> Iterator[tuple[J, int]]:
        for job in islice(self._rest, max(0, count)):
            self._taken += 1
            try:
                cost = self._cost(job) if self._cost is not None else 0
            except OSError:  # the work will meet it again, and say so of this job
                cost = 0
            yield job, cost
