"""All directories of a TIFF: where the pictures are, and what else must stay as it is."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from mediaoptout.containers.tiff_ifd import (
    IFD,
    IFD8,
    LONG,
    LONG8,
    Directory,
    Field,
    Form,
    first_offset,
    read_directory,
    read_numbers,
)
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.linker import Table
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import MAX_READ, Source

XMP: Final = 700
COPYRIGHT: Final = 33432
C2PA: Final = 52545
OURS: Final = frozenset({XMP, COPYRIGHT, C2PA})

MAX_DIRECTORIES: Final = 1 << 16
MAX_SPANS: Final = 1 << 19
"""How many pictures, or values, may stand apart from each other."""
MAX_STRIPS: Final = 1 << 22
"""How many strips and tiles a file may have."""
MAX_DIGESTED: Final = 64 << 10
"""Values up to this size are compared by their digest; larger ones are kept like pictures."""
MAX_REREAD: Final = 8
"""How many times the file's size its directories and values may have together."""
MAX_GAP: Final = 8
"""Pictures so near to each other count as one: nothing of ours fits between them."""

_SUB_IFDS: Final = 330
_BELOW: Final = frozenset({_SUB_IFDS, 400, 34665, 34853, 40965})
"""The tags that point to directories: pictures, global parameters, Exif, GPS, Interoperability."""
_PICTURES: Final = {273: 279, 324: 325, 513: 514, 52541: 52542}
"""Strips, tiles, JPEG and the tables of DNG 1.7: the tag of the offsets, and of the sizes."""
_WIDTHS: Final[dict[int, Literal[4, 8]]] = {LONG: 4, IFD: 4, LONG8: 8, IFD8: 8}


class Spans:
    """Spans that are collected in any order, and joined where they touch.

    Args:
        gap: how many bytes may lie between two that are joined.
    """

    __slots__ = ("_ends", "_gap", "_starts")

    def __init__(self, gap: int = 0) -> None:
        self._gap = gap
        self._starts = array("Q")
        self._ends = array("Q")

    def add(self, start: int, end: int) -> None:
        """Take in a span; most often it follows the last one.

        Raises:
            LimitError: there are too many.
        """
        if start >= end:
            return
        if self._ends and self._starts[-1] <= start <= self._ends[-1] + self._gap:
            self._ends[-1] = max(self._ends[-1], end)
        else:
            if len(self._starts) >= MAX_SPANS:
                raise LimitError(f"more than {MAX_SPANS} parts stand apart", at=start)
            self._starts.append(start)
            self._ends.append(end)

    def joined(self) -> tuple[Span, ...]:
        """The spans in the order of the file."""
        result: list[Span] = []
        for start, end in sorted(zip(self._starts, self._ends, strict=True)):
            if result and start <= result[-1].end + self._gap:
                result[-1] = Span(result[-1].start, max(result[-1].end, end))
            else:
                result.append(Span(start, end))
        return tuple(result)


def touches(spans: tuple[Span, ...], span: Span) -> bool:
    """Whether one of ``spans``, which are in order and apart, has bytes of ``span``."""
    index = bisect_right(spans, span.end - 1, key=lambda item: item.start) - 1
    return index >= 0 and spans[index].end > span.start


@dataclass(frozen=True, slots=True)
class Walk:
    """What the directories say.

    Args:
        form: how the file writes numbers.
        pages: the directories of the chain that matter: the first, and the last if it is another.
        count: how many directories the chain has.
        packets: the XMP of later pages.
        digest: a digest of all fields but ours, with their values.
        essence: the pictures and what is as large, in order.
        values: all other values but ours, in order.
        directories: the directories themselves, in order.
        tables: the offsets of pictures and of directories below.
        below: whether there are directories below with pictures.
        lost: whether a directory below cannot be read.
        cut: where a picture ends that the file does not have, or None.
        beyond: the first place behind the end of the file that anything points to, or None.
        circle: the directory whose successor stands before it, or None.
    """

    form: Form
    pages: tuple[Directory, ...]
    count: int
    packets: tuple[Field, ...]
    digest: str
    essence: tuple[Span, ...]
    values: tuple[Span, ...]
    directories: tuple[Span, ...]
    tables: tuple[Table, ...]
    below: bool
    lost: bool
    cut: int | None
    beyond: int | None
    circle: int | None


def walk(source: Source, form: Form) -> Walk:
    """Look through all directories.

    Raises:
        DamagedError: the first directory cannot be read.
        LimitError: there are too many directories, fields or strips.
    """
    walker = _Walker(source, form)
    walker.chain()
    return walker.result()


