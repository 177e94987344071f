"""One file's inspection as a page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from mediaoptout.cli import humane
from mediaoptout.cli.console import Console, printable
from mediaoptout.credentials.credential import Credential
from mediaoptout.records import InspectRecord, VerifyRecord
from mediaoptout.vocabularies import creativecommons
from mediaoptout.vocabularies.statement import Meaning, Statement
from mediaoptout.words import Integrity, Permission, Trust, Use, Vocabulary

WIDTH: Final = 100
_INTEGRITY: Final = {
    Integrity.ABSENT: "none",
    Integrity.INTACT: "intact: hashes and signature hold",
    Integrity.BROKEN: "broken: the file was changed after signing, or the signature does not hold",
    Integrity.UNCHECKED: "there is one; it was not checked",
}
_TRUST: Final = {
    Trust.TRUSTED: "the trust list vouches for the signer",
    Trust.UNTRUSTED: "nobody vouches for the signer",
    Trust.EXPIRED: "the certificate has expired",
    Trust.REVOKED: "the certificate was revoked",
    Trust.NONE: "",
}


def inspected(console: Console, record: InspectRecord) -> None:
    """Show one file's record."""
    for line in _page(console, record):
        console.line(line)


def _page(console: Console, record: InspectRecord) -> Iterator[str]:
    verify = record.verify
    kind = f"{verify.container}, " if verify.container else ""
    size = f"  ({kind}{humane.size(verify.size)})" if verify.size is not None else ""
    yield console.style("strong", printable(verify.path)) + size
    yield from _wrapped(f"  {console.outcome(verify.verdict)}: ", printable(record.summary))
    if verify.error is not None and verify.error.fix:
        yield f"  what to do: {printable(verify.error.fix)}"
    if verify.verdict is not None:
        yield from _uses(verify)
        yield from _statements(console, verify)
        yield from _facts(record)
        yield from _declaration(record)
        yield from _credential(verify)
        yield from _findings(verify)
    yield ""


def _uses(verify: VerifyRecord) -> Iterator[str]:
    yield ""
    yield "  Uses"
    for use in Use:
        yield f"    {use:24} {verify.uses.get(use, Permission.UNSTATED)}"


def _statements(console: Console, verify: VerifyRecord) -> Iterator[str]:
    yield ""
    yield "  Statements" if verify.statements else "  Statements: none"
    place = None
    for statement in verify.statements:
        if place != (statement.carrier, statement.location):
            place = (statement.carrier, statement.location)
            where = f"{printable(statement.location)} ({statement.carrier})"
            yield f"    {console.style('strong', where)}"
        yield from _statement(statement)


def _statement(statement: Statement) -> Iterator[str]:
    value = printable(statement.value)
    yield from _wrapped(f"      {printable(statement.property)} = ", value)
    means = "; ".join(_meaning(statement.meaning))
    if not means and statement.vocabulary is Vocabulary.RIGHTS:
        means = creativecommons.explained(statement.value) or ""
    part = " (of a component of the file)" if statement.partial else ""
    yield from _wrapped(
        f"        {statement.vocabulary}: ", (means or "says nothing of uses") + part
    )


def _meaning(meaning: Meaning) -> Iterator[str]:
    said: dict[str, list[str]] = {}
    for use, permission in meaning.uses.items():
        word = f"{permission}, implied" if use in meaning.implied else str(permission)
        said.setdefault(word, []).append(use)
    implied = [use for use in meaning.implied if use not in meaning.uses]
    if implied:
        said["implied only"] = [*implied]
    return (f"{', '.join(uses)}: {word}" for word, uses in said.items())


def _facts(record: InspectRecord) -> Iterator[str]:
    facts = {
        "Holders": record.holders,
        "Works": record.works,
        "Legal basis": record.legal_basis,
        "Texts": tuple(f"[{language}] {text}" for language, text in record.texts),
        "Chain": record.chain,
    }
    for title, items in facts.items():
        if items:
            yield ""
            yield f"  {title}"
            for item in items:
                yield from _wrapped("    ", printable(item))


def _declaration(record: InspectRecord) -> Iterator[str]:
    """The particulars that only a declaration of this tool has."""
    facts = record.declaration
    if facts is None:
        return
    declarant = facts.declarant
    particulars = {
        "declared by": f"{declarant.name}{f', {declarant.role}' if declarant.role else ''}"
        if declarant
        else None,
        "in the capacity of": facts.capacity,
        "for": facts.represented,
        "mandate": facts.mandate,
        "reserve": facts.reserve,
        "ask for a licence at": facts.licence_url or facts.licence_contact,
        "on": facts.declared,
        "reference": facts.reference,
        "supersedes": facts.supersedes,
        "withdrawn on": facts.withdrawn,
    }
    said = {name: str(value) for name, value in particulars.items() if value}
    for licence in facts.licences:
        until = f" until {licence.until}" if licence.until else ""
        uses = f" for {', '.join(licence.uses)}" if licence.uses else ""
        said[f"licence of {licence.licensee}"] = f"granted{uses}{until}"
    if said:
        yield ""
        yield "  Declaration"
    for name, value in said.items():
        yield from _wrapped(f"    {printable(name)}: ", printable(value))


def _credential(verify: VerifyRecord) -> Iterator[str]:
    credential = verify.credential
    yield ""
    yield f"  Credential: {_INTEGRITY[credential.integrity]}"
    if credential.signer:
        trust = _TRUST[credential.trust]
        signer = printable(credential.signer)
        yield f"    signed by {signer}" + (f"; {trust}" if trust else "")
    if credential.signed_at:
        yield from _wrapped("    at ", f"{printable(credential.signed_at)}, {_stamped(credential)}")
    if credential.certificate is not None:
        held = credential.certificate
        valid = f"{held.not_before:%Y-%m-%d} to {held.not_after:%Y-%m-%d}"
        said = f"issued by {held.issuer}, valid {valid}, SHA-256 {held.fingerprint}"
        yield from _wrapped("    certificate: ", printable(said))
    for _, why in credential.reasons:
        yield from _wrapped("    because: ", printable(why))
    if credential.codes:
        yield from _wrapped("    codes: ", ", ".join(credential.codes))


def _stamped(credential: Credential) -> str:
    if not credential.timestamped:
        return "by the signer's own clock"
    by = f" by {printable(credential.authority)}" if credential.authority else ""
    known = "" if credential.authority_trusted else ", which no list vouches for"
    return f"time-stamped{by}{known}"


def _findings(verify: VerifyRecord) -> Iterator[str]:
    if verify.findings or verify.missing:
        yield ""
        yield "  Findings"
    for finding in verify.findings:
        fix = f" What to do: {finding.fix}." if finding.fix else ""
        yield from _wrapped(f"    {finding.severity}: ", printable(f"{finding.message}.{fix}"))
    if verify.missing:
        carriers = ", ".join(verify.missing)
        yield from _wrapped("    info: ", f"could also be said in: {carriers}")


def _wrapped(head: str, text: str) -> Iterator[str]:
    indent = " " * (len(head) - len(head.lstrip()) + 2)
    yield from textwrap.wrap(
        text,
        WIDTH,
        initial_indent=head,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [head.rstrip()]
