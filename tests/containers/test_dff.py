from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.containers.dff import Dff
from mediaoptout.containers.proof import prove
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import Property
from mediaoptout.words import Carrier
from tests import witnesses
from tests.containers.harness import NOTICE, ContainerContract, content, wanted
from tests.containers.iff_files import SAMPLES, dff, frame, long_chunk, raw_tag, tag

DFF = Dff()


class TestDff(ContainerContract):
    container = DFF
    sample_folders = ("dff",)
    minimum = 2

    def test_the_sound_does_not_move(self, path):
        source = BytesSource(path.read_bytes())
        _, change = self.plan(source)
        assert change.patch.moves_nothing

    def test_exiftool_sees_it_and_misses_nothing(self, path, written):
        """ExifTool knows no DSDIFF."""

    def test_mutagen_and_mediainfo_read_the_tag(self, written):
        assert "TXXX:TDM-RESERVATION" in witnesses.mutagen_tags(written)
        report = witnesses.mediainfo(written)
        assert report is None or NOTICE in str(report)


def written(data: bytes, **options) -> bytes:
    source = BytesSource(data)
    layout = DFF.read(source)
    change = DFF.change(source, layout, wanted(**options))
    patched = PatchedSource(source, change.patch)
    after = DFF.read(patched)
    proof = prove(layout, after, change.patch)
    assert proof.holds, proof.reasons
    assert change.carriers == (Carrier.ID3, Carrier.XMP)
    again = DFF.change(patched, after, wanted(**options))
    assert again.patch.changes_nothing(patched.size)
    new = content(patched)
    assert int.from_bytes(new[4:12], "big") + 12 == after.form.next
    return new


def names(data: bytes) -> list[bytes]:
    return [item.name for item in DFF.read(BytesSource(data)).form.chunks]


def refusal(data: bytes, **options) -> RefusedError:
    source = BytesSource(data)
    with pytest.raises(RefusedError) as caught:
        DFF.change(source, DFF.read(source), wanted(**options))
    return caught.value


@pytest.mark.parametrize("kind", [b"DSD ", b"DST "])
def test_the_tag_goes_behind_everything(kind):
    data = dff(long_chunk(b"DIIN", b"abc"), kind=kind)
    new = written(data)
    assert names(new) == [b"FVER", b"PROP", kind, b"DIIN", b"ID3 "]
    assert new[12 : len(data)] == data[12:]


def test_a_length_that_lies_is_put_right():
    data = dff()
    lies = data[:4] + (1 << 40).to_bytes(8, "big") + data[12:]
    assert DFF.read(BytesSource(lies)).warnings
    assert written(lies) == written(data)


def test_a_tag_before_the_sound_grows_there():
    old = long_chunk(b"ID3 ", raw_tag(frame(b"TIT2", b"\0One")))
    new = written(dff(before=old))
    assert names(new) == [b"FVER", b"PROP", b"ID3 ", b"DSD "]
    assert SAMPLES in new


def test_frames_that_an_index_knows_do_not_move():
    old = long_chunk(b"ID3 ", raw_tag(frame(b"TIT2", b"\0One")))
    index = long_chunk(b"DSTI", bytes(12))
    assert refusal(dff(index, before=old, kind=b"DST ")).code == "frame-index"
    assert index in written(dff(index, kind=b"DST "))


def test_a_second_tag_is_left_and_not_contradicted():
    first = long_chunk(b"ID3 ", raw_tag(frame(b"TIT2", b"\0One")))
    second = long_chunk(b"ID3 ", raw_tag(frame(b"TIT2", b"\0Two")))
    assert second in written(dff(first, second))
    allowed = long_chunk(b"ID3 ", tag(Property("tdm:reservation", "0")))
    assert refusal(dff(first, allowed)).code == "contrary-statement"


def test_damage_is_said():
    assert refusal(dff()[:-30]).code == "data-length"
    assert refusal(dff(long_chunk(b"ID3 ", b"ID3\3\0\0\0\0\x7f\x7f"))).code == "damaged-carrier"
    with pytest.raises(DamagedError):
        DFF.read(BytesSource(b"FRM8" + bytes(8) + b"XXXX"))


@given(
    st.lists(st.tuples(st.sampled_from([b"DIIN", b"COMT", b"MANF"]), st.binary(max_size=99))),
    st.booleans(),
)
def test_any_chunks_of_others_survive(behind, tagged):
    parts = [long_chunk(*part) for part in behind]
    old = long_chunk(b"ID3 ", raw_tag(frame(b"TIT2", b"\0One"))) if tagged else b""
    data = dff(old, *parts)
    new = written(data)
    assert all(part in new for part in parts)
    source = BytesSource(data)
    inverse = DFF.change(source, DFF.read(source), wanted()).patch.inverse(source)
    assert content(PatchedSource(BytesSource(new), inverse)) == data
