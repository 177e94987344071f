from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.containers.avi import Avi
from mediaoptout.containers.base import MANIFEST, Change
from mediaoptout.containers.chunks import walk
from mediaoptout.containers.proof import prove
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice import inplace
from mediaoptout.splice.patch import Copy, Insert, Patch, PatchedSource
from mediaoptout.splice.source import BytesSource, FileSource
from mediaoptout.vocabularies.properties import LangAlt, Property
from mediaoptout.words import Carrier
from tests import witnesses
from tests.containers.avi_files import FRAME, Recipe, chunk, listed
from tests.containers.harness import ContainerContract, content, wanted


class TestAvi(ContainerContract):
    container = Avi()
    sample_folders = ("avi",)
    corpus_folders = ("avi",)
    minimum = 2
    corpus_minimum = 1
    may_change = ("XMP-plus:DataMining",)

    def test_room_is_reused(self, path):
        if path.name != "avi_xmp_pmx.avi":  # the first change takes nearly all of its room
            super().test_room_is_reused(path)

    def test_mediainfo_sees_the_notice_and_the_same_streams(self, path, written):
        before, after = witnesses.mediainfo(path), witnesses.mediainfo(written)
        if before is None or after is None:
            pytest.skip("no MediaInfo here")
        assert after["media"]["track"][0]["Copyright"]
        kept = {"Format", "Duration", "FrameCount", "StreamSize", "SamplingCount", "BitRate"}
        for old, new in zip(before["media"]["track"][1:], after["media"]["track"][1:], strict=True):
            assert {k: old[k] for k in kept & old.keys()} == {k: new[k] for k in kept & new.keys()}


AVI = Avi()
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    b' plus:DataMining="http://ns.useplus.org/ldf/vocab/%s"/></rdf:RDF></x:xmpmeta>'
)
INFO = listed(b"INFO", chunk(b"ISFT", b"writer\0"))


def change(data: bytes, **options) -> Change:
    source = BytesSource(data)
    return AVI.change(source, AVI.read(source), wanted(**options))


def written(data: bytes, **options) -> bytes:
    source = BytesSource(data)
    layout = AVI.read(source)
    patch = AVI.change(source, layout, wanted(**options)).patch
    if patch.holes:
        patch = patch.fill(MANIFEST, AVI.frame_manifest(bytes(options["manifest"])))
    patched = PatchedSource(source, patch)
    assert prove(layout, AVI.read(patched), patch).holds
    return content(patched)


def names(data: bytes) -> list[bytes]:
    """The chunks of the first RIFF, lists by their kind."""
    end = 8 + int.from_bytes(data[4:8], "little")
    found = walk(BytesSource(data), 12, end)
    assert found.stop == end
    return [
        data[item.start + 8 : item.start + 12] if item.name == b"LIST" else item.name
        for item in found.chunks
    ]


def frames(data: bytes) -> list[bytes]:
    """The pictures that the OpenDML indexes lead to."""
    at = data.index(b"indx")
    count = int.from_bytes(data[at + 12 : at + 16], "little")
    found = []
    for number in range(count):
        entry = at + 32 + 16 * number
        place = int.from_bytes(data[entry : entry + 8], "little")
        assert data[place : place + 4] == b"ix00"
        rows, _, base = struct.unpack_from("<I4sQ", data, place + 12)
        for row in range(rows):
            offset, size = struct.unpack_from("<II", data, place + 32 + 8 * row)
            assert data[base + offset - 8 : base + offset - 4] == b"00dc"
            found.append(data[base + offset : base + offset + size])
    return found


def old_frames(data: bytes, *, relative: bool) -> list[bytes]:
    """The pictures that ``idx1`` leads to."""
    base = data.index(b"movi") if relative else 0
    at = data.index(b"idx1")
    count = int.from_bytes(data[at + 4 : at + 8], "little") // 16
    rows = [struct.unpack_from("<4sIII", data, at + 8 + 16 * row) for row in range(count)]
    return [data[base + offset + 8 : base + offset + 8 + size] for _, _, offset, size in rows]


def pictures(count: int) -> list[bytes]:
    return [bytes([number * 7 % 256]) * FRAME for number in range(count)]


def test_the_list_goes_into_filling_and_nothing_moves():
    data = Recipe(before=chunk(b"JUNK", bytes(3000)), large=False).build()
    new = written(data)
    assert names(new) == [b"hdrl", b"INFO", b"JUNK", b"movi", b"idx1", b"_PMX"]
    assert new.index(b"movi") == data.index(b"movi")


def test_without_filling_the_movie_moves_by_whole_sectors():
    data = Recipe().build()
    new = written(data)
    assert names(new) == [b"hdrl", b"INFO", b"JUNK", b"movi", b"idx1", b"_PMX"]
    assert (new.index(b"movi") - data.index(b"movi")) % 2048 == 0
    assert frames(new) == old_frames(new, relative=True) == pictures(3)


