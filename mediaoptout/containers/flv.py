"""FLV (Adobe Flash Video File Format Specification 10.1, annex E).

The XMP packet stands in a script tag ``onXMPData`` at the time 0 (XMP Part 3, 1.1), behind
``onMetaData`` and before the first picture and sound, where readers look. What follows moves, so
the positions of key frames in ``onMetaData`` move with it. The tags behind the beginning are the
essence, and are not walked.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import ClassVar, Final

from mediaoptout.carriers import amf, xmp
from mediaoptout.containers.base import (
    Block,
    Capability,
    Change,
    Container,
    Layout,
    Wanted,
)
from mediaoptout.containers.blocks import agreed, refuse_damaged
from mediaoptout.containers.flv_tags import SCRIPT, Tag, begins, leading, tag
from mediaoptout.containers.images import xmp_block
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.linker import Edit, Length, Links, Reference, relocate
from mediaoptout.splice.patch import Insert, Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

SIGNATURE: Final = b"FLV\x01"
HEADER: Final = 9
"""The bytes before the first back pointer, where nothing is added to them."""
MAX_HEADER: Final = 1 << 16
MAX_SCRIPTS: Final = 4
"""How many script tags with metadata a file may begin with."""
MAX_POSITIONS: Final = 1 << 17
"""How many positions of key frames a file may state."""

_META: Final = "onMetaData"
_XMP: Final = "onXMPData"
_KEY: Final = "liveXML"
_SIZE: Final = ("filesize",)
_KNOWN: Final = {
    _META: (_SIZE, ("lastkeyframelocation",), ("keyframes", "filepositions")),
    _XMP: ((_KEY,),),
}
"""The values that we know, by the script tag's name and the path below its second value."""
_INDEX: Final = b"filepositions"
_NAME_END: Final = 16
_BACK: Final = 4
_TEXTS: Final = (amf.STRING, amf.LONG_STRING)


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet in a script tag.

    Args:
        tag: the tag.
        marker: where the type of its text stands.
        span: the packet itself.
        short: whether its length has 16 bits.
        block: what it says.
    """

    tag: Tag
    marker: int
    span: Span
    short: bool
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class FlvLayout(Layout):
    """An FLV as read.

    Args:
        packets: the packets at its beginning.
        place: where a new packet goes.
    """

    packets: tuple[Packet, ...]
    place: int


@dataclass(frozen=True, slots=True)
class _Script:
    """A script tag of the beginning that we know.

    Args:
        tag: the tag.
        name: what it is called.
        data: its content.
        values: those of its values that we know.
        whole: whether it could be walked to its end.
    """

    tag: Tag
    name: str
    data: bytes
    values: tuple[amf.Value, ...]
    whole: bool


class Flv(Container):
    """FLV; see the module."""

    name: ClassVar = "flv"
    title: ClassVar = "FLV (Adobe Flash Video 10.1)"
    media_types: ClassVar = ("video/x-flv",)
    extensions: ClassVar = (".flv",)
    carries: ClassVar = {
        Carrier.XMP: Capability(
            write=True,
            place="script tag onXMPData",
            note="ffmpeg shows it as a data stream of its own",
        ),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it has the signature, and a header that ends; see `Container.recognises`."""
        offset = int.from_bytes(head[5:HEADER], "big")
        return head.startswith(SIGNATURE) and HEADER <= offset <= min(MAX_HEADER, source.size)

    def read(self, source: Source) -> FlvLayout:
        """See `Container.read`."""
        head = source.read(0, HEADER)
        first = int.from_bytes(head[5:], "big") + _BACK
        if first < HEADER + _BACK:
            raise DamagedError("the header ends before it is whole", at=5)
        tags, stop = leading(source, first)
        scripts = tuple(_scripts(source, tags))
        packets = tuple(_packets(scripts))
        metas = [item for item in scripts if item.name == _META]
        starts = frozenset(item.start for item in tags)
        references = tuple(islice(_references(metas, starts, stop), MAX_POSITIONS + 1))
        if len(references) > MAX_POSITIONS:
            raise LimitError(f"there are more than {MAX_POSITIONS} positions of key frames")
        lengths = (*_sizes(source.size, metas), *_lengths(packets))
        ours = {item.tag for item in packets} | {item.tag for item in metas}
        essence = tuple(_essence(tags, stop, source.size))
        return FlvLayout(
            size=source.size,
            essence=essence,
            framing=_framing(head, metas, (*references, *_sizes(source.size, metas))),
            links=Links(references=references, lengths=lengths),
            blocks=tuple(item.block for item in packets),
            foreign=tuple(t.record for t in tags if t.kind == SCRIPT and t not in ours),
            obstacle=_obstacle(begins(source, first), essence, metas),
            packets=packets,
            place=_place(tags, metas, min(first, source.size)),
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, FlvLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of an FLV")
        if layout.obstacle is not None:
            raise layout.obstacle
        refuse_damaged(item.block for item in layout.packets)
        others = (entry for item in layout.packets[1:] for entry in item.block.entries)
        properties, warnings = agreed(wanted.properties, others, force=wanted.force)
        properties = replace(wanted, properties=properties).told(Carrier.XMP)
        old = layout.packets[0] if layout.packets else None
        data = source.read(*old.span) if old is not None else b""
        edits: list[Edit] = []
        if old is None and not properties:
            return Change(patch=relocate(source.size, Links(), ()), carriers=())
        merged = xmp.merge(
            data if old is not None else None,
            properties,
            force=wanted.force,
            padding=wanted.padding,
        )
        if merged.size:
            merged = merged.grounded(data)
        if old is not None and data and not merged.size:
            edits.append(Edit(old.tag.start, old.tag.next, (), inside=0))
        elif old is None and merged.said:
            content = amf.script(_XMP, _KEY, merged.rendered(b""))
            if len(content) >= 1 << 24:
                raise RefusedError(
                    "the packet is longer than a tag can be (16 MiB)",
                    fix="say it with shorter texts, or in fewer languages",
                    code="overflow",
                )
            edits.append(
                Edit(layout.place, layout.place, (Insert(tag(SCRIPT, content)),), inside=0)
            )
        elif old is not None and not merged.unchanged(len(data)):
            pieces = merged.placed(old.span.start)
            start = old.span.start
            if old.short and merged.size > amf.MAX_SHORT:
                start = old.marker
                pieces = (Insert(struct.pack(">BI", amf.LONG_STRING, merged.size)), *pieces)
            edits.append(Edit(start, old.span.end, pieces, inside=old.tag.start))
        return Change(
            patch=relocate(source.size, layout.links, edits),
            carriers=(Carrier.XMP,) if merged.said else (),
            warnings=tuple(dict.fromkeys((*warnings, *merged.warnings))),
        )


def _scripts(source: Source, tags: tuple[Tag, ...]) -> Iterator[_Script]:
    """The script tags that we know.

    Raises:
        LimitError: there are more than `MAX_SCRIPTS`.
    """
    count = 0
    for item in tags:
        name = _name(source, item)
        if name not in _KNOWN:
            continue
        count += 1
        if count > MAX_SCRIPTS:
            raise LimitError(f"more than {MAX_SCRIPTS} script tags have metadata", at=item.start)
        data = source.read(*item.content)
        values: list[amf.Value] = []
        whole = True
        try:
            values.extend(value for value in amf.walk(data) if value.path[1:3] in _KNOWN[name])
        except (DamagedError, LimitError):
            whole = False
        yield _Script(item, name, data, tuple(values), whole)


def _name(source: Source, item: Tag) -> str:
    """What a script tag is called; nothing for what is none, or encrypted."""
    start, end = item.content
    head = source.read(start, min(end, start + _NAME_END))
    if item.kind != SCRIPT or item.filtered or head[:1] != bytes([amf.STRING]):
        return ""
    return head[3 : 3 + int.from_bytes(head[1:3], "big")].decode("latin-1").rstrip("\0")


def _packets(scripts: tuple[_Script, ...]) -> Iterator[Packet]:
    for item in scripts:
        for value in item.values if item.name == _XMP else ():
            if value.marker in _TEXTS:
                start = item.tag.content.start
                packet = item.data[slice(*value.span)]
                yield Packet(
                    item.tag,
                    start + value.at,
                    Span(start + value.span.start, start + value.span.end),
                    value.marker == amf.STRING,
                    xmp_block(packet, _XMP, item.tag.span),
                )
                break


def _references(metas: list[_Script], starts: frozenset[int], stop: int) -> Iterator[Reference]:
    """The positions of tags in ``onMetaData``.

    Of those at the beginning only such count as are a tag's start: what another program left
    behind when it put in a tag without mending them means nothing.
    """
    for item in metas:
        for value in item.values:
            target = amf.whole_number(item.data, value)
            if value.path[1:] == _SIZE or target is None:
                continue
            if target < stop and target not in starts:
                continue
            at = item.tag.content.start + value.span.start
            yield Reference(at, 8, "big", target, name="key frame's position", form="double")


def _sizes(size: int, metas: list[_Script]) -> Iterator[Length]:
    """The size of the file, wherever ``onMetaData`` says it."""
    for item in metas:
        for value in item.values:
            number = amf.whole_number(item.data, value) if value.path[1:] == _SIZE else None
            if number:
                at = item.tag.content.start + value.span.start
                yield Length(at, 8, "big", 0, size, number, "file's size", form="double")


def _lengths(packets: tuple[Packet, ...]) -> Iterator[Length]:
    for item in packets:
        start, end = item.tag.span
        width = 2 if item.short else 4
        yield Length(start + 1, 3, "big", start, end, item.tag.content.size, "tag's size")
        yield Length(end, _BACK, "big", start, end, item.tag.back, "back pointer")
        yield Length(item.marker + 1, width, "big", start, end, item.span.size, "text's length")


def _place(tags: tuple[Tag, ...], metas: list[_Script], first: int) -> int:
    """Where a new tag goes: behind ``onMetaData`` if that is before all pictures and sounds."""
    shown = next((item.start for item in tags if item.kind != SCRIPT), None)
    before = [m.tag.next for m in metas if shown is None or m.tag.start < shown]
    return before[0] if before else first


def _essence(tags: tuple[Tag, ...], stop: int, size: int) -> Iterator[Span]:
    """Everything but the script tags of the beginning."""
    start = None
    for item in tags:
        if item.kind != SCRIPT:
            start = item.start if start is None else start
        elif start is not None:
            yield Span(start, item.start)
            start = None
    start = stop if start is None else start
    if start < size:
        yield Span(start, size)


def _obstacle(begun: bool, essence: tuple[Span, ...], metas: list[_Script]) -> RefusedError | None:
    """Why the file must not be written: without tags, or with an index that would go astray."""
    if not begun or not essence:
        return RefusedError(
            "the file ends, or its tags do, before its first picture or sound",
            fix="get a complete copy of the file",
            code="truncated",
        )
    for item in metas:
        if not item.whole and _INDEX in item.data:
            return RefusedError(
                "onMetaData has positions of key frames that cannot all be read, and would move",
                at=item.tag.start,
                fix="have the index written anew, for example by ffmpeg",
                code="damaged",
            )
    return None


def _framing(head: bytes, metas: list[_Script], numbers: tuple[Reference | Length, ...]) -> str:
    """A digest of the header and of ``onMetaData`` without the numbers that follow a change."""
    digest = hashlib.sha256(head)
    for item in metas:
        data = bytearray(item.data)
        for number in numbers:
            at = number.at - item.tag.content.start
            if 0 <= at < len(data):
                data[at : at + number.width] = bytes(number.width)
        digest.update(data)
    return digest.hexdigest()


FAMILIES: Final[tuple[Container, ...]] = (Flv(),)
