"""Every number of a movie that depends on places, and a digest of what times and delimits it."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from mediaoptout.containers.bmff import fragments, tracks
from mediaoptout.containers.bmff.boxes import FREE, Box, Node, children, meta_body
from mediaoptout.containers.bmff.items import read_locations
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.linker import Links, Reference, Table
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

MAX_REFERENCES: Final = 1 << 19
"""How many single numbers are followed; tables of chunks come on top."""

MAX_TRACKS: Final = 1 << 13
"""How many tracks a movie may have."""

_WINDOW: Final = 1 << 20
_CARRIERS: Final = frozenset({b"udta", b"meta"}) | FREE
"""Children of ``moov`` that hold no timing; ours are among them."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What was found.

    Args:
        links: the numbers; of the sizes, those of the boxes around chunk tables.
        framing: the digest.
        strangers: chunk offsets that are said to count in other files.
        warnings: what is missing, as sentences.
        loose: where the first samples begin that do not wholly stand in media data; else the
            file's size.
        cut: samples are said to stand behind the end of the file.
    """

    links: Links
    framing: bytes
    strangers: tuple[Table, ...]
    warnings: tuple[str, ...]
    loose: int
    cut: bool


class _Digest:
    """A digest of boxes, in which numbers that may change count as zeros."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hash = hashlib.blake2b(digest_size=32)

    def say(self, *words: bytes | int) -> None:
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode()
            self._hash.update(b"%d:%s" % (len(data), data))

    def box(self, box: Box, masks: Iterable[tuple[int, int]] = ()) -> None:
        self.say(box.kind, box.end - box.body)
        at = box.body
        for start, width in masks:
            self._range(at, start)
            self._hash.update(bytes(width))
            at = start + width
        self._range(at, box.end)

    def _range(self, start: int, end: int) -> None:
        for at in range(start, end, _WINDOW):
            self._hash.update(self._source.read(at, min(at + _WINDOW, end)))

    def value(self) -> bytes:
        return self._hash.digest()


class _Collector:
    """Gathers what a movie's boxes say, in the order of the file."""

    def __init__(self, source: Source, moov: Node, media: Sequence[Span]) -> None:
        self.source = source
        self.media = media
        self.moov = moov
        self.digest = _Digest(source)
        self.references: list[Reference] = []
        self.tables: list[Table] = []
        self.strangers: list[Table] = []
        self.warnings: list[str] = []
        self.loose = source.size
        self.cut = False
        self.sizes = fragments.default_sizes(source, moov)

    def top(self, box: Box) -> None:
        match box.kind:
            case b"moov":
                self._moov()
            case b"moof":
                self._masked(box, fragments.read_moof(self.source, box, self.sizes))
            case b"sidx":
                self._masked(box, fragments.read_sidx(self.source, box))
            case b"mfra":
                self._masked(box, fragments.read_mfra(self.source, box))
            case b"meta":
                self._items(box)
            case b"ftyp":
                self.digest.box(box)
            case b"uuid":
                pass
            case kind if kind not in FREE:
                self.digest.say(kind)

    def _check_media(self, targets: Iterable[int]) -> None:
        """Samples stand in media data; remember where those begin that do not."""
        start, end = -1, -2
        for target in targets:
            if start <= target <= end:
                continue
            if target >= self.source.size:
                self.cut = True
                continue
            index = bisect_right(self.media, (target, self.source.size)) - 1
            start, end = self.media[index] if index >= 0 else (-1, -2)
            if not start <= target <= end:
                self.loose = min(target, self.loose)

    def _masked(self, box: Box, found: Iterator[Reference]) -> None:
        new = list(islice(found, MAX_REFERENCES))
        self._add(new, box)
        self.digest.box(box, sorted((item.at, item.width) for item in new))

    def _add(self, new: Sequence[Reference], box: Box) -> None:
        for item in new:
            if item.target < 0:
                raise DamagedError(f"a {item.name} in {box.name!r} is negative", at=item.at)
            if item.name == fragments.DATA_OFFSET:
                self._check_media((item.target,))
            elif item.target - item.ends >= self.source.size and not self.warnings:
                self.warnings.append(f"a {item.name} at {item.at} points behind the end")
        if len(self.references) + len(new) > MAX_REFERENCES:
            raise LimitError(f"there are more than {MAX_REFERENCES} references", at=box.start)
        self.references.extend(new)

    def _moov(self) -> None:
        every = tuple(self.moov.all(b"trak"))
        if len(every) > MAX_TRACKS:
            raise LimitError(f"there are {len(every)} tracks", at=self.moov.box.start)
        for trak in every:
            found = tracks.read_chunks(self.source, trak)
            for table in found.tables:
                if table.name == tracks.CHUNK_OFFSET:
                    self._check_media(table.targets)
            if found.last is not None and found.last.end > self.source.size:
                self.cut = True
                self.loose = min(found.last.start, self.loose)
            self.tables.extend(found.tables)
            self.strangers.extend(found.strangers)
            self._frame(trak, frozenset(box.start for box in found.boxes))
        for child in self.moov.children:
            if child.box.kind == b"meta":
                self._items(child.box)
            elif child.box.kind == b"udta":
                self._user_data(child.box)
            elif child.box.kind != b"trak" and child.box.kind not in _CARRIERS:
                self._frame(child, frozenset())

    def _frame(self, node: Node, masked: frozenset[int]) -> None:
        if node.box.start in masked:
            self.digest.say(b"offsets")
            return
        self.digest.say(node.box.kind, len(node.children))
        if not node.children:
            references = self._items(node.box) if node.box.kind == b"meta" else []
            self.digest.box(node.box, sorted((item.at, item.width) for item in references))
        for child in node.children:
            self._frame(child, masked)

    def _user_data(self, udta: Box) -> None:
        for box in _tolerant(self.source, udta.body, udta.end):
            if box.kind == b"meta":
                self._items(box)

    def _items(self, meta: Box) -> list[Reference]:
        """The references in a ``meta`` box; one that cannot be walked has none that we know."""
        new: list[Reference] = []
        for box in _tolerant(self.source, meta_body(self.source, meta), meta.end):
            if box.kind == b"iloc":
                for location in read_locations(self.source, box).entries:
                    new.extend(location.references)
        self._add(new, meta)
        return new


