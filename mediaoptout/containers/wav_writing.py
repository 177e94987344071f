"""What a WAV shall say, as edits of its chunks; ``data`` stays where it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from mediaoptout.carriers import axml, id3, info, xmp
from mediaoptout.carriers.merged import Merged
from mediaoptout.containers import pictures
from mediaoptout.containers.base import MANIFEST, Change, Wanted
from mediaoptout.containers.blocks import agreed, refuse_damaged
from mediaoptout.containers.chunks import (
    HEADER,
    JUNK,
    Chunk,
    filling_behind,
    fits,
    framed,
    is_room,
    moved_back,
    replaced,
)
from mediaoptout.containers.wav_reading import (
    AXML,
    C2PA,
    ID3,
    LIST,
    XMP,
    WavLayout,
    is_kept,
    tag_in,
)
from mediaoptout.errors import RefusedError
from mediaoptout.splice.linker import Edit, relocate
from mediaoptout.splice.patch import Copy, Hole, Insert, Piece
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

_WRITTEN: Final = {
    Carrier.RIFF_INFO: LIST,
    Carrier.AXML: AXML,
    Carrier.ID3: ID3,
    Carrier.XMP: XMP,
}
_APPENDED: Final = (Carrier.AXML, Carrier.ID3, Carrier.XMP, Carrier.RIFF_INFO)
"""The order of new chunks: the list comes last, since it has no room of its own to grow into."""


@dataclass(slots=True)
class _Plan:
    """A change as it comes together."""

    edits: list[Edit] = field(default_factory=list)
    appended: dict[Carrier, tuple[Piece, ...]] = field(default_factory=dict)
    settled: set[Chunk] = field(default_factory=set)
    """The chunks that were changed or dropped, and whose padding is therefore settled."""
    carriers: list[Carrier] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def plan_change(source: Source, layout: WavLayout, wanted: Wanted) -> Change:
    """See `Container.change`."""
    if layout.obstacle is not None:
        raise layout.obstacle
    refuse_damaged(layout.blocks)
    packets = [e for b in layout.blocks for e in b.entries if e.carrier is not b.carrier]
    properties, warnings = agreed(wanted.properties, packets, force=wanted.force)
    plan = _Plan(warnings=list(warnings))
    for carrier in _WRITTEN:
        _state(source, layout, replace(wanted, properties=properties), carrier, plan)
    manifest = _manifest(layout, wanted, plan)
    _append(layout, manifest, plan)
    try:
        patch = relocate(source.size, layout.links, plan.edits)
    except RefusedError as error:
        if error.code != "overflow":
            raise
        raise RefusedError(
            "the file would become longer than a RIFF can be (4 GiB)",
            at=error.at,
            fix="convert it to RF64 or BW64 first",
            code=error.code,
        ) from error
    return Change(
        patch=patch, carriers=tuple(plan.carriers), warnings=tuple(dict.fromkeys(plan.warnings))
    )


def _state(
    source: Source, layout: WavLayout, wanted: Wanted, carrier: Carrier, plan: _Plan
) -> None:
    """Let every chunk of a carrier say what is wanted, or a new one where there is none."""
    found = layout.of(carrier)
    if any(is_kept(source, item) for item in found):
        asked = carrier in (wanted.carriers or ()) and not wanted.stripping
        plan.warnings += [axml.KEPT] if asked else []
        return
    chunks = [item.chunk for item in found]
    if carrier is Carrier.RIFF_INFO and len(chunks) > 1:
        chunks = [_list_with_notice(layout)]
    for chunk in chunks or (None,):
        payload = source.read(*chunk.payload) if chunk else b""
        merged = _merged(layout, wanted, carrier, payload)
        if merged.size:
            merged = merged.grounded(payload)
        plan.warnings += merged.warnings
        if merged.said and carrier not in plan.carriers:
            plan.carriers.append(carrier)
        if chunk is not None and payload and not merged.size:
            plan.settled.add(chunk)
            plan.edits.append(Edit(chunk.start, chunk.next, (), inside=0))
        elif chunk is not None and not merged.unchanged(len(payload)):
            plan.settled.add(chunk)
            home = _home(source, layout, chunk, merged.size) if wanted.stripping else None
            if home is not None:
                plan.edits += moved_back(chunk, home, merged.placed(chunk.payload.start))
                continue
            _place(source, layout, carrier, chunk, merged, plan)
        elif chunk is None and merged.size:
            plan.appended[carrier] = framed(_WRITTEN[carrier], merged.pieces)


def _list_with_notice(layout: WavLayout) -> Chunk:
    """Of several lists, the one that states a copyright notice; else the first."""
    lists = layout.of(Carrier.RIFF_INFO)
    stating = (i for i in lists if any(e.name == "dc:rights" for e in i.block.entries))
    return next(stating, lists[0]).chunk


def _merged(layout: WavLayout, wanted: Wanted, carrier: Carrier, payload: bytes) -> Merged:
    properties, force, padding = wanted.told(carrier), wanted.force, wanted.padding
    if carrier is Carrier.RIFF_INFO:
        if _bext_comments(layout):
            properties = tuple(p for p in properties if p.name != "xmpRights:UsageTerms")
        return info.merge(payload or None, properties, force=force, encoding=layout.encoding)
    if carrier is Carrier.AXML:
        if not payload and Carrier.AXML not in (wanted.carriers or ()):
            return Merged((), frozenset())
        return axml.merge(payload or None, properties)
    if carrier is Carrier.XMP:
        if not payload and not properties:
            return Merged((), frozenset())
        return xmp.merge(payload or None, properties, force=force, padding=padding)
    tag = tag_in(payload)
    merged = id3.merge(
        tag or None,
        properties,
        force=force,
        padding=padding,
        upgrade=wanted.upgrade_id3,
        packet=False,
        retouch=pictures.marker(wanted) if properties else None,
    )
    rest = (Copy(len(tag), len(payload)),) if tag and merged.size else ()
    return replace(merged, pieces=(*merged.pieces, *rest))


def _bext_comments(layout: WavLayout) -> bool:
    """Whether the comment is told by ``bext`` alone: ffmpeg would show an ``ICMT`` instead."""
    labels = {entry.label for block in layout.blocks for entry in block.entries}
    return "ICMT" not in labels and any(chunk.name == b"bext" for chunk in layout.riff.chunks)


def _home(source: Source, layout: WavLayout, chunk: Chunk, size: int) -> Chunk | None:
    """The filling before the sound that a chunk left behind when it was moved to the end."""
    data = layout.riff.data[-1]
    if chunk.start < data.start:
        return None
    before = (item for item in layout.riff.chunks if item.start < data.start)
    fitting = (item for item in before if item.payload.size == size and item.name == JUNK)
    return next((item for item in fitting if is_room(source, item)), None)


def _place(
    source: Source,
    layout: WavLayout,
    carrier: Carrier,
    chunk: Chunk,
    merged: Merged,
    plan: _Plan,
) -> None:
    """Put a new payload where its chunk stands, or at the end if ``data`` would have to move."""
    pieces = merged.placed(chunk.payload.start)
    room = filling_behind(source, layout.riff.chunks, chunk)
    if merged.size == chunk.payload.size:
        plan.edits.append(Edit(*chunk.payload, pieces, inside=chunk.start))
        return
    if chunk.start > layout.riff.data[-1].start:
        plan.edits += replaced(chunk, pieces)
    elif fits(chunk, merged.size, room):
        plan.edits += replaced(chunk, pieces, room)
    else:
        blank = Insert(bytes(chunk.payload.size))
        plan.edits.append(Edit(chunk.start, chunk.start + 4, (Insert(JUNK),), inside=0))
        plan.edits.append(Edit(*chunk.payload, (blank,), inside=chunk.start))
        moved = framed(chunk.name, pieces)
        plan.appended[carrier] = (*plan.appended.get(carrier, ()), *moved)


def _manifest(layout: WavLayout, wanted: Wanted, plan: _Plan) -> tuple[Piece, ...]:
    """The hole for a manifest; an old one goes where it would not fit the file any more."""
    old = layout.of(Carrier.C2PA)
    if wanted.manifest is None and not wanted.drop_manifest:
        if old:
            plan.carriers.append(Carrier.C2PA)
        return ()
    for item in old:
        plan.settled.add(item.chunk)
        plan.edits.append(Edit(item.chunk.start, item.chunk.next, (), inside=0))
    if wanted.manifest is None:
        return ()
    if layout.riff.form != b"RIFF":
        plan.warnings.append("RF64 and BW64 have no place for a C2PA manifest")
        return ()
    plan.carriers.append(Carrier.C2PA)
    return Hole(HEADER + wanted.manifest, MANIFEST), Insert(bytes(wanted.manifest % 2))


def _append(layout: WavLayout, manifest: tuple[Piece, ...], plan: _Plan) -> None:
    """Put the new chunks behind the last one, before a manifest that stays."""
    content = [piece for c in _APPENDED for piece in plan.appended.get(c, ())]
    content += manifest
    if not content:
        return
    at = _end(layout, plan)
    before = [chunk for chunk in layout.riff.chunks if chunk.start < at]
    while before[-1] in plan.settled and before[-1].name == C2PA:
        before.pop()
    if before[-1].unpadded and before[-1] not in plan.settled:
        content.insert(0, Insert(b"\0"))
    plan.edits.append(Edit(at, at, tuple(content), inside=0))


def _end(layout: WavLayout, plan: _Plan) -> int:
    """Where new chunks go: behind the last one that every reader finds.

    That is before a manifest that stays, and before a chunk without its padding that others
    follow: strict readers are lost from there on.
    """
    data = layout.riff.data[-1]
    ends = [layout.riff.end]
    for chunk in layout.riff.chunks:
        if chunk.start < data.start:
            continue
        if chunk.unpadded and chunk.next < layout.riff.end:
            ends.append(chunk.next if chunk == data else chunk.start)
        if chunk.name == C2PA and chunk not in plan.settled:
            ends.append(chunk.start)
    return min(ends)
