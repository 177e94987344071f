"""``evidence`` from the command line: what it says, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.calling import call, spawn


@pytest.fixture
def listed(media: Path) -> Path:
    made = call("evidence", "make", "in", "-o", "list.jsonl")
    assert made.code == 0, made.err
    assert "4 files in list.jsonl" in made.out
    return Path("list.jsonl")


def test_all_as_it_was(listed):
    result = call("evidence", "check", listed, "in")
    assert (result.code, result.err) == (0, "")
    assert "signature  holds: mediaoptout local identity" in result.out
    assert "list       holds: every line is under the signed root" in result.out
    assert "by the signer's own clock; no time stamp" in result.out
    assert "4  same" in result.out
    assert call("evidence", "check", listed, "in", "-q").out == ""


def test_what_changed_is_named(listed):
    Path("in/png/rgb.png").write_bytes(b"another")
    Path("in/jpeg/baseline.jpg").unlink()
    result = call("evidence", "check", listed, "in")
    assert result.code == 1
    assert "png/rgb.png: changed: " in result.out
    assert "jpeg/baseline.jpg: absent: " in result.out


def test_the_expected_signer(listed):
    said = call("evidence", "check", listed).out.splitlines()
    (fingerprint,) = [line.split()[-1] for line in said if line.startswith("  key ")]
    assert call("evidence", "check", listed, "--signer", fingerprint.upper()).code == 0
    other = call("evidence", "check", listed, "--signer", "00" * 32)
    assert other.code == 1
    assert "is not the one that was expected" in other.out


def test_a_list_that_does_not_hold_says_nothing_of_files(listed):
    lines = listed.read_bytes().splitlines(keepends=True)
    listed.write_bytes(b"".join([lines[0], *lines[2:]]))
    result = call("evidence", "check", listed, "in")
    assert result.code == 1
    assert "does not hold" in result.out
    assert "same" not in result.out


def test_for_programs(listed):
    Path("in/jpeg/baseline.jpg").unlink()
    result = call("evidence", "check", listed, "in", "--format", "jsonl")
    assert result.code == 1
    about, *files = result.records
    assert about["genuine"] and about["complete"] and about["expected"]
    assert (about["kind"], about["files"]) == ("list", 4)
    states = {file["name"]: file["state"] for file in files}
    assert states["jpeg/baseline.jpg"] == "absent"
    assert sorted(states.values()) == ["absent", "same", "same", "same"]


def test_a_proof(listed):
    assert call("evidence", "proof", listed, "png/rgb.png", "-o", "proof.json").code == 0
    shown = call("evidence", "proof", listed, "png/rgb.png")
    assert json.loads(shown.out) == json.loads(Path("proof.json").read_text())
    result = call("evidence", "check", "proof.json", "in/png/rgb.png")
    assert result.code == 0
    assert "png/rgb.png, one of 4 files; its verdict was unreserved" in result.out
    again = call("evidence", "proof", listed, "png/rgb.png", "-o", "proof.json")
    assert again.code == 3
    assert "exists" in again.err or "already" in again.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["make", "in"],
        ["make", "absent", "-o", "x"],
        ["make", "in", "-o", "absent/x"],
        ["make", "in/notes", "-o", "x"],
        ["check", "absent"],
        ["check", "in/notes.txt"],
        ["check", "list.jsonl", "absent"],
        ["proof", "list.jsonl", "absent.png"],
        ["proof", "in/notes.txt", "x"],
        ["make", "in", "-o", "list.jsonl"],
    ],
    ids=" ".join,
)
def test_wrong_use(listed, arguments):
    before = listed.read_bytes()
    result = call("evidence", *arguments)
    assert result.code == 2, result
    assert result.err and "Traceback" not in result.err
    assert listed.read_bytes() == before


def test_nothing_at_all(work):
    (work / "empty").mkdir()
    result = call("evidence", "make", "empty", "-o", "x.jsonl")
    assert result.code == 2
    assert not Path("x.jsonl").exists()


def test_a_file_that_cannot_be_read(media):
    Path("in/loop.png").symlink_to("loop.png")
    result = call("evidence", "make", "in", "-o", "list.jsonl")
    assert result.code == 3
    assert "in/loop.png: not listed" in result.out
    assert "1 file could not be read, not in the list" in result.out
    assert call("evidence", "check", "list.jsonl", "in").code == 0


def test_in_several_processes_of_their_own(media):
    done = spawn("evidence", "make", "in", "-o", "list.jsonl", "--jobs", "2")
    assert (done.code, done.err) == (0, "")
    assert spawn("evidence", "check", "list.jsonl", "in").code == 0
