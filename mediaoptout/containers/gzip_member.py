"""A gzip member (RFC 1952): its header, what it holds, and the same with other content."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.source import Source

MAGIC: Final = b"\x1f\x8b\x08"

_FIXED: Final = 10
_TRAILER: Final = struct.Struct("<II")
_HEADER_CRC, _EXTRA, _NAME, _COMMENT = 0x02, 0x04, 0x08, 0x10
_MAX_HEADER: Final = 128 << 10
_MAX_PACKED: Final = 48 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """A member as it stands at the beginning of a file.

    Args:
        start: where its header ends.
        end: where the member ends.
        data: what it holds.
    """

    start: int
    end: int
    data: bytes

    def packed(self, data: bytes) -> bytes:
        """What follows the header if the member holds ``data`` instead."""
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = packer.compress(data) + packer.flush()
        return body + _TRAILER.pack(zlib.crc32(data), len(data) & 0xFFFFFFFF)


def beginning(source: Source, size: int) -> bytes:
    """The first ``size`` bytes that a member holds, or fewer; nothing where it is broken."""
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(
            source.read(0, min(source.size, _MAX_HEADER + size)), size
        )
    except zlib.error:
        return b""


def read_member(source: Source, limit: int) -> Member:
    """The member at the beginning of a file.

    Args:
        source: the file.
        limit: how many bytes the member may hold.

    Raises:
        DamagedError: it is none, ends too early, or its check sum is wrong.
        LimitError: it holds more than ``limit`` bytes.
    """
    if source.size > _MAX_PACKED:
        raise LimitError(f"the file has {source.size} bytes (limit {_MAX_PACKED})")
    packed = source.read(0, source.size)
    start = _header_end(packed)
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        data = inflater.decompress(packed, limit)
        # Nothing more may come out, but the end and the check sum may still be to be read.
        more = b"" if inflater.eof else inflater.decompress(inflater.unconsumed_tail, 1)
    except zlib.error as error:
        raise DamagedError(f"the gzip data cannot be read: {error}", at=start) from error
    if more:
        raise LimitError(f"the file holds more than {limit} bytes")
    if not inflater.eof:
        raise DamagedError("the gzip data end too early", at=source.size, code="truncated")
    return Member(start, source.size - len(inflater.unused_data), data)


def _header_end(data: bytes) -> int:
    """Where the header ends.

    Raises:
        DamagedError: it does not.
    """
    if not data.startswith(MAGIC) or len(data) < _FIXED:
        raise DamagedError("this is no gzip", at=0)
    flags, at = data[3], _FIXED
    if flags & _EXTRA:
        at += 2 + int.from_bytes(data[at : at + 2], "little")
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            end = data.find(b"\0", at)
            at = len(data) if end < 0 else end + 1
    at += 2 if flags & _HEADER_CRC else 0
    if at >= len(data):
        raise DamagedError("the gzip header does not end", at=0, code="truncated")
    return at
