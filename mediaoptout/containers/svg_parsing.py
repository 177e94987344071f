"""An SVG document parsed: the places of its root and its metadata, and nothing else of it."""

from __future__ import annotations

from typing import Final
from xml.parsers import expat

from mediaoptout.carriers.xmp.names import META_URI, RDF_URI
from mediaoptout.carriers.xmp.tree import Node, end_of, tag_end
from mediaoptout.containers.svg_document import Document, Metadata, encoding_of
from mediaoptout.errors import DamagedError, LimitError, RefusedError

C2PA_URI: Final = "http://c2pa.org/manifest"
MANIFEST: Final = "c2pa:manifest"
"""The manifest's element, by the one name that readers look for."""
MAX_SIZE: Final = 16 << 20
"""The largest document, in bytes."""
MAX_ELEMENTS: Final = 256
"""How many ``metadata`` elements there may be, those in them included."""
MAX_DEPTH: Final = 1 << 12
"""How deep elements may be nested."""
MAX_ATTRIBUTES: Final = 1 << 20
"""How many attributes there may be."""

_PACKETS: Final = ((META_URI, "xmpmeta"), (META_URI, "xapmeta"), (RDF_URI, "RDF"))


class _Entities(Exception):
    """The document declares entities."""


def parse(data: bytes) -> Document:
    """The document in ``data``.

    Raises:
        DamagedError: it is no well-formed XML, or not in the encoding that it states.
        LimitError: it is too large, too deep, or has too many elements of metadata.
        RefusedError: it can be read, but not safely be written.
    """
    if len(data) > MAX_SIZE:
        raise LimitError(f"the document has {len(data)} bytes (limit {MAX_SIZE})")
    encoding = encoding_of(data)
    if encoding is None:
        raise _refusal("its encoding is not known", "save it in UTF-8", "encoding")
    try:
        text = data if encoding == "utf-8" else data.decode(encoding).encode("utf-8")
        same = encoding == "utf-8" or text.decode("utf-8").encode(encoding) == data
    except (UnicodeError, LookupError) as error:
        raise DamagedError(f"the document is not {encoding}: {error}", at=0) from error
    if not same:
        raise _refusal(f"its {encoding} is not uniform", "save it in UTF-8", "encoding")
    if text.count(b"=") > MAX_ATTRIBUTES:
        raise LimitError(f"there are more than {MAX_ATTRIBUTES} attributes")
    builder = _Builder()
    try:
        builder.parser.Parse(text, True)
    except _Entities:
        raise _refusal(
            "it declares entities, of which its parts may be made",
            "let a drawing program write it anew without them",
            "entities",
        ) from None
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        at = builder.parser.ErrorByteIndex
        raise DamagedError(f"the XML is broken: {reason}", at=at) from error
    root = builder.root
    if root is None or root.name.rpartition(":")[2] != "svg":
        raise DamagedError("the root is not that of an SVG", at=0)
    lead = tag_end(text, root) if builder.lead is None else end_of(text, builder.lead)
    return Document(text, encoding, root, tuple(builder.metadata), lead, builder.bare)


def _refusal(reason: str, fix: str, code: str) -> RefusedError:
    return RefusedError(f"the document cannot be edited: {reason}", at=0, fix=fix, code=code)


class _Builder:
    """Notes from the parser's events where root and metadata stand.

    Attributes:
        root: the root.
        metadata: its ``metadata`` elements.
        lead: the last of the titles and descriptions that the root begins with, or None.
        bare: whether the root holds nothing but ``metadata``.
    """

    def __init__(self) -> None:
        self.root: Node | None = None
        self.metadata: list[Metadata] = []
        self.lead: Node | None = None
        self.bare = True
        self._leading = True
        self._path: list[Node | None] = []
        self._count = 0
        self.parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._other
        parser.ProcessingInstructionHandler = self._other
        parser.EntityDeclHandler = self._entity

    def _entity(self, *_: object) -> None:
        raise _Entities

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        depth = len(self._path)
        if depth > MAX_DEPTH:
            raise LimitError(f"elements are nested more than {MAX_DEPTH} deep")
        node = None
        if depth < 3:
            node = Node(name, attributes, self.parser.CurrentByteIndex, _declared(attributes))
        if node is not None and depth == 0:
            self.root = node
        elif node is not None and depth == 1:
            node = self._child(node)
        elif node is not None:
            node = self._grandchild(node)
        self._path.append(node)

    def _child(self, node: Node) -> Node | None:
        """A child of the root, if it is to be noted."""
        prefix, _, local = node.name.rpartition(":")
        own = self.root is not None and prefix == self.root.name.rpartition(":")[0]
        if own and local == "metadata":
            self._leading = False
            self.metadata.append(Metadata(node))
            self._counted()
            return node
        self.bare = False
        self._leading = self._leading and own and local in ("title", "desc")
        if not self._leading:
            return None
        self.lead = node
        return node

    def _grandchild(self, node: Node) -> Node | None:
        """A child of a child of the root, if it is one of ``metadata``."""
        item = self._metadata()
        if item is None:
            return None
        prefix, _, local = node.name.rpartition(":")
        name = self._resolved(node, prefix), local
        if name in _PACKETS:
            item.packets.append(node)
        elif node.name == MANIFEST or name == (C2PA_URI, "manifest"):
            item.manifests.append(node)
        else:
            item.alone = False
        self._counted()
        return node

    def _metadata(self) -> Metadata | None:
        """The ``metadata`` element that the parser is in."""
        item = self.metadata[-1] if self.metadata else None
        return item if item is not None and self._path[1] is item.node else None

    def _counted(self) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise LimitError(f"there are more than {MAX_ELEMENTS} elements of metadata")

    def _resolved(self, node: Node, prefix: str) -> str | None:
        around = (item.declared for item in (node, *reversed(self._path)) if item is not None)
        return next((declared[prefix] for declared in around if prefix in declared), None)

    def _end(self, _name: str) -> None:
        node = self._path.pop()
        if node is not None:
            node.close = self.parser.CurrentByteIndex

    def _text(self, text: str) -> None:
        if text.strip():
            self._other()

    def _other(self, *_: object) -> None:
        """Something else than an element, and more than white space."""
        if len(self._path) == 1:
            self.bare = False
        elif len(self._path) == 2 and (item := self._metadata()) is not None:
            item.alone = False


def _declared(attributes: dict[str, str]) -> dict[str, str]:
    """The prefixes that an element declares."""
    return {
        name.partition(":")[2]: uri
        for name, uri in attributes.items()
        if name == "xmlns" or name.startswith("xmlns:")
    }
