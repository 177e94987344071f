"""A packet that says more: each wanted property settled with what stands there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers.merged import Merged
from mediaoptout.carriers.xmp import render
from mediaoptout.carriers.xmp.editing import Edit, Editor, applied, spliced
from mediaoptout.carriers.xmp.names import PREFIXES, parsed
from mediaoptout.carriers.xmp.packet import MAX_PACKET, Packet, is_blank, read, white_space
from mediaoptout.carriers.xmp.tree import legal
from mediaoptout.carriers.xmp.values import Found, find
from mediaoptout.errors import RefusedError
from mediaoptout.splice.patch import Copy, Insert
from mediaoptout.vocabularies.properties import Bag, LangAlt, Property, Structs, Value, as_text
from mediaoptout.vocabularies.settle import Settled, settle

PADDING: Final = 2048
"""How much white space a packet gets that is new or has to grow, in bytes."""

_GRADED: Final = frozenset({"plus:DataMining", "tdm:reservation"})
"""The properties of which a kept value is as strict as ours, or stricter."""


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

    A packet that is there keeps its size wherever the change fits into its white space.

    Args:
        data: the packet that is there, or None.
        properties: what shall be said; names with an unknown prefix are passed over, and so are
            characters that XML cannot say.
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
    wanted = [
        Property(item.name, _legal(item.value))
        for item in properties
        if item.name.partition(":")[0] in PREFIXES
    ]
    most = MAX_PACKET if limit is None else min(limit, MAX_PACKET)
    room = _Room(max(padding, 1), most)
    if data is None or is_blank(data):
        return _new(wanted, len(data or b""), room, read_only)
    packet = read(data)
    if not packet.root.children:
        return _new(wanted, len(data), room, read_only)
    editor = Editor(packet)
    said, warnings = _settle_all(editor, packet, wanted, force)
    edits = editor.edits()
    if not edits:
        return Merged((Copy(0, len(data)),), said, warnings)
    if read_only and packet.access is not None:
        edits.append(Edit(packet.access, packet.access + 1, b"r"))
    edits.append(_padding(packet, len(data), edits, room))
    edits.sort(key=lambda edit: edit[:2])
    if packet.encoding == "utf-8":
        return Merged(spliced(len(data), edits), said, warnings)
    text = packet.encoded(applied(packet.data, edits))
    return Merged((Insert(text + packet.rest),), said, warnings)


def _new(wanted: list[Property], old: int, room: _Room, read_only: bool) -> Merged:
    if not wanted:
        return Merged((Copy(0, old),), frozenset())
    head, tail = render.packet(wanted, "r" if read_only else "w")
    spare = room.spare(len(head) + len(tail), old)
    said = frozenset(item.name for item in wanted)
    return Merged((Insert(head + white_space(spare) + tail),), said)


def _settle_all(
    editor: Editor, packet: Packet, wanted: list[Property], force: bool
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Tell ``editor`` what to change; what is said then, and what a user should know."""
    present: dict[str, list[Found]] = {}
    for found in find(packet):
        if found.stated:
            present.setdefault(found.name, []).append(found)
    said: set[str] = set()
    warnings: dict[str, None] = {}
    for item in wanted:
        there = present.get(item.name, [])
        settled = [_settled(item, found, force) for found in there]
        _edit(editor, item, list(zip(there, settled, strict=True)))
        if not there or item.name in _GRADED or any(value.warning is None for value in settled):
            said.add(item.name)
        warnings |= {value.warning: None for value in settled if value.warning}
    return frozenset(said), tuple(warnings)


def _edit(editor: Editor, wanted: Property, settled: list[tuple[Found, Settled]]) -> None:
    """Tell ``editor`` what becomes of a property, wherever it stands."""
    changed = [(found, value) for found, (value, _) in settled if value != found.value]
    for number, (found, value) in enumerate(changed):
        if number:
            editor.remove(found)
        else:
            editor.replace(found, Property(wanted.name, value))
    if not settled:
        editor.add(wanted)
    elif wanted.name in _GRADED and all(
        found.parsed != parsed(wanted.name) for found, _ in settled
    ):
        # Only in a namespace that is not quite the standard's: others would not see it.
        editor.add(Property(wanted.name, as_text(settled[0][1].value)))


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
    spare = room.spare(old + grown - there, old) // packet.unit
    if spare <= end - start:
        return Edit(start, end - spare, b"")
    return Edit(start, end, white_space(spare))


def _legal(value: Value) -> Value:
    match value:
        case str():
            return legal(value)
        case LangAlt():
            return LangAlt(tuple((lang, legal(text)) for lang, text in value.items))
        case Bag():
            return Bag(tuple(legal(text) for text in value.items))
        case Structs():
            return Structs(
                tuple(tuple((name, legal(text)) for name, text in item) for item in value.items)
            )
