"""The information chunk of CAF (Apple, *Core Audio Format Specification* 1.0): keys and texts.

A count, and as many pairs of strings in UTF-8, each ended by a zero. Keys that are all lower case
are Apple's (``copyright``, ``comments``); those of applications have a capital letter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import Copy, Insert, Piece
from mediaoptout.vocabularies import identifying
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.prose import is_ours
from mediaoptout.vocabularies.settle import leaves, settle
from mediaoptout.words import Carrier

KEYS: Final = {
    "dc:rights": "copyright",
    "tdm:reservation": "TDM-RESERVATION",
    "tdm:policy": "TDM-POLICY",
    "xmpRights:UsageTerms": "USAGE_TERMS",
    "xmpRights:WebStatement": "LICENSE",
    **identifying.TAGS,
}
"""The key for each property that we write."""

MAX_ITEMS: Final = 1 << 12
"""How many pairs a chunk may have."""

_NAMES: Final = {key.upper(): name for name, key in KEYS.items()} | {
    **identifying.READ,
    "COMMENTS": "xmpDM:logComment",
}
_COUNT: Final = 4
_COMPARED: Final = "tdm:reservation"


@dataclass(frozen=True, slots=True)
class _Item:
    """A pair, and where it stands in the chunk."""

    key: str
    text: str
    start: int
    end: int


def parse(data: bytes, location: str) -> tuple[Entry, ...]:
    """What the chunk says about rights.

    Args:
        data: its payload.
        location: where it stands, as people name it.

    Raises:
        DamagedError: it does not hold as many pairs as it says.
    """
    entries: list[Entry] = []
    for item in _items(data):
        name = _NAMES.get(item.key.upper())
        if name == "xmpDM:logComment" and is_ours(item.text):
            name = "xmpRights:UsageTerms"
        if name and item.text:
            entries.append(Entry(Carrier.CAF_INFO, location, name, item.key, item.text))
    return tuple(entries)


def merge(data: bytes | None, properties: Iterable[Property], *, force: bool = False) -> Merged:
    """A chunk that says ``properties`` too; the pairs of others are copies.

    Args:
        data: the payload that is there, or None.
        properties: what shall be said; what `KEYS` lacks is passed over.
        force: replace contrary statements of others.

    Raises:
        RefusedError: somebody's contrary statement, or the chunk cannot be read (code
            ``damaged-carrier``).
    """
    old = data or b""
    try:
        items = _items(old) if old else ()
    except DamagedError as error:
        raise RefusedError(
            error.message, at=error.at, fix=error.fix, code="damaged-carrier"
        ) from error
    changed: dict[_Item, bytes] = {}
    added: list[bytes] = []
    said: set[str] = set()
    warnings: list[str] = []
    for wanted in properties:
        key = KEYS.get(wanted.name)
        if key is None:
            continue
        present = [item for item in items if item.key.upper() == key.upper()]
        if wanted.goes:
            changed.update((item, b"") for item in present if leaves(wanted, item.text))
            continue
        ours = wanted.flat
        if not present:
            added.append(_pair(key, as_text(wanted.value)))
            said.add(wanted.name)
        for item in present:
            settled = settle(ours, item.text or None, force=force)
            if settled.warning:
                warnings.append(settled.warning)
            if settled.warning is None or wanted.name == _COMPARED:
                said.add(wanted.name)
            if settled.value != item.text:
                changed[item] = _pair(item.key, as_text(settled.value))
    if items and not added and all(changed.get(item) == b"" for item in items):
        return Merged((), frozenset())
    return Merged(
        _pieces(old, items, changed, added), frozenset(said), tuple(dict.fromkeys(warnings))
    )


def _pieces(
    old: bytes, items: tuple[_Item, ...], changed: dict[_Item, bytes], added: list[bytes]
) -> tuple[Piece, ...]:
    """The new payload; changed pairs stand where they stood, new ones behind the last."""
    if not old and not added:
        return ()
    pieces: list[Piece] = []
    at = 0
    count = len(items) + len(added) - sum(not pair for pair in changed.values())
    if count != len(items):
        pieces.append(Insert(count.to_bytes(_COUNT, "big")))
        at = min(_COUNT, len(old))
    for item in items:
        if item in changed:
            pieces += [Copy(at, item.start), Insert(changed[item])]
            at = item.end
    end = max(at, items[-1].end if items else min(_COUNT, len(old)))
    return (*pieces, Copy(at, end), *map(Insert, added), Copy(end, len(old)))


def _items(data: bytes) -> tuple[_Item, ...]:
    count = int.from_bytes(data[:_COUNT], "big")
    if len(data) < _COUNT or count > len(data):
        raise DamagedError("the information chunk does not hold as many pairs as it says")
    if count > MAX_ITEMS:
        raise LimitError(f"the information chunk has more than {MAX_ITEMS} pairs")
    items: list[_Item] = []
    at = _COUNT
    for _ in range(count):
        middle = data.find(b"\0", at)
        end = data.find(b"\0", middle + 1) if middle >= 0 else -1
        if end < 0:
            raise DamagedError("the information chunk does not hold as many pairs as it says")
        key = data[at:middle].decode("utf-8", "replace")
        text = data[middle + 1 : end].decode("utf-8", "replace")
        items.append(_Item(key, text, at, end + 1))
        at = end + 1
    return tuple(items)


def _pair(key: str, text: str) -> bytes:
    """The pair's bytes; a text cannot hold a zero."""
    return key.encode() + b"\0" + text.replace("\0", " ").encode() + b"\0"
