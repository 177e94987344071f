"""Audio whose tags are APEv2, at the end: Monkey's Audio, WavPack, Musepack, OptimFROG, TAK.

A tag at the end moves nothing but an ID3v1 tag behind it. ID3v2 tags before the audio, which some
programs write and decoders skip, are read; such a tag is written only where there is no APE tag,
since a new one would hide it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from mediaoptout.containers.base import Capability, Container
from mediaoptout.containers.tagged import TaggedAudio
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

_MAX_PARTS: Final = 64
"""How many parts of a WavPack block are looked at."""
_BLOCK_HEADER: Final = 32

_UNIQUE: Final = 0x3F
_LARGE: Final = 0x80
"""The bits of a WavPack part's first byte that say its kind, and that its size has three bytes."""
_AUDIO: Final = frozenset({0x0A, 0x0E})
"""The kinds of part that hold audio: PCM, DSD."""
_CORRECTION: Final = 0x0B


class ApeTagged(TaggedAudio):
    """A family with its tags in APEv2."""

    customary: ClassVar = Carrier.APE
    signatures: ClassVar[tuple[bytes, ...]]
    """What the audio begins with."""
    carries: ClassVar = {
        Carrier.ID3: Capability(
            write=True,
            place="ID3v2 tag before the audio",
            note="only where there is one, and no APE tag",
            expected=False,
        ),
        Carrier.APE: Capability(
            write=True,
            place="APEv2 tag behind the audio (Copyright, USAGE TERMS, LICENSE, TDM-RESERVATION)",
            note="APEv1 becomes APEv2 if it is ASCII",
        ),
        Carrier.XMP: Capability(
            write=True,
            place="ID3v2 PRIV frame, owner XMP",
            note="only in an ID3v2 tag that is written",
            expected=False,
        ),
    }

    def begins(self, source: Source, audio: Span) -> bool:
        """See `TaggedAudio.begins`."""
        head = source.read(audio.start, min(audio.start + 4, audio.end))
        return head.startswith(self.signatures)


class MonkeysAudio(ApeTagged):
    """Monkey's Audio."""

    name: ClassVar = "ape"
    title: ClassVar = "Monkey's Audio"
    media_types: ClassVar = ("audio/x-ape", "audio/ape", "audio/x-monkeys-audio")
    extensions: ClassVar = (".ape",)
    signatures: ClassVar = (b"MAC ", b"MACF")


class WavPack(ApeTagged):
    """WavPack 4 and 5; a correction file (``.wvc``) is none of it, and is left alone."""

    name: ClassVar = "wavpack"
    title: ClassVar = "WavPack"
    media_types: ClassVar = ("audio/x-wavpack", "audio/wavpack")
    extensions: ClassVar = (".wv",)
    signatures: ClassVar = (b"wvpk",)

    def begins(self, source: Source, audio: Span) -> bool:
        """See `TaggedAudio.begins`."""
        if not super().begins(source, audio):
            return False
        kinds = set(_parts(source, audio))
        return bool(kinds & _AUDIO) or _CORRECTION not in kinds


class Musepack(ApeTagged):
    """Musepack, stream versions 7 and 8."""

    name: ClassVar = "musepack"
    title: ClassVar = "Musepack SV7, SV8"
    media_types: ClassVar = ("audio/x-musepack", "audio/musepack")
    extensions: ClassVar = (".mpc", ".mp+")
    signatures: ClassVar = (b"MP+", b"MPCK")


class OptimFrog(ApeTagged):
    """OptimFROG, lossless and dual stream."""

    name: ClassVar = "optimfrog"
    title: ClassVar = "OptimFROG"
    media_types: ClassVar = ("audio/x-optimfrog",)
    extensions: ClassVar = (".ofr", ".ofs")
    signatures: ClassVar = (b"OFR ",)


class Tak(ApeTagged):
    """TAK (Tom's lossless Audio Kompressor)."""

    name: ClassVar = "tak"
    title: ClassVar = "TAK"
    media_types: ClassVar = ("audio/x-tak",)
    extensions: ClassVar = (".tak",)
    signatures: ClassVar = (b"tBaK",)


def _parts(source: Source, audio: Span) -> Iterator[int]:
    """The kinds of the parts of the first WavPack block."""
    head = source.read(audio.start, min(audio.start + _BLOCK_HEADER, audio.end))
    end = min(audio.start + 8 + int.from_bytes(head[4:8], "little"), audio.end)
    at = audio.start + _BLOCK_HEADER
    for _ in range(_MAX_PARTS):
        if at + 4 > end:
            return
        part = source.read(at, at + 4)
        yield part[0] & _UNIQUE
        large = part[0] & _LARGE
        words = int.from_bytes(part[1:4] if large else part[1:2], "little")
        at += (4 if large else 2) + 2 * words


FAMILIES: Final[tuple[Container, ...]] = (
    MonkeysAudio(),
    WavPack(),
    Musepack(),
    OptimFrog(),
    Tak(),
)
