"""A policy as a value: which rules are asked of a file, and how much each weighs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from typing import Any, Final

from mediaoptout.memo import Same
from mediaoptout.records import Finding, VerifyRecord
from mediaoptout.verification.rules.parameters import as_toml, key_of
from mediaoptout.verification.rules.registry import RULES
from mediaoptout.verification.rules.rule import Across, Companion, Fault, Rule
from mediaoptout.verification.rules.subject import Subject
from mediaoptout.words import Severity, Use, Verdict

_Rule = Rule[Any]

_NO_DETAILS: Final = frozenset({Verdict.UNRESERVED, Verdict.DAMAGED})
"""Verdicts after which nothing more can be said of a reservation."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule with its parameters.

    Args:
        rule: its id.
        parameters: a value of the rule's class of parameters.
    """

    rule: str
    parameters: Any

    def __str__(self) -> str:
        given = (
            f"{key_of(item.name)} = {as_toml(value)}"
            for item in fields(self.parameters)
            if (value := getattr(self.parameters, item.name)) != item.default
        )
        told = ", ".join(given)
        return f"{self.rule} ({told})" if told else self.rule


@dataclass(frozen=True, slots=True)
class All:
    """Each of the conditions must hold."""

    conditions: tuple[Condition, ...]

    def __str__(self) -> str:
        return " and ".join(map(str, self.conditions))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the conditions must hold."""

    conditions: tuple[Condition, ...]

    def __str__(self) -> str:
        return " or ".join(map(str, self.conditions))


@dataclass(frozen=True, slots=True)
class Not:
    """The condition must not hold."""

    condition: Condition

    def __str__(self) -> str:
        return f"not {self.condition}"


Condition = Check | All | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Applied:
    """A rule as a policy applies it.

    Args:
        id: the word in findings: the rule's own id, or one that the policy gives it.
        severity: how much a finding weighs.
        condition: what must hold.
        when: for which files: those of which this holds; None for all.
        message: the sentence of its findings; None for those of the rules.
        fix: how to mend it; None for the rule's words.
    """

    id: str
    severity: Severity
    condition: Condition
    when: Condition | None = None
    message: str | None = None
    fix: str | None = None

    def findings(self, faults: Iterable[Fault]) -> Iterator[Finding]:
        """What is found, in the words of the policy where it has some."""
        if self.message is not None:
            several = list(faults)
            if several:
                told = "; ".join(fault.message for fault in several)
                yield Finding(self.id, self.severity, f"{self.message} ({told})", self.fix)
            return
        own = RULES[self.condition.rule].fix if isinstance(self.condition, Check) else None
        for fault in faults:
            fix = self.fix or fault.fix or own
            yield Finding(self.id, self.severity, fault.message, fix)


@dataclass(frozen=True, slots=True)
class Policy:
    """Which rules are asked of the files of a run.

    Args:
        name: what it is called.
        origin: where it comes from, for people.
        title: one line about it.
        applied: the rules, in the order in which their findings stand in a record.
        expected: the uses that should be reserved; None where it does not say.
        off: the ids of rules that it turns off in so many words.
    """

    name: str
    origin: str
    title: str
    applied: tuple[Applied, ...]
    expected: tuple[Use, ...] | None = None
    off: frozenset[str] = frozenset()

    @property
    def rules(self) -> frozenset[str]:
        """The ids of all rules that it asks, in groups and conditions too."""
        return frozenset(
            check.rule
            for item in self.applied
            for condition in (item.condition, item.when)
            if condition is not None
            for check in checks(condition)
        )

    def findings(self, subject: Subject, *, quick: bool = False) -> Iterator[Finding]:
        """What is wrong with a file.

        Args:
            subject: the file.
            quick: leave out rules that need more than its headers.
        """
        for item, rule, parameters in _asked(Same(self), quick):
            if rule is not None and rule.check is not None:
                if _answers(rule, subject) and (told := list(rule.check(subject, parameters))):
                    yield from item.findings(told)
            elif item.when is None or _faults(item.when, subject, quick) == []:
                faults = _faults(item.condition, subject, quick)
                if faults:
                    yield from item.findings(faults)

    def told(self, rule_id: str, *faults: Fault) -> tuple[Finding, ...]:
        """What was noticed on the way, under the name of a rule that has nothing to ask itself.

        Such a rule holds unless it is turned off.

        Args:
            rule_id: the rule.
            faults: what was noticed.
        """
        if rule_id in self.off:
            return ()
        rule = RULES[rule_id]
        plain = Applied(rule_id, rule.severity, Check(rule_id, rule.parameters()))
        item = next((item for item in self.applied if item.id == rule_id), plain)
        return tuple(item.findings(faults))

    def of_companion(self, companion: Companion) -> tuple[Finding, ...]:
        """What is wrong with a file that is no media: a sidecar, a check sum list.

        Raises:
            NotHereError: it would have to be read, and is a placeholder.
        """
        return tuple(
            finding
            for item in self.applied
            if isinstance(item.condition, Check)
            if (check := RULES[item.condition.rule].companion) is not None
            for finding in item.findings(check(companion, item.condition.parameters))
        )

    def across(self) -> tuple[tuple[Applied, Across], ...]:
        """The comparisons of the files of a run, each at its beginning."""
        return tuple(
            (item, begin(item.condition.parameters))
            for item in self.applied
            if isinstance(item.condition, Check)
            if (begin := RULES[item.condition.rule].across) is not None
        )


