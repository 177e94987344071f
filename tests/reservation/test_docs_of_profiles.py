"""docs/profiles.md names every key, ground, scheme, delivery and profile; its example is right."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from mediaoptout.reservation import delivery, legal, profiles
from mediaoptout.reservation.identifiers import Scheme
from mediaoptout.reservation.keys import KEYS, REPEATED, flat
from mediaoptout.reservation.model import Role
from mediaoptout.reservation.texts import PLACEHOLDERS

PAGE = (Path(__file__).parents[2] / "docs/profiles.md").read_text("utf-8")
(EXAMPLE,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    """No profile of whoever runs the tests is found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(tmp_path / "config"))


def test_the_example_has_every_key_and_is_right():
    said = {place.key for place, _ in flat(tomllib.loads(EXAMPLE))}
    left = {key for key in KEYS if key not in said and f"`{key}" not in PAGE}
    other = r"(texts|notices)\.(fr|de|es|it)|declarant\.|work\.identifiers|declaration\.withdrawn"
    assert {key for key in left if not re.match(other, key)} == set()
    assert {key.rpartition(".")[0] for key in KEYS} >= REPEATED
    Path("page.toml").write_text(EXAMPLE, "utf-8")
    reservation = profiles.load("page.toml")
    assert len(reservation.holders) == len(reservation.works) == 2
    assert not profiles.delivery("page.toml").sign


def test_every_word_is_explained():
    for words in (legal.grounds(), Scheme, delivery.SHIPPED, profiles.shipped()):
        assert [word for word in words if f"`{word}`" not in PAGE] == []
    flat_page = " ".join(PAGE.split())
    assert [role for role in Role if role not in flat_page] == []
    assert [name for name in PLACEHOLDERS if f"`{{{name}}}`" not in PAGE] == []
    for ground in legal.grounds().values():
        assert f"| `{ground.reference}` | {ground.where} | {ground.citations['en']} |" in PAGE
