"""APEv2 tags (and APEv1): the items of Monkey's Audio, WavPack, Musepack and some MP3s.

A tag is items with a footer of 32 bytes, in v2 mostly with a header like it. Items of others are
copied; ours follow them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import Copy, Insert, Piece, Span
from mediaoptout.splice.source import BytesSource, Part, Source
from mediaoptout.vocabularies import identifying
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.settle import leaves, settle
from mediaoptout.words import Carrier

MAGIC: Final = b"APETAGEX"
FOOTER: Final = 32
"""The size of the footer, and of the header."""

VERSION: Final = 2000
"""The version of APEv2; that of APEv1 is 1000."""

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
    **identifying.TAGS,
    "id:gtin": "Barcode",
    "id:catalogue-number": "CatalogNumber",
}
"""The item for each property that we write; keys are compared without regard to case."""

_NAMES: Final = {key.upper(): name for name, key in KEYS.items()} | {
    "COPYRIGHT URL": "xmpRights:WebStatement",
    "USAGE_TERMS": "xmpRights:UsageTerms",
    "TDM_RESERVATION": "tdm:reservation",
    "TDM_POLICY": "tdm:policy",
    "COMMENT": "xmpDM:logComment",
    **identifying.READ,
}
_OURS: Final = frozenset(key.upper() for key in KEYS.values())
_HAS_HEADER: Final = 1 << 31
_IS_HEADER: Final = 1 << 29
_KIND: Final = 6
"""The bits of an item's flags that say text (0), binary (2) or link (4)."""
_READ_ONLY: Final = 1
"""The bit of a tag's and of an item's flags that asks not to be changed."""

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
        binary = self.version >= VERSION and item.flags & _KIND == 2
        if binary or item.value.size > MAX_TEXT:
            return None
        codec = "utf-8" if self.version >= VERSION else "latin-1"
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
    start = end - size
    if start < 0:
        return None
    # Whether there is a header is seen, not believed: some footers say so wrongly.
    header = source.read(max(0, start - FOOTER), start)
    return Span(start - FOOTER if _is_header(header, size) else start, end)


def _is_header(data: bytes, size: int) -> bool:
    flags = int.from_bytes(data[20:24], "little")
    stated = int.from_bytes(data[12:16], "little")
    return data.startswith(MAGIC) and bool(flags & _IS_HEADER) and stated == size


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
    at = part.size - int.from_bytes(footer[12:16], "little")
    if at not in (0, FOOTER):
        raise DamagedError("the APE tag's footer states another size", at=span.end - FOOTER)
    start, end = at, part.size - FOOTER
    if count > MAX_ITEMS:
        raise LimitError(f"the APE tag has more than {MAX_ITEMS} items", at=span.start)
    items: list[Item] = []
    for _ in range(count):
        if at == end:  # some programs count more items than they write
            break
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
        value = Span(first, first + size)
        flags_of_item = int.from_bytes(head[4:8], "little")
        items.append(Item(key.decode("latin-1"), at, value, flags_of_item))
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


def foreign(tag: Tag) -> Iterator[Span]:
    """Where the items stand that are not about rights, from the tag's start."""
    for item in tag.items:
        if item.key.upper() not in _OURS:
            yield Span(item.start, item.value.end)


def merge_tag(
    tag: Tag | None,
    properties: Sequence[Property],
    *,
    force: bool = False,
    repeated: Iterable[tuple[str, str]] = (),
) -> Merged:
    """A tag that says ``properties`` too; the identity where it says them already.

    An APEv1 tag becomes APEv2 if it holds nothing but ASCII, which is the same in both.

    Args:
        tag: the tag that is there, or None for a new one.
        properties: what shall be said; what `KEYS` lacks is passed over.
        force: replace contrary statements of others.
        repeated: items (key, text) of an older tag that a new one would hide.

    Raises:
        RefusedError: somebody's contrary statement, a tag that says it is read-only, or APEv1
            text in an unknown encoding (code ``old-tag``).
    """
    draft = _Draft(tag or _EMPTY)
    for wanted in properties:
        if wanted.name in KEYS:
            draft.tell(wanted.flat, force=force)
    said, warnings = frozenset(draft.said), tuple(draft.warnings)
    if tag is not None and not draft.changed:
        return Merged((Copy(0, tag.source.size),), said, warnings)
    if tag is not None:
        _refuse_locked(draft)
        _refuse_encoded(tag)
    items = [piece for piece in (*draft.kept, *draft.added) if piece is not None]
    if tag is None and items:
        items = [*(Insert(_item(key, text)) for key, text in repeated), *items]
    return Merged(_assembled(draft.tag, items), said, warnings)


