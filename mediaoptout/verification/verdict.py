"""The verdict: what a file's statements amount to, in one word."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mediaoptout.vocabularies.reading import Resolved
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import Permission, Use, Verdict


def judge(
    found: Sequence[Statement],
    resolved: Resolved,
    expected: Collection[Use],
    *,
    damaged: bool = False,
) -> Verdict:
    """The verdict on a file.

    Args:
        found: all its statements.
        resolved: what they say together.
        expected: the uses that should be reserved.
        damaged: whether a carrier is there that cannot be parsed. It could say anything, so this
            goes before all other verdicts.
    """
    if damaged:
        return Verdict.DAMAGED
    if resolved.conflicts:
        return Verdict.CONFLICT
    if resolved.machine:
        return Verdict.RESERVED if resolved.machine.issuperset(expected) else Verdict.PARTIAL
    if resolved.partly:
        return Verdict.PARTIAL
    if any(permission.reserves for permission in resolved.uses.values()):
        return Verdict.TEXT_ONLY
    if any(item.meaning.uses.get(use) is Permission.ALLOWED for item in found for use in expected):
        return Verdict.ALLOWED
    return Verdict.UNRESERVED
