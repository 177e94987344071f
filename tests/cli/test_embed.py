"""``embed`` from the command line: trees, rules of outputs, options, what is said."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from tests.cli.calling import call, spawn, tree
from tests.conftest import SAMPLES

PICTURE = SAMPLES / "jpeg/baseline.jpg"
NO_SIGN = "--no-sign"


def statuses(result) -> dict[str, str]:
    return {record["path"]: record["status"] for record in result.records}


def test_a_folder_becomes_the_same_tree(media):
    before = tree(media)
    result = call("embed", "in", "--output", "out", NO_SIGN)
    assert result.code == 0
    assert tree(media) == before
    assert set(tree(Path("out"))) == set(before) - {"notes.txt", ".hidden.jpg"}
    assert "4 files in" in result.out
    assert "4  written" in result.out
    assert "1  skipped: no media" in result.out
    assert "Next: mediaoptout verify out" in result.out
    assert result.err == ""


def test_again_is_unchanged(media):
    call("embed", "in", "--output", "out", NO_SIGN)
    written = tree(Path("out"))
    again = call("embed", "in", "--output", "out", NO_SIGN)
    assert again.code == 0
    assert "4  unchanged" in again.out
    over = call("embed", "out", "--output", "third", NO_SIGN, "--format", "jsonl")
    assert set(statuses(over).values()) == {"unchanged"}
    assert not Path("third").exists()
    assert tree(Path("out")) == written


def test_signed_and_again(media):
    first = call("embed", "in", "--output", "out", "--format", "jsonl")
    assert first.code == 0
    assert all("c2pa" in record["carriers"] for record in first.records)
    written = tree(Path("out"))
    again = call("embed", "in", "--output", "out", "--format", "jsonl")
    assert set(statuses(again).values()) == {"unchanged"}
    assert tree(Path("out")) == written
    verified = call("verify", "out", "--format", "jsonl")
    assert {record["credential"]["integrity"] for record in verified.records} == {"intact"}


def test_in_place(media):
    result = call("embed", "in", "--in-place", NO_SIGN, "--format", "jsonl")
    assert result.code == 0
    assert all(record["output"] == record["path"] for record in result.records)
    again = call("embed", "in", "--in-place", NO_SIGN, "--format", "jsonl")
    assert set(statuses(again).values()) == {"unchanged"}
    assert call("verify", "in").code == 0


def test_in_place_does_a_file_once_whatever_it_is_called(media):
    result = call(
        "embed",
        "in",
        "in/jpeg/baseline.jpg",
        media / "jpeg",
        "--in-place",
        NO_SIGN,
        "--format",
        "jsonl",
    )
    assert len(result.records) == 4


def test_one_file(work):
    assert call("embed", PICTURE, "--output", "new.jpg", NO_SIGN).code == 0
    assert Path("new.jpg").is_file()
    assert call("embed", PICTURE, "--output", "folder", NO_SIGN).code == 0
    assert Path("folder/baseline.jpg").is_file()
    Path("there.d").mkdir()
    assert call("embed", PICTURE, "--output", "there.d", NO_SIGN).code == 0
    assert Path("there.d/baseline.jpg").read_bytes() == Path("new.jpg").read_bytes()


def test_folders_that_are_not_there_are_made(work):
    assert call("embed", PICTURE, "--output", "a/b/c.jpg", NO_SIGN).code == 0
    assert Path("a/b/c.jpg").is_file()


def test_several_sources(media):
    result = call("embed", "in/jpeg", "in/png/rgb.png", "--output", "out", NO_SIGN)
    assert result.code == 0
    assert set(tree(Path("out"))) == {"baseline.jpg", "rgb.png"}


def test_paths_on_standard_input(media):
    lines = b"in/jpeg/baseline.jpg\r\nin/png/rgb.png\n\n"
    result = call("embed", "-", "--output", "out", NO_SIGN, stdin=lines)
    assert result.code == 0
    assert set(tree(Path("out"))) == {"baseline.jpg", "rgb.png"}
    odd = media / "new\nline.jpg"
    shutil.copyfile(PICTURE, odd)
    result = call("embed", "-", "-0", "-o", "odd", NO_SIGN, stdin=b"in/new\nline.jpg\0")
    assert result.code == 0
    assert set(tree(Path("odd"))) == {"new\nline.jpg"}


def test_an_output_inside_the_source_is_not_a_source(media):
    for _ in range(2):
        assert call("embed", "in", "--output", "in/out", NO_SIGN).code == 0
    assert not Path("in/out/out").exists()
    assert len(tree(Path("in/out"))) == 4


WRONG = {
    "nothing said": ["in"],
    "both said": ["in", "-o", "out", "--in-place"],
    "no source": ["-o", "out"],
    "no such source": ["absent", "-o", "out"],
    "no such source beside one": ["in", "absent", "-o", "out"],
    "the source itself": ["in", "-o", "in"],
    "the source itself by another name": ["in", "-o", "in/jpeg/.."],
    "the file itself": ["in/png/rgb.png", "-o", "in/png/rgb.png"],
    "the file's own folder": ["in/png/rgb.png", "-o", "in/png"],
    "a link to the source": ["in", "-o", "link"],
    "a file as folder": ["in", "-o", "in/notes.txt"],
    "a file above": ["in", "-o", "in/notes.txt/out"],
    "a file above a file": ["in/png/rgb.png", "-o", "in/notes.txt/x.png"],
    "nothing at all": ["empty", "-o", "out"],
    "no media at all": ["plain", "-o", "out"],
    "nothing on standard input": ["-", "-o", "out"],
    "two files, one output": ["in/jpeg", "other", "-o", "out"],
    "two files, one name": ["in/jpeg/baseline.jpg", "other/baseline.jpg", "-o", "out"],
    "no such option": ["in", "-o", "out", "--sing"],
    "no such profile": ["in", "-o", "out", "--profile", "eu-tmd"],
    "no such key": ["in", "-o", "out", "--set", "holder=x"],
    "nobody named": ["in", "-o", "out", "--profile", "adami"],
    "no size": ["in", "-o", "out", "--max-memory", "much"],
    "no jobs": ["in", "-o", "out", "--jobs", "0"],
    "no number": ["in", "-o", "out", "--jobs", "some"],
    "no such form": ["in", "-o", "out", "--format", "xml"],
    "no such others": ["in", "-o", "out", "--others", "move"],
    "others in place": ["in", "--in-place", "--others", "copy"],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG.keys())
def test_wrong_use_touches_nothing(media, work, arguments):
    (work / "empty").mkdir()
    (work / "plain").mkdir()
    (work / "plain" / "a.txt").write_text("a")
    (work / "other").mkdir()
    shutil.copyfile(PICTURE, work / "other" / "baseline.jpg")
    (work / "link").symlink_to("in", target_is_directory=True)
    before = tree(work)
    result = call("embed", *arguments, NO_SIGN)
    assert result.code == 2
    assert result.out == ""
    assert result.err
    assert "Traceback" not in result.err
    assert tree(work) == before
    assert not (work / "out").exists()


def test_clashes_are_listed(media, work):
    for name in ("one", "two"):
        shutil.copytree(media, work / name)
    result = call("embed", "one", "two", "-o", "out", NO_SIGN)
    assert "one/jpeg/baseline.jpg and two/jpeg/baseline.jpg would both become" in result.err
    assert result.err.count("would both become") == 5


def test_a_link_to_an_input_is_an_input(media, work):
    (work / "out/jpeg").mkdir(parents=True)
    (work / "out/jpeg/baseline.jpg").symlink_to(media / "jpeg/baseline.jpg")
    before = tree(media)
    result = call("embed", "in", "-o", "out", "--overwrite", NO_SIGN)
    assert result.code == 2
    assert "is one of the inputs" in result.err
    assert tree(media) == before


def test_an_output_is_not_overwritten_unless_asked(media, work):
    other = work / "out/jpeg/baseline.jpg"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"something of mine")
    result = call("embed", "in", "-o", "out", NO_SIGN)
    assert result.code == 1
    assert other.read_bytes() == b"something of mine"
    assert "refused" in result.out and "--overwrite" in result.out
    result = call("embed", "in", "-o", "out", NO_SIGN, "--overwrite", "--format", "jsonl")
    assert result.code == 0
    assert other.read_bytes() != b"something of mine"


@pytest.mark.parametrize("sign", ["--sign", NO_SIGN])
def test_a_dry_run_writes_nothing(media, work, sign):
    before = tree(work)
    result = call("embed", "in", "-o", "out", "--dry-run", sign, "--format", "jsonl")
    assert result.code == 0
    assert set(statuses(result).values()) == {"planned"}
    assert all(record["output"].startswith("out/") for record in result.records)
    assert tree(work) == before
    assert not Path("out").exists()
    text = call("embed", "in", "--in-place", "--dry-run", sign)
    assert text.code == 0
    assert "Nothing was written" in text.out
    assert tree(work) == before


def test_others_may_be_copied(media, work):
    unknown = media / "sound.amr"
    unknown.write_bytes(b"#!AMR\n" + bytes(200))
    result = call("embed", "in", "-o", "out", NO_SIGN, "--others", "copy", "--format", "jsonl")
    assert result.code == 1
    assert statuses(result)["in/sound.amr"] == "unsupported"
    copied = tree(Path("out"))
    assert copied["sound.amr"] == unknown.read_bytes()
    assert copied["notes.txt"] == b"no media\n"
    assert ".hidden.jpg" not in copied
    again = call("embed", "in", "-o", "out", NO_SIGN, "--others", "copy")
    assert again.code == 1
    assert tree(Path("out")) == copied
    done = call("embed", "out", "-o", "third", NO_SIGN, "--others", "copy", "--format", "jsonl")
    assert set(statuses(done).values()) == {"unchanged", "unsupported"}
    assert tree(Path("third")) == copied


def test_a_copy_overwrites_nothing(media, work):
    (work / "out").mkdir()
    (work / "out/notes.txt").write_text("mine")
    result = call("embed", "in", "-o", "out", NO_SIGN, "--others", "copy", "--format", "jsonl")
    assert result.code == 3
    assert (work / "out/notes.txt").read_text() == "mine"
    assert statuses(result)["in/notes.txt"] == "failed"


def test_settings_reach_the_file(work):
    result = call(
        "embed",
        PICTURE,
        "-o",
        "x.jpg",
        NO_SIGN,
        "--set",
        "holder.name=Jane Doe",
        "--set",
        "policy.url=https://example.org/p",
    )
    assert result.code == 0
    seen = call("inspect", "x.jpg", "--format", "jsonl").records[0]
    values = {item["property"]: item["value"] for item in seen["statements"]}
    assert values["tdm:policy"] == "https://example.org/p"
    assert "Jane Doe" in values["xmpRights:UsageTerms"]
    assert seen["holders"] == ["Jane Doe"]


def test_a_contrary_statement_is_refused_and_forced(work):
    call("embed", PICTURE, "-o", "mine.jpg", NO_SIGN)
    data = Path("mine.jpg").read_bytes()
    old, new = b"DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", b"DMI-ALLOWED"
    at = data.index(old)
    theirs = Path("theirs.jpg")
    theirs.write_bytes(data[:at] + new + b" " * (len(old) - len(new)) + data[at + len(old) :])
    refused = call("embed", theirs, "-o", "out", NO_SIGN, "--format", "jsonl")
    assert (refused.code, refused.records[0]["error"]["code"]) == (1, "contrary-statement")
    assert not Path("out").exists()
    forced = call("embed", theirs, "-o", "out", NO_SIGN, "--force", "--format", "jsonl")
    assert (forced.code, forced.records[0]["status"]) == (0, "written")
    assert forced.records[0]["warnings"]


def test_jsonl_has_records_only(media):
    (media / "broken.jpg").write_bytes(b"nothing")
    result = call("embed", "in", "-o", "out", NO_SIGN, "--format", "jsonl")
    assert len(result.records) == 5
    assert "5 files in" in result.err
    quiet = call("embed", "in", "-o", "out", NO_SIGN, "--format", "jsonl", "--quiet")
    assert quiet.err == ""


def test_quiet_says_only_what_needs_attention(media):
    assert call("embed", "in", "-o", "out", NO_SIGN, "-q").out == ""
    (media / "broken.jpg").write_bytes(b"nothing")
    result = call("embed", "in", "-o", "out", NO_SIGN, "-q")
    assert result.code == 3
    (line,) = result.out.splitlines()
    assert line.startswith("failed       in/broken.jpg: ")


def test_reasons_are_grouped(media):
    for number in range(7):
        (media / f"{number}.amr").write_bytes(b"#!AMR\n" + bytes(300))
        (media / f"{number}.jpg").write_bytes(b"")
    result = call("embed", "in", "-o", "out", NO_SIGN)
    assert result.code == 3
    _, _, why = result.out.partition("Not written:")
    assert why.count("unsupported: this is AMR") == 1
    assert why.count("failed: the file is empty") == 1
    assert why.count("      7  ") == 2
    assert "what to do: get a complete copy of the file" in why


def test_many_processes_do_the_same(media):
    for number in range(12):
        shutil.copyfile(PICTURE, media / f"{number}.jpg")
    one = spawn("embed", "in", "-o", "one", "--jobs", "1", NO_SIGN, "--format", "jsonl")
    two = spawn(
        "embed",
        "in",
        "-o",
        "two",
        "--jobs",
        "2",
        "--max-memory",
        "64M",
        NO_SIGN,
        "--format",
        "jsonl",
    )
    assert (one.code, two.code) == (0, 0)
    assert statuses(one) == statuses(two)
    assert tree(Path("one")) == tree(Path("two"))


def test_the_mode_and_the_times_are_kept(media):
    source = media / "jpeg/baseline.jpg"
    source.chmod(0o640)
    os.utime(source, ns=(10**18, 10**18 + 5000))
    call("embed", source, "-o", "x.jpg", NO_SIGN)
    found = Path("x.jpg").stat()
    assert stat.S_IMODE(found.st_mode) == 0o640
    assert found.st_mtime_ns == 10**18 + 5000


def test_a_name_that_is_no_unicode(media):
    name = os.fsdecode(b"caf\xe9.jpg")
    try:
        shutil.copyfile(PICTURE, media / name)
    except OSError:
        pytest.skip("this file system takes only Unicode names")
    result = spawn("embed", "in", "-o", "out", NO_SIGN, "--format", "jsonl")
    assert result.code == 0
    assert f"in/{name}" in statuses(result)
    assert (Path("out") / name).is_file()
    text = spawn("verify", "out", env={"PYTHONIOENCODING": "ascii"})
    assert text.code == 0
    assert "\\udce9" in text.out


def test_a_name_cannot_steer_the_terminal(media):
    (media / "\x1b[2Jgone.jpg").write_bytes(b"no picture")
    result = call("embed", "in", "-o", "out", NO_SIGN, "--color", "never")
    assert "\x1b" not in result.out
    assert "\\x1b[2Jgone.jpg" in result.out


def test_color_on_a_terminal_and_not_elsewhere(media, monkeypatch):
    (media / "broken.jpg").write_bytes(b"x")
    arguments = ("embed", "in", "-n", "-o", "o", NO_SIGN, "-q")
    assert "\x1b[31m" in call(*arguments, terminal=True).out
    assert "\x1b[31m" in call(*arguments, "--color", "always").out
    assert "\x1b" not in call(*arguments).out
    assert "\x1b" not in call(*arguments, "--color", "never", terminal=True).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in call(*arguments, terminal=True).out


def test_a_bar_on_a_terminal(media):
    (media / "broken.jpg").write_bytes(b"x")
    result = call("embed", "in", "-o", "o", NO_SIGN, terminal=True)
    assert "6/6 files" in result.err
    assert "broken.jpg" in result.err
    assert "6/6 files" not in call("embed", "in", "-n", "-o", "x", NO_SIGN).err
