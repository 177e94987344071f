"""Policies as TOML: read, checked key by key, extended, and listed.

A policy names rules in the table ``rules``, by their ids or by ids of its own::

    extends = "reserved"

    [rules]
    extension-mismatch = "off"

    [rules.identifier-missing]
    severity = "error"
    schemes = ["isrc"]

    [rules.lossless]
    any = [
      { check = "fact", name = "audio.compression", is = "Lossless" },
      { check = "fact", name = "audio.codec", is = "PCM" },
    ]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NoReturn

from mediaoptout.errors import PolicyError
from mediaoptout.tables import Shelf, Text, place_of, suggestion
from mediaoptout.verification.policy import (
    All,
    AnyOf,
    Applied,
    Check,
    Condition,
    Not,
    Policy,
    checks,
)
from mediaoptout.verification.rules.parameters import NotFittingError, converted, described
from mediaoptout.verification.rules.registry import RULES
from mediaoptout.words import Severity, Use

SHELF: Final = Shelf("policy", "mediaoptout.verification", "policies", PolicyError)
OFF: Final = "off"
SEVERITIES: Final = (*Severity, OFF)

_TOP: Final = ("title", "extends", "expect", "rules")
_GROUPS: Final = ("all", "any", "not")
_ABOUT: Final = ("severity", "when", "message", "fix")
_MAX_DEPTH: Final = 16


def load(name: str, *, facts: bool = True) -> Policy:
    """The policy of a name or path.

    Args:
        name: a policy's name or path.
        facts: whether it shall be found out now that technical facts can be read, if it asks for
            some.

    Raises:
        PolicyError: there is none, or it is wrong; names the key and the line.
        UsageError: it asks for facts, and MediaInfo is not installed.
    """
    policy = made(SHELF.find(name))
    if facts and "fact" in policy.rules:
        from mediaoptout.verification.facts import require

        require()
    return policy


def made(text: Text) -> Policy:
    """The policy that a text makes.

    Raises:
        PolicyError: it is wrong; names the key and the line.
    """
    data = _extended(text, ())
    uses = data.get("expect", {}).get("uses")
    rules = data.get("rules", {})
    return Policy(
        text.name,
        text.origin,
        str(data.get("title", text.name)),
        _applied(text, rules),
        None if uses is None else tuple(map(Use, uses)),
        frozenset(name for name, table in rules.items() if table.get("severity") == OFF),
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A policy in a list.

    Args:
        name: what it is called.
        title: one line about it.
        origin: where it comes from.
    """

    name: str
    title: str
    origin: str


def available() -> tuple[Listed, ...]:
    """Every policy that can be called by its name, in the order of names.

    Raises:
        PolicyError: one of them is no TOML.
    """
    found = (SHELF.find(name) for name in SHELF.names())
    return tuple(Listed(t.name, str(t.data.get("title", t.name)), t.origin) for t in found)


@cache
def asked_by() -> dict[str, dict[str, str]]:
    """By rule, the shipped policies that ask it, with the severity that each gives."""
    found: dict[str, dict[str, str]] = {}
    for name in SHELF.shipped():
        for item in load(name, facts=False).applied:
            for check in checks(item.condition):
                found.setdefault(check.rule, {}).setdefault(name, item.severity)
    return found


def write_new(path: Path) -> None:
    """Write a policy to begin with.

    Raises:
        PolicyError: it is there already, or cannot be written.
    """
    text = files("mediaoptout.verification").joinpath("new-policy.toml").read_text("utf-8")
    SHELF.write_new(path, text)


