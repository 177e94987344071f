"""The recordings of a list: what a file is called, which it is, and what it consists of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mediaoptout.catalogue.selection import Item
from mediaoptout.containers.registry import detect
from mediaoptout.errors import MediaoptoutError, UsageError
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Reservation, Work
from mediaoptout.splice.source import FileSource
from mediaoptout.vocabularies import identifying
from mediaoptout.vocabularies.properties import Entry, as_text


@dataclass(frozen=True, slots=True)
class Recording:
    """A file of a list.

    Args:
        name: the file's name, with its folders below the one that was named.
        sha256: the digest of the whole file, in hexadecimal.
        title: what it is called, or None.
        identifiers: what it is known by.
    """

    name: str
    sha256: str
    title: str | None = None
    identifiers: tuple[Identifier, ...] = ()

    @property
    def identified(self) -> str:
        """Its ISRC, else its other identifiers; empty where it has none."""
        isrc = [item.display for item in self.identifiers if item.scheme is Scheme.ISRC]
        return "; ".join(isrc or map(str, self.identifiers))


def recordings(items: Iterable[Item], reservation: Reservation) -> Iterator[Recording]:
    """What a list says of files; each is read once, whole.

    Args:
        items: the files; what was found in a folder and is no media is passed over.
        reservation: the titles of its works are taken for files that tell no title.

    Raises:
        UsageError: one of them cannot be read.
    """
    for item in items:
        try:
            entries = _entries(item.path)
            if entries is None and not item.named:
                continue
            with item.path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            reason = error.strerror or str(error)
            raise UsageError(f"{item.path} cannot be read: {reason}") from error
        yield _recording(item.relative.as_posix(), digest, entries or (), reservation)


def _recording(
    name: str, digest: str, entries: tuple[Entry, ...], reservation: Reservation
) -> Recording:
    found = {item for entry in entries for item in identifying.decode(entry)}
    identifiers = tuple(sorted(item for item in found if not item.scheme.of_holder))
    title = next((as_text(entry.value) for entry in entries if entry.name == "dc:title"), None)
    return Recording(name, digest, title or _title(reservation.works, identifiers), identifiers)


def _entries(path: Path) -> tuple[Entry, ...] | None:
    """What a file says of itself; nothing if it cannot be walked, None if it is no media.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with FileSource(path) as source:
            container = detect(source)
            if container is None:
                return None
            blocks = container.read(source).blocks
            return tuple(entry for block in blocks for entry in block.entries)
    except MediaoptoutError:
        return ()


def _title(works: Iterable[Work], identifiers: Iterable[Identifier]) -> str | None:
    """The title of the work that has one of the identifiers; of the only one there is."""
    known = set(identifiers)
    named = list(works)
    fitting = [work for work in named if known.intersection(work.identifiers)]
    return (fitting or (named if len(named) == 1 else [Work()]))[0].title
