from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers.id3v1_genres import GENRES
from mediaoptout.containers.apetagged import (
    FAMILIES,
    MonkeysAudio,
    Musepack,
    OptimFrog,
    Tak,
    WavPack,
)
from mediaoptout.containers.proof import prove
from mediaoptout.containers.registry import detect
from mediaoptout.containers.tagged import TaggedAudio, TaggedLayout
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Carrier
from tests import witnesses
from tests.carriers.test_ape import COVER, TITLE, item
from tests.carriers.test_ape import tag as ape_tag
from tests.carriers.test_id3 import frame, tag
from tests.containers.harness import ContainerContract, Watched, content, wanted
from tests.containers.test_mp3 import id3v1_tag


class TaggedContract(ContainerContract):
    minimum = 1

    def variants(self, data):
        source = BytesSource(data)
        layout, change = self.plan(source)
        if layout.essence[0].size == layout.size:
            # There is nothing but audio: the hostile tag is the one that we wrote.
            data = content(PatchedSource(source, change.patch))
        return super().variants(data)


class DecodedContract(TaggedContract):
    def test_others_decode_the_same(self, path, written):
        # ffmpeg takes all behind the last frame, the tag too, for a part of its packet.
        assert witnesses.decoded(written) == witnesses.decoded(path)


class TestMonkeysAudio(DecodedContract):
    container = MonkeysAudio()
    sample_folders = ("ape",)
    corpus_folders = ("ape",)
    corpus_minimum = 1


class TestTak(DecodedContract):
    container = Tak()
    sample_folders = ("tak",)


class TestWavPack(TaggedContract):
    container = WavPack()
    sample_folders = ("wavpack",)
    corpus_folders = ("wavpack",)
    corpus_minimum = 1


class TestMusepack(TaggedContract):
    container = Musepack()
    sample_folders = ("musepack",)
    corpus_folders = ("musepack",)
    corpus_minimum = 2


class TestOptimFrog(TaggedContract):
    container = OptimFrog()
    sample_folders = ("optimfrog",)


