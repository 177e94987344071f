"""Check sums beside a file: noticed when the file changes, brought up to date on request.

Known are lists in the form of ``md5sum`` (``HASH *name``), of BSD (``MD5 (name) = HASH``) and bare
hashes. A FLAC fingerprint (``.ffp``) is of the sound alone, and goes on fitting.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mediaoptout.splice.writer import put

_METHODS: Final = {".md5": "md5", ".sha1": "sha1", ".sha256": "sha256", ".sha512": "sha512"}
_MAX_SIZE: Final = 4 << 20
_HASH: Final = re.compile(rb"\b[0-9a-fA-F]{32,128}\b")


def companions(path: Path) -> Iterator[Path]:
    """The check sum files beside ``path`` that speak of it."""
    for ending in _METHODS:
        for beside in {path.with_name(path.name + ending), path.with_suffix(ending)}:
            try:
                if beside.stat().st_size <= _MAX_SIZE and _lines(beside, path):
                    yield beside
            except OSError:
                continue


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
