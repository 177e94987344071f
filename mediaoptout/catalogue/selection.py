"""Which files a run is over."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mediaoptout.containers.kinds import looks_like_media
from mediaoptout.errors import UsageError
from mediaoptout.lean import lean
from mediaoptout.splice.placeholders import placeholder


@lean
@dataclass(frozen=True, slots=True)
class Item:
    """A file of a run.

    Args:
        path: where it is.
        relative: its path below the source that it was found in; the name for a single file.
        named: whether the user named it; else it was found in a folder, and what is no media is
            passed over in silence.
        size: its size in bytes; 0 where that cannot be told.
    """

    path: Path
    relative: Path
    named: bool
    size: int = 0


def listed(stream: BinaryIO, *, null: bool = False) -> Iterator[Path]:
    """The paths that a stream lists.

    Args:
        stream: what is read, to its end.
        null: whether they are parted by NUL (``find -print0``); else there is one a line.
    """
    for name in stream.read().split(b"\0" if null else b"\n"):
        bare = name if null else name.removesuffix(b"\r")
        if bare:
            yield Path(os.fsdecode(bare))


def select(sources: Iterable[Path], *, beside: Path | None = None) -> Iterator[Item]:
    """Every file of the sources, each once, folders walked in the order of names.

    Hidden files and folders are skipped, and links to folders are not followed. A folder that
    cannot be listed is given as an item itself, so that a record says so.

    Args:
        sources: files and folders.
        beside: a folder that is left out: the output, where it lies inside a source.

    Raises:
        UsageError: a source does not exist.
    """
    left_out = beside.resolve() if beside is not None and is_folder(beside) else None
    here = str(working_folder())
    seen: set[tuple[str, str]] = set()
    for source in sources:
        for item in _found(source, left_out):
            key = (os.path.join(here, item.path), str(item.relative))  # noqa: PTH118 # for each
            if key not in seen:
                seen.add(key)
                yield item


def working_folder() -> Path:
    """Where relative paths begin; the root if that is gone, since nothing can be there then."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path("/")


def _found(source: Path, left_out: Path | None) -> Iterator[Item]:
    if is_folder(source):
        yield from _walk(source, left_out)
        return
    try:
        source.lstat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(
            f"there is no file or folder {str(source)!r}", fix="check the spelling"
        ) from error
    except OSError:
        pass  # it is there, but not for us: its record will say so
    yield Item(source, Path(source.name), named=True, size=_size(source))


def is_folder(path: Path | os.DirEntry[str]) -> bool:
    """Whether it is a folder, as far as can be told: what cannot be looked at is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _walk(top: Path, left_out: Path | None) -> Iterator[Item]:
    waiting: list[tuple[Path, os.DirEntry[str] | None]] = [(Path(), None)]
    while waiting:
        relative, entry = waiting.pop()
        path = top / relative
        if entry is not None and not is_folder(entry):
            yield Item(path, relative, named=False, size=_size(entry))
            continue
        if entry is not None and left_out is not None and path.resolve() == left_out:
            continue
        try:
            with os.scandir(path) as found:
                entries = sorted(found, key=lambda item: item.name, reverse=True)
        except OSError:
            yield Item(path, relative, named=True)
            continue
        waiting.extend((relative / item.name, item) for item in entries if _counts(item))


def _counts(entry: os.DirEntry[str]) -> bool:
    """Neither hidden nor a link to a folder, which may lead back here or out of the source."""
    return not entry.name.startswith(".") and not (entry.is_symlink() and is_folder(entry))


def _size(path: Path | os.DirEntry[str]) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def is_media(path: Path, *, recall: bool = False) -> bool:
    """Whether a file found in a folder is to be dealt with, by its name or by its first bytes.

    A placeholder goes by its name alone; one whose name has no ending may be anything, and its
    record will say that it could not be read.

    Args:
        path: the file.
        recall: open it too if its content is elsewhere.
    """
    if looks_like_media(path.suffix, b""):
        return True
    try:
        there = path.stat()
        if not stat.S_ISREG(there.st_mode):
            return False
        if not recall and placeholder(there) is not None:
            return not path.suffix
        with path.open("rb") as stream:
            return looks_like_media("", stream.read(1024))
    except OSError:
        return False
