"""FLAC (RFC 9639): what we say stands in the ``VORBIS_COMMENT`` block.

Growth is taken from ``PADDING``, so that the frames stay where they are. ID3v2 tags before
``fLaC`` and tags behind the frames, which the standard does not know, are read and kept; a C2PA
manifest stands in such a leading tag. Nothing in FLAC says where a byte stands in the file: seek
points count from the first frame.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final, NamedTuple

from mediaoptout.carriers import id3, vorbis
from mediaoptout.carriers.merged import Merged
from mediaoptout.containers import flac_pictures, id3_tags, trailing
from mediaoptout.containers.base import Block, Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import agreed, grounded, parsed, refuse_damaged
from mediaoptout.containers.id3_tags import PlacedTag
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.linker import Edit, Length, Links, relocate
from mediaoptout.splice.patch import Insert, Piece, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Property
from mediaoptout.words import Carrier

SIGNATURE: Final = b"fLaC"
STREAMINFO, PADDING, SEEKTABLE, COMMENT, CUESHEET, PICTURE = 0, 1, 3, 4, 5, 6
FORBIDDEN: Final = 127
LAST: Final = 0x80
"""The bit of a block's first byte that says that frames follow it."""
MAX_SIZE: Final = (1 << 24) - 1
"""The largest block: its length has 24 bits."""
MAX_BLOCKS: Final = 1 << 16
MAX_TAGS: Final = 16

_HEADER: Final = 4
_STREAMINFO_SIZE: Final = 34
_DESCRIBING: Final = frozenset({STREAMINFO, SEEKTABLE, CUESHEET})
_GROWING: Final = frozenset({PADDING, COMMENT, PICTURE})
_NEW_TAG: Final = 3
"""The ID3v2 version of a tag that we put before the stream."""


