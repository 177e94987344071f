"""``mediaoptout strip``, and the options of ``embed`` that narrow what is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calling import call


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".jpg", ".png", ".mp3", ".mp4") and not path.name.startswith(".")
    }


def test_there_and_back_again(media: Path):
    assert call("embed", "in", "-o", "out", "--quiet").code == 0
    result = call("strip", "out", "-o", "back", "--break-credential", "--format", "jsonl")
    assert result.code == 0
    assert {record["status"] for record in result.records} == {"written"}
    assert all(record["essence"]["unchanged"] for record in result.records)
    assert contents(Path("back")) == contents(media)


def test_in_place_and_a_second_time(media: Path):
    before = contents(media)
    assert call("embed", "in", "--in-place", "--no-sign", "--quiet").code == 0
    assert contents(media) != before
    assert call("strip", "in", "--in-place", "--no-sign").code == 0
    assert contents(media) == before
    again = call("strip", "in", "--in-place", "--no-sign")
    assert again.code == 0
    assert "4  unchanged: nothing in them is ours" in again.out


def test_a_dry_run_shows_what_would_go(media: Path):
    call("embed", "in", "--in-place", "--no-sign", "--quiet")
    reserved = contents(media)
    result = call("strip", "in", "--in-place", "--no-sign", "--dry-run")
    assert result.code == 0
    assert "tdm:reservation  1 → (nothing)" in result.out
    assert contents(media) == reserved


def test_a_signed_file_is_refused_without_a_signature(media: Path):
    call("embed", "in", "--in-place", "--quiet")
    signed = contents(media)
    result = call("strip", "in", "--in-place", "--no-sign", "--format", "jsonl")
    assert result.code == 1
    assert {record["error"]["code"] for record in result.records} == {"credential-present"}
    assert contents(media) == signed


@pytest.mark.parametrize(
    "arguments",
    [("strip", "in"), ("strip", "in", "--in-place", "-o", "out"), ("strip", "--in-place", "none")],
)
def test_wrong_use(media: Path, arguments: tuple[str, ...]):
    assert call(*arguments).code == 2


def test_the_only_carriers(media: Path):
    result = call("embed", "in/mp4", "-o", "out", "--carriers", "mp4-ilst", "--format", "jsonl")
    assert [record["carriers"] for record in result.records] == [["mp4-ilst"]]


def test_carriers_that_are_left_out(media: Path):
    result = call("embed", "in/mp3", "-o", "out", "--carriers", "-xmp,-c2pa", "--format", "jsonl")
    assert [record["carriers"] for record in result.records] == [["id3"]]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--carriers", "xpm"), "there is no carrier 'xpm'; did you mean 'xmp'?"),
        (("--carriers", "xmp,-c2pa"), "neither names carriers nor leaves some out"),
        (("--vocabularies", "plus,tdm"), "there is no vocabulary 'tdm'"),
    ],
)
def test_what_is_none(media: Path, arguments: tuple[str, ...], reason: str):
    result = call("embed", "in", "-o", "out", *arguments)
    assert result.code == 2
    assert reason in result.err
    assert not Path("out").exists()


def test_no_prose_and_few_vocabularies(media: Path):
    options = ("--vocabularies", "tdmrep,rights", "--no-prose", "--no-sign", "--quiet")
    assert call("embed", "in/png", "-o", "out", *options).code == 0
    said = call("verify", "out", "--format", "jsonl").records[0]["statements"]
    assert {statement["vocabulary"] for statement in said} <= {"tdmrep", "rights"}
