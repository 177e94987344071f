"""Who declares what, for which work and since when: read from what the carriers say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.texts import phrases
from mediaoptout.vocabularies import declaration, identifying, prose
from mediaoptout.vocabularies.properties import Bag, Entry, LangAlt, Structs, as_text
from mediaoptout.words import Carrier

OWNERS: Final = frozenset({"xmpRights:Owner", "plus:CopyrightOwner"})
HOLDERS: Final = f"{declaration.PREFIX}Holders"
WORKS: Final = f"{declaration.PREFIX}Works"
CONTACTS: Final = frozenset({"xmpRights:WebStatement", "plus:Licensor", "tdm:policy"})

_DATE_AT_END: Final = re.compile(r"\b(\d{4}-\d{2}-\d{2})\.\s*$")
_NAMING: Final = re.compile(r"(?:urn:)?([a-z-]+)[:\s]", re.IGNORECASE)
"""What names its scheme, also where it is none by the scheme's rule."""

_SCHEMES: Final = {**{scheme.value: scheme for scheme in Scheme}, "tsrc": Scheme.ISRC}


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
    def facts(self) -> declaration.Facts:
        """The particulars of a declaration of ours."""
        return declaration.decode(self.entries)

    @cached_property
    def owners(self) -> tuple[tuple[str, Entry], ...]:
        """The names of those whose rights are reserved, each once, with what says so first."""
        found: dict[str, Entry] = {}
        for entry in self.entries:
            if entry.name in OWNERS or entry.name == HOLDERS:
                for name in names(entry):
                    found.setdefault(name, entry)
        return tuple(found.items())

    @property
    def holders(self) -> tuple[str, ...]:
        """The names of those whose rights are reserved, each once."""
        return tuple(name for name, _ in self.owners)

    @cached_property
    def names_somebody(self) -> bool:
        """Whether it can be read whose rights are reserved, if only in a declaration of ours."""
        return bool(self.owners) or any(not _nameless(text) for _, text in self.declarations)

    @cached_property
    def declarations(self) -> tuple[tuple[Entry, str], ...]:
        """The texts of ours, in every language, with what says them."""
        return tuple(
            (entry, text)
            for entry in self.entries
            if entry.name in prose.NAMES
            for text in texts(entry)
            if prose.is_ours(text)
        )

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
        stated = (
            (entry, as_text(entry.value).strip())
            for entry in self.entries
            if entry.name == declaration.DECLARED
        )
        written = (
            (entry, found[1])
            for entry, text in self.declarations
            if (found := _DATE_AT_END.search(text))
        )
        return (*stated, *written)

    @cached_property
    def identifiers(self) -> tuple[Named, ...]:
        """Every identifier of a known scheme, right or wrong."""
        return tuple(named for entry in self.entries for named in _identifiers(entry))


def texts(entry: Entry) -> list[str]:
    """An entry's text in every language, each once."""
    value = entry.value
    if isinstance(value, LangAlt):
        return list(dict.fromkeys(text for _, text in value.items))
    return [as_text(value)]


def names(entry: Entry) -> Iterator[str]:
    """The people in an entry: the items of a list, or the name fields of structures."""
    match entry.value:
        case Bag(items):
            found = list(items)
        case Structs(items):
            found = [text for fields in items for key, text in fields if key.endswith("Name")]
        case value:
            found = [as_text(value)]
    yield from (name.strip() for name in found if name.strip())


def _addresses(entry: Entry) -> Iterator[str]:
    match entry.value:
        case Structs(items):
            for fields in items:
                yield from (text for key, text in fields if key.endswith(("URL", "Email")))
        case Bag(items):
            yield from items
        case value:
            yield as_text(value).strip()


def _nameless(text: str) -> bool:
    """Whether a declaration of ours speaks for 'the rightholder', whoever that is."""
    return any(str(table["holder"]) in text for table in phrases().values())


def _identifiers(entry: Entry) -> Iterator[Named]:
    if entry.name in (HOLDERS, WORKS):
        yield from _in_structures(entry)
        return
    scheme = _scheme(entry)
    if scheme is None and entry.name not in identifying.XMP:
        return
    value = entry.value
    for text in value.items if isinstance(value, Bag) else (as_text(value),):
        guessed = Identifier.guess(text) if scheme is None else None
        naming = _NAMING.match(text)
        if scheme is not None:
            yield Named(scheme, text, entry)
        elif guessed is not None:
            yield Named(guessed.scheme, text, entry)
        elif naming and naming[1].lower() in _SCHEMES:
            yield Named(_SCHEMES[naming[1].lower()], text, entry)


def _in_structures(entry: Entry) -> Iterator[Named]:
    for fields in entry.value.items if isinstance(entry.value, Structs) else ():
        for key, text in fields:
            scheme = _SCHEMES.get(key.rpartition(":")[2])
            if scheme is not None:
                yield from (Named(scheme, part, entry) for part in text.split("; "))


def _scheme(entry: Entry) -> Scheme | None:
    """The scheme of a field that is for one scheme."""
    if entry.name in identifying.KEYS:
        return Scheme(entry.name.removeprefix(identifying.PREFIX))
    if entry.carrier is Carrier.RIFF_INFO:  # its ISRC is the source, not the recording's code
        return None
    for name in (entry.name, entry.label):
        word = re.split("[:/]", name)[-1].lower().replace("_", "-").replace(" ", "-")
        if word in _SCHEMES:
            return _SCHEMES[word]
    return None
