"""A whole ID3v2 tag, walked frame by frame without reading what the frames hold.

Offsets count from the tag's start *after resynchronisation*: in a tag that is unsynchronised as
one (v2.2, v2.3) they differ from those in the file, and `Tag.stored` says where a byte stands.
"""

from __future__ import annotations

import re
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mediaoptout.carriers.id3.header import (
    EXTENDED,
    HEADER,
    Extended,
    Header,
    from_synchsafe,
    parse_extended,
    parse_header,
    resynchronised,
    to_synchsafe,
    unsynchronised,
)
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import Copy, Piece, Span
from mediaoptout.splice.source import BytesSource, Part, Source

MAX_FRAMES: Final = 1 << 14
MAX_STUFFED: Final = 16 << 20
"""The largest tag that is resynchronised: that needs the whole of it."""
MAX_CONTENT: Final = 16 << 20
"""The largest content that a compressed frame may have."""
WINDOW: Final = 1 << 16

# Formatting flags of frames, v2.3 and v2.4.
_COMPRESSED: Final = {3: 0x80, 4: 0x08}
_ENCRYPTED: Final = {3: 0x40, 4: 0x04}
_GROUPED: Final = {3: 0x20, 4: 0x40}
STUFFED_FRAME: Final = 0x02
WITH_LENGTH: Final = 0x01

_STUFFED_ZERO = re.compile(rb"\xff\x00")
_FRAME_ID = {
    2: re.compile(rb"[A-Z][A-Z0-9]{2}\Z"),
    # A v2.2 identifier with a zero or a space behind it stands in tags that iTunes upgraded.
    3: re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9\0 ]\Z"),
    4: re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9\0 ]\Z"),
}


