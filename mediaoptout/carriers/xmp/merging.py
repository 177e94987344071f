"""A packet that says more: each wanted property settled with what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mediaoptout.carriers.merged import Merged
from mediaoptout.carriers.xmp import render
from mediaoptout.carriers.xmp.editing import Edit, Editor, applied, spliced
from mediaoptout.carriers.xmp.names import PREFIXES, parsed
from mediaoptout.carriers.xmp.packet import MAX_PACKET, Packet, is_blank, read, white_space
from mediaoptout.carriers.xmp.stripping import marked, strip
from mediaoptout.carriers.xmp.tree import legal
from mediaoptout.carriers.xmp.values import Found, find
from mediaoptout.errors import RefusedError
from mediaoptout.memo import Same
from mediaoptout.splice.patch import Copy, Insert
from mediaoptout.vocabularies import declaration
from mediaoptout.vocabularies.properties import (
    BEFORE,
    MARKS,
    REPLACED,
    WROTE,
    Bag,
    Gone,
    LangAlt,
    Property,
    Structs,
    Value,
    as_text,
)
from mediaoptout.vocabularies.prose import is_ours
from mediaoptout.vocabularies.settle import Settled, settle

PADDING: Final = 2048
"""How much white space a packet gets that is new or has to grow, in bytes."""

_REMEMBERED: Final = 64

_GRADED: Final = frozenset({"plus:DataMining", "tdm:reservation"})
"""The properties of which a kept value is as strict as ours, or stricter."""

_TERMS: Final = "xmpRights:UsageTerms"
"""The text that bears the date of the declaration."""

_RENEWED: Final = frozenset(
    {
        "Iptc4xmpExt:LinkedEncRightsExpr",
        "dc:identifier",
        "plus:CopyrightOwner",
        "plus:Licensor",
        "plus:OtherConstraints",
        "tdm:policy",
        "xmp:Identifier",
        "xmpRights:Owner",
        "xmpRights:WebStatement",
    }
)
"""The properties that stay ours once we wrote them: brought up to date, and taken out when they
are said no longer. A notice or terms that somebody wrote over ours are theirs."""


@dataclass(frozen=True, slots=True)
class _Room:
    """How large a packet may be.

    Args:
        padding: the white space of a packet that has to grow, in bytes.
        limit: the most that a packet may have, in bytes.
    """

    padding: int
    limit: int

    def spare(self, ink: int, old: int) -> int:
        """The white space for a packet of ``ink`` bytes without it, where there were ``old``.

        Raises:
            RefusedError: even without white space it is too large.
        """
        if ink <= old <= self.limit:
            return old - ink
        if ink > self.limit:
            raise RefusedError(
                f"the XMP packet would have {ink} bytes, and {self.limit} fit here",
                fix="say it with shorter texts, or in fewer languages",
                code="no-room",
            )
        return min(self.padding, self.limit - ink)


def merge(
    data: bytes | None,
    properties: Sequence[Property],
    *,
    force: bool = False,
    padding: int = PADDING,
    limit: int | None = None,
    read_only: bool = False,
) -> Merged:
    """A packet that says ``properties`` too.

    A packet that is there keeps its size wherever the change fits into its white space. What we
    put into a packet is listed in it (`WROTE`); where nothing else is wanted than that properties
    go, all on that list do.

    Args:
        data: the packet that is there, or None.
        properties: what shall be said; names with an unknown prefix are passed over, and so are
            characters that XML cannot say. A `BEFORE` is noted with what we put in first.
        force: replace contrary statements of others.
        padding: bytes of white space for a packet that is new or has to grow.
        limit: how many bytes the packet may have; by default what `parse` takes.
        read_only: it stands where nobody may edit it without the file's knowledge (PNG, with
            its check sums): it is marked so. Its white space is for us.

    Raises:
        DamagedError: what is there is no well-formed XMP (code ``damaged-carrier``).
        RefusedError: a contrary statement stands there (code ``contrary-statement``), or there
            is no room (code ``no-room``).
    """
    wanted = list(_sayable(Same(tuple(properties))))
    if properties and all(item.goes for item in properties):
        return Merged((), frozenset()) if data is None else strip(data, PADDING)
    notes = _joined(item for item in wanted if item.name == BEFORE)
    wanted = [item for item in wanted if item.name != BEFORE]
    most = MAX_PACKET if limit is None else min(limit, MAX_PACKET)
    room = _Room(max(padding, 1), most)
    packet = None if data is None or is_blank(data) else read(data)
    if data is None or packet is None or not packet.root.children:
        said = [item for item in wanted if not item.goes]
        return _new(said, notes, len(data or b""), room, read_only)
    editor = Editor(packet)
    names, warnings = _settle_all(editor, packet, wanted, force)
    edits = editor.edits()
    if edits and notes and not any(found.name in MARKS for found in find(packet)):
        for item in notes:
            editor.add(item)
        edits = editor.edits()
    if not edits:
        return Merged((Copy(0, len(data)),), names, warnings)
    if read_only and packet.access is not None:
        edits.append(Edit(packet.access, packet.access + 1, b"r"))
    edits.append(_padding(packet, len(data), edits, room))
    edits.sort(key=lambda edit: edit[:2])
    if packet.encoding == "utf-8":
        return Merged(spliced(len(data), edits), names, warnings)
    text = packet.encoded(applied(packet.data, edits))
    return Merged((Insert(text + packet.rest),), names, warnings)


def _joined(notes: Iterable[Property]) -> list[Property]:
    """All notes as one."""
    words = [word for item in notes if isinstance(item.value, Bag) for word in item.value.items]
    return [Property(BEFORE, Bag(tuple(words)))] if words else []


def _new(
    wanted: list[Property], notes: list[Property], old: int, room: _Room, read_only: bool
) -> Merged:
    if not wanted:
        return Merged((Copy(0, old),), frozenset())
    names = tuple(item.name for item in wanted)
    marking = Property(WROTE, Bag(names))
    head, tail = render.packet((*wanted, *notes, marking), "r" if read_only else "w")
    spare = room.spare(len(head) + len(tail), old)
    said = frozenset(names)
    return Merged((Insert(head + white_space(spare) + tail),), said)


def _settle_all(
    editor: Editor, packet: Packet, wanted: list[Property], force: bool
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Tell ``editor`` what to change; what is said then, and what a user should know."""
    present: dict[str, list[Found]] = {}
    for found in find(packet):
        if found.stated:
            present.setdefault(found.name, []).append(found)
    known = frozenset(marked(present.get(WROTE, ())))
    said: set[str] = set()
    wrote: dict[str, str | None] = {}
    warnings: dict[str, None] = {}
    for item in wanted:
        there = present.get(item.name, [])
        if item.goes:
            continue
        if item.name == declaration.DECLARED and _TERMS not in wrote:
            settled = [Settled(found.value) for found in there]  # the date follows the text
        elif item.name in known & _RENEWED:
            settled = [Settled(item.value) for found in there]
        else:
            settled = [_settled(item, found, force) for found in there]
        if _edit(editor, item, list(zip(there, settled, strict=True))):
            wrote[item.name] = _gave_way(there, settled)
        if not there or item.name in _GRADED or any(value.warning is None for value in settled):
            said.add(item.name)
        warnings |= {value.warning: None for value in settled if value.warning}
    gone = _outdated(wanted, known)
    for name in gone:
        for found in present.get(name, ()):
            editor.remove(found)
    _mark(editor, present, wrote, gone)
    return frozenset(said), tuple(warnings)


