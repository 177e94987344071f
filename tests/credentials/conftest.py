"""Every test here signs with an identity of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mediaoptout.credentials import session
from mediaoptout.places import VARIABLE


@contextmanager
def signing_as(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within this, the configuration folder is ``folder``, and its identity signs."""
    with patch.context() as within:
        within.setenv(VARIABLE, str(folder))
        session.current.cache_clear()
        yield
    session.current.cache_clear()


@pytest.fixture(autouse=True)
def identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A configuration folder of the test's own."""
    folder = tmp_path / "configuration"
    with signing_as(folder, monkeypatch):
        yield folder
