"""Inspect one file: the verify record, who speaks, and one sentence that sums it up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from mediaoptout.records import InspectRecord, VerifyRecord
from mediaoptout.verification.check import verify
from mediaoptout.words import Integrity, Use, Verdict, Vocabulary

_BASIS: Final = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*(?:2019/790|122-5-3|211-3|44b)[^()]*)\)")
_NAMES: Final = frozenset({"xmpRights:Owner"})

_SUMMARY: Final = {
    Verdict.RESERVED: "The file reserves {uses} in a form that machines can read.",
    Verdict.PARTIAL: "The file reserves only {uses}.",
    Verdict.TEXT_ONLY: "The file reserves {uses} in natural language only.",
    Verdict.CONFLICT: "The file contradicts itself; the stricter word holds: {uses} reserved.",
    Verdict.ALLOWED: "The file allows the uses that were expected to be reserved.",
    Verdict.UNRESERVED: "The file says nothing about text and data mining or AI training.",
    Verdict.DAMAGED: "A block of the file that could hold a reservation cannot be read.",
    Verdict.UNSUPPORTED: "This kind of file is not read yet.",
}
_TITLES: Final = {
    Use.DATA_MINING: "text and data mining",
    Use.AI_TRAINING: "AI training",
    Use.GENERATIVE_AI_TRAINING: "generative AI training",
    Use.AI_INFERENCE: "input to AI models",
    Use.SEARCH: "search indexing",
}


def inspect(path: Path | str) -> InspectRecord:
    """Every statement in a file, where it stands and what it means. Raises nothing of the file's.

    Args:
        path: the file.
    """
    record = verify(path)
    texts = {item.value for item in record.statements if item.vocabulary is Vocabulary.PROSE}
    bases = {match for text in texts for match in _BASIS.findall(text)}
    holders = {item.value for item in record.statements if item.property in _NAMES}
    return InspectRecord(
        verify=record,
        holders=tuple(sorted(holders)),
        legal_basis=tuple(sorted(bases)),
        texts=tuple(("und", text) for text in sorted(texts)),
        summary=_summary(record),
    )


def _summary(record: VerifyRecord) -> str:
    if record.verdict is None:
        return record.error.message if record.error else "Nothing could be read."
    uses = [_TITLES[use] for use, permission in record.uses.items() if permission.reserves]
    sentence = _SUMMARY[record.verdict].format(uses=_listed(uses))
    if record.credential.integrity is Integrity.UNCHECKED:
        sentence += " Its C2PA manifest was not checked."
    return sentence


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
