"""The only code that writes media files: a patch becomes a file, whole or not at all.

The new file grows beside its target under a name of its own, is checked, dressed like the source
(permissions, times, extended attributes), flushed to the disk and then takes the target's name in
one step. Whoever looks, and whenever the process dies, sees the old file or the new one.

The last two steps, *landing*, may be taken for many small files together: the disk confirms them
at once, which costs little more than it does for one.

An unfinished file is held under a lock that ends with its process, so that `sweep` tells the
leftovers of dead runs from the work of living ones.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Final

from mediaoptout.errors import (
    DamagedError,
    MediaError,
    MediaoptoutError,
    NotHereError,
    SourceChangedError,
    WriteError,
)
from mediaoptout.splice import files
from mediaoptout.splice.digest import ALONE, Digest
from mediaoptout.splice.fingerprint import Fingerprint
from mediaoptout.splice.patch import Copy, Hole, Insert, Patch, PatchedSource, Span
from mediaoptout.splice.refusals import exists, explained
from mediaoptout.splice.source import STEP, FileSource, Source, stepped

KERNEL_PIECE: Final = 256 << 10
"""From this size on a piece is copied by the kernel; smaller ones are gathered."""

KERNEL_STEP: Final = 16 << 20
"""How much the kernel copies before the disk begins with it, and an interrupt is noticed."""

Failure = OSError | MediaoptoutError
"""Why a file could not land."""

PATIENCE: Final = 0.02
"""For how many seconds the disk is asked for one small file after the other ..."""

ASKED_AT_ONCE: Final = 8
"""... and for how many at once then."""

_NAME_BYTES: Final = 80
_SUFFIX: Final = ".mediaoptout-tmp"
_TEMPORARY: Final = re.compile(r"\..*\.[0-9]+-[0-9a-f]{8}" + re.escape(_SUFFIX), re.DOTALL)
_CLAIMS: Final = 16
_FOLDERS: Final = 4096


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
    new = _Temporary(target)
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

    new: _Temporary
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
        with _Temporary(target) as new:
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


class _Temporary:
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

    def __enter__(self) -> _Temporary:
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


def _seal(new: _Temporary, hole: Span, data: bytes) -> None:
    if len(data) != hole.size:
        raise WriteError(f"{len(data)} bytes do not fill a hole of {hole.size}", at=hole.start)
    files.write_at(new.fd, data, hole.start)


def _dress(new: _Temporary, source: FileSource, itself: bool) -> None:
    """Give the new file what the source has beside its bytes."""
    old = source.stat
    if itself:
        files.set_owner(new.fd, old.st_uid, old.st_gid)
    files.set_mode(new.fd if files.MOVES_OPEN_FILES else new.path, old.st_mode & 0o777)
    ignored = files.NOT_HERE if itself else files.NOT_HERE | files.TOO_LARGE
    files.copy_attributes(source.fileno(), new.fd, ignored)
    if files.MOVES_OPEN_FILES:
        files.set_times(new.fd, old.st_atime_ns, old.st_mtime_ns)


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
