"""A RIFF of any form (``WEBP``, ``AVI ``, ``AVIX``): its chunks, and how long it is in truth.

IFF is the same with big-endian lengths (``FORM``: ``AIFF``, ``AIFC``), and with those of 64 bits
(``FRM8``: ``DSD ``). Lengths are never believed. One that lies is put right with the next change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from mediaoptout.containers.chunks import RIFF_SHAPE, Chunk, Shape, Walk, walk
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.linker import Edit, Length, Links, relocate
from mediaoptout.splice.patch import Insert, Patch, Piece
from mediaoptout.splice.source import Source

RIFF: Final = b"RIFF"
LIST: Final = b"LIST"
START: Final = 12
"""Where the first chunk begins, counted from the RIFF's own beginning."""


@dataclass(frozen=True, slots=True)
class Form:
    """A RIFF as it stands in a file.

    Args:
        start: where it begins.
        chunks: its whole chunks, in order.
        cut: a chunk behind them that is longer than what is left.
        end: where a new chunk goes: behind the last one.
        next: where the RIFF itself ends; more than ``end`` where it holds what is no chunk.
        length: its length field, with the number that should stand there.
        warning: how its length lies, or None.
    """

    start: int
    chunks: tuple[Chunk, ...]
    cut: Chunk | None
    end: int
    next: int
    length: Length
    warning: str | None


def is_form(head: bytes, form: bytes) -> bool:
    """Whether ``head`` begins a RIFF of the form ``form``."""
    return head[:4] == RIFF and head[8:START] == form


def read_form(
    source: Source,
    start: int,
    form: bytes,
    odd_names: frozenset[bytes] = frozenset(),
    *,
    magic: bytes = RIFF,
    shape: Shape = RIFF_SHAPE,
) -> Form:
    """Walk the chunks of the RIFF at ``start`` and judge its length.

    Args:
        source: the file.
        start: where the RIFF begins.
        form: of which form it must be.
        odd_names: see `chunks.walk`.
        magic: what it begins with, if that is not ``RIFF``.
        shape: how it and its chunks state their lengths.

    Raises:
        DamagedError: there is no such RIFF.
        LimitError: it has too many chunks.
    """
    name = magic.decode()
    first = start + shape.header + len(form)
    head = source.read(start, min(first, source.size))
    if head[:4] != magic or head[shape.header :] != form:
        raise DamagedError(f"this is no {name} of the form {form.decode()!r}", at=start)
    stated = start + shape.header + int.from_bytes(head[4 : shape.header], shape.order)
    found = walk(source, first, source.size, odd_names=odd_names, shape=shape)
    chunks, end = _inside(found, stated, source.size)
    cut = found.cut if end == found.stop else None
    true = stated if end <= stated <= source.size else end
    before = start + shape.header
    warning = None
    if true != stated:
        warning = (
            f"the {name} states a length of {stated - before} bytes; its chunks take {end - before}"
        )
    length = Length(
        *(start + 4, shape.width, shape.order),
        *(start, max(true, end), true - before),
        f"{name} length",
    )
    return Form(start, chunks, cut, end, true, length, warning)


def _inside(found: Walk, stated: int, size: int) -> tuple[tuple[Chunk, ...], int]:
    """The chunks that belong to the RIFF, and where the last one ends.

    Where the walk ends with the file, all do, whatever the RIFF says; else those up to its stated
    end, if one ends there; else all that are whole.
    """
    if found.stop < size:
        for index, chunk in enumerate(found.chunks, 1):
            if stated in (chunk.end, chunk.next):
                return found.chunks[:index], chunk.next
    return found.chunks, found.stop


def chunk_length(chunk: Chunk) -> Length:
    """The length field of a chunk."""
    name = f"length of {chunk.label!r}"
    shape, size = chunk.shape, chunk.payload.size
    return Length(chunk.start + 4, shape.width, shape.order, chunk.start, chunk.end, size, name)


@dataclass(slots=True)
class FormPlan:
    """A change of a form's chunks as it comes together.

    Args:
        form: the RIFF, which begins the file.
        edits: the changes so far.
        settled: the chunks that were changed or dropped: their padding is settled with that.
        appended: what goes behind the last chunk.
    """

    form: Form
    edits: list[Edit] = field(default_factory=list)
    settled: set[Chunk] = field(default_factory=set)
    appended: list[Piece] = field(default_factory=list)

    def drop(self, chunk: Chunk) -> None:
        """Take a chunk out with its padding."""
        self.settled.add(chunk)
        self.edits.append(Edit(chunk.start, chunk.next, (), inside=self.form.start))

    def append(self, before: bytes = b"") -> None:
        """Put what was appended behind the last chunk, before one called ``before`` that stays.

        Args:
            before: the FourCC of chunks that must be the last; empty where there are none.
        """
        if not self.appended:
            return
        staying = [chunk for chunk in self.form.chunks if chunk not in self.settled]
        at = min((chunk.start for chunk in staying if chunk.name == before), default=self.form.end)
        last = next((chunk for chunk in reversed(self.form.chunks) if chunk.next <= at), None)
        while last is not None and last in self.settled and last.name == before:
            last = next((c for c in reversed(self.form.chunks) if c.next <= last.start), None)
        pad = (Insert(b"\0"),) if last and last.unpadded and last not in self.settled else ()
        self.edits.append(Edit(at, at, (*pad, *self.appended), inside=self.form.start))

    def patch(self, size: int, links: Links, fix: str) -> Patch:
        """The patch for a file of ``size`` bytes.

        Args:
            size: the size of the file.
            links: all its numbers.
            fix: what to do where the RIFF would become too long.

        Raises:
            RefusedError: the RIFF would become longer than its field can say.
        """
        try:
            return relocate(size, links, self.edits)
        except RefusedError as error:
            if error.code != "overflow":
                raise
            raise RefusedError(
                "the file would become longer than its own length field can say (4 GiB)",
                at=error.at,
                fix=fix,
                code=error.code,
            ) from error
