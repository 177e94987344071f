"""Sentences of ours, known again: from which template a text was made, and with which values.

Records hold plain English, and a finding's sentence is composed in one place, where it is found.
The page shows it in French too. So a text is read back: the French table has every English template
that the code has (a test walks the code and sees to that), and a template is a row of fixed pieces
with holes between them. Where several fit, the reading holds that accounts for most of the text.

What stands in a hole may be a sentence or a word of ours again; what is none stays as it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

LONGEST: Final = 8192
"""Longer texts are mostly somebody else's, and are not read."""

_REMEMBERED: Final = 1 << 14
"""How many readings are remembered, of texts that are short; the same is said of many files."""

_SHORT: Final = 512
_DEEPEST: Final = 4
"""How deep sentences stand in one another; what strangers wrote could go on for ever."""

_READ: Final = {
    "whole": ("sentences",),
    "said": ("sentences", "parts"),
    "words": ("parts",),
    "name": ("parts",),
}
"""What is looked up in which tables: a whole text is never only a part of one."""

_ITEMS: Final = 64
_TOGETHER: Final = 3
"""How many items a list has, and how many pieces of it may be one sentence."""

_HOLE: Final = re.compile(r"\{(\d+)(?::(\w+))?\}")
_NUMBER: Final = re.compile(r"-?\d[\d,.-]*")
_NAME: Final = re.compile(r"\S+|[\dX -]+")
"""What may stand in a list beside words of ours: a word, or a number in groups of digits."""

_LETTER: Final = re.compile(r"[^\W\d_]")
_LISTS: Final = (("; ", " ; "), (", ", ", "), (" and ", " et "), (" or ", " ou "))
"""What stands between the items of a list, in English and in French."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text as it was composed.

    Args:
        english: the template, with a hole ``{0}`` for the first value.
        french: the same in French; a hole may say what stands in it (see the table).
        values: what stands in the holes.
        known: how many characters of the text are ours, punctuation alone left out; less by one
            for each template with holes, so that of equals the plainest holds.
    """

    english: str
    french: str
    values: tuple[str | Said, ...] = ()
    known: int = 0

    def __str__(self) -> str:
        return _HOLE.sub(lambda hole: str(self.values[int(hole[1])]), self.english)


def read(text: str) -> Said | None:
    """How a finding's sentence was composed; None for what is not ours."""
    return None if len(text) > LONGEST else _read(text, "whole", 0)


@cache
def titles() -> dict[str, str]:
    """What each rule finds, in French."""
    return {rule: typeset(text) for rule, text in _asset("rules-fr.toml").items()}


def typeset(text: str) -> str:
    """French with its apostrophes, and with spaces that no line breaks at."""
    text = re.sub(r"(?<=[^\W\d_])'(?=[^\W\d_{«])", "\u2019", text)
    text = re.sub(" (?=[;?!])", "\u202f", text)
    return re.sub(" (?=[:»])|(?<=«) ", "\u00a0", text)


@dataclass(frozen=True, slots=True)
class _Template:
    english: str
    french: str
    pieces: tuple[str, ...]
    longest: str
    kinds: Mapping[int, str]
    bare: bool

    @classmethod
    def of(cls, english: str, french: str) -> _Template:
        pieces = tuple(_HOLE.split(english)[::3])
        kinds = {int(hole[1]): hole[2] or "" for hole in _HOLE.finditer(french)}
        bare = not any(map(_LETTER.search, pieces))
        return cls(english, french, pieces, max(pieces, key=len), kinds, bare)

    def read(self, text: str, depth: int) -> Said | None:
        """The text as made from this template, or None."""
        found = self._values(text)
        if found is None:
            return None
        values: list[str | Said] = []
        known = -1 if self.bare else sum(map(len, self.pieces)) - 1
        for at, value in enumerate(found):
            kind = self.kinds.get(at, "")
            if kind == "number" and not _NUMBER.fullmatch(value):
                return None
            said = _read(value, kind, depth + 1) if kind in _READ else None
            known += said.known if said is not None else 0
            values.append(value if said is None else said)
        if self.bare and not any(isinstance(value, Said) for value in values):
            return None  # punctuation alone says nothing about whose sentence it is
        return Said(self.english, self.french, tuple(values), known)

    def _values(self, text: str) -> list[str] | None:
        first, *others, last = self.pieces
        at, end = len(first), len(text) - len(last)
        if end < at or not text.startswith(first) or not text.endswith(last):
            return None
        values = []
        for piece in others:
            found = text.find(piece, at, end)
            if found < 0:
                return None
            values.append(text[at:found])
            at = found + len(piece)
        return [*values, text[at:end]]