@lru_cache(maxsize=16)
def _asked(policy: Same[Policy], quick: bool) -> tuple[tuple[Applied, _Rule | None, Any], ...]:
    """What a policy applies, without the rules that can never be asked.

    Of plain rules the rule itself and its parameters, so that they need not be looked up for every
    file; None for conditions that are more than that.
    """
    found: list[tuple[Applied, _Rule | None, Any]] = []
    for item in policy.value.applied:
        if item.when is None and isinstance(item.condition, Check):
            rule = RULES[item.condition.rule]
            if rule.check is not None and not (quick and rule.full):
                found.append((item, rule, item.condition.parameters))
        else:
            found.append((item, None, None))
    return tuple(found)


def _answers(rule: _Rule, subject: Subject) -> bool:
    """Whether a rule has anything to say of such a file."""
    if subject.container is None and not rule.any_file:
        return False
    return not (rule.details and subject.record.verdict in _NO_DETAILS)


def checks(condition: Condition) -> Iterator[Check]:
    """Every rule of a condition, whatever the groups that it stands in."""
    match condition:
        case Check():
            yield condition
        case Not(inner):
            yield from checks(inner)
        case All(several) | AnyOf(several):
            for inner in several:
                yield from checks(inner)


def _faults(condition: Condition, subject: Subject, quick: bool) -> list[Fault] | None:
    """What is wrong; None where that cannot be asked of this file."""
    match condition:
        case Check(rule_id, parameters):
            rule = RULES[rule_id]
            if rule.check is None or (quick and rule.full) or not _answers(rule, subject):
                return None
            return list(rule.check(subject, parameters))
        case All(several):
            found = [_faults(inner, subject, quick) for inner in several]
            told = [fault for faults in found if faults for fault in faults]
            return told or (None if None in found else [])
        case AnyOf(several):
            found = [_faults(inner, subject, quick) for inner in several]
            if [] in found:
                return []
            if None in found:
                return None
            told = [fault for faults in found if faults for fault in faults]
            reasons = "; ".join(fault.message for fault in told)
            return [Fault(f"none of these holds: {reasons}")]
        case Not(inner):
            faults = _faults(inner, subject, quick)
            if faults is None:
                return None
            return [] if faults else [Fault(f"{inner} holds, and must not")]


def compared(
    policy: Policy, records: Iterable[tuple[Any, VerifyRecord | None]]
) -> Iterator[tuple[Any, VerifyRecord | None]]:
    """The records of a run, with what the comparison of its files finds.

    Args:
        policy: whose rules over the run are asked.
        records: pairs of anything and a record, or None.
    """
    begun = policy.across()
    if not begun:
        yield from records
        return
    for job, record in records:
        if record is not None:
            found = [
                finding for item, across in begun for finding in item.findings(across.add(record))
            ]
            record = record.with_findings(found)
        yield job, record


@cache
def default() -> Policy:
    """The policy that holds where none is named: ``reserved``."""
    from mediaoptout.verification.policy_files import load

    return load("reserved")
