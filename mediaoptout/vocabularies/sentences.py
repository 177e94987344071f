"""What a sentence in natural language forbids; loaded where there is one to be judged.

The patterns of five languages take long to be compiled, and most files say nothing in prose, or
say what we composed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from mediaoptout.vocabularies import wording
from mediaoptout.vocabularies.statement import MINING, TRAINING, Meaning

REMEMBERED: Final = 256
"""How many texts' meanings are remembered: the files of a catalogue say the same sentences."""


@lru_cache(maxsize=REMEMBERED)
def strongest(text: str) -> tuple[str, Meaning] | None:
    """The sentence that reserves most, the first of its kind, and what it means; or None."""
    training: tuple[str, Meaning] | None = None
    for part in _parts(text):
        meaning = _meaning(wording.plain(part))
        if meaning is MINING:
            return part.strip(), meaning
        if meaning is TRAINING and training is None:
            training = part.strip(), meaning
    return training


def _parts(text: str) -> Iterator[str]:
    start = 0
    for match in wording.SENTENCE.finditer(text):
        yield text[start : match.start()]
        start = match.end()
    yield text[start:]


def _meaning(part: str) -> Meaning | None:
    if wording.CITATION.search(part) and _forbids(part, citing=True):
        return MINING
    about = _about(part)
    if about is not None and _forbids(part):
        return about
    return TRAINING if wording.NOAI.search(part) else None


def _about(part: str) -> Meaning | None:
    """What would be reserved if the sentence forbids it; few sentences are about either."""
    if wording.MINING.search(part) or wording.TDM.search(part):
        return MINING
    if wording.MACHINE_LEARNING.search(part):
        return TRAINING
    return TRAINING if wording.INTELLIGENCE.search(part) and wording.TEACH.search(part) else None


def _forbids(part: str, *, citing: bool = False) -> bool:
    """Whether the sentence forbids something.

    Args:
        part: the sentence.
        citing: whether the notice that every work carries ("all rights reserved") is enough.
    """
    said = part if citing else wording.PLAIN_NOTICE.sub("", part)
    permits = wording.PERMITS.search(said) and not wording.DENIED_PERMISSION.search(said)
    told = wording.TOLD.search(said)
    if wording.FORBID.search(wording.PLAIN_NOTICE.sub("", part) if permits else said):
        return True
    if wording.TERMS.search(said):
        return True
    return bool(wording.DENY.search(said)) and not permits and not told
