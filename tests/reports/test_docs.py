"""What the pages on reports and evidence say to do is done here, as it is written there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mediaoptout.credentials.identity import local
from tests.cli.calling import call
from tests.conftest import ROOT
from tests.credentials.conftest import signing_as


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def work(tmp_path: Path, files: Path, records: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ``masters``, and an identity."""
    shutil.copytree(files, tmp_path / "masters")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def test_reports_from_python(work):
    (example,) = blocks("reports.md", "python")
    subprocess.run([sys.executable, "-c", example], check=True)
    assert {path.name for path in work.iterdir()} == {"intake.html", "intake.xml", "masters"}


def test_evidence_from_python(work, monkeypatch):
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(work / "config"))
    (example,) = blocks("evidence.md", "py")
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, check=True)
    assert done.stdout.count(b" same\n") == 7


def test_evidence_without_us(work, tmp_path_factory, monkeypatch):
    with signing_as(tmp_path_factory.mktemp("configuration"), monkeypatch):
        (work / "chain.pem").write_bytes(local().chain)
        made = call("evidence", "make", "masters", "-o", "2026-05-masters.jsonl")
    assert made.code == 0
    root = made.out.split()[-1]
    (example,) = blocks("evidence.md", "python")
    done = subprocess.run(
        [sys.executable, "-c", example, "2026-05-masters.jsonl"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == root
    if os.name != "posix" or not all(map(shutil.which, ("jq", "openssl", "base64"))):
        pytest.skip("jq or openssl is not here")
    (script,) = blocks("evidence.md", "sh")
    shown = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=True)
    assert f'"root":"{root}"' in shown.stdout
