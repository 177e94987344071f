"""What a stat tells of a placeholder, on each system."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mediaoptout.errors import NotHereError
from mediaoptout.splice.placeholders import SMALLEST, placeholder
from mediaoptout.splice.source import FileSource
from tests.conftest import SAMPLES

PLAIN = {"st_mode": stat.S_IFREG | 0o644, "st_size": 5 << 20}
LINUX = {**PLAIN, "st_blocks": 10240, "st_blksize": 4096}
MACOS = {**LINUX, "st_flags": 0}
WINDOWS = {**PLAIN, "st_file_attributes": 0x20}


def told(system: dict[str, Any], **changes: Any) -> str | None:
    return placeholder(cast(os.stat_result, SimpleNamespace(**{**system, **changes})))


@pytest.mark.parametrize("system", [LINUX, MACOS, WINDOWS], ids=["linux", "macos", "windows"])
def test_an_ordinary_file_is_none(system):
    assert told(system) is None
    assert told(system, st_size=0) is None


@pytest.mark.parametrize("flag", [0x1000, 0x40000, 0x400000, 0x401620, 0x501220])
def test_windows_says_it_in_an_attribute(flag):
    said = told(WINDOWS, st_file_attributes=0x20 | flag)
    assert said is not None and said.startswith("Windows says that its content is")
    assert ("offline" in said) is (flag == 0x1000)
    assert told(WINDOWS, st_file_attributes=0x20 | flag, st_size=12) == said


@pytest.mark.parametrize("attributes", [0x1, 0x20, 0x80, 0x200, 0x400, 0x800, 0x2000, 0x4000])
def test_other_attributes_of_windows_say_nothing(attributes):
    # Read-only, archive, normal, sparse, reparse point, compressed, not indexed, encrypted.
    assert told(WINDOWS, st_file_attributes=attributes) is None


def test_macos_says_it_in_a_flag():
    assert told(MACOS, st_flags=0x40000000) == "macOS says that its content is in a cloud"
    assert told(MACOS, st_flags=0x40000000 | 0x20, st_blocks=0, st_size=7) is not None
    # What the file system has compressed (0x20) stands elsewhere, and needs no blocks.
    assert told(MACOS, st_flags=0x20, st_blocks=0) is None


def test_linux_says_it_by_the_blocks():
    assert told(LINUX, st_blocks=0) == "none of its 5,242,880 bytes take up room on this disk"
    assert told(LINUX, st_blocks=0, st_size=SMALLEST) is not None
    assert told(LINUX, st_blocks=1, st_blksize=4 << 20) is not None  # released by Lustre


@pytest.mark.parametrize(
    "changes",
    [
        {"st_blocks": 0, "st_size": SMALLEST - 1},  # may stand with its name
        {"st_blocks": 0, "st_size": 60},
        {"st_blocks": 0, "st_mode": stat.S_IFBLK | 0o600},
        {"st_blocks": 0, "st_mode": stat.S_IFDIR | 0o755},
        {"st_blocks": 1, "st_blksize": 1 << 20},  # just written to ZFS
        {"st_blocks": 1},
        {"st_blocks": 8},  # a little of much: sparse, or compressed
    ],
    ids=str,
)
def test_linux_says_nothing_by_these(changes):
    assert told(LINUX, **changes) is None


def test_no_sample_is_taken_for_one():
    for path in SAMPLES.glob("*/*"):
        assert placeholder(path.stat()) is None, path


def test_no_real_file_is_taken_for_one(corpus):
    for path in corpus.rglob("*"):
        assert placeholder(path.stat()) is None, path


def test_what_was_just_written_is_none(tmp_path: Path):
    path = tmp_path / "new.wav"
    path.write_bytes(os.urandom(SMALLEST))
    assert placeholder(path.stat()) is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere flags say it")
def test_a_sparse_file_is_not_opened(tmp_path: Path):
    path = tmp_path / "away.wav"
    path.touch()
    os.truncate(path, SMALLEST)
    link = tmp_path / "link.wav"
    link.symlink_to(path)
    for name in (path, link):
        with pytest.raises(NotHereError) as raised:
            FileSource(name)
        error = raised.value
        assert error.code == "not-here"
        assert str(name) in error.message and "placeholder" in error.message
        assert error.fix == "recall it first, or give --recall"
        with FileSource(name, recall=True) as source:
            assert source.read(0, 4) == bytes(4)