@pytest.mark.parametrize("before", [INFO, INFO + chunk(b"JUNK", bytes(50)), INFO[:-1]])
def test_a_list_that_is_there_grows(before):
    data = Recipe(riffs=2, before=before + (b"" if len(before) % 2 == 0 else b"\0")).build()
    new = written(data)
    assert names(new) == [b"hdrl", b"INFO", b"JUNK", b"movi", b"idx1", b"_PMX"]
    assert b"writer\0" in new
    assert frames(new) == pictures(6)


@pytest.mark.parametrize("from_start", [False, True])
@pytest.mark.parametrize("old_index", [False, True])
def test_the_indexes_of_later_riffs_are_put_right(from_start, old_index):
    data = Recipe(riffs=3, from_start=from_start, old_index=old_index).build()
    assert frames(data) == pictures(9)
    for new in (written(data), written(data, manifest=999)):
        assert frames(new) == pictures(9)
        assert len(new) - len(data) > 4000
    signed = written(data, manifest=999)
    assert names(signed)[-1] == b"C2PA"
    assert frames(written(signed, drop_manifest=True)) == pictures(9)


def test_ffmpeg_reads_an_opendml_file_as_before(tmp_path):
    data = Recipe(riffs=3).build()
    before, after = tmp_path / "before.avi", tmp_path / "after.avi"
    before.write_bytes(data)
    after.write_bytes(written(data, manifest=500))
    hashes = witnesses.streamhash(before)
    if hashes is None:
        pytest.skip("no ffmpeg here")
    assert witnesses.streamhash(after) == hashes
    assert hashes[-1].endswith(" 9")
    assert (witnesses.ffprobe_tags(after) or {})["format:copyright"]
    tags = witnesses.exiftool(after)
    assert tags is None or any(name.endswith(":DataMining") for name in tags)


def test_an_index_from_the_files_beginning_keeps_the_movie_where_it_is():
    data = Recipe(large=False, relative=False, before=INFO).build()
    new = written(data)
    assert new.index(b"movi") == data.index(b"movi")
    assert names(new) == [b"hdrl", b"JUNK", b"movi", b"idx1", b"INFO", b"_PMX"]
    assert old_frames(new, relative=False) == pictures(3)


def test_an_index_that_cannot_be_understood_pins_the_movie():
    data = bytearray(Recipe().build())
    at = data.index(b"ix00")
    data[at : at + 4] = b"what"
    new = written(bytes(data))
    assert new.index(b"movi") == data.index(b"movi")
    several = bytearray(Recipe(riffs=2).build())
    several[several.index(b"indx") + 11] = 7
    with pytest.raises(RefusedError) as caught:
        written(bytes(several))
    assert caught.value.code == "index"


def test_the_manifest_is_the_last_chunk_of_the_first_riff():
    source = BytesSource(Recipe(riffs=2, after=chunk(b"ABCD", b"odd")).build())
    layout = AVI.read(source)
    made = AVI.change(source, layout, wanted(manifest=101))
    [(_, hole)] = made.patch.holes
    assert hole.size == 8 + 101
    new = written(content(source), manifest=101)
    assert names(new) == [b"hdrl", b"INFO", b"JUNK", b"movi", b"idx1", b"ABCD", b"_PMX", b"C2PA"]
    assert new[hole.end + 1 : hole.end + 5] == b"RIFF"


def test_a_packet_of_a_later_riff_is_read_and_not_weakened():
    data = Recipe(riffs=2).build()
    packet = chunk(b"_PMX", PACKET % b"DMI-PROHIBITED")
    at = data.index(b"AVIX") - 8
    size = int.from_bytes(data[at + 4 : at + 8], "little") + len(packet)
    data = data[: at + 4] + struct.pack("<I", size) + data[at + 8 :] + packet
    blocks = AVI.read(BytesSource(data)).blocks
    assert [block.location for block in blocks] == ["AVIX/_PMX"]
    assert b"EXCEPTSEARCHENGINEINDEXING" not in written(data)


def test_an_id3_tag_is_read():
    tag = b"ID3\3\0\0\0\0\0\x13TCOP\0\0\0\x09\0\0\0Somebody"
    [block] = AVI.read(BytesSource(Recipe(before=chunk(b"ID32", tag)).build())).blocks
    assert (block.carrier, block.entries[0].value) == (Carrier.ID3, "Somebody")


def test_a_broken_packet_is_never_replaced():
    with pytest.raises(RefusedError) as caught:
        written(Recipe(after=chunk(b"_PMX", b"<x:xmpmeta")).build())
    assert caught.value.code == "damaged-carrier"


def test_a_length_that_lies_is_put_right_and_told():
    data = bytearray(Recipe().build())
    data[4:8] = struct.pack("<I", 1 << 30)
    assert AVI.read(BytesSource(bytes(data))).warnings
    assert names(written(bytes(data)))[-1] == b"_PMX"


@pytest.mark.parametrize("cut", [-5, -1500])
def test_a_cut_file_is_refused(cut):
    data = Recipe().build()
    with pytest.raises(RefusedError) as caught:
        written(data[:cut])
    assert caught.value.code == "truncated"


