"""A reservation as properties, in every vocabulary that can say it."""

from __future__ import annotations

from typing import Final

from mediaoptout.reservation.model import Reservation
from mediaoptout.vocabularies import declaration, identifying, plus, rights, tdmrep
from mediaoptout.vocabularies.properties import Gone, Property

_GRADED: Final = ("plus:DataMining", "tdm:reservation")


def encode(reservation: Reservation) -> tuple[Property, ...]:
    """Everything that is to be said, the machine-readable first.

    A reservation that was withdrawn reserves nothing: what an earlier run wrote of it goes.
    """
    gone = _GRADED if reservation.withdrawn is not None else ()
    return (
        *(Property(name, Gone()) for name in gone),
        *plus.encode(reservation),
        *tdmrep.encode(reservation),
        *rights.encode(reservation),
        *identifying.encode(reservation),
        *declaration.encode(reservation),
    )
