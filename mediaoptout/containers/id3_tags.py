"""ID3v2 tags as parts of a layout: blocks, what is foreign in them, and places they state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers import id3
from mediaoptout.carriers.merged import Merged
from mediaoptout.containers.base import Block
from mediaoptout.containers.blocks import DAMAGED
from mediaoptout.errors import DamagedError, ErrorInfo, LimitError, RefusedError
from mediaoptout.splice.linker import Edit, Reference
from mediaoptout.splice.patch import Copy, Piece, Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

_IGNORED: Final = 0xFFFFFFFF
"""A chapter's place that says: use the time instead."""


@dataclass(frozen=True, slots=True)
class PlacedTag:
    """A tag and where it stands in the file.

    Args:
        span: its bytes.
        tag: the tag, walked; None if it cannot be read.
        blocks: it, and the packets and manifests in it.
    """

    span: Span
    tag: id3.Tag | None
    blocks: tuple[Block, ...]

    @property
    def manifests(self) -> tuple[Block, ...]:
        """The C2PA manifest stores in it."""
        return tuple(block for block in self.blocks if block.carrier is Carrier.C2PA)


def placed_tag(source: Source, span: Span, *, appended: bool = False) -> PlacedTag:
    """The tag that stands at ``span``, with its blocks; a tag that cannot be read is one too."""
    where = " (appended)" if appended else ""
    try:
        tag = id3.read_tag(source, *span)
        location = f"ID3v2.{tag.header.version}{where}"
        blocks = tuple(_blocks(tag, span, location))
    except (DamagedError, LimitError) as error:
        info = ErrorInfo(DAMAGED, error.message, error.at or f"offset {span.start}", error.fix)
        return PlacedTag(span, None, (Block(Carrier.ID3, f"ID3v2{where}", span, error=info),))
    return PlacedTag(span, tag, blocks)


def _blocks(tag: id3.Tag, span: Span, location: str) -> Iterator[Block]:
    yield Block(Carrier.ID3, location, span, tuple(id3.texts(tag, location)))
    for packet in id3.packets(tag, location):
        place = _moved(tag.copy(packet.frame.start, packet.frame.end), span.start)
        yield Block(Carrier.XMP, packet.location, place, packet.entries, packet.error)
    for frame in tag.frames:
        if id3.is_manifest(tag, frame):
            place = _moved(tag.copy(frame.start, frame.end), span.start)
            yield Block(Carrier.C2PA, f"{location}/GEOB:C2PA", place)


def foreign(placed: PlacedTag) -> Iterator[Span]:
    """What others wrote into the tag, as far as it must stay as it is.

    The content of v2.2 frames, whose headers change when the tag becomes v2.3; in a tag that is
    unsynchronised, what stands between the stuffed zeros.
    """
    tag = placed.tag
    if tag is None:
        yield placed.span
        return
    for frame in tag.frames:
        if id3.said(tag, frame) or id3.is_packet(tag, frame) or id3.is_manifest(tag, frame):
            continue
        start = min(frame.end, frame.body + 4) if tag.header.version == 2 else frame.start
        if start < frame.end:
            runs = tag.runs(start, frame.end) if tag.stuffing else (tag.copy(start, frame.end),)
            yield from (_moved(run, placed.span.start) for run in runs if isinstance(run, Copy))
    if tag.tail.size:
        yield _moved(Copy(*tag.tail), placed.span.start)


def references(placed: PlacedTag, essence: Span) -> Iterator[Reference]:
    """The places in the file that frames of a tag state: of chapters (``CHAP``) and ``ASPI``.

    Args:
        placed: the tag.
        essence: the audio; a number that means no place in it is no place at all.

    Raises:
        RefusedError: a place is stored in a way that cannot be changed.
    """
    tag = placed.tag
    if tag is None:
        return
    for frame in tag.frames:
        for at, ends in _places(tag, frame):
            value = int.from_bytes(tag.plain.read(at, at + 4), "big")
            first, last = essence.start + ends, essence.end - 1 + ends
            if value == _IGNORED or not first <= value <= last:
                continue
            if not tag.is_bare(frame):
                raise RefusedError(
                    f"a {frame.id} frame states places in the file and is stored encoded",
                    at=placed.span.start + tag.stored(frame.start),
                    fix="have the tag written anew by a tag editor",
                    code="encoded-places",
                )
            yield Reference(
                placed.span.start + at, 4, "big", value, ends=ends, name=f"{frame.id} frame's place"
            )


def _places(tag: id3.Tag, frame: id3.Frame) -> Iterator[tuple[int, bool]]:
    """Where the frame holds absolute places, and whether each is an end."""
    if frame.id == "ASPI" and frame.end - frame.body >= 4:
        yield frame.body, False
    elif frame.id == "CHAP":
        head = tag.plain.read(frame.body, min(frame.body + 1024, frame.end))
        at = frame.body + head.find(b"\0") + 9
        if b"\0" in head and at + 8 <= frame.end:
            yield at, False
            yield at + 4, True


def edits(placed: Span, merged: Merged) -> Iterator[Edit]:
    """What `id3.merge_tag` answers as edits of the file, so that what stays is not touched.

    Args:
        placed: where the old tag stands; empty for a new one.
        merged: the new tag.
    """
    at, new = placed.start, list[Piece]()
    for piece in merged.placed(placed.start):
        if not piece.size:
            continue
        if not isinstance(piece, Copy):
            new.append(piece)
            continue
        if new or piece.start > at:
            yield Edit(at, piece.start, tuple(new))
            new = []
        at = piece.end
    if new or at < placed.end:
        yield Edit(at, placed.end, tuple(new))


def _moved(copy: Copy, by: int) -> Span:
    return Span(copy.start + by, copy.end + by)
