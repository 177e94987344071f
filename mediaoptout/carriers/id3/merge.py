"""ID3v2 tags told what to say: our frames written, everybody else's copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from mediaoptout.carriers import xmp
from mediaoptout.carriers.id3.assembly import assembled
from mediaoptout.carriers.id3.header import MAX_TAG, resynchronised
from mediaoptout.carriers.id3.pictures import is_picture, retouched
from mediaoptout.carriers.id3.statements import (
    XMP_OWNER,
    Item,
    Said,
    is_manifest,
    is_packet,
    items,
    manifest_lead,
    said,
)
from mediaoptout.carriers.id3.tag import STUFFED_FRAME, Frame, Tag, empty_tag
from mediaoptout.carriers.id3.text import text_frame
from mediaoptout.carriers.id3.upgrade import upgraded
from mediaoptout.carriers.merged import Merged, Retouch
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.patch import Copy, Hole, Insert, Patch, PatchedSource, Piece
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import Property, before, noted
from mediaoptout.vocabularies.settle import leaves, settle
from mediaoptout.words import Carrier

HOLE: Final = "c2pa"
"""The name of the hole that waits for the signed manifest."""

PADDING: Final = 2048
"""How much room is left in a tag that does not fit into its old size."""

_COMPARED: Final = frozenset({"plus:DataMining", "tdm:reservation"})
"""The properties whose settled value says what is wanted, or more."""

_NOTE: Final = "id3"
"""What is noted in a packet: the room in the tag, and whether an ID3v1 tag is repeated in it."""

_STATUS: Final = 0xFF00
"""The flags that say what to do with a frame, not how its content is stored."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What a tag shall say, and how far we may go for it.

    Args:
        properties: what shall be said.
        frames: whether frames of the tag say it.
        force: replace contrary statements of others.
        padding: room to leave where the tag does not fit into its old size, in bytes.
        upgrade: allow a v2.2 tag to become v2.3.
        packet: whether XMP goes into a ``PRIV`` frame (where the container has no place of its
            own for it).
        manifest: the length of the manifest store that a hole is left for; None for none.
        drop_manifest: take out the manifest that is there.
        repeated: text frames (identifier, text) of an older tag, which a reader that finds an
            ID3v2 tag looks at no more; written if the tag has no texts of its own.
        elsewhere: the properties that another tag of the file states, which a frame of ours
            would hide.
        retouch: what changes the pictures in the tag; None where they stay.
    """

    properties: tuple[Property, ...]
    frames: bool = True
    force: bool = False
    padding: int = PADDING
    upgrade: bool = False
    packet: bool = True
    manifest: int | None = None
    drop_manifest: bool = False
    repeated: tuple[tuple[str, str], ...] = ()
    elsewhere: frozenset[str] = frozenset()
    retouch: Retouch | None = None

    @property
    def going(self) -> tuple[Property, ...]:
        """The properties that shall be said no longer."""
        return tuple(item for item in self.properties if item.goes)

    @property
    def stripping(self) -> bool:
        """Whether nothing is to be said, and something no longer."""
        return bool(self.properties) and self.going == self.properties


@dataclass(frozen=True, slots=True)
class MergedTag(Merged):
    """A tag after the merge.

    Args:
        carriers: the carriers in it that hold what was to be said.
    """

    carriers: tuple[Carrier, ...] = ()


@dataclass(slots=True)
class _Draft:
    """The new tag in the making: each old frame's pieces (None: dropped), and new frames."""

    tag: Tag
    target: Tag
    stuffed: bool
    kept: list[tuple[Piece, ...] | None]
    added: list[tuple[Piece, ...]] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    carriers: list[Carrier] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def rendered(self, kind: str, content: bytes) -> tuple[Piece, ...]:
        return (Insert(self.target.render(kind, content, stuffed=self.stuffed)),)

    def indices(self, test: Callable[[Tag, Frame], bool]) -> list[int]:
        return [i for i, frame in enumerate(self.tag.frames) if test(self.tag, frame)]


