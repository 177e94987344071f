"""AIPREF usage preferences (IETF drafts): ``Content-Usage: train-ai=n, search=y``. Read only.

The drafts define no place inside files; people put the HTTP header's text into tags and comments
all the same. Today's labels are ``train-ai`` and ``search``; earlier drafts had others, in sets
that include each other, and the *content signals* of robots.txt have a third set. Which set it is
shows in the labels themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from mediaoptout.vocabularies.properties import Entry, LangAlt, as_text
from mediaoptout.vocabularies.statement import Meaning, Statement
from mediaoptout.words import Permission, Use, Vocabulary

NAME: Final = "aipref:Content-Usage"
"""The name under which tag carriers hand over a field called ``CONTENT-USAGE``."""

MINING, TRAINING, GENERATIVE, INFERENCE, SEARCH = Use
_MACHINES: Final = (MINING, TRAINING, GENERATIVE, INFERENCE, SEARCH)

CURRENT: Final[Mapping[str, tuple[Use, ...]]] = {
    "train-ai": (GENERATIVE,),
    "search": (SEARCH,),
}
"""The labels of the drafts since August 2026: ``train-ai`` is for models that generate."""

EARLIER: Final[Mapping[str, tuple[Use, ...]]] = {
    "all": _MACHINES,
    "bots": _MACHINES,
    "tdm": (MINING, TRAINING, GENERATIVE),
    "ai": (TRAINING, GENERATIVE),
    "train-ai": (TRAINING, GENERATIVE),
    "genai": (GENERATIVE,),
    "train-genai": (GENERATIVE,),
    "ai-use": (INFERENCE,),
    "ai-output": (INFERENCE, SEARCH),
    "search": (SEARCH,),
}
"""The labels of drafts 00 to 06; the broader first. A narrower label beats a broader one."""

SIGNALS: Final[Mapping[str, tuple[Use, ...]]] = {
    "ai-train": (TRAINING, GENERATIVE),
    "ai-input": (INFERENCE,),
    "search": (SEARCH,),
}
"""The content signals (``ai-train=no``)."""

_VALUES: Final = {
    "y": Permission.ALLOWED,
    "n": Permission.RESERVED,
    "yes": Permission.ALLOWED,
    "no": Permission.RESERVED,
}
_LOCAL: Final = re.compile(r"(?:^|[:}])content[-_ ]?(?:usage|signal)$", re.IGNORECASE)
_LABEL: Final = r"[a-z][a-z0-9_.*-]*"
_MEMBER: Final = re.compile(rf"({_LABEL})(?:=(\"[^\"]*\"|[^,;\s]*))?((?:\s*;[^,;]*)*)\Z")
_INSIDE: Final = re.compile(
    rf"\bcontent-(?:usage|signal)\s*:\s*(?:/\S*\s+)?"
    rf"({_LABEL}=\w+(?:;[^\s,;]+)*(?:\s*,\s*{_LABEL}=\w+(?:;[^\s,;]+)*)*)",
    re.IGNORECASE,
)
MAX_TEXT: Final = 20_000
"""How much of a text is searched."""


def is_field(entry: Entry) -> bool:
    """Whether the entry is a field of that name, whatever namespace somebody gave it."""
    return entry.name == NAME or _LOCAL.search(entry.name) is not None


def meaning(text: str) -> Meaning:
    """What a dictionary of labels means; labels and values that are not known say nothing.

    Args:
        text: as in the header field, ``train-ai=n, search=y``.
    """
    said = dict(_members(text))
    if said.keys() & SIGNALS.keys() - {"search"}:
        labels = SIGNALS
    elif said.keys() & EARLIER.keys() - CURRENT.keys():
        labels = EARLIER
    else:
        labels = CURRENT
    uses: dict[Use, Permission] = {}
    for label, named in labels.items():
        if label in said:
            uses.update(dict.fromkeys(named, said[label]))
    # The same label had a wider meaning for a year: whoever wrote it may have meant that.
    older = labels is CURRENT and uses.get(GENERATIVE, Permission.UNSTATED).reserves
    return Meaning(uses, (TRAINING,) if older else ())


def _members(text: str) -> Iterator[tuple[str, Permission]]:
    """The members of an RFC 9651 dictionary that state a preference; the last of a name counts."""
    for member in text[:MAX_TEXT].split(","):
        match = _MEMBER.match(member.strip())
        if match is None or (match[2] or "").lower() not in _VALUES:
            continue
        permission = _VALUES[match[2].lower()]
        if permission is Permission.RESERVED and re.search(r";\s*exp=", match[3] or ""):
            permission = Permission.CONSTRAINED  # with an exception, as CC signals have it
        yield match[1], permission


def decode(entry: Entry) -> Statement:
    """What a field called ``Content-Usage`` says."""
    text = as_text(entry.value)
    return Statement.of(Vocabulary.AIPREF, entry, meaning(_bare(text)))


def _bare(text: str) -> str:
    """The dictionary in a field that repeats its own name."""
    inside = _INSIDE.search(text)
    return inside[1] if inside else text


def inside(entry: Entry) -> Iterator[Statement]:
    """The statements in the midst of a text: ``Content-Usage: train-ai=n``."""
    value = entry.value
    texts = [text for _, text in value.items] if isinstance(value, LangAlt) else [as_text(value)]
    for text in dict.fromkeys(texts):
        for match in _INSIDE.finditer(text[:MAX_TEXT]):
            said = meaning(match[1])
            if said.uses:
                yield Statement.of(Vocabulary.AIPREF, replace(entry, value=match[0]), said)
