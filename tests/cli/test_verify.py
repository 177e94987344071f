"""``verify`` and ``inspect`` from the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mediaoptout.words import Use
from tests.cli.calling import call, spawn
from tests.conftest import SAMPLES

EVERY = sorted(path for path in SAMPLES.glob("*/*") if path.is_file())


@pytest.fixture
def tagged(media) -> Path:
    assert call("embed", "in", "-o", "out", "--no-sign").code == 0
    return Path("out")


def test_what_is_reserved(tagged):
    result = call("verify", "out")
    assert result.code == 0
    lines = result.out.splitlines()
    assert sorted(lines[:4]) == sorted(
        f"out/{name}: reserved"
        for name in ("jpeg/baseline.jpg", "png/rgb.png", "mp3/no-tag.mp3", "mp4/faststart.mp4")
    )
    assert "4 files in" in result.out
    assert "4  reserved" in result.out


def test_what_is_not(media, tagged):
    shutil.copyfile(media / "png/rgb.png", tagged / "bare.png")
    (tagged / "sound.amr").write_bytes(b"#!AMR\n" + bytes(200))
    result = call("verify", "out")
    assert result.code == 1
    assert "out/bare.png: unreserved: nothing in the file reserves" in result.out
    assert "out/sound.amr: unsupported: this is AMR" in result.out
    assert "Findings:" in result.out
    assert "what to do: embed a reservation with 'mediaoptout embed'" in result.out
    (tagged / "broken.png").write_bytes(b"")
    worse = call("verify", "out")
    assert worse.code == 3
    assert "out/broken.png: unread: the file is empty" in worse.out


def test_quiet_names_only_what_is_not_as_expected(media, tagged):
    assert call("verify", "out", "-q").out == ""
    shutil.copyfile(media / "png/rgb.png", tagged / "bare.png")
    (line,) = call("verify", "out", "-q").out.splitlines()
    assert line.startswith("out/bare.png: unreserved")


def test_jsonl(tagged):
    result = call("verify", "out", "--format", "jsonl")
    assert {record["verdict"] for record in result.records} == {"reserved"}
    assert {record["schema"] for record in result.records} == {"mediaoptout.verify/1"}
    assert "4 files" in result.err


def test_a_profile_says_what_is_expected(media):
    Path("search.toml").write_text(
        'extends = "eu-tdm"\n[uses]\nsearch = "reserved"\nai_inference = "reserved"\n'
    )
    Path("genai.toml").write_text('[uses]\ngenerative_ai_training = "reserved"\n')
    call("embed", "in", "-o", "all", "--no-sign")
    call("embed", "in", "-o", "genai", "--no-sign", "--profile", "genai.toml")
    assert call("verify", "all", "--profile", "search.toml").code == 1
    assert call("verify", "all", "--profile", "adami").code == 0
    assert call("verify", "genai").code == 1
    assert "partial" in call("verify", "genai").out
    assert call("verify", "genai", "--profile", "genai.toml").code == 0


def test_quick_checks_no_manifest(media):
    call("embed", "in", "-o", "out")
    quick = call("verify", "out", "--quick", "--format", "jsonl")
    assert quick.code == 0
    assert {record["credential"]["integrity"] for record in quick.records} == {"unchecked"}
    full = call("verify", "out", "--format", "jsonl")
    assert {record["credential"]["integrity"] for record in full.records} == {"intact"}
    assert {record["credential"]["trust"] for record in full.records} == {"untrusted"}


def test_paths_on_standard_input(tagged):
    result = call("verify", "-", stdin=b"out/png/rgb.png\nout/jpeg\n")
    assert result.code == 0
    assert "2 files in" in result.out


@pytest.mark.parametrize("command", ["verify", "inspect"])
@pytest.mark.parametrize("arguments", [[], ["absent"], ["empty"], ["-"], ["x", "--nonsense"]])
def test_wrong_use(work, command, arguments):
    (work / "empty").mkdir()
    result = call(command, *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err and "Traceback" not in result.err


@pytest.mark.parametrize(
    "path",
    [path for path in EVERY if path.parent.name != "ac3"],  # never rewritten: gets sidecars
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_every_sample_from_embed_to_inspect(path):
    """The round trip, twice, through the command line."""
    plain = ("--no-sign", "--wrap-jxl", "--format", "jsonl")
    first = call("embed", path, "-o", "out", *plain)
    assert first.code == 0, first.out
    assert first.records[0]["essence"] == {"unchanged": True, "proof": "spans", "digest": None}
    (new,) = Path("out").iterdir()
    again = call("embed", new, "--in-place", "--no-sign", "--format", "jsonl")
    assert again.records[0]["status"] == "unchanged"
    assert again.records[0]["carriers"] == first.records[0]["carriers"]
    verified = call("verify", new, "--format", "jsonl")
    assert verified.code == 0
    (record,) = verified.records
    assert record["verdict"] == "reserved"
    assert set(record["uses"]) == set(Use)
    assert {item["carrier"] for item in record["statements"]} >= set(first.records[0]["carriers"])
    inspected = call("inspect", new, "--format", "jsonl").records[0]
    assert {key: inspected[key] for key in record if key != "schema"} == {
        key: value for key, value in record.items() if key != "schema"
    }
    assert inspected["legal_basis"] == ["Art. 4(3) Directive (EU) 2019/790"]


def test_inspect_says_everything(tagged):
    result = call("inspect", "out/jpeg/baseline.jpg")
    assert result.code == 0
    for part in (
        "out/jpeg/baseline.jpg  (jpeg, ",
        "reserved: The file reserves text and data mining, AI training and generative AI training",
        "data_mining              reserved",
        "ai_inference             unstated",
        "search                   allowed",
        "APP1 (xmp)",
        "plus:DataMining = http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-EXCEPTSEARCH",
        "plus: data_mining, ai_training, generative_ai_training: reserved; search: allowed;",
        "ai_inference: implied only",
        "tdm:reservation = 1",
        "xmpRights:UsageTerms = Rights reserved",
        "Legal basis\n    Art. 4(3) Directive (EU) 2019/790",
        "Credential: none",
    ):
        assert part in result.out
    assert max(map(len, result.out.splitlines())) < 130


def test_inspect_of_a_signed_file(work):
    call("embed", SAMPLES / "png/rgb.png", "-o", "signed.png")
    result = call("inspect", "signed.png")
    assert "Credential: intact: hashes and signature hold" in result.out
    assert "signed by" in result.out
    assert "nobody vouches for the signer" in result.out
    assert "cawg: data_mining: reserved" in result.out


def test_inspect_of_nothing_and_of_what_is_broken(work):
    result = call("inspect", SAMPLES / "png/rgb.png")
    assert result.code == 0
    assert "Statements: none" in result.out
    assert "The file says nothing about text and data mining" in result.out
    Path("broken.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    result = call("inspect", "broken.png")
    assert result.code == 3
    assert "unread: " in result.out


def test_inspect_of_several_files(tagged):
    result = call("inspect", "out/jpeg/baseline.jpg", "out/png/rgb.png")
    assert result.code == 0
    assert result.out.count("Credential: none") == 2


def test_a_tag_cannot_steer_the_terminal(work):
    data = (SAMPLES / "png/rgb.png").read_bytes()
    call(
        "embed",
        SAMPLES / "png/rgb.png",
        "-o",
        "x.png",
        "--no-sign",
        "--set",
        "holder.name=\x1b[2J\u202eevil",
    )
    assert data
    result = call("inspect", "x.png", "--color", "never")
    assert "\x1b" not in result.out
    assert "\u202e" not in result.out


def test_a_pipe_that_closes_early_ends_quietly(tagged):
    import subprocess
    import sys

    command = f'"{sys.executable}" -m mediaoptout verify out | head -n 1'
    done = subprocess.run(command, shell=True, capture_output=True, timeout=60, check=False)
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1


def test_in_a_process_of_its_own(media):
    assert spawn("embed", "in", "-o", "out", "--no-sign").code == 0
    result = spawn("verify", "out")
    assert (result.code, result.err) == (0, "")
