"""RDF as XMP uses it (XMP Part 1, 7.4 to 7.9): elements and attributes in, properties out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers.xmp.names import (
    ABOUT,
    ALT,
    ARRAYS,
    DESCRIPTION,
    NODE_ID,
    PARSE_TYPE,
    RDF,
    RDF_ELEMENT,
    RESOURCE,
    SEPARATOR,
    VALUE,
    XML_LANG,
    qualified,
)
from mediaoptout.carriers.xmp.packet import Packet
from mediaoptout.carriers.xmp.tree import Node, end_of, escape, written_name
from mediaoptout.vocabularies.properties import Bag, LangAlt, Structs, Value, as_text

MAX_DECLARATIONS: Final = 1024
"""How many characters of declarations are added to a piece of XML."""

_PREFIX = re.compile(rb"(?<![\w.-])[\w.-]++(?=:)")

Path = tuple[Node, ...]
"""An element, with those around it before it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A property of a packet.

    Args:
        name: its qualified name, with our prefix.
        value: what it says.
        parsed: its name as the parser gives it.
        path: the ``rdf:Description`` that holds it (the ``rdf:RDF``, for what stands beside
            descriptions), with what is around that.
        node: its element, or None where it is an attribute of the description.
    """

    name: str
    value: Value
    parsed: str
    path: Path
    node: Node | None

    @property
    def stated(self) -> bool:
        """Whether a description says it, as RDF wants it."""
        return self.path[-1].name != RDF_ELEMENT


def scope(path: Path) -> dict[str, str]:
    """The namespaces in force in the last element of ``path``, by prefix."""
    return {prefix: uri for node in path for prefix, uri in node.declared.items()}


def prefixes(root: Node) -> dict[str, str]:
    """The first prefix that is declared for each namespace, by namespace."""
    found: dict[str, str] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting.extend(reversed(node.children))
        for prefix, uri in node.declared.items():
            if prefix:
                found.setdefault(uri, prefix)
    return found


def bound(path: Path, prefix: str) -> str | None:
    """The namespace that ``prefix`` stands for in the last element of ``path``."""
    return next((node.declared[prefix] for node in reversed(path) if prefix in node.declared), None)


def find(packet: Packet) -> Iterator[Found]:
    """Every property at the top level of the packet, in its order."""
    for around in packet.rdf():
        for node in around[-1].children:
            path = (*around, node)
            if node.name != DESCRIPTION and ABOUT not in node.attributes:
                # No description: RSL is sometimes put here.
                text = xml(packet, around, node)
                yield Found(qualified(node.name), text, node.name, around, node)
                continue
            for name, text in _fields_in_attributes(node):
                yield Found(qualified(name), text, name, path, None)
            for child in node.children:
                value = _value(packet, path, child)
                yield Found(qualified(child.name), value, child.name, path, child)


def descriptions(packet: Packet) -> Iterator[Path]:
    """Every ``rdf:Description`` of the work itself; a ``rdf:nodeID`` is about something else."""
    for around in packet.rdf():
        for node in around[-1].children:
            if node.name == DESCRIPTION and NODE_ID not in node.attributes:
                yield (*around, node)


def _fields_in_attributes(node: Node) -> Iterator[tuple[str, str]]:
    for name, text in node.attributes.items():
        if SEPARATOR in name and name != XML_LANG and not name.startswith(RDF):
            yield name, text


def _value(packet: Packet, around: Path, node: Node) -> Value:
    attributes, children = node.attributes, node.children
    if not attributes and not children:
        return node.text
    if RESOURCE in attributes:
        return attributes[RESOURCE]
    parse_type = attributes.get(PARSE_TYPE, "Resource")
    if parse_type != "Resource":
        return xml(packet, around, node)
    if len(children) == 1 and PARSE_TYPE not in attributes:
        if children[0].name in ARRAYS:
            return _array(packet, (*around, node), children[0])
        if children[0].name == DESCRIPTION:
            return _struct(packet, (*around, node), children[0])
    if children and PARSE_TYPE not in attributes:
        return xml(packet, around, node)
    if not children and node.text.strip():
        return node.text
    if PARSE_TYPE in attributes or VALUE in attributes or any(_fields_in_attributes(node)):
        return _struct(packet, around, node)
    return node.text


def _struct(packet: Packet, around: Path, node: Node) -> Value:
    """A structure; where it only carries qualifiers, the value that they qualify."""
    if VALUE in node.attributes:
        return node.attributes[VALUE]
    path = (*around, node)
    fields = [(qualified(name), text) for name, text in _fields_in_attributes(node)]
    for child in node.children:
        value = _value(packet, path, child)
        if child.name == VALUE:
            return value
        fields.append((qualified(child.name), as_text(value)))
    return Structs((tuple(fields),))


def _array(packet: Packet, around: Path, node: Node) -> Value:
    path = (*around, node)
    values = [_value(packet, path, item) for item in node.children]
    if any(isinstance(value, Structs) for value in values):
        return Structs(tuple(item for value in values for item in _items(value)))
    texts = [as_text(value) for value in values]
    if node.name == ALT and texts:
        return LangAlt(
            tuple((_language(item), text) for item, text in zip(node.children, texts, strict=True))
        )
    return Bag(tuple(texts))


def _items(value: Value) -> tuple[tuple[tuple[str, str], ...], ...]:
    return value.items if isinstance(value, Structs) else ((("rdf:value", as_text(value)),),)


def _language(item: Node) -> str:
    """The language of an item: its own, or that of the value that qualifiers are put on."""
    inner = (child.attributes.get(XML_LANG) for child in item.children if child.name == VALUE)
    return item.attributes.get(XML_LANG) or next(inner, None) or "x-default"


def xml(packet: Packet, around: Path, node: Node) -> str:
    """An element as it is written, with the declarations that it needs to stand alone.

    The declarations are left out where they would take more than `MAX_DECLARATIONS`.
    """
    data = packet.data
    name_end = node.start + 1 + len(written_name(data, node))
    end = end_of(data, node)
    used = {b"", *_PREFIX.findall(data, node.start, end)} - {b"xml", b"xmlns"}
    declarations = ""
    for prefix in sorted(used):
        uri = None if prefix.decode() in node.declared else bound(around, prefix.decode())
        if uri:
            name = f"xmlns:{prefix.decode()}" if prefix else "xmlns"
            declarations += f' {name}="{escape(uri)}"'
        if len(declarations) > MAX_DECLARATIONS:
            declarations = ""
            break
    opening = data[node.start : name_end].decode("utf-8")
    return opening + declarations + data[name_end:end].decode("utf-8")
