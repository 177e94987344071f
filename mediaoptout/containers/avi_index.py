"""The indexes of an AVI: which numbers in them say where in the file something stands.

``idx1`` (AVI 1.0) counts from the ``movi`` list, or from the file's beginning. OpenDML AVI 1.02
has an index of indexes in each stream's header (``indx``), whose entries are places in the file,
and at these places indexes of chunks (``ix00``), which count from one place each.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from mediaoptout.containers.chunks import HEADER, Chunk, walk
from mediaoptout.containers.riff_forms import LIST
from mediaoptout.errors import LimitError
from mediaoptout.splice.linker import Reference
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

MAX_ENTRIES: Final = 1 << 16
"""How many indexes of chunks a file may have."""

_OF_INDEXES, _OF_CHUNKS = 0, 1
_HEAD: Final = struct.Struct("<HBBI")
"""Longs per entry, subtype, type, and the number of entries."""
_ENTRY: Final = 16
_BASE_AT: Final = HEADER + 12
_FIRST_AT: Final = HEADER + 24
_PROBED: Final = 16
"""How many entries of ``idx1`` are tried to see what they count from."""


@dataclass(slots=True)
class Indexes:
    """The numbers of the OpenDML indexes.

    Args:
        references: all of them.
        bases: the fields among the essence: what each index of chunks counts from.
        distances: how far each of those places is from the beginning of the index's list.
        known: whether every index was understood; else there is nothing here.
    """

    references: list[Reference] = field(default_factory=list)
    bases: set[Span] = field(default_factory=set)
    distances: list[int] = field(default_factory=list)
    known: bool = True


def read_indexes(source: Source, headers: Chunk, movies: Sequence[Span]) -> Indexes:
    """The numbers in the OpenDML indexes that the streams' headers lead to.

    Args:
        source: the file.
        headers: the ``hdrl`` list.
        movies: the ``movi`` lists, in the order of the file.

    Raises:
        LimitError: there are too many.
    """
    found = Indexes()
    for indx in _indx(source, headers):
        start = indx.payload.start
        if indx.end - indx.start < _FIRST_AT:
            continue
        _, _, kind, count = _HEAD.unpack(source.read(start, start + _HEAD.size))
        if kind == _OF_CHUNKS:
            _base(source, indx.start, movies[0] if movies else None, found)
        elif kind == _OF_INDEXES:
            room = (indx.end - indx.start - _FIRST_AT) // _ENTRY
            for number in range(min(count, max(room, 0))):
                _entry(source, indx.start + _FIRST_AT + _ENTRY * number, movies, found)
        else:
            found.known = False
    ends = 0
    for at in sorted({reference.at for reference in found.references}):
        found.known = found.known and at >= ends
        ends = at + 8
    return found if found.known else Indexes(known=False)


def _indx(source: Source, headers: Chunk) -> Iterator[Chunk]:
    """The ``indx`` chunks of all streams."""
    for chunk in walk(source, headers.payload.start + 4, headers.end).chunks:
        if chunk.name == LIST and chunk.payload.size >= 4:
            inner = walk(source, chunk.payload.start + 4, chunk.end).chunks
            yield from (item for item in inner if item.name == b"indx")


def _entry(source: Source, at: int, movies: Sequence[Span], found: Indexes) -> None:
    """One entry of an index of indexes, and the index that it leads to."""
    place = int.from_bytes(source.read(at, at + 8), "little")
    if place == 0:
        return
    if len(found.references) >= 2 * MAX_ENTRIES:
        raise LimitError(f"there are more than {MAX_ENTRIES} indexes", at=at)
    found.references.append(Reference(at, 8, "little", place, name="place of an index"))
    index = bisect_right(movies, place, key=lambda span: span.start) - 1
    around = movies[index] if index >= 0 else None
    if around is None or place + _FIRST_AT > around.end:
        found.known = False
        return
    name = source.read(place, place + 4)
    if b"ix" not in (name[:2], name[2:]):
        found.known = False
        return
    _base(source, place, around, found)
    found.bases.add(Span(place + _BASE_AT, place + _BASE_AT + 8))


def _base(source: Source, index: int, around: Span | None, found: Indexes) -> None:
    """What the index of chunks at ``index`` counts from; it moves with the ``movi`` list."""
    at = index + _BASE_AT
    if around is None:
        found.known = False
        return
    base = int.from_bytes(source.read(at, at + 8), "little")
    distance = base - around.start
    target = base if 0 <= distance < around.size else around.start
    found.distances.append(distance)
    found.references.append(
        Reference(at, 8, "little", target, bias=base - target, name="base of an index")
    )


def is_relative(source: Source, idx1: Chunk, movie: Chunk) -> bool:
    """Whether ``idx1`` surely counts from the ``movi`` list, so that both may move together.

    Args:
        source: the file.
        idx1: the index.
        movie: the list that it is for.
    """
    base = movie.payload.start
    entries = source.read(idx1.payload.start, min(idx1.end, idx1.payload.start + _PROBED * _ENTRY))
    for name, _, offset, _ in struct.iter_unpack("<4sIII", entries[: len(entries) // 16 * 16]):
        wanted = (name, LIST) if name == b"rec " else (name,)
        if (
            base + offset + 4 <= movie.end
            and source.read(base + offset, base + offset + 4) in wanted
        ):
            return True
    return not entries
