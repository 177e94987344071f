"""Measuring a command: wall time, peak memory, and the bytes that it read and wrote."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command and its children.

    Args:
        seconds: wall time.
        busy: the time that processors spent on it, in seconds.
        peak: the largest resident set of one process, in bytes.
        read: bytes read by system calls; None where the system does not say.
        written: bytes written by system calls; None where the system does not say.
    """

    seconds: float
    busy: float
    peak: int
    read: int | None
    written: int | None


def run(command: Sequence[str], environment: dict[str, str] | None = None) -> Run:
    """Run a command to its end.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    start = time.perf_counter()
    child = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )
    message = child.stderr.read() if child.stderr is not None else b""
    # The process stays a zombie until it is reaped, and its accounts can be read until then.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    seconds = time.perf_counter() - start
    read, written = _accounts(child.pid)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        raise subprocess.CalledProcessError(child.returncode, command, stderr=message)
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, read, written)


def _accounts(pid: int) -> tuple[int | None, int | None]:
    try:
        lines = Path(f"/proc/{pid}/io").read_text("ascii").splitlines()
    except OSError:
        return None, None
    values = {key: int(value) for key, _, value in (line.partition(":") for line in lines)}
    return values.get("rchar"), values.get("wchar")


def alternating(
    cases: dict[str, Sequence[str]], before: Callable[[str], None], times: int
) -> dict[str, Run]:
    """The median run of each case, the cases taken in turns so that all meet the same machine.

    Each is run once before, uncounted, so that what can be cached is.

    Args:
        cases: commands by name.
        before: called with the name before each run, to clear away what the last one left.
        times: how often each is run.
    """
    runs: dict[str, list[Run]] = {name: [] for name in cases}
    for turn in range(1 + times):
        for name, command in cases.items():
            before(name)
            measured = run(command)
            if turn:
                runs[name].append(measured)
    return {name: _median(found) for name, found in runs.items()}


def _median(runs: list[Run]) -> Run:
    middle = statistics.median_low([item.seconds for item in runs])
    return next(item for item in runs if item.seconds == middle)
