"""Ogg Skeleton 4.0: places in the file that move with the headers before them.

Its first packet holds the length of the group of streams and the place of the first page behind
the headers, its index packets hold places of pages, all counted from the beginning of the group:
key points as differences, in numbers of seven bits a byte whose last byte has the high bit set.
An index whose group has another length than it says is not used by players, and stays as it is.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.containers import ogg_pages
from mediaoptout.containers.ogg_streams import Stream, packet_bytes
from mediaoptout.errors import RefusedError
from mediaoptout.splice.linker import Reference, Table
from mediaoptout.splice.patch import Copy, Insert, Piece
from mediaoptout.splice.source import Source

MAX_POINTS: Final = 1 << 19
"""How many key points an index may have."""

_VERSION: Final = b"\x04\0"
_HEAD_SIZE: Final = 80
_LENGTH_AT, _CONTENT_AT = 64, 72
_INDEX: Final = b"index\0"
_COUNT_AT: Final = 10
_POINTS_AT: Final = (42, 58)
"""Where the key points begin: in the final version of the index, and in its draft."""
_WIDEST: Final = 10


@dataclass(frozen=True, slots=True)
class Index:
    """An index packet.

    Args:
        packet: its number in the Skeleton stream.
        head: what stands before the key points.
        places: the offsets in the file that they mean.
        times: their times, as they are stored.
    """

    packet: int
    head: bytes
    places: array[int]
    times: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A Skeleton stream whose places must be kept right.

    Args:
        stream: its header packets.
        length: the length of its group, or 0 if it does not say one.
        content: the offset in the file of the first page behind the headers; None if unsaid.
        indexes: its index packets.
    """

    stream: Stream
    length: int
    content: int | None
    indexes: tuple[Index, ...]

    @property
    def link(self) -> int:
        """Where its group begins."""
        return self.stream.link

    def told(self, place: Callable[[int], int]) -> dict[int, tuple[Piece, ...]]:
        """The packets that say something else when bytes move, by their numbers.

        Args:
            place: where the page goes that begins at an offset.
        """
        start = place(self.link)
        length = place(self.link + self.length) - start if self.length else 0
        content = place(self.content) - start if self.content is not None else 0
        contents: dict[int, tuple[Piece, ...]] = {}
        if (length, content) != (self.length, (self.content or self.link) - self.link):
            numbers = length.to_bytes(8, "little") + content.to_bytes(8, "little")
            size = sum(span.size for span in self.stream.packets[0])
            contents[0] = (Copy(0, _LENGTH_AT), Insert(numbers), Copy(_HEAD_SIZE, size))
        for index in self.indexes:
            places = array("Q", (place(at) - start for at in index.places))
            if any(new != old - self.link for new, old in zip(places, index.places, strict=True)):
                contents[index.packet] = (Insert(index.head + _points(places, index.times)),)
        return contents

    def references(self) -> Iterator[Reference]:
        """What its first packet refers to."""
        at = self.stream.packets[0][0].start
        if self.length:
            end = self.link + self.length
            yield Reference(
                at + _LENGTH_AT, 8, "little", end, self.link, ends=True, name="Skeleton's length"
            )
        if self.content is not None:
            yield Reference(
                at + _CONTENT_AT, 8, "little", self.content, self.link, name="Skeleton's content"
            )

    def tables(self) -> Iterator[Table]:
        """What its indexes refer to."""
        for index in self.indexes:
            at = self.stream.packets[index.packet][0].start
            yield Table(at, 8, "little", index.places, name="Skeleton index")

    def framing(self, source: Source) -> Hashable:
        """All that it says beside places."""
        parts: list[bytes] = []
        indexes = {index.packet: index for index in self.indexes}
        for number, packet in enumerate(self.stream.packets):
            data = packet_bytes(source, packet)
            if number == 0:
                data = data[:_LENGTH_AT] + data[_HEAD_SIZE:]
            elif number in indexes:
                data = indexes[number].head + b"".join(indexes[number].times)
            parts.append(hashlib.sha256(data).digest())
        return tuple(parts)


def read_skeleton(source: Source, stream: Stream, end: int) -> Skeleton | None:
    """The places that a Skeleton stream holds; None if it holds none that are in use.

    Args:
        source: the file.
        stream: the stream.
        end: where its group ends.

    Raises:
        RefusedError: it has an index that cannot be parsed.
    """
    packets = [packet_bytes(source, packet) for packet in stream.packets]
    indexed = [i for i, data in enumerate(packets) if data.startswith(_INDEX)]
    head = packets[0] if packets else b""
    if len(head) < _HEAD_SIZE or head[8:10] != _VERSION:
        if indexed:
            raise _unknown(stream)
        return None
    length = int.from_bytes(head[_LENGTH_AT:_CONTENT_AT], "little")
    content = int.from_bytes(head[_CONTENT_AT:_HEAD_SIZE], "little")
    if not indexed and not length and not content:
        return None
    if length not in (0, end - stream.link) or content > end - stream.link:
        return None
    indexes = tuple(_index(source, stream, i, packets[i], end) for i in indexed)
    place = stream.link + content if content else None
    return Skeleton(stream, length, place, indexes)


def _index(source: Source, stream: Stream, number: int, data: bytes, end: int) -> Index:
    """An index packet, of the version whose key points fill it and lead to a page."""
    count = int.from_bytes(data[_COUNT_AT : _COUNT_AT + 8], "little")
    for start in _POINTS_AT:
        points = _pairs(data, start, count)
        if points is None:
            continue
        places = array("Q")
        at = stream.link
        for step, _ in points:
            at += _value(step)
            if at >= end:
                break
            places.append(at)
        else:
            if not places or ogg_pages.page_at(source, places[0]) is not None:
                return Index(number, data[:start], places, tuple(time for _, time in points))
    raise _unknown(stream)


def _pairs(data: bytes, at: int, count: int) -> list[tuple[bytes, bytes]] | None:
    """The key points as stored; None if they do not fill the packet, or are too many."""
    if count > MAX_POINTS:
        return None
    found: list[bytes] = []
    for _ in range(2 * count):
        end = at
        while end < len(data) and not data[end] & 0x80:
            end += 1
        if end >= len(data) or end - at >= _WIDEST:
            return None
        found.append(data[at : end + 1])
        at = end + 1
    return list(zip(found[::2], found[1::2], strict=True)) if at == len(data) else None


def _value(stored: bytes) -> int:
    return sum((byte & 0x7F) << 7 * i for i, byte in enumerate(stored))


def _stored(value: int) -> bytes:
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F)
        value >>= 7
    return bytes((*result, value | 0x80))


def _points(places: Sequence[int], times: Sequence[bytes]) -> bytes:
    before = 0
    parts: list[bytes] = []
    for place, time in zip(places, times, strict=True):
        parts += [_stored(place - before), time]
        before = place
    return b"".join(parts)


def _unknown(stream: Stream) -> RefusedError:
    return RefusedError(
        "the Skeleton stream has an index that cannot be parsed and would lead astray",
        at=stream.link,
        fix="write the file's streams anew without an index (ffmpeg -c copy)",
        code="unknown-index",
    )
