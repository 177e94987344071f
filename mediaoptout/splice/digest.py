"""A SHA-256 that is taken beside the writing: large files are hashed in a thread of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import Final

ALONE: Final = 4 << 20
"""From this size on work gets a thread: hashing beside writing, flushing beside reading back."""

_WAITING: Final = 16


class Digest:
    """The hash of what it is given. Use as a context manager; then ask for `value`.

    Args:
        size: about how many bytes will come; 0 where no digest is wanted.
    """

    def __init__(self, size: int) -> None:
        self.wanted = size > 0
        self._hash = hashlib.sha256()
        self._beside = _Beside(self._hash.update) if size >= ALONE else None

    def update(self, data: bytes) -> None:
        """Take in ``data``, behind all that came before."""
        if self._beside is not None:
            self._beside.queue.put(data)
        elif self.wanted:
            self._hash.update(data)

    @property
    def value(self) -> bytes:
        """The digest; empty where none was wanted."""
        return self._hash.digest() if self.wanted else b""

    def __enter__(self) -> Digest:
        if self._beside is not None:
            self._beside.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._beside is not None:
            self._beside.queue.put(None)
            self._beside.join()


class _Beside(Thread):
    """A thread that hashes what is put into its queue, until None comes."""

    def __init__(self, update: Callable[[bytes], object]) -> None:
        super().__init__(daemon=True)
        self.queue: Queue[bytes | None] = Queue(_WAITING)
        self._update = update

    def run(self) -> None:
        """Hash."""
        while (data := self.queue.get()) is not None:
            self._update(data)
