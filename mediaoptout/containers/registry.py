"""Every container family, and which of them a file belongs to.

A family's module is loaded when a file may be of it: a run over pictures never loads the films.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from mediaoptout.containers.base import Container
from mediaoptout.containers.kinds import kind
from mediaoptout.errors import DamagedError
from mediaoptout.splice.source import Source

if TYPE_CHECKING:
    CONTAINERS: tuple[Container, ...]
    """The families; MP3, which has no signature of its own, comes last."""

HEAD: Final = 64
"""How many first bytes every family is shown."""

_LOADING: Final = threading.Lock()

_MODULES: Final = (
    *("jpeg", "png", "webp", "gif", "avi", "tiff", "apetagged", "tta", "psd", "jxl", "jp2", "wav"),
    *("aiff", "dff", "dsf", "caf", "flac", "asf", "flv", "ogg", "bmff", "matroska", "others"),
    *("ac3", "adts", "svg", "mp3"),
)
"""The modules of the families, in the order in which these are asked."""

_LIKELY: Final = {
    "JPEG": "jpeg",
    "PNG": "png",
    "WebP": "webp",
    "GIF": "gif",
    "AVI": "avi",
    "TIFF": "tiff",
    "BigTIFF": "tiff",
    "Photoshop": "psd",
    "WAV": "wav",
    "AIFF or another IFF": "aiff",
    "DSDIFF": "dff",
    "DSF": "dsf",
    "CAF": "caf",
    "FLAC": "flac",
    "ASF (WMA, WMV)": "asf",
    "FLV": "flv",
    "Ogg": "ogg",
    "ISO base media": "bmff",
    "HEIC": "bmff",
    "HEIF": "bmff",
    "AVIF": "bmff",
    "Matroska or WebM": "matroska",
}
"""The module that is asked first for what `kind` calls a file; no other knows these beginnings."""


def detect(source: Source) -> Container | None:
    """The family that the file belongs to by its structure, whatever it is called; else None.

    Args:
        source: the file.
    """
    head = source.read(0, min(HEAD, source.size))
    return next((family for family in _asked(head) if _recognises(family, source, head)), None)


def _asked(head: bytes) -> Iterator[Container]:
    likely = _LIKELY.get(kind(head) or "")
    if likely is not None:
        yield from _families(likely)
    for module in _MODULES:
        if module != likely:
            yield from _families(module)


@cache
def _families(module: str) -> tuple[Container, ...]:
    # One at a time: threads that import families which share modules would see half of one.
    with _LOADING:
        families: tuple[Container, ...] = import_module(f"mediaoptout.containers.{module}").FAMILIES
    return families


def _recognises(family: Container, source: Source, head: bytes) -> bool:
    try:
        return family.recognises(source, head)
    except DamagedError:  # it ends where the family's structure would go on
        return False


def by_name(name: str) -> Container:
    """The family that records call ``name``.

    Raises:
        KeyError: there is none.
    """
    return {family.name: family for family in _all()}[name]


@cache
def _all() -> tuple[Container, ...]:
    return tuple(family for module in _MODULES for family in _families(module))


def __getattr__(name: str) -> Any:
    if name == "CONTAINERS":
        return _all()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
