"""The records that every command gives: one JSON object a file, as the contract has it.

The forms are versioned (``mediaoptout.embed/1``); their JSON schemas are shipped in ``schemas/``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Final

from mediaoptout.credentials.credential import Credential
from mediaoptout.errors import ErrorInfo, UsageError
from mediaoptout.lean import lean
from mediaoptout.reservation.identifiers import Identifier
from mediaoptout.vocabularies.declaration import Facts
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import (
    Carrier,
    Exit,
    FailOn,
    Permission,
    Severity,
    Status,
    Use,
    Verdict,
)

RECORDS: Final = ("embed", "verify", "inspect")
"""The commands that give records."""

SCHEMAS: Final = (*RECORDS, "summary", "evidence")
"""What has a schema."""


@cache
def schema(name: str) -> str:
    """The JSON schema of a record, of a run's summary or of evidence, as text.

    Raises:
        UsageError: there is no such schema.
    """
    if name not in SCHEMAS:
        raise UsageError(f"there is no schema {name!r}", fix=f"one of: {', '.join(SCHEMAS)}")
    return files("mediaoptout").joinpath("schemas", f"{name}.json").read_text("utf-8")


def to_line(record: EmbedRecord | VerifyRecord | InspectRecord) -> str:
    """A record as one line of JSON Lines, without the line end."""
    return json.dumps(record.to_json(), ensure_ascii=False, separators=(",", ":"))


def _error(error: ErrorInfo | None) -> dict[str, str | None] | None:
    if error is None:
        return None
    return {"code": error.code, "message": error.message, "at": error.at, "fix": error.fix}


@lean
@dataclass(frozen=True, slots=True)
class Essence:
    """What is known of the essence after a change.

    Args:
        unchanged: whether it is proven untouched; None where nothing was to be proven.
        proof: how: ``spans`` by the three-part proof on the patch, ``digest`` by a hash before
            and after as well, ``not-rewritten`` where the file was only read.
        digest: its hash, where one was asked for, with the name of the method.
    """

    unchanged: bool | None = None
    proof: str | None = None
    digest: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As in the record."""
        return {"unchanged": self.unchanged, "proof": self.proof, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a file says differently after a change.

    Args:
        carrier: the kind of block that says it.
        location: where that block stands.
        property: the key as the carrier spells it; a language or number in brackets after it.
        old: what it said, or None for nothing.
        new: what it will say, or None for nothing.
    """

    carrier: Carrier
    location: str
    property: str
    old: str | None
    new: str | None

    def to_json(self) -> dict[str, Any]:
        """As in the record."""
        return {
            "carrier": self.carrier,
            "location": self.location,
            "property": self.property,
            "old": self.old,
            "new": self.new,
        }


@lean
@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedRecord:
    """What ``embed`` did with one file, or, in a dry run, would do: then with the changes."""

    path: str
    status: Status
    output: str | None = None
    container: str | None = None
    carriers: tuple[Carrier, ...] = ()
    sidecars: tuple[str, ...] = ()
    bytes_copied: int = 0
    bytes_inserted: int = 0
    essence: Essence = field(default_factory=Essence)
    warnings: tuple[str, ...] = ()
    changes: tuple[Difference, ...] = ()
    error: ErrorInfo | None = None
    SCHEMA: ClassVar[str] = "mediaoptout.embed/1"

    @property
    def exit(self) -> Exit:
        """What the record contributes to the exit code."""
        if self.status is Status.FAILED:
            return Exit.NOT_DONE
        if self.status in (Status.REFUSED, Status.UNSUPPORTED):
            return Exit.NOT_AS_EXPECTED
        return Exit.AS_EXPECTED

    def to_json(self) -> dict[str, Any]:
        """The record as the contract has it."""
        return {
            "schema": self.SCHEMA,
            "path": self.path,
            "output": self.output,
            "container": self.container,
            "status": self.status,
            "carriers": list(self.carriers),
            "sidecars": list(self.sidecars),
            "bytes_copied": self.bytes_copied,
            "bytes_inserted": self.bytes_inserted,
            "essence": self.essence.to_json(),
            "warnings": list(self.warnings),
            "error": _error(self.error),
            **({"changes": [each.to_json() for each in self.changes]} if self.changes else {}),
        }


@lean
@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a user should know of a file, and how to mend it."""

    rule: str
    severity: Severity
    message: str
    fix: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As in the record."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "fix": self.fix,
        }


