"""Whatever fails and whenever the process dies: the old file or the new one, whole."""

from __future__ import annotations

import errno
import inspect
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mediaoptout.errors import WriteError
from mediaoptout.splice import files, temporary
from mediaoptout.splice.patch import Copy, Hole, Insert, Patch
from mediaoptout.splice.source import FileSource
from mediaoptout.splice.temporary import sweep
from mediaoptout.splice.writer import KERNEL_PIECE, Seal, write
from tests.splice.strategies import materialised

ROOT = Path(__file__).resolve().parents[2]
OLD = os.urandom(KERNEL_PIECE + 999)
PATCH = Patch((Insert(b"new"), Hole(4, "c2pa"), Copy(0, 100), Insert(b"x"), Copy(100, len(OLD))))
NEW = materialised(PATCH.fill("c2pa", b"seal"), OLD)
SEAL = Seal(lambda digest, path: b"seal", hashed=False)

CALLS = [
    name
    for name, function in vars(files).items()
    if inspect.isfunction(function)
    and function.__module__ == files.__name__
    and not name.startswith("_")
]


@contextmanager
def failing_at(
    turn: int, fault: Callable[[], BaseException], *, after: bool
) -> Iterator[list[str]]:
    """Let call number ``turn`` of the writer's system calls fail, before or after it is done."""
    made: list[str] = []

    def wrapped(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object, **named: object) -> object:
            made.append(name)
            now = len(made) == turn
            if now and not after:
                raise fault()
            result = real(*given, **named)
            if now:
                raise fault()
            return result

        return call

    with pytest.MonkeyPatch.context() as patching:
        for name in CALLS:
            patching.setattr(files, name, wrapped(name, getattr(files, name)))
        yield made


@pytest.fixture(params=["itself", "beside it", "over another"])
def case(request, tmp_path) -> tuple[Path, Path, bytes | None]:
    """A source, a target, and what stands there."""
    path = tmp_path / "source"
    path.write_bytes(OLD)
    match request.param:
        case "itself":
            return path, path, OLD
        case "beside it":
            return path, tmp_path / "target", None
        case _:
            (tmp_path / "target").write_bytes(b"theirs")
            return path, tmp_path / "target", b"theirs"


def attempt(path: Path, target: Path, replace: bool) -> None:
    temporary.swept.cache_clear()
    with FileSource(path) as source:
        write(PATCH, source, target, replace=replace, seal=SEAL)


def calls_of_one_run(path: Path, target: Path, old: bytes | None) -> list[str]:
    with failing_at(0, OSError, after=False) as made:
        attempt(path, target, old is not None)
    assert target.read_bytes() == NEW
    restore(path, target, old)
    return made


def restore(path: Path, target: Path, old: bytes | None) -> None:
    path.write_bytes(OLD)
    if old is None:
        target.unlink(missing_ok=True)
    else:
        target.write_bytes(old)


def look(path: Path, target: Path, old: bytes | None, called: str) -> None:
    """The source is untouched, the target old or new, and nothing else is left."""
    assert target == path or path.read_bytes() == OLD
    assert (target.read_bytes() if target.exists() else None) in (old, NEW)
    if called == "create":  # it has no owner yet
        assert sweep(path.parent) <= 1
    assert {entry.name for entry in path.parent.iterdir()} <= {path.name, target.name}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.ENOLCK])
def test_every_call_may_fail(case, number):
    path, target, old = case
    made = calls_of_one_run(path, target, old)
    assert {"create", "lock", "write", "write_at", "copy_in_kernel", "sync", "close"} <= set(made)
    for turn, name in enumerate(made, 1):
        with failing_at(turn, lambda: OSError(number, os.strerror(number)), after=False):
            with pytest.raises(WriteError) as caught:
                attempt(path, target, old is not None)
            assert caught.value.fix
        look(path, target, old, name)
        restore(path, target, old)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_every_call_may_be_interrupted(case, kind, after):
    path, target, old = case
    made = calls_of_one_run(path, target, old)
    for turn, name in enumerate(made, 1):
        with failing_at(turn, kind, after=after), pytest.raises(kind):
            attempt(path, target, old is not None)
        look(path, target, old, name)
        restore(path, target, old)


def test_no_descriptor_is_left_open(case):
    path, target, old = case
    made = calls_of_one_run(path, target, old)
    before = len(list(Path("/dev/fd").iterdir()))
    for turn, name in enumerate(made, 1):
        if name == "close":
            continue
        fault = failing_at(turn, lambda: OSError(errno.EIO, "fault"), after=False)
        with fault, pytest.raises(WriteError):
            attempt(path, target, old is not None)
        restore(path, target, old)
    assert len(list(Path("/dev/fd").iterdir())) == before


WRITER = """
import sys
from pathlib import Path
from mediaoptout.splice.patch import Copy, Insert, Patch
from mediaoptout.splice.source import FileSource
from mediaoptout.splice.writer import write

folder = Path(sys.argv[1])
turn = 0
print("ready", flush=True)
while True:
    turn += 1
    with FileSource(folder / "source") as source:
        size = source.size
        patch = Patch((Insert(bytes([turn % 256]) * 5000), Copy(5000, size)))
        write(patch, source, folder / "source", replace=True)
    with FileSource(folder / "source") as source:
        write(patch, source, folder / f"out{turn}", replace=False)
"""


def killed(folder: Path, count: int) -> int:
    """Kill a writing process ``count`` times at random moments; how many leftovers there were."""
    body = os.urandom(3_000_000)
    path = folder / "source"
    path.write_bytes(bytes(5000) + body)
    leftovers = 0
    for _ in range(count):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, folder], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(random.uniform(0, 0.05))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        outputs = [p for p in folder.iterdir() if p.name.startswith(("source", "out"))]
        for output in outputs:
            data = output.read_bytes()
            assert data[5000:] == body
            assert len(set(data[:5000])) == 1
            if output != path:
                output.unlink()
        swept = sweep(folder)
        assert swept <= 1
        leftovers += swept
        assert [entry.name for entry in folder.iterdir()] == ["source"]
    return leftovers


def test_killed_at_any_moment(tmp_path):
    killed(tmp_path, 40)


@pytest.mark.slow
def test_killed_at_very_many_moments(tmp_path):
    assert killed(tmp_path, 300) > 0


def test_the_next_run_sweeps(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(OLD)
    script = WRITER.replace(
        "while True:",
        "import os, signal, mediaoptout.splice.files as files\n"
        "files.sync = lambda fd: os.kill(os.getpid(), signal.SIGKILL)\nwhile True:",
    )
    child = subprocess.run(
        [sys.executable, "-c", script, tmp_path], cwd=ROOT, check=False, stdout=subprocess.DEVNULL
    )
    assert child.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2
    assert path.read_bytes() == OLD
    attempt(path, tmp_path / "target", False)
    assert {entry.name for entry in tmp_path.iterdir()} == {"source", "target"}
