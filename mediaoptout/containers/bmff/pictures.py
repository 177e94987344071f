"""What pictures made of boxes share (HEIF, JPEG XL, JPEG 2000): the walk, and room at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mediaoptout.containers.bmff.boxes import Box, read_header
from mediaoptout.errors import LimitError, RefusedError
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.patch import Insert, Span
from mediaoptout.splice.source import Source

MAX_BOXES: Final = 1 << 16
"""How many boxes a picture may have at the top level."""

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


def apart(spans: Iterable[Span], taken: Iterable[Span]) -> Iterator[Span]:
    """Those of ``spans`` that share no byte with ``taken``."""
    others = tuple(taken)
    for span in spans:
        if not any(span.start < other.end and other.start < span.end for other in others):
            yield span
