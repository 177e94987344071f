"""Profiles: reservations as TOML, with errors that name file, key and line.

A profile may extend another (``extends = "eu-tdm"``); its own keys win, table by table. Profiles
are looked for by name in the working folder (``mediaoptout-profiles/``), the user's configuration
folder and the package, or given as a path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from mediaoptout.errors import ProfileError, UsageError
from mediaoptout.reservation import building
from mediaoptout.reservation.delivery import Delivery
from mediaoptout.reservation.keys import (
    DATE,
    FLAG,
    KEYS,
    LIST,
    NUMBER,
    Place,
    check,
    flat,
    wrong,
)
from mediaoptout.reservation.model import Reservation
from mediaoptout.reservation.new_profile import rendered
from mediaoptout.reservation.texts import with_texts
from mediaoptout.tables import Shelf, Text, suggestion
from mediaoptout.words import Permission, Use

__all__ = [
    "DEFAULT",
    "Profile",
    "available",
    "delivery",
    "expected_uses",
    "find",
    "load",
    "parse",
    "shipped",
    "with_texts",
    "write_new",
]

DEFAULT: Final = "eu-tdm"
SHELF: Final = Shelf("profile", "mediaoptout.reservation", "profiles", ProfileError)


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as its file says it, checked key by key.

    Args:
        file: the file, read and parsed.
    """

    file: Text

    @property
    def name(self) -> str:
        """The name to call it by."""
        return self.file.name

    @property
    def origin(self) -> str:
        """Where it comes from, for messages."""
        return self.file.origin

    @property
    def text(self) -> str:
        """Its text."""
        return self.file.text

    @property
    def data(self) -> Mapping[str, Any]:
        """Its tables."""
        return self.file.data

    @property
    def title(self) -> str:
        """One line about it."""
        return str(self.data.get("title", self.name))

    def wrong(self, place: Place, message: str) -> ProfileError:
        """What is wrong with it, with its file and line."""
        return wrong(self.text, self.origin, place, UsageError(message))


def shipped() -> tuple[str, ...]:
    """The names of the profiles in the package."""
    return SHELF.shipped()


def find(name: str) -> Profile:
    """The profile of that name or path, checked.

    Raises:
        ProfileError: there is none, or it is wrong.
    """
    return _checked(SHELF.find(name))


def available() -> tuple[Profile, ...]:
    """Every profile that can be called by its name, in the order of names.

    Raises:
        ProfileError: one of them is wrong.
    """
    return tuple(map(find, SHELF.names()))


def parse(name: str, origin: str, text: str) -> Profile:
    """The profile in a text, checked key by key.

    Raises:
        ProfileError: names the key and the line that is wrong.
    """
    return _checked(SHELF.parse(name, origin, Path(), text))


def _checked(file: Text) -> Profile:
    for place, value in flat(file.data):
        check(file.text, file.origin, place, value)
    return Profile(file)


def load(
    name: str = DEFAULT, settings: Iterable[str] = (), *, holders_follow: bool = False
) -> Reservation:
    """The reservation that a profile makes, with its texts composed.

    Args:
        name: a profile's name or path.
        settings: ``KEY=VALUE`` pairs that win over the file, as on the command line.
        holders_follow: whether a holder may be missing, since a catalogue names them file by
            file; see `lacks_holder`.

    Raises:
        ProfileError: the profile or a setting is wrong, or a holder is missing.
    """
    profile = find(name)
    data = _settled(profile, settings)
    if not holders_follow:
        _check_holder(profile, data)
    _check_policy(profile, data)
    try:
        return with_texts(building.reservation(data))
    except UsageError as error:
        raise ProfileError(
            f"{error.message} ({profile.origin})", at=profile.origin, fix=error.fix
        ) from error


def lacks_holder(name: str, settings: Iterable[str] = ()) -> bool:
    """Whether a profile must be told on whose behalf it is used, and is not.

    Args:
        name: a profile's name or path.
        settings: ``KEY=VALUE`` pairs that win over the file, as on the command line.

    Raises:
        ProfileError: the profile or a setting is wrong.
    """
    return _lacks_holder(_settled(find(name), settings))


def delivery(name: str = DEFAULT, settings: Iterable[str] = ()) -> Delivery:
    """What a profile says of the recipient: its ``[delivery]``, everything without one.

    Args:
        name: a profile's name or path.
        settings: ``KEY=VALUE`` pairs that win over the file, as on the command line.

    Raises:
        ProfileError: the profile or a setting is wrong.
    """
    return building.delivery(_settled(find(name), settings))


