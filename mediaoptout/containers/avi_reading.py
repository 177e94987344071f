"""An AVI's RIFFs read into a layout: what is picture and sound, what describes it, what speaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from mediaoptout.carriers import id3, info, xmp
from mediaoptout.containers.avi_index import Indexes, is_relative, read_indexes
from mediaoptout.containers.base import Block, Layout
from mediaoptout.containers.blocks import DAMAGED, parsed
from mediaoptout.containers.chunks import FILLING, Carried, Chunk
from mediaoptout.containers.riff_forms import LIST, Form, chunk_length, is_form, read_form
from mediaoptout.errors import DamagedError, ErrorInfo, LimitError, RefusedError
from mediaoptout.splice.linker import Links
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

FORM: Final = b"AVI "
NEXT_FORM: Final = b"AVIX"
HEADERS: Final = b"hdrl"
MOVIE: Final = b"movi"
INDEX: Final = b"idx1"
XMP: Final = b"_PMX"
C2PA: Final = b"C2PA"
MAX_RIFFS: Final = 1 << 12
"""How many RIFFs a file may have."""
MAX_HEADERS: Final = 32 << 20
"""The largest list of headers, in bytes."""
MAX_CARRIED: Final = 256
"""How many chunks that carry statements a file may have."""
MAX_BLOCK: Final = 32 << 20
"""The largest chunk that is parsed for statements."""

_CARRIERS: Final = {
    XMP: Carrier.XMP,
    C2PA: Carrier.C2PA,
    b"ID32": Carrier.ID3,
    b"id3 ": Carrier.ID3,
    b"ID3 ": Carrier.ID3,
}
_STREAMED: Final = (b"db", b"dc", b"wb", b"pc", b"tx")


@dataclass(frozen=True, slots=True, kw_only=True)
class AviLayout(Layout):
    """An AVI as read.

    Args:
        form: the first RIFF, which alone is written to.
        movie: its last ``movi`` list; None where there is none.
        pinned: whether its lists must stay where they are, since an index counts from the file's
            beginning, or cannot be understood.
        carried: the chunks of the first RIFF that carry statements; manifests too.
        further: what later RIFFs say, which is only read.
    """

    form: Form
    movie: Chunk | None
    pinned: bool
    carried: tuple[Carried, ...]
    further: tuple[Carried, ...]

    def of(self, carrier: Carrier) -> tuple[Carried, ...]:
        """The chunks of one carrier in the first RIFF."""
        return tuple(item for item in self.carried if item.block.carrier is carrier)


def read_layout(source: Source) -> AviLayout:
    """See `Container.read`.

    Raises:
        DamagedError: it is no AVI, or has no headers.
        LimitError: it has too many RIFFs, headers or chunks that carry statements.
    """
    forms = _forms(source)
    first = forms[0]
    headers = _lists(source, first.chunks, HEADERS)
    if not headers:
        raise DamagedError("the file has no list of headers", at=first.start)
    movies = [chunk for form in forms for chunk in _lists(source, form.chunks, MOVIE)]
    own = _lists(source, first.chunks, MOVIE)
    movie = own[-1] if own else None
    indexes = read_indexes(source, headers[0], [chunk.payload for chunk in movies])
    old_indexes = [chunk for chunk in first.chunks if chunk.name == INDEX]
    pinned = not (
        indexes.known
        and len(own) <= 1
        and all(is_relative(source, chunk, movie) for chunk in old_indexes if movie)
    )
    carried = tuple(_limited(_carried(source, first)))
    further = tuple(_limited(item for form in forms[1:] for item in _carried(source, form)))
    essence = [*(chunk.payload for chunk in movies), *(chunk.payload for chunk in old_indexes)]
    cut = next((form.cut for form in forms if form.cut is not None), None)
    if cut is not None and cut.payload.start < source.size:
        essence.append(Span(cut.payload.start, source.size))
    known = {*headers[:1], *movies, *old_indexes, *(item.chunk for item in carried)}
    links = Links(
        references=tuple(sorted(indexes.references, key=lambda reference: reference.at)),
        lengths=(*(form.length for form in forms), *(chunk_length(i.chunk) for i in carried)),
    )
    return AviLayout(
        size=source.size,
        essence=tuple(_without(sorted(essence), indexes.bases)),
        framing=(
            _described(source, headers[0], indexes),
            tuple(chunk.payload.size for chunk in movies),
            tuple(chunk.start for chunk in own) if pinned else None,
        ),
        links=links,
        blocks=tuple(item.block for item in (*carried, *further)),
        foreign=tuple(_foreign(source, forms, known)),
        obstacle=_obstacle(forms, movie, cut, pinned=pinned),
        warnings=tuple(form.warning for form in forms if form.warning),
        form=first,
        movie=movie,
        pinned=pinned,
        carried=carried,
        further=further,
    )


def _forms(source: Source) -> tuple[Form, ...]:
    """The RIFF, and those that follow it in a file of more than a gigabyte (OpenDML)."""
    forms = [read_form(source, 0, FORM)]
    while (at := _following(source, forms[-1])) is not None:
        if len(forms) >= MAX_RIFFS:
            raise LimitError(f"there are more than {MAX_RIFFS} RIFFs", at=at)
        forms.append(read_form(source, at, NEXT_FORM))
    return tuple(forms)


def _following(source: Source, form: Form) -> int | None:
    for at in dict.fromkeys((form.next, form.next + form.next % 2, form.end)):
        if at + 12 <= source.size and is_form(source.read(at, at + 12), NEXT_FORM):
            return at
    return None


def _lists(source: Source, chunks: Iterable[Chunk], kind: bytes) -> list[Chunk]:
    return [chunk for chunk in chunks if _list_kind(source, chunk) == kind]


def _list_kind(source: Source, chunk: Chunk) -> bytes | None:
    start = chunk.payload.start
    if chunk.name != LIST or chunk.payload.size < 4:
        return None
    return source.read(start, start + 4)


def _limited(items: Iterable[Carried]) -> Iterator[Carried]:
    for number, item in enumerate(islice(items, MAX_CARRIED + 1)):
        if number == MAX_CARRIED:
            at = item.chunk.start
            raise LimitError(f"more than {MAX_CARRIED} chunks carry statements", at=at)
        yield item


def _carried(source: Source, form: Form) -> Iterator[Carried]:
    name = "RIFF" if form.start == 0 else "AVIX"
    for chunk in form.chunks:
        carrier = _CARRIERS.get(chunk.name)
        if _list_kind(source, chunk) == info.FORM:
            carrier = Carrier.RIFF_INFO
        if carrier is not None:
            yield Carried(chunk, _block(source, chunk, carrier, f"{name}/{chunk.label}"))


def _block(source: Source, chunk: Chunk, carrier: Carrier, location: str) -> Block:
    span = Span(chunk.start, chunk.end)
    if carrier is Carrier.C2PA:
        return Block(carrier, location, span)
    if chunk.payload.size > MAX_BLOCK:
        error = ErrorInfo(DAMAGED, f"it is longer than {MAX_BLOCK} bytes")
        return Block(carrier, location, span, error=error)
    data = source.read(*chunk.payload)
    match carrier:
        case Carrier.RIFF_INFO:
            return parsed(carrier, f"{location}/INFO", span, info.parse, data)
        case Carrier.XMP:
            return parsed(carrier, location, span, xmp.parse, data)
    return parsed(carrier, location, span, id3.parse, data)


def _without(spans: Iterable[Span], holes: Iterable[Span]) -> Iterator[Span]:
    """``spans`` without ``holes``, which lie inside of them; both in order, none overlapping."""
    waiting = sorted(holes, reverse=True)
    for start, end in spans:
        at = start
        while waiting and waiting[-1].start < end:
            hole = waiting.pop()
            if hole.start >= at and hole.end <= end:
                yield Span(at, hole.start)
                at = hole.end
        yield Span(at, end)


def _described(source: Source, headers: Chunk, indexes: Indexes) -> str:
    """A digest of the headers and of what indexes count from, without the places in them."""
    if headers.payload.size > MAX_HEADERS:
        raise LimitError(f"the headers take more than {MAX_HEADERS} bytes", at=headers.start)
    data = bytearray(source.read(*headers.payload))
    for reference in indexes.references:
        at = reference.at - headers.payload.start
        if 0 <= at < len(data):
            data[at : at + reference.width] = bytes(reference.width)
    digest = hashlib.sha256(data)
    digest.update(repr(indexes.distances).encode())
    return digest.hexdigest()


def _foreign(source: Source, forms: Sequence[Form], known: set[Chunk]) -> Iterator[Span]:
    for form in forms:
        for chunk in form.chunks:
            if chunk not in known and chunk.name not in FILLING:
                yield Span(chunk.start, chunk.end)
    if forms[-1].end < source.size and forms[-1].cut is None:
        yield Span(forms[-1].end, source.size)


def _obstacle(
    forms: Sequence[Form], movie: Chunk | None, cut: Chunk | None, *, pinned: bool
) -> RefusedError | None:
    if cut is not None:
        return _refusal(f"the chunk {cut.label!r} is longer than what is left", cut.start)
    if movie is None:
        return _refusal("there is no list of pictures and sound", forms[0].end)
    open_ended = movie.payload.size <= 4
    if open_ended and any(chunk.name[2:] in _STREAMED for chunk in forms[0].chunks):
        return RefusedError(
            "the list of pictures and sound states no length: the recording was not finished",
            at=movie.start,
            fix="let a video program write the file anew",
            code="data-length",
        )
    if pinned and len(forms) > 1:
        return RefusedError(
            "an index of the file cannot be understood, and would point beside the pictures",
            at=forms[1].start,
            fix="let a video program write the file anew",
            code="index",
        )
    return None


def _refusal(reason: str, at: int) -> RefusedError:
    return RefusedError(reason, at=at, fix="get a complete copy of the file", code="truncated")
