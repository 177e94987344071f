"""Profiles: reservations as TOML, with errors that name file, key and line.

A profile may extend another (``extends = "eu-tdm"``); its own keys win, table by table. Profiles
are looked for by name in the working folder (``mediaoptout-profiles/``), the user's configuration
folder and the package, or given as a path.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any, Final

from mediaoptout.errors import ProfileError
from mediaoptout.places import config_folder
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Capacity, Holder, Reservation, Role
from mediaoptout.reservation.texts import compose, phrases
from mediaoptout.words import Permission, Use

DEFAULT: Final = "eu-tdm"
PROJECT_FOLDER: Final = "mediaoptout-profiles"

_TEXT, _LIST, _DATE, _FLAG = "a text", "a list of texts", "a date (2026-11-21)", "true or false"

KEYS: Final[Mapping[str, str]] = {
    "title": _TEXT,
    "extends": _TEXT,
    **{f"uses.{use}": "one of: " + ", ".join(Permission) for use in Use},
    "holder.name": _TEXT,
    "holder.role": "one of: " + ", ".join(Role),
    "holder.required": _FLAG,
    "holder.identifiers": "a table of texts",
    "capacity.as": "one of: " + ", ".join(Capacity),
    "capacity.mandate": _TEXT,
    "basis.articles": _LIST,
    "licence.contact": _TEXT,
    "licence.url": _TEXT,
    "policy.url": _TEXT,
    "declaration.date": _DATE,
    "declaration.reference": _TEXT,
    "copyright.notice": _TEXT,
    "texts.languages": _LIST,
    **{f"texts.{language}": _TEXT for language in ("en", "fr", "de")},
}
"""Every key that a profile can have, and what its value must be.

``holder`` may also be a list of tables (``[[holder]]``) for several holders.
"""


PLACEHOLDERS: Final = ("holder", "uses", "basis", "contact")
"""What may stand in braces in a text."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as its file says it.

    Args:
        name: the name to call it by.
        origin: the file that it comes from, for messages.
        text: the file's text.
        data: the parsed tables, checked.
    """

    name: str
    origin: str
    text: str
    data: Mapping[str, Any]

    @property
    def title(self) -> str:
        """One line about it."""
        return str(self.data.get("title", self.name))


def shipped() -> tuple[str, ...]:
    """The names of the profiles in the package."""
    folder = files("mediaoptout.reservation").joinpath("profiles")
    return tuple(sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml")))


def folders() -> tuple[Path, ...]:
    """Where profiles by name are looked for before the package, the nearest first."""
    return Path.cwd() / PROJECT_FOLDER, config_folder() / "profiles"


def find(name: str) -> Profile:
    """The profile of that name or path, checked.

    Raises:
        ProfileError: there is none, or it is wrong.
    """
    if _is_path(name):
        return read(Path(name))
    for folder in folders():
        path = folder / f"{name}.toml"
        if os.path.lexists(path):
            return read(path)
    if name not in shipped():
        raise ProfileError(
            f"there is no profile {name!r}{_suggestion(name, shipped())}",
            fix="see 'mediaoptout profile list', or give the path of a .toml file",
        )
    resource = files("mediaoptout.reservation").joinpath("profiles", f"{name}.toml")
    return parse(name, f"{name} (shipped)", resource.read_text("utf-8"))


def available() -> tuple[Profile, ...]:
    """Every profile that can be called by its name, in the order of names.

    Raises:
        ProfileError: one of them is wrong.
    """
    own = {path.stem for folder in folders() for path in folder.glob("*.toml")}
    return tuple(find(name) for name in sorted(own.union(shipped())))


def read(path: Path) -> Profile:
    """The profile in a file, checked.

    Raises:
        ProfileError: it cannot be read, or is wrong.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"the profile {path} cannot be read: {error}") from error
    return parse(path.stem, str(path), text)


