"""Other processes are begun early where a command will want some, and only there."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from mediaoptout.catalogue import needs, workers
from mediaoptout.cli import early
from mediaoptout.containers import registry
from mediaoptout.containers.endings import ENDINGS, modules


@pytest.fixture
def prepared(monkeypatch) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    monkeypatch.setattr(workers, "prepare", lambda modules: found.append(tuple(modules)))
    return found


@pytest.fixture
def many(tmp_path: Path) -> str:
    for number in range(needs.FEW + 1):
        place = tmp_path / "many" / str(number % 7) / f"{number}.wav"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    return str(tmp_path / "many")


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (("verify",), needs.VALIDATES),
        (("verify", "--quick"), needs.READS),
        (("inspect",), needs.VALIDATES),
        (("embed", "--output", "out"), needs.EMBEDS_AND_SIGNS),
        (("embed", "--in-place", "--no-sign"), needs.EMBEDS),
        (("strip", "--in-place"), needs.EMBEDS_AND_SIGNS),
    ],
)
def test_many_files_have_processes_begun(prepared, many, arguments, needed):
    early.begin((*arguments, many))
    assert prepared == [(*needed, "mediaoptout.containers.wav")]


def test_files_that_are_named_one_by_one_count(prepared):
    early.begin(("verify", *(f"{number}.wav" for number in range(needs.FEW + 1))))
    assert len(prepared) == 1


def test_few_files_and_other_commands_begin_nothing(prepared, many, tmp_path):
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "one.wav").touch()
    for arguments in (
        (),
        ("--help",),
        ("formats",),
        ("profile", "show", many),
        ("verify",),
        ("verify", str(tmp_path / "few")),
        ("verify", str(tmp_path / "gone")),
        ("embed", str(tmp_path / "few"), "--output", str(tmp_path / "gone")),
    ):
        early.begin(arguments)
    assert prepared == []


def test_every_ending_leads_to_its_family():
    for name, endings in ENDINGS.items():
        families = import_module(f"mediaoptout.containers.{name}").FAMILIES
        known = {ending for family in families for ending in family.extensions}
        assert known == set(endings.split()), name
    assert tuple(ENDINGS) == registry._MODULES
    assert modules([".jpg", ".nothing", ""]) == ("mediaoptout.containers.jpeg",)


@pytest.mark.parametrize("module", sorted({*needs.EMBEDS_AND_SIGNS, *needs.VALIDATES}))
def test_what_is_preloaded_is_there(module):
    __import__(module)
