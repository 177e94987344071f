"""Containers that are never rewritten: their reservation stands in sidecars.

MXF (SMPTE ST 377-1), MPEG transport and programme streams (ISO/IEC 13818-1), and cameras' raw
files. Masters and broadcasts in them are kept as they are, to the byte; XMP Part 3 (1.3)
names the ``.xmp`` sidecar as the place for their metadata.
"""

from __future__ import annotations

from typing import ClassVar, Final

from mediaoptout.containers import tiff_kinds
from mediaoptout.containers.base import Capability, Change, Container, Layout, Wanted
from mediaoptout.errors import RefusedError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

_PACKETS: Final = 5
"""How many packets in a row must begin with the sync byte of a transport stream."""

_RUN_IN: Final = 64 << 10
"""How far from the start the first partition of an MXF may stand (ST 377-1, 6.5)."""

_PARTITION: Final = b"\x06\x0e+4\x02\x05\x01\x01\x0d\x01\x02"


class SidecarOnly(Container):
    """A family whose files are never rewritten."""

    carries: ClassVar = {
        Carrier.SIDECAR_XMP: Capability(write=True, place="NAME.xmp beside the file"),
        Carrier.SIDECAR_C2PA: Capability(write=True, place="NAME.c2pa beside the file"),
    }
    sidecar_only: ClassVar = True

    def read(self, source: Source) -> Layout:
        """The whole file is essence; see `Container.read`."""
        return Layout(size=source.size, essence=(Span(0, source.size),))

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """Refuses: nothing is ever written into such a file."""
        raise RefusedError(
            f"{self.title} files are never rewritten",
            fix="write the reservation into sidecars",
            code="sidecar-only",
        )


class Mxf(SidecarOnly):
    """MXF (SMPTE ST 377-1)."""

    name: ClassVar = "mxf"
    title: ClassVar = "MXF (SMPTE ST 377-1)"
    media_types: ClassVar = ("application/mxf",)
    extensions: ClassVar = (".mxf",)

    def recognises(self, source: Source, head: bytes) -> bool:
        """A partition pack at the start, or behind a run-in; see `Container.recognises`."""
        if head.startswith(_PARTITION):
            return True
        return head.startswith(b"\x06\x0e+4") and _PARTITION in source.read(
            0, min(source.size, _RUN_IN)
        )


class TransportStream(SidecarOnly):
    """MPEG-2 transport streams, in packets of 188, 192 (BDAV) or 204 bytes."""

    name: ClassVar = "mpeg-ts"
    title: ClassVar = "MPEG transport stream (ISO/IEC 13818-1)"
    media_types: ClassVar = ("video/mp2t",)
    extensions: ClassVar = (".ts", ".m2ts", ".mts", ".m2t", ".trp", ".tod")

    def recognises(self, source: Source, head: bytes) -> bool:
        """Sync bytes at the right distances; see `Container.recognises`."""
        for size, at in ((188, 0), (192, 4), (204, 0)):
            if head[at : at + 1] == b"\x47":
                count = min(_PACKETS, source.size // size)
                data = source.read(0, count * size)
                if count > 1 and all(data[i * size + at] == 0x47 for i in range(count)):
                    return True
        return False


class ProgrammeStream(SidecarOnly):
    """MPEG-1 and MPEG-2 programme streams, and bare MPEG video."""

    name: ClassVar = "mpeg-ps"
    title: ClassVar = "MPEG programme stream (ISO/IEC 11172-1, 13818-1)"
    media_types: ClassVar = ("video/mpeg",)
    extensions: ClassVar = (".mpg", ".mpeg", ".vob", ".m2v", ".m1v", ".m2p", ".mod", ".mpe")

    def recognises(self, source: Source, head: bytes) -> bool:
        """A pack header, or the sequence header of bare video; see `Container.recognises`."""
        return head.startswith((b"\0\0\1\xba", b"\0\0\1\xb3"))


class CameraRaw(SidecarOnly):
    """Raw files of cameras, in makers' containers that only the maker documents."""

    name: ClassVar = "camera-raw"
    title: ClassVar = "camera raw"
    media_types: ClassVar = ("image/x-raw",)
    extensions: ClassVar = (
        *(".cr2", ".cr3", ".crw", ".raf", ".orf", ".rw2", ".rwl", ".mrw", ".x3f"),
        *(".nef", ".nrw", ".arw", ".sr2", ".srf", ".srw", ".pef", ".iiq", ".3fr", ".dcr", ".kdc"),
        *(".mef", ".mos", ".erf", ".fff"),
    )

    def recognises(self, source: Source, head: bytes) -> bool:
        """The makers' signatures, or their pictures in a TIFF; see `Container.recognises`."""
        if head[4:12] == b"ftypcrx ":
            return True
        if tiff_kinds.kind(source, head) == "raw":
            return True
        return head.startswith(
            (
                *(b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM"),
                b"II\x1a\0\0\0HEAPCCDR",
            )
        )


FAMILIES: Final[tuple[Container, ...]] = (Mxf(), TransportStream(), ProgrammeStream(), CameraRaw())
