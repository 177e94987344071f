"""Ogg (RFC 3533): Vorbis, Opus, Speex, FLAC, Theora and VP8, alone, together and in chains.

What we say stands in the comment header of every logical stream that has one. Header packets are
put into the pages that there are, so that everything else stays as it is; only where those are
full, pages are added and the numbers of the stream's other pages follow. Streams that are not
known here are carried along.
"""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import ClassVar, Final, NamedTuple

from mediaoptout.containers import ogg_comments, ogg_pages
from mediaoptout.containers.base import Block, Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import DAMAGED, agreed, grounded, parsed, refuse_damaged
from mediaoptout.containers.ogg_pages import BOS, EOS, Page
from mediaoptout.containers.ogg_paging import Repaged, first_page, largest, renumbered, repaged
from mediaoptout.containers.ogg_skeleton import Skeleton, read_skeleton
from mediaoptout.containers.ogg_streams import (
    SKELETON,
    Codec,
    Stream,
    packet_bytes,
    read_streams,
)
from mediaoptout.errors import ErrorInfo, RefusedError
from mediaoptout.splice.linker import Edit, Links, relocate
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

_COMMENTS: Final = 1
"""The number of the packet that is the comment header, in every codec."""
_ROUNDS: Final = 8
"""How often an index may grow because it grew."""


class Commented(NamedTuple):
    """A stream that has a comment header."""

    codec: Codec
    stream: Stream
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class OggLayout(Layout):
    """An Ogg file as read.

    Args:
        comments: the comment header of each stream that has one.
        skeletons: the Skeleton streams whose places must be kept right.
        headers: the pages that may be written anew, in order.
    """

    comments: tuple[Commented, ...]
    skeletons: tuple[Skeleton, ...]
    headers: tuple[Page, ...]


