"""What pictures made of boxes share (HEIF, JPEG XL, JPEG 2000): the walk, and room at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers import exif
from mediaoptout.carriers.merged import Merged
from mediaoptout.containers.base import Block
from mediaoptout.containers.blocks import DAMAGED, parsed
from mediaoptout.containers.bmff.boxes import Box, read_header
from mediaoptout.errors import ErrorInfo, LimitError, MediaError, RefusedError
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.patch import Insert, Piece, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Entry, Property, before, noted
from mediaoptout.words import Carrier

MAX_BOXES: Final = 1 << 16
"""How many boxes a picture may have at the top level."""

MAX_CONTENT: Final = 16 << 20
"""How long a box may be that is parsed: 16 MiB."""

MAX_CARRIED: Final = 256
"""How many boxes that carry statements a picture may have."""

MAX_TOGETHER: Final = 32 << 20
"""How many bytes of metadata are parsed together, decompressed."""

_OPEN: Final = "open"
_WINDOW: Final = 1 << 20
_MAX_SIZE: Final = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Top:
    """The boxes of a picture at the top level.

    Args:
        boxes: the boxes; one that the file cuts off is the last of them.
        tail: where the last box ends; what follows is no box and stays last.
        obstacle: why nothing must be written, or None.
        warnings: oddities, as sentences.
    """

    boxes: tuple[Box, ...]
    tail: int
    obstacle: RefusedError | None = None
    warnings: tuple[str, ...] = ()

    def of(self, kind: bytes) -> tuple[Box, ...]:
        """The boxes of one kind."""
        return tuple(box for box in self.boxes if box.kind == kind)


def read_top(source: Source, known: frozenset[bytes]) -> Top:
    """The boxes of a picture.

    Args:
        source: the file.
        known: kinds of box that are truncated where they reach beyond the file; what else does so
            behind a known one is some trailer.

    Raises:
        LimitError: there are too many.
    """
    found: list[Box] = []
    at, size = 0, source.size
    while size - at >= 8:
        box = read_header(source, at, size)
        if box is None or (box.kind not in known and (box.open or box.end > size)):
            break
        if len(found) >= MAX_BOXES:
            raise LimitError(f"there are more than {MAX_BOXES} boxes", at=at)
        found.append(box)
        if box.end > size:
            return Top(tuple(found), size, truncated(box.end - size, box.start))
        at = box.end
    warnings = (f"the last {size - at} bytes are no boxes; they stay last",) if at < size else ()
    return Top(tuple(found), at, warnings=warnings)


def truncated(missing: int, at: int) -> RefusedError:
    """The refusal of a file that is not all here."""
    return RefusedError(
        f"the file ends {missing} bytes before its last box does",
        at=at,
        fix="get a complete copy of the file",
        code="truncated",
    )


def closed(box: Box) -> Edit | None:
    """The edit that gives a box its size that had none since it was the last; None if it cannot."""
    if box.large or box.size > _MAX_SIZE:
        return None
    return Edit(box.start, box.start + 4, (Insert(box.size.to_bytes(4, "big")),))


def merged_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same bytes in order, each once."""
    result: list[Span] = []
    for span in sorted(span for span in spans if span.size > 0):
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


def digest(source: Source, words: Iterable[bytes | int], boxes: Iterable[Box] = ()) -> bytes:
    """A digest of values and of the content of boxes."""
    state = hashlib.blake2b(digest_size=32)
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        state.update(b"%d:%s" % (len(data), data))
    for box in boxes:
        end = min(box.end, source.size)
        state.update(b"%s %d:" % (box.kind, end - box.body))
        for at in range(box.body, end, _WINDOW):
            state.update(source.read(at, min(at + _WINDOW, end)))
    return state.digest()


def framing(
    source: Source, boxes: Sequence[Box], picture: Collection[bytes], settings: Collection[bytes]
) -> bytes:
    """A digest of what delimits a picture and tells how it is decoded.

    Args:
        source: the file.
        boxes: its boxes, in order.
        picture: the kinds of boxes that hold the picture: their sizes count.
        settings: the kinds whose content counts.
    """
    words: list[bytes | int] = []
    for box in boxes:
        if box.kind in picture:
            words += [box.kind, box.content.size]
    return digest(source, words, (box for box in boxes if box.kind in settings))


