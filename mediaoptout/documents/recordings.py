"""The recordings of a list: what a file is called, which it is, and what it consists of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mediaoptout.catalogue.listing import Catalogue
from mediaoptout.catalogue.matching import Matched
from mediaoptout.catalogue.rows import particulars
from mediaoptout.catalogue.selection import Item
from mediaoptout.containers.registry import detect
from mediaoptout.errors import MediaoptoutError, NotHereError, UsageError
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Reservation, Work
from mediaoptout.splice import placeholders
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


def recordings(
    items: Iterable[Item], reservation: Reservation, works: Mapping[Path, Work] | None = None
) -> Iterator[Recording]:
    """What a list says of files; each is read once, whole.

    Args:
        items: the files; what was found in a folder and is no media is passed over.
        reservation: the titles of its works are taken for files that tell no title.
        works: what a catalogue says of files, by their paths; it wins over the files.

    Raises:
        UsageError: one of them cannot be read.
    """
    for item in items:
        try:
            entries = _entries(item.path)
            if entries is None and not item.named:
                continue
            placeholders.refuse(item.path, item.path.stat())
            with item.path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except NotHereError as error:
            raise UsageError(error.message, fix="recall it first") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise UsageError(f"{item.path} cannot be read: {reason}") from error
        listed = works.get(item.path) if works is not None else None
        name = item.relative.as_posix()
        yield _recording(name, digest, entries or (), reservation, listed or Work())


def _recording(
    name: str, digest: str, entries: tuple[Entry, ...], reservation: Reservation, listed: Work
) -> Recording:
    said = {item.scheme for item in listed.identifiers}
    inside = {item for entry in entries for item in identifying.decode(entry)}
    found = {*listed.identifiers, *(item for item in inside if item.scheme not in said)}
    identifiers = tuple(sorted(item for item in found if not item.scheme.of_holder))
    titles = (as_text(entry.value) for entry in entries if entry.name == "dc:title")
    title = listed.title or next(titles, None) or _title(reservation.works, identifiers)
    return Recording(name, digest, title, identifiers)


def works_of(catalogue: Catalogue, matched: Matched) -> dict[Path, Work]:
    """The works that a catalogue's rows name, by the paths of their files."""
    columns = catalogue.counting
    said = {path: particulars(columns, row)[0].work for path, row in matched.rows.items()}
    return {path: work for path, work in said.items() if work is not None}


def _entries(path: Path) -> tuple[Entry, ...] | None:
    """What a file says of itself; nothing if it cannot be walked, None if it is no media.

    Raises:
        NotHereError: it is a placeholder.
        OSError: it cannot be read.
    """
    try:
        with FileSource(path) as source:
            container = detect(source)
            if container is None:
                return None
            blocks = container.read(source).blocks
            return tuple(entry for block in blocks for entry in block.entries)
    except NotHereError:
        raise
    except MediaoptoutError:
        return ()


def _title(works: Iterable[Work], identifiers: Iterable[Identifier]) -> str | None:
    """The title of the work that has one of the identifiers; of the only one there is."""
    known = set(identifiers)
    named = list(works)
    fitting = [work for work in named if known.intersection(work.identifiers)]
    return (fitting or (named if len(named) == 1 else [Work()]))[0].title
