"""An SVG document (W3C SVG 1.1, 21; SVG 2, 5.10): where its root and its metadata stand.

The document is looked at in UTF-8, whatever it is in itself; namespaces are resolved here, since
manifests of others often stand under a prefix that nobody declared.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from mediaoptout.carriers.xmp.tree import Node, end_of, escape, is_empty_tag, tag_end
from mediaoptout.splice.patch import Span

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_SPACE: Final = b" \t\r\n"
_ROOT_WITHIN: Final = 64 << 10


class _RootFound(Exception):
    """The name of the root is known."""


@dataclass(slots=True)
class Metadata:
    """A ``metadata`` element of the root.

    Args:
        node: the element itself.
        packets: its ``x:xmpmeta`` elements, and its ``rdf:RDF`` that stand in none.
        manifests: its manifests.
        alone: whether it holds nothing else.
    """

    node: Node
    packets: list[Node] = field(default_factory=list)
    manifests: list[Node] = field(default_factory=list)
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was parsed; all places are places in ``text``.

    Args:
        text: the document in UTF-8.
        encoding: how it is encoded itself.
        root: its root.
        metadata: the ``metadata`` elements of the root, in order.
        lead: where the title and description end that the root begins with.
        bare: whether the root holds nothing but ``metadata``.
    """

    text: bytes
    encoding: str
    root: Node
    metadata: tuple[Metadata, ...]
    lead: int
    bare: bool

    @property
    def prefix(self) -> str:
        """The prefix of SVG's own elements, with its colon; mostly empty."""
        before, colon, _ = self.root.name.rpartition(":")
        return before + colon

    @property
    def main(self) -> Metadata | None:
        """The element that our statements go into: the one with a packet, else the first."""
        stating = (item for item in self.metadata if self.packet_of(item) is not None)
        return next(stating, self.metadata[0] if self.metadata else None)

    @property
    def packet(self) -> Node | None:
        """The main packet."""
        return None if self.main is None else self.packet_of(self.main)

    def packet_of(self, item: Metadata) -> Node | None:
        """The first ``x:xmpmeta`` of an element; RDF that stands in none is of others."""
        return next((node for node in item.packets if not node.name.endswith("RDF")), None)

    @property
    def place(self) -> int:
        """Where new elements go: to the end of the metadata, else behind title and description."""
        return self.lead if self.main is None else self.main.node.close

    def whole(self, node: Node) -> Span:
        """An element with the white space behind it, which is its room to grow."""
        end = end_of(self.text, node)
        rest = self.text[end:]
        return Span(node.start, end + len(rest) - len(rest.lstrip(_SPACE)))

    def head_end(self, node: Node) -> int:
        """Where the start tag of an element ends, without ``>`` or ``/>``."""
        return tag_end(self.text, node) - (2 if is_empty_tag(self.text, node) else 1)

    def standalone(self, node: Node) -> tuple[bytes, Span]:
        """An element with all prefixes that it uses declared in it, and where these stand.

        The second value is the place of the declarations that were put in.
        """
        start, end = self.whole(node)
        data = self.text[start:end]
        at = 1 + len(node.name.encode())
        added = "".join(
            f' xmlns{":" + prefix if prefix else ""}="{escape(uri)}"'
            for prefix, uri in {**self.root.declared, **self._around(node)}.items()
            if prefix not in node.declared and (not prefix or f"{prefix}:".encode() in data)
        ).encode()
        return data[:at] + added + data[at:], Span(at, at + len(added))

    def _around(self, node: Node) -> dict[str, str]:
        return next(
            item.node.declared
            for item in self.metadata
            if item.node.start < node.start < end_of(self.text, item.node)
        )

    def is_ours(self, item: Metadata) -> bool:
        """Whether an element holds nothing but the main packet and manifests."""
        return item.alone and all(node is self.packet for node in item.packets)

    def essence(self) -> tuple[Span, ...]:
        """Everything but what is ours to change: the picture, with all that others say of it.

        It is parted where something new would go.
        """
        holes = sorted([*self._ours(), Span(self.place, self.place)])
        spans: list[Span] = []
        at = 0
        for start, end in holes:
            if start >= at:
                spans.append(Span(at, start))
            at = max(at, end)
        return (*spans, Span(at, len(self.text)))

    def _ours(self) -> list[Span]:
        holes: list[Span] = []
        bare = self.bare
        for item in self.metadata:
            nodes = [node for node in item.packets if node is self.packet]
            holes += [self.whole(node) for node in (*nodes, *item.manifests)]
            own = self.is_ours(item)
            named = bool(item.node.attributes)
            if own:
                start = self.head_end(item.node) if named else item.node.start
                holes.append(Span(start, end_of(self.text, item.node)))
            bare = bare and own and not named
        if bare:
            holes.append(Span(self.head_end(self.root), end_of(self.text, self.root)))
        return holes


def encoding_of(data: bytes) -> str | None:
    """The encoding of a document, by its first bytes and its declaration; None if unknown."""
    for bom, name in _BOMS:
        if data.startswith(bom):
            return name
    if data.startswith((b"<\0", b"\0<")):
        return "utf-16-le" if data[0] else "utf-16-be"
    found = _DECLARED.search(data[:1024])
    try:
        return codecs.lookup(found[1].decode()).name if found else "utf-8"
    except LookupError:
        return None


def may_be_xml(head: bytes) -> bool:
    """Whether a file that begins with ``head`` may be XML."""
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<")


def has_svg_root(data: bytes) -> bool:
    """Whether a document, of which ``data`` is the beginning, has the root of an SVG."""
    text = data[:_ROOT_WITHIN].decode(encoding_of(data) or "latin-1", "replace").encode()
    found: list[str] = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        found.append(name)
        raise _RootFound

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    with suppress(_RootFound, expat.ExpatError):
        parser.Parse(text, False)
    return bool(found) and found[0].rpartition(":")[2] == "svg"
