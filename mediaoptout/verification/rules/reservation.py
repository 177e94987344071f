"""Rules about the reservation itself: what the statements amount to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from mediaoptout.verification.rules.rule import EMBED, Fault, Group, NoParameters, Rule
from mediaoptout.verification.rules.subject import Subject
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import Carrier, Permission, Severity, Use, Verdict, Vocabulary


def _not_reserved(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    if subject.record.verdict is Verdict.UNRESERVED:
        yield Fault("nothing in the file reserves the expected uses")
    if subject.record.verdict is Verdict.ALLOWED:
        yield Fault("the file allows the expected uses", f"{EMBED} --force")


def _uses_unreserved(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    if subject.record.verdict is Verdict.PARTIAL:
        machine, partly = subject.resolved.machine, subject.resolved.partly
        lacking = ", ".join(use for use in subject.expected if use not in machine | partly)
        if lacking:
            yield Fault(f"not reserved in a form that a machine can read: {lacking}")
        parts = ", ".join(use for use in subject.expected if use in partly)
        if parts:
            yield Fault(f"reserved for a component of the file only: {parts}")


def _prose_only(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    if subject.record.verdict is Verdict.TEXT_ONLY:
        yield Fault("the reservation is only in natural language, which a machine may not act on")


def _conflict(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    conflicts = subject.resolved.conflicts
    if conflicts:
        uses, found = set(conflicts), subject.record.statements
        reserving = _stating(found, uses, (Permission.RESERVED, Permission.CONSTRAINED))
        allowing = _stating(found, uses, (Permission.ALLOWED,))
        yield Fault(
            f"{reserving} reserves, {allowing} allows {', '.join(conflicts)};"
            " the stricter word holds"
        )


def _stating(
    found: Sequence[Statement], uses: set[Use], permissions: tuple[Permission, ...]
) -> str:
    """The statements that say so of one of the uses, and where they stand."""
    names = {
        f"{item.property} {item.value} ({item.location})": None
        for item in found
        if any(item.meaning.uses.get(use) in permissions for use in uses)
    }
    return ", ".join(names)


def _differ(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    values: dict[tuple[Carrier, str], set[str]] = defaultdict(set)
    if subject.resolved.conflicts:  # which says more
        return
    for item in subject.record.statements:
        if item.vocabulary.machine_readable and item.carrier is not Carrier.C2PA:
            values[item.carrier, item.property].add(item.value.strip())
    for (carrier, name), several in values.items():
        if len(several) > 1:
            yield Fault(
                f"{name} stands {len(several)} times in {carrier}, with different values: "
                + ", ".join(sorted(several))
            )


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """Which vocabularies a file shall speak, or may."""

    required: Annotated[tuple[Vocabulary, ...], "vocabularies that the file must use"] = ()
    allowed: Annotated[
        tuple[Vocabulary, ...],
        "vocabularies that the file may use beside those; every other is a fault",
    ] = ()


def _vocabulary_missing(subject: Subject, wanted: Vocabularies) -> Iterator[Fault]:
    spoken = {
        item.vocabulary
        for item in subject.record.statements
        if any(permission.reserves for permission in item.meaning.uses.values())
    }
    for vocabulary in wanted.required:
        if vocabulary not in spoken:
            yield Fault(f"nothing is reserved in the vocabulary {vocabulary}")
    if wanted.allowed:
        known = {*wanted.allowed, *wanted.required}
        for item in subject.record.statements:
            if item.vocabulary not in known and item.meaning.uses:
                yield Fault(
                    f"{item.property} ({item.location}) speaks {item.vocabulary}, which is not"
                    " expected",
                    "ask who wrote it",
                )


@dataclass(frozen=True, slots=True)
class Uses:
    """What shall hold for the uses."""

    uses: Annotated[tuple[Use, ...], "the uses that are meant"] = (Use.DATA_MINING,)
    permissions: Annotated[tuple[Permission, ...], "what may hold for each of them"] = (
        Permission.RESERVED,
        Permission.CONSTRAINED,
    )


def _permission(subject: Subject, wanted: Uses) -> Iterator[Fault]:
    for use in wanted.uses:
        holds = subject.resolved.uses[use]
        if holds not in wanted.permissions:
            yield Fault(f"{use} is {holds}, not {' or '.join(wanted.permissions)}")


RULES: Final[tuple[Rule[Any], ...]] = (
    Rule(
        "uses-unreserved",
        Group.RESERVATION,
        "Some of the expected uses are not reserved in a form that a machine can read.",
        Severity.ERROR,
        _uses_unreserved,
        "The expected uses are those of the policy ([expect] uses), of the profile (--profile), or"
        " data mining and both kinds of training. Each must be reserved in a vocabulary that"
        " programs act on; reserved mining reserves training with it.",
        "embed a profile that reserves them",
    ),
    Rule(
        "prose-only",
        Group.RESERVATION,
        "The reservation is only in natural language.",
        Severity.ERROR,
        _prose_only,
        "A sentence in a copyright notice may well be a valid reservation, but the law asks for"
        " machine-readable means for works that are online, and a crawler does not read prose.",
        EMBED,
    ),
    Rule(
        "not-reserved",
        Group.RESERVATION,
        "Nothing reserves the expected uses, or they are allowed.",
        Severity.ERROR,
        _not_reserved,
        "No carrier of the file, no sidecar and no manifest reserves any expected use.",
        EMBED,
    ),
    Rule(
        "statements-conflict",
        Group.RESERVATION,
        "One statement reserves a use that another allows.",
        Severity.ERROR,
        _conflict,
        "The stricter word holds, so the use still counts as reserved; but whoever wants to mine"
        " the file will point to the other statement.",
        "embed again with --force, or ask whoever wrote the other statement",
    ),
    Rule(
        "statements-differ",
        Group.RESERVATION,
        "One key stands several times in one carrier, with different values.",
        Severity.WARNING,
        _differ,
        "Two packets, or one tag twice: readers take the first or the last as they please, so"
        " nobody knows which of them counts.",
        "leave one of them",
    ),
    Rule(
        "permission",
        Group.RESERVATION,
        "A use is not reserved, constrained or allowed as the policy wants it.",
        Severity.ERROR,
        _permission,
        "What holds for a use after all statements were read together, prose included. It serves"
        " policies that ask more than the verdict says, for instance that search stays allowed.",
        "embed a profile that says so",
        parameters=Uses,
    ),
    Rule(
        "vocabulary",
        Group.RESERVATION,
        "A vocabulary that is wanted is not spoken, or one that is not expected is.",
        Severity.WARNING,
        _vocabulary_missing,
        "Recipients look for one vocabulary: PLUS in pictures, CAWG in manifests, TDMRep on the"
        " web. A statement in a vocabulary that nobody of yours writes was made by somebody else.",
        EMBED,
        parameters=Vocabularies,
        details=True,
    ),
)
