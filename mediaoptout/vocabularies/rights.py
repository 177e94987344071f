"""Notices, terms and addresses: ``dc:rights``, ``xmpRights:*`` and the native fields for them.

They make a reservation express and attributable; a machine cannot act on them. What they say in
natural language is read by `prose`.
"""

from __future__ import annotations

from mediaoptout.reservation.model import Reservation
from mediaoptout.vocabularies import creativecommons
from mediaoptout.vocabularies.properties import Bag, Entry, LangAlt, Property, Structs
from mediaoptout.vocabularies.statement import Meaning, Statement
from mediaoptout.words import Vocabulary

NAMES = frozenset(
    {
        "dc:rights",
        "xmpRights:UsageTerms",
        "xmpRights:WebStatement",
        "xmpRights:Marked",
        "xmpRights:Owner",
        "xmpRights:Certificate",
        "plus:Licensor",
        "plus:CopyrightOwner",
        "plus:OtherConstraints",
        "photoshop:Credit",
        *creativecommons.NAMES,
    }
)
"""The properties that are reported as they stand."""


def encode(reservation: Reservation) -> tuple[Property, ...]:
    """The notice, the terms in every language, the owner and where to ask."""
    properties = [Property("xmpRights:Marked", "True")]
    if reservation.copyright is not None:
        properties.append(Property("dc:rights", LangAlt((("x-default", reservation.copyright),))))
    if reservation.texts:
        default = reservation.texts[0][1]
        if reservation.copyright is None:
            properties.append(Property("dc:rights", LangAlt((("x-default", default),))))
        terms = LangAlt((("x-default", default), *reservation.texts))
        properties.append(Property("xmpRights:UsageTerms", terms))
    statement = reservation.licence_url or reservation.policy_url
    if statement is not None:
        properties.append(Property("xmpRights:WebStatement", statement))
    if reservation.holders:
        names = tuple(holder.name for holder in reservation.holders)
        properties.append(Property("xmpRights:Owner", Bag(names)))
    licensor = _licensor(reservation)
    if licensor:
        properties.append(Property("plus:Licensor", Structs((licensor,))))
    return tuple(properties)


def _licensor(reservation: Reservation) -> tuple[tuple[str, str], ...]:
    """Where a licence is asked for; only if there is such a place."""
    if reservation.contact is None:
        return ()
    name = reservation.holders[0].name if reservation.holders else None
    fields = (
        ("plus:LicensorName", name),
        ("plus:LicensorURL", reservation.licence_url),
        ("plus:LicensorEmail", reservation.licence_contact),
    )
    return tuple((field, value) for field, value in fields if value is not None)


def decode(entry: Entry) -> Statement:
    """The entry as it stands: it says nothing about uses that a machine could act on."""
    return Statement.of(Vocabulary.RIGHTS, entry, Meaning())
