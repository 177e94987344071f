from __future__ import annotations

import pytest

from mediaoptout.containers.tta import Tta
from mediaoptout.errors import RefusedError
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Carrier
from tests import witnesses
from tests.carriers.test_ape import TITLE, item
from tests.carriers.test_ape import tag as ape_tag
from tests.carriers.test_id3 import frame, mutagen_frames, tag
from tests.containers.harness import wanted
from tests.containers.test_apetagged import TaggedContract, answer
from tests.containers.test_mp3 import id3v1_tag

TTA = Tta()
AUDIO = b"TTA1\1\0\2\0\x10\0\x44\xac\0\0" + bytes(300)


class TestTta(TaggedContract):
    container = TTA
    sample_folders = ("tta",)
    corpus_folders = ("tta",)
    minimum = 2
    corpus_minimum = 1
    # ffprobe shows the packet as one escaped text; we add to it.
    may_change = ("id3v2_priv.XMP",)


def test_a_new_tag_stands_before_the_audio():
    layout, new = answer(TTA, AUDIO)
    assert new.endswith(AUDIO) and new.startswith(b"ID3\3")
    assert {block.carrier for block in layout.blocks} == {Carrier.ID3, Carrier.XMP}


def test_an_older_tag_is_repeated_where_the_new_one_hides_it():
    layout, new = answer(TTA, AUDIO + id3v1_tag())
    tags = mutagen_frames(new[: layout.tags[0].span.end])
    assert tags["TIT2"].text == ["Old title"]
    assert new.endswith(AUDIO + id3v1_tag())


def test_an_ape_tag_is_written_where_it_is_the_only_one():
    layout, new = answer(TTA, AUDIO + ape_tag(TITLE))
    assert new.startswith(AUDIO)
    assert {block.carrier for block in layout.blocks} == {Carrier.APE}


def test_both_tags_are_written_where_there_are_both():
    # Of two tags some players show the one, some the other.
    layout, _ = answer(TTA, tag(3, frame(3, "TIT2", b"\0T")) + AUDIO + ape_tag(TITLE))
    said = {block.carrier for block in layout.blocks if block.entries}
    assert said == {Carrier.ID3, Carrier.XMP, Carrier.APE}


def test_what_an_ape_tag_allows_is_refused():
    for first in (b"", tag(3, frame(3, "TIT2", b"\0T"))):
        data = first + AUDIO + ape_tag(item(b"TDM-RESERVATION", b"0"))
        source = BytesSource(data)
        with pytest.raises(RefusedError) as caught:
            TTA.change(source, TTA.read(source), wanted())
        assert caught.value.code == "contrary-statement"
        answer(TTA, data, force=True)


def test_mutagen_and_ffprobe_see_it(samples, tmp_path):
    data = (samples / "tta" / "no-tag.tta").read_bytes()
    path = tmp_path / "a.tta"
    path.write_bytes(answer(TTA, data)[1])
    assert "TXXX:TDM-RESERVATION" in witnesses.mutagen_tags(path)
    shown = witnesses.ffprobe_tags(path)
    if shown is None:
        pytest.skip("no ffprobe here")
    assert shown["format:TDM-RESERVATION"] == "1"
