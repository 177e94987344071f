from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import pytest

from mediaoptout.containers.base import MANIFEST, Change
from mediaoptout.containers.proof import prove
from mediaoptout.containers.wav import Wav
from mediaoptout.containers.wav_reading import WavLayout
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource, FileSource, Source
from mediaoptout.words import Carrier
from tests import witnesses
from tests.containers.harness import (
    NOTICE,
    TERMS_EN,
    ContainerContract,
    Watched,
    content,
    fake_store,
    wanted,
)

WAV = Wav()
FMT = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)


class TestWav(ContainerContract):
    container = WAV
    sample_folders = ("wav",)
    corpus_folders = ("wav",)
    minimum = 6
    corpus_minimum = 10
    may_change = (
        "RIFF:RIFFSize64",  # the length of the file
        "XML:Bwfxml",  # ExifTool's answer differs from run to run: iXML names one tag twice
    )
    new_warnings = (
        "Incorrect RIFF chunk size",  # ExifTool does not know RF64's -1, and names both numbers
    )

    def test_the_sound_does_not_move(self, path):
        source = BytesSource(path.read_bytes())
        layout, change = self.plan(source)
        for span in layout.essence:
            assert change.patch.locate(span.start) == span.start

    def test_a_tag_of_every_carrier(self, path, written):
        tags = witnesses.exiftool(written)
        if tags is None:
            pytest.skip("no ExifTool here (set EXIFTOOL)")
        values = {name.rpartition(":")[2] for name in tags}
        assert {"DataMining", "Tdm-reservation", "Copyright"} <= values

    def test_the_hole_for_a_manifest(self, path):
        source = BytesSource(path.read_bytes())
        if source.read(0, 4) == b"RIFF":
            super().test_the_hole_for_a_manifest(path)
        else:
            assert not self.plan(source, manifest=5000)[1].patch.holes


def chunk(name: bytes, data: bytes, *, pad: bool = True, size: int | None = None) -> bytes:
    stated = len(data) if size is None else size
    return struct.pack("<4sI", name, stated) + data + bytes(len(data) % 2 if pad else 0)


def info_list(**texts: bytes) -> bytes:
    items = b"".join(chunk(name.encode(), text + b"\0") for name, text in texts.items())
    return chunk(b"LIST", b"INFO" + items)


