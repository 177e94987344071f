"""A reservation as a value: which uses, by whom, in which capacity, on what ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from mediaoptout.errors import UsageError
from mediaoptout.reservation.identifiers import Identifier
from mediaoptout.words import Permission, Use


class Role(StrEnum):
    """In which quality a holder has rights."""

    PERFORMER = "performer"
    FEATURED_PERFORMER = "featured performer"
    PHONOGRAM_PRODUCER = "phonogram producer"
    AUDIOVISUAL_PRODUCER = "audiovisual producer"
    AUTHOR = "author"
    COMPOSER = "composer"
    PUBLISHER = "publisher"
    BROADCASTER = "broadcaster"
    COLLECTING_SOCIETY = "collecting society"
    UNION = "union"
    LICENSEE = "licensee"


class Capacity(StrEnum):
    """For whom a reservation is declared."""

    OWN_NAME = "own name"
    REPRESENTATIVE = "representative"
    LICENSEE = "licensee"


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody whose rights are reserved.

    Args:
        name: as it shall be read.
        role: in which quality, or None.
        identifiers: of the holder, in the order of their schemes.
    """

    name: str
    role: Role | None = None
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """A work that is reserved.

    Args:
        title: as it shall be read, or None.
        artist: the main artist, as it shall be read, or None.
        identifiers: of the work, its recording or its release.
    """

    title: str | None = None
    artist: str | None = None
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence that was granted: what it covers is constrained, not reserved outright.

    Args:
        licensee: to whom.
        uses: for which uses; empty for all that are reserved.
        until: the last day on which it holds, or None.
        reference: the contract's reference, or None.
    """

    licensee: str
    uses: tuple[Use, ...] = ()
    until: date | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How the declaration shall be said in one language.

    Args:
        language: one that the table of phrases has.
        text: a body of one's own for the long form, or None for the table's.
        notice: the same for the short form.
        mandate: `Reservation.mandate` in this language, where it differs.
        represented: the same of `Reservation.represented`.
        reserve: the same of `Reservation.reserve`.
    """

    language: str
    text: str | None = None
    notice: str | None = None
    mandate: str | None = None
    represented: str | None = None
    reserve: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Who reserves which uses, on what legal ground, and where to ask for a licence.

    Args:
        uses: what is said of each use; a use that is missing is unstated.
        holders: whose rights they are; empty where the profile names nobody.
        works: which works it is for; empty for whatever file carries it.
        capacity: whether it is declared in one's own name or for somebody.
        declarant: who declares it, where that is not the holder, or None.
        represented: for whom a representative declares (``its members``), or None.
        mandate: on what a representative or licensee relies, or None.
        reserve: what the declaration leaves out (``rights already assigned``), or None.
        legal_basis: references of the table of legal grounds (``eu-tdm``) or articles in one's own
            words, in the order in which they shall be cited.
        licence_contact: an e-mail address to ask for a licence, or None.
        licence_url: a page to ask for a licence, or None.
        policy_url: a TDMRep policy (HTML or ODRL), or None.
        declared: the day of the declaration; None where the first run shall date it.
        reference: the declarant's own reference, or None.
        supersedes: the reference or date of the declaration that this one replaces, or None.
        withdrawn: the day on which it was withdrawn, or None; it then says nothing of any use.
        licences: licences that were granted; what they cover is constrained instead of reserved.
        copyright: the copyright notice, or None.
        wording: in which languages and words the declaration is composed, the first is the
            default.
        texts: the declaration in each language, the first is the default.
        notices: the same in short (under 500 characters), for fields that hold little.

    Raises:
        UsageError: it reserves nothing, or says something empty.
    """

    uses: Mapping[Use, Permission]
    holders: tuple[Holder, ...] = ()
    works: tuple[Work, ...] = ()
    capacity: Capacity = Capacity.OWN_NAME
    declarant: Holder | None = None
    represented: str | None = None
    mandate: str | None = None
    reserve: str | None = None
    legal_basis: tuple[str, ...] = ()
    licence_contact: str | None = None
    licence_url: str | None = None
    policy_url: str | None = None
    declared: date | None = None
    reference: str | None = None
    supersedes: str | None = None
    withdrawn: date | None = None
    licences: tuple[Licence, ...] = ()
    copyright: str | None = None
    wording: tuple[Wording, ...] = ()
    texts: tuple[tuple[str, str], ...] = field(default=())
    notices: tuple[tuple[str, str], ...] = field(default=())

    def __post_init__(self) -> None:
        uses = {Use(use): Permission(value) for use, value in self.uses.items()}
        reserved = [use for use, permission in uses.items() if permission.reserves]
        if self.withdrawn is not None:
            uses = {}
        elif not reserved:
            raise UsageError(
                "the reservation reserves nothing",
                fix="state at least one use as 'reserved' or 'constrained'",
            )
        for licence in self.licences if uses else ():
            if not licence.licensee.strip():
                raise UsageError("a licence names no licensee", fix="say to whom it was granted")
            if foreign := [use for use in licence.uses if use not in reserved]:
                raise UsageError(
                    f"the licence of {licence.licensee} is for {', '.join(foreign)}, which the"
                    " reservation does not reserve",
                    fix="reserve the use, or take it out of the licence",
                )
            uses.update(dict.fromkeys(licence.uses or reserved, Permission.CONSTRAINED))
        object.__setattr__(self, "uses", uses)
        people = (*self.holders, *(() if self.declarant is None else (self.declarant,)))
        if any(not holder.name.strip() for holder in people):
            raise UsageError("a holder has no name", fix="give holder.name")

    def permission(self, use: Use) -> Permission:
        """What is said of ``use``."""
        return self.uses.get(use, Permission.UNSTATED)

    @property
    def unlicensed(self) -> frozenset[Use]:
        """The uses that are constrained of themselves, not because of a licence granted."""
        constrained = {use for use in self.uses if self.uses[use] is Permission.CONSTRAINED}
        for licence in self.licences:
            constrained.difference_update(licence.uses or constrained)
        return frozenset(constrained)

    @property
    def contact(self) -> str | None:
        """Where to ask for a licence: the page, else the address."""
        return self.licence_url or self.licence_contact
