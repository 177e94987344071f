"""Placeholders are named and not opened, unless ``--recall``.

On Linux a file without blocks stands for one: that is what storage of several levels leaves. The
interpreter tells every file that it opens (an audit hook), and these must not be among them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mediaoptout import EmbedOptions, embed, inspect, strip, verify
from mediaoptout.catalogue.outputs import to_read
from mediaoptout.catalogue.returned import pair
from mediaoptout.catalogue.run import verify_all
from mediaoptout.catalogue.selection import is_media, select
from tests.cli.calling import call
from tests.conftest import SAMPLES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere flags say it")

PICTURE = SAMPLES / "png" / "rgb.png"
AWAY = 2 << 20
FIX = "recall it first, or give --recall"

_watched: set[Path] = set()
_opened: list[Path] = []


def _listen(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _watched and isinstance(arguments[0], (str, os.PathLike)):
        path = Path(arguments[0]).absolute()
        if path in _watched:
            _opened.append(path)


sys.addaudithook(_listen)


@contextmanager
def unopened(*paths: Path) -> Iterator[None]:
    """Within this, the interpreter opens none of these files."""
    _opened.clear()
    _watched.update(path.absolute() for path in paths)
    try:
        yield
    finally:
        _watched.clear()
    assert _opened == []


def away(path: Path) -> Path:
    """A file as storage of several levels leaves it: its size, and no block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.truncate(path, AWAY)
    assert path.stat().st_blocks == 0
    return path


def test_the_watch_itself(work):
    path = away(work / "a.png")
    with pytest.raises(AssertionError), unopened(path):
        assert verify(path, recall=True).error is not None


@pytest.mark.parametrize("more", [(), ("--quick",)], ids=str)
def test_verify_names_it_and_goes_on(media, more):
    tape = away(media / "tape.wav")
    with unopened(tape):
        result = call("verify", "in", *more, "--jobs", "1", "--format", "jsonl")
    assert result.code == 3
    (record,) = (item for item in result.records if item["path"].endswith("tape.wav"))
    assert (record["verdict"], record["findings"]) == (None, [])
    assert record["error"]["code"] == "not-here"
    assert "in/tape.wav is a placeholder: none of its 2,097,152 bytes" in record["error"]["message"]
    assert record["error"]["fix"] == FIX
    assert len(result.records) == 5
    recalled = call("verify", tape, *more, "--recall", "--format", "jsonl")
    assert recalled.records[0]["error"]["code"] == "not-media"


def test_inspect_names_it(work):
    tape = away(work / "tape.wav")
    with unopened(tape):
        result = call("inspect", tape, "--format", "jsonl")
    assert result.code == 3
    assert result.records[0]["error"]["code"] == "not-here"
    assert "placeholder" in call("inspect", tape).out
    assert call("inspect", tape, "--recall", "--format", "jsonl").records[0]["error"]["code"] == (
        "not-media"
    )


@pytest.mark.parametrize("command", ["embed", "strip"])
def test_what_changes_files_fails_on_it(media, command):
    tape = away(media / "tape.wav")
    plain = ("--no-sign", "--jobs", "1", "--format", "jsonl")
    with unopened(tape):
        result = call(command, "in", "-o", "out", *plain)
        copied = call(command, tape, "-o", "copy.wav", "--others", "copy", *plain)
        placed = call(command, tape, "--in-place", *plain)
    assert result.code == copied.code == placed.code == 3
    for answer in (result, copied, placed):
        (record,) = (item for item in answer.records if item["path"].endswith("tape.wav"))
        assert record["status"] == "failed"
        assert record["error"]["code"] == "not-here"
    assert not Path("copy.wav").exists()
    recalled = call(command, tape, "-o", "x.wav", "--recall", *plain)
    assert recalled.records[0]["error"]["code"] == "not-media"


def test_a_default_can_be_set(work):
    tape = away(work / "tape.wav")
    Path("mediaoptout.toml").write_text("recall = true\n")
    assert "no structure of a media file" in call("verify", tape).out


def test_walking_opens_none(media):
    named = away(media / "notes.pages")
    bare = away(media / "reel 7")
    with unopened(named, bare):
        result = call("verify", "in", "--jobs", "1", "--format", "jsonl")
    paths = {record["path"] for record in result.records}
    assert "in/reel 7" in paths  # it may be anything
    assert "in/notes.pages" not in paths  # its name says what it is
    assert not is_media(named) and is_media(bare)
    assert not is_media(bare, recall=True)
    assert call("verify", "in", "--recall").code == 1


@pytest.mark.parametrize("ending", [".xmp", ".c2pa", ".png.xmp"])
def test_a_sidecar_that_is_one_is_named(work, ending):
    picture = work / "a.png"
    shutil.copyfile(PICTURE, picture)
    sidecar = away(picture.with_suffix(ending))
    before = picture.read_bytes()
    with unopened(sidecar):
        for error in (
            verify(picture).error,
            verify(picture, quick=True).error,
            inspect(picture).verify.error,
            embed(picture, options=EmbedOptions(sidecar=True, sign=ending == ".c2pa")).error,
            strip(picture, options=EmbedOptions(sign=False)).error,
        ):
            assert error is not None
            assert (error.code, error.fix) == ("not-here", FIX)
            assert str(sidecar) in error.message
    assert picture.read_bytes() == before
    assert verify(picture, recall=True).error is None


