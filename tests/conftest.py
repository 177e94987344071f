from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.containers.harness")

# Who starts the tests in the background ignores Ctrl-C for them; runs that are tested must not.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "sample_media"
CORPUS = Path(os.environ.get("MEDIAOPTOUT_CORPUS", ROOT.parent / "shared" / "corpus"))


@pytest.fixture(scope="session")
def samples() -> Path:
    """The small files that come with the project."""
    return SAMPLES


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files; the test is skipped where it is not."""
    if not CORPUS.is_dir():
        pytest.skip("no corpus of real files here (set MEDIAOPTOUT_CORPUS)")
    return CORPUS
