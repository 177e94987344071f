"""MP3, and MPEG audio of the layers I and II: frames between tags.

Everything that we say stands in the ID3v2 tag before the audio. Tags behind it (ID3v1, Lyrics3,
APE, an appended ID3v2.4) are read and left as they are: they have no room for it, or few readers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from mediaoptout.carriers import id3, id3v1
from mediaoptout.containers import id3_tags, kinds, mpa, pictures, tagged, trailing
from mediaoptout.containers.base import Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import agreed, refuse_damaged
from mediaoptout.containers.id3_tags import PlacedTag
from mediaoptout.containers.tagged import Lead
from mediaoptout.errors import DamagedError
from mediaoptout.splice.linker import Links, relocate
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.words import Carrier

_HEAD: Final = 512
_VERSION: Final = 3
"""The version of a new tag: the one that every player reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mp3Layout(Layout):
    """An MP3 as read.

    Args:
        tags: the ID3v2 tags before the audio.
        appended: those behind it.
        others: what tags say that we only read.
        legacy: the ID3v1 tag, or None.
    """

    tags: tuple[PlacedTag, ...]
    appended: tuple[PlacedTag, ...]
    others: tuple[Entry, ...]
    legacy: id3v1.Id3v1 | None


class Mp3(Container):
    """MPEG audio: ID3v2 before the frames; see the module."""

    name: ClassVar = "mp3"
    title: ClassVar = "MP3, MP2 (ISO/IEC 11172-3, 13818-3; ID3v2)"
    media_types: ClassVar = ("audio/mpeg", "audio/mp3", "audio/x-mp3")
    extensions: ClassVar = (".mp3", ".mp2", ".mp1", ".mpga")
    carries: ClassVar = {
        Carrier.ID3: Capability(
            write=True,
            place="ID3v2 tag before the audio (TCOP, WCOP, USER, TXXX); ID3v1 is read",
            note="the tag keeps its version; a new one is v2.3",
        ),
        Carrier.APE: Capability(write=False, place="APE tag behind or before the audio"),
        Carrier.XMP: Capability(
            write=True,
            place="ID3v2 PRIV frame, owner XMP",
            note="v2.2 tags only with --upgrade-id3",
        ),
        Carrier.C2PA: Capability(
            write=True,
            place="ID3v2 GEOB frame, application/c2pa",
            note="v2.2 tags only with --upgrade-id3",
        ),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether MPEG audio frames follow each other behind the tags.

        A file of tags with nothing known behind them is ours too: it is a damaged MP3.
        """
        if head[:3] != b"ID3" and kinds.kind(head) is not None:
            return False
        try:
            lead = tagged.leading(source)
        except DamagedError:
            return True
        data = source.read(lead.end, min(lead.end + _HEAD, source.size))
        if (
            kinds.kind(data) is not None
            or data.startswith(kinds.WRAPPERS)
            or data[257:262] == b"ustar"
        ):
            return False
        tags = trailing.trailers(source, lead.end)
        end = tags[-1].span.start if tags else source.size
        if lead.tags:
            return True
        return mpa.first_frame(source, lead.end, end, tagged=bool(tags)) is not None

    def read(self, source: Source) -> Mp3Layout:
        """See `Container.read`."""
        lead = tagged.leading(source)
        behind = trailing.trailers(source, lead.end)
        end = behind[-1].span.start if behind else source.size
        first = mpa.first_frame(source, lead.end, end, tagged=bool(lead.tags or behind))
        if first is None:
            raise DamagedError(
                "no MPEG audio frames follow each other where the audio should begin",
                at=lead.end,
                fix="get a sound copy of the file, or check its kind",
            )
        essence = Span(first.start, end)
        tags = tuple(id3_tags.placed_tag(source, span) for span in lead.tags)
        appended = tagged.appended_tags(source, behind)
        others = [b for item in reversed(behind) if (b := tagged.trailing_block(source, item))]
        if lead.ape is not None:
            others.insert(0, tagged.placed_ape(source, lead.ape).block)
        references, obstacle = tagged.stated_places((*tags, *appended), essence)
        blocks = [block for tag in tags for block in tag.blocks]
        blocks += [block for tag in appended for block in tag.blocks]
        later = [block for tag in (*tags[1:], *appended) for block in tag.blocks]
        return Mp3Layout(
            size=source.size,
            essence=(essence,),
            framing=_framing(source, first, end),
            links=Links(references=references),
            blocks=(*blocks, *others),
            foreign=tuple(_foreign(lead, tags, essence, source.size)),
            obstacle=obstacle,
            placeless=_placeless(tags),
            warnings=tuple(tagged.oddities((*tags, *appended))),
            tags=tags,
            appended=appended,
            others=tuple(entry for block in (*later, *others) for entry in block.entries),
            legacy=tagged.legacy_tag(source, behind),
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, Mp3Layout):
            raise TypeError(f"a {type(layout).__name__} is no layout of an MP3")
        if layout.obstacle is not None:
            raise layout.obstacle
        first = layout.tags[0] if layout.tags else None
        if first is not None:
            refuse_damaged(first.blocks)
        properties, warnings = agreed(wanted.properties, layout.others, force=wanted.force)
        # Only ID3v1 and other ID3v2 tags are hidden by frames of ours; readers show APE beside.
        elsewhere = {entry.name for entry in layout.others if entry.carrier is Carrier.ID3}
        telling = id3.Telling(
            replace(wanted, properties=properties).told(Carrier.ID3) or properties,
            frames=bool(wanted.told(Carrier.ID3)),
            packet=bool(wanted.told(Carrier.XMP)),
            force=wanted.force,
            padding=wanted.padding,
            upgrade=wanted.upgrade_id3,
            manifest=wanted.manifest,
            drop_manifest=wanted.drop_manifest,
            repeated=layout.legacy.frames() if layout.legacy else (),
            elsewhere=frozenset(elsewhere - {"tdm:reservation"}),
            retouch=pictures.marker(wanted),
        )
        span, tag = (first.span, first.tag) if first else (Span(0, 0), None)
        if tag is None and not properties and wanted.manifest is None:
            return Change(patch=relocate(source.size, layout.links, ()), carriers=())
        merged = id3.merge_tag(tag or id3.empty_tag(_VERSION), telling)
        edits = list(id3_tags.edits(span, merged))
        if wanted.manifest is not None or wanted.drop_manifest:
            edits += tagged.without_manifests(layout.tags[1:])
        return Change(
            patch=relocate(source.size, layout.links, edits),
            carriers=merged.carriers,
            warnings=(*warnings, *merged.warnings),
        )

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """See `Container.manifest_store`."""
        return tagged.manifest_in(layout.tags) if isinstance(layout, Mp3Layout) else None


def _framing(source: Source, first: mpa.FirstFrame, end: int) -> tuple[int, str]:
    """What decoders start from: the first frame, with its Xing, Info, VBRI or LAME header."""
    data = source.read(first.start, min(first.start + first.size, end))
    return first.header.word, hashlib.sha256(data).hexdigest()


def _foreign(lead: Lead, tags: tuple[PlacedTag, ...], essence: Span, size: int) -> Iterator[Span]:
    for placed in tags[:1]:
        yield from id3_tags.foreign(placed)
    at = tags[0].span.end if tags else 0
    spans = [Span(at, essence.start), Span(essence.end, size)]
    if any(placed.manifests for placed in tags[1:]):
        spans[0] = Span(lead.end, essence.start)
    yield from (span for span in spans if span.size)


def _placeless(tags: tuple[PlacedTag, ...]) -> frozenset[Carrier]:
    """What the tag that we write into cannot hold: v2.2 has neither packets nor manifests."""
    first = tags[0].tag if tags else None
    old = first is not None and first.header.version == 2
    return frozenset({Carrier.XMP, Carrier.C2PA}) if old else frozenset()


FAMILIES: Final[tuple[Container, ...]] = (Mp3(),)
