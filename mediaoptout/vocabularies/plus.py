"""PLUS ``plus:DataMining`` (PLUS LDF; IPTC Photo Metadata 2023.1, Video Metadata Hub 1.5).

One value out of nine URIs, with companions for constraints. The table of meanings is standards
section B; everything that decides is in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from mediaoptout.errors import RefusedError
from mediaoptout.reservation.model import Reservation
from mediaoptout.vocabularies.properties import Entry, LangAlt, Property, Structs, as_text
from mediaoptout.vocabularies.statement import Meaning, Statement, same
from mediaoptout.words import Permission, Use, Vocabulary

VOCABULARY: Final = "http://ns.useplus.org/ldf/vocab/"

MINING, TRAINING, GENERATIVE, INFERENCE, SEARCH = Use
R, C, A = Permission.RESERVED, Permission.CONSTRAINED, Permission.ALLOWED

PROHIBITED: Final = "DMI-PROHIBITED"
EXCEPT_SEARCH: Final = "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"
AI_TRAINING: Final = "DMI-PROHIBITED-AIMLTRAINING"
GENERATIVE_TRAINING: Final = "DMI-PROHIBITED-GENAIMLTRAINING"
SEE_CONSTRAINT: Final = "DMI-PROHIBITED-SEECONSTRAINT"
SEE_EMBEDDED: Final = "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR"
SEE_LINKED: Final = "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR"

_SEE = Meaning(same(C, MINING, TRAINING, GENERATIVE), (INFERENCE,))

MEANINGS: Final[Mapping[str, Meaning]] = {
    "DMI-UNSPECIFIED": Meaning(),
    "DMI-ALLOWED": Meaning(same(A, *Use)),
    AI_TRAINING: Meaning(same(R, TRAINING, GENERATIVE)),
    GENERATIVE_TRAINING: Meaning(same(R, GENERATIVE)),
    EXCEPT_SEARCH: Meaning({**same(R, MINING, TRAINING, GENERATIVE), SEARCH: A}, (INFERENCE,)),
    PROHIBITED: Meaning(same(R, MINING, TRAINING, GENERATIVE), (INFERENCE, SEARCH)),
    SEE_CONSTRAINT: _SEE,
    SEE_EMBEDDED: _SEE,
    SEE_LINKED: _SEE,
}
"""What each of the nine values means."""

LABELS: Final[Mapping[str, str]] = {
    "unspecified - no prohibition defined": "DMI-UNSPECIFIED",
    "allowed": "DMI-ALLOWED",
    "prohibited for ai/ml training": AI_TRAINING,
    "prohibited for generative ai/ml training": GENERATIVE_TRAINING,
    "prohibited except for search engine indexing": EXCEPT_SEARCH,
    "prohibited": PROHIBITED,
    "prohibited, see plus:otherconstraints": SEE_CONSTRAINT,
    "prohibited, see iptcext:embdencrightsexpr": SEE_EMBEDDED,
    "prohibited, see iptcext:linkedencrightsexpr": SEE_LINKED,
}
"""The labels that some programs write instead of the URI, in lower case."""

_PREFIX = re.compile(r"https?://ns\.useplus\.org/ldf/vocab/", re.IGNORECASE)


def code(value: str) -> str | None:
    """The code in a value, however it is spelt (https, bare code, label); None if unknown."""
    bare = _PREFIX.sub("", value.strip()).strip("/ ")
    found = LABELS.get(bare.lower(), bare.upper())
    return found if found in MEANINGS else None


def is_ours(value: str) -> bool:
    """Whether a value is one that we write, spelt as we spell it."""
    found = MEANINGS.get(value.removeprefix(VOCABULARY)) if value.startswith(VOCABULARY) else None
    return found is not None and any(says.reserves for says in found.uses.values())


def encode(reservation: Reservation) -> tuple[Property, ...]:
    """The value that says exactly the reservation, with its companions; empty if none does.

    What is allowed on terms only refers to them: in words (``plus:OtherConstraints``), and where
    there is a policy by a link to it (``Iptc4xmpExt:LinkedEncRightsExpr``).
    """
    chosen = _choose(reservation)
    if chosen is None:
        return ()
    if chosen != SEE_CONSTRAINT:
        return (Property("plus:DataMining", VOCABULARY + chosen),)
    companions: list[Property] = []
    if reservation.texts:
        texts = (("x-default", reservation.texts[0][1]), *reservation.texts)
        companions.append(Property("plus:OtherConstraints", LangAlt(texts)))
    if reservation.policy_url is not None:
        link = (("Iptc4xmpExt:LinkedRightsExpr", reservation.policy_url),)
        companions.append(
            Property("Iptc4xmpExt:LinkedEncRightsExpr", Structs((link,), ordered=False))
        )
        if not reservation.texts:
            chosen = SEE_LINKED
    return (Property("plus:DataMining", VOCABULARY + chosen), *companions)


def _choose(reservation: Reservation) -> str | None:
    says = reservation.permission
    if says(MINING) is C:
        return SEE_CONSTRAINT
    if says(MINING) is R:
        return EXCEPT_SEARCH if says(SEARCH) is A else PROHIBITED
    if says(TRAINING).reserves and says(GENERATIVE).reserves:
        return AI_TRAINING
    if says(GENERATIVE).reserves and not says(TRAINING).reserves:
        return GENERATIVE_TRAINING
    return None


def decode(entry: Entry) -> Statement:
    """What a ``plus:DataMining`` says; an unknown value says nothing."""
    found = code(as_text(entry.value))
    return Statement.of(Vocabulary.PLUS, entry, MEANINGS[found] if found else Meaning())


def settle(wanted: str, present: str, force: bool) -> tuple[str, str | None]:
    """The stricter of the two values, theirs where it reserves all that ours reserves.

    Raises:
        RefusedError: theirs allows what ours reserves.
    """
    ours, theirs = code(wanted), code(present)
    if ours == theirs and ours is not None:
        return present, None
    if ours is None or theirs is None or theirs == "DMI-UNSPECIFIED":
        return wanted, None
    mine, other = MEANINGS[ours].uses, MEANINGS[theirs].uses
    contrary = [use for use in Use if _reserves(mine, use) and other.get(use) is A]
    if contrary and not force:
        raise RefusedError(
            f"the file says {theirs}, which allows {', '.join(contrary)}",
            fix="ask whoever wrote it, or replace it with --force",
            code="contrary-statement",
        )
    if not contrary and _is_as_strict(other, mine):
        return present, f"plus:DataMining {theirs} of somebody else was kept"
    return wanted, f"plus:DataMining {theirs} of somebody else became {ours}"


def _is_as_strict(other: Mapping[Use, Permission], mine: Mapping[Use, Permission]) -> bool:
    """Whether ``other`` reserves more, or the same and allows nothing beyond ``mine``."""
    theirs = {use for use in Use if _reserves(other, use)}
    ours = {use for use in Use if _reserves(mine, use)}
    opens = any(other.get(use) is A and mine.get(use) is not A for use in Use)
    return theirs > ours or (theirs == ours and not opens)


def _reserves(uses: Mapping[Use, Permission], use: Use) -> bool:
    return uses.get(use, Permission.UNSTATED).reserves
