"""The hash of the essence alone: what stays the same when metadata comes and goes."""

from __future__ import annotations

import hashlib

from mediaoptout.containers.base import Container, Layout
from mediaoptout.splice.source import Source, stepped


def digest(source: Source, layout: Layout, algorithm: str) -> str:
    """The hash of the essence's bytes in their order, in hexadecimal digits.

    Args:
        source: the file.
        layout: as its container reads it.
        algorithm: as `hashlib` calls it.
    """
    value = hashlib.new(algorithm, usedforsecurity=False)
    for span in layout.essence:
        for data in stepped(source, *span):
            value.update(data)
    return value.hexdigest()


def named_digest(source: Source, container: Container) -> str:
    """The hash that the field uses for this kind of file, with the name of the method before it.

    For WAV that is the MD5 of the ``data`` chunk, as BWF MetaEdit has it; else SHA-256.

    Args:
        source: the file.
        container: its family.
    """
    return f"{container.digest}:{digest(source, container.read(source), container.digest)}"