class Meta(NamedTuple):
    """A metadata block: its type, and where it stands, its header included."""

    type: int
    start: int
    end: int

    @property
    def payload(self) -> Span:
        """Its content alone."""
        return Span(self.start + _HEADER, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlacLayout(Layout):
    """A FLAC as read.

    Args:
        tags: the ID3v2 tags before the stream.
        metas: the metadata blocks, in order.
        comments: the comment block of each ``VORBIS_COMMENT``; the first one is written.
    """

    tags: tuple[PlacedTag, ...]
    metas: tuple[Meta, ...]
    comments: tuple[Block, ...]

    def of(self, kind: int) -> tuple[Meta, ...]:
        """The metadata blocks of one type."""
        return tuple(meta for meta in self.metas if meta.type == kind)


class Flac(Container):
    """FLAC; see the module."""

    name: ClassVar[str] = "flac"
    title: ClassVar[str] = "FLAC (RFC 9639)"
    media_types: ClassVar[tuple[str, ...]] = ("audio/flac", "audio/x-flac")
    extensions: ClassVar[tuple[str, ...]] = (".flac", ".fla")
    carries: ClassVar = {
        Carrier.VORBIS_COMMENT: Capability(write=True, place="VORBIS_COMMENT block"),
        Carrier.ID3: Capability(write=False, place="ID3v2 tag before the stream", expected=False),
        Carrier.XMP: Capability(write=False, place="ID3v2 PRIV frame, comment XMP", expected=False),
        Carrier.C2PA: Capability(
            write=True,
            place="GEOB frame of an ID3v2 tag before the stream",
            note="only with --sign-flac: strict decoders refuse a tag before the stream",
            expected=False,
        ),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether ``fLaC`` stands at the beginning, or behind ID3v2 tags."""
        if head[:3] != b"ID3":
            return head.startswith(SIGNATURE)
        spans = _leading(source)
        start = spans[-1].end if spans else 0
        return source.read(start, min(start + 4, source.size)) == SIGNATURE

    def read(self, source: Source) -> FlacLayout:
        """See `Container.read`."""
        spans = _leading(source)
        start = spans[-1].end if spans else 0
        metas = tuple(_walk(source, start))
        frames = metas[-1].end
        behind = trailing.trailers(source, frames)
        essence = Span(frames, behind[-1].span.start if behind else source.size)
        tags = tuple(id3_tags.placed_tag(source, span) for span in spans)
        comments = tuple(_comments(source, metas))
        foreign = [span for tag in tags for span in id3_tags.foreign(tag)]
        foreign += [meta.payload for meta in metas if meta.type not in (PADDING, COMMENT)]
        if essence.end < source.size:
            foreign.append(Span(essence.end, source.size))
        return FlacLayout(
            size=source.size,
            essence=(essence,),
            framing=_framing(source, metas),
            links=Links(lengths=tuple(_length(m) for m in metas if m.type in _GROWING)),
            blocks=(*(block for tag in tags for block in tag.blocks), *comments),
            foreign=tuple(foreign),
            obstacle=_obstacle(source, metas, essence),
            tags=tags,
            metas=metas,
            comments=comments,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, FlacLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a FLAC")
        if layout.obstacle is not None:
            raise layout.obstacle
        refuse_damaged(layout.comments)
        read_only = [
            entry for b in layout.blocks if b not in layout.comments[:1] for entry in b.entries
        ]
        properties, warnings = agreed(wanted.properties, read_only, force=wanted.force)
        told = replace(wanted, properties=properties).told(Carrier.VORBIS_COMMENT)
        merged = _merged(source, layout, told, wanted.force)
        blocks = [(meta.start, meta.payload) for meta in layout.of(PICTURE)]
        covers, not_marked = flac_pictures.marked(source, blocks, wanted, MAX_SIZE)
        growth = sum(edit.growth for edit in covers)
        edits = [*_manifest(layout, wanted), *covers]
        if layout.comments and wanted.stripping:
            edits += _taken_out(layout, merged, wanted, growth)
        elif layout.comments:
            meta = layout.of(COMMENT)[0]
            changes = not merged.unchanged(meta.payload.size)
            if changes:
                pieces = merged.placed(meta.payload.start)
                edits.append(Edit(*meta.payload, pieces, inside=meta.start))
                growth += merged.size - meta.payload.size
            if changes or covers:
                edits += _make_room(layout, growth, (), wanted.padding)
        elif merged.size or covers:
            edits += _make_room(layout, growth, merged.pieces, wanted.padding)
        carriers = [Carrier.VORBIS_COMMENT] if merged.said else []
        if wanted.manifest is not None or (layout.manifest and not wanted.drop_manifest):
            carriers.append(Carrier.C2PA)
        patch = relocate(source.size, layout.links, edits)
        return Change(
            patch=grounded(patch, source, layout.essence),
            carriers=tuple(carriers),
            warnings=(*warnings, *merged.warnings, *not_marked),
        )

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """See `Container.manifest_store`."""
        for placed in layout.tags if isinstance(layout, FlacLayout) else ():
            for frame in placed.tag.frames if placed.tag else ():
                if placed.tag is not None and id3.is_manifest(placed.tag, frame):
                    return id3.manifest_store(placed.tag, frame)
        return None


# --- reading -------------------------------------------------------------------------------


def _leading(source: Source) -> tuple[Span, ...]:
    """The ID3v2 tags before the stream."""
    spans: list[Span] = []
    at = 0
    while len(spans) < MAX_TAGS:
        size = id3.tag_size(source.read(at, min(at + 10, source.size)))
        if size is None or at + size > source.size:
            break
        spans.append(Span(at, at + size))
        at += size
    return tuple(spans)


def _walk(source: Source, start: int) -> Iterator[Meta]:
    if source.read(start, min(start + 4, source.size)) != SIGNATURE:
        raise DamagedError("this is no FLAC stream", at=start)
    at = start + 4
    for _ in range(MAX_BLOCKS):
        head = source.read(at, at + _HEADER)
        kind, end = head[0] & ~LAST, at + _HEADER + int.from_bytes(head[1:], "big")
        if kind == FORBIDDEN or end > source.size:
            raise DamagedError(
                "a metadata block has no valid type"
                if kind == FORBIDDEN
                else "a metadata block is longer than the file",
                at=at,
                fix="get a sound copy of the file",
            )
        yield Meta(kind, at, end)
        if head[0] & LAST:
            return
        at = end
    raise LimitError(f"there are more than {MAX_BLOCKS} metadata blocks", at=at)


def _comments(source: Source, metas: tuple[Meta, ...]) -> Iterator[Block]:
    found = [meta for meta in metas if meta.type == COMMENT]
    for number, meta in enumerate(found, 1):
        location = "VORBIS_COMMENT" if number == 1 else f"VORBIS_COMMENT {number}"
        data = source.read(*meta.payload)
        span = Span(meta.start, meta.end)
        yield parsed(Carrier.VORBIS_COMMENT, location, span, vorbis.parse, data)


def _length(meta: Meta) -> Length:
    size = meta.payload.size
    return Length(meta.start + 1, 3, "big", meta.start, meta.end, size, "metadata block's length")


def _framing(source: Source, metas: tuple[Meta, ...]) -> Hashable:
    """The blocks that describe the stream: its parameters, seek points and cue sheet."""
    return tuple(
        (meta.type, hashlib.sha256(source.read(*meta.payload)).digest())
        for meta in metas
        if meta.type in _DESCRIBING
    )


def _obstacle(source: Source, metas: tuple[Meta, ...], essence: Span) -> RefusedError | None:
    first = metas[0]
    if first.type != STREAMINFO or first.payload.size != _STREAMINFO_SIZE:
        return RefusedError(
            "the stream does not begin with a STREAMINFO block",
            at=first.start,
            fix="decode and encode the file anew (flac -F)",
            code="no-streaminfo",
        )
    sync = source.read(essence.start, min(essence.start + 2, essence.end))
    if sync and (len(sync) < 2 or sync[0] != 0xFF or sync[1] & 0xFC != 0xF8):
        return RefusedError(
            "no frame stands behind the metadata blocks: a length in them is wrong",
            at=essence.start,
            fix="decode and encode the file anew (flac -F)",
            code="no-frames",
        )
    return None


# --- writing -------------------------------------------------------------------------------


def _merged(
    source: Source, layout: FlacLayout, properties: tuple[Property, ...], force: bool
) -> Merged:
    """The first comment block with ours in it; texts that a second one states are left to it."""
    elsewhere = {entry.name for block in layout.comments[1:] for entry in block.entries}
    elsewhere.discard("tdm:reservation")
    properties = tuple(item for item in properties if item.name not in elsewhere)
    first = next(iter(layout.of(COMMENT)), None)
    data = source.read(*first.payload) if first else None
    return vorbis.merge(data, properties, force=force)


def _make_room(
    layout: FlacLayout, growth: int, comments: tuple[Piece, ...], padding: int
) -> Iterator[Edit]:
    """The edits that let ``PADDING`` give or take, and put a new comment block before it.

    The frames stay where they are if the padding suffices; else they move, and there will be at
    least ``padding`` bytes of it.

    Args:
        layout: the file.
        growth: what the comment block that is there needs more.
        comments: a new comment block's content; empty if there is a block.
        padding: how much room to leave where the frames move.
    """
    block = _rendered(COMMENT, comments) if comments else ()
    need = growth + sum(piece.size for piece in block)
    paddings = layout.of(PADDING)
    if paddings:
        giver = max(paddings, key=lambda meta: meta.payload.size)
        there = giver.payload.size
        left = there - need
        room = left if 0 <= left <= MAX_SIZE else max(there, min(padding, MAX_SIZE))
        yield Edit(giver.start, giver.start, block)
        if room < there:
            yield Edit(giver.end - (there - room), giver.end, (), inside=giver.start)
        else:
            yield Edit(giver.end, giver.end, (Insert(bytes(room - there)),), inside=giver.start)
        return
    if not need:
        return
    last = layout.metas[-1]
    freed = -need - _HEADER
    size = freed if freed >= 0 else min(padding, MAX_SIZE)
    filling = _rendered(PADDING, (Insert(bytes(size)),), last=True)
    yield Edit(last.start, last.start + 1, (Insert(bytes((last.type,))),))
    yield Edit(last.end, last.end, (*block, *filling))


def _taken_out(layout: FlacLayout, merged: Merged, wanted: Wanted, growth: int) -> Iterator[Edit]:
    """The edits that take ours out of the comment block, or that block out of the file.

    What becomes free is padding again; padding that we made goes too, and the frames move.

    Args:
        layout: the file.
        merged: the comment block without ours.
        wanted: what shall go.
        growth: by how many bytes other blocks grow.
    """
    meta = layout.of(COMMENT)[0]
    same = merged.unchanged(meta.payload.size)
    if same and not growth:
        return
    dropped = [meta] if not merged.size else []
    paddings = layout.of(PADDING)
    giver = max(paddings, key=lambda item: item.payload.size, default=None)
    if giver is not None and wanted.freed(giver.payload.size):
        dropped.append(giver)
    else:
        size = meta.end - meta.start if dropped else meta.payload.size - merged.size
        yield from _make_room(layout, growth - size, (), wanted.padding)
    if merged.size and not same:
        pieces = merged.placed(meta.payload.start)
        yield Edit(*meta.payload, pieces, inside=meta.start)
    for item in dropped:
        yield Edit(item.start, item.end, ())
    last = next(item for item in reversed(layout.metas) if item not in dropped)
    if layout.metas[-1] in dropped:
        yield Edit(last.start, last.start + 1, (Insert(bytes((last.type | LAST,))),))


def _rendered(kind: int, content: tuple[Piece, ...], *, last: bool = False) -> tuple[Piece, ...]:
    """A new metadata block."""
    size = sum(piece.size for piece in content)
    return Insert(bytes((kind | LAST * last,)) + size.to_bytes(3, "big")), *content


def _manifest(layout: FlacLayout, wanted: Wanted) -> Iterator[Edit]:
    """Put the hole for a manifest into the first ID3v2 tag; take manifests that are there out.

    A tag that holds nothing else goes with its manifest.
    """
    if wanted.manifest is None and not wanted.drop_manifest:
        return
    for index, placed in enumerate(layout.tags):
        keeps = index == 0 and wanted.manifest is not None
        if not keeps and not placed.manifests:
            continue
        refuse_damaged(placed.blocks)
        if placed.tag is None:
            continue
        if not keeps and len(placed.manifests) == len(placed.tag.frames):
            yield Edit(*placed.span, ())
            continue
        telling = id3.Telling(
            (),
            packet=False,
            upgrade=wanted.upgrade_id3,
            padding=wanted.padding,
            manifest=wanted.manifest if keeps else None,
            drop_manifest=not keeps,
        )
        yield from id3_tags.edits(placed.span, id3.merge_tag(placed.tag, telling))
    if not layout.tags and wanted.manifest is not None:
        telling = id3.Telling((), packet=False, padding=0, manifest=wanted.manifest)
        yield Edit(0, 0, id3.merge_tag(id3.empty_tag(_NEW_TAG), telling).pieces)


FAMILIES: Final[tuple[Container, ...]] = (Flac(),)
