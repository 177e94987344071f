from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mediaoptout.credentials.session import current
from tests.conftest import SAMPLES


@pytest.fixture(scope="session")
def own_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration folder of the tests' own, with its identity."""
    return tmp_path_factory.mktemp("config")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_config: Path) -> Path:
    """A working folder in which nothing of whoever runs the tests counts."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(own_config))
    monkeypatch.delenv("MEDIAOPTOUT_DEBUG", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    current.cache_clear()
    return folder


@pytest.fixture
def media(work: Path) -> Path:
    """A folder ``in`` with a few files of several families, and things that are no media."""
    names = ("jpeg/baseline.jpg", "png/rgb.png", "mp3/no-tag.mp3", "mp4/faststart.mp4")
    for name in names:
        target = work / "in" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SAMPLES / name, target)
    (work / "in" / "notes.txt").write_text("no media\n")
    (work / "in" / ".hidden.jpg").write_bytes(b"\xff\xd8\xff")
    return work / "in"
