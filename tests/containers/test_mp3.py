from __future__ import annotations

import pytest

from mediaoptout.containers.mp3 import Mp3, Mp3Layout
from mediaoptout.containers.proof import prove
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Carrier
from tests.carriers.test_ape import item
from tests.carriers.test_ape import tag as ape_tag
from tests.carriers.test_id3 import frame, mutagen_frames, tag
from tests.containers.harness import ContainerContract, Watched, content, wanted

MP3 = Mp3()


class TestMp3(ContainerContract):
    container = MP3
    sample_folders = ("mp3",)
    corpus_folders = ("mp3",)
    minimum = 5
    corpus_minimum = 15
    # ffprobe shows the packet as one escaped text; we add to it.
    may_change = ("id3v2_priv.XMP",)
    # A tag with a footer may have no padding, which is what ExifTool misses.
    new_warnings = ("Missing ID3 terminating frame",)

    def wanted(self, *without, **options):
        # A manifest needs v2.3; without one, a v2.2 tag keeps its version.
        return wanted(*without, upgrade_id3=options.get("manifest") is not None, **options)

    def variants(self, data):
        source = BytesSource(data)
        layout, change = self.plan(source)
        if layout.essence[0].size == layout.size:
            # There is nothing but audio: the hostile tag is the one that we wrote.
            data = content(PatchedSource(source, change.patch))
        return super().variants(data)


def answer(data: bytes, **options) -> tuple[Mp3Layout, bytes]:
    """The layout of ``data``, and what becomes of it; the proof must hold."""
    source = BytesSource(data)
    layout = MP3.read(source)
    change = MP3.change(source, layout, wanted(**options))
    after = PatchedSource(source, change.patch)
    new = MP3.read(after)
    proof = prove(layout, new, change.patch)
    assert proof.holds, proof.reasons
    assert MP3.change(after, new, wanted(**options)).patch.changes_nothing(after.size)
    return new, content(after)


def mpeg(count: int = 12, header: bytes = b"\xff\xfb\x90\x00", size: int = 417) -> bytes:
    """Silent frames of MPEG 1 layer III, 128 kbit/s."""
    return (header + bytes(size - len(header))) * count


def chapter(start: int, end: int) -> bytes:
    places = start.to_bytes(4, "big") + end.to_bytes(4, "big")
    return frame(3, "CHAP", b"ch0\0" + bytes(3) + b"\0" + bytes(3) + b"\x09" + places)


def id3v1_tag(title: bytes = b"Old title") -> bytes:
    fields = title.ljust(30, b"\0") + b"Artist".ljust(30) + bytes(30) + b"1999" + b"a comment"
    return b"TAG" + fields.ljust(122, b"\0") + b"\0\7" + b"\x08"


def test_chapters_that_state_places_in_the_file_are_moved_with_the_audio():
    audio = mpeg()
    size = 10 + 2 * len(chapter(0, 0))
    places = (size, size + 417), (0xFFFFFFFF, size + len(audio))
    data = tag(3, *(chapter(*place) for place in places)) + audio
    layout, new = answer(data)
    start = layout.essence[0].start
    assert start > size
    assert chapter(start, start + 417) in new
    assert chapter(0xFFFFFFFF, start + len(audio)) in new
    assert len(layout.links.references) == 3


def test_places_that_are_stored_encoded_are_a_reason_to_refuse():
    stuffed = tag(3, chapter(60, 200), frame(3, "XABC", b"\xff\0"), flags=0x80)
    source = BytesSource(stuffed + mpeg())
    with pytest.raises(RefusedError) as caught:
        MP3.change(source, MP3.read(source), wanted())
    assert caught.value.code == "encoded-places"


def test_the_index_of_v24_is_moved_with_the_audio():
    index = frame(4, "ASPI", (31).to_bytes(4, "big") + bytes(8))
    data = tag(4, index.replace((31).to_bytes(4, "big"), (32).to_bytes(4, "big")), b"") + mpeg()
    layout, new = answer(data)
    assert layout.essence[0].start.to_bytes(4, "big") in new[:40]


def test_an_older_tag_is_repeated_where_the_new_one_hides_it():
    layout, new = answer(mpeg() + id3v1_tag())
    tags = mutagen_frames(new[: layout.tags[0].span.end])
    assert tags["TIT2"].text == ["Old title"]
    assert tags["TPE1"].text == ["Artist"]
    assert tags["TRCK"].text == ["7"]
    assert tags["COMM::XXX"].text == ["a comment"]
    assert new.endswith(id3v1_tag())


def test_an_older_tag_is_not_repeated_where_there_is_a_newer_one():
    _, new = answer(tag(3, frame(3, "TIT2", b"\0New title")) + mpeg() + id3v1_tag())
    assert new.count(b"Old title") == 1


def test_of_two_tags_the_first_is_written_and_both_are_read():
    second = tag(4, frame(4, "TCOP", b"\x002001 Somebody"), frame(4, "TIT2", b"\0T"))
    layout, new = answer(tag(3, frame(3, "TIT2", b"\0T"), padding=20) + second + mpeg())
    assert second in new
    assert len(layout.tags) == 2
    notices = [e for b in layout.blocks for e in b.entries if e.label == "TCOP"]
    assert [entry.value for entry in notices] == ["2001 Somebody"]


