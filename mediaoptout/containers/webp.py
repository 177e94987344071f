"""WebP (RFC 9649), still and animated, simple and extended.

XMP stands in ``XMP `` behind the picture, for which a simple file becomes an extended one
(``VP8X``); the copyright notice in ``EXIF`` where there is one; the manifest in ``C2PA``, the last
chunk. The essence are the picture's own chunks; nothing says where in the file they stand.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import ClassVar, Final

from mediaoptout.carriers import exif, info, xmp
from mediaoptout.containers.base import (
    MANIFEST,
    Block,
    Capability,
    Change,
    Container,
    Layout,
    Wanted,
)
from mediaoptout.containers.blocks import DAMAGED, agreed, parsed, refuse_damaged
from mediaoptout.containers.chunks import HEADER, Carried, Chunk, framed, replaced
from mediaoptout.containers.riff_forms import (
    LIST,
    START,
    Form,
    FormPlan,
    chunk_length,
    is_form,
    read_form,
)
from mediaoptout.containers.webp_header import (
    PICTURE,
    VP8X,
    XMP_FLAG,
    Header,
    needless,
    read_header,
)
from mediaoptout.errors import ErrorInfo, LimitError
from mediaoptout.splice.linker import Edit, Links
from mediaoptout.splice.patch import Copy, Hole, Insert, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Property, noted
from mediaoptout.words import Carrier

FORM: Final = b"WEBP"
XMP: Final = b"XMP "
ODD_XMP: Final = b"XMP\0"
"""What some programs call that chunk; nobody else finds it."""
EXIF: Final = b"EXIF"
C2PA: Final = b"C2PA"
MAX_CARRIED: Final = 256
"""How many chunks that carry statements a file may have."""
MAX_BLOCK: Final = 32 << 20
"""The largest chunk that is parsed for statements."""
MAX_EXIF: Final = 8 << 20
"""How long an Exif chunk may become, in bytes."""

_CARRIERS: Final = {XMP: Carrier.XMP, ODD_XMP: Carrier.XMP, EXIF: Carrier.EXIF, C2PA: Carrier.C2PA}
_PREFIX: Final = b"Exif\0\0"
"""What some writers put before the TIFF header, as in a JPEG."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebpLayout(Layout):
    """A WebP as read.

    Args:
        form: its chunks.
        header: what ``VP8X`` says, or would say.
        carried: the chunks that carry statements, in the order of the file; manifests too.
    """

    form: Form
    header: Header
    carried: tuple[Carried, ...]

    def of(self, carrier: Carrier) -> tuple[Carried, ...]:
        """The chunks of one carrier, those with its proper name first."""
        found = [item for item in self.carried if item.block.carrier is carrier]
        return tuple(sorted(found, key=lambda item: item.chunk.name == ODD_XMP))


