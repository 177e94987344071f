"""What a file's C2PA manifest says of its uses, and what is to be said of the manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mediaoptout.containers import sidecars
from mediaoptout.containers.base import Container, Layout
from mediaoptout.credentials.credential import COMPONENT, Credential
from mediaoptout.credentials.reasons import (
    ABOUT_TRUST,
    NOT_ALLOWED,
    TRUST,
    UNCOVERED,
    UNSIGNED,
    UNTRUSTED,
    sentence,
)
from mediaoptout.credentials.trust import Anchors
from mediaoptout.errors import MediaError
from mediaoptout.records import Finding
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies import cawg
from mediaoptout.vocabularies.properties import Entry, as_text
from mediaoptout.vocabularies.reading import statements
from mediaoptout.vocabularies.statement import Meaning, Statement
from mediaoptout.words import Carrier, Integrity, Permission, Severity, Trust

if TYPE_CHECKING:
    from mediaoptout.credentials.validation import Report

_PROVENANCE: Final = "dcterms:provenance"

Hosts = frozenset[str] | None
"""Whom to ask for manifests: nobody, the hosts with these names, or, if there is none, any."""

BESIDE: Final = "put the manifest beside the file, under the same name with .c2pa"
FETCH: Final = (
    "verify with --fetch (and not --quick), or put the manifest beside the file, under the same"
    " name with .c2pa"
)

_TRUST: Final = {
    Trust.UNTRUSTED: (
        "credential-untrusted",
        Severity.INFO,
        "compare the signer with the one that you expect",
    ),
    Trust.EXPIRED: (
        "credential-expired",
        Severity.WARNING,
        "ask the signer to sign anew, with a time stamp",
    ),
    Trust.REVOKED: (
        "credential-revoked",
        Severity.WARNING,
        "ask the signer what happened",
    ),
}


def manifest_report(
    source: Source,
    container: Container,
    layout: Layout,
    place: Span,
    anchors: Anchors,
    *,
    check: bool,
) -> Report:
    """What the reference reader finds in the manifest.

    Args:
        source: the file.
        container: its family.
        layout: as it was read.
        place: where the manifest stands.
        anchors: whom to trust.
        check: hash the file; else integrity is ``unchecked``.
    """
    from mediaoptout.credentials.binding import LARGE, Held
    from mediaoptout.credentials.validation import validate

    held = None
    if check and source.size >= LARGE and _single(layout):
        store = container.manifest_store(source, layout)
        held = Held(store, container.frame_manifest(store)) if store else None
    media_type = container.media_types[0]
    return validate(source, media_type, check=check, anchors=anchors, place=place, held=held)


def _single(layout: Layout) -> bool:
    """Whether the file has one manifest store: which of several counts is the reader's business."""
    return sum(block.carrier is Carrier.C2PA for block in layout.blocks) == 1


def report_beside(
    source: Source, media: Path, anchors: Anchors, *, check: bool, recall: bool = False
) -> Report | None:
    """What the reference reader finds in the file's C2PA sidecar; None without one.

    A sidecar of a shared name that does not fit this file is another file's, and not broken.

    Args:
        source: the file.
        media: where it is.
        anchors: whom to trust.
        check: hash the file; else integrity is ``unchecked``.
        recall: open the sidecar too if its content is elsewhere.

    Raises:
        NotHereError: the sidecar is a placeholder.
    """
    sidecar = sidecars.find(media, sidecars.C2PA, recall=recall)
    if sidecar is None:
        return None
    from mediaoptout.credentials.validation import validate_beside

    report = validate_beside(source, sidecar.data, check=check, anchors=anchors)
    strange = report.credential.integrity is Integrity.BROKEN and sidecars.shares_name(media)
    return None if strange else report


def fetched(
    source: Source, container: Container, absent: Credential, anchors: Anchors, hosts: Hosts
) -> tuple[Report | None, Credential]:
    """The manifest from the address that a file names: what the reference reader finds in it.

    Args:
        source: the file.
        container: its family.
        absent: the credential of the file without it; see `elsewhere`.
        anchors: whom to trust.
        hosts: which hosts may be asked; None to ask nobody.
    """
    if absent.remote is None or hosts is None:
        return None, absent
    from mediaoptout.credentials.remote import fetch
    from mediaoptout.credentials.validation import validate_beside

    try:
        store = fetch(absent.remote, hosts)
    except MediaError as error:
        return None, replace(absent, unfetched=error.message)
    report = validate_beside(source, store, anchors=anchors, media_type=container.media_types[0])
    credential = replace(report.credential, remote=absent.remote)
    return replace(report, credential=credential), credential


