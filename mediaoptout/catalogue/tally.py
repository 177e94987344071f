"""What a run comes to: counts, reasons that many files share, and the exit code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mediaoptout.records import EmbedRecord, Finding, InspectRecord, VerifyRecord
from mediaoptout.words import Exit, FailOn, Severity, Status, Verdict

_PARTICULAR: Final = re.compile(r"\S*[/\\]\S*|'[^']*'|\b\d[\d,.]*\b")
"""What differs from file to file in one and the same message: paths, quoted words, numbers."""


@dataclass(slots=True)
class Reason:
    """Why files are not as expected, in the words of the first of them.

    Args:
        outcome: their status or verdict; ``"unread"`` where there is none.
        message: why.
        fix: what to do, or None.
        path: the first of them.
        count: how many.
    """

    outcome: str
    message: str
    fix: str | None
    path: str
    count: int = 0


class _Reasons:
    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], Reason] = {}

    def add(self, outcome: str, code: str, message: str, fix: str | None, path: str) -> None:
        name = path[max(path.rfind("/"), path.rfind("\\")) + 1 :]
        bare = message
        if name and name in message:  # the file itself, whatever its name is made of
            bare = message.replace(path, "…").replace(name, "…")
        key = (outcome, code, _PARTICULAR.sub("…", bare))
        self._found.setdefault(key, Reason(outcome, message, fix, path)).count += 1

    def __iter__(self) -> Iterator[Reason]:
        return iter(sorted(self._found.values(), key=lambda reason: -reason.count))


@dataclass(slots=True)
class EmbedTally:
    """What the records of an ``embed`` run come to.

    Args:
        files: how many records there are.
        skipped: how many files in folders were no media.
        statuses: how many records have each status.
        bytes_copied: over all files that were written or planned.
        bytes_inserted: the same.
        exit: the exit code, as the contract has it.
    """

    files: int = 0
    skipped: int = 0
    statuses: Counter[Status] = field(default_factory=Counter)
    bytes_copied: int = 0
    bytes_inserted: int = 0
    exit: Exit = Exit.AS_EXPECTED
    _reasons: _Reasons = field(default_factory=_Reasons)
    _warnings: _Reasons = field(default_factory=_Reasons)

    def add(self, record: EmbedRecord | None) -> None:
        """Count one file; None is one that is no media."""
        if record is None:
            self.skipped += 1
            return
        self.files += 1
        self.statuses[record.status] += 1
        if record.status in (Status.WRITTEN, Status.PLANNED):
            self.bytes_copied += record.bytes_copied
            self.bytes_inserted += record.bytes_inserted
        self.exit = max(self.exit, record.exit)
        if record.error is not None:
            error = record.error
            self._reasons.add(record.status, error.code, error.message, error.fix, record.path)
        for warning in record.warnings:
            self._warnings.add("", "", warning, None, record.path)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why files were not written, the most frequent first."""
        return tuple(self._reasons)

    @property
    def warnings(self) -> tuple[Reason, ...]:
        """What a user should know of files, the most frequent first."""
        return tuple(self._warnings)


@dataclass(slots=True)
class VerifyTally:
    """What the records of a ``verify`` or ``inspect`` run come to.

    Args:
        files: how many records there are.
        skipped: how many files in folders were no media.
        verdicts: how many records have each verdict; None for files that could not be read.
        exit: the exit code, as the contract has it.
        fail_on: the findings that fail.
    """

    files: int = 0
    skipped: int = 0
    fail_on: FailOn = FailOn.ERROR
    verdicts: Counter[Verdict | None] = field(default_factory=Counter)
    exit: Exit = Exit.AS_EXPECTED
    _reasons: _Reasons = field(default_factory=_Reasons)

    def add(self, record: VerifyRecord | InspectRecord | None) -> None:
        """Count one file; None is one that is no media."""
        if record is None:
            self.skipped += 1
            return
        verified = record.verify if isinstance(record, InspectRecord) else record
        self.files += 1
        self.verdicts[verified.verdict] += 1
        looked = isinstance(record, InspectRecord)
        self.exit = max(self.exit, record.exit if looked else verified.exit_on(self.fail_on))
        outcome = verified.verdict or "unread"
        if verified.error is not None:
            error = verified.error
            self._reasons.add(outcome, error.code, error.message, error.fix, verified.path)
        for finding in weighty(verified):
            self._reasons.add(outcome, finding.rule, finding.message, finding.fix, verified.path)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What was found in files, the most frequent first."""
        return tuple(self._reasons)


def weighty(record: VerifyRecord) -> tuple[Finding, ...]:
    """The findings that a user should see without asking: errors and warnings."""
    return tuple(item for item in record.findings if item.severity is not Severity.INFO)
