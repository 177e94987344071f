"""AC-3 and E-AC-3 (ATSC A/52, ETSI TS 102 366) as bare frames: never rewritten.

A bare stream has no place for tags: a decoder takes what follows the last frame for a part of it
and drops or conceals that frame (ffmpeg does), and receivers resynchronise on what precedes the
first.
"""

from __future__ import annotations

from typing import ClassVar, Final

from mediaoptout.containers.base import Capability, Container
from mediaoptout.containers.others import SidecarOnly
from mediaoptout.containers.tagged import leading
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

_FRAMES: Final = 3
"""How many frames must follow each other, where the file does not end before."""

_SYNC: Final = b"\x0b\x77"
_HEADER: Final = 6
_RATES: Final = (
    *(32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640),
)
"""The bit rates of AC-3, in kbit/s (A/52, table 5.18)."""
_LAST_AC3: Final = 10
_LAST_EAC3: Final = 16
"""The highest bit stream identification (``bsid``) of either."""


class Ac3(SidecarOnly):
    """AC-3 and E-AC-3; see the module."""

    name: ClassVar = "ac3"
    title: ClassVar = "AC-3, E-AC-3 (ETSI TS 102 366)"
    media_types: ClassVar = ("audio/ac3", "audio/eac3")
    extensions: ClassVar = (".ac3", ".eac3", ".ec3")
    carries: ClassVar = {
        Carrier.SIDECAR_XMP: Capability(
            write=True,
            place="NAME.xmp beside the file",
            note="a tag behind the frames makes decoders drop the last one",
        ),
        Carrier.SIDECAR_C2PA: Capability(write=True, place="NAME.c2pa beside the file"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Frames that follow each other, also behind ID3v2 tags; see `Container.recognises`."""
        at = leading(source).end if head.startswith(b"ID3") else 0
        for index in range(_FRAMES):
            if index and at + _HEADER > source.size:
                return True
            size = _frame_size(source.read(at, min(at + _HEADER, source.size)))
            if size is None:
                return False
            at += size
        return True


def _frame_size(head: bytes) -> int | None:
    """The size of the frame that begins with ``head``; None if it begins none."""
    if len(head) < _HEADER or not head.startswith(_SYNC):
        return None
    version, rate, code = head[5] >> 3, head[4] >> 6, head[4] & 0x3F
    if version > _LAST_EAC3:
        return None
    if version > _LAST_AC3:
        return 2 * (((head[2] & 7) << 8 | head[3]) + 1)
    if rate == 3 or code >= 2 * len(_RATES):
        return None
    kilobits = _RATES[code >> 1]
    return 2 * (2 * kilobits, 320 * kilobits // 147 + (code & 1), 3 * kilobits)[rate]


FAMILIES: Final[tuple[Container, ...]] = (Ac3(),)
