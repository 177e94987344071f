"""Files of our own that are not finished: hidden, held under a lock, removed unless all goes well.

The lock ends with its process, so that `sweep` tells the leftovers of dead runs from the work of
living ones.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Final

from mediaoptout.errors import WriteError
from mediaoptout.splice import files

_NAME_BYTES: Final = 80
_SUFFIX: Final = ".mediaoptout-tmp"
_TEMPORARY: Final = re.compile(r"\..*\.[0-9]+-[0-9a-f]{8}" + re.escape(_SUFFIX), re.DOTALL)
_CLAIMS: Final = 16
_FOLDERS: Final = 4096


class Temporary:
    """A file of our own beside ``target``: opened, locked, and removed unless all goes well."""

    __slots__ = ("fd", "path")

    def __init__(self, target: Path) -> None:
        for _ in range(_CLAIMS):
            self.path = target.with_name(_own_name(target.name))
            try:
                self.fd = files.create(self.path)
            except FileExistsError:
                continue
            try:
                # A sweep may come between creating and locking, and take the file away.
                if files.lock(self.fd) is not False and files.is_linked(self.fd):
                    return
            except BaseException:
                files.discard(self.fd, self.path)
                raise
            files.discard(self.fd, self.path)
        raise WriteError(f"no temporary file can be made beside {target}")

    def close(self) -> None:
        """Let go of the file, once."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            files.close(fd)

    def discard(self) -> None:
        """Let go of the file and remove it, as far as that can be done."""
        fd, self.fd = self.fd, -1
        files.discard(fd, self.path)

    def __enter__(self) -> Temporary:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()


def _own_name(name: str) -> str:
    """A hidden name that nobody else takes, at most 128 bytes long."""
    start = name.encode("utf-8", "ignore")[:_NAME_BYTES].decode("utf-8", "ignore")
    return f".{start}.{os.getpid()}-{os.urandom(4).hex()}{_SUFFIX}"


def sweep(folder: Path) -> int:
    """Remove the unfinished files of dead runs from ``folder``; how many there were."""
    return sum(
        files.remove_stale(folder / name)
        for name in files.names(folder)
        if _TEMPORARY.fullmatch(name)
    )


@lru_cache(maxsize=_FOLDERS)
def swept(folder: Path) -> int:
    """`sweep`, once for each folder in a process."""
    return sweep(folder)
