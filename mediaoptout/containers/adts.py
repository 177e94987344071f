"""AAC in ADTS frames (ISO/IEC 13818-7, 14496-3): an ID3v2 tag before them, as in MP3.

Players skip the tag or show it; HTTP Live Streaming puts its time stamps into one. AAC in ADIF,
LATM or LOAS knows no tags, and is none of it.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final

from mediaoptout.carriers import id3
from mediaoptout.containers import kinds, trailing
from mediaoptout.containers.base import Capability, Container
from mediaoptout.containers.tagged import TaggedAudio, leading
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

FRAMES: Final = 3
"""How many frames must follow each other where they begin at once."""
FRAMES_LATER: Final = 6
"""How many must where something else comes first: a frame that is cut, or rubbish."""
MAX_GAP: Final = 16 << 10
"""How far behind the tags the first whole frame may stand."""

_HEADER: Final = 7
_SYNC: Final = re.compile(rb"\xff[\xf0\xf1\xf8\xf9]")
_STABLE: Final = 0xFFFE_FC00
"""The bits of a header that all frames share: sync, version, layer, profile, sampling rate."""
_RATES: Final = 13
"""How many sampling rates there are."""


class Adts(TaggedAudio):
    """AAC in ADTS frames; see the module."""

    name: ClassVar = "aac"
    title: ClassVar = "AAC (ADTS, ISO/IEC 13818-7)"
    media_types: ClassVar = ("audio/aac", "audio/aacp", "audio/x-aac")
    extensions: ClassVar = (".aac", ".adts", ".adt")
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

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether frames follow each other between the tags, up to its end in a short file."""
        start = leading(source).end
        tags = trailing.trailers(source, start)
        return self.begins(source, Span(start, tags[-1].span.start if tags else source.size))

    def begins(self, source: Source, audio: Span) -> bool:
        """Whether ADTS frames follow each other; see `TaggedAudio.begins`."""
        data = source.read(audio.start, min(audio.start + MAX_GAP, audio.end))
        if _follows(source, audio.start, audio.end, FRAMES):
            return True
        if kinds.kind(data) not in (None, "AAC (ADTS)") or data.startswith(kinds.WRAPPERS):
            return False
        if id3.tag_size(data.lstrip(b"\0")[:10]) is not None:
            return False  # behind a tag of ours it would be one of the tags before the audio
        return any(
            _follows(source, audio.start + match.start(), audio.end, FRAMES_LATER)
            for match in _SYNC.finditer(data, 1)
        )


def _follows(source: Source, start: int, end: int, count: int) -> bool:
    """Whether ``count`` frames stand in a row at ``start``; two if they end the audio."""
    at, stable = start, 0
    for index in range(count):
        if at == end and index > 1:
            return True
        if at + _HEADER > end:
            return False
        head = source.read(at, at + _HEADER)
        size = _frame_size(head)
        word = int.from_bytes(head[:4], "big") & _STABLE
        if size is None or (index and word != stable):
            return False
        at, stable = at + size, word
    return at <= end


def _frame_size(head: bytes) -> int | None:
    """The size of the frame that begins with ``head``; None if it is no ADTS header."""
    if not _SYNC.match(head) or (head[2] >> 2 & 0xF) >= _RATES:
        return None
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    checked = not head[1] & 1
    return size if size > _HEADER + 2 * checked else None


FAMILIES: Final[tuple[Container, ...]] = (Adts(),)
