"""``x.json``: the run in numbers, for dashboards (``mediaoptout schema summary``)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mediaoptout.reports.base import Options, Run
from mediaoptout.reports.row import Row
from mediaoptout.reports.totals import SCHEMA, Totals

_SIZE: Final = 4096


class Summary:
    """One object for the whole run."""

    SUFFIX = ".json"

    def __init__(self, folder: Path, options: Options) -> None:
        self._totals = Totals()

    @staticmethod
    def wrote(head: bytes) -> bool:
        """See `Report`."""
        return b"".join(head.split()).startswith(f'{{"schema":"{SCHEMA}"'.encode())

    def add(self, row: Row) -> None:
        """See `Report`."""
        self._totals.add(row)

    @property
    def size(self) -> int:
        """See `Report`."""
        return _SIZE

    def pieces(self, run: Run) -> Iterator[bytes]:
        """See `Report`."""
        text = json.dumps(self._totals.to_json(run), ensure_ascii=False, indent=2) + "\n"
        yield text.encode("utf-8", "backslashreplace")

    def close(self) -> None:
        """See `Report`."""
