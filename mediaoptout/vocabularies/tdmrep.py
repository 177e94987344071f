"""TDMRep (W3C Community Group report): ``tdm:reservation`` and ``tdm:policy``.

The report specifies the XMP form for PDF only; in other files, and as native tags named after its
HTTP headers, the same two properties are our convention.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mediaoptout.errors import RefusedError
from mediaoptout.reservation.model import Reservation
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.statement import Meaning, Statement, same
from mediaoptout.words import Permission, Use, Vocabulary

RESERVED: Final = "1"
"""The value of ``tdm:reservation`` that reserves, and the only one that we write."""

_MINING = (Use.DATA_MINING, Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING)

MEANINGS: Final[Mapping[str, Meaning]] = {
    RESERVED: Meaning(same(Permission.RESERVED, *_MINING)),
    "0": Meaning(same(Permission.ALLOWED, *_MINING)),
}
"""What each value means; any other is a protocol error and says nothing."""


def encode(reservation: Reservation) -> tuple[Property, ...]:
    """The two properties; empty unless mining as such is reserved (TDMRep can say no less)."""
    if not reservation.permission(Use.DATA_MINING).reserves:
        return ()
    flag = Property("tdm:reservation", RESERVED)
    if reservation.policy_url is None:
        return (flag,)
    return flag, Property("tdm:policy", reservation.policy_url)


def decode(entry: Entry) -> Statement:
    """What a ``tdm:reservation`` says; a ``tdm:policy`` says nothing by itself."""
    known = entry.name == "tdm:reservation"
    meaning = MEANINGS.get(as_text(entry.value).strip()) if known else None
    return Statement.of(Vocabulary.TDMREP, entry, meaning or Meaning())


def settle(wanted: str, present: str, force: bool) -> tuple[str, str | None]:
    """Ours, unless theirs says the same.

    Raises:
        RefusedError: theirs says that mining is not reserved.
    """
    theirs = present.strip()
    if theirs == wanted:
        return present, None
    if theirs == "0" and not force:
        raise RefusedError(
            "the file says tdm:reservation 0, which leaves mining unreserved",
            fix="ask whoever wrote it, or replace it with --force",
            code="contrary-statement",
        )
    return wanted, f"tdm:reservation {theirs!r:.20} of somebody else became {wanted}"
