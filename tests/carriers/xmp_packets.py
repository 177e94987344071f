"""What the tests of the XMP carrier share: packets, wanted properties, and a merge applied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mediaoptout.carriers.merged import Merged
from mediaoptout.splice.patch import Patch, PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import (
    REPLACED,
    WROTE,
    Bag,
    Entry,
    Gone,
    LangAlt,
    Property,
    Structs,
    Value,
)

VOCABULARY: Final = "http://ns.useplus.org/ldf/vocab/"
MINING: Final = Property(
    "plus:DataMining", VOCABULARY + "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"
)
RESERVED: Final = Property("tdm:reservation", "1")
WANTED: Final = (
    MINING,
    RESERVED,
    Property("tdm:policy", 'https://rights.example.org/tdm?a=1&b="<x>"'),
    Property("dc:rights", LangAlt((("x-default", "© 2025 A & B"), ("fr", "Tous droits réservés")))),
    Property(
        "xmpRights:UsageTerms", LangAlt((("x-default", "No mining.\nNone."), ("de", "Kein TDM.")))
    ),
    Property("xmpRights:WebStatement", "https://rights.example.org/"),
    Property("xmpRights:Marked", "True"),
    Property("xmpRights:Owner", Bag(("A", "B ]]> C"))),
    Property("plus:OtherConstraints", LangAlt((("x-default", "Ask."),))),
    Property(
        "plus:Licensor",
        Structs(((("plus:LicensorName", "L"), ("plus:LicensorURL", "https://l.example.org/")),)),
    ),
    Property(
        "plus:CopyrightOwner",
        Structs(
            ((("plus:CopyrightOwnerName", "A"),), (("plus:CopyrightOwnerName", "B"),)),
        ),
    ),
)

RDF_URI: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES: Final = (
    ' xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:tdm="http://www.w3.org/ns/tdmrep/"'
    ' xmlns:q="http://q.example.org/"'
)
HEADER: Final = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
TRAILER: Final = '<?xpacket end="w"?>'


def bare(inner: str, attributes: str = "") -> str:
    """An ``rdf:RDF`` with one description."""
    return (
        f'<rdf:RDF xmlns:rdf="{RDF_URI}"><rdf:Description rdf:about=""{NAMESPACES}{attributes}>'
        f"{inner}</rdf:Description></rdf:RDF>"
    )


def wrapped(inner: str, attributes: str = "", padding: int = 0) -> str:
    """A whole packet with one description."""
    meta = f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Q">{bare(inner, attributes)}</x:xmpmeta>'
    return f"{HEADER}{meta}{' ' * padding}{TRAILER}"


def applied(merged: Merged, old: bytes) -> bytes:
    """The packet after a merge."""
    patched = PatchedSource(BytesSource(old), Patch(merged.pieces))
    return patched.read(0, patched.size)


def values(entries: tuple[Entry, ...]) -> dict[str, Value]:
    """What is said, by name, but for our mark."""
    return {entry.name: entry.value for entry in entries if entry.name not in MARKS}


def said(properties: tuple[Property, ...]) -> dict[str, Value]:
    """What is wanted, by name."""
    return {item.name: item.value for item in properties}


_PACKET = re.compile(
    rb"<\?xpacket begin.{0,80}?\?>.*?<\?xpacket end[^>]*\?>|<x:x[am]pmeta.*?</x:x[am]pmeta>",
    re.DOTALL,
)
_CUT: Final = b"http://ns.adobe.com/xmp/extension/"
"""Stands in the middle of an extended packet, which only its container can join."""


def packets(corpus: Path) -> Iterator[tuple[str, bytes]]:
    """Every packet in the real files, with a name for it."""
    for path in sorted(path for path in corpus.rglob("*") if path.is_file()):
        for number, match in enumerate(_PACKET.finditer(path.read_bytes())):
            if _CUT not in match[0]:
                yield f"{path.stem}-{number}", match[0]


MARKS: Final = frozenset({WROTE, REPLACED})

STRIPPED: Final = (Property("dc:rights", Gone()),)
"""That what we wrote shall go: a packet knows itself what that is."""
