"""One form for every command's records, so that a report need not know whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mediaoptout.credentials.credential import Credential
from mediaoptout.errors import ErrorInfo
from mediaoptout.records import Difference, EmbedRecord, Finding, VerifyRecord
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import Carrier, Exit, Permission, Severity, Use

UNREAD: Final = "unread"
"""The outcome of a file that no record could be made of."""

Record = EmbedRecord | VerifyRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a report says of one file.

    Args:
        record: what it was made from.
        path: the file.
        outcome: its verdict or status; `UNREAD` where there is none.
        exit: what it contributes to the exit code.
        container: its family, or None.
        size: in bytes, or None.
        findings: what a user should know, an error of the record itself first.
        carriers: where something was written, or is stated.
        uses: what holds for each use; empty for ``embed``.
        statements: what the file says; empty for ``embed``.
        credential: the state of its manifest; None for ``embed``.
        missing: the carriers that could say more.
        output: the file that was made, or None.
        changes: what a dry run of ``embed`` would say differently.
    """

    record: Record
    path: str
    outcome: str
    exit: Exit
    container: str | None = None
    size: int | None = None
    findings: tuple[Finding, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    uses: Mapping[Use, Permission] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()
    credential: Credential | None = None
    missing: tuple[Carrier, ...] = ()
    output: str | None = None
    changes: tuple[Difference, ...] = ()

    @classmethod
    def of(cls, record: Record, exit_code: Exit | None = None) -> Row:
        """The row of a record.

        Args:
            record: of ``verify`` or ``embed``.
            exit_code: what it contributes to the exit code, where that is not its own affair.
        """
        code = record.exit if exit_code is None else exit_code
        if isinstance(record, VerifyRecord):
            return cls(
                record=record,
                path=record.path,
                outcome=record.verdict or UNREAD,
                exit=code,
                container=record.container,
                size=record.size,
                findings=(*_of_error(record.error), *record.findings),
                carriers=tuple(dict.fromkeys(item.carrier for item in record.statements)),
                uses=record.uses,
                statements=record.statements,
                credential=record.credential,
                missing=record.missing,
            )
        warnings = (Finding("warning", Severity.WARNING, text) for text in record.warnings)
        return cls(
            record=record,
            path=record.path,
            outcome=record.status,
            exit=code,
            container=record.container,
            size=record.bytes_copied + record.bytes_inserted or None,
            findings=(*_of_error(record.error), *warnings),
            carriers=record.carriers,
            output=record.output,
            changes=record.changes,
        )

    def count(self, severity: Severity) -> int:
        """How many findings have a severity."""
        return sum(finding.severity is severity for finding in self.findings)


def _of_error(error: ErrorInfo | None) -> tuple[Finding, ...]:
    if error is None:
        return ()
    message = f"{error.message} (at {error.at})" if error.at else error.message
    return (Finding(error.code, Severity.ERROR, message, error.fix),)