def test_a_manifest_in_a_second_tag_gives_way():
    store = b"\0\0\0\x40jumb" + bytes(56)
    geob = frame(4, "GEOB", b"\0application/x-c2pa-manifest-store\0c2pa\0c2pa\0" + store)
    data = tag(3, frame(3, "TIT2", b"\0T")) + tag(4, geob) + mpeg()
    source = BytesSource(data)
    layout = MP3.read(source)
    assert MP3.manifest_store(source, layout) == store
    change = MP3.change(source, layout, wanted(manifest=100))
    after = PatchedSource(source, change.patch)
    manifests = [b for b in MP3.read(after).blocks if b.carrier is Carrier.C2PA]
    assert len(manifests) == 1 and manifests[0].location.startswith("ID3v2.3")


@pytest.mark.parametrize(
    "behind",
    [
        id3v1_tag(),
        ape_tag(item(b"Title", b"T")) + id3v1_tag(),
        b"LYRICSBEGININD0000200LYR00004textx00000"[:30] + b"000030LYRICS200" + id3v1_tag(),
        b"LYRICSBEGIN some words LYRICSEND" + id3v1_tag(),
        b"TAG+".ljust(227, b"x") + id3v1_tag(),
        tag(4, frame(4, "TIT2", b"\0T"), flags=0x10),
        tag(4, frame(4, "TIT2", b"\0T"), flags=0x10) + id3v1_tag(),
    ],
    ids=["id3v1", "ape", "lyrics3v2", "lyrics3", "enhanced", "appended", "appended+id3v1"],
)
def test_tags_behind_the_audio_are_no_essence_and_stay(behind):
    audio = mpeg()
    layout, new = answer(audio + behind)
    assert [span.size for span in layout.essence] == [len(audio)]
    assert new.endswith(audio + behind)


def test_what_an_ape_tag_allows_is_not_reserved_beside_it():
    data = mpeg() + ape_tag(item(b"TDM-RESERVATION", b"0"))
    source = BytesSource(data)
    with pytest.raises(RefusedError) as caught:
        MP3.change(source, MP3.read(source), wanted())
    assert caught.value.code == "contrary-statement"
    change = MP3.change(source, MP3.read(source), wanted(force=True))
    assert any("APEv2" in warning for warning in change.warnings)


def test_a_v22_tag_keeps_its_version_or_is_upgraded():
    data = tag(2, frame(2, "TT2", b"\0T"), padding=20) + mpeg()
    layout, new = answer(data)
    assert new.startswith(b"ID3\2")
    assert {b.carrier for b in layout.blocks} == {Carrier.ID3}
    layout, new = answer(data, upgrade_id3=True)
    assert new.startswith(b"ID3\3")
    assert Carrier.XMP in {b.carrier for b in layout.blocks}


FREE = mpeg(header=b"\xff\xfb\x00\x00", size=500)
LAYER2 = mpeg(header=b"\xff\xfd\x80\x00", size=417)
CUT = b"\x12\x34\x56" * 100


@pytest.mark.parametrize(
    "data",
    [
        mpeg(3),
        mpeg(2) + mpeg(1)[:100],
        mpeg(1),
        FREE,
        LAYER2,
        bytes(5000) + mpeg(),
        CUT + mpeg(40),
        tag(3, frame(3, "TIT2", b"\0T")) + bytes(999) + tag(3, frame(3, "TIT2", b"\0U")) + mpeg(),
        ape_tag(item(b"Title", b"T")) + mpeg(),
    ],
    ids=[
        *("short", "cut", "one frame", "free format", "layer II", "zeros", "cut stream"),
        *("zeros between tags", "ape before"),
    ],
)
def test_unusual_files_are_known_and_written(data):
    assert MP3.recognises(BytesSource(data), data[:64])
    answer(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"plain text\n" * 900,
        bytes(9000),
        b"\xff" * 9000,
        b"\xff\xfb\x90\x00" * 3000,
        mpeg(40, header=b"\xff\xf1\x50\x80", size=417),
        b"\0\0\1\xba" + bytes(20) + mpeg(40),
        (b"\x47" + mpeg(1)[:187]) * 40,
        b"PK\3\4" + bytes(30) + mpeg(40),
        bytes(257) + b"ustar" + bytes(250) + mpeg(40),
        b"RIFF" + bytes(40) + mpeg(40),
        CUT + mpeg(3) + CUT + mpeg(3),
        tag(3, frame(3, "TIT2", b"\0T")) + b"fLaC" + bytes(900),
        tag(3, frame(3, "TIT2", b"\0T")) + mpeg(40, header=b"\xff\xf1\x50\x80", size=417),
    ],
)
def test_what_is_no_mpeg_audio_is_not_ours(data):
    assert not MP3.recognises(BytesSource(data), data[:64])


def test_tags_without_audio_are_a_damaged_file():
    for data in (
        tag(3, frame(3, "TIT2", b"\0T")),
        tag(3, frame(3, "TIT2", b"\0T"), padding=900)[:500],
        tag(3, frame(3, "TIT2", b"\0T"), tail=mpeg()),
    ):
        assert MP3.recognises(BytesSource(data), data[:64])
        with pytest.raises(DamagedError):
            MP3.read(BytesSource(data))


def test_a_tag_that_cannot_be_read_is_kept():
    broken = tag(2, frame(2, "TT2", b"\0T"), flags=0x40)
    source = BytesSource(broken + mpeg())
    layout = MP3.read(source)
    assert layout.blocks[0].error is not None
    with pytest.raises(RefusedError) as caught:
        MP3.change(source, layout, wanted())
    assert caught.value.code == "damaged-carrier"


def test_a_large_picture_is_neither_read_nor_kept_in_memory():
    data = tag(3, frame(3, "APIC", b"\0image/png\0\3\0" + bytes(5 << 20)), padding=99) + mpeg()
    source = Watched(BytesSource(data))
    layout = MP3.read(source)
    MP3.change(source, layout, wanted())
    assert source.total < 1 << 20
