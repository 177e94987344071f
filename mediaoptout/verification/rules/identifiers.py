"""Rules about the identifiers of holders and works: there, right, and the same everywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final

from mediaoptout.errors import UsageError
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.verification.rules.rule import Fault, Group, NoParameters, Rule
from mediaoptout.verification.rules.subject import Subject
from mediaoptout.words import Severity

_SEVERAL: Final = frozenset(scheme for scheme in Scheme if scheme.of_holder)
"""Schemes of people: two fields may speak of two of them."""


@dataclass(frozen=True, slots=True)
class Schemes:
    """Which identifiers are wanted."""

    schemes: Annotated[tuple[Scheme, ...], "the schemes; each must be there"] = (Scheme.ISRC,)
    any_of: Annotated[tuple[Scheme, ...], "schemes of which one must be there"] = ()


def _missing(subject: Subject, wanted: Schemes) -> Iterator[Fault]:
    there = {named.scheme for named in subject.said.identifiers}
    for scheme in () if wanted.any_of else wanted.schemes:
        if scheme not in there:
            yield Fault(f"the file has no {scheme.label}")
    if wanted.any_of and not there.intersection(wanted.any_of):
        labels = ", ".join(scheme.label for scheme in wanted.any_of)
        yield Fault(f"the file has none of: {labels}")


def _invalid(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    told: set[tuple[Scheme, str]] = set()
    for named in subject.said.identifiers:
        if (named.scheme, named.text) not in told:
            told.add((named.scheme, named.text))
            try:
                named.identifier  # noqa: B018 it is checked by being made
            except UsageError as error:
                entry = named.entry
                yield Fault(f"{entry.label} ({entry.location}): {error.message}", error.fix)


def right(subject: Subject) -> dict[Identifier, str]:
    """The file's identifiers that are right, with the first place where each stands."""
    found: dict[Identifier, str] = {}
    for named in subject.said.identifiers:
        try:
            identifier = named.identifier
        except UsageError:
            continue
        found.setdefault(identifier, f"{named.entry.label}, {named.entry.location}")
    return found


def _differ(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    """Two fields have identifiers of one scheme, and none in common."""
    by_scheme: dict[Scheme, dict[str, set[Identifier]]] = defaultdict(lambda: defaultdict(set))
    for named in subject.said.identifiers:
        with suppress(UsageError):
            found, place = named.identifier, f"{named.entry.label}, {named.entry.location}"
            by_scheme[named.scheme][place].add(found)
    for scheme, fields in by_scheme.items():
        (first, held), *others = fields.items()
        for place, these in others:
            if scheme not in _SEVERAL and not held & these:
                yield Fault(
                    f"the {scheme.label} is {_listed(held)} ({first}) and {_listed(these)}"
                    f" ({place})"
                )
                break


def _listed(found: set[Identifier]) -> str:
    return " and ".join(sorted(item.display for item in found))


RULES: Final[tuple[Rule[Any], ...]] = (
    Rule(
        "identifier-missing",
        Group.IDENTIFIERS,
        "An identifier that is wanted is not in the file.",
        Severity.WARNING,
        _missing,
        "An identifier ties the reservation to the recording or work even where the title is"
        " spelt in ten ways. Read are the carriers' own fields, dc:identifier and xmp:Identifier.",
        "embed with the identifier from the catalogue",
        parameters=Schemes,
        details=True,
    ),
    Rule(
        "identifier-invalid",
        Group.IDENTIFIERS,
        "An identifier is wrong by its scheme's rule.",
        Severity.ERROR,
        _invalid,
        "Its form or its check character does not fit: a typing mistake, a number cut off, or"
        " another number in its field.",
        "compare it with the paper or database that it comes from",
    ),
    Rule(
        "identifiers-differ",
        Group.IDENTIFIERS,
        "The carriers hold different identifiers of one scheme.",
        Severity.ERROR,
        _differ,
        "Where two fields have identifiers of one scheme and none in common, one of them is a"
        " left-over of another file. Hyphens and spaces are no difference.",
        "find out which is right, and take the other one out",
    ),
)
