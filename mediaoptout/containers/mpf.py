"""Multi-Picture Format (CIPA DC-007): where the other pictures of a JPEG stand.

Its offsets count from its own TIFF header; the size of the first picture counts from the start of
the file. Both depend on what stands before, so they are references.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mediaoptout.splice.linker import Endian, Reference
from mediaoptout.splice.source import Source

_ENTRIES: Final = 0xB002
_ENTRY: Final = 16
MAX_PICTURES: Final = 1000


def references(source: Source, at: int, end: int, scan: int) -> Iterator[Reference]:
    """The numbers of the index that depend on places.

    Numbers that point before the first scan or behind the end of the file are stale already, and
    are left alone.

    Args:
        source: the file.
        at: where the index's TIFF header stands.
        end: where the index ends.
        scan: where the first picture's first scan begins.
    """
    data = source.read(at, end)
    orders: dict[bytes, Endian] = {b"II*\0": "little", b"MM\0*": "big"}
    endian = orders.get(data[:4])
    if endian is None:
        return

    def number(start: int, width: int) -> int:
        return int.from_bytes(data[start : start + width], endian)

    directory = number(4, 4)
    for index in range(number(directory, 2)):
        entry = directory + 2 + 12 * index
        if entry + 12 > len(data):
            return
        if number(entry, 2) == _ENTRIES:
            break
    else:
        return
    size, first = number(entry + 4, 4), number(entry + 8, 4)
    count = size // _ENTRY
    if count > MAX_PICTURES or first + size > len(data):
        return
    for index in range(count):
        place = first + _ENTRY * index
        length, offset = number(place + 4, 4), number(place + 8, 4)
        if offset == 0:
            if scan < length <= source.size:
                name = "size of the first picture"
                yield Reference(at + place + 4, 4, endian, length, ends=True, name=name)
        elif scan < at + offset < source.size:
            name = "place of another picture"
            yield Reference(at + place + 8, 4, endian, at + offset, base=at, name=name)
