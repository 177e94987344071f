"""Every container family, and which of them a file belongs to."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from mediaoptout.containers.base import Container
from mediaoptout.errors import DamagedError
from mediaoptout.splice.source import Source

HEAD: Final = 64
"""How many first bytes every family is shown."""

_MODULES: Final = ("png", "jpeg", "wav", "flac", "bmff", "mp3")


def _families() -> tuple[Container, ...]:
    found: list[Container] = []
    for name in _MODULES:
        path = f"mediaoptout.containers.{name}"
        if find_spec(path) is not None:
            try:
                found.extend(import_module(path).FAMILIES)
            except (ImportError, SyntaxError, AttributeError):
                continue
    return tuple(found)


CONTAINERS: Final[tuple[Container, ...]] = _families()
"""The families, those with a signature of their own first."""


def detect(source: Source) -> Container | None:
    """The family that the file belongs to by its structure, whatever it is called; else None.

    Args:
        source: the file.
    """
    head = source.read(0, min(HEAD, source.size))
    return next((family for family in CONTAINERS if _recognises(family, source, head)), None)


def _recognises(family: Container, source: Source, head: bytes) -> bool:
    try:
        return family.recognises(source, head)
    except DamagedError:
        return False


def by_name(name: str) -> Container:
    """The family that records call ``name``.

    Raises:
        KeyError: there is none.
    """
    return {family.name: family for family in CONTAINERS}[name]
