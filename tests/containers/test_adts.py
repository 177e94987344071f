from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.containers.adts import Adts
from mediaoptout.containers.registry import detect
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Carrier
from tests import witnesses
from tests.carriers.test_ape import TITLE
from tests.carriers.test_ape import tag as ape_tag
from tests.carriers.test_id3 import frame, tag
from tests.containers.test_apetagged import TaggedContract, answer
from tests.containers.test_mp3 import id3v1_tag, mpeg

ADTS = Adts()


class TestAdts(TaggedContract):
    container = ADTS
    sample_folders = ("aac",)
    corpus_folders = ("aac",)
    minimum = 3
    corpus_minimum = 2
    # ffprobe shows the packet as one escaped text; we add to it. ExifTool takes frames behind an
    # ID3v2 tag for MP3, and says nothing of their profile and rate.
    may_change = ("id3v2_priv.XMP", "AAC:")
    new_warnings = ("should be MP3, not AAC",)


def adts(*sizes: int, rate: int = 4, checked: bool = False) -> bytes:
    """Frames of AAC LC, in stereo, with noise for their content."""
    chance = random.Random(len(sizes))
    data = b""
    for size in sizes:
        head = bytes((0xFF, 0xF0 if checked else 0xF1, 0x40 | rate << 2, 0x80 | size >> 11))
        head += bytes((size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC))
        data += head + bytes(chance.choices(range(255), k=size - len(head)))
    return data


STREAM = adts(*range(50, 70))
TAG = tag(3, frame(3, "TIT2", b"\0T"), padding=40)
STAMP = tag(4, frame(4, "PRIV", b"com.apple.streaming.transportStreamTimestamp\0" + bytes(8)))
ADIF = b"ADIF\0\x2a\xf8\0\5\0\0\xa0"
LOAS = b"\x56\xe0\xfc \0\x12\x10\x14" + bytes(244)


@pytest.mark.parametrize(
    "data",
    [
        STREAM,
        adts(60, 60, 60),
        adts(60, 60),
        adts(60, 60) + id3v1_tag(),
        adts(60, 60, 60, 60)[:-9],
        adts(60, 60, 60, checked=True),
        TAG + STREAM,
        STAMP + STREAM,
        TAG + STAMP + STREAM,
        TAG + bytes(90) + STREAM,
        STREAM[31:],
        STREAM + id3v1_tag(),
    ],
)
def test_frames_are_known_and_what_is_said_stands_before_them(data):
    layout, new = answer(ADTS, data)
    audio = data[data.find(b"\xff\xf1") :]
    assert new.endswith(audio)
    assert Carrier.XMP in {block.carrier for block in layout.blocks}
    assert STAMP not in data or STAMP[10:] in new


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xf1",
        adts(60),
        adts(60, rate=15) * 9,
        adts(60) + adts(60, rate=3) + adts(60) + bytes(60),
        (b"\xff\xf1\x50\x80" + bytes(3)) * 99,
        ADIF + STREAM[31:],
        LOAS * 20,
        mpeg(20),
        TAG + mpeg(20),
        bytes(20 << 10) + STREAM,
        bytes(20) + TAG + STREAM,
        b"RIFF" + bytes(40) + STREAM,
        TAG + b"fLaC" + STREAM,
        b"plain text\n" * 900,
        b"\xff" * 9000,
    ],
)
def test_what_is_something_else_is_not_claimed(data):
    found = detect(BytesSource(data))
    assert found is None or found.name != "aac"


def test_an_ape_tag_is_written_where_it_is_the_only_one():
    layout, new = answer(ADTS, STREAM + ape_tag(TITLE))
    assert new.startswith(STREAM)
    assert {block.carrier for block in layout.blocks} == {Carrier.APE}


@given(st.binary(max_size=300), st.integers(0, 19), st.binary(max_size=9))
def test_noise_is_refused_in_words(noise, start, rest):
    source = BytesSource(noise + STREAM[start * 3 :] + rest)
    found = detect(source)
    if found is not None and found.name == "aac":
        answer(ADTS, source.read(0, source.size))


def test_ffprobe_sees_it(samples, tmp_path):
    path = tmp_path / "a.aac"
    path.write_bytes(answer(ADTS, (samples / "aac" / "no-tag.aac").read_bytes())[1])
    shown = witnesses.ffprobe_tags(path)
    if shown is None:
        pytest.skip("no ffprobe here")
    assert shown["format:TDM-RESERVATION"] == "1"
    tags = witnesses.exiftool(path)
    if tags is None:
        pytest.skip("no ExifTool here (set EXIFTOOL)")
    assert any(name.endswith(":DataMining") for name in tags)
