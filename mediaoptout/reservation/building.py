"""A profile's tables as values: the reservation that it makes, and the delivery that it is for.

What comes here has been checked, key by key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from mediaoptout.reservation import delivery as deliveries
from mediaoptout.reservation.delivery import Delivery
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import (
    Capacity,
    Holder,
    Licence,
    Reservation,
    Role,
    Wording,
    Work,
)
from mediaoptout.words import Permission, Use

_TRANSLATED = {"of": "represented", "mandate": "mandate", "reserve": "reserve"}


def rows(data: Mapping[str, Any], table: str) -> tuple[Mapping[str, Any], ...]:
    """The tables of a name, of which there may be several."""
    listed = data.get(table, {})
    return tuple(listed) if isinstance(listed, list) else (listed,)


def reservation(data: Mapping[str, Any]) -> Reservation:
    """The reservation that a profile's tables make; its texts are not composed yet.

    Raises:
        UsageError: it reserves nothing, or a licence goes beyond it.
    """
    capacity, declaration = data.get("capacity", {}), data.get("declaration", {})
    licence, declarant = data.get("licence", {}), data.get("declarant", {})
    wording = _wording(data)
    return Reservation(
        uses={Use(use): Permission(said) for use, said in data.get("uses", {}).items()},
        holders=tuple(_holder(table) for table in rows(data, "holder") if table.get("name")),
        works=tuple(work for table in rows(data, "work") if (work := _work(table)) != Work()),
        capacity=Capacity(capacity.get("as", Capacity.OWN_NAME)),
        declarant=_holder(declarant) if declarant.get("name") else None,
        represented=_said(capacity.get("of"), wording),
        mandate=_said(capacity.get("mandate"), wording),
        reserve=_said(capacity.get("reserve"), wording),
        legal_basis=tuple(data.get("basis", {}).get("articles", ())),
        licence_contact=licence.get("contact"),
        licence_url=licence.get("url"),
        policy_url=data.get("policy", {}).get("url"),
        declared=declaration.get("date"),
        reference=declaration.get("reference"),
        supersedes=_named(declaration.get("supersedes")),
        withdrawn=declaration.get("withdrawn"),
        licences=tuple(_licence(table) for table in licence.get("granted", ())),
        copyright=data.get("copyright", {}).get("notice"),
        wording=wording,
    )


def delivery(data: Mapping[str, Any]) -> Delivery:
    """The delivery that a profile's tables say: a shipped one, with what is said beside it."""
    table = dict(data.get("delivery", {}))
    base = deliveries.named(table.pop("profile", "everything"))
    return deliveries.narrowed(base, **table)


def _holder(table: Mapping[str, Any]) -> Holder:
    role = table.get("role")
    return Holder(table["name"], Role(role) if role else None, _identifiers(table))


def _work(table: Mapping[str, Any]) -> Work:
    return Work(table.get("title"), table.get("artist"), _identifiers(table))


def _identifiers(table: Mapping[str, Any]) -> tuple[Identifier, ...]:
    """What ``identifiers`` says, and what stands under a scheme's own name."""
    own = {key: value for key, value in table.items() if key in list(Scheme)}
    given = {**table.get("identifiers", {}), **own}
    return tuple(sorted(Identifier.parse(Scheme(key), text) for key, text in given.items()))


def _licence(table: Mapping[str, Any]) -> Licence:
    return Licence(
        table.get("licensee", ""),
        tuple(Use(use) for use in table.get("uses", ())),
        table.get("until"),
        table.get("reference"),
    )


def _wording(data: Mapping[str, Any]) -> tuple[Wording, ...]:
    texts, notices = data.get("texts", {}), data.get("notices", {})
    capacity = data.get("capacity", {})
    return tuple(
        Wording(
            language=language,
            text=texts.get(language),
            notice=notices.get(language),
            **{
                name: said.get(language)
                for key, name in _TRANSLATED.items()
                if isinstance(said := capacity.get(key), dict)
            },
        )
        for language in texts.get("languages", ("en", "fr"))
    )


def _said(value: str | Mapping[str, str] | None, wording: tuple[Wording, ...]) -> str | None:
    """A text that may be given by language: the default language's, else the first."""
    if not isinstance(value, Mapping):
        return value
    first = wording[0].language if wording else ""
    return value.get(first) or next(iter(value.values()), None)


def _named(value: str | date | None) -> str | None:
    return value.isoformat() if isinstance(value, date) else value
