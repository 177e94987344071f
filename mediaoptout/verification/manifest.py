"""What a file's C2PA manifest says of its uses, and what is to be said of the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mediaoptout.containers import sidecars
from mediaoptout.containers.base import Container
from mediaoptout.credentials.credential import COMPONENT
from mediaoptout.records import Finding
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies import cawg
from mediaoptout.vocabularies.reading import statements
from mediaoptout.vocabularies.statement import Meaning, Statement
from mediaoptout.words import Carrier, Integrity, Permission, Severity, Trust

if TYPE_CHECKING:
    from mediaoptout.credentials.validation import Report

_TRUST: Final = {
    Trust.UNTRUSTED: (
        "credential-untrusted",
        Severity.INFO,
        "{signer} signed the manifest; nobody in the trust list vouches for that signer",
        "compare the signer with the one that you expect",
    ),
    Trust.EXPIRED: (
        "credential-expired",
        Severity.WARNING,
        "the certificate of {signer} has expired, and no time stamp shows that it was valid at"
        " signing",
        "ask the signer to sign anew, with a time stamp",
    ),
    Trust.REVOKED: (
        "credential-revoked",
        Severity.WARNING,
        "the certificate of {signer} was revoked",
        "ask the signer what happened",
    ),
}


def manifest_report(source: Source, container: Container, *, check: bool) -> Report:
    """What the reference reader finds in the manifest.

    Args:
        source: the file.
        container: its family.
        check: hash the file; else integrity is ``unchecked``.
    """
    from mediaoptout.credentials.validation import validate

    return validate(source, container.media_types[0], check=check)


def report_beside(source: Source, media: Path, *, check: bool) -> Report | None:
    """What the reference reader finds in the file's C2PA sidecar; None without one.

    A sidecar of a shared name that does not fit this file is another file's, and not broken.

    Args:
        source: the file.
        media: where it is.
        check: hash the file; else integrity is ``unchecked``.
    """
    sidecar = sidecars.find(media, sidecars.C2PA)
    if sidecar is None:
        return None
    from mediaoptout.credentials.validation import validate_beside

    report = validate_beside(source, sidecar.data, check=check)
    strange = report.credential.integrity is Integrity.BROKEN and sidecars.shares_name(media)
    return None if strange else report


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
        said = cawg.decode(label, data, where, carrier) or statements(
            cawg.entries(label, data, where, carrier)
        )
        if COMPONENT in where:
            said = tuple(replace(_without_permissions(item), partial=True) for item in said)
        found += said
    if report.credential.integrity is Integrity.BROKEN:
        return tuple(map(_without_permissions, found))
    return tuple(found)


def _without_permissions(statement: Statement) -> Statement:
    uses = {
        use: permission
        for use, permission in statement.meaning.uses.items()
        if permission is not Permission.ALLOWED
    }
    return replace(statement, meaning=Meaning(uses, statement.meaning.implied))


def manifest_findings(report: Report) -> Iterator[Finding]:
    """What a user should know of a manifest."""
    credential = report.credential
    signer = credential.signer or "an unnamed signer"
    match credential.integrity:
        case Integrity.UNCHECKED:
            yield Finding(
                "credential-unchecked",
                Severity.INFO,
                f"there is a C2PA manifest of {signer}; its hashes were not checked",
                "verify without --quick",
            )
            return
        case Integrity.BROKEN:
            codes = ", ".join(credential.codes)
            yield Finding(
                "credential-broken",
                Severity.ERROR,
                f"the file is not what {signer} signed: {codes}",
                "get the file again from where it came, or ask who changed it",
            )
    if credential.trust in _TRUST:
        rule, severity, message, fix = _TRUST[credential.trust]
        yield Finding(rule, severity, message.format(signer=signer), fix)
    for ancestor in report.ancestors:
        if ancestor.broken:
            yield Finding(
                "credential-ancestor-broken",
                Severity.WARNING,
                f"an earlier manifest ({ancestor.title or 'untitled'}) was broken already when"
                f" this one was signed: {', '.join(ancestor.codes)}",
                "the present signature says nothing about what came before it",
            )
