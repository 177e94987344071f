"""Files that are none, exit codes, and errors that nobody foresaw: one record, no traceback."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mediaoptout.cli import humane
from mediaoptout.embedding import embed_file
from mediaoptout.errors import UsageError
from tests.cli.calling import call, spawn, tree
from tests.conftest import SAMPLES

PICTURE = SAMPLES / "jpeg/baseline.jpg"

HOSTILE = {
    "empty": lambda path: path.write_bytes(b""),
    "one byte": lambda path: path.write_bytes(b"\xff"),
    "text": lambda path: path.write_text("this is no picture\n" * 20),
    "zeros": lambda path: path.write_bytes(bytes(100_000)),
    "cut": lambda path: path.write_bytes(PICTURE.read_bytes()[:100]),
    "only a signature": lambda path: path.write_bytes(b"\xff\xd8\xff"),
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "link in a circle": lambda path: path.symlink_to(path.name),
    "pipe": os.mkfifo,
}
NAMES = ("x.jpg", "x.png", "x.mp3", "x.wav", "x.flac", "x.mp4")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("inside", [True, False], ids=["in a folder", "named"])
def test_what_is_no_media_gives_one_record(work, name, make, inside):
    (work / "in").mkdir()
    make(work / "in" / name)
    source = "in" if inside else f"in/{name}"
    result = call("embed", source, "-o", "out", "--no-sign", "--format", "jsonl")
    (record,) = result.records
    assert record["error"]["message"] and record["error"]["code"]
    assert record["status"] in ("failed", "refused", "unsupported")
    assert result.code == (3 if record["status"] == "failed" else 1)
    assert not Path("out").exists()
    verified = call("verify", source, "--format", "jsonl")
    (record,) = verified.records
    assert verified.code == (3 if record["verdict"] is None else 1)
    assert (record["verdict"] is None) == (record["error"] is not None)
    assert "Traceback" not in result.err + verified.err


def test_a_folder_named_like_a_file(work):
    (work / "in/x.mp3").mkdir(parents=True)
    shutil.copyfile(PICTURE, work / "in/x.mp3/y.jpg")
    result = call("embed", "in", "-o", "out", "--no-sign", "--format", "jsonl")
    assert [record["output"] for record in result.records] == ["out/x.mp3/y.jpg"]
    (work / "empty.mp3").mkdir()
    assert call("embed", "empty.mp3", "-o", "out2").code == 2
    assert call("verify", "in/x.mp3").code == 1


def test_a_wrong_extension_is_seen_through(work):
    shutil.copyfile(PICTURE, "picture.mp3")
    shutil.copyfile(PICTURE, "picture")
    result = call("embed", "picture.mp3", "picture", "-o", "out", "--no-sign", "--format", "jsonl")
    assert {record["container"] for record in result.records} == {"jpeg"}
    verified = call("verify", "out/picture.mp3", "--format", "jsonl")
    assert verified.code == 0
    assert "extension-mismatch" in [item["rule"] for item in verified.records[0]["findings"]]


def test_one_bad_file_does_not_stop_the_others(media):
    (media / "a.png").write_bytes(b"")
    (media / "b.mp3").symlink_to("nowhere")
    os.mkfifo(media / "c.wav")
    result = call("embed", "in", "-o", "out", "--no-sign", "--format", "jsonl")
    assert result.code == 3
    assert sorted(record["status"] for record in result.records) == ["failed"] * 3 + ["written"] * 4


def test_links_to_folders_are_not_followed(media):
    (media / "again").symlink_to(media, target_is_directory=True)
    result = call("verify", "in", "--format", "jsonl")
    assert len(result.records) == 4


@pytest.fixture
def deep(work):
    """A tree deeper than Python recurses; taken away again, since pytest's own cleaning does."""
    top = work / "in"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for _ in range(sys.getrecursionlimit() + 100):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    yield top
    while (top / "d/d").exists():
        (top / "d/d").rename(top / "e")
        (top / "d").rmdir()
        (top / "e").rename(top / "d")


def test_a_deep_tree(deep):
    shutil.copyfile(PICTURE, deep / "x.jpg")
    result = call("verify", "in", "--format", "jsonl")
    assert [record["path"] for record in result.records] == ["in/x.jpg"]
    assert "Traceback" not in result.err


