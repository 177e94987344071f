"""Header packets of other lengths, put into pages again.

Pages get as many segments as they had, and what is more goes into the room of the pages there are,
up to 255 segments each; only if that does not suffice, pages are added before the last one. Data
that share the last page with headers stay on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from mediaoptout.containers import ogg_pages
from mediaoptout.containers.ogg_pages import BOS, CONTINUED, EOS, MAX_SEGMENTS, NO_GRANULE, Page
from mediaoptout.containers.ogg_streams import Stream
from mediaoptout.errors import RefusedError
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.patch import Copy, Insert, Patch, PatchedSource, Piece
from mediaoptout.splice.source import Source

MAX_RENUMBERED: Final = 1 << 19
"""Among how many pages numbers may change; patch and proof hold something for each."""

_ZERO: Final = bytes(8)


class Repaged(NamedTuple):
    """New pages for old ones, and how many more there are."""

    edits: tuple[Edit, ...]
    added: int


@dataclass(frozen=True, slots=True)
class _Part:
    """The pages that are written anew.

    Args:
        pages: the old ones.
        counts: how many segments each new one takes.
        lacing: the segment table of all of them.
        bodies: the new content of all of them, as pieces of the file.
        bound: how many segments belong on the last page, since data are among them.
    """

    pages: list[Page]
    counts: list[int]
    lacing: bytes
    bodies: Patch
    bound: int


def first_page(stream: Stream, packet: int) -> int:
    """Which of the stream's pages the packet begins on."""
    return next(i for i, owners in enumerate(stream.owners) if packet in owners)


def largest(stream: Stream, packet: int) -> int:
    """How many bytes the packet may have before a page must be added."""
    pages = stream.pages[first_page(stream, packet) :]
    free = sum(MAX_SEGMENTS - len(page.lacing) for page in pages)
    taken = sum(owners.count(packet) for owners in stream.owners)
    return 255 * (taken + free) - 1


def repaged(source: Source, stream: Stream, contents: Mapping[int, tuple[Piece, ...]]) -> Repaged:
    """The pages of a stream's headers with other packets in them.

    Args:
        source: the file.
        stream: the stream.
        contents: the new packets by their number; copies count from the old packet's beginning.

    Raises:
        RefusedError: a page that would be written anew has a wrong checksum.
    """
    first = min(first_page(stream, packet) for packet in contents)
    least = max(
        i for i, owners in enumerate(stream.owners) if not contents.keys().isdisjoint(owners)
    )
    for last in range(least, len(stream.pages)):
        part = _part(stream, first, last, contents, added=0)
        if part is not None:
            break
    added = 0
    while part is None:
        added += 1
        part = _part(stream, first, len(stream.pages) - 1, contents, added)
    for page in part.pages:
        _refuse_wrong(source, page)
    return Repaged(tuple(_edits(source, part)), added)


def _part(
    stream: Stream,
    first: int,
    last: int,
    contents: Mapping[int, tuple[Piece, ...]],
    added: int,
) -> _Part | None:
    """The pages ``first`` to ``last`` and so many more, shared out; None if they do not suffice."""
    pages, owners = stream.pages[first : last + 1], stream.owners[first : last + 1]
    lacing = bytearray()
    pieces: list[Piece] = []
    at, begun = 0, -1
    for page, packets in zip(pages, owners, strict=True):
        for value, packet in zip(page.lacing, packets, strict=True):
            if packet not in contents:
                lacing.append(value)
                pieces.append(Copy(at, at + value))
            elif packet != begun:
                begun = packet
                lacing += _laced(sum(piece.size for piece in contents[packet]))
                pieces += _moved(contents[packet], at)
            at += value
    bound = sum(packet >= len(stream.packets) for packet in owners[-1])
    counts = [len(page.lacing) for page in pages]
    counts[-1:-1] = [0] * added
    if not _shared(counts, len(lacing), bound):
        return None
    old = Patch(tuple(Copy(*page.body) for page in pages))
    return _Part(pages, counts, bytes(lacing), old.then(Patch(tuple(pieces))), bound)


