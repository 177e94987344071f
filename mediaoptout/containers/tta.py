"""True Audio (TTA1, TTA2): ID3v2 before the audio, APEv2 behind it; players read the one or other.

The seek table counts from its own place, so that a tag before the audio moves nothing in it.
"""

from __future__ import annotations

from typing import ClassVar, Final

from mediaoptout.containers.base import Capability, Container
from mediaoptout.containers.tagged import TaggedAudio
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

_SIGNATURES: Final = (b"TTA1", b"TTA2")


class Tta(TaggedAudio):
    """True Audio; see the module."""

    name: ClassVar = "tta"
    title: ClassVar = "True Audio (TTA1, TTA2)"
    media_types: ClassVar = ("audio/x-tta", "audio/tta")
    extensions: ClassVar = (".tta",)
    customary: ClassVar = Carrier.ID3
    carries: ClassVar = {
        Carrier.ID3: Capability(
            write=True,
            place="ID3v2 tag before the audio (TCOP, WCOP, USER, TXXX)",
            note="a new one is v2.3; none is made where there is an APE tag alone",
        ),
        Carrier.APE: Capability(
            write=True,
            place="APEv2 tag behind the audio",
            note="only where there is one",
            expected=False,
        ),
        Carrier.XMP: Capability(
            write=True,
            place="ID3v2 PRIV frame, owner XMP",
            note="only in an ID3v2 tag; v2.2 only with --upgrade-id3",
        ),
    }

    def begins(self, source: Source, audio: Span) -> bool:
        """See `TaggedAudio.begins`."""
        return source.read(audio.start, min(audio.start + 4, audio.end)) in _SIGNATURES


FAMILIES: Final[tuple[Container, ...]] = (Tta(),)
