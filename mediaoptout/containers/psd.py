"""PSD and PSB (Adobe Photoshop File Formats Specification, 2019).

XMP stands in image resource 1060, the copyright flag in 1034, the address of the terms in 1035.
The essence are the colour mode data, the layers and the merged picture; nothing says where in the
file they stand, only how long each section is. IPTC (1028) and its digest (1061) are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from mediaoptout.carriers import exif, iim, xmp
from mediaoptout.containers.base import Block, Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import DAMAGED, agreed, parsed, refuse_damaged
from mediaoptout.containers.psd_resources import (
    Resource,
    Section,
    read_section,
    render,
    unnamed,
)
from mediaoptout.errors import DamagedError, ErrorInfo, LimitError, RefusedError
from mediaoptout.splice.linker import Edit, Length, Links, relocate
from mediaoptout.splice.patch import Insert, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Property, as_text, before, noted
from mediaoptout.vocabularies.settle import leaves, settle
from mediaoptout.words import Carrier

XMP: Final = 1060
MAX_PARSED: Final = 16 << 20
"""The largest resource that is parsed for statements."""
MAX_BLOCKS: Final = 256
"""How many resources that carry statements a document may have."""

_HEADER: Final = 26
_NOTE: Final = "psd"
"""The word under which a packet notes the copyright flag before us."""
_NONE: Final = 2
_NATIVE: Final = {iim.FLAG: "xmpRights:Marked", iim.URL: "xmpRights:WebStatement"}
_KINDS: Final = {
    iim.IIM: (Carrier.IIM, iim.parse_records),
    iim.FLAG: (Carrier.PSIR, iim.parse_psir),
    iim.URL: (Carrier.PSIR, iim.parse_psir),
    1058: (Carrier.EXIF, exif.parse),
    1059: (Carrier.EXIF, exif.parse),
    XMP: (Carrier.XMP, xmp.parse),
}
_VERSIONS: Final = {b"8BPS\0\1": 4, b"8BPS\0\2": 8}
"""PSD and PSB, and how many bytes the length of the layers has."""


@dataclass(frozen=True, slots=True)
class Found:
    """A resource that carries statements, and what it says."""

    resource: Resource
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class PsdLayout(Layout):
    """A PSD as read.

    Args:
        section: the image resources.
        found: those that carry statements, in the order of the file.
    """

    section: Section
    found: tuple[Found, ...]

    def first(self, number: int) -> Found | None:
        """The first resource of that number that carries statements."""
        return next((item for item in self.found if item.resource.number == number), None)


class Psd(Container):
    """Photoshop documents, large ones too; see the module."""

    name: ClassVar = "psd"
    title: ClassVar = "PSD, PSB (Adobe Photoshop)"
    media_types: ClassVar = ("image/vnd.adobe.photoshop",)
    extensions: ClassVar = (".psd", ".psb")
    carries: ClassVar = {
        Carrier.EXIF: Capability(write=False, place="image resources 1058 and 1059"),
        Carrier.IIM: Capability(write=False, place="image resource 1028"),
        Carrier.PSIR: Capability(
            write=True,
            place="image resources 1034 and 1035",
            note="a flag and an address, which reserve nothing by themselves",
            expected=False,
        ),
        Carrier.XMP: Capability(write=True, place="image resource 1060"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it has the signature and a known version; see `Container.recognises`."""
        return head[:6] in _VERSIONS

    def read(self, source: Source) -> PsdLayout:
        """See `Container.read`."""
        header = source.read(0, _HEADER)
        width = _VERSIONS.get(header[:6])
        if width is None:
            raise DamagedError("the file does not begin like a Photoshop document", at=0)
        colours = int.from_bytes(source.read(_HEADER, _HEADER + 4), "big")
        section = read_section(source, _HEADER + 4 + colours)
        found = tuple(
            Found(resource, block)
            for resource in section.resources
            if (block := _block(source, resource)) is not None
        )
        if len(found) > MAX_BLOCKS:
            raise LimitError(f"more than {MAX_BLOCKS} image resources carry statements")
        size = section.end - section.start - 4
        return PsdLayout(
            size=source.size,
            essence=(Span(_HEADER, section.start), Span(section.end, source.size)),
            framing=header,
            links=Links(
                lengths=(
                    Length(section.start, 4, "big", section.start, section.end, size, "section"),
                )
            ),
            blocks=tuple(item.block for item in found),
            foreign=tuple(
                item.span
                for item in section.resources
                if item.number not in (XMP, iim.FLAG, iim.URL)
            ),
            obstacle=_obstacle(source, section, width),
            section=section,
            found=found,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, PsdLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a PSD")
        if layout.obstacle is not None:
            raise layout.obstacle
        packets = [block for block in layout.blocks if block.carrier is Carrier.XMP]
        natives = [block for block in layout.blocks if block.carrier is Carrier.PSIR]
        refuse_damaged([*packets, *natives])
        others = (entry for block in packets[1:] for entry in block.entries)
        properties, warnings = agreed(wanted.properties, others, force=wanted.force)
        edits: list[Edit] = []
        carriers: list[Carrier] = []
        for carrier, step in ((Carrier.PSIR, _native), (Carrier.XMP, _packet)):
            told = replace(wanted, properties=properties).told(carrier)
            said, more = step(source, layout, told, wanted, edits)
            warnings += more
            if said:
                carriers.append(carrier)
        section, ends = layout.section, layout.section.ends
        if section.unpadded and any(edit.start == edit.end == ends for edit in edits):
            edits.insert(0, Edit(ends, ends, (Insert(b"\0"),), inside=section.start))
        patch = relocate(source.size, layout.links, edits)
        return Change(patch=patch, carriers=tuple(carriers), warnings=warnings)

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """None: the format has no place for one; see `Container.manifest_store`."""
        return None


def _block(source: Source, resource: Resource) -> Block | None:
    """The block of a resource that carries statements; None for another."""
    kind = _KINDS.get(resource.number)
    if kind is None:
        return None
    carrier, parse = kind
    location = f"image resource {resource.number}"
    if resource.data.size > MAX_PARSED:
        error = ErrorInfo(DAMAGED, f"it is longer than {MAX_PARSED} bytes")
        return Block(carrier, location, resource.span, error=error)
    data = resource.span if carrier is Carrier.PSIR else resource.data
    return parsed(carrier, location, resource.span, parse, source.read(*data))


def _obstacle(source: Source, section: Section, width: int) -> RefusedError | None:
    rest = source.read(section.ends, min(section.end, section.ends + MAX_PARSED))
    if rest.strip(b"\0"):
        return RefusedError(
            "what follows the last image resource is none",
            at=section.ends,
            fix="save the document anew with another program",
            code="unsafe-structure",
        )
    layers = section.end + width
    if layers <= source.size:
        layers += int.from_bytes(source.read(section.end, layers), "big")
    if layers > source.size:
        return RefusedError(
            "the file ends before the end of its layers",
            at=section.end,
            fix="get a complete copy of the file",
            code="truncated",
        )
    return None


def _packet(
    source: Source,
    layout: PsdLayout,
    properties: tuple[Property, ...],
    wanted: Wanted,
    edits: list[Edit],
) -> tuple[bool, tuple[str, ...]]:
    """Merge the packet; whether it holds our statements, and warnings."""
    old = layout.first(XMP)
    if old is None and not properties:
        return False, ()
    data = source.read(*old.resource.data) if old else b""
    told = properties if wanted.stripping else (*properties, before(_NOTE, _flag(layout)))
    merged = xmp.merge(
        data if old else None,
        told,
        force=wanted.force,
        padding=wanted.padding,
        limit=MAX_PARSED,
    )
    if old is None and not merged.said:
        return False, merged.warnings
    if old is not None and data and not merged.size:
        edits.append(Edit(*old.resource.span, (), inside=layout.section.start))
    elif old is None or merged.size != len(data):
        edits.append(_put(source, layout, XMP, merged.rendered(data)))
    elif not merged.unchanged(len(data)):
        start, end = old.resource.data
        pieces = merged.grounded(data).placed(start)
        edits.append(Edit(start, end, pieces, inside=layout.section.start))
    return bool(merged.said), merged.warnings


def _native(
    source: Source,
    layout: PsdLayout,
    properties: tuple[Property, ...],
    wanted: Wanted,
    edits: list[Edit],
) -> tuple[bool, tuple[str, ...]]:
    """Set the copyright flag and the address; whether one of them is ours, and warnings."""
    said = False
    warnings: list[str] = []
    for number, name in _NATIVE.items():
        item = next((item for item in properties if item.name == name), None)
        if item is None:
            continue
        if item.goes:
            edits += _taken_out(source, layout, number, item)
            continue
        present = _present(layout, number)
        settled = settle(item, present, force=wanted.force)
        if settled.warning is not None:
            warnings.append(f"{settled.warning} (image resource {number})")
            continue
        said = True
        text = as_text(settled.value)
        if text != present:
            marked = b"\1" if text == "True" else b"\0"
            data = marked if number == iim.FLAG else text.encode()
            edits.append(_put(source, layout, number, data))
    return said, tuple(warnings)


def _taken_out(source: Source, layout: PsdLayout, number: int, item: Property) -> Iterator[Edit]:
    """The edit that takes a resource out which is ours, or sets a flag back."""
    old = layout.first(number)
    entries = old.block.entries if old is not None else ()
    if old is None or not entries or not leaves(item, entries[0].value):
        return
    if number != iim.FLAG:
        yield Edit(*old.resource.span, (), inside=layout.section.start)
        return
    packets = [block for block in layout.blocks if block.carrier is Carrier.XMP]
    flag = noted((entry for block in packets for entry in block.entries), _NOTE)
    if flag == (_NONE,):
        yield Edit(*old.resource.span, (), inside=layout.section.start)
    elif flag == (0,):
        yield _put(source, layout, number, b"\0")


def _flag(layout: PsdLayout) -> int:
    """The copyright flag as it stands: 0 or 1, or `_NONE`."""
    old = layout.first(iim.FLAG)
    if old is None or not old.block.entries:
        return _NONE
    return int(old.block.entries[0].value == "True")


def _present(layout: PsdLayout, number: int) -> str | None:
    """What a resource says already.

    A flag that is not set is also what Photoshop writes where nobody said anything: it counts as
    a statement only where XMP says it too.
    """
    old = layout.first(number)
    if old is None or not old.block.entries:
        return None
    entry = old.block.entries[0]
    unsaid = number == iim.FLAG and not any(
        other.name == entry.name
        for block in layout.blocks
        if block.carrier is Carrier.XMP
        for other in block.entries
    )
    return None if unsaid and entry.value == "False" else as_text(entry.value)


def _put(source: Source, layout: PsdLayout, number: int, data: bytes) -> Edit:
    """A resource instead of the one that is there; a new one in the order of the numbers."""
    old, section = layout.first(number), layout.section
    if old is None:
        at = section.place(number)
        return Edit(at, at, (Insert(render(unnamed(number), data)),), inside=section.start)
    start, end = old.resource.span
    head = source.read(start, old.resource.data.start - 4)
    return Edit(start, end, (Insert(render(head, data)),), inside=section.start)


FAMILIES: Final[tuple[Container, ...]] = (Psd(),)