class _Templates:
    """Templates, found by how a text begins."""

    def __init__(self, *tables: Mapping[str, str]) -> None:
        self._whole: dict[str, Said] = {}
        self._by_word: dict[str, list[_Template]] = {}
        self._others: list[_Template] = []
        for english, french in (item for each in tables for item in each.items()):
            template = _Template.of(english, typeset(french))
            word, space, _ = template.pieces[0].partition(" ")
            if len(template.pieces) == 1:
                self._whole[english] = Said(english, template.french, known=len(english))
            elif space:
                self._by_word.setdefault(word, []).append(template)
            else:
                self._others.append(template)

    def best(self, text: str, depth: int) -> Said | None:
        """The reading that accounts for most of a text."""
        whole = self._whole.get(text)
        if whole is not None:
            return whole
        begun = self._by_word.get(text.partition(" ")[0], ())
        likely = [item for each in (begun, self._others) for item in each if item.longest in text]
        return _most(item.read(text, depth) for item in likely)


@cache
def _templates(kind: str) -> _Templates:
    """What may stand in a hole of a kind."""
    tables = _asset("sentences-fr.toml")
    return _Templates(*(tables[name] for name in _READ[kind]))


@cache
def _asset(name: str) -> dict[str, Any]:
    home = files("mediaoptout").joinpath("reports", "assets", name)
    return tomllib.loads(home.read_text("utf-8"))


def _read(text: str, kind: str, depth: int) -> Said | None:
    return (_remembered if len(text) <= _SHORT else _anew)(text, kind, depth)


def _anew(text: str, kind: str, depth: int) -> Said | None:
    if depth > _DEEPEST:
        return None
    readings = [_templates(kind).best(text, depth)]
    if kind in ("said", "words"):
        readings += (_listed(text, *separators, kind, depth) for separators in _LISTS)
    return _most(readings)


_remembered = lru_cache(maxsize=_REMEMBERED)(_anew)


def _listed(text: str, english: str, french: str, kind: str, depth: int) -> Said | None:
    """A list of what is ours; names of one word may stand among that, or be all of ``words``."""
    parts = text.split(english)
    if not 1 < len(parts) <= _ITEMS:
        return None
    items = tuple(_items(parts, english, kind, depth))
    known = sum(item.known for item in items if isinstance(item, Said))
    foreign = any(isinstance(item, str) and not _NAME.fullmatch(item) for item in items)
    if len(items) == 1 or foreign or not (known or kind == "words"):
        return None
    return Said(
        english.join(f"{{{at}}}" for at in range(len(items))),
        typeset(french).join(f"{{{at}:{kind}}}" for at in range(len(items))),
        items,
        known + len(english) * (len(items) - 1) - 1,
    )


def _items(parts: list[str], separator: str, kind: str, depth: int) -> Iterator[str | Said]:
    """The items; where a sentence holds what parts them, it accounts for more than its pieces."""
    alone = [_read(part, kind, depth + 1) for part in parts]
    at = 0
    while at < len(parts):
        best, width = alone[at], 1
        apart = _known(best)
        for count in range(2, min(_TOGETHER, len(parts) - at) + 1):
            apart += _known(alone[at + count - 1])
            whole = _templates(kind).best(separator.join(parts[at : at + count]), depth)
            if _known(whole) > max(apart, _known(best)):
                best, width = whole, count
        yield parts[at] if best is None else best
        at += width


def _known(said: Said | None) -> int:
    return 0 if said is None else said.known


def _most(readings: Iterable[Said | None]) -> Said | None:
    found = [said for said in readings if said is not None]
    return max(found, key=lambda said: said.known, default=None)
