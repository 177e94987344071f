"""ASF: WMA and WMV (Microsoft ASF Specification 01.20.05).

Texts stand in objects of the header, the XMP packet in an object between the data and the first
index (XMP Part 3, 1.1). The essence is the data object. Indexes count packets, or bytes from the
first packet: nothing but the size of the file depends on where the data stand. What the header
gains is taken from its padding where there is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from mediaoptout.carriers import asf, xmp
from mediaoptout.carriers.merged import Merged
from mediaoptout.containers.asf_objects import (
    BRANDING,
    DESCRIPTION,
    EXTENDED,
    FILE_HEADER,
    HEADER,
    PADDING,
    XMP,
)
from mediaoptout.containers.asf_reading import AsfLayout, Carried, read_layout
from mediaoptout.containers.base import Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import agreed, grounded, refuse_damaged
from mediaoptout.splice.linker import Edit, relocate
from mediaoptout.splice.patch import Insert, Piece
from mediaoptout.splice.source import Part, Source
from mediaoptout.vocabularies.properties import Property, before, noted
from mediaoptout.words import Carrier

_MERGES: Final[tuple[tuple[bytes, Callable[..., Merged]], ...]] = (
    (DESCRIPTION, asf.merge_description),
    (EXTENDED, asf.merge_extended),
    (BRANDING, asf.merge_branding),
)
_NOTE: Final = "asf"
"""The word under which a packet notes how much padding the header has before us."""
_COUNT_LIMIT: Final = (1 << 32) - 1


@dataclass(slots=True)
class _Plan:
    """A change as it comes together."""

    edits: list[Edit] = field(default_factory=list)
    added: list[Piece] = field(default_factory=list)
    """New objects for the end of the header."""
    objects: int = 0
    """How many they are."""
    carriers: dict[Carrier, None] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class Asf(Container):
    """ASF; see the module."""

    name: ClassVar = "asf"
    title: ClassVar = "ASF: WMA, WMV (Microsoft ASF 01.20.05)"
    media_types: ClassVar = ("video/x-ms-asf", "audio/x-ms-wma", "video/x-ms-wmv")
    extensions: ClassVar = (".wma", ".wmv", ".asf")
    carries: ClassVar = {
        Carrier.ASF: Capability(
            write=True,
            place="Content Description, Extended Content Description, Content Branding",
            note="not in a header with a digital signature",
        ),
        Carrier.XMP: Capability(
            write=True,
            place="XMP object behind the data",
            note="not in a live recording that does not say where its data end",
        ),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it begins with a header object; see `Container.recognises`."""
        return head.startswith(FILE_HEADER)

    def read(self, source: Source) -> AsfLayout:
        """See `Container.read`."""
        return read_layout(source)

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, AsfLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of an ASF file")
        if layout.obstacle is not None:
            raise layout.obstacle
        written = _written(layout)
        refuse_damaged(item.block for item in written.values())
        others = (e for i in layout.carried if i not in written.values() for e in i.block.entries)
        properties, warnings = agreed(wanted.properties, others, force=wanted.force)
        told = replace(wanted, properties=properties)
        plan = _Plan(warnings=[*warnings, *layout.warnings])
        if not layout.signed:
            for id_, merge in _MERGES:
                _state(source, written.get(id_), id_, merge, told.told(Carrier.ASF), wanted, plan)
        _packet(source, layout, written.get(XMP), told.told(Carrier.XMP), wanted, plan)
        _fit(layout, wanted, plan)
        patch = relocate(source.size, layout.links, plan.edits)
        return Change(
            patch=grounded(patch, source, layout.essence),
            carriers=tuple(carrier for carrier in self.carries if carrier in plan.carriers),
            warnings=tuple(dict.fromkeys(plan.warnings)),
        )


def _written(layout: AsfLayout) -> dict[bytes, Carried]:
    """The object of each kind that is written, by its GUID: the first one."""
    found: dict[bytes, Carried] = {}
    for id_ in (DESCRIPTION, EXTENDED, BRANDING, XMP):
        items = [i for i in layout.of(id_) if not (layout.signed and layout.header.holds(i.object))]
        if items:
            found[id_] = items[0]
    return found


