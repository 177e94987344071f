"""A new file said as spans of the old one and literal bytes, in order.

A container never writes: it answers a wanted change with a `Patch`. The dry run prints it, the
cost sums it, the writer executes it, `PatchedSource` reads as the file that it would make, the
proof that the essence is untouched is arithmetic on it, and its inverse is the undo.
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, NamedTuple

from mediaoptout.errors import MediaoptoutError
from mediaoptout.splice.source import MAX_READ, Source, check_range

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
    """The same bytes in the fewest pieces: neighbours joined, empty ones dropped."""
    result: list[Piece] = []
    literals: list[bytes] = []
    for piece in pieces:
        if not piece.size:
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


@dataclass(frozen=True, slots=True)
class Patch:
    """A new file said as spans of the old one, literal bytes and holes, in order.

    Args:
        pieces: what the new file consists of; joined and cleaned on construction.
    """

    pieces: tuple[Piece, ...]
    _ends: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _copies: tuple[tuple[int, int, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pieces = normalised(self.pieces)
        object.__setattr__(self, "pieces", pieces)
        ends = tuple(accumulate(piece.size for piece in pieces))
        object.__setattr__(self, "_ends", ends)
        copies = sorted(
            (piece.start, piece.end, end - piece.size)
            for piece, end in zip(pieces, ends, strict=True)
            if isinstance(piece, Copy)
        )
        object.__setattr__(self, "_copies", tuple(copies))

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
        return sum(end - start for start, end, _ in self._copies)

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
        return all(start == at for start, _, at in self._copies)

    def locate(self, offset: int) -> int | None:
        """Where the source's byte at ``offset`` stands in the new file; None if it is gone."""
        index = bisect_right(self._copies, (offset, 1 << 63, 0)) - 1
        while index >= 0:
            start, end, at = self._copies[index]
            if start <= offset < end:
                return at + offset - start
            if start < offset:
                return None
            index -= 1
        return None

    def origin(self, offset: int) -> int | None:
        """Which byte of the source stands at ``offset`` of the new file; None if it is new."""
        index = bisect_right(self._ends, offset)
        if not 0 <= offset < self.size:
            return None
        piece = self.pieces[index]
        if not isinstance(piece, Copy):
            return None
        return piece.end - (self._ends[index] - offset)

    def keeps(self, spans: Iterable[Span]) -> bool:
        """Whether every span is copied whole and in order: the essence is untouched."""
        last = -1
        for span in spans:
            if span.size == 0:
                continue
            first = self.locate(span.start)
            end = self.locate(span.end - 1)
            if first is None or end is None or first < last:
                return False
            if end - first != span.size - 1 or not self._contiguous(first, end):
                return False
            last = end
        return True

    def _contiguous(self, first: int, last: int) -> bool:
        """Whether the new bytes from ``first`` to ``last`` are one copied piece."""
        return bisect_right(self._ends, first) == bisect_right(self._ends, last)

    def keeps_together(self, first: int, last: int) -> bool:
        """Whether the source's bytes from ``first`` to ``last`` all moved by the same distance."""
        index = bisect_right(self._copies, (first, 1 << 63, 0)) - 1
        return index >= 0 and self._copies[index][0] <= first and last < self._copies[index][1]

    def slice(self, start: int, end: int) -> Iterator[Piece]:
        """The pieces that make up ``start`` to ``end`` of the new file.

        Raises:
            MediaoptoutError: a hole would be cut.
        """
        check_range(start, min(end, start + MAX_READ), self.size)
        index = bisect_right(self._ends, start)
        at = start
        while at < end:
            piece, piece_end = self.pieces[index], self._ends[index]
            begin = piece_end - piece.size
            low, high = at - begin, min(end, piece_end) - begin
            match piece:
                case Copy():
                    yield Copy(piece.start + low, piece.start + high)
                case Insert():
                    yield Insert(piece.data[low:high])
                case Hole():
                    if (low, high) != (0, piece.size):
                        raise MediaoptoutError("a hole in a patch cannot be cut")
                    yield piece
            at = begin + high
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
        for start, end, new in self._copies:
            if end <= at:
                continue
            pieces.extend(_literals(source, at, start))
            begin = max(start, at)
            pieces.append(Copy(new + begin - start, new + end - start))
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


class PatchedSource:
    """The file that ``patch`` makes of ``source``, readable before anything is written."""

    __slots__ = ("_patch", "_source")

    def __init__(self, source: Source, patch: Patch) -> None:
        self._source = source
        self._patch = patch

    @property
    def size(self) -> int:
        """The size of the new file."""
        return self._patch.size

    def read(self, start: int, end: int) -> bytes:
        """See `Source.read`; holes read as zeros."""
        check_range(start, end, self.size)
        ends, pieces = self._patch._ends, self._patch.pieces
        index = bisect_right(ends, start)
        parts: list[bytes] = []
        at = start
        while at < end:
            piece = pieces[index]
            begin = ends[index] - piece.size
            low, high = at - begin, min(end, ends[index]) - begin
            match piece:
                case Copy():
                    parts.append(self._source.read(piece.start + low, piece.start + high))
                case Insert():
                    parts.append(piece.data[low:high])
                case Hole():
                    parts.append(bytes(high - low))
            at = begin + high
            index += 1
        return parts[0] if len(parts) == 1 else b"".join(parts)