def _extended(text: Text, seen: tuple[str, ...]) -> dict[str, Any]:
    """The tables of a policy over those of the policy that it extends, all checked."""
    own = _Checker(text).checked()
    parent = own.get("extends")
    if parent is None:
        return own
    if parent in seen or len(seen) > _MAX_DEPTH:
        _fail(text, f"policies extend each other in a circle: {parent!r}", "extends")
    base = _extended(SHELF.parent(text, parent), (*seen, parent))
    rules = dict(base.get("rules", {}))
    for rule_id, table in own.get("rules", {}).items():
        rules[rule_id] = _over(rules.get(rule_id, {}), table)
    return {**base, **own, "rules": rules}


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's table over the same rule's table in the policy that is extended."""
    if own.keys() & {*_GROUPS, "check"}:
        base = {key: value for key, value in base.items() if key in _ABOUT}
    return {**base, **own}


class _Checker:
    """Checks one policy's own text, key by key, and writes it in one form.

    Rules become tables, and paths are made to count from where the policy is.
    """

    def __init__(self, text: Text) -> None:
        self._text = text

    def checked(self) -> dict[str, Any]:
        """The policy's tables.

        Raises:
            PolicyError: a key or value is wrong.
        """
        data = self._text.data
        for key in data:
            if key not in _TOP:
                self._unknown(key, _TOP, key)
        for key in ("title", "extends"):
            if not isinstance(data.get(key, ""), str):
                self._wrong(f"{key} must be a text", key)
        found = dict(data)
        if "expect" in data:
            self._expect(data["expect"])
        rules = data.get("rules", {})
        if not isinstance(rules, dict):
            self._wrong("rules must be a table", "rules")
        found["rules"] = {rule_id: self._rule(rule_id, value) for rule_id, value in rules.items()}
        return found

    def _expect(self, table: Any) -> None:
        if not isinstance(table, dict):
            self._wrong("expect must be a table", "expect")
        for key in table:
            if key != "uses":
                self._unknown(key, ("uses",), "expect", key)
        uses = table.get("uses", [])
        if not isinstance(uses, list) or not uses:
            self._wrong("expect.uses must be a list of uses", "expect", "uses")
        for use in uses:
            if use not in list(Use):
                self._wrong(
                    f"expect.uses: there is no use {use!r}{suggestion(str(use), Use)}",
                    "expect",
                    "uses",
                )

    def _rule(self, rule_id: str, value: Any) -> dict[str, Any]:
        table = {"severity": value} if isinstance(value, str) else value
        where = ("rules", rule_id)
        if not isinstance(table, dict):
            self._wrong(f"{rule_id} must be a severity or a table", *where)
        severity = table.get("severity")
        if severity is not None and severity not in SEVERITIES:
            known = ", ".join(SEVERITIES)
            self._wrong(
                f"{rule_id}: the severity must be one of {known}, not {severity!r}",
                *where,
                "severity",
            )
        for key in ("message", "fix"):
            if not isinstance(table.get(key, ""), str):
                self._wrong(f"{rule_id}: {key} must be a text", *where, key)
        found = {key: table[key] for key in _ABOUT if key in table}
        if "when" in table:
            found["when"] = self._condition(table["when"], (*where, "when"))
        rest = {key: table[key] for key in table if key not in _ABOUT}
        if not rest.keys() & {*_GROUPS, "check"} and rule_id in RULES:
            return {**found, **self._parameters(rule_id, rest, where)}
        if rest:
            return {**found, **self._condition(rest, where)}
        return found

    def _condition(self, table: Any, where: tuple[str, ...], depth: int = 0) -> dict[str, Any]:
        if not isinstance(table, dict):
            self._wrong(f"{where[1]}: a condition must be a table like {{ check = … }}", *where)
        if depth > _MAX_DEPTH:
            self._wrong(f"{where[1]}: groups stand in each other too deeply", *where)
        groups = [key for key in _GROUPS if key in table]
        if len(groups) + ("check" in table) != 1:
            hint = suggestion(where[1], RULES) if len(where) == 2 and not groups else ""
            known = " or ".join((*_GROUPS, "check"))
            self._wrong(f"{where[1]} needs one of {known}{hint}", *where)
        if not groups:
            return self._check(table, where)
        (group,) = groups
        for key in table:
            if key != group:
                self._unknown(key, (group,), *where, key)
        if group == "not":
            return {"not": self._condition(table["not"], (*where, "not"), depth + 1)}
        several = table[group]
        if not isinstance(several, list) or not several:
            self._wrong(f"{where[1]}: {group} must be a list of conditions", *where, group)
        place = (*where, group)
        return {group: [self._condition(item, place, depth + 1) for item in several]}

    def _check(self, table: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, Any]:
        rule_id = table["check"]
        if not isinstance(rule_id, str) or rule_id not in RULES:
            hint = suggestion(str(rule_id), RULES)
            self._wrong(f"there is no rule {rule_id!r}{hint}", *where, "check")
        if len(where) > 2 and RULES[rule_id].check is None:
            self._wrong(f"{rule_id} is about more than one file, and no part of a group", *where)
        given = {key: value for key, value in table.items() if key != "check"}
        return {"check": rule_id, **self._parameters(rule_id, given, where)}

    def _parameters(
        self, rule_id: str, given: Mapping[str, Any], where: tuple[str, ...]
    ) -> dict[str, Any]:
        known = [item.key for item in described(RULES[rule_id])]
        for key in given:
            if key not in known:
                self._unknown(key, (*known, *_ABOUT) if len(where) == 2 else known, *where, key)
        try:
            value = converted(RULES[rule_id], given, self._text.folder)
        except NotFittingError as error:
            key, message = error.args
            self._wrong(f"{rule_id}: {key} {message}", *where, key)
        return _absolute(given, value)

    def _unknown(self, key: str, known: Iterable[str], *where: str) -> NoReturn:
        self._wrong(f"the key {key!r} is not known{suggestion(key, known)}", *where)

    def _wrong(self, message: str, *where: str) -> NoReturn:
        _fail(self._text, message, *where)


def _absolute(given: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """The parameters as they are given, with paths that no longer depend on where they stand."""
    found = dict(given)
    for key in given:
        paths = getattr(value, key.replace("-", "_"), None)
        if isinstance(paths, tuple) and paths and all(isinstance(item, Path) for item in paths):
            found[key] = [str(path) for path in paths]
    return found


def _applied(text: Text, rules: Mapping[str, Any]) -> tuple[Applied, ...]:
    """The rules that are not off: those of the registry in its order, then the policy's own."""
    found: list[Applied] = []
    for rule_id, table in rules.items():
        condition = _made(text, rule_id, table)
        own = isinstance(condition, Check)
        weight = RULES[condition.rule].severity if isinstance(condition, Check) else Severity.ERROR
        severity = table.get("severity", weight)
        if severity == OFF:
            continue
        if own and condition.rule == "fact" and rule_id == "fact":  # type: ignore[union-attr]
            _fail(text, 'give each fact an id of its own, and check = "fact"', "rules", rule_id)
        when = table.get("when")
        found.append(
            Applied(
                rule_id,
                Severity(severity),
                condition,
                None if when is None else _made(text, rule_id, when),
                table.get("message"),
                table.get("fix"),
            )
        )
    order = {rule_id: number for number, rule_id in enumerate(RULES)}
    return tuple(sorted(found, key=lambda item: _rank(item, order)))


