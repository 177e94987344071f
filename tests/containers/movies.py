"""Movies built box by box, and a resolver that finds every sample in them by the standard alone.

Nothing here is shared with the package: the resolver reads the numbers anew, so that a movie and
its changed form can be compared by the bytes that their numbers lead to.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

Places = dict[str, int]
"""Where the named parts of a file stand."""

MARK = 3
"""How many bytes are looked at where auxiliary information begins; less than any sample has."""


def box(kind: bytes, *parts: bytes, large: bool = False) -> bytes:
    body = b"".join(parts)
    if large:
        return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def sample(name: str, size: int) -> bytes:
    return (f"<{name}>".encode() * (size // 4 + 1))[: max(size, 1)]


@dataclass
class Track:
    """A track whose samples stand in chunks.

    Args:
        number: its ID.
        chunks: for each chunk the sizes of its samples.
        wide: its offsets have 64 bits.
        saio: None, or the version of an auxiliary table that points to each chunk's second byte.
        external: its data are said to be in another file.
    """

    number: int
    chunks: list[list[int]]
    wide: bool = False
    saio: Literal[0, 1] | None = None
    external: bool = False

    def chunk(self, index: int) -> bytes:
        return b"".join(
            sample(f"t{self.number}c{index}s{i}", size) for i, size in enumerate(self.chunks[index])
        )

    def trak(self, places: Places) -> bytes:
        offsets = [places.get(f"t{self.number}c{i}", 0) for i in range(len(self.chunks))]
        if self.external:
            offsets = [7 + 1000 * i for i in range(len(offsets))]
        sizes = [size for chunk in self.chunks for size in chunk]
        runs = [struct.pack(">III", i + 1, len(c), 1) for i, c in enumerate(self.chunks)]
        code, kind = (">Q", b"co64") if self.wide else (">I", b"stco")
        url = full(b"url ", 0, 0, b"other.mov\0") if self.external else full(b"url ", 0, 1)
        entry = box(b"mp4v", bytes(6), struct.pack(">H", 1), bytes(70))
        boxes = [
            full(b"stsd", 0, 0, struct.pack(">I", 1), entry),
            full(b"stts", 0, 0, struct.pack(">III", 1, len(sizes), 40)),
            full(b"stsc", 0, 0, struct.pack(">I", len(runs)), *runs),
            full(b"stsz", 0, 0, struct.pack(">II", 0, len(sizes)), *(_u32(s) for s in sizes)),
            full(kind, 0, 0, _u32(len(offsets)), *(struct.pack(code, o) for o in offsets)),
        ]
        if self.saio is not None and not self.external:
            code = ">Q" if self.saio else ">I"
            entries = (struct.pack(code, offset + 1) for offset in offsets)
            boxes.append(
                full(b"saio", self.saio, 1, b"cenc", bytes(4), _u32(len(offsets)), *entries)
            )
        minf = box(
            b"minf",
            full(b"vmhd", 0, 1, bytes(8)),
            box(b"dinf", full(b"dref", 0, 0, _u32(1), url)),
            box(b"stbl", *boxes),
        )
        return box(
            b"trak",
            full(b"tkhd", 0, 7, bytes(8), _u32(self.number), bytes(68)),
            box(b"mdia", full(b"mdhd", 0, 0, bytes(8), struct.pack(">II", 25, 90), bytes(4)), minf),
        )


@dataclass
class Run:
    """A ``trun``: its samples' sizes, and whether it says where they stand."""

    sizes: list[int]
    explicit: bool = True


@dataclass
class Part:
    """A ``traf``.

    Args:
        track: its track's ID.
        runs: its runs.
        base: what its offsets count from.
        sized: its samples' sizes stand in the runs; else the header has one for all.
        saio: it has auxiliary offsets, which point to its first sample.
    """

    track: int
    runs: list[Run]
    base: Literal["file", "moof", "mdat", "flag", "chain"] = "moof"
    sized: bool = True
    saio: bool = False


