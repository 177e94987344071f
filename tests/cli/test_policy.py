"""``policy`` and ``verify --policy`` from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediaoptout.verification.rules.registry import RULES
from tests.cli.calling import call
from tests.conftest import ROOT, SAMPLES


@pytest.fixture
def tagged(media) -> Path:
    settings = ("--set", "holder.name=Example Records")
    assert call("embed", "in", "-o", "out", "--no-sign", *settings).code == 0
    return Path("out")


def test_the_rules_in_the_documentation_are_current(work):
    result = call("policy", "explain", "--format", "markdown")
    assert result.code == 0
    assert (ROOT / "docs/rules.md").read_text("utf-8") == result.out, (
        "run: mediaoptout policy explain --format markdown > docs/rules.md"
    )


def test_list_and_show(work):
    listed = call("policy", "list")
    assert listed.code == 0
    names = [line.split()[0] for line in listed.out.splitlines()]
    assert names == ["archive-intake", "distribution", "master-audio", "master-video", "reserved"]
    for name in names:
        shown = call("policy", "show", name)
        assert shown.code == 0
        assert f"# {name} asks:" in shown.out
        assert "not-reserved" in shown.out


def test_explain(work):
    every = call("policy", "explain").out
    for name, rule in RULES.items():
        assert f"  {name} " in every
        page = call("policy", "explain", name)
        assert page.code == 0
        assert page.out.startswith(f"{name}: {rule.title}")
        assert "What to do: " in page.out
    wrong = call("policy", "explain", "carrier-mising")
    assert wrong.code == 2
    assert "did you mean 'carrier-missing'?" in wrong.err


def test_new_and_check(work):
    assert call("policy", "new", "own.toml").code == 0
    assert call("policy", "check", "own.toml").out.startswith("own.toml is right: it asks ")
    again = call("policy", "new", "own.toml")
    assert again.code == 2 and "is there already" in again.err
    Path("own.toml").write_text('[rules]\nodity = "off"\n')
    wrong = call("policy", "check", "own.toml")
    assert wrong.code == 2
    assert "did you mean 'oddity'? (own.toml, line 2)" in wrong.err


def test_a_policy_of_the_working_folder(tagged):
    Path("mediaoptout-policies").mkdir()
    Path("mediaoptout-policies/ours.toml").write_text('[rules.name]\nlike = ["*.wav"]\n')
    assert "ours " in call("policy", "list").out
    result = call("verify", "out", "--policy", "ours", "--fail-on", "error")
    assert result.code == 0  # a name weighs as a warning
    assert "the name 'rgb.png' is not like *.wav" in result.out
    assert call("verify", "out", "--policy", "ours", "--fail-on", "warning").code == 1
    Path("mediaoptout.toml").write_text('[verify]\npolicy = "ours"\nfail-on = "warning"\n')
    assert call("verify", "out").code == 1
    assert call("verify", "out", "--fail-on", "never").code == 0


def test_exit_codes(tagged):
    assert call("verify", "out").code == 0
    strict = call("verify", "out", "--policy", "distribution")
    assert strict.code == 1
    assert "the file has no C2PA manifest" in strict.out
    assert call("verify", "out", "--policy", "distribution", "--fail-on", "never").code == 0
    assert call("verify", "in", "--fail-on", "never").code == 0
    assert call("verify", "out", "--policy", "nobodys").code == 2
    Path("out/empty.wav").write_bytes(b"")
    assert call("verify", "out", "--fail-on", "never").code == 3
    Path("none").mkdir()
    assert call("verify", "none", "--policy", "archive-intake").code == 2


def test_findings_of_companions_and_of_the_run(tagged):
    Path("out/gone.xmp").write_bytes(b"<x/>")
    Path("out/sums.md5").write_text(f"{'0' * 32}  absent.wav\n")
    plain = call("verify", "out", "--format", "jsonl")
    assert plain.code == 0 and len(plain.records) == 4
    result = call("verify", "out", "--policy", "archive-intake", "--format", "jsonl")
    found = {
        finding["rule"]: record["path"]
        for record in result.records
        for finding in record["findings"]
        if finding["severity"] == "error"
    }
    assert found == {"sidecar-orphan": "out/gone.xmp", "checksum-absent": "out/sums.md5"}
    assert result.code == 1


def test_the_policy_of_good_files(tagged):
    files = sorted(str(path) for path in tagged.rglob("*") if path.is_file())
    text = call("policy", "from", *files)
    assert text.code == 0
    assert text.out.startswith("# What baseline.jpg, no-tag.mp3, faststart.mp4 and 1 more fulfil.")
    assert call("policy", "from", *files, "-o", "good.toml").code == 0
    assert Path("good.toml").read_text() == text.out
    assert call("policy", "from", "out").out == text.out
    assert call("policy", "check", "good.toml").code == 0
    again = call("verify", "out", "--policy", "good.toml", "--fail-on", "warning")
    assert (again.code, "warning" in again.out) == (0, False)
    bare = call("verify", "in", "--policy", "good.toml")
    assert bare.code == 1
    call("embed", SAMPLES / "gif/animated.gif", "-o", "x.gif", "--no-sign")
    other = call("verify", "x.gif", "--policy", "good.toml", "--format", "jsonl")
    weighty = [item for item in other.records[0]["findings"] if item["severity"] != "info"]
    assert {item["rule"] for item in weighty} == {"formats", "holder-missing"}


@pytest.mark.parametrize("name", ["in/png/rgb.png", "in/notes.txt", "in"])
def test_no_policy_of_files_that_are_not_good(media, name):
    result = call("policy", "from", name)
    assert result.code == 2
    assert "is no good file: " in result.err


def test_odd_names_in_the_policy_of_good_files(work):
    holder = 'Who? [Ltd] "A\\B" \u00e9*'
    call("embed", SAMPLES / "png/rgb.png", "-o", "x.png", "--set", f"holder.name={holder}")
    odd = Path("a\nb [1] # \x7f.png")
    Path("x.png").rename(odd)
    assert call("policy", "from", odd, "-o", "odd.toml").code == 0
    assert call("verify", odd, "--policy", "odd.toml", "--fail-on", "warning").code == 0
    Path("none").mkdir()
    assert call("policy", "from", "none").code == 2


def test_against(media, tagged):
    Path("back/png").mkdir(parents=True)
    Path("back/png/rgb.png").write_bytes(Path("in/png/rgb.png").read_bytes())
    Path("back/faststart.mp4").write_bytes(Path("out/mp4/faststart.mp4").read_bytes())
    Path("back/strange.gif").write_bytes((SAMPLES / "gif/animated.gif").read_bytes())
    result = call("verify", "back", "--against", "out", "--format", "jsonl")
    assert result.code == 1
    found = {
        Path(record["path"]).name: {item["rule"] for item in record["findings"]}
        for record in result.records
    }
    assert found == {
        "rgb.png": {"not-reserved", "against-carriers-lost", "against-same"},
        "faststart.mp4": {"against-carriers-kept", "against-same"},
        "strange.gif": {"not-reserved", "against-unmatched"},
    }
    assert call("verify", "back", "--against", "nowhere").code == 2
    Path("empty").mkdir()
    assert call("verify", "back", "--against", "empty").code == 2
