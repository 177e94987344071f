"""The XMP packet (XMP Specification Part 1, ISO 16684-1): any real one is read and added to.

A packet is never rendered again: the parser tells where each element stands, and a change is a
splice of the bytes, so that everything of others stays as it was written, with its order,
prefixes, qualifiers, comments and character references.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from mediaoptout.carriers.xmp.merging import merge
from mediaoptout.carriers.xmp.packet import is_blank, read
from mediaoptout.carriers.xmp.values import find
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.words import Carrier

__all__ = ["merge", "parse"]

_REMEMBERED: Final = 16
_SHORT: Final = 64 << 10
"""Up to this size, 64 KiB, packets are remembered."""


def parse(data: bytes, location: str, carrier: Carrier = Carrier.XMP) -> tuple[Entry, ...]:
    """Every property of a packet, in its order.

    Args:
        data: the packet, with or without its wrapper, in any encoding of XMP; white space and
            zeros around it are no matter.
        location: where it stands in the file, for the entries.
        carrier: `Carrier.XMP` or `Carrier.SIDECAR_XMP`.

    Returns:
        Entries whose names have the prefixes of `names.PREFIXES` (``{uri}name`` for others).
        Ordered and unordered arrays are a `Bag`, structures are `Structs`, and what is no RDF
        (an ``rsl:rsl``) is its XML as text.

    Raises:
        DamagedError: it is no well-formed XMP (code ``damaged-carrier``).
    """
    return (_remembered if len(data) <= _SHORT else _parsed)(data, location, carrier)


def _parsed(data: bytes, location: str, carrier: Carrier) -> tuple[Entry, ...]:
    if is_blank(data):
        return ()
    return tuple(
        Entry(carrier, location, found.name, found.name, found.value) for found in find(read(data))
    )


_remembered = lru_cache(maxsize=_REMEMBERED)(_parsed)
"""The files of a run mostly say the same."""
