"""IFF forms of sound (``FORM`` of AIFF, ``FRM8`` of DSDIFF): what they share.

An ``ID3 `` chunk holds an ID3v2 tag, though neither standard knows it: every player and tagger
does. New chunks go behind the sound, so that nothing moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, TypeVar

from mediaoptout.carriers import id3
from mediaoptout.containers import id3_tags
from mediaoptout.containers.base import Block
from mediaoptout.containers.chunks import Chunk, Shape, framed, replaced, zeros
from mediaoptout.containers.id3_tags import PlacedTag
from mediaoptout.containers.riff_forms import Form, FormPlan
from mediaoptout.errors import LimitError, RefusedError
from mediaoptout.splice.linker import Edit, Reference
from mediaoptout.splice.patch import Insert, Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

ID3: Final = b"ID3 "
MAX_CARRIED: Final = 256
"""How many chunks that carry statements a file may have."""

_NAMES: Final = frozenset({ID3, b"id3 "})
_VERSION: Final = 3
"""The version of a new tag: the one that every player reads."""
_MAX_BLANK: Final = 1 << 20
"""The largest chunk of zeros that is taken for an empty tag, and the longest filling."""
_MAX_DESCRIBING: Final = 1 << 16
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class TagChunk:
    """A chunk that holds a tag; None where it holds nothing."""

    chunk: Chunk
    placed: PlacedTag | None

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The tag, and the packets in it; no IFF has a place for a C2PA manifest."""
        found = self.placed.blocks if self.placed else ()
        return tuple(block for block in found if block.carrier is not Carrier.C2PA)


def limited(items: Iterator[_Item]) -> tuple[_Item, ...]:
    """The items, of which there may be `MAX_CARRIED`.

    Raises:
        LimitError: there are more.
    """
    found = tuple(islice(items, MAX_CARRIED + 1))
    if len(found) > MAX_CARRIED:
        raise LimitError(f"more than {MAX_CARRIED} chunks carry statements")
    return found


def tag_chunks(source: Source, form: Form) -> Iterator[TagChunk]:
    """The chunks of a form that hold ID3v2 tags."""
    for chunk in form.chunks:
        if chunk.name not in _NAMES:
            continue
        start, end = chunk.payload
        size = id3.tag_size(source.read(start, min(start + 16, end)))
        if size is None and end - start <= _MAX_BLANK and zeros(source, start, end):
            yield TagChunk(chunk, None)
        else:
            span = Span(start, end if size is None else min(start + size, end))
            yield TagChunk(chunk, id3_tags.placed_tag(source, span))


def references(
    tags: tuple[TagChunk, ...], sound: tuple[Span, ...]
) -> tuple[tuple[Reference, ...], RefusedError | None]:
    """The places in the sound that chapters in the tags state; or why they cannot be changed."""
    if not sound:
        return (), None
    whole = Span(sound[0].start, sound[-1].end)
    try:
        placed = (item.placed for item in tags if item.placed is not None)
        return tuple(at for tag in placed for at in id3_tags.references(tag, whole)), None
    except RefusedError as error:
        return (), error


def foreign(form: Form, size: int, tags: tuple[TagChunk, ...], ours: set[Chunk]) -> Iterator[Span]:
    """What others wrote: their chunks, their frames in the tags, what stands behind the chunks.

    Args:
        form: the form.
        size: the size of the file.
        tags: its tags.
        ours: the chunks that are the sound, or whose content may change.
    """
    stating = {item.chunk for item in tags} | ours
    for chunk in form.chunks:
        if chunk not in stating:
            yield Span(chunk.start, chunk.end)
    for item in tags:
        if item.placed is not None:
            yield from id3_tags.foreign(item.placed)
            tail = Span(item.placed.span.end, item.chunk.end)
            if tail.size:
                yield tail
    if form.end < size:
        yield Span(form.end, size)


