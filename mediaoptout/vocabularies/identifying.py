"""Identifiers of works and holders as properties, and read back from whatever a file has.

XMP keeps them in ``dc:identifier`` (one) and ``xmp:Identifier`` (all). Tag carriers have a key of
their own for each scheme (``TSRC``, ``WM/ISRC``, ``BARCODE``), and are told it by a name with the
prefix ``id``, which is no namespace: ``id:isrc``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from mediaoptout.errors import UsageError
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Reservation
from mediaoptout.vocabularies.properties import (
    Bag,
    Entry,
    LangAlt,
    Property,
    Structs,
    Value,
    as_text,
)
from mediaoptout.vocabularies.prose import is_ours

PREFIX: Final = "id:"

KEYS: Final[Mapping[str, str]] = {
    f"{PREFIX}{scheme}": key
    for scheme, key in {
        Scheme.ISRC: "ISRC",
        Scheme.ISWC: "ISWC",
        Scheme.ISAN: "ISAN",
        Scheme.EIDR: "EIDR",
        Scheme.GTIN: "BARCODE",
        Scheme.CATALOGUE_NUMBER: "CATALOGNUMBER",
        Scheme.ISCC: "ISCC",
        Scheme.ISNI: "ISNI",
        Scheme.IPI: "IPI",
        Scheme.IPI_BASE: "IPI-BASE",
        Scheme.IPN: "IPN",
        Scheme.ORCID: "ORCID",
    }.items()
}
"""The key that tags have in common for each scheme; ``BARCODE`` and ``CATALOGNUMBER`` are what
taggers write. A carrier with a field of its own for one (``TSRC``) says so itself."""

WROTE: Final = f"{PREFIX}wrote"
"""The mark in tags of files that have no packet: the schemes and properties that we wrote."""

_MARKED: Final = frozenset({"dc:rights", "xmpRights:WebStatement", "xmpRights:Owner"})
"""The properties that are marked so, unless their text itself tells that it is ours."""

OURS: Final[Mapping[str, str]] = {
    "xmpRights:Owner": "RIGHTS-HOLDER",
    WROTE: "MEDIAOPTOUT-WROTE",
}
"""The keys that are our convention: for the names of the holders, and for the mark."""

TAGS: Final[Mapping[str, str]] = {**KEYS, **OURS}
"""All keys for holders and identifiers."""

READ: Final[Mapping[str, str]] = {
    "UPC": f"{PREFIX}{Scheme.GTIN}",
    "EAN": f"{PREFIX}{Scheme.GTIN}",
    "CATALOGID": f"{PREFIX}{Scheme.CATALOGUE_NUMBER}",
    "CONTENT-USAGE": "aipref:Content-Usage",
    "RSL": "rsl:rsl",
}
"""Keys that people put into tags, and that we only read."""

XMP: Final = frozenset({"dc:identifier", "xmp:Identifier", "iXML:ISRC"})
"""The properties that may hold an identifier of any scheme."""

_OF_THE_WORK: Final = (Scheme.ISRC, Scheme.ISAN, Scheme.EIDR, Scheme.ISWC, Scheme.ISCC)
"""The schemes that name the work itself, not a release with others on it; the first wins."""

_COMPACT: Final = frozenset({Scheme.ISRC, Scheme.GTIN})
"""The schemes that tags have without separators."""

MAX_TEXTS: Final = 1000
"""How many texts of one property are looked at."""


def encode(reservation: Reservation) -> tuple[Property, ...]:
    """The identifiers for XMP, and for tags those of which there is one of a scheme."""
    works = tuple(dict.fromkeys(item for work in reservation.works for item in work.identifiers))
    holders = tuple(
        dict.fromkeys(item for holder in reservation.holders for item in holder.identifiers)
    )
    alone = [*_alone(works), *_alone(holders)]
    main = [item for scheme in _OF_THE_WORK for item in alone if item.scheme is scheme]
    properties = [Property("dc:identifier", written(main[0]))] if main else []
    if works:
        properties.append(Property("xmp:Identifier", Bag(tuple(map(written, works)))))
    return (*properties, *(Property(f"{PREFIX}{item.scheme}", tagged(item)) for item in alone))


def mark(entries: Iterable[Entry], properties: Iterable[Property]) -> Property | None:
    """The mark of a file that has no packet; None where there is nothing to be marked.

    Args:
        entries: what the file says now.
        properties: what it shall say.
    """
    present = {entry.name for entry in entries}
    known = (as_text(entry.value).split() for entry in entries if entry.name == WROTE)
    added = [
        item.name.removeprefix(PREFIX)
        for item in properties
        if item.name not in present and not item.goes
        if item.name in KEYS or (item.name in _MARKED and not is_ours(item.value))
    ]
    schemes = dict.fromkeys((*(scheme for words in known for scheme in words), *added))
    return Property(WROTE, " ".join(schemes)) if schemes else None


def marked(entry: Entry) -> tuple[str, ...]:
    """The names of the properties that a mark lists."""
    words = as_text(entry.value).split()
    return tuple(word if ":" in word else PREFIX + word for word in words)


def _alone(items: Iterable[Identifier]) -> Iterator[Identifier]:
    """Those that are the only one of their scheme: a tag with one field cannot hold two."""
    by_scheme: dict[Scheme, list[Identifier]] = {}
    for item in items:
        by_scheme.setdefault(item.scheme, []).append(item)
    return (found[0] for found in by_scheme.values() if len(found) == 1)


def written(item: Identifier) -> str:
    """An identifier as a text that tells its scheme: its URN where there is one."""
    return item.urn or str(item)


def tagged(item: Identifier) -> str:
    """An identifier as the field of a tag has it."""
    return item.value if item.scheme in _COMPACT else item.display


def hyphenated(wanted: Property) -> Property:
    """The property with an ISRC as Matroska has it, with hyphens; others as they are."""
    if wanted.name != f"{PREFIX}{Scheme.ISRC}" or not isinstance(wanted.value, str):
        return wanted
    return Property(wanted.name, Identifier.parse(Scheme.ISRC, wanted.value).display)


def same(name: str, present: str, wanted: str) -> bool:
    """Whether two texts are the same identifier, however they are spelt.

    Args:
        name: the property, one of `KEYS`.
        present: what a file says.
        wanted: what we would say.
    """
    scheme = Scheme(name.removeprefix(PREFIX))
    try:
        return Identifier.parse(scheme, present) == Identifier.parse(scheme, wanted)
    except UsageError:
        return False


def decode(entry: Entry) -> Iterator[Identifier]:
    """The identifiers in an entry, if it is one that may hold some."""
    if entry.name in KEYS:
        scheme = Scheme(entry.name.removeprefix(PREFIX))
        for text in _texts(entry.value):
            try:
                yield Identifier.parse(scheme, text)
            except UsageError:
                continue
    elif entry.name in XMP:
        for text in _texts(entry.value):
            found = Identifier.guess(text)
            if found is not None:
                yield found


def _texts(value: Value) -> tuple[str, ...]:
    match value:
        case Bag(items):
            return items[:MAX_TEXTS]
        case LangAlt(items):
            return tuple(text for _, text in items[:MAX_TEXTS])
        case Structs(items):
            return tuple(text for item in items[:MAX_TEXTS] for _, text in item)
        case _:
            return (as_text(value),)
