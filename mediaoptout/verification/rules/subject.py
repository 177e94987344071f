"""What rules look at: one file as it was read, and what costs more only when it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mediaoptout.containers.base import Container, Layout
from mediaoptout.records import Finding, VerifyRecord
from mediaoptout.splice.source import Source, stepped
from mediaoptout.verification.manifest import manifest_findings
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.vocabularies.reading import Resolved
from mediaoptout.words import Use

if TYPE_CHECKING:
    from mediaoptout.credentials.validation import Report
    from mediaoptout.verification.facts import Fact
    from mediaoptout.verification.rules.said import Said


@dataclass(frozen=True)
class Subject:
    """A file of a run, open, with what was found in it.

    Args:
        record: what it amounts to, without findings.
        source: its bytes.
        layout: as its container reads it; an empty one for kinds of files that are not read.
        resolved: what its statements say together.
        expected: the uses that should be reserved.
        container: its family, or None.
        entries: everything that its carriers say, sidecars included.
        report: what the reference reader finds in its manifest, or None.
        kind: what kind of file it is, where it is of no family that is read.
        recall: whether what stands beside it is opened too if its content is elsewhere.
    """

    record: VerifyRecord
    source: Source
    layout: Layout
    resolved: Resolved
    expected: tuple[Use, ...]
    container: Container | None = None
    entries: tuple[Entry, ...] = ()
    report: Report | None = None
    kind: str | None = None
    recall: bool = False

    @cached_property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.record.path)

    @cached_property
    def said(self) -> Said:
        """Who declares what, as far as the file says it."""
        from mediaoptout.verification.rules.said import Said

        return Said(self.entries)

    @cached_property
    def facts(self) -> Mapping[str, tuple[Fact, ...]]:
        """What MediaInfo says of it.

        Raises:
            UsageError: pymediainfo is not installed.
        """
        from mediaoptout.verification.facts import read

        return read(self.path)

    @cached_property
    def of_manifest(self) -> tuple[Finding, ...]:
        """What is to be said of its manifest."""
        return tuple(manifest_findings(self.record.credential, self.report))

    def digest(self, algorithm: str) -> str:
        """The hash of the whole file, in hexadecimal digits.

        Args:
            algorithm: as `hashlib` calls it, or ``crc32``.
        """
        if algorithm == "crc32":
            from zlib import crc32

            value = 0
            for data in stepped(self.source, 0, self.source.size):
                value = crc32(data, value)
            return f"{value:08x}"
        digest = hashlib.new(algorithm, usedforsecurity=False)
        for data in stepped(self.source, 0, self.source.size):
            digest.update(data)
        return digest.hexdigest()
