"""Reports as files: which kinds, where they may stand, whole or not at all."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from mediaoptout.errors import UsageError, WriteError
from mediaoptout.records import schema
from mediaoptout.reports.several import SUFFIXES, Reports
from mediaoptout.words import Exit
from tests.reports.records import HOSTILE, RUN, hostile, report


def test_all_at_once(tmp_path, records):
    targets = [tmp_path / f"report{suffix}" for suffix in SUFFIXES]
    with Reports(targets) as reports:
        for record in records:
            reports.add(record)
        assert list(tmp_path.iterdir()) == []
        reports.finish(RUN)
    assert sorted(tmp_path.iterdir()) == sorted(targets)
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600 for path in targets)


def test_without_an_end_nothing_is_written(tmp_path, records):
    with pytest.raises(RuntimeError), Reports([tmp_path / "x.html", tmp_path / "x.csv"]) as reports:
        reports.add(records[0])
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_earlier_report_is_replaced_and_nothing_else(tmp_path, records, suffix):
    target = report(tmp_path / f"x{suffix}", records)
    first = target.read_bytes()
    report(target, records[:1])
    assert target.read_bytes() != first
    for other in (b"somebody's own", b"<html>", b'{"schema":"mediaoptout.evidence/1"}\n'):
        target.write_bytes(other)
        with pytest.raises(UsageError, match="no report of this kind"):
            Reports([target])
        assert target.read_bytes() == other


def test_what_cannot_be(tmp_path):
    (tmp_path / "folder.html").mkdir()
    for targets in (
        [tmp_path / "x.pdf"],
        [tmp_path / "x"],
        [tmp_path / "absent/x.html"],
        [tmp_path / "x.html", tmp_path / "./x.html"],
        [tmp_path / "folder.html"],
    ):
        with pytest.raises(UsageError) as raised:
            Reports(targets)
        assert raised.value.fix
    assert [path.name for path in tmp_path.iterdir()] == ["folder.html"]


def test_lines_are_the_records(tmp_path, records):
    lines = report(tmp_path / "x.jsonl", records).read_text().splitlines()
    assert [json.loads(line) for line in lines] == [record.to_json() for record in records]


@pytest.mark.parametrize("name", HOSTILE)
def test_lines_of_hostile_names(tmp_path, name):
    (line,) = report(tmp_path / "x.jsonl", (hostile(name),)).read_bytes().split(b"\n")[:-1]
    assert json.loads(line)["path"] == name


def test_the_summary(tmp_path, records):
    run = replace(RUN, complete=False, exit=Exit.NOT_DONE, policy="distribution")
    said = json.loads(report(tmp_path / "x.json", records, run).read_text())
    Draft202012Validator(json.loads(schema("summary"))).validate(said)
    assert said["files"] == len(records) == sum(said["outcomes"].values())
    assert said["outcomes"]["reserved"] == 4
    assert said["as_expected"] == 4
    assert (said["complete"], said["exit"], said["policy"]) == (False, 3, "distribution")
    assert {"rule": "not-reserved", "severity": "error", "files": 1} in said["rules"]
    assert said["integrity"]["intact"] == 1


_MEMORY = """
import sys
from pathlib import Path
from tests.memory import peak
from tests.reports.records import hostile, report
targets = [hostile("text %d" % n, "folder %d/file %d.wav" % (n % 7, n)) for n in range(8)]
def more(count):
    for n in range(count):
        yield hostile("text %d" % n, "folder %d/file %d.wav" % (n % 7, n))
folder = Path(sys.argv[1])
peaks = []
for count in (2000, 12000):
    for suffix in (".html", ".xml", ".csv", ".jsonl", ".json"):
        report(folder / ("x" + suffix), more(count))
    peaks.append(peak())
print(peaks[1] - peaks[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told in other units")
def test_memory_does_not_grow_with_the_run(tmp_path):
    """Every record says something else: nothing is shared between them."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env=env,
        cwd=Path(__file__).parents[2],
    )
    assert int(done.stdout) < 12_000  # kB, for 10,000 more files


def test_one_that_cannot_be_written_does_not_take_the_others_along(tmp_path, records):
    first, second = tmp_path / "gone/x.json", tmp_path / "x.json"
    first.parent.mkdir()
    with Reports([first, second]) as reports:
        reports.add(records[0])
        first.parent.rmdir()
        with pytest.raises(WriteError, match="no folder"):
            reports.finish(RUN)
    assert second.exists()


_NO_ROOM = """
import resource, sys
from pathlib import Path
from mediaoptout.errors import WriteError
from tests.reports.records import hostile, report
resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10))
for suffix in (".html", ".xml", ".csv", ".jsonl"):
    try:
        report(Path(sys.argv[1]) / ("x" + suffix), (hostile("%d" % n) for n in range(2000)))
    except WriteError as error:
        assert error.fix, error
    else:
        sys.exit("written after all")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits here")
def test_without_room_nothing_is_left(tmp_path):
    subprocess.run(
        [sys.executable, "-c", _NO_ROOM, str(tmp_path)], check=True, cwd=Path(__file__).parents[2]
    )
    assert list(tmp_path.iterdir()) == []