def apart(spans: Iterable[Span], taken: Iterable[Span]) -> Iterator[Span]:
    """Those of ``spans`` that share no byte with ``taken``."""
    others = tuple(taken)
    for span in spans:
        if not any(span.start < other.end and other.start < span.end for other in others):
            yield span


@dataclass(frozen=True, slots=True)
class Packet:
    """A box that holds an XMP packet.

    Args:
        box: the box.
        plain: it may be written where it stands: it is not compressed, and in its proper place.
        data: the packet.
        block: what it says.
    """

    box: Box
    plain: bool
    data: bytes
    block: Block


def is_xmp(data: bytes) -> bool:
    """Whether XML is XMP, or nothing yet; other XML is none of our business."""
    text = data.replace(b"\0", b"")
    return not text.strip() or any(word in text for word in (b"xmpmeta", b"rdf:RDF", b"<?xpacket"))


def parse_exif(data: bytes, location: str) -> tuple[Entry, ...]:
    """What Exif says that stands behind the distance to its TIFF header (ISO/IEC 23008-12, A.2.1).

    Raises:
        DamagedError: the structure cannot be read.
    """
    return exif.parse(data[4 + int.from_bytes(data[:4], "big") :], location)


def read_block(
    carrier: Carrier,
    location: str,
    box: Box,
    parse: Callable[[bytes, str], tuple[Entry, ...]],
    content: Callable[[], bytes],
) -> tuple[Block, bytes]:
    """The block that a box is, and its content.

    Args:
        carrier: its kind.
        location: where it stands, as people name it.
        box: the box.
        parse: the carrier's reader.
        content: reads what the box holds; what it raises becomes the block's error.
    """
    try:
        data = content()
    except MediaError as error:
        info = ErrorInfo(DAMAGED, error.message, error.at or location, error.fix)
        return Block(carrier, location, box.span, error=info), b""
    return parsed(carrier, location, box.span, parse, data), data


def read_content(source: Source, box: Box) -> bytes:
    """What a box holds.

    Raises:
        DamagedError: the file ends before it does.
        LimitError: it is too long to be parsed.
    """
    if box.content.size > MAX_CONTENT:
        raise LimitError(f"it has more than {MAX_CONTENT} bytes", at=box.start)
    return source.read(*box.content)


def updated(packet: Packet, merged: Merged) -> Edit | None:
    """The edit that brings a packet up to date which keeps its size; None if it does not."""
    if not packet.plain or merged.size != packet.box.content.size:
        return None
    return Edit(*packet.box.content, merged.grounded(packet.data).placed(packet.box.body))


def opened(top: Top) -> tuple[Property, ...]:
    """What is to be noted before a box goes behind all others: that the last one had no size."""
    return (before(_OPEN, 1),) if top.boxes and top.boxes[-1].open else ()


def dropped(top: Top, box: Box, entries: Iterable[Entry]) -> tuple[Edit, ...]:
    """The edits that take a box out; the one before it reaches to the file's end again if it did.

    Args:
        top: the boxes that there are.
        box: the one that goes.
        entries: what the packets of the file say, which may note how it was.
    """
    out = Edit(*box.span, ())
    earlier = next((other for other in top.boxes if other.end == box.start), None)
    last = box == top.boxes[-1] and noted(entries, _OPEN) == (1,)
    if not last or earlier is None or earlier.large:
        return (out,)
    return Edit(earlier.start, earlier.start + 4, (Insert(bytes(4)),)), out


def appended(top: Top, pieces: Sequence[Piece], *, may_move: bool) -> tuple[Edit, ...]:
    """The edits that put a box behind all others.

    Args:
        top: the boxes that there are.
        pieces: the new box.
        may_move: it may go before the last box where that has no room for its size.

    Raises:
        RefusedError: it had to go there, and may not.
    """
    last = top.boxes[-1]
    if not last.open:
        return (Edit(top.tail, top.tail, tuple(pieces)),)
    sized = closed(last)
    if sized is not None:
        return (sized, Edit(top.tail, top.tail, tuple(pieces)))
    if not may_move:
        raise RefusedError(
            "the last box reaches to the end of the file, and its size has no room for more",
            at=last.start,
            fix="write the file anew with the program that made it",
            code="endless-box",
        )
    return (Edit(last.start, last.start, tuple(pieces)),)