def riff(*parts: bytes, form: bytes = b"RIFF", size: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(parts)
    return struct.pack("<4sI", form, len(body) if size is None else size) + body


def wav(*behind: bytes, before: bytes = b"", data: bytes = b"\1\2" * 50) -> bytes:
    return riff(chunk(b"fmt ", FMT), before, chunk(b"data", data), *behind)


def cut_off(part: bytes) -> bytes:
    """A file that ends within its last chunk, as its own lengths say."""
    whole = wav(part)
    stated = len(whole) - len(part) + int.from_bytes(part[4:8], "little")
    return whole[:4] + struct.pack("<I", stated) + whole[8:]


def run(data: bytes | Source, **options: Any) -> tuple[WavLayout, Change, PatchedSource]:
    source = BytesSource(data) if isinstance(data, bytes) else data
    layout = WAV.read(source)
    change = WAV.change(source, layout, wanted(**options))
    written = PatchedSource(source, change.patch)
    after = WAV.read(written)
    assert after.obstacle is None
    assert prove(layout, after, change.patch).holds
    assert WAV.change(written, after, wanted(**options)).patch.changes_nothing(written.size) or (
        "manifest" in options
    )
    return layout, change, written


def names(source: Source) -> list[bytes]:
    return [item.name for item in WAV.read(source).riff.chunks]


def test_a_plain_file_gets_three_chunks_at_the_end():
    _, change, written = run(wav())
    assert names(written) == [b"fmt ", b"data", b"id3 ", b"_PMX", b"LIST"]
    assert change.carriers == (Carrier.RIFF_INFO, Carrier.ID3, Carrier.XMP)
    assert change.patch.bytes_copied == len(wav()) - 4, "all but the length of the RIFF"


def test_an_empty_reservation_changes_nothing():
    source = BytesSource(wav())
    nothing = wanted(*(item.name for item in wanted().properties))
    assert WAV.change(source, WAV.read(source), nothing).patch.changes_nothing(source.size)


class TestWhereChunksStand:
    def test_a_list_before_the_sound_becomes_junk_and_goes_to_the_end(self):
        _, _, written = run(wav(before=info_list(INAM=b"Song", ISFT=b"Editor")))
        assert names(written) == [b"fmt ", b"JUNK", b"data", b"id3 ", b"_PMX", b"LIST"]
        junk = WAV.read(written).riff.chunks[1]
        assert not written.read(*junk.payload).strip(b"\0")
        assert b"INAM" in content(written) and b"Editor" in content(written)

    def test_it_stays_where_filling_behind_it_makes_room(self):
        before = info_list(INAM=b"Song") + chunk(b"JUNK", bytes(2000))
        _, _, written = run(wav(before=before))
        assert names(written)[:4] == [b"fmt ", b"LIST", b"JUNK", b"data"]

    def test_filling_that_holds_something_is_left_alone(self):
        before = info_list(INAM=b"Song") + chunk(b"JUNK", b"camera" * 400)
        _, _, written = run(wav(before=before))
        assert names(written)[:4] == [b"fmt ", b"JUNK", b"JUNK", b"data"]
        assert b"camera" * 400 in content(written)

    def test_filling_that_fits_exactly_is_used_up(self):
        grown = run(wav(info_list(INAM=b"Song")))[2]
        new = next(c for c in WAV.read(grown).riff.chunks if c.name == b"LIST").payload.size
        old = info_list(INAM=b"Song")
        room = new + new % 2 + 8 - len(old)
        _, _, written = run(wav(before=old + chunk(b"JUNK", bytes(room - 8))))
        assert names(written)[:3] == [b"fmt ", b"LIST", b"data"]

    def test_a_list_behind_the_sound_grows_in_place(self):
        _, _, written = run(wav(info_list(INAM=b"Song"), chunk(b"cue ", bytes(4))))
        assert names(written) == [b"fmt ", b"data", b"LIST", b"cue ", b"id3 ", b"_PMX"]

    def test_of_two_lists_the_one_with_a_notice_is_asked(self):
        lists = info_list(INAM=b"Song"), info_list(ICOP=b"(c) Others")
        _, change, written = run(wav(*lists))
        assert lists[0] in content(written) and b"(c) Others" in content(written)
        assert any("ICOP" in warning for warning in change.warnings)

    def test_a_comment_in_bext_is_not_hidden(self):
        _, _, written = run(wav(before=chunk(b"bext", b"A concert".ljust(602, b"\0"))))
        assert b"ICOP" in content(written) and b"ICMT" not in content(written)

    def test_new_chunks_go_before_one_whose_padding_is_missing(self):
        odd = chunk(b"iXML", b"<a></a>", pad=False)
        _, _, written = run(wav(odd, chunk(b"cue ", bytes(4))))
        assert names(written)[-2:] == [b"iXML", b"cue "]

    def test_sound_without_padding_gets_it(self):
        data = riff(chunk(b"fmt ", FMT), chunk(b"data", b"\1\2\3", pad=False))
        layout, _, written = run(data)
        assert layout.riff.chunks[-1].unpadded and not WAV.read(written).riff.data[0].unpadded

    def test_an_id3_chunk_of_zeros_is_filled(self):
        _, _, written = run(wav(chunk(b"ID3 ", bytes(64))))
        assert names(written)[2] == b"ID3 "


class TestEncoding:
    def test_the_usual_code_page(self):
        _, _, written = run(wav())
        assert NOTICE.encode("cp1252") in content(written)

    def test_utf8_where_the_list_is(self):
        _, _, written = run(wav(info_list(INAM="Café".encode())))
        [lst] = [item.chunk for item in WAV.read(written).of(Carrier.RIFF_INFO)]
        assert NOTICE.encode() in written.read(*lst.payload)

    def test_the_code_page_that_the_file_names(self):
        page = chunk(b"CSET", struct.pack("<4H", 65001, 0, 0, 0))
        _, _, written = run(wav(page))
        [item] = WAV.read(written).of(Carrier.RIFF_INFO)
        assert NOTICE.encode() in written.read(*item.chunk.payload)
        assert [e.value for e in item.block.entries] == [NOTICE, TERMS_EN]

    def test_a_code_page_that_nobody_knows(self):
        run(wav(chunk(b"CSET", struct.pack("<4H", 4711, 0, 0, 0))))


class TestLengthsThatLie:
    @pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 75, 8, 1 << 20])
    def test_of_the_riff_is_put_right(self, size):
        data = riff(chunk(b"fmt ", FMT), chunk(b"data", bytes(100)), size=size)
        layout, _, written = run(data)
        assert layout.warnings
        assert WAV.read(written).warnings == ()
        assert int.from_bytes(written.read(4, 8), "little") == written.size - 8

    @pytest.mark.parametrize("size", [0, 101, 5000, 0xFFFFFFFF])
    def test_of_the_sound_is_refused(self, size):
        data = riff(chunk(b"fmt ", FMT), chunk(b"data", b"\1" * 100, size=size))
        source = BytesSource(data)
        with pytest.raises(RefusedError) as caught:
            WAV.change(source, WAV.read(source), wanted())
        assert caught.value.code == "data-length" and caught.value.fix

    def test_sound_that_goes_on_behind_its_length(self):
        data = riff(chunk(b"fmt ", FMT), chunk(b"data", b"\1" * 100, size=50))
        with pytest.raises(RefusedError, match="neither a chunk nor filling"):
            run(data)

    def test_filling_behind_the_sound_is_kept(self):
        data = riff(chunk(b"fmt ", FMT), chunk(b"data", b"\1" * 100), bytes(512))
        _, _, written = run(data)
        assert content(written).endswith(bytes(512))

    def test_what_follows_the_riff_is_kept(self):
        tail = b"TAG" + bytes(125)
        layout, _, written = run(wav() + tail)
        assert content(written).endswith(tail)
        assert not layout.warnings
        assert int.from_bytes(written.read(4, 8), "little") == written.size - 8 - len(tail)

    def test_a_second_riff_behind_is_kept(self):
        _, _, written = run(wav() + wav())
        assert content(written).endswith(wav())

    def test_a_carrier_that_is_cut_off(self):
        data = cut_off(chunk(b"_PMX", b"<?xpacket", size=9000))
        source = BytesSource(data)
        layout = WAV.read(source)
        assert [block.error is not None for block in layout.blocks] == [True]
        with pytest.raises(RefusedError) as caught:
            WAV.change(source, layout, wanted())
        assert caught.value.code == "damaged-carrier"

    def test_a_foreign_chunk_that_is_cut_off_is_kept(self):
        cut = chunk(b"smpl", b"12345678", size=9000)
        with pytest.raises(RefusedError, match="neither a chunk nor filling"):
            run(wav(cut))
        layout, _, written = run(cut_off(cut))
        assert content(written).endswith(cut)
        assert any("smpl" in warning for warning in layout.warnings)

    def test_no_sound_at_all(self):
        source = BytesSource(riff(chunk(b"fmt ", FMT)))
        with pytest.raises(RefusedError) as caught:
            WAV.change(source, WAV.read(source), wanted())
        assert caught.value.code == "no-data"

    @pytest.mark.parametrize("tag", [b"ID3\7", b"garbage!"])
    def test_a_broken_id3_chunk_is_not_replaced(self, tag):
        with pytest.raises(RefusedError) as caught:
            run(wav(chunk(b"id3 ", tag)))
        assert caught.value.code == "damaged-carrier"

    def test_too_many_chunks(self):
        with pytest.raises(LimitError):
            WAV.read(BytesSource(wav(chunk(b"cue ", b"") * 70_000)))

    def test_too_many_carriers(self):
        with pytest.raises(LimitError):
            WAV.read(BytesSource(wav(before=chunk(b"id3 ", bytes(16)) * 300)))

    @pytest.mark.parametrize("head", [b"RIFX", b"FORM"])
    def test_no_riff(self, head):
        data = head + wav()[4:]
        assert not WAV.recognises(BytesSource(data), data[:64])
        with pytest.raises(DamagedError):
            WAV.read(BytesSource(data))


