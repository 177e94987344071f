"""Verify one file: headers to statements, statements to a verdict, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mediaoptout.containers import sidecars
from mediaoptout.containers.base import Container, Layout
from mediaoptout.containers.kinds import kind
from mediaoptout.containers.registry import detect
from mediaoptout.credentials.credential import Credential
from mediaoptout.errors import ErrorInfo, MediaoptoutError
from mediaoptout.records import Finding, VerifyRecord
from mediaoptout.splice.recovery import mend
from mediaoptout.splice.source import FileSource, Source
from mediaoptout.verification.findings import (
    layout_findings,
    statement_findings,
    verdict_findings,
)
from mediaoptout.verification.manifest import (
    manifest_findings,
    manifest_report,
    manifest_statements,
    report_beside,
)
from mediaoptout.verification.verdict import judge
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.vocabularies.reading import resolve, statements
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import EXPECTED_USES, Carrier, Severity, Use, Verdict

if TYPE_CHECKING:
    from mediaoptout.credentials.validation import Report


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found in a file.

    Args:
        record: what it amounts to.
        entries: everything that its carriers say.
        report: what the reference reader finds in its manifest, or None.
    """

    record: VerifyRecord
    entries: tuple[Entry, ...] = ()
    report: Report | None = None


def verify(
    path: Path | str, *, expected: Collection[Use] = EXPECTED_USES, quick: bool = False
) -> VerifyRecord:
    """What a file says about its uses, and what that amounts to. Raises nothing of the file's.

    Args:
        path: the file.
        expected: the uses that should be reserved.
        quick: read headers only: a manifest is reported, not validated.
    """
    return examine(path, expected=expected, quick=quick).record


def examine(
    path: Path | str, *, expected: Collection[Use] = EXPECTED_USES, quick: bool = False
) -> Examined:
    """The verify record of a file, and what it was made from; see `verify`."""
    mended = tuple(
        Finding("interrupted-change", Severity.WARNING, note, None) for note in mend(Path(path))
    )
    examined = _tried(path, expected, quick)
    if not mended:
        return examined
    findings = (*mended, *examined.record.findings)
    return replace(examined, record=replace(examined.record, findings=findings))


def _tried(path: Path | str, expected: Collection[Use], quick: bool) -> Examined:
    try:
        with FileSource(Path(path)) as source:
            container = detect(source)
            if container is None:
                return Examined(_unknown(str(path), source))
            layout = container.read(source)
            return _examined(str(path), source, container, layout, expected, quick)
    except MediaoptoutError as error:
        return Examined(VerifyRecord(path=str(path), error=error.info))
    except OSError as error:
        return Examined(VerifyRecord(path=str(path), error=unreadable(error)))


def unreadable(error: OSError) -> ErrorInfo:
    """An error of the system as a record shows it."""
    reason = error.strerror or str(error)
    return ErrorInfo(
        "unreadable", f"the file cannot be read: {reason}", None, "check that it is there and yours"
    )


def _unknown(path: str, source: Source) -> VerifyRecord:
    known = kind(source.read(0, min(source.size, 1024)))
    if known is None:
        what = "the file is empty" if source.size == 0 else "no structure of a media file is found"
        return VerifyRecord(
            path=path,
            size=source.size,
            error=ErrorInfo("not-media", what, "offset 0", "get a complete copy of the file"),
        )
    finding = Finding(
        "container-unsupported",
        Severity.WARNING,
        f"this is {known}: a kind of file that is not read yet",
        "see 'mediaoptout formats' for those that are",
    )
    return VerifyRecord(
        path=path, size=source.size, verdict=Verdict.UNSUPPORTED, findings=(finding,)
    )


def _examined(
    path: str,
    source: Source,
    container: Container,
    layout: Layout,
    expected: Collection[Use],
    quick: bool,
) -> Examined:
    beside = sidecars.find(Path(path), sidecars.XMP)
    if beside is not None:
        layout = replace(layout, blocks=(*layout.blocks, sidecars.block_of(beside)))
    entries = tuple(entry for block in layout.blocks for entry in block.entries)
    found = statements(entries)
    report = None
    if layout.manifest is not None:
        report = manifest_report(source, container, check=not quick)
        found += manifest_statements(report)
    else:
        report = report_beside(source, Path(path), check=not quick)
        if report is not None:
            found += manifest_statements(report, Carrier.SIDECAR_C2PA)
    resolved = resolve(found)
    damaged = any(block.error is not None for block in layout.blocks)
    verdict = judge(found, resolved, expected, damaged=damaged)
    told = [
        *layout_findings(path, container, layout),
        *verdict_findings(verdict, resolved, expected),
        *statement_findings(found, resolved),
    ]
    if report is not None:
        told += manifest_findings(report)
    record = VerifyRecord(
        path=path,
        container=container.name,
        size=source.size,
        verdict=verdict,
        uses=resolved.uses,
        statements=found,
        credential=report.credential if report is not None else Credential(),
        missing=missing(container, layout, found),
        findings=tuple(told),
    )
    return Examined(record, entries, report)


def missing(
    container: Container, layout: Layout, found: Collection[Statement]
) -> tuple[Carrier, ...]:
    """The carriers that the container could hold a reservation in, and which hold none."""
    speaking = {
        item.carrier
        for item in found
        if any(permission.reserves for permission in item.meaning.uses.values())
    }
    return tuple(
        carrier
        for carrier, capability in container.carries.items()
        if capability.write and capability.expected
        if carrier not in speaking and carrier not in layout.placeless
    )
