"""Ogg files built page by page, with a checksum of their own."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

BOS, EOS, CONTINUED = 2, 4, 1


def _table() -> list[int]:
    table = []
    for byte in range(256):
        register = byte << 24
        for _ in range(8):
            register = (register << 1) ^ (0x04C11DB7 if register & 0x80000000 else 0)
        table.append(register & 0xFFFFFFFF)
    return table


TABLE = _table()


def crc(data: bytes | bytearray) -> int:
    """RFC 3533's checksum, a byte at a time."""
    register = 0
    for byte in data:
        register = ((register << 8) & 0xFFFFFFFF) ^ TABLE[(register >> 24) ^ byte]
    return register


def page(
    serial: int, sequence: int, lacing: Sequence[int], body: bytes, granule: int = 0, flags: int = 0
) -> bytes:
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, granule, serial, sequence, 0)
    data = bytearray(head + bytes((len(lacing), *lacing)) + body)
    data[22:26] = crc(data).to_bytes(4, "little")
    return bytes(data)


Group = tuple[Sequence[bytes], int]
"""Packets that begin on a page of their own, and the granule position behind them."""


def stream(
    serial: int, groups: Iterable[Group], *, segments: int = 255, eos: bool = True, first: int = 0
) -> list[bytes]:
    """The pages of a logical stream.

    Args:
        serial: its number.
        groups: its packets; the first one alone is the identification header.
        segments: how many segments a page takes at most.
        eos: whether the last page says so.
        first: the first page's number.
    """
    plans: list[tuple[list[int], bytes, int, bool]] = []
    for packets, granule in groups:
        lacing = [v for p in packets for v in (*[255] * (len(p) // 255), len(p) % 255)]
        body, at, is_open = b"".join(packets), 0, False
        for i in range(0, len(lacing), segments):
            part = lacing[i : i + segments]
            ends = any(value < 255 for value in part)
            plans.append((part, body[at : at + sum(part)], granule if ends else -1, is_open))
            at += sum(part)
            is_open = part[-1] == 255
    pages = []
    for number, (lacing, body, granule, is_open) in enumerate(plans):
        flags = CONTINUED * is_open | BOS * (number == 0)
        flags |= EOS * (eos and number == len(plans) - 1)
        pages.append(page(serial, first + number, lacing, body, granule, flags))
    return pages


def multiplexed(*streams: list[bytes]) -> bytes:
    """The pages of several streams in turns."""
    return b"".join(p for turn in zip_longest(*streams, fillvalue=b"") for p in turn)


def comments(*items: bytes, vendor: bytes = b"A vendor") -> bytes:
    parts = [vendor, *items]
    texts = [struct.pack("<I", len(part)) + part for part in parts]
    return texts[0] + struct.pack("<I", len(items)) + b"".join(texts[1:])


def data(count: int, size: int, seed: int = 0) -> list[Group]:
    """Groups of one packet each, that look like sound."""
    return [
        ([bytes((seed + i + j) % 251 for j in range(size + i % 7))], 960 * (i + 1))
        for i in range(count)
    ]


OPUS_HEAD = struct.pack("<8sBBHIhB", b"OpusHead", 1, 2, 312, 48000, 0, 0)
VORBIS_HEAD = b"\x01vorbis" + struct.pack("<IBIiiiBB", 0, 2, 44100, 0, 112000, 0, 0xB8, 1)
THEORA_HEAD = b"\x80theora" + bytes(range(35))
SPEEX_HEAD = b"Speex   " + b"1.2".ljust(20, b"\0") + bytes(52)
FLAC_HEAD = b"\x7fFLAC\x01\0\0\x01fLaC\0\0\0\x22" + bytes(34)
SETUP = b"\x05vorbis" + bytes(i * 7 % 256 for i in range(3500))


def opus(
    serial: int, block: bytes, groups: Sequence[Group], *, segments: int = 255, behind: bytes = b""
) -> list[bytes]:
    headers: list[Group] = [([OPUS_HEAD], 0), ([b"OpusTags" + block + behind], 0)]
    return stream(serial, [*headers, *groups], segments=segments)


def vorbis(
    serial: int, block: bytes, groups: Sequence[Group], *, segments: int = 255, behind: bytes = b""
) -> list[bytes]:
    headers: list[Group] = [
        ([VORBIS_HEAD], 0),
        ([b"\x03vorbis" + block + b"\x01" + behind, SETUP], 0),
    ]
    return stream(serial, [*headers, *groups], segments=segments)


def flac(serial: int, block: bytes, groups: Sequence[Group], *, segments: int = 255) -> list[bytes]:
    header = b"\x84" + len(block).to_bytes(3, "big") + block
    headers: list[Group] = [([FLAC_HEAD], 0), ([header], 0)]
    return stream(serial, [*headers, *groups], segments=segments)


def speex(
    serial: int, block: bytes, groups: Sequence[Group], *, segments: int = 255
) -> list[bytes]:
    return stream(serial, [([SPEEX_HEAD], 0), ([block], 0), *groups], segments=segments)


def theora(
    serial: int, block: bytes, groups: Sequence[Group], *, segments: int = 255
) -> list[bytes]:
    headers: list[Group] = [
        ([THEORA_HEAD], 0),
        ([b"\x81theora" + block, b"\x82theora" + bytes(3000)], 0),
    ]
    return stream(serial, [*headers, *groups], segments=segments)


def parts(file: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Every page: where it stands, its header, its body; its checksum is right."""
    at = 0
    while at < len(file):
        assert file[at : at + 5] == b"OggS\0", f"no page at {at}"
        stop = at + 27 + file[at + 26]
        end = stop + sum(file[at + 27 : stop])
        blank = file[at : at + 22] + bytes(4) + file[at + 26 : end]
        assert crc(blank).to_bytes(4, "little") == file[at + 22 : at + 26], f"checksum at {at}"
        yield at, file[at:stop], file[stop:end]
        at = end


def packets(file: bytes) -> dict[int, list[tuple[bytes, int, int]]]:
    """The packets of every stream: content, granule position and flags of the page it ends on.

    Sequence numbers must follow one another, and continued packets must say so.
    """
    found: dict[int, list[tuple[bytes, int, int]]] = {}
    numbers: dict[int, int] = {}
    held: dict[int, bytes | None] = {}
    for _, header, body in parts(file):
        flags, granule, serial, number = struct.unpack_from("<BqII", header, 5)
        assert serial not in numbers or number == numbers[serial] + 1 or flags & BOS
        assert bool(flags & CONTINUED) == (held.get(serial) is not None)
        numbers[serial] = number
        at = 0
        ended = False
        for value in header[27:]:
            held[serial] = (held.get(serial) or b"") + body[at : at + value]
            at += value
            if value < 255:
                ended = True
                found.setdefault(serial, []).append((held[serial] or b"", granule, flags & EOS))
                held[serial] = None
        assert ended == (granule != -1)
    return found


def varint(value: int) -> bytes:
    low: list[int] = []
    while value > 127:
        low.append(value & 127)
        value >>= 7
    return bytes((*low, value | 128))


def index(serial: int, places: Sequence[int]) -> bytes:
    """A Skeleton 4.0 index packet; the places count from the beginning of the group."""
    head = b"index\0" + struct.pack("<IQqqq", serial, len(places), 1000, 0, 1000 * len(places))
    steps = [b - a for a, b in zip((0, *places), places, strict=False)]
    return head + b"".join(varint(step) + varint(40) for step in steps)


def read_index(packet: bytes) -> list[int]:
    values, value, shift = [], 0, 0
    for byte in packet[42:]:
        value |= (byte & 127) << shift
        shift += 7
        if byte & 128:
            values.append(value)
            value = shift = 0
    steps = values[::2]
    return [sum(steps[: i + 1]) for i in range(len(steps))]


def fishead(length: int, content: int) -> bytes:
    return struct.pack("<8sHHqqqq20sQQ", b"fishead\0", 4, 0, 0, 1, 0, 1, b"", length, content)


def with_skeleton(make: Sequence[list[bytes]], *, keypoints: int) -> bytes:
    """Streams with a Skeleton before them, whose index is right.

    Args:
        make: the streams; each has its BOS page and one more header page.
        keypoints: how many data pages of the first stream are key points.
    """
    places: list[int] = [0] * keypoints
    length = content = 0
    while True:
        serial = int.from_bytes(make[0][0][14:18], "little")
        headers: list[Group] = [([fishead(length, content)], 0), ([index(serial, places)], 0)]
        bones = stream(0x5CE1, [*headers, ([b""], 0)])
        head = [bones[0], *(s[0] for s in make), *(s[1] for s in make), *bones[1:]]
        start = b"".join(head)
        file = start + multiplexed(*(s[2:] for s in make))
        starts = [at for at, h, _ in parts(file) if at >= len(start)]
        mine = [at for at in starts if file[at + 14 : at + 18] == serial.to_bytes(4, "little")]
        found = mine[:: max(1, len(mine) // keypoints)][:keypoints]
        if (found, len(file), len(start)) == (places, length, content):
            return file
        places, length, content = found, len(file), len(start)
