"""The words of a declaration: composed from a table of phrases, the same in every carrier.

A declaration has a long form (`Reservation.texts`, for usage terms) and a short one
(`Reservation.notices`, for fields that hold little). The short one says the same with fewer
particulars: it leaves out identifiers and works before it leaves out anything else, and never what
limits the declaration or where to ask.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mediaoptout.errors import UsageError
from mediaoptout.reservation import legal
from mediaoptout.reservation.model import Capacity, Holder, Licence, Reservation, Wording, Work
from mediaoptout.words import Use

NOTICE_LENGTH: Final = 499
"""The longest short form, in characters."""

MAX_NAMED: Final = 10
"""How many works a text names; of more it says how many."""

PLACEHOLDERS: Final = (
    "holder",
    "reserves",
    "declarant",
    "represented",
    "mandate",
    "works",
    "uses",
    "basis",
    "reserve",
    "contact",
)
"""What may stand in braces in a body of one's own."""


@cache
def phrases() -> Mapping[str, Mapping[str, Any]]:
    """The table of phrases, by language."""
    text = files("mediaoptout.reservation").joinpath("texts.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def heads() -> tuple[str, ...]:
    """How our declarations begin, in every language."""
    return tuple(
        table[head]
        for table in phrases().values()
        for head in ("head", "head_ai", "head_other", "head_withdrawn")
    )


def with_texts(
    reservation: Reservation, bodies: Iterable[tuple[str, str]] | None = None
) -> Reservation:
    """The same reservation with its declaration composed, in both forms.

    Args:
        reservation: what is declared. Its `wording` says how; without one its languages are
            those of its texts, else English and French.
        bodies: pairs of a language and a long body of one's own (empty for the table's) instead.

    Raises:
        UsageError: a name or address is so long that the short form cannot be short.
    """
    if bodies is not None:
        wording = tuple(Wording(language=tag, text=body or None) for tag, body in bodies)
        reservation = replace(reservation, wording=wording)
    elif not reservation.wording:
        languages = [language for language, _ in reservation.texts] or ["en", "fr"]
        wording = tuple(Wording(language=language) for language in languages)
        reservation = replace(reservation, wording=wording)
    return replace(
        reservation,
        texts=tuple((own.language, _long(reservation, own)) for own in reservation.wording),
        notices=tuple((own.language, _short(reservation, own)) for own in reservation.wording),
    )


def completed(reservation: Reservation) -> Reservation:
    """The same reservation, dated today if it has no date, with texts if it has none."""
    if reservation.declared is None:
        return with_texts(replace(reservation, declared=datetime.now(UTC).date()))
    return reservation if reservation.texts else with_texts(reservation)


def compose(reservation: Reservation, language: str, template: str | None = None) -> str:
    """The long form in one language.

    Args:
        reservation: what is declared.
        language: one of `phrases`.
        template: a body of one's own instead of the table's; see `PLACEHOLDERS`.
    """
    return _long(reservation, Wording(language=language, text=template))


def declaration(reservation: Reservation, language: str) -> str:
    """The long form in one language: the reservation's own text where it has one."""
    own = next((own for own in reservation.wording if own.language == language), None)
    known = dict(reservation.texts).get(language)
    return known or _long(reservation, own or Wording(language=language))


def day(when: date, language: str) -> str:
    """A date as the language writes it."""
    table = phrases()[language]
    number = table["first"] if when.day == 1 else str(when.day)
    return str(
        table["date"].format(day=number, month=table["months"][when.month - 1], year=when.year)
    )


@dataclass(frozen=True, slots=True)
class _Measure:
    """How much a form says: what is False is left out, and articles beyond a number.

    ``at_length`` is whether uses are named in full, ``particulars`` whether licences have theirs.
    """

    identifiers: bool = True
    roles: bool = True
    works: bool = True
    supersedes: bool = True
    at_length: bool = True
    represented: bool = True
    mandate: bool = True
    reference: bool = True
    everybody: bool = True
    licences: bool = True
    particulars: bool = True
    articles: int | None = None


_ALL: Final = _Measure()
_LEANER: Final[tuple[Mapping[str, Any], ...]] = (
    {"identifiers": False},
    {"roles": False},
    {"works": False},
    {"supersedes": False},
    {"at_length": False},
    {"particulars": False},
    {"represented": False},
    {"mandate": False},
    {"everybody": False},
    {"articles": 2},
    {"licences": False},
    {"reference": False},
    {"articles": 1},
)
"""What the short form leaves out, the least of it first."""


def _long(reservation: Reservation, own: Wording) -> str:
    return _Composer(reservation, own, _ALL).text(own.text)


def _short(reservation: Reservation, own: Wording) -> str:
    """The short form: all that fits, in one's own words if they can be short."""
    for body in (own.notice or own.text, own.notice):
        measure = _ALL
        for left_out in ({}, *_LEANER):
            measure = replace(measure, **left_out)
            text = _Composer(reservation, own, measure).text(body)
            if len(text) <= NOTICE_LENGTH:
                return text
    raise UsageError(
        f"the short form of the declaration has {len(text)} characters, {NOTICE_LENGTH} at most"
        f" are taken by fields that hold little: {text[:80]}…",
        fix="shorten the names, the addresses, the licences or the notice of your own",
    )


class _Composer:
    """One form of one declaration in one language."""

    def __init__(self, reservation: Reservation, own: Wording, measure: _Measure) -> None:
        self._said = reservation
        self._own = own
        self._measure = measure
        self._table = phrases()[own.language]

    def text(self, body: str | None) -> str:
        """The whole text; a body of one's own stands in for all that the capacity decides."""
        if self._said.withdrawn is not None:
            parts = [self._table["head_withdrawn"], " ", self._withdrawn(self._said.withdrawn)]
        elif body is not None:
            parts = [self._table[self._head()], " ", body.format_map(self._values())]
        else:
            parts = [self._table[self._head()], " ", self._opening(), self._demand()]
        if self._said.withdrawn is None and self._measure.licences:
            parts += [self._granted(licence) for licence in self._said.licences]
        parts.append(self._supersedes())
        if self._measure.reference:
            parts.append(self._phrase("reference", self._said.reference))
        if self._said.declared is not None:
            parts.append(self._phrase("declared", self._said.declared.isoformat()))
        return "".join(parts)

    def _head(self) -> str:
        named = set(self._named())
        if Use.DATA_MINING in named:
            return "head"
        return "head_other" if named <= {Use.SEARCH} else "head_ai"

    def _opening(self) -> str:
        capacity = {
            Capacity.OWN_NAME: "own",
            Capacity.REPRESENTATIVE: "representative",
            Capacity.LICENSEE: "licensee",
        }[self._said.capacity]
        if capacity != "own" and self._said.declarant is None:
            capacity += "_unnamed"
        return str(self._table[capacity].format_map(self._values()))

    def _demand(self) -> str:
        demand = self._table["licensed" if self._said.unlicensed else "prior"]
        return str(demand.format_map(self._values()))

    def _withdrawn(self, when: date) -> str:
        values = {**self._values(), "withdrawn": day(when, self._own.language)}
        return str(self._table["withdrawn"].format_map(values))

    def _values(self) -> Mapping[str, str]:
        said, own, measure = self._said, self._own, self._measure
        mandate = (own.mandate or said.mandate) if measure.mandate else None
        represented = (own.represented or said.represented) if measure.represented else None
        many = len(said.holders) > 1
        basis = [
            legal.cite(article, own.language) for article in said.legal_basis[: measure.articles]
        ]
        return {
            "holder": self._holders(),
            "reserves": self._table["reserve_many" if many else "reserves"],
            "declarant": self._person(said.declarant) if said.declarant else "",
            "aside": self._phrase("aside", mandate, "mandate"),
            "mandate": self._phrase("mandate", mandate),
            "represented": self._phrase("represented", represented),
            "works": self._works(),
            "uses": self._uses(self._named()),
            "basis": self._phrase("basis", self._table["separator"].join(basis)),
            "reserve": self._phrase("reserve", own.reserve or said.reserve),
            "contact": self._phrase("contact", said.contact),
        }

    def _phrase(self, key: str, value: str | None, name: str = "") -> str:
        """A fragment of the table with a value in it; nothing if there is no value."""
        return str(self._table[key].format_map({name or key: value})) if value else ""

    def _joined(self, items: Sequence[str]) -> str:
        *others, last = items
        return f"{', '.join(others)} {self._table['and']} {last}" if others else last

    def _holders(self) -> str:
        names = [self._person(holder) for holder in self._said.holders]
        if not names:
            return str(self._table["holder"])
        if not self._measure.everybody and len(names) > 1:
            names = [names[0], self._table["others"].format(count=len(names) - 1)]
        return self._joined(names)

    def _person(self, holder: Holder) -> str:
        """A name with its role and identifiers behind it."""
        particulars = []
        if holder.role is not None and self._measure.roles:
            particulars.append(str(self._table["roles"][holder.role]))
        if self._measure.identifiers:
            particulars += map(str, holder.identifiers)
        return f"{holder.name} ({', '.join(particulars)})" if particulars else holder.name

    def _works(self) -> str:
        content = str(self._table["content"])
        named = [said for work in self._said.works[:MAX_NAMED] if (said := self._work(work))]
        if not named or not self._measure.works:
            return content
        if len(self._said.works) > MAX_NAMED:
            named.append(self._table["others"].format(count=len(self._said.works) - MAX_NAMED))
        return f"{content} ({'; '.join(named)})"

    def _work(self, work: Work) -> str:
        parts = [self._table["quote"].format(work.title)] if work.title else []
        parts += [work.artist] if work.artist else []
        if self._measure.identifiers:
            parts += map(str, work.identifiers)
        return ", ".join(parts)

    def _uses(self, uses: Iterable[Use]) -> str:
        table = self._table if self._measure.at_length else self._table["brief"]
        return self._joined([table[use] for use in uses] or [""])

    def _named(self, among: Iterable[Use] | None = None) -> list[Use]:
        """The reserved uses that must be named: training is part of mining."""
        reserved = [use for use in Use if self._said.permission(use).reserves]
        if among is not None:
            reserved = [use for use in reserved if use in set(among)]
        if Use.DATA_MINING in reserved:
            trainings = (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING)
            return [use for use in reserved if use not in trainings]
        if Use.AI_TRAINING in reserved and Use.GENERATIVE_AI_TRAINING in reserved:
            reserved.remove(Use.GENERATIVE_AI_TRAINING)
        return reserved

    def _granted(self, licence: Licence) -> str:
        particulars = self._measure.particulars
        uses = self._uses(self._named(licence.uses)) if licence.uses and particulars else None
        reference = licence.reference if particulars else None
        until = day(licence.until, self._own.language) if licence.until else None
        return str(
            self._table["granted"].format_map(
                {
                    "licensee": licence.licensee,
                    "uses": self._phrase("granted_uses", uses, "uses"),
                    "until": self._phrase("granted_until", until, "until"),
                    "reference": self._phrase("granted_reference", reference, "reference"),
                }
            )
        )

    def _supersedes(self) -> str:
        earlier = self._said.supersedes
        if not earlier or not self._measure.supersedes:
            return ""
        try:
            said = day(date.fromisoformat(earlier), self._own.language)
        except ValueError:
            return self._phrase("supersedes_reference", earlier, "supersedes")
        return self._phrase("supersedes_date", said, "supersedes")
