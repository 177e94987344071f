"""What says where clusters stand in a Matroska file: Cues and SeekHead, read and set right.

Positions count from the Segment's content. Mostly nothing moves there; where clusters must make
room, all that points to them or behind them follows, each number in the bytes that it has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from mediaoptout.carriers import ebml
from mediaoptout.containers.ebml import Element, overwritten
from mediaoptout.containers.matroska_reading import (
    CUE_CLUSTER_POSITION,
    CUE_POINT,
    CUE_TRACK_POSITIONS,
    CUES,
    TAGS,
    Seek,
    Segment,
    states_position,
)
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.source import Source

MAX_CUES: Final = 64 << 10
"""The largest Cues whose positions are looked at one by one; clusters with larger ones stay."""

_CUE_REFERENCE: Final = 0xDB
_MASTERS: Final = frozenset({CUE_POINT, CUE_TRACK_POSITIONS, _CUE_REFERENCE})
_PLACES: Final = frozenset({CUE_CLUSTER_POSITION, 0x97, 0xEA, 0xEB})
"""CueClusterPosition, CueRefCluster, CueCodecState and CueRefCodecState."""

_STEP: Final = 1 << 20


def digest(source: Source, item: Element) -> bytes:
    """A digest of an element's content."""
    found = hashlib.sha256()
    for at in range(item.payload, item.end, _STEP):
        found.update(source.read(at, min(at + _STEP, item.end)))
    return found.digest()


def cues_digest(source: Source, segment: Segment, cues: Element) -> tuple[bytes, int]:
    """A digest of what Cues say, whose positions count from the first cluster.

    For large and damaged ones it is that of their bytes, with the first cluster's own position.
    """
    distance = segment.first - segment.element.payload if segment.clusters else 0
    try:
        moved = _moved_cues(source, cues, distance, -distance)
    except (DamagedError, LimitError):
        moved = None
    if moved is None:
        return digest(source, cues), distance
    plain = moved[len(ebml.check_sum(moved) or b"") :]
    return hashlib.sha256(plain).digest(), 0


def pointers(segment: Segment) -> tuple[tuple[int, int, bool], ...]:
    """What the SeekHeads point to, tags left out; from the first cluster on counted from there."""
    base = segment.element.payload
    first = segment.first if segment.clusters else base
    return tuple(
        (seek.id, seek.target - (first if seek.target >= first else base), seek.target >= first)
        for seek in segment.pointers
    )


def repointed(
    source: Source, segment: Segment, old: Element | None, shift: int, max_id: int
) -> tuple[Edit, ...] | None:
    """The edits after which everything points right when the clusters move and tags precede them.

    Args:
        source: the file.
        segment: whose clusters move.
        old: the Tags element that gives way to the new one.
        shift: by how many bytes they move.
        max_id: how many bytes an identifier may have.

    Returns:
        None if a number does not fit into its field, or cannot be found.
    """
    found = segment.of(CUES)
    if segment.indexed is not None and not found:
        return None
    if not segment.clusters or states_position(source, segment.first, max_id):
        return None
    distance = segment.first - segment.element.payload
    inside = segment.element.start
    edits: list[Edit] = []
    try:
        for cues in found:
            new = _moved_cues(source, cues, distance, shift)
            if new is None:
                return None
            edits += overwritten(source, cues.payload, new, inside)
        for head in segment.heads:
            entries = [seek for seek in segment.seeks if seek.head == head]
            data = source.read(head.payload, head.end)
            new = _moved_head(data, segment, entries, old, shift)
            edits += overwritten(source, head.payload, new, inside)
    except (DamagedError, LimitError, OverflowError):
        return None
    return tuple(edits)


def _moved_cues(source: Source, cues: Element, distance: int, shift: int) -> bytes | None:
    """The content of Cues whose positions from ``distance`` on are shifted; None if it is large.

    Raises:
        DamagedError: it is not made of whole elements.
        LimitError: there are too many.
        OverflowError: a position does not fit into its field.
    """
    if cues.end - cues.payload > MAX_CUES:
        return None
    data = source.read(cues.payload, cues.end)
    fields = {
        (item.payload, item.end): value + shift
        for item in _places(data, 0, len(data))
        if (value := ebml.unsigned(data[item.payload : item.end])) >= distance
    }
    return _rewritten(data, fields)


def _places(data: bytes, start: int, end: int) -> Iterator[ebml.Element]:
    for item in ebml.children(data, start, end):
        if item.id in _MASTERS:
            yield from _places(data, item.payload, item.end)
        elif item.id in _PLACES and item.payload < item.end:
            yield item


def _moved_head(
    data: bytes, segment: Segment, entries: list[Seek], old: Element | None, shift: int
) -> bytes:
    """The content of a SeekHead; entries for tags that give way lead to the new ones."""
    first, base = segment.first, segment.element.payload
    staying = {item.start for item in segment.of(TAGS) if item is not old}
    fields: dict[tuple[int, int], int] = {}
    for seek in entries:
        if seek.id == TAGS and seek.target not in staying:
            fields[seek.value] = first - base
        elif seek.target >= first:
            fields[seek.value] = seek.target - base + shift
    return _rewritten(data, fields)


def _rewritten(data: bytes, fields: dict[tuple[int, int], int]) -> bytes:
    """``data`` with other numbers in these fields, and the check sum before it made anew."""
    new = bytearray(data)
    for (start, end), value in fields.items():
        new[start:end] = value.to_bytes(end - start, "big")
    sealed = ebml.check_sum(data)
    if sealed is None or not fields:
        return bytes(new)
    return ebml.checked(bytes(new[len(sealed) :]))
