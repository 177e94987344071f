"""Text inside ID3v2 frames: encodings, terminators, and what each kind of frame says with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LATIN1: Final = 0
UTF16: Final = 1
UTF16_BE: Final = 2
UTF8: Final = 3


def encoding_for(version: int, *texts: str) -> int:
    """The narrowest encoding of the version that holds every text."""
    limit = 0x7F if version == 4 else 0xFF
    if all(ord(character) <= limit for text in texts for character in text):
        return LATIN1
    return UTF8 if version == 4 else UTF16


def encode(encoding: int, text: str) -> bytes:
    """``text`` without a terminator; UTF-16 with its byte order mark."""
    if encoding == UTF16:
        return b"\xff\xfe" + text.encode("utf-16-le")
    return text.encode({LATIN1: "latin-1", UTF16_BE: "utf-16-be"}.get(encoding, "utf-8"))


def terminator(encoding: int) -> bytes:
    """What ends a string."""
    return b"\0\0" if encoding in (UTF16, UTF16_BE) else b"\0"


def decode(encoding: int, data: bytes) -> str:
    """The text, as far as it can be read; without what ends or pads it."""
    if encoding == UTF16:
        codec = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-le"
        text = data.decode(codec, "replace")
    elif encoding == UTF16_BE:
        text = data.decode("utf-16-be", "replace")
    elif encoding == UTF8:
        text = data.decode("utf-8", "replace")
    else:
        text = data.decode("latin-1")
    return text.rstrip("\0")


def split(encoding: int, data: bytes) -> tuple[bytes, bytes]:
    """The first string of ``data`` without its terminator, and what follows it."""
    if encoding not in (UTF16, UTF16_BE):
        first, _, rest = data.partition(b"\0")
        return first, rest
    at = data.find(b"\0\0")
    while at >= 0 and at % 2:
        at = data.find(b"\0\0", at + 1)
    return (data, b"") if at < 0 else (data[:at], data[at + 2 :])


@dataclass(frozen=True, slots=True)
class Text:
    """What a frame says.

    Args:
        value: the text; several values are joined.
        description: what tells frames of one kind apart (TXXX, WXXX, COMM).
        language: three letters (COMM, USER), or empty.
    """

    value: str
    description: str = ""
    language: str = ""


def read_text(kind: str, data: bytes) -> Text | None:
    """What the frame of a v2.3 or v2.4 identifier says with ``data``; None if it is no text."""
    if kind[0] == "W" and kind != "WXXX":
        return Text(decode(LATIN1, data.partition(b"\0")[0]))
    if not data:
        return None
    encoding, rest = data[0], data[1:]
    if kind in ("TXXX", "WXXX"):
        description, rest = split(encoding, rest)
        if kind == "WXXX":
            return Text(decode(LATIN1, rest.partition(b"\0")[0]), decode(encoding, description))
        return Text(_joined(encoding, rest), decode(encoding, description))
    if kind == "COMM":
        description, value = split(encoding, rest[3:])
        return Text(decode(encoding, value), decode(encoding, description), _language(rest))
    if kind == "USER":
        return Text(decode(encoding, rest[3:]), language=_language(rest))
    return Text(_joined(encoding, rest)) if kind[0] == "T" else None


def _language(data: bytes) -> str:
    return decode(LATIN1, data[:3]).lower()


def _joined(encoding: int, data: bytes) -> str:
    values: list[str] = []
    while data and len(values) < 1000:
        value, data = split(encoding, data)
        values.append(decode(encoding, value))
    return "; ".join(value for value in values if value)


def text_frame(version: int, value: str) -> bytes:
    """The content of a text information frame."""
    encoding = encoding_for(version, value)
    return bytes((encoding,)) + encode(encoding, value)


def described_frame(version: int, description: str, value: str) -> bytes:
    """The content of a ``TXXX`` frame."""
    encoding = encoding_for(version, description, value)
    key = encode(encoding, description) + terminator(encoding)
    return bytes((encoding,)) + key + encode(encoding, value)


def terms_frame(version: int, language: str, value: str) -> bytes:
    """The content of a ``USER`` frame."""
    encoding = encoding_for(version, value)
    return bytes((encoding,)) + language.encode("ascii") + encode(encoding, value)
