"""A packet without what we put into it: the mark in it tells which properties those are.

What an addition left behind goes too: the declarations of namespaces at the end of a start tag,
the end tag of a description that had none, and the white space that was made for the next change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from mediaoptout.carriers.merged import Merged
from mediaoptout.carriers.xmp.editing import Edit, Editor, applied, closing_tag, spliced
from mediaoptout.carriers.xmp.names import META_URI, RDF_URI, SEPARATOR, parsed
from mediaoptout.carriers.xmp.packet import Packet, is_blank, read, white_space
from mediaoptout.carriers.xmp.render import TOOLKIT
from mediaoptout.carriers.xmp.tree import Node, end_of, tag_end, written_attributes
from mediaoptout.carriers.xmp.values import Found, find
from mediaoptout.splice.patch import Copy, Insert
from mediaoptout.vocabularies.properties import MARKS, REPLACED, WROTE, Bag, Property, as_text

_TOOLKIT: Final = f"{META_URI}{SEPARATOR}xmptk"
_DECLARES: Final = b"xmlns:"
_LINES: Final = 3
"""How many line breaks tell how long the lines of white space are."""


def marked(found: Sequence[Found]) -> tuple[str, ...]:
    """What the bags of a mark hold, in their order."""
    values: list[str] = []
    for item in found:
        values += item.value.items if isinstance(item.value, Bag) else [as_text(item.value)]
    return tuple(dict.fromkeys(values))


def strip(data: bytes, padding: int) -> Merged:
    """The packet without what we wrote; nothing at all where we wrote it whole.

    Args:
        data: the packet that is there.
        padding: how much white space we leave in a packet that has to grow, in bytes.

    Raises:
        DamagedError: what is there is no well-formed XMP (code ``damaged-carrier``).
    """
    same = Merged((Copy(0, len(data)),), frozenset())
    if is_blank(data):
        return same
    packet = read(data)
    found = [item for item in find(packet) if item.stated]
    names = {*marked([item for item in found if item.name == WROTE]), *MARKS}
    gone = [item for item in found if item.name in names and _is_ours(item, found)]
    if not gone:
        return same
    if len(gone) == len(found) and _made_by_us(packet):
        return Merged((), frozenset())
    weaker = [item for item in found if item.name == REPLACED]
    edits = [*_edits(packet, gone, dict(_before(marked(weaker))))]
    edits.append(_white_space(packet, len(data), edits, padding))
    edits.sort(key=lambda edit: edit[:2])
    if packet.encoding == "utf-8":
        return Merged(spliced(len(data), edits), frozenset())
    text = packet.encoded(applied(packet.data, edits))
    return Merged((Insert(text + packet.rest),), frozenset())


def _is_ours(item: Found, found: Sequence[Found]) -> bool:
    """Whether it is in the standard's namespace, where that is where we wrote it."""
    exact = parsed(item.name)
    return item.parsed == exact or all(other.parsed != exact for other in found)


def _made_by_us(packet: Packet) -> bool:
    meta = packet.meta()
    return meta is not None and meta[-1].attributes.get(_TOOLKIT, "").startswith(TOOLKIT)


def _before(weaker: Sequence[str]) -> Iterator[tuple[str, str]]:
    for item in weaker:
        name, _, value = item.partition(" ")
        yield name, value


def _edits(packet: Packet, gone: Sequence[Found], before: Mapping[str, str]) -> Iterator[Edit]:
    """The edits that take properties out, and what was put there for their sake.

    Args:
        packet: the packet.
        gone: the properties.
        before: what others had said of some of them, which they say again.
    """
    places = {item.path[-1].start: item.path[-1] for item in gone}
    for start, place in places.items():
        items = [item for item in gone if item.path[-1].start == start]
        back = {item.name: item for item in reversed(items) if item.name in before}
        nodes = [item.node for item in items if item.node]
        emptied = not back and _emptied(packet.data, place, nodes)
        editor = Editor(packet)
        for item in items:
            if back.get(item.name) is item:
                editor.replace(item, Property(item.name, before[item.name]))
            elif item.node is None or not emptied:
                editor.remove(item)
        edits = editor.edits()
        if emptied:
            edits.append(Edit(tag_end(packet.data, place) - 1, end_of(packet.data, place), b"/>"))
        yield from edits
        yield from _undeclared(packet.data, place, items, edits)


def _emptied(data: bytes, place: Node, gone: Sequence[Node]) -> bool:
    """Whether a description had no end tag before these children were put into it."""
    if not gone or data[place.close : end_of(data, place)] != closing_tag(data, place):
        return False
    rest, at = b"", tag_end(data, place)
    for child in sorted(gone, key=lambda node: node.start):
        rest += data[at : child.start]
        at = end_of(data, child)
    return not (rest + data[at : place.close]).strip()


def _undeclared(
    data: bytes, place: Node, items: Sequence[Found], edits: Sequence[Edit]
) -> Iterator[Edit]:
    """The declarations at the end of a description's start tag that nothing needs any more."""
    spaces = {uri for item in items for uri in _namespaces(item)}
    start, end = place.start, end_of(data, place)
    inner = [
        Edit(edit.start - start, edit.end - start, edit.text)
        for edit in sorted(edits, key=lambda edit: edit[:2])
    ]
    rest = applied(data[start:end], inner)
    for match in reversed(list(written_attributes(data, place))):
        prefix = match[1].removeprefix(_DECLARES)
        declares = prefix != match[1] and place.declared.get(prefix.decode()) in spaces
        if not declares or re.search(rb"[</\s]" + re.escape(prefix) + rb":", rest):
            return
        yield Edit(*match.span(), b"")


def _namespaces(item: Found) -> Iterator[str]:
    """The namespaces of a property and of all in it, but for RDF's own."""
    yield item.parsed.rpartition(SEPARATOR)[0]
    waiting = [item.node] if item.node is not None else []
    while waiting:
        node = waiting.pop()
        waiting += node.children
        for name in (node.name, *node.attributes):
            uri = name.rpartition(SEPARATOR)[0]
            if uri and uri != RDF_URI:
                yield uri


def _white_space(packet: Packet, size: int, edits: Sequence[Edit], padding: int) -> Edit:
    """The edit of the white space: ours goes; else what becomes free is white space again."""
    start, end = packet.padding
    ours = white_space(padding // packet.unit)
    if packet.data.startswith(ours, start) and end - start >= len(ours):
        return Edit(start, start + len(ours), b"")
    freed = -sum(
        len(packet.encoded(edit.text)) - len(packet.encoded(packet.data[edit.start : edit.end]))
        for edit in edits
    )
    return Edit(start, start, _like(packet.data[start:end], max(0, freed) // packet.unit))


def _like(there: bytes, size: int) -> bytes:
    """``size`` bytes of white space before what is there, in lines as long as those."""
    breaks = list(re.finditer(rb"\r?\n", there))
    if there and not breaks:
        return there[:1] * size
    if len(breaks) < _LINES:
        return white_space(size)
    _, first, second = (match.start() for match in breaks[:_LINES])
    line, end = second - first, breaks[1][0]
    lead = b" " * ((first + size) % line)
    return (lead + (end + b" " * (line - len(end))) * (size // line + 1))[:size]