WITHOUT_PRIVILEGES = """
import contextlib, io, os, sys
from mediaoptout.cli import main

def run(*arguments):
    sys.argv[1:] = arguments
    try:
        main()
    except SystemExit as end:
        return end.code

wanted, sample = sys.argv[2:], sys.argv[1]
with contextlib.redirect_stdout(io.StringIO()):  # load all modules while they can be read
    run("verify", sample, "--format", "jsonl")
    run("embed", sample, "--dry-run", "--no-sign", "-o", "absent")
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
sys.exit(run(*wanted))
"""


def as_nobody(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command without root's privileges, where permissions bind."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_PRIVILEGES, str(PICTURE), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def open_to_all(work):
    """A working folder that anybody may enter and write to."""
    for folder in (work, *work.parents):
        mode = folder.stat().st_mode
        if mode & 0o005 != 0o005:
            folder.chmod(mode | 0o055)
    work.chmod(0o777)
    return work


def test_no_permission(media, open_to_all):
    for path in (media, *media.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    secret = media / "secret"
    secret.mkdir()
    shutil.copyfile(PICTURE, secret / "x.jpg")
    (media / "jpeg/baseline.jpg").chmod(0)
    secret.chmod(0)
    done = as_nobody("verify", "in", "--format", "jsonl", "--quick")
    assert done.returncode == 3, done.stderr
    records = {record["path"]: record for record in map(json.loads, done.stdout.splitlines())}
    assert len(records) == 5, done.stderr
    for path in ("in/jpeg/baseline.jpg", "in/secret"):
        assert records[path]["error"]["code"] == "unreadable"
    secret.chmod(0o755)
    before = tree(media)
    shut = open_to_all / "shut"
    shut.mkdir(mode=0o555)
    done = as_nobody("embed", "in/png", "-o", "shut", "--no-sign", "--format", "jsonl")
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"] in ("no-permission", "write")
    assert list(shut.iterdir()) == []
    assert tree(media) == before


# --- exit codes ----------------------------------------------------------------------------

ALLOWS, BARE, BROKEN = "allows.jpg", "bare.png", "broken.jpg"
CODES = [
    (["embed", "{good}"], 0),
    (["embed", "{ogg}"], 1),
    (["embed", "{good}", "{ogg}"], 1),
    (["embed", "{broken}"], 3),
    (["embed", "{good}", "{ogg}", "{broken}"], 3),
    (["embed", "absent"], 2),
    (["embed", "{good}", "{broken}", "absent"], 2),
    (["embed", "--dry-run", "{good}"], 0),
    (["embed", "--dry-run", "{ogg}"], 1),
    (["verify", "{tagged}"], 0),
    (["verify", "{good}"], 1),
    (["verify", "{ogg}"], 1),
    (["verify", "{broken}"], 3),
    (["verify", "{tagged}", "{good}", "{broken}"], 3),
    (["verify", "absent"], 2),
    (["inspect", "{tagged}"], 0),
    (["inspect", "{good}"], 0),
    (["inspect", "{broken}"], 3),
    (["inspect", "absent"], 2),
    (["--version"], 0),
    (["--help"], 0),
    (["embed", "--help"], 0),
    (["nonsense"], 2),
    (["--nonsense"], 2),
    ([], 2),
]


@pytest.mark.parametrize(("arguments", "code"), CODES, ids=lambda value: str(value))
def test_exit_codes(work, arguments, code):
    shutil.copyfile(PICTURE, "good.jpg")
    assert call("embed", PICTURE, "-o", "tagged.jpg", "--no-sign").code == 0
    Path("sound.amr").write_bytes(b"#!AMR\n" + bytes(200))
    Path("broken.jpg").write_bytes(b"\xff\xd8\xff")
    names = {
        "good": "good.jpg",
        "tagged": "tagged.jpg",
        "ogg": "sound.amr",
        "broken": "broken.jpg",
    }
    filled = [argument.format_map(names) for argument in arguments]
    if filled[:1] == ["embed"] and "--help" not in filled:
        filled += ["-o", "out", "--no-sign"]
    result = call(*filled)
    assert result.code == code, result
    assert "Traceback" not in result.err


# --- the unforeseen ------------------------------------------------------------------------


def test_a_bug_in_a_command_is_one_plain_line(work, monkeypatch):
    def broken():
        raise ValueError("a bug\nof two lines")

    monkeypatch.setattr("mediaoptout.cli.settings.load", broken)
    result = call("formats")
    assert result.code == 3
    first, second = result.err.splitlines()[0], result.err.splitlines()[-1]
    assert first == "mediaoptout: unexpected error, ValueError: a bug"
    assert "MEDIAOPTOUT_DEBUG=1" in second
    monkeypatch.setenv("MEDIAOPTOUT_DEBUG", "1")
    with pytest.raises(ValueError, match="a bug"):
        call("formats")


def test_a_bug_in_one_file_is_its_own(media, monkeypatch):
    real = embed_file

    def sometimes(path, *arguments):
        if path.suffix == ".png":
            raise KeyError("bug")
        return real(path, *arguments)

    monkeypatch.setattr("mediaoptout.embedding.single.embed_file", sometimes)
    result = call("embed", "in", "-o", "out", "--no-sign", "--format", "jsonl")
    assert result.code == 3
    errors = {record["path"]: record["error"] for record in result.records if record["error"]}
    assert list(errors) == ["in/png/rgb.png"]
    assert errors["in/png/rgb.png"]["code"] == "unexpected"
    assert "Traceback" not in result.err
    monkeypatch.setenv("MEDIAOPTOUT_DEBUG", "1")
    assert "Traceback" in call("embed", "in", "-o", "out", "--no-sign").err


def test_version_and_help(work):
    assert re.fullmatch(r"mediaoptout \d+\.\d+.*\n", call("--version").out)
    text = call("--help").out
    for command in ("embed", "verify", "inspect", "profile", "formats", "schema"):
        assert command in text
    assert "Exit codes" in text
    assert spawn("--help").out


@pytest.mark.parametrize(
    ("text", "size"),
    [("512M", 512_000_000), ("2G", 2 * 10**9), ("1.5 GiB", 3 << 29), ("77", 77), ("1kb", 1000)],
)
def test_sizes(text, size):
    assert humane.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "G", "-1", "1 parsec", "1..2M"])
