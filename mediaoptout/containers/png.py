"""PNG and APNG (ISO/IEC 15948; W3C PNG, third edition).

XMP stands in an ``iTXt`` chunk, the copyright notice in a text chunk, the C2PA manifest in
``caBX``. The essence are the image data chunks; nothing in a PNG says where a byte stands, so
chunks may be put in without any number to mend.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final, NamedTuple

from mediaoptout.carriers import exif, iim, xmp
from mediaoptout.containers.base import (
    MANIFEST,
    Block,
    Capability,
    Change,
    Container,
    Layout,
    Wanted,
)
from mediaoptout.containers.images import (
    agreed,
    inflate,
    parsed,
    refuse_damaged,
    xmp_block,
)
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.linker import Edit, Links, relocate
from mediaoptout.splice.patch import Hole, Insert, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.settle import settle
from mediaoptout.words import Carrier

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
XMP_KEYWORD: Final = b"XML:com.adobe.xmp"
COPYRIGHT: Final = b"Copyright"
MAX_CHUNKS: Final = 1 << 20
MAX_KEYWORD: Final = 79
MAX_CHECKED: Final = 1 << 20
"""The largest chunk whose check sum is looked at."""

_ESSENCE: Final = frozenset({b"IDAT", b"fdAT"})
_FRAMING: Final = frozenset(
    {
        *(b"IHDR", b"CgBI", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"gAMA", b"cHRM", b"sRGB"),
        *(b"iCCP", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"bKGD", b"hIST", b"pHYs", b"oFFs"),
    }
)
_TEXTS: Final = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_NAMES: Final = {
    b"copyright": "dc:rights",
    b"disclaimer": "xmpRights:UsageTerms",
    b"comment": "xmpDM:logComment",
    b"description": "xmpDM:logComment",
}
_RAW_PROFILE: Final = b"Raw profile type "


class Chunk(NamedTuple):
    """A chunk: its type, and where it stands, its length and check sum included."""

    type: bytes
    start: int
    end: int

    @property
    def data(self) -> Span:
        """Its data alone."""
        return Span(self.start + 8, self.end - 4)


class Text(NamedTuple):
    """A text chunk that we read: its keyword, its content, and whether that was compressed."""

    chunk: Chunk
    keyword: bytes
    content: bytes
    utf8: bool

    @property
    def string(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8" if self.utf8 else "latin-1", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class PngLayout(Layout):
    """A PNG as read.

    Args:
        chunks: all chunks, in the order of the file.
        packets: the XMP packets, each with the block that says what is in it.
        notices: the text chunks with the keyword ``Copyright``.
    """

    chunks: tuple[Chunk, ...]
    packets: tuple[tuple[Text, Block], ...]
    notices: tuple[Text, ...]


def _walk(source: Source) -> Iterator[Chunk]:
    at = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if at + 12 > source.size:
            return
        head = source.read(at, at + 8)
        end = at + 12 + int.from_bytes(head[:4], "big")
        if not head[4:].isalpha() or end > source.size:
            return
        yield Chunk(head[4:], at, end)
        if head[4:] == b"IEND":
            return
        at = end
    raise LimitError(f"the file has more than {MAX_CHUNKS} chunks", at=at)


def render(kind: bytes, data: bytes) -> bytes:
    """A chunk with its length and check sum."""
    check = zlib.crc32(kind + data)
    return len(data).to_bytes(4, "big") + kind + data + check.to_bytes(4, "big")


def _read_text(source: Source, chunk: Chunk) -> Text | None:
    """The text of a chunk whose keyword we know; None for others and for broken ones."""
    span = chunk.data
    head = source.read(span.start, min(span.end, span.start + MAX_KEYWORD + 1))
    keyword, found, _ = head.partition(b"\0")
    known = keyword == XMP_KEYWORD or keyword.lower() in _NAMES or keyword.startswith(_RAW_PROFILE)
    if not found or not known:
        return None
    data = source.read(span.start + len(keyword) + 1, span.end)
    match chunk.type:
        case b"tEXt":
            return Text(chunk, keyword, data, utf8=False)
        case b"zTXt":
            return Text(chunk, keyword, inflate(data[1:], span.start), utf8=False)
    fields = data[2:].split(b"\0", 2)
    if len(data) < 2 or len(fields) < 3:
        raise DamagedError("an iTXt chunk lacks its fields", at=chunk.start)
    content = inflate(fields[2], span.start) if data[0] else fields[2]
    return Text(chunk, keyword, content, utf8=True)


def _raw_profile(text: Text) -> bytes:
    """What an ImageMagick ``Raw profile``, which is hexadecimal, holds."""
    lines = text.content.split(b"\n", 3)
    if len(lines) < 4:
        raise DamagedError("a raw profile lacks its fields", at=text.chunk.start)
    try:
        return bytes.fromhex(lines[3].decode("ascii", "replace"))
    except ValueError as error:
        raise DamagedError("a raw profile is not hexadecimal", at=text.chunk.start) from error


def _parse_notice(text: Text, data: bytes, location: str) -> tuple[Entry, ...]:
    label = text.keyword.decode("latin-1")
    name = _NAMES[text.keyword.lower()]
    return (Entry(Carrier.PNG_TEXT, location, name, label, text.string),) if data.strip() else ()


_EXIF: Final = b"Exif\0\0"
_XMP_APP1: Final = b"http://ns.adobe.com/xap/1.0/\0"


def _profile_packet(text: Text, data: bytes) -> Text | None:
    """The XMP packet that a raw profile is, or None."""
    kind = text.keyword.removeprefix(_RAW_PROFILE).lower()
    if kind != b"xmp" and not (kind == b"app1" and data.startswith(_XMP_APP1)):
        return None
    return text._replace(content=_bare(data.removeprefix(_XMP_APP1)))


def _bare(packet: bytes) -> bytes:
    """A packet without its byte order mark, which readers of ``iTXt`` stumble over."""
    return packet.removeprefix(b"\xef\xbb\xbf")


def _profile_blocks(text: Text, data: bytes, location: str) -> Iterator[Block]:
    span = Span(text.chunk.start, text.chunk.end)
    match text.keyword.removeprefix(_RAW_PROFILE).lower():
        case b"exif" | b"app1":
            yield parsed(Carrier.EXIF, location, span, exif.parse, data.removeprefix(_EXIF))
        case b"iptc" | b"8bim":
            data = data.removeprefix(b"Photoshop 3.0\0")
            if data.startswith(b"\x1c"):
                yield parsed(Carrier.IIM, location, span, iim.parse_records, data)
                return
            for carrier, parse in ((Carrier.PSIR, iim.parse_psir), (Carrier.IIM, iim.parse_iim)):
                block = parsed(carrier, location, span, parse, data)
                if block.entries:
                    yield block


def _text_blocks(source: Source, chunk: Chunk) -> Iterator[tuple[Text | None, Block]]:
    span = Span(chunk.start, chunk.end)
    location = chunk.type.decode("ascii")
    try:
        text = _read_text(source, chunk)
        if text is None:
            return
        location = f"{location}:{text.keyword.decode('latin-1')}"
        if text.keyword == XMP_KEYWORD:
            text = text._replace(content=_bare(text.content))
            yield text, xmp_block(text.content, location, span)
        elif text.keyword.startswith(_RAW_PROFILE):
            data = _raw_profile(text)
            if packet := _profile_packet(text, data):
                yield packet, xmp_block(packet.content, location, span)
                return
            for block in _profile_blocks(text, data, location):
                yield None, block
        else:
            parse = partial(_parse_notice, text)
            yield text, parsed(Carrier.PNG_TEXT, location, span, parse, text.content)
    except (DamagedError, LimitError) as error:
        yield None, _broken(chunk, location, error)


def _broken(chunk: Chunk, location: str, error: DamagedError | LimitError) -> Block:
    def fail(data: bytes, location: str) -> tuple[Entry, ...]:
        raise error

    return parsed(Carrier.PNG_TEXT, location, Span(chunk.start, chunk.end), fail, b"")


def _check_sums(source: Source, chunks: tuple[Chunk, ...]) -> Iterator[str]:
    for chunk in chunks:
        if chunk.type in _ESSENCE or chunk.end - chunk.start > MAX_CHECKED:
            continue
        data = source.read(chunk.start + 4, chunk.end)
        if zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "big"):
            yield f"the check sum of the {chunk.type.decode()} chunk at {chunk.start} is wrong"


def _framing(source: Source, chunks: tuple[Chunk, ...]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        if chunk.type in _FRAMING:
            digest.update(source.read(chunk.start, chunk.end))
    return digest.hexdigest()


def _joined(spans: Iterator[Span]) -> tuple[Span, ...]:
    result: list[Span] = []
    for span in spans:
        if result and result[-1].end == span.start:
            result[-1] = Span(result[-1].start, span.end)
        else:
            result.append(span)
    return tuple(result)


class Png(Container):
    """PNG and APNG: XMP in ``iTXt``, a notice in a text chunk, the manifest in ``caBX``."""

    name: ClassVar = "png"
    title: ClassVar = "PNG, APNG (ISO/IEC 15948)"
    media_types: ClassVar = ("image/png", "image/apng")
    extensions: ClassVar = (".png", ".apng")
    carries: ClassVar = {
        Carrier.PNG_TEXT: Capability(write=True, place="text chunk with the keyword Copyright"),
        Carrier.XMP: Capability(write=True, place="iTXt chunk XML:com.adobe.xmp"),
        Carrier.C2PA: Capability(write=True, place="caBX chunk before the image data"),
        Carrier.EXIF: Capability(write=False, place="eXIf chunk, raw profile"),
        Carrier.IIM: Capability(write=False, place="raw profile"),
        Carrier.PSIR: Capability(write=False, place="raw profile"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it has the signature and a header chunk; see `Container.recognises`."""
        return head.startswith(SIGNATURE) and head[12:16] in (b"IHDR", b"CgBI")

    def read(self, source: Source) -> PngLayout:
        """See `Container.read`."""
        chunks = tuple(_walk(source))
        if not any(chunk.type == b"IHDR" for chunk in chunks[:2]):
            raise DamagedError("the picture has no header", at=0, fix="get a complete copy")
        essence = _joined(Span(c.start, c.end) for c in chunks if c.type in _ESSENCE)
        obstacle = None
        if not essence or chunks[-1].type != b"IEND":
            obstacle = RefusedError(
                "the file ends, or its chunks do, before the end of the picture",
                at=chunks[-1].end,
                fix="get a complete copy of the file",
                code="truncated",
            )
        blocks: list[Block] = []
        packets: list[tuple[Text, Block]] = []
        notices: list[Text] = []
        for chunk in chunks:
            for text, block in self._blocks(source, chunk):
                blocks.append(block)
                if text is not None and block.carrier is Carrier.XMP:
                    packets.append((text, block))
                elif text is not None and text.keyword.lower() == COPYRIGHT.lower():
                    notices.append(text)
        # A raw profile is the main packet only where there is none in the standard's form.
        packets.sort(key=lambda packet: packet[0].keyword != XMP_KEYWORD)
        ours = {text.chunk for text, _ in packets[:1]} | {text.chunk for text in notices}
        foreign = [
            Span(chunk.start, chunk.end)
            for chunk in chunks
            if chunk not in ours and chunk.type not in (*_ESSENCE, b"caBX")
        ]
        if chunks[-1].end < source.size:
            foreign.append(Span(chunks[-1].end, source.size))
        return PngLayout(
            size=source.size,
            essence=essence,
            framing=_framing(source, chunks),
            blocks=tuple(blocks),
            foreign=tuple(foreign),
            obstacle=obstacle,
            warnings=tuple(_check_sums(source, chunks)),
            chunks=chunks,
            packets=tuple(packets),
            notices=tuple(notices),
        )

    def _blocks(self, source: Source, chunk: Chunk) -> Iterator[tuple[Text | None, Block]]:
        span = Span(chunk.start, chunk.end)
        if chunk.type in _TEXTS:
            yield from _text_blocks(source, chunk)
        elif chunk.type == b"eXIf":
            data = source.read(*chunk.data).removeprefix(_EXIF)
            yield None, parsed(Carrier.EXIF, "eXIf", span, exif.parse, data)
        elif chunk.type == b"caBX":
            yield None, Block(Carrier.C2PA, "caBX", span)

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, PngLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a PNG")
        if layout.obstacle is not None:
            raise layout.obstacle
        main = layout.packets[0] if layout.packets else None
        others = [block for block in layout.blocks if main is None or block is not main[1]]
        refuse_damaged([main[1]] if main else [])
        refuse_damaged(block for block in others if block.location.startswith("iTXt"))
        entries = [e for b in others if b.carrier is Carrier.XMP for e in b.entries]
        properties, warnings = agreed(wanted.properties, entries, force=wanted.force)

        edits: list[Edit] = []
        carriers: list[Carrier] = []
        said, more = self._notice(layout, properties, wanted, edits)
        warnings += more
        if said:
            carriers.append(Carrier.PNG_TEXT)
        said, more = self._packet(main[0] if main else None, layout, properties, wanted, edits)
        warnings += more
        if said:
            carriers.append(Carrier.XMP)
        if self._manifest(layout, wanted, edits):
            carriers.append(Carrier.C2PA)
        patch = relocate(source.size, Links(), edits)
        return Change(patch=patch, carriers=tuple(carriers), warnings=warnings)

    def _packet(
        self,
        old: Text | None,
        layout: PngLayout,
        properties: tuple[Property, ...],
        wanted: Wanted,
        edits: list[Edit],
    ) -> tuple[bool, tuple[str, ...]]:
        """Merge the packet; whether it holds our statements, and warnings."""
        if old is None and not properties:
            return False, ()
        merged = xmp.merge(
            old.content if old else None,
            properties,
            force=wanted.force,
            padding=wanted.padding,
            read_only=True,
        )
        if old is None or not merged.unchanged(len(old.content)):
            packet = merged.rendered(old.content if old else b"")
            content = (Insert(render(b"iTXt", XMP_KEYWORD + bytes(5) + packet)),)
            at = _early(layout)
            edits.append(
                Edit(old.chunk.start, old.chunk.end, content) if old else Edit(at, at, content)
            )
        return bool(merged.said), merged.warnings

    def _notice(
        self,
        layout: PngLayout,
        properties: tuple[Property, ...],
        wanted: Wanted,
        edits: list[Edit],
    ) -> tuple[bool, tuple[str, ...]]:
        """State the notice in a text chunk; whether it says ours, and warnings."""
        rights = next((item for item in properties if item.name == "dc:rights"), None)
        if rights is None:
            return False, ()
        ours = Property("dc:rights", as_text(rights.value))
        old = layout.notices[0] if layout.notices else None
        settled = settle(ours, old.string if old else None, force=wanted.force)
        notice = as_text(settled.value)
        warnings = () if settled.warning is None else (f"{settled.warning} (PNG text)",)
        if old is None or notice != old.string:
            at = _early(layout)
            start, end = (old.chunk.start, old.chunk.end) if old else (at, at)
            edits.append(Edit(start, end, (Insert(_text_chunk(notice)),)))
        return notice == ours.value or settled.warning is None, warnings

    def _manifest(self, layout: PngLayout, wanted: Wanted, edits: list[Edit]) -> bool:
        """Place the hole for a manifest; whether the new file has one."""
        old = [chunk for chunk in layout.chunks if chunk.type == b"caBX"]
        if wanted.manifest is None and not wanted.drop_manifest:
            return bool(old)
        hole = (Hole(len(self.frame_manifest(bytes(wanted.manifest or 0))), MANIFEST),)
        content = hole if wanted.manifest is not None else ()
        image = next(c.start for c in layout.chunks if c.type in _ESSENCE)
        # After eXIf: ExifTool does not look for Exif behind a manifest.
        last = max(
            (c.end for c in layout.chunks if c.type == b"eXIf" and c.end <= image), default=0
        )
        keep = next((chunk for chunk in old if last <= chunk.start < image), None)
        edits.extend(
            Edit(chunk.start, chunk.end, content if chunk is keep else ()) for chunk in old
        )
        if keep is None:
            edits.append(Edit(image, image, content))
        return bool(content)

    def frame_manifest(self, store: bytes) -> bytes:
        """The whole ``caBX`` chunk; see `Container.frame_manifest`."""
        return render(b"caBX", store)

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """The data of the ``caBX`` chunk; see `Container.manifest_store`."""
        if layout.manifest is None:
            return None
        start, end = layout.manifest.span
        return source.read(start + 8, end - 4)


def _early(layout: PngLayout) -> int:
    """Where new text goes: behind the header, so that readers of the beginning find it."""
    return next(chunk.end for chunk in layout.chunks if chunk.type == b"IHDR")


def _text_chunk(notice: str) -> bytes:
    keyword = COPYRIGHT + b"\0"
    try:
        return render(b"tEXt", keyword + notice.replace("\0", "").encode("latin-1"))
    except UnicodeEncodeError:
        return render(b"iTXt", keyword + bytes(4) + notice.replace("\0", "").encode())


FAMILIES: Final[tuple[Container, ...]] = (Png(),)
