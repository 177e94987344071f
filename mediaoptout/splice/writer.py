"""The only code that writes media files: a patch becomes a file, whole or not at all.

The new file grows beside its target under a name of its own, is checked, dressed like the source
(permissions, times, extended attributes), flushed to the disk and then takes the target's name in
one step. Whoever looks, and whenever the process dies, sees the old file or the new one.

Until then it is a `mediaoptout.splice.temporary` file; the last two steps are those of
`mediaoptout.splice.landing`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mediaoptout.errors import (
    DamagedError,
    MediaError,
    NotHereError,
    SourceChangedError,
    WriteError,
)
from mediaoptout.splice import files
from mediaoptout.splice.digest import ALONE, Digest
from mediaoptout.splice.fingerprint import Fingerprint
from mediaoptout.splice.landing import Staged, land
from mediaoptout.splice.patch import Copy, Hole, Insert, Patch, PatchedSource, Span
from mediaoptout.splice.refusals import exists, explained
from mediaoptout.splice.source import STEP, FileSource, Source, stepped
from mediaoptout.splice.temporary import Temporary, swept

KERNEL_PIECE: Final = 256 << 10
"""From this size on a piece is copied by the kernel; smaller ones are gathered."""

KERNEL_STEP: Final = 16 << 20
"""How much the kernel copies before the disk begins with it, and an interrupt is noticed."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What fills the hole of a patch, once everything else is written.

    Args:
        content: the bytes for the hole, given the SHA-256 of everything outside it (empty unless
            ``hashed``) and the path of the unfinished file, in which the hole is zeros, or
            ``blank``.
        hashed: whether that digest is wanted; it is taken while the file is being written, so
            that the source is read once.
        blank: what stands in the hole until then, where it must not be zeros alone.
    """

    content: Callable[[bytes, Path], bytes]
    hashed: bool
    blank: bytes = b""


def write(
    patch: Patch,
    source: FileSource,
    target: Path,
    *,
    replace: bool,
    seal: Seal | None = None,
    before_replace: Callable[[Path], None] | None = None,
    sync: bool = True,
    staged: list[Staged] | None = None,
) -> None:
    """Make the file that ``patch`` says.

    Permissions, times and extended attributes are those of the source, and its owner too where the
    source itself is replaced. A symbolic link at ``target`` stays; the file behind it is replaced.
    Another hard link of a replaced file keeps the old content.

    Args:
        patch: the new file, with one hole if there is a seal, else with none.
        source: the file that the patch is for.
        target: where the new file shall stand; may be the source.
        replace: whether an existing file gives way.
        seal: what fills the hole.
        before_replace: called with the path of the finished file before it takes its place; what
            it raises ends the writing.
        sync: wait until file and name are on the disk.
        staged: takes the finished file where it is small; `land` then does the rest. None to do
            all of it here.

    Raises:
        WriteError: it could not be done; the target is as it was, unless the last step alone
            failed, that of flushing its name to the disk.
        SourceChangedError: somebody changed the source meanwhile.
        ValueError: the patch has holes that nothing fills.
    """
    if len(patch.holes) != (0 if seal is None else 1):
        raise ValueError(f"the patch has other holes than the seal fills: {patch.holes}")
    try:
        ready = _stage(patch, source, target, replace, seal, before_replace, sync)
    except OSError as error:
        raise explained(error, target, patch.size) from error
    if staged is not None and patch.size < ALONE:
        if sync:
            files.start_flush(ready.new.fd)
        staged.append(ready)
        return
    (failure,) = land([ready], sync=sync)
    if failure is not None:
        raise failure


def _stage(
    patch: Patch,
    source: FileSource,
    target: Path,
    replace: bool,
    seal: Seal | None,
    before_replace: Callable[[Path], None] | None,
    sync: bool,
) -> Staged:
    there = files.look(target)
    if there is not None and not replace:
        raise exists(target)
    if there is not None and stat.S_ISLNK(there.st_mode):
        target = Path(os.path.realpath(target))
        there = files.look(target)
    if there is not None:
        _refuse_protected(target, there)
    swept(target.parent)
    new = Temporary(target)
    try:
        with Digest(patch.size if seal is not None and seal.hashed else 0) as digest:
            _fill(new.fd, patch, source, digest)
        if seal is not None and seal.blank:
            _seal(new, patch.holes[0][1], seal.blank)
        if seal is not None:
            _seal(new, patch.holes[0][1], seal.content(digest.value, new.path))
        if before_replace is not None:
            with _flushing(new.fd if sync and patch.size >= ALONE else None):
                before_replace(new.path)
        _dress(new, source, there is not None and os.path.samestat(there, source.stat))
    except BaseException:
        new.discard()
        raise
    times = source.stat.st_atime_ns, source.stat.st_mtime_ns
    return Staged(new, target, replace, source.path, Fingerprint.of(source), times, patch.size)


def put(data: bytes, target: Path, *, replace: bool, sync: bool = True) -> None:
    """Write a small file of our own, whole or not at all: a sidecar, a list of check sums.

    Args:
        data: its content.
        target: where it shall stand.
        replace: whether an existing file gives way; its permissions stay.
        sync: wait until file and name are on the disk.

    Raises:
        WriteError: it could not be done; the target is as it was.
    """
    pour((data,), target, size=len(data), replace=replace, sync=sync)


def pour(
    pieces: Iterable[bytes], target: Path, *, size: int, replace: bool, sync: bool = True
) -> None:
    """Write a file of our own of any size, whole or not at all; see `put`.

    Args:
        pieces: its content, in order.
        target: where it shall stand.
        size: about how much there is, for the message where there is no room for it.
        replace: whether an existing file gives way; its permissions stay.
        sync: wait until file and name are on the disk.
    """
    try:
        there = files.look(target)
        if there is not None and not replace:
            raise exists(target)
        if there is not None:
            _refuse_protected(target, there)
        swept(target.parent)
        with Temporary(target) as new:
            for piece in pieces:
                files.write(new.fd, piece)
            mode = there.st_mode & 0o777 if there is not None else 0o666 & ~files.UMASK
            files.set_mode(new.fd if files.MOVES_OPEN_FILES else new.path, mode)
            if sync:
                files.sync(new.fd)
            if not files.MOVES_OPEN_FILES:
                new.close()
            if replace:
                files.replace(new.path, target)
            else:
                files.publish(new.path, target)
        if sync:
            files.sync_folder(target.parent)
    except OSError as error:
        raise explained(error, target, size) from error


def _fill(fd: int, patch: Patch, source: FileSource, digest: Digest) -> None:
    """Write all pieces, holes as zeros; small ones are gathered, so that few calls are made."""
    try:
        for outside, piece in _gathered(patch, source, in_kernel=not digest.wanted):
            if isinstance(piece, Copy):
                _copy(fd, piece, source)
            elif piece.size:
                if outside:
                    digest.update(piece.data)
                files.write(fd, piece.data)
    except DamagedError as error:
        raise SourceChangedError(f"{source.path} became shorter while it was copied") from error
    size = files.size(fd)
    if size != patch.size:
        raise WriteError(f"{size} bytes were written instead of {patch.size}")


def _gathered(
    patch: Patch, source: FileSource, *, in_kernel: bool
) -> Iterator[tuple[bool, Copy | Insert]]:
    """What is to be written, in steps, each with whether it stands outside all holes.

    Args:
        patch: the new file.
        source: the old one.
        in_kernel: whether large copies are left to the kernel; else they are read here.
    """
    held: list[bytes] = []
    size = 0
    for piece in patch.pieces:
        if isinstance(piece, Hole) or (
            isinstance(piece, Copy) and piece.size >= KERNEL_PIECE and in_kernel
        ):
            yield True, Insert(b"".join(held))
            held, size = [], 0
            yield (True, piece) if isinstance(piece, Copy) else (False, Insert(bytes(piece.size)))
            continue
        for data in _steps(piece, source):
            held.append(data)
            size += len(data)
            if size >= STEP:
                yield True, Insert(b"".join(held))
                held, size = [], 0
    yield True, Insert(b"".join(held))


def _steps(piece: Copy | Insert, source: FileSource) -> Iterator[bytes]:
    if isinstance(piece, Insert):
        yield piece.data
        return
    yield from stepped(source, piece.start, piece.end)


def _copy(fd: int, piece: Copy, source: FileSource) -> None:
    at = piece.start
    while at < piece.end:
        step = min(piece.end - at, KERNEL_STEP)
        done = files.copy_in_kernel(source.fileno(), at, step, fd)
        if not done:
            break
        at += done
        if done == KERNEL_STEP:
            files.start_flush(fd, done)
    for data in _steps(Copy(at, piece.end), source):
        files.write(fd, data)


@contextmanager
def _flushing(fd: int | None) -> Iterator[None]:
    """Flush a large file to the disk beside what is done with it meanwhile; None for no file."""
    if fd is None:
        yield
        return
    with ThreadPoolExecutor(1) as thread:
        flushed = thread.submit(files.sync, fd)
        yield
    flushed.result()


def _seal(new: Temporary, hole: Span, data: bytes) -> None:
    if len(data) != hole.size:
        raise WriteError(f"{len(data)} bytes do not fill a hole of {hole.size}", at=hole.start)
    files.write_at(new.fd, data, hole.start)


def _dress(new: Temporary, source: FileSource, itself: bool) -> None:
    """Give the new file what the source has beside its bytes."""
    old = source.stat
    if itself:
        files.set_owner(new.fd, old.st_uid, old.st_gid)
    files.set_mode(new.fd if files.MOVES_OPEN_FILES else new.path, old.st_mode & 0o777)
    ignored = files.NOT_HERE if itself else files.NOT_HERE | files.TOO_LARGE
    files.copy_attributes(source.fileno(), new.fd, ignored)
    if files.MOVES_OPEN_FILES:
        files.set_times(new.fd, old.st_atime_ns, old.st_mtime_ns)


def same_bytes(patch: Patch, source: Source, existing: Path, *, recall: bool = False) -> bool:
    """Whether the file at ``existing`` is what ``patch`` would make of ``source``, holes aside.

    Args:
        patch: the new file; what stands in its holes is not compared.
        source: the file that the patch is for.
        existing: a path; where there is no regular file the answer is no.
        recall: open it too if its content is elsewhere.

    Raises:
        NotHereError: it is a placeholder.
        OSError: a file that is there cannot be read.
    """
    wanted = PatchedSource(source, patch)
    try:
        with FileSource(existing, recall=recall) as found:
            return found.size == wanted.size and all(
                found.read(at, end) == wanted.read(at, end) for at, end in _compared(patch)
            )
    except NotHereError:
        raise
    except (FileNotFoundError, NotADirectoryError, MediaError):
        return False


def _compared(patch: Patch) -> Iterator[tuple[int, int]]:
    """The new file in steps, without its holes."""
    at = 0
    for stop, following in (*(span for _, span in patch.holes), (patch.size, patch.size)):
        for start in range(at, stop, STEP):
            yield start, min(start + STEP, stop)
        at = following


def _refuse_protected(target: Path, there: os.stat_result) -> None:
    if not stat.S_ISREG(there.st_mode):
        raise WriteError(
            f"{target} is no regular file", fix="choose another output", code="output-exists"
        )
    if not files.writable(target):
        raise WriteError(
            f"{target} is write-protected",
            fix="allow writing to it, or write to another folder",
            code="no-permission",
        )
