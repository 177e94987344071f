"""The marker segments of a JPEG (ITU-T T.81, annex B), and what stands divided over several.

A segment holds 65,533 bytes at most. ExtendedXMP (XMP Part 3, 1.1.3.1) and JUMBF boxes (ISO/IEC
19566-5, in the box segments of ISO/IEC 18477-3) are put together here from many.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

SOI: Final = b"\xff\xd8"
APP0, APP1, APP2, APP11, APP13, APP14 = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE
COM: Final = 0xFE
MAX_PAYLOAD: Final = 65_533
MAX_SEGMENTS: Final = 1 << 13
MAX_GARBAGE: Final = 1 << 16
"""How many bytes that belong to no segment are passed over."""

XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION: Final = b"http://ns.adobe.com/xmp/extension/\0"
EXIF: Final = b"Exif\0\0"
PHOTOSHOP: Final = b"Photoshop 3.0\0"
MPF: Final = b"MPF\0"
ICC: Final = b"ICC_PROFILE\0"
_HEAD: Final = 36

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_FILLING: Final = (0x00, 0xFF)
_STEP: Final = 256


class Segment(NamedTuple):
    """A marker segment: its marker's code, where it stands, and how its payload begins."""

    marker: int
    start: int
    end: int
    head: bytes

    @property
    def payload(self) -> Span:
        """What stands behind its length."""
        return Span(self.start + 4, self.end)

    @property
    def span(self) -> Span:
        """The whole segment."""
        return Span(self.start, self.end)

    def begins(self, marker: int, identifier: bytes) -> bool:
        """Whether it is of that kind."""
        return self.marker == marker and self.head.startswith(identifier)


@dataclass(frozen=True, slots=True)
class Walk:
    """What stands before the first scan.

    Args:
        segments: the segments, in the order of the file.
        scan: where the first scan begins.
        garbage: where bytes were passed over that belong to no segment.
    """

    segments: tuple[Segment, ...]
    scan: int
    garbage: tuple[int, ...]


def walk(source: Source) -> Walk:
    """The segments up to the first scan.

    Raises:
        DamagedError: the picture ends before its first scan, or a length is impossible.
        LimitError: there are too many segments.
    """
    if source.read(0, min(2, source.size)) != SOI:
        raise DamagedError("this does not begin like a JPEG", at=0)
    segments: list[Segment] = []
    garbage: list[int] = []
    at = 2
    size = source.size
    for _ in range(MAX_SEGMENTS):
        seen = source.read(at, min(at + 4 + _HEAD, size))
        start = at
        if len(seen) < 4 or seen[0] != 0xFF or seen[1] in _FILLING:
            start, marker = _next_marker(source, at)
            if seen[:1] != b"\xff":
                garbage.append(at)
            seen = source.read(start, min(start + 4 + _HEAD, size))
        marker = seen[1]
        if marker == _SOS:
            return Walk(tuple(segments), start, tuple(garbage))
        if marker in (_SOI, _EOI):
            raise DamagedError(
                "the picture ends before its first scan",
                at=start,
                fix="get a complete copy of the file",
            )
        at = start + 2
        if marker in _ALONE:
            continue
        if len(seen) < 4:
            source.read(at, at + 2)  # which says where the file ends
        length = seen[2] << 8 | seen[3]
        end = at + length
        if length < 2:
            raise DamagedError(f"a segment states {length} bytes, less than its length", at=start)
        if end > size:
            source.read(end - 1, end)
        segments.append(Segment(marker, start, end, seen[4 : 2 + length]))
        at = end
    raise LimitError(f"the file has more than {MAX_SEGMENTS} segments", at=at)


def _next_marker(source: Source, at: int) -> tuple[int, int]:
    """Where the next marker stands, behind fill bytes and garbage; and its code."""
    begin = at
    while at < source.size and at - begin <= MAX_GARBAGE:
        window = source.read(at, min(at + _STEP, source.size))
        for index in range(len(window) - 1):
            if window[index] == 0xFF and window[index + 1] not in _FILLING:
                return at + index, window[index + 1]
        at += max(1, len(window) - 1)
    raise DamagedError(
        "no marker stands where one must", at=begin, fix="get a complete copy of the file"
    )


