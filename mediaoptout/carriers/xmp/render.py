"""Properties as XML text: simple values, arrays, language alternatives and structures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Final

from mediaoptout.carriers.xmp.names import META_URI, PREFIXES, RDF_URI
from mediaoptout.carriers.xmp.tree import escape, escape_text
from mediaoptout.vocabularies.properties import Bag, Gone, LangAlt, Property, Structs, Value

HEADER: Final = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'

_REMEMBERED: Final = 16

TOOLKIT: Final = "mediaoptout "
"""How the name of our toolkit begins, which a packet of ours states."""


@dataclass(slots=True)
class Namespaces:
    """The prefixes that can be used at a place, and those that must be declared there.

    Args:
        bound: what is declared already, by prefix.
        usual: the prefixes that the packet has for namespaces, here or elsewhere, by namespace:
            Adobe's toolkit takes no packet with two prefixes for one.
        added: what must be declared for the text that was rendered.
    """

    bound: dict[str, str]
    usual: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)

    def prefix(self, preferred: str, uri: str) -> str:
        """The prefix for ``uri``: one that is there, else ``preferred`` or one like it."""
        for known in (self.bound, self.added):
            if known.get(preferred) == uri:
                return preferred
            for prefix, other in known.items():
                if other == uri and prefix:
                    return prefix
        preferred = self.usual.get(uri, preferred)
        chosen, count = preferred, 0
        while chosen in self.bound or chosen in self.added:
            count += 1
            chosen = f"{preferred}{count}"
        self.added[chosen] = uri
        return chosen

    def name(self, qualified: str) -> str:
        """A name with our prefix as it is written at this place."""
        prefix, _, local = qualified.partition(":")
        return f"{self.prefix(prefix, PREFIXES[prefix])}:{local}"

    def declarations(self, before: str = " ") -> str:
        """The attributes that declare what was added, each with ``before`` before it."""
        return "".join(f'{before}xmlns:{name}="{uri}"' for name, uri in self.added.items())


def element(wanted: Property, names: Namespaces, indent: str) -> str:
    """A property as an element.

    Args:
        wanted: the property.
        names: the namespaces where it will stand.
        indent: the line break and white space before it; empty for no lines.
    """
    name = names.name(wanted.name)
    return f"<{name}>{_content(wanted.value, names, indent)}</{name}>"


def _content(value: Value, names: Namespaces, indent: str) -> str:
    if isinstance(value, str):
        return escape_text(value)
    deeper = indent and indent + " "
    within = deeper and deeper + " "
    item = names.name("rdf:li")
    match value:
        case LangAlt():
            kind = "rdf:Alt"
            items = [
                f'<{item} xml:lang="{escape(lang)}">{escape_text(text)}</{item}>'
                for lang, text in value.items
            ]
        case Bag():
            kind = "rdf:Bag"
            items = [f"<{item}>{escape_text(text)}</{item}>" for text in value.items]
        case Structs():
            kind = "rdf:Seq" if value.ordered else "rdf:Bag"
            items = [_struct(fields, names, within) for fields in value.items]
        case Gone():
            return ""
    array = names.name(kind)
    lines = "".join(within + line for line in items)
    return f"{deeper}<{array}>{lines}{deeper}</{array}>{indent}"


def _struct(fields: tuple[tuple[str, str], ...], names: Namespaces, indent: str) -> str:
    item, parse_type = names.name("rdf:li"), names.name("rdf:parseType")
    lines = (
        f"{indent and indent + ' '}<{name}>{escape_text(text)}</{name}>"
        for name, text in ((names.name(field), text) for field, text in fields)
    )
    return f'<{item} {parse_type}="Resource">{"".join(lines)}{indent}</{item}>'


def description(wanted: Sequence[Property], bound: dict[str, str], indent: str) -> str:
    """A whole ``rdf:Description``."""
    names = Namespaces(bound)
    name, about = names.name("rdf:Description"), names.name("rdf:about")
    deeper = indent and indent + " "
    body = "".join(deeper + element(item, names, deeper) for item in wanted)
    declarations = names.declarations(deeper + "  " if deeper else " ")
    return f'<{name} {about}=""{declarations}>{body}{indent}</{name}>'


def rdf(wanted: Sequence[Property], indent: str) -> str:
    """A whole ``rdf:RDF``."""
    body = description(wanted, {"rdf": RDF_URI}, indent and indent + " ")
    deeper = indent and indent + " "
    return f'<rdf:RDF xmlns:rdf="{RDF_URI}">{deeper}{body}{indent}</rdf:RDF>'


@lru_cache(maxsize=_REMEMBERED)
def packet(wanted: tuple[Property, ...], access: str) -> tuple[bytes, bytes]:
    """A new packet, as what stands before and after its white space.

    The files of a run mostly get the same.

    Args:
        wanted: what it says.
        access: ``w``, or ``r`` where it must not be edited in place.
    """
    head = (
        f'{HEADER}<x:xmpmeta xmlns:x="{META_URI}" x:xmptk="{_toolkit()}">'
        f"\n {rdf(wanted, chr(10) + ' ')}\n</x:xmpmeta>"
    )
    return head.encode("utf-8"), f'<?xpacket end="{access}"?>'.encode()


@cache
def _toolkit() -> str:
    """Who wrote the packet; what stands in a packet is never brought up to date."""
    from importlib.metadata import version

    return TOOLKIT + version("mediaoptout")
