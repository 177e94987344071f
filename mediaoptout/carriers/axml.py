"""The ``axml`` chunk of Broadcast Wave (EBU Tech 3285 s5): EBUCore, with the ISRC of EBU Tech 3352.

Archives read a recording's identifier and rights there. A chunk holds one XML document: one of
somebody else (a programme's metadata, the audio definition model of a BW64) is read and left as it
is, to the byte; ours is known by its first lines, and is ours as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import UsageError
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.splice.patch import Copy, Insert
from mediaoptout.vocabularies.properties import Entry, LangAlt, Property, Value, as_text
from mediaoptout.vocabularies.prose import same_declaration
from mediaoptout.words import Carrier

DC: Final = "http://purl.org/dc/elements/1.1/"
EBUCORE: Final = "urn:ebu:metadata-schema:ebuCore_2012"
XML: Final = "http://www.w3.org/XML/1998/namespace"

HEAD: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<!-- Identifier and rights (EBU Tech 3352, EBUCore), written by mediaoptout -->\n"
)
"""How a document of ours begins."""

KEPT: Final = "the axml chunk of somebody else was left as it is"
"""The warning where somebody else's document has the place."""

MAX_SIZE: Final = 1 << 20
"""The largest document that is read; an audio definition model may be much larger."""

_MAX_TEXTS: Final = 1000
_NO_XML: Final = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_ISRC: Final = "id:isrc"
_NOTICE: Final = "dc:rights"
_TERMS: Final = "xmpRights:UsageTerms"
_LINK: Final = "xmpRights:WebStatement"
NAMES: Final = (_ISRC, _NOTICE, _TERMS, _LINK)
"""The properties that are written, in the order of the document."""

_TERMS_LABEL: Final = "usage terms"
_ISRC_ATTRIBUTES: Final[Mapping[str, str]] = {
    "typeLabel": "GUID",
    "typeDefinition": "Globally Unique Identifier",
    "formatLabel": "ISRC",
    "formatDefinition": "International Standard Recording Code",
    "formatLink": "http://www.ebu.ch/metadata/cs/ebu_IdentifierTypeCodeCS.xml#3.7",
}


def is_ours(data: bytes) -> bool:
    """Whether a document, or its beginning, is one that we wrote."""
    return data.startswith(HEAD)


class _Stop(Exception):
    """The document is none that is read."""


class _Reader:
    """What a document says, collected while it is parsed."""

    def __init__(self) -> None:
        self.isrc: list[str] = []
        self.links: list[str] = []
        self.notices: list[tuple[str, str]] = []
        self.terms: list[tuple[str, str]] = []
        self._label = ""
        self._lang = ""
        self._text: list[str] | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        raise _Stop

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        space, _, name = tag.rpartition(" ")
        if name == "rights" and space != DC:
            self._label = attributes.get("typeLabel", "")
        if (space == DC and name in ("rights", "identifier")) or name == "rightsLink":
            self._lang = attributes.get(f"{XML} lang", "")
            self._text = []

    def _data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _end(self, tag: str) -> None:
        if self._text is None:
            return
        name = tag.rpartition(" ")[2]
        text = "".join(self._text).strip()
        self._text = None
        if not text:
            return
        if name == "identifier":
            self.isrc += [text.removeprefix("ISRC:")] if text.startswith("ISRC:") else []
        elif name == "rightsLink":
            self.links.append(text)
        else:
            kept = self.terms if self._label == _TERMS_LABEL else self.notices
            kept.append((self._lang, text))
        count = len(self.isrc) + len(self.links) + len(self.notices) + len(self.terms)
        if count > _MAX_TEXTS:
            raise _Stop

    def values(self) -> dict[str, Value]:
        """What was found, by property."""
        found: dict[str, Value] = {}
        if self.isrc:
            found[_ISRC] = self.isrc[0]
        if self.notices:
            found[_NOTICE] = self.notices[0][1]
        if self.terms:
            default = ("x-default", self.terms[0][1])
            found[_TERMS] = LangAlt((default, *(item for item in self.terms if item[0])))
        if self.links:
            found[_LINK] = self.links[0]
        return found


