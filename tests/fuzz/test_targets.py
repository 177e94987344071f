"""A short run of every fuzz target: the same number of inputs each time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mediaoptout.containers.registry import CONTAINERS
from tests.conftest import ROOT
from tests.fuzz.targets import TARGETS, Target

RUNS = 150


def fuzz(keep: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--keep", str(keep), *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=600,
        check=False,
    )


def test_every_family_has_a_target():
    assert {container.name for container in CONTAINERS} <= set(TARGETS)


def test_a_short_run_finds_nothing(tmp_path):
    """Guided by coverage where atheris is installed, else blind; the last line says which."""
    done = fuzz(tmp_path / "kept", "--runs", str(RUNS))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[:-1] == [f"{name}: ok" for name in TARGETS]
    assert lines[-1].endswith(("(guided by coverage)", "(blind)"))
    assert not list(tmp_path.iterdir())


def test_a_finding_is_kept_and_named(tmp_path, capfd):
    from tests.fuzz.__main__ import _blind

    def fails(data: bytes) -> None:
        assert len(data) < 4, "four bytes are too many"

    target = Target("fails", fails, lambda: (b"abc",))
    assert not _blind(target, tmp_path / "fails", runs=100, seed=1)
    [kept] = (tmp_path / "fails").iterdir()
    assert kept.name.startswith("AssertionError-")
    assert len(kept.read_bytes()) >= 4
    assert "four bytes are too many" in capfd.readouterr().err
