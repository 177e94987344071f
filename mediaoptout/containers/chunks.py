"""Chunks of a name and a length, one after another: RIFF, IFF and their kin.

A chunk is a FourCC, the length of its payload, the payload, and a byte of padding where the length
is odd (which some writers leave out). RIFF's lengths are little-endian and have 32 bits, as they
are where nothing else is said; see `Shape` for the others.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from mediaoptout.containers.base import Block
from mediaoptout.errors import LimitError
from mediaoptout.splice.linker import Edit, Endian
from mediaoptout.splice.patch import Insert, Piece, Span
from mediaoptout.splice.source import WINDOW, Source

HEADER: Final = 8
"""The bytes before the payload of a RIFF's chunk: FourCC and length."""

UNKNOWN: Final = 0xFFFFFFFF
"""The length that says: it stands elsewhere, or was not known when this was written."""

MAX_CHUNKS: Final = 1 << 16
"""How many chunks a file may have."""

JUNK: Final = b"JUNK"
"""The filling that we write."""

FILLING: Final = frozenset({JUNK, b"junk", b"PAD ", b"FLLR"})
"""Chunks that hold nothing."""

_MAX_FILLING: Final = 1 << 20
"""The largest filling that is looked through before it is used up."""
_NESTED: Final = frozenset({b"RIFF", b"RIFX", b"RF64", b"BW64"})


@dataclass(frozen=True, slots=True)
class Shape:
    """How chunks state their lengths: all that RIFF, IFF and their kin differ in.

    Args:
        order: the byte order of the length.
        width: its size in bytes.
        padded: whether a byte of padding follows an odd payload.
    """

    order: Endian
    width: Literal[4, 8]
    padded: bool = True

    @property
    def header(self) -> int:
        """The bytes before the payload: FourCC and length."""
        return 4 + self.width

    @property
    def unknown(self) -> int:
        """The length that says: it stands elsewhere, or was not known when this was written."""
        return (1 << 8 * self.width) - 1

    def head(self, name: bytes, size: int) -> bytes:
        """The header of a chunk with ``size`` bytes of payload."""
        return name + size.to_bytes(self.width, self.order)

    def padding(self, size: int) -> int:
        """How many bytes of padding follow ``size`` bytes of payload."""
        return size % 2 if self.padded else 0


