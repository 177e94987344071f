"""What a file with a TIFF header is: a picture for everybody, a DNG, or a camera's raw file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final, Literal

from mediaoptout.containers.tiff_ifd import (
    Directory,
    Form,
    first_offset,
    read_directory,
    read_form,
    read_numbers,
)
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.source import Source

Kind = Literal["tiff", "dng", "raw"]

_MAKE: Final = 271
_COMPRESSION: Final = 259
_PHOTOMETRIC: Final = 262
_SUB_IFDS: Final = 330
_DNG_VERSION: Final = 50706
_RAW_COMPRESSIONS: Final = frozenset({262, 32767, 32769, 32770, 32867, 34713, 65000, 65535})
"""Kodak, Sony ARW, packed, Samsung SRW, Kodak KDC, Nikon NEF, Kodak DCR, Pentax PEF."""
_RAW_PICTURES: Final = frozenset({32803, 34892})
"""A colour filter array (TIFF/EP), and linear raw."""
_RAW_SIGNATURES: Final = (b"CR", b"IIII", b"MMMM")
"""What Canon's CR2 and Phase One's IIQ have behind the header."""
_LOOKED_AT: Final = 16
"""How many directories are looked at."""


def kind(source: Source, head: bytes) -> Kind | None:
    """What the file is by its directories; None if it has no TIFF header.

    Args:
        source: the file.
        head: its first bytes, at least 16 where there are as many.
    """
    form = read_form(head)
    if form is None:
        return None
    if not form.big and head[8:].startswith(_RAW_SIGNATURES):
        return "raw"
    try:
        return _by_directories(source, form)
    except (DamagedError, LimitError):
        return "tiff"  # whose reader says what is wrong


def _by_directories(source: Source, form: Form) -> Kind:
    first = read_directory(source, form, first_offset(source, form), form.pointer)
    if first.find(_DNG_VERSION) is not None:
        return "dng"
    if first.find(_MAKE) is None:
        return "tiff"
    for directory in islice(_directories(source, form, first), _LOOKED_AT):
        compression = _value(source, form, directory, _COMPRESSION)
        picture = _value(source, form, directory, _PHOTOMETRIC)
        if compression in _RAW_COMPRESSIONS or picture in _RAW_PICTURES:
            return "raw"
    return "tiff"


def _directories(source: Source, form: Form, first: Directory) -> Iterator[Directory]:
    """The first directory, those below it, and those that follow."""
    yield first
    below = first.find(_SUB_IFDS)
    if below is not None and below.number <= _LOOKED_AT:
        for at in read_numbers(source, form, below):
            yield read_directory(source, form, at, below.at)
    directory = first
    while directory.following:
        directory = read_directory(source, form, directory.following, directory.link(form))
        yield directory


def _value(source: Source, form: Form, directory: Directory, tag: int) -> int | None:
    field = directory.find(tag)
    if field is None or field.number != 1 or not field.inline:
        return None
    return read_numbers(source, form, field)[0]
