"""Where the samples of fragments stand, and what points to fragments.

Movie fragments (ISO/IEC 14496-12, 8.8), the segment index (8.16.3) and auxiliary information
(8.7.9). In a track fragment an offset counts from ``base_data_offset``, from the ``moof`` or from
where the data of the track fragment before it ends; each of these is a `Reference` with its base.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mediaoptout.containers.bmff.boxes import Box, Node, read_tree
from mediaoptout.containers.bmff.tracks import read_saio_head
from mediaoptout.errors import DamagedError
from mediaoptout.splice.linker import Reference, read_table
from mediaoptout.splice.source import Source

CONTAINERS: Final = frozenset({b"moof", b"traf"})

DATA_OFFSET: Final = "data offset"
"""The name of a reference that says where samples stand."""

_BASE_DATA_OFFSET: Final = 0x000001
_SAMPLE_DESCRIPTION: Final = 0x000002
_DEFAULT_DURATION: Final = 0x000008
_DEFAULT_SIZE: Final = 0x000010
_BASE_IS_MOOF: Final = 0x020000

_DATA_OFFSET: Final = 0x000001
_FIRST_FLAGS: Final = 0x000004
_DURATION: Final = 0x000100
_SIZE: Final = 0x000200
_FLAGS: Final = 0x000400
_TIME_OFFSET: Final = 0x000800

_SIZE_BITS: Final = 31


@dataclass(frozen=True, slots=True)
class _TrackFragment:
    """What a ``tfhd`` box says.

    Args:
        base: the explicit base data offset, or None.
        at: where that number stands.
        from_moof: offsets count from the ``moof``.
        size: the size of a sample that has none of its own.
    """

    base: int | None
    at: int
    from_moof: bool
    size: int


@dataclass(frozen=True, slots=True)
class _Run:
    """What a ``trun`` box says: ``offset`` is None where the data follow those of the run before.

    Args:
        box: the box itself.
        offset: the data offset, or None.
        count: how many samples there are.
        sizes: where the first sample's size stands, or None.
        stride: the bytes per sample.
    """

    box: Box
    offset: int | None
    count: int
    sizes: int | None
    stride: int

    def data_size(self, source: Source, default: int) -> int:
        """How many bytes its samples have."""
        if self.sizes is None:
            return self.count * default
        words = read_table(source.read(self.sizes, self.sizes + self.count * self.stride), 4, "big")
        return sum(words[:: self.stride // 4])


def default_sizes(source: Source, moov: Node) -> dict[int, int]:
    """The sample sizes that hold where fragments state none (``trex``), by track."""
    found: dict[int, int] = {}
    for node in moov.all(b"mvex", b"trex"):
        data = source.read(node.box.body, min(node.box.body + 24, node.box.end))
        if len(data) == 24:
            found[int.from_bytes(data[4:8], "big")] = int.from_bytes(data[16:20], "big")
    return found


def read_moof(source: Source, moof: Box, sizes: Mapping[int, int]) -> Iterator[Reference]:
    """Every number of a movie fragment that says where something stands.

    Args:
        source: the file.
        moof: the fragment.
        sizes: see `default_sizes`.

    Raises:
        DamagedError: a box in it is too short.
    """
    tree = read_tree(source, moof, CONTAINERS)
    parts = [(traf, _fragment(source, traf, sizes)) for traf in tree.all(b"traf")]
    chained = any(part.base is None and not part.from_moof for _, part in parts[1:])
    follows = moof.start
    for traf, fragment in parts:
        base = follows
        if fragment.base is not None:
            base = fragment.base
            yield Reference(fragment.at, 8, "big", base, name="base data offset")
        elif fragment.from_moof:
            base = moof.start
        follows = base
        for child in traf.children:
            if child.box.kind == b"trun":
                run = _read_trun(source, child.box)
                if run.offset is not None:
                    follows = base + run.offset
                    at = child.box.body + 8
                    yield Reference(at, 4, "big", follows, base, signed=True, name=DATA_OFFSET)
                if chained:
                    follows += run.data_size(source, fragment.size)
            elif child.box.kind == b"saio":
                yield from _auxiliary(source, child.box, base)


def _fragment(source: Source, traf: Node, sizes: Mapping[int, int]) -> _TrackFragment:
    header = traf.first(b"tfhd")
    if header is None:
        raise DamagedError("a track fragment has no header", at=traf.box.start)
    box = header.box
    data = source.read(box.body, min(box.body + 40, box.end))
    flags = int.from_bytes(data[1:4], "big")
    at, base, size = 8, None, sizes.get(int.from_bytes(data[4:8], "big"), 0)
    if flags & _BASE_DATA_OFFSET:
        base = int.from_bytes(data[8:16], "big")
        at += 8
    at += 4 * bool(flags & _SAMPLE_DESCRIPTION) + 4 * bool(flags & _DEFAULT_DURATION)
    if flags & _DEFAULT_SIZE:
        size = int.from_bytes(data[at : at + 4], "big")
        at += 4
    if len(data) < at:
        raise DamagedError("a track fragment header is too short", at=box.start)
    return _TrackFragment(base, box.body + 8, bool(flags & _BASE_IS_MOOF), size)


def _read_trun(source: Source, box: Box) -> _Run:
    data = source.read(box.body, min(box.body + 12, box.end))
    flags = int.from_bytes(data[1:4], "big")
    count = int.from_bytes(data[4:8], "big")
    at, offset = 8, None
    if flags & _DATA_OFFSET:
        offset = int.from_bytes(data[8:12], "big", signed=True)
        at += 4
    at += 4 * bool(flags & _FIRST_FLAGS)
    fields = [bool(flags & bit) for bit in (_DURATION, _SIZE, _FLAGS, _TIME_OFFSET)]
    stride = 4 * sum(fields)
    if box.body + at + count * stride > box.end:
        raise DamagedError("a track run is shorter than its samples need", at=box.start)
    sizes = box.body + at + 4 * fields[0] if fields[1] else None
    return _Run(box, offset, count, sizes, stride)


def _auxiliary(source: Source, box: Box, base: int) -> Iterator[Reference]:
    version, at, count = read_saio_head(source, box)
    width = 8 if version else 4
    if at + count * width > box.end:
        raise DamagedError("a saio box is shorter than its entries", at=box.start)
    for place in range(at, at + count * width, width):
        target = base + int.from_bytes(source.read(place, place + width), "big")
        yield Reference(place, width, "big", target, base, name="auxiliary offset")


def read_sidx(source: Source, box: Box) -> Iterator[Reference]:
    """The numbers of a segment index: where its subsegments begin, and how long each one is.

    Subsegments stand one behind another, so each size is told as the distance between the
    beginnings of two, and the last one's by its end.

    Raises:
        DamagedError: it is shorter than its entries.
    """
    head = source.read(box.body, min(box.body + 32, box.end))
    width = 8 if head[:1] > b"\0" else 4
    at = 12 + 2 * width
    count = int.from_bytes(head[at + 2 : at + 4], "big")
    if len(head) < at + 4 or box.body + at + 4 + 12 * count > box.end:
        raise DamagedError("a segment index is shorter than its entries", at=box.start)
    start = box.end + int.from_bytes(head[at - width : at], "big")
    if count:
        place = box.body + at - width
        # The anchor is the end of this box, which an insertion right behind it does not move.
        bias = -box.size
        yield Reference(place, width, "big", start, box.start, bias, name="segment index")
    first = box.body + at + 4
    for index in range(count):
        place = first + 12 * index
        word = int.from_bytes(source.read(place, place + 4), "big")
        size = word & ((1 << _SIZE_BITS) - 1)
        if size:
            yield Reference(
                place,
                4,
                "big",
                start + size,
                start,
                ends=index == count - 1,
                flags=word ^ size,
                bits=_SIZE_BITS,
                name="segment size",
            )
        start += size


def read_mfra(source: Source, mfra: Box) -> Iterator[Reference]:
    """The places of fragments in the random access tables of ``mfra``.

    Raises:
        DamagedError: a table is longer than its box.
    """
    for node in read_tree(source, mfra, frozenset({b"mfra"})).all(b"tfra"):
        box = node.box
        head = source.read(box.body, min(box.body + 16, box.end))
        if len(head) < 16:
            raise DamagedError("a random access table is too short", at=box.start)
        width = 8 if head[0] else 4
        sizes = head[11]
        stride = 2 * width + 3 + (sizes >> 4 & 3) + (sizes >> 2 & 3) + (sizes & 3)
        at = box.body + 16
        if at + stride * int.from_bytes(head[12:16], "big") > box.end:
            raise DamagedError("a random access table is shorter than its entries", at=box.start)
        for _ in range(int.from_bytes(head[12:16], "big")):
            place = at + width
            target = int.from_bytes(source.read(place, place + width), "big")
            yield Reference(place, width, "big", target, name="random access entry")
            at += stride
