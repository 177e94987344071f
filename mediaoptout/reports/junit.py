"""``x.xml``: the run as a suite of tests, a file a test, in the JUnit form that CI servers read.

The form is the narrow one that every consumer knows (at most one outcome a test, no attributes of
later dialects). A file that is not as expected is a failure; one that could not be read, an error.
Findings that do not fail stand in the suite's ``system-out``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from mediaoptout.records import Finding
from mediaoptout.reports.base import Options, Run
from mediaoptout.reports.row import Row
from mediaoptout.reports.spool import Spool
from mediaoptout.words import Exit, Severity

if TYPE_CHECKING:
    from pathlib import Path

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n<testsuite name="mediaoptout '
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, section 2.2, not even as a reference."""


def legal(text: str) -> str:
    """``text`` with what XML cannot hold spelt out: a name may have any character or byte."""
    return _NOT_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class JUnit:
    """One test a file."""

    SUFFIX = ".xml"

    def __init__(self, folder: Path, options: Options) -> None:
        self._cases, self._out = Spool(folder), Spool(folder)
        self._tests = self._failures = self._errors = 0

    @staticmethod
    def wrote(head: bytes) -> bool:
        """See `Report`."""
        return head.startswith(_HEAD.encode())

    def add(self, row: Row) -> None:
        """See `Report`."""
        path = PurePath(row.path)
        where, name = _attribute(str(path.parent)), _attribute(path.name or row.path)
        self._tests += 1
        opening = f'<testcase classname={where} name={name} time="0.000"'
        if row.exit is Exit.AS_EXPECTED:
            self._cases.write(f"{opening}/>\n")
            for finding in row.findings:
                self._out.write(escape(legal(f"{row.path}: {_sentence(finding)}\n")))
        else:
            self._cases.write(f"{opening}>{self._outcome(row)}</testcase>\n")

    def _outcome(self, row: Row) -> str:
        if row.exit is Exit.NOT_DONE:
            kind = "error"
            self._errors += 1
        else:
            kind = "failure"
            self._failures += 1
        told = sorted(row.findings, key=lambda finding: list(Severity).index(finding.severity))
        reason = told[0].message if told else f"the outcome is {row.outcome}"
        rule = told[0].rule if told else row.outcome
        text = "\n".join((f"{row.path}: {row.outcome}", *map(_sentence, told)))
        return (
            f"<{kind} type={_attribute(rule)} message={_attribute(reason)}>"
            f"{escape(legal(text))}</{kind}>"
        )

    @property
    def size(self) -> int:
        """See `Report`."""
        return self._cases.size + self._out.size

    def pieces(self, run: Run) -> Iterator[bytes]:
        """See `Report`."""
        stopped = 0 if run.complete else 1
        yield (
            f'{_HEAD}{run.command}" package="mediaoptout" id="0" hostname="localhost"'
            f' timestamp="{run.started:%Y-%m-%dT%H:%M:%S}" time="{run.seconds:.3f}"'
            f' tests="{self._tests + stopped}" failures="{self._failures}"'
            f' errors="{self._errors + stopped}">\n<properties>\n{_properties(run)}</properties>\n'
        ).encode()
        yield from self._cases.chunks()
        if stopped:
            yield (
                b'<testcase classname="mediaoptout" name="the whole run" time="0.000">'
                b'<error type="stopped" message="the run was stopped before its end"/>'
                b"</testcase>\n"
            )
        yield b"<system-out>"
        yield from self._out.chunks()
        yield b"</system-out>\n<system-err></system-err>\n</testsuite>\n</testsuites>\n"

    def close(self) -> None:
        """See `Report`."""
        self._cases.close()
        self._out.close()


def _properties(run: Run) -> str:
    from importlib.metadata import version

    said = {"mediaoptout.version": version("mediaoptout"), "mediaoptout.skipped": str(run.skipped)}
    if run.policy is not None:
        said["mediaoptout.policy"] = run.policy
    return "".join(
        f"<property name={_attribute(name)} value={_attribute(value)}/>\n"
        for name, value in said.items()
    )


def _attribute(text: str) -> str:
    return quoteattr(legal(text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _sentence(finding: Finding) -> str:
    fix = f"; {finding.fix}" if finding.fix else ""
    return f"{finding.severity}: {finding.rule}: {finding.message}{fix}"
