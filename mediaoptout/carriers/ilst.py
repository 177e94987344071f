"""The item list of MP4 files (``moov/udta/meta/ilst``), as iTunes introduced it.

An item is an atom named after what it says (``cprt``), or ``----`` with a reverse domain name and
a name of its own; its text stands in ``data`` atoms. QuickTime's ``mdta`` metadata has the same
form, with the number of a key in place of the item's name. Of the names that we write, ``cprt``
and ``LICENSE`` are in common use; the others are our convention.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from mediaoptout.carriers.merged import Merged, Retouch, placed
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import Copy, Insert, Piece, Span
from mediaoptout.splice.source import Part, Source
from mediaoptout.vocabularies import identifying
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.settle import leaves, settle
from mediaoptout.words import Carrier

FREEFORM: Final = "----:com.apple.iTunes:"

KEYS: Final[Mapping[str, str]] = {
    "tdm:reservation": f"{FREEFORM}TDM-RESERVATION",
    "tdm:policy": f"{FREEFORM}TDM-POLICY",
    "dc:rights": "cprt",
    "xmpRights:UsageTerms": f"{FREEFORM}USAGE_TERMS",
    "xmpRights:WebStatement": f"{FREEFORM}LICENSE",
    **{name: FREEFORM + key for name, key in identifying.TAGS.items()},
}
"""The item for each property that an item list can hold."""

_NAMES: Final[Mapping[str, str]] = {key.lower(): name for name, key in KEYS.items()} | {
    f"{FREEFORM}usage terms".lower(): "xmpRights:UsageTerms",
    "\xa9cpy": "dc:rights",
    "\xa9cmt": "xmpDM:logComment",
    "desc": "xmpDM:logComment",
    "ldes": "xmpDM:logComment",
    **{f"{FREEFORM}{key}".lower(): name for key, name in identifying.READ.items()},
}
_MDTA_NAMES: Final[Mapping[str, str]] = {
    "com.apple.quicktime.copyright": "dc:rights",
    "com.apple.quicktime.comment": "xmpDM:logComment",
    "com.apple.quicktime.description": "xmpDM:logComment",
    "copyright": "dc:rights",
    "usage_terms": "xmpRights:UsageTerms",
    "license": "xmpRights:WebStatement",
    "tdm-reservation": "tdm:reservation",
    "tdm-policy": "tdm:policy",
    **{key.lower(): name for name, key in identifying.TAGS.items()},
    **{key.lower(): name for key, name in identifying.READ.items()},
}

MAX_ITEMS: Final = 1 << 16
"""How many items, and how many texts of properties that we know, a list may have."""

MAX_TEXT: Final = 1 << 20
"""The largest text that is read, in bytes."""

_IMPLICIT: Final = 0
_UTF8: Final = 1
_UTF16: Final = 2
_ENCODINGS: Final = {_IMPLICIT: "utf-8", _UTF8: "utf-8", _UTF16: "utf-16-be"}
_GRADED: Final = "tdm:reservation"
_COVER: Final = "covr"


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the list.

    Args:
        span: where it stands in the file.
        key: its name; for ``----`` with domain and name (``----:com.apple.iTunes:LICENSE``).
        name: the property that it holds, or None.
        texts: what it says, if it holds a property that we know and says it as text.
    """

    span: Span
    key: str
    name: str | None
    texts: tuple[str, ...]


def read(
    source: Source, start: int, end: int, keys: Sequence[str] | None = None
) -> tuple[Item, ...]:
    """The items of a list.

    Args:
        source: the file.
        start: where the content of the ``ilst`` begins.
        end: where it ends.
        keys: the keys of QuickTime's ``mdta`` metadata, if it is such a list.

    Raises:
        DamagedError: an item is longer than what it stands in (code ``damaged-carrier``).
        LimitError: there are more than `MAX_ITEMS`.
    """
    found: list[Item] = []
    count = 0
    for kind, span, body in _atoms(source, start, end):
        content = Span(body, span.end)
        if keys is not None:
            index = int.from_bytes(kind, "big")
            key = keys[index - 1] if 0 < index <= len(keys) else kind.decode("latin-1")
            name = _MDTA_NAMES.get(key.lower())
        else:
            key = _freeform(source, content) if kind == b"----" else kind.decode("latin-1")
            name = _NAMES.get(key.lower())
        texts = tuple(islice(_texts(source, content), MAX_ITEMS + 1)) if name else ()
        count += len(texts)
        found.append(Item(span, key, name, texts))
        if max(len(found), count) > MAX_ITEMS:
            raise LimitError(f"an item list has more than {MAX_ITEMS} items", at=start)
    return tuple(found)


def read_keys(source: Source, start: int, end: int) -> tuple[str, ...]:
    """The keys of QuickTime's ``mdta`` metadata (the content of the ``keys`` atom).

    Raises:
        DamagedError: a key is longer than what it stands in (code ``damaged-carrier``).
    """
    return tuple(
        source.read(body, min(span.end, body + MAX_TEXT)).decode("utf-8", "replace")
        for _, span, body in _atoms(source, start + 8, end)
    )


def entries(
    items: Iterable[Item], location: str, carrier: Carrier = Carrier.MP4_ILST
) -> tuple[Entry, ...]:
    """What the items say of what the vocabularies know."""
    return tuple(
        Entry(carrier, location, item.name, item.key, text)
        for item in items
        if item.name is not None
        for text in item.texts
    )


