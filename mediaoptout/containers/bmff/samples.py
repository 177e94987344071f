"""Where the samples of a track stand, chunk by chunk (ISO/IEC 14496-12, 8.7)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import accumulate

from mediaoptout.containers.bmff.boxes import Box, Node
from mediaoptout.containers.bmff.tracks import CHUNK_OFFSET, entries, read_chunks
from mediaoptout.errors import DamagedError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

_STBL = (b"mdia", b"minf", b"stbl")


def chunk_spans(source: Source, trak: Node) -> Iterator[Span]:
    """The chunks of a track that stand in this file, in the order of its tables.

    Raises:
        DamagedError: a table is missing or broken.
        LimitError: there are too many chunks.
    """
    tables = [item for item in read_chunks(source, trak).tables if item.name == CHUNK_OFFSET]
    if not any(len(table.targets) for table in tables):
        return
    stsc, stsz = trak.first(*_STBL, b"stsc"), trak.first(*_STBL, b"stsz")
    if stsc is None or stsz is None:
        raise DamagedError("a track does not say where its samples stand", at=trak.box.start)
    runs = entries(source, stsc.box, stsc.box.body + 8, 3 * _number(source, stsc.box, 4), 4)
    constant, count = _number(source, stsz.box, 4), _number(source, stsz.box, 8)
    sums = array("Q")
    if not constant:
        sizes = entries(source, stsz.box, stsz.box.body + 12, count, 4)
        sums.extend(accumulate(sizes, initial=0))

    def until(sample: int) -> int:
        return min(sample, count) * constant if constant else sums[min(sample, count)]

    for table in tables:
        run = sample = 0
        for number, offset in enumerate(table.targets, 1):
            while run + 3 < len(runs) and runs[run + 3] <= number:
                run += 3
            following = sample + (runs[run + 1] if runs else 0)
            yield Span(offset, offset + until(following) - until(sample))
            sample = following


def _number(source: Source, box: Box, at: int) -> int:
    data = source.read(box.body, min(box.body + at + 4, box.end))
    if len(data) < at + 4:
        raise DamagedError(f"a {box.name} box is too short", at=box.start)
    return int.from_bytes(data[at:], "big")
