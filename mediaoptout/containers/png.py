"""PNG and APNG (ISO/IEC 15948; W3C PNG, third edition).

XMP stands in an ``iTXt`` chunk, the copyright notice in a text chunk, the C2PA manifest in
``caBX``. The essence are the image data chunks; nothing in a PNG says where a byte stands, so
chunks may be put in without any number to mend.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from mediaoptout.carriers import exif, xmp
from mediaoptout.containers import png_chunks, png_text
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
from mediaoptout.containers.png_chunks import IMAGE, SIGNATURE, Chunk
from mediaoptout.containers.png_text import XMP_KEYWORD, Finding, Text
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.linker import Edit, Links, relocate
from mediaoptout.splice.patch import Hole, Insert, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Property, as_text
from mediaoptout.vocabularies.settle import leaves, settle
from mediaoptout.words import Carrier

MAX_BLOCKS: Final = 4096
"""How many blocks of metadata are read."""
MAX_TEXT: Final = 16 << 20
"""How many bytes of text are read from them together, inflated."""
PROBED: Final = 2000
"""Where the first picture of an animation begins at the latest, to be found by whoever probes."""
_EXIF: Final = b"Exif\0\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class PngLayout(Layout):
    """A PNG as read.

    Args:
        chunks: all chunks, in the order of the file.
        packet: the main XMP packet, or None.
        notice: the first text chunk with the keyword ``Copyright``, or None.
        fragile: the blocks that must be whole before we write beside them.
    """

    chunks: tuple[Chunk, ...]
    packet: Text | None
    notice: Text | None
    fragile: tuple[Block, ...]


class Png(Container):
    """PNG and APNG: XMP in ``iTXt``, a notice in a text chunk, the manifest in ``caBX``."""

    name: ClassVar = "png"
    title: ClassVar = "PNG, APNG (ISO/IEC 15948)"
    media_types: ClassVar = ("image/png", "image/apng")
    extensions: ClassVar = (".png", ".apng")
    carries: ClassVar = {
        Carrier.PNG_TEXT: Capability(write=True, place="text chunk with the keyword Copyright"),
        Carrier.XMP: Capability(write=True, place="iTXt chunk XML:com.adobe.xmp"),
        Carrier.C2PA: Capability(
            write=True, place="caBX chunk before the image data (in an animation behind them)"
        ),
        Carrier.EXIF: Capability(write=False, place="eXIf chunk, raw profile"),
        Carrier.IIM: Capability(write=False, place="raw profile"),
        Carrier.PSIR: Capability(write=False, place="raw profile"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it has the signature; see `Container.recognises`."""
        return head.startswith(SIGNATURE)

    def read(self, source: Source) -> PngLayout:
        """See `Container.read`."""
        chunks = png_chunks.walk(source)
        if not any(chunk.type == b"IHDR" for chunk in chunks[:2]):
            raise DamagedError("the picture has no header", at=0, fix="get a complete copy")
        essence = png_chunks.image_data(chunks)
        obstacle = None
        if not essence or chunks[-1].type != b"IEND":
            obstacle = RefusedError(
                "the file ends, or its chunks do, before the end of the picture",
                at=chunks[-1].end,
                fix="get a complete copy of the file",
                code="truncated",
            )
        blocks, found = _blocks(source, chunks)
        packets = [item for item in found if item.block.carrier is Carrier.XMP]
        # A raw profile is the main packet only where there is none in the standard's form.
        packets.sort(key=lambda item: item.keyword != XMP_KEYWORD)
        notices = [item for item in found if item.keyword.lower() == b"copyright"]
        packet = packets[0].text if packets else None
        notice = notices[0].text if notices else None
        ours = {text.chunk for text in (packet, notice) if text}
        foreign = [
            chunk.span
            for chunk in chunks
            if chunk not in ours and chunk.type not in IMAGE and chunk.type != b"caBX"
        ]
        if chunks[-1].end < source.size:
            foreign.append(Span(chunks[-1].end, source.size))
        return PngLayout(
            size=source.size,
            essence=essence,
            framing=png_chunks.deciding(source, chunks),
            blocks=blocks,
            foreign=tuple(foreign),
            obstacle=obstacle,
            warnings=tuple(png_chunks.wrong_check_sums(source, chunks)),
            chunks=chunks,
            packet=packet,
            notice=notice,
            fragile=tuple(item.block for item in (*packets, *notices[:1])),
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, PngLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a PNG")
        if layout.obstacle is not None:
            raise layout.obstacle
        refuse_damaged(layout.fragile)
        entries = [
            entry
            for block in layout.blocks
            if block.carrier is Carrier.XMP and (block not in layout.fragile[:1])
            for entry in block.entries
        ]
        properties, warnings = agreed(wanted.properties, entries, force=wanted.force)

        edits: list[Edit] = []
        carriers: list[Carrier] = []
        for carrier, step in ((Carrier.PNG_TEXT, _notice), (Carrier.XMP, _packet)):
            told = replace(wanted, properties=properties).told(carrier)
            said, more = step(layout, told, wanted, edits)
            warnings += more
            if said:
                carriers.append(carrier)
        if self._manifest(layout, wanted, edits):
            carriers.append(Carrier.C2PA)
        patch = relocate(source.size, Links(), edits)
        return Change(patch=patch, carriers=tuple(carriers), warnings=warnings)

    def _manifest(self, layout: PngLayout, wanted: Wanted, edits: list[Edit]) -> bool:
        """Place the hole for a manifest; whether the new file has one."""
        old = [chunk for chunk in layout.chunks if chunk.type == b"caBX"]
        if wanted.manifest is None and not wanted.drop_manifest:
            return bool(old)
        hole = (Hole(len(self.frame_manifest(bytes(wanted.manifest or 0))), MANIFEST),)
        content = hole if wanted.manifest is not None else ()
        image = _start_of_images(layout)
        limit = layout.size if _animated(layout) else image
        # After eXIf: ExifTool does not look for Exif behind a manifest.
        last = max(
            (c.end for c in layout.chunks if c.type == b"eXIf" and c.end <= image), default=0
        )
        keep = next((chunk for chunk in old if last <= chunk.start < limit), None)
        edits.extend(
            Edit(chunk.start, chunk.end, content if chunk is keep else ()) for chunk in old
        )
        if keep is None:
            at = _end_of_images(layout) if _animated(layout) else image
            edits.append(Edit(at, at, content))
        return bool(content)

    def frame_manifest(self, store: bytes) -> bytes:
        """The whole ``caBX`` chunk; see `Container.frame_manifest`."""
        return png_chunks.render(b"caBX", store)

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """The data of the ``caBX`` chunk; see `Container.manifest_store`."""
        if layout.manifest is None:
            return None
        start, end = layout.manifest.span
        return source.read(start + 8, end - 4)


def _blocks(
    source: Source, chunks: tuple[Chunk, ...]
) -> tuple[tuple[Block, ...], tuple[Finding, ...]]:
    """All blocks, and what the text chunks turned out to be.

    Raises:
        LimitError: there are too many.
    """
    blocks: list[Block] = []
    found: list[Finding] = []
    room = MAX_TEXT
    for chunk in chunks:
        if chunk.type in png_text.KINDS:
            more = tuple(png_text.findings(source, chunk))
            found += more
            blocks += [item.block for item in more]
            room -= sum(len(item.text.content) for item in more if item.text)
        elif chunk.type == b"eXIf":
            data = source.read(*chunk.data).removeprefix(_EXIF)
            blocks.append(parsed(Carrier.EXIF, "eXIf", chunk.span, exif.parse, data))
        elif chunk.type == b"caBX":
            blocks.append(Block(Carrier.C2PA, "caBX", chunk.span))
        if len(blocks) > MAX_BLOCKS or room < 0:
            raise LimitError("the file has too many texts, or too long ones", at=chunk.start)
    return tuple(blocks), tuple(found)


def _place(layout: PngLayout, old: Text | None, chunk: bytes) -> Edit:
    """A chunk instead of the old one; a new one behind the header, to be found early.

    In an animation a long one stands behind the pictures: ffmpeg takes a file for a still picture
    unless ``acTL`` and the first ``IDAT`` begin in the first 2 KiB.
    """
    if old is not None:
        return Edit(old.chunk.start, old.chunk.end, (Insert(chunk),))
    at = next(item.end for item in layout.chunks if item.type == b"IHDR")
    if _animated(layout) and _start_of_images(layout) + len(chunk) > PROBED:
        at = _end_of_images(layout)
    return Edit(at, at, (Insert(chunk),))


def _animated(layout: PngLayout) -> bool:
    return any(item.type == b"acTL" for item in layout.chunks)


def _start_of_images(layout: PngLayout) -> int:
    return min(item.start for item in layout.chunks if item.type in IMAGE)


def _end_of_images(layout: PngLayout) -> int:
    return max(item.end for item in layout.chunks if item.type in IMAGE)


def _packet(
    layout: PngLayout, properties: tuple[Property, ...], wanted: Wanted, edits: list[Edit]
) -> tuple[bool, tuple[str, ...]]:
    """Merge the packet; whether it holds our statements, and warnings."""
    old = layout.packet
    if old is None and not properties:
        return False, ()
    data = old.content if old else b""
    merged = xmp.merge(
        data if old else None,
        properties,
        force=wanted.force,
        padding=wanted.padding,
        read_only=True,
    )
    if old is None and not merged.said:
        return False, merged.warnings
    if old is not None and data and not merged.size:
        edits.append(Edit(old.chunk.start, old.chunk.end, ()))
    elif old is None or not merged.unchanged(len(data)):
        edits.append(_place(layout, old, png_text.packet_chunk(merged.rendered(data))))
    return bool(merged.said), merged.warnings


def _notice(
    layout: PngLayout, properties: tuple[Property, ...], wanted: Wanted, edits: list[Edit]
) -> tuple[bool, tuple[str, ...]]:
    """State the notice in a text chunk; whether it says ours, and warnings."""
    rights = next((item for item in properties if item.name == "dc:rights"), None)
    if rights is None:
        return False, ()
    ours = rights.flat
    old = layout.notice
    if rights.goes:
        if old is not None and leaves(rights, old.string):
            edits.append(Edit(old.chunk.start, old.chunk.end, ()))
        return False, ()
    settled = settle(ours, old.string if old else None, force=wanted.force)
    notice = as_text(settled.value)
    warnings = () if settled.warning is None else (f"{settled.warning} (PNG text)",)
    if old is None or notice != old.string:
        edits.append(_place(layout, old, png_text.notice_chunk(notice)))
    return settled.warning is None, warnings


FAMILIES: Final[tuple[Container, ...]] = (Png(),)
