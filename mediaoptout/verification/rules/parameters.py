"""Values from a policy as a rule's parameters: their types, and the words for what is wrong."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from mediaoptout.verification.rules.rule import NoParameters, Rule

Scalar = str | int | float | bool
"""What a fact can be compared with."""


class NotFittingError(ValueError):
    """A value that a parameter cannot have; the message says what it must be."""


@dataclass(frozen=True, slots=True)
class Described:
    """A parameter as policies and the documentation name it.

    Args:
        key: its name in a policy.
        kind: what its value must be.
        default: what it is where the policy says nothing, as TOML; None for no value.
        help: what it is for.
    """

    key: str
    kind: str
    default: str | None
    help: str


def key_of(name: str) -> str:
    """The key of a field: ``is_`` is ``is``, ``at_least`` is ``at-least``."""
    return name.removesuffix("_").replace("_", "-")


@cache
def described(rule: Rule[Any]) -> tuple[Described, ...]:
    """A rule's parameters, in their order."""
    if rule.parameters is NoParameters:
        return ()
    hints = typing.get_type_hints(rule.parameters, include_extras=True)
    found = []
    for item in fields(rule.parameters):
        hint, words = typing.get_args(hints[item.name])
        default = None if item.default in (None, ()) else as_toml(item.default)
        found.append(Described(key_of(item.name), _kind(hint).words, default, words))
    return tuple(found)


def converted(rule: Rule[Any], values: Mapping[str, Any], folder: Path) -> Any:
    """A rule's parameters with these values.

    Args:
        rule: the rule.
        values: by the keys of a policy; all of them are known.
        folder: where paths count from.

    Raises:
        NotFittingError: a value is of the wrong kind; the arguments are the key and the reason.
    """
    if not values:
        return rule.parameters()
    hints = typing.get_type_hints(rule.parameters)
    given: dict[str, Any] = {}
    for item in fields(rule.parameters):
        key = key_of(item.name)
        if key in values:
            kind = _kind(hints[item.name])
            try:
                given[item.name] = kind.convert(values[key], folder)
            except (TypeError, ValueError) as error:
                message = f"must be {kind.words}, not {values[key]!r}"
                raise NotFittingError(key, message) from error
    return rule.parameters(**given)


def as_toml(value: Any) -> str:
    """A value as it stands in a policy."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float() | date():
            return str(value)
        case tuple():
            return f"[{', '.join(as_toml(item) for item in value)}]"
        case _:
            import json

            # TOML escapes as JSON does, and one character more.
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


@dataclass(frozen=True, slots=True)
class _Kind:
    words: str
    convert: Callable[[Any, Path], Any]


@cache
def _kind(hint: Any) -> _Kind:
    """How values of a type are written and read."""
    if hint == Scalar or hint == Scalar | None:
        return _Kind("a text, a number, true or false", _scalar)
    if isinstance(hint, types.UnionType):
        (hint,) = (part for part in typing.get_args(hint) if part is not types.NoneType)
    if typing.get_origin(hint) is tuple:
        of = _kind(typing.get_args(hint)[0])
        words = f"a list, each {of.words}"

        def several(value: Any, folder: Path) -> tuple[Any, ...]:
            values = value if isinstance(value, list) else [value]
            return tuple(of.convert(item, folder) for item in values)

        return _Kind(words, several)
    if issubclass(hint, Enum):
        return _Kind("one of: " + ", ".join(item.value for item in hint), lambda v, _: hint(v))
    return _PLAIN[hint]


def _exactly(*kinds: type) -> Callable[[Any, Path], Any]:
    def convert(value: Any, folder: Path) -> Any:
        if type(value) not in kinds:
            raise TypeError
        return value

    return convert


def _scalar(value: Any, folder: Path) -> Scalar:
    if not isinstance(value, str | int | float):
        raise TypeError
    return value


def _path(value: Any, folder: Path) -> Path:
    if not isinstance(value, str) or not value:
        raise TypeError
    return folder / Path(value).expanduser()


_PLAIN: Mapping[type, _Kind] = {
    str: _Kind("a text", _exactly(str)),
    int: _Kind("a whole number", _exactly(int)),
    float: _Kind("a number", _exactly(int, float)),
    bool: _Kind("true or false", _exactly(bool)),
    date: _Kind("a date (2026-11-21)", _exactly(date)),
    Path: _Kind("the path of a file, from where the policy is", _path),
}
