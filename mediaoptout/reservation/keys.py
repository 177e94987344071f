"""The keys that a profile can have, and what their values must be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from string import Formatter
from typing import Any, Final

from mediaoptout.errors import ProfileError, UsageError
from mediaoptout.reservation import delivery, legal
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Capacity, Role
from mediaoptout.reservation.texts import PLACEHOLDERS, phrases
from mediaoptout.tables import suggestion
from mediaoptout.words import Permission, Use

TEXT: Final = "a text"
LIST: Final = "a list of texts"
DATE: Final = "a date (2026-11-21)"
FLAG: Final = "true or false"
TABLE: Final = "a table of texts"
TRANSLATED: Final = "a text, or a table of texts by language"
NAMED: Final = "a reference or a date"
NUMBER: Final = "a number"
_ONE_OF: Final = "one of: "

_LANGUAGES: Final = tuple(phrases())


def _schemes(of_holder: bool) -> Iterator[Scheme]:
    return (scheme for scheme in Scheme if scheme.of_holder is of_holder)


KEYS: Final[Mapping[str, str]] = {
    "title": TEXT,
    "extends": TEXT,
    **{f"uses.{use}": _ONE_OF + ", ".join(Permission) for use in Use},
    "holder.name": TEXT,
    "holder.role": _ONE_OF + ", ".join(Role),
    "holder.required": FLAG,
    "holder.identifiers": TABLE,
    **{f"holder.{scheme}": TEXT for scheme in _schemes(of_holder=True)},
    "declarant.name": TEXT,
    "declarant.role": _ONE_OF + ", ".join(Role),
    "declarant.identifiers": TABLE,
    **{f"declarant.{scheme}": TEXT for scheme in _schemes(of_holder=True)},
    "work.title": TEXT,
    "work.artist": TEXT,
    "work.identifiers": TABLE,
    **{f"work.{scheme}": TEXT for scheme in _schemes(of_holder=False)},
    "capacity.as": _ONE_OF + ", ".join(Capacity),
    "capacity.of": TRANSLATED,
    "capacity.mandate": TRANSLATED,
    "capacity.reserve": TRANSLATED,
    "basis.articles": LIST,
    "licence.contact": TEXT,
    "licence.url": TEXT,
    "licence.granted.licensee": TEXT,
    "licence.granted.uses": LIST,
    "licence.granted.until": DATE,
    "licence.granted.reference": TEXT,
    "policy.url": TEXT,
    "policy.required": FLAG,
    "declaration.date": DATE,
    "declaration.reference": TEXT,
    "declaration.supersedes": NAMED,
    "declaration.withdrawn": DATE,
    "copyright.notice": TEXT,
    "texts.languages": LIST,
    **{f"texts.{language}": TEXT for language in _LANGUAGES},
    **{f"notices.{language}": TEXT for language in _LANGUAGES},
    "delivery.profile": _ONE_OF + ", ".join(delivery.SHIPPED),
    "delivery.carriers": LIST,
    "delivery.vocabularies": LIST,
    "delivery.prose": FLAG,
    "delivery.sign": FLAG,
    "delivery.id3_version": NUMBER,
    "delivery.id3_chunks": FLAG,
}
"""Every key, and the kind of its value. ``holder`` and ``work`` may also be lists of tables
(``[[holder]]``); ``licence.granted`` is one.
"""

REPEATED: Final = frozenset({"holder", "work", "licence.granted"})
"""The tables that may stand several times."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in a profile.

    Args:
        key: the key (``holder.isni``).
        row: which of several tables of that name it is in.
        part: the key inside a table of texts, or empty.
    """

    key: str
    row: int = 0
    part: str = ""


def flat(data: Mapping[str, Any], above: str = "", row: int = 0) -> Iterator[tuple[Place, Any]]:
    """Every value of a profile's tables, with its place."""
    for name, value in data.items():
        key = f"{above}{name}"
        rows = value if isinstance(value, list) and key in REPEATED else [value]
        for number, item in enumerate(rows):
            inside = key not in KEYS and isinstance(item, dict)
            number = number if key in REPEATED else row
            if inside:
                yield from flat(item, f"{key}.", number)
            else:
                yield Place(key, number), item


def check(text: str, origin: str, place: Place, value: Any) -> None:
    """Check a value of a profile.

    Args:
        text: the profile's file, to find the line.
        origin: its name, for the message.
        place: where the value stands.
        value: what stands there.

    Raises:
        ProfileError: the key is unknown, or the value is not of its kind or wrong.
    """
    try:
        _check_kind(place.key, value)
        for part, said in _parts(place.key, value):
            place = Place(place.key, place.row, part)
            _check_value(place.key, part, said)
    except UsageError as error:
        raise wrong(text, origin, place, error) from error


