"""Notices, terms and addresses: ``dc:rights``, ``xmpRights:*`` and the native fields for them.

They make a reservation express and attributable; a machine cannot act on them. What they say in
natural language is read by `prose`.
"""

from __future__ import annotations

from typing import Final

from mediaoptout.reservation.model import Holder, Reservation, Role
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


_NOT_OWNERS: Final = frozenset({Role.COLLECTING_SOCIETY, Role.UNION, Role.LICENSEE})
"""The roles of those who act on rights that are not theirs."""

_NEIGHBOURS: Final = frozenset({Role.PERFORMER, Role.FEATURED_PERFORMER})
"""The roles whose rights are no copyright, where one tells them apart: PLUS asks for owners of
the copyright."""


def encode(reservation: Reservation) -> tuple[Property, ...]:
    """The notice, the terms in every language, the owners and where to ask.

    The notice is the one that the profile gives, else the declaration in short.
    """
    properties = [Property("xmpRights:Marked", "True")]
    notice = reservation.copyright
    if notice is None and (reservation.notices or reservation.texts):
        notice = (reservation.notices or reservation.texts)[0][1]
    if notice is not None:
        properties.append(Property("dc:rights", LangAlt((("x-default", notice),))))
    if reservation.texts:
        terms = LangAlt((("x-default", reservation.texts[0][1]), *reservation.texts))
        properties.append(Property("xmpRights:UsageTerms", terms))
    statement = reservation.licence_url or reservation.policy_url
    if statement is not None:
        properties.append(Property("xmpRights:WebStatement", statement))
    owners = [holder for holder in reservation.holders if holder.role not in _NOT_OWNERS]
    if owners:
        names = tuple(dict.fromkeys(holder.name for holder in owners))
        properties.append(Property("xmpRights:Owner", Bag(names)))
    copyrights = tuple(_owner(item) for item in owners if item.role not in _NEIGHBOURS)
    if copyrights:
        properties.append(Property("plus:CopyrightOwner", Structs(copyrights)))
    licensor = _licensor(reservation)
    if licensor:
        properties.append(Property("plus:Licensor", Structs((licensor,))))
    return tuple(properties)


def _owner(holder: Holder) -> tuple[tuple[str, str], ...]:
    fields = (
        ("plus:CopyrightOwnerName", holder.name),
        ("plus:CopyrightOwnerID", _identified(holder)),
    )
    return tuple((field, value) for field, value in fields if value is not None)


def _identified(holder: Holder) -> str | None:
    """The first identifier of a holder, as a text that tells its scheme."""
    return next((item.uri or str(item) for item in holder.identifiers), None)


def _licensor(reservation: Reservation) -> tuple[tuple[str, str], ...]:
    """Where a licence is asked for; only if there is such a place."""
    if reservation.contact is None:
        return ()
    people = (reservation.declarant, *reservation.holders)
    asked = next((holder for holder in people if holder is not None), None)
    fields = (
        ("plus:LicensorName", asked.name if asked else None),
        ("plus:LicensorID", _identified(asked) if asked else None),
        ("plus:LicensorURL", reservation.licence_url),
        ("plus:LicensorEmail", reservation.licence_contact),
    )
    return tuple((field, value) for field, value in fields if value is not None)


def decode(entry: Entry) -> Statement:
    """The entry as it stands: it says nothing about uses that a machine could act on."""
    return Statement.of(Vocabulary.RIGHTS, entry, Meaning())
