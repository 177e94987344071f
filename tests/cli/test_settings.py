"""Defaults from ``mediaoptout.toml``: where they are found, who wins, what is wrong with them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mediaoptout.cli import settings
from tests.cli.calling import call


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch, work) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(folder))
    return folder


def test_without_any(work):
    assert settings.found() == ()
    assert settings.load() == {command: {} for command in settings.KEYS}


def test_every_key(work):
    Path(settings.NAME).write_text(
        'jobs = 2\nmax-memory = "1G"\nformat = "jsonl"\nquiet = true\ncolor = "never"\n'
        '[embed]\nprofile = "adami"\nset = ["holder.name=X"]\nsign = false\nsign-flac = true\n'
        'upgrade-id3 = true\nothers = "copy"\n[verify]\nquick = true\nprofile = "eu-tdm"\n'
        "[inspect]\njobs = 1\n"
    )
    loaded = settings.load()
    common = {"max_memory": "1G", "form": "jsonl", "quiet": True, "color": "never"}
    assert loaded == {
        "embed": {
            **common,
            "jobs": 2,
            "profile": "adami",
            "settings": ["holder.name=X"],
            "sign": False,
            "sign_flac": True,
            "upgrade_id3": True,
            "others": "copy",
        },
        "verify": {**common, "jobs": 2, "quick": True, "profile": "eu-tdm"},
        "inspect": {**common, "jobs": 1},
        "strip": {**common, "jobs": 2},
    }


@pytest.mark.parametrize("command", settings.KEYS)
def test_every_option_can_be_set_or_must_be_spoken(work, command):
    options = set(re.findall(r"--([a-z][a-z0-9-]*)", call(command, "--help").out))
    options -= {"help", "null", "no-sign", "no-prose"}
    text = call(command, "--help").out
    named = {option for option in options if re.search(rf"^ .*--{option}\b", text, re.MULTILINE)}
    assert named <= set(settings.KEYS[command]) | settings.SPOKEN
    assert set(settings.KEYS[command]) <= options


def test_they_reach_the_command_and_flags_win(media):
    Path(settings.NAME).write_text(
        'format = "jsonl"\n[embed]\nsign = false\nset = ["holder.name=From the file"]\n'
    )
    result = call("embed", "in/png/rgb.png", "-o", "a.png")
    assert result.records[0]["carriers"].count("c2pa") == 0
    inspected = call("inspect", "a.png").records[0]
    assert inspected["holders"] == ["From the file"]
    assert "1  written" in call("embed", "in/png/rgb.png", "-o", "b.png", "--format", "text").out
    named = call("embed", "in/png/rgb.png", "-o", "c.png", "--set", "holder.name=Flag")
    assert named.code == 0
    assert call("inspect", "c.png").records[0]["holders"] == ["Flag"]
    signed = call("embed", "in/png/rgb.png", "-o", "d.png", "--sign")
    assert "c2pa" in signed.records[0]["carriers"]


def test_the_nearest_file_above_wins_over_the_users(work, config, monkeypatch):
    (config / settings.NAME).write_text("quiet = true\njobs = 3\n")
    (work / settings.NAME).write_text("jobs = 5\n")
    below = work / "a/b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert settings.found() == (config / settings.NAME, work / settings.NAME)
    assert settings.load()["verify"] == {"quiet": True, "jobs": 5}
    (below / settings.NAME).write_text("jobs = 7\n")
    assert settings.load()["verify"] == {"quiet": True, "jobs": 7}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("job = 4\n", "line 1: 'job' is not known; did you mean 'jobs'?"),
        ("\njobs = '4'\n", "line 2: jobs must be a whole number, not '4'"),
        ("jobs = true\n", "jobs must be a whole number"),
        ("quiet = 1\n", "quiet must be true or false"),
        ('color = "pink"\n', "color must be one of: auto, always, never"),
        ('[embed]\nset = "a=b"\n', "line 2: embed.set must be a list of texts"),
        ("[embed]\nset = [1]\n", "embed.set must be a list of texts"),
        ("[embed]\nprofil = 'x'\n", "line 2: 'embed.profil' is not known; did you mean 'profile'?"),
        ("[embed]\nforce = true\n", "'force' is said on the command line only"),
        ("overwrite = true\n", "'overwrite' is said on the command line only"),
        ("[verify]\nsign = false\n", "'verify.sign' is not known"),
        ("[embedd]\nsign = false\n", "'embedd' is not known; did you mean 'embed'?"),
        ("jobs = \n", "cannot be read"),
    ],
)
def test_an_error_names_file_key_and_line(media, text, message):
    Path(settings.NAME).write_text(text)
    result = call("embed", "in", "-o", "out")
    assert result.code == 2
    assert message in result.err
    assert settings.NAME in result.err
    assert not Path("out").exists()


def test_help_and_version_do_not_need_them(work):
    Path(settings.NAME).write_text("nonsense = 1\n")
    assert call("--help").code == 0
    assert call("--version").code == 0