def merge_tag(tag: Tag, telling: Telling) -> MergedTag:
    """The tag when it says what it is told; what others wrote is copied.

    Frames that we change stay where they are; new ones follow the last, a manifest after them.

    Args:
        tag: the tag that is there, or an `empty_tag`.
        telling: what it shall say.

    Raises:
        RefusedError: somebody's contrary statement, an XMP packet that cannot be read (code
            ``damaged-carrier``), a frame with no form in v2.3, or no room.
    """
    version = tag.header.version
    higher = telling.manifest is not None or (telling.packet and telling.properties)
    upgrading = version == 2 and telling.upgrade and bool(higher)
    target = empty_tag(3) if upgrading else tag
    hole = telling.manifest is not None and target.header.version > 2
    stuffed = tag.header.unsynchronised and not (upgrading or hole)
    kept = [_carried(tag, target, frame, stuffed=stuffed) for frame in tag.frames]
    draft = _Draft(tag, target, stuffed, list(kept))
    if telling.retouch is not None:
        _retouch(draft, telling.retouch)

    note = _noted(draft) if telling.stripping else None
    repeated = False
    _untell(draft, telling.going)
    if note is not None and note[1]:
        _unrepeat(draft, telling.repeated)
    if not telling.stripping and telling.frames:
        _repeat(draft, telling.repeated)
        repeated = bool(draft.added)
        _tell(draft, telling)
    if draft.said:
        draft.carriers.append(Carrier.ID3)
    if telling.packet and telling.properties:
        state = before(_NOTE, tag.room.size, int(repeated))
        merged = _tell_packet(draft, telling, (*telling.properties, state))
        draft.said |= merged.said
        draft.warnings.extend(merged.warnings)
        if merged.said:
            draft.carriers.append(Carrier.XMP)
    if telling.manifest is not None and not hole:
        draft.warnings.append(
            "an ID3v2.2 tag has no place for a manifest; --upgrade-id3 makes it v2.3"
        )
    if hole or telling.drop_manifest:
        for index in draft.indices(is_manifest):
            draft.kept[index] = None
    if hole and telling.manifest is not None:
        lead = manifest_lead(target, telling.manifest)
        draft.added.append((Insert(lead), Hole(telling.manifest, HOLE)))
    if hole or any(draft.kept[index] for index in draft.indices(is_manifest)):
        draft.carriers.append(Carrier.C2PA)

    frames = [piece for pieces in (*draft.kept, *draft.added) for piece in pieces or ()]
    warnings = tuple(dict.fromkeys(draft.warnings))
    if telling.stripping and tag.frames and not frames and not tag.tail.size:
        return MergedTag((), frozenset(), warnings)
    pieces = assembled(
        tag,
        frames,
        version=target.header.version,
        stuffed=stuffed,
        padding=telling.padding,
        gap=_room_before(tag, note) if telling.stripping else None,
    )
    return MergedTag(pieces, frozenset(draft.said), warnings, tuple(draft.carriers))


def _carried(tag: Tag, target: Tag, frame: Frame, *, stuffed: bool) -> tuple[Piece, ...]:
    """A frame of the old tag as it stands in the new one."""
    if target is not tag:
        return upgraded(tag, target, frame)
    if stuffed or not tag.header.unsynchronised:
        return (tag.copy(frame.start, frame.end),)
    if tag.header.stuffed:
        return tuple(tag.runs(frame.start, frame.end))
    # v2.4: what the header said of all frames is now said by each that it is true of.
    data = tag.plain.read(frame.body, frame.end)
    if frame.flags & STUFFED_FRAME or resynchronised(data) == data:
        return (Copy(frame.start, frame.end),)
    flags = (frame.flags | STUFFED_FRAME).to_bytes(2, "big")
    return Copy(frame.start, frame.body - 2), Insert(flags), Copy(frame.body, frame.end)


def _retouch(draft: _Draft, retouch: Retouch) -> None:
    """Change the pictures; one that is compressed, encrypted or grouped is none for us."""
    for index in draft.indices(is_picture):
        frame, carried = draft.tag.frames[index], draft.kept[index] or ()
        try:
            draft.kept[index] = retouched(
                draft.tag, draft.target, frame, carried, retouch, stuffed=draft.stuffed
            )
        except RefusedError as error:
            draft.warnings.append(error.message)


def _repeat(draft: _Draft, repeated: Sequence[tuple[str, str]]) -> None:
    """An ID3v1 tag's fields in the new tag, since readers look at one tag only."""
    if any(frame.id[0] == "T" or frame.id.startswith("COM") for frame in draft.tag.frames):
        return
    for kind, content in _contents(draft, repeated):
        draft.added.append(draft.rendered(kind, content))