def merge(
    items: Sequence[Item],
    start: int,
    end: int,
    properties: Iterable[Property],
    *,
    force: bool,
    covers: Mapping[Span, tuple[Piece, ...]] | None = None,
) -> Merged:
    """The list with ours in it; all other items are copies.

    An item holds one text, so of a text in several languages the default is written.

    Args:
        items: what `read` found between ``start`` and ``end``.
        start: where the content of the ``ilst`` begins; copies count from here.
        end: where it ends.
        properties: what shall be said.
        force: replace contrary statements of others.
        covers: what else is to be replaced; see `retouched`.

    Raises:
        RefusedError: somebody else says the contrary, and ``force`` is not given.
    """
    replaced: dict[Span, bytes] = {}
    added: list[bytes] = []
    said: set[str] = set()
    warnings: dict[str, None] = {}
    for wanted in properties:
        key = KEYS.get(wanted.name)
        if key is None:
            continue
        present = [item for item in items if item.name == wanted.name]
        if wanted.goes:
            ours = (item for item in present if item.texts)
            replaced.update(
                (item.span, b"") for item in ours if all(leaves(wanted, t) for t in item.texts)
            )
            continue
        text = as_text(wanted.value)
        if not present:
            added.append(_item(key, text))
            said.add(wanted.name)
            continue
        stated: set[str] = set()
        if not any(item.texts for item in present):
            warnings[f"{wanted.name} was left as it is: what stands there is no text"] = None
        for item in present:
            settled = [settle(wanted.says(text), there, force=force) for there in item.texts]
            warnings |= {one.warning: None for one in settled if one.warning}
            values = tuple(as_text(one.value) for one in settled)
            stated.update(values)
            if values != item.texts:
                replaced[item.span] = _item(item.key, *values)
        if stated and (wanted.name == _GRADED or stated == {text}):
            said.add(wanted.name)
    if items and not added and all(replaced.get(item.span) == b"" for item in items):
        return Merged((), frozenset())
    anew = {span: (Insert(data),) for span, data in replaced.items()}
    pieces = _pieces(start, end, {**anew, **(covers or {})}, added)
    return Merged(pieces, frozenset(said), tuple(warnings))


def retouched(
    source: Source, items: Iterable[Item], retouch: Retouch
) -> tuple[dict[Span, tuple[Piece, ...]], tuple[str, ...]]:
    """What changes in the list with its covers (``covr``), and why some stay as they are.

    Args:
        source: the file.
        items: what `read` found in it.
        retouch: what changes a picture.
    """
    changed: dict[Span, tuple[Piece, ...]] = {}
    warnings: dict[str, None] = {}
    for item in items:
        growth = 0
        for place in _pictures(source, item) if item.key == _COVER else ():
            try:
                patch = retouch(Part(source, *place))
            except RefusedError as error:
                warnings[error.message] = None
                continue
            if patch is not None:
                growth += patch.size - place.size
                changed[place] = placed(patch.pieces, place.start)
                size = Insert(_size(16 + patch.size))
                changed[Span(place.start - 16, place.start - 12)] = (size,)
        if growth:
            size = Insert(_size(item.span.size + growth))
            changed[Span(item.span.start, item.span.start + 4)] = (size,)
    return changed, tuple(warnings)


def _pictures(source: Source, item: Item) -> Iterator[Span]:
    for kind, span, body in _atoms(source, item.span.start + 8, item.span.end):
        if kind == b"data" and body + 8 < span.end:
            yield Span(body + 8, span.end)


def _size(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _pieces(
    start: int, end: int, replaced: Mapping[Span, tuple[Piece, ...]], added: Iterable[bytes]
) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = start
    for span in sorted(replaced):
        pieces += [Copy(at - start, span.start - start), *placed(replaced[span], -start)]
        at = span.end
    pieces.append(Copy(at - start, end - start))
    pieces += [Insert(item) for item in added]
    return tuple(pieces)


def _atoms(source: Source, start: int, end: int) -> Iterator[tuple[bytes, Span, int]]:
    at = start
    while end - at >= 8:
        head = source.read(at, at + 8)
        size = int.from_bytes(head[:4], "big")
        if size == 0:
            return
        if size < 8 or at + size > end:
            raise DamagedError(
                "an item is longer than the list that it stands in", at=at, code="damaged-carrier"
            )
        yield head[4:], Span(at, at + size), at + 8
        at += size


def _freeform(source: Source, content: Span) -> str:
    parts = ["----"]
    for kind, span, body in _atoms(source, content.start, content.end):
        if kind in (b"mean", b"name"):
            data = source.read(min(body + 4, span.end), min(span.end, body + 4 + MAX_TEXT))
            parts.append(data.decode("utf-8", "replace"))
    return ":".join(parts)


def _texts(source: Source, content: Span) -> Iterator[str]:
    for kind, span, body in _atoms(source, content.start, content.end):
        if kind != b"data" or not body + 8 <= span.end <= body + 8 + MAX_TEXT:
            continue
        data = source.read(body, span.end)
        encoding = _ENCODINGS.get(int.from_bytes(data[:4], "big"))
        if encoding is not None:
            yield data[8:].decode(encoding, "replace").rstrip("\0")


def _item(key: str, *texts: str) -> bytes:
    data = b"".join(_atom(b"data", _UTF8.to_bytes(4, "big"), bytes(4), t.encode()) for t in texts)
    if not key.startswith("----:"):
        return _atom(key.encode("latin-1"), data)
    _, mean, name = key.split(":", 2)
    return _atom(
        b"----",
        _atom(b"mean", bytes(4), mean.encode()),
        _atom(b"name", bytes(4), name.encode()),
        data,
    )


def _atom(kind: bytes, *parts: bytes) -> bytes:
    return _size(8 + sum(map(len, parts))) + kind + b"".join(parts)
