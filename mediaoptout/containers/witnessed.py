"""How each cell of the table of formats is proven: who, that is not us, reads back what we write.

A statement counts as written when a program of somebody else shows it. The test suite asks every
program named here, on a sample of every family; a name without that proof does not pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mediaoptout.containers.base import Container
from mediaoptout.words import Carrier

WITNESSES: Final[Mapping[Carrier, tuple[str, ...]]] = {
    Carrier.XMP: ("ExifTool",),
    Carrier.ID3: ("ExifTool", "mutagen"),
    Carrier.VORBIS_COMMENT: ("ffprobe", "mutagen"),
    Carrier.MP4_ILST: ("ExifTool", "mutagen"),
    Carrier.QUICKTIME: ("ExifTool",),
    Carrier.RIFF_INFO: ("ExifTool", "ffprobe"),
    Carrier.MATROSKA_TAGS: ("ffprobe", "ExifTool"),
    Carrier.APE: ("mutagen",),
    Carrier.ASF: ("mutagen", "ffprobe"),
    Carrier.IFF_TEXT: ("ExifTool",),
    Carrier.CAF_INFO: ("ffprobe",),
    Carrier.EXIF: ("ExifTool",),
    Carrier.PSIR: ("ExifTool",),
    Carrier.PNG_TEXT: ("ExifTool", "Pillow"),
    Carrier.C2PA: ("c2pa-rs", "encypher-c2pa"),
    Carrier.SIDECAR_XMP: ("ExifTool",),
    Carrier.SIDECAR_C2PA: ("c2pa-rs",),
}
"""The programs that show a carrier's statements, in every family that writes it."""

EXCEPTIONS: Final[Mapping[tuple[str, Carrier], tuple[str, ...]]] = {
    # mutagen looks for no APE tag in these two.
    ("tta", Carrier.APE): ("ffprobe",),
    ("aac", Carrier.APE): ("ffprobe",),
    # ExifTool does not know DSDIFF; the packet stands in a frame of the tag.
    ("dff", Carrier.ID3): ("mutagen",),
    ("dff", Carrier.XMP): ("mutagen",),
    # XMP Part 3 names the place; no program that the tests can ask reads it there.
    ("aiff", Carrier.XMP): (),
}
"""Families in which other programs show a carrier than elsewhere, or none does."""


def witnesses(family: Container, carrier: Carrier) -> tuple[str, ...]:
    """The programs that prove a cell of the table; empty for what is only read."""
    if not family.carries[carrier].write:
        return ()
    return EXCEPTIONS.get((family.name, carrier), WITNESSES.get(carrier, ()))
