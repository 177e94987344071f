from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import iff_text
from mediaoptout.carriers.iff_text import MAX_TEXT, Text
from mediaoptout.containers.aiff import Aiff
from mediaoptout.containers.iff import MAX_CARRIED
from mediaoptout.containers.proof import prove
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.reservation.texts import heads
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import Property, as_text
from mediaoptout.words import Carrier
from tests import witnesses
from tests.containers.harness import NOTICE, TERMS_EN, ContainerContract, content, wanted
from tests.containers.iff_files import (
    MONO,
    SAMPLES,
    aiff,
    chunk,
    form,
    frame,
    packet,
    raw_tag,
    tag,
)

AIFF = Aiff()
DMI = "http://ns.useplus.org/ldf/vocab/DMI-"


class TestAiff(ContainerContract):
    container = AIFF
    sample_folders = ("aiff",)
    corpus_folders = ("aiff",)
    minimum = 3
    corpus_minimum = 3
    may_change = ("AIFF:ApplicationData",)  # the XMP packet, which ExifTool shows as it is

    def test_the_sound_does_not_move(self, path):
        source = BytesSource(path.read_bytes())
        layout, change = self.plan(source)
        for span in layout.essence:
            assert change.patch.locate(span.start) == span.start
        assert change.patch.moves_nothing

    def test_exiftool_sees_it_and_misses_nothing(self, path, written):
        before = witnesses.exiftool(path)
        after = witnesses.exiftool(written, "-b")
        if before is None or after is None:
            pytest.skip("no ExifTool here (set EXIFTOOL)")
        gone = witnesses.lost(before, witnesses.exiftool(written) or {})
        assert [name for name in gone if not self.excused(name)] == []
        packets = [str(v) for k, v in after.items() if k.endswith(":ApplicationData")]
        assert any("plus:DataMining" in text for text in packets)
        assert any("Tdm-reservation" in name for name in after)

    def test_mutagen_reads_the_tag(self, written):
        assert "TXXX:TDM-RESERVATION" in witnesses.mutagen_tags(written)


def written(data: bytes, **options) -> bytes:
    source = BytesSource(data)
    layout = AIFF.read(source)
    change = AIFF.change(source, layout, wanted(**options))
    patched = PatchedSource(source, change.patch)
    after = AIFF.read(patched)
    proof = prove(layout, after, change.patch)
    assert proof.holds, proof.reasons
    again = AIFF.change(patched, after, wanted(**options))
    assert again.patch.changes_nothing(patched.size)
    new = content(patched)
    assert int.from_bytes(new[4:8], "big") + 8 == after.form.next
    return new


def names(data: bytes) -> list[bytes]:
    return [item.name for item in AIFF.read(BytesSource(data)).form.chunks]


def said(data: bytes) -> set[tuple[str, str]]:
    blocks = AIFF.read(BytesSource(data)).blocks
    return {(entry.label, as_text(entry.value)) for block in blocks for entry in block.entries}


def refusal(data: bytes, **options) -> RefusedError:
    source = BytesSource(data)
    with pytest.raises(RefusedError) as caught:
        AIFF.change(source, AIFF.read(source), wanted(**options))
    assert caught.value.fix
    return caught.value


def test_a_plain_file_gets_its_chunks_behind_the_sound():
    data = aiff()
    new = written(data)
    assert names(new) == [b"COMM", b"SSND", b"ID3 ", b"APPL", b"(c) ", b"ANNO"]
    assert new[:4] + new[8 : len(data)] == data[:4] + data[8:]
    assert {("(c)", NOTICE), ("ANNO", TERMS_EN)} <= said(new)


def test_the_notice_is_mac_roman_unless_others_write_utf8():
    assert b"\xa9 2026" in written(aiff())
    name = chunk(b"NAME", "Schön".encode())
    assert b"\xc2\xa9 2026" in written(aiff(name))
    assert Text(b"NAME", "Schön".encode("mac_roman")).value == "Schön"
    assert Text(b"NAME", "Schön".encode()).value == "Schön"


def test_texts_of_others_stay_and_nothing_is_put_beside_them():
    notice, note = chunk(b"(c) ", b"1991 Prosonus"), chunk(b"ANNO", b"take two")
    new = written(aiff(before=notice + note))
    assert names(new) == [b"COMM", b"(c) ", b"ANNO", b"SSND", b"ID3 ", b"APPL"]
    assert notice in new and note in new
    assert {label for label, _ in said(new)} >= {"TXXX:TDM-RESERVATION", "plus:DataMining"}
    assert "TCOP" not in {label for label, _ in said(new)}, "players would show it instead"


