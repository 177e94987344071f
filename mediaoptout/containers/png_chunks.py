"""The chunks of a PNG (ISO/IEC 15948, 5.3): where they stand, and how one is written."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from mediaoptout.errors import LimitError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
IMAGE: Final = frozenset({b"IDAT", b"fdAT"})
MAX_CHUNKS: Final = 1 << 20
"""How many chunks are walked over."""
MAX_KEPT: Final = 1 << 16
"""How many chunks are kept in mind; a row of image data counts as one."""
MAX_CHECKED: Final = 1 << 20
"""The largest chunk whose check sum is looked at, in bytes."""

_DECIDING: Final = frozenset(
    {
        *(b"IHDR", b"CgBI", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"gAMA", b"cHRM", b"sRGB"),
        *(b"iCCP", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"bKGD", b"hIST", b"pHYs", b"oFFs"),
    }
)


class Chunk(NamedTuple):
    """A chunk: its type, and where it stands, its length and check sum included.

    Image data chunks of one type in a row are one.
    """

    type: bytes
    start: int
    end: int

    @property
    def data(self) -> Span:
        """Its data alone."""
        return Span(self.start + 8, self.end - 4)

    @property
    def span(self) -> Span:
        """The whole chunk."""
        return Span(self.start, self.end)


def walk(source: Source) -> tuple[Chunk, ...]:
    """The chunks from the signature to IEND, or to where there is no chunk any more.

    Raises:
        LimitError: there are too many.
    """
    found: list[Chunk] = []
    at = len(SIGNATURE)
    row = b""  # the type of the image data that the last chunk began
    for _ in range(MAX_CHUNKS):
        if at + 12 > source.size:
            return tuple(found)
        head = source.read(at, at + 8)
        kind = head[4:]
        end = at + 12 + int.from_bytes(head[:4], "big")
        if not kind.isalpha() or end > source.size:
            return tuple(found)
        if kind == row:
            found[-1] = Chunk(kind, found[-1].start, end)
        elif len(found) == MAX_KEPT:
            break
        else:
            found.append(Chunk(kind, at, end))
            row = kind if kind in IMAGE else b""
        if kind == b"IEND":
            return tuple(found)
        at = end
    raise LimitError("the file has more chunks than are walked over", at=at)


def render(kind: bytes, data: bytes) -> bytes:
    """A chunk with its length and check sum."""
    check = zlib.crc32(kind + data)
    return len(data).to_bytes(4, "big") + kind + data + check.to_bytes(4, "big")


def image_data(chunks: Iterable[Chunk]) -> tuple[Span, ...]:
    """The spans of the image data, neighbours joined."""
    result: list[Span] = []
    for chunk in chunks:
        if chunk.type not in IMAGE:
            continue
        if result and result[-1].end == chunk.start:
            result[-1] = Span(result[-1].start, chunk.end)
        else:
            result.append(chunk.span)
    return tuple(result)


def deciding(source: Source, chunks: Iterable[Chunk]) -> str:
    """A digest of the chunks that decide how the image data are shown."""
    digest = hashlib.sha256()
    for chunk in chunks:
        if chunk.type in _DECIDING:
            digest.update(source.read(*chunk.span))
    return digest.hexdigest()


def wrong_check_sums(source: Source, chunks: Iterable[Chunk]) -> Iterator[str]:
    """A sentence for every chunk whose check sum is wrong, image data aside."""
    for chunk in chunks:
        if chunk.type in IMAGE or chunk.end - chunk.start > MAX_CHECKED:
            continue
        data = source.read(chunk.start + 4, chunk.end)
        if zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "big"):
            yield f"the check sum of the {chunk.type.decode()} chunk at {chunk.start} is wrong"
