"""Where the chunks of a movie's tracks stand: ``stco``, ``co64`` and ``saio`` (ISO 14496-12, 8.7).

A chunk may stand in another file (``dref``): then its offset counts in that file and is left alone.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Final, Literal

from mediaoptout.containers.bmff.boxes import Box, Node
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.linker import Table, Wider, read_table
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

CONTAINERS: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"mvex"})
"""The boxes of a movie that hold boxes which matter here."""

CHUNK_OFFSET: Final = "chunk offset"
"""The name of a table that says where samples stand."""

MAX_CHUNKS: Final = 1 << 23
"""How many chunks a track may have."""

_WINDOW: Final = 8 << 20
_SELF_CONTAINED: Final = 1
_OWN_TYPE: Final = 1


@dataclass(frozen=True, slots=True)
class Chunks:
    """What says where a track's samples stand.

    Args:
        tables: its offsets in this file, to be kept right.
        boxes: the boxes that they stand in, which hold nothing else.
        strangers: offsets that are said to count in another file.
        last: the chunk that begins last in this file, if its size can be told.
    """

    tables: tuple[Table, ...]
    boxes: tuple[Box, ...]
    strangers: tuple[Table, ...]
    last: Span | None


def read_chunks(source: Source, trak: Node) -> Chunks:
    """The offset tables of a track.

    Raises:
        DamagedError: a table is longer than its box.
        LimitError: there are too many chunks.
    """
    found = [
        (child.box, _offsets(source, child.box, stbl.box))
        for stbl in trak.all(b"mdia", b"minf", b"stbl")
        for child in stbl.children
        if child.box.kind in (b"stco", b"co64")
    ]
    strangers: tuple[Table, ...] = ()
    last = None
    if _external(source, trak):
        strangers, found = tuple(table for _, table in found), []
    elif found and found[0][1].targets:
        last = _last_chunk(source, trak, found[0][1].targets)
    own = sorted([*found, *_auxiliary(source, trak)], key=lambda pair: pair[0].start)
    return Chunks(tuple(table for _, table in own), tuple(box for box, _ in own), strangers, last)


def _last_chunk(source: Source, trak: Node, offsets: array[int]) -> Span | None:
    """The chunk that begins last in this file: its samples are counted and measured."""
    start = max((offset for offset in offsets if offset < source.size), default=None)
    if start is None:
        return None
    stsc = trak.first(b"mdia", b"minf", b"stbl", b"stsc")
    stsz = trak.first(b"mdia", b"minf", b"stbl", b"stsz")
    if stsc is None or stsz is None or stsz.box.body + 12 > stsz.box.end:
        return None
    head = source.read(stsc.box.body, min(stsc.box.body + 8, stsc.box.end))
    runs = entries(source, stsc.box, stsc.box.body + 8, 3 * _count(head), 4)
    chunk = offsets.index(start) + 1
    first = samples = 0
    for index in range(0, len(runs), 3):
        begin, samples = runs[index], runs[index + 1]
        end = runs[index + 3] if index + 3 < len(runs) else chunk
        if chunk < end or index + 3 >= len(runs):
            first += max(0, chunk - begin) * samples
            break
        first += (end - begin) * samples
    sizes = source.read(stsz.box.body + 4, stsz.box.body + 12)
    constant, count = int.from_bytes(sizes[:4], "big"), _count(sizes)
    samples = max(0, min(samples, count - first))
    if constant:
        return Span(start, start + samples * constant)
    at = stsz.box.body + 12 + 4 * first
    return Span(start, start + sum(entries(source, stsz.box, at, samples, 4)))


def entries(source: Source, box: Box, at: int, count: int, width: Literal[4, 8]) -> array[int]:
    """``count`` numbers of a table, read in windows.

    Raises:
        DamagedError: the box ends before the table does.
        LimitError: there are too many entries.
    """
    end = at + count * width
    if end > box.end:
        raise DamagedError(f"a {box.name} box claims {count} entries and is shorter", at=box.start)
    if count > MAX_CHUNKS:
        raise LimitError(f"a {box.name} box has {count} entries", at=box.start)
    values = array("Q")
    for start in range(at, end, _WINDOW):
        values.extend(read_table(source.read(start, min(start + _WINDOW, end)), width, "big"))
    return values


def _offsets(source: Source, box: Box, stbl: Box) -> Table:
    at = box.body + 8
    if at > box.end:
        raise DamagedError(f"a {box.name} box is too short", at=box.start)
    head = source.read(box.body, at)
    if box.kind == b"co64":
        return Table(at, 8, "big", entries(source, box, at, _count(head), 8), name=CHUNK_OFFSET)
    targets = entries(source, box, at, _count(head), 4)
    wider = _wider(box, b"co64", head, at, len(targets), stbl)
    return Table(at, 4, "big", targets, wider, CHUNK_OFFSET)


def _wider(box: Box, kind: bytes, fields: bytes, at: int, count: int, inside: Box) -> Wider | None:
    """The table with 64-bit entries; what may stand behind them stays where it is."""
    if box.large or box.open:
        return None
    size = box.size + 4 * count
    return Wider(
        box.start,
        at + 4 * count,
        size.to_bytes(4, "big") + kind + fields,
        inside.start,
    )


def _auxiliary(source: Source, trak: Node) -> list[tuple[Box, Table]]:
    """The ``saio`` boxes of the sample table, whose offsets count from the start of the file."""
    found: list[tuple[Box, Table]] = []
    for stbl in trak.all(b"mdia", b"minf", b"stbl"):
        for child in stbl.all(b"saio"):
            box = child.box
            version, at, count = read_saio_head(source, box)
            if version:
                table = Table(
                    at, 8, "big", entries(source, box, at, count, 8), name="auxiliary offset"
                )
            else:
                targets = entries(source, box, at, count, 4)
                head = bytearray(source.read(box.body, at))
                head[0] = 1
                wider = _wider(box, b"saio", bytes(head), at, count, stbl.box)
                table = Table(at, 4, "big", targets, wider, "auxiliary offset")
            found.append((box, table))
    return found


def read_saio_head(source: Source, box: Box) -> tuple[int, int, int]:
    """The version of a ``saio`` box, where its offsets begin and how many there are.

    Raises:
        DamagedError: it is too short.
    """
    head = source.read(box.body, min(box.body + 16, box.end))
    typed = len(head) >= 4 and head[3] & _OWN_TYPE
    size = 16 if typed else 8
    if len(head) < size:
        raise DamagedError("a saio box is too short", at=box.start)
    return head[0], box.body + size, int.from_bytes(head[size - 4 : size], "big")


def _count(head: bytes) -> int:
    return int.from_bytes(head[4:8], "big")


def _external(source: Source, trak: Node) -> bool:
    """Whether the track's samples stand in another file.

    Raises:
        DamagedError: some stand here and some elsewhere, so that an offset has no one meaning.
    """
    dref = trak.first(b"mdia", b"minf", b"dinf", b"dref")
    stsd = trak.first(b"mdia", b"minf", b"stbl", b"stsd")
    if dref is None:
        return False
    elsewhere = _data_references(source, dref.box)
    if not any(elsewhere):
        return False
    used = {
        0 < index <= len(elsewhere) and elsewhere[index - 1]
        for index in (_indices(source, stsd.box) if stsd else (1,))
    }
    if len(used) > 1:
        raise DamagedError(
            "a track has samples in this file and in others", at=trak.box.start, code="external"
        )
    return used == {True}


def _data_references(source: Source, dref: Box) -> list[bool]:
    """For each data reference whether it names another file."""
    return [not head[3] & _SELF_CONTAINED and size > 12 for head, size in _rows(source, dref, 4)]


def _indices(source: Source, stsd: Box) -> set[int]:
    """The data references that the sample entries use."""
    return {int.from_bytes(head[6:8], "big") for head, _ in _rows(source, stsd, 8)}


def _rows(source: Source, box: Box, need: int) -> list[tuple[bytes, int]]:
    """The first bytes and the size of each entry of a ``dref`` or ``stsd`` box."""
    found: list[tuple[bytes, int]] = []
    at = box.body + 8
    while at + 8 + need <= box.end and len(found) < 1 << 16:
        head = source.read(at, at + 8 + need)
        size = int.from_bytes(head[:4], "big")
        if size < 8 + need or at + size > box.end:
            break
        found.append((head[8:], size))
        at += size
    return found
