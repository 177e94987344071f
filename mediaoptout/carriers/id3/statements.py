"""What ID3v2 frames say about rights: read into entries, and the frames that say a property."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers.id3.languages import UNKNOWN, three_letters
from mediaoptout.carriers.id3.tag import Frame, Tag
from mediaoptout.carriers.id3.text import (
    LATIN1,
    Text,
    described_frame,
    encode,
    read_text,
    split,
    terms_frame,
    text_frame,
)
from mediaoptout.carriers.id3.upgrade import V22_NAMES, common_name
from mediaoptout.vocabularies import identifying
from mediaoptout.vocabularies.properties import Entry, LangAlt, Property, as_text
from mediaoptout.words import Carrier

XMP_OWNER: Final = b"XMP\0"
"""What a ``PRIV`` frame begins with that holds an XMP packet (XMP part 3, 2.3.3)."""

MANIFEST_TYPES: Final = (b"application/c2pa", b"application/x-c2pa-manifest-store")
"""The media types of a C2PA manifest store in a ``GEOB`` frame: today's and the first one."""

_MANIFEST_FIELDS: Final = b"\0application/c2pa\0c2pa\0c2pa manifest store\0"
_LOOK: Final = 1024
"""How much of a ``GEOB`` or ``PRIV`` frame is read to see whose it is."""
_MAX_URL: Final = 2048

_FRAMES: Final = {
    "TCOP": "dc:rights",
    "WCOP": "xmpRights:WebStatement",
    "USER": "xmpRights:UsageTerms",
    "COMM": "xmpDM:logComment",
    "TSRC": "id:isrc",
}
_DESCRIPTIONS: Final = {
    "TDM-RESERVATION": "tdm:reservation",
    "TDM-POLICY": "tdm:policy",
    "COPYRIGHT": "dc:rights",
    "USAGE-TERMS": "xmpRights:UsageTerms",
    "LICENSE": "xmpRights:WebStatement",
    **{key: name for name, key in identifying.TAGS.items()},
    **identifying.READ,
}


@dataclass(frozen=True, slots=True)
class Key:
    """What makes two frames the same statement: there may be one of each.

    Args:
        kind: the identifier, as v2.3 and v2.4 spell it.
        detail: the description in one spelling (``TXXX``) or the language (``USER``), or empty.
    """

    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A frame that says a property.

    Args:
        key: which frame.
        wanted: the property, its value as the one text that the frame holds.
        description: the description as we spell it.
        language: three letters, or empty.
    """

    key: Key
    wanted: Property
    description: str = ""
    language: str = ""

    def content(self, version: int, value: str) -> bytes:
        """The frame's content when it says ``value``."""
        match self.key.kind:
            case "TXXX":
                return described_frame(version, self.description, value)
            case "USER":
                return terms_frame(version, self.language, value)
            case "WCOP":
                return encode(LATIN1, value)
            case _:
                return text_frame(version, value)

    def name(self, version: int) -> str:
        """The identifier in a tag of ``version``."""
        return V22_NAMES[self.key.kind] if version == 2 else self.key.kind


def _spelling(description: str) -> str:
    return description.strip().upper().replace("_", "-").replace(" ", "-")


def items(properties: tuple[Property, ...], version: int) -> Iterator[Item]:
    """The frames that say ``properties`` in a tag of ``version``.

    v2.2 has no ``USER``; v2.3 allows one, v2.4 one for each language.
    """
    for wanted in properties:
        text = as_text(wanted.value)
        match wanted.name:
            case "dc:rights":
                yield Item(Key("TCOP"), wanted.says(text))
            case "xmpRights:UsageTerms":
                if version > 2:
                    yield from _terms(wanted, version)
                yield _described("USAGE TERMS", wanted.says(text))
            case "xmpRights:WebStatement" if _is_url(text):
                yield Item(Key("WCOP"), wanted.says(text))
            case "xmpRights:WebStatement":
                yield _described("LICENSE", wanted.says(text))
            case "tdm:reservation":
                yield _described("TDM-RESERVATION", wanted.says(text))
            case "tdm:policy":
                yield _described("TDM-POLICY", wanted.says(text))
            case "id:isrc":
                yield Item(Key("TSRC"), wanted.says(text))
            case name if name in identifying.TAGS:
                yield _described(identifying.TAGS[name], wanted.says(text))


