"""Tags behind the audio: ID3v1, Lyrics3, APE, and ID3v2.4 with a footer, in any order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from mediaoptout.carriers import ape, id3v1
from mediaoptout.carriers.id3.header import HEADER, parse_header
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

MAX_TAGS: Final = 16
_MAX_LYRICS: Final = 5100
"""The longest Lyrics3 v1 tag, which states no length."""


class Kind(Enum):
    """What a tag behind the audio is."""

    ID3V1 = "ID3v1"
    ENHANCED = "ID3v1 enhanced"
    LYRICS3 = "Lyrics3"
    APE = "APEv2"
    ID3V2 = "ID3v2"


@dataclass(frozen=True, slots=True)
class Trailer:
    """A tag behind the audio."""

    kind: Kind
    span: Span


def trailers(source: Source, start: int) -> tuple[Trailer, ...]:
    """The tags at the file's end, the last first.

    Args:
        source: the file.
        start: where the tags before the audio end: none may reach before it.
    """
    found: list[Trailer] = []
    end = source.size
    while len(found) < MAX_TAGS:
        tag = _last(source, start, end)
        if tag is None:
            break
        found.append(tag)
        end = tag.span.start
    return tuple(found)


def _last(source: Source, start: int, end: int) -> Trailer | None:
    tail = source.read(max(start, end - _MAX_LYRICS), end)
    if _is_id3v1(tail):
        return Trailer(Kind.ID3V1, Span(end - id3v1.SIZE, end))
    enhanced = tail[-id3v1.ENHANCED_SIZE :]
    if len(enhanced) == id3v1.ENHANCED_SIZE and enhanced.startswith(id3v1.ENHANCED_MAGIC):
        return Trailer(Kind.ENHANCED, Span(end - id3v1.ENHANCED_SIZE, end))
    if tail.endswith(b"LYRICS200") and tail[-15:-9].isdigit():
        begin = end - 15 - int(tail[-15:-9])
        if begin >= start and source.read(begin, begin + 11) == b"LYRICSBEGIN":
            return Trailer(Kind.LYRICS3, Span(begin, end))
    if tail.endswith(b"LYRICSEND"):
        at = tail.rfind(b"LYRICSBEGIN")
        if at >= 0:
            return Trailer(Kind.LYRICS3, Span(end - len(tail) + at, end))
    span = ape.tag_span(source, end)
    if span is not None and span.start >= start:
        return Trailer(Kind.APE, span)
    footer = parse_header(tail[-HEADER:], b"3DI")
    if footer is not None and footer.footed and end - footer.total >= start:
        head = parse_header(source.read(end - footer.total, end - footer.total + HEADER))
        if head is not None and head.size == footer.size:
            return Trailer(Kind.ID3V2, Span(end - footer.total, end))
    return None


def _is_id3v1(tail: bytes) -> bool:
    """Whether ``tail`` ends in ID3v1, and not in an APE tag whose magic ends alike."""
    tag, before = tail[-id3v1.SIZE :], tail[: -id3v1.SIZE]
    return len(tag) == id3v1.SIZE and tag.startswith(id3v1.MAGIC) and not before.endswith(b"APE")