def ds64(riff_size: int, data_size: int, *table: tuple[bytes, int]) -> bytes:
    entries = b"".join(struct.pack("<4sQ", *entry) for entry in table)
    fixed = struct.pack("<QQQI", riff_size, data_size, data_size // 2, len(table))
    return chunk(b"ds64", fixed + entries)


def sparse(path: Path, form: bytes, data_size: int, tail: bytes = b"") -> Path:
    """A file whose sound is a hole of ``data_size`` bytes."""
    long = form != b"RIFF"
    sizes = ds64(0, 0) if long else b""
    head_size = 12 + len(sizes) + 8 + len(FMT) + 8
    size = head_size + data_size + data_size % 2 + len(tail) - 8
    sizes = ds64(size, data_size) if long else b""
    stated = 0xFFFFFFFF
    head = struct.pack("<4sI4s", form, stated if long else size & stated, b"WAVE") + sizes
    head += chunk(b"fmt ", FMT)
    head += struct.pack("<4sI", b"data", stated if long else data_size & stated)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(head_size + data_size + data_size % 2)
        file.seek(0, os.SEEK_END)
        file.write(tail)
    return path


class TestSixtyFourBits:
    @pytest.mark.parametrize("form", [b"RF64", b"BW64"])
    def test_over_four_gigabytes(self, tmp_path, form):
        path = sparse(tmp_path / "long.wav", form, 5 << 30, chunk(b"chna", bytes(4)))
        with FileSource(path) as file:
            watched = Watched(file)
            layout, change, written = run(watched)
            assert layout.essence[0].size == 5 << 30
            assert watched.total < 1 << 20
            assert written.read(4, 8) == b"\xff" * 4
            assert int.from_bytes(written.read(20, 28), "little") == written.size - 8
            assert change.carriers == (Carrier.RIFF_INFO, Carrier.ID3, Carrier.XMP)

    def test_a_manifest_has_no_place(self, tmp_path):
        path = sparse(tmp_path / "long.wav", b"RF64", 5 << 30)
        with FileSource(path) as file:
            _, change, _ = run(file, manifest=5000)
        assert not change.patch.holes
        assert change.carriers == (Carrier.RIFF_INFO, Carrier.ID3, Carrier.XMP)
        assert any("C2PA" in warning for warning in change.warnings)

    def test_a_riff_that_would_grow_too_long(self, tmp_path):
        path = sparse(tmp_path / "full.wav", b"RIFF", (1 << 32) - 1000)
        with FileSource(path) as file, pytest.raises(RefusedError) as caught:
            WAV.change(file, WAV.read(file), wanted())
        assert caught.value.code == "overflow" and "RF64" in (caught.value.fix or "")

    def test_a_riff_whose_lengths_wrapped_around(self, tmp_path):
        path = sparse(tmp_path / "wrapped.wav", b"RIFF", 5 << 30)
        with FileSource(path) as file, pytest.raises(RefusedError) as caught:
            WAV.change(file, WAV.read(file), wanted())
        assert caught.value.code == "data-length"

    def test_a_long_chunk_in_the_table(self):
        other = chunk(b"axml", b"<a/>", size=0xFFFFFFFF)
        rest = chunk(b"fmt ", FMT) + struct.pack("<4sI", b"data", 0xFFFFFFFF) + bytes(100)
        table = ds64(0, 100, (b"axml", 4))
        sizes = ds64(4 + len(table) + len(rest) + len(other), 100, (b"axml", 4))
        run(riff(sizes, rest, other, form=b"RF64", size=0xFFFFFFFF))

    def test_what_follows_the_long_form_is_kept(self):
        body = chunk(b"fmt ", FMT) + chunk(b"data", bytes(100), size=0xFFFFFFFF)
        sizes = ds64(4 + 36 + len(body), 100)
        tail = b"TAG" + bytes(125)
        data = riff(sizes, body, form=b"RF64", size=0xFFFFFFFF) + tail
        _, _, written = run(data)
        assert content(written).endswith(tail)

    def test_lengths_that_contradict_each_other(self):
        body = chunk(b"fmt ", FMT) + chunk(b"data", bytes(100))
        for data in (
            riff(ds64(200, 90), body, form=b"RF64", size=0xFFFFFFFF),
            riff(body, form=b"RF64", size=0xFFFFFFFF),
        ):
            with pytest.raises(RefusedError) as caught:
                run(data)
            assert caught.value.code == "data-length"


class TestManifest:
    def test_it_is_the_last_chunk(self):
        _, change, written = run(wav(), manifest=4999)
        assert names(written)[-1] != b"C2PA", "a hole reads as zeros"
        filled = change.patch.fill(MANIFEST, WAV.frame_manifest(fake_store(4999)))
        signed = PatchedSource(BytesSource(wav()), filled)
        assert names(signed)[-1] == b"C2PA"
        assert signed.size % 2 == 0

    def test_one_that_stays_stays_the_last(self):
        signed = wav(chunk(b"C2PA", fake_store(501)))
        _, change, written = run(signed)
        assert names(written)[-1] == b"C2PA" and change.carriers[-1] is Carrier.C2PA

    def test_one_that_is_dropped(self):
        signed = wav(chunk(b"C2PA", fake_store(500), pad=False), chunk(b"cue ", bytes(4)))
        _, change, written = run(signed, drop_manifest=True)
        assert b"C2PA" not in names(written) and Carrier.C2PA not in change.carriers


def test_others_see_it_in_the_long_form(tmp_path):
    path = sparse(tmp_path / "long.wav", b"RF64", 1 << 20)
    with FileSource(path) as file:
        _, _, written = run(file)
        target = tmp_path / "out.wav"
        target.write_bytes(content(written))
    tags = witnesses.exiftool(target)
    if tags is None:
        pytest.skip("no ExifTool here (set EXIFTOOL)")
    assert any(name.endswith(":DataMining") for name in tags)
    assert witnesses.streamhash(target) == witnesses.streamhash(path)