def _values(data: bytes) -> dict[str, Value]:
    reader = _Reader()
    try:
        reader.parser.Parse(data.rstrip(b"\0 \r\n\t"), True)
    except (expat.ExpatError, _Stop):
        return {}
    return reader.values()


def parse(data: bytes, location: str) -> tuple[Entry, ...]:
    """What the document says; nothing if it is no EBUCore, or no XML: it is not ours to judge.

    Args:
        data: the payload of the chunk.
        location: where it stands, as people name it.
    """
    labels = {
        _ISRC: "identifier ISRC",
        _NOTICE: "rights",
        _TERMS: f"rights ({_TERMS_LABEL})",
        _LINK: "rightsLink",
    }
    return tuple(
        Entry(Carrier.AXML, location, name, labels[name], value)
        for name, value in _values(data).items()
    )


def merge(data: bytes | None, properties: Iterable[Property]) -> Merged:
    """A document that says ``properties``.

    A declaration that differs in nothing but its date stays as it is.

    Args:
        data: the document of ours that is there, or None.
        properties: what shall be said; what `NAMES` lacks is passed over.
    """
    wanted = {item.name: item for item in properties if item.name in NAMES}
    kept = (Copy(0, len(data)),) if data else ()
    if not wanted:
        return Merged(kept, frozenset())
    present = _values(data) if data else {}
    values: dict[str, Value] = {}
    for name in NAMES:
        if name in wanted and not wanted[name].goes:
            value = wanted[name].value
            value = value if isinstance(value, LangAlt) and name == _TERMS else as_text(value)
            old = present.get(name)
            values[name] = old if old is not None and same_declaration(old, value) else value
    if not values:
        return Merged((), frozenset())
    new = _rendered(values)
    pieces = kept if new == data else (Insert(new),)
    return Merged(pieces, frozenset(values))


def _rendered(values: Mapping[str, Value]) -> bytes:
    lines = [
        f'<ebucore:ebuCoreMain xmlns:ebucore="{EBUCORE}" xmlns:dc="{DC}">',
        " <ebucore:coreMetadata>",
    ]
    if _ISRC in values:
        attributes = "".join(f" {key}={quoteattr(text)}" for key, text in _ISRC_ATTRIBUTES.items())
        code = escape(_compact(as_text(values[_ISRC])))
        lines += [
            f"  <ebucore:identifier{attributes}>",
            f"   <dc:identifier>ISRC:{code}</dc:identifier>",
            "  </ebucore:identifier>",
        ]
    if _NOTICE in values:
        notice = escape(as_text(values[_NOTICE]))
        lines += [
            '  <ebucore:rights typeLabel="copyright notice">',
            f"   <dc:rights>{notice}</dc:rights>",
            "  </ebucore:rights>",
        ]
    terms = values.get(_TERMS)
    link = values.get(_LINK)
    if terms is not None or link is not None:
        lines.append(f'  <ebucore:rights typeLabel="{_TERMS_LABEL}">')
        if isinstance(terms, LangAlt):
            lines += [
                f"   <dc:rights xml:lang={quoteattr(tag)}>{escape(text)}</dc:rights>"
                for tag, text in terms.items
                if tag != "x-default"
            ]
        if link is not None:
            lines.append(f"   <ebucore:rightsLink>{escape(as_text(link))}</ebucore:rightsLink>")
        lines.append("  </ebucore:rights>")
    lines += [" </ebucore:coreMetadata>", "</ebucore:ebuCoreMain>"]
    text = _NO_XML.sub("\ufffd", "\n".join(lines) + "\n")
    return HEAD + text.encode("utf-8")


def _compact(text: str) -> str:
    try:
        return Identifier.parse(Scheme.ISRC, text).value
    except UsageError:
        return text
