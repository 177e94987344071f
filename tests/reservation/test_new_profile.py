"""The questions of a new profile: every answer is checked, and the file says what was answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mediaoptout.errors import UsageError
from mediaoptout.reservation import profiles
from mediaoptout.reservation.keys import KEYS
from mediaoptout.reservation.model import Capacity, Role
from mediaoptout.reservation.new_profile import BASES, Question, interview, rendered
from mediaoptout.words import Use

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    """No profile of whoever runs the tests is found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(tmp_path / "config"))


def answering(*lines: str):
    """Somebody who answers with these lines, and is asked again after a wrong one."""
    given: Iterator[str] = iter(lines)

    def ask(question: Question) -> Any:
        while True:
            try:
                return question.answered(next(given))
            except UsageError as error:
                refused.append(error.message)

    refused: list[str] = []
    ask.refused = refused  # type: ignore[attr-defined]
    ask.rest = given  # type: ignore[attr-defined]
    return ask


def test_a_label_in_its_own_name(tmp_path):
    ask = answering(
        "9",
        "1",
        "",
        'Exämple "Records" \\ Sons',
        "phonogram producer",
        "0000000121032683",
        "ISNI 0000 0001 2103 2684",
        "ISNI 0000 0001 2103 2683",
        "IPI 52210040",
        "",
        "",
        "fr; xx",
        "fr, de",
        "example.org",
        "https://example.org/licences",
        "licences@example.org",
        "",
        "© 2026 Example",
        "yesterday",
        "",
    )
    path = tmp_path / "label.toml"
    profiles.write_new(path, interview(ask, TODAY))
    assert list(ask.rest) == []
    assert [part for part in ask.refused if "should be 3, not 4" in part]
    assert len(ask.refused) == 7
    reservation = profiles.load(str(path))
    (holder,) = reservation.holders
    assert holder.name == 'Exämple "Records" \\ Sons'
    assert holder.role is Role.PHONOGRAM_PRODUCER
    assert [item.value for item in holder.identifiers] == ["00052210040", "0000000121032683"]
    assert [language for language, _ in reservation.texts] == ["fr", "de"]
    assert reservation.declared == TODAY
    assert reservation.capacity is Capacity.OWN_NAME
    assert reservation.copyright == "© 2026 Example"
    assert reservation.permission(Use.DATA_MINING).reserves


def test_a_representative(tmp_path):
    ask = answering(
        "licensable",
        "Jane Doe",
        "1",
        "",
        "2",
        "",
        "Example Society",
        "its members",
        "under the mandate",
        "",
        "",
        "",
        "",
        "",
        "https://example.org/p.json",
        "",
        "2026-01-02",
    )
    path = tmp_path / "society.toml"
    profiles.write_new(path, interview(ask, TODAY))
    reservation = profiles.load(str(path))
    assert reservation.capacity is Capacity.REPRESENTATIVE
    assert reservation.declarant is not None and reservation.declarant.name == "Example Society"
    assert (reservation.represented, reservation.mandate, reservation.reserve) == (
        "its members",
        "under the mandate",
        None,
    )
    assert reservation.policy_url == "https://example.org/p.json"


def test_adami_is_asked_no_more_than_for_whom(tmp_path):
    ask = answering("adami", "Jane Doe", "", "", "", "", "", "")
    path = tmp_path / "jane.toml"
    profiles.write_new(path, interview(ask, TODAY))
    reservation = profiles.load(str(path))
    assert reservation.declared == date(2025, 3, 11)
    assert reservation.declarant is not None and reservation.declarant.name == "Adami"
    assert reservation.holders[0].role is Role.PERFORMER


def test_every_base_is_shipped():
    assert set(BASES) == set(profiles.shipped())


def test_a_file_without_answers_has_an_example_for_everything():
    text = rendered({"extends": "eu-tdm"})
    assert 'extends = "eu-tdm"\n# title = "Our reservation"' in text
    filled = re.sub(r"^# ([a-z-]+ = )", r"\1", text, flags=re.MULTILINE)
    profile = profiles.parse("filled", "filled", filled)
    said = {f"{table}.{key}" for table, keys in profile.data.items() if isinstance(keys, dict)
            for key in keys}  # fmt: skip
    assert said <= set(KEYS)
    assert profile.data["holder"]["isni"] == "0000 0001 2103 2683"
    Path("filled.toml").write_text(filled, "utf-8")
    assert profiles.load("filled.toml").declarant is not None
