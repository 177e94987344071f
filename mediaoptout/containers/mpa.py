"""MPEG audio frames (ISO/IEC 11172-3, 13818-3, and MPEG 2.5): headers, and where they begin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mediaoptout.splice.source import Source

MAX_FRAME: Final = 5760
"""More than the largest frame; a free-format frame is looked for no further."""

MAX_JUNK: Final = 1 << 16
"""How much may stand between the tags and the first frame."""

CHAIN: Final = 16
"""How many frames must follow each other where something unknown stands before the first."""

FEW: Final = 4
"""How many are enough where they reach to the end of the audio."""

SURE: Final = 3
"""How many must follow each other where nothing, or only zeros, stands before the first."""

_SYNC = re.compile(rb"\xff[\xe2-\xff]")
_SAME: Final = 0xFFFE0C00
"""The bits that every frame of a stream shares: sync, version, layer, sample rate."""

_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_BITS_LOW: Final = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_BITS: Final = {
    (3, 1): tuple(range(32, 449, 32)),
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): _BITS_LOW,
    (2, 3): _BITS_LOW,
}
"""Kilobits a second by version (MPEG 2.5 as 2) and layer, for the indices 1 to 14."""


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """The four bytes that begin a frame.

    Args:
        word: as a number.
    """

    word: int

    @property
    def version(self) -> int:
        """3 for MPEG 1, 2 for MPEG 2, 0 for MPEG 2.5."""
        return self.word >> 19 & 3

    @property
    def layer(self) -> int:
        """1, 2 or 3."""
        return 4 - (self.word >> 17 & 3)

    @property
    def padding(self) -> int:
        """How many bytes the padding bit adds."""
        return (self.word >> 9 & 1) * (4 if self.layer == 1 else 1)

    @property
    def size(self) -> int | None:
        """The frame's size; None in free format, where only the next frame tells."""
        index = self.word >> 12 & 15
        if not index:
            return None
        bits = 1000 * _BITS[self.version or 2, self.layer][index - 1]
        rate = _RATES[self.version][self.word >> 10 & 3]
        if self.layer == 1:
            return 12 * bits // rate * 4 + self.padding
        slots = 72 if self.layer == 3 and self.version != 3 else 144
        return slots * bits // rate + self.padding

    def continues(self, other: FrameHeader) -> bool:
        """Whether both can belong to one stream."""
        return self.word & _SAME == other.word & _SAME


def parse_frame_header(data: bytes) -> FrameHeader | None:
    """The header that ``data`` begins with, or None (ADTS, whose layer is 0, is none)."""
    if len(data) < 4:
        return None
    word = int.from_bytes(data[:4], "big")
    sync = word >> 21 == 0x7FF
    reserved = word >> 19 & 3 == 1 or not word >> 17 & 3 or word >> 10 & 3 == 3
    wrong = word >> 12 & 15 == 15 or word & 3 == 2
    return FrameHeader(word) if sync and not reserved and not wrong else None


@dataclass(frozen=True, slots=True)
class FirstFrame:
    """Where the audio begins.

    Args:
        start: the offset of the first frame.
        size: the frame's size.
        header: its header.
    """

    start: int
    size: int
    header: FrameHeader


def first_frame(source: Source, start: int, end: int, *, tagged: bool = False) -> FirstFrame | None:
    """The first frame between ``start`` and ``end`` that others follow; None if there is none.

    Args:
        source: the file.
        start: where the tags before the audio end.
        end: where the tags behind it begin.
        tagged: whether there are tags, which make a short file with junk before its audio likely.
    """
    stop = min(end, start + MAX_JUNK + CHAIN * MAX_FRAME)
    data = source.read(start, stop)
    zeros = len(data) - len(data.lstrip(b"\0"))
    for match in _SYNC.finditer(data, 0, min(len(data), MAX_JUNK)):
        at = match.start()
        header = parse_frame_header(data[at : at + 4])
        if header is None:
            continue
        size = header.size or _free_size(data, at, header)
        sure = at <= zeros
        need = SURE if sure else CHAIN
        few = (2 if sure or tagged else FEW) if stop == end else need
        if size and _follows(data, at, size, header, need, few):
            return FirstFrame(start + at, size, header)
    return None


def _free_size(data: bytes, at: int, header: FrameHeader) -> int | None:
    """The distance to the next header of a free-format stream, whose padding may differ."""
    for other in re.finditer(re.escape(data[at : at + 2]), data[at + 24 : at + MAX_FRAME]):
        found = parse_frame_header(data[at + 24 + other.start() : at + 28 + other.start()])
        if found is not None and header.continues(found) and found.size is None:
            return 24 + other.start()
    return None


def _follows(data: bytes, at: int, size: int, header: FrameHeader, need: int, few: int) -> bool:
    """Whether ``need`` frames follow each other from ``at``, or ``few`` up to the data's end."""
    base = size - header.padding
    for count in range(1, need):
        at += size
        if at >= len(data) - 3:
            return count >= few or (at == len(data) and few == 2)
        found = parse_frame_header(data[at : at + 4])
        if found is None or not header.continues(found):
            return False
        size = found.size or base + found.padding
    return True
