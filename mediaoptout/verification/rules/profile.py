"""The rule that compares a file with a profile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Annotated, Any, Final

from mediaoptout.errors import UsageError
from mediaoptout.reservation.model import Reservation
from mediaoptout.reservation.profiles import load
from mediaoptout.reservation.texts import with_texts
from mediaoptout.verification.rules.rule import Fault, Group, Rule
from mediaoptout.verification.rules.said import texts
from mediaoptout.verification.rules.subject import Subject
from mediaoptout.vocabularies import declaration, prose
from mediaoptout.vocabularies.encoding import encode
from mediaoptout.vocabularies.properties import Bag, Entry, Structs, Value, as_text
from mediaoptout.words import Severity


@dataclass(frozen=True, slots=True)
class OfProfile:
    """The profile that files are compared with."""

    profile: Annotated[str, "its name, or the path of its file"] = "eu-tdm"
    set_: Annotated[
        tuple[str, ...], "KEY=VALUE pairs that win over the profile, as with --set"
    ] = ()


def _profile_differs(subject: Subject, wanted: OfProfile) -> Iterator[Fault]:
    reservation = _reservation(wanted.profile, wanted.set_)
    properties = {item.name: item.value for item in encode(reservation)}
    for entry in subject.entries:
        value = properties.get(entry.name)
        if value is not None and not _says(entry, value, reservation):
            yield Fault(
                f"{entry.location} {entry.label} is {_short(as_text(entry.value))!r}, where the"
                f" profile {wanted.profile} says {_short(as_text(value))!r}"
            )
    said = subject.said.holders
    for holder in reservation.holders:
        if said and holder.name not in said:
            yield Fault(
                f"the profile {wanted.profile} is for {holder.name}, the file names"
                f" {', '.join(said)}"
            )


@cache
def _reservation(name: str, settings: tuple[str, ...]) -> Reservation:
    """What a profile reserves; dated as every file is, since days are not compared."""
    reservation = load(name, settings)
    if reservation.declared is not None:
        return reservation
    return with_texts(replace(reservation, declared=date.min))


def _usable_profile(wanted: OfProfile) -> None:
    try:
        _reservation(wanted.profile, wanted.set_)
    except UsageError as error:
        raise ValueError(error.message) from error


def _says(entry: Entry, value: Value, reservation: Reservation) -> bool:
    """Whether an entry says what the profile says; texts of others, and days, may differ."""
    if isinstance(value, Bag | Structs) or entry.name == declaration.DECLARED:
        return True
    if entry.name in prose.NAMES:
        forms = [text for _, text in (*reservation.texts, *reservation.notices)]
        return all(
            not prose.is_ours(text) or any(prose.same_declaration(text, form) for form in forms)
            for text in texts(entry)
        )
    return as_text(entry.value).strip() == as_text(value).strip()


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


RULES: Final[tuple[Rule[Any], ...]] = (
    Rule(
        "profile-differs",
        Group.CARRIERS,
        "A carrier says something other than the profile does.",
        Severity.ERROR,
        _profile_differs,
        "Every property that the profile would write is compared with what stands in the file,"
        " wherever it stands; the day of the declaration may differ, and so may texts of others.",
        "embed the profile",
        parameters=OfProfile,
        usable=_usable_profile,
        details=True,
    ),
)
