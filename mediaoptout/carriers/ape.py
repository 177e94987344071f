"""APEv2 tags (and APEv1, read): the items of Monkey's Audio, WavPack, Musepack and some MP3s.

A tag is items with a footer of 32 bytes, in v2 mostly with a header like it. Items of others are
copied; ours follow them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import Copy, Insert, Piece, Span
from mediaoptout.splice.source import BytesSource, Part, Source
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.settle import settle
from mediaoptout.words import Carrier

MAGIC: Final = b"APETAGEX"
FOOTER: Final = 32
"""The size of the footer, and of the header."""

MAX_ITEMS: Final = 1 << 12
MAX_KEY: Final = 255
MAX_TEXT: Final = 1 << 20
"""The largest text that is read."""

KEYS: Final = {
    "dc:rights": "Copyright",
    "xmpRights:UsageTerms": "USAGE TERMS",
    "xmpRights:WebStatement": "LICENSE",
    "tdm:reservation": "TDM-RESERVATION",
    "tdm:policy": "TDM-POLICY",
}
"""The item for each property that we write; keys are compared without regard to case."""

_NAMES: Final = {key.upper(): name for name, key in KEYS.items()} | {
    "COPYRIGHT URL": "xmpRights:WebStatement",
    "USAGE_TERMS": "xmpRights:UsageTerms",
    "TDM_RESERVATION": "tdm:reservation",
    "TDM_POLICY": "tdm:policy",
    "COMMENT": "xmpDM:logComment",
}
_HAS_HEADER: Final = 1 << 31
_IS_HEADER: Final = 1 << 29
_KIND: Final = 6
"""The bits of an item's flags that say text (0), binary (2) or link (4)."""

_COMPARED: Final = frozenset({"tdm:reservation"})


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it stands: its key and where its value is.

    Args:
        key: as spelled.
        start: where its header begins, from the tag's start.
        value: where its value is.
        flags: as they stand.
    """

    key: str
    start: int
    value: Span
    flags: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, walked; values are not read.

    Args:
        source: its bytes.
        version: 1000 or 2000.
        flags: of the footer.
        items: in their order.
        start: where the items begin.
        end: where they end.
    """

    source: Source
    version: int
    flags: int
    items: tuple[Item, ...]
    start: int
    end: int

    def text(self, item: Item) -> str | None:
        """The item's text, several values joined; None if it is binary or very long."""
        if item.flags & _KIND == 2 or item.value.size > MAX_TEXT:
            return None
        codec = "utf-8" if self.version >= 2000 else "latin-1"
        text = self.source.read(*item.value).decode(codec, "replace")
        return "; ".join(part for part in text.split("\0") if part)


def tag_span(source: Source, end: int) -> Span | None:
    """Where the tag stands that ends at ``end``; None if none does.

    Args:
        source: the file.
        end: the offset behind the tag's footer.
    """
    if end < FOOTER:
        return None
    footer = source.read(end - FOOTER, end)
    size = int.from_bytes(footer[12:16], "little")
    flags = int.from_bytes(footer[20:24], "little")
    if not footer.startswith(MAGIC) or flags & _IS_HEADER or size < FOOTER:
        return None
    start = end - size - (FOOTER if flags & _HAS_HEADER else 0)
    return Span(start, end) if start >= 0 else None


def leading_span(source: Source, start: int) -> Span | None:
    """Where the tag stands whose header is at ``start``; None if there is none."""
    if start + 2 * FOOTER > source.size:
        return None
    header = source.read(start, start + FOOTER)
    flags = int.from_bytes(header[20:24], "little")
    end = start + FOOTER + int.from_bytes(header[12:16], "little")
    if not header.startswith(MAGIC) or not flags & _IS_HEADER or end > source.size:
        return None
    return Span(start, end)


def read_tag(source: Source, span: Span) -> Tag:
    """The tag at ``span``.

    Raises:
        DamagedError: its items do not fill it.
        LimitError: it has too many items.
    """
    part = Part(source, *span)
    footer = part.read(part.size - FOOTER, part.size)
    if not footer.startswith(MAGIC):
        raise DamagedError("the APE tag has no footer", at=span.end - FOOTER)
    version, _, count, flags = (
        int.from_bytes(footer[at : at + 4], "little") for at in (8, 12, 16, 20)
    )
    at = FOOTER if part.read(0, 8) == MAGIC and part.size >= 2 * FOOTER else 0
    start, end = at, part.size - FOOTER
    if count > MAX_ITEMS:
        raise LimitError(f"the APE tag has more than {MAX_ITEMS} items", at=span.start)
    items: list[Item] = []
    for _ in range(count):
        head = part.read(at, min(at + 8 + MAX_KEY + 1, end))
        key, found, _ = head[8:].partition(b"\0")
        size = int.from_bytes(head[:4], "little")
        first = at + 8 + len(key) + 1
        if not found or size > end - first:
            raise DamagedError(
                "an item of the APE tag reaches beyond the tag's end",
                at=span.start + at,
                fix="have the tag written anew by a tag editor",
            )
        item_flags = int.from_bytes(head[4:8], "little") if version >= 2000 else 0
        value = Span(first, first + size)
        items.append(Item(key.decode("latin-1"), at, value, item_flags))
        at = value.end
    return Tag(part, version, flags, tuple(items), start, end)