@lean
@dataclass(frozen=True, slots=True)
class Traits:
    """What a run compares between files; no part of the record that is written.

    Args:
        identifiers: those of the file that are right by their schemes' rules.
        holders: whose rights are reserved.
    """

    identifiers: tuple[Identifier, ...] = ()
    holders: tuple[str, ...] = ()


NO_TRAITS: Final = Traits()


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "vocabulary": statement.vocabulary,
        "carrier": statement.carrier,
        "location": statement.location,
        "property": statement.property,
        "value": statement.value,
        "uses": dict(statement.meaning.uses),
        "implied": list(statement.meaning.implied),
    }


@lean
@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRecord:
    """What one file says, and what that amounts to."""

    path: str
    container: str | None = None
    size: int | None = None
    verdict: Verdict | None = None
    uses: Mapping[Use, Permission] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()
    credential: Credential = field(default_factory=Credential)
    missing: tuple[Carrier, ...] = ()
    findings: tuple[Finding, ...] = ()
    error: ErrorInfo | None = None
    traits: Traits = NO_TRAITS
    SCHEMA: ClassVar[str] = "mediaoptout.verify/1"

    @property
    def exit(self) -> Exit:
        """What the record contributes to the exit code."""
        return self.exit_on(FailOn.ERROR)

    def exit_on(self, fail_on: FailOn) -> Exit:
        """What the record contributes to the exit code.

        Args:
            fail_on: the findings that fail; with ``never`` no verdict fails either.
        """
        if self.verdict is None:
            return Exit.NOT_DONE
        if fail_on is FailOn.NEVER:
            return Exit.AS_EXPECTED
        if self.verdict is not Verdict.RESERVED:
            return Exit.NOT_AS_EXPECTED
        if any(fail_on.fails(finding.severity) for finding in self.findings):
            return Exit.NOT_AS_EXPECTED
        return Exit.AS_EXPECTED

    def with_findings(self, findings: Iterable[Finding]) -> VerifyRecord:
        """The same record with more findings, behind those that it has."""
        added = tuple(findings)
        return replace(self, findings=(*self.findings, *added)) if added else self

    def to_json(self) -> dict[str, Any]:
        """The record as the contract has it."""
        uses = {use: self.uses.get(use, Permission.UNSTATED) for use in Use}
        return {
            "schema": self.SCHEMA,
            "path": self.path,
            "container": self.container,
            "size": self.size,
            "verdict": self.verdict,
            "uses": uses,
            "statements": [_statement(statement) for statement in self.statements],
            "credential": self.credential.to_json(),
            "missing": list(self.missing),
            "findings": [finding.to_json() for finding in self.findings],
            "error": _error(self.error),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectRecord:
    """Everything that one file says, for a person who wants to know."""

    verify: VerifyRecord
    holders: tuple[str, ...] = ()
    works: tuple[str, ...] = ()
    legal_basis: tuple[str, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    chain: tuple[str, ...] = ()
    summary: str = ""
    declaration: Facts | None = None
    SCHEMA: ClassVar[str] = "mediaoptout.inspect/1"

    @property
    def exit(self) -> Exit:
        """Looking at a file is done, or could not be done."""
        return Exit.NOT_DONE if self.verify.verdict is None else Exit.AS_EXPECTED

    def to_json(self) -> dict[str, Any]:
        """The record as the contract has it: the verify record's fields and more."""
        return {
            **self.verify.to_json(),
            "schema": self.SCHEMA,
            "holders": list(self.holders),
            "works": list(self.works),
            "legal_basis": list(self.legal_basis),
            "texts": [{"language": language, "text": text} for language, text in self.texts],
            "chain": list(self.chain),
            "summary": self.summary,
            "declaration": self.declaration.to_json() if self.declaration else None,
        }