@dataclass(slots=True)
class _Walker:
    source: Source
    form: Form
    first: Directory | None = None
    last: Directory | None = None
    count: int = 0
    packets: list[Field] = field(default_factory=list)
    essence: Spans = field(default_factory=lambda: Spans(MAX_GAP))
    values: Spans = field(default_factory=Spans)
    directories: Spans = field(default_factory=Spans)
    tables: list[Table] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    below: bool = False
    lost: bool = False
    cut: int | None = None
    beyond: int | None = None
    circle: int | None = None
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    _read: int = 0
    _strips: int = 0

    def chain(self) -> None:
        """Walk from page to page."""
        at, pointer = first_offset(self.source, self.form), self.form.pointer
        while at:
            if at in self.seen:
                self.circle = pointer
                return
            try:
                directory = self._directory(at, pointer)
            except DamagedError:
                if self.first is None:
                    raise
                self._outside(at, at + 1)
                self.cut = at if self.cut is None else self.cut
                return
            if self.first is None:
                self.first = directory
            elif (packet := directory.find(XMP)) is not None:
                self.packets.append(packet)
            self.last = directory
            self.count += 1
            self._look(directory, page=True)
            at, pointer = directory.following, directory.link(self.form)

    def result(self) -> Walk:
        """What was found."""
        if self.first is None or self.last is None:
            raise DamagedError("the file has no directory", at=self.form.pointer)
        pages = (self.first,) if self.first is self.last else (self.first, self.last)
        return Walk(
            form=self.form,
            pages=pages,
            count=self.count,
            packets=tuple(self.packets),
            digest=self._digest.hexdigest(),
            essence=self.essence.joined(),
            values=self.values.joined(),
            directories=self.directories.joined(),
            tables=tuple(self.tables),
            below=self.below,
            lost=self.lost,
            cut=self.cut,
            beyond=self.beyond,
            circle=self.circle,
        )

    def _directory(self, at: int, pointer: int) -> Directory:
        if len(self.seen) >= MAX_DIRECTORIES:
            raise LimitError(f"the file has more than {MAX_DIRECTORIES} directories", at=at)
        directory = read_directory(self.source, self.form, at, pointer)
        self.seen.add(at)
        span = directory.span(self.form)
        self._take(span.size, at)
        self.directories.add(*span)
        return directory

    def _take(self, size: int, at: int) -> None:
        """Count what is read: values may overlap, but not without end."""
        self._read += size
        if self._read > MAX_REREAD * (self.source.size + MAX_DIGESTED):
            raise LimitError("the values of the file overlap too often", at=at)

    def _look(self, directory: Directory, *, page: bool) -> None:
        """Take in a directory, and those below it."""
        waiting = [(directory, page)]
        while waiting:
            this, page = waiting.pop()
            waiting.extend((item, False) for item in self._fields(this, page=page))

    def _fields(self, directory: Directory, *, page: bool) -> Iterator[Directory]:
        """Take in the fields; the directories that they point to."""
        ours = OURS if directory is self.first else frozenset({C2PA} if page else ())
        others = [item for item in directory.fields if item.tag not in ours]
        if not others:
            return
        self._digest.update(f"{len(others)} fields".encode())
        offsets: dict[int, Field] = {}
        for item in others:
            self._value(item)
            if item.tag in _PICTURES or item.tag in _PICTURES.values():
                offsets.setdefault(item.tag, item)
        for tag, sizes in _PICTURES.items():
            if tag in offsets:
                self._pictures(offsets[tag], offsets.get(sizes))
        for item in others:
            if item.tag in _BELOW:
                yield from self._lower(item)

    def _value(self, item: Field) -> None:
        self._digest.update(f"{item.tag} {item.type} {item.number} ".encode() + item.value)
        if item.inline:
            return
        span = item.span(self.form)
        if span.end > self.source.size:
            self._outside(*span)
        elif item.size <= MAX_DIGESTED or item.tag in _PICTURES or item.tag in _PICTURES.values():
            self.values.add(*span)
            self._take(item.size, item.at)
            for start in range(span.start, span.end, MAX_READ):
                data = self.source.read(start, min(span.end, start + MAX_READ))
                self._digest.update(data)
        else:
            self.essence.add(*span)

    def _pictures(self, offsets: Field, sizes: Field | None) -> None:
        """Take in strips, tiles or a JPEG; of one without a size only where it begins."""
        places = self._numbers(offsets)
        if places is None:
            return
        lengths: Iterable[int] | None = None if sizes is None else self._numbers(sizes)
        if lengths is None:
            lengths = (1 for _ in places)
        self._strips += len(places)
        if self._strips > MAX_STRIPS:
            raise LimitError(f"the file has more than {MAX_STRIPS} strips", at=offsets.at)
        for start, length in zip(places, lengths, strict=False):
            if start + length > self.source.size and length:
                self.cut = self.source.size if self.cut is None else self.cut
                self._outside(start, start + length)
                length = max(0, self.source.size - start)
            self.essence.add(start, start + length)
        self._table(offsets, places)

    def _lower(self, item: Field) -> Iterator[Directory]:
        """The directories that a field points to, and those that follow pictures among them."""
        places = self._numbers(item)
        if places is None:
            return
        self._table(item, places)
        self.below |= item.tag == _SUB_IFDS
        for at in places:
            while at and at not in self.seen:
                try:
                    directory = self._directory(at, item.at)
                except DamagedError:
                    self.lost = True
                    self._outside(at, at + 1)
                    break
                yield directory
                at = directory.following if item.tag == _SUB_IFDS else 0

    def _numbers(self, item: Field) -> array[int] | None:
        """The values of a field; None where there are none that can be read."""
        if not item.inline:
            self._take(item.size, item.at)
        try:
            return read_numbers(self.source, self.form, item)
        except DamagedError:
            return None

    def _table(self, item: Field, places: array[int]) -> None:
        width = _WIDTHS.get(item.type)
        if width is not None and max(places, default=0) < self.source.size:
            at = item.span(self.form).start
            self.tables.append(Table(at, width, self.form.endian, places, name=f"tag {item.tag}"))

    def _outside(self, start: int, end: int) -> None:
        """Remember what points behind the end of the file."""
        if end > self.source.size:
            place = max(start, self.source.size)
            self.beyond = place if self.beyond is None else min(self.beyond, place)
