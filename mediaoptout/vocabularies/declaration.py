"""The facts of a declaration under a namespace of our own: who, for whom, on what ground, when.

No standard has a place for a mandate, a capacity or a reserve. They stand as plain properties of
XMP under ``urn:x-mediaoptout:1.0:`` (texts, bags, structures), and the same in ``cawg.metadata``,
so that a program can read what the declaration says in natural language. What is reserved is never
said here: that is for the standards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any, Final, Self, TypeVar

from mediaoptout.errors import UsageError
from mediaoptout.reservation import legal
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Capacity, Holder, Licence, Reservation, Role, Work
from mediaoptout.vocabularies.properties import (
    Bag,
    Entry,
    LangAlt,
    Property,
    Structs,
    Value,
    as_text,
)
from mediaoptout.words import Use

PREFIX: Final = "mediaoptout:"

DECLARED: Final = f"{PREFIX}Declared"
"""The day of the declaration, as ISO 8601 has it."""

MAX_ITEMS: Final = 10_000
"""How many holders, works or licences are read."""

_LANGUAGE: Final = "en"
"""The language in which articles are cited here; the texts cite them in their own."""

Struct = tuple[tuple[str, str], ...]
Word = TypeVar("Word", bound=StrEnum)
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a declaration says besides the uses and the texts; see `Reservation`."""

    holders: tuple[Holder, ...] = ()
    works: tuple[Work, ...] = ()
    capacity: Capacity | None = None
    declarant: Holder | None = None
    represented: str | None = None
    mandate: str | None = None
    reserve: str | None = None
    legal_basis: tuple[str, ...] = ()
    licence_contact: str | None = None
    licence_url: str | None = None
    declared: date | None = None
    reference: str | None = None
    supersedes: str | None = None
    withdrawn: date | None = None
    licences: tuple[Licence, ...] = ()

    @classmethod
    def of(cls, reservation: Reservation) -> Self:
        """The facts of a reservation."""
        return cls(**{item.name: getattr(reservation, item.name) for item in fields(cls)})

    def to_json(self) -> dict[str, Any]:
        """As in the inspect record; dates as ISO 8601."""
        return {
            "declarant": _holder_json(self.declarant) if self.declarant else None,
            "capacity": self.capacity,
            "represented": self.represented,
            "mandate": self.mandate,
            "reserve": self.reserve,
            "holders": [_holder_json(item) for item in self.holders],
            "works": [
                {
                    "title": item.title,
                    "artist": item.artist,
                    "identifiers": _identifiers_json(item.identifiers),
                }
                for item in self.works
            ],
            "legal_basis": list(self.legal_basis),
            "licence_contact": self.licence_contact,
            "licence_url": self.licence_url,
            "declared": _day(self.declared),
            "reference": self.reference,
            "supersedes": self.supersedes,
            "withdrawn": _day(self.withdrawn),
            "licences": [
                {
                    "licensee": item.licensee,
                    "uses": list(item.uses),
                    "until": _day(item.until),
                    "reference": item.reference,
                }
                for item in self.licences
            ],
        }


def _holder_json(holder: Holder) -> dict[str, Any]:
    return {
        "name": holder.name,
        "role": holder.role,
        "identifiers": _identifiers_json(holder.identifiers),
    }


def _identifiers_json(items: Iterable[Identifier]) -> list[dict[str, str]]:
    return [{"scheme": item.scheme, "value": item.display} for item in items]


def encode(reservation: Reservation) -> tuple[Property, ...]:
    """The facts as properties; what is not said has none."""
    facts = Facts.of(reservation)
    values: dict[str, Value | None] = {
        "Holders": _structs(_holder(item) for item in facts.holders),
        "Works": _structs(_work(item) for item in facts.works),
        "Capacity": str(facts.capacity) if facts.capacity else None,
        "Declarant": _structs([_holder(facts.declarant)] if facts.declarant else []),
        "Represented": facts.represented,
        "Mandate": facts.mandate,
        "Reserve": facts.reserve,
        "LegalBasis": Bag(tuple(legal.cite(item, _LANGUAGE) for item in facts.legal_basis))
        if facts.legal_basis
        else None,
        "LicenceContact": facts.licence_contact,
        "LicenceURL": facts.licence_url,
        "Declared": _day(facts.declared),
        "Reference": facts.reference,
        "Supersedes": facts.supersedes,
        "Withdrawn": _day(facts.withdrawn),
        "Licences": _structs(_licence(item) for item in facts.licences),
    }
    return tuple(Property(PREFIX + name, value) for name, value in values.items() if value)