def _described(description: str, wanted: Property) -> Item:
    return Item(Key("TXXX", _spelling(description)), wanted, description)


def _is_url(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text and len(text) <= _MAX_URL


def _terms(wanted: Property, version: int) -> Iterator[Item]:
    value = wanted.value
    if not isinstance(value, LangAlt):
        value = LangAlt((("x-default", as_text(value)),))
    tongue = next(
        (lang for lang, text in value.items if lang != "x-default" and text == value.default),
        None,
    )
    first = three_letters(tongue) if tongue else UNKNOWN
    texts = {first: value.default}
    if version == 4:
        for lang, text in value.items:
            if lang != "x-default":
                texts.setdefault(three_letters(lang), text)
    for language, text in texts.items():
        detail = language.lower() if version == 4 else ""
        yield Item(Key("USER", detail), wanted.says(text), language=language)


@dataclass(frozen=True, slots=True)
class Said:
    """What a frame of a known kind says.

    Args:
        key: which frame it is.
        name: the property.
        label: the key as the tag spells it.
        value: the text; None where the frame cannot be read (it is encrypted).
    """

    key: Key
    name: str
    label: str
    value: str | None


def said(tag: Tag, frame: Frame) -> Said | None:
    """What the frame says, if it is of a kind that speaks of rights; else None."""
    kind = common_name(frame)
    if kind != "TXXX" and kind not in _FRAMES:
        return None
    content = tag.content(frame)
    text = Text("") if content is None else read_text(kind, content)
    if text is None:
        return None
    value = None if content is None else text.value
    if kind == "TXXX":
        spelling = _spelling(text.description)
        name = _DESCRIPTIONS.get(spelling)
        if name is None:
            return None
        return Said(Key(kind, spelling), name, f"{kind}:{text.description}", value)
    label = ":".join(part for part in (kind, text.description, text.language) if part)
    detail = text.language if kind == "USER" and tag.header.version == 4 else ""
    return Said(Key(kind, detail), _FRAMES[kind], label, value)


def texts(tag: Tag, location: str) -> Iterator[Entry]:
    """What the tag's frames say, packets and manifests aside."""
    for frame in tag.frames:
        found = said(tag, frame)
        if found is not None and found.value is not None:
            yield Entry(Carrier.ID3, location, found.name, found.label, found.value)


def is_packet(tag: Tag, frame: Frame) -> bool:
    """Whether the frame is the ``PRIV`` that holds XMP."""
    return common_name(frame) == "PRIV" and _start(tag, frame).startswith(XMP_OWNER)


def is_manifest(tag: Tag, frame: Frame) -> bool:
    """Whether the frame is the ``GEOB`` that holds a C2PA manifest store."""
    return common_name(frame) == "GEOB" and manifest_offset(_start(tag, frame)) is not None


def manifest_offset(content: bytes) -> int | None:
    """Where the manifest store begins in a ``GEOB`` frame's content; None if it holds another."""
    if not content:
        return None
    mime, rest = split(LATIN1, content[1:])
    if mime.lower() not in MANIFEST_TYPES:
        return None
    for _ in ("file name", "description"):
        _, rest = split(content[0], rest)
    return len(content) - len(rest)


def manifest_store(tag: Tag, frame: Frame) -> bytes | None:
    """The manifest store of such a frame; None if it cannot be read."""
    content = tag.content(frame)
    at = None if content is None else manifest_offset(content)
    return None if content is None or at is None else content[at:]


def manifest_lead(tag: Tag, size: int) -> bytes:
    """What stands before a manifest store of ``size`` bytes: frame header and fields."""
    return tag.frame_header("GEOB", len(_MANIFEST_FIELDS) + size) + _MANIFEST_FIELDS


def _start(tag: Tag, frame: Frame) -> bytes:
    if tag.is_bare(frame):
        return tag.plain.read(frame.body, min(frame.body + _LOOK, frame.end))
    return tag.content(frame) or b""
