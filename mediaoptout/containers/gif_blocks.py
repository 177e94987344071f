"""The blocks of a GIF (GIF89a, CompuServe 1990): descriptors, extensions, images, and their order.

Every block after the header is known by its first byte; data comes in sub-blocks of up to 255
bytes, each behind its length, up to an empty one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

SIGNATURES: Final = (b"GIF87a", b"GIF89a")
VERSION: Final = Span(3, 6)
"""Where the version stands."""
MAX_BLOCKS: Final = 1 << 18
"""How many blocks a file may have."""

_SCREEN: Final = 13
"""Header and logical screen descriptor."""
_WINDOW: Final = 64 << 10
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL, _COMMENT, _PLAIN_TEXT, _APPLICATION = 0xF9, 0xFE, 0x01, 0xFF
_NAME: Final = 11
"""The length of an application's name with its code."""


class Kind(Enum):
    """What a block is."""

    IMAGE = "image"
    CONTROL = "graphic control"
    PLAIN_TEXT = "plain text"
    COMMENT = "comment"
    APPLICATION = "application"
    OTHER = "extension"


@dataclass(frozen=True, slots=True)
class Block:
    """A block as it stands in a file.

    Args:
        kind: what it is.
        start: where it begins.
        end: behind the empty sub-block that ends it.
        name: the name and code of an application extension, 11 bytes; else empty.
    """

    kind: Kind
    start: int
    end: int
    name: bytes = b""

    @property
    def span(self) -> Span:
        """All its bytes."""
        return Span(self.start, self.end)

    @property
    def data(self) -> Span:
        """The sub-blocks of an application extension, the last one included."""
        return Span(self.start + 3 + _NAME, self.end)


@dataclass(frozen=True, slots=True)
class Blocks:
    """A GIF's blocks.

    Args:
        screen: where the descriptor of the screen and the global colour table stand.
        blocks: the whole blocks, in order.
        end: behind the last block, and the trailer if there is one.
        complete: whether a trailer was found.
        cut_image: whether an image begins at ``end`` that goes beyond the file's end.
        unknown: where bytes begin that are no block, or None.
    """

    screen: Span
    blocks: tuple[Block, ...]
    end: int
    complete: bool = False
    cut_image: bool = False
    unknown: int | None = None


class _Reader:
    """Single bytes of a source, read ahead in windows."""

    def __init__(self, source: Source) -> None:
        self.size = source.size
        self._source = source
        self._window = b""
        self._at = 0

    def byte(self, at: int) -> int:
        """The byte at ``at``.

        Raises:
            EOFError: the file ends before it.
        """
        if not 0 <= at - self._at < len(self._window):
            self._load(at)
        return self._window[at - self._at]

    def _load(self, at: int) -> None:
        if at >= self.size:
            raise EOFError
        self._at = at
        self._window = self._source.read(at, min(at + _WINDOW, self.size))

    def behind_data(self, at: int) -> int:
        """Where sub-blocks end that begin at ``at``; there may be millions.

        Raises:
            EOFError: the file ends before them.
        """
        while True:
            self.byte(at)
            window, offset = self._window, at - self._at
            limit = len(window)
            while offset < limit:
                size = window[offset]
                if not size:
                    return self._at + offset + 1
                offset += 1 + size
            at = self._at + offset


def _table(flags: int) -> int:
    """How long the colour table is that ``flags`` announce, in bytes."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def read_blocks(source: Source) -> Blocks:
    """Walk the blocks; lengths alone are read of the image data.

    Raises:
        DamagedError: it ends before the first block.
        LimitError: it has more than `MAX_BLOCKS`.
    """
    reader = _Reader(source)
    head = source.read(0, min(_SCREEN, source.size))
    if len(head) < _SCREEN or head[:6] not in SIGNATURES:
        raise DamagedError("this is no GIF", at=0)
    at = _SCREEN + _table(head[10])
    if at > source.size:
        raise DamagedError("the file ends in its colour table", at=at, code="truncated")
    screen = Span(6, at)
    blocks: list[Block] = []
    while at < source.size:
        first = reader.byte(at)
        if first == _TRAILER:
            return Blocks(screen, tuple(blocks), at + 1, complete=True)
        if first == 0:  # an empty sub-block too many: every reader passes over it
            at += 1
            continue
        if first not in (_EXTENSION, _IMAGE):
            return Blocks(screen, tuple(blocks), at, unknown=at)
        try:
            block = _image(reader, at) if first == _IMAGE else _extension(source, reader, at)
        except EOFError:
            return Blocks(screen, tuple(blocks), at, cut_image=first == _IMAGE)
        blocks.append(block)
        if len(blocks) > MAX_BLOCKS:
            raise LimitError(f"there are more than {MAX_BLOCKS} blocks", at=at)
        at = block.end
    return Blocks(screen, tuple(blocks), at)


def _image(reader: _Reader, at: int) -> Block:
    behind_table = at + 10 + _table(reader.byte(at + 9))
    reader.byte(behind_table)  # the size of the smallest code
    return Block(Kind.IMAGE, at, reader.behind_data(behind_table + 1))


_KINDS: Final = {
    _CONTROL: Kind.CONTROL,
    _COMMENT: Kind.COMMENT,
    _PLAIN_TEXT: Kind.PLAIN_TEXT,
    _APPLICATION: Kind.APPLICATION,
}


def _extension(source: Source, reader: _Reader, at: int) -> Block:
    kind = _KINDS.get(reader.byte(at + 1), Kind.OTHER)
    end = reader.behind_data(at + 2)
    if kind is Kind.APPLICATION and reader.byte(at + 2) == _NAME:
        return Block(kind, at, end, source.read(at + 3, at + 3 + _NAME))
    return Block(kind if kind is not Kind.APPLICATION else Kind.OTHER, at, end)


def application(name: bytes, data: bytes) -> bytes:
    """An application extension around sub-blocks, which end themselves."""
    return bytes([_EXTENSION, _APPLICATION, len(name)]) + name + data


def sub_blocks(data: bytes) -> bytes:
    """``data`` in sub-blocks, with the empty one that ends them."""
    parts = (data[at : at + 255] for at in range(0, len(data), 255))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def joined(data: bytes) -> bytes:
    """What sub-blocks hold.

    Args:
        data: whole sub-blocks; what follows the empty one is passed over.
    """
    parts: list[bytes] = []
    at = 0
    while size := data[at]:
        parts.append(data[at + 1 : at + 1 + size])
        at += 1 + size
    return b"".join(parts)
