"""``LIST``/``INFO``, the text chunks of RIFF files (Multimedia Programming Interface 1.0, 1991).

``ICOP`` holds the copyright notice, ``ICMT`` the usage terms unless somebody else's comment stands
there. The standard's encoding is ISO 8859-1 where no ``CSET`` chunk names another; ExifTool,
MediaInfo and Windows read the code page 1252, ffmpeg and TagLib UTF-8. We write what the list's
other texts are in, else 1252, and UTF-8 for what that cannot say; and read whichever it is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.patch import Copy, Insert, Piece
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.prose import is_ours
from mediaoptout.vocabularies.settle import leaves, settle
from mediaoptout.words import Carrier

FORM: Final = b"INFO"
"""The first four bytes of the list's payload."""

COPYRIGHT: Final = b"ICOP"
COMMENT: Final = b"ICMT"

KEYS: Final = {"dc:rights": COPYRIGHT, "xmpRights:UsageTerms": COMMENT}
"""The chunk for each property that INFO can hold."""

MAX_ITEMS: Final = 1 << 16
"""How many chunks a list may have."""

_NAMES: Final = {COPYRIGHT: "dc:rights", COMMENT: "xmpDM:logComment"}
_HEADER: Final = 8


@dataclass(frozen=True, slots=True)
class _Item:
    """A chunk of the list; ``stop`` is behind its padding."""

    name: bytes
    start: int
    end: int
    stop: int

    @property
    def unpadded(self) -> bool:
        """Whether the byte of padding is missing."""
        return self.stop == self.end and (self.end - self.start) % 2 == 1


def parse(data: bytes, location: str, encoding: str | None = None) -> tuple[Entry, ...]:
    """What the list says about rights.

    Args:
        data: the payload of the ``LIST`` chunk, from ``INFO`` on.
        location: where it stands, as people name it.
        encoding: the codec of its texts, if the file names one.

    Raises:
        DamagedError: it is not made of whole chunks.
    """
    items = _items(data)
    entries: list[Entry] = []
    for item in items:
        text = _text(data, item, encoding) if item.name in _NAMES else ""
        if text:
            name = _NAMES[item.name]
            if name == "xmpDM:logComment" and is_ours(text):
                name = "xmpRights:UsageTerms"
            entries.append(Entry(Carrier.RIFF_INFO, location, name, item.name.decode(), text))
    return tuple(entries)


def merge(
    data: bytes | None,
    properties: Iterable[Property],
    *,
    force: bool = False,
    encoding: str | None = None,
) -> Merged:
    """The list with the notice and the terms in it; all other chunks are copies.

    Args:
        data: the payload of the ``LIST`` chunk, from ``INFO`` on; None if there is none.
        properties: what shall be said.
        force: replace contrary statements of others (INFO holds none that could be contrary).
        encoding: the codec of its texts, if the file names one.

    Raises:
        DamagedError: ``data`` is not made of whole chunks.
    """
    old = data or b""
    items = _items(old) if old else ()
    codec = encoding or _codec(old, items)
    changes: dict[_Item, bytes] = {}
    added: list[bytes] = []
    said: set[str] = set()
    warnings: list[str] = []
    for wanted in properties:
        key = KEYS.get(wanted.name)
        if key is None:
            continue
        present = [item for item in items if item.name == key]
        if wanted.goes:
            texts = ((item, _text(old, item, encoding)) for item in present)
            changes.update((item, b"") for item, text in texts if leaves(wanted, text))
            continue
        text = as_text(wanted.value)
        chunk = _chunk(key, text, codec)
        if not present:
            added.append(chunk)
            said.add(wanted.name)
        for item in present:
            there = _text(old, item, encoding)
            settled = settle(wanted.says(text), there or None, force=force)
            if settled.warning is None:
                said.add(wanted.name)
            else:
                warnings.append(f"{settled.warning} ({key.decode()})")
            if settled.value != there:
                changes[item] = chunk
    if items and not added and all(changes.get(item) == b"" for item in items):
        return Merged((), frozenset())
    return Merged(_pieces(old, items, changes, added), frozenset(said), tuple(warnings))


def _pieces(
    old: bytes, items: Sequence[_Item], changes: dict[_Item, bytes], added: Sequence[bytes]
) -> tuple[Piece, ...]:
    """The new payload; changed chunks stand where they stood, new ones at the end."""
    if not old and not added:
        return ()
    pieces: list[Piece] = [] if old else [Insert(FORM)]
    at = 0
    for item in items:
        if item in changes:
            pieces += [Copy(at, item.start), Insert(changes[item])]
            at = item.stop
    last = items[-1] if items else None
    end = last.stop if last else min(len(old), len(FORM))
    pieces.append(Copy(at, max(at, end)))
    if added:
        if last and last.unpadded and last not in changes:
            pieces.append(Insert(b"\0"))
        pieces += [Insert(chunk) for chunk in added]
    pieces.append(Copy(max(at, end), len(old)))
    return tuple(pieces)


def _items(data: bytes) -> tuple[_Item, ...]:
    """The chunks of the list; a rest that is zeros, or too short for a header, is no chunk."""
    if data[: len(FORM)] != FORM:
        raise DamagedError("this list is no INFO list")
    items: list[_Item] = []
    at = len(FORM)
    while len(data) - at >= _HEADER:
        name, size = struct.unpack_from("<4sI", data, at)
        end = at + _HEADER + size
        if name == bytes(4) and not data[at:].strip(b"\0"):
            break
        if end > len(data) or name == bytes(4):
            raise DamagedError(f"there is no whole INFO chunk at {name!r}", at=f"INFO+{at}")
        if len(items) == MAX_ITEMS:
            raise LimitError(f"the list has more than {MAX_ITEMS} chunks", at=f"INFO+{at}")
        stop = min(end + size % 2, len(data))
        if stop > end and _begins(data, end) and not _begins(data, stop):
            stop = end  # the writer left out the byte of padding
        items.append(_Item(name, at, end, stop))
        at = stop
    return tuple(items)


def _begins(data: bytes, at: int) -> bool:
    """Whether a chunk that fits begins there, or nothing is left."""
    if at == len(data):
        return True
    if len(data) - at < _HEADER:
        return False
    size = int.from_bytes(data[at + 4 : at + _HEADER], "little")
    return data[at : at + 4].isalnum() and at + _HEADER + size <= len(data)


def _codec(data: bytes, items: Sequence[_Item]) -> str:
    """UTF-8 where a text is beyond ASCII and all are UTF-8; else the usual code page."""
    texts = [data[item.start + _HEADER : item.end] for item in items]
    foreign = [text for text in texts if not text.isascii()]
    return "utf-8" if foreign and all(_decodes(text, "utf-8") for text in foreign) else "cp1252"


def _decodes(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _text(data: bytes, item: _Item, encoding: str | None) -> str:
    raw = data[item.start + _HEADER : item.end].split(b"\0", 1)[0]
    codecs = (encoding or "utf-8", "utf-8", "cp1252")
    return raw.decode(next((codec for codec in codecs if _decodes(raw, codec)), "latin-1"))


def _chunk(name: bytes, text: str, codec: str) -> bytes:
    """The chunk with its terminating zero and its padding."""
    try:
        payload = text.encode(codec) + b"\0"
    except UnicodeEncodeError:
        payload = text.encode() + b"\0"
    return struct.pack("<4sI", name, len(payload)) + payload + bytes(len(payload) % 2)
