"""``kill -9`` at any moment of a batch: every file old or new, whole, and the next run goes on."""

from __future__ import annotations

import io
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import wave
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mediaoptout.catalogue.needs import FEW
from mediaoptout.splice.journal import FOLDER
from mediaoptout.splice.recovery import Mending, recover
from mediaoptout.verification.check import verify
from mediaoptout.words import Integrity

ROOT = Path(__file__).resolve().parent.parent
FAMILIES = ("jpeg", "png", "mp3", "mp4", "wav")
MODES = (("output", 3), ("in place", 3), ("signed", 3), ("in place", 1))
"""How files are written, and how often each is there: few are done without workers."""
LARGE = 4
"""How many of the files are large enough to be changed in place."""


@dataclass
class Batch:
    """A folder of media, the command over it, and what an undisturbed run makes of it."""

    home: Path
    mode: str
    old: dict[Path, bytes]
    new: dict[Path, bytes] = field(default_factory=dict)
    seconds: float = 0.0
    code: int = 0

    @property
    def source(self) -> Path:
        return self.home / "in"

    @property
    def written(self) -> Path:
        return self.home / "in" if self.mode == "in place" else self.home / "out"

    def lay_out(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        for path, data in self.old.items():
            (self.source / path).parent.mkdir(parents=True, exist_ok=True)
            (self.source / path).write_bytes(data)

    def start(self) -> subprocess.Popen[bytes]:
        where = ["--in-place"] if self.mode == "in place" else ["--output", str(self.written)]
        more = [] if self.mode == "signed" else ["--no-sign"]
        command = [sys.executable, "-m", "mediaoptout", "embed", str(self.source), *where, *more]
        return subprocess.Popen(
            [*command, "--jobs", "2", "--quiet", "--set", "declaration.date=2026-01-31"],
            cwd=ROOT,
            env=os.environ | {"XDG_CONFIG_HOME": str(self.home / "config")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def finish(self) -> None:
        """Run to the end, as often as a user would after a crash: once."""
        child = self.start()
        out, _ = child.communicate(timeout=300)
        assert child.returncode == self.code, out.decode()

    def found(self) -> dict[Path, bytes]:
        """Every file below the place that is written to."""
        return {
            path.relative_to(self.written): path.read_bytes()
            for path in self.written.rglob("*")
            if path.is_file()
        }

    def is_new(self, path: Path, data: bytes) -> bool:
        """Whether a file is what an undisturbed run makes of it; signatures differ each time."""
        if data == self.new[path] or self.mode != "signed":
            return data == self.new[path]
        record = verify(self.written / path)
        return record.error is None and record.credential.integrity is Integrity.INTACT


def wav(seconds: float) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setparams((2, 2, 44100, 0, "NONE", ""))
        sound.writeframes(random.randbytes(int(seconds * 44100) * 4))
    return buffer.getvalue()


@pytest.fixture(params=MODES, ids=lambda mode: f"{mode[0]} x{mode[1]}")
def batch(request, samples, tmp_path) -> Batch:
    mode, copies = request.param
    old = {
        Path(str(copy)) / path.relative_to(samples): path.read_bytes()
        for copy in range(copies)
        for family in FAMILIES
        for path in (samples / family).iterdir()
    }
    old |= {Path("large") / f"{number}.wav": wav(30) for number in range(LARGE)}
    assert (len(old) > FEW) is (copies > 1)
    made = Batch(tmp_path / "batch", mode, old)
    made.lay_out()
    began = time.monotonic()
    child = made.start()
    out, _ = child.communicate(timeout=300)
    made.seconds = time.monotonic() - began
    made.code = child.returncode
    made.new = made.found()
    assert made.code in (0, 1), out.decode()
    assert len(made.new) > LARGE
    if made.mode == "in place":
        assert sum(made.new[path] != old[path] for path in old) > LARGE
    return made


def kill(child: subprocess.Popen[bytes]) -> str:
    """Kill the parent, a worker, or everything; which it was."""
    victim = random.choice(("parent", "worker", "group"))
    match victim:
        case "parent":
            child.kill()
        case "group":
            os.killpg(child.pid, signal.SIGKILL)
        case "worker":
            children = Path(f"/proc/{child.pid}/task/{child.pid}/children")
            try:
                workers = [int(number) for number in children.read_text().split()]
            except OSError:
                workers = []
            if workers:
                os.kill(random.choice(workers), signal.SIGKILL)
    child.communicate(timeout=300)
    wait_for_the_orphans(child.pid)
    return victim


def wait_for_the_orphans(group: int) -> None:
    """Workers whose parent died finish the file that they have in hand."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[2] == str(group) and fields[0] != "Z":
                break
        else:
            return
        time.sleep(0.01)
    raise AssertionError("a worker outlives its parent")


def one_round(batch: Batch) -> Counter[str]:
    batch.lay_out()
    child = batch.start()
    time.sleep(random.uniform(0.1, 1.0) * batch.seconds)
    seen = Counter([f"killed {kill(child)}"])
    look(batch, seen)
    batch.finish()
    after = batch.found()
    assert set(after) == set(batch.new)
    assert [str(path) for path, data in after.items() if not batch.is_new(path, data)] == []
    assert {path: (batch.source / path).read_bytes() for path in batch.old} == (
        batch.new if batch.mode == "in place" else batch.old
    )
    return seen


def look(batch: Batch, seen: Counter[str]) -> None:
    """What the killed run left: whole files, or what a record can make whole."""
    copy = batch.home / "copy"
    if batch.written.is_dir():
        shutil.copytree(batch.written, copy)
        for folder in {*copy.rglob(FOLDER)}:
            for mended in recover(folder.parent):
                seen[mended.mending] += 1
                assert mended.mending is not Mending.KEPT, mended.message
            assert not folder.exists()
        for path in copy.rglob("*"):
            name = path.relative_to(copy)
            if name in batch.old:
                data = path.read_bytes()
                is_old = batch.mode == "in place" and data == batch.old[name]
                assert is_old or batch.is_new(name, data), f"{name} is neither old nor new"
                seen["old" if is_old else "new"] += 1
            elif path.is_file():
                assert path.name.startswith(".")
                seen["unfinished"] += 1
        shutil.rmtree(copy)
    if batch.mode != "in place":
        assert all((batch.source / path).read_bytes() == data for path, data in batch.old.items())


def rounds(batch: Batch, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    seen: Counter[str] = Counter()
    for _ in range(count):
        seen += one_round(batch)
    with capsys.disabled():
        print(f" [{batch.mode}: {count} rounds, {dict(sorted(seen.items()))}]", end="")


def test_killed_at_any_moment(batch, capsys):
    rounds(batch, 4, capsys)


@pytest.mark.slow
def test_killed_at_very_many_moments(batch, capsys):
    rounds(batch, 75, capsys)
