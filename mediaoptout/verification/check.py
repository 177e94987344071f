"""Verify one file: headers to statements, statements to a verdict, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mediaoptout.containers import sidecars
from mediaoptout.containers.base import Container, Layout
from mediaoptout.containers.deliveries import carriers as deliverable
from mediaoptout.containers.kinds import kind
from mediaoptout.containers.registry import detect
from mediaoptout.credentials.credential import Credential
from mediaoptout.credentials.trust import Anchors
from mediaoptout.credentials.trust import current as in_use
from mediaoptout.errors import ErrorInfo, MediaoptoutError, UsageError
from mediaoptout.records import Traits, VerifyRecord
from mediaoptout.reservation.delivery import EVERYTHING, Delivery
from mediaoptout.splice.recovery import mend
from mediaoptout.splice.source import FileSource, Source
from mediaoptout.verification.manifest import (
    Hosts,
    elsewhere,
    fetched,
    manifest_report,
    manifest_statements,
    report_beside,
)
from mediaoptout.verification.policy import Policy, default
from mediaoptout.verification.rules.rule import Companion, Fault
from mediaoptout.verification.rules.subject import Subject
from mediaoptout.verification.verdict import judge
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.vocabularies.reading import resolve, statements_of
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import EXPECTED_USES, Carrier, Use, Verdict

if TYPE_CHECKING:
    from mediaoptout.credentials.validation import Report

NOBODY: Final = Anchors()


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
    path: Path | str,
    *,
    expected: Collection[Use] | None = None,
    quick: bool = False,
    policy: Policy | None = None,
    traits: bool = False,
    anchors: Anchors | None = None,
    delivery: Delivery = EVERYTHING,
    recall: bool = False,
    fetch: bool | Collection[str] = False,
) -> VerifyRecord:
    """What a file says about its uses, and what that amounts to. Raises nothing of the file's.

    Args:
        path: the file.
        expected: the uses that should be reserved; None for those of the policy.
        quick: read headers only: a manifest is reported, not validated.
        policy: the rules that are asked; None for ``reserved``.
        traits: whether the record shall have what files are compared by.
        anchors: whom to trust; None for the list in use (see `mediaoptout.credentials.trust`).
        delivery: what the recipient takes: nothing else is missing.
        recall: open placeholders too, so that their content is fetched from tape or a cloud.
        fetch: fetch a manifest that is neither in the file nor beside it from the address that the
            file names: from any host of the public internet, or only from the hosts given here.

    Raises:
        UsageError: the policy asks for facts, and MediaInfo is not installed.
    """
    asked = Asked.of(policy, expected, quick=quick, traits=traits, anchors=anchors)
    more = replace(asked, delivery=delivery, recall=recall, fetch=hosts_of(fetch))
    return examine(path, more).record


def hosts_of(fetch: bool | Collection[str]) -> Hosts:
    """Whom to ask for manifests, as `verify` is told it."""
    if isinstance(fetch, bool):
        return frozenset() if fetch else None
    return frozenset((fetch,) if isinstance(fetch, str) else fetch) or None


def verify_companion(path: Path, policy: Policy, *, recall: bool = False) -> VerifyRecord | None:
    """What is wrong with a file that is no media; None if no rule has anything to say of it.

    Args:
        path: a sidecar, a check sum list, or something else in a folder of the run.
        policy: the rules that are asked.
        recall: open it too if its content is elsewhere.

    Raises:
        NotHereError: it would have to be read, and is a placeholder.
    """
    findings = policy.of_companion(Companion(path, recall))
    if not findings:
        return None
    try:
        size = path.stat().st_size
    except OSError:
        size = None
    return VerifyRecord(path=str(path), size=size, verdict=Verdict.UNSUPPORTED, findings=findings)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a file.

    Args:
        policy: the rules.
        expected: the uses that should be reserved.
        quick: read headers only.
        traits: whether records shall have what files are compared by.
        anchors: whom to trust.
        delivery: what the recipient takes.
        recall: open placeholders too.
        fetch: whom to ask for manifests that are neither in the file nor beside it.
    """

    policy: Policy
    expected: tuple[Use, ...]
    quick: bool = False
    traits: bool = False
    anchors: Anchors = NOBODY
    delivery: Delivery = EVERYTHING
    recall: bool = False
    fetch: Hosts = None

    @classmethod
    def of(
        cls,
        policy: Policy | None = None,
        expected: Collection[Use] | None = None,
        *,
        quick: bool = False,
        traits: bool = False,
        anchors: Anchors | None = None,
    ) -> Asked:
        """With the uses of the policy, or those of the contract, where none are given.

        So with the anchors: without any, those in use.
        """
        policy = policy or default()
        uses = policy.expected or EXPECTED_USES if expected is None else expected
        return cls(policy, tuple(uses), quick, traits, anchors or in_use())