def test_no_sizes(text):
    with pytest.raises(UsageError):
        humane.parse_size(text)


def test_numbers_for_people():
    assert [humane.size(number) for number in (0, 999, 1000, 1_500_000, 10**18)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "1.5 MB",
        "1000.0 PB",
    ]
    assert [humane.duration(seconds) for seconds in (0.04, 59, 600, 7260)] == [
        "0.0 s",
        "59 s",
        "10 min",
        "2 h 1 min",
    ]
    assert (humane.count(1, "file"), humane.count(2000, "file")) == ("1 file", "2,000 files")


# --- on the way ----------------------------------------------------------------------------


def test_an_interrupted_run_says_so_and_is_not_done(media, monkeypatch):
    from mediaoptout.catalogue import run
    from mediaoptout.catalogue.interrupts import Interrupted

    real = run.embed_all

    def stopped(jobs, *arguments, **options):
        yield from real(jobs[:2], *arguments, **options)
        raise Interrupted(len(jobs) - 2)

    monkeypatch.setattr("mediaoptout.catalogue.run.embed_all", stopped)
    result = call("embed", "in", "-o", "out", "--no-sign")
    assert result.code == 3
    assert "interrupted: what was in hand is finished, 3 not begun" in result.err
    assert "run the same command again" in result.err
    assert "2 files in" in result.out
    monkeypatch.undo()


def test_lines_of_progress_where_there_is_no_terminal(media, monkeypatch):
    monkeypatch.setattr("mediaoptout.cli.progress.EVERY", 0)
    result = call("embed", "in", "-o", "out", "--no-sign", "--format", "jsonl")
    lines = [line for line in result.err.splitlines() if " of 5 files, " in line]
    assert len(lines) == 5
    assert lines[-1].startswith("5 of 5 files, ")
    assert "time left: 0.0 s" in lines[-1]
    assert len(result.records) == 4


def test_no_identity_to_sign_with_is_wrong_use(media, monkeypatch, tmp_path):
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(tmp_path / "broken"))
    place = tmp_path / "broken/identity"
    place.mkdir(parents=True)
    call("identity", "show")
    for name in ("key.pem", "chain.pem"):
        (place / name).write_text("nothing")
    result = call("embed", "in", "-o", "out")
    assert result.code in (2, 3)
    assert "Traceback" not in result.err
    assert not Path("out").exists()