def _check_kind(key: str, value: Any) -> None:
    kind = KEYS.get(key)
    if kind is None and any(known.startswith(f"{key}.") for known in KEYS):
        several = f" or [[{key}]]" if key in REPEATED else ""
        raise UsageError(f"{key} must be a table, written [{key}]{several}, not {value!r:.60}")
    if kind is None:
        raise UsageError(f"the key {key!r} is not known{suggestion(key, KEYS)}")
    table = isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    fits = {
        TEXT: isinstance(value, str),
        LIST: isinstance(value, list) and all(isinstance(item, str) for item in value),
        DATE: type(value) is date,  # a date with a time is another type
        FLAG: isinstance(value, bool),
        TABLE: table,
        TRANSLATED: isinstance(value, str) or table,
        NAMED: isinstance(value, str) or type(value) is date,
        NUMBER: type(value) is int,
    }.get(kind, isinstance(value, str) and value in kind.removeprefix(_ONE_OF).split(", "))
    if not fits:
        raise UsageError(f"{key} must be {kind}, not {value!r}")
    if key == "texts.languages" and not value:
        raise UsageError(f"{key} names no language; there are: {', '.join(phrases())}")


def _parts(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The value, or each of a table's or list's with its own key."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from (("", item) for item in value)
    else:
        yield "", value


def _check_value(key: str, part: str, value: Any) -> None:
    table, _, field = key.rpartition(".")
    if isinstance(value, str):
        _check_printable(key, value.replace("\n", "") if table in ("texts", "notices") else value)
    if KEYS[key] == TRANSLATED and part:
        _check_language(part)
    if key == "texts.languages":
        _check_language(value)
    elif table in ("texts", "notices"):
        _check_placeholders(key, value)
    elif field == "identifiers" or field in list(Scheme):
        _check_identifier(table, part or field, value)
    elif key == "basis.articles":
        legal.check(value)
    elif key in ("licence.url", "policy.url"):
        _check_address(key, value, value.startswith(("https://", "http://")), "https://…")
    elif key == "licence.contact":
        _check_address(key, value, "@" in value, "an e-mail address")
    elif key == "licence.granted.uses":
        _check_use(value)
    elif key == "delivery.carriers":
        delivery.carriers([value])
    elif key == "delivery.vocabularies":
        delivery.vocabularies([value])
    elif key == "delivery.id3_version" and value not in delivery.ID3_VERSIONS:
        raise UsageError(f"{key} must be one of: {_listed(delivery.ID3_VERSIONS)}, not {value}")


def _check_printable(key: str, text: str) -> None:
    """Names and titles stand in tags of one line; a control character in them is a mistake."""
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text):
        raise UsageError(f"{key} has characters that cannot be printed: {text!r:.60}")


def _check_language(language: str) -> None:
    if language not in phrases():
        known = ", ".join(phrases())
        raise UsageError(f"there are no texts in {language!r} (there are: {known})")


def _check_placeholders(key: str, text: str) -> None:
    try:
        for _, name, form, conversion in Formatter().parse(text):
            if name is not None and (name not in PLACEHOLDERS or form or conversion):
                known = ", ".join(f"{{{word}}}" for word in PLACEHOLDERS)
                raise UsageError(f"{key} has a placeholder {{{name}}}; there are: {known}")
    except ValueError as error:
        raise UsageError(f"{key} has a brace too many or too few: {error}") from error


def _check_identifier(table: str, scheme: str, text: str) -> None:
    known = [word.value for word in _schemes(of_holder=table != "work")]
    if scheme not in known:
        raise UsageError(
            f"{table} has no identifier {scheme!r}{suggestion(scheme, known)}",
            fix=f"there are: {_listed(known)}",
        )
    Identifier.parse(Scheme(scheme), text)


def _check_address(key: str, value: str, right: bool, form: str) -> None:
    if not right or any(char.isspace() for char in value):
        raise UsageError(f"{key} must be {form}, not {value!r}")


def _check_use(use: str) -> None:
    if use not in list(Use):
        raise UsageError(f"there is no use {use!r}{suggestion(use, Use)}", fix=_listed(Use))


def _listed(items: Iterable[object]) -> str:
    return ", ".join(map(str, items))


def wrong(text: str, origin: str, place: Place, error: UsageError) -> ProfileError:
    """What is wrong with a profile, with its file and line."""
    line = line_of(text, place)
    at = f"{origin}, line {line}" if line else origin
    return ProfileError(
        f"{error.message} ({at})",
        at=at,
        fix=error.fix or "see 'mediaoptout profile show eu-tdm', and docs/profiles.md",
        code=error.code if error.code not in (UsageError.code,) else None,
    )


def line_of(text: str, place: Place) -> int | None:
    """The line on which a value stands, or else the table around it; None if it cannot be told."""
    path = f"{place.key}.{place.part}" if place.part else place.key
    around = {path[:end] for end in range(len(path)) if path[end] == "."} | {path}
    lines: dict[str, int] = {}
    for key, row, number in _keys(text):
        if key in around and row == place.row:
            lines.setdefault(key, number)
    return lines[max(lines, key=len)] if lines else None


def _keys(text: str) -> Iterator[tuple[str, int, int]]:
    """Every key and table of a file: its dotted name, the row of a repeated table, its line."""
    rows: dict[str, int] = {}
    table, row = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("["):
            table = bare.partition("]")[0].strip("[ ")
            if bare.startswith("[["):
                rows[table] = rows.get(table, -1) + 1
            # A table below a repeated one ([holder.identifiers]) is in that one's row.
            row = max(
                (rows[name] for name in rows if f"{table}.".startswith(f"{name}.")), default=0
            )
            yield table, row, number
        elif "=" in bare and not bare.startswith("#"):
            name = re.sub(r"[\s\"']", "", bare.partition("=")[0])
            yield f"{table}.{name}" if table else name, row, number
