"""EBML (RFC 8794) in memory: variable-size integers, elements, Void and CRC-32.

An element is an identifier, the size of its content, and the content. Both numbers say their own
width by the zeros that they begin with; a size whose bits are all ones is not known.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from mediaoptout.errors import DamagedError, LimitError

VOID: Final = 0xEC
CRC_32: Final = 0xBF

MAX_ID: Final = 4
"""How many bytes an identifier has at most, unless the file's header says otherwise."""

MAX_SIZE: Final = 8
"""How many bytes a size has at most."""

MAX_HEADER: Final = MAX_SIZE + 8
"""How many bytes an element's header may have; longer identifiers are not known."""

MAX_ELEMENTS: Final = 1 << 18
"""How many elements are read inside one element."""

CHECK_SUM: Final = 6
"""The size of a CRC-32 element."""


class Header(NamedTuple):
    """The identifier and the size of an element.

    Args:
        id: the identifier, its marker bit included.
        size: of the content; None if it is not known.
        size_at: where the size stands, from the element's start.
        length: of the whole header.
    """

    id: int
    size: int | None
    size_at: int
    length: int


class Element(NamedTuple):
    """An element as it stands.

    Args:
        id: the identifier, its marker bit included.
        start: where its header begins.
        payload: where its content begins.
        end: where its content ends.
    """

    id: int
    start: int
    payload: int
    end: int


def header(data: bytes, at: int = 0, max_id: int = MAX_ID) -> Header | None:
    """The header at ``at``; None if there is no valid and whole one.

    Args:
        data: bytes of an element.
        at: where it begins.
        max_id: how many bytes an identifier may have.
    """
    if at >= len(data):
        return None
    id_width = 9 - data[at].bit_length()
    size_at = at + id_width
    if id_width > max_id or size_at >= len(data):
        return None
    identifier = int.from_bytes(data[at:size_at], "big")
    size_width = 9 - data[size_at].bit_length()
    end = size_at + size_width
    if size_width > MAX_SIZE or end > len(data) or _reserved(identifier, id_width):
        return None
    unknown = (1 << 7 * size_width) - 1
    size = int.from_bytes(data[size_at:end], "big") & unknown
    return Header(identifier, None if size == unknown else size, id_width, end - at)


def _reserved(identifier: int, width: int) -> bool:
    bits = (1 << 7 * width) - 1
    return identifier & bits in (0, bits)


def children(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Element]:
    """The elements that fill ``start`` to ``end``.

    Raises:
        DamagedError: they do not fill it exactly.
        LimitError: there are more than `MAX_ELEMENTS`.
    """
    end = len(data) if end is None else end
    at = start
    for _ in range(MAX_ELEMENTS):
        if at == end:
            return
        head = header(data, at)
        if head is None or head.size is None or at + head.length + head.size > end:
            raise DamagedError("an element is not whole", at=f"byte {at} of its parent")
        payload = at + head.length
        yield Element(head.id, at, payload, payload + head.size)
        at = payload + head.size
    raise LimitError(f"an element holds more than {MAX_ELEMENTS} elements")


def unsigned(data: bytes) -> int:
    """The number that an unsigned integer element holds."""
    return int.from_bytes(data, "big")


def size_width(size: int) -> int:
    """How many bytes a size needs."""
    return max(1, -(-(size + 1).bit_length() // 7))


def size_field(size: int, width: int | None = None) -> bytes:
    """A size, in ``width`` bytes or in as few as it needs.

    Raises:
        OverflowError: ``width`` does not suffice.
    """
    width = width or size_width(size)
    if width < size_width(size):
        raise OverflowError(f"a size of {size} does not fit into {width} bytes")
    return (size | 1 << 7 * width).to_bytes(width, "big")


def render(identifier: int, content: bytes, width: int | None = None) -> bytes:
    """An element.

    Args:
        identifier: with its marker bit.
        content: its content.
        width: how many bytes its size shall have; None for as few as it needs.
    """
    return encoded_id(identifier) + size_field(len(content), width) + content


def encoded_id(identifier: int) -> bytes:
    """An identifier as bytes."""
    return identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")


def render_unsigned(identifier: int, value: int, width: int = 0) -> bytes:
    """An element that holds a number, in ``width`` bytes or in as many as it needs."""
    needed = max(1, (value.bit_length() + 7) // 8)
    return render(identifier, value.to_bytes(max(width, needed), "big"))


def void(size: int) -> bytes:
    """A Void element of ``size`` bytes in all, its size as wide as most writers have it.

    Nothing for 0.

    Raises:
        ValueError: no element has one byte.
    """
    if not size:
        return b""
    if size == 1:
        raise ValueError("no element has one byte")
    width = 1 if size <= 1 + MAX_SIZE else MAX_SIZE
    return render(VOID, bytes(size - 1 - width), width)


def checked(content: bytes) -> bytes:
    """``content`` behind the CRC-32 element that covers it (RFC 8794, section 11.3.1)."""
    return render(CRC_32, zlib.crc32(content).to_bytes(4, "little")) + content


def check_sum(content: bytes) -> bytes | None:
    """The CRC-32 element with which ``content`` begins, or None."""
    head = header(content)
    if head is None or head.id != CRC_32 or head.length + (head.size or 0) != CHECK_SUM:
        return None
    return content[:CHECK_SUM] if len(content) >= CHECK_SUM else None