RIFF_SHAPE: Final = Shape("little", 4)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk as it stands in a file.

    Args:
        name: its FourCC.
        start: where its header begins.
        end: where its payload ends.
        next: where the padding behind it ends, if there is any.
        shape: how its length is stated.
    """

    name: bytes
    start: int
    end: int
    next: int
    shape: Shape = RIFF_SHAPE

    @property
    def payload(self) -> Span:
        """Its bytes without header and padding."""
        return Span(self.start + self.shape.header, self.end)

    @property
    def unpadded(self) -> bool:
        """Whether a byte of padding is missing behind it."""
        return self.next == self.end and self.shape.padding(self.payload.size) == 1

    @property
    def label(self) -> str:
        """The FourCC for people, without spaces and zeros at its end."""
        return self.name.decode("latin-1").rstrip(" \0")


@dataclass(frozen=True, slots=True)
class Carried:
    """A chunk that carries statements, and what it says."""

    chunk: Chunk
    block: Block


class Walk(NamedTuple):
    """The chunks of a range.

    Args:
        chunks: those that are whole, in order.
        stop: where no further chunk begins; less than the range's end where something is left.
        cut: a chunk that begins at ``stop`` and is longer than what is left.
    """

    chunks: tuple[Chunk, ...]
    stop: int
    cut: Chunk | None


def walk(
    source: Source,
    start: int,
    end: int,
    long_size: Callable[[bytes], int | None] = lambda _: None,
    *,
    odd_names: frozenset[bytes] = frozenset(),
    shape: Shape = RIFF_SHAPE,
) -> Walk:
    """Every chunk from ``start`` to ``end``; reads only headers.

    Args:
        source: the file.
        start: where the first chunk begins.
        end: where they end at the latest.
        long_size: the length of a chunk that states `Shape.unknown`, by its name; None if not
            known.
        odd_names: names that are known although they are not printable.
        shape: how the chunks state their lengths.

    Raises:
        LimitError: there are more than `MAX_CHUNKS`.
    """
    chunks: list[Chunk] = []
    at = start
    while (header := _header(source, at, end, odd_names, shape)) is not None:
        name, size = header
        if size == shape.unknown:
            size = long_size(name) or size
        stop = at + shape.header + size
        if stop > end:
            return Walk(tuple(chunks), at, Chunk(name, at, stop, stop, shape))
        odd = shape.padding(size)
        following = _behind(source, stop, end, odd_names, shape) if odd else stop
        chunks.append(Chunk(name, at, stop, following, shape))
        if len(chunks) > MAX_CHUNKS:
            raise LimitError(f"there are more than {MAX_CHUNKS} chunks", at=at)
        at = following
    return Walk(tuple(chunks), at, None)


def _header(
    source: Source, at: int, end: int, odd_names: frozenset[bytes], shape: Shape
) -> tuple[bytes, int] | None:
    if end - at < shape.header:
        return None
    head = source.read(at, at + shape.header)
    name, size = head[:4], int.from_bytes(head[4:], shape.order)
    is_name = all(0x20 <= byte <= 0x7E for byte in name) or name in odd_names
    return (name, size) if is_name and name not in _NESTED else None


def _behind(source: Source, stop: int, end: int, odd_names: frozenset[bytes], shape: Shape) -> int:
    """Where the chunk after an odd payload begins: behind a byte of padding, if that is there."""

    def begins(at: int) -> bool:
        header = _header(source, at, end, odd_names, shape)
        return header is not None and at + shape.header + header[1] <= end

    if stop == end or (begins(stop) and not begins(stop + 1)):
        return stop
    return stop + 1 if begins(stop + 1) or source.read(stop, stop + 1) == b"\0" else stop


def framed(name: bytes, pieces: tuple[Piece, ...], shape: Shape = RIFF_SHAPE) -> tuple[Piece, ...]:
    """A new chunk around ``pieces``, with its padding."""
    size = sum(piece.size for piece in pieces)
    return Insert(shape.head(name, size)), *pieces, Insert(bytes(shape.padding(size)))


def filler(name: bytes, size: int) -> Insert:
    """A chunk of ``size`` bytes in all that holds nothing; ``size`` is even, and 8 at least."""
    return Insert(struct.pack("<4sI", name, size - HEADER) + bytes(size - HEADER))


def replaced(chunk: Chunk, pieces: tuple[Piece, ...], room: int = 0) -> Iterator[Edit]:
    """The edits that give a chunk another payload; its length is the linker's business.

    Args:
        chunk: the chunk, which stands at the top level of its RIFF.
        pieces: its new payload.
        room: how many bytes of filling behind it may be used up; what is left stays ``JUNK``, and
            nothing behind it moves. Without room, what follows moves.
    """
    size = sum(piece.size for piece in pieces)
    pad = chunk.shape.padding(size)
    yield Edit(*chunk.payload, pieces, inside=chunk.start)
    tail: tuple[Piece, ...] = (Insert(bytes(pad)),)
    if room:
        left = chunk.next + room - (chunk.start + HEADER + size + pad)
        tail += (filler(JUNK, left),) if left else ()
    yield Edit(chunk.end, chunk.next + room, tail, inside=0)


def moved_back(chunk: Chunk, home: Chunk, pieces: tuple[Piece, ...]) -> Iterator[Edit]:
    """The edits that let a chunk stand again where filling was left when it was moved away.

    Args:
        chunk: the chunk, which stands at the top level of its RIFF.
        home: the filling, whose payload is as long as what the chunk shall hold.
        pieces: its new payload.
    """
    yield Edit(home.start, home.start + 4, (Insert(chunk.name),), inside=0)
    yield Edit(*home.payload, pieces, inside=home.start)
    yield Edit(chunk.start, chunk.next, (), inside=0)


def is_room(source: Source, chunk: Chunk) -> bool:
    """Whether a chunk holds nothing, and can be used up."""
    small = chunk.payload.size <= _MAX_FILLING
    return chunk.name in FILLING and small and zeros(source, *chunk.payload)


def filling_behind(source: Source, chunks: Sequence[Chunk], chunk: Chunk) -> int:
    """How many bytes of filling stand right behind ``chunk``, which is one of ``chunks``."""
    room = 0
    for follower in chunks[chunks.index(chunk) + 1 :]:
        if not is_room(source, follower):
            break
        room += follower.next - follower.start
    return room


def fits(chunk: Chunk, size: int, room: int) -> bool:
    """Whether ``size`` bytes have place in a chunk with ``room`` bytes of filling behind it."""
    left = chunk.next + room - (chunk.start + HEADER + size + size % 2)
    return left == 0 or left >= HEADER


def zeros(source: Source, start: int, end: int) -> bool:
    """Whether there is nothing but zeros from ``start`` to ``end``."""
    return all(
        not source.read(at, min(at + WINDOW, end)).strip(b"\0") for at in range(start, end, WINDOW)
    )
