"""The RIFF around a WAV's chunks: how long it says it is, how long it is, and what that means.

Lengths are never believed. A RIFF length that lies is put right with the next change; a ``data``
length that lies is an obstacle, since players take whatever follows for sound.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mediaoptout.containers.chunks import HEADER, UNKNOWN, Chunk, Walk, walk, zeros
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.linker import Length, Links
from mediaoptout.splice.source import Source

FORMS: Final = frozenset({b"RIFF", b"RF64", b"BW64"})
DATA: Final = b"data"
DS64: Final = b"ds64"
START: Final = 12
"""Where the first chunk begins."""

_FIELDS: Final = struct.Struct("<QQQI")
_ENTRY: Final = struct.Struct("<4sQ")
_SIZE_AT: Final = 4
_LONG_SIZE_AT: Final = START + HEADER
MAX_TABLE: Final = 4096
"""How many entries of the ``ds64`` table are read."""
MAX_FILL: Final = 1 << 20
"""How many zeros behind the chunks are taken for filling."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The ``ds64`` chunk: the lengths that 32 bits cannot hold (EBU Tech 3306, 3)."""

    riff: int
    data: int
    samples: int
    table: Mapping[bytes, int]

    def of(self, name: bytes) -> int | None:
        """The length of the chunk ``name`` that states `UNKNOWN`; None if it is not told."""
        return self.data if name == DATA else self.table.get(name)


@dataclass(frozen=True, slots=True)
class Riff:
    """A RIFF as it stands in a file.

    Args:
        form: ``RIFF``, ``RF64`` or ``BW64``.
        sizes: its ``ds64`` chunk.
        chunks: its whole chunks, in order.
        cut: a chunk behind them that is longer than what is left.
        end: where a new chunk goes: behind the last one.
        links: its length fields.
        obstacle: why it must not be written, or None.
        warnings: oddities.
    """

    form: bytes
    sizes: Sizes | None
    chunks: tuple[Chunk, ...]
    cut: Chunk | None
    end: int
    links: Links
    obstacle: RefusedError | None
    warnings: tuple[str, ...]

    @property
    def data(self) -> tuple[Chunk, ...]:
        """The chunks that hold sound."""
        return tuple(chunk for chunk in self.chunks if chunk.name == DATA)


def read_riff(source: Source) -> Riff:
    """Walk the chunks and judge the lengths.

    Raises:
        DamagedError: it is no RIFF/WAVE.
        LimitError: it has too many chunks.
    """
    head = source.read(0, min(START, source.size))
    if len(head) < START or head[:4] not in FORMS or head[8:] != b"WAVE":
        raise DamagedError("this is no RIFF/WAVE", at=0)
    form, stated = head[:4], int.from_bytes(head[4:8], "little")
    sizes = _ds64(source) if form != b"RIFF" else None
    found = walk(source, START, source.size, sizes.of if sizes else lambda _: None)
    size = sizes.riff if sizes and stated == UNKNOWN else stated
    chunks, end = _inside(found, HEADER + size, source.size)
    cut = found.cut if end == found.stop else None
    true_size = size if end <= HEADER + size <= source.size else end - HEADER
    warnings: tuple[str, ...] = ()
    if true_size != size:
        warnings = (f"the RIFF states a length of {size} bytes; its chunks take {true_size}",)
    links = Links(lengths=tuple(_lengths(form, stated, sizes, true_size, source.size)))
    if cut is not None and cut.name != DATA:
        warnings += (f"the chunk {cut.label!r} at {cut.start} is longer than what is left",)
    riff = Riff(form, sizes, chunks, cut, end, links, None, warnings)
    return replace(riff, obstacle=_obstacle(source, riff, size))


def _inside(found: Walk, stated_end: int, size: int) -> tuple[tuple[Chunk, ...], int]:
    """The chunks that belong to the RIFF, and where the last one ends.

    Where the walk ends with the file, all do, whatever the RIFF says; else those up to its stated
    end, if one ends there; else all that are whole.
    """
    if found.stop < size:
        for index, chunk in enumerate(found.chunks, 1):
            if stated_end in (chunk.end, chunk.next):
                return found.chunks[:index], chunk.next
    return found.chunks, found.stop


def _ds64(source: Source) -> Sizes | None:
    if source.size < START + HEADER + _FIELDS.size:
        return None
    head = source.read(START, START + HEADER)
    if head[:4] != DS64 or int.from_bytes(head[4:], "little") < _FIELDS.size:
        return None
    at = START + HEADER + _FIELDS.size
    riff, data, samples, count = _FIELDS.unpack(source.read(START + HEADER, at))
    room = min(START + HEADER + int.from_bytes(head[4:], "little"), source.size) - at
    count = min(count, room // _ENTRY.size, MAX_TABLE)
    table = source.read(at, at + count * _ENTRY.size)
    return Sizes(riff, data, samples, dict(_ENTRY.iter_unpack(table)))


def _lengths(form: bytes, stated: int, sizes: Sizes | None, true: int, end: int) -> list[Length]:
    """Where the length of the RIFF is stated; with what should stand there."""
    found: list[Length] = []
    if form == b"RIFF" or stated != UNKNOWN:
        found.append(Length(_SIZE_AT, 4, "little", 0, end, true, "RIFF length"))
    if sizes is not None:
        found.append(Length(_LONG_SIZE_AT, 8, "little", 0, end, true, "ds64 RIFF length"))
    return found


def _obstacle(source: Source, riff: Riff, stated: int) -> RefusedError | None:
    """Why nothing must be written: players would take what we add for sound, or not find it.

    Args:
        source: the file.
        riff: what was found in it.
        stated: how long the RIFF says that it is.
    """
    sizes, cut, end = riff.sizes, riff.cut, riff.end
    if riff.form != b"RIFF" and sizes is None:
        return _refusal("there is no ds64 chunk, so that no length is known", START)
    if cut is not None and cut.name == DATA:
        there, said = source.size - cut.payload.start, cut.payload.size
        text = "no length" if said == UNKNOWN else f"{said} bytes"
        return _refusal(f"the data chunk states {text}, but {there} are there", cut.start)
    if not riff.data:
        what = f", and the chunk {cut.label!r} is longer than what is left" if cut else ""
        return _refusal(f"there is no data chunk{what}", end, "no-data")
    first = riff.data[0]
    if first.payload.size == 0:
        return _refusal(
            "the data chunk states no length; it is read to the file's end", first.start
        )
    narrow = int.from_bytes(source.read(first.start + 4, first.start + HEADER), "little")
    if sizes is not None and sizes.data != first.payload.size:
        return _refusal(f"ds64 states {sizes.data} bytes of data, its chunk {narrow}", first.start)
    over = source.size - HEADER - stated
    if riff.form == b"RIFF" and over and over % (UNKNOWN + 1) == 0:
        return _refusal("the file is longer than its 32-bit lengths can say", _SIZE_AT)
    ends = (end, first.end) if cut is None else (end, first.end, cut.end, cut.end + 1)
    claimed = HEADER + stated not in ends and source.size - end >= HEADER
    if claimed and riff.chunks[-1].name == DATA and not _is_filling(source, end):
        return _refusal("what follows the data chunk is neither a chunk nor filling", end)
    return None


def _is_filling(source: Source, start: int) -> bool:
    return source.size - start <= MAX_FILL and zeros(source, start, source.size)


def _refusal(reason: str, at: int, code: str = "data-length") -> RefusedError:
    return RefusedError(
        f"the length of the sound is not certain: {reason}" if code == "data-length" else reason,
        at=at,
        fix="let an audio editor write the file anew, with its length",
        code=code,
    )
