"""GIF (GIF89a, CompuServe 1990; GIF87a is upgraded).

XMP and the C2PA manifest stand in application extensions before the first image, behind those that
say how often an animation plays. The essence are the images with what controls them; nothing in a
GIF says where a byte stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
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
from mediaoptout.containers.blocks import DAMAGED, agreed, refuse_damaged
from mediaoptout.containers.gif_blocks import (
    SIGNATURES,
    VERSION,
    Blocks,
    Kind,
    application,
    joined,
    read_blocks,
    sub_blocks,
)
from mediaoptout.containers.gif_blocks import Block as GifBlock
from mediaoptout.containers.images import xmp_block
from mediaoptout.errors import ErrorInfo, LimitError, RefusedError
from mediaoptout.splice.linker import Edit, Links, relocate
from mediaoptout.splice.patch import Hole, Insert, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Property, before, noted
from mediaoptout.words import Carrier

XMP: Final = b"XMP DataXMP"
C2PA: Final = b"C2PA_GIF\1\0\0"
MAGIC: Final = bytes([1, *range(255, -1, -1), 0])
"""What follows a packet (XMP Part 3, 1.1.2): wherever a reader that takes the packet for
sub-blocks comes out, it finds the end."""
MAX_PACKET: Final = 32 << 20
"""The largest extension that is parsed as a packet."""
MAX_CARRIED: Final = 256
"""How many extensions that carry statements a file may have."""

_LOCATION: Final = "XMP Data"
_RDF: Final = b"RDF"
_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_DECIDING: Final = (*_LOOPS, b"ICCRGBG1012")
_MAX_DECIDING: Final = 16 << 20
_VERSION: Final = "gif"
"""What is noted in a packet: that the file was of the version of 1987."""
_SHOWN: Final = (Kind.IMAGE, Kind.CONTROL, Kind.PLAIN_TEXT)


@dataclass(frozen=True, slots=True)
class Carried:
    """An extension that carries statements, and what it says."""

    extension: GifBlock
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class GifLayout(Layout):
    """A GIF as read.

    Args:
        found: its blocks.
        old: whether it states the version of 1987, which has no extensions.
        carried: what carries statements, in the order of the file; manifests too.
    """

    found: Blocks
    old: bool
    carried: tuple[Carried, ...]

    def of(self, carrier: Carrier) -> tuple[Carried, ...]:
        """The extensions of one carrier."""
        return tuple(item for item in self.carried if item.block.carrier is carrier)

    @property
    def place(self) -> int:
        """Where new extensions go: behind the loops, before the first image."""
        at = self.found.screen.end
        for block in self.found.blocks:
            if block.kind in _SHOWN:
                break
            if block.name in _LOOPS:
                at = block.end
        return at


class Gif(Container):
    """GIF; see the module."""

    name: ClassVar = "gif"
    title: ClassVar = "GIF (GIF87a, GIF89a)"
    media_types: ClassVar = ("image/gif",)
    extensions: ClassVar = (".gif",)
    carries: ClassVar = {
        Carrier.XMP: Capability(write=True, place="application extension XMP Data"),
        Carrier.C2PA: Capability(
            write=True, place="application extension C2PA_GIF before the first image"
        ),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it has one of the two signatures; see `Container.recognises`."""
        return head.startswith(SIGNATURES)

    def read(self, source: Source) -> GifLayout:
        """See `Container.read`."""
        found = read_blocks(source)
        carried = tuple(islice(_carried(source, found), MAX_CARRIED + 1))
        if len(carried) > MAX_CARRIED:
            at = carried[-1].extension.start
            raise LimitError(f"more than {MAX_CARRIED} extensions carry statements", at=at)
        ours = {item.extension for item in carried}
        essence = [block.span for block in found.blocks if block.kind in _SHOWN]
        rest = Span(found.end, source.size)
        if rest.size and not found.complete:
            essence.append(rest)
        warnings = []
        if found.unknown is not None:
            warnings.append(f"there is no block at {found.unknown}; what follows is left as it is")
        elif not found.complete:
            warnings.append("the file ends before its last block does, or lacks the trailer")
        foreign = [b.span for b in found.blocks if b.kind not in _SHOWN and b not in ours]
        return GifLayout(
            size=source.size,
            essence=tuple(essence),
            framing=_framing(source, found),
            blocks=tuple(item.block for item in carried),
            foreign=(*foreign, rest) if rest.size else tuple(foreign),
            obstacle=_obstacle(found),
            warnings=tuple(warnings),
            found=found,
            old=source.read(*VERSION) == b"87a",
            carried=carried,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, GifLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a GIF")
        if layout.obstacle is not None:
            raise layout.obstacle
        packets = layout.of(Carrier.XMP)
        refuse_damaged(item.block for item in packets)
        others = (entry for item in packets[1:] for entry in item.block.entries)
        properties, warnings = agreed(wanted.properties, others, force=wanted.force)
        edits: list[Edit] = []
        carriers: list[Carrier] = []
        told = replace(wanted, properties=properties).told(Carrier.XMP)
        if layout.old:
            told = (*told, before(_VERSION, 87))
        said, more = _packet(source, layout, told, wanted, edits)
        if said:
            carriers.append(Carrier.XMP)
        if self._manifest(layout, wanted, edits):
            carriers.append(Carrier.C2PA)
        if _was_old(layout, wanted, edits):
            edits.append(Edit(*VERSION, (Insert(b"87a"),)))
        if layout.old and edits:
            edits.append(Edit(*VERSION, (Insert(b"89a"),)))
            more = (*more, "the GIF87a becomes a GIF89a, the first version that has extensions")
        patch = relocate(source.size, Links(), edits)
        return Change(patch=patch, carriers=tuple(carriers), warnings=(*warnings, *more))

    def _manifest(self, layout: GifLayout, wanted: Wanted, edits: list[Edit]) -> bool:
        """Place the hole for a manifest; whether the new file has one."""
        old = layout.of(Carrier.C2PA)
        if wanted.manifest is None and not wanted.drop_manifest:
            return bool(old)
        hole = (Hole(len(self.frame_manifest(bytes(wanted.manifest or 0))), MANIFEST),)
        content = hole if wanted.manifest is not None else ()
        shown = next(
            (block.start for block in layout.found.blocks if block.kind in _SHOWN),
            layout.found.end,
        )
        keep = next((item for item in old if item.extension.end <= shown), None)
        edits += [Edit(*item.extension.span, content if item is keep else ()) for item in old]
        if keep is None and content:
            edits.append(Edit(layout.place, layout.place, content))
        return bool(content)

    def frame_manifest(self, store: bytes) -> bytes:
        """The whole application extension; see `Container.frame_manifest`."""
        return application(C2PA, sub_blocks(store))

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """What the extension's sub-blocks hold; see `Container.manifest_store`."""
        if not isinstance(layout, GifLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a GIF")
        items = layout.of(Carrier.C2PA)
        return joined(source.read(*items[0].extension.data)) if items else None


def _was_old(layout: GifLayout, wanted: Wanted, edits: Sequence[Edit]) -> bool:
    """Whether it becomes again the GIF87a that it was: no extension is left in it."""
    entries = (entry for block in layout.blocks for entry in block.entries)
    extensions = (block.span for block in layout.found.blocks if block.name)
    gone = {Span(edit.start, edit.end) for edit in edits if not edit.content}
    return wanted.stripping and noted(entries, _VERSION) == (87,) and gone.issuperset(extensions)


def _obstacle(found: Blocks) -> RefusedError | None:
    if any(block.kind is Kind.IMAGE for block in found.blocks) or found.cut_image:
        return None
    return RefusedError(
        "the file ends before its first image",
        at=found.end,
        fix="get a complete copy of the file",
        code="truncated",
    )


def _framing(source: Source, found: Blocks) -> str:
    """A digest of screen, colours, loops and profile."""
    digest = hashlib.sha256(source.read(*found.screen))
    for block in found.blocks:
        if block.name in _DECIDING and block.span.size <= _MAX_DECIDING:
            digest.update(source.read(*block.span))
    return digest.hexdigest()


def _carried(source: Source, found: Blocks) -> Iterator[Carried]:
    for block in found.blocks:
        if block.name == C2PA:
            yield Carried(block, Block(Carrier.C2PA, "C2PA_GIF", block.span))
        elif block.name == XMP and block.data.size > MAX_PACKET:
            error = ErrorInfo(DAMAGED, f"it is longer than {MAX_PACKET} bytes")
            yield Carried(block, Block(Carrier.XMP, _LOCATION, block.span, error=error))
        elif block.name == XMP:
            packet = _unwrapped(source.read(*block.data))
            if packet is not None:
                yield Carried(block, xmp_block(packet, _LOCATION, block.span))


def _unwrapped(data: bytes) -> bytes | None:
    """The packet in an extension's data; None if that is a mere scrap, which says nothing.

    Some programs put the packet into sub-blocks, like any other data, instead of before the magic
    trailer; others that copy images leave a few bytes of it, up to what they took for the end.
    """
    if data.endswith(MAGIC):
        return data[: -len(MAGIC)]
    packet = joined(data)
    return packet if _RDF in packet else None


def _packet(
    source: Source,
    layout: GifLayout,
    properties: Iterable[Property],
    wanted: Wanted,
    edits: list[Edit],
) -> tuple[bool, tuple[str, ...]]:
    """Merge the packet; whether it holds our statements, and warnings."""
    packets = layout.of(Carrier.XMP)
    said = tuple(properties)
    if not packets and not said:
        return False, ()
    merge = partial(xmp.merge, force=wanted.force, padding=wanted.padding)
    if not packets:
        merged = merge(None, said)
        if not merged.said:
            return False, merged.warnings
        extension = application(XMP, merged.rendered(b"") + MAGIC)
        edits.append(Edit(layout.place, layout.place, (Insert(extension),)))
        return bool(merged.said), merged.warnings
    start, behind = packets[0].extension.data
    data = source.read(start, behind)
    packet = _unwrapped(data) or b""
    merged = merge(packet, said)
    if packet and not merged.size:
        edits.append(Edit(*packets[0].extension.span, ()))
    elif not data.endswith(MAGIC):
        edits.append(Edit(start, behind, (Insert(merged.rendered(packet) + MAGIC),)))
    elif not merged.unchanged(len(packet)):
        pieces = merged.grounded(packet).placed(start)
        edits.append(Edit(start, start + len(packet), pieces))
    return bool(merged.said), merged.warnings


FAMILIES: Final[tuple[Container, ...]] = (Gif(),)
