"""The system calls of the writer and the journal, where several runs meet."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from mediaoptout.splice import files
from mediaoptout.splice.shared_flush import sync_folder


def test_a_folder_that_others_make_and_remove_is_never_in_the_way(tmp_path: Path):
    folder = tmp_path / ".mediaoptout"

    def make_and_remove(_: int) -> None:
        for _ in range(1000):
            with suppress(FileNotFoundError):
                files.make_folder(folder)
            files.remove_folder(folder)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(make_and_remove, range(4)))


def test_a_folder_is_flushed_after_every_name_and_seldom(tmp_path: Path, monkeypatch):
    names: set[int] = set()
    flushed: list[set[int]] = []
    real = files.sync_folder

    def slowly(folder: Path) -> None:
        seen = set(names)
        time.sleep(0.005)
        real(folder)
        flushed.append(seen)

    monkeypatch.setattr(files, "sync_folder", slowly)

    def name_and_flush(number: int) -> None:
        names.add(number)
        sync_folder(tmp_path)
        assert any(number in seen for seen in flushed), "what was named is on the disk"

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(name_and_flush, range(200)))
    assert len(flushed) < 100


def test_a_flush_that_fails_fails_for_all(tmp_path: Path):
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            sync_folder(tmp_path / "gone")
