"""Measuring a command: wall time, peak memory, and the bytes that it read and wrote."""

from __future__ import annotations

import ctypes
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PR_SET_CHILD_SUBREAPER: Final = 36
"""The option of ``prctl`` (Linux) that makes a process the parent of its orphans."""


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
    _adopt_orphans()
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        child = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, **(environment or {})},
        )
        # It stays a zombie until it is reaped, and its accounts can be read until then.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - start
        found = _reaped(child)
        said.seek(0)
        message = said.read()
    if child.returncode not in (0, 1):
        raise subprocess.CalledProcessError(child.returncode, command, stderr=message)
    return Run(
        seconds,
        sum(each.busy for each in found),
        max(each.peak for each in found),
        _total(each.read for each in found),
        _total(each.written for each in found),
    )


def _adopt_orphans() -> None:
    """Let what a command leaves running end as a child of this process, so that it counts too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reaped(child: subprocess.Popen[bytes]) -> list[Run]:
    """The accounts of a command that has ended, and of all that it left."""
    found: list[Run] = []
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:
            return found
        if ended is None:
            return found
        read, written = _accounts(ended.si_pid)
        _, status, usage = os.wait4(ended.si_pid, 0)
        if ended.si_pid == child.pid:
            child.returncode = os.waitstatus_to_exitcode(status)
        busy = usage.ru_utime + usage.ru_stime
        found.append(Run(0, busy, usage.ru_maxrss * 1024, read, written))


def _total(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


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
