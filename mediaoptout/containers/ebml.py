"""EBML (RFC 8794) in a file: headers alone are read, and whole elements are fitted into room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from mediaoptout.carriers import ebml
from mediaoptout.errors import LimitError
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.patch import Insert
from mediaoptout.splice.source import Source

EBML: Final = 0x1A45DFA3
MAX_ID_LENGTH: Final = 0x42F2
MAX_SIZE_LENGTH: Final = 0x42F3
DOC_TYPE: Final = 0x4282

MAX_HEADER: Final = 4 << 10
"""How large an EBML header may be."""

_BLOCK: Final = 64


class Element(NamedTuple):
    """An element of a file.

    Args:
        id: the identifier, its marker bit included.
        start: where its header begins.
        payload: where its content begins.
        end: where its content ends; the end of its parent if that is not known.
        size_at: where its size stands.
        known: whether its size is known.
        whole: whether it ends inside its parent.
    """

    id: int
    start: int
    payload: int
    end: int
    size_at: int
    known: bool
    whole: bool

    @property
    def size_width(self) -> int:
        """How many bytes its size has."""
        return self.payload - self.size_at


@dataclass(frozen=True, slots=True)
class Document:
    """What an EBML header says of the document behind it.

    Args:
        header: the header's element.
        doc_type: the kind of document.
        max_id: how many bytes an identifier may have.
        max_size: how many bytes a size may have.
    """

    header: Element
    doc_type: str
    max_id: int
    max_size: int


def element(source: Source, at: int, end: int, max_id: int = ebml.MAX_ID) -> Element | None:
    """The element at ``at``; None if there is no valid header.

    Args:
        source: the file.
        at: where it begins.
        end: where its parent ends.
        max_id: how many bytes an identifier may have.
    """
    head = ebml.header(source.read(at, min(at + ebml.MAX_HEADER, end)), 0, max_id)
    if head is None:
        return None
    payload = at + head.length
    stop = end if head.size is None else payload + head.size
    known, size_at = head.size is not None, at + head.size_at
    return Element(head.id, at, payload, min(stop, end), size_at, known, stop <= end)


def document(source: Source, at: int = 0) -> Document | None:
    """The EBML header at ``at``; None if there is none.

    Args:
        source: the file.
        at: where it begins.

    Raises:
        DamagedError: its content is not made of whole elements.
    """
    head = element(source, at, source.size)
    if head is None or head.id != EBML or not head.known or not head.whole:
        return None
    if head.end - head.payload > MAX_HEADER:
        return None
    data = source.read(head.payload, head.end)
    values = {item.id: data[item.payload : item.end] for item in ebml.children(data)}
    doc_type = values.get(DOC_TYPE, b"matroska").rstrip(b"\0").decode("latin-1")
    max_id = ebml.unsigned(values.get(MAX_ID_LENGTH, b"")) or ebml.MAX_ID
    max_size = ebml.unsigned(values.get(MAX_SIZE_LENGTH, b"")) or ebml.MAX_SIZE
    return Document(head, doc_type, min(max_id, 8), min(max_size, 8))


class Budget:
    """How many elements may still be walked over in one file.

    Args:
        left: the number at the beginning.
    """

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, at: int) -> None:
        """Count one element.

        Raises:
            LimitError: there are too many.
        """
        self.left -= 1
        if self.left < 0:
            raise LimitError(
                "the file has too many elements that no index leads to",
                at=at,
                fix="remultiplex it with mkvmerge, which writes an index",
            )


def fitted(identifier: int, content: bytes, room: int, width: int = 0) -> bytes | None:
    """An element and a Void that together fill ``room`` bytes; None if they cannot.

    A single byte that would be left goes into a wider size.

    Args:
        identifier: of the element.
        content: of the element.
        room: how many bytes there are.
        width: how many bytes its size shall have at least.
    """
    least = max(width, ebml.size_width(len(content)))
    for size_width in range(least, ebml.MAX_SIZE + 1):
        item = ebml.render(identifier, content, size_width)
        left = room - len(item)
        if left == 0 or left > 1:
            return item + ebml.void(left)
    return None


def overwritten(source: Source, at: int, new: bytes, inside: int) -> Iterator[Edit]:
    """The edits that write ``new`` over what stands at ``at``, and only where it differs.

    Args:
        source: the file.
        at: where to begin.
        new: the new bytes, all of which have old ones to stand over.
        inside: the start of the element that they belong to.
    """
    old = source.read(at, at + len(new))
    begin: int | None = None
    for here in range(0, len(new) + _BLOCK, _BLOCK):
        differs = old[here : here + _BLOCK] != new[here : here + _BLOCK]
        if differs and begin is None:
            begin = here
        elif not differs and begin is not None:
            stop = min(here, len(new))
            yield Edit(at + begin, at + stop, (Insert(new[begin:stop]),), inside)
            begin = None
