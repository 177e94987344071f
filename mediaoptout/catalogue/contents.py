"""The identifiers that a file has in its tags already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mediaoptout.containers.registry import detect
from mediaoptout.errors import MediaoptoutError, UsageError
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.splice.source import FileSource
from mediaoptout.vocabularies.properties import Bag, Entry, as_text


def isrcs(path: Path, *, recall: bool = False) -> tuple[str, ...]:
    """The ISRCs in a file's tags, compact, each once; none where it cannot be read.

    Args:
        path: the file.
        recall: open it too if its content is elsewhere.
    """
    try:
        with FileSource(path, recall=recall) as source:
            container = detect(source)
            if container is None:
                return ()
            blocks = container.read(source).blocks
    except (MediaoptoutError, OSError):  # its own record will say so
        return ()
    found = (each for block in blocks for entry in block.entries for each in _isrcs(entry))
    return tuple(dict.fromkeys(found))


def _isrcs(entry: Entry) -> Iterator[str]:
    values = entry.value.items if isinstance(entry.value, Bag) else (as_text(entry.value),)
    for value in values:
        found = _parsed(value) if _says_isrc(entry) else Identifier.guess(value)
        if found is not None and found.scheme is Scheme.ISRC:
            yield found.value


def _says_isrc(entry: Entry) -> bool:
    words = {name.rpartition(":")[2].lower() for name in (entry.name, entry.label)}
    return not words.isdisjoint({"isrc", "tsrc"})


def _parsed(value: str) -> Identifier | None:
    try:
        return Identifier.parse(Scheme.ISRC, value)
    except UsageError:
        return None
