"""Carriers' blocks in any container: read, refused where damaged, agreed with where only read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from mediaoptout.containers.base import Block
from mediaoptout.errors import DamagedError, ErrorInfo, LimitError, RefusedError
from mediaoptout.splice.patch import Copy, Insert, Patch, Piece, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.settle import settle
from mediaoptout.words import Carrier

DAMAGED: Final = "damaged-carrier"
"""The code of a block that is there and cannot be parsed."""

MAX_GROUNDED: Final = 1 << 20
"""How many bytes may be written again so that a file can be changed in place."""

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
        info = ErrorInfo(DAMAGED, error.message, at, error.fix)
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
                code=DAMAGED,
            )


def agreed(
    properties: tuple[Property, ...], others: Iterable[Entry], *, force: bool
) -> tuple[tuple[Property, ...], tuple[str, ...]]:
    """The properties as strict as what stands in blocks that are only read; and warnings.

    A stricter value in a block that is left as it is must not be weakened by the one that we write
    beside it.

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
        if item is None or item.goes or entry.name not in _MACHINE:
            continue
        settled = settle(item, entry.value, force=force)
        if settled.warning:
            warnings.append(f"{settled.warning} ({entry.location} was left as it is)")
        if as_text(settled.value) != as_text(item.value):
            wanted[entry.name] = replace(item, value=settled.value)
    if all(wanted[item.name] is item for item in properties):
        return properties, tuple(warnings)
    return tuple(wanted[item.name] for item in properties), tuple(warnings)


def grounded(patch: Patch, source: Source, essence: Iterable[Span]) -> Patch:
    """The same new file; if the essence keeps its place, what few bytes would move are literal.

    The file can then be changed in place. Nothing of the essence becomes literal.

    Args:
        patch: the change.
        source: the file that it is for.
        essence: the spans that are the work itself.
    """
    stays = all(patch.locate(span.start) == span.start for span in essence if span.size)
    if patch.moves_nothing or not stays:
        return patch
    pieces: list[Piece] = []
    at = moved = 0
    for piece in patch.pieces:
        if isinstance(piece, Copy) and piece.start != at:
            moved += piece.size
            if moved > MAX_GROUNDED:
                return patch
            pieces.append(Insert(source.read(piece.start, piece.end)))
        else:
            pieces.append(piece)
        at += piece.size
    return Patch(tuple(pieces))
