"""The system calls of the writer and the journal, where several runs meet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from mediaoptout.splice import files


def test_a_folder_that_others_make_and_remove_is_never_in_the_way(tmp_path: Path):
    folder = tmp_path / ".mediaoptout"

    def make_and_remove(_: int) -> None:
        for _ in range(1000):
            with suppress(FileNotFoundError):
                files.make_folder(folder)
            files.remove_folder(folder)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(make_and_remove, range(4)))
