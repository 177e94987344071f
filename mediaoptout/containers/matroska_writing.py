"""Where new tags go in a Matroska file, and how its index is told.

The order of places: where the old tags stand, and over the Void behind them; at the Segment's end
if they stand there; into another Void; at the Segment's end. The old ones become Void. Only where
no index could lead to the tags (a live recording, a file without any room), they go before the
clusters, where a reader that does not walk over them looks, and the clusters move.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers import ebml
from mediaoptout.containers.ebml import Element, fitted, overwritten
from mediaoptout.containers.matroska_positions import repointed
from mediaoptout.containers.matroska_reading import (
    SEEK,
    SEEK_HEAD,
    SEEK_ID,
    SEEK_POSITION,
    TAGS,
    Seek,
    Segment,
)
from mediaoptout.errors import RefusedError
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.patch import Insert, Span
from mediaoptout.splice.source import Source

SEEK_ROOM: Final = 48
"""How much of a Void behind a SeekHead is left to it: two entries and a Void."""

UNINDEXED: Final = (
    "the index has no room for the tags: programs that do not read the file to its end will not"
    " find them"
)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the new tags stand, and the edits that put them there.

    Args:
        start: where they begin in the new file.
        edits: of the tags and of the old ones; the SeekHeads are not told yet.
        taken: the bytes of the old file that they and the room behind them stand over.
    """

    start: int
    edits: tuple[Edit, ...]
    taken: Span


