"""The text chunks of a PNG (ISO/IEC 15948, 11.3.4), and what stands in them.

XMP in ``iTXt`` with a keyword of its own; notices and comments; and the *raw profiles* of
ImageMagick: XMP, Exif, IPTC and Photoshop blocks in hexadecimal.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from mediaoptout.carriers import exif, iim
from mediaoptout.containers.base import Block
from mediaoptout.containers.blocks import parsed
from mediaoptout.containers.images import MAX_INFLATED, inflate, xmp_block
from mediaoptout.containers.png_chunks import Chunk, render
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.words import Carrier

XMP_KEYWORD: Final = b"XML:com.adobe.xmp"
KINDS: Final = frozenset({b"tEXt", b"zTXt", b"iTXt"})
MAX_KEYWORD: Final = 79
MAX_NOTE: Final = 1 << 20
"""The longest notice or comment that is read, in bytes."""

_COPYRIGHT: Final = b"Copyright"
_NAMES: Final = {
    b"copyright": "dc:rights",
    b"disclaimer": "xmpRights:UsageTerms",
    b"comment": "xmpDM:logComment",
    b"description": "xmpDM:logComment",
    b"rsl": "rsl:rsl",
    b"content-usage": "aipref:Content-Usage",
}
_RAW_PROFILE: Final = b"Raw profile type "
_PROFILES: Final = frozenset(
    _RAW_PROFILE.lower() + kind for kind in (b"xmp", b"app1", b"exif", b"iptc", b"8bim")
)
_EXIF: Final = b"Exif\0\0"
_XMP_APP1: Final = b"http://ns.adobe.com/xap/1.0/\0"
_PHOTOSHOP: Final = b"Photoshop 3.0\0"


class Text(NamedTuple):
    """A text chunk that we read: its keyword, and its content as it is after inflation."""

    chunk: Chunk
    keyword: bytes
    content: bytes
    utf8: bool

    @property
    def string(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8" if self.utf8 else "latin-1", "replace")


class Finding(NamedTuple):
    """What a text chunk turned out to be; without a text where it is only read, or broken.

    The text of an XMP block is the packet, whatever it was wrapped in.
    """

    block: Block
    text: Text | None
    keyword: bytes


def findings(source: Source, chunk: Chunk) -> Iterator[Finding]:
    """What stands in a text chunk; nothing where the keyword is none that we know."""
    span = chunk.data
    head = source.read(span.start, min(span.end, span.start + MAX_KEYWORD + 1))
    keyword, found, _ = head.partition(b"\0")
    profile = keyword.lower() in _PROFILES
    if not found or not (profile or keyword == XMP_KEYWORD or keyword.lower() in _NAMES):
        return
    location = f"{chunk.type.decode('ascii')}:{keyword.decode('latin-1')}"
    try:
        text = _read(source, chunk, keyword)
        if profile:
            yield from _profile(text, _unhex(text), location)
        elif keyword == XMP_KEYWORD:
            yield _packet(text, text.content, location)
        else:
            parse = partial(_parse, text)
            block = parsed(Carrier.PNG_TEXT, location, chunk.span, parse, text.content)
            yield Finding(block, text, keyword)
    except (DamagedError, LimitError) as error:
        carrier = Carrier.XMP if keyword == XMP_KEYWORD else Carrier.PNG_TEXT
        block = parsed(carrier, location, chunk.span, partial(_fail, error), b"")
        yield Finding(block, None, keyword)


def _fail(error: DamagedError | LimitError, data: bytes, location: str) -> tuple[Entry, ...]:
    raise error


def _read(source: Source, chunk: Chunk, keyword: bytes) -> Text:
    start, end = chunk.data
    limit = MAX_NOTE if keyword.lower() in _NAMES else MAX_INFLATED
    if end - start > limit:
        raise LimitError(f"a text has more than {limit} bytes", at=start)
    data = source.read(start + len(keyword) + 1, end)
    match chunk.type:
        case b"tEXt":
            return Text(chunk, keyword, data, utf8=False)
        case b"zTXt":
            return Text(chunk, keyword, inflate(data[1:], start, limit), utf8=False)
    fields = data[2:].split(b"\0", 2)
    if len(data) < 2 or len(fields) < 3:
        raise DamagedError("an iTXt chunk lacks its fields", at=chunk.start)
    content = inflate(fields[2], start, limit) if data[0] else fields[2]
    return Text(chunk, keyword, content, utf8=True)


def _parse(text: Text, data: bytes, location: str) -> tuple[Entry, ...]:
    label = text.keyword.decode("latin-1")
    name = _NAMES[text.keyword.lower()]
    return (Entry(Carrier.PNG_TEXT, location, name, label, text.string),) if data.strip() else ()


def _packet(text: Text, packet: bytes, location: str) -> Finding:
    packet = packet.removeprefix(b"\xef\xbb\xbf")  # readers of iTXt stumble over a BOM
    block = xmp_block(packet, location, text.chunk.span)
    return Finding(block, text._replace(content=packet), text.keyword)


def _unhex(text: Text) -> bytes:
    """What a raw profile holds, behind its name and its length."""
    lines = text.content.split(b"\n", 3)
    if len(lines) < 4:
        raise DamagedError("a raw profile lacks its fields", at=text.chunk.start)
    try:
        return bytes.fromhex(lines[3].decode("ascii", "replace"))
    except ValueError as error:
        raise DamagedError("a raw profile is not hexadecimal", at=text.chunk.start) from error


def _profile(text: Text, data: bytes, location: str) -> Iterator[Finding]:
    span = text.chunk.span
    kind = text.keyword.removeprefix(_RAW_PROFILE).lower()
    if kind == b"xmp" or (kind == b"app1" and data.startswith(_XMP_APP1)):
        yield _packet(text, data.removeprefix(_XMP_APP1), location)
    elif kind in (b"exif", b"app1"):
        block = parsed(Carrier.EXIF, location, span, exif.parse, data.removeprefix(_EXIF))
        yield Finding(block, None, text.keyword)
    elif kind in (b"iptc", b"8bim"):
        data = data.removeprefix(_PHOTOSHOP)
        bare = data.startswith(b"\x1c")
        records = iim.parse_records if bare else iim.parse_iim
        readers = [(Carrier.IIM, records), *([] if bare else [(Carrier.PSIR, iim.parse_psir)])]
        for carrier, parse in readers:
            block = parsed(carrier, location, span, parse, data)
            if block.entries:
                yield Finding(block, None, text.keyword)


def packet_chunk(packet: bytes) -> bytes:
    """The chunk of an XMP packet (XMP Part 3, 1.1.5): not compressed, without a language."""
    return render(b"iTXt", XMP_KEYWORD + bytes(5) + packet)


def notice_chunk(notice: str) -> bytes:
    """The chunk of a copyright notice: ``tEXt`` where Latin-1 can say it."""
    notice = notice.replace("\0", "")
    keyword = _COPYRIGHT + b"\0"
    try:
        return render(b"tEXt", keyword + notice.encode("latin-1"))
    except UnicodeEncodeError:
        return render(b"iTXt", keyword + bytes(4) + notice.encode())
