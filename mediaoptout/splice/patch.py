"""A new file said as spans of the old one and literal bytes, in order.

A container never writes: it answers a wanted change with a `Patch`. The dry run prints it, the
cost sums it, the writer executes it, `PatchedSource` reads as the file that it would make, the
proof that the essence is untouched is arithmetic on it, and its inverse is the undo.
"""

from __future__ import annotations

import base64
import json
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, NamedTuple

from mediaoptout.errors import MediaoptoutError
from mediaoptout.splice.source import MAX_READ, Source, Windowed

SCHEMA: Final = "mediaoptout.patch/1"


class Span(NamedTuple):
    """Bytes ``start`` to ``end`` (exclusive) of a file."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """How many bytes it spans."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Copy:
    """Bytes ``start`` to ``end`` of the source, unchanged."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """How many bytes it stands for."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Insert:
    """Literal bytes that the source does not have."""

    data: bytes

    @property
    def size(self) -> int:
        """How many bytes it stands for."""
        return len(self.data)


@dataclass(frozen=True, slots=True)
class Hole:
    """``size`` bytes whose content comes later (the signed manifest); zeros until then."""

    size: int
    name: str


Piece = Copy | Insert | Hole


def normalised(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The same bytes in the fewest pieces: neighbours joined, empty ones dropped.

    Raises:
        ValueError: a piece ends before it starts.
    """
    result: list[Piece] = []
    literals: list[bytes] = []
    for piece in pieces:
        size = piece.size
        if size <= 0:
            if size:
                raise ValueError(f"{piece} ends before it starts")
            continue
        if isinstance(piece, Insert):
            literals.append(piece.data)
            continue
        if literals:
            result.append(Insert(b"".join(literals)))
            literals.clear()
        last = result[-1] if result else None
        if isinstance(piece, Copy) and isinstance(last, Copy) and last.end == piece.start:
            result[-1] = Copy(last.start, piece.end)
        else:
            result.append(piece)
    if literals:
        result.append(Insert(b"".join(literals)))
    return tuple(result)


class Stretch(NamedTuple):
    """Bytes ``start`` to ``end`` of the source, which all move by ``shift``."""

    start: int
    end: int
    shift: int


class _Kept(NamedTuple):
    """Where the source's bytes went: stretches that do not overlap, in the source's order.

    Three arrays, since an Ogg file may have hundreds of thousands of stretches.
    """

    starts: array[int]
    ends: array[int]
    places: array[int]


def _kept(pieces: Iterable[Piece]) -> _Kept:
    """The stretches of ``pieces``; for bytes that are copied twice, the first in their order."""
    copies: list[tuple[int, int, int]] = []
    at = 0
    for piece in pieces:
        if isinstance(piece, Copy):
            copies.append((piece.start, -piece.end, at))
        at += piece.size
    copies.sort()
    kept = _Kept(array("Q"), array("Q"), array("Q"))
    done = 0
    for start, negative_end, place in copies:
        end, begin = -negative_end, max(start, done)
        if begin < end:
            kept.starts.append(begin)
            kept.ends.append(end)
            kept.places.append(place + begin - start)
            done = end
    return kept


@dataclass(frozen=True, slots=True)
class Patch:
    """A new file said as spans of the old one, literal bytes and holes, in order.

    Args:
        pieces: what the new file consists of; joined and cleaned on construction.
    """

    pieces: tuple[Piece, ...]
    _ends: array[int] = field(init=False, repr=False, compare=False)
    _kept: _Kept = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pieces = normalised(self.pieces)
        object.__setattr__(self, "pieces", pieces)
        object.__setattr__(self, "_ends", array("Q", accumulate(piece.size for piece in pieces)))
        object.__setattr__(self, "_kept", _kept(pieces))

    @classmethod
    def identity(cls, size: int) -> Patch:
        """The patch that changes nothing in a file of ``size`` bytes."""
        return cls((Copy(0, size),))

    @property
    def size(self) -> int:
        """The size of the new file."""
        return self._ends[-1] if self._ends else 0

    @property
    def bytes_copied(self) -> int:
        """How many bytes come from the source."""
        return sum(piece.size for piece in self.pieces if isinstance(piece, Copy))

    @property
    def bytes_inserted(self) -> int:
        """How many bytes are new, holes included."""
        return self.size - self.bytes_copied

    @property
    def holes(self) -> tuple[tuple[str, Span], ...]:
        """The holes, each with its span in the new file."""
        return tuple(
            (piece.name, Span(end - piece.size, end))
            for piece, end in zip(self.pieces, self._ends, strict=True)
            if isinstance(piece, Hole)
        )

    def changes_nothing(self, size: int) -> bool:
        """Whether the new file is the old one of ``size`` bytes."""
        return self.pieces == normalised((Copy(0, size),))

    @property
    def moves_nothing(self) -> bool:
        """Whether every copied byte stays where it is: the file can be changed in place."""
        return all(
            piece.end == end
            for piece, end in zip(self.pieces, self._ends, strict=True)
            if isinstance(piece, Copy)
        )

    def stretch(self, offset: int) -> Stretch | None:
        """The copied bytes around the source's byte at ``offset``; None if it is gone."""
        starts, ends, places = self._kept
        index = bisect_right(starts, offset) - 1
        if index < 0 or offset >= ends[index]:
            return None
        return Stretch(starts[index], ends[index], places[index] - starts[index])

    def locate(self, offset: int) -> int | None:
        """Where the source's byte at ``offset`` stands in the new file; None if it is gone."""
        around = self.stretch(offset)
        return None if around is None else offset + around.shift

    def origin(self, offset: int) -> int | None:
        """Which byte of the source stands at ``offset`` of the new file; None if it is new."""
        if not 0 <= offset < self.size:
            return None
        index = bisect_right(self._ends, offset)
        piece = self.pieces[index]
        if not isinstance(piece, Copy):
            return None
        return piece.end - (self._ends[index] - offset)

    def keeps(self, spans: Iterable[Span]) -> bool:
        """Whether every span is copied whole and in order: the essence is untouched."""
        done = 0
        for span in spans:
            if span.size == 0:
                continue
            around = self.stretch(span.start)
            if around is None or span.end > around.end or span.start + around.shift < done:
                return False
            done = span.end + around.shift
        return True

    def slice(self, start: int, end: int) -> Iterator[Piece]:
        """The pieces that make up ``start`` to ``end`` of the new file.

        Raises:
            MediaoptoutError: the range is not wholly inside the new file, or cuts a hole.
        """
        if not 0 <= start <= end <= self.size:
            raise MediaoptoutError(f"{start} to {end} is not inside a file of {self.size} bytes")
        for piece, low, high in self._cut(start, end):
            match piece:
                case Copy():
                    yield Copy(piece.start + low, piece.start + high)
                case Insert():
                    yield Insert(piece.data[low:high])
                case Hole():
                    if high - low != piece.size:
                        raise MediaoptoutError("a hole in a patch cannot be cut")
                    yield piece

    def _cut(self, start: int, end: int) -> Iterator[tuple[Piece, int, int]]:
        """The pieces of ``start`` to ``end`` of the new file, and which part of each."""
        index = bisect_right(self._ends, start)
        while start < end:
            piece, stop = self.pieces[index], self._ends[index]
            begin = stop - piece.size
            yield piece, start - begin, min(end, stop) - begin
            start = stop
            index += 1

    def then(self, other: Patch) -> Patch:
        """One patch for this one followed by ``other``, which is a patch of this one's result."""

        def pieces() -> Iterator[Piece]:
            for piece in other.pieces:
                if isinstance(piece, Copy):
                    yield from self.slice(piece.start, piece.end)
                else:
                    yield piece

        return Patch(tuple(pieces()))

    def inverse(self, source: Source) -> Patch:
        """The patch that turns the new file back into ``source``.

        Its literals are only what this patch dropped.

        Args:
            source: the file that this patch is for.
        """
        pieces: list[Piece] = []
        at = 0
        for start, end, place in zip(*self._kept, strict=True):
            pieces.extend(_literals(source, at, start))
            pieces.append(Copy(place, place + end - start))
            at = end
        pieces.extend(_literals(source, at, source.size))
        return Patch(tuple(pieces))

    def fill(self, name: str, data: bytes) -> Patch:
        """The same patch with the hole ``name`` filled.

        Raises:
            MediaoptoutError: there is no such hole, or ``data`` has another length.
        """
        sizes = [hole.size for hole in self.pieces if isinstance(hole, Hole) and hole.name == name]
        if sizes != [len(data)]:
            raise MediaoptoutError(f"{len(data)} bytes do not fill the holes {name!r}: {sizes}")
        return Patch(
            tuple(
                Insert(data) if isinstance(piece, Hole) and piece.name == name else piece
                for piece in self.pieces
            )
        )

    def to_json(self) -> str:
        """The patch as text, for ledgers; the form is versioned."""
        rows: list[list[object]] = []
        for piece in self.pieces:
            match piece:
                case Copy():
                    rows.append(["copy", piece.start, piece.end])
                case Insert():
                    rows.append(["insert", base64.b64encode(piece.data).decode("ascii")])
                case Hole():
                    rows.append(["hole", piece.size, piece.name])
        return json.dumps({"schema": SCHEMA, "pieces": rows}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Patch:
        """The patch that `to_json` wrote.

        Raises:
            MediaoptoutError: the text is no patch, or of a version that is not known.
        """
        try:
            document = json.loads(text)
            if document["schema"] != SCHEMA:
                raise MediaoptoutError(f"a patch of the form {document['schema']!r} is not known")
            return cls(tuple(_piece(row) for row in document["pieces"]))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise MediaoptoutError(f"this is no patch: {error}") from error


def _piece(row: list[object]) -> Piece:
    match row:
        case ["copy", int(start), int(end)] if 0 <= start <= end:
            return Copy(start, end)
        case ["insert", str(data)]:
            return Insert(base64.b64decode(data, validate=True))
        case ["hole", int(size), str(name)] if size >= 0:
            return Hole(size, name)
    raise ValueError(f"unknown piece {row!r:.60}")


def _literals(source: Source, start: int, end: int) -> Iterator[Insert]:
    for at in range(start, end, MAX_READ):
        yield Insert(source.read(at, min(end, at + MAX_READ)))


class PatchedSource(Windowed):
    """The file that ``patch`` makes of ``source``, readable before anything is written.

    Holes read as zeros.
    """

    __slots__ = ("_patch", "_source")

    def __init__(self, source: Source, patch: Patch) -> None:
        super().__init__()
        self._source = source
        self._patch = patch

    @property
    def size(self) -> int:
        """The size of the new file."""
        return self._patch.size

    def _fetch(self, start: int, end: int) -> bytes:
        parts: list[bytes] = []
        for piece, low, high in self._patch._cut(start, end):
            match piece:
                case Copy():
                    parts.append(self._source.read(piece.start + low, piece.start + high))
                case Insert():
                    parts.append(piece.data[low:high])
                case Hole():
                    parts.append(bytes(high - low))
        return parts[0] if len(parts) == 1 else b"".join(parts)
