"""The text chunks of AIFF and AIFF-C (Apple, *Audio Interchange File Format*, 1.3, 1989).

``(c) `` holds the copyright notice, ``ANNO`` the usage terms. The standard says ASCII; ExifTool
reads Mac OS Roman, MediaInfo ISO 8859-1, ffmpeg UTF-8. We write what the file's other texts are
in, else Mac OS Roman (whose ``©`` is that of ISO 8859-1 too), and UTF-8 for what that cannot say;
and read whichever it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.prose import is_ours
from mediaoptout.vocabularies.settle import leaves, settle
from mediaoptout.words import Carrier

COPYRIGHT: Final = b"(c) "
ANNOTATION: Final = b"ANNO"

TEXTS: Final = frozenset({COPYRIGHT, ANNOTATION, b"NAME", b"AUTH"})
"""The chunks whose payload is a text."""

KEYS: Final = {"dc:rights": COPYRIGHT, "xmpRights:UsageTerms": ANNOTATION}
"""The chunk for each property that such texts can hold."""

MAX_TEXT: Final = 1 << 16
"""The longest text that is read."""

_MAC: Final = "mac_roman"


@dataclass(frozen=True, slots=True)
class Text:
    """A text chunk: its FourCC and its payload."""

    name: bytes
    data: bytes

    @property
    def value(self) -> str:
        """The text, without the zeros that some writers end it with."""
        raw = self.data.rstrip(b"\0")
        return raw.decode("utf-8" if _is_utf8(raw) else _MAC)


@dataclass(frozen=True, slots=True)
class MergedTexts:
    """What becomes of a file's text chunks.

    Args:
        changed: the new payloads of chunks, by their index; None for a chunk that goes.
        added: new chunks.
        said: the qualified names of the properties that the texts now state as wanted.
        warnings: what was left as others said it, as sentences.
    """

    changed: Mapping[int, bytes | None]
    added: tuple[Text, ...]
    said: frozenset[str]
    warnings: tuple[str, ...]


def parse(text: Text, location: str) -> tuple[Entry, ...]:
    """What a text chunk says about rights.

    Args:
        text: the chunk.
        location: where it stands, as people name it.
    """
    value = text.value
    label = text.name.decode("ascii").rstrip()
    if not value or text.name not in KEYS.values():
        return ()
    if text.name == COPYRIGHT:
        name = "dc:rights"
    else:
        name = "xmpRights:UsageTerms" if is_ours(value) else "xmpDM:logComment"
    return (Entry(Carrier.IFF_TEXT, location, name, label, value),)


def merge(
    texts: Sequence[Text],
    properties: Iterable[Property],
    *,
    force: bool = False,
    hiding: frozenset[str] = frozenset(),
) -> MergedTexts:
    """The notice and the terms in text chunks; texts of others stay.

    The standard allows several annotations, but players show one, mostly the last: where somebody
    else's stands, ours is not put beside it.

    Args:
        texts: all text chunks of the file.
        properties: what shall be said.
        force: replace contrary statements of others (these chunks hold none).
        hiding: the properties for which a new chunk would hide what another block of the file
            shows.
    """
    codec = _codec(texts)
    changed: dict[int, bytes | None] = {}
    added: list[Text] = []
    said: set[str] = set()
    warnings: list[str] = []
    for wanted in properties:
        name = KEYS.get(wanted.name)
        if name is None:
            continue
        present = [i for i, text in enumerate(texts) if text.name == name]
        if wanted.goes:
            changed.update((i, None) for i in present if leaves(wanted, texts[i].value))
            continue
        ours = wanted.flat
        data = _encoded(as_text(wanted.value), codec)
        if not present and wanted.name not in hiding:
            added.append(Text(name, data))
            said.add(wanted.name)
        for index in present:
            there = texts[index].value
            settled = settle(ours, there or None, force=force)
            if settled.warning is None:
                said.add(wanted.name)
            else:
                warnings.append(f"{settled.warning} ({name.decode('ascii').rstrip()})")
            if settled.value != there:
                changed[index] = data
    return MergedTexts(changed, tuple(added), frozenset(said), tuple(dict.fromkeys(warnings)))


def _codec(texts: Iterable[Text]) -> str:
    """UTF-8 where a text is beyond ASCII and all are UTF-8; else Mac OS Roman."""
    foreign = [text.data for text in texts if not text.data.isascii()]
    return "utf-8" if foreign and all(_is_utf8(data) for data in foreign) else _MAC


def _encoded(text: str, codec: str) -> bytes:
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        return text.encode()


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
