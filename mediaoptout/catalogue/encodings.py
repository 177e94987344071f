"""In which encoding a table was saved: UTF-8, UTF-16, Windows-1252 or Mac Roman.

Nothing in the file says so, except a mark at its beginning. What is valid UTF-8 is UTF-8; else
the letters decide: in the wrong one of the two old encodings, capitals and signs stand where
small letters should (``Générale`` against ``GŽnŽrale``). Other encodings are not guessed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mediaoptout.catalogue.faults import CatalogueError

BLOCK: Final = 1 << 20
SAMPLE: Final = 1 << 18
"""How much text with letters beyond ASCII is weighed, in bytes."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OLD: Final = ("cp1252", "mac-roman")
TITLES: Final = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
    "mac-roman": "Mac Roman",
}
"""Encodings as people call them."""

_HIGH: Final = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
_SEQUENCE: Final = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
_RUN: Final = re.compile(rb"[\x80-\xff]{3,}")
_USUAL: Final = frozenset("\u2018\u2019\u201c\u201d\u2013\u2014\u2026\xa0«»©®™€°¡¿·")
_RARE: Final = frozenset("ªºƒıŠšŽž")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x19\x1c\x7f]")


def encoding_of(path: Path) -> str:
    """The encoding of a text file, by its bytes.

    Args:
        path: the file; it is read through once, in blocks.

    Raises:
        CatalogueError: it is no text, or UTF-8 with broken letters in it.
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    wide = _wide(head)
    if wide is not None:
        return wide
    if _CONTROL.search(head):
        raise CatalogueError(
            f"{path} is no table: it has bytes that no text has",
            fix="save it as CSV (UTF-8) or .xlsx",
        )
    line = _first_broken(path)
    if line is None:
        return "utf-8"
    sample = _sample(path)
    if _is_broken_utf8(sample):
        raise CatalogueError(
            f"{path} is UTF-8, but line {line} has bytes that are not",
            at=f"line {line}",
            fix="mend that line, or save the file again as CSV (UTF-8)",
        )
    if _is_of_elsewhere(sample):
        raise CatalogueError(
            f"it cannot be told in which encoding {path} is", fix="save it again as CSV (UTF-8)"
        )
    return max(_OLD, key=lambda name: _plausible(sample.decode(name, "replace")))


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of ASCII text is NUL."""
    if len(head) < 4:
        return None
    half = len(head) // 4
    if head[1::2].count(0) > half and not head[0::2].count(0):
        return "utf-16-le"
    if head[0::2].count(0) > half and not head[1::2].count(0):
        return "utf-16-be"
    return None


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block


def _first_broken(path: Path) -> int | None:
    """The first line that is no UTF-8; None where all is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    try:
        for block in _blocks(path):
            lines += decoder.decode(block).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return lines + error.object[: error.start].count(b"\n")
    return None


def _sample(path: Path) -> bytes:
    """Lines with letters beyond ASCII, up to `SAMPLE` bytes of them."""
    found: list[bytes] = []
    size = 0
    for block in _blocks(path):
        for match in _HIGH.finditer(block):
            found.append(match[0][:4096])
            size += len(found[-1])
            if size > SAMPLE:
                return b"\n".join(found)
    return b"\n".join(found)


def _is_broken_utf8(sample: bytes) -> bool:
    """Whether most letters are UTF-8, so that the rest is damage."""
    whole = sum(len(found) for found in _SEQUENCE.findall(sample))
    high = sum(byte >= 0x80 for byte in sample)
    return whole * 2 > high and whole >= 4


def _is_of_elsewhere(sample: bytes) -> bool:
    """Whether most letters beyond ASCII stand in a row, as in no language of Western Europe."""
    in_a_row = sum(len(found) for found in _RUN.findall(sample))
    return in_a_row * 2 > sum(byte >= 0x80 for byte in sample)


def _plausible(text: str) -> int:
    """How well a text reads: small letters inside words, signs between them."""
    score = 0
    for before, char, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if char > "\x7f":
            score += _fits(before, char, after)
    return score


def _fits(before: str, char: str, after: str) -> int:
    inside = before.isalpha() and after.isalpha()
    if char.isalpha() and char < "\u0180":
        if char in _RARE:
            return 0
        mixed = before.isalpha() and (before.islower() or after.islower())
        return -2 if char.isupper() and mixed else 1
    if char == "\u2019":
        return 1
    return 1 if char in _USUAL and not inside else -1
