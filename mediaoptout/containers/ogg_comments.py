"""The comment packet of a stream: what a codec puts around the Vorbis comment block.

Vorbis I, section 5.2.1 (a framing bit behind the block); RFC 7845, section 5.2 (Opus: zeros behind
it are padding; what begins with an odd byte must be kept); RFC 9639, section 10.1 (a FLAC metadata
block with its length); Theora, section 6.3; the Speex manual (the bare block).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from mediaoptout.carriers import vorbis
from mediaoptout.carriers.merged import Merged
from mediaoptout.containers.base import Wanted
from mediaoptout.containers.flac_pictures import block_marker
from mediaoptout.containers.ogg_streams import Codec
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.patch import Copy, Insert, Piece
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.words import Carrier

_LAST_BLOCK: Final = 0x80
"""The bit that a FLAC metadata block has in its type if none follows."""


class Told(NamedTuple):
    """A comment packet with ours in it.

    Args:
        pieces: the new packet, copies counting from the old one's beginning; None if it stays.
        merged: the block in it.
    """

    pieces: tuple[Piece, ...] | None
    merged: Merged


def parse(codec: Codec, packet: bytes, location: str) -> tuple[Entry, ...]:
    """What the packet says; see `vorbis.parse`.

    Raises:
        DamagedError: it is no comment packet, or a length leads out of it.
        LimitError: there are too many comments.
    """
    return vorbis.parse(packet[_start(codec, packet) :], location)


def tell(codec: Codec, packet: bytes, wanted: Wanted, largest: int) -> Told:
    """The packet with ours in it; zeros that stand behind the block are used up as room.

    Args:
        codec: whose packet it is.
        packet: the packet.
        wanted: what shall be said, and how much room to leave where the codec knows padding.
        largest: the size up to which no page must be added; room is not worth one.

    Raises:
        DamagedError: it is no comment packet, or a length leads out of it.
        LimitError: there are too many comments.
        RefusedError: somebody else says the contrary, or the block would be too long.
    """
    start = _start(codec, packet)
    block = packet[start:]
    end = vorbis.length(block)
    told = wanted.told(Carrier.VORBIS_COMMENT)
    mark = block_marker(wanted) if told else None
    merged = vorbis.merge(block[:end], told, force=wanted.force, retouch=mark)
    if merged.unchanged(end) or not merged.size:  # a stream cannot do without the block
        return Told(None, merged)
    framing = min(end + codec.framed, len(block))
    behind = block[framing:]
    size = start + merged.size + framing - end
    head: tuple[Piece, ...] = (Copy(0, start),)
    tail: Piece
    if not any(behind) and wanted.freed(len(behind)):
        size -= len(behind)
        tail = Insert(b"")
    elif any(behind) or codec.measured:
        tail = Copy(start + framing, len(packet))
    elif size <= len(packet) and (behind or codec.roomy):
        tail = Insert(bytes(len(packet) - size))
    elif codec.roomy and size <= largest:
        tail = Insert(bytes(min(wanted.padding, largest - size)))
    else:
        tail = Insert(bytes(wanted.padding if codec.roomy else 0))
    if codec.measured:
        head = (
            Insert(packet[: start - codec.measured] + _measure(codec, merged.size + len(behind))),
        )
    closing = Copy(start + end, start + framing)
    return Told((*head, *merged.placed(start), closing, tail), merged)


def _start(codec: Codec, packet: bytes) -> int:
    """Where the comment block begins."""
    mask = ~_LAST_BLOCK if codec.measured else 0xFF
    kind = bytes((packet[0] & mask,)) if packet else b""
    if not (kind + packet[1:]).startswith(codec.prefix):
        raise DamagedError(f"the second packet of the {codec.name} stream is no comment header")
    start = len(codec.prefix) + codec.measured
    length = int.from_bytes(packet[len(codec.prefix) : start], "big")
    if codec.measured and length != len(packet) - start:
        raise DamagedError(f"the comment header says that it has {length} bytes, and has others")
    return start


def _measure(codec: Codec, size: int) -> bytes:
    if size >> (8 * codec.measured):
        raise RefusedError(
            f"{size} bytes of comments do not fit into a {codec.name} metadata block",
            fix="take pictures out of the comments first",
            code="overflow",
        )
    return size.to_bytes(codec.measured, "big")
