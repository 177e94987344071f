"""What a report gathers while a run goes on: on the disk, since a run may be over any number."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

from mediaoptout.splice.refusals import explained

STEP: Final = 1 << 20
"""How much is read back at once: 1 MiB."""


class Spool:
    r"""Text that is written once and read once; it has no name and goes with its process.

    A name that is no Unicode becomes an escape (``\udc80``), which JSON reads back as it was.

    Args:
        folder: where there is room for it: that of the report.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 # closed by `close`
        self.size = 0

    def write(self, text: str) -> None:
        """Add ``text`` at the end.

        Raises:
            WriteError: there is no room for it.
        """
        data = text.encode("utf-8", "backslashreplace")
        try:
            self.size += self._file.write(data)
        except OSError as error:
            raise explained(error, self._folder / "a report", self.size + len(data)) from error

    def chunks(self) -> Iterator[bytes]:
        """Everything that was written."""
        self._file.seek(0)
        while data := self._file.read(STEP):
            yield data

    def close(self) -> None:
        """Let go of it; what could not be written is not wanted any more."""
        with suppress(OSError):
            self._file.close()

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
