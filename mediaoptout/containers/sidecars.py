"""Sidecars: which files they are, and whether they belong to the media file beside them.

The field names a sidecar after the file, with the ending changed (``clip.mxf``, ``clip.xmp``; C2PA
likewise ``clip.c2pa``). Where two media files would share one, the whole name is kept
(``clip.mxf.xmp``). An XMP sidecar says for which ending it is, in ``photoshop:SidecarForExtension``
as the makers of raw converters do; a C2PA sidecar is bound to the file by its hash.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mediaoptout.carriers import xmp
from mediaoptout.containers.base import Block
from mediaoptout.containers.blocks import parsed
from mediaoptout.splice import placeholders
from mediaoptout.splice.patch import Span
from mediaoptout.vocabularies.properties import Entry, as_text
from mediaoptout.words import Carrier

XMP: Final = ".xmp"
C2PA: Final = ".c2pa"
EXTENSIONS: Final = frozenset({XMP, C2PA})
FOR_EXTENSION: Final = "photoshop:SidecarForExtension"
MAX_SIZE: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A sidecar of a media file.

    Args:
        path: where it is.
        data: its content.
    """

    path: Path
    data: bytes


def candidates(media: Path, ending: str) -> tuple[Path, Path]:
    """Where a sidecar of ``media`` can be: under the whole name, and with the ending changed."""
    whole, short = _names(media, ending)
    return Path(whole), Path(short)


def _names(media: Path, ending: str) -> tuple[str, str]:
    """The same as texts: they are asked for with every file, and mostly lead to nothing."""
    whole = str(media)
    return whole + ending, whole.removesuffix(media.suffix) + ending


def find(media: Path, ending: str, *, recall: bool = False) -> Sidecar | None:
    """The sidecar that belongs to ``media``; None if there is none.

    Args:
        media: the media file.
        ending: `XMP` or `C2PA`.
        recall: open it too if its content is elsewhere.

    Raises:
        NotHereError: there is a placeholder that may be it.
    """
    for name in _names(media, ending):
        try:
            there = os.stat(name)  # noqa: PTH116 # see _names
            if there.st_size <= MAX_SIZE:
                path = Path(name)
                if not recall:
                    placeholders.refuse(path, there)
                data = path.read_bytes()
                if ending == C2PA or _belongs(data, media, path):
                    return Sidecar(path, data)
        except OSError:
            continue
    return None


def place(media: Path, ending: str, *, shared: bool) -> Path:
    """Where a new sidecar of ``media`` goes: with the ending changed, if nobody else needs that.

    Args:
        media: the media file.
        ending: `XMP` or `C2PA`.
        shared: whether another file needs, or may come to need, the short name.
    """
    full, short = candidates(media, ending)
    return full if shared or short.exists() else short


def shares_name(media: Path) -> bool:
    """Whether another file beside ``media`` differs from it in the ending alone."""
    try:
        return any(
            other.stem == media.stem
            and other.name != media.name
            and other.suffix.lower() not in EXTENSIONS
            for other in media.parent.iterdir()
        )
    except OSError:
        return False


def _belongs(data: bytes, media: Path, path: Path) -> bool:
    """Whether an XMP sidecar is for this file: it names no ending, or this one."""
    if path.name == media.name + XMP:
        return True
    block = block_of(Sidecar(path, data))
    named = [as_text(entry.value) for entry in block.entries if entry.name == FOR_EXTENSION]
    return not named or media.suffix.lstrip(".").lower() in {name.lower() for name in named}


def block_of(sidecar: Sidecar) -> Block:
    """What an XMP sidecar says."""

    def parse(data: bytes, location: str) -> tuple[Entry, ...]:
        return xmp.parse(data, location, Carrier.SIDECAR_XMP)

    span = Span(0, len(sidecar.data))
    return parsed(Carrier.SIDECAR_XMP, sidecar.path.name, span, parse, sidecar.data)
