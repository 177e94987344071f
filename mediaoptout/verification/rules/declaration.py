"""Rules about who declares what: holders, contacts, days, and people whom nobody expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from mediaoptout.reservation.model import Capacity
from mediaoptout.verification.rules.matching import host_of, matches
from mediaoptout.verification.rules.rule import Fault, Group, NoParameters, Rule
from mediaoptout.verification.rules.said import names, texts
from mediaoptout.verification.rules.subject import Subject
from mediaoptout.vocabularies.properties import Entry, as_text
from mediaoptout.words import Severity

_IN_FORCE: Final = date(2019, 6, 6)
"""When Directive (EU) 2019/790 entered into force: nobody could reserve by it before."""


def _holder_missing(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    if not subject.said.names_somebody:
        yield Fault("the file does not say whose rights are reserved")


@dataclass(frozen=True, slots=True)
class Names:
    """Who is expected."""

    names: Annotated[
        tuple[str, ...], "the names that may stand there; * and ? stand for other characters"
    ] = ()


def _holder_unexpected(subject: Subject, wanted: Names) -> Iterator[Fault]:
    for name in subject.said.holders:
        if not matches(name, wanted.names):
            yield Fault(f"the rights are reserved for {name}, who is not expected")


def _contact(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    contacts = subject.said.contacts
    if not contacts:
        yield Fault("the file does not say where to ask for a licence")
    for entry, address in contacts:
        if not _reachable(address):
            yield Fault(f"{_where(entry)} is {address!r}, which is no web or e-mail address")


def _reachable(address: str) -> bool:
    return host_of(address) is not None


@dataclass(frozen=True, slots=True)
class Capacities:
    """In which capacities somebody may declare."""

    capacities: Annotated[
        tuple[Capacity, ...], "those that are expected; empty for any that is stated"
    ] = ()
    mandate: Annotated[
        bool, "whether a representative or licensee must name the mandate on which they rely"
    ] = True


def _capacity(subject: Subject, wanted: Capacities) -> Iterator[Fault]:
    facts = subject.said.facts
    if facts.capacity is None:
        yield Fault("the file does not say in which capacity the rights are reserved")
        return
    if wanted.capacities and facts.capacity not in wanted.capacities:
        expected = " or ".join(wanted.capacities)
        yield Fault(f"the rights are reserved in the capacity {facts.capacity}, not {expected}")
    if wanted.mandate and facts.capacity is not Capacity.OWN_NAME and not facts.mandate:
        yield Fault(f"somebody declares as {facts.capacity}, and names no mandate")


@dataclass(frozen=True, slots=True)
class Days:
    """Between which days a declaration may be dated."""

    since: Annotated[date, "the first day that is plausible"] = _IN_FORCE
    until: Annotated[date | None, "the last one; nothing for today"] = None


def _date_missing(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    if not subject.said.dates:
        yield Fault("the file does not say since when the rights are reserved")


def _date_implausible(subject: Subject, wanted: Days) -> Iterator[Fault]:
    until = wanted.until or date.today()
    for text, entry in {text: entry for entry, text in subject.said.dates}.items():
        try:
            found = date.fromisoformat(text)
        except ValueError:
            yield Fault(f"{_where(entry)} is dated {text}, which is no day")
            continue
        if found > until:
            yield Fault(f"{_where(entry)} is dated {text}, which is still to come")
        elif found < wanted.since:
            yield Fault(f"{_where(entry)} is dated {text}, before {wanted.since}")


@dataclass(frozen=True, slots=True)
class Expected:
    """Who may have spoken."""

    names: Annotated[
        tuple[str, ...],
        "holders, licensors and signers whose statements are expected; * and ? stand for other"
        " characters",
    ] = ()
    hosts: Annotated[
        tuple[str, ...],
        "hosts of policies, terms and contacts that are expected (rights.example.org,"
        " *.example.org)",
    ] = ()


def _stranger(subject: Subject, wanted: Expected) -> Iterator[Fault]:
    if wanted.names:
        for name, where in _speakers(subject).items():
            if not matches(name, wanted.names):
                yield Fault(f"{where} speaks for {name}, who is not expected")
    if wanted.hosts:
        for entry, address in subject.said.contacts:
            host = host_of(address)
            if host is not None and not matches(host, wanted.hosts):
                yield Fault(f"{_where(entry)} leads to {host}, which is not expected")


def _speakers(subject: Subject) -> dict[str, str]:
    """Everybody who speaks in the file, with the first place where they do."""
    found: dict[str, str] = {}
    for name in subject.said.holders:
        found.setdefault(name, "the reservation")
    for entry in subject.entries:
        if entry.name == "plus:Licensor" and not isinstance(entry.value, str):
            for name in names(entry):
                found.setdefault(name, _where(entry))
    signer = subject.record.credential.signer
    if signer is not None:
        found.setdefault(signer, "the manifest")
    return found


def _where(entry: Entry) -> str:
    return f"{entry.label} ({entry.location})"


@dataclass(frozen=True, slots=True)
class Words:
    """What a text must contain."""

    texts: Annotated[
        tuple[str, ...],
        "texts that must each stand in a notice or in the usage terms; capitals do not matter",
    ] = ()


def _text_missing(subject: Subject, wanted: Words) -> Iterator[Fault]:
    told = "\n".join(
        text
        for entry in subject.entries
        if entry.name in _TEXTS
        for text in (*texts(entry), as_text(entry.value))
    ).casefold()
    for text in wanted.texts:
        if text.casefold() not in told:
            yield Fault(f"no notice and no usage terms of the file say {text!r}")


_TEXTS: Final = frozenset({"dc:rights", "xmpRights:UsageTerms", "plus:OtherConstraints"})

RULES: Final[tuple[Rule[Any], ...]] = (
    Rule(
        "holder-missing",
        Group.DECLARATION,
        "The file does not say whose rights are reserved.",
        Severity.WARNING,
        _holder_missing,
        "A reservation is an act of somebody. Looked at are xmpRights:Owner, plus:CopyrightOwner"
        " and the declarations that this program writes.",
        "embed with a profile that names the holder (holder.name)",
        details=True,
    ),
    Rule(
        "holder-unexpected",
        Group.DECLARATION,
        "The rights are reserved for somebody who is not in the list.",
        Severity.ERROR,
        _holder_unexpected,
        "For a distributor or a label that knows for whom it delivers.",
        "compare with the contract, or add the name to the policy",
        parameters=Names,
        details=True,
    ),
    Rule(
        "capacity",
        Group.DECLARATION,
        "The file does not say in which capacity the rights are reserved, or in another one.",
        Severity.WARNING,
        _capacity,
        "In one's own name, as representative, or as licensee who passes a reservation on; read"
        " from the particulars that this program writes into XMP. A representative relies on a"
        " mandate, and should say on which.",
        "embed with a profile that has capacity.as and capacity.mandate",
        parameters=Capacities,
        details=True,
    ),
    Rule(
        "contact-missing",
        Group.DECLARATION,
        "The file does not say where to ask for a licence, or the address cannot be right.",
        Severity.WARNING,
        _contact,
        "Looked at are xmpRights:WebStatement with its native fields, plus:Licensor and"
        " tdm:policy. An address must be a web or e-mail address with a host name; it is not"
        " called.",
        "embed with a profile that has licence.url or licence.contact",
        details=True,
    ),
    Rule(
        "date-missing",
        Group.DECLARATION,
        "The file does not say since when the rights are reserved.",
        Severity.WARNING,
        _date_missing,
        "A reservation holds from the day of its declaration; what was mined before was mined"
        " before. The day stands in the declarations that this program writes.",
        "embed with a profile that has declaration.date",
        details=True,
    ),
    Rule(
        "date-implausible",
        Group.DECLARATION,
        "The declaration is dated in the future, or before anybody could reserve.",
        Severity.WARNING,
        _date_implausible,
        "A reservation that is dated before Directive (EU) 2019/790 entered into force"
        " (6 June 2019), or after today, is a typing mistake that makes all of it doubtful.",
        "embed again with the right declaration.date",
        parameters=Days,
        details=True,
    ),
    Rule(
        "statement-unexpected",
        Group.DECLARATION,
        "Somebody speaks in the file who is not expected.",
        Severity.WARNING,
        _stranger,
        "A platform, an agency or a tool may have added a licensor, a policy address or a manifest"
        " of its own. The names are those of holders, licensors and the signer; the hosts are those"
        " of policy, terms and contact addresses.",
        "ask who wrote it, or add the name or host to the policy",
        parameters=Expected,
    ),
    Rule(
        "text-missing",
        Group.DECLARATION,
        "A text that is wanted is in no notice and no usage terms.",
        Severity.WARNING,
        _text_missing,
        "For wordings on which an agreement insists: a reference number, an article, a mandate.",
        "embed with a profile whose texts have it",
        parameters=Words,
        details=True,
    ),
)
