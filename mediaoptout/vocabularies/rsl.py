"""RSL 1.0 (Really Simple Licensing): licences as XML, read wherever people put them. Never written.

The guide for images puts an ``rsl:rsl`` straight into the XMP packet's description, which is no
RDF; others put the XML as text into ``Iptc4xmpExt:EmbdEncRightsExpr`` or into a tag. Whatever the
place, it is read as XML, without document types and entities.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from mediaoptout.vocabularies.properties import Entry, as_text
from mediaoptout.vocabularies.statement import Meaning, Statement
from mediaoptout.words import Permission, Use, Vocabulary

NAME: Final = "rsl:rsl"
"""The element in an XMP packet; tag carriers hand over a field called ``RSL`` under this name."""

NAMESPACE: Final = "https://rslstandard.org/rsl"
MEDIA_TYPE: Final = "application/rsl+xml"

MINING, TRAINING, GENERATIVE, INFERENCE, SEARCH = Use
_TRAININGS: Final = (TRAINING, GENERATIVE)

TOKENS: Final[Mapping[str, tuple[Use, ...]]] = {
    "all": tuple(Use),
    "ai-all": (TRAINING, GENERATIVE, INFERENCE),
    "ai-train": _TRAININGS,
    "train-ai": _TRAININGS,
    "ai-input": (INFERENCE,),
    "ai-use": (INFERENCE,),
    "train-genai": (GENERATIVE,),
    "ai-index": (),
    "search": (SEARCH,),
}
"""What the usage tokens speak of, those of the drafts among them."""

_FREE: Final = frozenset({"", "free"})
MAX_TEXT: Final = 256 << 10
MAX_ITEMS: Final = 10_000
_MARK: Final = re.compile(r"<(?:[\w.-]+:)?rsl[\s>]")
_STRICTNESS: Final = (Permission.RESERVED, Permission.CONSTRAINED, Permission.ALLOWED)


@dataclass(slots=True)
class _License:
    """What one ``license`` says.

    Args:
        permits: the usage tokens that are permitted.
        prohibits: those that are prohibited.
        closed: whether it names what is permitted; then nothing else is.
        limited: whether it is for some users or places only, or is to be paid for.
    """

    permits: set[str] = field(default_factory=set)
    prohibits: set[str] = field(default_factory=set)
    closed: bool = False
    limited: bool = False


class _Reader:
    """The licences of a document, collected while it is parsed."""

    def __init__(self) -> None:
        self.licenses: list[_License] = []
        self._text: list[str] | None = None
        self._kind = ""
        self._items = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        raise ValueError("a document type is declared")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._items += 1
        if self._items > MAX_ITEMS:
            raise ValueError("too many elements")
        local = name.rpartition(":")[2]
        if local == "license":
            self.licenses.append(_License())
        elif local in ("permits", "prohibits"):
            self._kind = attributes.get("type", "usage")
            self._text = []
        elif local == "payment" and self.licenses:
            kind = attributes.get("type", "").lower()
            self.licenses[-1].limited |= kind not in _FREE
        elif local in ("amount", "standard", "custom") and self.licenses:
            self.licenses[-1].limited = True

    def _data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local not in ("permits", "prohibits") or self._text is None:
            return
        tokens = set(re.split(r"[\s,]+", "".join(self._text).strip().lower())) - {""}
        self._text = None
        if not self.licenses or not tokens:
            return
        last = self.licenses[-1]
        if self._kind != "usage":
            last.limited = True
        elif local == "permits":
            last.permits |= tokens
            last.closed = True
        else:
            last.prohibits |= tokens


def is_rsl(text: str) -> bool:
    """Whether a text is, or holds, an RSL document."""
    return NAMESPACE in text[:MAX_TEXT] and _MARK.search(text[:MAX_TEXT]) is not None


def meaning(text: str) -> Meaning | None:
    """What a document says of the uses; None if it cannot be read.

    What is prohibited is reserved. What is permitted for payment, or for some only, is
    constrained. A licence that names what it permits permits nothing else; that follows only, so
    input to models and search are implied at most.
    """
    reader = _Reader()
    try:
        if len(text) > MAX_TEXT:
            return None
        reader.parser.Parse(text.strip(), True)
    except (expat.ExpatError, ValueError):
        return None
    uses: dict[Use, Permission] = {}
    implied: set[Use] = set()
    for item in reader.licenses:
        said, follows = _license(item)
        implied |= follows
        for use, permission in said.items():
            both = {permission, uses.get(use, permission)}
            uses[use] = next(word for word in _STRICTNESS if word in both)
    return Meaning(uses, tuple(use for use in Use if use in implied and use not in _stated(reader)))


def _stated(reader: _Reader) -> set[Use]:
    return {
        use
        for item in reader.licenses
        for token in (*item.permits, *item.prohibits)
        for use in TOKENS.get(token, ())
    }


def _license(item: _License) -> tuple[dict[Use, Permission], set[Use]]:
    """What one licence says, and which uses follow from it only."""
    uses: dict[Use, Permission] = {}
    word = Permission.CONSTRAINED if item.limited else Permission.ALLOWED
    for token in item.permits:
        uses.update(dict.fromkeys(TOKENS.get(token, ()), word))
    for token in item.prohibits:
        uses.update(dict.fromkeys(TOKENS.get(token, ()), Permission.RESERVED))
    follows: set[Use] = set()
    if item.closed:
        follows = {use for use in Use if use not in uses}
        counted = follows & {MINING, TRAINING, GENERATIVE}
        # Training that is permitted needs mining: then that cannot have been meant.
        if any(uses.get(use) is word for use in _TRAININGS):
            counted -= {MINING}
            follows -= {MINING}
        uses.update(dict.fromkeys(counted, Permission.RESERVED))
    return uses, follows


def decode(entry: Entry) -> Statement:
    """What an ``rsl:rsl``, or a text that is one, says; what cannot be read says nothing."""
    return Statement.of(Vocabulary.RSL, entry, meaning(as_text(entry.value)) or Meaning())
