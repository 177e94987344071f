"""Small AVIs with raw pictures, built chunk by chunk; OpenDML ones with several RIFFs."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

SIDE: Final = 16
FRAME: Final = SIDE * SIDE * 3
INDEX_HEAD: Final = 32


def chunk(name: bytes, payload: bytes, *, padded: bool = True) -> bytes:
    pad = bytes(len(payload) % 2) if padded else b""
    return struct.pack("<4sI", name, len(payload)) + payload + pad


def listed(kind: bytes, *chunks: bytes) -> bytes:
    return chunk(b"LIST", kind + b"".join(chunks))


def headers(frames: int, places: list[tuple[int, int]], entries: int) -> bytes:
    """The ``hdrl`` list; ``places`` are those of the indexes, with the frames in each."""
    main = struct.pack("<14I", 40000, 0, 0, 0x10, frames, 0, 1, FRAME, SIDE, SIDE, 0, 0, 0, 0)
    times = (0, 1, 25, 0, frames, FRAME, 0xFFFFFFFF, 0)
    stream = struct.pack("<4s4sIHH8I4h", b"vids", b"DIB ", 0, 0, 0, *times, 0, 0, SIDE, SIDE)
    form = struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 24, 0, FRAME, 0, 0, 0, 0)
    parts = [chunk(b"strh", stream), chunk(b"strf", form)]
    if entries:
        rows = [struct.pack("<QII", at, INDEX_HEAD + 8 * count, count) for at, count in places]
        rows += [bytes(16)] * (entries - len(rows))
        head = struct.pack("<HBBI4s12x", 4, 0, 0, len(places), b"00dc")
        parts.append(chunk(b"indx", head + b"".join(rows)))
    total = struct.pack("<I", frames) + bytes(244)
    large = listed(b"odml", chunk(b"dmlh", total)) if entries else b""
    return listed(b"hdrl", chunk(b"avih", main), listed(b"strl", *parts), large)


@dataclass(frozen=True)
class Recipe:
    """How an AVI is built.

    Args:
        riffs: how many RIFFs it has.
        frames: how many pictures each of them has.
        large: whether it has the indexes of OpenDML.
        old_index: whether it has an ``idx1``, for the first RIFF.
        relative: whether that counts from the ``movi`` list.
        from_start: whether the indexes of chunks count from the beginning of the file.
        before: chunks before the first ``movi`` list.
        after: chunks at the end of the first RIFF.
    """

    riffs: int = 1
    frames: int = 3
    large: bool = True
    old_index: bool = True
    relative: bool = True
    from_start: bool = False
    before: bytes = b""
    after: bytes = b""

    def build(self) -> bytes:
        entries = 8 if self.large else 0
        count = self.riffs * self.frames
        head = 12 + len(headers(count, [], entries) + self.before)
        data, places = b"", []
        for number in range(self.riffs):
            start = head if number == 0 else len(data) + 12
            movie, offsets, index = self._movie(start, number)
            places.append((index, self.frames))
            body = movie
            if number == 0:
                body += self._old_index(offsets, head + 8) + self.after
                body = b"AVI " + bytes(head - 12) + body
            else:
                body = b"AVIX" + body
            data += chunk(b"RIFF", body)
        front = headers(count, places, entries) + self.before
        return data[:12] + front + data[head:]

    def _movie(self, start: int, number: int) -> tuple[bytes, list[int], int]:
        body, offsets = b"", []
        for frame in range(self.frames):
            offsets.append(start + 12 + len(body))
            shade = (number * self.frames + frame) * 7 % 256
            body += chunk(b"00dc", bytes([shade]) * FRAME)
        index = start + 12 + len(body)
        if self.large:
            base = 0 if self.from_start else start + 12
            head = struct.pack("<HBBI4sQI", 2, 0, 1, self.frames, b"00dc", base, 0)
            rows = (struct.pack("<II", at + 8 - base, FRAME) for at in offsets)
            body += chunk(b"ix00", head + b"".join(rows))
        return listed(b"movi", body), offsets, index

    def _old_index(self, offsets: list[int], movie: int) -> bytes:
        if not self.old_index:
            return b""
        base = movie if self.relative else 0
        rows = (struct.pack("<4sIII", b"00dc", 0x10, at - base, FRAME) for at in offsets)
        return chunk(b"idx1", b"".join(rows))
