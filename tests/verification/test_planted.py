"""Every planted fault is found by the right rule, and by no other."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediaoptout import Severity, VerifyRecord, select, to_read, verify_all
from mediaoptout.containers.kinds import looks_like_media
from mediaoptout.verification.policy_files import load
from tests.conftest import SAMPLES
from tests.verification.planted import FAULTS, POLICY, UNREAD, Ground, populate

LARGE = 4 << 20
SEVERAL = {name for number, name in enumerate(FAULTS) if number % 4 == 0}
"""Faults that are planted several times among many files."""


def rules(record: VerifyRecord) -> set[str]:
    """The rules that found something that matters."""
    found = {item.rule for item in record.findings if item.severity is not Severity.INFO}
    return found | ({UNREAD} if record.verdict is None else set())


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    label, folder = tmp_path / "label", tmp_path / "files"
    folder.mkdir()
    populate(folder, label, monkeypatch)
    (tmp_path / "planted.toml").write_text(POLICY)
    yield Ground(folder, label, monkeypatch)


def outcome(ground: Ground) -> tuple[dict[str, set[str]], dict[str, list[str]]]:
    """By path: the rules that found something, and what they say."""
    policy = load(str(ground.folder.parent / "planted.toml"))
    records = (record for _, record in verify_all(to_read(select([ground.folder])), policy=policy))
    found: dict[str, set[str]] = defaultdict(set)
    told: dict[str, list[str]] = defaultdict(list)
    for record in filter(None, records):
        path = ground.twins.get(record.path, record.path)
        found[path] |= rules(record)
        told[path] += [f"{item.rule}: {item.message}" for item in record.findings]
    return found, told


def plant_all(ground: Ground, times: int = 1) -> dict[str, tuple[str, set[str]]]:
    expected: dict[str, tuple[str, set[str]]] = {}
    for name, plant in FAULTS.items():
        for _ in range(times if name in SEVERAL else 1):
            planted, found_by = plant(ground)
            expected[str(planted)] = (name, found_by)
    time.sleep(2)  # until a certificate has expired
    return expected


def check(ground: Ground, expected: dict[str, tuple[str, set[str]]]) -> None:
    found, told = outcome(ground)
    nothing: tuple[str, set[str]] = ("nothing", set())
    wrong = [
        (*expected.get(path, nothing), path, told[path])
        for path in found.keys() | expected.keys()
        if found[path] != expected.get(path, nothing)[1]
    ]
    assert not wrong, "\n".join(map(str, wrong))


def test_each_is_found_by_the_right_rule_and_no_other(ground: Ground):
    check(ground, plant_all(ground))
    assert len(FAULTS) > 45


@pytest.mark.slow
def test_among_400_real_files(ground: Ground, corpus: Path):
    """The corpus and the samples; what is wrong with a few of them from the start is known."""
    for round_ in range(2):
        for path in sorted([*corpus.rglob("*.*"), *SAMPLES.glob("*/*.*")]):
            if path.stat().st_size < LARGE and looks_like_media(path.suffix, b""):
                ground.add(path, signed=round_ == 0)
    before, _ = outcome(ground)
    faulty = [Path(path) for path, found in before.items() if found]
    for path in faulty:
        path.unlink()
    assert len(before) - len(faulty) > 400
    assert len(faulty) < 45
    expected = plant_all(ground, times=3)
    assert len(expected) > 60
    check(ground, expected)
