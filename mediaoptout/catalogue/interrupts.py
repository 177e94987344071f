"""Ctrl-C, as a run of many files takes it: once to finish what is in hand, twice to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from mediaoptout.errors import MediaoptoutError


class Interrupted(MediaoptoutError):
    """Ctrl-C: the jobs in hand were finished, the others were not begun.

    Args:
        left: how many were not begun; None if that is not known.
    """

    code = "interrupted"

    def __init__(self, left: int | None) -> None:
        rest = "the others" if left is None else f"{left}"
        super().__init__(
            f"interrupted: what was in hand is finished, {rest} not begun",
            fix="run the same command again: it goes on with the rest",
        )
        self.left = left

    def __reduce__(self) -> tuple[object, ...]:
        return Interrupted, (self.left,)


def nothing(*_: object) -> int:
    """Do nothing."""
    return 0


class Brake:
    """Turns the first Ctrl-C into a wish to stop, and the second into `KeyboardInterrupt`."""

    def __init__(self, on_interrupt: Callable[[], object] | None) -> None:
        self.pulled = False
        self.slow: Callable[[], object] = nothing
        self.hard: Callable[[], object] = nothing
        self._told = on_interrupt or nothing
        self._before: object = None

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            if before not in (signal.SIG_IGN, None):  # who ignores it, as nohup does, means it
                self._before = signal.signal(signal.SIGINT, self._pull)

    def __exit__(self, *_exception: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type] # as it was

    def _pull(self, _signal: int, _frame: FrameType | None) -> None:
        if self.pulled:
            self.hard()
            raise KeyboardInterrupt
        self.pulled = True
        self.slow()
        self._told()


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold SIGINT back meanwhile. A process started here never hears it; this one does, after."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it lets SIGINT through when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
