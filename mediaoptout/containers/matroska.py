"""Matroska and WebM (RFC 9559): what we say stands in the Tags element.

The tags are written the quick way: the old Tags element is overwritten, or becomes Void and the new
one goes to the Segment's end, and the SeekHead is told. Positions count from the Segment's content,
where nothing moves if the index has room, so that Cues stay right untouched.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from mediaoptout.carriers import ebml, matroska
from mediaoptout.containers.base import Block, Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import agreed, parsed, refuse_damaged
from mediaoptout.containers.ebml import EBML, Budget, Document, Element, document, element
from mediaoptout.containers.matroska_positions import cues_digest, digest, pointers
from mediaoptout.containers.matroska_reading import (
    ATTACHMENTS,
    CHAPTERS,
    CUES,
    INFO,
    MAX_WALKED,
    SEGMENT,
    TAGS,
    TRACKS,
    Segment,
    read_segment,
)
from mediaoptout.containers.matroska_stripping import moved_back, untold
from mediaoptout.containers.matroska_writing import told
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.linker import Edit, Length, Links, relocate
from mediaoptout.splice.patch import Insert, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Entry, Property
from mediaoptout.vocabularies.prose import is_ours
from mediaoptout.words import Carrier

MAX_SEGMENTS: Final = 64
"""How many Segments of a file are looked at."""

_DESCRIBING: Final = frozenset({INFO, TRACKS, CUES})
_FOREIGN: Final = frozenset({INFO, TRACKS, ATTACHMENTS, CHAPTERS})


@dataclass(frozen=True, slots=True, kw_only=True)
class MatroskaLayout(Layout):
    """A Matroska file as read.

    Args:
        document: its EBML header.
        segments: its Segments; the first one is written.
        tags: the Tags elements of the first one, each with the block that says what is in it.
    """

    document: Document
    segments: tuple[Segment, ...]
    tags: tuple[tuple[Element, Block], ...]


class Matroska(Container):
    """Matroska; see the module."""

    name: ClassVar[str] = "matroska"
    title: ClassVar[str] = "Matroska (RFC 9559)"
    media_types: ClassVar[tuple[str, ...]] = (
        "video/matroska",
        "audio/matroska",
        "video/x-matroska",
        "audio/x-matroska",
    )
    extensions: ClassVar[tuple[str, ...]] = (".mkv", ".mka", ".mks", ".mk3d")
    carries: ClassVar = {
        Carrier.MATROSKA_TAGS: Capability(write=True, place="Tags element"),
    }
    doc_type: ClassVar[str] = "matroska"
    """What the EBML header calls such a document."""

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether an EBML header says that this is such a document."""
        if not head.startswith(ebml.encoded_id(EBML)):
            return False
        found = document(source)
        return found is not None and found.doc_type == self.doc_type

    def read(self, source: Source) -> MatroskaLayout:
        """See `Container.read`."""
        found = document(source)
        if found is None:
            raise DamagedError("the file has no EBML header", at=0)
        segments, end = _segments(source, found)
        if not segments:
            raise DamagedError(
                "the file has no Segment",
                at=found.header.end,
                fix="get a complete copy of the file",
            )
        tags = tuple(_tags(source, segments[0], "Segment"))
        later = (
            _tags(source, segment, f"Segment {number}")
            for number, segment in enumerate(segments[1:], 2)
        )
        return MatroskaLayout(
            size=source.size,
            essence=tuple(span for segment in segments for span in segment.clusters),
            framing=tuple(_framing(source, segment) for segment in segments),
            links=Links(lengths=tuple(_length(source, segments[0]))),
            blocks=tuple(block for row in (tags, *later) for _, block in row),
            foreign=tuple(_foreign(source, segments, end)),
            obstacle=_obstacle(source, segments[0]),
            warnings=tuple(_warnings(source, segments[0])),
            document=found,
            segments=segments,
            tags=tags,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, MatroskaLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a Matroska file")
        if layout.obstacle is not None:
            raise layout.obstacle
        refuse_damaged(block for _, block in layout.tags)
        old, block = _written(layout)
        left = [entry for item in layout.blocks if item is not block for entry in item.entries]
        properties, warnings = agreed(wanted.properties, left, force=wanted.force)
        beside = {entry.name for _, b in layout.tags if b is not block for entry in b.entries}
        content = None if old is None else source.read(old.payload, old.end)
        properties = replace(wanted, properties=properties).told(Carrier.MATROSKA_TAGS)
        merged = matroska.merge(content, _lacking(properties, beside), force=wanted.force)
        edits: tuple[Edit, ...] = ()
        hints: tuple[str, ...] = ()
        if old is not None and content and not merged.size:
            edits = tuple(untold(source, layout.segments[0], old))
        elif not merged.unchanged(len(content or b"")):
            new = merged.rendered(content or b"")
            segment, max_id = layout.segments[0], layout.document.max_id
            home = None
            if old is not None and wanted.stripping:
                home = moved_back(source, segment, old, new)
            if home is not None:
                edits = home
            else:
                edits, hints = told(source, segment, old, new, wanted.padding, max_id)
            edits = _with_size(layout, edits)
        return Change(
            patch=relocate(source.size, layout.links, edits),
            carriers=(Carrier.MATROSKA_TAGS,) if merged.said else (),
            warnings=(*warnings, *merged.warnings, *hints),
        )


class WebM(Matroska):
    """WebM, which is Matroska with fewer codecs."""

    name: ClassVar[str] = "webm"
    title: ClassVar[str] = "WebM (RFC 9559)"
    media_types: ClassVar[tuple[str, ...]] = ("video/webm", "audio/webm")
    extensions: ClassVar[tuple[str, ...]] = (".webm", ".weba")
    doc_type: ClassVar[str] = "webm"


# --- reading -------------------------------------------------------------------------------


def _segments(source: Source, found: Document) -> tuple[tuple[Segment, ...], int]:
    """The Segments of the file, and where they end; chained documents are followed."""
    budget = Budget(MAX_WALKED)
    segments: list[Segment] = []
    at = found.header.end
    while at < source.size and len(segments) < MAX_SEGMENTS:
        budget.take(at)
        item = element(source, at, source.size, found.max_id)
        if item is None or item.id not in (SEGMENT, EBML, ebml.VOID, ebml.CRC_32):
            break
        if item.id == SEGMENT:
            segments.append(read_segment(source, item, budget, found.max_id))
            at = segments[-1].element.end
        elif item.whole and item.known:
            at = item.end
        else:
            break
    return tuple(segments), at


def _tags(source: Source, segment: Segment, name: str) -> Iterator[tuple[Element, Block]]:
    for number, item in enumerate(segment.of(TAGS), 1):
        location = f"{name}/Tags" if number == 1 else f"{name}/Tags {number}"

        def parse(_: bytes, location: str, item: Element = item) -> tuple[Entry, ...]:
            return matroska.parse(source.read(item.payload, item.end), location)

        span = Span(item.start, item.end)
        yield item, parsed(Carrier.MATROSKA_TAGS, location, span, parse, b"")


def _framing(source: Source, segment: Segment) -> Hashable:
    """What describes the clusters, and what says where they stand, from the first of them on."""
    digests = tuple(
        (item.id, *cues_digest(source, segment, item))
        if item.id == CUES
        else (item.id, digest(source, item))
        for item in segment.elements
        if item.id in _DESCRIBING
    )
    distances = tuple(span.start - segment.first for span in segment.clusters)
    return digests, pointers(segment), distances


def _foreign(source: Source, segments: tuple[Segment, ...], end: int) -> Iterator[Span]:
    for segment in segments:
        for item in segment.elements:
            if item.id in _FOREIGN:
                yield Span(item.start, item.end)
            elif item.id == TAGS:
                with suppress(DamagedError, LimitError):
                    for place in matroska.others(source.read(item.payload, item.end)):
                        yield Span(item.payload + place.start, item.payload + place.end)
    if end < source.size:
        yield Span(end, source.size)


def _obstacle(source: Source, segment: Segment) -> RefusedError | None:
    first = element(source, segment.element.payload, segment.element.end)
    if first is not None and first.id == ebml.CRC_32:
        return RefusedError(
            "a check sum covers the whole Segment, and would be wrong after any change",
            at=first.start,
            fix="remultiplex the file with mkvmerge",
            code="segment-checksum",
        )
    return None


def _warnings(source: Source, segment: Segment) -> Iterator[str]:
    for item in segment.of(TAGS):
        with suppress(LimitError):
            data = source.read(item.payload, item.end)
            stated = ebml.check_sum(data)
            if stated is not None and ebml.checked(data[len(stated) :]) != data:
                yield f"the check sum of the tags at {item.start} is wrong"


def _length(source: Source, segment: Segment) -> Iterator[Length]:
    outer = segment.element
    if outer.known:
        value = ebml.unsigned(source.read(outer.size_at, outer.payload))
        yield Length(
            outer.size_at,
            outer.size_width,
            "big",
            outer.start,
            outer.end,
            value,
            "Segment's size",
        )


# --- writing -------------------------------------------------------------------------------


def _written(layout: MatroskaLayout) -> tuple[Element | None, Block | None]:
    """The Tags element that is written: the one that ours are in, else the first."""
    for item, block in layout.tags:
        if any(e.name.startswith("tdm:") or is_ours(e.value) for e in block.entries):
            return item, block
    return layout.tags[0] if layout.tags else (None, None)


def _lacking(properties: tuple[Property, ...], beside: set[str]) -> tuple[Property, ...]:
    """The properties without the texts that another Tags element of the Segment states."""
    return tuple(
        item
        for item in properties
        if item.goes or item.name not in beside or item.name == "tdm:reservation"
    )


def _with_size(layout: MatroskaLayout, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits with a wider size of the Segment, where the new one does not fit its field."""
    stated = next(iter(layout.links.lengths), None)
    if stated is None:
        return edits
    outer = layout.segments[0].element
    size = stated.value - (1 << 7 * stated.width) + sum(edit.growth for edit in edits)
    if ebml.size_width(size) <= stated.width:
        return edits
    width = ebml.size_width(size)
    if width > layout.document.max_size:
        raise RefusedError(
            "the Segment cannot grow: its size would be wider than the EBML header allows",
            at=outer.size_at,
            fix="remultiplex the file with mkvmerge",
            code="overflow",
        )
    field = Insert(ebml.size_field(size, layout.document.max_size))
    return (Edit(outer.size_at, outer.payload, (field,)), *edits)


FAMILIES: Final[tuple[Container, ...]] = (Matroska(), WebM())
