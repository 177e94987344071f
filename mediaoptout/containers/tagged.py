"""Audio between tags: ID3v2 and APE before it, ID3v1, Lyrics3, APE and ID3v2.4 behind it.

The families whose own format has no place for tags. A reservation goes into the tag that players
of the family read; where a file has only another kind of tag, it goes into that one, since readers
that find two kinds mostly show one of them.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from mediaoptout.carriers import ape, id3, id3v1
from mediaoptout.carriers.merged import Merged
from mediaoptout.containers import id3_tags, pictures, trailing
from mediaoptout.containers.base import Block, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import DAMAGED, agreed, refuse_damaged
from mediaoptout.containers.id3_tags import PlacedTag
from mediaoptout.containers.trailing import Kind, Trailer
from mediaoptout.errors import DamagedError, ErrorInfo, LimitError, RefusedError
from mediaoptout.splice.linker import Edit, Links, Reference, relocate
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.words import Carrier

MAX_TAGS: Final = 16
MAX_GAP: Final = 1 << 16
"""How many zeros may stand between two ID3v2 tags."""

_VERSION: Final = 3
"""The version of a new ID3v2 tag: the one that every player reads."""

_HEAD: Final = 4096
"""How many first bytes of the audio, its headers among them, stand for how it is framed."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The tags before the audio: their spans, and where they end."""

    tags: tuple[Span, ...]
    ape: Span | None
    end: int


def leading(source: Source) -> Lead:
    """Walk the tags at the beginning.

    Raises:
        DamagedError: one of them reaches beyond the file's end.
    """
    tags: list[Span] = []
    at = 0
    while len(tags) < MAX_TAGS:
        size = id3.tag_size(source.read(at, min(at + 10, source.size)))
        if size is None:
            gap = source.read(at, min(at + MAX_GAP, source.size)) if tags else b""
            zeros = len(gap) - len(gap.lstrip(b"\0"))
            size = id3.tag_size(gap[zeros : zeros + 10]) if zeros else None
            if size is None:
                break
            at += zeros
        if at + size > source.size:
            raise DamagedError(
                f"the ID3v2 tag says it is {size} bytes long, but the file ends before",
                at=at,
                fix="get a complete copy of the file",
                code="truncated",
            )
        tags.append(Span(at, at + size))
        at += size
    first = ape.leading_span(source, at)
    return Lead(tuple(tags), first, first.end if first else at)


@dataclass(frozen=True, slots=True)
class PlacedApe:
    """An APE tag and where it stands.

    Args:
        tag: the tag, walked; None if it cannot be read.
        block: what it says, or why it cannot be read.
    """

    tag: ape.Tag | None
    block: Block

    @property
    def span(self) -> Span:
        """Its bytes."""
        return self.block.span


def placed_ape(source: Source, span: Span) -> PlacedApe:
    """The APE tag that stands at ``span``; a tag that cannot be read is one too."""
    try:
        tag = ape.read_tag(source, span)
    except (DamagedError, LimitError) as error:
        info = ErrorInfo(DAMAGED, error.message, error.at, error.fix)
        return PlacedApe(None, Block(Carrier.APE, "APEv2", span, error=info))
    location = "APEv2" if tag.version >= ape.VERSION else "APEv1"
    return PlacedApe(tag, Block(Carrier.APE, location, span, ape.entries(tag, location)))


def trailing_block(source: Source, item: Trailer) -> Block | None:
    """The block that an APE or ID3v1 tag behind the audio is; None for other tags."""
    if item.kind is Kind.APE:
        return placed_ape(source, item.span).block
    if item.kind is Kind.ID3V1:
        tag = id3v1.parse(source.read(*item.span))
        entries = tuple(id3v1.entries(tag, "ID3v1")) if tag else ()
        return Block(Carrier.ID3, "ID3v1", item.span, entries)
    return None


def appended_tags(source: Source, behind: tuple[Trailer, ...]) -> tuple[PlacedTag, ...]:
    """The ID3v2.4 tags behind the audio, in the order of the file."""
    return tuple(
        id3_tags.placed_tag(source, item.span, appended=True)
        for item in reversed(behind)
        if item.kind is Kind.ID3V2
    )


def legacy_tag(source: Source, behind: tuple[Trailer, ...]) -> id3v1.Id3v1 | None:
    """The ID3v1 tag at the file's end, or None."""
    span = next((item.span for item in behind if item.kind is Kind.ID3V1), None)
    return id3v1.parse(source.read(*span)) if span else None


