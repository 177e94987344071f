"""A reservation as properties, in every vocabulary that can say it."""

from __future__ import annotations

from mediaoptout.reservation.model import Reservation
from mediaoptout.vocabularies import plus, rights, tdmrep
from mediaoptout.vocabularies.properties import Property


def encode(reservation: Reservation) -> tuple[Property, ...]:
    """Everything that is to be said, the machine-readable first."""
    return (*plus.encode(reservation), *tdmrep.encode(reservation), *rights.encode(reservation))
