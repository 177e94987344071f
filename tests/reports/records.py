"""Records for reports: of real files, and with whatever names and texts others may choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from mediaoptout import VerifyRecord, embed, load_profile, verify
from mediaoptout.credentials.credential import Credential
from mediaoptout.embedding import EmbedOptions
from mediaoptout.records import Finding
from mediaoptout.reports.base import Options, Run
from mediaoptout.reports.row import Record
from mediaoptout.reports.several import Reports
from mediaoptout.vocabularies.statement import Meaning, Statement
from mediaoptout.words import (
    Carrier,
    Exit,
    Integrity,
    Permission,
    Severity,
    Trust,
    Use,
    Verdict,
    Vocabulary,
)
from tests.conftest import SAMPLES

HOSTILE = (
    "</script><script>document.title='stolen'</script>.wav",
    "<img src=x onerror=\"document.title='stolen'\">.png",
    "<!--<script>.wav",
    "]]>&amp;&lt;.wav",
    "=cmd|' /C calc'!A0.wav",
    "x;=1+1.wav",
    "-2+3.wav",
    "@SUM(1).wav",
    "a\nb\tc\rd.wav",
    "nul\0\x01\x1b[31m.wav",
    "\u202egpj.wav",
    "\ufffe\uffff\u2028.wav",
    "\udcff\udc80.wav",
    "'\"`${1}$title.wav",
    " leading and trailing ",
)
"""Names that mean something to a page, to XML, to a spreadsheet or to a terminal."""

RUN = Run(command="verify", started=datetime(2026, 5, 1, 9, 30, tzinfo=UTC), seconds=1.5, skipped=2)


def hostile(text: str, path: str | None = None) -> VerifyRecord:
    """A record in which everything that others can choose is ``text``."""
    meaning = Meaning({Use.DATA_MINING: Permission.RESERVED})
    statement = Statement(Vocabulary.TDMREP, Carrier.XMP, text, text, text, meaning)
    return VerifyRecord(
        path=path or text,
        container="wav",
        size=1000,
        verdict=Verdict.PARTIAL,
        uses={Use.DATA_MINING: Permission.RESERVED},
        statements=(statement,),
        credential=Credential(Integrity.BROKEN, Trust.UNTRUSTED, text, text, True, (text,)),
        findings=(Finding("uses-unreserved", Severity.ERROR, text, text),),
    )


@cache
def real(folder: Path) -> tuple[VerifyRecord, ...]:
    """Records of real files, of most verdicts, by making those in ``folder``."""
    reservation = load_profile("eu-tdm", ["holder.name=Example Records"])
    for name in ("jpeg/baseline.jpg", "png/rgb.png", "mp3/no-tag.mp3", "mp4/faststart.mp4"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        sign = name.endswith("png")
        embed(SAMPLES / name, target, reservation=reservation, options=EmbedOptions(sign=sign))
    (folder / "bare.png").write_bytes((SAMPLES / "png/rgb.png").read_bytes())
    (folder / "voice.amr").write_bytes(b"#!AMR\n" + bytes(200))
    (folder / "empty.wav").write_bytes(b"")
    return tuple(verify(path) for path in sorted(folder.rglob("*")) if path.is_file())


def many(records: tuple[VerifyRecord, ...], count: int) -> Iterator[VerifyRecord]:
    """As many records as are wanted, in a catalogue's folders."""
    for number in range(count):
        record = records[number % len(records)]
        name = f"masters/album {number // 12:05d}/{number % 12 + 1:02d} track {number}"
        yield replace(record, path=name + Path(record.path).suffix)


def report(
    target: Path,
    records: Iterable[Record],
    run: Run = RUN,
    options: Options | None = None,
) -> Path:
    """Make a report of records."""
    code = Exit.AS_EXPECTED
    with Reports([target], options) as reports:
        for record in records:
            reports.add(record)
            code = max(code, record.exit)
        reports.finish(run)
    return target
