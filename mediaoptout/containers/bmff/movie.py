"""A movie file as it is read: boxes at the top level, the movie box and what carries statements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers import ilst, userdata, xmp
from mediaoptout.containers.base import Block, Layout
from mediaoptout.containers.bmff import manifest, tracks
from mediaoptout.containers.bmff.boxes import (
    FREE,
    MAX_BOXES,
    Box,
    Node,
    children,
    meta_body,
    read_header,
    read_tree,
)
from mediaoptout.containers.bmff.links import Linked, collect, pointed_into
from mediaoptout.errors import DamagedError, LimitError, MediaError, RefusedError
from mediaoptout.splice.linker import Links, Table
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

XMP_UUID: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
XMP_ATOM: Final = b"XMP_"
MAX_PACKET: Final = 16 << 20
"""The largest XMP packet that is read."""

_ITUNES: Final = b"mdir"
_QUICKTIME_KEYS: Final = b"mdta"
_ESSENCE: Final = b"mdat"
_INDEXES: Final = frozenset({b"moof", b"sidx", b"mfra", b"meta", b"moov", _ESSENCE})
_KNOWN: Final = _INDEXES | FREE | {b"uuid", b"styp", b"emsg", b"prft", b"wide"}
"""Kinds of box that are truncated where they reach beyond the file; others are some trailer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movie(Layout):
    """The layout of a movie file.

    Args:
        boxes: the boxes at the top level.
        tail: where the last of them ends; what follows is no box and stays last.
        moov: the movie box, or None.
        udta: its user data; of several, those that have an item list.
        meta: the ``meta`` box of the item list, or the place for one; None where there is none.
        foreign_meta: the user data have a ``meta`` box of another kind, so there is no place.
        item_list: the ``ilst`` box in it.
        items: what is in it.
        packets: the boxes with an XMP packet, at the top level and in the user data.
        texts: the boxes of user data that hold a text which we know.
        manifests: the C2PA boxes.
        busy: the starts of free boxes that something points into.
        strangers: chunk offsets that are said to count in other files.
        loose: from the first sample that does not wholly stand in media data to the end of the
            media data, or of a file that was cut off: what is read there must not change.
        cut: media data are missing at the end, so nothing may be put there.
    """

    boxes: tuple[Box, ...]
    tail: int
    moov: Node | None = None
    udta: Node | None = None
    meta: Node | None = None
    foreign_meta: bool = False
    item_list: Box | None = None
    items: tuple[ilst.Item, ...] = ()
    packets: tuple[Box, ...] = ()
    texts: tuple[Box, ...] = ()
    manifests: tuple[Box, ...] = ()
    busy: frozenset[int] = frozenset()
    strangers: tuple[Table, ...] = ()
    loose: Span
    cut: bool = False