def told(
    source: Source, segment: Segment, old: Element | None, content: bytes, padding: int, max_id: int
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """The edits that give a Segment new tags and an index that leads to them; and warnings.

    Args:
        source: the file.
        segment: where they go.
        old: the Tags element that gives way; None if there is none.
        content: of the new Tags element.
        padding: how much room to leave behind it where nothing gives it.
        max_id: how many bytes an identifier may have.

    Raises:
        RefusedError: there is no place for them.
    """
    placed = _in_place(source, segment, old, content, padding)
    if placed is None:
        placed = _elsewhere(source, segment, old, content, padding)
    index = None if placed is None else _indexed(source, segment, old, placed)
    if placed is not None and index is not None:
        return (*placed.edits, *index), ()
    hidden = placed is None or placed.start >= segment.first
    stays = placed is not None and old is not None and placed.start == old.start
    moved = None
    if hidden and not stays and not _among(segment, old):
        moved = _before_clusters(source, segment, old, content, padding, max_id)
    if moved is not None:
        return moved, ()
    if placed is None:
        raise _no_place(segment)
    return placed.edits, (UNINDEXED,) if hidden else ()


# --- the places ----------------------------------------------------------------------------


def _in_place(
    source: Source, segment: Segment, old: Element | None, content: bytes, padding: int
) -> Placed | None:
    """Where the old tags stand; over the Void behind them, or growing at the Segment's end."""
    if old is None:
        return None
    stop = next((run.end for run in segment.voids if run.start == old.end), old.end)
    new = fitted(TAGS, content, stop - old.start, old.size_width)
    if new is not None:
        edits = tuple(overwritten(source, old.start, new, segment.element.start))
        return Placed(old.start, edits, Span(old.start, stop))
    if stop == segment.element.end and segment.whole:
        return _at_end(source, segment, old.start, content, padding, old.size_width)
    return None


def _elsewhere(
    source: Source, segment: Segment, old: Element | None, content: bytes, padding: int
) -> Placed | None:
    """In a Void, or at the Segment's end; the old tags become Void."""
    inside = segment.element.start
    if _among(segment, old):
        return None
    gone = () if old is None else (_voided(old, inside),)
    heads = {head.end for head in segment.heads}
    for run in segment.voids:
        start = run.start + (SEEK_ROOM if run.start in heads else 0)
        new = fitted(TAGS, content, run.end - start) if start < run.end else None
        if new is not None:
            edits = tuple(overwritten(source, start, new, inside))
            return Placed(start, (*gone, *edits), Span(start, run.end))
    if not segment.whole:
        return None
    end = segment.element.end
    start = next((run.start for run in segment.voids if run.end == end), end)
    placed = _at_end(source, segment, start, content, padding)
    return Placed(placed.start, (*gone, *placed.edits), placed.taken)


def _at_end(
    source: Source, segment: Segment, start: int, content: bytes, padding: int, width: int = 0
) -> Placed:
    """From ``start`` to the Segment's end and beyond, which are tags or Void."""
    inside, end = segment.element.start, segment.element.end
    width = max(width, ebml.size_width(len(content)))
    new = ebml.render(TAGS, content, width) + ebml.void(max(2, padding))
    edits = overwritten(source, start, new[: end - start], inside)
    grown = Edit(end, end, (Insert(new[end - start :]),), inside)
    return Placed(start, (*edits, grown), Span(start, end))


def _before_clusters(
    source: Source, segment: Segment, old: Element | None, content: bytes, padding: int, max_id: int
) -> tuple[Edit, ...] | None:
    """Before the clusters, which move, with all that points to them; None if that cannot be."""
    inside = segment.element.start
    gone = () if old is None else (_voided(old, inside),)
    for room in (max(2, padding), 2):
        new = ebml.render(TAGS, content) + ebml.void(room)
        pointing = repointed(source, segment, old, len(new), max_id)
        if pointing is not None:
            return (*gone, *pointing, Edit(segment.first, segment.first, (Insert(new),), inside))
    return None


def _among(segment: Segment, old: Element | None) -> bool:
    """Whether old tags stand where the Void that they would leave could not be found again."""
    return old is not None and segment.first < old.start < (segment.indexed or 0)


def _voided(old: Element, inside: int) -> Edit:
    return Edit(old.start, old.end, (Insert(ebml.void(old.end - old.start)),), inside)


def _no_place(segment: Segment) -> RefusedError:
    if not segment.whole:
        return RefusedError(
            "the file breaks off or is damaged, and has no room for tags before that place",
            at=segment.clusters[-1].end if segment.clusters else segment.element.end,
            fix="get a complete copy, or remultiplex it with mkvmerge",
            code="truncated",
        )
    return RefusedError(
        "the tags stand among the clusters, where they cannot grow",
        at=segment.first,
        fix="remultiplex the file with mkvmerge",
        code="no-room",
    )


# --- the index -----------------------------------------------------------------------------


def _indexed(
    source: Source, segment: Segment, old: Element | None, placed: Placed
) -> tuple[Edit, ...] | None:
    """The edits after which a SeekHead leads to the new tags; None if there is no room.

    An entry for the old tags, or for tags that are not there, is set right; else one is added to a
    SeekHead, or stands in a second one.
    """
    there = {item.start for item in segment.of(TAGS)} | {placed.start}
    entries = [seek for seek in segment.seeks if seek.id == TAGS]
    led = any(seek.target == placed.start for seek in entries)
    gone = placed.start if old is None else old.start
    wrong = [seek for seek in entries if seek.target == gone != placed.start]
    if not led and not wrong:
        wrong = [seek for seek in entries if seek.target not in there]
    position = placed.start - segment.element.payload
    edits: list[Edit] = []
    for head in segment.heads:
        mine = [seek for seek in wrong if seek.head == head]
        stop, squeezed = _room_behind(segment, head, placed)
        if not mine and not squeezed and (led or wrong):
            continue
        data = source.read(head.payload, head.end)
        for content, leads in _variants(data, mine, position, add=not led and not wrong):
            new = fitted(SEEK_HEAD, content, stop - head.start, head.size_width)
            if new is not None:
                edits += overwritten(source, head.start, new, segment.element.start)
                led = led or leads
                break
    if not led:
        second = _second_head(source, segment, position, placed)
        return None if second is None else (*edits, *second)
    return tuple(edits)


def _room_behind(segment: Segment, head: Element, placed: Placed) -> tuple[int, bool]:
    """Up to where a SeekHead may grow, and whether it must, since tags took a part of its room."""
    run = next((run for run in segment.voids if run.start == head.end), None)
    if run is None:
        return head.end, False
    if run.start <= placed.taken.start < run.end:
        return placed.taken.start, run.start < placed.taken.start
    return run.end, False


def _variants(
    data: bytes, wrong: list[Seek], position: int, *, add: bool
) -> Iterator[tuple[bytes, bool]]:
    """The contents that a SeekHead may get, the best first, and whether they lead to the tags."""
    if wrong or add:
        for compact in (False, True):
            yield _content(data, wrong, position, compact=compact, add=add), True
    yield (_content(data, wrong, None) if wrong else data), False


def with_entries(data: bytes, wrong: list[Seek], position: int | None) -> bytes:
    """The content of a SeekHead with some entries set right; without them for no position."""
    return _content(data, wrong, position)


def _content(
    data: bytes,
    wrong: list[Seek],
    position: int | None,
    *,
    compact: bool = False,
    add: bool = False,
) -> bytes:
    """The content of a SeekHead with its entries for tags set right.

    Args:
        data: its content now.
        wrong: the entries to set right.
        position: of the tags in the Segment; None to drop the entries.
        compact: write all entries in as few bytes as they need.
        add: add an entry.
    """
    sealed = ebml.check_sum(data)
    entries = {seek.span.start: seek for seek in wrong}
    parts: list[bytes] = []
    for item in ebml.children(data, len(sealed or b"")):
        raw = data[item.start : item.end]
        seek = entries.get(item.start)
        if seek is not None:
            raw = b"" if position is None else _corrected(raw, seek, position)
        if compact:
            raw = _compacted(raw)
        parts.append(raw)
    if add and position is not None:
        parts.append(_seek(TAGS, position))
    body = b"".join(parts)
    return body if sealed is None else ebml.checked(body)


def _corrected(raw: bytes, seek: Seek, position: int) -> bytes:
    """An entry with another position; in the old one's bytes if it fits there."""
    width = seek.value.size
    if position >> 8 * width:
        return _seek(TAGS, position)
    at = seek.value.start - seek.span.start
    return raw[:at] + position.to_bytes(width, "big") + raw[at + width :]


def _compacted(raw: bytes) -> bytes:
    """An entry in as few bytes as it needs; nothing for Void, and others as they are."""
    [item] = ebml.children(raw)
    if item.id == ebml.VOID:
        return b""
    if item.id != SEEK:
        return raw
    parts = {part.id: raw[part.payload : part.end] for part in ebml.children(raw, item.payload)}
    if parts.keys() != {SEEK_ID, SEEK_POSITION}:
        return raw
    return _seek(ebml.unsigned(parts[SEEK_ID]), ebml.unsigned(parts[SEEK_POSITION]))


def _seek(identifier: int, position: int) -> bytes:
    """An entry of a SeekHead."""
    what = ebml.render(SEEK_ID, ebml.encoded_id(identifier))
    return ebml.render(SEEK, what + ebml.render_unsigned(SEEK_POSITION, position))


def _second_head(
    source: Source, segment: Segment, position: int, placed: Placed
) -> tuple[Edit, ...] | None:
    """A SeekHead in a Void before the clusters: a file may have two."""
    if len(segment.heads) > 1:
        return None
    content = _seek(TAGS, position)
    for run in segment.voids:
        free = run.end <= placed.taken.start or placed.taken.end <= run.start
        if free and run.end <= segment.first:
            new = fitted(SEEK_HEAD, content, run.size)
            if new is not None:
                return tuple(overwritten(source, run.start, new, segment.element.start))
    return None
