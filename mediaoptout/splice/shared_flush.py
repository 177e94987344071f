"""Flushing a folder's names to the disk, once for all threads that ask at the same time."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

from mediaoptout.splice import files

_FOLDERS: Final = 4096
_ASKING: Final = Lock()


class _Turns:
    """Who has asked for a folder's flush, and up to whom it was done."""

    __slots__ = ("asked", "done", "flushing")

    def __init__(self) -> None:
        self.flushing = Lock()
        self.asked = 0
        self.done = 0


@lru_cache(maxsize=_FOLDERS)
def _turns(folder: Path) -> _Turns:
    return _Turns()


def sync_folder(folder: Path) -> None:
    """Wait until the names that the caller has changed in a folder are on the disk.

    While one thread waits for the disk, others give their files their names; the flush after that
    is for all of them.

    Args:
        folder: the folder.

    Raises:
        OSError: it could not be done; every thread that waits tries for itself.
    """
    turns = _turns(folder)
    with _ASKING:
        turns.asked += 1
        mine = turns.asked
    with turns.flushing:
        if turns.done >= mine:
            return  # a flush that began after we had asked
        with _ASKING:
            everybody = turns.asked
        files.sync_folder(folder)
        turns.done = everybody
