"""The hash of the essence, for those who want more than arithmetic (``--prove``)."""

from __future__ import annotations

from pathlib import Path

from mediaoptout.containers.base import Container
from mediaoptout.containers.essence import named_digest
from mediaoptout.errors import WriteError
from mediaoptout.splice.source import FileSource


def check_digest(container: Container, expected: str, path: Path) -> None:
    """Hash the essence of a finished file before it takes its place.

    Raises:
        WriteError: it is not what it was.
    """
    with FileSource(path, recall=True) as written:  # it was just made
        found = named_digest(written, container)
    if found != expected:
        raise WriteError(
            f"the essence of the new file is not that of the source: {found}, not {expected}",
            fix="report this file's structure to the developers",
            code="unproven",
        )
