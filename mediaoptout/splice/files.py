"""The system calls of the writer, one function each, with what differs between systems.

Nothing here decides anything; nothing else in the package creates, renames or removes media files.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

MOVES_OPEN_FILES: Final = sys.platform != "win32"
"""Whether an open file can be renamed; else it is closed first, and being open is its lock."""


def _umask() -> int:
    """What new files of this process may not have; asking for it means setting it for a moment."""
    now = os.umask(0o022)
    os.umask(now)
    return now


UMASK: Final = _umask()
"""The permissions that new files do not get, as they were when the process began."""

NOT_HERE: Final = frozenset(
    {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM, errno.EACCES, errno.EINVAL}
    | {getattr(errno, "ENODATA", errno.ENOTSUP)}
)
"""What a file system answers that does not know an extended attribute, or does not allow it."""

TOO_LARGE: Final = frozenset({errno.E2BIG, errno.ERANGE, errno.ENOSPC})
"""What a file system answers that has no room for an extended attribute of this size."""

_NOT_IN_KERNEL: Final = frozenset(
    {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EPERM}
)
_NO_LINKS: Final = frozenset(
    {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
)
_NO_FOLDER_SYNC: Final = frozenset(
    {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EACCES, errno.EPERM, errno.EBADF}
)
# These attributes vouch for the old content, or give rights that a media file does not need.
_NOT_CARRIED: Final = frozenset({"security.capability", "security.evm", "security.ima"})
_SHARING_VIOLATIONS: Final = (5, 32, 33)
_PATIENCE: Final = tuple(0.01 * 2**turn for turn in range(8))


def look(path: Path) -> os.stat_result | None:
    """What stands at ``path`` itself, links not followed; None if nothing does."""
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def is_link(path: Path) -> bool:
    """Whether a symbolic link stands at ``path``, as far as can be told."""
    return os.path.islink(path)  # noqa: PTH114 # which raises nothing


def is_folder(path: Path | str) -> bool:
    """Whether ``path`` leads to a folder, as far as can be told."""
    return os.path.isdir(path)  # noqa: PTH112 # which raises nothing


def writable(path: Path) -> bool:
    """Whether its owner lets us change the file at ``path``."""
    return os.access(path, os.W_OK)


def create(path: Path) -> int:
    """A new file for us alone, opened; `FileExistsError` if something has that name."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    return os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)


def open_to_change(path: Path) -> int:
    """The file at ``path`` itself, links not followed, opened for reading and writing."""
    more = ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK")
    return os.open(path, os.O_RDWR | sum(getattr(os, name, 0) for name in more))


def state(fd: int) -> os.stat_result:
    """What the system says of the open file."""
    return os.fstat(fd)


def lock(fd: int) -> bool | None:
    """Take the file for ourselves without waiting: True if it is ours, None if locks do not work.

    The lock ends with the process, however that ends.
    """
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def is_linked(fd: int) -> bool:
    """Whether the open file still has a name."""
    return os.fstat(fd).st_nlink > 0


def size(fd: int) -> int:
    """The size of the open file."""
    return os.fstat(fd).st_size


def write(fd: int, data: bytes) -> None:
    """Write all of ``data`` where the file stands."""
    done = os.write(fd, data)
    if done < len(data):
        view = memoryview(data)
        while done < len(data):
            done += os.write(fd, view[done:])


def write_at(fd: int, data: bytes, at: int) -> None:
    """Write all of ``data`` at the offset ``at``."""
    os.lseek(fd, at, os.SEEK_SET)
    write(fd, data)


def read_at(fd: int, start: int, end: int) -> bytes:
    """The bytes from ``start`` to ``end``; fewer where the file ends before."""
    os.lseek(fd, start, os.SEEK_SET)
    parts = []
    while start < end and (part := os.read(fd, end - start)):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def set_size(fd: int, size: int) -> None:
    """Cut the file to ``size`` bytes, or fill it up with zeros."""
    os.ftruncate(fd, size)


def copy_in_kernel(source: int, start: int, size: int, fd: int) -> int:
    """Copy up to ``size`` bytes without reading them, by reflink where the file system can.

    Args:
        source: the descriptor to copy from.
        start: the offset in it.
        size: how many bytes at most.
        fd: the descriptor to copy to, where it stands.

    Returns:
        How many bytes were copied; 0 where the kernel cannot do it, or the source ends.
    """
    if sys.platform != "linux":
        return 0
    try:
        return os.copy_file_range(source, fd, size, start)
    except OSError as error:
        if error.errno in _NOT_IN_KERNEL:
            return 0
        raise