@dataclass
class Fragment:
    """A ``moof`` with its ``mdat``."""

    number: int
    parts: list[Part]
    large: bool = False

    def data(self) -> Iterator[tuple[str, bytes]]:
        for p, part in enumerate(self.parts):
            for r, run in enumerate(part.runs):
                for s, size in enumerate(run.sizes):
                    name = f"f{self.number}p{p}r{r}s{s}"
                    yield name, sample(name, size)

    def moof(self, places: Places) -> bytes:
        here = places.get(f"moof{self.number}", 0)
        trafs: list[bytes] = []
        chained = here
        for p, part in enumerate(self.parts):
            mdat = places.get(f"mdat{self.number}", 0)
            base = {"file": 0, "moof": here, "mdat": mdat, "flag": here, "chain": chained}[
                part.base
            ]
            flags = {"flag": 0x020000, "chain": 0}.get(part.base, 1)
            default = part.runs[0].sizes[0]
            fields = struct.pack(">Q", base) if flags == 1 else b""
            if not part.sized:
                flags |= 0x10
                fields += _u32(default)
            boxes = [full(b"tfhd", 0, flags, _u32(part.track), fields)]
            boxes.append(full(b"tfdt", 0, 0, _u32(100 * self.number)))
            for r, run in enumerate(part.runs):
                first = places.get(f"f{self.number}p{p}r{r}s0", 0)
                follows = r > 0 or (part.base == "chain" and p > 0)
                explicit = run.explicit or not follows
                flags = (1 if explicit else 0) | (0x200 if part.sized else 0)
                offset = struct.pack(">i", first - base) if explicit else b""
                table = b"".join(_u32(s) for s in run.sizes) if part.sized else b""
                boxes.append(full(b"trun", 0, flags, _u32(len(run.sizes)), offset, table))
                chained = first + sum(run.sizes)
            if part.saio:
                first = places.get(f"f{self.number}p{p}r0s0", 0)
                boxes.append(full(b"saio", 0, 0, _u32(1), _u32(max(0, first - base))))
            trafs.append(box(b"traf", *boxes))
        return box(b"moof", full(b"mfhd", 0, 0, _u32(self.number + 1)), *trafs)


@dataclass
class Builder:
    """A file in parts; each is made when the places of all are known.

    Args:
        parts: names and makers; an empty name for what nothing points to.
    """

    parts: list[tuple[str, Callable[[Places], bytes]]] = field(default_factory=list)

    def add(self, name: str, make: Callable[[Places], bytes] | bytes) -> None:
        if isinstance(make, bytes):
            data = make
            self.parts.append((name, lambda _: data))
        else:
            self.parts.append((name, make))

    def media(self, pieces: Sequence[tuple[str, bytes]], form: str = "", name: str = "") -> None:
        """A ``mdat``; ``form`` is empty, ``large`` or ``open`` (size 0)."""
        size = sum(len(data) for _, data in pieces)
        head = {
            "": struct.pack(">I4s", 8 + size, b"mdat"),
            "large": struct.pack(">I4sQ", 1, b"mdat", 16 + size),
            "open": struct.pack(">I4s", 0, b"mdat"),
        }[form]
        self.add(name, head)
        for label, data in pieces:
            self.add(label, data)

    def build(self) -> bytes:
        places: Places = {}
        while True:
            out: list[bytes] = []
            found: Places = {}
            at = 0
            for name, make in self.parts:
                data = make(places)
                if name:
                    found[name] = at
                at += len(data)
                out.append(data)
            found["end"] = at
            if found == places:
                return b"".join(out)
            places = found


def moov(tracks: Sequence[Track], places: Places, *extra: bytes, fragmented: bool = False) -> bytes:
    mvex = box(b"mvex", *(full(b"trex", 0, 0, _u32(t.number), _u32(1), bytes(12)) for t in tracks))
    return box(
        b"moov",
        full(b"mvhd", 0, 0, bytes(96)),
        *(track.trak(places) for track in tracks),
        *([mvex] if fragmented else []),
        *extra,
    )


def sidx(version: int, first: int, spans: Sequence[tuple[int, int]]) -> bytes:
    """A segment index; ``spans`` are type bits and sizes."""
    code = ">QQ" if version else ">II"
    rows = (struct.pack(">III", kind << 31 | size, 40, 1 << 31) for kind, size in spans)
    head = struct.pack(">II", 1, 1000) + struct.pack(code, 0, first)
    return full(b"sidx", version, 0, head, struct.pack(">HH", 0, len(spans)), *rows)


def mfra(version: int, moofs: Sequence[int]) -> bytes:
    code = ">QQ" if version else ">II"
    rows = (struct.pack(code, 10 * i, at) + b"\1\1\1" for i, at in enumerate(moofs))
    table = full(b"tfra", version, 0, _u32(1), _u32(0), _u32(len(moofs)), *rows)
    size = 8 + len(table) + 16
    return box(b"mfra", table, full(b"mfro", 0, 0, _u32(size)))


def _u32(value: int) -> bytes:
    return struct.pack(">I", value)


# --- the resolver --------------------------------------------------------------------------


def boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Kind, start, content and end of the boxes in a range."""
    at = start
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        if size == 0:
            if kind == bytes(4):
                return
            size = end - at
        if size < head or at + size > end:
            return
        yield kind, at, at + head, at + size
        at += size


def find(data: bytes, start: int, end: int, *path: bytes) -> Iterator[tuple[int, int]]:
    for kind, _, body, stop in boxes(data, start, end):
        if kind == path[0]:
            if len(path) == 1:
                yield body, stop
            else:
                yield from find(data, body, stop, *path[1:])


def _words(data: bytes, at: int, count: int, code: str = "I") -> tuple[int, ...]:
    return struct.unpack_from(f">{count}{code}", data, at)


def resolve(data: bytes) -> list[tuple[str, bytes]]:
    """What every number in the file leads to, in an order that a change must not alter."""
    found: list[tuple[str, bytes]] = []
    size = len(data)
    for moov_at, moov_end in find(data, 0, size, b"moov"):
        for at, end in find(data, moov_at, moov_end, b"trak"):
            found += _chunks(data, at, end)
    for kind, start, at, end in boxes(data, 0, size):
        if kind == b"moof":
            found += _fragment(data, start, at, end)
        elif kind == b"sidx":
            found += _index(data, at, end)
        elif kind == b"mfra":
            found += _random_access(data, at, end)
    return found


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[str, bytes]]:
    [(dref, _)] = find(data, at, end, b"mdia", b"minf", b"dinf", b"dref")
    [(stbl, stop)] = find(data, at, end, b"mdia", b"minf", b"stbl")
    own = data[dref + 19] & 1
    tables = {kind: body for kind, _, body, _ in boxes(data, stbl, stop)}
    [count] = _words(data, tables[b"stsz"] + 8, 1)
    sizes = iter(_words(data, tables[b"stsz"] + 12, count))
    kind, code = (b"co64", "Q") if b"co64" in tables else (b"stco", "I")
    [chunks] = _words(data, tables[kind] + 4, 1)
    offsets = _words(data, tables[kind] + 8, chunks, code)
    runs = _words(data, tables[b"stsc"] + 8, 3 * _words(data, tables[b"stsc"] + 4, 1)[0])
    for index, offset in enumerate(offsets):
        if not own:
            yield "external", str(offset).encode()
            continue
        for _ in range(runs[3 * index + 1]):
            length = next(sizes)
            yield "sample", data[offset : offset + length]
            offset += length
    if b"saio" in tables:
        body = tables[b"saio"]
        [count] = _words(data, body + 12, 1)
        for place in _words(data, body + 16, count, "Q" if data[body] else "I"):
            yield "auxiliary", data[place : place + MARK]


def _fragment(data: bytes, start: int, at: int, end: int) -> Iterator[tuple[str, bytes]]:
    follows = start
    for body, stop in find(data, at, end, b"traf"):
        [(tfhd, _)] = find(data, body, stop, b"tfhd")
        flags = _words(data, tfhd, 1)[0] & 0xFFFFFF
        place, base, default = tfhd + 8, follows, 0
        if flags & 1:
            [base] = _words(data, place, 1, "Q")
            place += 8
        elif flags & 0x020000:
            base = start
        if flags & 0x10:
            [default] = _words(data, place, 1)
        follows = base
        for kind, _, run, _ in boxes(data, body, stop):
            if kind == b"trun":
                flags = _words(data, run, 1)[0] & 0xFFFFFF
                [count] = _words(data, run + 4, 1)
                place = run + 8
                if flags & 1:
                    follows = base + struct.unpack_from(">i", data, place)[0]
                    place += 4
                sizes = _words(data, place, count) if flags & 0x200 else (default,) * count
                for length in sizes:
                    yield "fragment", data[follows : follows + length]
                    follows += length
            elif kind == b"saio":
                target = base + _words(data, run + 8, 1)[0]
                yield "auxiliary", data[target : target + MARK]


def _index(data: bytes, at: int, end: int) -> Iterator[tuple[str, bytes]]:
    version = data[at]
    place = at + 12 + (8 if version else 4)
    [first] = _words(data, place, 1, "Q" if version else "I")
    place += 8 if version else 4
    [count] = _words(data, place + 2, 1, "H")
    target = end + first
    for row in range(count):
        [word] = _words(data, place + 4 + 12 * row, 1)
        length = word & 0x7FFFFFFF
        # The fragments in a subsegment are named by their numbers; their contents may change.
        inner = [
            str(_words(data, body + 12, 1)[0])
            for kind, _, body, _ in boxes(data, target, target + length)
            if kind == b"moof"
        ]
        starts = data[target + 4 : target + 8]
        yield f"segment {word >> 31}", starts + "/".join(inner).encode()
        target += length


def _random_access(data: bytes, at: int, end: int) -> Iterator[tuple[str, bytes]]:
    for body, _ in find(data, at, end, b"tfra"):
        version = data[body]
        [count] = _words(data, body + 12, 1)
        for row in range(count):
            place = body + 16 + row * (19 if version else 11)
            target = _words(data, place, 2, "Q" if version else "I")[1]
            yield "random access", data[target + 4 : target + 8] + data[target + 20 : target + 24]
    [(body, _)] = find(data, at, end, b"mfro")
    mfra_at = len(data) - _words(data, body + 4, 1)[0]
    yield "mfro", data[mfra_at + 4 : mfra_at + 8]
