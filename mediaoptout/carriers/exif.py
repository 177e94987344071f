"""Exif (CIPA DC-008, TIFF 6.0): the copyright notice in IFD0, tag 33432.

Read from any block; written only by appending, so that maker notes and thumbnails, whose offsets
count from the block's beginning, stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import DamagedError
from mediaoptout.splice.linker import Endian
from mediaoptout.splice.patch import Copy, Insert, Piece
from mediaoptout.vocabularies.properties import Entry, Property, as_text, before
from mediaoptout.vocabularies.settle import leaves, settle
from mediaoptout.words import Carrier

COPYRIGHT: Final = 33432
LABEL: Final = "IFD0:Copyright"
MAX_ENTRIES: Final = 1000
NOTE: Final = "exif"
"""The word under which `note` notes."""
_ASCII: Final = 2
_ENTRY: Final = 12
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_BELOW: Final = frozenset({0x8769, 0x8825, 0xA005})
"""The tags that point to a directory below: Exif, GPS, Interoperability."""
_MAKER_NOTE: Final = 0x927C
_THUMBNAIL: Final = (0x0201, 0x0202)


@dataclass(frozen=True, slots=True)
class Ifd0:
    """The first directory of a TIFF structure.

    Args:
        endian: the structure's byte order.
        at: where the directory begins.
        tags: the tags of its entries, in the order of the file.
        copyright_entry: the offset of the entry of tag 33432, or None.
        copyright: the notice's bytes; empty without one.
    """

    endian: Endian
    at: int
    tags: tuple[int, ...]
    copyright_entry: int | None
    copyright: bytes

    @property
    def end(self) -> int:
        """The offset behind the directory and its link to the next."""
        return self.at + 2 + _ENTRY * len(self.tags) + 4

    @property
    def notice(self) -> str:
        """The notice: see `notice`."""
        return notice(self.copyright)


def notice(value: bytes) -> str:
    """What tag 33432 says: the photographer's notice, then the editor's; empty if both are blank.

    Args:
        value: its value, with the zeros that end its parts.
    """
    parts = [_text(part).strip() for part in value.split(b"\0")]
    return "; ".join(part for part in parts if part)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def ifd0(tiff: bytes) -> Ifd0:
    """The first directory.

    Raises:
        DamagedError: it is no TIFF structure, or its first directory lies outside.
    """
    orders: dict[bytes, Endian] = {b"II*\0": "little", b"MM\0*": "big"}
    endian = orders.get(tiff[:4])
    if endian is None:
        raise DamagedError("the Exif block does not begin with a TIFF header")
    at = int.from_bytes(tiff[4:8], endian)
    count = int.from_bytes(tiff[at : at + 2], endian)
    first = at + 2
    if at < 8 or count > MAX_ENTRIES or first + _ENTRY * count + 4 > len(tiff):
        raise DamagedError("the first directory of the Exif block lies outside of it")
    tags = tuple(
        int.from_bytes(tiff[entry : entry + 2], endian)
        for entry in range(first, first + _ENTRY * count, _ENTRY)
    )
    entry = first + _ENTRY * tags.index(COPYRIGHT) if COPYRIGHT in tags else None
    value = b"" if entry is None else _value(tiff, entry, endian)
    return Ifd0(endian, at, tags, entry, value)


def _value(tiff: bytes, entry: int, endian: Endian) -> bytes:
    size = int.from_bytes(tiff[entry + 4 : entry + 8], endian)
    if size <= 4:
        return tiff[entry + 8 : entry + 8 + size]
    at = int.from_bytes(tiff[entry + 8 : entry + 12], endian)
    if at + size > len(tiff):
        raise DamagedError("the copyright notice of the Exif block lies outside of it")
    return tiff[at : at + size]


@dataclass(frozen=True, slots=True)
class Survey:
    """What is to be known before a byte is put into or behind a block.

    Args:
        contained: every standard directory, value and thumbnail lies inside the block, and every
            directory is pointed to once.
        maker_note: there is a maker note, whose own offsets nobody but the maker knows.
    """

    contained: bool
    maker_note: bool


def survey(tiff: bytes) -> Survey:
    """Look through the standard directories.

    Raises:
        DamagedError: the first directory cannot be read.
    """
    first = ifd0(tiff)
    endian = first.endian

    def number(at: int, width: int) -> int:
        return int.from_bytes(tiff[at : at + width], endian)

    waiting, seen = [first.at], set[int]()
    maker_note = False
    while waiting:
        at = waiting.pop()
        end = at + 2 + _ENTRY * number(at, 2)
        if at in seen or at < 8 or end + 4 > len(tiff):
            return Survey(contained=False, maker_note=maker_note)
        seen.add(at)
        thumbnail = dict.fromkeys(_THUMBNAIL, 0)
        for entry in range(at + 2, end, _ENTRY):
            tag, value = number(entry, 2), number(entry + 8, 4)
            size = _SIZES.get(number(entry + 2, 2), len(tiff)) * number(entry + 4, 4)
            if size > 4 and value + size > len(tiff):
                return Survey(contained=False, maker_note=maker_note)
            maker_note |= tag == _MAKER_NOTE
            if tag in _BELOW:
                waiting.append(value)
            elif tag in _THUMBNAIL:
                thumbnail[tag] = value
        if sum(thumbnail.values()) > len(tiff):
            return Survey(contained=False, maker_note=maker_note)
        if following := number(end, 4):
            waiting.append(following)
    return Survey(contained=True, maker_note=maker_note)


def parse(tiff: bytes, location: str) -> tuple[Entry, ...]:
    """What the block says: the copyright notice as ``dc:rights``, if it is not blank.

    Raises:
        DamagedError: the structure cannot be read.
    """
    return entries(ifd0(tiff).copyright, location)


def entries(value: bytes, location: str) -> tuple[Entry, ...]:
    """What tag 33432 says, as ``dc:rights``; nothing if it is blank.

    Args:
        value: its value.
        location: where it stands, for the entries.
    """
    text = notice(value)
    return (Entry(Carrier.EXIF, location, "dc:rights", LABEL, text),) if text else ()


def merge(
    tiff: bytes,
    properties: tuple[Property, ...],
    *,
    limit: int,
    force: bool = False,
    noted: tuple[int, ...] | None = None,
) -> Merged:
    """The block with the copyright notice in it, appended; nothing that is there moves.

    Args:
        tiff: the old block.
        properties: what shall be said; only ``dc:rights`` has a place here.
        limit: how long the block may become, in bytes; if it does not fit, it stays as it is.
        force: see `settle`.
        noted: what `note` noted of the block before ours was appended, where that shall go.

    Raises:
        DamagedError: the structure cannot be read.
    """
    same = Copy(0, len(tiff))
    rights = next((item for item in properties if item.name == "dc:rights"), None)
    if rights is None:
        return Merged((same,), frozenset())
    directory = ifd0(tiff)
    if rights.goes:
        ours = leaves(rights, directory.notice)
        pieces = _without(tiff, directory, noted) if ours else None
        return Merged(pieces or (same,), frozenset())
    wanted = rights.flat
    settled = settle(wanted, directory.notice or None, force=force)
    text = as_text(settled.value)
    warnings = () if settled.warning is None else (f"{settled.warning} (Exif)",)
    if text == directory.notice:
        said = frozenset({"dc:rights"}) if text == wanted.value else frozenset()
        return Merged((same,), said, warnings)
    pieces = _appended(tiff, directory, text.encode() + b"\0")
    result = Merged(pieces, frozenset({"dc:rights"}), warnings)
    if result.size > limit or not survey(tiff).contained:
        return Merged((same,), frozenset(), ("the notice cannot be put into Exif safely",))
    return result


def note(tiff: bytes) -> tuple[Property, ...]:
    """What is to be noted of a block before `merge` appends to it; nothing if it is damaged."""
    try:
        first = ifd0(tiff)
    except DamagedError:
        return ()
    entry = first.copyright_entry
    kind, count, value = (0, 0, 0) if entry is None else _fields(tiff, entry, first.endian)
    return (before(NOTE, len(tiff), first.at, kind, count, value),)


def _fields(tiff: bytes, entry: int, endian: Endian) -> tuple[int, int, int]:
    """The type, the count and the value of an entry, as numbers."""
    places = ((2, 4), (4, 8), (8, 12))
    kind, count, value = (int.from_bytes(tiff[entry + a : entry + b], endian) for a, b in places)
    return kind, count, value


def _without(
    tiff: bytes, directory: Ifd0, noted: tuple[int, ...] | None
) -> tuple[Piece, ...] | None:
    """The block as it was before `_appended`; None if it has been changed since.

    Args:
        tiff: the block.
        directory: its first directory.
        noted: what `note` noted.
    """
    if noted is None or len(noted) != 5:
        return None
    end, at, kind, count, value = noted
    endian, entry = directory.endian, directory.copyright_entry
    if entry is None or not 8 <= at <= directory.at or end > len(tiff) or kind > 0xFFFF:
        return None
    if max(count, value) >> 32:
        return None
    if at != directory.at:
        pieces: tuple[Piece, ...] = (Copy(0, 4), Insert(at.to_bytes(4, endian)), Copy(8, end))
    elif entry + _ENTRY <= end:
        numbers = kind.to_bytes(2, endian) + count.to_bytes(4, endian) + value.to_bytes(4, endian)
        pieces = (Copy(0, entry + 2), Insert(numbers), Copy(entry + _ENTRY, end))
    else:
        return None
    return pieces if _same_but_notice(Merged(pieces, frozenset()).rendered(tiff), tiff) else None


def _same_but_notice(old: bytes, new: bytes) -> bool:
    """Whether the first directories of two blocks say the same, their notices aside."""
    try:
        return survey(old).contained and _others(old) == _others(new)
    except DamagedError:
        return False


def _others(tiff: bytes) -> list[bytes]:
    first = ifd0(tiff)
    starts = range(first.at + 2, first.end - 4, _ENTRY)
    entries = (tiff[start : start + _ENTRY] for start in starts)
    number = COPYRIGHT.to_bytes(2, first.endian)
    return [entry for entry in entries if not entry.startswith(number)]


def _appended(tiff: bytes, directory: Ifd0, value: bytes) -> tuple[Piece, ...]:
    endian = directory.endian
    gap = bytes(len(tiff) % 2)
    at = len(tiff) + len(gap)

    def entry(offset: int) -> bytes:
        head = COPYRIGHT.to_bytes(2, endian) + _ASCII.to_bytes(2, endian)
        inline = value.ljust(4, b"\0") if len(value) <= 4 else offset.to_bytes(4, endian)
        return head + len(value).to_bytes(4, endian) + inline

    if directory.copyright_entry is not None:
        old = directory.copyright_entry
        return (
            Copy(0, old),
            Insert(entry(at)),
            Copy(old + _ENTRY, len(tiff)),
            Insert(gap + value),
        )
    count = len(directory.tags)
    behind = (index for index, tag in enumerate(directory.tags) if tag > COPYRIGHT)
    before = next(behind, count)
    first = directory.at + 2
    split = first + _ENTRY * before
    size = 2 + _ENTRY * (count + 1) + 4
    body = (count + 1).to_bytes(2, endian) + tiff[first:split] + entry(at + size)
    body += tiff[split : directory.end]
    return (
        Copy(0, 4),
        Insert(at.to_bytes(4, endian)),
        Copy(8, len(tiff)),
        Insert(gap + body + value),
    )
