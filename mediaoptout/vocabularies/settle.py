"""Never weaken: what a property shall say when somebody else has already said something there.

Every carrier asks here, so that there is one rule for all of them.
"""

from __future__ import annotations

from typing import NamedTuple

from mediaoptout.vocabularies import plus, prose, tdmrep
from mediaoptout.vocabularies.properties import Property, Value, as_text


class Settled(NamedTuple):
    """The value that shall stand there, and what a user should know of it."""

    value: Value
    warning: str | None = None


def settle(wanted: Property, present: Value | None, *, force: bool = False) -> Settled:
    """What ``wanted``'s property shall say, given what it says now.

    A stricter value of somebody else stays; a weaker one gives way; texts of others (notices,
    terms, addresses) stay whatever they say, while texts that we wrote are brought up to date.

    Args:
        wanted: what we would say.
        present: what stands there, or None.
        force: replace a contrary value instead of refusing.

    Raises:
        RefusedError: somebody else allows what would be reserved, and ``force`` is not given.
    """
    if present is None or present == wanted.value:
        return Settled(wanted.value)
    match wanted.name:
        case "plus:DataMining":
            value, warning = plus.settle(as_text(wanted.value), as_text(present), force)
        case "tdm:reservation":
            value, warning = tdmrep.settle(as_text(wanted.value), as_text(present), force)
        case _ if prose.same_declaration(present, wanted.value):
            return Settled(present)
        case _ if prose.is_ours(present):
            return Settled(wanted.value)
        case _:
            return Settled(present, f"{wanted.name} of somebody else was kept")
    return Settled(value, warning)
