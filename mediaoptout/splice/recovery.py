"""Taking back what a dead process left half changed; see `mediaoptout.splice.journal`."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from mediaoptout.errors import MediaoptoutError
from mediaoptout.splice import files
from mediaoptout.splice.journal import FOLDER, MOST, SUFFIX, UNFINISHED, Record, State, drop

LARGEST: Final = MOST + (4 << 20)
"""No record is larger: its bytes, and 4 MiB of names and numbers."""


class Mending(StrEnum):
    """What was done about a record that a dead process left."""

    UNTOUCHED = "untouched"
    """Nothing of the file had changed; the record is gone."""
    FINISHED = "finished"
    """The file was changed wholly; the record is gone."""
    RESTORED = "restored"
    """The file was changed in part and has its old bytes again; the record is gone."""
    KEPT = "kept"
    """The file is not one that the record knows, or cannot be mended; both are as they were."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of a record.

    Args:
        record: where it is, or was.
        path: the file that it is about; None if that cannot be read from it.
        mending: what was done.
        message: that as a sentence for people.
        fix: what is left for them to do, or None.
    """

    record: Path
    path: Path | None
    mending: Mending
    message: str
    fix: str | None = None


def recover(folder: Path) -> list[Recovered]:
    """Mend the files of a folder that dead processes left half changed.

    To be called before a file in the folder is read; where there is nothing to mend that costs
    one system call. Records that a living process holds are left to it. Raises nothing.

    Args:
        folder: the folder of the files themselves, not of links to them.
    """
    records = folder / FOLDER
    if not files.is_folder(records):
        return []
    found: list[Recovered] = []
    there = sorted(files.names(records))
    for name in there:
        if name.endswith((SUFFIX, UNFINISHED)):
            mended = _claimed(records / name)
            if mended is not None:
                found.append(mended)
    if not there:
        files.remove_folder(records)  # a run may have ended before it wrote its record
    return found


def mend(path: Path) -> tuple[str, ...]:
    """`recover` the folder of the file behind ``path``; what was done, as sentences for people."""
    folder = os.path.dirname(os.path.realpath(path) if files.is_link(path) else path)  # noqa: PTH120
    if not files.is_folder(os.path.join(folder, FOLDER)):  # noqa: PTH118 # asked for every file
        return ()
    found = recover(Path(folder))
    return tuple(
        each.message if each.fix is None else f"{each.message}: {each.fix}" for each in found
    )


def put_back(record: Record, fd: int, *, sync: bool) -> None:
    """Give an open file the bytes, the size and the times that it had before.

    Args:
        record: what it had.
        fd: the file, opened for writing.
        sync: wait until that is on the disk.

    Raises:
        OSError: it could not be done; the record is still needed.
    """
    for edit in record.edits:
        files.write_at(fd, edit.old, edit.start)
    files.set_size(fd, record.before.size)
    files.set_times(fd, record.atime_ns, record.before.mtime_ns)
    if sync:
        files.sync(fd)


def _claimed(path: Path) -> Recovered | None:
    """Deal with one record; None if it is somebody else's, or gone."""
    try:
        fd = files.open_to_change(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        return _kept(path, None, f"the rollback record {path} cannot be opened: {error.strerror}")
    done = False
    try:
        # Without locks (None) nobody writes records here: this one came with a copied folder.
        if files.lock(fd) is False or not files.is_linked(fd):
            return None
        mended = _mended(path, fd)
        done = mended.mending is not Mending.KEPT
        return mended
    except OSError as error:
        return _kept(path, None, f"the rollback record {path} cannot be read: {error.strerror}")
    finally:
        if done:
            drop(fd, path, sync=True)
        else:
            files.close(fd)


def _mended(path: Path, fd: int) -> Recovered:
    if path.name.endswith(UNFINISHED):
        message = f"a run ended while it wrote {path}; no file had changed"
        return Recovered(path, None, Mending.UNTOUCHED, message)
    if files.size(fd) > LARGEST:
        return _kept(path, None, f"{path} is no rollback record: it is too large")
    try:
        record = Record.from_bytes(files.read_at(fd, 0, LARGEST))
    except MediaoptoutError as error:
        return _kept(path, None, f"the rollback record {path} is of no use: {error.message}")
    file = path.parent.parent / record.name
    try:
        mending = _applied(record, file)
    except FileNotFoundError:
        return Recovered(
            path,
            file,
            Mending.KEPT,
            f"{file} is gone, and may have been left half changed",
            f"put it back and run again, or delete {path}",
        )
    except OSError as error:
        return Recovered(
            path,
            file,
            Mending.KEPT,
            f"{file} may be half changed and cannot be mended: {error.strerror or error}",
            "allow writing to it and run again",
        )
    messages = {
        Mending.UNTOUCHED: f"a run ended before it changed {file}",
        Mending.FINISHED: f"a run ended when it had changed {file}",
        Mending.RESTORED: f"a run ended while it changed {file}; its old bytes are back",
    }
    if mending is Mending.KEPT:
        message = f"{file} was changed by others after a run ended while it changed it"
        return _kept(path, file, message)
    return Recovered(path, file, mending, messages[mending])


def _applied(record: Record, file: Path) -> Mending:
    """Put back what has to be put back, and wait until the file is on the disk."""
    fd = files.open_to_change(file)
    try:
        now = files.state(fd)
        if files.lock(fd) is False:
            raise BlockingIOError(errno.EAGAIN, "another process is changing it")
        if not stat.S_ISREG(now.st_mode):
            return Mending.KEPT
        match record.state(now.st_size, partial(files.read_at, fd)):
            case State.MIXED:
                put_back(record, fd, sync=True)
                return Mending.RESTORED
            case State.FOREIGN:
                return Mending.KEPT
            case State.NEW:
                files.sync(fd)
                return Mending.FINISHED
            case State.OLD:
                files.sync(fd)
                return Mending.UNTOUCHED
    finally:
        files.close(fd)


def _kept(path: Path, file: Path | None, message: str) -> Recovered:
    return Recovered(
        path, file, Mending.KEPT, message, f"look at the file; if it is right, delete {path}"
    )