def start_flush(fd: int, size: int | None = None) -> None:
    """Let the disk begin with what was written, and do not wait for it.

    Linux begins to write out what is said not to be needed any more. Elsewhere it is a hint.

    Args:
        fd: the file.
        size: how many bytes, those before where the file stands; None for the whole file.
    """
    if hasattr(os, "posix_fadvise"):
        start = 0 if size is None else os.lseek(fd, 0, os.SEEK_CUR) - size
        with suppress(OSError):
            os.posix_fadvise(fd, start, size or 0, os.POSIX_FADV_DONTNEED)


def copy_attributes(source: int, fd: int, ignored: frozenset[int]) -> None:
    """Copy the extended attributes (access lists are some of them) between open files.

    Args:
        source: the descriptor to copy from.
        fd: the descriptor to copy to.
        ignored: the error numbers for which an attribute is left out.
    """
    if sys.platform != "linux":
        return
    try:
        names = os.listxattr(source)
    except OSError as error:
        if error.errno in NOT_HERE:
            return
        raise
    for name in names:
        if name in _NOT_CARRIED:
            continue
        try:
            os.setxattr(fd, name, os.getxattr(source, name))
        except OSError as error:
            if error.errno not in ignored:
                raise


def set_owner(fd: int, user: int, group: int) -> None:
    """Give the file its owner and group, as far as we may."""
    if sys.platform == "win32":
        return
    now = os.fstat(fd)
    if group != now.st_gid:
        with suppress(PermissionError):
            os.fchown(fd, -1, group)
    if user != now.st_uid:
        with suppress(PermissionError):
            os.fchown(fd, user, -1)


def set_mode(file: int | Path, mode: int) -> None:
    """Give the file its permissions."""
    os.chmod(file, mode)  # noqa: PTH101


def set_times(file: int | Path, atime_ns: int, mtime_ns: int) -> None:
    """Give the file its times of access and modification, in nanoseconds since 1970."""
    os.utime(file, ns=(atime_ns, mtime_ns))


def sync(fd: int) -> None:
    """Wait until the file is on the disk."""
    os.fsync(fd)


def sync_folder(folder: Path) -> None:
    """Wait until the names in ``folder`` are on the disk, where the system offers that."""
    if sys.platform == "win32":
        return
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:
        return
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(fd)


def replace(path: Path, target: Path) -> None:
    """Give the file at ``path`` the name ``target``; whatever had that name is gone."""
    patiently(lambda: path.replace(target))


def publish(path: Path, target: Path) -> None:
    """Give the file at ``path`` the name ``target``, if nothing has that name.

    Raises:
        FileExistsError: something has.
    """
    if sys.platform == "win32":
        patiently(lambda: path.rename(target))
        return
    try:
        os.link(path, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _publish_without_links(path, target)
    else:
        # What fails here leaves a second name of a whole file, which the next sweep takes away.
        with suppress(OSError):
            path.unlink()


def _publish_without_links(path: Path, target: Path) -> None:
    """Reserve the name with an empty file, which nobody else can then create, and replace that."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        path.replace(target)
    except BaseException:
        target.unlink()
        raise


def patiently(action: Callable[[], object]) -> None:
    """Do ``action``; where Windows says that somebody else has the file open, try for 2.5 s."""
    for pause in _PATIENCE:
        try:
            action()
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _SHARING_VIOLATIONS:
                raise
            time.sleep(pause)
        else:
            return
    action()


def make_folder(path: Path) -> None:
    """Make sure that there is a folder at ``path``.

    Raises:
        FileNotFoundError: there was one, which somebody else has just removed.
    """
    try:
        path.mkdir()
    except FileExistsError:
        if not stat.S_ISDIR(path.stat().st_mode):
            raise


def remove_folder(path: Path) -> bool:
    """Remove the folder at ``path`` if it is empty and may be removed; whether it was."""
    try:
        path.rmdir()
    except OSError:
        return False
    return True


def remove(path: Path) -> None:
    """Remove the file at ``path``."""
    path.unlink()


def close(fd: int) -> None:
    """Let go of the file, and of the lock."""
    os.close(fd)


def discard(fd: int, path: Path) -> None:
    """Let go of an unfinished file and remove it, as far as that can be done."""
    if fd >= 0:
        with suppress(OSError):
            os.close(fd)
    with suppress(OSError):
        path.unlink()


def names(folder: Path) -> Iterator[str]:
    """The names in ``folder``; none if it cannot be listed."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            yield entry.name


def remove_stale(path: Path) -> bool:
    """Remove an unfinished file that no living process holds; whether it was one."""
    if sys.platform == "win32":
        return _removed(path)  # fails while somebody has it open
    # Network file systems lock only what is open for writing; a finished file may be read-only.
    for access in (os.O_RDWR, os.O_RDONLY):
        try:
            fd = os.open(path, access | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            return lock(fd) is True and _removed(path)
        finally:
            os.close(fd)
    return False


def _removed(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True
