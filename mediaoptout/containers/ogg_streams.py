"""The logical streams of an Ogg file, and the header packets at their beginning.

Streams begin together (RFC 3533, section 4): first the BOS pages of all, then what headers they
have more. A chained file is several such groups, one after another. The last page of a file tells
whether there is more than one: only then, or where the file is small, all its pages are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from mediaoptout.containers import ogg_pages
from mediaoptout.containers.ogg_pages import BOS, CONTINUED, EOS, Page
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

MAX_STREAMS: Final = 1 << 14
"""How many logical streams a file may have, over all its links."""
WALKED: Final = 4 << 20
"""Up to this size all pages of a file are looked at."""

MAX_HEADERS: Final = 32 << 20
"""How many bytes the header packets of a stream may have."""
MAX_PAGES: Final = 1 << 18
"""How many pages the headers of a file may take."""

_PATIENCE: Final = 1 << 12
"""How many pages may stand before the header packets of a group are complete."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How a codec says what it is, and where its comment header is.

    Args:
        name: the codec, as people name it.
        signature: how its first packet begins.
        headers: how many packets are headers, the comment header being the second; what more
            there may be is treated like the rest of the stream.
        prefix: what stands in the comment packet before the Vorbis comment block.
        measured: how many bytes of the prefix are the block's length (big-endian, at its end).
        framed: whether a framing bit follows the block.
        roomy: whether zeros may follow the block (RFC 7845, section 5.2).
    """

    name: str
    signature: bytes
    headers: int
    prefix: bytes = b""
    measured: int = 0
    framed: bool = False
    roomy: bool = False


SKELETON: Final = Codec("Skeleton", b"fishead\0", MAX_STREAMS)
"""Xiph's description of the other streams; it ends before their data begin."""

CODECS: Final = (
    Codec("Vorbis", b"\x01vorbis", 3, b"\x03vorbis", framed=True),
    Codec("Opus", b"OpusHead", 2, b"OpusTags", roomy=True),
    Codec("Speex", b"Speex   ", 2),
    Codec("FLAC", b"\x7fFLAC", 2, b"\x04", measured=3),
    Codec("Theora", b"\x80theora", 3, b"\x81theora"),
    Codec("VP8", b"OVP80\x01", 2, b"OVP80\x02 "),
    SKELETON,
)


@dataclass(slots=True)
class Stream:
    """A logical stream with its header packets.

    Args:
        codec: what it is; None if that is not known here.
        serial: its number.
        link: where the group that it belongs to begins.
        pages: its pages up to the one on which the last header packet ends.
        packets: the header packets that are whole, each as spans of the file.
        owners: for each segment of those pages, the number of the packet that it belongs to.
        sound: whether no page was missing between those.
    """

    codec: Codec | None
    serial: int
    link: int
    pages: list[Page] = field(default_factory=list)
    packets: list[tuple[Span, ...]] = field(default_factory=list)
    owners: list[list[int]] = field(default_factory=list)
    sound: bool = True
    _open: list[Span] = field(default_factory=list)
    _size: int = 0

    @property
    def complete(self) -> bool:
        """Whether nothing of its headers is to come."""
        if self.codec is None or not self.sound or len(self.packets) >= self.codec.headers:
            return True
        return self.codec is SKELETON and bool(self.pages[-1].flags & EOS)

    def add(self, page: Page) -> None:
        """Take in the next page."""
        last = self.pages[-1] if self.pages else None
        if last is not None and (
            page.sequence != (last.sequence + 1) & 0xFFFFFFFF
            or bool(page.flags & CONTINUED) != bool(self._open)
        ):
            self.sound = False
            return
        self.pages.append(page)
        self.owners.append([])
        limit = self.codec.headers if self.codec is not None else 1
        at = page.body.start
        for value in page.lacing:
            self.owners[-1].append(len(self.packets))
            if len(self.packets) >= limit:
                continue
            if self._open and self._open[-1].end == at:
                self._open[-1] = Span(self._open[-1].start, at + value)
            else:
                self._open.append(Span(at, at + value))
            at += value
            self._size += value
            if value < 255:
                self.packets.append(tuple(self._open))
                self._open = []
        if self._size > MAX_HEADERS:
            raise LimitError(
                f"a stream has more than {MAX_HEADERS} bytes of headers", at=page.start
            )


@dataclass(frozen=True, slots=True)
class _Group:
    """The streams that begin together, and where the last page of their headers ends."""

    streams: tuple[Stream, ...]
    end: int

    @property
    def pages(self) -> int:
        """How many pages the headers take."""
        return sum(len(stream.pages) for stream in self.streams)


def read_streams(source: Source) -> tuple[Stream, ...]:
    """All logical streams of the file, in the order of their beginning.

    Raises:
        DamagedError: no page stands at the beginning of the file.
        LimitError: there are more than `MAX_STREAMS`, or their headers are too long.
    """
    first = ogg_pages.page_at(source, 0)
    if first is None or not first.flags & BOS:
        raise DamagedError(
            "no first page of an Ogg stream stands here",
            at=0,
            fix="get a complete copy of the file",
        )
    group = _group(source, first)
    streams, pages = list(group.streams), group.pages
    if source.size > WALKED:
        end = ogg_pages.last(source)
        if end is not None and any(end.serial == stream.serial for stream in streams):
            return group.streams
    while (page := _beginning(source, group.end)) is not None:
        group = _group(source, page)
        streams += group.streams
        pages += group.pages
        if len(streams) > MAX_STREAMS or pages > MAX_PAGES:
            raise LimitError("there are too many streams, or header pages", at=page.start)
    return tuple(streams)


def _beginning(source: Source, at: int) -> Page | None:
    """The next first page of a stream."""
    return next((page for page in ogg_pages.walk(source, at) if page.flags & BOS), None)


def _group(source: Source, first: Page) -> _Group:
    """The streams whose BOS pages stand at ``first``."""
    streams: dict[int, Stream] = {}
    unfinished: set[int] = set()
    beginning, taken, waited, end = True, 0, 0, first.end
    for page in ogg_pages.walk(source, first.start):
        if page.flags & BOS:
            if not beginning or page.serial in streams or len(streams) >= MAX_STREAMS:
                break
            streams[page.serial] = _stream(source, page, first.start)
            end = page.end
            if not streams[page.serial].complete:
                unfinished.add(page.serial)
            continue
        beginning = False
        if not unfinished or waited > _PATIENCE:
            break
        waited += 1
        if page.serial in unfinished:
            streams[page.serial].add(page)
            taken, waited, end = taken + 1, 0, page.end
            if taken > MAX_PAGES:
                raise LimitError(f"headers take more than {MAX_PAGES} pages", at=page.start)
            if streams[page.serial].complete:
                unfinished.remove(page.serial)
    return _Group(tuple(streams.values()), end)


def _stream(source: Source, page: Page, link: int) -> Stream:
    start = page.body.start
    head = source.read(start, min(start + 16, page.end))
    codec = next((codec for codec in CODECS if head.startswith(codec.signature)), None)
    stream = Stream(codec, page.serial, link)
    stream.add(page)
    return stream


def packet_bytes(source: Source, packet: tuple[Span, ...]) -> bytes:
    """The content of a packet."""
    return b"".join(source.read(*span) for span in packet)
