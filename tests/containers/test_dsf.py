from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.containers.dsf import Dsf
from mediaoptout.containers.proof import prove
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import Property
from mediaoptout.words import Carrier
from tests import witnesses
from tests.containers.harness import ContainerContract, content, wanted
from tests.containers.iff_files import SAMPLES, dsf, frame, raw_tag, tag

DSF = Dsf()


class TestDsf(ContainerContract):
    container = DSF
    sample_folders = ("dsf",)
    corpus_folders = ("dsf",)
    minimum = 2
    corpus_minimum = 1

    def test_nothing_moves(self, path):
        _, change = self.plan(BytesSource(path.read_bytes()))
        assert change.patch.moves_nothing

    def test_mutagen_reads_the_tag(self, written):
        assert "TXXX:TDM-RESERVATION" in witnesses.mutagen_tags(written)


def written(data: bytes, **options) -> bytes:
    source = BytesSource(data)
    layout = DSF.read(source)
    change = DSF.change(source, layout, wanted(**options))
    patched = PatchedSource(source, change.patch)
    after = DSF.read(patched)
    proof = prove(layout, after, change.patch)
    assert proof.holds, proof.reasons
    assert change.carriers == (Carrier.ID3, Carrier.XMP)
    again = DSF.change(patched, after, wanted(**options))
    assert again.patch.changes_nothing(patched.size)
    new = content(patched)
    size, pointer = struct.unpack_from("<QQ", new, 12)
    assert size == len(new)
    assert new[pointer : pointer + 3] == b"ID3"
    return new


def refusal(data: bytes, **options) -> RefusedError:
    source = BytesSource(data)
    with pytest.raises(RefusedError) as caught:
        DSF.change(source, DSF.read(source), wanted(**options))
    assert caught.value.fix
    return caught.value


def test_a_file_without_a_tag_gets_one_and_a_pointer():
    data = dsf()
    new = written(data)
    assert new[28 : len(data)] == data[28:]


def test_what_stands_behind_the_sound_is_kept():
    old = raw_tag(frame(b"TIT2", b"\0One"))
    start = len(dsf())
    new = written(dsf(b"gap" + old + b"end", pointer=start + 3))
    assert new[start : start + 3] == b"gap"
    assert new.endswith(b"end")
    assert b"TIT2" in new
    assert written(dsf(b"tail", pointer=0))[start : start + 7] == b"tailID3"


@pytest.mark.parametrize("size", [0, 5, 1 << 40])
def test_a_size_that_lies_is_put_right(size):
    data = dsf(raw_tag(frame(b"TIT2", b"\0One")), size=size)
    assert DSF.read(BytesSource(data)).warnings
    written(data)


@pytest.mark.parametrize("pointer", [1, 60, 1 << 50, (1 << 64) - 1])
def test_a_pointer_that_lies_is_refused(pointer):
    assert refusal(dsf(raw_tag(), pointer=pointer)).code == "damaged-carrier"


def test_a_pointer_to_the_end_is_no_tag():
    written(dsf(pointer=len(dsf())))


def test_what_is_no_tag_is_never_replaced():
    assert refusal(dsf(b"not a tag at all")).code == "damaged-carrier"
    assert refusal(dsf(raw_tag(frame(b"TIT2", b"\0One"))[:-3])).code == "damaged-carrier"


def test_a_permission_is_refused_without_force():
    data = dsf(tag(Property("tdm:reservation", "0")))
    assert refusal(data).code == "contrary-statement"
    written(data, force=True)


def test_a_cut_sound_is_refused():
    assert refusal(dsf()[:-1]).code == "truncated"


@pytest.mark.parametrize("at", [0, 4, 28, 36, 80, 84])
def test_another_structure_is_damage(at):
    data = bytearray(dsf())
    data[at] ^= 0x5A
    if at == 84:
        data[at : at + 8] = bytes(8)
    with pytest.raises(DamagedError):
        DSF.read(BytesSource(bytes(data)))


def test_nothing_wanted_changes_nothing():
    everything = [item.name for item in wanted().properties]
    for data in (dsf(), dsf(raw_tag(frame(b"TIT2", b"\0One")))):
        source = BytesSource(data)
        change = DSF.change(source, DSF.read(source), wanted(*everything))
        assert change.patch.changes_nothing(source.size)
        assert change.carriers == ()


@given(st.binary(max_size=60), st.binary(max_size=60), st.booleans())
def test_any_surroundings_survive(before, behind, tagged):
    old = raw_tag(frame(b"TIT2", b"\0One")) if tagged else b""
    start = len(dsf())
    data = dsf(before + old + behind, pointer=start + len(before) if tagged else 0)
    new = written(data)
    assert new[28 : start + len(before)] == data[28 : start + len(before)]
    assert SAMPLES in new and behind in new
    source = BytesSource(data)
    inverse = DSF.change(source, DSF.read(source), wanted()).patch.inverse(source)
    assert content(PatchedSource(BytesSource(new), inverse)) == data
