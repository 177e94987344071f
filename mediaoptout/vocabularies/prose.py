"""Reservations in natural language: how ours are known again, and how others' are noticed.

A text is never enough for the verdict ``reserved``: it counts as ``text-only``.
"""

from __future__ import annotations

import re
from typing import Final

from mediaoptout.reservation.texts import heads
from mediaoptout.vocabularies.properties import Entry, LangAlt, Value, as_text
from mediaoptout.vocabularies.statement import Meaning, Statement, same
from mediaoptout.words import Permission, Use, Vocabulary

NAMES: Final = frozenset(
    {
        "dc:rights",
        "dc:description",
        "xmpRights:UsageTerms",
        "xmpRights:Certificate",
        "plus:OtherConstraints",
        "photoshop:Instructions",
        "photoshop:Credit",
        "xmpDM:copyright",
        "xmpDM:logComment",
    }
)
"""The properties that are searched for a declaration."""

_TRAINING = (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING)
MINING: Final = Meaning(same(Permission.RESERVED, Use.DATA_MINING, *_TRAINING))
TRAINING: Final = Meaning(same(Permission.RESERVED, *_TRAINING))

_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý§])|\n+")
_TDM = re.compile(r"\btdm\b", re.IGNORECASE)
_MINING = re.compile(
    r"data[ -]?mining|(?:fouille|exploration) de (?:textes?|données)"
    r"|miner[ií]a de (?:textos|datos)|estrazione di testo|§\s*44b|2019/790"
    r"|\bart(?:\.|icles?|ikel)?\s*4\s?\(3\)|L\.?\s?122-5-3|L\.?\s?211-3",
    re.IGNORECASE,
)
_LEARNING = re.compile(
    r"(?:\bA\.?I\.?\b|\bIA\b|\bKI\b|machine learning|artificial intelligence"
    r"|intelligence artificielle|künstliche[rn]? Intelligenz|inteligencia artificial"
    r"|intelligenza artificiale|generative models?|language models?)"
)
_TEACH = re.compile(
    r"\btrain|entra[iî]n|apprentissage|\bKI-Training|entrenamiento|entrenar|addestra|\bdevelop",
    re.IGNORECASE,
)
_MACHINE_LEARNING = re.compile(
    r"machine[ -]learning|apprentissage (?:automatique|machine)|maschinelle[sn]? Lernen"
    r"|aprendizaje autom[aá]tico|apprendimento automatico",
    re.IGNORECASE,
)
_FORBID = re.compile(
    r"reserv|réserv|vorbehalt|vorbehält|behält sich|riserv|prohibit|forbid|oppos"
    r"|opt(?:ed|ing)?[- ]?out|interdi|autorisation préalable|untersag|verbot|prohíb|prohib|vieta"
    r"|proibi",
    re.IGNORECASE,
)
_DENY = re.compile(
    r"\bno\b|\bnot\b|without|sans (?:l')?autorisation|nicht gestattet|nicht erlaubt|senza",
    re.IGNORECASE,
)
"""Words that forbid unless the sentence permits ("is permitted without restriction")."""

_PLAIN_NOTICE = re.compile(
    r"all rights reserved|tous (?:les )?droits réservés|alle rechte vorbehalten"
    r"|todos los derechos reservados|tutti i diritti riservati",
    re.IGNORECASE,
)
"""What every copyright notice says: beside a bare "TDM", which may be a name, no reservation."""

_PERMITS = re.compile(
    r"\b(?:is|are) (?:freely |hereby |expressly )?(?:permitted|allowed|authori[sz]ed)\b(?! only)"
    r"|\best (?:librement |expressément )?autorisée?\b|\bist (?:frei )?(?:gestattet|erlaubt)\b",
    re.IGNORECASE,
)
_NOAI = re.compile(r"\bno(?:image)?ai\b", re.IGNORECASE)

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
    """The first sentence that reserves something, and what it means; None if there is none."""
    for part in _SENTENCE.split(text[:MAX_TEXT]):
        meaning = _meaning(part)
        if meaning is not None:
            return part.strip(), meaning
    return None


def _meaning(part: str) -> Meaning | None:
    if _forbids(part):
        if _MINING.search(part) or (_TDM.search(part) and _forbids(_PLAIN_NOTICE.sub("", part))):
            return MINING
        if _MACHINE_LEARNING.search(part) or (_LEARNING.search(part) and _TEACH.search(part)):
            return TRAINING
    return TRAINING if _NOAI.search(part) else None


def _forbids(part: str) -> bool:
    if _FORBID.search(part):
        return True
    return bool(_DENY.search(part)) and not _PERMITS.search(part)


def decode(entry: Entry) -> Statement | None:
    """What the entry's text reserves, in any of its languages; None if nothing."""
    value = entry.value
    texts = [text for _, text in value.items] if isinstance(value, LangAlt) else [as_text(value)]
    for text in texts:
        found = sentence(text)
        if found is not None:
            matched, meaning = found
            return Statement(
                Vocabulary.PROSE, entry.carrier, entry.location, entry.label, matched, meaning
            )
    return None