def _outdated(wanted: Sequence[Property], known: frozenset[str]) -> frozenset[str]:
    """What we wrote once and say no longer."""
    names = {item.name for item in wanted if not item.goes}
    gone = {item.name for item in wanted if item.goes}
    if any(name.startswith(declaration.PREFIX) for name in names):
        gone |= {name for name in known if name.startswith(declaration.PREFIX) or name in _RENEWED}
    return frozenset(known & gone - names)


def _gave_way(present: Sequence[Found], settled: Sequence[Settled]) -> str | None:
    """The first simple text of others that is replaced."""
    pairs = zip(present, settled, strict=True)
    old = (found.value for found, new in pairs if new.value != found.value)
    texts = (value for value in old if isinstance(value, str) and not is_ours(value))
    return next(texts, None)


def _mark(
    editor: Editor,
    present: Mapping[str, Sequence[Found]],
    wrote: Mapping[str, str | None],
    gone: frozenset[str],
) -> None:
    """List in the packet what was written, and what of others gave way to it.

    Args:
        editor: what changes the packet.
        present: the properties that are there, by name.
        wrote: the names of those that were written, each with what stood there as simple text.
        gone: the names of those that were taken out.
    """
    known = marked(present.get(WROTE, ()))
    weaker = marked(present.get(REPLACED, ()))
    new = {name: old for name, old in wrote.items() if name not in known}
    gave_way = tuple(f"{name} {old}" for name, old in new.items() if old)
    if new or gone:
        left = (name for name in known if name not in gone)
        _list(editor, Property(WROTE, Bag((*left, *new))), present.get(WROTE, ()))
    if gave_way:
        _list(editor, Property(REPLACED, Bag((*weaker, *gave_way))), present.get(REPLACED, ()))


