"""Content Branding (3.13): a banner, and the address of the copyright notice."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from mediaoptout.carriers.asf.values import MAX_TEXT, entry, number, read
from mediaoptout.carriers.merged import Merged
from mediaoptout.splice.patch import Copy, Insert, Span
from mediaoptout.splice.source import BytesSource, Source
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.settle import leaves, settle


def _addresses(source: Source) -> tuple[Span, Span]:
    """Where the banner's and the copyright's address stand."""
    at = 8 + number(source, 4, 4)
    banner = Span(at + 4, at + 4 + number(source, at, 4))
    at = banner.end
    rights = Span(at + 4, at + 4 + number(source, at, 4))
    read(source, rights.end, rights.end)
    return banner, rights


def _address(source: Source) -> str:
    _, place = _addresses(source)
    data = source.read(place.start, min(place.end, place.start + MAX_TEXT))
    return data.decode("latin-1").rstrip("\0").strip()


def parse_branding(source: Source, location: str) -> tuple[Entry, ...]:
    """The address of the notice that a Content Branding object gives.

    Raises:
        DamagedError: it reaches beyond the object.
    """
    text = _address(source)
    return (entry(location, "xmpRights:WebStatement", "Copyright URL", text),) if text else ()


def merge_branding(
    source: Source | None, properties: Iterable[Property], *, force: bool = False
) -> Merged:
    """The content of a Content Branding object with the address in it; the banner is a copy.

    Args:
        source: the object's content; None if there is no object.
        properties: what shall be said.
        force: replace contrary statements of others (an address is none that could be contrary).

    Raises:
        DamagedError: it reaches beyond the object.
    """
    statement = next((p for p in properties if p.name == "xmpRights:WebStatement"), None)
    unchanged = (Copy(0, source.size),) if source is not None else ()
    if source is not None and statement is not None and leaves(statement, _address(source)):
        banner, place = _addresses(source)
        if not banner.size:
            return Merged((), frozenset())
        rest = Copy(place.end, source.size)
        return Merged((Copy(0, place.start - 4), Insert(bytes(4)), rest), frozenset())
    if statement is None or statement.goes or not as_text(statement.value).isascii():
        return Merged(unchanged, frozenset())
    old = source if source is not None else BytesSource(bytes(16))
    present = _address(old)
    ours = statement.flat
    settled = settle(ours, present or None, force=force)
    if settled.warning:
        return Merged(unchanged, frozenset(), (settled.warning,))
    said = frozenset({statement.name})
    if present == settled.value:
        return Merged(unchanged, said)
    _, place = _addresses(old)
    value = as_text(settled.value).encode("ascii") + b"\0"
    address = Insert(struct.pack("<I", len(value)) + value)
    if source is None:
        return Merged((Insert(bytes(place.start - 4)), address), said)
    return Merged((Copy(0, place.start - 4), address, Copy(place.end, old.size)), said)
