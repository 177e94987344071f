"""Rules about the credential: whether there is one, whether it holds, and who signed it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from mediaoptout.credentials.credential import ACTIVE, COMPONENT
from mediaoptout.verification.manifest import FETCH
from mediaoptout.verification.rules.matching import matches
from mediaoptout.verification.rules.rule import Fault, Group, NoParameters, Rule
from mediaoptout.verification.rules.subject import Subject
from mediaoptout.vocabularies.cawg import decode
from mediaoptout.words import Carrier, Integrity, Severity, Trust, Use

if TYPE_CHECKING:
    from mediaoptout.credentials.validation import Report

_THERE: Final = frozenset(Integrity) - {Integrity.ABSENT}


def _told(rule: str) -> Callable[[Subject, NoParameters], Iterator[Fault]]:
    """What reading the manifest has to say under the name of a rule."""

    def check(subject: Subject, _: NoParameters) -> Iterator[Fault]:
        for finding in subject.of_manifest:
            if finding.rule == rule:
                yield Fault(finding.message, finding.fix)

    return check


def _missing(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    possible = Carrier.C2PA in subject.record.missing
    if possible and subject.record.credential.integrity is Integrity.ABSENT:
        yield Fault("the file has no C2PA manifest")


@dataclass(frozen=True, slots=True)
class Signers:
    """Who may sign."""

    signers: Annotated[
        tuple[str, ...],
        "the names in the certificate (common name, organisation); * and ? stand for other"
        " characters",
    ] = ()
    serials: Annotated[
        tuple[str, ...], "the serial numbers of the certificates, decimal or hexadecimal (0x…)"
    ] = ()


def _signer(subject: Subject, wanted: Signers) -> Iterator[Fault]:
    credential, report = subject.record.credential, subject.report
    if credential.integrity not in _THERE or report is None:
        return
    serial = report.serial
    named = matches(credential.signer or "", wanted.signers)
    if named or (serial is not None and serial in map(_serial, wanted.serials)):
        return
    signer = credential.signer or "an unnamed signer"
    whose = signer if serial is None else f"{signer} (certificate {serial:#x})"
    yield Fault(f"{whose} signed, and is not in the list")


def _serial(text: str) -> int:
    return int(text, 0)


def _usable_signers(wanted: Signers) -> None:
    if not wanted.signers and not wanted.serials:
        raise ValueError("the list of signers is empty: give signers or serials")
    for text in wanted.serials:
        _serial(text)


def _untimed(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    credential = subject.record.credential
    if credential.integrity in _THERE and not credential.timestamped:
        yield Fault("no time stamp shows when the manifest was signed")


@dataclass(frozen=True, slots=True)
class Trusts:
    """How much must be known of the signer."""

    trust: Annotated[tuple[Trust, ...], "what may hold of the signer"] = (Trust.TRUSTED,)


def _trust(subject: Subject, wanted: Trusts) -> Iterator[Fault]:
    credential = subject.record.credential
    checked = credential.integrity in (Integrity.INTACT, Integrity.BROKEN)
    if checked and credential.trust not in wanted.trust:
        signer = credential.signer or "an unnamed signer"
        yield Fault(f"the signer, {signer}, is {credential.trust}, not {' or '.join(wanted.trust)}")


def _dropped(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    """An ancestor reserves, and the present manifest says nothing, or less."""
    report = subject.report
    if report is not None:
        lost = _not_said(report, report.earlier)
        if lost:
            yield Fault(
                f"an earlier manifest reserved {lost}; the one that was signed last does not"
            )


def _of_components(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    """A component of the work reserves, and the work does not."""
    report = subject.report
    if report is not None:
        lost = _not_said(report, (item for item in report.assertions if COMPONENT in item[0]))
        if lost:
            yield Fault(
                f"a component of the work reserves {lost}; the manifest of the work does not"
            )


def _not_said(report: Report, assertions: Iterable[tuple[str, str, Any]]) -> str:
    """The uses that some assertions reserve and the active manifest does not."""
    now = _reserved(item for item in report.assertions if item[0] == ACTIVE)
    before = _reserved(assertions)
    return ", ".join(use for use in Use if use in before and use not in now)


def _reserved(assertions: Iterable[tuple[str, str, Any]]) -> set[Use]:
    return {
        use
        for where, label, data in assertions
        for statement in decode(label, data, where, Carrier.C2PA)
        for use, permission in statement.meaning.uses.items()
        if permission.reserves
    }


def _silent(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    there = subject.record.credential.integrity in _THERE
    speaks = any(
        item.carrier in (Carrier.C2PA, Carrier.SIDECAR_C2PA) and item.meaning.uses
        for item in subject.record.statements
    )
    if there and not speaks:
        signer = subject.record.credential.signer or "an unnamed signer"
        yield Fault(f"the manifest of {signer} says nothing about mining or training")


RULES: Final[tuple[Rule[Any], ...]] = (
    Rule(
        "credential-unchecked",
        Group.CREDENTIAL,
        "There is a C2PA manifest whose hashes were not checked.",
        Severity.INFO,
        _told("credential-unchecked"),
        "With --quick only headers are read.",
        "verify without --quick",
    ),
    Rule(
        "credential-broken",
        Group.CREDENTIAL,
        "The file is not what was signed.",
        Severity.ERROR,
        _told("credential-broken"),
        "A hash of the manifest does not fit: the sound or picture, the metadata or the manifest"
        " itself was changed after signing, or part of it is cut off. A reservation in it still"
        " counts; a permission does not.",
        "get the file again from where it came, or ask who changed it",
    ),
    Rule(
        "credential-untrusted",
        Group.CREDENTIAL,
        "Nobody in the trust list vouches for the signer.",
        Severity.INFO,
        _told("credential-untrusted"),
        "Hashes and signature may hold all the same: that is another answer. Identities that are"
        " made here are untrusted until their certificate is bought, or their root is trusted.",
        "compare the signer with the one that you expect",
    ),
    Rule(
        "credential-not-allowed",
        Group.CREDENTIAL,
        "The signer is not among those that --allow-signer names.",
        Severity.ERROR,
        _told("credential-not-allowed"),
        "Asked only where the run has such a list. A certificate is named by its SHA-256 or its"
        " file; a name counts where the trust list vouches for the certificate that it stands in.",
        "ask who signed it, or allow that signer too",
    ),
    Rule(
        "credential-expired",
        Group.CREDENTIAL,
        "The signer's certificate was not shown to be alive at signing.",
        Severity.WARNING,
        _told("credential-expired"),
        "It has expired, and no time stamp shows that it was valid when the file was signed.",
        "ask the signer to sign anew, with a time stamp",
    ),
    Rule(
        "credential-revoked",
        Group.CREDENTIAL,
        "The signer's certificate was revoked.",
        Severity.WARNING,
        _told("credential-revoked"),
        "Its issuer took it back, for instance because the key was lost to somebody.",
        "ask the signer what happened",
    ),
    Rule(
        "credential-too-wide",
        Group.CREDENTIAL,
        "The signature leaves out more of the file than the manifest itself.",
        Severity.WARNING,
        _told("credential-too-wide"),
        "The list of what a signature does not cover may name any part of the file. What is left"
        " out can be exchanged, and the signature still holds: intact then says nothing of it.",
        "ask the signer to sign the whole file",
    ),
    Rule(
        "credential-remote",
        Group.CREDENTIAL,
        "The manifest is not in the file, but said to be on a server.",
        Severity.INFO,
        _told("credential-remote"),
        "A program wrote an address instead of the manifest. It is fetched only with --fetch: the"
        " address is the file's own word, and asking tells a stranger's server who looks at what."
        " The finding says whether it was fetched, and if not, why. A manifest beside the file"
        " (NAME.c2pa) is read as if it were in it, and nothing is fetched then.",
        FETCH,
    ),
    Rule(
        "credential-ancestor-broken",
        Group.CREDENTIAL,
        "An earlier manifest or ingredient was broken already when this one was signed.",
        Severity.WARNING,
        _told("credential-ancestor-broken"),
        "The present signature is right, and says nothing about what came before it.",
        "look at the earlier versions of the file",
    ),
    Rule(
        "credential-missing",
        Group.CREDENTIAL,
        "The file has no C2PA manifest, in it or beside it.",
        Severity.WARNING,
        _missing,
        "Only asked of files that can carry one (see 'mediaoptout formats'); FLAC has an official"
        " place for none.",
        "embed with signing, or ask the sender for the signed file",
    ),
    Rule(
        "credential-silent",
        Group.CREDENTIAL,
        "The manifest says nothing about mining and training.",
        Severity.WARNING,
        _silent,
        "A manifest of a camera or an editing program is a credential, but no reservation: readers"
        " of manifests find nothing in it.",
        "embed with --resign, which keeps that manifest as the parent of a new one",
    ),
    Rule(
        "credential-trust",
        Group.CREDENTIAL,
        "The signer is not trusted as the policy wants it.",
        Severity.ERROR,
        _trust,
        "For recipients who take files only from signers that a trust list vouches for.",
        "have the file signed with a certificate of the trust list",
        parameters=Trusts,
        full=True,
    ),
    Rule(
        "credential-signer",
        Group.CREDENTIAL,
        "Somebody signed who is not in the list.",
        Severity.ERROR,
        _signer,
        "A list of your own signers, or of those with whom you have a contract. The name is what"
        " the certificate says; whether to believe it is a matter of trust (credential-trust).",
        "ask who signed it, or add the signer to the policy",
        parameters=Signers,
        usable=_usable_signers,
    ),
    Rule(
        "credential-untimed",
        Group.CREDENTIAL,
        "No time stamp shows when the manifest was signed.",
        Severity.WARNING,
        _untimed,
        "Without the time stamp of an authority the signature loses its worth on the day on which"
        " the certificate ends.",
        "sign with an identity that has a time-stamp authority",
        full=True,
    ),
    Rule(
        "chain-dropped",
        Group.CREDENTIAL,
        "An earlier manifest reserved, and the one signed last dropped it.",
        Severity.WARNING,
        _dropped,
        "Who edits a signed file and signs it again keeps the earlier manifest as its parent, and"
        " should carry over what it says. The earlier reservation still counts.",
        "embed with --resign, so that the newest manifest says it again",
    ),
    Rule(
        "component-dropped",
        Group.CREDENTIAL,
        "A component of the work reserves what the manifest of the work does not.",
        Severity.WARNING,
        _of_components,
        "A picture in a montage or a recording in a film brought its own manifest, which reserves"
        " uses. That reservation is the component's holder's, and still counts.",
        "ask the holder of the component, or embed with --resign a reservation for the whole",
    ),
)