def render(marker: int, payload: bytes) -> bytes:
    """A segment with its marker and length."""
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


# --- ExtendedXMP --------------------------------------------------------------------------------

_PART: Final = len(EXTENSION) + 32 + 4 + 4


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension of the main packet, put together.

    Args:
        guid: the digest that the main packet refers to it by.
        span: from its first segment to its last.
        data: the packet; None if parts are missing or wrong.
    """

    guid: str
    span: Span
    data: bytes | None


def extensions(source: Source, segments: Iterable[Segment], limit: int) -> Iterator[Extension]:
    """Every extension, in the order of the file.

    Args:
        source: the file.
        segments: its segments.
        limit: the largest extension that is put together, in bytes.
    """
    parts: dict[bytes, list[Segment]] = {}
    for segment in segments:
        if segment.begins(APP1, EXTENSION) and segment.payload.size >= _PART:
            at = segment.payload.start + len(EXTENSION)
            parts.setdefault(source.read(at, at + 36), []).append(segment)
    for key, members in parts.items():
        span = Span(members[0].start, members[-1].end)
        data = _joined(source, members, int.from_bytes(key[32:], "big"), limit)
        guid = key[:32].decode("latin-1")
        if (
            data is not None
            and hashlib.md5(data, usedforsecurity=False).hexdigest() != guid.lower()
        ):
            data = None
        yield Extension(guid, span, data)


def _joined(source: Source, members: list[Segment], size: int, limit: int) -> bytes | None:
    if size > limit:
        return None
    placed: list[tuple[int, bytes]] = []
    for segment in members:
        at = segment.payload.start
        offset = int.from_bytes(source.read(at + _PART - 4, at + _PART), "big")
        placed.append((offset, source.read(at + _PART, segment.end)))
    result = bytearray()
    for offset, data in sorted(placed):
        if offset != len(result):
            return None
        result += data
    return bytes(result) if len(result) == size else None


# --- JUMBF --------------------------------------------------------------------------------------

_BOX_SEGMENT: Final = b"JP"
_INSTANCE: Final = 0x0211
"""The box instance number that other writers of manifests use."""
_PIECE: Final = 64_000
"""How much of a box other writers put into a segment."""
_C2PA: Final = b"c2pa"


def frame_box(box: bytes) -> bytes:
    """A JUMBF box in as many APP11 segments as it needs; each repeats the box's header."""
    pieces = [box[at : at + _PIECE] for at in range(0, len(box), _PIECE)]
    return b"".join(
        render(
            APP11,
            _BOX_SEGMENT
            + _INSTANCE.to_bytes(2, "big")
            + number.to_bytes(4, "big")
            + (b"" if number == 1 else box[:8])
            + piece,
        )
        for number, piece in enumerate(pieces, start=1)
    )


def manifest_segments(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """The segments that hold a C2PA manifest store, in the order of the file."""
    found: list[Segment] = []
    instance: bytes | None = None
    for segment in segments:
        if not segment.begins(APP11, _BOX_SEGMENT):
            continue
        first = int.from_bytes(segment.head[4:8], "big") == 1
        if first:
            instance = segment.head[2:4] if _description(segment) == _C2PA else None
        if instance is not None and segment.head[2:4] == instance:
            found.append(segment)
    return tuple(found)


def _description(segment: Segment) -> bytes:
    """The beginning of the type of the superbox that begins in this segment."""
    header = _box_header(segment)
    return segment.head[8 + header + 8 : 8 + header + 12]


def _box_header(segment: Segment) -> int:
    return 16 if segment.head[8:12] == b"\0\0\0\1" else 8


def unframe_box(source: Source, members: Iterable[Segment]) -> bytes:
    """The box that stands in the segments, put together.

    Raises:
        LimitError: it is larger than what is read at once.
    """
    parts: list[bytes] = []
    for number, segment in enumerate(members):
        skipped = 8 if number == 0 else 8 + _box_header(segment)
        start = min(segment.payload.start + skipped, segment.end)
        parts.append(source.read(start, segment.end))
    data = b"".join(parts)
    size = (
        int.from_bytes(data[8:16], "big")
        if data[:4] == b"\0\0\0\1"
        else int.from_bytes(data[:4], "big")
    )
    return data[:size] if size else data
