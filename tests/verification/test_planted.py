"""Every planted fault is found by the right rule, and by no other."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediaoptout import Severity, VerifyRecord, select, to_read, verify_all
from mediaoptout.verification.policy_files import load
from tests.verification.planted import FAULTS, POLICY, UNREAD, Ground, populate


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


def test_each_is_found_by_the_right_rule_and_no_other(ground: Ground):
    expected: dict[str, tuple[str, set[str]]] = {}
    for name, plant in FAULTS.items():
        planted, found_by = plant(ground)
        expected[str(planted)] = (name, found_by)
    time.sleep(2)  # until a certificate has expired
    policy = load(str(ground.folder.parent / "planted.toml"))
    records = (record for _, record in verify_all(to_read(select([ground.folder])), policy=policy))
    found: dict[str, set[str]] = defaultdict(set)
    told: dict[str, list[str]] = defaultdict(list)
    for record in filter(None, records):
        path = ground.twins.get(record.path, record.path)
        found[path] |= rules(record)
        told[path] += [f"{item.rule}: {item.message}" for item in record.findings]
    wrong = [
        (*expected.get(path, ("nothing", set())), path, told[path])
        for path in found.keys() | expected.keys()
        if found[path] != expected.get(path, ("nothing", set()))[1]
    ]
    assert not wrong, "\n".join(map(str, wrong))
    assert len(FAULTS) > 45