class Ogg(Container):
    """Ogg; see the module."""

    name: ClassVar[str] = "ogg"
    title: ClassVar[str] = "Ogg: Vorbis, Opus, Speex, FLAC, Theora, VP8 (RFC 3533)"
    media_types: ClassVar[tuple[str, ...]] = ("audio/ogg", "video/ogg", "application/ogg")
    extensions: ClassVar[tuple[str, ...]] = (".ogg", ".oga", ".ogv", ".ogx", ".opus", ".spx")
    carries: ClassVar = {
        Carrier.VORBIS_COMMENT: Capability(
            write=True, place="comment header of every logical stream"
        ),
        Carrier.XMP: Capability(write=False, place="comment XMP", expected=False),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether a page begins the file."""
        return head.startswith(ogg_pages.CAPTURE)

    def read(self, source: Source) -> OggLayout:
        """See `Container.read`."""
        streams = read_streams(source)
        comments = tuple(_comments(source, streams))
        skeletons: tuple[Skeleton, ...] = ()
        obstacle = None
        try:
            skeletons = tuple(_skeletons(source, streams))
        except RefusedError as error:
            obstacle = error
        if not comments:
            obstacle = RefusedError(
                "no stream in this file has a comment header that is known",
                fix="write the reservation into a sidecar instead",
                code="no-comment-header",
            )
        headers = _headers(comments, skeletons)
        framing = _framing(source, comments, skeletons)
        return OggLayout(
            size=source.size,
            essence=tuple(_between(headers, source.size)),
            framing=(framing, tuple(item.stream.pages[-1].sequence for item in comments)),
            links=Links(
                references=tuple(item for found in skeletons for item in found.references()),
                tables=tuple(item for found in skeletons for item in found.tables()),
            ),
            blocks=tuple(item.block for item in comments),
            obstacle=obstacle,
            comments=comments,
            skeletons=skeletons,
            headers=headers,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, OggLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of an Ogg")
        if layout.obstacle is not None:
            raise layout.obstacle
        refuse_damaged(layout.blocks)
        packets = (
            entry
            for block in layout.blocks
            for entry in block.entries
            if entry.carrier is not Carrier.VORBIS_COMMENT
        )
        properties, warnings = agreed(wanted.properties, packets, force=wanted.force)
        wanted = replace(wanted, properties=properties)
        said: set[str] = set()
        pages: dict[int, Repaged] = {}
        for codec, stream, _ in layout.comments:
            packet = packet_bytes(source, stream.packets[_COMMENTS])
            told = ogg_comments.tell(codec, packet, wanted, largest(stream, _COMMENTS))
            said |= told.merged.said
            warnings += told.merged.warnings
            if told.pieces is not None:
                new = repaged(source, stream, {_COMMENTS: told.pieces})
                pages[stream.pages[-1].start] = new
        pages |= _indexed(source, layout, pages.values())
        added = {at: new.added for at, new in pages.items() if new.added}
        edits = [edit for new in pages.values() for edit in new.edits]
        edits += renumbered(source, added)
        patch = relocate(source.size, Links(), edits)
        return Change(
            patch=grounded(patch, source, layout.essence),
            carriers=(Carrier.VORBIS_COMMENT,) if said else (),
            warnings=tuple(dict.fromkeys(warnings)),
        )

    def detailed(self, source: Source, layout: Layout) -> Layout:
        """The essence as the bodies of all pages that are no headers; see `Container.detailed`.

        The framing then is all that their headers say, a number being how far it is from the
        number before it, and a checksum what it would be under the number 0.
        """
        if not isinstance(layout, OggLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of an Ogg")
        framing = _framing(source, layout.comments, layout.skeletons)
        digest = hashlib.sha256()
        essence = tuple(_bodies(source, layout, digest.update))
        return replace(layout, essence=essence, framing=(framing, digest.digest()))


# --- reading -------------------------------------------------------------------------------


def _comments(source: Source, streams: tuple[Stream, ...]) -> Iterator[Commented]:
    numbers: dict[str, int] = {}
    for stream in streams:
        codec = stream.codec
        if codec is None or codec is SKELETON:
            continue
        numbers[codec.name] = numbers.get(codec.name, 0) + 1
        number = f" {numbers[codec.name]}" if numbers[codec.name] > 1 else ""
        location = f"{codec.name} comment header{number}"
        if len(stream.packets) <= _COMMENTS:
            span = Span(stream.pages[0].start, stream.pages[-1].end)
            message = f"the {location} is not there whole"
            fix = "get a complete copy of the file"
            info = ErrorInfo(DAMAGED, message, f"offset {span.start}", fix)
            block = Block(Carrier.VORBIS_COMMENT, location, span, error=info)
        else:
            packet = stream.packets[_COMMENTS]
            span = Span(packet[0].start, packet[-1].end)
            parse = partial(ogg_comments.parse, codec)
            data = packet_bytes(source, packet)
            block = parsed(Carrier.VORBIS_COMMENT, location, span, parse, data)
        yield Commented(codec, stream, block)


def _skeletons(source: Source, streams: tuple[Stream, ...]) -> Iterator[Skeleton]:
    links = sorted({stream.link for stream in streams})
    ends = dict(zip(links, (*links[1:], source.size), strict=True))
    for stream in streams:
        if stream.codec is SKELETON:
            skeleton = read_skeleton(source, stream, ends[stream.link])
            if skeleton is not None:
                yield skeleton


def _headers(comments: Iterable[Commented], skeletons: Iterable[Skeleton]) -> tuple[Page, ...]:
    """The pages that may be written anew, in order."""
    pages = [page for skeleton in skeletons for page in skeleton.stream.pages]
    for _, stream, block in comments:
        if block.error is None:
            pages += stream.pages[first_page(stream, _COMMENTS) :]
    return tuple(sorted(pages))


def _between(headers: Iterable[Page], size: int) -> Iterator[Span]:
    """All bytes but those pages."""
    at = 0
    for page in headers:
        if at < page.start:
            yield Span(at, page.start)
        at = page.end
    if at < size:
        yield Span(at, size)


def _bodies(source: Source, layout: OggLayout, note: Callable[[bytes], None]) -> Iterator[Span]:
    """The bodies of all pages but the headers', and what is no page; headers are noted."""
    headers = {page.start for page in layout.headers}
    numbers: dict[int, int] = {}
    at = 0
    for page in ogg_pages.walk(source):
        if at < page.start:
            yield Span(at, page.start)
        if page.start not in headers:
            before = 0 if page.flags & BOS else numbers.get(page.serial, 0)
            step = (page.sequence - before) & 0xFFFFFFFF
            note(page.framing + struct.pack("<II", step, ogg_pages.unnumbered(page)))
            if page.body.size:
                yield page.body
        numbers[page.serial] = page.sequence
        at = page.end
    if at < source.size:
        yield Span(at, source.size)


def _framing(
    source: Source, comments: Iterable[Commented], skeletons: Iterable[Skeleton]
) -> Hashable:
    """What the headers say beside comments, and the data that share a page with them."""
    framing: list[Hashable] = [skeleton.framing(source) for skeleton in skeletons]
    for codec, stream, block in comments:
        if block.error is not None:
            continue
        digest = hashlib.sha256()
        for packet in stream.packets[_COMMENTS + 1 :]:
            data = packet_bytes(source, packet)
            digest.update(struct.pack("<I", len(data)) + data)
        last = stream.pages[-1]
        data_segments = sum(owner >= len(stream.packets) for owner in stream.owners[-1])
        lacing = last.lacing[len(last.lacing) - data_segments :]
        digest.update(source.read(last.end - sum(lacing), last.end))
        flags = last.flags & EOS
        framing.append((stream.serial, codec.name, digest.digest(), lacing, last.granule, flags))
    return tuple(framing)


# --- writing -------------------------------------------------------------------------------


def _indexed(source: Source, layout: OggLayout, pages: Iterable[Repaged]) -> dict[int, Repaged]:
    """The pages of the Skeleton streams after other pages changed, by where the last one began.

    An index that grows moves what it points to, until nothing changes.
    """
    moving = [edit for new in pages for edit in new.edits]
    found: dict[int, Repaged] = {}
    for _ in range(_ROUNDS):
        place = _places([*moving, *(edit for new in found.values() for edit in new.edits)])
        after: dict[int, Repaged] = {}
        for skeleton in layout.skeletons:
            contents = skeleton.told(place)
            if contents:
                after[skeleton.stream.pages[-1].start] = repaged(source, skeleton.stream, contents)
        if after == found:
            return found
        found = after
    raise RefusedError(
        "the places in the Skeleton index do not come to rest",
        fix="write the file's streams anew without an index (ffmpeg -c copy)",
        code="overflow",
    )


def _places(edits: list[Edit]) -> Callable[[int], int]:
    """Where the page goes that begins at an offset."""
    edits = sorted(edits, key=lambda edit: edit.end)
    ends = [edit.end for edit in edits]
    growths = list(accumulate((edit.growth for edit in edits), initial=0))
    return lambda offset: offset + growths[bisect_right(ends, offset)]


FAMILIES: Final[tuple[Container, ...]] = (Ogg(),)
"""The containers of this module."""
