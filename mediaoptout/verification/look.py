"""Inspect one file: the verify record, who speaks, and one sentence that sums it up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mediaoptout.records import InspectRecord, VerifyRecord
from mediaoptout.verification.check import examine
from mediaoptout.vocabularies import prose
from mediaoptout.vocabularies.properties import Bag, Entry, LangAlt, Structs, as_text
from mediaoptout.words import Integrity, Use, Verdict

if TYPE_CHECKING:
    from mediaoptout.credentials.validation import Report

_BASIS: Final = re.compile(r"2019/790|2024/1689|122-5-3|211-3|§\s*44b", re.IGNORECASE)
_OWNERS: Final = frozenset({"xmpRights:Owner", "plus:CopyrightOwner"})
_WORKS: Final = frozenset({"dc:identifier", "xmp:Identifier"})
_UNKNOWN: Final = "und"

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
_CREDENTIAL: Final = {
    Integrity.INTACT: " Its C2PA manifest is intact.",
    Integrity.BROKEN: " Its C2PA manifest is broken.",
    Integrity.UNCHECKED: " Its C2PA manifest was not checked.",
    Integrity.ABSENT: "",
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
    seen = examine(path)
    texts = _texts(seen.entries)
    return InspectRecord(
        verify=seen.record,
        holders=_unique(_values(seen.entries, _OWNERS)),
        works=_unique(_values(seen.entries, _WORKS)),
        legal_basis=_unique(part for _, text in texts for part in _articles(text)),
        texts=texts,
        chain=tuple(_chain(seen.report)) if seen.report is not None else (),
        summary=_summary(seen.record),
    )


def _values(entries: Iterable[Entry], names: frozenset[str]) -> Iterator[str]:
    for entry in entries:
        if entry.name in names:
            match entry.value:
                case Bag(items):
                    yield from items
                case Structs(items):
                    yield from (text for fields in items for key, text in fields if "Name" in key)
                case value:
                    yield as_text(value)


def _texts(entries: Iterable[Entry]) -> tuple[tuple[str, str], ...]:
    """The declarations, each once, with the language that somebody says it is in."""
    found: dict[str, str] = {}
    for entry in entries:
        if entry.name in prose.NAMES:
            value = entry.value
            items = value.items if isinstance(value, LangAlt) else (("", as_text(value)),)
            for language, text in items:
                known = language if language != "x-default" else ""
                if prose.sentence(text) and not found.get(text):
                    found[text] = known
    return tuple((language or _UNKNOWN, text) for text, language in found.items())


def _articles(text: str) -> Iterator[str]:
    """The articles that a text cites in brackets, one by one."""
    depth = start = 0
    for at, char in enumerate(text):
        if char == "(":
            depth += 1
            start = at + 1 if depth == 1 else start
        elif char == ")" and depth:
            depth -= 1
            cited = text[start:at]
            if depth == 0 and _BASIS.search(cited):
                yield from (part.strip() for part in cited.split(";"))


def _chain(report: Report) -> Iterator[str]:
    """The manifests, the newest first, and what is known of each."""
    yield report.credential.signer or "an unnamed signer"
    for ancestor in report.ancestors:
        broken = ", broken before" if ancestor.broken else ""
        yield f"{ancestor.relation}: {ancestor.title or 'untitled'}{broken}"


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _summary(record: VerifyRecord) -> str:
    if record.verdict is None:
        return record.error.message if record.error else "Nothing could be read."
    uses = [_TITLES[use] for use, permission in record.uses.items() if permission.reserves]
    sentence = _SUMMARY[record.verdict].format(uses=_listed(uses))
    return sentence + _CREDENTIAL[record.credential.integrity]


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
