"""Rules about the carriers: which of them speak, whether they agree, whether they can be read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

from mediaoptout.verification.rules.rule import EMBED, Fault, Group, NoParameters, Rule
from mediaoptout.verification.rules.subject import Subject
from mediaoptout.vocabularies.properties import Entry, as_text
from mediaoptout.words import Carrier, Severity, Use

_COMPARED: Final = frozenset({"tdm:reservation", "tdm:policy", "plus:DataMining"})
"""Properties that say the same in every carrier, or one of them is stale."""


def _damaged(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    for block in subject.layout.blocks:
        if block.error is not None:
            yield Fault(
                f"{block.location}: {block.error.message}",
                block.error.fix,
            )


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which carriers are meant."""

    carriers: Annotated[
        tuple[Carrier, ...],
        "the carriers that must hold the reservation where the container has them; empty for"
        " every one that the container could hold",
    ] = ()
    except_: Annotated[tuple[Carrier, ...], "carriers that may be missing"] = ()


def _missing(subject: Subject, wanted: Chosen) -> Iterator[Fault]:
    if subject.layout.obstacle is not None:  # which is what must be mended first
        return
    lacking = [
        carrier
        for carrier in subject.record.missing
        if carrier not in wanted.except_
        if not wanted.carriers or carrier in wanted.carriers
    ]
    if lacking:
        fix = "embed with signing" if lacking == [Carrier.C2PA] else None
        yield Fault(f"the reservation is not in: {', '.join(lacking)}", fix)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Which carriers may speak."""

    carriers: Annotated[tuple[Carrier, ...], "the carriers that may hold statements"] = ()


def _unexpected(subject: Subject, wanted: Allowed) -> Iterator[Fault]:
    places = {
        item.carrier: item.location
        for item in subject.record.statements
        if item.meaning.uses and item.carrier not in wanted.carriers
    }
    for carrier, location in places.items():
        yield Fault(f"{location} ({carrier}) holds a statement, and should not")


def _disagree(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    yield from _uses_disagree(subject)
    said: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in subject.entries:
        if entry.name in _COMPARED and not subject.resolved.conflicts:
            said[entry.name].setdefault(as_text(entry.value).strip(), entry)
    for name, values in said.items():
        if len({entry.carrier for entry in values.values()}) > 1:
            told = "; ".join(
                f"{value} ({entry.label}, {entry.location})" for value, entry in values.items()
            )
            yield Fault(f"{name} is not the same everywhere: {told}")
    yield from _texts_disagree(subject)


def _uses_disagree(subject: Subject) -> Iterator[Fault]:
    """A carrier that machines read reserves less than another one does."""
    reserved: dict[tuple[Carrier, str], set[Use]] = {}
    for item in subject.record.statements:
        if item.vocabulary.machine_readable and item.meaning.uses:
            place = item.location.partition("/")[0] if item.carrier in _SIGNED else item.location
            held = reserved.setdefault((item.carrier, place), set())
            held.update(use for use, word in item.meaning.uses.items() if word.reserves)
    for use in subject.expected:
        if use in subject.resolved.conflicts:
            continue
        with_it = [place for place, uses in reserved.items() if use in uses]
        without = [place for place, uses in reserved.items() if use not in uses]
        if with_it and without:
            yield Fault(
                f"{_place(with_it[0])} reserves {use}, {_place(without[0])} speaks and does not"
            )


_SIGNED: Final = frozenset({Carrier.C2PA, Carrier.SIDECAR_C2PA})


def _place(place: tuple[Carrier, str]) -> str:
    carrier, location = place
    return f"{location} ({carrier})"


def _texts_disagree(subject: Subject) -> Iterator[Fault]:
    """Declarations of ours of different days, or that do not name the owner."""
    said = subject.said
    for entry, text in said.declarations:
        if said.owners and not any(name in text for name in said.holders):
            name, stated = said.owners[0]
            yield Fault(
                f"{stated.label} ({stated.location}) names {name}, the declaration in"
                f" {entry.label} ({entry.location}) does not"
            )
            break
    dates = {text: entry for entry, text in reversed(said.dates)}
    if len(dates) > 1:
        told = "; ".join(
            f"{text} ({entry.label}, {entry.location})" for text, entry in dates.items()
        )
        yield Fault(f"the declarations are of different days: {told}")


def _duplicate(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    packets = [
        block.location
        for block in subject.layout.blocks
        if block.carrier is Carrier.XMP
        if any(entry.name in _COMPARED for entry in block.entries)
    ]
    if len(packets) > 1:
        yield Fault(f"{len(packets)} XMP packets hold a reservation: {', '.join(packets)}")


RULES: Final[tuple[Rule[Any], ...]] = (
    Rule(
        "carrier-damaged",
        Group.CARRIERS,
        "A block that could hold a reservation cannot be read.",
        Severity.ERROR,
        _damaged,
        "A cut-off XMP packet or a tag whose lengths do not fit could say anything, so the verdict"
        " is `damaged` whatever the other carriers say.",
        "repair or remove the block, then run again",
    ),
    Rule(
        "carrier-missing",
        Group.CARRIERS,
        "A carrier that the container could hold does not hold the reservation.",
        Severity.WARNING,
        _missing,
        "What the container could hold is in the table of formats. Each carrier has readers of its"
        " own: a player shows the tags, a picture agency reads XMP, a platform reads the manifest."
        " A carrier that is empty was stripped, or the file was tagged by a program that knows"
        " only one.",
        EMBED,
        parameters=Chosen,
        details=True,
    ),
    Rule(
        "carrier-unexpected",
        Group.CARRIERS,
        "A carrier holds a statement that should not.",
        Severity.WARNING,
        _unexpected,
        "Some recipients take plain files only: no ID3 in a WAV, no sidecars. The rule names every"
        " carrier with a statement that is not in the list.",
        "take the statement out there, or have the carrier in the list",
        parameters=Allowed,
    ),
    Rule(
        "carriers-disagree",
        Group.CARRIERS,
        "The carriers do not say the same.",
        Severity.ERROR,
        _disagree,
        "Compared are the uses that each machine-readable carrier reserves, the values of"
        " tdm:reservation, tdm:policy and plus:DataMining, and of declarations of ours the holder"
        " and the day. A difference means that one of them is stale: one program changed one"
        " carrier and left the others.",
        EMBED,
        details=True,
    ),
    Rule(
        "packet-duplicate",
        Group.CARRIERS,
        "Several XMP packets hold a reservation.",
        Severity.WARNING,
        _duplicate,
        "A file has one main XMP packet. Where programs have appended a second, each reader takes"
        " another one.",
        "leave one packet",
    ),
)
