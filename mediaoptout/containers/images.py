"""What the picture containers share: reading blocks, and agreeing with what others said."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from mediaoptout.carriers import xmp
from mediaoptout.containers.base import Block
from mediaoptout.errors import DamagedError, ErrorInfo, LimitError, RefusedError
from mediaoptout.splice.patch import Span
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.settle import settle
from mediaoptout.words import Carrier

MAX_INFLATED: Final = 16 << 20
"""How much may come out of a compressed block: 16 MiB."""

_MACHINE: Final = ("plus:DataMining", "tdm:reservation")


def parsed(
    carrier: Carrier,
    location: str,
    span: Span,
    parse: Callable[[bytes, str], tuple[Entry, ...]],
    data: bytes,
) -> Block:
    """The block that ``data`` is, with what it says or why it cannot be parsed.

    Args:
        carrier: its kind.
        location: where it stands, as people name it.
        span: the bytes that hold it.
        parse: the carrier's reader, which raises `DamagedError`.
        data: its content.
    """
    try:
        return Block(carrier, location, span, parse(data, location))
    except (DamagedError, LimitError) as error:
        at = error.at or f"offset {span.start}"
        info = ErrorInfo("damaged-carrier", error.message, at, error.fix)
        return Block(carrier, location, span, error=info)


def refuse_damaged(blocks: Iterable[Block]) -> None:
    """Refuse to replace a block that cannot be parsed.

    Raises:
        RefusedError: one of ``blocks`` has an error.
    """
    for block in blocks:
        if block.error is not None:
            raise RefusedError(
                f"the {block.carrier} block at {block.location} cannot be parsed, and would be"
                f" lost: {block.error.message}",
                at=block.error.at,
                fix=block.error.fix or "repair or remove that block with another program first",
                code="damaged-carrier",
            )


def agreed(
    properties: tuple[Property, ...], others: Iterable[Entry], *, force: bool
) -> tuple[tuple[Property, ...], tuple[str, ...]]:
    """The properties as strict as what stands in blocks that are only read; and warnings.

    A second XMP packet, for one, is left as it is; a stricter value in it must not be weakened by
    the one that we write beside it.

    Args:
        properties: what shall be said.
        others: what the blocks say that are only read.
        force: overrule contrary values instead of refusing.

    Raises:
        RefusedError: one of them allows what would be reserved.
    """
    wanted = {item.name: item for item in properties}
    warnings: list[str] = []
    for entry in others:
        item = wanted.get(entry.name)
        if item is None or entry.name not in _MACHINE:
            continue
        settled = settle(item, entry.value, force=force)
        if settled.warning:
            warnings.append(f"{settled.warning} ({entry.location} was left as it is)")
        if as_text(settled.value) != as_text(item.value):
            wanted[entry.name] = replace(item, value=settled.value)
    return tuple(wanted[item.name] for item in properties), tuple(warnings)


def inflate(data: bytes, at: int, limit: int = MAX_INFLATED) -> bytes:
    """What zlib data holds.

    Args:
        data: the compressed bytes.
        at: where they stand, for messages.
        limit: how many bytes may come out.

    Raises:
        DamagedError: it is no zlib stream, or ends too early.
        LimitError: more would come out.
    """
    inflater = zlib.decompressobj()
    try:
        result = inflater.decompress(data, limit)
    except zlib.error as error:
        raise DamagedError(f"a compressed text cannot be read: {error}", at=at) from error
    if inflater.unconsumed_tail:
        raise LimitError(f"a compressed text holds more than {limit} bytes", at=at)
    if not inflater.eof:
        raise DamagedError("a compressed text ends too early", at=at)
    return result


def xmp_block(data: bytes, location: str, span: Span) -> Block:
    """The block of an XMP packet."""
    return parsed(Carrier.XMP, location, span, xmp.parse, data)
