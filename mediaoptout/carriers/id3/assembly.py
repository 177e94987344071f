"""A changed tag from its frames: header, extended header, padding and footer made to fit."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from mediaoptout.carriers.id3.header import (
    EXTENDED,
    HEADER,
    MAX_TAG,
    UNSYNCHRONISED,
    Extended,
    Header,
)
from mediaoptout.carriers.id3.tag import WINDOW, Tag
from mediaoptout.errors import RefusedError
from mediaoptout.splice.patch import Copy, Hole, Insert, Piece, normalised

MAX_SHRUNK: Final = 1 << 16
"""Up to how many bytes of freed frames become padding, so that nothing behind the tag moves."""

MAX_MOVED: Final = 1 << 16
"""Up to how many bytes that move inside a tag are written as literals instead."""


def assembled(
    tag: Tag,
    frames: Iterable[Piece],
    *,
    version: int,
    stuffed: bool,
    padding: int,
    gap: int | None = None,
) -> tuple[Piece, ...]:
    """The new tag; the old one as a whole where ``frames`` are what stands there.

    Padding that is there is used up first. A tag with a footer gets none (v2.4, 3.3), and a CRC
    is computed anew, or left out where a manifest follows later.

    Args:
        tag: the old tag; an empty one to make a new one.
        frames: the new tag's frames as stored.
        version: the new tag's version.
        stuffed: whether the new tag's header says unsynchronised.
        padding: room to leave where the frames do not fit.
        gap: the padding that the tag shall have, if that is known.

    Raises:
        RefusedError: the tag would be larger than ID3v2 allows.
    """
    body = normalised(frames)
    old = tag.header
    flags = old.flags if stuffed else old.flags & ~UNSYNCHRONISED
    header = replace(old, version=version, flags=flags)
    total = tag.source.size
    if header == old and body == normalised((Copy(tag.stored(tag.frames_start), tag.room.start),)):
        return (Copy(0, total),)

    extended = _kept_extended(tag, stuffed=stuffed)
    if extended is None and version > 2:
        header = replace(header, flags=header.flags & ~EXTENDED)
    renewed = extended is not None and (extended.checked or extended.restricted)
    checked = extended is not None and extended.checked
    checked = checked and not any(isinstance(piece, Hole) for piece in body)
    size = sum(piece.size for piece in body)
    if extended is not None and renewed:
        extended = extended.renewed(0, 0 if checked else None)
    used = size + (len(extended.data) if extended else 0) + tag.tail.size
    if gap is None:
        gap = _gap(tag, old.size - used, padding, bare=header.footed)
    if used + gap > MAX_TAG:
        raise RefusedError(
            "the ID3v2 tag would become larger than its size field can say",
            fix="write the reservation into a sidecar instead",
            code="overflow",
        )
    header = header.resized(used + gap)
    rest = (*_zeros(tag, gap), Copy(*tag.tail))
    pieces: list[Piece] = [_stated(header, old, total)]
    if extended is not None and tag.extended is not None:
        if renewed:
            crc = _crc(tag, body, rest, version) if checked else None
            pieces.append(Insert(tag.extended.renewed(gap + tag.tail.size, crc).data))
        else:
            pieces.append(Copy(HEADER, HEADER + len(extended.data)))
    pieces += [*body, *rest]
    if header.footed:
        pieces.append(Insert(header.to_bytes(b"3DI")))
    return _stationary(tag, pieces) if header.total == total else tuple(pieces)


def _kept_extended(tag: Tag, *, stuffed: bool) -> Extended | None:
    """The extended header that the changed tag has too.

    That of v2.3 says nothing but the size of the padding if it holds no CRC, and hides the frames
    from ExifTool; in an unsynchronised tag its own size would depend on its content.
    """
    extended = tag.extended
    if extended is None or extended.version == 4:
        return extended
    return extended if extended.checked and not stuffed else None


def _gap(tag: Tag, fitting: int, padding: int, *, bare: bool) -> int:
    """How much padding follows the frames, where ``fitting`` would keep the tag's size."""
    if bare or (tag.tail.size and not tag.room.size):
        # Behind zeros nobody would look for what could not be read as a frame.
        return 0
    keeps = tag.source.size and 0 <= fitting <= tag.room.size + MAX_SHRUNK
    return fitting if keeps else padding


def _stationary(tag: Tag, pieces: list[Piece]) -> tuple[Piece, ...]:
    """The pieces of a tag that keeps its size, what moves inside it as literals if that is little.

    Then nothing is moved in the file, and it can be changed in place.
    """
    moved = 0
    result: list[Piece] = []
    at = 0
    for piece in pieces:
        if isinstance(piece, Copy) and piece.start != at:
            moved += piece.size
            if moved > MAX_MOVED:
                return tuple(pieces)
            result.append(Insert(tag.source.read(piece.start, piece.end)))
        else:
            result.append(piece)
        at += piece.size
    return tuple(result)


def _stated(header: Header, old: Header, total: int) -> Piece:
    return Copy(0, HEADER) if total and header == old else Insert(header.to_bytes())


def _zeros(tag: Tag, count: int) -> tuple[Piece, ...]:
    kept = min(count, tag.room.size)
    return Insert(bytes(count - kept)), Copy(tag.room.end - kept, tag.room.end)


def _crc(tag: Tag, frames: tuple[Piece, ...], rest: tuple[Piece, ...], version: int) -> int:
    """CRC-32 of the frames (v2.3, 3.2), or of all behind the extended header (v2.4, 3.2)."""
    crc = 0
    for data in _bytes(tag, frames if version == 3 else (*frames, *rest)):
        crc = zlib.crc32(data, crc)
    return crc


def _bytes(tag: Tag, pieces: tuple[Piece, ...]) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, Insert):
            yield piece.data
        elif isinstance(piece, Copy):
            for at in range(piece.start, piece.end, WINDOW):
                yield tag.source.read(at, min(at + WINDOW, piece.end))
