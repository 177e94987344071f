"""Rules over more than one file: identifiers given twice, companions without their file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final

from mediaoptout.containers import sidecars
from mediaoptout.records import VerifyRecord
from mediaoptout.reservation.identifiers import Scheme
from mediaoptout.verification import checksums
from mediaoptout.verification.rules.rule import Companion, Fault, Group, NoParameters, Rule
from mediaoptout.words import Severity


class Apart(StrEnum):
    """Among which files an identifier must stand once."""

    RUN = "run"
    FORMAT = "format"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Unique:
    """Which identifiers must stand once."""

    schemes: Annotated[tuple[Scheme, ...], "the schemes"] = (Scheme.ISRC,)
    among: Annotated[
        Apart, "among which files: those of the run, of one format, or of one folder"
    ] = Apart.RUN


class _Duplicates:
    """The identifiers of a run in a private database, which SQLite keeps on disk if it grows."""

    def __init__(self, wanted: Unique) -> None:
        self._wanted = wanted
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute("PRAGMA journal_mode=OFF")
        self._seen.execute(
            "CREATE TABLE seen (key TEXT PRIMARY KEY, path TEXT NOT NULL) WITHOUT ROWID"
        )

    def add(self, record: VerifyRecord) -> Iterator[Fault]:
        for identifier in dict.fromkeys(record.traits.identifiers):
            if identifier.scheme in self._wanted.schemes:
                key = f"{identifier.scheme} {identifier.value} {self._among(record)}"
                first = self._first(key, record.path)
                if first != record.path:
                    yield Fault(f"{identifier} is also in {first}")

    def _first(self, key: str, path: str) -> str:
        stored = os.fsencode(path)
        self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (os.fsencode(key), stored))
        found = self._seen.execute("SELECT path FROM seen WHERE key = ?", (os.fsencode(key),))
        return os.fsdecode(found.fetchone()[0])

    def _among(self, record: VerifyRecord) -> str:
        match self._wanted.among:
            case Apart.FORMAT:
                return str(record.container)
            case Apart.FOLDER:
                return str(Path(record.path).parent)
            case _:
                return ""


def _orphan(companion: Companion, _: NoParameters) -> Iterator[Fault]:
    path = companion.path
    if path.suffix.lower() in sidecars.EXTENSIONS and path.stem not in _names(path.parent):
        yield Fault(f"there is no file that the sidecar {path.name} belongs to")


@lru_cache(maxsize=16)
def _names(folder: Path) -> frozenset[str]:
    """What sidecars of the other files of a folder can be called, without their own ending."""
    try:
        with os.scandir(folder) as found:
            names = [entry.name for entry in found]
    except OSError:
        return frozenset()
    media = [name for name in names if Path(name).suffix.lower() not in sidecars.EXTENSIONS]
    return frozenset(media).union(Path(name).stem for name in media)


def _listed_absent(companion: Companion, _: NoParameters) -> Iterator[Fault]:
    if checksums.is_list(companion.path.name):
        said = checksums.entries(companion.path.absolute(), recall=companion.recall)
        for listed, entry in said.items():
            if not Path(listed).exists():
                where = entry.origin.rpartition(", line ")[2].rstrip(",")
                yield Fault(f"{listed} is not there, and line {where} names it")


RULES: Final[tuple[Rule[Any], ...]] = (
    Rule(
        "identifier-duplicate",
        Group.RUN,
        "Two files of the run have the same identifier.",
        Severity.ERROR,
        None,
        "An ISRC names one recording. Where a delivery has each recording in several formats, set"
        ' among = "format". The finding is at the file that came second, and names the first.',
        "find out which of the files it belongs to",
        parameters=Unique,
        across=_Duplicates,
    ),
    Rule(
        "sidecar-orphan",
        Group.RUN,
        "There is a sidecar without the file that it belongs to.",
        Severity.WARNING,
        None,
        "The file was renamed, moved or lost, and its reservation with it: nobody looks for a"
        " sidecar of another name. Sidecars in the folders of the run are looked at.",
        "rename the sidecar after its file, or get the file",
        companion=_orphan,
    ),
    Rule(
        "checksum-absent",
        Group.RUN,
        "A check sum list names a file that is not there.",
        Severity.ERROR,
        None,
        "The delivery is not complete, or a file was renamed. Lists in the folders of the run are"
        " looked at.",
        "get the file again from where the list comes",
        companion=_listed_absent,
    ),
)
