"""Texts in the user data of a movie: QuickTime's international texts and 3GPP's asset boxes.

``©cpy`` and its like (QuickTime File Format, *User Data Atoms*) hold texts one after another, each
with its length and language. ``cprt`` and its like (3GPP TS 26.244, 8.2; ISO/IEC 14496-12, 8.10.2)
hold one text in one language and may stand several times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import RefusedError
from mediaoptout.splice.patch import Copy, Insert, Piece
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.settle import leaves, settle
from mediaoptout.words import Carrier

NAMES: Final[Mapping[bytes, str]] = {
    b"\xa9cpy": "dc:rights",
    b"cprt": "dc:rights",
    b"\xa9cmt": "xmpDM:logComment",
    b"\xa9des": "xmpDM:logComment",
    b"\xa9inf": "xmpDM:logComment",
    b"dscp": "xmpDM:logComment",
}
"""The property that each kind of box holds."""

MAX_TEXT: Final = 1 << 20
"""The largest box that is read, in bytes."""

Form = Literal["quicktime", "3gpp"]

KINDS: Final[Mapping[Form, bytes]] = {"quicktime": b"\xa9cpy", "3gpp": b"cprt"}
"""The box of each form that holds the copyright notice."""

_HEADER: Final = 8
_UNDETERMINED: Final = 0x55C4
"""The language ``und``, three times five bits (ISO 639-2)."""
_PACKED: Final = 0x400
"""Codes below are Macintosh languages, with texts in Macintosh encodings."""
_UNSPECIFIED: Final = 0x7FFF
_LONGEST: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Text:
    """A text in a box.

    Args:
        text: what it says.
        start: where it begins in the box's content, with its length and language.
        end: where it ends.
        language: its language, as the file codes it.
    """

    text: str
    start: int
    end: int
    language: int


def parse(kind: bytes, data: bytes) -> tuple[Text, ...]:
    """The texts in a box of one of the kinds in `NAMES`.

    Args:
        kind: the box's kind.
        data: its content.
    """
    if not _is_international(kind):
        language = int.from_bytes(data[4:6], "big")
        text = _decode(data[6:], _PACKED)
        return (Text(text, 0, len(data), language),) if text else ()
    found: list[Text] = []
    at = 0
    while at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        language = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 4 + size
        if end > len(data):
            break
        found.append(Text(_decode(data[at + 4 : end], language), at, end, language))
        at = end
    return tuple(found)


def entries(kind: bytes, texts: Sequence[Text], location: str) -> tuple[Entry, ...]:
    """What the texts of a box say."""
    label = kind.decode("mac_roman")
    return tuple(
        Entry(Carrier.QUICKTIME, location, NAMES[kind], label, item.text) for item in texts
    )


def merge(form: Form, data: bytes | None, rights: Property, *, force: bool) -> Merged:
    """The copyright box of a form, with ours in it.

    Args:
        form: QuickTime's (``©cpy``) or 3GPP's (``cprt``).
        data: the whole box that is there, or None.
        rights: the ``dc:rights`` to say.
        force: see `settle`.

    Raises:
        RefusedError: the text is longer than the form can hold.
    """
    kind = KINDS[form]
    if rights.goes:
        return _without(kind, data or b"", rights)
    wanted = as_text(rights.value)
    if data is None:
        content = _content(kind, wanted)
        box = _header(kind, _HEADER + len(content)) + content
        return Merged((Insert(box),), frozenset({rights.name}))
    pieces: list[Piece] = []
    warnings: dict[str, None] = {}
    stated: set[str] = set()
    at = 0
    content = data[_HEADER:]
    for item in parse(kind, content):
        value, warning = settle(rights.says(wanted), item.text, force=force)
        stated.add(as_text(value))
        if warning:
            warnings[warning] = None
        if value != item.text:
            pieces += [
                Copy(_HEADER + at, _HEADER + item.start),
                Insert(_content(kind, as_text(value))),
            ]
            at = item.end
    pieces.append(Copy(_HEADER + at, len(data)))
    said = frozenset({rights.name}) if wanted in stated else frozenset()
    size = _HEADER + sum(piece.size for piece in pieces)
    head: Piece = Copy(0, _HEADER) if size == len(data) else Insert(_header(kind, size))
    return Merged((head, *pieces), said, tuple(warnings))


def _without(kind: bytes, data: bytes, rights: Property) -> Merged:
    """The box without our texts; nothing where there are no others."""
    texts = parse(kind, data[_HEADER:])
    gone = [item for item in texts if leaves(rights, item.text)]
    if gone and len(gone) == len(texts):
        return Merged((), frozenset())
    pieces: list[Piece] = []
    at = _HEADER
    for item in gone:
        pieces.append(Copy(at, _HEADER + item.start))
        at = _HEADER + item.end
    size = len(data) - sum(item.end - item.start for item in gone)
    head: Piece = Insert(_header(kind, size)) if gone else Copy(0, min(_HEADER, len(data)))
    return Merged((head, *pieces, Copy(min(at, len(data)), len(data))), frozenset())


def _header(kind: bytes, size: int) -> bytes:
    return size.to_bytes(4, "big") + kind


def _content(kind: bytes, text: str) -> bytes:
    data = text.encode()
    if len(data) > _LONGEST:
        raise RefusedError(
            f"the copyright notice has {len(data)} bytes, and {_LONGEST} fit here",
            fix="shorten the notice",
            code="no-room",
        )
    language = _UNDETERMINED.to_bytes(2, "big")
    if _is_international(kind):
        return len(data).to_bytes(2, "big") + language + data
    return bytes(4) + language + data + b"\0"


def _is_international(kind: bytes) -> bool:
    return kind.startswith(b"\xa9")


def _decode(data: bytes, language: int) -> str:
    if data.startswith((b"\xfe\xff", b"\xff\xfe")):
        return data.decode("utf-16", "replace").rstrip("\0")
    if _PACKED <= language != _UNSPECIFIED:
        return data.decode("utf-8", "replace").rstrip("\0")
    return data.decode("mac_roman").rstrip("\0")
