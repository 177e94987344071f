"""How a Matroska file is read: what stands at level 1 of each Segment, and where the clusters are.

The clusters of a large file are not walked over where an index leads behind them: the last cluster
that Cues or a SeekHead name is looked up, and the walk goes on from there to the Segment's end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from mediaoptout.carriers import ebml
from mediaoptout.containers.ebml import EBML, Budget, Element, element
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

SEGMENT: Final = 0x18538067
SEEK_HEAD: Final = 0x114D9B74
INFO: Final = 0x1549A966
TRACKS: Final = 0x1654AE6B
CLUSTER: Final = 0x1F43B675
CUES: Final = 0x1C53BB6B
ATTACHMENTS: Final = 0x1941A469
CHAPTERS: Final = 0x1043A770
TAGS: Final = 0x1254C367

SEEK: Final = 0x4DBB
SEEK_ID: Final = 0x53AB
SEEK_POSITION: Final = 0x53AC
CUE_POINT: Final = 0xBB
CUE_TRACK_POSITIONS: Final = 0xB7
CUE_CLUSTER_POSITION: Final = 0xF1
CLUSTER_POSITION: Final = 0xA7

MAX_WALKED: Final = 1 << 21
"""How many elements are walked over in one file at most."""

MAX_ELEMENTS: Final = 1 << 16
"""How many elements of level 1 a Segment may have beside its clusters."""

MAX_SEEK_HEADS: Final = 16

_ABOVE: Final = frozenset({EBML, SEGMENT})
_LEVEL_1: Final = frozenset(
    {SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES, ATTACHMENTS, CHAPTERS, TAGS, *_ABOVE}
)
"""What ends a cluster whose size is not known."""

_MOVABLE: Final = frozenset({TAGS, SEEK_HEAD, ebml.VOID})
_FIRST_OF_CLUSTER: Final = 64
"""Where in a cluster its Position stands at the latest."""


class Seek(NamedTuple):
    """An entry of a SeekHead.

    Args:
        id: what it points to.
        target: where that should begin.
        head: the SeekHead that it stands in.
        span: the entry, from the start of the SeekHead's content.
        value: its position's bytes, from there too.
    """

    id: int
    target: int
    head: Element
    span: Span
    value: Span


@dataclass(frozen=True, slots=True)
class Segment:
    """A Segment as read.

    Args:
        element: where it stands; its end is that of the file if it is not known or beyond.
        elements: what stands at level 1 and is no cluster, in order; what an index passed over is
            missing.
        clusters: where clusters are, and what cannot be walked.
        heads: its SeekHeads that can be read.
        seeks: their entries.
        whole: whether the walk came to the Segment's end, so that something can follow there.
        indexed: where the last cluster stands that an index names; None if none does. The walk
            begins there, and what stands between the clusters before it is not seen, unless a
            SeekHead says that tags do.
    """

    element: Element
    elements: tuple[Element, ...]
    clusters: tuple[Span, ...]
    heads: tuple[Element, ...]
    seeks: tuple[Seek, ...]
    whole: bool
    indexed: int | None

    def of(self, identifier: int) -> tuple[Element, ...]:
        """The elements of one kind."""
        return tuple(item for item in self.elements if item.id == identifier)

    @property
    def first(self) -> int:
        """Where the clusters begin; the end if there are none."""
        return self.clusters[0].start if self.clusters else self.element.end

    @property
    def pointers(self) -> tuple[Seek, ...]:
        """The entries that are not about tags, which we move."""
        return tuple(seek for seek in self.seeks if seek.id not in _MOVABLE)

    @property
    def voids(self) -> tuple[Span, ...]:
        """The room that Void elements leave, neighbours joined."""
        runs: list[Span] = []
        for item in self.of(ebml.VOID):
            if runs and runs[-1].end == item.start:
                runs[-1] = Span(runs[-1].start, item.end)
            else:
                runs.append(Span(item.start, item.end))
        return tuple(runs)


class _Walker:
    """Walks over the elements of level 1 of one Segment, and notes them."""

    __slots__ = ("_budget", "_max_id", "_outer", "_source", "clusters", "elements")

    def __init__(self, source: Source, outer: Element, budget: Budget, max_id: int) -> None:
        self._source = source
        self._outer = outer
        self._budget = budget
        self._max_id = max_id
        self.elements: list[Element] = []
        self.clusters: list[Span] = []

    @property
    def base(self) -> int:
        """From where the Segment's positions count."""
        return self._outer.payload

    def element(self, at: int) -> Element | None:
        """The whole element at ``at``; None if there is none, or the Segment ends before it."""
        if not self._outer.payload <= at < self._outer.end:
            return None
        item = element(self._source, at, self._outer.end, self._max_id)
        if item is None or not item.whole or (item.id in _ABOVE and not self._outer.known):
            return None
        return item if item.known or item.id == CLUSTER else None

    def advance(self, at: int, *, to_cluster: bool = False) -> int:
        """Walk from ``at`` to the Segment's end, or to where no whole element begins.

        Args:
            at: where an element begins.
            to_cluster: stop at the first cluster.
        """
        while (item := self.element(at)) is not None:
            if item.id == CLUSTER and to_cluster:
                break
            self._budget.take(at)
            if item.id != CLUSTER:
                self._keep(item)
                at = item.end
            elif item.known:
                self.note(item.start, item.end)
                at = item.end
            else:
                at = self._open_cluster(item)
        return at

    def note(self, start: int, end: int) -> None:
        """Note that clusters, or what cannot be walked, stand from ``start`` to ``end``."""
        if self.clusters and self.clusters[-1].end == start:
            start = self.clusters.pop().start
        self.clusters.append(Span(start, end))

    def _open_cluster(self, cluster: Element) -> int:
        """Walk over a cluster whose size is not known: it ends before an element of level 1.

        Void at its end, which is formally still in it, is left to the level above: tags may stand
        there.
        """
        at = end = cluster.payload
        while (item := self.element(at)) is not None and item.id not in _LEVEL_1:
            self._budget.take(at)
            at = item.end
            if item.id != ebml.VOID:
                end = at
        self.note(cluster.start, end)
        return end

    def _keep(self, item: Element) -> None:
        if len(self.elements) == MAX_ELEMENTS:
            raise LimitError(f"a Segment has more than {MAX_ELEMENTS} elements", at=item.start)
        self.elements.append(item)


