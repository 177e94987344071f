"""Matroska files of any shape, built element by element, and an independent reader of them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

TAGS, SEEK_HEAD, CUES, CLUSTER = 0x1254C367, 0x114D9B74, 0x1C53BB6B, 0x1F43B675
INFO, TRACKS, VOID, SEGMENT, EBML = 0x1549A966, 0x1654AE6B, 0xEC, 0x18538067, 0x1A45DFA3
CHAPTERS, ATTACHMENTS, CRC = 0x1043A770, 0x1941A469, 0xBF
UNKNOWN = bytes.fromhex("01ffffffffffffff")


def ident(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def size(number: int, width: int = 0) -> bytes:
    width = width or next(w for w in range(1, 9) if number < (1 << 7 * w) - 1)
    return (number | 1 << 7 * width).to_bytes(width, "big")


def el(number: int, *parts: bytes, width: int = 0, sealed: bool = False) -> bytes:
    body = b"".join(parts)
    if sealed:
        body = b"\xbf\x84" + zlib.crc32(body).to_bytes(4, "little") + body
    return ident(number) + size(len(body), width) + body


def void(total: int) -> bytes:
    return el(VOID, bytes(total - 2)) if total < 128 else el(VOID, bytes(total - 9), width=8)


def num(number: int, value: int, width: int = 0) -> bytes:
    return el(number, value.to_bytes(width or max(1, (value.bit_length() + 7) // 8), "big"))


def simple(name: str, text: str, *nested: bytes) -> bytes:
    return el(0x67C8, el(0x45A3, name.encode()), el(0x4487, text.encode()), *nested)


def tag(*simples: bytes, level: int = 0, track: int = 0) -> bytes:
    targets = (num(0x68CA, level) if level else b"") + (num(0x63C5, track) if track else b"")
    return el(0x7373, el(0x63C0, targets), *simples)


def cluster(time: int, payload: bytes, *, known: bool = True, more: bytes = b"") -> bytes:
    body = num(0xE7, time) + more + el(0xA3, b"\x81\0\0\x80" + payload)
    return el(CLUSTER, body) if known else ident(CLUSTER) + UNKNOWN + body


def seek(number: int, position: int, width: int = 0, size_width: int = 0) -> bytes:
    parts = el(0x53AB, ident(number), width=size_width), num(0x53AC, position, width)
    return el(0x4DBB, *parts, width=size_width)


def document(doc_type: str = "matroska", *more: bytes) -> bytes:
    return el(EBML, num(0x4286, 1), num(0x42F7, 1), el(0x4282, doc_type.encode()), *more)


@dataclass
class Shape:
    """What a file is made of.

    Args:
        parts: the elements of level 1 by name, in order; see `PARTS`.
        indexed: the names that the SeekHead has entries for.
        room: the Void behind the SeekHead, in bytes.
        sealed: whether SeekHead and Tags have a CRC-32.
        segment: the width of the Segment's size; 0 for an unknown size.
        position: the width of positions in the SeekHead.
        known: whether the clusters' sizes are known.
        tags: the content of the Tags element.
    """

    parts: list[str]
    indexed: list[str] = field(default_factory=list)
    room: int = 0
    sealed: bool = False
    segment: int = 8
    position: int = 4
    known: bool = True
    tags: bytes = tag(simple("TITLE", "A film"), simple("ENCODER", "x"))

    def build(self) -> bytes:
        places = dict.fromkeys(self.parts, 0)
        body = b""
        for _ in range(2):  # the second time, the places are known
            body = b""
            for number, name in enumerate(self.parts):
                places[name] = len(body)
                body += self._part(name, number, places)
        head = document()
        if not self.segment:
            return head + ident(SEGMENT) + UNKNOWN + body
        return head + ident(SEGMENT) + size(len(body), self.segment) + body

    def _part(self, name: str, number: int, places: dict[str, int]) -> bytes:
        match name.rstrip("0123456789"):
            case "seekhead":
                ids = {"tags": TAGS, "cues": CUES, "info": INFO, "tracks": TRACKS}
                ids["cluster"] = CLUSTER
                entries = [
                    seek(ids[item.rstrip("0123456789")], places.get(item, 7), self.position)
                    for item in self.indexed
                ]
                return el(SEEK_HEAD, *entries, sealed=self.sealed) + (
                    void(self.room) if self.room else b""
                )
            case "info":
                return el(INFO, num(0x2AD7B1, 1000000), el(0x4D80, b"test"), el(0x5741, b"test"))
            case "tracks":
                entry = num(0xD7, 1) + num(0x73C5, 99) + num(0x83, 2) + el(0x86, b"A_PCM/INT/LIT")
                return el(TRACKS, el(0xAE, entry))
            case "cluster":
                return cluster(number, bytes([number % 256]) * 50, known=self.known)
            case "cues":
                last = max(
                    (p for p in self.parts if p.startswith("cluster")), key=places.__getitem__
                )
                place = el(0xB7, num(0xF7, 1), num(0xF1, places[last], 4))
                return el(CUES, el(0xBB, num(0xB3, 0), place), sealed=self.sealed)
            case "tags":
                return el(TAGS, self.tags, sealed=self.sealed)
            case "chapters":
                return el(CHAPTERS, el(0x45B9, num(0x45BC, 5)))
            case "void":
                return void(2 + int(name[4:] or 40))
        raise AssertionError(name)


@dataclass(frozen=True)
class Seen:
    """An element, as the reader of these tests sees it."""

    id: int
    at: int
    payload: int
    end: int


def vint(data: bytes, at: int) -> tuple[int, int | None]:
    width = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + width], "big") & (1 << 7 * width) - 1
    return at + width, None if value == (1 << 7 * width) - 1 else value


def elements(data: bytes, at: int, end: int) -> list[Seen]:
    """Every element of a level, clusters of unknown size being walked through."""
    found: list[Seen] = []
    while at < end:
        width = 9 - data[at].bit_length()
        number = int.from_bytes(data[at : at + width], "big")
        payload, length = vint(data, at + width)
        if length is None and number == CLUSTER:
            stop = payload
            while stop < end and data[stop] in (0xE7, 0xA3, 0xA7, VOID):
                begin, inner = vint(data, stop + 1)
                stop = begin + (inner or 0)
        else:
            stop = end if length is None else payload + length
        assert stop <= end, (hex(number), at)
        found.append(Seen(number, at, payload, stop))
        at = stop
    return found


def content(data: bytes, item: Seen) -> bytes:
    """What an element holds behind its CRC-32, which must be right."""
    body = data[item.payload : item.end]
    if body[:2] == b"\xbf\x84":
        assert zlib.crc32(body[6:]) == int.from_bytes(body[2:6], "little")
        return body[6:]
    return body


def level_1(data: bytes) -> tuple[int, list[Seen]]:
    """Where the first Segment's content begins, and what stands in it."""
    segment = next(item for item in elements(data, 0, len(data)) if item.id == SEGMENT)
    return segment.payload, elements(data, segment.payload, segment.end)


def pointers(data: bytes) -> list[tuple[int, int]]:
    """What each entry of the SeekHeads says, and what stands there."""
    base, found = level_1(data)
    there = {item.at: item.id for item in found}
    result = []
    for head in found:
        if head.id != SEEK_HEAD:
            continue
        body = content(data, head)
        for entry in elements(body, 0, len(body)):
            if entry.id == 0x4DBB:
                parts = elements(body, entry.payload, entry.end)
                what, where = (int.from_bytes(body[p.payload : p.end], "big") for p in parts)
                result.append((what, there.get(base + where, 0)))
    return result


def cue_targets(data: bytes) -> list[int]:
    """What stands where the Cues say that a cluster does."""
    base, found = level_1(data)
    there = {item.at: item.id for item in found}
    result = []
    for cues in found:
        if cues.id == CUES:
            body = content(data, cues)
            for point in elements(body, 0, len(body)):
                for part in elements(body, point.payload, point.end):
                    for field_ in elements(body, part.payload, part.end) if part.id == 0xB7 else ():
                        if field_.id == 0xF1:
                            where = int.from_bytes(body[field_.payload : field_.end], "big")
                            result.append(there.get(base + where, 0))
    return result