def _laced(size: int) -> bytes:
    return b"\xff" * (size // 255) + bytes((size % 255,))


def _moved(pieces: Sequence[Piece], by: int) -> Iterator[Piece]:
    """The pieces of a packet that begins at ``by`` of its pages' content.

    A packet's copies are counted in its own bytes, and those of its pages stand without gaps.
    """
    for piece in pieces:
        yield Copy(piece.start + by, piece.end + by) if isinstance(piece, Copy) else piece


def _shared(counts: list[int], total: int, bound: int) -> bool:
    """Change ``counts``, the last first, so that their sum is ``total``; whether that can be."""
    more = total - sum(counts)
    for least in (1, 0):
        for i in reversed(range(len(counts))):
            low = max(bound, least) if i == len(counts) - 1 else least
            change = min(MAX_SEGMENTS - counts[i], more) if more > 0 else max(low - counts[i], more)
            if more > 0 or change < 0:
                counts[i] += change
                more -= change
    return more == 0


def _edits(source: Source, part: _Part) -> Iterator[Edit]:
    old = part.pages
    at = segment = 0
    is_open = bool(old[0].flags & CONTINUED)
    replaced: list[Piece] = []
    for number, count in enumerate(part.counts):
        final = number == len(part.counts) - 1
        page = old[-1] if final else old[min(number, len(old) - 1)]
        lacing = part.lacing[segment : segment + count]
        size = sum(lacing)
        pieces = tuple(part.bodies.slice(at, at + size))
        flags = CONTINUED * is_open | (old[0].flags & BOS) * (number == 0)
        head = (
            ogg_pages.CAPTURE
            + bytes((flags | (old[-1].flags & EOS) * final,))
            + _granule(old, number, final, lacing)
            + page.serial.to_bytes(4, "little")
            + ((old[0].sequence + number) & 0xFFFFFFFF).to_bytes(4, "little")
        )
        body = PatchedSource(source, Patch(pieces)).read(0, size)
        tail = bytes((count,)) + lacing
        check = ogg_pages.checksum(head + bytes(4) + tail, body)
        header = head + check.to_bytes(4, "little") + tail
        replaced += [Insert(header), *pieces]
        if final or number < len(old) - 1:
            if header != page.header or source.read(*page.body) != body:
                yield Edit(page.start, page.end, tuple(replaced))
            replaced = []
        is_open = lacing[-1] == 255 if lacing else is_open
        at, segment = at + size, segment + count


def _granule(old: Sequence[Page], number: int, final: bool, lacing: bytes) -> bytes:
    """The granule position: the old page's if packets end on both or on none, else as headers'."""
    ends = _ends(lacing)
    page = old[-1] if final else old[number] if number < len(old) - 1 else None
    if page is not None and ends == _ends(page.lacing):
        return page.granule
    return _ZERO if ends else NO_GRANULE


def _ends(lacing: bytes) -> bool:
    """Whether a packet ends on a page with these segments."""
    return lacing.count(255) < len(lacing)


def _refuse_wrong(source: Source, page: Page) -> None:
    if ogg_pages.checksum(page.header, source.read(*page.body)) != page.checksum:
        raise RefusedError(
            "a page of the headers has a wrong checksum: players pass over it",
            at=page.start,
            fix="get a sound copy of the file, or write its streams anew (ffmpeg -c copy)",
            code="wrong-checksum",
        )


def renumbered(source: Source, added: Mapping[int, int]) -> Iterator[Edit]:
    """The edits that give pages their new numbers; their bodies are not read.

    Args:
        source: the file.
        added: how many pages were added to a stream, by where its last header page begins.

    Raises:
        RefusedError: more than `MAX_RENUMBERED` pages follow.
    """
    shifts: dict[int, int] = {}
    pages = ogg_pages.walk(source, min(added, default=source.size))
    for count, page in enumerate(pages):
        if count > MAX_RENUMBERED:
            raise RefusedError(
                f"numbers would have to change among more than {MAX_RENUMBERED} pages",
                at=page.start,
                fix="write the reservation into a sidecar instead",
                code="too-many-pages",
            )
        if page.start in added:
            shifts[page.serial] = added[page.start]
        elif page.flags & BOS:
            shifts.pop(page.serial, None)
        elif page.serial in shifts:
            sequence = (page.sequence + shifts[page.serial]) & 0xFFFFFFFF
            yield Edit(*page.numbers, (Insert(ogg_pages.renumbered(page, sequence)),))
