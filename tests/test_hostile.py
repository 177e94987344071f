"""Bad files through the public functions: a record each, in bounds, and nothing touched."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calling import spawn, tree
from tests.conftest import ROOT, SAMPLES
from tests.fuzz.limits import MEGABYTES

FOLDERS = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())
OTHER_ENDINGS = (".jpg", ".wav", ".mp4")
LENGTHS = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff" * 8)
STATUSES = {"written", "unchanged", "refused", "unsupported", "failed"}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no limits of memory and time here")


def bad_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """A sample, made bad in every way that is common: a name and the bytes of each."""
    data = path.read_bytes()
    size, chance = len(data), random.Random(path.name)
    cuts = {0, 1, 4, 7, 12, 16, 31, 64, size // 4, size // 2, size - 128, size - 1}
    for cut in sorted(cut for cut in cuts if 0 <= cut < size):
        yield f"cut-{cut}{path.suffix}", data[:cut]
    for ending in OTHER_ENDINGS:
        yield f"called{ending}", data
    yield f"garbage-behind{path.suffix}", data + chance.randbytes(5000)
    yield f"zeros-behind{path.suffix}", data + bytes(5000)
    yield f"garbage-before{path.suffix}", chance.randbytes(5000) + data
    yield f"twice{path.suffix}", data + data
    yield f"zeros-within{path.suffix}", data[: size // 3] + bytes(size // 3) + data[2 * size // 3 :]
    yield f"zeros-only{path.suffix}", bytes(size)
    yield f"text{path.suffix}", b"This is no media file.\n" * 40
    for at in (4, 8, 16, 20, *(chance.randrange(min(size, 600)) for _ in range(4))):
        for number in LENGTHS:
            value = number[: max(0, size - at)]
            name = f"{number[0]:02x}x{len(number)}-at-{at}{path.suffix}"
            yield name, data[:at] + value + data[at + len(value) :]


def lay_out(samples: list[Path], folder: Path) -> dict[str, bytes]:
    """Write the bad files of some samples; what was written."""
    folder.mkdir()
    for sample in samples:
        for name, data in bad_files(sample):
            (folder / f"{sample.stem}-{name}").write_bytes(data)
    return tree(folder)


def check(folder: Path, output: Path, *arguments: str, config: Path) -> list[dict[str, Any]]:
    """Embed and verify a folder in a process with limits; what it printed for each file."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile", str(folder), str(output), *arguments],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "MEDIAOPTOUT_CONFIG": str(config)},
        timeout=300,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert done.returncode == 0, (lines[-1:], done.stderr.decode()[-3000:])
    assert not done.stderr
    peak = lines.pop()["peak"]
    assert 0 < peak < MEGABYTES
    return lines


def assert_only_what_was_written(folder: Path, records: list[dict[str, Any]]) -> None:
    """One file for each that was written, a sidecar if not a copy, and nothing else."""
    written = [record["name"] for record in records if record["status"] == "written"]
    left = sorted(tree(folder)) if folder.exists() else []
    assert len(left) == len(written)
    for name in written:
        assert {name, f"{name}.xmp", f"{Path(name).stem}.xmp"} & set(left), name


@pytest.mark.parametrize("name", FOLDERS)
def test_each_bad_file_gets_its_record_and_stays_as_it_is(name, tmp_path):
    files = lay_out(sorted((SAMPLES / name).iterdir()), tmp_path / "in")
    lines = check(tmp_path / "in", tmp_path / "out", config=tmp_path / "config")
    assert [line["name"] for line in lines] == sorted(files)
    for line in lines:
        written = line["status"] in {"written", "unchanged"}
        assert line["status"] in STATUSES, line
        assert written or line["reasons"], line
        assert not any("\n" in reason or "Traceback" in reason for reason in line["reasons"]), line
    assert tree(tmp_path / "in") == files
    assert_only_what_was_written(tmp_path / "out", lines)


def test_signing_bad_files_ends_well_too(tmp_path):
    samples = [SAMPLES / "jpeg/xmp.jpg", SAMPLES / "wav/pcm16.wav", SAMPLES / "mp4/faststart.mp4"]
    files = lay_out(samples, tmp_path / "in")
    lines = check(tmp_path / "in", tmp_path / "out", "--sign", config=tmp_path / "config")
    assert len(lines) == len(files)
    assert tree(tmp_path / "in") == files
    assert_only_what_was_written(tmp_path / "out", lines)


def test_the_command_prints_one_record_for_each_bad_file(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for path in SAMPLES.glob("*/*"):
        data = path.read_bytes()
        (folder / f"{path.parent.name}-{path.name}").write_bytes(data[: len(data) * 2 // 3])
    files = tree(folder)
    lines = ("--format", "jsonl")
    embedded = spawn("embed", folder, "--output", tmp_path / "out", "--no-sign", *lines)
    verified = spawn("verify", folder, *lines)
    for result in (embedded, verified):
        assert "Traceback" not in result.err
        assert sorted(Path(record["path"]).name for record in result.records) == sorted(files)
    assert tree(folder) == files
    named = [{**record, "name": Path(record["path"]).name} for record in embedded.records]
    assert_only_what_was_written(tmp_path / "out", named)