def _list(editor: Editor, marking: Property, present: Sequence[Found]) -> None:
    for number, found in enumerate(present):
        if number:
            editor.remove(found)
        else:
            editor.replace(found, marking)
    if not present:
        editor.add(marking)


def _edit(editor: Editor, wanted: Property, settled: list[tuple[Found, Settled]]) -> bool:
    """Tell ``editor`` what becomes of a property, wherever it stands; whether it changes."""
    changed = [(found, value) for found, (value, _) in settled if value != found.value]
    for number, (found, value) in enumerate(changed):
        if number:
            editor.remove(found)
        else:
            editor.replace(found, Property(wanted.name, value))
    if not settled:
        editor.add(wanted)
        return True
    if wanted.name in _GRADED and all(found.parsed != parsed(wanted.name) for found, _ in settled):
        # Only in a namespace that is not quite the standard's: others would not see it.
        editor.add(Property(wanted.name, as_text(settled[0][1].value)))
        return True
    return bool(changed)


def _settled(wanted: Property, found: Found, force: bool) -> Settled:
    """What the property shall say there; theirs in the form that it has, if it stays."""
    settled = settle(wanted, found.value, force=force)
    if settled.value == as_text(found.value):
        return Settled(found.value, settled.warning)
    return settled


def _padding(packet: Packet, old: int, edits: list[Edit], room: _Room) -> Edit:
    """The edit of the white space at the packet's end."""
    start, end = packet.padding
    grown = sum(
        len(packet.encoded(edit.text)) - len(packet.encoded(packet.data[edit.start : edit.end]))
        for edit in edits
    )
    there = len(packet.encoded(packet.data[start:end]))
    ink = old + grown - there
    if ink > old and ink + room.padding + there <= room.limit:
        # What is there stays behind ours, so that it can be told apart again.
        return Edit(start, start, white_space(room.padding // packet.unit))
    spare = room.spare(ink, old) // packet.unit
    if spare <= end - start:
        return Edit(start, end - spare, b"")
    return Edit(start, end, white_space(spare))


@lru_cache(maxsize=_REMEMBERED)
def _sayable(properties: Same[tuple[Property, ...]]) -> tuple[Property, ...]:
    """The properties that XMP has a namespace for, without characters that XML cannot say."""
    return tuple(
        item.says(_legal(item.value))
        for item in properties.value
        if item.name.partition(":")[0] in PREFIXES
    )


def _legal(value: Value) -> Value:
    match value:
        case str():
            return legal(value)
        case LangAlt():
            return LangAlt(tuple((lang, legal(text)) for lang, text in value.items))
        case Bag():
            return Bag(tuple(legal(text) for text in value.items))
        case Structs():
            items = (tuple((name, legal(text)) for name, text in item) for item in value.items)
            return Structs(tuple(items), ordered=value.ordered)
        case Gone():
            return value