@dataclass(frozen=True, slots=True)
class _Top:
    boxes: tuple[Box, ...]
    tail: int
    obstacle: RefusedError | None = None
    warnings: tuple[str, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class _UserData:
    """What stands in the user data that can be written to."""

    udta: Node | None = None
    meta: Node | None = None
    foreign_meta: bool = False
    item_list: Box | None = None
    items: tuple[ilst.Item, ...] = ()


def read_movie(source: Source) -> Movie:
    """Read a movie file's headers.

    Raises:
        DamagedError: the boxes cannot be walked.
        LimitError: there are too many.
    """
    top = _read_top(source)
    moovs = [box for box in top.boxes if box.kind == b"moov"]
    moov = read_tree(source, moovs[0], tracks.CONTAINERS) if moovs else None
    blocks: list[Block] = []
    data = _UserData()
    nodes: list[Node] = []
    if moov is not None:
        nodes = list(_user_data(source, moov, blocks))
        data = _pick(source, nodes, blocks)
        _read_keys(source, moov, blocks)
    packets = [box for box in top.boxes if box.uuid == XMP_UUID]
    packets += [child.box for node in nodes for child in node.all(XMP_ATOM)]
    texts = tuple(
        child.box
        for node in nodes
        for child in node.children
        if child.box.kind in userdata.NAMES and not child.box.large
    )
    blocks += [_packet(source, box) for box in packets]
    blocks += [_text(source, box) for box in texts]
    manifests = tuple(box for box in top.boxes if box.uuid == manifest.C2PA_UUID)
    blocks += [
        Block(Carrier.C2PA, "uuid", box.span)
        for box in manifests
        if manifest.holds_store(source, box)
    ][:1]
    obstacle = top.obstacle or _obstacle(moovs, moov, top.boxes)
    linked = Linked(Links(), b"", (), (), source.size, False)
    if moov is not None:
        try:
            linked = collect(source, top.boxes, moov)
        except (DamagedError, LimitError) as error:
            obstacle = obstacle or RefusedError(
                error.message,
                at=error.at,
                fix=error.fix or "repair the file, or write the reservation into a sidecar",
                code=error.code,
            )
    return Movie(
        size=source.size,
        essence=tuple(
            Span(box.body, min(box.end, source.size)) for box in top.boxes if box.kind == _ESSENCE
        ),
        framing=linked.framing,
        links=_with_lengths(linked.links, data, packets, nodes),
        blocks=tuple(sorted(blocks, key=lambda block: block.span)),
        foreign=_foreign(top, nodes, data, source.size),
        obstacle=obstacle,
        placeless=frozenset() if _begins_with_brand(top.boxes) else frozenset({Carrier.C2PA}),
        warnings=top.warnings + linked.warnings,
        boxes=top.boxes,
        tail=top.tail,
        moov=moov,
        udta=data.udta,
        meta=data.meta,
        foreign_meta=data.foreign_meta,
        item_list=data.item_list,
        items=data.items,
        packets=tuple(packets),
        texts=texts,
        manifests=manifests,
        busy=pointed_into(linked.links, top.boxes, FREE),
        strangers=linked.strangers,
        loose=_loose(linked, top.boxes, source.size),
        cut=top.cut or linked.cut,
    )


def _loose(linked: Linked, boxes: tuple[Box, ...], size: int) -> Span:
    """Where samples stand outside the media data; they may reach into them."""
    start = linked.loose
    end = max((box.end for box in boxes if box.kind == _ESSENCE and box.end > start), default=size)
    return Span(start, size if linked.cut else min(end, size))


def _read_top(source: Source) -> _Top:
    found: list[Box] = []
    at, size = 0, source.size
    seen: set[bytes] = set()
    while size - at >= 8:
        box = read_header(source, at, size)
        if box is None or (box.open and box.kind == bytes(4)):
            break
        if box.end > size:
            if box.kind == _ESSENCE:
                missing = f"the file ends {box.end - size} bytes before its media data do"
                return _Top((*found, box), size, warnings=(missing,), cut=True)
            if box.kind in _KNOWN and b"moov" in seen:
                error = RefusedError(
                    f"the file ends {box.end - size} bytes before its last box does",
                    at=box.start,
                    fix="get a complete copy of the file",
                    code="truncated",
                )
                return _Top(tuple(found), at, error)
            break
        if len(found) >= MAX_BOXES:
            raise LimitError(f"there are more than {MAX_BOXES} boxes", at=at)
        found.append(box)
        seen.add(box.kind)
        at = box.end
    if at < size and not _may_end(seen):
        raise DamagedError(
            "the file ends within a box", at=at, fix="get a complete copy of the file"
        )
    warnings = (f"the last {size - at} bytes are no boxes; they stay last",) if at < size else ()
    return _Top(tuple(found), at, warnings=warnings)


def _may_end(seen: set[bytes]) -> bool:
    """Whether a movie is whole, so that what follows may be the trailer of some camera."""
    return b"moov" in seen and not {_ESSENCE, b"moof"}.isdisjoint(seen)


def _begins_with_brand(boxes: tuple[Box, ...]) -> bool:
    """Whether there is the box that a manifest stands behind."""
    return bool(boxes) and boxes[0].kind == b"ftyp"


def _obstacle(moovs: list[Box], moov: Node | None, boxes: tuple[Box, ...]) -> RefusedError | None:
    if moov is None:
        if any(box.kind == b"moof" for box in boxes):
            return RefusedError(
                "this is a media segment without the movie that it belongs to",
                fix="write the reservation into the initialisation segment's presentation, or into "
                "a sidecar",
                code="media-segment",
            )
        return RefusedError(
            "there is no movie box: the recording was not finished, or is not all here",
            fix="repair the file, or get a complete copy",
            code="no-movie",
        )
    if len(moovs) > 1:
        return RefusedError(
            f"there are {len(moovs)} movie boxes, and only one can be the right one",
            at=moovs[1].start,
            fix="remux the file",
            code="several-movies",
        )
    if moov.first(b"cmov") is not None:
        return RefusedError(
            "the movie box is compressed",
            at=moov.box.start,
            fix="remux the file without a compressed movie header",
            code="compressed-movie",
        )
    if moov.first(b"rmra") is not None:
        return RefusedError(
            "this is a reference movie: the media are in other files",
            at=moov.box.start,
            fix="reserve the rights in the files that it refers to",
            code="reference-movie",
        )
    return None


def _user_data(source: Source, moov: Node, blocks: list[Block]) -> Iterator[Node]:
    for node in moov.all(b"udta"):
        box = node.box
        try:
            found, tail = children(source, box.body, box.end)
        except DamagedError as error:
            blocks.append(_damaged(Carrier.QUICKTIME, "moov/udta", box.span, error))
            continue
        yield Node(box, tuple(Node(child, (), child.end) for child in found), tail)


def _pick(source: Source, nodes: list[Node], blocks: list[Block]) -> _UserData:
    """The user data to write to, with their item list; the blocks that item lists are."""
    chosen = _UserData(udta=nodes[0]) if nodes else _UserData()
    for udta in nodes:
        for node in udta.all(b"meta"):
            meta, handler = _read_meta(source, node.box, "moov/udta/meta", blocks)
            if meta is None or handler != _ITUNES:
                if chosen.meta is None:
                    chosen = _UserData(udta, foreign_meta=True)
                continue
            if chosen.meta is not None:
                continue
            found = meta.first(b"ilst")
            chosen = _UserData(udta, meta, item_list=found.box if found else None)
            if found is not None:
                chosen = _read_items(source, chosen, found.box, blocks)
    return chosen


def _read_items(source: Source, data: _UserData, box: Box, blocks: list[Block]) -> _UserData:
    where = "moov/udta/meta/ilst"
    try:
        items = ilst.read(source, box.body, box.end)
    except MediaError as error:
        blocks.append(_damaged(Carrier.MP4_ILST, where, box.span, error))
        return data
    blocks.append(Block(Carrier.MP4_ILST, where, box.span, ilst.entries(items, where)))
    return _UserData(data.udta, data.meta, False, box, items)


def _read_meta(
    source: Source, box: Box, where: str, blocks: list[Block]
) -> tuple[Node | None, bytes]:
    """A ``meta`` box and its handler; QuickTime's keys are read as a block of their own."""
    try:
        found, tail = children(source, meta_body(source, box), box.end)
    except DamagedError as error:
        blocks.append(_damaged(Carrier.QUICKTIME, where, box.span, error))
        return None, b""
    meta = Node(box, tuple(Node(child, (), child.end) for child in found), tail)
    hdlr = meta.first(b"hdlr")
    head = source.read(hdlr.box.body, min(hdlr.box.body + 12, hdlr.box.end)) if hdlr else b""
    handler = head[8:12]
    keys, values = meta.first(b"keys"), meta.first(b"ilst")
    if handler == _QUICKTIME_KEYS and keys is not None and values is not None:
        try:
            names = ilst.read_keys(source, keys.box.body, keys.box.end)
            items = ilst.read(source, values.box.body, values.box.end, names)
        except MediaError as error:
            blocks.append(_damaged(Carrier.QUICKTIME, where, box.span, error))
        else:
            entries = ilst.entries(items, where, Carrier.QUICKTIME)
            blocks.append(Block(Carrier.QUICKTIME, where, box.span, entries))
    return meta, handler


def _read_keys(source: Source, moov: Node, blocks: list[Block]) -> None:
    for node in moov.all(b"meta"):
        _read_meta(source, node.box, "moov/meta", blocks)


def _packet(source: Source, box: Box) -> Block:
    where = "uuid" if box.uuid else f"moov/udta/{box.name}"
    try:
        if box.end - box.body > MAX_PACKET:
            raise LimitError(f"the XMP packet has {box.end - box.body} bytes", at=box.start)
        entries = xmp.parse(source.read(box.body, box.end), where)
    except MediaError as error:
        return _damaged(Carrier.XMP, where, box.span, error)
    return Block(Carrier.XMP, where, box.span, entries)


def _text(source: Source, box: Box) -> Block:
    where = f"moov/udta/{box.kind.decode('mac_roman')}"
    data = source.read(box.body, min(box.end, box.body + userdata.MAX_TEXT))
    texts = userdata.parse(box.kind, data)
    return Block(Carrier.QUICKTIME, where, box.span, userdata.entries(box.kind, texts, where))


def _damaged(carrier: Carrier, where: str, span: Span, error: MediaError) -> Block:
    info = MediaError(error.message, at=error.at or where, fix=error.fix, code="damaged-carrier")
    return Block(carrier, where, span, error=info.info)


def _with_lengths(links: Links, data: _UserData, packets: list[Box], nodes: list[Node]) -> Links:
    boxes = [*packets, *(node.box for node in nodes)]
    boxes += [node.box for node in (data.meta,) if node]
    boxes += [box for box in (data.item_list,) if box]
    lengths = (length for box in boxes if (length := box.length) is not None)
    ordered = sorted((*links.lengths, *lengths), key=lambda length: length.at)
    return Links(links.references, links.tables, tuple(ordered))


def _foreign(top: _Top, nodes: list[Node], data: _UserData, size: int) -> tuple[Span, ...]:
    """Whole boxes and items of others, none of which holds a number that may change."""
    spans = [
        box.span
        for box in top.boxes
        if box.kind not in _INDEXES | FREE and box.uuid not in (XMP_UUID, manifest.C2PA_UUID)
    ]
    spans += [
        child.box.span
        for node in nodes
        for child in node.children
        if child.box.kind not in {b"meta", XMP_ATOM, *userdata.KINDS.values()} | FREE
    ]
    spans += [item.span for item in data.items if item.name is None]
    if top.tail < size:
        spans.append(Span(top.tail, size))
    return tuple(sorted(spans))