def _rank(item: Applied, order: Mapping[str, int]) -> int:
    return min(order[check.rule] for check in checks(item.condition))


def _made(text: Text, rule_id: str, table: Mapping[str, Any]) -> Condition:
    """A condition from its checked table."""
    if "not" in table:
        return Not(_made(text, rule_id, table["not"]))
    for group, kind in (("all", All), ("any", AnyOf)):
        if group in table:
            return kind(tuple(_made(text, rule_id, item) for item in table[group]))
    check = table.get("check", rule_id)
    if check not in RULES:
        hint = suggestion(check, RULES)
        _fail(text, f"there is no rule {check!r}{hint}", "rules", rule_id)
    rule = RULES[check]
    known = {item.key for item in described(rule)}
    given = {key: value for key, value in table.items() if key in known}
    parameters = converted(rule, given, text.folder)
    if rule.usable is not None and table.get("severity") != OFF:
        try:
            rule.usable(parameters)
        except ValueError as error:
            _fail(text, f"{rule_id}: {error}", "rules", rule_id)
    return Check(check, parameters)


def _fail(text: Text, message: str, *where: str) -> NoReturn:
    at = place_of(text.origin, text.text, *where)
    fix = "see 'mediaoptout policy show reserved' and 'mediaoptout policy explain RULE'"
    raise PolicyError(f"{message} ({at})", at=at, fix=fix)
