"""What an SVG shall say, as edits of its text: a packet and a manifest in ``metadata``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from mediaoptout.carriers import xmp
from mediaoptout.carriers.merged import Merged
from mediaoptout.carriers.xmp.tree import Node, end_of, is_empty_tag, tag_end
from mediaoptout.containers.base import MANIFEST as HOLE
from mediaoptout.containers.base import Block, Wanted
from mediaoptout.containers.blocks import agreed, refuse_damaged
from mediaoptout.containers.svg_document import Document
from mediaoptout.containers.svg_parsing import C2PA_URI, MANIFEST
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.patch import Hole, Insert, Piece, Span
from mediaoptout.vocabularies.properties import Property
from mediaoptout.words import Carrier

_SNIFFED: Final = 256
_MARK: Final = b"<?xpacket"
_META: Final = b"<x:xmpmeta"


@dataclass(frozen=True, slots=True)
class Planned:
    """The edits of a document's text, and what it says then."""

    edits: tuple[Edit, ...]
    carriers: tuple[Carrier, ...]
    warnings: tuple[str, ...]


def plan(document: Document, blocks: Iterable[Block], wanted: Wanted, hole: int | None) -> Planned:
    """The edits after which the document says what is wanted.

    Args:
        document: the document.
        blocks: its packets and manifests, in its order; spans are places in its text.
        wanted: what it shall say.
        hole: how long the manifest's text will be; None for no new manifest.

    Raises:
        RefusedError: a packet cannot be parsed, or somebody else says the contrary.
    """
    packets = [block for block in blocks if block.carrier is Carrier.XMP]
    node = document.packet
    main = next((block for block in packets if node and block.span.start == node.start), None)
    refuse_damaged([main] if main else [])
    others = (entry for block in packets if block is not main for entry in block.entries)
    properties, warnings = agreed(wanted.properties, others, force=wanted.force)
    edits: list[Edit] = []
    added: list[Piece] = []
    carriers: list[Carrier] = []
    told = replace(wanted, properties=properties).told(Carrier.XMP)
    said, more = _packet(document, told, wanted, edits, added)
    if said:
        carriers.append(Carrier.XMP)
    if _manifest(document, wanted, hole, edits, added):
        carriers.append(Carrier.C2PA)
    if added:
        edits.append(_added(document, tuple(added)))
    return Planned(tuple(edits), tuple(carriers), (*warnings, *more))


def _packet(
    document: Document,
    properties: tuple[Property, ...],
    wanted: Wanted,
    edits: list[Edit],
    added: list[Piece],
) -> tuple[bool, tuple[str, ...]]:
    """Merge the packet; whether it holds our statements, and warnings."""
    node = document.packet
    if node is None and not properties:
        return False, ()
    if node is None:
        merged = _merged(None, properties, wanted)
        if not merged.said:
            return False, merged.warnings
        text = merged.rendered(b"")
        text = text[text.index(_META) : text.rindex(_MARK)]
        added.append(Insert(b" " * _distance(document) + text))
        return bool(merged.said), merged.warnings
    data, declared = document.standalone(node)
    merged = _merged(data, properties, wanted)
    if data and not merged.size:
        edits += _taken_out(document, node, wanted)
    elif not merged.unchanged(len(data)):
        text = merged.rendered(data)
        text = text[: declared.start] + text[declared.end :]
        edits.append(Edit(*document.whole(node), (Insert(text),)))
    return bool(merged.said), merged.warnings


def _taken_out(document: Document, node: Node, wanted: Wanted) -> Iterator[Edit]:
    """The edits that take a packet out, with the ``metadata`` that we made for it."""
    text, main, root = document.text, document.main, document.root
    stays = main is not None and main.manifests and not wanted.drop_manifest
    if main is None or stays or not document.is_ours(main) or main.node.attributes:
        yield Edit(*document.whole(node), ())
        return
    if text.endswith(_ended(root.name), 0, end_of(text, root)) and document.bare:
        yield Edit(document.head_end(root), end_of(text, root), (Insert(b"/>"),))
    elif text.endswith(_ended(main.node.name), 0, end_of(text, main.node)):
        yield Edit(document.head_end(main.node), end_of(text, main.node), (Insert(b"/>"),))
    else:
        yield Edit(main.node.start, end_of(text, main.node), ())


def _ended(name: str) -> bytes:
    """The end tag for an element that had none; its space tells it from those of others."""
    return b"</" + name.encode() + b" >"


def _distance(document: Document) -> int:
    """How much white space to put before a new packet; none beside what others say.

    ExifTool takes a file for a packet, and no SVG, where one begins in its first bytes.
    """
    main = document.main
    ours = main is None or document.is_ours(main)
    return max(0, _SNIFFED - document.place) if ours else 0


def _merged(data: bytes | None, properties: tuple[Property, ...], wanted: Wanted) -> Merged:
    return xmp.merge(data, properties, force=wanted.force, padding=wanted.padding)


def _manifest(
    document: Document, wanted: Wanted, hole: int | None, edits: list[Edit], added: list[Piece]
) -> bool:
    """Place the hole for a manifest; whether the new file has one."""
    text = document.text
    old = [node for item in document.metadata for node in item.manifests]
    if wanted.manifest is None and not wanted.drop_manifest:
        return bool(old)
    keep = next((node for node in old if node.name == MANIFEST), None) if hole else None
    if keep is not None and is_empty_tag(text, keep):
        keep = None
    gone = [Span(edit.start, edit.end) for edit in edits]
    edits += [
        Edit(node.start, end_of(text, node), ())
        for node in old
        if node is not keep and not any(span.start <= node.start < span.end for span in gone)
    ]
    if hole is None:
        return False
    if keep is not None:
        edits.append(Edit(tag_end(text, keep), keep.close, (Hole(hole, HOLE),)))
        return True
    added += [
        Insert(f'<{MANIFEST} xmlns:c2pa="{C2PA_URI}">'.encode()),
        Hole(hole, HOLE),
        Insert(f"</{MANIFEST}>".encode()),
    ]
    return True


def _added(document: Document, content: tuple[Piece, ...]) -> Edit:
    """Put new elements at the end of ``metadata``, which is made where there is none."""
    text, main = document.text, document.main
    name = f"{document.prefix}metadata".encode()
    if main is not None and not is_empty_tag(text, main.node):
        return Edit(document.place, document.place, content)
    if main is not None:
        head, end = document.head_end(main.node), end_of(text, main.node)
        return Edit(head, end, (Insert(b">"), *content, Insert(_ended(main.node.name))))
    whole = (Insert(b"<" + name + b">"), *content, Insert(b"</" + name + b">"))
    root = document.root
    if not is_empty_tag(text, root):
        return Edit(document.place, document.place, whole)
    closing = Insert(_ended(root.name))
    return Edit(document.head_end(root), tag_end(text, root), (Insert(b">"), *whole, closing))