class _Draft:
    """The new tag in the making: each old item as a piece (None: dropped), and new items."""

    def __init__(self, tag: Tag) -> None:
        self.tag = tag
        self.old = tuple(Copy(item.start, item.value.end) for item in tag.items)
        self.kept: list[Piece | None] = [*self.old]
        self.added: list[Piece] = []
        self.said: set[str] = set()
        self.warnings: list[str] = []

    @property
    def changed(self) -> bool:
        """Whether it differs from the old tag."""
        return bool(self.added) or tuple(self.kept) != self.old

    def tell(self, ours: Property, *, force: bool) -> None:
        """Say one property; where several items of its key disagree, some give way."""
        key = KEYS[ours.name]
        same = [i for i, item in enumerate(self.tag.items) if item.key.upper() == key.upper()]
        if ours.goes:
            for index in same:
                if leaves(ours, self.tag.text(self.tag.items[index])):
                    self.kept[index] = None
            return
        yields: dict[int, str] = {}
        for index in same:
            present = self.tag.text(self.tag.items[index])
            if present is None:
                self.warnings.append(f"{ours.name} of somebody else, which is no text, was kept")
                continue
            settled = settle(ours, present, force=force)
            if settled.warning:
                self.warnings.append(settled.warning)
            if settled.warning is None or settled.value == ours.value or ours.name in _COMPARED:
                self.said.add(ours.name)
            if settled.value != present:
                yields[index] = as_text(settled.value)
        if not same:
            self.said.add(ours.name)
            self.added.append(Insert(_item(key, as_text(ours.value))))
        for index in yields:
            self.kept[index] = None
        if same and len(yields) == len(same):
            self.kept[same[0]] = Insert(_item(self.tag.items[same[0]].key, yields[same[0]]))


def _refuse_locked(draft: _Draft) -> None:
    replaced = (
        item
        for item, old, new in zip(draft.tag.items, draft.old, draft.kept, strict=True)
        if new is not old
    )
    if draft.tag.flags & _READ_ONLY or any(item.flags & _READ_ONLY for item in replaced):
        raise RefusedError(
            "the APE tag is marked read-only",
            fix="clear the mark with a tag editor, if it may be changed",
            code="read-only-tag",
        )


def _refuse_encoded(tag: Tag) -> None:
    if tag.version >= VERSION:
        return
    data = b"".join(
        tag.source.read(*item.value) for item in tag.items if item.value.size <= MAX_TEXT
    )
    large = any(item.value.size > MAX_TEXT or item.flags for item in tag.items)
    if large or not data.isascii() or b"\0" in data:
        raise RefusedError(
            "the texts of the APEv1 tag are in an encoding that it does not state",
            fix="convert it to APEv2 with a tag editor",
            code="old-tag",
        )


def _assembled(tag: Tag, items: list[Piece]) -> tuple[Piece, ...]:
    if not items:
        return ()
    end = tag.items[-1].value.end if tag.items else tag.start
    body = (*items, Copy(end, tag.end))
    size = sum(piece.size for piece in body) + FOOTER
    if not tag.start and tag.source.size:
        return *body, Insert(_bound(size, len(items), tag.flags & ~_HAS_HEADER))
    flags = tag.flags | _HAS_HEADER
    header = _bound(size, len(items), flags | _IS_HEADER)
    return Insert(header), *body, Insert(_bound(size, len(items), flags))


def _bound(size: int, count: int, flags: int) -> bytes:
    numbers = (VERSION, size, count, flags)
    return MAGIC + b"".join(number.to_bytes(4, "little") for number in numbers) + bytes(8)


def _item(key: str, text: str) -> bytes:
    value = text.encode("utf-8")
    return len(value).to_bytes(4, "little") + bytes(4) + key.encode("ascii") + b"\0" + value


_EMPTY: Final = Tag(BytesSource(b""), VERSION, _HAS_HEADER, (), 0, 0)
