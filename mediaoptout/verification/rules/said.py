"""Who declares what, for which work and since when: read from what the carriers say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Final

from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.texts import phrases
from mediaoptout.vocabularies import prose
from mediaoptout.vocabularies.properties import Bag, Entry, LangAlt, Structs, as_text
from mediaoptout.words import Carrier

OWNERS: Final = frozenset({"xmpRights:Owner", "plus:CopyrightOwner"})
CONTACTS: Final = frozenset({"xmpRights:WebStatement", "plus:Licensor", "tdm:policy"})
BAGS: Final = frozenset({"dc:identifier", "xmp:Identifier"})

_DATE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


@dataclass(frozen=True, slots=True)
class Named:
    """An identifier as a carrier says it.

    Args:
        scheme: its kind.
        text: as it stands there.
        entry: what says it.
    """

    scheme: Scheme
    text: str
    entry: Entry

    @property
    def identifier(self) -> Identifier:
        """The identifier, checked by its scheme's rule.

        Raises:
            UsageError: it is none; the message says what was expected.
        """
        return Identifier.parse(self.scheme, self.text)


@dataclass(frozen=True)
class Said:
    """What the entries of a file say of holders, contacts, dates and works."""

    entries: Sequence[Entry]

    @cached_property
    def holders(self) -> tuple[str, ...]:
        """The names of those whose rights are reserved, each once."""
        return tuple(dict.fromkeys(name for name in self._holders() if name))

    def _holders(self) -> Iterator[str]:
        for entry in self.entries:
            if entry.name in OWNERS:
                yield from (name.strip() for name in _names(entry))
        for _, text in self.declarations:
            yield _holder(text)

    @cached_property
    def declarations(self) -> tuple[tuple[Entry, str], ...]:
        """The texts of ours, in every language, with what says them."""
        return tuple(
            (entry, text)
            for entry in self.entries
            if entry.name in prose.NAMES
            for text in _texts(entry)
            if prose.is_ours(text)
        )

    @cached_property
    def named(self) -> tuple[tuple[str, Entry], ...]:
        """The holders that declarations of ours name, each once, with the first that does."""
        found = {_holder(text): entry for entry, text in reversed(self.declarations)}
        return tuple((name, entry) for name, entry in found.items() if name)

    @cached_property
    def contacts(self) -> tuple[tuple[Entry, str], ...]:
        """Addresses where a licence can be asked for, with what says them."""
        return tuple(
            (entry, address)
            for entry in self.entries
            if entry.name in CONTACTS
            for address in _addresses(entry)
        )

    @cached_property
    def dates(self) -> tuple[tuple[Entry, str], ...]:
        """The dates of declarations of ours, as they stand, with what says them."""
        return tuple(
            (entry, found[-1])
            for entry, text in self.declarations
            if (found := _DATE.findall(text))
        )

    @staticmethod
    def names(entry: Entry) -> tuple[str, ...]:
        """The people in an entry: the items of a list, or the name fields of structures."""
        return tuple(_names(entry))

    @staticmethod
    def texts(entry: Entry) -> tuple[str, ...]:
        """An entry's text in every language, each once."""
        return tuple(_texts(entry))

    @cached_property
    def identifiers(self) -> tuple[Named, ...]:
        """Every identifier of a known scheme."""
        return tuple(named for entry in self.entries for named in _identifiers(entry))


def day(text: str) -> date | None:
    """A date in ISO 8601; None if there is no such day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _texts(entry: Entry) -> list[str]:
    value = entry.value
    if isinstance(value, LangAlt):
        return list(dict.fromkeys(text for _, text in value.items))
    return [as_text(value)]


def _names(entry: Entry) -> Iterator[str]:
    match entry.value:
        case Bag(items):
            yield from items
        case Structs(items):
            yield from (text for fields in items for key, text in fields if key.endswith("Name"))
        case value:
            yield as_text(value)


def _addresses(entry: Entry) -> Iterator[str]:
    match entry.value:
        case Structs(items):
            for fields in items:
                yield from (text for key, text in fields if key.endswith(("URL", "Email")))
        case Bag(items):
            yield from items
        case value:
            yield as_text(value).strip()


@cache
def _templates() -> tuple[tuple[str, str, str], ...]:
    """How a declaration names its holder: what stands before, after, and for nobody."""
    found = []
    for table in phrases().values():
        for key in ("body", "constrained"):
            before, holder, after = table[key].partition("{holder}")
            if holder:
                found.append(
                    (f"{table['head']} {before}", after.partition("{")[0], table["holder"])
                )
    return tuple(found)


def _holder(text: str) -> str:
    """The holder that a declaration of ours names; empty if it names nobody."""
    for before, after, nobody in _templates():
        if text.startswith(before):
            name, found, _ = text[len(before) :].partition(after)
            if found and name != nobody:
                return name
    return ""


def _identifiers(entry: Entry) -> Iterator[Named]:
    scheme = _scheme(entry)
    if scheme is None and entry.name not in BAGS:
        return
    for value in _values(entry):
        guessed = Identifier.guess(value)
        if guessed is not None:
            yield Named(guessed.scheme, value, entry)
        elif scheme is not None:
            yield Named(scheme, value, entry)
        else:
            named = _NAMING.match(value)
            if named and named[1].lower() in _SCHEMES:
                yield Named(_SCHEMES[named[1].lower()], value, entry)


def _values(entry: Entry) -> tuple[str, ...]:
    value = entry.value
    return value.items if isinstance(value, Bag) else (as_text(value),)


def _scheme(entry: Entry) -> Scheme | None:
    if entry.carrier is Carrier.RIFF_INFO:  # its ISRC is the source, not the recording's code
        return None
    for name in (entry.name, entry.label):
        word = re.split("[:/]", name)[-1].lower().replace("_", "-").replace(" ", "-")
        if word in _SCHEMES:
            return _SCHEMES[word]
    return None


_SCHEMES: Final = {**{scheme.value: scheme for scheme in Scheme}, "tsrc": Scheme.ISRC}
_NAMING: Final = re.compile(r"(?:urn:)?([a-z-]+)[:\s]", re.IGNORECASE)
"""What names its scheme and is none by the scheme's rule."""
