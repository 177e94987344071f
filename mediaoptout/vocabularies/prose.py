"""Reservations in natural language: how ours are known again, and how others' are noticed.

A text is never enough for the verdict ``reserved``: it counts as ``text-only``.
"""

from __future__ import annotations

import re
from typing import Final

from mediaoptout.reservation.texts import heads
from mediaoptout.vocabularies.properties import Bag, Entry, LangAlt, Value, as_text
from mediaoptout.vocabularies.statement import MINING, TRAINING, Meaning, Statement
from mediaoptout.words import Vocabulary

NAMES: Final = frozenset(
    {
        "cc:morePermissions",
        "dc:description",
        "dc:rights",
        "dcterms:accessRights",
        "dcterms:rights",
        "photoshop:Credit",
        "photoshop:Instructions",
        "plus:OtherConstraints",
        "plus:OtherConditions",
        "plus:TermsAndConditionsText",
        "tiff:Copyright",
        "xmpDM:copyright",
        "xmpDM:logComment",
        "xmpRights:Certificate",
        "xmpRights:UsageTerms",
    }
)
"""The properties that are searched for a declaration."""

_KEYWORDS: Final = frozenset({"dc:subject", "lr:hierarchicalSubject", "pdf:Keywords"})
_ROBOTS: Final = re.compile(r"[:}](?:x-)?robots(?:-tag)?$", re.IGNORECASE)

_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")

MAX_TEXT: Final = 20_000
"""How much of a text is searched."""


def is_ours(value: Value) -> bool:
    """Whether a text is a declaration that we composed: each begins with one of our heads."""
    texts = [text for _, text in value.items] if isinstance(value, LangAlt) else [as_text(value)]
    return bool(texts) and all(text.lstrip().startswith(heads()) for text in texts)


def same_declaration(present: Value, wanted: Value) -> bool:
    """Whether two declarations of ours differ in nothing but their date.

    The first run dates a declaration whose profile does not; later runs leave that date alone.
    """
    if not is_ours(present):
        return False
    if isinstance(present, LangAlt) and isinstance(wanted, LangAlt):
        old = tuple((lang, _undated(text)) for lang, text in present.items)
        return old == tuple((lang, _undated(text)) for lang, text in wanted.items)
    return _undated(as_text(present)) == _undated(as_text(wanted))


def _undated(text: str) -> str:
    return _DATE.sub("", text).strip()


def sentence(text: str) -> tuple[str, Meaning] | None:
    """The sentence that reserves most, the first of its kind; None if there is none.

    Args:
        text: the first `MAX_TEXT` characters of it are searched.

    Returns:
        The sentence as it stands, and what it means: `MINING` or `TRAINING`.
    """
    from mediaoptout.vocabularies import sentences

    return sentences.strongest(text[:MAX_TEXT])


def decode(entry: Entry) -> Statement | None:
    """What the entry's text reserves, in any of its languages; None if nothing."""
    best: tuple[str, Meaning] | None = None
    for text in _texts(entry.value):
        found = sentence(text)
        if found is not None and (best is None or found[1] is MINING is not best[1]):
            best = found
    return _statement(entry, *best) if best is not None else None


def keyword(entry: Entry) -> Statement | None:
    """What is left of robots' directives (``noai``) among keywords, or in a field of that name."""
    if entry.name not in _KEYWORDS and not _ROBOTS.search(entry.name):
        return None
    from mediaoptout.vocabularies import wording

    for text in _texts(entry.value):
        match = wording.NOAI.search(text[:MAX_TEXT])
        if match is not None:
            return _statement(entry, match[0], TRAINING)
    return None


def _texts(value: Value) -> list[str]:
    match value:
        case LangAlt(items):
            return [text for _, text in items]
        case Bag(items):
            return list(items)
        case _:
            return [as_text(value)]


def _statement(entry: Entry, matched: str, meaning: Meaning) -> Statement:
    return Statement(Vocabulary.PROSE, entry.carrier, entry.location, entry.label, matched, meaning)
