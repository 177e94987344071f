"""The tags of an FLV (Adobe Flash Video File Format Specification 10.1, E.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

AUDIO: Final = 8
VIDEO: Final = 9
SCRIPT: Final = 18

MAX_LEADING: Final = 4096
"""How many tags may count as the beginning of a file."""

_HEADER: Final = 11
_BACK: Final = 4
_KIND: Final = 0x1F
_FILTERED: Final = 0x20


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag as it stands in a file.

    Args:
        kind: `AUDIO`, `VIDEO` or `SCRIPT`.
        filtered: whether it is encrypted.
        start: where it begins.
        end: where its content ends.
        next: where the back pointer behind it ends.
        back: that back pointer: the size of the tag.
    """

    kind: int
    filtered: bool
    start: int
    end: int
    next: int
    back: int

    @property
    def span(self) -> Span:
        """The tag without the back pointer."""
        return Span(self.start, self.end)

    @property
    def content(self) -> Span:
        """What is behind its header."""
        return Span(self.start + _HEADER, self.end)

    @property
    def record(self) -> Span:
        """The tag with the back pointer."""
        return Span(self.start, self.next)


def leading(source: Source, first: int) -> tuple[tuple[Tag, ...], int]:
    """The tags of the beginning, and where the others start.

    The beginning goes on as long as tags are scripts or of the time 0, and are whole.

    Args:
        source: the file.
        first: where the first tag starts.
    """
    found: list[Tag] = []
    at = first
    while at + _HEADER <= source.size and len(found) < MAX_LEADING:
        head = source.read(at, at + _HEADER)
        kind, size = head[0] & _KIND, int.from_bytes(head[1:4], "big")
        time = int.from_bytes(head[4:8], "big")
        end = at + _HEADER + size
        if kind not in (AUDIO, VIDEO, SCRIPT) or end + _BACK > source.size:
            break
        if kind != SCRIPT and time:
            break
        back = int.from_bytes(source.read(end, end + _BACK), "big")
        found.append(Tag(kind, bool(head[0] & _FILTERED), at, end, end + _BACK, back))
        at = end + _BACK
    return tuple(found), min(at, source.size)


def begins(source: Source, at: int) -> bool:
    """Whether a tag can begin at ``at``, by its kind and its two reserved bits."""
    if at + _HEADER > source.size:
        return False
    first = source.read(at, at + 1)[0]
    return first & ~_FILTERED in (AUDIO, VIDEO, SCRIPT)


def tag(kind: int, content: bytes) -> bytes:
    """A new tag of the time 0, with its back pointer."""
    size = len(content)
    header = struct.pack(">B3s7x", kind, size.to_bytes(3, "big"))
    return header + content + struct.pack(">I", _HEADER + size)
