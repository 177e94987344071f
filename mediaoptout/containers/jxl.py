"""JPEG XL (ISO/IEC 18181-2), in its container; a naked codestream is put into one on request.

XMP stands in an ``xml `` box, the C2PA manifest in ``jumb``. The essence are the boxes of the
codestream; nothing says where in the file a box stands. A packet that a JPEG is rebuilt with
(``jbrd``) stays as it is, and ours stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Final

from mediaoptout.carriers import xmp
from mediaoptout.containers.base import (
    MANIFEST,
    Block,
    Capability,
    Change,
    Container,
    Layout,
    Wanted,
)
from mediaoptout.containers.blocks import agreed, refuse_damaged
from mediaoptout.containers.bmff.boxes import Box, make_header
from mediaoptout.containers.bmff.pictures import (
    MAX_CARRIED,
    MAX_CONTENT,
    MAX_TOGETHER,
    Packet,
    Top,
    appended,
    digest,
    dropped,
    framing,
    is_xmp,
    opened,
    parse_exif,
    read_block,
    read_content,
    read_top,
    updated,
)
from mediaoptout.containers.compressed import unbrotli
from mediaoptout.containers.jxl_reconstruction import takes_packet
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.linker import Edit, Links, relocate
from mediaoptout.splice.patch import Hole, Insert, PatchedSource, Piece, Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

SIGNATURE: Final = b"\0\0\0\x0cJXL \r\n\x87\n"
CODESTREAM: Final = b"\xff\x0a"
_FILE_TYPE: Final = b"\0\0\0\x14ftypjxl \0\0\0\0jxl "
_PICTURE: Final = frozenset({b"jxlc", b"jxlp"})
_SETTINGS: Final = frozenset({b"jxll", b"jxli", b"jbrd"})
"""Boxes that say how the codestream is to be taken."""
_KNOWN: Final = (
    _PICTURE | _SETTINGS | {b"JXL ", b"ftyp", b"xml ", b"Exif", b"brob", b"jumb", b"jhgm"}
)
_TEXTS: Final = {b"xml ": (Carrier.XMP, xmp.parse), b"Exif": (Carrier.EXIF, parse_exif)}
_LABEL: Final = b"c2pa\0"
_LABEL_AT: Final = 25
"""Where the label stands in a JUMBF superbox's content."""
_HEADER: Final = 8
_MAX_SIZE: Final = (1 << 32) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JxlLayout(Layout):
    """A JPEG XL file as read.

    Args:
        top: its boxes; none for a naked codestream.
        packets: its XMP packets, in the order of the file.
        bound: the packet that a JPEG is rebuilt with, or None.
    """

    top: Top
    packets: tuple[Packet, ...]
    bound: Packet | None

    @property
    def main(self) -> Packet | None:
        """The packet that we write to, and that others show: the last, unless it is bound."""
        last = self.packets[-1] if self.packets else None
        return None if last is self.bound else last