def part(kind: int, size: int) -> bytes:
    """A part of a WavPack block: its kind, its size in words, and zeros."""
    if size < 512:
        return bytes((kind, size // 2)) + bytes(size)
    return bytes((kind | 0x80,)) + (size // 2).to_bytes(3, "little") + bytes(size)


def wavpack(*parts: bytes) -> bytes:
    body = bytes(20) + b"\x10\4" + bytes(2) + b"".join(parts)
    return b"wvpk" + len(body).to_bytes(4, "little") + body


WAVPACK = wavpack(part(2, 4), part(0x0A, 900))
AUDIO = {
    "ape": b"MAC \x96\x0f" + bytes(200),
    "wavpack": WAVPACK,
    "musepack": b"MP+\x07" + bytes(200),
    "optimfrog": b"OFR \x0f\0\0\0" + bytes(200),
    "tak": b"tBaK\1\x0d" + bytes(200),
}
EACH = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


def answer(family: TaggedAudio, data: bytes, **options) -> tuple[TaggedLayout, bytes]:
    """The layout of what becomes of ``data``, and its bytes; the proof must hold."""
    source = BytesSource(data)
    found = detect(source)
    assert found is not None and found.name == family.name
    layout = family.read(source)
    change = family.change(source, layout, wanted(**options))
    after = PatchedSource(source, change.patch)
    new = family.read(after)
    proof = prove(layout, new, change.patch)
    assert proof.holds, proof.reasons
    second = family.change(after, new, wanted(**options))
    assert second.patch.changes_nothing(after.size)
    assert second.carriers == change.carriers
    assert content(PatchedSource(after, change.patch.inverse(source))) == data
    return new, content(after)


def refusal(family: TaggedAudio, data: bytes, **options) -> str:
    source = BytesSource(data)
    with pytest.raises(RefusedError) as caught:
        family.change(source, family.read(source), wanted(**options))
    assert caught.value.fix
    return caught.value.code


@EACH
@pytest.mark.parametrize(
    "behind",
    [
        b"",
        ape_tag(),
        ape_tag(TITLE, COVER),
        ape_tag(TITLE, COVER, header=False),
        ape_tag(TITLE, header=False, version=1000),
        ape_tag(TITLE) + id3v1_tag(),
        b"LYRICSBEGIN some words LYRICSEND" + id3v1_tag(),
        ape_tag(TITLE) + b"LYRICSBEGIN some words LYRICSEND" + id3v1_tag(),
    ],
)
def test_the_tag_at_the_end_says_it(family, behind):
    audio = AUDIO[family.name]
    layout, new = answer(family, audio + behind)
    assert new.startswith(audio)
    assert layout.ape is not None and not layout.tags
    kept = behind[behind.find(b"LYRICS") :] if b"LYRICS" in behind else b""
    kept = kept or (id3v1_tag() if behind.endswith(id3v1_tag()) else b"")
    assert new.endswith(kept)
    for foreign in (TITLE, COVER):
        assert (foreign in new) == (foreign in behind)


@EACH
def test_mutagen_reads_it_before_an_older_tag(family):
    from mutagen.apev2 import APEv2

    _, new = answer(family, AUDIO[family.name] + id3v1_tag())
    tags = APEv2(io.BytesIO(new))
    assert str(tags["TDM-RESERVATION"]) == "1"
    # Readers that find an APE tag look at ID3v1 no more.
    assert (str(tags["Title"]), str(tags["Genre"])) == ("Old title", "Jazz")
    assert (str(tags["Artist"]), str(tags["Track"])) == ("Artist", "7")


def test_the_genres_are_those_of_others():
    from mutagen._constants import GENRES as THEIRS

    assert list(GENRES) == THEIRS


@EACH
def test_a_tag_before_the_audio_is_written_where_it_is_the_only_one(family):
    first = tag(3, frame(3, "TIT2", b"\0T"), padding=9000)
    layout, new = answer(family, first + AUDIO[family.name])
    assert new.endswith(AUDIO[family.name]) and layout.ape is None
    assert {block.carrier for block in layout.blocks} == {Carrier.ID3, Carrier.XMP}
    assert layout.essence[0].start == len(first), "its room is used"

    layout, new = answer(family, first + AUDIO[family.name] + ape_tag(TITLE))
    assert new.startswith(first + AUDIO[family.name])
    assert {entry.label for entry in layout.blocks[-1].entries} >= {"TDM-RESERVATION"}


@EACH
def test_what_a_tag_that_is_only_read_allows_is_not_reserved_beside_it(family):
    first = tag(3, frame(3, "TXXX", b"\0TDM-RESERVATION\x000"))
    data = first + AUDIO[family.name] + ape_tag(TITLE)
    assert refusal(family, data) == "contrary-statement"
    answer(family, data, force=True)


@EACH
def test_of_several_tags_the_last_is_written(family):
    data = AUDIO[family.name] + ape_tag(TITLE, COVER) + id3v1_tag() + ape_tag(TITLE)
    layout, new = answer(family, data)
    assert new.startswith(data[: -len(ape_tag(TITLE))])
    assert sum(block.carrier is Carrier.APE for block in layout.blocks) == 2


@pytest.mark.parametrize(
    ("behind", "code"),
    [
        (ape_tag(TITLE)[:-24] + (1 << 30).to_bytes(4, "little") * 4 + bytes(8), "damaged-carrier"),
        (ape_tag(b"\xff" + item(b"Title", b"T"), header=False), "damaged-carrier"),
        (ape_tag(item(b"Title", b"\xa9"), header=False, version=1000), "old-tag"),
        (ape_tag(item(b"tdm-reservation", b"0")), "contrary-statement"),
        (ape_tag(item(b"TDM-RESERVATION", b"0", flags=1), TITLE), "contrary-statement"),
    ],
)
def test_what_cannot_be_written_is_refused(behind, code):
    data = WAVPACK + behind
    assert refusal(WavPack(), data) == code
    if code == "damaged-carrier":
        assert any(block.error for block in WavPack().read(BytesSource(data)).blocks)


def test_a_correction_file_is_left_alone():
    assert detect(BytesSource(wavpack(part(2, 4), part(0x0B, 900)))) is None
    assert detect(BytesSource(wavpack(part(2, 4), part(0x0E, 900)))) is not None
    assert detect(BytesSource(wavpack())) is not None, "a block without a sample"


@EACH
def test_a_file_of_another_kind_is_damaged(family):
    with pytest.raises(DamagedError):
        family.read(BytesSource(tag(3, frame(3, "TIT2", b"\0T")) + bytes(900)))


def test_a_manifest_in_a_tag_before_the_audio_can_be_taken_out():
    store = b"\0\0\0\x40jumb" + bytes(56)
    geob = frame(3, "GEOB", b"\0application/x-c2pa-manifest-store\0c2pa\0c2pa\0" + store)
    for behind in (b"", ape_tag(TITLE)):
        data = tag(3, frame(3, "TIT2", b"\0T"), geob) + AUDIO["tak"] + behind
        source = BytesSource(data)
        family = Tak()
        layout = family.read(source)
        assert family.manifest_store(source, layout) == store
        patch = family.change(source, layout, wanted(drop_manifest=True)).patch
        after = family.read(PatchedSource(source, patch))
        assert after.manifest is None and family.manifest_store(source, after) is None


def test_a_large_cover_is_neither_read_nor_kept_in_memory():
    cover = item(b"Cover Art (Front)", b"c.jpg\0" + bytes(9 << 20), 2)
    source = Watched(BytesSource(WAVPACK + ape_tag(TITLE, cover)))
    layout = WavPack().read(source)
    change = WavPack().change(source, layout, wanted())
    assert source.total < 1 << 18
    assert change.patch.keeps(layout.foreign)


KEYS = st.sampled_from([b"Title", b"Artist", b"COPYRIGHT", b"License", b"Comment", b"TDM-Policy"])
ITEMS = st.builds(item, KEYS, st.text(max_size=20).map(str.encode), st.sampled_from([0, 0, 2, 4]))
APES = st.lists(ITEMS, max_size=6, unique_by=lambda data: data[8:].split(b"\0")[0]).flatmap(
    lambda items: st.booleans().map(lambda header: ape_tag(*items, header=header))
)
LEADS = st.sampled_from(
    [
        b"",
        tag(3, frame(3, "TIT2", b"\0T"), padding=30),
        tag(4, frame(4, "TIT2", b"\3T")) + tag(3, frame(3, "TIT2", b"\0U")),
    ]
)
ENDS = st.sampled_from([b"", id3v1_tag(), b"LYRICSBEGIN some words LYRICSEND" + id3v1_tag()])


@given(st.sampled_from(FAMILIES), LEADS, st.one_of(st.just(b""), APES), ENDS)
def test_whatever_stands_around_the_audio(family, lead, behind, end):
    audio = AUDIO[family.name]
    _, new = answer(family, lead + audio + behind + end)
    assert audio in new and new.endswith(end)