def test_a_text_chunk_does_not_hide_frames_of_others():
    old = raw_tag(frame(b"TCOP", b"\x001991 Prosonus"), frame(b"COMM", b"\0eng\0take two"))
    assert names(written(aiff(chunk(b"ID3 ", old)))) == [b"COMM", b"SSND", b"ID3 ", b"APPL"]
    gain = raw_tag(frame(b"COMM", b"\0engiTunNORM\0 0000"))
    assert b"ANNO" in names(written(aiff(chunk(b"ID3 ", gain))))


def test_our_own_texts_are_brought_up_to_date():
    ours = f"{heads()[0]} in other words. Declared on 2020-01-01.".encode("mac_roman")
    new = written(aiff(chunk(b"ANNO", ours), chunk(b"MARK", b"\0\0")))
    assert ("ANNO", TERMS_EN) in said(new)
    assert names(new).count(b"ANNO") == 1


def test_a_text_that_is_too_long_to_be_read_stays_the_only_one():
    long = chunk(b"(c) ", b"x" * (MAX_TEXT + 1))
    new = written(aiff(long))
    assert names(new).count(b"(c) ") == 1
    assert long in new


def test_what_mac_roman_cannot_say_is_utf8():
    merged = iff_text.merge([], (Property("dc:rights", "© Łódź"),))
    assert merged.added == (Text(b"(c) ", "© Łódź".encode()),)
    assert merged.added[0].value == "© Łódź"


def test_what_stands_behind_the_tag_in_its_chunk_is_kept():
    old = chunk(b"ID3 ", raw_tag(frame(b"TIT2", b"\0One")) + b"what is this")
    assert b"what is this" in written(aiff(old, chunk(b"MARK", b"\0\0")))


def test_the_sound_begins_behind_its_offset_and_block_size():
    source = BytesSource(aiff())
    [span] = AIFF.read(source).essence
    assert source.read(*span) == SAMPLES


def test_the_first_packet_is_merged_and_a_second_is_not_weakened():
    first = chunk(b"APPL", b"XMP " + packet(Property("dc:source", "a tape")))
    second = chunk(b"APPL", b"XMP " + packet(Property("plus:DataMining", DMI + "PROHIBITED")))
    other = chunk(b"APPL", b"m3gaXMP ")
    new = written(aiff(first, second, other))
    assert names(new).count(b"APPL") == 3
    assert second in new and other in new and b"a tape" in new
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


def test_a_packet_in_the_tag_is_not_weakened():
    strict = tag(Property("plus:DataMining", DMI + "PROHIBITED"), packet=True)
    assert b"EXCEPTSEARCHENGINEINDEXING" not in written(aiff(chunk(b"ID3 ", strict)))


def test_a_permission_is_refused_without_force():
    allowed = tag(Property("tdm:reservation", "0"))
    data = aiff(chunk(b"ID3 ", allowed))
    assert refusal(data).code == "contrary-statement"
    assert ("TXXX:TDM-RESERVATION", "1") in said(written(data, force=True))


@pytest.mark.parametrize("name", [b"APPL", b"ID3 "])
def test_a_damaged_block_is_never_replaced(name):
    broken = b"XMP <x:xmpmeta" if name == b"APPL" else b"ID3\3\0\0\0\0\x7f\x7f" + b"TCOP"
    assert refusal(aiff(chunk(name, broken))).code == "damaged-carrier"


@pytest.mark.parametrize("payload", [b"", bytes(20)])
def test_an_empty_tag_chunk_is_filled(payload):
    new = written(aiff(chunk(b"ID3 ", payload), chunk(b"MARK", b"\0\0")))
    assert names(new)[2:4] == [b"ID3 ", b"MARK"]
    assert ("TXXX:TDM-RESERVATION", "1") in said(new)


def test_a_second_tag_is_left():
    second = chunk(b"id3 ", raw_tag(frame(b"TIT2", b"\0Two")))
    new = written(aiff(chunk(b"ID3 ", raw_tag(frame(b"TIT2", b"\0One"))), second))
    assert second in new and b"One" in new


def test_a_tag_before_the_sound_grows_there():
    old = chunk(b"ID3 ", raw_tag(frame(b"TIT2", b"\0One")))
    new = written(aiff(before=old))
    assert names(new)[:3] == [b"COMM", b"ID3 ", b"SSND"]
    assert SAMPLES in new


