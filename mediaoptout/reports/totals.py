"""What a run comes to in numbers, for the summary and for the head of the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from mediaoptout.reports.base import Run
from mediaoptout.reports.row import Row
from mediaoptout.words import Severity

SCHEMA: Final = "mediaoptout.summary/1"
MAX_RULES: Final = 1024
"""How many rules are told apart; there are far fewer, but names of errors are not ours to bound."""


@dataclass(slots=True)
class Totals:
    """Counts over all rows; what it holds is bounded by the number of words, not of files."""

    files: int = 0
    size: int = 0
    as_expected: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    containers: Counter[str] = field(default_factory=Counter)
    integrity: Counter[str] = field(default_factory=Counter)
    trust: Counter[str] = field(default_factory=Counter)
    severities: Counter[Severity] = field(default_factory=Counter)
    rules: Counter[tuple[str, Severity]] = field(default_factory=Counter)

    def add(self, row: Row) -> None:
        """Count one file."""
        self.files += 1
        self.size += row.size or 0
        self.as_expected += not row.exit
        self.outcomes[row.outcome] += 1
        if row.container is not None:
            self.containers[row.container] += 1
        if row.credential is not None:
            self.integrity[row.credential.integrity] += 1
            self.trust[row.credential.trust] += 1
        self.severities.update({finding.severity for finding in row.findings})
        for rule in {(finding.rule, finding.severity) for finding in row.findings}:
            if rule in self.rules or len(self.rules) < MAX_RULES:
                self.rules[rule] += 1

    def to_json(self, run: Run) -> dict[str, Any]:
        """The summary of a run: numbers of files by outcome, family, credential and rule."""
        from importlib.metadata import version

        return {
            "schema": SCHEMA,
            "command": run.command,
            "version": version("mediaoptout"),
            "started": f"{run.started:%Y-%m-%dT%H:%M:%SZ}",
            "seconds": round(run.seconds, 3),
            "complete": run.complete,
            "exit": int(run.exit),
            "policy": run.policy,
            "files": self.files,
            "as_expected": self.as_expected,
            "skipped": run.skipped,
            "bytes": self.size,
            "outcomes": _ordered(self.outcomes),
            "severities": {item: self.severities[item] for item in Severity},
            "rules": [
                {"rule": rule, "severity": severity, "files": count}
                for (rule, severity), count in self.rules.most_common()
            ],
            "containers": _ordered(self.containers),
            "integrity": _ordered(self.integrity),
            "trust": _ordered(self.trust),
        }


def _ordered(counts: Counter[str]) -> dict[str, int]:
    return dict(counts.most_common())
