"""A WAV's chunks read into a layout: what is sound, what describes it, what carries statements."""

from __future__ import annotations

import codecs
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Final

from mediaoptout.carriers import axml, id3, info, xmp
from mediaoptout.containers.base import Block, Layout
from mediaoptout.containers.blocks import DAMAGED, parsed
from mediaoptout.containers.chunks import FILLING, Carried, Chunk
from mediaoptout.containers.riff import DATA, DS64, Riff, read_riff
from mediaoptout.errors import ErrorInfo, LimitError
from mediaoptout.splice.linker import Length
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

LIST: Final = b"LIST"
ID3: Final = b"id3 "
XMP: Final = b"_PMX"
AXML: Final = b"axml"
C2PA: Final = b"C2PA"
CODE_PAGE: Final = b"CSET"
UTF8_PAGE: Final = 65001
MAX_CARRIED: Final = 256
"""How many chunks that carry statements a file may have."""
MAX_BLOCK: Final = 48 << 20
"""The largest chunk that is parsed for statements."""

_CARRIERS: Final = {
    ID3: Carrier.ID3,
    b"ID3 ": Carrier.ID3,
    XMP: Carrier.XMP,
    AXML: Carrier.AXML,
    C2PA: Carrier.C2PA,
}
_DESCRIBING: Final = frozenset({b"fmt ", b"fact"})
_MAX_DESCRIBING: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WavLayout(Layout):
    """A WAV as read.

    Args:
        riff: its chunks.
        carried: those that carry statements, in the order of the file; manifests too.
        encoding: the codec of the texts in ``INFO``, where a ``CSET`` chunk names one.
    """

    riff: Riff
    carried: tuple[Carried, ...]
    encoding: str | None

    def of(self, carrier: Carrier) -> tuple[Carried, ...]:
        """The chunks of one carrier."""
        return tuple(item for item in self.carried if item.block.carrier is carrier)


def read_layout(source: Source) -> WavLayout:
    """See `Container.read`; also raises `LimitError` above `MAX_CARRIED`."""
    riff = read_riff(source)
    encoding = _encoding(source, riff)
    carried = tuple(islice(_carried(source, riff, encoding), MAX_CARRIED + 1))
    if len(carried) > MAX_CARRIED:
        raise LimitError(
            f"more than {MAX_CARRIED} chunks carry statements", at=carried[-1].chunk.start
        )
    stating = {item.chunk for item in carried if not is_kept(source, item)}
    foreign = [
        Span(chunk.start, chunk.end)
        for chunk in riff.chunks
        if chunk not in stating and chunk.name not in (DATA, DS64, *FILLING)
    ]
    if riff.end < source.size:
        foreign.append(Span(riff.end, source.size))
    sound = [chunk.payload for chunk in riff.data]
    if riff.cut is not None and riff.cut.name == DATA:
        sound.append(Span(riff.cut.payload.start, source.size))
    lengths = tuple(_length(item.chunk) for item in carried)
    return WavLayout(
        size=source.size,
        essence=tuple(sound),
        framing=_framing(source, riff),
        links=replace(riff.links, lengths=riff.links.lengths + lengths),
        blocks=tuple(item.block for item in carried),
        foreign=tuple(foreign),
        obstacle=riff.obstacle,
        placeless=frozenset() if riff.form == b"RIFF" else frozenset({Carrier.C2PA}),
        warnings=riff.warnings,
        riff=riff,
        carried=carried,
        encoding=encoding,
    )


def is_kept(source: Source, item: Carried) -> bool:
    """Whether a chunk is read but never written: an ``axml`` of somebody else."""
    start = item.chunk.payload.start
    end = min(start + len(axml.HEAD), item.chunk.end, source.size)
    return item.block.carrier is Carrier.AXML and not axml.is_ours(source.read(start, end))


def _length(chunk: Chunk) -> Length:
    name = f"length of {chunk.label!r}"
    size = chunk.payload.size
    return Length(chunk.start + 4, 4, "little", chunk.start, chunk.end, size, name)


def _encoding(source: Source, riff: Riff) -> str | None:
    """The codec that a ``CSET`` chunk names, if it is one that we know."""
    for chunk in riff.chunks:
        if chunk.name == CODE_PAGE and chunk.payload.size >= 2:
            start = chunk.payload.start
            page = int.from_bytes(source.read(start, start + 2), "little")
            try:
                return codecs.lookup("utf-8" if page == UTF8_PAGE else f"cp{page}").name
            except LookupError:
                return None
    return None


def _carried(source: Source, riff: Riff, encoding: str | None) -> Iterator[Carried]:
    form = riff.form.decode()
    for chunk in riff.chunks:
        carrier = _carrier(source, chunk)
        if carrier is not None:
            yield Carried(chunk, _block(source, chunk, carrier, form, encoding))
    cut = riff.cut
    carrier = _carrier(source, cut) if cut is not None else None
    if cut is not None and carrier not in (None, Carrier.AXML):
        span = Span(cut.start, source.size)
        yield Carried(cut, _broken(carrier, form, cut, span, "it is longer than what is left"))


def _carrier(source: Source, chunk: Chunk) -> Carrier | None:
    if chunk.name == LIST:
        start = chunk.payload.start
        kind = source.read(start, min(start + len(info.FORM), chunk.end, source.size))
        return Carrier.RIFF_INFO if kind == info.FORM else None
    return _CARRIERS.get(chunk.name)


def _block(
    source: Source, chunk: Chunk, carrier: Carrier, form: str, encoding: str | None
) -> Block:
    span = Span(chunk.start, chunk.end)
    if carrier is Carrier.C2PA:
        return Block(carrier, _location(form, chunk), span)
    if carrier is Carrier.AXML and chunk.payload.size > axml.MAX_SIZE:
        return Block(carrier, _location(form, chunk), span)
    if chunk.payload.size > MAX_BLOCK:
        return _broken(carrier, form, chunk, span, f"it is longer than {MAX_BLOCK} bytes")
    data = source.read(*chunk.payload)
    location = _location(form, chunk)
    match carrier:
        case Carrier.RIFF_INFO:
            parse = partial(info.parse, encoding=encoding)
            return parsed(carrier, f"{location}/INFO", span, parse, data)
        case Carrier.ID3 if tag := tag_in(data):
            return parsed(carrier, location, span, id3.parse, tag)
        case Carrier.XMP:
            return parsed(carrier, location, span, xmp.parse, data)
        case Carrier.AXML:
            return parsed(carrier, location, span, axml.parse, data)
    return Block(carrier, location, span)


def tag_in(payload: bytes) -> bytes:
    """The ID3v2 tag that an ``id3`` chunk begins with; nothing if it holds but zeros."""
    size = id3.tag_size(payload[:16])
    return payload.strip(b"\0") if size is None else payload[:size]


def _location(form: str, chunk: Chunk) -> str:
    return f"{form}/{chunk.label}"


def _broken(carrier: Carrier, form: str, chunk: Chunk, span: Span, reason: str) -> Block:
    error = ErrorInfo(DAMAGED, reason, f"offset {chunk.start}")
    return Block(carrier, _location(form, chunk), span, error=error)


def _framing(source: Source, riff: Riff) -> Hashable:
    """What tells how the samples are to be read, and how many there are."""
    describing = tuple(
        (
            chunk.name,
            source.read(chunk.payload.start, min(chunk.end, chunk.start + _MAX_DESCRIBING)),
        )
        for chunk in riff.chunks
        if chunk.name in _DESCRIBING
    )
    sizes = tuple(chunk.payload.size for chunk in riff.data)
    return riff.form, describing, sizes, riff.sizes.samples if riff.sizes else None
