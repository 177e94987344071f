"""A change to the fields of a TIFF: in the room that is there, else behind the end of the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from mediaoptout.containers.base import MANIFEST
from mediaoptout.containers.tiff_blocks import Found
from mediaoptout.containers.tiff_ifd import UNDEFINED, Directory, Field, render
from mediaoptout.containers.tiff_reading import C2PA, OURS, Walk, touches
from mediaoptout.errors import RefusedError
from mediaoptout.splice.linker import Edit, Links, relocate
from mediaoptout.splice.patch import Hole, Insert, Patch, Piece

_LIMIT: Final = 1 << 32
"""How large a classic TIFF may be."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A value that goes to the end of the file, for a field of ``directory``."""

    directory: Directory
    tag: int
    type: int
    piece: Insert | Hole


@dataclass(slots=True)
class Plan:
    """The fields that change, and where their values go.

    Args:
        walk: the directories of the file.
        size: its size.
    """

    walk: Walk
    size: int
    _end: int = field(init=False)
    _following: int = field(init=False)
    _edits: list[Edit] = field(default_factory=list)
    _fields: dict[int, Field] = field(default_factory=dict)
    _values: list[_Value] = field(default_factory=list)
    _dropped: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._end = self.size
        self._following = self._first.following

    def state(self, tag: int, type_: int, data: bytes) -> None:
        """Let the first directory hold ``data``, in the place of what it has if it fits there.

        Args:
            tag: the field.
            type_: its type, of one byte.
            data: its new value.
        """
        form = self.walk.form
        if len(data) <= form.width:
            self._fields[tag] = Field(tag, type_, len(data), data.ljust(form.width, b"\0"))
            return
        old = self._first.find(tag)
        if old is not None and len(data) <= old.size and self._alone(old):
            span = old.span(form)
            self._edits.append(Edit(*span, (Insert(data.ljust(span.size, b"\0")),)))
            self._fields[tag] = Field(tag, type_, len(data), old.value)
        else:
            self._values.append(_Value(self._first, tag, type_, Insert(data)))

    def hole(self, store: Found | None, size: int) -> None:
        """Leave a hole for a manifest store.

        Args:
            store: the field of the one that gives way, or None.
            size: the length of the new one.
        """
        piece = Hole(size, MANIFEST)
        directory = self._first
        if store is not None and store.directory is not None:
            directory = store.directory
            span = store.field.span(self.walk.form)
            if span.size == size and self._alone(store.field):
                self._edits.append(Edit(*span, (piece,)))
                return
            self._release(store.field)
        self._values.append(_Value(directory, C2PA, UNDEFINED, piece))

    def drop(self, store: Found) -> None:
        """Take a manifest store out, with its directory if that holds nothing else."""
        form, directory = self.walk.form, store.directory
        self._release(store.field)
        if directory is None or directory is self._first:
            self._dropped.add(store.field.at)
        elif len(directory.fields) == 1:
            if directory.pointer == self._first.link(form):
                self._following = directory.following
            else:
                self._overwrite(directory.pointer, form.offset(directory.following))
        else:
            rest = [item for item in directory.fields if item.at != store.field.at]
            self._rewrite(directory, rest, directory.following)

    def patch(self) -> Patch:
        """The new file.

        Raises:
            RefusedError: it would be too large, or something points to where it would grow.
        """
        form, first = self.walk.form, self._first
        ours = {value.tag for value in self._values if value.directory is first} | set(self._fields)
        kept = [item for item in first.fields if item.at not in self._dropped]
        added = ours - {item.tag for item in kept}
        grown = len(kept) + len(added) > len(first.fields)

        begin = at = self._aligned(self._end)
        if grown:
            at += form.size(len(kept) + len(added))
        tail: list[Piece] = []
        starts: list[int] = []
        for value in self._values:
            starts.append(self._aligned(at))
            tail += (Insert(bytes(starts[-1] - at)), value.piece)
            at = starts[-1] + value.piece.size
        if grown or tail:
            self._refuse_collision(at)
        for value, start in zip(self._values, starts, strict=True):
            self._place(value, start)
        fields = self._replaced(kept, added)
        if grown:
            tail.insert(0, Insert(render(form, fields, self._following)))
            self._overwrite(form.pointer, form.offset(begin))
        elif len(fields) < len(first.fields):
            self._rewrite(first, fields, self._following)
        else:
            for old, new in zip(first.fields, fields, strict=True):
                if new != old:
                    self._overwrite(old.at, new.packed(form))
            if self._following != first.following:
                self._overwrite(first.link(form), form.offset(self._following))
        if tail:
            tail.insert(0, Insert(bytes(begin - self._end)))
        self._edits.append(Edit(self._end, self.size, tuple(tail)))
        return relocate(self.size, Links(), self._edits)

    @property
    def _first(self) -> Directory:
        return self.walk.pages[0]

    def _aligned(self, at: int) -> int:
        """The next place where a directory or a value may begin."""
        return at + -at % self.walk.form.width

    def _alone(self, item: Field) -> bool:
        """Whether nobody else lays claim to a value's bytes."""
        form, walk = self.walk.form, self.walk
        span = item.span(form)
        if item.inline or span.start < form.pointer + form.width or span.end > self.size:
            return False
        if any(touches(spans, span) for spans in (walk.essence, walk.values, walk.directories)):
            return False
        others = (
            other.span(form)
            for page in walk.pages
            for other in page.fields
            if other.tag in OURS and other.at != item.at and not other.inline
        )
        return all(other.end <= span.start or other.start >= span.end for other in others)

    def _release(self, item: Field) -> None:
        """Let the file end before a value that is its last."""
        span = item.span(self.walk.form)
        if span.end == self.size and self._alone(item):
            self._end = span.start

    def _place(self, value: _Value, start: int) -> None:
        """Let the field of a value say where it stands."""
        form = self.walk.form
        new = Field(value.tag, value.type, value.piece.size, form.offset(start))
        if value.directory is self._first:
            self._fields[value.tag] = new
        elif (old := value.directory.find(value.tag)) is not None:
            self._overwrite(old.at, new.packed(form))

    def _replaced(self, kept: list[Field], added: set[int]) -> list[Field]:
        """The fields of the first directory: each new one stands before those with higher tags."""
        done: set[int] = set()
        fields: list[Field] = []
        for item in kept:
            new = self._fields.get(item.tag)
            if new is None or item.tag in done:
                fields.append(item)
            else:
                fields.append(new._replace(at=item.at))
                done.add(item.tag)
        for tag in sorted(added):
            higher = (place for place, item in enumerate(fields) if item.tag > tag)
            fields.insert(next(higher, len(fields)), self._fields[tag])
        return fields

    def _rewrite(self, directory: Directory, fields: list[Field], following: int) -> None:
        """Write a directory with fewer fields over the old one."""
        span = directory.span(self.walk.form)
        data = render(self.walk.form, fields, following)
        self._overwrite(span.start, data.ljust(span.size, b"\0"))

    def _overwrite(self, at: int, data: bytes) -> None:
        self._edits.append(Edit(at, at + len(data), (Insert(data),)))

    def _refuse_collision(self, end: int) -> None:
        """Refuse to let the file grow to ``end`` where that would give numbers a new meaning."""
        if not self.walk.form.big and end > _LIMIT:
            raise RefusedError(
                "a TIFF cannot be larger than 4 GiB",
                fix="write the reservation into a sidecar instead, or save it as a BigTIFF",
                code="overflow",
            )
        if self.walk.beyond is not None and self.walk.beyond < end:
            raise RefusedError(
                "something is said to stand behind the end of the file, where it would grow",
                at=self.walk.beyond,
                fix="get a complete copy of the file",
                code="truncated",
            )