class Jxl(Container):
    """JPEG XL; see the module."""

    name: ClassVar = "jxl"
    title: ClassVar = "JPEG XL (ISO/IEC 18181-2)"
    media_types: ClassVar = ("image/jxl",)
    extensions: ClassVar = (".jxl",)
    carries: ClassVar = {
        Carrier.XMP: Capability(
            write=True, place="xml box", note="a naked codestream only with --wrap-jxl"
        ),
        Carrier.EXIF: Capability(write=False, place="Exif box"),
        Carrier.C2PA: Capability(write=True, place="jumb box before the codestream"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it has the signature of a container or codestream; see `Container.recognises`."""
        return head.startswith((SIGNATURE, CODESTREAM))

    def read(self, source: Source) -> JxlLayout:
        """See `Container.read`."""
        if source.read(0, 2) == CODESTREAM:
            return _naked(source)
        top = read_top(source, _KNOWN)
        picture = [box for box in top.boxes if box.kind in _PICTURE]
        if not picture:
            raise DamagedError(
                "there is no picture in this file", at=top.tail, fix="get a complete copy"
            )
        packets, blocks = _carried(source, top)
        jbrd = top.of(b"jbrd")
        taken = any(takes_packet(source, box) for box in jbrd)
        bound = packets[0] if packets and taken else None
        ours = {packet.box for packet in packets if packet is not bound}
        ours |= {box for box in top.boxes if box.kind == b"jumb" and _is_manifest(source, box)}
        return JxlLayout(
            size=source.size,
            essence=tuple(Span(box.body, min(box.end, source.size)) for box in picture),
            framing=framing(source, top.boxes, _PICTURE, _SETTINGS),
            blocks=blocks,
            foreign=tuple(_foreign(source, top, ours | set(picture))),
            obstacle=top.obstacle,
            warnings=(*top.warnings, *(_reconstruction(bound) if jbrd else ())),
            top=top,
            packets=packets,
            bound=bound,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, JxlLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a JPEG XL file")
        if layout.obstacle is not None:
            raise layout.obstacle
        if not layout.top.boxes and not wanted.wrap_jxl:
            raise RefusedError(
                "this is a naked JPEG XL codestream, which can hold no metadata",
                at=0,
                fix="give --wrap-jxl to put it into a container, in which it stays as it is",
                code="naked-codestream",
            )
        main, bound = layout.main, layout.bound
        refuse_damaged(packet.block for packet in (main, bound) if packet)
        others = (
            entry for item in layout.packets if item is not main for entry in item.block.entries
        )
        properties, warnings = agreed(wanted.properties, others, force=wanted.force)
        properties = replace(wanted, properties=properties).told(Carrier.XMP)
        old = main or bound
        edits: list[Edit] = []
        said: frozenset[str] = frozenset()
        if old is not None or properties:
            merged = xmp.merge(
                old.data if old else None,
                properties if wanted.stripping else (*properties, *opened(layout.top)),
                force=wanted.force,
                padding=wanted.padding,
                limit=MAX_CONTENT,
            )
            said, warnings = merged.said, warnings + merged.warnings
            if old is None and not merged.said:
                pass
            elif main is not None and main.data and not merged.size:
                edits += dropped(layout.top, main.box, main.block.entries)
            elif old is None or not merged.unchanged(len(old.data)):
                box = _packet_box(merged.rendered(old.data if old else b""))
                edits += _placed(layout, main, updated(main, merged) if main else None, box)
        has_manifest, hole = self._manifest(source, layout, wanted)
        if layout.top.boxes:
            edits += hole
        else:
            edits.append(_wrapping(layout, hole))
        carriers = [Carrier.XMP] if said else []
        if has_manifest:
            carriers.append(Carrier.C2PA)
        patch = relocate(source.size, Links(), edits)
        return Change(patch=patch, carriers=tuple(carriers), warnings=warnings)

    def _manifest(
        self, source: Source, layout: JxlLayout, wanted: Wanted
    ) -> tuple[bool, tuple[Edit, ...]]:
        """Whether the new file has a manifest, and the edits for that."""
        boxes = layout.top.boxes
        old = [box for box in boxes if box.kind == b"jumb" and _is_manifest(source, box)]
        if wanted.manifest is None:
            if not wanted.drop_manifest:
                return bool(old), ()
            return False, tuple(Edit(*box.span, ()) for box in old)
        hole = (Hole(wanted.manifest, MANIFEST),)
        if old:
            dropped = (Edit(*box.span, ()) for box in old[1:])
            return True, (Edit(*old[0].span, hole), *dropped)
        at = next((box.end for box in boxes if box.kind == b"ftyp"), 0)
        at = next((box.end for box in boxes if box.kind == b"jxll" and box.start == at), at)
        return True, (Edit(at, at, hole),)

    def frame_manifest(self, store: bytes) -> bytes:
        """The store itself, which is a box already; see `Container.frame_manifest`."""
        return make_header(b"jumb", len(store)) + store[_HEADER:]

    def as_ingredient(self, source: Source, layout: Layout) -> Source:
        """A naked codestream in a container; see `Container.as_ingredient`."""
        if isinstance(layout, JxlLayout) and not layout.top.boxes:
            return PatchedSource(source, relocate(source.size, Links(), (_wrapping(layout, ()),)))
        return source

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """The whole ``jumb`` box; see `Container.manifest_store`."""
        block = layout.manifest
        return None if block is None else source.read(*block.span)


def _naked(source: Source) -> JxlLayout:
    """The layout of a codestream without a container."""
    whole = Span(0, source.size)
    return JxlLayout(
        size=source.size,
        essence=(whole,),
        framing=digest(source, (b"jxlc", whole.size)),
        top=Top((), 0),
        packets=(),
        bound=None,
    )


def _carried(source: Source, top: Top) -> tuple[tuple[Packet, ...], tuple[Block, ...]]:
    """The XMP packets, and all blocks.

    Raises:
        LimitError: there are too many, or they are too long together.
    """
    packets: list[Packet] = []
    blocks: list[Block] = []
    left = MAX_TOGETHER
    for box in top.boxes:
        kind, plain = box.kind, True
        if kind == b"brob" and box.content.size >= 4:
            kind, plain = source.read(box.body, min(box.body + 4, source.size)), False
        content = partial(read_content if plain else _unpacked, source, box)
        if kind in _TEXTS:
            carrier, parse = _TEXTS[kind]
            block, data = read_block(carrier, _name(box, kind), box, parse, content)
            # What was unpacked in vain was work too.
            left -= len(data) or (0 if plain else MAX_CONTENT)
            if carrier is Carrier.EXIF or is_xmp(data):
                blocks.append(block)
            if carrier is Carrier.XMP and is_xmp(data):
                packets.append(Packet(box, plain, data, block))
        elif kind == b"jumb" and plain and _is_manifest(source, box):
            blocks.append(Block(Carrier.C2PA, "jumb", box.span))
        if len(blocks) > MAX_CARRIED or left < 0:
            raise LimitError("there are too many boxes with metadata, or too long", at=box.start)
    return tuple(packets), tuple(blocks)


def _name(box: Box, kind: bytes) -> str:
    inner = kind.decode("latin-1").strip()
    return inner if box.kind == kind else f"{box.name}/{inner}"


def _unpacked(source: Source, box: Box) -> bytes:
    """What a ``brob`` box holds, behind the kind of box that it stands for."""
    return unbrotli(read_content(source, box)[4:], box.start, MAX_CONTENT)


def _is_manifest(source: Source, box: Box) -> bool:
    end = min(box.body + _LABEL_AT + len(_LABEL), box.end, source.size)
    head = source.read(box.body, end)
    return head[4:8] == b"jumd" and head[_LABEL_AT:] == _LABEL


def _foreign(source: Source, top: Top, ours: set[Box]) -> Iterator[Span]:
    for box in top.boxes:
        if box not in ours:
            yield Span(box.start, min(box.end, source.size))
    if top.tail < source.size:
        yield Span(top.tail, source.size)


def _reconstruction(bound: Packet | None) -> Iterator[str]:
    yield "a JPEG that is rebuilt from this file (jbrd) is the one of before, without what is new"
    if bound is not None:
        yield "the XMP packet that it is rebuilt with stays as it is; ours stands beside it"


def _packet_box(data: bytes) -> Insert:
    return Insert(make_header(b"xml ", _HEADER + len(data)) + data)


def _placed(
    layout: JxlLayout, main: Packet | None, edit: Edit | None, box: Insert
) -> tuple[Edit, ...]:
    """The edits that put a packet where it is, or behind all boxes."""
    if edit is not None:
        return (edit,)
    if main is not None:
        return (Edit(*main.box.span, (box,)),)
    if not layout.top.boxes:
        return (Edit(layout.size, layout.size, (box,)),)
    return appended(layout.top, (box,), may_move=True)


def _wrapping(layout: JxlLayout, hole: tuple[Edit, ...]) -> Edit:
    """What stands before a codestream in its new container."""
    size = _HEADER + layout.size
    header = make_header(b"jxlc", size)
    if size > _MAX_SIZE:
        header = make_header(b"jxlc", 1) + (size + 8).to_bytes(8, "big")
    inserted: list[Piece] = [Insert(SIGNATURE + _FILE_TYPE)]
    inserted += [piece for edit in hole for piece in edit.content]
    return Edit(0, 0, (*inserted, Insert(header)))


FAMILIES: Final[tuple[Container, ...]] = (Jxl(),)
