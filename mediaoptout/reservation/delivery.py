"""Deliveries: what a recipient takes, since many ingests reject what they do not know.

A delivery narrows what is written; it never changes what is said. Whatever it leaves out, the
declaration itself stays the same in the places that remain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

from mediaoptout.errors import UsageError
from mediaoptout.tables import suggestion
from mediaoptout.words import Carrier, Vocabulary

ID3_VERSIONS: Final = (3, 4)
"""The versions of ID3v2 that are written."""

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What may be written for one recipient.

    Args:
        carriers: the carriers that may be written; None for all that a container has.
        vocabularies: the vocabularies that may be written; None for all. ``rights`` are notices,
            owners and addresses.
        prose: whether the declaration is written in natural language.
        sign: whether a signed manifest is added.
        id3_version: 3 or 4 for the only version of ID3v2 that is taken; None for any.
        id3_chunks: whether an ID3 tag may stand in a chunk of WAV or AIFF.
    """

    carriers: frozenset[Carrier] | None = None
    vocabularies: frozenset[Vocabulary] | None = None
    prose: bool = True
    sign: bool = True
    id3_version: int | None = None
    id3_chunks: bool = True

    def takes(self, carrier: Carrier) -> bool:
        """Whether a carrier may be written."""
        if carrier in (Carrier.C2PA, Carrier.SIDECAR_C2PA) and not self.sign:
            return False
        return self.carriers is None or carrier in self.carriers

    def says(self, vocabulary: Vocabulary) -> bool:
        """Whether a vocabulary may be written."""
        if vocabulary is Vocabulary.PROSE and not self.prose:
            return False
        return self.vocabularies is None or vocabulary in self.vocabularies


EVERYTHING: Final = Delivery()
"""All that a file can hold."""

CONSERVATIVE: Final = Delivery(sign=False, id3_version=3, id3_chunks=False)
"""For ingests that know tags of old: no manifest, ID3v2.3, no ID3 in WAV or AIFF."""

ARCHIVE_BWF: Final = Delivery(
    carriers=frozenset({Carrier.RIFF_INFO, Carrier.AXML, Carrier.XMP, Carrier.SIDECAR_XMP}),
    sign=False,
    id3_chunks=False,
)
"""For archives that keep Broadcast Wave: INFO, ``axml`` and XMP; ``bext`` stays as it is."""

SHIPPED: Final[Mapping[str, Delivery]] = {
    "everything": EVERYTHING,
    "conservative": CONSERVATIVE,
    "archive-bwf": ARCHIVE_BWF,
}
"""The deliveries that can be called by name."""


def named(name: str) -> Delivery:
    """The shipped delivery of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in SHIPPED:
        raise UsageError(
            f"there is no delivery {name!r}{suggestion(name, SHIPPED)}",
            fix=f"there are: {', '.join(SHIPPED)}",
        )
    return SHIPPED[name]


def chosen(text: str, base: Delivery) -> Delivery:
    """The delivery that a user names in one text.

    Args:
        text: a shipped delivery, the only carriers (``riff-info,xmp``), or those that are left out
            (``-id3,-c2pa``).
        base: what holds for all that the text says nothing of.

    Raises:
        UsageError: it is none of these.
    """
    if text in SHIPPED:
        return SHIPPED[text]
    words = [word.strip() for word in text.split(",") if word.strip()]
    out = [word.removeprefix("-") for word in words if word.startswith("-")]
    if not words or (out and len(out) != len(words)):
        raise UsageError(
            f"{text!r} neither names carriers nor leaves some out",
            fix=f"one of: {', '.join(SHIPPED)}; or carriers: riff-info,xmp; or all but: -id3,-c2pa",
        )
    if not out:
        return replace(base, carriers=_words(Carrier, "carrier", words))
    usual = frozenset(Carrier) - {Carrier.AXML} if base.carriers is None else base.carriers
    return replace(base, carriers=usual - _words(Carrier, "carrier", out))


def carriers(words: Iterable[str]) -> frozenset[Carrier]:
    """The carriers that words name (``xmp``, ``riff-info``).

    Raises:
        UsageError: one of them is no carrier.
    """
    return _words(Carrier, "carrier", words)


def vocabularies(words: Iterable[str]) -> frozenset[Vocabulary]:
    """The vocabularies that words name (``plus``, ``cawg``).

    Raises:
        UsageError: one of them is no vocabulary.
    """
    return _words(Vocabulary, "vocabulary", words)


def narrowed(
    base: Delivery,
    *,
    carriers: Iterable[str] | None = None,
    vocabularies: Iterable[str] | None = None,
    prose: bool | None = None,
    sign: bool | None = None,
    id3_version: int | None = None,
    id3_chunks: bool | None = None,
) -> Delivery:
    """A delivery with some of it said anew; None keeps what the base says.

    Raises:
        UsageError: a word is no carrier or vocabulary.
    """
    return Delivery(
        carriers=base.carriers if carriers is None else _words(Carrier, "carrier", carriers),
        vocabularies=base.vocabularies
        if vocabularies is None
        else _words(Vocabulary, "vocabulary", vocabularies),
        prose=base.prose if prose is None else prose,
        sign=base.sign if sign is None else sign,
        id3_version=base.id3_version if id3_version is None else id3_version,
        id3_chunks=base.id3_chunks if id3_chunks is None else id3_chunks,
    )


def _words(kind: type[_Word], what: str, words: Iterable[str]) -> frozenset[_Word]:
    return frozenset(_word(kind, what, word) for word in words)


def _word(kind: type[_Word], what: str, word: str) -> _Word:
    known = [item.value for item in kind]
    if word.strip() not in known:
        raise UsageError(
            f"there is no {what} {word.strip()!r}{suggestion(word, known)}",
            fix=f"there are: {', '.join(known)}",
        )
    return kind(word.strip())
