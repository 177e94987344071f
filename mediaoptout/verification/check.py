"""Verify one file: headers to statements, statements to a verdict, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from mediaoptout.containers.base import Container, Layout
from mediaoptout.containers.kinds import kind
from mediaoptout.containers.registry import detect
from mediaoptout.credentials.credential import Credential
from mediaoptout.errors import ErrorInfo, MediaoptoutError
from mediaoptout.records import Finding, VerifyRecord
from mediaoptout.splice.recovery import mend
from mediaoptout.splice.source import FileSource, Source
from mediaoptout.verification.manifest import (
    manifest_findings,
    manifest_report,
    manifest_statements,
)
from mediaoptout.verification.verdict import judge
from mediaoptout.vocabularies.reading import Resolved, resolve, statements
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import EXPECTED_USES, Carrier, Severity, Use, Verdict


def verify(
    path: Path | str, *, expected: Collection[Use] = EXPECTED_USES, quick: bool = False
) -> VerifyRecord:
    """What a file says about its uses, and what that amounts to. Raises nothing of the file's.

    Args:
        path: the file.
        expected: the uses that should be reserved.
        quick: read headers only: a manifest is reported, not validated.
    """
    mend(Path(path))
    try:
        with FileSource(Path(path)) as source:
            container = detect(source)
            if container is None:
                return _unknown(str(path), source)
            layout = container.read(source)
            return _record(str(path), source, container, layout, expected, quick)
    except MediaoptoutError as error:
        return VerifyRecord(path=str(path), error=error.info)
    except OSError as error:
        return VerifyRecord(path=str(path), error=unreadable(error))


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
        "keep the reservation in a sidecar",
    )
    return VerifyRecord(
        path=path, size=source.size, verdict=Verdict.UNSUPPORTED, findings=(finding,)
    )


def _record(
    path: str,
    source: Source,
    container: Container,
    layout: Layout,
    expected: Collection[Use],
    quick: bool,
) -> VerifyRecord:
    found = statements(entry for block in layout.blocks for entry in block.entries)
    report = None
    if layout.manifest is not None:
        report = manifest_report(source, container, check=not quick)
        found += manifest_statements(report)
    resolved = resolve(found)
    damaged = any(block.error is not None for block in layout.blocks)
    verdict = judge(found, resolved, expected, damaged=damaged)
    findings = list(_findings(path, container, layout, verdict, resolved, expected))
    if report is not None:
        findings += manifest_findings(report)
    return VerifyRecord(
        path=path,
        container=container.name,
        size=source.size,
        verdict=verdict,
        uses=resolved.uses,
        statements=found,
        credential=report.credential if report is not None else Credential(),
        missing=missing(container, found),
        findings=tuple(findings),
    )


def missing(container: Container, found: Collection[Statement]) -> tuple[Carrier, ...]:
    """The carriers that the container could hold a reservation in, and which hold none."""
    speaking = {
        item.carrier
        for item in found
        if any(permission.reserves for permission in item.meaning.uses.values())
    }
    return tuple(
        carrier
        for carrier, capability in container.carries.items()
        if capability.write and capability.expected and carrier not in speaking
    )


def _findings(
    path: str,
    container: Container,
    layout: Layout,
    verdict: Verdict,
    resolved: Resolved,
    expected: Collection[Use],
) -> Iterator[Finding]:
    for block in layout.blocks:
        if block.error is not None:
            yield Finding(
                "carrier-damaged",
                Severity.ERROR,
                f"{block.location}: {block.error.message}",
                block.error.fix or "repair or remove the block, then run again",
            )
    if verdict is Verdict.CONFLICT:
        uses = ", ".join(resolved.conflicts)
        yield Finding(
            "statements-conflict",
            Severity.ERROR,
            f"the file both reserves and allows: {uses}; the stricter word holds",
            "see 'mediaoptout inspect', then embed again with --force",
        )
    lacking = [use for use in expected if use not in resolved.machine]
    if verdict is Verdict.PARTIAL:
        yield Finding(
            "uses-unreserved",
            Severity.ERROR,
            f"not reserved in a form that a machine can read: {', '.join(lacking)}",
            "embed a profile that reserves them",
        )
    elif verdict is Verdict.TEXT_ONLY:
        yield Finding(
            "prose-only",
            Severity.ERROR,
            "the reservation is only in natural language, which a machine may not act on",
            "embed it with 'mediaoptout embed'",
        )
    elif verdict in (Verdict.UNRESERVED, Verdict.ALLOWED):
        yield Finding(
            "not-reserved",
            Severity.ERROR,
            "nothing in the file reserves the expected uses"
            if verdict is Verdict.UNRESERVED
            else "the file allows the expected uses",
            "embed a reservation with 'mediaoptout embed'",
        )
    if layout.obstacle is not None:
        yield Finding(
            "structure-unsound",
            Severity.WARNING,
            layout.obstacle.message,
            layout.obstacle.fix,
        )
    extension = Path(path).suffix.lower()
    if extension and extension not in container.extensions:
        yield Finding(
            "extension-mismatch",
            Severity.WARNING,
            f"the name ends in {extension}, but this is {container.title}",
            f"rename it to end in {container.extensions[0]}",
        )
    for warning in layout.warnings:
        yield Finding("oddity", Severity.INFO, warning, None)
