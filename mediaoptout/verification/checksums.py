"""Check sum lists: which of them speak of a file, and what they say.

Known are the lists of ``md5sum`` and its kin (BagIt manifests have the same form), of BSD
(``SHA256 (name) = …``), ``.sfv`` (CRC-32), and a bare hash in a file that is called like its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from mediaoptout.splice import placeholders

MAX_SIZE: Final = 64 << 20
"""The largest list that is read."""

ABOVE: Final = 16
"""How many folders above a file are searched for lists."""

_ENDINGS: Final = frozenset({".md5", ".sha1", ".sha256", ".sha512", ".sfv"})
_NAMES: Final = re.compile(
    r"(?:tag)?manifest-(?:md5|sha1|sha256|sha512)\.txt"
    r"|(?:md5|sha1|sha256|sha512|check)-?sums?(?:\.txt)?",
    re.IGNORECASE,
)
_ALGORITHMS: Final = {8: "crc32", 32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_PLAIN: Final = re.compile(r"(\\?)([0-9a-fA-F]{32,128})(?: [ *]|\t+| +)(?:\./)?(.+)")
_BSD: Final = re.compile(r"(MD5|SHA-?1|SHA-?256|SHA-?512) ?\((?:\./)?(.+)\) ?= ?([0-9a-fA-F]+)")
_CRC: Final = re.compile(r"[0-9a-fA-F]{8}")
_BARE: Final = re.compile(r"[0-9a-fA-F]{32,128}")


@dataclass(frozen=True, slots=True)
class Lists:
    """Which lists count."""

    lists: Annotated[
        tuple[Path, ...],
        "check sum lists; empty for those beside the file and in the folders above it",
    ] = ()


class Listed(NamedTuple):
    """What a list says of a file.

    Args:
        algorithm: as `hashlib` calls it, or ``crc32``.
        digest: in lower case.
        origin: the list and the line, for people.
    """

    algorithm: str
    digest: str
    origin: str


def of(path: Path, wanted: Lists, *, recall: bool = False) -> Iterator[Listed]:
    """What the lists say of a file.

    Args:
        path: the file.
        wanted: which lists count.
        recall: open lists too whose content is elsewhere.

    Raises:
        NotHereError: a list is a placeholder.
    """
    absolute = path.absolute()
    found = wanted.lists or lists_above(absolute.parent)
    for place in found:
        listed = entries(place, recall=recall).get(os.path.normpath(absolute))
        if listed is not None:
            yield listed


@lru_cache(maxsize=4096)
def lists_above(folder: Path) -> tuple[Path, ...]:
    """The check sum lists of a folder and of those above it, the nearest first."""
    return tuple(place for above in (folder, *folder.parents)[:ABOVE] for place in _lists_in(above))


@lru_cache(maxsize=4096)
def _lists_in(folder: Path) -> tuple[Path, ...]:
    try:
        with os.scandir(folder) as found:
            names = sorted(entry.name for entry in found)
    except OSError:
        return ()
    return tuple(folder / name for name in names if is_list(name))


def is_list(name: str) -> bool:
    """Whether a file is called as check sum lists are."""
    return Path(name).suffix.lower() in _ENDINGS or _NAMES.fullmatch(name) is not None


@lru_cache(maxsize=64)
def entries(place: Path, *, recall: bool = False) -> dict[str, Listed]:
    """What a list says, by the absolute paths of the files; empty if it cannot be read.

    Args:
        place: the list.
        recall: open it too if its content is elsewhere.

    Raises:
        NotHereError: it is a placeholder.
    """
    try:
        there = place.stat()
        if there.st_size > MAX_SIZE:
            return {}
        if not recall:
            placeholders.refuse(place, there)
        text = place.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError:
        return {}
    folder = place.absolute().parent
    found: dict[str, Listed] = {}
    for number, line in enumerate(text.splitlines(), 1):
        read = _line(line.strip(), place)
        if read is not None:
            name, algorithm, digest = read
            path = os.path.normpath(folder / name.replace("\\", "/"))
            found.setdefault(path, Listed(algorithm, digest, f"{place}, line {number},"))
    return found


def _line(line: str, place: Path) -> tuple[str, str, str] | None:
    """The name, the algorithm and the digest of a line; None for a comment."""
    if place.suffix.lower() == ".sfv":
        name, *rest = line.rsplit(None, 1)
        if line.startswith(";") or not rest or not _CRC.fullmatch(rest[0]):
            return None
        return name, "crc32", rest[0].lower()
    plain = _PLAIN.fullmatch(line)
    if plain is not None and len(plain[2]) in _ALGORITHMS:
        name = plain[3].replace("\\\\", "\\") if plain[1] else plain[3]
        return name, _ALGORITHMS[len(plain[2])], plain[2].lower()
    bsd = _BSD.fullmatch(line)
    if bsd is not None:
        algorithm = bsd[1].lower().replace("-", "")
        return bsd[2], algorithm, bsd[3].lower()
    if _BARE.fullmatch(line) and len(line) in _ALGORITHMS:
        return place.stem, _ALGORITHMS[len(line)], line.lower()
    return None
