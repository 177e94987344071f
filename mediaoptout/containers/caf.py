"""CAF (Apple, *Core Audio Format Specification* 1.0): chunks of 64-bit lengths, without padding.

Everything that we say stands in the information chunk, ``info``. It goes where nothing moves: into
a ``free`` chunk, else behind the sound; only a sound without a stated length, which must be the
last, gives way to it. The essence is what ``data`` holds. No place in a CAF is absolute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from mediaoptout.carriers import caf_info
from mediaoptout.carriers.merged import Merged
from mediaoptout.containers import iff
from mediaoptout.containers.base import Block, Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import DAMAGED, agreed, grounded, parsed, refuse_damaged
from mediaoptout.containers.chunks import Chunk, Shape, framed, walk, zeros
from mediaoptout.containers.riff_forms import chunk_length
from mediaoptout.errors import DamagedError, ErrorInfo, RefusedError
from mediaoptout.splice.linker import Edit, Links, relocate
from mediaoptout.splice.patch import Insert, Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

MAGIC: Final = b"caff"
SHAPE: Final = Shape("big", 8, padded=False)
START: Final = 8
"""Where the first chunk begins: behind the signature, the version and the flags."""

DATA: Final = b"data"
INFO: Final = b"info"
FREE: Final = b"free"
MAX_INFO: Final = 16 << 20
"""The largest information chunk that is read."""

_MAX_FREE: Final = 1 << 20
"""The largest free chunk that is looked through before it is used up."""
_DESCRIBING: Final = frozenset({b"desc", b"kuki", b"chan", b"pakt"})
_BEFORE_SAMPLES: Final = 4
"""The bytes of ``data`` before the samples: the count of edits."""


@dataclass(frozen=True, slots=True)
class InfoChunk:
    """An information chunk, and what it says."""

    chunk: Chunk
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class CafLayout(Layout):
    """A CAF as read.

    Args:
        chunks: its whole chunks.
        open_data: where the ``data`` chunk begins that states no length; None if it states one.
        end: where the last whole chunk ends.
        infos: the information chunks.
    """

    chunks: tuple[Chunk, ...]
    open_data: int | None
    end: int
    infos: tuple[InfoChunk, ...]


class Caf(Container):
    """CAF; see the module."""

    name: ClassVar = "caf"
    title: ClassVar = "CAF (Apple Core Audio Format 1.0)"
    media_types: ClassVar = ("audio/x-caf",)
    extensions: ClassVar = (".caf",)
    digest = "md5"
    carries: ClassVar = {Carrier.CAF_INFO: Capability(write=True, place="info chunk")}

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it is a CAF of the version 1; see `Container.recognises`."""
        return head[:6] == MAGIC + b"\0\1"

    def read(self, source: Source) -> CafLayout:
        """See `Container.read`."""
        if source.read(0, START)[:4] != MAGIC:
            raise DamagedError("this is no CAF", at=0)
        found = walk(source, START, source.size, shape=SHAPE)
        cut = found.cut
        sound = iff.read_sound(source, found.chunks, cut, frozenset({DATA}), _BEFORE_SAMPLES)
        open_data = cut is not None and cut.name == DATA
        endless = cut is not None and open_data and cut.payload.size == SHAPE.unknown
        infos = iff.limited(_infos(source, found.chunks))
        known = {item.chunk for item in infos}
        foreign = [
            Span(chunk.start, chunk.end)
            for chunk in found.chunks
            if chunk not in known and chunk.name not in (DATA, FREE)
        ]
        if found.stop < source.size and not open_data:
            foreign.append(Span(found.stop, source.size))
        return CafLayout(
            size=source.size,
            essence=sound.spans,
            framing=(sound.heads, iff.described(source, found.chunks, _DESCRIBING)),
            links=Links(lengths=tuple(chunk_length(item.chunk) for item in infos)),
            blocks=tuple(item.block for item in infos),
            foreign=tuple(foreign),
            obstacle=None if endless else _obstacle(source, found.chunks, cut, found.stop),
            chunks=found.chunks,
            open_data=cut.start if cut is not None and endless else None,
            end=found.stop,
            infos=infos,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, CafLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a CAF")
        if layout.obstacle is not None:
            raise layout.obstacle
        first = layout.infos[0] if layout.infos else None
        refuse_damaged((first.block,) if first else ())
        others = (entry for item in layout.infos[1:] for entry in item.block.entries)
        properties, warnings = agreed(wanted.properties, others, force=wanted.force)
        data = source.read(*first.chunk.payload) if first else b""
        told = replace(wanted, properties=properties).told(Carrier.CAF_INFO)
        merged = caf_info.merge(data if first else None, told, force=wanted.force)
        chunk = first.chunk if first else None
        edits: list[Edit] = []
        if chunk is not None and data and not merged.size:
            edits = list(_dropped(source, layout, chunk, wanted))
        elif not merged.unchanged(len(data)):
            edits = list(_placed(source, layout, chunk, merged, wanted.padding))
        patch = relocate(source.size, layout.links, edits)
        return Change(
            patch=grounded(patch, source, layout.essence),
            carriers=(Carrier.CAF_INFO,) if merged.said else (),
            warnings=(*warnings, *merged.warnings),
        )


def _infos(source: Source, chunks: tuple[Chunk, ...]) -> Iterator[InfoChunk]:
    for chunk in chunks:
        if chunk.name != INFO:
            continue
        span = Span(chunk.start, chunk.end)
        if chunk.payload.size > MAX_INFO:
            error = ErrorInfo(DAMAGED, f"it is longer than {MAX_INFO} bytes")
            yield InfoChunk(chunk, Block(Carrier.CAF_INFO, "info", span, error=error))
        else:
            data = source.read(*chunk.payload)
            block = parsed(Carrier.CAF_INFO, "info", span, caf_info.parse, data)
            yield InfoChunk(chunk, block)


def _obstacle(
    source: Source, chunks: tuple[Chunk, ...], cut: Chunk | None, end: int
) -> RefusedError | None:
    """Why nothing must be written: the length of the sound is not certain."""
    if cut is not None and cut.name == DATA:
        there = source.size - cut.payload.start
        return RefusedError(
            f"the data chunk states {cut.payload.size} bytes, but {there} are there",
            at=cut.start,
            fix="get a complete copy of the file",
            code="data-length",
        )
    if not any(chunk.name == DATA for chunk in chunks):
        return RefusedError(
            "there is no data chunk", at=end, fix="get a complete copy of the file", code="no-data"
        )
    if chunks[-1].name == DATA and end < source.size and not zeros(source, end, source.size):
        return RefusedError(
            "the length of the sound is not certain: what follows it is no chunk",
            at=end,
            fix="let an audio editor write the file anew, with its length",
            code="data-length",
        )
    return None


def _placed(
    source: Source, layout: CafLayout, chunk: Chunk | None, merged: Merged, padding: int
) -> Iterator[Edit]:
    """The edits that put the new information chunk where as little as possible moves.

    Args:
        source: the file.
        layout: as read.
        chunk: the old information chunk, or None.
        merged: its new payload.
        padding: room to leave where it has to stand before the sound.
    """
    pieces = merged.placed(chunk.payload.start) if chunk else merged.pieces
    if chunk is not None and _in_place(layout, chunk, merged.size):
        yield Edit(*chunk.payload, pieces, inside=chunk.start)
        return
    new = framed(INFO, pieces, SHAPE)
    size = SHAPE.header + merged.size
    rooms = [room for room in _rooms(source, layout, chunk) if _fits(size, room)]
    old = Span(chunk.start, chunk.end) if chunk else Span(0, 0)
    room = next((r for r in rooms if r.start <= old.start < r.end), rooms[0] if rooms else None)
    if old.size and (room is None or not room.start <= old.start < room.end):
        yield Edit(*old, (_free(old.size),))
    if room is not None:
        left = room.size - size
        yield Edit(*room, (*new, *((_free(left),) if left else ())))
    elif layout.open_data is None:
        yield Edit(layout.end, layout.end, new)
    else:
        spare = _free(SHAPE.header + padding)
        yield Edit(layout.open_data, layout.open_data, (*new, spare))


def _dropped(source: Source, layout: CafLayout, chunk: Chunk, wanted: Wanted) -> Iterator[Edit]:
    """The edits that take a chunk out: what it took of free space before the sound is free again.

    The space that we left with it goes too, and so does a chunk that nothing stands behind.
    """
    behind = next((item for item in layout.chunks if item.start == chunk.end), None)
    room = behind if behind is not None and _is_free(source, behind) else None
    sound = any(item.name == DATA and item.start > chunk.start for item in layout.chunks)
    if layout.open_data is not None:
        sound = sound or layout.open_data >= chunk.end
    if room is not None and wanted.freed(room.payload.size):
        yield Edit(chunk.start, room.end, ())
    elif room is not None:
        yield Edit(chunk.start, room.end, (_free(room.end - chunk.start),))
    elif sound:
        yield Edit(chunk.start, chunk.end, (_free(chunk.end - chunk.start),))
    else:
        yield Edit(chunk.start, chunk.end, ())


def _in_place(layout: CafLayout, chunk: Chunk, size: int) -> bool:
    """Whether the old chunk can take ``size`` bytes, with nothing but metadata behind it."""
    behind = any(item.name == DATA and item.start < chunk.start for item in layout.chunks)
    return behind or size == chunk.payload.size


def _rooms(source: Source, layout: CafLayout, chunk: Chunk | None) -> Iterator[Span]:
    """The runs of free chunks, which the old information chunk may be part of."""
    start = end = 0
    for item in layout.chunks:
        if item != chunk and not _is_free(source, item):
            continue
        if item.start != end:
            if end:
                yield Span(start, end)
            start = item.start
        end = item.end
    if end:
        yield Span(start, end)


def _is_free(source: Source, chunk: Chunk) -> bool:
    small = chunk.payload.size <= _MAX_FREE
    return chunk.name == FREE and small and zeros(source, *chunk.payload)


def _fits(size: int, room: Span) -> bool:
    left = room.size - size
    return left == 0 or left >= SHAPE.header


def _free(size: int) -> Insert:
    """A chunk of ``size`` bytes in all that holds nothing."""
    return Insert(SHAPE.head(FREE, size - SHAPE.header) + bytes(size - SHAPE.header))


FAMILIES: Final[tuple[Container, ...]] = (Caf(),)
