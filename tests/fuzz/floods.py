"""What large hostile inputs cost: floods of each format's smallest element, nests and bombs.

``python -m tests.fuzz.floods [NAME...]`` prints for each the seconds that 1 and 2 MiB take, and
the most memory that the process has had by then. Twice the input may take twice the time.
"""

from __future__ import annotations

import gzip
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from resource import RUSAGE_SELF, getrusage
from typing import Final

from tests.fuzz.limits import Hang, limited
from tests.fuzz.targets import TARGETS

HALF: Final = 1 << 20
"""The size of the smaller flood of each pair; the other has twice as much."""


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of PNG."""
    check = zlib.crc32(kind + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + kind + data + check


def _png(size: int) -> bytes:
    head = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", bytes.fromhex("00000001000000010800000000"))
    end = _chunk(b"IDAT", zlib.compress(b"\0\0")) + _chunk(b"IEND", b"")
    chunk = _chunk(b"tEXt", b"Copyright\0x")
    return head + chunk * (size // len(chunk)) + end


def _png_bomb(size: int) -> bytes:
    packet = zlib.compress(bytes(size << 6))
    text = b"XML:com.adobe.xmp\0\1\0\0\0" + packet
    head = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", bytes.fromhex("00000001000000010800000000"))
    end = _chunk(b"IDAT", zlib.compress(b"\0\0")) + _chunk(b"IEND", b"")
    return head + _chunk(b"iTXt", text) * 16 + end


def _jpeg(size: int) -> bytes:
    return b"\xff\xd8" + b"\xff\xfe\0\x02" * (size // 4) + b"\xff\xd9"


def _jpeg_packets(size: int) -> bytes:
    segment = b"\xff\xe1\0\x23http://ns.adobe.com/xap/1.0/\0<a/>"
    segment = segment[:2] + (len(segment) - 2).to_bytes(2, "big") + segment[4:]
    return b"\xff\xd8" + segment * (size // len(segment)) + b"\xff\xd9"


def _riff(form: bytes, chunks: bytes) -> bytes:
    return b"RIFF" + (4 + len(chunks)).to_bytes(4, "little") + form + chunks


def _wav(size: int) -> bytes:
    fmt = b"fmt \x10\0\0\0\1\0\1\0\x44\xac\0\0\x88\x58\1\0\2\0\x10\0"
    return _riff(b"WAVE", fmt + b"junk\0\0\0\0" * (size // 8) + b"data\2\0\0\0\0\0")


def _wav_info(size: int) -> bytes:
    fmt = b"fmt \x10\0\0\0\1\0\1\0\x44\xac\0\0\x88\x58\1\0\2\0\x10\0"
    items = b"INFO" + b"ICOP\2\0\0\0x\0" * (size // 10)
    block = b"LIST" + len(items).to_bytes(4, "little") + items
    return _riff(b"WAVE", fmt + block + b"data\2\0\0\0\0\0")


def _avi_nest(size: int) -> bytes:
    data = b""
    for _ in range(min(size // 12, 50_000)):
        data = b"LIST" + (4 + len(data)).to_bytes(4, "little") + b"movi" + data
    return _riff(b"AVI ", data)


def _webp(size: int) -> bytes:
    return _riff(b"WEBP", b"VP8 \0\0\0\0" * (size // 8))


def _gif(size: int) -> bytes:
    head = b"GIF89a\1\0\1\0\0\0\0"
    return head + b"!\xfe\1x\0" * (size // 5) + b",\0\0\0\0\1\0\1\0\0\2\2D\1\0;"


def _box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def _mp4_boxes(size: int) -> bytes:
    return _box(b"ftyp", b"isom\0\0\0\0isom") + _box(b"free", b"") * (size // 8)


def _mp4_nest(size: int) -> bytes:
    data = b""
    for _ in range(min(size // 8, 50_000)):
        data = _box(b"moov" if not data else b"udta", data)
    return _box(b"ftyp", b"isom\0\0\0\0isom") + _box(b"moov", data)


def _mp4_tracks(size: int) -> bytes:
    return _box(b"ftyp", b"isom\0\0\0\0isom") + _box(b"moov", _box(b"trak", b"") * (size // 8))


def _mp4_fragments(size: int) -> bytes:
    moof = _box(b"moof", b"") + _box(b"mdat", b"")
    return _box(b"ftyp", b"isom\0\0\0\0isom") + _box(b"moov", b"") + moof * (size // 16)


def _heif_items(size: int) -> bytes:
    entry = _box(b"infe", b"\2\0\0\0\0\1\0\0mime\0\0")
    count = min(size // len(entry), 65535)
    iinf = _box(b"iinf", bytes(4) + count.to_bytes(2, "big") + entry * count)
    hdlr = _box(b"hdlr", bytes(8) + b"pict" + bytes(13))
    return _box(b"ftyp", b"heic\0\0\0\0mif1heic") + _box(b"meta", bytes(4) + hdlr + iinf)


def _matroska(size: int) -> bytes:
    head = bytes.fromhex("1a45dfa38b") + bytes.fromhex("428288") + b"matroska"
    return head + bytes.fromhex("18538067ff") + b"\xec\x80" * (size // 2)


def _matroska_clusters(size: int) -> bytes:
    head = bytes.fromhex("1a45dfa38b") + bytes.fromhex("428288") + b"matroska"
    return head + bytes.fromhex("18538067ff") + bytes.fromhex("1f43b675ff") * (size // 5)


def _ogg(size: int) -> bytes:
    page = b"OggS\0\0" + bytes(8) + b"\1\0\0\0" + bytes(8) + b"\0"
    return (b"OggS\0\2" + page[6:]) + page * (size // len(page))


def _ogg_streams(size: int) -> bytes:
    return b"".join(
        b"OggS\0\2" + bytes(8) + serial.to_bytes(4, "little") + bytes(8) + b"\1\7\1vorbis"
        for serial in range(size // 35)
    )


def _id3(size: int) -> bytes:
    frame = b"TCOP\0\0\0\2\0\0\0x"
    body = frame * (size // len(frame))
    count = len(body)
    digits = bytes(count >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + digits + body


def _mp3(size: int) -> bytes:
    return _id3(size) + (b"\xff\xfb\x90\0" + bytes(413)) * 20


def _mp3_false_starts(size: int) -> bytes:
    return b"ID3\3\0\0\0\0\0\0" + b"\xff\xfb\x90\0" * (size // 4)


def _mp3_tags(size: int) -> bytes:
    return b"ID3\3\0\0\0\0\0\0" * (size // 10) + (b"\xff\xfb\x90\0" + bytes(413)) * 20


def _flac(size: int) -> bytes:
    info = b"\0\0\0\x22" + bytes(34)
    return b"fLaC" + info + b"\1\0\0\0" * (size // 4) + b"\x81\0\0\0\xff\xf8"


def _vorbis(size: int) -> bytes:
    comment = b"\x0b\0\0\0COPYRIGHT=x"
    count = size // len(comment)
    return bytes(4) + count.to_bytes(4, "little") + comment * count


def _ape(size: int) -> bytes:
    item = b"\1\0\0\0\0\0\0\0Copyright\0x"
    count = size // len(item)
    bound = (2000, len(item) * count + 32, count, 0)
    footer = b"APETAGEX" + b"".join(number.to_bytes(4, "little") for number in bound) + bytes(8)
    return item * count + footer


def _tiff_directories(size: int) -> bytes:
    count = size // 18
    parts = [b"II*\0\x08\0\0\0"]
    for index in range(count):
        following = 8 + 18 * (index + 1) if index + 1 < count else 0
        entry = b"\0\1\4\0\1\0\0\0\1\0\0\0"
        parts.append(b"\1\0" + entry + following.to_bytes(4, "little"))
    return b"".join(parts)


def _tiff_children(size: int) -> bytes:
    """Each directory says that it has many children, all the same one."""
    count = size // 4
    entry = b"\x4a\1\4\0" + count.to_bytes(4, "little") + b"\x1a\0\0\0"
    return b"II*\0\x08\0\0\0\1\0" + entry + bytes(4) + b"\x08\0\0\0" * count


def _xmp(size: int) -> bytes:
    head = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/'
    head += b'22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/'
    head += b'elements/1.1/"><dc:subject><rdf:Bag>'
    tail = b"</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    return head + b"<rdf:li>x</rdf:li>" * (size // 18) + tail


def _xmp_descriptions(size: int) -> bytes:
    head = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/'
    head += b'22-rdf-syntax-ns#">'
    item = b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="x"/>'
    return head + item * (size // len(item)) + b"</rdf:RDF></x:xmpmeta>"


def _xmp_nest(size: int) -> bytes:
    count = size // 7
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + b"<a>" * count + b"</a>" * count


def _xmp_prefixes(size: int) -> bytes:
    count = size // 16
    spaces = b" ".join(b'xmlns:a%d="b%d"' % (index, index) for index in range(count))
    return b"<x:xmpmeta xmlns:x='adobe:ns:meta/' " + spaces + b"></x:xmpmeta>"


def _xmp_entities(size: int) -> bytes:
    levels = b"".join(
        b'<!ENTITY a%d "%s">' % (index, b"&a%d;" % (index - 1) * 10) for index in range(1, 20)
    )
    return b'<!DOCTYPE x [<!ENTITY a0 "x">' + levels + b"]><x>&a19;</x>" + b" " * size


def _svg(size: int) -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<g/>" * (size // 4) + b"</svg>"


def _svg_nest(size: int) -> bytes:
    count = size // 7
    head = b'<svg xmlns="http://www.w3.org/2000/svg">'
    return head + b"<g>" * count + b"</g>" * count + b"</svg>"


def _svg_metadata(size: int) -> bytes:
    head = b'<svg xmlns="http://www.w3.org/2000/svg">'
    return head + b"<metadata></metadata>" * (size // 21) + b"</svg>"


def _svgz_bomb(size: int) -> bytes:
    return gzip.compress(_svg(size << 6), 9)


def _psd(size: int) -> bytes:
    head = b"8BPS\0\1" + bytes(6) + b"\0\1\0\0\0\1\0\0\0\1\0\x08\0\1" + bytes(4)
    resources = b"8BIM\4\x0c\0\0\0\0\0\0" * (size // 12)
    return head + len(resources).to_bytes(4, "big") + resources + bytes(4) + b"\0\0\0"


def _iff(size: int) -> bytes:
    comm = b"COMM\0\0\0\x12\0\1\0\0\0\0\0\x10\x40\x0e\xac\x44" + bytes(6)
    chunks = comm + b"ANNO\0\0\0\2xx" * (size // 10)
    return b"FORM" + (4 + len(chunks)).to_bytes(4, "big") + b"AIFF" + chunks


def _prose(size: int) -> bytes:
    return b"no text and data mining, not " * (size // 29)


def _prose_spaces(size: int) -> bytes:
    return b"no" + b" " * size + b"AI"


FLOODS: Final[tuple[tuple[str, Callable[[int], bytes]], ...]] = (
    ("png", _png),
    ("png", _png_bomb),
    ("jpeg", _jpeg),
    ("jpeg", _jpeg_packets),
    ("wav", _wav),
    ("wav", _wav_info),
    ("avi", _avi_nest),
    ("webp", _webp),
    ("gif", _gif),
    ("mp4", _mp4_boxes),
    ("mp4", _mp4_nest),
    ("mp4", _mp4_tracks),
    ("mp4", _mp4_fragments),
    ("heif", _heif_items),
    ("matroska", _matroska),
    ("matroska", _matroska_clusters),
    ("ogg", _ogg),
    ("ogg", _ogg_streams),
    ("carrier-id3", _id3),
    ("mp3", _mp3),
    ("mp3", _mp3_false_starts),
    ("mp3", _mp3_tags),
    ("flac", _flac),
    ("carrier-vorbis", _vorbis),
    ("carrier-ape", _ape),
    ("tiff", _tiff_directories),
    ("tiff", _tiff_children),
    ("carrier-exif", _tiff_directories),
    ("carrier-xmp", _xmp),
    ("carrier-xmp", _xmp_descriptions),
    ("carrier-xmp", _xmp_nest),
    ("carrier-xmp", _xmp_prefixes),
    ("carrier-xmp", _xmp_entities),
    ("svg", _svg),
    ("svg", _svg_nest),
    ("svg", _svg_metadata),
    ("svgz", _svgz_bomb),
    ("psd", _psd),
    ("aiff", _iff),
    ("prose", _prose),
    ("prose", _prose_spaces),
)
"""Pairs of a target and what makes an input of about a size for it."""


def measured(name: str, data: bytes) -> str:
    """How many seconds an input takes."""
    start = time.perf_counter()
    try:
        with limited():
            TARGETS[name].exercise(data)
    except Hang:
        return "hangs"
    return f"{time.perf_counter() - start:.2f} s"


def report(names: set[str]) -> Iterator[str]:
    """A line for each flood of the targets named, or of all."""
    for name, make in FLOODS:
        if not names or name in names:
            one, two = (measured(name, make(size)) for size in (HALF, 2 * HALF))
            peak = getrusage(RUSAGE_SELF).ru_maxrss >> 10
            yield f"{name:18}{make.__name__[1:]:20}{one:>9}{two:>9}{peak:6} MB"


if __name__ == "__main__":
    for line in report(set(sys.argv[1:])):
        print(line, flush=True)