def test_an_unfinished_recording_is_refused():
    data = Recipe(large=False, old_index=False).build()
    at = data.index(b"movi") - 4
    with pytest.raises(RefusedError) as caught:
        written(data[:at] + struct.pack("<I", 4) + data[at + 4 :])
    assert caught.value.code == "data-length"


def test_without_headers_it_is_damaged():
    with pytest.raises(DamagedError):
        AVI.read(BytesSource(chunk(b"RIFF", b"AVI " + listed(b"movi", bytes(8)))))


def test_endless_rows_are_refused():
    with pytest.raises(LimitError):
        AVI.read(BytesSource(Recipe(after=chunk(b"_PMX", b"") * 300).build()))
    riffs = chunk(b"RIFF", b"AVIX") * 5000
    with pytest.raises(LimitError):
        AVI.read(BytesSource(Recipe().build() + riffs))


def test_a_riff_of_four_gigabytes_is_refused(tmp_path):
    path = tmp_path / "full.avi"
    data = bytearray(Recipe(large=False, old_index=False).build())
    size = 0xFFFFFFFF - 2 * FRAME
    movie = data.index(b"movi") - 4
    data[4:8] = struct.pack("<I", size - 8 - (size % 2))
    data[movie : movie + 4] = struct.pack("<I", size - size % 2 - movie - 4)
    path.write_bytes(data)
    os.truncate(path, size - size % 2)
    with FileSource(path) as source, pytest.raises(RefusedError) as caught:
        AVI.change(source, AVI.read(source), wanted())
    assert caught.value.code == "overflow"
    assert "4 GiB" in caught.value.message


GIGA = 1 << 30


def sparse(patch: Patch, source: FileSource, target: Path) -> None:
    """Write what ``patch`` says; of large copies only where a RIFF begins, the rest is zeros."""
    with target.open("wb") as file:
        for piece in patch.pieces:
            if isinstance(piece, Insert):
                file.write(piece.data)
                continue
            assert isinstance(piece, Copy)
            shift = file.tell() - piece.start
            begins = range(-(-piece.start // GIGA) * GIGA, piece.end, GIGA)
            for at in (piece.start, *begins):
                file.seek(at + shift)
                file.write(source.read(at, min(piece.end, at + (64 << 10))))
            file.seek(piece.end + shift)
        file.truncate(patch.size)


def test_ten_gigabytes_are_tagged_again_in_place(tmp_path):
    first, large = tmp_path / "first.avi", tmp_path / "large.avi"
    data = bytearray(Recipe(large=False, old_index=False).build())
    movie = data.index(b"movi") - 4
    data[4:8] = struct.pack("<I", GIGA - 8)
    data[movie : movie + 4] = struct.pack("<I", GIGA - movie - 4)
    follower = struct.pack("<4sI4s4sI4s", b"RIFF", GIGA - 8, b"AVIX", b"LIST", GIGA - 20, b"movi")
    with first.open("wb") as file:
        file.write(data)
        for number in range(1, 10):
            file.seek(number * GIGA)
            file.write(follower)
        file.truncate(10 * GIGA)
    with FileSource(first) as source:
        layout = AVI.read(source)
        patch = AVI.change(source, layout, wanted()).patch
        assert prove(layout, AVI.read(PatchedSource(source, patch)), patch).holds
        assert patch.bytes_inserted < 1 << 20
        sparse(patch, source, large)
    more = Property("plus:OtherConstraints", LangAlt((("x-default", "Ask first."),)))
    with FileSource(large) as source:
        layout = AVI.read(source)
        patch = AVI.change(source, layout, wanted(also=(more,))).patch
        assert patch.moves_nothing
        assert patch.size == source.size
        assert 0 < patch.bytes_inserted < 1 << 20
        inplace.replace(patch, source)
    with FileSource(large) as source:
        again = AVI.change(source, AVI.read(source), wanted(also=(more,))).patch
        assert again.changes_nothing(source.size)


FILLERS = st.sampled_from(
    [b"", INFO, chunk(b"JUNK", bytes(40)), chunk(b"JUNK", bytes(4000)), chunk(b"IDIT", b"a day")]
)


@settings(deadline=None)
@given(
    st.builds(
        Recipe,
        riffs=st.integers(1, 3),
        frames=st.integers(1, 3),
        old_index=st.booleans(),
        from_start=st.booleans(),
        before=st.lists(FILLERS, max_size=3).map(b"".join),
        after=st.lists(FILLERS, max_size=3).map(b"".join),
    ),
    st.sampled_from([None, 300, 301]),
)
def test_any_file_is_found_by_its_indexes(recipe, manifest):
    data = recipe.build()
    count = recipe.riffs * recipe.frames
    assert frames(data) == pictures(count)
    new = written(data, manifest=manifest)
    assert frames(new) == pictures(count)
    if recipe.old_index:
        assert old_frames(new, relative=True) == pictures(recipe.frames)
    assert written(new) == new
