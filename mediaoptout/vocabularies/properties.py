"""Properties: the one form in which every vocabulary speaks and every carrier listens.

A property has the name that XMP gives it (``plus:DataMining``). The XMP carrier writes all of
them; a tag carrier has a table from names to its own keys (``tdm:reservation`` is
``TXXX:TDM-RESERVATION`` in ID3) and passes over what it has no key for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mediaoptout.words import Carrier

NAMESPACES: dict[str, str] = {
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "tdm": "http://www.w3.org/ns/tdmrep/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mediaoptout": "urn:x-mediaoptout:1.0:",
}
"""The namespaces of the properties that we write, by the prefix that we give them.

A name with the prefix ``id`` (``id:isrc``) has none: it is for tag carriers, which have a key of
their own for it; in XMP, identifiers stand in the properties that XMP has for them.
"""


@dataclass(frozen=True, slots=True)
class LangAlt:
    """A text in several languages (XMP *Language Alternative*); the first is the default.

    Args:
        items: pairs of a language tag (RFC 3066; ``x-default`` for the default) and a text.
    """

    items: tuple[tuple[str, str], ...]

    @property
    def default(self) -> str:
        """The text for whoever asks for no language."""
        return next((text for lang, text in self.items if lang == "x-default"), self.items[0][1])

    def text(self, lang: str) -> str | None:
        """The text in ``lang``, or None."""
        return next((text for tag, text in self.items if tag.lower() == lang.lower()), None)


@dataclass(frozen=True, slots=True)
class Bag:
    """Several values without order (XMP *Bag*)."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Structs:
    """A list of structures, each a tuple of qualified field names and texts.

    Args:
        items: the structures.
        ordered: whether XMP has them as a *Seq*, else as a *Bag*; no difference in what they say.
    """

    items: tuple[tuple[tuple[str, str], ...], ...]
    ordered: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Gone:
    """Nothing: what we wrote there goes, and what others wrote stays.

    Args:
        texts: what is ours beyond the values and texts that are known to be.
        spared: the carriers in which it was there before us: where this is not empty, it stays.
    """

    texts: frozenset[str] = frozenset()
    spared: frozenset[Carrier] = frozenset()


Value = str | LangAlt | Bag | Structs | Gone

WROTE = "mediaoptout:Wrote"
"""The mark in an XMP packet: a bag of the names of the properties that we put into it."""

REPLACED = "mediaoptout:Replaced"
"""What others had said of these: a bag of names, each with a space and the weaker value."""

BEFORE = "mediaoptout:Before"
"""How the file was, as far as that cannot be seen any more: a bag of words with numbers."""

MARKS = frozenset({WROTE, REPLACED, BEFORE})
"""The properties that tell what we did to a file; they say nothing about rights."""


def as_text(value: Value) -> str:
    """A value as one line for people and for the ``value`` of a statement."""
    match value:
        case str():
            return value
        case LangAlt():
            return value.default
        case Bag():
            return "; ".join(value.items)
        case Structs():
            return "; ".join(", ".join(text for _, text in item) for item in value.items)
        case Gone():
            return ""


@dataclass(frozen=True, slots=True)
class Property:
    """Something to be said: a property's qualified name and its value."""

    name: str
    value: Value
    replaces: bool = False

    @property
    def goes(self) -> bool:
        """Whether it shall be said no longer."""
        return isinstance(self.value, Gone)

    def within(self, carrier: Carrier) -> Property:
        """The same as ``carrier`` is told it: what shall go is spared there, or not."""
        if not isinstance(self.value, Gone) or carrier in self.value.spared:
            return self
        return self.says(replace(self.value, spared=frozenset()))

    @property
    def flat(self) -> Property:
        """The same with its value as one text; what goes stays what goes."""
        return self if self.goes else self.says(as_text(self.value))

    def says(self, value: Value) -> Property:
        """The same with another value."""
        return self if value is self.value else Property(self.name, value, self.replaces)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that a file says.

    Args:
        carrier: which kind of block says it.
        location: where that block stands, as people name it (``RIFF/_PMX``, ``ID3v2.3``).
        name: the property's qualified name (``tdm:reservation``).
        label: the key as the carrier spells it (``TXXX:TDM-RESERVATION``; for XMP the name).
        value: what it says.
    """

    carrier: Carrier
    location: str
    name: str
    label: str
    value: Value


def before(word: str, *numbers: int) -> Property:
    """What shall be noted of a file before it is changed; see `noted`."""
    return Property(BEFORE, Bag((" ".join((word, *map(str, numbers))),)))


def noted_too(
    properties: tuple[Property, ...], notes: tuple[Property, ...]
) -> tuple[Property, ...]:
    """The properties and what shall be noted; without notes the very same tuple."""
    return (*properties, *notes) if notes else properties


def noted(entries: Iterable[Entry], word: str) -> tuple[int, ...] | None:
    """The numbers that were noted of a file before it was changed, or None.

    Args:
        entries: what its packets say.
        word: the container's word for them.
    """
    for entry in entries:
        items = entry.value.items if isinstance(entry.value, Bag) else (as_text(entry.value),)
        for item in items if entry.name == BEFORE else ():
            name, *numbers = item.split() or [""]
            if name == word and all(number.isdecimal() for number in numbers):
                return tuple(map(int, numbers))
    return None