def entries(tag: Tag, location: str) -> tuple[Entry, ...]:
    """What the tag says about rights."""
    found: list[Entry] = []
    for item in tag.items:
        name = _NAMES.get(item.key.upper())
        text = tag.text(item) if name else None
        if name and text:
            found.append(Entry(Carrier.APE, location, name, item.key, text))
    return tuple(found)


def parse(data: bytes, location: str) -> tuple[Entry, ...]:
    """What a tag says about rights.

    Args:
        data: exactly one whole tag, header (if it has one) and footer included.
        location: where it stands, as people name it.

    Raises:
        DamagedError: its items do not fill it.
    """
    return entries(read_tag(BytesSource(data), Span(0, len(data))), location)


def merge(data: bytes | None, properties: Sequence[Property], *, force: bool = False) -> Merged:
    """A tag that says ``properties`` too; the identity where it says them already.

    Args:
        data: exactly one whole tag, or None for a new one.
        properties: what shall be said; what `KEYS` lacks is passed over.
        force: replace contrary statements of others.

    Raises:
        RefusedError: somebody's contrary statement, or the tag cannot be read (code
            ``damaged-carrier``).
    """
    span = Span(0, len(data or b""))
    nothing = BytesSource(data or b"")
    try:
        old = read_tag(nothing, span) if data is not None else None
    except DamagedError as error:
        raise RefusedError(
            error.message, at=error.at, fix=error.fix, code="damaged-carrier"
        ) from error
    if old is not None and old.version < 2000:
        raise RefusedError(
            "an APEv1 tag cannot hold UTF-8",
            fix="convert it to APEv2 with a tag editor",
            code="old-tag",
        )
    tag = old or Tag(nothing, 2000, _HAS_HEADER, (), 0, 0)
    kept: list[Piece | None] = [Copy(item.start, item.value.end) for item in tag.items]
    added: list[Piece] = []
    said: set[str] = set()
    warnings: list[str] = []
    for wanted in properties:
        key = KEYS.get(wanted.name)
        if key is None:
            continue
        ours = Property(wanted.name, as_text(wanted.value))
        same = [i for i, item in enumerate(tag.items) if item.key.upper() == key.upper()]
        present = tag.text(tag.items[same[0]]) if same else None
        if same and present is None:
            warnings.append(f"{wanted.name} of somebody else, which is no text, was kept")
            continue
        settled = settle(ours, present, force=force)
        if settled.warning:
            warnings.append(settled.warning)
        if settled.warning is None or settled.value == ours.value or wanted.name in _COMPARED:
            said.add(wanted.name)
        if not same:
            added.append(Insert(_item(key, as_text(settled.value))))
        elif settled.value != present:
            for index in same:
                kept[index] = None
            kept[same[0]] = Insert(_item(tag.items[same[0]].key, as_text(settled.value)))
    items = [piece for piece in (*kept, *added) if piece is not None]
    return Merged(_assembled(tag, items, span), frozenset(said), tuple(warnings))


def _assembled(tag: Tag, items: list[Piece], span: Span) -> tuple[Piece, ...]:
    if span.size and items == [Copy(item.start, item.value.end) for item in tag.items]:
        return (Copy(*span),)
    if not items:
        return ()
    end = tag.items[-1].value.end if tag.items else tag.start
    body = (*items, Copy(end, tag.end))
    size = sum(piece.size for piece in body) + FOOTER
    footer = _bound(size, len(items), tag.flags)
    if not tag.start and span.size:
        return *body, Insert(footer)
    header = _bound(size, len(items), tag.flags | _IS_HEADER | _HAS_HEADER)
    return Insert(header), *body, Insert(footer)


def _bound(size: int, count: int, flags: int) -> bytes:
    numbers = (2000, size, count, flags)
    return MAGIC + b"".join(number.to_bytes(4, "little") for number in numbers) + bytes(8)


def _item(key: str, text: str) -> bytes:
    value = text.encode("utf-8")
    return len(value).to_bytes(4, "little") + bytes(4) + key.encode("ascii") + b"\0" + value
