"""WAV: RIFF/WAVE (IBM and Microsoft, 1991), RF64 (EBU Tech 3306) and BW64 (ITU-R BS.2088).

Texts in ``LIST``/``INFO``, EBUCore in ``axml`` on request, an ID3v2 tag in ``id3 ``, XMP in
``_PMX``, the manifest in ``C2PA`` as the last chunk. The essence is the payload of ``data``, which
never moves: a chunk before it that has no room to grow becomes ``JUNK``, and its successor goes to
the end.
"""

from __future__ import annotations

import struct
from typing import ClassVar, Final

from mediaoptout.containers.base import Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.chunks import HEADER
from mediaoptout.containers.riff import FORMS
from mediaoptout.containers.wav_reading import C2PA, WavLayout, read_layout
from mediaoptout.containers.wav_writing import plan_change
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier


class Wav(Container):
    """WAV with its 64-bit forms; see the module."""

    name: ClassVar[str] = "wav"
    title: ClassVar[str] = "WAV, RF64 and BW64 (RIFF/WAVE, EBU Tech 3306, ITU-R BS.2088)"
    media_types: ClassVar[tuple[str, ...]] = ("audio/wav", "audio/x-wav", "audio/vnd.wave")
    extensions: ClassVar[tuple[str, ...]] = (".wav", ".wave", ".bwf", ".rf64", ".bw64")
    digest = "md5"
    carries: ClassVar = {
        Carrier.RIFF_INFO: Capability(write=True, place="LIST INFO: ICOP, ICMT"),
        Carrier.AXML: Capability(
            write=True,
            expected=False,
            place="axml chunk: EBUCore",
            note="only where it is asked for (archive-bwf); a document of others is left as it is",
        ),
        Carrier.ID3: Capability(write=True, place="id3 chunk"),
        Carrier.XMP: Capability(write=True, place="_PMX chunk"),
        Carrier.C2PA: Capability(
            write=True,
            place="C2PA chunk, the last one",
            note="RIFF only: RF64 and BW64 have no place for a C2PA manifest",
        ),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it is a RIFF of the form ``WAVE``; see `Container.recognises`."""
        return head[:4] in FORMS and head[8:12] == b"WAVE"

    def read(self, source: Source) -> WavLayout:
        """See `Container.read`."""
        return read_layout(source)

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, WavLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a WAV")
        return plan_change(source, layout, wanted)

    def frame_manifest(self, store: bytes) -> bytes:
        """The chunk without a byte of padding: that is what the hard binding excludes."""
        return struct.pack("<4sI", C2PA, len(store)) + store

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """See `Container.manifest_store`."""
        block = layout.manifest
        return None if block is None else source.read(block.span.start + HEADER, block.span.end)


FAMILIES: Final[tuple[Container, ...]] = (Wav(),)