def expected_uses(name: str) -> tuple[Use, ...]:
    """The uses that files can be expected to reserve by a profile, be it complete or not.

    Search is not among them: that it is reserved can only be implied (``DMI-PROHIBITED``), since no
    vocabulary that files hold has a word for it.

    Raises:
        ProfileError: the profile is wrong.
    """
    profile = find(name)
    data = _extended(profile, ())
    uses = data.get("uses", {})
    reserved = tuple(use for use in Use if use in uses and Permission(uses[use]).reserves)
    if not reserved:
        raise profile.wrong(Place("uses"), f"the profile {profile.name!r} reserves nothing")
    if data.get("declaration", {}).get("withdrawn"):
        return ()
    return tuple(use for use in reserved if use is not Use.SEARCH) or reserved


def write_new(path: Path, values: Mapping[str, Any] | None = None) -> None:
    """Write a profile to begin with.

    Args:
        path: the new file.
        values: what it says, by key; what is missing stands there as a comment.

    Raises:
        ProfileError: it is there already, or cannot be written.
    """
    text = rendered(values or {"extends": DEFAULT, "title": "Our reservation"})
    parse(path.stem, str(path), text)
    SHELF.write_new(path, text)


def _settled(profile: Profile, settings: Iterable[str]) -> dict[str, Any]:
    data = _extended(profile, ())
    for setting in settings:
        data = _set(data, setting)
    return data


def _extended(profile: Profile, seen: tuple[str, ...]) -> dict[str, Any]:
    parent = profile.data.get("extends")
    if parent is None:
        return dict(profile.data)
    if parent in seen:
        message = f"profiles extend each other in a circle: {parent!r}"
        raise profile.wrong(Place("extends"), message)
    base = _extended(_checked(SHELF.parent(profile.file, parent)), (*seen, parent))
    return {**base, **{key: _over(base.get(key), own) for key, own in profile.data.items()}}


def _over(base: Any, own: Any) -> Any:
    """A table over its parent's, key by key; rows over the one table that their parent has."""
    if isinstance(base, dict) and isinstance(own, dict):
        return {**base, **own}
    if isinstance(base, dict) and isinstance(own, list):
        return [{**base, **row} for row in own]
    return own


def _set(data: Mapping[str, Any], setting: str) -> dict[str, Any]:
    key, equals, value = setting.partition("=")
    key = key.strip()
    table, dot, field = key.rpartition(".")
    if not equals or key not in KEYS or key == "extends" or "." in table:
        raise ProfileError(
            f"--set {setting!r}: {key!r} is no key of a profile{suggestion(key, KEYS)}",
            fix="write --set KEY=VALUE, for instance --set holder.name='Jane Doe'",
        )
    typed = _typed(KEYS[key], value, setting)
    check("", f"--set {setting!r}", Place(key), typed)
    if not dot:
        return {**data, key: typed}
    old = data.get(table, {})
    if isinstance(old, list):
        first, *others = old or [{}]
        return {**data, table: [{**first, field: typed}, *others]}
    return {**data, table: {**old, field: typed}}


def _typed(kind: str, value: str, setting: str) -> Any:
    """A setting's text as the kind of value that its key takes."""
    if kind == LIST:
        return [part.strip() for part in value.split(";")]
    if kind == FLAG:
        return {"true": True, "false": False}.get(value, value)
    if kind == NUMBER:
        return int(value) if value.isdecimal() else value
    if kind != DATE:
        return value
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ProfileError(
            f"--set {setting!r}: {error}", fix="write the date like 2026-01-31"
        ) from error


def _lacks_holder(data: Mapping[str, Any]) -> bool:
    holders = building.rows(data, "holder")
    named = any(table.get("name") for table in holders)
    return not named and any(table.get("required") for table in holders)


def _check_holder(profile: Profile, data: Mapping[str, Any]) -> None:
    if _lacks_holder(data):
        raise ProfileError(
            f"the profile {profile.name!r} must be told on whose behalf it is used",
            at=profile.origin,
            fix="give --set holder.name='…', or a profile of your own that extends it",
            code="holder-missing",
        )


def _check_policy(profile: Profile, data: Mapping[str, Any]) -> None:
    policy = data.get("policy", {})
    if policy.get("required") and not policy.get("url"):
        raise ProfileError(
            f"the profile {profile.name!r} must be told where its policy is",
            at=profile.origin,
            fix="give --set policy.url=https://…, the address of what 'mediaoptout profile export"
            " --odrl' makes",
            code="policy-missing",
        )