def read_segment(source: Source, outer: Element, budget: Budget, max_id: int) -> Segment:
    """What stands in a Segment.

    Args:
        source: the file.
        outer: the Segment's element.
        budget: how many elements may be walked over.
        max_id: how many bytes an identifier may have.

    Raises:
        LimitError: there are too many elements that no index leads to.
    """
    walker = _Walker(source, outer, budget, max_id)
    at = walker.advance(outer.payload, to_cluster=True)
    heads = tuple(_seek_heads(source, walker))
    seeks = tuple(seek for _, entries in heads for seek in entries)
    first = walker.element(at)
    indexed = None
    if first is not None and first.id == CLUSTER:
        indexed = _last_indexed(source, walker, seeks, at)
    if indexed is not None and not _has_tags(walker, seeks, at, indexed):
        walker.note(at, indexed)
        at = indexed
    at = walker.advance(at)
    end = outer.end
    if not outer.known and at < end:
        behind = element(source, at, end, max_id)
        end = at if behind is not None and behind.id in _ABOVE else end
    if at < end:
        walker.note(at, end)
    return Segment(
        outer._replace(end=end),
        tuple(walker.elements),
        tuple(walker.clusters),
        tuple(head for head, _ in heads),
        seeks,
        at == end and outer.whole,
        indexed,
    )