def frame_header_size(version: int) -> int:
    """How many bytes stand before a frame's content."""
    return 6 if version == 2 else 10


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it stands.

    Args:
        id: its identifier: three letters in v2.2, else four.
        start: where its header begins.
        body: where its content begins.
        end: where it ends.
        flags: its two bytes of flags; 0 in v2.2.
    """

    id: str
    start: int
    body: int
    end: int
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, walked.

    Args:
        header: its header.
        source: its bytes as stored.
        plain: its bytes after resynchronisation; ``source`` where there is nothing to undo.
        extended: its extended header, or None.
        frames: its frames, in order.
        frames_start: where the first frame stands.
        frames_end: where the last one ends.
        room: the zeros behind the frames, as stored.
        tail: what follows them inside the tag, as stored; empty in a sound tag.
        plain_sizes: whether sizes of frames are plain numbers (a fault of old writers in v2.4).
        stuffing: after how many plain bytes each stuffed zero stands.
    """

    header: Header
    source: Source
    plain: Source
    extended: Extended | None
    frames: tuple[Frame, ...]
    frames_start: int
    frames_end: int
    room: Span
    tail: Span
    plain_sizes: bool
    stuffing: array[int] = field(repr=False)

    def stored(self, offset: int) -> int:
        """Where the plain byte at ``offset`` is stored."""
        return offset + bisect_right(self.stuffing, offset) if self.stuffing else offset

    def copy(self, start: int, end: int) -> Copy:
        """Plain bytes as they are stored."""
        return Copy(self.stored(start), self.stored(end))

    def runs(self, start: int, end: int) -> Iterator[Piece]:
        """Plain bytes without the zeros that are stuffed between them."""
        low = bisect_right(self.stuffing, start)
        at = start
        for offset in self.stuffing[low : bisect_right(self.stuffing, end - 1)]:
            yield Copy(self.stored(at), self.stored(offset - 1) + 1)
            at = offset
        yield Copy(self.stored(at), self.stored(end - 1) + 1)

    def is_stuffed(self, frame: Frame) -> bool:
        """Whether the frame's own content is unsynchronised (v2.4)."""
        if self.header.version < 4:
            return False
        return self.header.unsynchronised or bool(frame.flags & STUFFED_FRAME)

    def is_bare(self, frame: Frame) -> bool:
        """Whether the frame's content is stored as it is: no flag adds to it or encodes it."""
        return not (frame.flags & 0xFF or self.is_stuffed(frame) or self.stuffing)

    def content(self, frame: Frame) -> bytes | None:
        """What the frame holds, decoded; None if it is encrypted or cannot be inflated.

        Raises:
            LimitError: it is larger than we allow.
        """
        version = self.header.version
        data = self.plain.read(frame.body, frame.end)
        if version == 2 or not (frame.flags & 0xFF or self.is_stuffed(frame)):
            return data
        if frame.flags & _ENCRYPTED[version]:
            return None
        if self.is_stuffed(frame):
            data = resynchronised(data)
        compressed = frame.flags & _COMPRESSED[version]
        if version == 3 and compressed:
            data = data[4:]
        if frame.flags & _GROUPED[version]:
            data = data[1:]
        if version == 4 and frame.flags & WITH_LENGTH:
            data = data[4:]
        return _inflated(data, frame) if compressed else data

    def render(self, kind: str, content: bytes, *, stuffed: bool, status: int = 0) -> bytes:
        """A frame of ours, as it is stored in this tag.

        Args:
            kind: its identifier.
            content: what it holds.
            stuffed: whether the new tag's header says unsynchronised.
            status: the flags that do not say how the content is stored; none in v2.2.
        """
        version = self.header.version
        if version == 4 and stuffed:
            safe = unsynchronised(content)
            if safe != content:
                data = to_synchsafe(len(content)) + safe
                flags = status | STUFFED_FRAME | WITH_LENGTH
                return self.frame_header(kind, len(data), flags) + data
        frame = self.frame_header(kind, len(content), status) + content
        return unsynchronised(frame) if stuffed and version < 4 else frame

    def frame_header(self, kind: str, size: int, flags: int = 0) -> bytes:
        """A frame's header in the way of this tag, before any unsynchronisation of the tag.

        Raises:
            RefusedError: the size does not fit.
        """
        version = self.header.version
        if size >> (24 if version == 2 else 28):
            raise RefusedError(
                f"a {kind} frame of {size} bytes does not fit into an ID3v2.{version} tag",
                fix="write the reservation into a sidecar instead",
                code="overflow",
            )
        name = kind.encode("ascii")
        if version == 2:
            return name + size.to_bytes(3, "big")
        if version == 4 and not self.plain_sizes:
            return name + to_synchsafe(size) + flags.to_bytes(2, "big")
        return name + size.to_bytes(4, "big") + flags.to_bytes(2, "big")


def _inflated(data: bytes, frame: Frame) -> bytes | None:
    inflater = zlib.decompressobj()
    try:
        result = inflater.decompress(data, MAX_CONTENT)
    except zlib.error:
        return None
    if inflater.unconsumed_tail:
        raise LimitError(
            f"the frame {frame.id} inflates to more than {MAX_CONTENT} bytes", at=frame.start
        )
    return result


def empty_tag(version: int) -> Tag:
    """A tag without frames, to be filled."""
    nothing, header = BytesSource(b""), Header(version, 0, 0, 0)
    none = Span(0, 0)
    return Tag(header, nothing, nothing, None, (), 0, 0, none, none, False, array("I"))


