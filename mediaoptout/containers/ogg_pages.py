"""Ogg pages (RFC 3533, section 6): headers, checksums, and the walk over them.

The checksum is a CRC-32 of polynomial 0x04C11DB7, not reflected, starting at 0, over the page with
zeros in the checksum's place. Reflecting every bit order makes it the CRC that zlib knows, whose
register before and after is complemented. It is linear: what a change of the header does to it
depends only on that change and on how many bytes follow, so that a page gets another number
without its body being read.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

CAPTURE: Final = b"OggS\0"
"""The capture pattern and the only stream structure version."""
CONTINUED, BOS, EOS = 1, 2, 4
NO_GRANULE: Final = b"\xff" * 8
"""The granule position of a page on which no packet ends."""
MAX_SEGMENTS: Final = 255
MAX_PAGE: Final = 27 + MAX_SEGMENTS + MAX_SEGMENTS * 255
"""The largest page, in bytes."""

_FIXED: Final = 27
_LONGEST_HEADER: Final = _FIXED + MAX_SEGMENTS
_NUMBERS: Final = Span(18, 26)
"""Where the sequence number and the checksum stand in a page."""
_ALL: Final = 0xFFFFFFFF
_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_ZEROS: Final = bytes(MAX_PAGE)
_STEP: Final = 1 << 18
_AHEAD: Final = 1 << 16
_SMALL: Final = 1 << 14


class Page(NamedTuple):
    """A page: where it begins and ends, and its header with the segment table."""

    start: int
    end: int
    header: bytes

    @property
    def flags(self) -> int:
        """Whether it continues a packet, begins or ends its stream."""
        return self.header[5]

    @property
    def granule(self) -> bytes:
        """Its granule position."""
        return self.header[6:14]

    @property
    def serial(self) -> int:
        """The number of the logical stream that it belongs to."""
        return int.from_bytes(self.header[14:18], "little")

    @property
    def sequence(self) -> int:
        """Its number in that stream."""
        return int.from_bytes(self.header[18:22], "little")

    @property
    def checksum(self) -> int:
        """The checksum that it states."""
        return int.from_bytes(self.header[22:26], "little")

    @property
    def lacing(self) -> bytes:
        """The segment table."""
        return self.header[_FIXED:]

    @property
    def body(self) -> Span:
        """Where its content stands."""
        return Span(self.start + len(self.header), self.end)

    @property
    def numbers(self) -> Span:
        """Where its sequence number and checksum stand."""
        return Span(self.start + _NUMBERS.start, self.start + _NUMBERS.end)

    @property
    def framing(self) -> bytes:
        """All of its header but the numbers."""
        return self.header[: _NUMBERS.start] + self.header[_NUMBERS.end :]


def _mirrored(register: int) -> int:
    return int.from_bytes(register.to_bytes(4, "big").translate(_MIRRORED), "little")


def checksum(header: bytes, body: bytes) -> int:
    """The checksum that a page should state.

    Args:
        header: the page's header; what stands in the checksum's place does not count.
        body: its content.
    """
    blank = header[:22] + bytes(4) + header[26:]
    register = zlib.crc32(blank.translate(_MIRRORED), _ALL)
    return _mirrored(zlib.crc32(body.translate(_MIRRORED), register) ^ _ALL)


def renumbered(page: Page, sequence: int) -> bytes:
    """The sequence number and the checksum of the page under another number.

    A checksum that was wrong stays as wrong as it was.
    """
    change = (page.sequence ^ sequence).to_bytes(4, "little")
    return sequence.to_bytes(4, "little") + (
        page.checksum ^ _effect(change, page.end - page.start - 22)
    ).to_bytes(4, "little")


def unnumbered(page: Page) -> int:
    """The checksum that the page would state if its sequence number were 0."""
    return page.checksum ^ _effect(page.header[18:22], page.end - page.start - 22)


def _effect(change: bytes, following: int) -> int:
    """What ``change`` in a page does to its checksum, with so many bytes behind it."""
    register = zlib.crc32(change.translate(_MIRRORED), _ALL)
    return _mirrored(zlib.crc32(memoryview(_ZEROS)[:following], register) ^ _ALL)


def page_in(data: bytes, at: int, offset: int = 0) -> Page | None:
    """The page whose header stands at ``at`` of ``data``; None if none is there whole.

    Args:
        data: part of a file.
        at: where in ``data``.
        offset: where ``data`` stands in the file.
    """
    if not data.startswith(CAPTURE, at) or at + _FIXED > len(data):
        return None
    stop = at + _FIXED + data[at + 26]
    if stop > len(data):
        return None
    header = data[at:stop]
    return Page(offset + at, offset + stop + sum(header[_FIXED:]), header)


def page_at(source: Source, at: int) -> Page | None:
    """The page at ``at``; None if none is there whole."""
    page = page_in(source.read(at, min(at + _LONGEST_HEADER, source.size)), 0, at)
    return page if page is not None and page.end <= source.size else None


def walk(source: Source, at: int = 0) -> Iterator[Page]:
    """The pages from ``at`` on; what is no page is passed over.

    Where pages are small, their headers are read many at a time.
    """
    data, offset, ahead = b"", at, _LONGEST_HEADER
    while at < source.size:
        if at + _LONGEST_HEADER > offset + len(data):
            data, offset = source.read(at, min(at + ahead, source.size)), at
        page = page_in(data, at - offset, offset)
        if page is None or page.end > source.size:
            page = _next(source, at + 1)
            if page is None:
                return
        yield page
        at = page.end
        ahead = _AHEAD if page.end - page.start < _SMALL else _LONGEST_HEADER


def _next(source: Source, at: int) -> Page | None:
    """The first page from ``at`` on behind which another page stands, or the end of the file."""
    while at < source.size:
        stop = min(at + _STEP, source.size)
        data = source.read(at, min(stop + _LONGEST_HEADER, source.size))
        place = data.find(CAPTURE)
        while 0 <= place < stop - at:
            page = page_in(data, place, at)
            if page is not None and _followed(source, page.end, data, at):
                return page
            place = data.find(CAPTURE, place + 1)
        at = stop
    return None


def _followed(source: Source, end: int, data: bytes, offset: int) -> bool:
    if end >= source.size:
        return end == source.size
    if end + len(CAPTURE) > source.size:
        return False
    if end + len(CAPTURE) <= offset + len(data):
        return data.startswith(CAPTURE, end - offset)
    return source.read(end, end + len(CAPTURE)) == CAPTURE


def last(source: Source) -> Page | None:
    """The last page of the file whose checksum is right, looked for at its end; None if unsure."""
    start = max(0, source.size - 2 * MAX_PAGE)
    data = source.read(start, source.size)
    place = len(data)
    for _ in range(16):
        place = data.rfind(CAPTURE, 0, place)
        if place < 0:
            return None
        page = page_in(data, place, start)
        if page is not None and page.end <= source.size:
            body = data[page.body.start - start : page.end - start]
            if checksum(page.header, body) == page.checksum:
                return page
    return None
