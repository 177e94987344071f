"""XML as a tree that knows where each element stands, so that the rest can be copied as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from mediaoptout.carriers.xmp.names import SEPARATOR
from mediaoptout.errors import DamagedError

MAX_DEPTH: Final = 128
"""How deep elements may be nested."""

MAX_ITEMS: Final = 200_000
"""How many elements, attributes and namespaces there may be."""

MAX_NAMESPACE: Final = 256
"""How long the name of a namespace may be; every element's name repeats it."""

_ROOT: Final = b"<r>"
_TAG = re.compile(rb"""<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""")
_NAME = re.compile(rb"[^\s/>]+")
_ATTRIBUTE = re.compile(rb"""(?<!\s)\s++([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""")


class Node:
    """An element.

    Attributes:
        name: namespace and local name, joined by `SEPARATOR`.
        attributes: its attributes by the same kind of name; namespace declarations are not there.
        children: the elements in it.
        text: its text if it has no children, else empty.
        start: where its start tag begins, in bytes.
        close: where its end tag begins; the end of the tag where it has none (``<a/>``).
        declared: the prefixes that it declares.
    """

    __slots__ = ("attributes", "children", "close", "declared", "name", "start", "text")

    def __init__(
        self, name: str, attributes: dict[str, str], start: int, declared: dict[str, str]
    ) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Node] = []
        self.text = ""
        self.start = start
        self.close = start
        self.declared = declared


_NOTHING: Final[dict[str, str]] = {}


class _Builder:
    """Builds nodes from the parser's events."""

    def __init__(self, start: int) -> None:
        self.root = Node("", {}, start, _NOTHING)
        self._shift = start - len(_ROOT)
        self._stack: list[tuple[Node, list[str]]] = []
        self._declared: dict[str, str] = _NOTHING
        self._items = 0
        self.parser = parser = expat.ParserCreate("utf-8", SEPARATOR)
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartNamespaceDeclHandler = self._declare
        parser.StartDoctypeDeclHandler = self._doctype

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        if uri and len(uri) > MAX_NAMESPACE:
            raise damaged(f"a namespace has more than {MAX_NAMESPACE} characters")
        if self._declared is _NOTHING:
            self._declared = {}
        self._declared[prefix or ""] = uri or ""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._stack:
            self._stack.append((self.root, []))
            return
        self._items += 1 + len(attributes) + len(self._declared)
        if self._items > MAX_ITEMS:
            raise damaged(f"there are more than {MAX_ITEMS} elements and attributes")
        if len(self._stack) > MAX_DEPTH:
            raise damaged(f"elements are nested more than {MAX_DEPTH} deep")
        at = self.parser.CurrentByteIndex + self._shift
        node = Node(name, attributes or _NOTHING, at, self._declared)
        self._declared = _NOTHING
        self._stack[-1][0].children.append(node)
        self._stack.append((node, []))

    def _end(self, _name: str) -> None:
        node, parts = self._stack.pop()
        node.close = self.parser.CurrentByteIndex + self._shift
        if not node.children:
            node.text = "".join(parts)
        elif node is self.root and "".join(parts).strip():
            raise damaged("there is text outside of the elements")

    def _text(self, data: str) -> None:
        self._stack[-1][1].append(data)

    def _doctype(self, *_: object) -> None:
        raise damaged("a document type is declared, which XMP does not have")


def build(data: bytes, start: int, end: int) -> Node:
    """The elements in ``data`` from ``start`` to ``end``, under one node without a name.

    Several elements may stand side by side, as they do where packets were joined.

    Args:
        data: UTF-8.
        start: where the first element, comment or white space begins.
        end: where the last one ends.

    Raises:
        DamagedError: this is no well-formed XML, declares a document type, or asks for too much.
    """
    if data.count(b"=", start, end) > 2 * MAX_ITEMS:
        # The parser hands over all attributes of an element at once: too late to count them.
        raise damaged(f"there are more than {MAX_ITEMS} attributes")
    builder = _Builder(start)
    try:
        builder.parser.Parse(_ROOT, False)
        builder.parser.Parse(memoryview(data)[start:end], False)
        builder.parser.Parse(b"</r>", True)
    except expat.ExpatError as error:
        at = builder.parser.ErrorByteIndex + builder._shift
        reason = expat.ErrorString(error.code)
        raise damaged(f"the XML is broken: {reason}", max(start, min(at, end))) from error
    root = builder.root
    if not root.children and root.text.strip():
        raise damaged("this is text, not XML")
    return root


def damaged(message: str, at: int | None = None) -> DamagedError:
    """The error for a packet that cannot be parsed; ``at`` is a byte of it."""
    return DamagedError(
        f"XMP: {message}",
        at=None if at is None else f"byte {at} of the packet",
        fix="repair or remove the XMP packet with the program that wrote it",
        code="damaged-carrier",
    )


def tag_end(data: bytes, node: Node) -> int:
    """Where the start tag of ``node`` ends."""
    match = _TAG.match(data, node.start)
    if match is None:
        raise damaged("a tag does not end", node.start)
    return match.end()


def is_empty_tag(data: bytes, node: Node) -> bool:
    """Whether ``node`` is written as one tag, ``<a/>``."""
    return data.startswith(b"/>", tag_end(data, node) - 2)


def end_of(data: bytes, node: Node) -> int:
    """Where ``node`` ends, its end tag included."""
    return node.close if is_empty_tag(data, node) else data.index(b">", node.close) + 1


def written_name(data: bytes, node: Node) -> bytes:
    """The name of ``node`` as it is written, with its prefix."""
    match = _NAME.match(data, node.start + 1)
    return match[0] if match else b""


def written_attributes(data: bytes, node: Node) -> Iterator[re.Match[bytes]]:
    """The attributes of ``node`` as they are written.

    Each match spans the white space before it; its groups are the name and the quoted value.
    """
    end = tag_end(data, node)
    return _ATTRIBUTE.finditer(data, node.start + 1 + len(written_name(data, node)), end)


_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;"}
    | {"\r": "&#xD;"}
)
_ILLEGAL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escape(text: str) -> str:
    """``text`` for an attribute in double or single quotes; read back, it is the same."""
    return text.translate(_ESCAPES).replace("'", "&#39;")


def escape_text(text: str) -> str:
    """``text`` for the content of an element; read back, it is the same."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r", "&#xD;")


def legal(text: str) -> str:
    """``text`` without the control characters that XML cannot say."""
    return _ILLEGAL.sub("", text)
