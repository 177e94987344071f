"""``x.jsonl``: every record as it is, one a line; the form for programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mediaoptout.records import to_line
from mediaoptout.reports.base import Options, Run
from mediaoptout.reports.row import Row
from mediaoptout.reports.spool import Spool

_HEADS: Final = (b'{"schema":"mediaoptout.verify/', b'{"schema":"mediaoptout.embed/')


class Lines:
    """JSON Lines, as ``--format jsonl`` gives them."""

    SUFFIX = ".jsonl"

    def __init__(self, folder: Path, options: Options) -> None:
        self._spool = Spool(folder)

    @staticmethod
    def wrote(head: bytes) -> bool:
        """See `Report`."""
        return head.startswith(_HEADS)

    def add(self, row: Row) -> None:
        """See `Report`."""
        self._spool.write(to_line(row.record) + "\n")

    @property
    def size(self) -> int:
        """See `Report`."""
        return self._spool.size

    def pieces(self, run: Run) -> Iterator[bytes]:
        """See `Report`."""
        return self._spool.chunks()

    def close(self) -> None:
        """See `Report`."""
        self._spool.close()
