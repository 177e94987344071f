"""Boxes of ISO base media files and atoms of QuickTime (ISO/IEC 14496-12, 4.2).

The kernel that every format built of boxes shares: it walks headers only, believes no size, and
makes the few kinds of box that we write.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Final

from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.linker import Length
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

MAX_BOXES: Final = 1 << 18
"""How many boxes one walk may meet."""

MAX_DEPTH: Final = 16
"""How deep boxes may stand in one another."""

FREE: Final = frozenset({b"free", b"skip"})
"""Kinds of box whose content means nothing."""

_HEADER: Final = 8
_LARGE: Final = 16
_UUID: Final = 16


@dataclass(frozen=True, slots=True)
class Box:
    """A box, by its header.

    Args:
        kind: its four-character code.
        start: where its header begins.
        body: where its content begins (behind the extended type of a ``uuid`` box).
        end: where it ends, as it claims; the last box of a damaged file may claim too much.
        uuid: the extended type of a ``uuid`` box, else empty.
        large: its size is a 64-bit number.
        open: its size is 0: it reaches to the end of the file.
    """

    kind: bytes
    start: int
    body: int
    end: int
    uuid: bytes = b""
    large: bool = False
    open: bool = False

    @property
    def size(self) -> int:
        """How long it is, its header included."""
        return self.end - self.start

    @property
    def span(self) -> Span:
        """All of it."""
        return Span(self.start, self.end)

    @property
    def content(self) -> Span:
        """What stands behind its header."""
        return Span(self.body, self.end)

    @property
    def name(self) -> str:
        """Its kind, for people."""
        return self.kind.decode("latin-1")

    @property
    def length(self) -> Length | None:
        """Its size as a number that the linker keeps right; None for an open box."""
        if self.open:
            return None
        at, width = (self.start + _HEADER, 8) if self.large else (self.start, 4)
        return Length(at, width, "big", self.start, self.end, self.size, f"{self.name} size")


@dataclass(frozen=True, slots=True)
class Node:
    """A box with the boxes that stand in it.

    Args:
        box: the box itself.
        children: what stands in it, in order; empty for a box that holds none.
        tail: where the last child ends; up to the box's end there may be a terminator or padding.
    """

    box: Box
    children: tuple[Node, ...]
    tail: int

    def all(self, *path: bytes) -> Iterator[Node]:
        """The descendants at ``path``, in order."""
        for child in self.children:
            if child.box.kind == path[0]:
                if len(path) == 1:
                    yield child
                else:
                    yield from child.all(*path[1:])

    def first(self, *path: bytes) -> Node | None:
        """The first descendant at ``path``."""
        return next(self.all(*path), None)

    def every(self, kind: bytes) -> Iterator[Node]:
        """The descendants of ``kind`` at any depth, in order."""
        for child in self.children:
            if child.box.kind == kind:
                yield child
            yield from child.every(kind)


def read_header(source: Source, at: int, end: int) -> Box | None:
    """The box at ``at``; None where fewer than 8 bytes are left or the size is impossible.

    Its end may lie behind ``end``: what that means is for the caller to say.

    Args:
        source: the file.
        at: where the box begins.
        end: where the element ends in which it stands.
    """
    if end - at < _HEADER:
        return None
    data = source.read(at, min(at + _LARGE + _UUID, end))
    size, kind = int.from_bytes(data[:4], "big"), data[4:8]
    header, large = _HEADER, size == 1
    if large:
        if len(data) < _LARGE:
            return None
        size, header = int.from_bytes(data[_HEADER:_LARGE], "big"), _LARGE
    uuid = data[header : header + _UUID] if kind == b"uuid" else b""
    if kind == b"uuid":
        header += _UUID
    is_open = size == 0 and not large
    stop = end if is_open else at + size
    if stop < at + header or (kind == b"uuid" and len(uuid) < _UUID):
        return None
    return Box(kind, at, at + header, stop, uuid, large, is_open)


def children(
    source: Source, start: int, end: int, limit: int = MAX_BOXES
) -> tuple[tuple[Box, ...], int]:
    """The boxes that stand in a row inside another, and where the last one ends.

    Fewer than 8 bytes behind the last box, and whatever follows a size of 0 (QuickTime ends a
    list so), are no boxes.

    Args:
        source: the file.
        start: where the first one begins.
        end: where the element ends in which they stand.
        limit: how many there may be.

    Raises:
        DamagedError: a box reaches beyond the element, or has an impossible size.
        LimitError: there are too many.
    """
    found: list[Box] = []
    at = start
    while end - at >= _HEADER:
        box = read_header(source, at, end)
        if box is not None and box.open:
            break
        if box is None or box.end > end:
            raise DamagedError("a box is longer than what it stands in", at=at)
        if len(found) >= limit:
            raise LimitError(f"there are more than {limit} boxes in a row", at=at)
        found.append(box)
        at = box.end
    return tuple(found), at


def read_tree(source: Source, box: Box, containers: Set[bytes]) -> Node:
    """A box with all that stands in it; kinds that are not in ``containers`` are leaves.

    Raises:
        DamagedError: see `children`.
        LimitError: the boxes are too many, or stand too deep in one another.
    """
    left = MAX_BOXES

    def descend(box: Box, depth: int) -> Node:
        nonlocal left
        if box.kind not in containers:
            return Node(box, (), box.end)
        if depth > MAX_DEPTH:
            raise LimitError(f"boxes stand more than {MAX_DEPTH} deep in one another", at=box.start)
        begin = meta_body(source, box) if box.kind == b"meta" else box.body
        boxes, tail = children(source, begin, box.end, left)
        left -= len(boxes)
        return Node(box, tuple(descend(child, depth + 1) for child in boxes), tail)

    return descend(box, 0)


def meta_body(source: Source, box: Box) -> int:
    """Where the boxes in a ``meta`` begin: ISO gives it a version and flags, QuickTime does not."""
    head = source.read(box.body, min(box.body + 12, box.end))
    plain = head[4:8] == b"hdlr" or len(head) < 4 or any(head[:4])
    return box.body if plain else box.body + 4


def make_box(kind: bytes, *parts: bytes) -> bytes:
    """A box of ``kind`` around ``parts``."""
    return b"".join((make_header(kind, _HEADER + sum(map(len, parts))), *parts))


def make_full_box(kind: bytes, *parts: bytes) -> bytes:
    """A box with version 0 and no flags."""
    return make_box(kind, bytes(4), *parts)


def make_header(kind: bytes, size: int) -> bytes:
    """The header of a box of ``size`` bytes in all."""
    return size.to_bytes(4, "big") + kind


def make_free(size: int) -> bytes:
    """A ``free`` box of ``size`` bytes in all (at least 8)."""
    return make_header(b"free", size) + bytes(size - _HEADER)
