"""SVG (W3C SVG 1.1 and 2), and SVGZ: the same in gzip (RFC 1952).

XMP and the C2PA manifest stand in the root's ``metadata``. The essence is the document without
them; it is edited by splicing, so that all else stays byte for byte as it was written.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from mediaoptout.carriers.xmp.tree import Node, end_of, is_empty_tag, tag_end
from mediaoptout.containers.base import Block, Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.gzip_member import MAGIC, Member, beginning, read_member
from mediaoptout.containers.images import xmp_block
from mediaoptout.containers.svg_document import Document, has_svg_root, may_be_xml
from mediaoptout.containers.svg_parsing import MANIFEST, MAX_SIZE, parse
from mediaoptout.containers.svg_writing import Planned, plan
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.linker import Edit, Links, relocate
from mediaoptout.splice.patch import Copy, Insert, Patch, PatchedSource, Piece, Span
from mediaoptout.splice.source import BytesSource, Source
from mediaoptout.words import Carrier

_ROOT_WITHIN: Final = 64 << 10
_LOCATION: Final = "svg/metadata"
_WIDE: Final = frozenset({"utf-16-le", "utf-16-be", "utf-16"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SvgLayout(Layout):
    """An SVG as read.

    Args:
        document: its document; None where it must not be written.
        member: for SVGZ, the gzip member that holds it.
    """

    document: Document | None
    member: Member | None = None


class Svg(Container):
    """SVG; see the module."""

    name: ClassVar[str] = "svg"
    title: ClassVar[str] = "SVG (W3C)"
    media_types: ClassVar[tuple[str, ...]] = ("image/svg+xml",)
    extensions: ClassVar[tuple[str, ...]] = (".svg",)
    carries: ClassVar = {
        Carrier.XMP: Capability(write=True, place="x:xmpmeta in the root's metadata"),
        Carrier.C2PA: Capability(
            write=True,
            place="c2pa:manifest in the root's metadata",
            note="not where SVG's elements have a prefix, nor in UTF-16",
        ),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether its root is ``svg``; see `Container.recognises`."""
        within = min(_ROOT_WITHIN, source.size)
        return may_be_xml(head) and has_svg_root(source.read(0, within))

    def read(self, source: Source) -> SvgLayout:
        """See `Container.read`."""
        document = _document(source)
        if isinstance(document, RefusedError):
            return _closed(source.size, document)
        places = _Places(document)
        return SvgLayout(
            size=source.size,
            essence=tuple(places.span(span) for span in document.essence() if span.size),
            framing=(document.encoding, document.root.name),
            blocks=tuple(
                replace(block, span=places.span(block.span)) for block in _blocks(document)
            ),
            placeless=frozenset() if _signable(document) else frozenset({Carrier.C2PA}),
            document=document,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        document = _editable(layout)
        hole = None
        warnings: tuple[str, ...] = ()
        if wanted.manifest is not None and _signable(document):
            hole = len(self.frame_manifest(bytes(wanted.manifest)))
        elif wanted.manifest is not None:
            warnings = ("readers look for a manifest only in UTF-8, in an svg without a prefix",)
        planned = plan(document, _blocks(document), wanted, hole)
        places = _Places(document)
        edits = [places.edit(edit) for edit in planned.edits]
        return Change(
            patch=relocate(source.size, Links(), edits),
            carriers=planned.carriers,
            warnings=(*planned.warnings, *warnings),
        )

    def frame_manifest(self, store: bytes) -> bytes:
        """The store in Base64, which alone the hard binding excludes."""
        return base64.b64encode(store)

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """See `Container.manifest_store`.

        Raises:
            DamagedError: the manifest's text is no Base64.
        """
        document = layout.document if isinstance(layout, SvgLayout) else None
        node = _manifest(document) if document is not None else None
        if document is None or node is None:
            return None
        inner = document.text[tag_end(document.text, node) : node.close]
        if is_empty_tag(document.text, node):
            inner = b""
        try:
            return base64.b64decode(b"".join(inner.split()), validate=True)
        except binascii.Error as error:
            raise DamagedError(f"the manifest is no Base64: {error}", at=node.start) from error


class Svgz(Container):
    """SVGZ: the document is unpacked and packed again, with its gzip header kept."""

    name: ClassVar[str] = "svgz"
    title: ClassVar[str] = "SVGZ (SVG in gzip, RFC 1952)"
    media_types: ClassVar[tuple[str, ...]] = ("image/svg+xml",)
    extensions: ClassVar[tuple[str, ...]] = (".svgz",)
    carries: ClassVar = {
        Carrier.XMP: Capability(write=True, place="x:xmpmeta in the root's metadata"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it is gzip with an SVG in it; see `Container.recognises`."""
        return head.startswith(MAGIC) and has_svg_root(beginning(source, _ROOT_WITHIN))

    def read(self, source: Source) -> SvgLayout:
        """See `Container.read`.

        The essence lies in packed bytes, which are all new after a change: what is compared is
        the digest of the document without what is ours, unpacked from either file.
        """
        member = read_member(source, MAX_SIZE)
        document = _document(BytesSource(member.data))
        if isinstance(document, RefusedError):
            return _closed(source.size, document)
        whole = Span(member.start, member.end)
        digest = hashlib.sha256()
        for start, end in document.essence():
            digest.update(document.text[start:end])
        rest = Span(member.end, source.size)
        return SvgLayout(
            size=source.size,
            essence=(Span(0, member.start),),
            framing=(document.encoding, document.root.name, digest.hexdigest()),
            blocks=tuple(replace(block, span=whole) for block in _blocks(document)),
            foreign=(rest,) if rest.size else (),
            document=document,
            member=member,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        document = _editable(layout)
        member = layout.member if isinstance(layout, SvgLayout) else None
        if member is None:
            raise TypeError("this is no layout of an SVGZ")
        planned = plan(document, _blocks(document), wanted, None)
        patch = Patch.identity(source.size)
        if planned.edits:
            data = _applied(document, planned, member)
            copies = Copy(0, member.start), Copy(member.end, source.size)
            patch = Patch((copies[0], Insert(member.packed(data)), copies[1]))
        return Change(patch=patch, carriers=planned.carriers, warnings=planned.warnings)

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """None: nobody reads manifests in packed documents."""
        return None


def _applied(document: Document, planned: Planned, member: Member) -> bytes:
    """The document after the edits, in its own encoding."""
    places = _Places(document)
    edits = [places.edit(edit) for edit in planned.edits]
    patch = relocate(len(member.data), Links(), edits)
    return PatchedSource(BytesSource(member.data), patch).read(0, patch.size)


def _document(source: Source) -> Document | RefusedError:
    """The document, or why it must not be written."""
    if source.size > MAX_SIZE:
        return RefusedError(
            f"the document has {source.size} bytes (limit {MAX_SIZE})",
            fix="keep large pictures in files of their own, and let the document refer to them",
            code="too-large",
        )
    try:
        return parse(source.read(0, source.size))
    except RefusedError as error:
        return error


def _closed(size: int, obstacle: RefusedError) -> SvgLayout:
    return SvgLayout(size=size, essence=(Span(0, size),), obstacle=obstacle, document=None)


def _editable(layout: Layout) -> Document:
    if not isinstance(layout, SvgLayout):
        raise TypeError(f"a {type(layout).__name__} is no layout of an SVG")
    if layout.document is None:
        raise layout.obstacle or TypeError("a layout without a document needs an obstacle")
    return layout.document


def _signable(document: Document) -> bool:
    """Whether readers of manifests would find one: they know no prefixes and no UTF-16."""
    return document.root.name == "svg" and document.encoding not in _WIDE


def _manifest(document: Document) -> Node | None:
    """The manifest that readers find: the last one by its proper name, else the first."""
    nodes = [node for item in document.metadata for node in item.manifests]
    proper = [node for node in nodes if node.name == MANIFEST] or nodes[:1]
    return proper[-1] if proper else None


def _blocks(document: Document) -> tuple[Block, ...]:
    """The packets and manifests, in the order of the document; spans are places in its text."""
    found: list[Block] = []
    for item in document.metadata:
        for node in item.packets:
            data, _ = document.standalone(node)
            span = Span(node.start, end_of(document.text, node))
            found.append(xmp_block(data, _LOCATION, span))
        for node in item.manifests:
            span = Span(node.start, end_of(document.text, node))
            found.append(Block(Carrier.C2PA, _LOCATION, span))
    return tuple(sorted(found, key=lambda block: block.span.start))


class _Places:
    """Where places of a document's text stand in the file itself."""

    def __init__(self, document: Document) -> None:
        self._text = document.text
        self._encoding = document.encoding
        self._known = 0, 0

    def at(self, offset: int) -> int:
        """The file's offset for one of the text; asking in order takes linear time."""
        if self._encoding == "utf-8":
            return offset
        before, place = self._known if offset >= self._known[0] else (0, 0)
        place += len(self._text[before:offset].decode("utf-8").encode(self._encoding))
        self._known = offset, place
        return place

    def span(self, span: Span) -> Span:
        """The file's span for one of the text."""
        return Span(self.at(span.start), self.at(span.end))

    def edit(self, edit: Edit) -> Edit:
        """An edit of the text as one of the file; what it cannot spell becomes references."""
        content = tuple(self._piece(piece) for piece in edit.content)
        return Edit(self.at(edit.start), self.at(edit.end), content)

    def _piece(self, piece: Piece) -> Piece:
        if self._encoding == "utf-8" or not isinstance(piece, Insert):
            return piece
        text = piece.data.decode("utf-8")
        return Insert(text.encode(self._encoding, "xmlcharrefreplace"))


FAMILIES: Final[tuple[Container, ...]] = (Svg(), Svgz())