@pytest.mark.parametrize("size", [0, 30, 1 << 31])
def test_a_length_of_the_form_that_lies_is_put_right(size):
    data = aiff(chunk(b"MARK", b"\0\0"))
    assert AIFF.read(BytesSource(data[:4] + size.to_bytes(4, "big") + data[8:])).warnings
    assert written(data[:4] + size.to_bytes(4, "big") + data[8:])[8:] == written(data)[8:]


def test_the_padding_that_is_missing_is_added():
    data = form(chunk(b"COMM", MONO), chunk(b"SSND", bytes(8) + SAMPLES, pad=False))
    new = written(data)
    assert SAMPLES + b"\0ID3 " in new


def test_a_chunk_without_its_padding_is_found():
    note = chunk(b"ANNO", b"odd", pad=False)
    new = written(form(chunk(b"COMM", MONO), note, chunk(b"SSND", bytes(8) + SAMPLES)))
    assert names(new)[:3] == [b"COMM", b"ANNO", b"SSND"]


@pytest.mark.parametrize(
    "data",
    [
        aiff()[:-9],
        form(chunk(b"COMM", MONO), b"SSND" + bytes(4) + bytes(8) + SAMPLES, size=0),
        aiff() + b"\x99not a chunk at all",
    ],
    ids=["cut", "streamed", "rest"],
)
def test_a_sound_of_uncertain_length_is_refused(data):
    if data.endswith(b"all"):
        data = data[:4] + bytes(4) + data[8:]
    assert refusal(data).code == "data-length"


def test_what_follows_the_form_stays_behind_it():
    new = written(aiff() + b"zzzzzzzzzz")
    assert new.endswith(b"zzzzzzzzzz")
    assert b"zzzz" not in names(new)


def test_without_sound_it_is_written_where_the_chunks_are_whole():
    assert b"ID3 " in names(written(form(chunk(b"COMM", MONO))))
    assert refusal(form(chunk(b"COMM", MONO), b"\0SSN" + bytes(9))).code == "no-data"


def test_what_would_become_too_long_is_refused():
    class Sparse:
        size = (1 << 32) - 90

        def read(self, start, end):
            head = form(chunk(b"COMM", MONO), b"SSND", size=self.size - 8)
            head += (self.size - len(head) - 4).to_bytes(4, "big")
            return (head[start:end] + bytes(end - start))[: end - start]

    source = Sparse()
    layout = AIFF.read(source)
    assert layout.obstacle is None
    with pytest.raises(RefusedError) as caught:
        AIFF.change(source, layout, wanted())
    assert caught.value.code == "overflow"


def test_no_aiff_and_too_many_chunks_are_errors():
    with pytest.raises(DamagedError):
        AIFF.read(BytesSource(form(kind=b"ILBM")))
    with pytest.raises(LimitError):
        AIFF.read(BytesSource(aiff(*[chunk(b"ANNO", b"x")] * (MAX_CARRIED + 1))))


def test_nothing_wanted_changes_nothing():
    everything = [item.name for item in wanted().properties]
    source = BytesSource(aiff(chunk(b"ANNO", b"x"), chunk(b"ID3 ", raw_tag())))
    change = AIFF.change(source, AIFF.read(source), wanted(*everything))
    assert change.patch.changes_nothing(source.size)
    assert change.carriers == ()


CHUNKS = st.one_of(
    st.tuples(
        st.sampled_from([b"MARK", b"INST", b"MIDI", b"FLLR", b"CHAN"]), st.binary(max_size=99)
    ),
    st.tuples(st.just(b"APPL"), st.binary(max_size=60).map(lambda data: b"abcd" + data)),
    st.tuples(st.sampled_from([b"NAME", b"AUTH"]), st.binary(min_size=1, max_size=60)),
)


@given(
    st.lists(CHUNKS, max_size=5),
    st.lists(CHUNKS, max_size=5),
    st.binary(min_size=1, max_size=50),
    st.sampled_from([b"AIFF", b"AIFC"]),
)
def test_any_chunks_of_others_survive(before, behind, sound, kind):
    parts = [chunk(b"COMM", MONO), *(chunk(*part) for part in before)]
    parts += [chunk(b"SSND", bytes(8) + sound), *(chunk(*part) for part in behind)]
    data = form(*parts, kind=kind)
    new = written(data)
    assert new[8 : len(data)] == data[8:]
    source = BytesSource(data)
    change = AIFF.change(source, AIFF.read(source), wanted())
    inverse = change.patch.inverse(source)
    assert content(PatchedSource(BytesSource(new), inverse)) == data
    assert change.carriers == (Carrier.IFF_TEXT, Carrier.ID3, Carrier.XMP)