def _seek_heads(source: Source, walker: _Walker) -> Iterator[tuple[Element, tuple[Seek, ...]]]:
    """The SeekHeads that can be read, those too to which others point."""
    waiting = [item for item in walker.elements if item.id == SEEK_HEAD]
    known: set[int] = set()
    for head in waiting:
        if head.start in known or len(known) == MAX_SEEK_HEADS:
            continue
        known.add(head.start)
        with suppress(DamagedError, LimitError):
            entries = tuple(_entries(source, head, walker))
            yield head, entries
            targets = (walker.element(seek.target) for seek in entries if seek.id == SEEK_HEAD)
            waiting += [item for item in targets if item is not None and item.id == SEEK_HEAD]


def _entries(source: Source, head: Element, walker: _Walker) -> Iterator[Seek]:
    data = source.read(head.payload, head.end)
    for item in ebml.children(data):
        if item.id != SEEK:
            continue
        parts = {part.id: part for part in ebml.children(data, item.payload, item.end)}
        if SEEK_ID in parts and SEEK_POSITION in parts:
            what, where = parts[SEEK_ID], parts[SEEK_POSITION]
            yield Seek(
                ebml.unsigned(data[what.payload : min(what.end, what.payload + 8)]),
                walker.base
                + ebml.unsigned(data[where.payload : min(where.end, where.payload + 8)]),
                head,
                Span(item.start, item.end),
                Span(where.payload, where.end),
            )


def _number(data: bytes, item: ebml.Element) -> int:
    return ebml.unsigned(data[item.payload : min(item.end, item.payload + 8)])


def _last_indexed(
    source: Source, walker: _Walker, seeks: tuple[Seek, ...], first: int
) -> int | None:
    """Where the last cluster stands that an index names; None if none does.

    Args:
        source: the file.
        walker: what was found before the clusters.
        seeks: the entries of the SeekHeads.
        first: where the first cluster begins.
    """
    cues = [item for item in walker.elements if item.id == CUES]
    places = [seek.target for seek in seeks if seek.id == CLUSTER]
    targets = (walker.element(seek.target) for seek in seeks if seek.id == CUES)
    cues += [item for item in targets if item is not None and item.id == CUES]
    for item in cues[:1]:
        with suppress(DamagedError, LimitError):
            places += [walker.base + place for place in _last_cue(source, item)]
    last = max(places, default=0)
    found = walker.element(last) if last > first else None
    if found is None or found.id != CLUSTER:
        return None
    return last


def _has_tags(walker: _Walker, seeks: tuple[Seek, ...], start: int, end: int) -> bool:
    """Whether a SeekHead leads to tags between ``start`` and ``end``."""
    targets = (seek.target for seek in seeks if seek.id == TAGS and start < seek.target < end)
    found = (walker.element(target) for target in targets)
    return any(item is not None and item.id == TAGS for item in found)


def _last_cue(source: Source, cues: Element) -> list[int]:
    """The positions of clusters that the last cue point names."""
    data = source.read(cues.payload, cues.end)
    last: ebml.Element | None = None
    for item in ebml.children(data):
        if item.id == CUE_POINT:
            last = item
    places: list[int] = []
    for item in ebml.children(data, last.payload, last.end) if last is not None else ():
        if item.id == CUE_TRACK_POSITIONS:
            places += [
                _number(data, part)
                for part in ebml.children(data, item.payload, item.end)
                if part.id == CUE_CLUSTER_POSITION
            ]
    return places


def states_position(source: Source, cluster: int, max_id: int) -> bool:
    """Whether the cluster says where it stands itself.

    Args:
        source: the file.
        cluster: where it begins.
        max_id: how many bytes an identifier may have.
    """
    head = element(source, cluster, source.size, max_id)
    at = source.size if head is None else head.payload
    end = min(at + _FIRST_OF_CLUSTER, source.size)
    while at < end and (item := element(source, at, source.size, max_id)) is not None:
        if item.id == CLUSTER_POSITION:
            return True
        at = item.end
    return False
