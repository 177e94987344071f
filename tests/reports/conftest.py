from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediaoptout import VerifyRecord
from tests import browser
from tests.credentials.conftest import signing_as
from tests.reports.records import real


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files of most verdicts."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="session")
def records(files: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[VerifyRecord, ...]:
    """Their records."""
    home = tmp_path_factory.mktemp("configuration")
    with pytest.MonkeyPatch.context() as patch, signing_as(home, patch):
        return real(files)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Browser]:
    """A browser; the test is skipped where there is none."""
    if browser.program() is None:
        pytest.skip("no Chromium here")
    with browser.Browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened
