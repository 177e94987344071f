"""``--report`` from the command line."""

from __future__ import annotations

import csv
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import junitparser
import pytest

from mediaoptout.records import to_line
from tests.cli.calling import call, spawn
from tests.conftest import SAMPLES

ALL = ("x.html", "x.xml", "x.csv", "x.jsonl", "x.json")


def reporting(*names: str) -> list[str]:
    return [part for name in names for part in ("--report", name)]


def test_verify_with_every_report(media):
    call("embed", "in", "-o", "out", "--no-sign")
    shutil.copyfile(media / "png/rgb.png", "out/bare.png")
    result = call("verify", "out", *reporting(*ALL))
    assert result.code == 1
    assert [line for line in result.out.splitlines() if line.startswith("Report: ")] == [
        f"Report: {name}" for name in ALL
    ]
    said = json.loads(Path("x.json").read_text())
    assert (said["files"], said["exit"], said["as_expected"]) == (5, 1, 4)
    lines = [json.loads(line) for line in Path("x.jsonl").read_text().splitlines()]
    assert {line["path"] for line in lines} == {str(path) for path in Path("out").rglob("*.*")}
    suite = junitparser.JUnitXml.fromfile("x.xml")
    assert (suite.tests, suite.failures, suite.errors) == (5, 1, 0)
    with Path("x.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert sum(row["as_expected"] == "yes" for row in csv.DictReader(stream)) == 4
    assert "out/bare.png" not in Path("x.html").read_text()  # folder and name stand apart
    assert '"bare.png"' in Path("x.html").read_text()


def test_what_does_not_fail_the_run_does_not_fail_the_test(media):
    assert call("verify", "in", "--fail-on", "never", *reporting("x.xml", "x.json")).code == 0
    suite = junitparser.JUnitXml.fromfile("x.xml")
    assert (suite.tests, suite.failures, suite.errors) == (4, 0, 0)
    assert json.loads(Path("x.json").read_text())["exit"] == 0
    assert call("verify", "in", *reporting("x.xml")).code == 1
    assert junitparser.JUnitXml.fromfile("x.xml").failures == 4


def test_the_policy_is_named(media):
    call("verify", "in", "--policy", "distribution", *reporting("x.json", "x.xml"))
    assert json.loads(Path("x.json").read_text())["policy"] == "distribution"
    assert 'name="mediaoptout.policy" value="distribution"' in Path("x.xml").read_text()


def test_embed_with_every_report(media):
    result = call("embed", "in", "-o", "out", "--no-sign", *reporting(*ALL))
    assert result.code == 0
    said = json.loads(Path("x.json").read_text())
    assert (said["command"], said["outcomes"]) == ("embed", {"written": 4})
    again = call("embed", "in", "-o", "out", "--no-sign", *reporting(*ALL))
    assert again.code == 0
    assert json.loads(Path("x.json").read_text())["outcomes"] == {"unchanged": 4}


def test_quiet_and_jsonl(media):
    assert "Report:" not in call("verify", "in", "-q", *reporting("x.json")).out
    result = call("verify", "in", "--format", "jsonl", *reporting("x.jsonl"))
    assert result.out == Path("x.jsonl").read_text()
    assert "Report: x.jsonl" in result.err


@pytest.mark.parametrize("name", ["x.pdf", "absent/x.html", "in/notes.txt", "mine.csv"])
def test_wrong_use_is_told_before_anything_is_read(media, name):
    Path("mine.csv").write_text("file,isrc\n")
    result = call("verify", "in", *reporting(name))
    assert (result.code, result.out) == (2, "")
    assert result.err and "Traceback" not in result.err
    assert Path("mine.csv").read_text() == "file,isrc\n"


def test_over_nothing_there_is_no_report(work):
    (work / "empty").mkdir()
    assert call("verify", "empty", *reporting(*ALL)).code == 2
    assert [path.name for path in work.iterdir()] == ["empty"]


def test_from_the_settings(media):
    Path("mediaoptout.toml").write_text('report = ["x.json", "x.xml"]\n')
    call("verify", "in")
    assert Path("x.json").exists() and Path("x.xml").exists()


def test_thumbnails(media):
    call("verify", "in", "--thumbnails", *reporting("x.html"))
    (pictures,) = re.findall(r'id="pictures">(.*?)</script>', Path("x.html").read_text(), re.DOTALL)
    assert len(json.loads(pictures)) == 2


def test_without_reports_nothing_of_theirs_is_loaded(media):
    code = (
        "import sys; sys.argv = ['mediaoptout', 'verify', '--quick', 'in']\n"
        "from mediaoptout.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith('mediaoptout.reports')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_page_needs_neither_pillow_nor_cryptography(media):
    code = (
        "import sys; sys.argv = ['mediaoptout', 'verify', '--quick', 'in', '--report', 'x.html']\n"
        "from mediaoptout.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print({'PIL', 'cryptography', 'c2pa', 'jinja2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
    assert Path("x.html").exists()


def test_several_processes_make_one_report(media):
    for number in range(40):
        shutil.copyfile(media / "png/rgb.png", media / f"{number}.png")
    result = spawn("verify", "in", "--jobs", "2", *reporting("x.json", "x.jsonl"))
    assert result.code == 1
    assert json.loads(Path("x.json").read_text())["files"] == 44
    assert len(Path("x.jsonl").read_text().splitlines()) == 44


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_run_that_was_stopped_says_so(media):
    picture = (SAMPLES / "png/rgb.png").read_bytes()
    for number in range(3000):
        (media / f"{number}.png").write_bytes(picture)
    command = [sys.executable, "-m", "mediaoptout", "verify", "in", "--jobs", "1"]
    with subprocess.Popen(
        [*command, *reporting("x.json", "x.xml")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.send_signal(signal.SIGINT)
        time.sleep(0.2)
        child.communicate(timeout=60)
    assert child.returncode == 3
    said = json.loads(Path("x.json").read_text())
    assert (said["complete"], said["exit"]) == (False, 3)
    assert 0 < said["files"] < 3004
    suite = junitparser.JUnitXml.fromfile("x.xml")
    assert (suite.tests, suite.errors) == (said["files"] + 1, 1)


def test_the_lines_are_those_of_the_command(media):
    from mediaoptout import verify

    call("verify", "in/png/rgb.png", *reporting("x.jsonl"))
    assert Path("x.jsonl").read_text() == to_line(verify("in/png/rgb.png")) + "\n"
