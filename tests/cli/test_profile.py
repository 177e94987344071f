"""``profile`` from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediaoptout.reservation.profiles import shipped
from tests.cli.calling import call


def test_list(work):
    result = call("profile", "list")
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()] == list(shipped())
    Path("mediaoptout-profiles").mkdir()
    Path("mediaoptout-profiles/mine.toml").write_text('extends = "eu-tdm"\ntitle = "My own"\n')
    assert "mine" in call("profile", "list").out
    assert "My own" in call("profile", "list").out


def test_show(work):
    result = call("profile", "show", "eu-tdm")
    assert result.code == 0
    assert 'data_mining = "reserved"' in result.out
    assert "# fr: Droits réservés" in result.out
    nobody = call("profile", "show", "adami")
    assert nobody.code == 0
    assert "# the profile 'adami' must be told on whose behalf" in nobody.out


def test_new_and_check(work):
    assert call("profile", "new", "ours.toml").code == 0
    assert call("profile", "new", "ours.toml").code == 2
    result = call("profile", "check", "ours.toml")
    assert result.code == 0
    assert "data_mining, ai_training, generative_ai_training" in result.out
    Path("ours.toml").write_text("[uses]\nsearch = 5\n")
    wrong = call("profile", "check", "ours.toml")
    assert wrong.code == 2
    assert "uses.search" in wrong.err and "line 2" in wrong.err


@pytest.mark.parametrize(
    "arguments", [[], ["show"], ["show", "nobody"], ["melt"], ["check", "x.toml"]]
)
def test_wrong_use(work, arguments):
    result = call("profile", *arguments)
    assert result.code == 2
    assert "Traceback" not in result.err
