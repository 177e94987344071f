"""Movies beyond 4 GiB, and tables with very many entries."""

from __future__ import annotations

import struct
import tracemalloc
from array import array

import pytest

from mediaoptout.containers.base import MANIFEST
from mediaoptout.containers.bmff import Mov, Mp4
from mediaoptout.containers.proof import prove
from mediaoptout.errors import RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import check_range
from tests.containers.harness import fake_store, wanted
from tests.containers.movies import box, full

GIB = 1 << 30


class Sparse:
    """A source of zeros with some bytes in it."""

    def __init__(self, size: int, pieces: dict[int, bytes]) -> None:
        self.size = size
        self._pieces = pieces

    def read(self, start: int, end: int) -> bytes:
        check_range(start, end, self.size)
        data = bytearray(end - start)
        for at, piece in self._pieces.items():
            low, high = max(at, start), min(at + len(piece), end)
            if low < high:
                data[low - start : high - start] = piece[low - at : high - at]
        return bytes(data)


def movie(offsets: array[int], wide: bool, extra: bytes = b"") -> bytes:
    table = array("Q" if wide else "I", offsets)
    table.byteswap()
    count = struct.pack(">I", len(offsets))
    entry = box(b"sowt", bytes(6), struct.pack(">H", 1), bytes(20))
    stbl = box(
        b"stbl",
        full(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        full(b"stts", 0, 0, struct.pack(">III", 1, len(offsets), 1)),
        full(b"stsc", 0, 0, struct.pack(">IIII", 1, 1, 1, 1)),
        full(b"stsz", 0, 0, struct.pack(">II", 4, len(offsets))),
        full(b"co64" if wide else b"stco", 0, 0, count, table.tobytes()),
    )
    mdia = box(b"mdia", full(b"mdhd", 0, 0, bytes(20)), box(b"minf", stbl))
    trak = box(b"trak", full(b"tkhd", 0, 7, bytes(80)), mdia)
    return box(b"moov", full(b"mvhd", 0, 0, bytes(96)), trak, extra)


def sparse(size: int, offsets_from_end: list[int], brand: bytes = b"isom") -> Sparse:
    """A movie of ``size`` bytes with the header first, and chunks counted from the end."""
    ftyp = box(b"ftyp", brand, bytes(4))
    offsets = array("Q", [size - back for back in offsets_from_end])
    header = ftyp + movie(offsets, wide=max(offsets) >= 1 << 32)
    mdat = struct.pack(">I4sQ", 1, b"mdat", size - len(header))
    pieces = {0: header + mdat}
    pieces |= {size - back: f"chunk{i}".encode() for i, back in enumerate(offsets_from_end)}
    return Sparse(size, pieces)


def targets(layout) -> list[int]:
    return [place for table in layout.links.tables for place in table.targets]


@pytest.mark.parametrize("family", [Mp4(), Mov()], ids=["mp4", "mov"])
def test_offsets_widen_where_they_would_overflow(family):
    backs = [1 << 31, 9000, 3000, 8]
    source = sparse((1 << 32) + 5, backs, b"isom" if family.name == "mp4" else b"qt  ")
    layout = family.read(source)
    assert [table.width for table in layout.links.tables] == [4]
    patch = family.change(source, layout, wanted(manifest=4000)).patch
    patch = patch.fill(MANIFEST, family.frame_manifest(fake_store(4000)))
    after = PatchedSource(source, patch)
    new = family.read(after)
    assert [table.width for table in new.links.tables] == [8]
    assert max(targets(new)) > 1 << 32
    found = [after.read(place, place + 6) for place in targets(new)]
    assert found == [b"chunk0", b"chunk1", b"chunk2", b"chunk3"]
    proof = prove(layout, new, patch)
    assert proof.holds, proof.reasons


def test_offsets_beyond_four_gib_move():
    source = sparse(6 * GIB, [5 * GIB, GIB, 100])
    layout = Mp4().read(source)
    patch = Mp4().change(source, layout, wanted()).patch
    after = PatchedSource(source, patch)
    new = Mp4().read(after)
    assert [after.read(at, at + 6) for at in targets(new)] == [b"chunk0", b"chunk1", b"chunk2"]
    assert prove(layout, new, patch).holds
    assert patch.bytes_inserted < 20_000


def test_an_open_mdat_that_is_too_long_to_be_closed_stays_last():
    size = 5 * GIB
    ftyp, offsets = box(b"ftyp", b"isom", bytes(4)), array("Q", [size - 100])
    header = ftyp + movie(offsets, wide=True)
    pieces = {0: header + struct.pack(">I4s", 0, b"mdat"), size - 100: b"chunk0"}
    source = Sparse(size, pieces)
    layout = Mp4().read(source)
    patch = Mp4().change(source, layout, wanted()).patch
    after = PatchedSource(source, patch)
    new = Mp4().read(after)
    assert after.read(targets(new)[0], targets(new)[0] + 6) == b"chunk0"
    assert new.boxes[-1].kind == b"mdat"
    assert new.boxes[-1].open
    assert prove(layout, new, patch).holds


def test_a_fragment_offset_that_cannot_be_widened_is_refused():
    size = (1 << 32) + (1 << 20)
    ftyp = box(b"ftyp", b"isom", bytes(4))
    mvex = box(b"mvex", full(b"trex", 0, 0, struct.pack(">II", 1, 1), bytes(12)))
    header = ftyp + movie(array("Q"), wide=False, extra=mvex)
    moof_at = (1 << 32) - 100
    traf = box(b"traf", full(b"tfhd", 0, 0x020000, struct.pack(">I", 1)))
    moof = box(b"moof", full(b"mfhd", 0, 0, bytes(4)), traf)
    rest = moof_at + len(moof)
    tfra = full(b"tfra", 0, 0, struct.pack(">IIIII", 1, 0, 1, 0, moof_at), b"\1\1\1")
    mfra = box(b"mfra", tfra, full(b"mfro", 0, 0, struct.pack(">I", 24 + len(tfra))))
    pieces = {
        0: header + struct.pack(">I4sQ", 1, b"mdat", moof_at - len(header)),
        moof_at: moof + struct.pack(">I4s", size - rest - len(mfra), b"mdat"),
        size - len(mfra): mfra,
    }
    source = Sparse(size, pieces)
    layout = Mp4().read(source)
    assert layout.obstacle is None
    with pytest.raises(RefusedError) as caught:
        Mp4().change(source, layout, wanted())
    assert caught.value.code == "overflow"
    assert caught.value.fix


def test_many_chunks_stay_in_small_memory():
    count = 300_000
    ftyp = box(b"ftyp", b"isom", bytes(4))
    empty = len(ftyp) + len(movie(array("Q", bytes(8 * count)), wide=False)) + 8
    header = ftyp + movie(array("Q", range(empty, empty + 4 * count, 4)), wide=False)
    data = header + struct.pack(">I4s", 8 + 4 * count, b"mdat")
    source = Sparse(len(data) + 4 * count, {0: data})
    tracemalloc.start()
    layout = Mp4().read(source)
    patch = Mp4().change(source, layout, wanted()).patch
    new = Mp4().read(PatchedSource(source, patch))
    proof = prove(layout, new, patch)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert proof.holds, proof.reasons
    assert peak < 40 << 20
