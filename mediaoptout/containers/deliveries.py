"""Which carriers of a container one recipient takes."""

from __future__ import annotations

from typing import Final

from mediaoptout.containers.base import Container
from mediaoptout.reservation.delivery import Delivery
from mediaoptout.words import Carrier

_IN_CHUNKS: Final = frozenset({"wav", "aiff"})
"""The containers whose ID3 tag stands in a chunk, which many programs do not look for."""


def carriers(container: Container, delivery: Delivery) -> frozenset[Carrier] | None:
    """The carriers of a container that may be written; None for all.

    Args:
        container: the family of the file.
        delivery: what the recipient takes.
    """
    left = {Carrier.AXML} if delivery.carriers is None else set()
    if not delivery.id3_chunks and container.name in _IN_CHUNKS:
        left.add(Carrier.ID3)
    if delivery.carriers is None and Carrier.ID3 not in left:
        return None
    return frozenset(c for c in container.carries if delivery.takes(c) and c not in left)
