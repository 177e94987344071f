"""Many small files that get their names together: each lands or fails for itself."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from mediaoptout.errors import MediaoptoutError, SourceChangedError, WriteError
from mediaoptout.splice import files, landing
from mediaoptout.splice.digest import ALONE
from mediaoptout.splice.landing import Staged, land
from mediaoptout.splice.patch import Copy, Insert, Patch
from mediaoptout.splice.source import FileSource
from mediaoptout.splice.temporary import sweep
from mediaoptout.splice.writer import write

OLD = os.urandom(5000)
PATCH = Patch((Insert(b"new"), Copy(0, len(OLD))))
NEW = b"new" + OLD


def stage(folder: Path, number: int, *, replace: bool = False) -> Staged:
    source = folder / f"{number}.old"
    source.write_bytes(OLD)
    staged: list[Staged] = []
    with FileSource(source) as opened:
        target = source if replace else folder / "out" / f"{number}.new"
        target.parent.mkdir(exist_ok=True)
        write(PATCH, opened, target, replace=replace, staged=staged)
    (found,) = staged
    return found


def left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.endswith(".mediaoptout-tmp")]


def test_nothing_has_its_name_before_it_lands(tmp_path):
    staged = [stage(tmp_path, number) for number in range(10)]
    assert not list((tmp_path / "out").glob("*.new"))
    assert sweep(tmp_path / "out") == 0, "a living process holds them"
    assert land(staged) == [None] * 10
    assert {path.read_bytes() for path in (tmp_path / "out").glob("*.new")} == {NEW}
    assert left(tmp_path) == []


def test_a_large_file_lands_by_itself(tmp_path):
    source = tmp_path / "large"
    source.write_bytes(bytes(ALONE))
    staged: list[Staged] = []
    with FileSource(source) as opened:
        write(Patch((Insert(b"x"), Copy(0, ALONE))), opened, tmp_path / "out", replace=False)
        write(
            Patch((Insert(b"x"), Copy(0, ALONE))),
            opened,
            tmp_path / "out2",
            replace=False,
            staged=staged,
        )
    assert staged == []
    assert (tmp_path / "out2").stat().st_size == ALONE + 1


def test_files_are_changed_themselves(tmp_path):
    staged = [stage(tmp_path, number, replace=True) for number in range(5)]
    assert all((tmp_path / f"{number}.old").read_bytes() == OLD for number in range(5))
    assert land(staged) == [None] * 5
    assert all((tmp_path / f"{number}.old").read_bytes() == NEW for number in range(5))


def codes(errors: list[MediaoptoutError | None]) -> list[str | None]:
    return [None if error is None else error.code for error in errors]


def test_each_fails_for_itself(tmp_path):
    staged = [stage(tmp_path, number) for number in range(4)]
    (tmp_path / "out" / "1.new").write_bytes(b"somebody else's, who came first")
    (tmp_path / "2.old").write_bytes(b"changed meanwhile")
    errors = land(staged)
    assert codes(errors) == [None, "output-exists", SourceChangedError.code, None]
    assert (tmp_path / "out" / "1.new").read_bytes() == b"somebody else's, who came first"
    assert not (tmp_path / "out" / "2.new").exists()
    assert left(tmp_path) == []


def test_a_disk_that_fails_for_one(tmp_path, monkeypatch):
    staged = [stage(tmp_path, number) for number in range(3)]
    bad, real = staged[1].new.fd, files.sync

    def failing(fd: int) -> None:
        if fd == bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(fd)

    monkeypatch.setattr(files, "sync", failing)
    errors = land(staged)
    assert [isinstance(error, WriteError) for error in errors] == [False, True, False]
    assert not (tmp_path / "out" / "1.new").exists()
    assert left(tmp_path) == []


def test_a_folder_that_cannot_be_flushed_is_told_of_its_files_alone(tmp_path, monkeypatch):
    staged = [stage(tmp_path / name, 0) for name in ("a", "b") if not (tmp_path / name).mkdir()]
    real = files.sync_folder

    def failing(folder: Path) -> None:
        if folder.parent.name == "a":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(folder)

    monkeypatch.setattr(files, "sync_folder", failing)
    assert [error is None for error in land(staged)] == [False, True]


def test_a_slow_disk_is_asked_for_several_at_once(tmp_path, monkeypatch):
    asked: list[float] = []

    def slow(_fd: int) -> None:
        asked.append(time.monotonic())
        time.sleep(landing.PATIENCE * 2)

    staged = [stage(tmp_path, number) for number in range(2 * landing.ASKED_AT_ONCE + 1)]
    monkeypatch.setattr(files, "sync", slow)
    began = time.monotonic()
    assert land(staged) == [None] * len(staged)
    assert len(asked) == len(staged)
    assert time.monotonic() - began < len(staged) * landing.PATIENCE * 2


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_is_interrupted_leaves_nothing_behind(tmp_path, monkeypatch, kind):
    staged = [stage(tmp_path, number) for number in range(4)]
    real = files.publish

    def interrupted(path: Path, target: Path) -> None:
        if target.name == "2.new":
            raise kind
        real(path, target)

    monkeypatch.setattr(files, "publish", interrupted)
    with pytest.raises(kind):
        land(staged)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0.new", "1.new"]
