"""What the picture containers share: packets, and what is compressed."""

from __future__ import annotations

import zlib
from typing import Final

from mediaoptout.carriers import xmp
from mediaoptout.containers.base import Block
from mediaoptout.containers.blocks import parsed
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.patch import Span
from mediaoptout.words import Carrier

MAX_INFLATED: Final = 16 << 20
"""How much may come out of a compressed block: 16 MiB."""


def inflate(data: bytes, at: int, limit: int = MAX_INFLATED) -> bytes:
    """What zlib data holds.

    Args:
        data: the compressed bytes.
        at: where they stand, for messages.
        limit: how many bytes may come out.

    Raises:
        DamagedError: it is no zlib stream, or ends too early.
        LimitError: more would come out.
    """
    inflater = zlib.decompressobj()
    try:
        result = inflater.decompress(data, limit)
    except zlib.error as error:
        raise DamagedError(f"a compressed text cannot be read: {error}", at=at) from error
    if inflater.unconsumed_tail:
        raise LimitError(f"a compressed text holds more than {limit} bytes", at=at)
    if not inflater.eof:
        raise DamagedError("a compressed text ends too early", at=at)
    return result


def xmp_block(data: bytes, location: str, span: Span) -> Block:
    """The block of an XMP packet."""
    return parsed(Carrier.XMP, location, span, xmp.parse, data)