class Webp(Container):
    """WebP; see the module."""

    name: ClassVar = "webp"
    title: ClassVar = "WebP (RFC 9649)"
    media_types: ClassVar = ("image/webp",)
    extensions: ClassVar = (".webp",)
    carries: ClassVar = {
        Carrier.RIFF_INFO: Capability(write=False, place="LIST INFO", expected=False),
        Carrier.EXIF: Capability(
            write=True,
            place="EXIF chunk, IFD0 tag 33432",
            note="where there is Exif with room in it",
            expected=False,
        ),
        Carrier.XMP: Capability(write=True, place="XMP chunk behind the picture"),
        Carrier.C2PA: Capability(write=True, place="C2PA chunk, the last one"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it is a RIFF of the form ``WEBP``; see `Container.recognises`."""
        return is_form(head, FORM)

    def read(self, source: Source) -> WebpLayout:
        """See `Container.read`."""
        form = read_form(source, 0, FORM, frozenset({ODD_XMP}))
        header = read_header(source, form)
        carried = tuple(islice(_carried(source, form), MAX_CARRIED + 1))
        if len(carried) > MAX_CARRIED:
            at = carried[-1].chunk.start
            raise LimitError(f"more than {MAX_CARRIED} chunks carry statements", at=at)
        picture = [chunk.payload for chunk in form.chunks if chunk.name in PICTURE]
        if form.cut is not None and form.cut.name in PICTURE:
            picture.append(Span(form.cut.payload.start, source.size))
        ours = {item.chunk for item in carried}
        foreign = [
            Span(chunk.start, chunk.end)
            for chunk in form.chunks
            if chunk not in ours and chunk.name not in PICTURE and chunk.name != VP8X
        ]
        if form.end < source.size and not header.cut:
            foreign.append(Span(form.end, source.size))
        lengths = (form.length, *(chunk_length(item.chunk) for item in carried))
        return WebpLayout(
            size=source.size,
            essence=tuple(picture),
            framing=header.framing,
            links=Links(lengths=lengths),
            blocks=tuple(item.block for item in carried),
            foreign=tuple(foreign),
            obstacle=header.obstacle,
            warnings=(form.warning,) if form.warning else (),
            form=form,
            header=header,
            carried=carried,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, WebpLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a WebP")
        if layout.obstacle is not None:
            raise layout.obstacle
        packets = layout.of(Carrier.XMP)
        refuse_damaged(item.block for item in packets)
        others = (entry for item in packets[1:] for entry in item.block.entries)
        properties, warnings = agreed(wanted.properties, others, force=wanted.force)
        plan = FormPlan(layout.form)
        carriers: list[Carrier] = []
        for carrier, step in ((Carrier.EXIF, _exif), (Carrier.XMP, _packet)):
            told = replace(wanted, properties=properties).told(carrier)
            said, more = step(source, layout, told, wanted, plan)
            warnings += more
            if said:
                carriers.append(carrier)
        if self._manifest(layout, wanted, plan):
            carriers.append(Carrier.C2PA)
        plan.append(C2PA)
        patch = plan.patch(source.size, layout.links, "make the picture smaller")
        return Change(patch=patch, carriers=tuple(carriers), warnings=warnings)

    def _manifest(self, layout: WebpLayout, wanted: Wanted, plan: FormPlan) -> bool:
        """Place the hole for a manifest; whether the new file has one."""
        old = layout.of(Carrier.C2PA)
        if wanted.manifest is None and not wanted.drop_manifest:
            return bool(old)
        for item in old:
            plan.drop(item.chunk)
        if wanted.manifest is None:
            return False
        hole = Hole(len(self.frame_manifest(bytes(wanted.manifest))), MANIFEST)
        plan.appended += [hole, Insert(bytes(wanted.manifest % 2))]
        return True

    def frame_manifest(self, store: bytes) -> bytes:
        """The chunk without a byte of padding: that is what the hard binding excludes."""
        return struct.pack("<4sI", C2PA, len(store)) + store

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """See `Container.manifest_store`."""
        block = layout.manifest
        return None if block is None else source.read(block.span.start + HEADER, block.span.end)


def _carried(source: Source, form: Form) -> Iterator[Carried]:
    for chunk in form.chunks:
        span = Span(chunk.start, chunk.end)
        carrier = _CARRIERS.get(chunk.name)
        if chunk.name == LIST:
            start = chunk.payload.start
            kind = source.read(start, min(start + len(info.FORM), chunk.end))
            carrier = Carrier.RIFF_INFO if kind == info.FORM else None
        if carrier is None:
            continue
        if carrier is Carrier.C2PA:
            yield Carried(chunk, Block(carrier, "C2PA", span))
        elif chunk.payload.size > MAX_BLOCK:
            error = ErrorInfo(DAMAGED, f"it is longer than {MAX_BLOCK} bytes")
            yield Carried(chunk, Block(carrier, chunk.label, span, error=error))
        else:
            yield Carried(chunk, _parsed(carrier, chunk, source.read(*chunk.payload)))


def _parsed(carrier: Carrier, chunk: Chunk, data: bytes) -> Block:
    span = Span(chunk.start, chunk.end)
    match carrier:
        case Carrier.XMP:
            return parsed(carrier, chunk.label, span, xmp.parse, data)
        case Carrier.EXIF:
            return parsed(carrier, chunk.label, span, exif.parse, data.removeprefix(_PREFIX))
    return parsed(carrier, "LIST/INFO", span, info.parse, data)


def _packet(
    source: Source,
    layout: WebpLayout,
    properties: tuple[Property, ...],
    wanted: Wanted,
    plan: FormPlan,
) -> tuple[bool, tuple[str, ...]]:
    """Merge the packet; whether it holds our statements, and warnings."""
    packets = layout.of(Carrier.XMP)
    if not packets and not properties:
        return False, ()
    old = packets[0].chunk if packets else None
    data = source.read(*old.payload) if old else b""
    told = (*properties, *_notes(source, layout, wanted))
    merged = xmp.merge(data if old else None, told, force=wanted.force, padding=wanted.padding)
    if old is None and not merged.said:
        return False, ()
    if old is None:
        plan.appended += framed(XMP, merged.pieces)
    elif data and not merged.size:
        plan.drop(old)
        _retract(source, layout, plan)
        return False, ()
    elif not merged.unchanged(len(data)):
        pieces = merged.grounded(data).placed(old.payload.start)
        if merged.size == len(data):
            plan.edits.append(Edit(*old.payload, pieces, inside=old.start))
        else:
            plan.settled.add(old)
            plan.edits += replaced(old, pieces)
    if old is not None and old.name == ODD_XMP:
        plan.edits.append(Edit(old.start, old.start + 4, (Insert(XMP),), inside=0))
    if merged.said:
        _announce(layout, plan)
    return bool(merged.said), merged.warnings


def _notes(source: Source, layout: WebpLayout, wanted: Wanted) -> tuple[Property, ...]:
    """How Exif is before the notice is put into it."""
    blocks = layout.of(Carrier.EXIF)
    if len(blocks) != 1 or wanted.stripping or not wanted.told(Carrier.EXIF):
        return ()
    return exif.note(source.read(*blocks[0].chunk.payload).removeprefix(_PREFIX))


def _announce(layout: WebpLayout, plan: FormPlan) -> None:
    """Set the flag for XMP, in a header of its own where there is none."""
    header = layout.header
    if header.chunk is None:
        plan.edits.append(Edit(START, START, (Insert(header.render(XMP_FLAG)),), inside=0))
    elif not header.flags & XMP_FLAG:
        at = header.chunk.payload.start
        plan.edits.append(Edit(at, at + 1, (Insert(bytes([header.flags | XMP_FLAG])),), inside=0))


def _retract(source: Source, layout: WebpLayout, plan: FormPlan) -> None:
    """Take the flag for XMP back, and a header that is there for it alone."""
    header = layout.header
    if header.chunk is None or len(layout.of(Carrier.XMP)) > 1:
        return
    if needless(source, layout.form, header):
        plan.drop(header.chunk)
    else:
        at = header.chunk.payload.start
        flags = Insert(bytes([header.flags & ~XMP_FLAG]))
        plan.edits.append(Edit(at, at + 1, (flags,), inside=0))


def _exif(
    source: Source,
    layout: WebpLayout,
    properties: tuple[Property, ...],
    wanted: Wanted,
    plan: FormPlan,
) -> tuple[bool, tuple[str, ...]]:
    """State the notice in Exif, where there is Exif; whether it says ours, and warnings."""
    blocks = layout.of(Carrier.EXIF)
    if len(blocks) != 1 or blocks[0].block.error is not None:
        return False, ()
    chunk = blocks[0].chunk
    data = source.read(*chunk.payload)
    tiff = data.removeprefix(_PREFIX)
    packets = [entry for item in layout.of(Carrier.XMP)[:1] for entry in item.block.entries]
    merged = exif.merge(
        tiff, properties, limit=MAX_EXIF, force=wanted.force, noted=noted(packets, exif.NOTE)
    )
    if not merged.unchanged(len(tiff)):
        skipped = len(data) - len(tiff)
        start = chunk.payload.start
        pieces = (Copy(start, start + skipped), *merged.placed(start + skipped))
        plan.settled.add(chunk)
        plan.edits += replaced(chunk, pieces)
    return bool(merged.said), merged.warnings


FAMILIES: Final[tuple[Container, ...]] = (Webp(),)
