"""Changing a file in place, under a rollback record, where that spares most of the writing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from mediaoptout.errors import SourceChangedError, WriteError
from mediaoptout.splice import files
from mediaoptout.splice.fingerprint import Fingerprint
from mediaoptout.splice.journal import MOST, Edit, Journal, Record, surroundings
from mediaoptout.splice.landing import Staged
from mediaoptout.splice.patch import Insert, Patch
from mediaoptout.splice.recovery import put_back, recover
from mediaoptout.splice.refusals import explained
from mediaoptout.splice.source import FileSource
from mediaoptout.splice.writer import Seal, write

SMALL: Final = 4 << 20
"""Up to this size, 4 MiB, a file is written anew in about the time that a record costs."""

WORTH: Final = 8
"""A file is changed in place if that writes less than this part of it."""

PIECES: Final = 4096
"""A patch of more pieces is not carried out in place."""


def cost(patch: Patch) -> int:
    """How many bytes of media the patch writes: in place where it moves nothing, else all."""
    return patch.bytes_inserted if patch.moves_nothing else patch.size


def prefer_in_place(patch: Patch, size: int) -> bool:
    """Whether a file of ``size`` bytes is better changed in place than written anew.

    It is, where nothing moves, and what changes is little of a file that is not small.
    """
    changes = cost(patch) + max(0, size - patch.size)
    return (
        patch.moves_nothing
        and not patch.holes
        and size > SMALL
        and len(patch.pieces) <= PIECES
        and changes <= min(size // WORTH, MOST // 2)
    )


def replace(
    patch: Patch,
    source: FileSource,
    *,
    seal: Seal | None = None,
    check: Callable[[Path], None] | None = None,
    sync: bool = True,
    staged: list[Staged] | None = None,
) -> None:
    """Change a file: in place where that is better and possible, else by writing it anew.

    Args:
        patch: what it becomes.
        source: the file.
        seal: what fills the patch's hole; a file that is sealed is written anew.
        check: called with the path of the new file; what it raises takes the change back.
        sync: wait until the change is on the disk.
        staged: takes the new file where the old one is small; see `mediaoptout.splice.landing`.

    Raises:
        WriteError: it could not be done; the file is as it was, or the next run makes it so
            (code ``rollback-pending``).
        SourceChangedError: somebody changed the file meanwhile.
    """
    if seal is None and prefer_in_place(patch, source.size):
        try:
            overwrite(patch, source, check=check, sync=sync)
        except NoLocksError:
            pass  # a network file system, or Windows: a record would not show who holds it
        else:
            return
    write(
        patch,
        source,
        source.path,
        replace=True,
        seal=seal,
        before_replace=check,
        sync=sync,
        staged=staged,
    )


class NoLocksError(WriteError):
    """Files cannot be locked here, so that no file can be changed in place."""

    code = "no-locks"


def overwrite(
    patch: Patch,
    source: FileSource,
    *,
    check: Callable[[Path], None] | None = None,
    sync: bool = True,
) -> None:
    """Change a file in place, so that it can be taken back at any moment.

    The file keeps its number, its links, its rights and its times. A symbolic link stays; the
    file behind it is changed.

    Args:
        patch: what it becomes; moves nothing and has no holes.
        source: the file.
        check: called with the file's path once it is changed; what it raises takes that back.
        sync: wait until the change is on the disk, and the record before it.

    Raises:
        NoLocksError: the file system has no locks; nothing was changed.
        WriteError: it could not be done; the file is as it was, or the next run makes it so
            (code ``rollback-pending``).
        SourceChangedError: the file is not what was read any more.
        ValueError: the patch cannot be carried out in place.
    """
    if not patch.moves_nothing or patch.holes:
        raise ValueError("this patch cannot be carried out in place")
    path = Path(os.path.realpath(source.path))
    try:
        recover(path.parent)
        fd = files.open_to_change(path)
        try:
            _overwrite(fd, path, patch, source, check, sync)
        finally:
            files.close(fd)
    except OSError as error:
        raise explained(error, path, cost(patch)) from error


def _overwrite(
    fd: int,
    path: Path,
    patch: Patch,
    source: FileSource,
    check: Callable[[Path], None] | None,
    sync: bool,
) -> None:
    held = files.lock(fd)
    if held is None:
        raise NoLocksError(f"{path} cannot be locked", fix="change a copy of it elsewhere")
    if not held:
        raise WriteError(
            f"{path} is being changed by another process", fix="run again later", code="busy"
        )
    if not _is_still(fd, source):
        raise SourceChangedError(
            f"{path} is not the file any more that was read",
            fix="wait until nobody writes to it, and run again",
        )
    read = partial(files.read_at, fd)
    edits = tuple(_edits(patch, source.size, read))
    if not edits:
        return
    record = Record(
        path.name,
        Fingerprint.of(source),
        source.stat.st_atime_ns,
        patch.size,
        edits,
        surroundings(edits, min(source.size, patch.size), read),
    )
    with Journal(record, path.parent, sync=sync) as journal:
        try:
            _carry_out(record, fd)
            if check is not None:
                check(path)
            files.set_times(fd, record.atime_ns, record.before.mtime_ns)
            if sync:
                files.sync(fd)
        except BaseException:
            _take_back(journal, record, fd, path, sync)
            raise


def _is_still(fd: int, source: FileSource) -> bool:
    """Whether nobody has touched the file since it was opened as ``source``.

    The time of its last change of any kind says so even after a change in place, which sets the
    time of modification back.
    """
    now, then = files.state(fd), source.stat
    return os.path.samestat(now, then) and (now.st_size, now.st_mtime_ns, now.st_ctime_ns) == (
        then.st_size,
        then.st_mtime_ns,
        then.st_ctime_ns,
    )


def _edits(patch: Patch, size: int, read: Callable[[int, int], bytes]) -> Iterator[Edit]:
    """What the patch changes of a file of ``size`` bytes."""
    at = 0
    for piece in patch.pieces:
        if isinstance(piece, Insert):
            old = read(at, min(at + piece.size, size))
            if old != piece.data:
                yield Edit(at, old, piece.data)
        at += piece.size
    if at < size:
        yield Edit(at, read(at, size), b"")


def _carry_out(record: Record, fd: int) -> None:
    """Write the new bytes, the last first: lack of room shows before an old byte is gone."""
    for edit in reversed(record.edits):
        files.write_at(fd, edit.new, edit.start)
    if record.new_size < record.before.size:
        files.set_size(fd, record.new_size)


def _take_back(journal: Journal, record: Record, fd: int, path: Path, sync: bool) -> None:
    try:
        put_back(record, fd, sync=sync)
    except OSError as error:
        journal.keep()
        raise WriteError(
            f"{path} is half changed, and its old bytes cannot be put back now: {error.strerror}",
            fix="make room or mend the disk, and run again: that puts them back",
            code="rollback-pending",
        ) from error
    except BaseException:
        journal.keep()
        raise