def _state(
    source: Source,
    old: Carried | None,
    id_: bytes,
    merge: Callable[..., Merged],
    properties: Iterable[Property],
    wanted: Wanted,
    plan: _Plan,
) -> None:
    """Let an object of the header say what is wanted, or a new one where there is none."""
    content = Part(source, *old.object.content) if old is not None else None
    merged = merge(content, properties, force=wanted.force)
    plan.warnings += merged.warnings
    if merged.said:
        plan.carriers[Carrier.ASF] = None
    if old is not None and content is not None and content.size and not merged.size:
        plan.edits.append(Edit(*old.object.span, (), inside=0))
        plan.objects -= 1
    elif old is None and merged.size:
        plan.added += _object(id_, merged.pieces)
        plan.objects += 1
    elif old is not None and content is not None and not merged.unchanged(content.size):
        start, end = old.object.content
        plan.edits.append(Edit(start, end, merged.placed(start), inside=old.object.start))


def _packet(
    source: Source,
    layout: AsfLayout,
    old: Carried | None,
    properties: tuple[Property, ...],
    wanted: Wanted,
    plan: _Plan,
) -> None:
    """Merge the packet, or put a new one right behind the data."""
    if old is None and not (properties and layout.closed and layout.data is not None):
        return
    data = source.read(*old.object.content) if old is not None else b""
    merged = xmp.merge(
        data if old is not None else None,
        properties if wanted.stripping else (*properties, _noted(layout)),
        force=wanted.force,
        padding=wanted.padding,
    )
    if merged.size:
        merged = merged.grounded(data)
    plan.warnings += merged.warnings
    if merged.said:
        plan.carriers[Carrier.XMP] = None
    if old is not None and data and not merged.size:
        plan.edits.append(
            Edit(*old.object.span, (), inside=layout.data.start if layout.data else 0)
        )
    elif old is None and merged.said and layout.data is not None:
        place = layout.data.end
        # It belongs to nothing but the file, whose size is the only one that covers the data.
        plan.edits.append(Edit(place, place, _object(XMP, merged.pieces), inside=layout.data.start))
    elif old is not None and not merged.unchanged(len(data)):
        start, end = old.object.content
        plan.edits.append(Edit(start, end, merged.placed(start), inside=old.object.start))


def _noted(layout: AsfLayout) -> Property:
    """The room in the header, as it is before us."""
    padding = layout.padding
    return before(_NOTE, padding.end - padding.start if padding is not None else 0)


def _fit(layout: AsfLayout, wanted: Wanted, plan: _Plan) -> None:
    """Place the new objects, and let padding take up what the header gains, if it can."""
    header, padding = layout.header, layout.padding
    growth = sum(piece.size for piece in plan.added)
    growth += sum(edit.growth for edit in plan.edits if edit.end <= header.object.end)
    if wanted.stripping and growth and padding is not None:
        entries = (entry for block in layout.blocks for entry in block.entries)
        room = (noted(entries, _NOTE) or (None,))[0]
        if room == 0 or (room is None and wanted.freed(padding.content.size)):
            plan.edits.append(Edit(*padding.span, (), inside=0))
            plan.objects -= 1
            growth = 0
        elif room is not None:
            growth = padding.content.size - (room - HEADER)
    if growth and padding is None:
        spare = -growth if growth <= -HEADER else HEADER + wanted.padding
        plan.added += _object(PADDING, (Insert(bytes(spare - HEADER)),))
        plan.objects += 1
    elif growth and padding is not None:
        room = padding.content.size
        left = room - growth if growth <= room else wanted.padding
        common = min(room, left)
        more = (Insert(bytes(left - common)),)
        end = padding.end
        plan.edits.insert(0, Edit(end - room + common, end, more, inside=padding.start))
    if plan.added:
        plan.edits.append(Edit(header.stop, header.stop, tuple(plan.added), inside=0))
    count = min(header.count + plan.objects, _COUNT_LIMIT)
    if count != header.count:
        number = Insert(count.to_bytes(4, "little"))
        plan.edits.append(Edit(*header.count_span, (number,), inside=0))


def _object(id_: bytes, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """A new object around ``pieces``."""
    size = HEADER + sum(piece.size for piece in pieces)
    return Insert(id_ + size.to_bytes(8, "little")), *pieces


FAMILIES: Final[tuple[Container, ...]] = (Asf(),)
