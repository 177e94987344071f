"""The words that explain rules: one rule for a terminal, all of them for the documentation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mediaoptout.errors import PolicyError
from mediaoptout.tables import suggestion
from mediaoptout.verification.rules.parameters import described
from mediaoptout.verification.rules.registry import RULES
from mediaoptout.verification.rules.rule import Group, Rule

_WIDTH: Final = 90


def listed() -> str:
    """Every rule in a line, for a terminal."""
    width = max(map(len, RULES))
    lines: list[str] = []
    for group in Group:
        rules = [rule for rule in RULES.values() if rule.group is group]
        if rules:
            lines += [group.value, *(f"  {rule.id:{width}}  {rule.title}" for rule in rules), ""]
    return "\n".join(lines)


def explained(rule_id: str, asked_by: Mapping[str, str]) -> str:
    """A rule's page for a terminal.

    Args:
        rule_id: the rule.
        asked_by: the shipped policies that ask it, each with the severity that it gives.

    Raises:
        PolicyError: there is no such rule.
    """
    rule = RULES.get(rule_id)
    if rule is None:
        raise PolicyError(
            f"there is no rule {rule_id!r}{suggestion(rule_id, RULES)}",
            fix="see 'mediaoptout policy explain', without a name, for all of them",
        )
    lines = [f"{rule.id}: {rule.title}", "", *_wrapped(rule.why), ""]
    lines += _wrapped(f"What to do: {rule.fix}.")
    lines += ["", f"Severity: {rule.severity}, unless a policy says otherwise"]
    lines.append(f"Asked {_asked(rule, asked_by)}")
    lines += [f"Note: {note}" for note in _notes(rule)]
    parameters = described(rule)
    if parameters:
        lines += ["", "Parameters:"]
        for item in parameters:
            default = f"; {item.default} by default" if item.default else ""
            lines.append(f"  {item.key}: {item.kind}{default}")
            lines += textwrap.wrap(
                item.help, _WIDTH, initial_indent="      ", subsequent_indent="      "
            )
    return "\n".join(lines)


def markdown(asked_by: Mapping[str, Mapping[str, str]]) -> str:
    """All rules, as the documentation has them.

    Args:
        asked_by: by rule, the shipped policies that ask it with the severity that each gives.
    """
    lines = [
        "# Rules",
        "",
        "Made by `mediaoptout policy explain --format markdown`; do not edit.",
        "",
        "What can be asked of every file. A [policy](policies.md) chooses rules, and says how much"
        " each weighs. A finding in a record names its rule.",
        "",
        "| rule | what it finds | by itself |",
        "|---|---|---|",
    ]
    for group in Group:
        lines.extend(
            f"| [{rule.id}](#{rule.id}) | {rule.title} | {rule.severity} |"
            for rule in RULES.values()
            if rule.group is group
        )
    for group in Group:
        rules = [rule for rule in RULES.values() if rule.group is group]
        if rules:
            lines += ["", f"## {group.value}"]
        for rule in rules:
            lines += ["", f"### {rule.id}", "", *_section(rule, asked_by.get(rule.id, {}))]
    return "\n".join(lines) + "\n"


def _section(rule: Rule[Any], asked_by: Mapping[str, str]) -> Iterator[str]:
    yield rule.title
    yield ""
    yield rule.why
    yield ""
    yield f"What to do: {rule.fix}."
    yield ""
    yield f"Severity: {rule.severity}. Asked {_asked(rule, asked_by)}."
    for note in _notes(rule):
        yield f"{note[0].upper()}{note[1:]}."
    parameters = described(rule)
    if parameters:
        yield ""
        yield "| parameter | value | by default | |"
        yield "|---|---|---|---|"
        for item in parameters:
            default = f"`{item.default}`" if item.default else ""
            yield f"| `{item.key}` | {item.kind} | {default} | {item.help} |"


def _asked(rule: Rule[Any], asked_by: Mapping[str, str]) -> str:
    """By which policies a rule is asked, and with which severity."""
    if rule.group in _OPTIONS:
        return f"with {_OPTIONS[rule.group]}, whatever the policy"
    return "by " + (
        ", ".join(f"{name} ({severity})" for name, severity in asked_by.items())
        or "no policy that is shipped"
    )


_OPTIONS: Final = {Group.AGAINST: "--against", Group.CATALOGUE: "--catalogue"}
"""Rules that are asked with an option."""


def _notes(rule: Rule[Any]) -> Iterator[str]:
    if rule.full:
        yield "it is left out with --quick, since headers do not tell"
    if rule.across is not None:
        yield "it compares all files of a run, and cannot stand in a group"
    if rule.details:
        yield "it says nothing of files without a reservation, or with a damaged carrier"


def _wrapped(text: str) -> Iterator[str]:
    for paragraph in text.splitlines():
        yield from textwrap.wrap(paragraph.replace("`", ""), _WIDTH) or [""]
