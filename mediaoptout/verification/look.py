"""Inspect one file: the verify record, who speaks, and one sentence that sums it up."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mediaoptout.credentials.trust import Anchors
from mediaoptout.errors import UsageError
from mediaoptout.records import InspectRecord
from mediaoptout.reservation import legal
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Holder, Work
from mediaoptout.reservation.texts import phrases
from mediaoptout.verification.check import Asked, examine, hosts_of
from mediaoptout.verification.rules.said import Said
from mediaoptout.verification.sentence import sentence
from mediaoptout.vocabularies import cawg, creativecommons, prose
from mediaoptout.vocabularies.declaration import Facts, reference
from mediaoptout.vocabularies.properties import Entry, LangAlt, Structs, as_text
from mediaoptout.words import Carrier

if TYPE_CHECKING:
    from mediaoptout.credentials.validation import Report

_BASIS: Final = re.compile(r"2019/790|2024/1689|122-5-3|211-3|§\s*44b", re.IGNORECASE)
_UNKNOWN: Final = "und"


def inspect(
    path: Path | str,
    *,
    anchors: Anchors | None = None,
    recall: bool = False,
    fetch: bool | Collection[str] = False,
) -> InspectRecord:
    """Every statement in a file, where it stands and what it means. Raises nothing of the file's.

    Args:
        path: the file.
        anchors: whom to trust; None for the list in use.
        recall: open placeholders too, so that their content is fetched from tape or a cloud.
        fetch: fetch a manifest that is not here; see `mediaoptout.verification.check.verify`.
    """
    asked = replace(Asked.of(anchors=anchors), recall=recall, fetch=hosts_of(fetch))
    seen = examine(path, asked)
    entries = (*seen.entries, *_of_manifest(seen.report))
    said = Said(entries)
    facts = _dated(said)
    texts = _texts(entries)
    articles = tuple(legal.cite(item, "en") for item in facts.legal_basis)
    return InspectRecord(
        verify=seen.record,
        holders=tuple(map(_holder, facts.holders)) or _unique(_owners(said)),
        works=_works(facts, said),
        legal_basis=articles or _cited(texts),
        texts=texts,
        chain=tuple(_chain(seen.report)) if seen.report is not None else (),
        summary=sentence(seen.record, facts, _names(facts, said), _contact(facts, said)),
        declaration=facts if facts != Facts() else None,
    )


def _of_manifest(report: Report | None) -> Iterator[Entry]:
    """What the manifest's metadata say, besides what is in the file's own blocks."""
    for where, label, data in report.assertions if report is not None else ():
        yield from cawg.entries(label, data, where, Carrier.C2PA)


def _dated(said: Said) -> Facts:
    """The facts; where no property has the date of a declaration of ours, its text does."""
    facts = said.facts
    if facts.declared is None and said.dates:
        try:
            return replace(facts, declared=date.fromisoformat(said.dates[0][1]))
        except ValueError:
            return facts
    return facts


def _names(facts: Facts, said: Said) -> tuple[str, ...]:
    return _unique(holder.name for holder in facts.holders) or said.holders


def _holder(holder: Holder) -> str:
    """A holder in one line: name, role, identifiers."""
    role = f", {holder.role}" if holder.role else ""
    return f"{holder.name}{role}{_listed(holder.identifiers)}"


def _work(work: Work) -> str:
    """A work in one line: title, artist, identifiers."""
    by = f" by {work.artist}" if work.artist and work.title else work.artist or ""
    named = f"{work.title or ''}{by}"
    return f"{named}{_listed(work.identifiers)}" if named else "; ".join(map(str, work.identifiers))


def _listed(identifiers: Iterable[Identifier]) -> str:
    joined = "; ".join(map(str, identifiers))
    return f" ({joined})" if joined else ""


def _owners(said: Said) -> Iterator[str]:
    """The owners that properties of others name, with the identifier that stands beside."""
    identified: dict[str, str] = {}
    for entry in said.entries:
        if entry.name == "plus:CopyrightOwner" and isinstance(entry.value, Structs):
            for item in entry.value.items:
                fields = {key.rpartition(":")[2]: text for key, text in item}
                if fields.get("CopyrightOwnerID"):
                    name = fields.get("CopyrightOwnerName", "").strip()
                    identified[name] = fields["CopyrightOwnerID"]
    for name in said.holders:
        yield f"{name} ({identified[name]})" if name in identified else name


def _works(facts: Facts, said: Said) -> tuple[str, ...]:
    """The works that the declaration names, and what identifiers of works stand elsewhere."""
    known = {item for work in facts.works for item in work.identifiers}
    others: list[str] = []
    for named in said.identifiers:
        found = Identifier.guess(named.text) or _parsed(named.scheme, named.text)
        if found is None:
            others.append(f"{named.scheme.label} {named.text} (not right by its rule)")
        elif found not in known and not found.scheme.of_holder:
            others.append(str(found))
    unknown = (
        as_text(entry.value)
        for entry in said.entries
        if entry.name == "dc:identifier" and Identifier.guess(as_text(entry.value)) is None
    )
    return _unique((*map(_work, facts.works), *others, *unknown))


def _parsed(scheme: Scheme, text: str) -> Identifier | None:
    try:
        return Identifier.parse(scheme, text)
    except UsageError:
        return None


def _contact(facts: Facts, said: Said) -> str | None:
    """Where to ask for a licence; the address of a public licence is no such place."""
    if facts.licence_url or facts.licence_contact:
        return facts.licence_url or facts.licence_contact
    for entry, address in said.contacts:
        if address and entry.name != "tdm:policy" and creativecommons.licence(address) is None:
            return address
    return None


def _texts(entries: Iterable[Entry]) -> tuple[tuple[str, str], ...]:
    """The declarations, each once, with the language that somebody says it is in."""
    found: dict[str, str] = {}
    for entry in entries:
        if entry.name in prose.NAMES:
            value = entry.value
            items = value.items if isinstance(value, LangAlt) else (("", as_text(value)),)
            for language, text in items:
                known = language if language != "x-default" else ""
                known = known or _language(text)
                if prose.sentence(text) and not found.get(text):
                    found[text] = known
    return tuple((language or _UNKNOWN, text) for text, language in found.items())


def _language(text: str) -> str:
    """The language of a declaration of ours, by how it begins; empty for others'."""
    return next(
        (
            language
            for language, table in phrases().items()
            if text.lstrip().startswith(tuple(table[key] for key in table if "head" in key))
        ),
        "",
    )


def _cited(texts: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The articles that the texts cite; one of the table is told once, whatever the language."""
    found = (part for _, text in texts for part in _articles(text))
    return _unique(legal.cite(reference(part), "en") for part in found)


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
    credential = report.credential
    at = f", {credential.signed_at}" if credential.signed_at else ""
    yield f"{credential.signer or 'an unnamed signer'}{at}"
    for ancestor in report.ancestors:
        broken = ", broken before" if ancestor.broken else ""
        signer = f", signed by {ancestor.signer}" if ancestor.signer else ""
        yield f"{ancestor.relation}: {ancestor.title or 'untitled'}{signer}{broken}"


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