def parse(name: str, origin: str, text: str) -> Profile:
    """The profile in a text, checked key by key.

    Raises:
        ProfileError: names the key and the line that is wrong.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{origin} is no valid TOML: {error}") from error
    profile = Profile(name, origin, text, data)
    for key, value in _flat(data):
        _check(profile, key, value)
    return profile


def load(name: str = DEFAULT, settings: Iterable[str] = ()) -> Reservation:
    """The reservation that a profile makes.

    Args:
        name: a profile's name or path.
        settings: ``KEY=VALUE`` pairs that win over the file, as on the command line.

    Raises:
        ProfileError: the profile or a setting is wrong, or a holder is missing.
    """
    profile = find(name)
    data = _extended(profile, ())
    for setting in settings:
        data = _set(data, setting)
    return _reservation(profile, data)


def expected_uses(name: str) -> tuple[Use, ...]:
    """The uses that a profile reserves; it need not be complete (a holder may be missing).

    Raises:
        ProfileError: the profile is wrong.
    """
    profile = find(name)
    uses = _extended(profile, ()).get("uses", {})
    reserved = tuple(use for use in Use if use in uses and Permission(uses[use]).reserves)
    if not reserved:
        raise _error(profile, "uses", f"the profile {profile.name!r} reserves nothing")
    return reserved


def write_new(path: Path) -> None:
    """Write a profile to begin with.

    Args:
        path: the new file.

    Raises:
        ProfileError: it is there already, or cannot be written.
    """
    text = files("mediaoptout.reservation").joinpath("new-profile.toml").read_text("utf-8")
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise ProfileError(f"{path} is there already", fix="choose another name") from error
    except OSError as error:
        raise ProfileError(f"{path} cannot be written: {error.strerror or error}") from error


def _extended(profile: Profile, seen: tuple[str, ...]) -> dict[str, Any]:
    parent = profile.data.get("extends")
    if parent is None:
        return dict(profile.data)
    if parent in seen:
        raise _error(profile, "extends", f"profiles extend each other in a circle: {parent!r}")
    base = _extended(_beside(profile, parent), (*seen, parent))
    for key, value in profile.data.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        base[key] = {**base[key], **value} if both else value
    return base


def _beside(profile: Profile, parent: str) -> Profile:
    """The profile that one extends: a name, or a path from where its own file is."""
    if not _is_path(parent):
        return find(parent)
    return read(Path(profile.origin).parent / parent)


def _is_path(name: str) -> bool:
    return name.endswith(".toml") or "/" in name or "\\" in name


def _set(data: Mapping[str, Any], setting: str) -> dict[str, Any]:
    key, equals, value = setting.partition("=")
    key = key.strip()
    if not equals or key not in KEYS or key == "extends":
        raise ProfileError(
            f"--set {setting!r}: {key!r} is no key of a profile{_suggestion(key, KEYS)}",
            fix="write --set KEY=VALUE, for instance --set holder.name='Jane Doe'",
        )
    typed: Any = value
    if KEYS[key] == _LIST:
        typed = [part.strip() for part in value.split(";")]
    elif KEYS[key] == _FLAG:
        typed = {"true": True, "false": False}.get(value, value)
    elif KEYS[key] == _DATE:
        try:
            typed = date.fromisoformat(value)
        except ValueError as error:
            raise ProfileError(f"--set {setting!r}: {error}") from error
    _check(Profile("--set", f"--set {setting!r}", "", {}), key, typed)
    table, dot, field = key.partition(".")
    if not dot:
        return {**data, table: typed}
    old = data.get(table, {})
    if isinstance(old, list):
        first, *others = old or [{}]
        return {**data, table: [{**first, field: typed}, *others]}
    return {**data, table: {**old, field: typed}}


def _reservation(profile: Profile, data: Mapping[str, Any]) -> Reservation:
    def get(key: str) -> Any:
        table, _, field = key.partition(".")
        return data.get(table, {}).get(field)

    listed = data.get("holder", {})
    tables = listed if isinstance(listed, list) else [listed]
    holders = tuple(_holder(table) for table in tables if table.get("name"))
    if not holders and any(table.get("required") for table in tables):
        raise ProfileError(
            f"the profile {profile.name!r} must be told on whose behalf it is used",
            at=profile.origin,
            fix="give --set holder.name='…', or a profile of your own that extends it",
            code="holder-missing",
        )
    uses = {Use(use): Permission(value) for use, value in data.get("uses", {}).items()}
    reservation = Reservation(
        uses=uses,
        holders=holders,
        capacity=Capacity(get("capacity.as") or Capacity.OWN_NAME),
        mandate=get("capacity.mandate"),
        legal_basis=tuple(get("basis.articles") or ()),
        licence_contact=get("licence.contact"),
        licence_url=get("licence.url"),
        policy_url=get("policy.url"),
        declared=get("declaration.date"),
        reference=get("declaration.reference"),
        copyright=get("copyright.notice"),
    )
    languages = get("texts.languages") or ("en",)
    texts = tuple((language, get(f"texts.{language}") or "") for language in languages)
    return with_texts(reservation, texts)


def with_texts(
    reservation: Reservation, bodies: Iterable[tuple[str, str]] = (("en", ""), ("fr", ""))
) -> Reservation:
    """The same reservation with its declaration composed.

    Args:
        reservation: what is declared.
        bodies: pairs of a language and a body of one's own; an empty one takes the table's.
    """
    from dataclasses import replace

    texts = tuple(
        (language, compose(reservation, language, body or None)) for language, body in bodies
    )
    return replace(reservation, texts=texts)


def _holder(table: Mapping[str, Any]) -> Holder:
    role = table.get("role")
    identifiers = tuple(
        sorted(
            Identifier(Scheme(key), value) for key, value in table.get("identifiers", {}).items()
        )
    )
    return Holder(table["name"], Role(role) if role else None, identifiers)


def _flat(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for table, value in data.items():
        rows = value if isinstance(value, list) and table == "holder" else [value]
        for row in rows:
            if isinstance(row, dict):
                yield from ((f"{table}.{field}", item) for field, item in row.items())
            else:
                yield table, row


def _check(profile: Profile, key: str, value: Any) -> None:
    kind = KEYS.get(key)
    if kind is None:
        raise _error(profile, key, f"the key {key!r} is not known{_suggestion(key, KEYS)}")
    texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    fits = {
        _TEXT: isinstance(value, str),
        _LIST: texts,
        _DATE: type(value) is date,  # a date with a time is another type
        _FLAG: isinstance(value, bool),
        "a table of texts": isinstance(value, dict)
        and all(isinstance(item, str) for item in value.values()),
    }.get(kind, isinstance(value, str) and value in kind.removeprefix("one of: ").split(", "))
    if not fits:
        raise _error(profile, key, f"{key} must be {kind}, not {value!r}")
    if key == "texts.languages":
        for language in value:
            if language not in phrases():
                known = ", ".join(phrases())
                raise _error(
                    profile, key, f"there are no texts in {language!r} (there are: {known})"
                )
    if kind == _TEXT and key.startswith("texts."):
        _check_placeholders(profile, key, value)


def _check_placeholders(profile: Profile, key: str, text: str) -> None:
    try:
        for _, name, form, conversion in Formatter().parse(text):
            if name is not None and (name not in PLACEHOLDERS or form or conversion):
                known = ", ".join(f"{{{word}}}" for word in PLACEHOLDERS)
                raise _error(
                    profile, key, f"{key} has a placeholder {{{name}}}; there are: {known}"
                )
    except ValueError as error:
        raise _error(profile, key, f"{key} has a brace too many or too few: {error}") from error


def _error(profile: Profile, key: str, message: str) -> ProfileError:
    line = _line(profile.text, key)
    at = f"{profile.origin}, line {line}" if line else profile.origin
    return ProfileError(f"{message} ({at})", at=at, fix="see 'mediaoptout profile show eu-tdm'")


def _line(text: str, key: str) -> int | None:
    """The line on which a key stands; None if it cannot be told."""
    table, _, field = key.rpartition(".")
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("["):
            inside = bare.strip("[] ")
            if inside == key:
                return number
        elif "=" in bare:
            name = bare.split("=", 1)[0].strip().strip("\"'")
            if (inside, name) == (table, field) or (not inside and name == key):
                return number
    return None


def _suggestion(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean {close[0]!r}?" if close else ""