def test_a_check_sum_list_that_is_one_is_named(work):
    picture = work / "a.png"
    shutil.copyfile(PICTURE, picture)
    listed = away(work / "list.md5")
    with unopened(listed):
        result = call("verify", work, "--policy", "archive-intake", "--format", "jsonl")
    assert result.code == 3
    assert {record["error"]["code"] for record in result.records} == {"not-here"}
    assert all(str(listed) in record["error"]["message"] for record in result.records)
    recalled = call("verify", work, "--policy", "archive-intake", "--recall", "--format", "jsonl")
    assert recalled.code == 1
    assert all(record["error"] is None for record in recalled.records)


@pytest.mark.parametrize("renewed", [False, True])
def test_a_check_sum_beside_a_changed_file_is_named(work, renewed):
    picture = work / "a.png"
    shutil.copyfile(PICTURE, picture)
    beside = away(work / "a.png.md5")
    (work / "a.sha256").write_text(f"{hashlib.sha256(picture.read_bytes()).hexdigest()}\n")
    options = EmbedOptions(sign=False, update_checksums=renewed)
    with unopened(beside):
        record = embed(picture, options=options)
    assert record.status == "written"
    told = "a.png.md5 is a placeholder, and was not opened: a check sum in it may no longer fit"
    assert told in record.warnings
    assert len(record.warnings) == (1 if renewed else 2)
    found = hashlib.sha256(picture.read_bytes()).hexdigest()
    assert ((work / "a.sha256").read_text().strip() == found) is renewed
    again = embed(picture, options=EmbedOptions(sign=False, recall=True))
    assert told not in again.warnings


def test_masters_that_are_placeholders_are_named(work):
    copies, masters = work / "copies", work / "masters"
    for name in ("a.png", "b.png"):
        copies.mkdir(exist_ok=True)
        shutil.copyfile(PICTURE, copies / name)
    tape, other = away(masters / "a.png"), away(masters / "c.png")
    with unopened(tape, other):
        jobs = pair(to_read(select([copies])), masters)
        records = {job.item.path.name: record for job, record in verify_all(jobs)}
    said = {}
    for name, record in records.items():
        assert record is not None
        (said[name],) = (item for item in record.findings if item.rule == "against-unmatched")
    assert f"{tape} is a placeholder" in said["a.png"].message
    assert said["a.png"].fix == FIX
    assert (
        f"these are placeholders and were not looked into: {tape}, {other}" in said["b.png"].message
    )
    jobs = pair(to_read(select([copies])), masters, recall=True)
    for _, record in verify_all(jobs, recall=True):
        assert record is not None
        (fault,) = (item for item in record.findings if item.rule == "against-unmatched")
        assert "placeholder" not in fault.message


def test_an_output_that_is_one_is_not_compared(work):
    call("embed", PICTURE, "-o", "out.png", "--no-sign")
    size = Path("out.png").stat().st_size
    Path("out.png").unlink()
    tape = away(work / "out.png")
    assert size < AWAY
    with unopened(tape):
        result = call("embed", PICTURE, "-o", "out.png", "--no-sign", "--format", "jsonl")
    assert result.records[0]["error"]["code"] == "not-here"
    recalled = call("embed", PICTURE, "-o", "out.png", "--no-sign", "--recall", "--format", "jsonl")
    assert recalled.records[0]["error"]["code"] == "output-exists"
    replaced = call("embed", PICTURE, "-o", "out.png", "--no-sign", "--overwrite")
    assert replaced.code == 0


def test_a_catalogue_does_not_open_them(media):
    tape = away(media / "tape.wav")
    digest = hashlib.md5(b"").hexdigest()
    Path("rows.csv").write_text(f"file,md5\ntape.wav,{digest}\n")
    plain = ("--no-sign", "--jobs", "1", "--format", "jsonl")
    with unopened(tape):
        named = call("embed", tape, "-o", "x.wav", "--catalogue", "rows.csv", *plain)
    assert named.records[0]["error"]["code"] == "not-here"
    recalled = call("embed", tape, "-o", "x.wav", "--catalogue", "rows.csv", "--recall", *plain)
    assert recalled.records[0]["error"]["code"] == "catalogue-checksum"
    Path("rows.csv").write_text("isrc,title\nFRZ039800212,One\n")
    with unopened(tape):
        call("verify", "in", "--catalogue", "rows.csv", "--jobs", "1")


def test_lists_of_files_do_not_open_them(media):
    tape = away(media / "tape.wav")
    with unopened(tape):
        made = call("evidence", "make", "in", "-o", "list.jsonl", "--jobs", "1")
        page = call("verify", "in", "--report", "r.html", "--thumbnails", "--jobs", "1")
        letter = call("profile", "export", "eu-tdm", "in", "-o", "docs", "--letter")
    assert made.code == page.code == 3
    assert "in/tape.wav is a placeholder" in made.out
    assert letter.code == 2
    assert "in/tape.wav is a placeholder" in letter.err
    assert call("evidence", "make", "in", "-o", "all.jsonl", "--recall").code == 0
