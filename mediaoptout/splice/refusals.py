"""What the system refuses to write, in words that help."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

from mediaoptout.errors import WriteError

_ANOTHER_PLACE: Final = "allow writing to {folder}, or choose another output"
_REASONS: Final = {
    errno.ENOSPC: (
        "disk-full",
        "there is not enough room for {target}",
        "free {size} bytes in {folder} and run again",
    ),
    errno.EDQUOT: (
        "disk-full",
        "the quota leaves no room for {target}",
        "free {size} bytes in {folder} and run again",
    ),
    errno.EFBIG: (
        "too-large",
        "{target} would be larger than the file system allows",
        "choose an output on another file system",
    ),
    errno.EROFS: ("no-permission", "{folder} is on a read-only file system", _ANOTHER_PLACE),
    errno.EACCES: ("no-permission", "{target} must not be written", _ANOTHER_PLACE),
    errno.EPERM: ("no-permission", "{target} must not be written", _ANOTHER_PLACE),
    errno.ENOENT: ("no-folder", "there is no folder {folder}", "make it, or choose another output"),
    errno.ENOTDIR: ("no-folder", "{folder} is no folder", "choose another output"),
    errno.ENAMETOOLONG: (
        "name-too-long",
        "the name of {target} is too long for its file system",
        "choose a shorter name",
    ),
    errno.EIO: (
        "disk-error",
        "the disk reported an error while {target} was written",
        "check the disk, or choose another output",
    ),
}


def explained(error: OSError, target: Path, size: int) -> WriteError:
    """A refusal of the system, in words that help.

    Args:
        error: what the system said.
        target: the file that was to be written.
        size: how many bytes were to be written.
    """
    if isinstance(error, FileExistsError):
        return exists(target)
    code, message, fix = _REASONS.get(
        error.errno or 0,
        ("write", "{target} could not be written: {reason}", "choose another output"),
    )
    words = {
        "target": target,
        "folder": target.parent,
        "size": f"{size:,}",
        "reason": error.strerror or error,
    }
    return WriteError(message.format(**words), fix=fix.format(**words), code=code)


def exists(target: Path) -> WriteError:
    """That something stands where a new file was to be written."""
    return WriteError(
        f"{target} exists already",
        fix="choose another output, or allow it to be overwritten",
        code="output-exists",
    )