def examine(path: Path | str, asked: Asked | None = None) -> Examined:
    """The verify record of a file, and what it was made from; see `verify`."""
    asked = asked or Asked.of()
    path = path if isinstance(path, Path) else Path(path)
    mended = mend(path)
    examined = _tried(path, asked)
    if not mended:
        return examined
    told = asked.policy.told("interrupted-change", *map(Fault, mended))
    findings = (*told, *examined.record.findings)
    return replace(examined, record=replace(examined.record, findings=findings))


def _tried(path: Path, asked: Asked) -> Examined:
    try:
        with FileSource(path, recall=asked.recall) as source:
            container = detect(source)
            if container is None:
                return Examined(_unknown(str(path), source, asked))
            layout = container.read(source)
            return _examined(path, source, container, layout, asked)
    except UsageError:
        raise
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


def _unknown(path: str, source: Source, asked: Asked) -> VerifyRecord:
    known = kind(source.read(0, min(source.size, 1024)))
    if known is None:
        what = "the file is empty" if source.size == 0 else "no structure of a media file is found"
        return VerifyRecord(
            path=path,
            size=source.size,
            error=ErrorInfo("not-media", what, "offset 0", "get a complete copy of the file"),
        )
    record = VerifyRecord(path=path, size=source.size, verdict=Verdict.UNSUPPORTED)
    layout = Layout(size=source.size, essence=())
    subject = Subject(
        record, source, layout, resolve(()), asked.expected, kind=known, recall=asked.recall
    )
    return record.with_findings(asked.policy.findings(subject, quick=asked.quick))


def _examined(
    path: Path, source: Source, container: Container, layout: Layout, asked: Asked
) -> Examined:
    beside = sidecars.find(path, sidecars.XMP, recall=asked.recall)
    if beside is not None:
        layout = replace(layout, blocks=(*layout.blocks, sidecars.block_of(beside)))
    entries = tuple(entry for block in layout.blocks for entry in block.entries)
    found = statements_of(block.entries for block in layout.blocks)
    report, credential = None, Credential()
    if layout.manifest is not None:
        place = layout.manifest.span
        report = manifest_report(
            source, container, layout, place, asked.anchors, check=not asked.quick
        )
        found += manifest_statements(report)
    else:
        report = report_beside(
            source, path, asked.anchors, check=not asked.quick, recall=asked.recall
        )
        if report is None:
            hosts = None if asked.quick else asked.fetch
            absent = elsewhere(entries)
            report, credential = fetched(source, container, absent, asked.anchors, hosts)
        if report is not None:
            found += manifest_statements(report, Carrier.SIDECAR_C2PA)
    resolved = resolve(found)
    damaged = any(block.error is not None for block in layout.blocks)
    record = VerifyRecord(
        path=str(path),
        container=container.name,
        size=source.size,
        verdict=judge(found, resolved, asked.expected, damaged=damaged),
        uses=resolved.uses,
        statements=found,
        credential=report.credential if report is not None else credential,
        missing=missing(container, layout, found, asked.delivery),
    )
    subject = Subject(
        record,
        source,
        layout,
        resolved,
        asked.expected,
        container,
        entries,
        report,
        recall=asked.recall,
    )
    if asked.traits:
        from mediaoptout.verification.rules.identifiers import right

        traits = Traits(tuple(right(subject)), subject.said.holders)
        record = replace(record, traits=traits)
    record = record.with_findings(asked.policy.findings(subject, quick=asked.quick))
    return Examined(record, entries, report)


def missing(
    container: Container,
    layout: Layout,
    found: Collection[Statement],
    delivery: Delivery = EVERYTHING,
) -> tuple[Carrier, ...]:
    """The carriers that could hold a reservation, and which hold none.

    Args:
        container: the family of the file.
        layout: the file.
        found: what it says.
        delivery: what the recipient takes.
    """
    taken = deliverable(container, delivery)
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
        if (taken is None or carrier in taken) and delivery.takes(carrier)
    )
