"""The fields of a TIFF that carry statements: notice, XMP, IPTC, Photoshop resources, manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers import exif, iim, xmp
from mediaoptout.containers.base import Block
from mediaoptout.containers.blocks import DAMAGED, parsed
from mediaoptout.containers.tiff_ifd import Directory, Field, Form
from mediaoptout.containers.tiff_reading import C2PA, COPYRIGHT, XMP, Walk
from mediaoptout.errors import ErrorInfo
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.words import Carrier

MAX_BLOCK: Final = 16 << 20
"""The largest value that is parsed for statements."""
MAX_TOGETHER: Final = 64 << 20
"""How many bytes of such values are parsed together."""
MAX_PACKETS: Final = 256
"""How many packets of later pages are read."""

_IPTC: Final = 33723
_PHOTOSHOP: Final = 34377

Parse = Callable[[bytes, str], tuple[Entry, ...]]


@dataclass(frozen=True, slots=True)
class Found:
    """A field that carries statements, and what it says.

    Args:
        directory: where it stands; None for the XMP of a page between the first and the last.
        field: the field.
        block: what it says.
    """

    directory: Directory | None
    field: Field
    block: Block


def found_in(source: Source, walk: Walk) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """Every such field, in the order in which readers look for it; and warnings.

    Args:
        source: the file.
        walk: its directories.
    """
    reader = _Reader(source, walk.form)
    found = list(reader.of(walk.pages[0]))
    warnings: tuple[str, ...] = ()
    for number, field in enumerate(walk.packets):
        if number == MAX_PACKETS:
            warnings = (f"the XMP of {len(walk.packets) - number} pages was not read",)
            break
        found.append(Found(None, field, reader.block(Carrier.XMP, "page/XMP", field, xmp.parse)))
    # Readers of manifests look at the last page first.
    for directory in reversed(walk.pages):
        found += (
            Found(directory, field, Block(Carrier.C2PA, "C2PA", field.span(walk.form)))
            for field in directory.fields
            if field.tag == C2PA and field.span(walk.form).end <= source.size
        )
    return tuple(found), warnings


@dataclass(slots=True)
class _Reader:
    source: Source
    form: Form
    room: int = MAX_TOGETHER

    def of(self, directory: Directory) -> Iterator[Found]:
        """The fields of the first directory."""
        kinds: dict[int, Iterable[tuple[Carrier, str, Parse]]] = {
            COPYRIGHT: ((Carrier.EXIF, "IFD0/Copyright", exif.entries),),
            XMP: ((Carrier.XMP, "IFD0/XMP", xmp.parse),),
            _IPTC: ((Carrier.IIM, "IFD0/IPTC", self._records),),
            _PHOTOSHOP: (
                (Carrier.PSIR, "IFD0/Photoshop", iim.parse_psir),
                (Carrier.IIM, "IFD0/Photoshop", iim.parse_iim),
            ),
        }
        for field in directory.fields:
            for carrier, location, parse in kinds.get(field.tag, ()):
                block = self.block(carrier, location, field, parse)
                if block.entries or block.error or field.tag in (COPYRIGHT, XMP):
                    yield Found(directory, field, block)

    def block(self, carrier: Carrier, location: str, field: Field, parse: Parse) -> Block:
        """The block that a field is."""
        span = field.span(self.form)
        self.room -= span.size
        message = None
        if span.end > self.source.size:
            message = "it reaches beyond the end of the file"
        elif span.size > MAX_BLOCK or self.room < 0:
            message = f"it is one of too many, or longer than {MAX_BLOCK} bytes"
        if message is not None:
            error = ErrorInfo(DAMAGED, message, f"offset {field.at}")
            return Block(carrier, location, span, error=error)
        return parsed(carrier, location, span, parse, self.source.read(*span))

    def _records(self, data: bytes, location: str) -> tuple[Entry, ...]:
        """IIM data sets; some writers store them as numbers, in the file's byte order."""
        if data[:1] != b"\x1c" and data[3:4] == b"\x1c":
            whole = len(data) - len(data) % 4
            data = b"".join(data[at : at + 4][::-1] for at in range(0, whole, 4))
        return iim.parse_records(data, location)
