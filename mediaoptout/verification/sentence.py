"""The one sentence that sums a file up: who reserves what, for whom, since when, where to ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mediaoptout.records import VerifyRecord
from mediaoptout.reservation.model import Capacity
from mediaoptout.vocabularies.declaration import Facts
from mediaoptout.vocabularies.reading import resolve
from mediaoptout.words import Integrity, Permission, Use, Verdict

_TITLES: Final = {
    Use.DATA_MINING: "text and data mining",
    Use.AI_TRAINING: "AI training",
    Use.GENERATIVE_AI_TRAINING: "generative AI training",
    Use.AI_INFERENCE: "input to AI models",
    Use.SEARCH: "search indexing",
}
_FORMS: Final = {
    Verdict.RESERVED: "{who} {uses} in a form that machines can read",
    Verdict.PARTIAL: "{who} only {uses} in a form that machines can read",
    Verdict.TEXT_ONLY: "{who} {uses} in natural language only",
    Verdict.CONFLICT: "The file contradicts itself, and the stricter word holds: {who} {uses}",
}
_BY_MACHINES: Final = frozenset({Verdict.RESERVED, Verdict.PARTIAL})
_SILENT: Final = {
    Verdict.ALLOWED: "The file allows the uses that were expected to be reserved",
    Verdict.UNRESERVED: "The file says nothing about text and data mining or AI training",
    Verdict.DAMAGED: "A block of the file that could hold a reservation cannot be read",
    Verdict.UNSUPPORTED: "This kind of file is not read yet",
}
_CREDENTIAL: Final = {
    Integrity.INTACT: "its C2PA manifest is intact",
    Integrity.BROKEN: "its C2PA manifest is broken",
    Integrity.UNCHECKED: "its C2PA manifest was not checked",
}
MAX_NAMES: Final = 5
"""How many holders are named; of more it is said how many."""


def sentence(
    record: VerifyRecord, facts: Facts, holders: tuple[str, ...], contact: str | None
) -> str:
    """The sentence, from what the file says; nothing in it was checked but the manifest.

    Args:
        record: what the file amounts to.
        facts: what its declaration says.
        holders: the names of those whose rights are reserved.
        contact: where to ask for a licence, or None.
    """
    if record.verdict is None:
        return record.error.message if record.error else "Nothing could be read."
    parts = [_head(record, facts, holders)]
    if record.verdict in _FORMS:
        parts += _tail(facts, contact)
    if facts.withdrawn is not None:
        parts.append(f"a declaration was withdrawn on {facts.withdrawn}")
    credential = _CREDENTIAL.get(record.credential.integrity)
    return "; ".join([*parts, *([credential] if credential else [])]) + "."


def _head(record: VerifyRecord, facts: Facts, holders: tuple[str, ...]) -> str:
    verdict = record.verdict
    if verdict is None or verdict not in _FORMS:
        return _SILENT[verdict or Verdict.UNSUPPORTED]
    partly = "A component of the file" if _of_a_component(record) else "The file"
    who = listed(_named(holders))
    says = f"{who} {'reserve' if len(holders) > 1 else 'reserves'}" if who else f"{partly} reserves"
    if facts.declarant is not None:
        says = f"A declaration of {facts.declarant.name}{f' for {who}' if who else ''} reserves"
    form = _FORMS[verdict]
    if verdict is Verdict.CONFLICT and says.startswith(("The file", "A ")):
        says = says[0].lower() + says[1:]
    reserved = [use for use in Use if record.uses.get(use, Permission.UNSTATED).reserves]
    machine = resolve(record.statements).machine
    if verdict not in _BY_MACHINES or machine.isdisjoint(reserved):
        return form.format(who=says, uses=_uses(record, reserved))
    head = form.format(who=says, uses=_uses(record, [use for use in reserved if use in machine]))
    told = [_TITLES[use] for use in reserved if use not in machine]
    return f"{head}, and {listed(told)} in natural language" if told else head


def _of_a_component(record: VerifyRecord) -> bool:
    saying = [
        item
        for item in record.statements
        if any(permission.reserves for permission in item.meaning.uses.values())
    ]
    return bool(saying) and all(item.partial for item in saying)


def _uses(record: VerifyRecord, reserved: Iterable[Use]) -> str:
    flatly: list[str] = []
    on_terms: list[str] = []
    for use in reserved:
        flat = record.uses[use] is Permission.RESERVED
        (flatly if flat else on_terms).append(_TITLES[use])
    if not on_terms:
        return listed(flatly)
    if not flatly:
        return f"{listed(on_terms)}, allowed on terms only,"
    return f"{listed(flatly)}, and ({listed(on_terms)}) but for what terms allow,"


def _tail(facts: Facts, contact: str | None) -> Iterator[str]:
    match facts.capacity:
        case Capacity.REPRESENTATIVE:
            whom = f" of {facts.represented}" if facts.represented else ""
            yield f"declared as representative{whom}"
        case Capacity.LICENSEE:
            yield "passed on by a licensee"
    if facts.reserve:
        yield f"with the reserve: {facts.reserve}"
    if facts.declared is not None:
        yield f"declared on {facts.declared}"
    if contact:
        yield f"ask {contact} for a licence"


def _named(holders: tuple[str, ...]) -> list[str]:
    if len(holders) <= MAX_NAMES:
        return list(holders)
    return [*holders[:MAX_NAMES], f"{len(holders) - MAX_NAMES} more"]


def listed(words: Iterable[str]) -> str:
    """Words as a list in a sentence."""
    found = list(words)
    return f"{', '.join(found[:-1])} and {found[-1]}" if len(found) > 1 else "".join(found)