def described(
    source: Source, chunks: tuple[Chunk, ...], names: frozenset[bytes]
) -> tuple[tuple[bytes, bytes], ...]:
    """The chunks called ``names``, each with the beginning of its payload."""
    return tuple(
        (
            chunk.name,
            source.read(chunk.payload.start, min(chunk.end, chunk.start + _MAX_DESCRIBING)),
        )
        for chunk in chunks
        if chunk.name in names
    )


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound in its chunks.

    Args:
        spans: the samples or frames themselves; of a cut chunk, up to the file's end.
        heads: what stands before them in each chunk.
    """

    spans: tuple[Span, ...]
    heads: tuple[bytes, ...]


def read_sound(
    source: Source,
    chunks: tuple[Chunk, ...],
    cut: Chunk | None,
    names: frozenset[bytes],
    head: int = 0,
) -> Sound:
    """The sound in the chunks called ``names``.

    Args:
        source: the file.
        chunks: the whole chunks.
        cut: the chunk that is longer than what is left, or None.
        names: the chunks that hold the sound.
        head: how many bytes of each chunk's payload stand before the sound.
    """
    found = [chunk.payload for chunk in chunks if chunk.name in names]
    if cut is not None and cut.name in names:
        found.append(Span(cut.payload.start, source.size))
    firsts = [min(span.start + head, span.end) for span in found]
    return Sound(
        spans=tuple(Span(first, span.end) for first, span in zip(firsts, found, strict=True)),
        heads=tuple(
            source.read(span.start, first) for first, span in zip(firsts, found, strict=True)
        ),
    )


def obstacle(source: Source, form: Form, names: frozenset[bytes]) -> RefusedError | None:
    """Why nothing must be written: the length of the sound is not certain.

    Players would take what we add for sound, or not find it.

    Args:
        source: the file.
        form: its form.
        names: the chunks that hold the sound.
    """
    cut, end = form.cut, form.end
    if cut is not None and cut.name in names:
        there = source.size - cut.payload.start
        return _refusal(
            f"the {cut.label} chunk states {cut.payload.size} bytes, but {there} are there",
            cut.start,
        )
    chunks = [chunk for chunk in form.chunks if chunk.name in names]
    rest = source.size - end
    if not chunks:
        if not rest:
            return None
        return RefusedError(
            "there is no sound before the place where the chunks are broken",
            at=end,
            fix="get a complete copy of the file",
            code="no-data",
        )
    if chunks[0].payload.size == 0 and rest:
        return _refusal(f"the {chunks[0].label} chunk states no length", chunks[0].start)
    honest = form.warning is None and form.next == end
    last = form.chunks[-1].name in names
    if last and not honest and cut is None and rest >= chunks[0].shape.header:
        filling = rest <= _MAX_BLANK and zeros(source, end, source.size)
        if not filling:
            return _refusal("what follows it is neither a chunk nor filling", end)
    return None


def _refusal(reason: str, at: int) -> RefusedError:
    return RefusedError(
        f"the length of the sound is not certain: {reason}",
        at=at,
        fix="let an audio editor write the file anew, with its length",
        code="data-length",
    )


def tell_tag(
    plan: FormPlan, tags: tuple[TagChunk, ...], telling: id3.Telling, shape: Shape
) -> id3.MergedTag | None:
    """Let the first tag say what it is told, or a new one behind the last chunk.

    Args:
        plan: the change, which is added to.
        tags: the tags that are there.
        telling: what shall be said.
        shape: how the form's chunks state their lengths.

    Returns:
        The new tag; None where nothing is to be said and there is none.

    Raises:
        RefusedError: see `id3.merge_tag`.
    """
    chunk, placed = (tags[0].chunk, tags[0].placed) if tags else (None, None)
    if (placed is None or placed.tag is None) and not telling.properties:
        return None
    tag = placed.tag if placed and placed.tag else id3.empty_tag(_VERSION)
    merged = id3.merge_tag(tag, telling)
    if chunk is None and not merged.size:
        return merged
    if chunk is None:
        plan.appended += framed(ID3, merged.pieces, shape)
    elif placed is not None and not merged.size:
        plan.drop(chunk)
    elif placed is None:
        plan.settled.add(chunk)
        plan.edits += replaced(chunk, merged.pieces)
    else:
        edits = [replace(e, inside=chunk.start) for e in id3_tags.edits(placed.span, merged)]
        plan.edits += edits
        growth = sum(edit.growth for edit in edits)
        if growth:
            plan.settled.add(chunk)
            pad = Insert(bytes(shape.padding(chunk.payload.size + growth)))
            plan.edits.append(Edit(chunk.end, chunk.next, (pad,), inside=plan.form.start))
    return merged
