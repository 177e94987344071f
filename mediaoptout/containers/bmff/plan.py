"""How a movie file comes to say what is wanted: where each carrier's block goes and what gives way.

The order of preference: change nothing; change within a block's own room; let a ``free`` box give
way; grow where no samples follow; move everything, with all that points into it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from mediaoptout.carriers import ilst, userdata, xmp
from mediaoptout.carriers.merged import Merged
from mediaoptout.containers.base import Change, Wanted
from mediaoptout.containers.bmff.boxes import (
    Box,
    Node,
    make_box,
    make_full_box,
    make_header,
)
from mediaoptout.containers.bmff.movie import MAX_PACKET, XMP_ATOM, XMP_UUID, Movie
from mediaoptout.containers.bmff.room import (
    SMALLEST,
    Room,
    behind,
    essence_follows,
    place_manifest,
    settle_movie,
    usable,
    vacate,
    without_manifest,
)
from mediaoptout.containers.bmff.stripping import HANDLER, note, taken_out
from mediaoptout.containers.pictures import marker
from mediaoptout.errors import RefusedError
from mediaoptout.splice.linker import Edit, relocate
from mediaoptout.splice.patch import Insert, Patch, Piece
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import as_text
from mediaoptout.words import Carrier

_RIGHTS: Final = "dc:rights"
_MEDIA: Final = frozenset({b"mdat", b"moof"})
_MAX_SIZE: Final = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Habits:
    """What a family does its own way.

    Args:
        packet_in_movie: XMP stands in ``moov/udta/XMP_``, not in a box of its own.
        makes_item_list: an item list is made where there is none.
        text: the form of the copyright notice in the user data, or None.
        manifest: why there is no place for a manifest, or None.
    """

    packet_in_movie: bool = False
    makes_item_list: bool = False
    text: userdata.Form | None = None
    no_manifest: str | None = None


@dataclass(slots=True)
class _Work:
    """What has been decided so far."""

    source: Source
    movie: Movie
    moov: Node
    wanted: Wanted
    habits: Habits
    inner: list[Edit] = field(default_factory=list)
    outer: list[Edit] = field(default_factory=list)
    dropped: list[Box] = field(default_factory=list)
    """The boxes in the movie box that go whole."""
    carriers: set[Carrier] = field(default_factory=set)
    warnings: dict[str, None] = field(default_factory=dict)

    def note(self, carrier: Carrier, merged: Merged) -> None:
        if merged.said:
            self.carriers.add(carrier)
        self.warnings |= dict.fromkeys(merged.warnings)


def plan(source: Source, movie: Movie, wanted: Wanted, habits: Habits) -> Change:
    """The change after which the movie says what is wanted.

    Raises:
        RefusedError: it must not be written, somebody says the contrary, or a number overflows.
    """
    moov = movie.moov
    if movie.obstacle is not None or moov is None:
        raise movie.obstacle or RefusedError("there is no movie box", code="no-movie")
    for block in movie.blocks:
        if block.error is not None:
            raise RefusedError(
                f"{block.location} cannot be read: {block.error.message}",
                at=block.error.at,
                fix="mend or remove it with the program that wrote it",
                code="damaged-carrier",
            )
    work = _Work(source, movie, moov, wanted, habits)
    _manifest(work)
    fresh = [*_item_list(work), *_text(work)]
    _packets(work)
    if not movie.packets:
        fresh += _new_packet(work)
    if fresh:
        _add_user_data(work, fresh)
    if wanted.stripping:
        work.inner += taken_out(source, movie, moov, work.inner, work.dropped)
    else:
        work.inner += settle_movie(movie, moov, work.inner, wanted.padding)
    # What is put at one place goes into the innermost element first.
    work.inner.sort(key=lambda edit: -1 if edit.inside is None else edit.inside, reverse=True)
    patch = relocate(movie.size, movie.links, [*work.inner, *work.outer])
    _check_strangers(movie, patch)
    _check_loose(movie, patch)
    order = (Carrier.XMP, Carrier.MP4_ILST, Carrier.QUICKTIME)
    carriers = tuple(carrier for carrier in order if carrier in work.carriers)
    return Change(patch=patch, carriers=carriers, warnings=tuple(work.warnings))


# --- native texts --------------------------------------------------------------------------


def _item_list(work: _Work) -> list[bytes]:
    """Write into the item list; a new ``meta`` box is returned, to be put into the user data."""
    movie, wanted = work.movie, work.wanted
    box = movie.item_list
    start, end = (box.body, box.end) if box else (0, 0)
    if box is None and not work.habits.makes_item_list:
        return []
    if movie.foreign_meta:
        work.warnings["there is no place for MP4 tags: the metadata there are of another kind"] = (
            None
        )
        return []
    properties = list(wanted.told(Carrier.MP4_ILST))
    if not properties:
        return []
    if _said_elsewhere(movie, Carrier.QUICKTIME, wanted):
        properties = [item for item in properties if item.name != _RIGHTS or _in_items(movie)]
        work.warnings["dc:rights of somebody else was kept (moov/udta)"] = None
    mark = marker(wanted)
    covers, why = ilst.retouched(work.source, movie.items, mark) if mark else ({}, ())
    merged = ilst.merge(movie.items, start, end, properties, force=wanted.force, covers=covers)
    work.warnings |= dict.fromkeys(why)
    work.note(Carrier.MP4_ILST, merged)
    if box is not None and movie.items and not merged.size:
        work.dropped.append(box)
    elif box is not None and not merged.unchanged(end - start):
        work.inner.append(Edit(start, end, merged.placed(start), box.start))
    if box is not None:
        return []
    made = make_box(b"ilst", merged.rendered(b""))
    if len(made) == SMALLEST:
        return []
    if movie.meta is not None:
        at = movie.meta.tail
        work.inner.append(Edit(at, at, (Insert(made),), movie.meta.box.start))
        return []
    return [make_full_box(b"meta", HANDLER, made)]


def _in_items(movie: Movie) -> bool:
    return any(item.name == _RIGHTS for item in movie.items)


def _said_elsewhere(movie: Movie, carrier: Carrier, wanted: Wanted) -> bool:
    """Whether another native carrier has a copyright notice that is not ours."""
    ours = {as_text(item.value) for item in wanted.properties if item.name == _RIGHTS}
    return not wanted.stripping and any(
        entry.name == _RIGHTS and as_text(entry.value) not in ours
        for block in movie.blocks
        if block.carrier is carrier and block.location.startswith("moov/udta/")
        for entry in block.entries
    )


def _text(work: _Work) -> list[bytes]:
    """Write the copyright notice into the user data; a new box is returned."""
    form = work.habits.text
    told = work.wanted.told(Carrier.QUICKTIME)
    rights = next((item for item in told if item.name == _RIGHTS), None)
    if form is None or rights is None:
        return []
    kind = userdata.KINDS[form]
    present = [box for box in work.movie.texts if box.kind == kind]
    for box in present:
        data = work.source.read(box.start, min(box.end, box.start + userdata.MAX_TEXT))
        merged = userdata.merge(form, data, rights, force=work.wanted.force)
        work.note(Carrier.QUICKTIME, merged)
        if not merged.size:
            work.dropped.append(box)
        elif not merged.unchanged(box.size):
            inside = _holder(work, box)
            pieces = merged.grounded(data).placed(box.start)
            work.inner.append(Edit(box.start, box.end, pieces, inside))
    if present or rights.goes:
        return []
    if _said_elsewhere(work.movie, Carrier.MP4_ILST, work.wanted):
        work.warnings["dc:rights of somebody else was kept (moov/udta/meta/ilst)"] = None
        return []
    merged = userdata.merge(form, None, rights, force=work.wanted.force)
    work.note(Carrier.QUICKTIME, merged)
    return [merged.rendered(b"")]


def _holder(work: _Work, box: Box) -> int:
    """The user data that a box stands in (there may be several)."""
    return next(
        node.box.start
        for node in work.moov.all(b"udta")
        if node.box.start < box.start < node.box.end
    )


def _add_user_data(work: _Work, boxes: list[bytes]) -> None:
    udta = work.movie.udta
    data = b"".join(boxes)
    if udta is not None:
        work.inner.append(Edit(udta.tail, udta.tail, (Insert(data),), udta.box.start))
    else:
        at = work.moov.tail
        made = Insert(make_box(b"udta", data))
        work.inner.append(Edit(at, at, (made,), work.moov.box.start))


# --- XMP -----------------------------------------------------------------------------------


def _merged_packet(work: _Work, data: bytes | None) -> Merged:
    told = work.wanted.told(Carrier.XMP)
    merged = xmp.merge(
        data,
        told if work.wanted.stripping else (*told, note(work.movie, work.moov)),
        force=work.wanted.force,
        padding=work.wanted.padding,
        limit=MAX_PACKET,
    )
    work.note(Carrier.XMP, merged)
    return merged


def _packets(work: _Work) -> None:
    """Bring every packet that is there up to date, so that none says something else."""
    for box in work.movie.packets:
        old = work.source.read(box.body, box.end)
        merged = _merged_packet(work, old)
        if merged.unchanged(len(old)):
            continue
        if not merged.size:
            if box.uuid:
                work.outer.append(Edit(*box.span, ()))
            else:
                work.dropped.append(box)
            continue
        pieces = merged.grounded(old).placed(box.body)
        if not box.uuid:
            work.inner.append(Edit(box.body, box.end, pieces, box.start))
        elif (home := _home(work, box, merged.size)) is not None:
            header = _packet_header(merged.size)
            work.outer += [Edit(*home.span, (header, *pieces)), Edit(*box.span, ())]
        else:
            _replace_packet(work, box, pieces, merged.size)


def _replace_packet(work: _Work, box: Box, pieces: tuple[Piece, ...], size: int) -> None:
    growth = size - (box.end - box.body)
    after = behind(work.movie.boxes, box)
    edit = Edit(box.body, box.end, pieces, box.start)
    if growth == 0 or not essence_follows(work.movie, box.end):
        work.outer.append(edit)
    elif after and usable(after, work.movie.busy) and Room(after, None).absorbs(growth):
        work.outer += [edit, *Room(after, None).absorb(growth)]
    else:
        work.outer.append(vacate(box))
        _append(work, (_packet_header(size), *pieces))


def _home(work: _Work, box: Box, size: int) -> Box | None:
    """The free box that a packet left behind when it was moved to the end."""
    movie = work.movie
    if not work.wanted.stripping or essence_follows(movie, box.end):
        return None
    size += _packet_header(size).size
    fitting = (b for b in movie.boxes if usable(b, movie.busy) and b.size == size)
    return next((other for other in fitting if other.start < box.start), None)


def _new_packet(work: _Work) -> list[bytes]:
    """A packet where there is none; one for the user data is returned."""
    merged = _merged_packet(work, None)
    if not merged.said:
        return []
    if work.habits.packet_in_movie:
        return [make_box(XMP_ATOM, merged.rendered(b""))]
    _append(work, (_packet_header(merged.size), *merged.pieces))
    return []


def _packet_header(size: int) -> Insert:
    return Insert(make_header(b"uuid", 8 + len(XMP_UUID) + size) + XMP_UUID)


def _append(work: _Work, pieces: tuple[Piece, ...]) -> None:
    """Put a box at the end of the file, before what must stay last.

    A segment index may reach to the end, and readers take it for whole only if it does; and where
    media data are missing at the end, ours would be read in their place. Then the box stands
    before the index, or before the media data.
    """
    movie = work.movie
    last = movie.boxes[-1]
    at = movie.tail
    index = next((box for box in movie.boxes if box.kind == b"sidx"), None)
    media = next((box for box in movie.boxes if box.kind in _MEDIA), last)
    if index is not None and index.start > work.moov.box.start:
        at = index.start
    elif movie.cut:
        at = media.start
    elif last.kind == b"mfra":
        at = last.start
    elif last.open:
        if last.kind == b"mdat" and not last.large and last.size <= _MAX_SIZE:
            size = Insert(last.size.to_bytes(4, "big"))
            if not any(edit.start == last.start for edit in work.outer):
                work.outer.append(Edit(last.start, last.start + 4, (size,)))
        else:
            at = last.start
    work.outer.append(Edit(at, at, pieces))


# --- the manifest --------------------------------------------------------------------------


def _manifest(work: _Work) -> None:
    movie, wanted = work.movie, work.wanted
    if wanted.manifest is None:
        if wanted.drop_manifest:
            work.outer += without_manifest(movie.boxes, movie.manifests, movie.busy, wanted)
        return
    reason = work.habits.no_manifest or _no_place(movie)
    if reason:
        work.warnings[reason] = None
        if wanted.drop_manifest:
            work.outer += [vacate(box) for box in movie.manifests]
        return
    work.outer += place_manifest(work.source, movie.boxes, movie.busy, wanted.manifest)


def _no_place(movie: Movie) -> str | None:
    if movie.boxes[0].kind == b"ftyp":
        return None
    return "there is no place for a manifest: the file does not begin with a file type box"


# --- helpers -------------------------------------------------------------------------------


def _check_strangers(movie: Movie, patch: Patch) -> None:
    """Offsets that are said to count in another file may be meant for this one after all.

    Some writers never mark their data as self-contained. Nothing is moved that such an offset
    could mean.
    """
    for table in movie.strangers:
        if not table.targets:
            continue
        low, high = min(table.targets), max(table.targets)
        inside = any(span.start <= low and high < span.end for span in movie.essence)
        if inside and patch.locate(low) != low:
            raise RefusedError(
                "a track says that its samples are in another file, but they may be in this one",
                at=table.at,
                fix="remux the file so that it is self-contained",
                code="external-media",
            )


def _check_loose(movie: Movie, patch: Patch) -> None:
    """Where samples stand outside the media data, nobody knows what else is read with them."""
    loose = movie.loose
    kept = patch.keeps((loose,))
    if movie.cut and loose.size:
        kept = kept and patch.locate(movie.size - 1) == patch.size - 1
    if not kept:
        raise RefusedError(
            "some samples are said to stand where there are no media data",
            at=loose.start,
            fix="get a complete copy of the file, or remux it",
            code="missing-media",
        )
