"""The box from which a JPEG is rebuilt to the bit (``jbrd``; ISO/IEC 18181-2, annex A).

It begins with the JPEG's markers, and says of each application marker whether its content is there
or is taken from the container's own ``Exif`` or ``xml `` box. A packet that is taken must keep
every byte, or the JPEG can no longer be rebuilt.
"""

from __future__ import annotations

from typing import Final

from mediaoptout.containers.bmff.boxes import Box
from mediaoptout.splice.source import Source

_WINDOW: Final = 1 << 14
"""How much is looked at: far more than the markers of a JPEG take."""
_LAST: Final = 0xD9
_PACKET: Final = 3
"""The kind of an application marker that is taken from the ``xml `` box."""


class _Bits:
    """Numbers of a few bits each, the lowest first; zeros behind the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> bool:
        return self._at < 8 * len(self._data)

    def number(self, width: int) -> int:
        start, skip = divmod(self._at, 8)
        self._at += width
        word = int.from_bytes(self._data[start : start + 4], "little")
        return word >> skip & ((1 << width) - 1)

    def kind(self) -> int:
        """A number of the form 0, 1, 2 + one bit, 4 + two bits (18181-1, U32)."""
        choice = self.number(2)
        return choice if choice < 2 else 2 * (choice - 1) + self.number(choice - 1)


def takes_packet(source: Source, box: Box) -> bool:
    """Whether the JPEG gets its XMP from the container.

    Args:
        source: the file.
        box: the ``jbrd`` box.
    """
    bits = _Bits(source.read(box.body, min(box.body + _WINDOW, box.end, source.size)))
    bits.number(1)
    applications = 0
    marker = 0
    while marker != _LAST and bits.left:
        marker = 0xC0 + bits.number(6)
        applications += marker >> 4 == 0xE
    for _ in range(applications):
        if bits.kind() == _PACKET:
            return True
        bits.number(16)
    return False
