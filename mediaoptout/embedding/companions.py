"""Check sums beside a file: noticed when the file changes, brought up to date on request.

Known are lists in the form of ``md5sum`` (``HASH *name``), of BSD (``MD5 (name) = HASH``) and bare
hashes. A FLAC fingerprint (``.ffp``) is of the sound alone, and goes on fitting.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final, NamedTuple

from mediaoptout.splice.placeholders import placeholder
from mediaoptout.splice.writer import put

_METHODS: Final = {".md5": "md5", ".sha1": "sha1", ".sha256": "sha256", ".sha512": "sha512"}
_MAX_SIZE: Final = 4 << 20
_HASH: Final = re.compile(rb"\b[0-9a-fA-F]{32,128}\b")


class Companions(NamedTuple):
    """The check sum files beside a file.

    Args:
        speaking: those that speak of it.
        away: those that may, and are placeholders that were not opened.
    """

    speaking: tuple[Path, ...]
    away: tuple[Path, ...]


def companions(path: Path, *, recall: bool = False) -> Companions:
    """The check sum files beside ``path``, in the order of their names.

    Args:
        path: a media file.
        recall: open them too if their content is elsewhere.
    """
    speaking, away = [], []
    for beside in sorted(_places(path)):
        try:
            there = beside.stat()
            if there.st_size > _MAX_SIZE:
                continue
            if not recall and placeholder(there) is not None:
                away.append(beside)
            elif _lines(beside, path):
                speaking.append(beside)
        except OSError:
            continue
    return Companions(tuple(speaking), tuple(away))


def _places(path: Path) -> set[Path]:
    """Where check sum files of ``path`` can be."""
    names = ((path.with_name(path.name + end), path.with_suffix(end)) for end in _METHODS)
    return {place for pair in names for place in pair}


def _lines(beside: Path, path: Path) -> list[int]:
    """The numbers of the lines that speak of ``path``; a list of one bare hash speaks of it too."""
    lines = beside.read_bytes().splitlines()
    name = path.name.encode("utf-8", "surrogateescape")
    hashed = [number for number, line in enumerate(lines) if _HASH.search(line)]
    named = [number for number in hashed if name in lines[number]]
    return named or [n for n in hashed if len(hashed) == 1 and _HASH.fullmatch(lines[n].strip())]


def update(beside: Path, path: Path) -> None:
    """Replace the hash of ``path`` in a check sum file; everything else in it stays.

    Raises:
        OSError: one of the two cannot be read.
        WriteError: the check sum file cannot be written.
    """
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, _METHODS[beside.suffix.lower()]).hexdigest()
    lines = beside.read_bytes().splitlines(keepends=True)
    for number in _lines(beside, path):
        old = _HASH.search(lines[number])
        upper = old is not None and old[0].isupper()
        new = (digest.upper() if upper else digest).encode()
        lines[number] = _HASH.sub(new, lines[number], count=1)
    put(b"".join(lines), beside, replace=True)
