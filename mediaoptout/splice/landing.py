"""The last two steps of a new file: it is flushed to the disk, and takes its name.

They may be taken for many small files together: the disk confirms them at once, which costs little
more than it does for one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mediaoptout.errors import MediaoptoutError
from mediaoptout.splice import files
from mediaoptout.splice.fingerprint import Fingerprint
from mediaoptout.splice.refusals import explained
from mediaoptout.splice.temporary import Temporary

Failure = OSError | MediaoptoutError
"""Why a file could not land."""

PATIENCE: Final = 0.02
"""For how many seconds the disk is asked for one small file after the other ..."""

ASKED_AT_ONCE: Final = 8
"""... and for how many at once then."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that is whole, and waits for the disk and for its name.

    Args:
        new: the file.
        target: its name to be.
        replace: whether an existing file gives way.
        source: the file that it was made of.
        before: what that was when it was read.
        times: of access and modification, in nanoseconds since 1970.
        size: in bytes.
    """

    new: Temporary
    target: Path
    replace: bool
    source: Path
    before: Fingerprint
    times: tuple[int, int]
    size: int

    def take_name(self) -> None:
        """Take the target's name in one step; the source must be what it was.

        Raises:
            OSError: the name cannot be had.
            SourceChangedError: somebody changed the source meanwhile.
        """
        if not files.MOVES_OPEN_FILES:
            self.new.close()
            files.set_times(self.new.path, *self.times)
        self.before.check(self.source)
        if self.replace:
            files.replace(self.new.path, self.target)
        else:
            files.publish(self.new.path, self.target)
        self.new.close()


def land(staged: Sequence[Staged], *, sync: bool = True) -> list[MediaoptoutError | None]:
    """Flush files to the disk, and give them their names.

    Args:
        staged: the files.
        sync: wait until they and their names are on the disk.

    Returns:
        For each why it could not be done, as `write` raises it, or None.
    """
    try:
        errors = _landed(staged, sync)
    except BaseException:
        for each in staged:
            each.new.discard()  # whose name is not yet the target's
        raise
    return [
        explained(error, each.target, each.size) if isinstance(error, OSError) else error
        for each, error in zip(staged, errors, strict=True)
    ]


def _landed(staged: Sequence[Staged], sync: bool) -> list[Failure | None]:
    """Do it; for each what went wrong, or None."""
    descriptors = [each.new.fd for each in staged]
    errors: list[Failure | None] = flushed(descriptors) if sync else [None] * len(staged)
    for number, each in enumerate(staged):
        try:
            if errors[number] is None:
                each.take_name()
                continue
        except (OSError, MediaoptoutError) as error:
            errors[number] = error
        each.new.discard()
    if sync:
        for folder in dict.fromkeys(each.target.parent for each in staged):
            _sync_names(folder, staged, errors)
    return errors


def _sync_names(folder: Path, staged: Sequence[Staged], errors: list[Failure | None]) -> None:
    """Flush the names in a folder; what goes wrong is the failure of all files there."""
    try:
        files.sync_folder(folder)
    except OSError as error:
        for number, each in enumerate(staged):
            if errors[number] is None and each.target.parent == folder:
                errors[number] = error


def flushed(descriptors: Sequence[int]) -> list[Failure | None]:
    """Wait until files are on the disk; for each what went wrong, or None.

    One after the other, since the first confirmation is mostly one for all; where the disk turns
    out to be slow all the same, it is asked for several at once.

    Args:
        descriptors: the open files.
    """
    end = time.monotonic() + PATIENCE
    errors: list[Failure | None] = []
    for number, fd in enumerate(descriptors):
        if number and time.monotonic() > end:
            with ThreadPoolExecutor(ASKED_AT_ONCE) as threads:
                return [*errors, *threads.map(_flushed, descriptors[number:])]
        errors.append(_flushed(fd))
    return errors


def _flushed(fd: int) -> OSError | None:
    try:
        files.sync(fd)
    except OSError as error:
        return error
    return None
