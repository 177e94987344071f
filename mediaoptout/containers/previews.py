"""Previews that stand behind a JPEG, and the numbers in maker notes that say where.

Some cameras append a larger preview behind the picture, and point to it from the maker note,
counting from the Exif block's TIFF header. Nobody but the maker documents these notes, but such a
number is known by what it says: it is exactly the distance to a JPEG behind the picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mediaoptout.splice.linker import Endian, Reference
from mediaoptout.splice.source import Source

MAX_SEARCHED: Final = 64 << 20
"""How much of a file is searched, in bytes."""
MAX_PREVIEWS: Final = 64
_WINDOW: Final = 1 << 20
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_START = re.compile(rb"[^\x00]\xd8\xff[\xc0-\xfe]", re.DOTALL)  # some makers spoil the first byte
_EOI: Final = 0xD9


def references(source: Source, scan: int, at: int, end: int) -> Iterator[Reference]:
    """The numbers in an Exif block that point to a JPEG behind the picture.

    Args:
        source: the file.
        scan: where the picture's first scan begins.
        at: where the block's TIFF header stands.
        end: where the block ends.
    """
    tiff = source.read(at, end)
    endian: Endian = "little" if tiff.startswith(b"II") else "big"
    behind = picture_end(source, scan)
    for number, start in enumerate(_starts(source, behind)):
        if number >= MAX_PREVIEWS:
            return
        place = tiff.find((start - at).to_bytes(4, endian))
        while place >= 0:
            yield Reference(at + place, 4, endian, start, base=at, name="place of a preview")
            place = tiff.find((start - at).to_bytes(4, endian), place + 4)


def picture_end(source: Source, scan: int) -> int:
    """Where the picture ends that has its first scan at ``scan``: behind its EOI marker.

    The end of the file where there is no EOI within `MAX_SEARCHED` bytes.
    """
    at = scan
    limit = min(source.size, scan + MAX_SEARCHED)
    while at + 1 < limit:
        window = source.read(at, min(at + _WINDOW, limit))
        found = _MARKER.search(window)
        if found is None:
            at += len(window) - 1
            continue
        at += found.start()
        if window[found.start() + 1] == _EOI:
            return at + 2
        if at + 4 > limit:
            break
        at += 2 + max(2, int.from_bytes(source.read(at + 2, at + 4), "big"))
    return source.size


def _starts(source: Source, at: int) -> Iterator[int]:
    """Where JPEGs begin from ``at`` on."""
    limit = min(source.size, at + MAX_SEARCHED)
    while at + 4 <= limit:
        window = source.read(at, min(at + _WINDOW, limit))
        for found in _START.finditer(window):
            yield at + found.start()
        at += max(len(window) - 3, 1)
