"""Every input that once went wrong, through the target that found it.

``tests/regressions/TARGET/what-it-did.ext``: the folder is the name of a fuzz target, the file is
named after what it did.
"""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from tests.fuzz.limits import limited
from tests.fuzz.targets import TARGETS

HERE = Path(__file__).resolve().parent
FILES = sorted(path for path in HERE.glob("*/*") if path.parent.name != "__pycache__")
PEAK = 128 << 20
"""What one small input may take at most, in bytes."""


def test_each_belongs_to_a_target():
    assert FILES
    assert {path.parent.name for path in FILES} <= set(TARGETS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_it_does_not_do_it_again(path):
    data = path.read_bytes()
    with limited():
        TARGETS[path.parent.name].exercise(data)
    tracemalloc.start()  # which takes time of its own
    try:
        TARGETS[path.parent.name].exercise(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < PEAK
