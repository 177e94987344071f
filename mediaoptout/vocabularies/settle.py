"""Never weaken: what a property shall say when somebody else has already said something there.

Every carrier asks here, so that there is one rule for all of them.
"""

from __future__ import annotations

from typing import NamedTuple

from mediaoptout.vocabularies import declaration, identifying, plus, prose, tdmrep
from mediaoptout.vocabularies.properties import Gone, Property, Value, as_text


class Settled(NamedTuple):
    """The value that shall stand there, and what a user should know of it."""

    value: Value
    warning: str | None = None

    @property
    def gone(self) -> bool:
        """Whether nothing shall stand there."""
        return isinstance(self.value, Gone)


def settle(wanted: Property, present: Value | None, *, force: bool = False) -> Settled:
    """What ``wanted``'s property shall say, given what it says now.

    A stricter value of somebody else stays; a weaker one gives way; texts of others (notices,
    terms, addresses) stay whatever they say, while texts that we wrote are brought up to date.

    What shall go (`Gone`) goes where it is ours, and stays where it is not.

    Args:
        wanted: what we would say.
        present: what stands there, or None.
        force: replace a contrary value instead of refusing.

    Raises:
        RefusedError: somebody else allows what would be reserved, and ``force`` is not given.
    """
    if present is None or present == wanted.value:
        return Settled(wanted.value)
    if isinstance(wanted.value, Gone):
        ours = _is_ours(wanted.name, wanted.value, present)
        return Settled(wanted.value if ours else present)
    match wanted.name:
        case "plus:DataMining":
            value, warning = plus.settle(as_text(wanted.value), as_text(present), force)
        case "tdm:reservation":
            value, warning = tdmrep.settle(as_text(wanted.value), as_text(present), force)
        case name if name.startswith(declaration.PREFIX):
            return Settled(wanted.value)
        case name if name in identifying.KEYS:
            text, other = as_text(wanted.value), as_text(present)
            if identifying.same(name, other, text):
                return Settled(present)
            return Settled(present, f"{identifying.KEYS[name]} {other:.40} was kept, not {text}")
        case name if name in identifying.OURS and isinstance(wanted.value, str):
            return Settled(wanted.value)  # in a tag: a field that nobody else has
        case _ if prose.same_declaration(present, wanted.value):
            return Settled(present)
        case _ if wanted.replaces:
            return Settled(wanted.value)
        case _ if prose.is_ours(present):
            return Settled(wanted.value)
        case _:
            return Settled(present, f"{wanted.name} of somebody else was kept")
    return Settled(value, warning)


def is_known(wanted: Property, present: str) -> bool:
    """Whether a text is ours, or says the same, where a field may stand several times.

    Args:
        wanted: what we would say, as one text or one in several languages.
        present: what stands in one of the fields.
    """
    if wanted.replaces:
        return True
    if wanted.name in identifying.TAGS:
        return settle(wanted.flat, present).warning is None
    return prose.is_ours(present)


def leaves(wanted: Property, present: Value | None) -> bool:
    """Whether what stands there is ours and shall go.

    Args:
        wanted: what we would say, or that it shall go.
        present: what stands there, or None.
    """
    if not wanted.goes or present is None or not as_text(present).strip():
        return False
    return settle(wanted, present).gone


def _is_ours(name: str, known: Gone, present: Value) -> bool:
    """Whether we wrote ``present``, as far as the value itself can tell."""
    text = as_text(present).strip()
    if known.spared:
        return False
    match name:
        case "plus:DataMining":
            return plus.is_ours(text)
        case "tdm:reservation":
            return text == tdmrep.RESERVED
        case "tdm:policy":
            return True
        case _ if name in identifying.OURS:
            return True
        case _:
            return text in known.texts or prose.is_ours(present)