def _contents(draft: _Draft, repeated: Sequence[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    version = draft.target.header.version
    for kind, text in repeated:
        content = text_frame(version, text)
        if kind == "COMM":
            # No language is known; the description is empty.
            mark = content[1:3] if content[0] == 1 else b""
            lead = content[:1] + b"XXX" + mark + (b"\0\0" if mark else b"\0")
            content = lead + content[1:]
        yield kind, content


def _untell(draft: _Draft, going: Sequence[Property]) -> None:
    """Drop the frames that say what shall go, as far as they are ours."""
    for index, frame in enumerate(draft.tag.frames):
        found = said(draft.tag, frame)
        if found is not None and any(
            item.name == found.name and leaves(item, found.value) for item in going
        ):
            draft.kept[index] = None


def _noted(draft: _Draft) -> tuple[int, ...] | None:
    """The room that the tag had, and whether we repeated an ID3v1 tag in it; None if unknown."""
    for index in draft.indices(is_packet):
        data = (draft.tag.content(draft.tag.frames[index]) or b"")[len(XMP_OWNER) :]
        try:
            numbers = noted(xmp.parse(data, ""), _NOTE)
        except DamagedError:
            return None
        if numbers is not None and len(numbers) == 2:
            return numbers
    return None


def _unrepeat(draft: _Draft, repeated: Sequence[tuple[str, str]]) -> None:
    """Drop the frames in which we repeated the ID3v1 tag."""
    texts = set(_contents(draft, repeated))
    for index, frame in enumerate(draft.tag.frames):
        if (frame.id, draft.tag.content(frame)) in texts:
            draft.kept[index] = None


def _room_before(tag: Tag, note: tuple[int, ...] | None) -> int | None:
    """The padding that the tag had before us: what was noted; none where it is all ours."""
    if note is not None:
        return min(note[0], MAX_TAG // 2)
    return 0 if tag.room.size == PADDING else None


def _tell(draft: _Draft, telling: Telling) -> None:
    version = draft.target.header.version
    present: dict[object, list[tuple[int, Said]]] = {}
    for index, frame in enumerate(draft.tag.frames):
        found = said(draft.tag, frame)
        if found is not None:
            present.setdefault(found.key, []).append((index, found))
    stated = tuple(item for item in telling.properties if not item.goes)
    for item in items(stated, version):
        if item.wanted.name in telling.elsewhere and item.key not in present:
            draft.warnings.append(f"{item.wanted.name} stands in another tag of the file")
            continue
        value = _settled(draft, item, present.get(item.key, ()), force=telling.force)
        if value is None:
            continue
        pieces = draft.rendered(item.name(version), item.content(version, value))
        old = [index for index, _ in present.get(item.key, ())]
        for index in old:
            draft.kept[index] = None
        if old:
            draft.kept[old[0]] = pieces
        else:
            draft.added.append(pieces)


def _settled(
    draft: _Draft, item: Item, present: Sequence[tuple[int, Said]], *, force: bool
) -> str | None:
    """The text to write; None if what stands there stays.

    Where several frames of one kind disagree, those that must give way are dropped.
    """
    name = item.wanted.name
    if not present:
        draft.said.add(name)
        return str(item.wanted.value)
    stays, yields, value = False, [], None
    for index, found in present:
        if found.value is None:
            stays = True
            draft.warnings.append(f"the frame {found.label} of somebody else is encrypted")
            continue
        settled = settle(item.wanted, found.value, force=force)
        if settled.warning:
            draft.warnings.append(settled.warning)
        if settled.warning is None or settled.value == item.wanted.value or name in _COMPARED:
            draft.said.add(name)
        if settled.value == found.value:
            stays = True
        else:
            yields.append(index)
            value = str(settled.value)
    if not stays:
        return value
    for index in yields:
        draft.kept[index] = None
    return None


def _tell_packet(draft: _Draft, telling: Telling, properties: Sequence[Property]) -> Merged:
    """Say it in the XMP packet of the tag's ``PRIV`` frame; what `xmp.merge` answers."""
    if telling.stripping:
        properties = telling.properties
    tell = partial(xmp.merge, force=telling.force, padding=telling.padding)
    if draft.target.header.version == 2:
        warning = "an ID3v2.2 tag has no place for XMP; --upgrade-id3 makes it v2.3"
        return Merged((), frozenset(), (warning,))
    found = draft.indices(is_packet)
    if not found and telling.stripping:
        return Merged((), frozenset())
    if not found:
        merged = tell(None, properties)
        draft.added.append(draft.rendered("PRIV", XMP_OWNER + _materialised(b"", merged)))
        return merged
    frame = draft.tag.frames[found[0]]
    data = (draft.tag.content(frame) or b"")[len(XMP_OWNER) :]
    try:
        merged = tell(data, properties)
    except DamagedError as error:
        raise RefusedError(
            f"the XMP packet in the ID3v2 tag cannot be read: {error.message}",
            at=error.at,
            fix=error.fix or "repair the packet with an XMP editor, or remove it",
            code="damaged-carrier",
        ) from error
    if merged.unchanged(len(data)):
        return merged
    if not merged.size:
        draft.kept[found[0]] = None
        return merged
    if draft.tag.is_bare(frame) and draft.target is draft.tag and not draft.stuffed:
        draft.kept[found[0]] = _spliced(draft.tag, frame, len(data), merged)
    else:
        # Where the content is stored encoded, it can only be encoded anew.
        new = XMP_OWNER + _materialised(data, merged)
        draft.kept[found[0]] = draft.rendered("PRIV", new)
    return merged


def _spliced(tag: Tag, frame: Frame, size: int, merged: Merged) -> tuple[Piece, ...]:
    at = frame.body + len(XMP_OWNER)
    if merged.size == size:
        return Copy(frame.start, at), *merged.placed(at)
    header = tag.frame_header(frame.id, len(XMP_OWNER) + merged.size, frame.flags & _STATUS)
    return Insert(header + XMP_OWNER), *merged.placed(at)


def _materialised(data: bytes, merged: Merged) -> bytes:
    patched = PatchedSource(BytesSource(data), Patch(merged.pieces))
    return patched.read(0, patched.size)
