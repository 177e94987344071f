"""JPEG (ITU-T T.81) with JFIF, Exif, XMP, Photoshop, MPF and JUMBF segments.

Metadata stand in marker segments before the first scan. Everything from there on is the essence:
scans, restart markers, other pictures, gain maps, films of motion photos and trailers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from mediaoptout.carriers import exif, iim, xmp
from mediaoptout.containers import mpf, previews, segments
from mediaoptout.containers.base import (
    MANIFEST,
    Block,
    Capability,
    Change,
    Container,
    Layout,
    Wanted,
)
from mediaoptout.containers.blocks import agreed, parsed, refuse_damaged
from mediaoptout.containers.images import MAX_INFLATED, xmp_block
from mediaoptout.containers.segments import APP0, APP1, APP2, APP13, APP14, COM, Segment
from mediaoptout.errors import DamagedError
from mediaoptout.splice.linker import Edit, Length, Links, Reference, relocate
from mediaoptout.splice.patch import Hole, Insert, Piece, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Property, noted, noted_too
from mediaoptout.words import Carrier

MAX_PACKET: Final = 65_502
"""The longest main packet, in bytes (XMP Part 3, 1.1.3)."""
MAX_EXIF: Final = segments.MAX_PAYLOAD - len(segments.EXIF)


@dataclass(frozen=True, slots=True, kw_only=True)
class JpegLayout(Layout):
    """A JPEG as read.

    Args:
        segments: the segments before the first scan, in the order of the file.
        scan: where the first scan begins.
        packet: the segment of the main XMP packet, or None.
        packet_block: what the main packet says.
        exif: the segment of the Exif block; None if there is none, or several.
        store: the segments of the manifest store.
    """

    segments: tuple[Segment, ...]
    scan: int
    packet: Segment | None
    packet_block: Block | None
    exif: Segment | None
    store: tuple[Segment, ...]


class Jpeg(Container):
    """JPEG, with the pictures and trailers that may follow it."""

    name: ClassVar = "jpeg"
    title: ClassVar = "JPEG (ITU-T T.81, ISO/IEC 10918)"
    media_types: ClassVar = ("image/jpeg",)
    extensions: ClassVar = (".jpg", ".jpeg", ".jpe", ".jfif")
    carries: ClassVar = {
        Carrier.EXIF: Capability(
            write=True,
            place="APP1, IFD0 tag 33432",
            note="where there is Exif with room in it",
            expected=False,
        ),
        Carrier.IIM: Capability(write=False, place="APP13, resource 1028"),
        Carrier.PSIR: Capability(write=False, place="APP13, resources 1034 and 1035"),
        Carrier.XMP: Capability(write=True, place="APP1"),
        Carrier.C2PA: Capability(write=True, place="APP11"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it begins with SOI and a marker; see `Container.recognises`."""
        return head.startswith(segments.SOI + b"\xff")

    def read(self, source: Source) -> JpegLayout:
        """See `Container.read`."""
        walk = segments.walk(source)
        store = segments.manifest_segments(walk.segments)
        packets = [(s, _packet_block(source, s)) for s in walk.segments if _is_packet(s)]
        exifs = [s for s in walk.segments if s.begins(APP1, segments.EXIF)]
        indexes = [s for s in walk.segments if s.begins(APP2, segments.MPF)]
        main, main_block = packets[0] if packets else (None, None)
        blocks = [block for _, block in packets]
        blocks += [_exif_block(source, segment) for segment in exifs]
        warnings = [f"bytes at {at} belong to no segment" for at in walk.garbage]
        for extension in segments.extensions(source, walk.segments, MAX_INFLATED):
            if extension.data is None:
                warnings.append(f"parts of the extended XMP {extension.guid} are missing")
            else:
                blocks.append(xmp_block(extension.data, "APP1/ExtendedXMP", extension.span))
        blocks += _photoshop_blocks(source, walk.segments)
        if store:
            blocks.append(Block(Carrier.C2PA, "APP11", Span(store[0].start, store[-1].end)))
        ours = {*store, *indexes, *([main] if main else []), *exifs[:1]}
        return JpegLayout(
            size=source.size,
            essence=(Span(walk.scan, source.size),),
            framing=_framing(source, walk.segments),
            links=Links(
                references=tuple(
                    reference
                    for index in indexes
                    for reference in mpf.references(
                        source, index.payload.start + len(segments.MPF), index.end, walk.scan
                    )
                ),
                lengths=tuple(
                    Length(s.start + 2, 2, "big", s.start, s.end, s.end - s.start - 2, "segment")
                    for s in walk.segments
                ),
            ),
            blocks=tuple(sorted(blocks, key=lambda block: block.span.start)),
            foreign=tuple(s.span for s in walk.segments if s not in ours),
            warnings=tuple(warnings),
            segments=walk.segments,
            scan=walk.scan,
            packet=main,
            packet_block=main_block,
            exif=exifs[0] if len(exifs) == 1 else None,
            store=store,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, JpegLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a JPEG")
        main = layout.packet_block
        others = [b for b in layout.blocks if b.carrier is Carrier.XMP and b is not main]
        refuse_damaged([*([main] if main else []), *others])
        entries = (entry for block in others for entry in block.entries)
        properties, warnings = agreed(wanted.properties, entries, force=wanted.force)

        edits: list[Edit] = []
        carriers: list[Carrier] = []
        agreeing = replace(wanted, properties=properties)
        for carrier, step in ((Carrier.EXIF, _exif), (Carrier.XMP, _packet)):
            said, more = step(source, layout, agreeing.told(carrier), wanted, edits)
            warnings += more
            if said:
                carriers.append(carrier)
        if self._manifest(layout, wanted, edits):
            carriers.append(Carrier.C2PA)
        edits, links = _mindful_of_exif(source, layout, edits)
        patch = relocate(source.size, links, edits)
        return Change(patch=patch, carriers=tuple(carriers), warnings=warnings)

    def _manifest(self, layout: JpegLayout, wanted: Wanted, edits: list[Edit]) -> bool:
        """Place the hole for a manifest; whether the new file has one."""
        if wanted.manifest is None and not wanted.drop_manifest:
            return bool(layout.store)
        content: tuple[Piece, ...] = ()
        if wanted.manifest is not None:
            content = (Hole(len(self.frame_manifest(bytes(wanted.manifest))), MANIFEST),)
        for index, segment in enumerate(layout.store):
            edits.append(Edit(segment.start, segment.end, () if index else content))
        if not layout.store:
            at = _behind_first(layout)
            edits.append(Edit(at, at, content))
        return bool(content)

    def frame_manifest(self, store: bytes) -> bytes:
        """The store in APP11 segments; see `Container.frame_manifest`."""
        return segments.frame_box(store)

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """The box in the APP11 segments; see `Container.manifest_store`."""
        if not isinstance(layout, JpegLayout) or not layout.store:
            return None
        return segments.unframe_box(source, layout.store)


def _is_packet(segment: Segment) -> bool:
    return segment.begins(APP1, segments.XMP)


def _packet_block(source: Source, segment: Segment) -> Block:
    start, end = segment.payload
    return xmp_block(source.read(start + len(segments.XMP), end), "APP1", segment.span)


def _exif_block(source: Source, segment: Segment) -> Block:
    tiff = source.read(segment.payload.start + len(segments.EXIF), segment.end)
    return parsed(Carrier.EXIF, "APP1/Exif", segment.span, exif.parse, tiff)


def _photoshop_blocks(source: Source, all_segments: Sequence[Segment]) -> Iterator[Block]:
    """The image resources, which may go on in the next segment of the kind."""
    members = [s for s in all_segments if s.begins(APP13, segments.PHOTOSHOP)]
    if not members:
        return
    skipped = len(segments.PHOTOSHOP)
    data = b"".join(source.read(s.payload.start + skipped, s.end) for s in members)
    span = Span(members[0].start, members[-1].end)
    psir = parsed(Carrier.PSIR, "APP13", span, iim.parse_psir, data)
    if psir.error is not None:
        yield psir
        return
    if psir.entries:
        yield psir
    records = parsed(Carrier.IIM, "APP13/IIM", span, iim.parse_iim, data)
    if records.entries or records.error:
        yield records


def _framing(source: Source, all_segments: Sequence[Segment]) -> str:
    """A digest of the segments that decoding depends on."""
    digest = hashlib.sha256()
    for segment in all_segments:
        application = APP0 <= segment.marker <= 0xEF or segment.marker == COM
        colour = segment.begins(APP2, segments.ICC) or segment.begins(APP14, b"Adobe")
        if not application or colour or segment.begins(APP0, b"JFIF\0"):
            digest.update(source.read(*segment.span))
    return digest.hexdigest()


def _behind_first(layout: JpegLayout) -> int:
    """Behind the segments that readers expect first: JFIF, Exif and XMP."""
    at = len(segments.SOI)
    for segment in layout.segments:
        if segment.marker not in (APP0, APP1):
            break
        at = segment.end
    return at


def _before_exif(layout: JpegLayout) -> int:
    """Behind the segments that may stand before Exif: JFIF and its extension."""
    at = len(segments.SOI)
    for segment in layout.segments:
        if segment.marker != APP0:
            break
        at = segment.end
    return at


def _behind_exif(layout: JpegLayout) -> int:
    """Where a new packet goes: behind Exif, else behind JFIF (XMP Part 3, 1.1.3)."""
    behind = 0
    for segment in layout.segments:
        if segment.begins(APP1, segments.EXIF):
            behind = segment.end  # a large block goes on in the next segment
        elif behind:
            break
    return behind or _before_exif(layout)


def _mindful_of_exif(
    source: Source, layout: JpegLayout, edits: list[Edit]
) -> tuple[list[Edit], Links]:
    """The edits and links, so that what Exif points to outside of its block is still found.

    New segments go before Exif then, so that the distances stay as they are, and nothing is put
    into the block itself; where something behind it must grow, the numbers are mended.
    """
    old = layout.exif
    if old is None or not any(edit.growth for edit in edits):
        return edits, layout.links
    at = old.payload.start + len(segments.EXIF)
    try:
        survey = exif.survey(source.read(at, old.end))
    except DamagedError:
        survey = exif.Survey(contained=False, maker_note=True)
    found: tuple[Reference, ...] = ()
    if survey.maker_note:
        found = tuple(previews.references(source, layout.scan, at, old.end))
    if survey.contained and not found:
        return edits, layout.links
    before = min(_before_exif(layout), old.start)
    edits = [
        replace(edit, start=before, end=before)
        if edit.start == edit.end and edit.inside is None
        else edit
        for edit in edits
        if edit.inside != old.start
    ]
    return edits, replace(layout.links, references=(*layout.links.references, *found))


def _packet(
    source: Source,
    layout: JpegLayout,
    properties: tuple[Property, ...],
    wanted: Wanted,
    edits: list[Edit],
) -> tuple[bool, tuple[str, ...]]:
    """Merge the main packet; whether it holds our statements, and warnings."""
    old = layout.packet
    if old is None and not properties:
        return False, ()
    start, end = (old.payload.start + len(segments.XMP), old.end) if old else (0, 0)
    data = source.read(start, end)
    merged = xmp.merge(
        data if old else None,
        noted_too(properties, _notes(source, layout, wanted)),
        force=wanted.force,
        padding=wanted.padding,
        limit=MAX_PACKET,
    )
    if old is None and not merged.said:
        return False, merged.warnings
    if old is not None and data and not merged.size:
        edits.append(Edit(old.start, old.end, ()))
    elif old is None:
        at = _behind_exif(layout)
        segment = segments.render(APP1, segments.XMP + merged.rendered(b""))
        edits.append(Edit(at, at, (Insert(segment),)))
    elif not merged.unchanged(end - start):
        edits.append(Edit(start, end, merged.grounded(data).placed(start), inside=old.start))
    return bool(merged.said), merged.warnings


def _notes(source: Source, layout: JpegLayout, wanted: Wanted) -> tuple[Property, ...]:
    """How Exif is before the notice is put into it."""
    old = layout.exif
    if old is None or wanted.stripping or not wanted.told(Carrier.EXIF):
        return ()
    return exif.note(source.read(old.payload.start + len(segments.EXIF), old.end))


def _exif(
    source: Source,
    layout: JpegLayout,
    properties: tuple[Property, ...],
    wanted: Wanted,
    edits: list[Edit],
) -> tuple[bool, tuple[str, ...]]:
    """State the notice in Exif, where there is Exif; whether it says ours, and warnings."""
    old = layout.exif
    if old is None or any(b.carrier is Carrier.EXIF and b.error for b in layout.blocks):
        return False, ()
    start = old.payload.start + len(segments.EXIF)
    tiff = source.read(start, old.end)
    packet = layout.packet_block.entries if layout.packet_block else ()
    merged = exif.merge(
        tiff, properties, limit=MAX_EXIF, force=wanted.force, noted=noted(packet, exif.NOTE)
    )
    if not merged.unchanged(len(tiff)):
        edits.append(Edit(start, old.end, merged.placed(start), inside=old.start))
    return bool(merged.said), merged.warnings


FAMILIES: Final[tuple[Container, ...]] = (Jpeg(),)
