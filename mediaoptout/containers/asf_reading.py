"""An ASF file as read: its header's texts, its packet, and the data that stay as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers import asf, xmp
from mediaoptout.containers.asf_objects import (
    BRANDING,
    DATA,
    DESCRIPTION,
    EXTENDED,
    FILE_PROPERTIES,
    HEADER,
    LIBRARY,
    METADATA,
    PADDING,
    SIGNATURE,
    XMP,
    FileProperties,
    Header,
    Object,
    file_properties,
    read_header,
    walk,
)
from mediaoptout.containers.base import Block, Layout
from mediaoptout.containers.blocks import DAMAGED, parsed
from mediaoptout.containers.chunks import zeros
from mediaoptout.errors import DamagedError, ErrorInfo, LimitError, RefusedError
from mediaoptout.splice.linker import Length, Links
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import WINDOW, Part, Source
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.words import Carrier

MAX_PACKET: Final = 16 << 20
"""The largest XMP packet that is read."""
MAX_CARRIED: Final = 16
"""How many objects that carry statements are read."""

_PARSERS: Final[dict[bytes, tuple[str, Callable[[Source, str], tuple[Entry, ...]]]]] = {
    DESCRIPTION: ("Content Description", asf.parse_description),
    EXTENDED: ("Extended Content Description", asf.parse_extended),
    BRANDING: ("Content Branding", asf.parse_branding),
    METADATA: ("Metadata", asf.parse_library),
    LIBRARY: ("Metadata Library", asf.parse_library),
}
_WRITTEN: Final = (DESCRIPTION, EXTENDED, BRANDING, XMP)
_SAYING: Final = frozenset({*_PARSERS, PADDING, XMP})
"""The objects of a header that neither time nor delimit anything."""
_FITTED: Final = frozenset({FILE_PROPERTIES, PADDING})
"""The objects that follow what is written: the size of the file, and the room that is left."""
_MAX_DECIDING: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Carried:
    """An object that carries statements, and what it says."""

    object: Object
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class AsfLayout(Layout):
    """An ASF file as read.

    Args:
        header: its header.
        data: the data object, as far as the file has it; None if the file ends before it.
        closed: whether the data object says where it ends, and does so inside the file.
        carried: what carries statements, in the order of the file.
        padding: the largest padding of the header, or None.
        signed: whether the header has a digital signature.
    """

    header: Header
    data: Object | None
    closed: bool
    carried: tuple[Carried, ...]
    padding: Object | None
    signed: bool

    def of(self, id_: bytes) -> tuple[Carried, ...]:
        """The objects of one kind that carry statements."""
        return tuple(item for item in self.carried if item.object.id == id_)


def read_layout(source: Source) -> AsfLayout:
    """See `Container.read`."""
    header = read_header(source)
    before, stop = walk(source, header.object.end, source.size)
    data = next((item for item in before if item.id == DATA), None)
    closed = data is not None
    if data is None and source.size - stop >= HEADER and source.read(stop, stop + 16) == DATA:
        data = Object(DATA, stop, source.size)
    top = tuple(item for item in before if item is not data)
    rest = Span(stop if closed else source.size, source.size)
    carried = tuple(_carried(source, (*header.objects, *top)))
    properties = file_properties(source, header)
    padding = [item for item in header.objects if item.id == PADDING]
    warnings = []
    if data is not None and not closed:
        warnings.append("the data are cut, or do not say where they end: no packet fits behind")
    signed = any(item.id == SIGNATURE for item in header.objects)
    if signed:
        warnings.append("the header is signed, and is left as it is")
    return AsfLayout(
        size=source.size,
        essence=(data.span,) if data is not None else (),
        framing=_framing(source, header, properties),
        links=Links(lengths=tuple(_lengths(source.size, header, carried, padding, properties))),
        blocks=tuple(item.block for item in carried),
        foreign=(*_foreign(source, header, top, carried), *((rest,) if rest.size else ())),
        obstacle=_obstacle(source, header, data, stop),
        placeless=frozenset() if closed else frozenset({Carrier.XMP}),
        warnings=tuple(warnings),
        header=header,
        data=data,
        closed=closed,
        carried=carried,
        padding=max(padding, key=lambda item: item.end - item.start, default=None),
        signed=signed,
    )


def _obstacle(source: Source, header: Header, data: Object | None, at: int) -> RefusedError | None:
    """Why the file must not be written: its header cannot be walked, or it has no data."""
    end = header.object.end
    if not zeros(source, header.stop, min(end, header.stop + _MAX_DECIDING)):
        return RefusedError(
            "an object of the header reaches beyond the header's end",
            at=header.stop,
            fix="have the file written anew, for example by ffmpeg",
            code="damaged",
        )
    if data is None:
        return RefusedError(
            "the file ends, or its objects do, before its data",
            at=at,
            fix="get a complete copy of the file",
            code="truncated",
        )
    return None


def _carried(source: Source, objects: tuple[Object, ...]) -> Iterator[Carried]:
    found = [item for item in objects if item.id in _PARSERS or item.id == XMP]
    if len(found) > MAX_CARRIED:
        raise LimitError(
            f"more than {MAX_CARRIED} objects carry statements", at=found[MAX_CARRIED].start
        )
    for item in found:
        if item.id == XMP:
            yield Carried(item, _packet(source, item))
            continue
        location, parse = _PARSERS[item.id]
        try:
            entries, error = parse(Part(source, *item.content), location), None
        except (DamagedError, LimitError) as problem:
            entries = ()
            error = ErrorInfo(DAMAGED, problem.message, f"offset {item.start}", problem.fix)
        yield Carried(item, Block(Carrier.ASF, location, item.span, entries, error))


def _packet(source: Source, item: Object) -> Block:
    if item.content.size > MAX_PACKET:
        error = ErrorInfo(DAMAGED, f"it is longer than {MAX_PACKET} bytes", f"offset {item.start}")
        return Block(Carrier.XMP, "XMP", item.span, error=error)
    return parsed(Carrier.XMP, "XMP", item.span, xmp.parse, source.read(*item.content))


def _lengths(
    size: int,
    header: Header,
    carried: tuple[Carried, ...],
    padding: list[Object],
    properties: FileProperties | None,
) -> Iterator[Length]:
    yield from header.lengths
    for item in (*(found.object for found in carried), *padding):
        yield item.length
    if properties is not None and properties.size and not properties.live:
        at, stated = properties.size_at, properties.size
        yield Length(at, 8, "little", 0, size, stated, "file's size")


def _foreign(
    source: Source, header: Header, top: tuple[Object, ...], carried: tuple[Carried, ...]
) -> Iterator[Span]:
    """Every object that is not ours, and what others say in those that are."""
    written = {item.object for item in carried if item.object.id in _WRITTEN}
    for item in (*header.objects, *top):
        if item not in written and item != header.extension and item.id not in _FITTED:
            yield item.span
    for found in carried:
        if found.block.error is None and found.object.id == EXTENDED:
            start = found.object.content.start
            for attribute in asf.attributes(Part(source, *found.object.content)):
                if attribute.key not in asf.OURS:
                    yield Span(start + attribute.start, start + attribute.value.end)


def _framing(source: Source, header: Header, properties: FileProperties | None) -> str:
    """A digest of what the header says of the streams; without the size of the file."""
    digest = hashlib.sha256()
    for item in header.objects:
        if item.id in _SAYING or item == header.extension:
            continue
        digest.update(item.id)
        start, end = item.content
        end = min(end, start + _MAX_DECIDING)
        for at in range(start, end, WINDOW):
            data = source.read(at, min(at + WINDOW, end))
            if properties is not None and at <= properties.size_at < at + len(data):
                offset = properties.size_at - at
                data = data[:offset] + data[offset + 8 :]
            digest.update(data)
    return digest.hexdigest()