def stated_places(
    tags: Iterable[PlacedTag], essence: Span
) -> tuple[tuple[Reference, ...], RefusedError | None]:
    """The places in the audio that ID3v2 frames state, or why they cannot be changed."""
    try:
        found = [item for tag in tags for item in id3_tags.references(tag, essence)]
    except RefusedError as error:
        return (), error
    return tuple(found), None


def oddities(tags: tuple[PlacedTag, ...]) -> Iterator[str]:
    """What a user should know of the ID3v2 tags, as sentences."""
    for placed in tags:
        if placed.tag is not None and placed.tag.tail.size:
            yield (
                f"{placed.tag.tail.size} bytes at the end of the ID3v2 tag at"
                f" {placed.span.start} are no frames; they are kept"
            )
    if len(tags) > 1:
        yield f"the file has {len(tags)} ID3v2 tags; the first one is written"


def without_manifests(tags: Iterable[PlacedTag]) -> Iterator[Edit]:
    """Take the C2PA manifests out of ID3v2 tags that are not written otherwise."""
    for placed in tags:
        if placed.tag is not None and placed.manifests:
            telling = id3.Telling((), drop_manifest=True, packet=False)
            yield from id3_tags.edits(placed.span, id3.merge_tag(placed.tag, telling))


def manifest_in(tags: Iterable[PlacedTag]) -> bytes | None:
    """The first C2PA manifest store that ID3v2 tags hold, or None."""
    for placed in tags:
        for frame in placed.tag.frames if placed.tag else ():
            if placed.tag is not None and id3.is_manifest(placed.tag, frame):
                return id3.manifest_store(placed.tag, frame)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedLayout(Layout):
    """Audio between tags, as read.

    Args:
        tags: the ID3v2 tags before the audio.
        ape: the APE tag behind it; the last, if there are several.
        legacy: the ID3v1 tag, or None.
    """

    tags: tuple[PlacedTag, ...]
    ape: PlacedApe | None
    legacy: id3v1.Id3v1 | None


