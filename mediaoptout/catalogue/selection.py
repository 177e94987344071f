"""Which files a run is over, and where their outputs go."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mediaoptout.containers.kinds import looks_like_media
from mediaoptout.errors import UsageError

OWN_FOLDER = ".mediaoptout"


@dataclass(frozen=True, slots=True)
class Item:
    """A file of a run.

    Args:
        path: where it is.
        relative: its path below the source that it was found in; the name for a single file.
        named: whether the user named it; else it was found in a folder, and what is no media is
            passed over in silence.
    """

    path: Path
    relative: Path
    named: bool


def select(sources: Iterable[Path], *, beside: Path | None = None) -> Iterator[Item]:
    """Every file of the sources, folders walked in the order of names; hidden ones are skipped.

    Args:
        sources: files and folders.
        beside: a folder that is left out: the output, where it lies inside a source.

    Raises:
        UsageError: a source does not exist.
    """
    left_out = beside.resolve() if beside is not None and beside.is_dir() else None
    for source in sources:
        if source.is_dir():
            for path in _walk(source, left_out):
                yield Item(path, path.relative_to(source), named=False)
        elif os.path.lexists(source):
            yield Item(source, Path(source.name), named=True)
        else:
            raise UsageError(
                f"there is no file or folder {str(source)!r}", fix="check the spelling"
            )


def _walk(folder: Path, left_out: Path | None) -> Iterator[Path]:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = folder / entry.name
        # A link to a folder is not followed: it may lead back here, or out of the source.
        if entry.is_dir(follow_symlinks=False):
            if left_out is None or path.resolve() != left_out:
                yield from _walk(path, left_out)
        elif not entry.is_dir():
            yield path


def is_media(path: Path) -> bool:
    """Whether a file found in a folder is to be dealt with, by its name or by its first bytes."""
    if looks_like_media(path.suffix, b""):
        return True
    try:
        with path.open("rb") as stream:
            return looks_like_media("", stream.read(1024))
    except OSError:
        return False


def targets(items: Iterable[Item], output: Path, *, single: bool) -> Iterator[tuple[Item, Path]]:
    """Each item with its output: the tree below the sources, mirrored.

    Args:
        items: the files.
        output: a folder; with a single file as source it may be the new file's name.
        single: whether the source is one file.
    """
    named = single and not output.is_dir() and output.suffix != ""
    for item in items:
        yield item, output if named else output / item.relative