def read_tag(source: Source, start: int = 0, end: int | None = None) -> Tag:
    """The tag that stands at ``start``; frames are found, not read.

    Args:
        source: where the tag stands.
        start: where it begins.
        end: where it must have ended; by default where ``source`` ends.

    Raises:
        DamagedError: it is no tag, is cut off, or its extended header is impossible.
        LimitError: it has too many frames, or is unsynchronised and too large.
    """
    limit = source.size if end is None else end
    head = source.read(start, min(start + HEADER, limit))
    header = parse_header(head)
    if header is None:
        raise DamagedError("this is no ID3v2 tag", at=start)
    if start + header.total > limit:
        raise DamagedError(
            f"the ID3v2 tag says it is {header.total} bytes long, but {limit - start} are there",
            at=start,
            fix="get a complete copy of the file",
            code="truncated",
        )
    if header.version == 2 and header.flags & EXTENDED:
        raise DamagedError(
            "the ID3v2.2 tag is compressed in a way that no standard defines",
            at=start,
            fix="remove the tag with a tag editor",
        )
    stored = Part(source, start, start + header.total)
    plain, stuffing = _resynchronise(stored, header)
    stop = plain.size - (HEADER if header.footed else 0)
    extended = None
    if header.version > 2 and header.flags & EXTENDED:
        data = plain.read(HEADER, min(HEADER + 80, stop))
        extended = parse_extended(header.version, data, start + HEADER)
    first = HEADER + (len(extended.data) if extended else 0)
    frames, plain_sizes = _walk(plain, first, stop, header.version)
    frames_end = frames[-1].end if frames else first
    tag_end = header.total - (HEADER if header.footed else 0)
    room_start = frames_end + bisect_right(stuffing, frames_end)
    room_end = _end_of_zeros(stored, room_start, tag_end)
    return Tag(
        header,
        stored,
        plain,
        extended,
        frames,
        first,
        frames_end,
        Span(room_start, room_end),
        Span(room_end, tag_end),
        plain_sizes,
        stuffing,
    )


def _resynchronise(stored: Part, header: Header) -> tuple[Source, array[int]]:
    if not header.stuffed:
        return stored, array("I")
    if stored.size > MAX_STUFFED:
        raise LimitError(
            f"an unsynchronised tag of {stored.size} bytes (limit {MAX_STUFFED})", at=stored.start
        )
    data = stored.read(0, stored.size)
    found = _STUFFED_ZERO.finditer(data, HEADER)
    stuffing = array("I", (match.start() + 1 - count for count, match in enumerate(found)))
    return BytesSource(data[:HEADER] + resynchronised(data[HEADER:])), stuffing


def _end_of_zeros(source: Source, start: int, end: int) -> int:
    for at in range(start, end, WINDOW):
        data = source.read(at, min(at + WINDOW, end))
        rest = len(data.lstrip(b"\0"))
        if rest:
            return at + len(data) - rest
    return end


def _walk(source: Source, start: int, end: int, version: int) -> tuple[tuple[Frame, ...], bool]:
    """The frames, and whether their sizes are plain numbers in v2.4.

    Old writers put plain numbers where v2.4 wants synchsafe ones. The reading is taken that
    arrives at padding or at the end; then the one with more frames.
    """
    usual, sound = _frames(source, start, end, version, synchsafe=version == 4)
    if version < 4 or (sound and all(frame.end - frame.body <= 0x7F for frame in usual)):
        return usual, False
    plain, plain_sound = _frames(source, start, end, version, synchsafe=False)
    better = (plain_sound, len(plain)) > (sound, len(usual))
    return (plain, True) if better else (usual, False)


def _frames(
    source: Source, start: int, end: int, version: int, *, synchsafe: bool
) -> tuple[tuple[Frame, ...], bool]:
    frames: list[Frame] = []
    at, size = start, frame_header_size(version)
    while at + size <= end:
        head = source.read(at, at + size)
        name = head[: 3 if version == 2 else 4]
        if not _FRAME_ID[version].match(name):
            break
        number = head[3:6] if version == 2 else head[4:8]
        length = from_synchsafe(number) if synchsafe else int.from_bytes(number, "big")
        if length is None or length > end - at - size:
            break
        flags = 0 if version == 2 else int.from_bytes(head[8:10], "big")
        frames.append(Frame(name.decode("ascii"), at, at + size, at + size + length, flags))
        at += size + length
        if len(frames) > MAX_FRAMES:
            raise LimitError(f"the ID3v2 tag has more than {MAX_FRAMES} frames", at=at)
    return tuple(frames), not any(source.read(at, min(at + 16, end)))