class TaggedAudio(Container):
    """A family whose tags stand around the audio."""

    customary: ClassVar[Carrier]
    """The kind of tag that its players read: APE behind the audio, or ID3 before it."""

    @abstractmethod
    def begins(self, source: Source, audio: Span) -> bool:
        """Whether ``audio``, what stands between the tags, is audio of the family."""

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether the family's audio begins behind the tags."""
        start = leading(source).end if head.startswith((b"ID3", ape.MAGIC)) else 0
        return self.begins(source, Span(start, source.size))

    def read(self, source: Source) -> TaggedLayout:
        """See `Container.read`."""
        lead = leading(source)
        behind = trailing.trailers(source, lead.end)
        essence = Span(lead.end, behind[-1].span.start if behind else source.size)
        if not self.begins(source, essence):
            raise DamagedError(
                f"no {self.title} begins where it should",
                at=lead.end,
                fix="get a sound copy of the file, or check its kind",
            )
        tags = tuple(id3_tags.placed_tag(source, span) for span in lead.tags)
        appended = appended_tags(source, behind)
        written = _written_ape(source, behind, essence)
        blocks = [block for tag in (*tags, *appended) for block in tag.blocks]
        if lead.ape is not None:
            blocks.append(placed_ape(source, lead.ape).block)
        if written is not None and not any(item.kind is Kind.APE for item in behind):
            blocks.append(written.block)
        blocks += [b for item in reversed(behind) if (b := trailing_block(source, item))]
        references, obstacle = stated_places((*tags, *appended), essence)
        return TaggedLayout(
            size=source.size,
            essence=(essence,),
            framing=_framing(source, essence),
            links=Links(references=references),
            blocks=tuple(blocks),
            foreign=tuple(_foreign(lead, tags, written, behind)),
            obstacle=obstacle,
            placeless=_ID3 if written is not None and not tags else frozenset(),
            warnings=tuple(oddities((*tags, *appended))),
            tags=tags,
            ape=written,
            legacy=legacy_tag(source, behind),
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, TaggedLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of {self.title}")
        if layout.obstacle is not None:
            raise layout.obstacle
        told = self._told(layout)
        ours = [*layout.tags[0].blocks] if layout.tags and Carrier.ID3 in told else []
        if layout.ape is not None and Carrier.APE in told:
            ours.append(layout.ape.block)
        refuse_damaged(ours)
        others = [entry for b in layout.blocks if b not in ours for entry in b.entries]
        properties, warnings = agreed(wanted.properties, others, force=wanted.force)
        wanted = replace(wanted, properties=properties)
        edits: list[Edit] = []
        said: list[Carrier] = []
        if Carrier.ID3 in told and (properties or layout.tags):
            merged = _merged_id3(layout, wanted, others)
            edits += id3_tags.edits(layout.tags[0].span if layout.tags else Span(0, 0), merged)
            said += merged.carriers
            warnings += merged.warnings
        if Carrier.APE in told:
            tag = _merged_ape(layout, wanted)
            end = layout.essence[0].end
            edits += id3_tags.edits(layout.ape.span if layout.ape else Span(end, end), tag)
            said += [Carrier.APE] if tag.said else []
            warnings += tag.warnings
        if wanted.drop_manifest:
            edits += without_manifests(layout.tags[Carrier.ID3 in told :])
        return Change(
            patch=relocate(source.size, layout.links, edits),
            carriers=tuple(carrier for carrier in self.carries if carrier in said),
            warnings=tuple(dict.fromkeys(warnings)),
        )

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """See `Container.manifest_store`."""
        return manifest_in(layout.tags) if isinstance(layout, TaggedLayout) else None

    def _told(self, layout: TaggedLayout) -> frozenset[Carrier]:
        """The kinds of tag that are written: of those that are there, or else the usual one."""
        found = {Carrier.ID3} if layout.tags else set()
        if layout.ape is not None:
            found.add(Carrier.APE)
        if not found or (self.customary is Carrier.APE and layout.ape is not None):
            return frozenset({self.customary})
        return frozenset(found)


_ID3: Final = frozenset({Carrier.ID3, Carrier.XMP})
"""What a file with an APE tag alone is not given besides: one tag is enough."""


def _written_ape(source: Source, behind: tuple[Trailer, ...], essence: Span) -> PlacedApe | None:
    span = next((item.span for item in behind if item.kind is Kind.APE), None)
    if span is not None:
        return placed_ape(source, span)
    footer = Span(max(essence.start, essence.end - ape.FOOTER), essence.end)
    if footer.size < ape.FOOTER or not source.read(*footer).startswith(ape.MAGIC):
        return None
    info = ErrorInfo(
        DAMAGED,
        "the size in the APE tag's footer cannot be right",
        f"offset {footer.start}",
        "have the tag written anew by a tag editor",
    )
    return PlacedApe(None, Block(Carrier.APE, "APEv2", footer, error=info))


def _merged_id3(layout: TaggedLayout, wanted: Wanted, others: Iterable[Entry]) -> id3.MergedTag:
    tag = layout.tags[0].tag if layout.tags else None
    # Only ID3v1 and other ID3v2 tags are hidden by frames of ours; readers show APE beside.
    elsewhere = {entry.name for entry in others if entry.carrier is Carrier.ID3}
    telling = id3.Telling(
        wanted.told(Carrier.ID3) or wanted.properties,
        frames=bool(wanted.told(Carrier.ID3)),
        packet=bool(wanted.told(Carrier.XMP)),
        force=wanted.force,
        padding=wanted.padding,
        upgrade=wanted.upgrade_id3,
        drop_manifest=wanted.drop_manifest,
        repeated=layout.legacy.frames() if layout.legacy else (),
        elsewhere=frozenset(elsewhere - {"tdm:reservation"}),
        retouch=pictures.marker(wanted),
    )
    return id3.merge_tag(tag or id3.empty_tag(_VERSION), telling)


def _merged_ape(layout: TaggedLayout, wanted: Wanted) -> Merged:
    properties = wanted.told(Carrier.APE)
    tag = layout.ape.tag if layout.ape else None
    repeated = layout.legacy.items() if layout.legacy and tag is None else ()
    return ape.merge_tag(tag, properties, force=wanted.force, repeated=repeated)


def _framing(source: Source, essence: Span) -> tuple[int, str]:
    head = source.read(essence.start, min(essence.start + _HEAD, essence.end))
    return essence.size, hashlib.sha256(head).hexdigest()


def _foreign(
    lead: Lead,
    tags: tuple[PlacedTag, ...],
    written: PlacedApe | None,
    behind: tuple[Trailer, ...],
) -> Iterator[Span]:
    """What others wrote around the audio: all but the statements of the tags that are written."""
    for placed in tags:
        yield from id3_tags.foreign(placed)
    if lead.ape is not None:
        yield lead.ape
    for item in reversed(behind):
        at = item.span.start
        if written is None or written.tag is None or item.span != written.span:
            yield item.span
            continue
        yield from (Span(at + span.start, at + span.end) for span in ape.foreign(written.tag))