def elsewhere(entries: Iterable[Entry]) -> Credential:
    """The credential of a file without a manifest: whether one is said to be on a server.

    Args:
        entries: what the file's carriers say.
    """
    for entry in entries:
        if entry.name == _PROVENANCE:
            url = as_text(entry.value)
            if url.startswith(("https://", "http://")):
                return Credential(remote=url)
    return Credential()


def manifest_statements(report: Report, carrier: Carrier = Carrier.C2PA) -> tuple[Statement, ...]:
    """The statements of a manifest.

    A reservation counts under a broken signature too; a permission under one is left out. So is
    the permission for a component of the work: it says nothing of the whole.

    Args:
        report: what was found in it.
        carrier: whether it stands in the file or beside it.
    """
    found: list[Statement] = []
    for where, label, data in report.assertions:
        if not cawg.is_read(label):
            continue
        said = cawg.remembered(_said, label, data, where, carrier)
        if COMPONENT in where:
            said = tuple(replace(_without_permissions(item), partial=True) for item in said)
        found += said
    if report.credential.integrity is Integrity.BROKEN:
        return tuple(map(_without_permissions, found))
    return tuple(found)


@lru_cache(maxsize=cawg.REMEMBERED)
def _said(label: str, text: str, where: str, carrier: Carrier) -> tuple[Statement, ...]:
    """What an assertion says; remembered, since the files of a catalogue mostly say the same."""
    data = json.loads(text)
    return cawg.decode(label, data, where, carrier) or statements(
        cawg.entries(label, data, where, carrier)
    )


def _without_permissions(statement: Statement) -> Statement:
    uses = {
        use: permission
        for use, permission in statement.meaning.uses.items()
        if permission is not Permission.ALLOWED
    }
    return replace(statement, meaning=Meaning(uses, statement.meaning.implied))


def manifest_findings(credential: Credential, report: Report | None) -> Iterator[Finding]:
    """What a user should know of a manifest.

    Args:
        credential: its state.
        report: what it says; None where there is none.
    """
    signer = credential.signer or "an unnamed signer"
    if credential.remote is not None:
        where, fix = credential.remote, BESIDE
        if report is not None:
            told = f"the manifest is not in the file: it was fetched from {where}"
        elif credential.unfetched is not None:
            told = (
                f"the manifest is not in the file: it is said to be at {where}, and could not be"
                f" fetched: {credential.unfetched}"
            )
        else:
            told = (
                f"the manifest is not in the file: it is said to be at {where}, and was not fetched"
            )
            fix = FETCH
        yield Finding("credential-remote", Severity.INFO, told, fix)
    if credential.integrity is Integrity.UNCHECKED:
        yield Finding(
            "credential-unchecked",
            Severity.INFO,
            f"there is a C2PA manifest of {signer}; its hashes were not checked",
            "verify without --quick",
        )
        return
    if credential.integrity is Integrity.BROKEN:
        yield _broken(credential)
    elif credential.uncovered:
        yield Finding(
            "credential-too-wide",
            Severity.WARNING,
            dict(credential.reasons)[UNCOVERED],
            "ask the signer to sign the whole file",
        )
    codes = {code for code, _ in credential.reasons}
    if NOT_ALLOWED in codes:
        yield Finding(
            "credential-not-allowed",
            Severity.ERROR,
            f"{signer} signed the manifest; {sentence(NOT_ALLOWED)}",
            "ask who signed it, or allow that signer too",
        )
    elif codes.isdisjoint(UNSIGNED) and credential.trust in _TRUST:
        rule, severity, fix = _TRUST[credential.trust]
        about = {code for code, trust in TRUST if trust is credential.trust}
        said = [text for code, text in credential.reasons if code in about]
        why = "; ".join(said) or sentence(UNTRUSTED)
        yield Finding(rule, severity, f"{signer} signed the manifest; {why}", fix)
    for ancestor in report.ancestors if report is not None else ():
        if ancestor.broken:
            reasons = "; ".join(dict.fromkeys(map(sentence, ancestor.codes)))
            yield Finding(
                "credential-ancestor-broken",
                Severity.WARNING,
                f"an earlier manifest ({ancestor.title or 'untitled'}) was broken already when"
                f" this one was signed: {reasons}",
                "the present signature says nothing about what came before it",
            )


def _broken(credential: Credential) -> Finding:
    said = dict.fromkeys(
        text
        for code, text in credential.reasons
        if code != UNCOVERED and not code.startswith(ABOUT_TRUST)
    )
    reasons = "; ".join(said) or ", ".join(credential.codes)
    whose = f"what {credential.signer} signed" if credential.signer else "what was signed"
    return Finding(
        "credential-broken",
        Severity.ERROR,
        f"the file is not {whose}: {reasons}",
        "get the file again from where it came, or ask who changed it",
    )
