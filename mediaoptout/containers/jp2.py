"""JPEG 2000 in a container: JP2 (ISO/IEC 15444-1, annex I), JPX, JPM and JPH.

XMP stands in a ``uuid`` box, behind all others where there is none yet. Fragment tables and indices
say where in the file bytes stand: where there are any, nothing is moved, and a packet that has to
grow leaves a ``free`` box behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Final

from mediaoptout.carriers import exif, iim, xmp
from mediaoptout.containers.base import Block, Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import agreed, refuse_damaged
from mediaoptout.containers.bmff.boxes import make_header
from mediaoptout.containers.bmff.movie import XMP_UUID
from mediaoptout.containers.bmff.pictures import (
    MAX_CARRIED,
    MAX_CONTENT,
    Packet,
    Top,
    appended,
    dropped,
    framing,
    is_xmp,
    opened,
    read_block,
    read_content,
    read_top,
    updated,
)
from mediaoptout.containers.bmff.room import vacate
from mediaoptout.containers.others import SidecarOnly
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.linker import Edit, Links, relocate
from mediaoptout.splice.patch import Insert, Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

SIGNATURE: Final = b"\0\0\0\x0cjP  \r\n\x87\n"
CODESTREAM: Final = b"\xff\x4f\xff\x51"

_EXIF: Final = (b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e"))
_IPTC: Final = (
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"),
    bytes.fromhex("09a14e97c0b442e0bebf36df6f0ce36f"),
)
_READ_ONLY: Final = {
    **dict.fromkeys(_EXIF, (Carrier.EXIF, "uuid (Exif)", exif.parse)),
    **dict.fromkeys(_IPTC, (Carrier.IIM, "uuid (IPTC)", iim.parse_records)),
}
_PICTURE: Final = frozenset({b"jp2c", b"mdat"})
_KNOWN: Final = _PICTURE | frozenset(
    {
        *(b"jP  ", b"ftyp", b"jp2h", b"jp2i", b"rreq", b"uuid", b"uinf", b"xml ", b"free"),
        *(b"jpch", b"jplh", b"comp", b"asoc", b"ftbl", b"cref", b"dtbl", b"cidx", b"fidx"),
        *(b"iptr", b"mhdr", b"page", b"layr", b"objc"),
    }
)
_FRAMING: Final = frozenset(
    {b"jp2h", b"jpch", b"jplh", b"comp", b"ftbl", b"dtbl", b"page", b"rreq"}
)
"""Boxes that say how the codestreams make a picture."""
_INDEXED: Final = frozenset({b"ftbl", b"dtbl", b"cidx", b"fidx", b"iptr", b"cref"})
"""Boxes that say where in the file bytes stand."""
_HEADER: Final = 8 + len(XMP_UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jp2Layout(Layout):
    """A JPEG 2000 file as read.

    Args:
        top: its boxes.
        packets: its XMP packets, in the order of the file; some are only read.
    """

    top: Top
    packets: tuple[Packet, ...]

    @property
    def main(self) -> Packet | None:
        """The packet that we write to, and that others show: the last in its proper place."""
        return next((packet for packet in reversed(self.packets) if packet.plain), None)


class Jp2(Container):
    """JPEG 2000; see the module."""

    name: ClassVar = "jp2"
    title: ClassVar = "JPEG 2000 (ISO/IEC 15444-1)"
    media_types: ClassVar = ("image/jp2", "image/jpx", "image/jpm", "image/jph")
    extensions: ClassVar = (".jp2", ".jpx", ".jpf", ".jpm", ".jph")
    carries: ClassVar = {
        Carrier.XMP: Capability(write=True, place="uuid box"),
        Carrier.EXIF: Capability(write=False, place="uuid box"),
        Carrier.IIM: Capability(write=False, place="uuid box"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it begins with the signature box; see `Container.recognises`."""
        return head.startswith(SIGNATURE)

    def read(self, source: Source) -> Jp2Layout:
        """See `Container.read`."""
        top = read_top(source, _KNOWN)
        picture = [box for box in top.boxes if box.kind in _PICTURE]
        if not picture:
            raise DamagedError(
                "there is no picture in this file", at=top.tail, fix="get a complete copy"
            )
        packets, blocks = _carried(source, top)
        cut = tuple(_cut(top, source.size))
        return Jp2Layout(
            size=source.size,
            essence=tuple(Span(box.body, min(box.end, source.size)) for box in picture),
            framing=framing(source, top.boxes, _PICTURE, _FRAMING),
            blocks=blocks,
            foreign=tuple(_foreign(source, top)),
            obstacle=None if cut else top.obstacle,
            warnings=(*top.warnings, *cut),
            top=top,
            packets=packets,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, Jp2Layout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a JPEG 2000 file")
        if layout.obstacle is not None:
            raise layout.obstacle
        main = layout.main
        refuse_damaged((main.block,) if main else ())
        others = (
            entry for item in layout.packets if item is not main for entry in item.block.entries
        )
        properties, warnings = agreed(wanted.properties, others, force=wanted.force)
        properties = replace(wanted, properties=properties).told(Carrier.XMP)
        if main is None and not properties:
            return Change(patch=relocate(source.size, Links(), ()), carriers=(), warnings=warnings)
        merged = xmp.merge(
            main.data if main else None,
            properties if wanted.stripping else (*properties, *opened(layout.top)),
            force=wanted.force,
            padding=wanted.padding,
            limit=MAX_CONTENT,
        )
        edits: list[Edit] = []
        old = main.data if main else b""
        if main is None and not merged.said:
            pass
        elif main is not None and old and not merged.size:
            moves = not _indexed(layout.top) or main.box == layout.top.boxes[-1]
            entries = main.block.entries
            edits += dropped(layout.top, main.box, entries) if moves else (vacate(main.box),)
        elif main is None or not merged.unchanged(len(old)):
            edit = updated(main, merged) if main else None
            if edit is not None:
                edits.append(edit)
            else:
                edits += _placed(layout.top, source.size, main, merged.rendered(old))
        return Change(
            patch=relocate(source.size, Links(), edits),
            carriers=(Carrier.XMP,) if merged.said else (),
            warnings=warnings + merged.warnings,
        )

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """None: nobody has said where a manifest would stand; see `Container.manifest_store`."""
        return None


class Codestream(SidecarOnly):
    """JPEG 2000 codestreams without a container, which can hold no metadata but comments."""

    name: ClassVar = "j2k"
    title: ClassVar = "JPEG 2000 codestream (ISO/IEC 15444-1)"
    media_types: ClassVar = ("image/j2c",)
    extensions: ClassVar = (".j2k", ".j2c", ".jpc", ".jhc")

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it begins as a codestream does; see `Container.recognises`."""
        return head.startswith(CODESTREAM)


def _cut(top: Top, size: int) -> Iterator[str]:
    """What is missing of the picture, where the rest may move; decoders show it."""
    last = top.boxes[-1]
    if last.kind in _PICTURE and last.end > size and not _indexed(top):
        yield f"the file ends {last.end - size} bytes before its picture does"


def _carried(source: Source, top: Top) -> tuple[tuple[Packet, ...], tuple[Block, ...]]:
    """The XMP packets, and all blocks.

    Raises:
        LimitError: there are too many.
    """
    packets: list[Packet] = []
    blocks: list[Block] = []
    for box in top.boxes:
        content = partial(read_content, source, box)
        if box.uuid == XMP_UUID or box.kind == b"xml ":
            where = box.name.strip()
            block, data = read_block(Carrier.XMP, where, box, xmp.parse, content)
            if box.uuid or is_xmp(data):
                packets.append(Packet(box, bool(box.uuid), data, block))
                blocks.append(block)
        elif box.uuid in _READ_ONLY:
            carrier, where, parse = _READ_ONLY[box.uuid]
            blocks.append(read_block(carrier, where, box, parse, content)[0])
        if len(blocks) > MAX_CARRIED:
            raise LimitError("the picture has too many boxes with metadata", at=box.start)
    return tuple(packets), tuple(blocks)


def _foreign(source: Source, top: Top) -> Iterator[Span]:
    for box in top.boxes:
        if box.uuid != XMP_UUID and box.kind not in _PICTURE:
            yield Span(box.start, min(box.end, source.size))
    if top.tail < source.size:
        yield Span(top.tail, source.size)


def _placed(top: Top, size: int, main: Packet | None, data: bytes) -> Iterator[Edit]:
    """The edits that put a packet where it is, or behind all boxes.

    Raises:
        RefusedError: something may point to what would have to move.
    """
    pieces = (Insert(make_header(b"uuid", _HEADER + len(data)) + XMP_UUID + data),)
    last = top.boxes[-1]
    if main is not None and (main.box == last or not _indexed(top)):
        yield Edit(*main.box.span, pieces)
        return
    if main is not None:
        yield vacate(main.box)
    if last.end > size:
        yield Edit(last.start, last.start, pieces)
        return
    yield from appended(top, pieces, may_move=not _indexed(top))


def _indexed(top: Top) -> bool:
    """Whether something says where in the file bytes stand."""
    return any(box.kind in _INDEXED for box in top.boxes)


FAMILIES: Final[tuple[Container, ...]] = (Jp2(), Codestream())