def _tolerant(source: Source, start: int, end: int) -> tuple[Box, ...]:
    try:
        return children(source, start, end)[0]
    except DamagedError:
        return ()


def collect(source: Source, boxes: Sequence[Box], moov: Node) -> Linked:
    """Follow everything in a movie that points somewhere.

    Args:
        source: the file.
        boxes: its boxes at the top level.
        moov: its movie box.

    Raises:
        DamagedError: a table or a fragment is broken.
        LimitError: there is more of it than is allowed.
    """
    media = [Span(box.body, min(box.end, source.size)) for box in boxes if box.kind == b"mdat"]
    found = _Collector(source, moov, media)
    for box in boxes:
        found.top(box)
    lengths = tuple(
        length for node in _around_tables(moov) if (length := node.box.length) is not None
    )
    links = Links(tuple(found.references), tuple(found.tables), lengths)
    return Linked(
        links,
        found.digest.value(),
        tuple(found.strangers),
        tuple(found.warnings),
        found.loose,
        found.cut,
    )


def _around_tables(moov: Node) -> Iterator[Node]:
    yield moov
    for kind in (b"trak", b"mdia", b"minf", b"stbl"):
        yield from moov.every(kind)


def pointed_into(links: Links, boxes: Sequence[Box], kinds: frozenset[bytes]) -> frozenset[int]:
    """The starts of those boxes of ``kinds`` into which a number points.

    Args:
        links: what was collected.
        boxes: the boxes at the top level.
        kinds: the kinds in question.
    """
    starts = [box.start for box in boxes]

    def holder(target: int) -> Box | None:
        index = bisect_right(starts, target) - 1
        return boxes[index] if index >= 0 else None

    found: set[int] = set()
    for table in links.tables:
        if not table.targets:
            continue
        first = max(bisect_right(starts, min(table.targets)) - 1, 0)
        last = bisect_right(starts, max(table.targets))
        if any(box.kind in kinds for box in boxes[first:last]):
            found.update(
                box.start for target in table.targets if (box := holder(target)) is not None
            )
    for item in links.references:
        box = holder(item.target - item.ends)
        if box is not None:
            found.add(box.start)
    return frozenset(box.start for box in boxes if box.kind in kinds and box.start in found)
