"""The header, extended header and padding rules of ID3v2.2, v2.3 and v2.4 tags."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from mediaoptout.errors import DamagedError

HEADER: Final = 10
"""The size of a tag's header, and of its footer."""

MAX_TAG: Final = (1 << 28) - 1
"""The largest size that the header can state."""

UNSYNCHRONISED: Final = 0x80
EXTENDED: Final = 0x40
"""In v2.2 this bit says that the tag is compressed in a way that was never defined."""
FOOTER: Final = 0x10

_STUFFED = re.compile(rb"\xff(?=[\x00\xe0-\xff]|\Z)")
_FRAME_ID = re.compile(rb"[A-Z][A-Z0-9]{3}")
_V23_CRC: Final = 0x8000
_V24_CRC: Final = 0x20
_V24_RESTRICTIONS: Final = 0x10


def from_synchsafe(data: bytes) -> int | None:
    """The number that ``data`` holds, 7 bits to a byte; None if a top bit is set (v2.4, 6.2)."""
    value = 0
    for byte in data:
        if byte & 0x80:
            return None
        value = value << 7 | byte
    return value


def to_synchsafe(value: int, width: int = 4) -> bytes:
    """``value`` with 7 bits to a byte, in ``width`` bytes."""
    return bytes(value >> shift & 0x7F for shift in range(7 * (width - 1), -1, -7))


def unsynchronised(data: bytes) -> bytes:
    """``data`` with a zero after every byte that could begin a false MPEG sync (v2.3, 5)."""
    return _STUFFED.sub(b"\xff\x00", data)


def resynchronised(data: bytes) -> bytes:
    """What ``data`` was before `unsynchronised`."""
    return data.replace(b"\xff\x00", b"\xff")


@dataclass(frozen=True, slots=True)
class Header:
    """The first ten bytes of a tag.

    Args:
        version: 2, 3 or 4.
        revision: the second number of the version.
        flags: as they stand.
        size: the size that the header states: without itself and without the footer.
    """

    version: int
    revision: int
    flags: int
    size: int

    @property
    def footed(self) -> bool:
        """Whether the tag ends in a footer."""
        return self.version == 4 and bool(self.flags & FOOTER)

    @property
    def total(self) -> int:
        """The size of the whole tag."""
        return HEADER + self.size + (HEADER if self.footed else 0)

    @property
    def unsynchronised(self) -> bool:
        """Whether the flag for unsynchronisation is set: of the tag, or (v2.4) of its frames."""
        return bool(self.flags & UNSYNCHRONISED)

    @property
    def stuffed(self) -> bool:
        """Whether the tag is unsynchronised as one, so that offsets in it need a mapping."""
        return self.unsynchronised and self.version < 4

    def resized(self, size: int) -> Header:
        """The same header for a tag of another size."""
        return replace(self, size=size)

    def to_bytes(self, magic: bytes = b"ID3") -> bytes:
        """The header; with ``magic`` ``3DI`` the footer."""
        return magic + bytes((self.version, self.revision, self.flags)) + to_synchsafe(self.size)


def parse_header(head: bytes, magic: bytes = b"ID3") -> Header | None:
    """The header that ``head`` begins with; None if it is none of a version that we know."""
    if len(head) < HEADER or head[:3] != magic or head[3] not in (2, 3, 4) or head[4] == 0xFF:
        return None
    size = from_synchsafe(head[6:HEADER])
    return None if size is None else Header(head[3], head[4], head[5], size)


def tag_size(head: bytes) -> int | None:
    """The size of the ID3v2 tag that ``head`` begins with, footer included; None without one.

    Args:
        head: at least ten bytes. The size is as stated: it may reach beyond the file's end.
    """
    header = parse_header(head)
    return None if header is None else header.total


@dataclass(frozen=True, slots=True)
class Extended:
    """An extended header.

    Args:
        version: 3 or 4.
        data: its bytes, resynchronised.
    """

    version: int
    data: bytes

    @property
    def checked(self) -> bool:
        """Whether it holds a CRC-32 of the frames."""
        if self.version == 3:
            return len(self.data) >= 14 and bool(self.data[4] & _V23_CRC >> 8)
        return bool(self.data[5] & _V24_CRC)

    @property
    def restricted(self) -> bool:
        """Whether it says how the tag was restricted when it was written (v2.4)."""
        return self.version == 4 and bool(self.data[5] & _V24_RESTRICTIONS)

    def renewed(self, padding: int, crc: int | None) -> Extended:
        """The extended header of a changed tag.

        It states the new padding and CRC; without one, and for what the tag was once restricted
        to, it states nothing.
        """
        if self.version == 3:
            body = padding.to_bytes(4, "big")
            flags = 0
            if crc is not None:
                body, flags = body + crc.to_bytes(4, "big"), _V23_CRC
            data = (2 + len(body)).to_bytes(4, "big") + flags.to_bytes(2, "big") + body
            return Extended(3, data)
        flags, fields = self.data[5] & 0x40, b""
        if flags:
            fields += b"\0"
        if crc is not None:
            flags, fields = flags | _V24_CRC, fields + b"\5" + to_synchsafe(crc, 5)
        data = b"\1" + bytes((flags,)) + fields
        return Extended(4, to_synchsafe(4 + len(data)) + data)


def parse_extended(version: int, data: bytes, at: int) -> Extended | None:
    """The extended header that ``data`` begins with; None if the flag for it was set in error.

    Args:
        version: the tag's, 3 or 4.
        data: the tag's bytes behind its header, resynchronised; a few dozen are enough.
        at: where they stand, for errors.

    Raises:
        DamagedError: its size is not possible.
    """
    if _FRAME_ID.match(data):
        return None
    plain = int.from_bytes(data[:4], "big")
    size = 4 + plain if version == 3 else from_synchsafe(data[:4]) or 0
    if not (10 if version == 3 else 6) <= size <= min(64, len(data)):
        raise DamagedError(
            "the extended header of the ID3v2 tag has an impossible size",
            at=at,
            fix="have the tag written anew by a tag editor",
        )
    return Extended(version, data[:size])