def decode(entries: Iterable[Entry]) -> Facts:
    """The facts that properties state; what cannot be read is left out.

    Where several packets state one, the first counts.
    """
    said: dict[str, Value] = {}
    for entry in entries:
        if entry.name.startswith(PREFIX):
            said.setdefault(entry.name.removeprefix(PREFIX), entry.value)

    def text(name: str) -> str | None:
        value = said.get(name)
        return (as_text(value).strip() or None) if value is not None else None

    def each(name: str) -> Iterator[Mapping[str, str]]:
        value = said.get(name)
        for item in value.items[:MAX_ITEMS] if isinstance(value, Structs) else ():
            yield {field.removeprefix(PREFIX): content for field, content in item}

    holders = tuple(_some(_read_holder, each("Holders")))
    declarants = tuple(_some(_read_holder, each("Declarant")))
    return Facts(
        holders=holders,
        works=tuple(_some(_read_work, each("Works"))),
        capacity=_word(Capacity, text("Capacity")),
        declarant=declarants[0] if declarants else None,
        represented=text("Represented"),
        mandate=text("Mandate"),
        reserve=text("Reserve"),
        legal_basis=tuple(reference(item) for item in _texts(said.get("LegalBasis"))),
        licence_contact=text("LicenceContact"),
        licence_url=text("LicenceURL"),
        declared=_date(text("Declared")),
        reference=text("Reference"),
        supersedes=text("Supersedes"),
        withdrawn=_date(text("Withdrawn")),
        licences=tuple(_some(_read_licence, each("Licences"))),
    )


def reference(citation: str) -> str:
    """The reference of the table that is cited so; else the citation itself."""
    cited = ((key, ground.citations.values()) for key, ground in legal.grounds().items())
    return next((key for key, citations in cited if citation in citations), citation)


def _structs(items: Iterable[Struct]) -> Structs | None:
    found = tuple(item for item in items if item)
    return Structs(found) if found else None


def _struct(*pairs: tuple[str, str | None]) -> Struct:
    return tuple((PREFIX + name, str(text)) for name, text in pairs if text)


def _identifiers(items: Iterable[Identifier]) -> Struct:
    """A field for each scheme; several of one scheme stand behind each other."""
    said: dict[str, list[str]] = {}
    for item in items:
        said.setdefault(item.scheme, []).append(item.display)
    return _struct(*((scheme, "; ".join(values)) for scheme, values in said.items()))


def _holder(holder: Holder) -> Struct:
    names = _struct(("Name", holder.name), ("Role", holder.role))
    return names + _identifiers(holder.identifiers)


def _work(work: Work) -> Struct:
    names = _struct(("Title", work.title), ("Artist", work.artist))
    return names + _identifiers(work.identifiers)


def _licence(licence: Licence) -> Struct:
    return _struct(
        ("Licensee", licence.licensee),
        ("Uses", " ".join(licence.uses)),
        ("Until", _day(licence.until)),
        ("Reference", licence.reference),
    )


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _some(
    read: Callable[[Mapping[str, str]], Read | None], items: Iterable[Mapping[str, str]]
) -> Iterator[Read]:
    return (found for found in map(read, items) if found is not None)


def _read_holder(item: Mapping[str, str]) -> Holder | None:
    name = item.get("Name", "").strip()
    return Holder(name, _word(Role, item.get("Role")), _read_identifiers(item)) if name else None


def _read_work(item: Mapping[str, str]) -> Work | None:
    work = Work(item.get("Title") or None, item.get("Artist") or None, _read_identifiers(item))
    return None if work == Work() else work


def _read_licence(item: Mapping[str, str]) -> Licence | None:
    licensee = item.get("Licensee", "").strip()
    uses = (_word(Use, word) for word in item.get("Uses", "").split())
    return (
        Licence(
            licensee,
            tuple(use for use in uses if use),
            _date(item.get("Until")),
            item.get("Reference") or None,
        )
        if licensee
        else None
    )


def _read_identifiers(item: Mapping[str, str]) -> tuple[Identifier, ...]:
    found: list[Identifier] = []
    for scheme in Scheme:
        for text in item.get(scheme, "").split("; "):
            try:
                found.append(Identifier.parse(scheme, text))
            except UsageError:
                continue
    return tuple(found)


def _word(words: type[Word], text: str | None) -> Word | None:
    try:
        return words(text.strip()) if text else None
    except ValueError:
        return None


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text else None
    except ValueError:
        return None


def _texts(value: Any) -> tuple[str, ...]:
    match value:
        case Bag(items):
            return items[:MAX_ITEMS]
        case LangAlt(items):
            return tuple(text for _, text in items[:MAX_ITEMS])
        case str() if value:
            return (value,)
        case _:
            return ()
