"""Placeholders: files that are listed here, and whose content is on tape or in the cloud.

Whoever reads one recalls the content, which may take hours and fill a disk; some systems recall it
when it is opened. So its stat is looked at before, and nothing else. Where the data of a file begin
(``SEEK_DATA``) is not asked: that needs the file open, and Lustre recalls a file for it.

Windows and macOS say it in a flag. On Linux no flag says it: storage of several levels leaves the
size of a file and takes its blocks away. Small files have no blocks either where a file system
keeps them with their names (ext4 and Btrfs do, up to a few kilobytes), so that nothing is told of
files below `SMALLEST`. A file of that size that has a content has blocks, unless its file system
counts none for any file, as some that run outside of the kernel (FUSE) do.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from mediaoptout.errors import NotHereError

SMALLEST: Final = 1 << 20
"""Without a flag, smaller files are never held for placeholders: 1 MiB."""

_OFFLINE: Final = getattr(stat, "FILE_ATTRIBUTE_OFFLINE", 0x1000)
_RECALLED: Final = 0x40000 | 0x400000  # ..._RECALL_ON_OPEN, ..._RECALL_ON_DATA_ACCESS
_DATALESS: Final = getattr(stat, "SF_DATALESS", 0x40000000)

_LUSTRE: Final = 4 << 20
"""The block size of files in Lustre, which gives one block to a file that it has released."""


def placeholder(found: os.stat_result) -> str | None:
    """Why a file is taken for a placeholder, for people; None if it is not.

    Args:
        found: what the system says of the file, links followed.
    """
    attributes = getattr(found, "st_file_attributes", 0)
    if attributes & _RECALLED:
        return "Windows says that its content is recalled from a cloud or another store"
    if attributes & _OFFLINE:
        return "Windows says that its content is offline"
    flags = getattr(found, "st_flags", None)
    if flags is not None:
        return "macOS says that its content is in a cloud" if flags & _DATALESS else None
    blocks = getattr(found, "st_blocks", None)
    if blocks is None or found.st_size < SMALLEST or not stat.S_ISREG(found.st_mode):
        return None
    if blocks == 0 or (blocks == 1 and found.st_blksize == _LUSTRE):
        return f"none of its {found.st_size:,} bytes take up room on this disk"
    return None


def refuse(path: Path, found: os.stat_result) -> None:
    """Refuse to open a placeholder.

    Args:
        path: the file.
        found: what the system says of it; taken before it is opened.

    Raises:
        NotHereError: it is one.
    """
    reason = placeholder(found)
    if reason is not None:
        raise NotHereError(
            f"{path} is a placeholder: {reason}", fix="recall it first, or give --recall"
        )
