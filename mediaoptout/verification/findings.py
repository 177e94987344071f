"""What a user should know of a file, and how to mend it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from mediaoptout.containers.base import Container, Layout
from mediaoptout.records import Finding
from mediaoptout.vocabularies.reading import Resolved
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import Carrier, Permission, Severity, Use, Verdict

_EMBED: Final = "embed a reservation with 'mediaoptout embed'"


def layout_findings(path: str, container: Container, layout: Layout) -> Iterator[Finding]:
    """What is wrong with the file itself.

    Args:
        path: what it is called.
        container: its family.
        layout: as it was read.
    """
    for block in layout.blocks:
        if block.error is not None:
            yield Finding(
                "carrier-damaged",
                Severity.ERROR,
                f"{block.location}: {block.error.message}",
                block.error.fix or "repair or remove the block, then run again",
            )
    if layout.obstacle is not None:
        yield Finding(
            "structure-unsound", Severity.WARNING, layout.obstacle.message, layout.obstacle.fix
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


def verdict_findings(
    verdict: Verdict, resolved: Resolved, expected: Collection[Use]
) -> Iterator[Finding]:
    """Why the verdict is not that all is reserved.

    Args:
        verdict: the verdict.
        resolved: what the statements say together.
        expected: the uses that should be reserved.
    """
    match verdict:
        case Verdict.PARTIAL:
            lacking = ", ".join(use for use in expected if use not in resolved.machine)
            yield Finding(
                "uses-unreserved",
                Severity.ERROR,
                f"not reserved in a form that a machine can read: {lacking}",
                "embed a profile that reserves them",
            )
        case Verdict.TEXT_ONLY:
            yield Finding(
                "prose-only",
                Severity.ERROR,
                "the reservation is only in natural language, which a machine may not act on",
                _EMBED,
            )
        case Verdict.UNRESERVED:
            yield Finding(
                "not-reserved",
                Severity.ERROR,
                "nothing in the file reserves the expected uses",
                _EMBED,
            )
        case Verdict.ALLOWED:
            yield Finding(
                "not-reserved",
                Severity.ERROR,
                "the file allows the expected uses",
                f"{_EMBED} --force",
            )


def statement_findings(found: Sequence[Statement], resolved: Resolved) -> Iterator[Finding]:
    """Where statements contradict each other.

    Args:
        found: all statements of the file.
        resolved: what they say together.
    """
    if resolved.conflicts:
        for_these = set(resolved.conflicts)
        reserving = _named(found, for_these, (Permission.RESERVED, Permission.CONSTRAINED))
        allowing = _named(found, for_these, (Permission.ALLOWED,))
        yield Finding(
            "statements-conflict",
            Severity.ERROR,
            f"{reserving} reserves, {allowing} allows {', '.join(resolved.conflicts)};"
            " the stricter word holds",
            "embed again with --force, or ask whoever wrote the other statement",
        )
    values: dict[tuple[Carrier, str], set[str]] = defaultdict(set)
    for item in found:
        if item.vocabulary.machine_readable and item.carrier is not Carrier.C2PA:
            values[item.carrier, item.property].add(item.value.strip())
    for (carrier, name), several in values.items():
        if len(several) > 1:
            yield Finding(
                "statements-differ",
                Severity.WARNING,
                f"{name} stands {len(several)} times in {carrier}, with different values: "
                + ", ".join(sorted(several)),
                "leave one of them",
            )


def _named(found: Sequence[Statement], uses: set[Use], permissions: tuple[Permission, ...]) -> str:
    """The statements that say so of one of the uses, and where they stand."""
    names = {
        f"{item.property} {item.value} ({item.location})": None
        for item in found
        if any(item.meaning.uses.get(use) in permissions for use in uses)
    }
    return ", ".join(names)
