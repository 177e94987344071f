"""The hash of the essence, for those who want more than arithmetic (``--prove``)."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mediaoptout.containers.base import Container
from mediaoptout.errors import WriteError
from mediaoptout.splice.source import FileSource, Source, stepped


def essence_digest(source: Source, container: Container) -> str:
    """The hash of the essence's bytes in their order, with the name of the method before it.

    For WAV that is the MD5 of the ``data`` chunk, as BWF MetaEdit has it; else SHA-256.
    """
    digest = hashlib.new(container.digest, usedforsecurity=False)
    for span in container.read(source).essence:
        for data in stepped(source, *span):
            digest.update(data)
    return f"{container.digest}:{digest.hexdigest()}"


def check_digest(container: Container, expected: str, path: Path) -> None:
    """Hash the essence of a finished file before it takes its place.

    Raises:
        WriteError: it is not what it was.
    """
    with FileSource(path) as written:
        found = essence_digest(written, container)
    if found != expected:
        raise WriteError(
            f"the essence of the new file is not that of the source: {found}, not {expected}",
            fix="report this file's structure to the developers",
            code="unproven",
        )
