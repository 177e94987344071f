"""A packet's changes as splices: what is not ours is never rendered again."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mediaoptout.carriers.xmp import render
from mediaoptout.carriers.xmp.names import SEPARATOR
from mediaoptout.carriers.xmp.packet import Packet
from mediaoptout.carriers.xmp.tree import (
    Node,
    end_of,
    escape,
    is_empty_tag,
    tag_end,
    written_attributes,
    written_name,
)
from mediaoptout.carriers.xmp.values import Found, Path, bound, descriptions, prefixes, scope
from mediaoptout.splice.patch import Copy, Insert
from mediaoptout.vocabularies.properties import Property

_INDENT = re.compile(rb"\r?\n[ \t]*\Z")
_LOOK_BACK = 256


class Edit(NamedTuple):
    """Bytes ``start`` to ``end`` of a packet give way to ``text``."""

    start: int
    end: int
    text: bytes


@dataclass(slots=True)
class _Place:
    """An ``rdf:Description`` that is edited: its namespaces, and what it gets."""

    path: Path
    names: render.Namespaces
    added: list[Property]


class Editor:
    """Collects the changes to one packet.

    Args:
        packet: the packet.
    """

    def __init__(self, packet: Packet) -> None:
        self._packet = packet
        self._edits: list[Edit] = []
        self._places: dict[int, _Place] = {}
        self._new: list[Property] = []
        self._usual = prefixes(packet.root)

    def add(self, wanted: Property) -> None:
        """Say ``wanted``, in the first description."""
        path = next(descriptions(self._packet), None)
        if path is None:
            self._new.append(wanted)
        else:
            self._place(path).added.append(wanted)

    def replace(self, found: Found, wanted: Property) -> None:
        """Say ``wanted`` where ``found`` stands."""
        place = self._place(found.path)
        if found.node is not None:
            indent = _indent(self._packet.data, found.node)
            text = render.element(wanted, place.names, indent)
            end = end_of(self._packet.data, found.node)
            self._edits.append(Edit(found.node.start, end, text.encode("utf-8")))
        elif isinstance(wanted.value, str):
            start, end = self._attribute(found).span(2)
            self._edits.append(Edit(start + 1, end - 1, escape(wanted.value).encode("utf-8")))
        else:
            self.remove(found)
            place.added.append(wanted)

    def remove(self, found: Found) -> None:
        """Say ``found`` no longer."""
        if found.node is None:
            self._edits.append(Edit(*self._attribute(found).span(), b""))
            return
        data = self._packet.data
        start = found.node.start
        while data[start - 1] in b" \t\r\n":
            start -= 1
        self._edits.append(Edit(start, end_of(data, found.node), b""))

    def edits(self) -> list[Edit]:
        """The changes, in order."""
        result = list(self._edits)
        for place in self._places.values():
            result += self._finish(place)
        if self._new:
            result += self._describe()
        return sorted(result, key=lambda edit: edit[:2])

    def _place(self, path: Path) -> _Place:
        place = self._places.get(path[-1].start)
        if place is None:
            names = render.Namespaces(scope(path), self._usual)
            place = _Place(path, names, [])
            self._places[path[-1].start] = place
        return place

    def _attribute(self, found: Found) -> re.Match[bytes]:
        for match in written_attributes(self._packet.data, found.path[-1]):
            prefix, _, local = match[1].decode("utf-8").rpartition(":")
            if prefix and f"{bound(found.path, prefix)}{SEPARATOR}{local}" == found.parsed:
                return match
        raise LookupError(found.name)

    def _finish(self, place: _Place) -> list[Edit]:
        """The changes to a description's own tags, and the elements that it gets."""
        data, node = self._packet.data, place.path[-1]
        indent = self._inner_indent(node)
        elements = [render.element(item, place.names, indent) for item in place.added]
        edits: list[Edit] = []
        if place.names.added:
            last = next(iter(deque(written_attributes(data, node), maxlen=1)), None)
            at = last.end() if last else node.start + 1 + len(written_name(data, node))
            before = data[last.start() : last.start(1)].decode() if last else " "
            edits.append(Edit(at, at, place.names.declarations(before).encode("utf-8")))
        return edits + self._insert(node, elements, indent)

    def _insert(self, node: Node, elements: Sequence[str], indent: str) -> list[Edit]:
        """Elements behind the last child of ``node``."""
        if not elements:
            return []
        data = self._packet.data
        text = "".join(indent + element for element in elements).encode("utf-8")
        outer = _indent(data, node).encode()
        if is_empty_tag(data, node):
            end = tag_end(data, node)
            return [Edit(end - 2, end, b">" + text + outer + closing_tag(data, node))]
        if node.children:
            at = end_of(data, node.children[-1])
            return [Edit(at, at, text)]
        at = len(data[: node.close].rstrip())
        return [Edit(at, at, text if at < node.close else text + outer)]

    def _inner_indent(self, node: Node) -> str:
        """The white space before a child of ``node``."""
        data = self._packet.data
        if node.children:
            return _indent(data, node.children[-1])
        outer = _indent(data, node)
        return outer and outer + " "

    def _describe(self) -> list[Edit]:
        """A first description, in the ``rdf:RDF`` or ``x:xmpmeta`` that has none."""
        around = next(iter(self._packet.rdf()), None)
        if around is not None:
            node = around[-1]
            indent = self._inner_indent(node)
            text = render.description(self._new, scope(around), indent)
            return self._insert(node, [text], indent)
        meta = self._packet.meta()
        if meta is None:
            raise LookupError("x:xmpmeta")
        indent = self._inner_indent(meta[-1])
        return self._insert(meta[-1], [render.rdf(self._new, indent)], indent)


def _indent(data: bytes, node: Node) -> str:
    """The line break and white space before ``node``; empty where it does not begin a line."""
    match = _INDENT.search(data[max(0, node.start - _LOOK_BACK) : node.start])
    return match[0].decode("ascii") if match else ""


def closing_tag(data: bytes, node: Node) -> bytes:
    """The end tag for an element that had none; its space tells it from those of others."""
    return b"</" + written_name(data, node) + b" >"


def spliced(size: int, edits: Sequence[Edit]) -> tuple[Copy | Insert, ...]:
    """The pieces that a packet of ``size`` bytes is made of after ``edits``."""
    pieces: list[Copy | Insert] = []
    at = 0
    for edit in edits:
        pieces += (Copy(at, edit.start), Insert(edit.text))
        at = edit.end
    return (*pieces, Copy(at, size))


def applied(data: bytes, edits: Sequence[Edit]) -> bytes:
    """``data`` after ``edits``."""
    return b"".join(
        piece.data if isinstance(piece, Insert) else data[piece.start : piece.end]
        for piece in spliced(len(data), edits)
    )
