"""Chunks of a name and a length, one after another: RIFF and its kin.

A chunk is a FourCC, the length of its payload in 32 bits, the payload, and a byte of padding where
the length is odd (which some writers leave out).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from mediaoptout.errors import LimitError
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.patch import Insert, Piece, Span
from mediaoptout.splice.source import WINDOW, Source

HEADER: Final = 8
"""The bytes before the payload: FourCC and length."""

UNKNOWN: Final = 0xFFFFFFFF
"""The length that says: it stands elsewhere, or was not known when this was written."""

MAX_CHUNKS: Final = 1 << 16
"""How many chunks a file may have."""

_NESTED: Final = frozenset({b"RIFF", b"RIFX", b"RF64", b"BW64"})


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk as it stands in a file.

    Args:
        name: its FourCC.
        start: where its header begins.
        end: where its payload ends.
        next: where the padding behind it ends, if there is any.
    """

    name: bytes
    start: int
    end: int
    next: int

    @property
    def payload(self) -> Span:
        """Its bytes without header and padding."""
        return Span(self.start + HEADER, self.end)

    @property
    def unpadded(self) -> bool:
        """Whether a byte of padding is missing behind it."""
        return self.next == self.end and (self.end - self.start) % 2 == 1

    @property
    def label(self) -> str:
        """The FourCC for people, without spaces and zeros at its end."""
        return self.name.decode("latin-1").rstrip(" \0")


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
) -> Walk:
    """Every chunk from ``start`` to ``end``; reads only headers.

    Args:
        source: the file.
        start: where the first chunk begins.
        end: where they end at the latest.
        long_size: the length of a chunk that states `UNKNOWN`, by its name; None if not known.
        odd_names: names that are known although they are not printable.

    Raises:
        LimitError: there are more than `MAX_CHUNKS`.
    """
    chunks: list[Chunk] = []
    at = start
    while (header := _header(source, at, end, odd_names)) is not None:
        name, size = header
        if size == UNKNOWN:
            size = long_size(name) or size
        stop = at + HEADER + size
        if stop > end:
            return Walk(tuple(chunks), at, Chunk(name, at, stop, stop))
        following = _behind(source, stop, end, odd_names) if size % 2 else stop
        chunks.append(Chunk(name, at, stop, following))
        if len(chunks) > MAX_CHUNKS:
            raise LimitError(f"there are more than {MAX_CHUNKS} chunks", at=at)
        at = following
    return Walk(tuple(chunks), at, None)


def _header(
    source: Source, at: int, end: int, odd_names: frozenset[bytes]
) -> tuple[bytes, int] | None:
    if end - at < HEADER:
        return None
    name, size = struct.unpack("<4sI", source.read(at, at + HEADER))
    is_name = all(0x20 <= byte <= 0x7E for byte in name) or name in odd_names
    return (name, size) if is_name and name not in _NESTED else None


def _behind(source: Source, stop: int, end: int, odd_names: frozenset[bytes]) -> int:
    """Where the chunk after an odd payload begins: behind a byte of padding, if that is there."""

    def begins(at: int) -> bool:
        header = _header(source, at, end, odd_names)
        return header is not None and at + HEADER + header[1] <= end

    if stop == end or (begins(stop) and not begins(stop + 1)):
        return stop
    return stop + 1 if begins(stop + 1) or source.read(stop, stop + 1) == b"\0" else stop


def framed(name: bytes, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """A new chunk around ``pieces``, with its padding."""
    size = sum(piece.size for piece in pieces)
    return Insert(struct.pack("<4sI", name, size)), *pieces, Insert(bytes(size % 2))


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
    pad = size % 2
    yield Edit(*chunk.payload, pieces, inside=chunk.start)
    tail: tuple[Piece, ...] = (Insert(bytes(pad)),)
    if room:
        left = chunk.next + room - (chunk.start + HEADER + size + pad)
        tail += (filler(b"JUNK", left),) if left else ()
    yield Edit(chunk.end, chunk.next + room, tail, inside=0)


def zeros(source: Source, start: int, end: int) -> bool:
    """Whether there is nothing but zeros from ``start`` to ``end``."""
    return all(
        not source.read(at, min(at + WINDOW, end)).strip(b"\0") for at in range(start, end, WINDOW)
    )
