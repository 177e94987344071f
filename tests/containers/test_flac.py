from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from mediaoptout.carriers import id3, vorbis
from mediaoptout.containers.base import MANIFEST, Change, Wanted
from mediaoptout.containers.flac import COMMENT, LAST, PADDING, STREAMINFO, Flac, FlacLayout
from mediaoptout.containers.proof import prove
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.reservation.texts import heads
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import Property, as_text
from mediaoptout.words import Carrier
from tests import witnesses
from tests.containers.harness import (
    NOTICE,
    STORE_SIZE,
    TERMS_EN,
    TERMS_FR,
    ContainerContract,
    content,
    fake_store,
    wanted,
)

FLAC = Flac()
PICTURE = 6


class TestFlac(ContainerContract):
    container = FLAC
    sample_folders = ("flac",)
    corpus_folders = ("flac",)
    minimum = 2
    corpus_minimum = 4

    def test_flac_finds_nothing_new(self, path, written):
        before, after = witnesses.flac_test(path), witnesses.flac_test(written)
        if before is None or after is None:
            pytest.skip("no flac here")
        assert bool(after) == bool(before)

    def test_others_see_the_comments(self, path, written):
        tags = witnesses.mutagen_tags(written)
        had = witnesses.mutagen_tags(path)
        assert tags["tdm-reservation"] == "['1']"
        assert TERMS_EN in tags["usage_terms"] or "usage_terms" in had
        assert {key: tags[key] for key in had} == had

    def test_the_pictures_of_others(self, path):
        source = BytesSource(path.read_bytes())
        before = [source.read(*meta.payload) for meta in FLAC.read(source).of(PICTURE)]
        _, change = self.plan(source)
        written = PatchedSource(source, change.patch)
        after = FLAC.read(written)
        assert [written.read(*meta.payload) for meta in after.of(PICTURE)] == before


def meta(kind: int, payload: bytes, *, size: int | None = None) -> bytes:
    stated = len(payload) if size is None else size
    return bytes((kind,)) + stated.to_bytes(3, "big") + payload


def comments(*texts: bytes, vendor: bytes = b"reference libFLAC") -> bytes:
    listed = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    head = len(vendor).to_bytes(4, "little") + vendor
    return head + len(texts).to_bytes(4, "little") + listed


FRAMES = b"\xff\xf8\xc9\x18\0" + random.Random(1).randbytes(500)
INFO = meta(STREAMINFO, bytes(34))


def flac(*metas: bytes, frames: bytes = FRAMES) -> bytes:
    blocks = [INFO, *metas]
    blocks[-1] = bytes((blocks[-1][0] | LAST,)) + blocks[-1][1:]
    return b"fLaC" + b"".join(blocks) + frames


def run(data: bytes, **options: Any) -> tuple[FlacLayout, Change, PatchedSource, FlacLayout]:
    source = BytesSource(data)
    layout = FLAC.read(source)
    change = FLAC.change(source, layout, wanted(**options))
    written = PatchedSource(source, change.patch)
    after = FLAC.read(written)
    assert after.obstacle is None
    assert prove(layout, after, change.patch).holds
    again = FLAC.change(written, after, wanted(**options))
    assert again.patch.changes_nothing(written.size) or "manifest" in options
    return layout, change, written, after


def kinds(layout: FlacLayout) -> list[int]:
    return [item.type for item in layout.metas]


class TestRoom:
    def test_nothing_but_streaminfo(self):
        _, _, _, after = run(flac())
        assert kinds(after) == [STREAMINFO, COMMENT, PADDING]
        assert after.metas[-1].payload.size == 2048

    def test_padding_gives_what_the_comments_take(self):
        data = flac(meta(COMMENT, comments(b"TITLE=Song")), meta(PADDING, bytes(8192)))
        layout, change, written, after = run(data)
        assert written.size == len(data)
        assert change.patch.moves_nothing
        assert kinds(after) == kinds(layout)

    def test_padding_gives_room_for_a_new_block(self):
        data = flac(meta(PADDING, bytes(8192)), meta(PICTURE, b"picture"))
        _, change, written, after = run(data)
        assert written.size == len(data) and change.patch.moves_nothing
        assert kinds(after) == [STREAMINFO, COMMENT, PADDING, PICTURE]

    def test_padding_that_is_just_enough(self):
        grown = run(flac(meta(PADDING, bytes(8192))))[3]
        need = grown.metas[1].end - grown.metas[1].start
        data = flac(meta(PADDING, bytes(need)))
        _, _, written, after = run(data)
        assert written.size == len(data)
        assert after.metas[-1].payload.size == 0

    def test_padding_that_is_too_small_is_filled_up(self):
        data = flac(meta(COMMENT, comments()), meta(PADDING, bytes(10)), meta(PICTURE, b"p"))
        _, _, written, after = run(data)
        assert kinds(after) == [STREAMINFO, COMMENT, PADDING, PICTURE]
        assert after.metas[2].payload.size == 2048
        assert written.read(*after.essence[0]) == FRAMES

    def test_comments_that_are_the_last_block(self):
        _, _, written, after = run(flac(meta(PICTURE, b"p"), meta(COMMENT, comments())))
        assert kinds(after) == [STREAMINFO, PICTURE, COMMENT, PADDING]
        assert [written.read(item.start, item.start + 1)[0] >> 7 for item in after.metas] == [
            0,
            0,
            0,
            1,
        ]

    def test_comments_that_become_shorter_leave_padding(self):
        old = b"USAGE_TERMS=" + heads()[0].encode() + b" x" * 400
        source = BytesSource(flac(meta(COMMENT, comments(old))))
        layout = FLAC.read(source)
        shorter = Wanted(properties=(Property("xmpRights:UsageTerms", "All reserved"),))
        change = FLAC.change(source, layout, shorter)
        after = FLAC.read(PatchedSource(source, change.patch))
        assert change.patch.size == source.size
        assert kinds(after) == [STREAMINFO, COMMENT, PADDING]

    def test_an_empty_reservation_changes_nothing(self):
        nothing = wanted(*(item.name for item in wanted().properties))
        for data in (flac(), flac(meta(COMMENT, comments(b"A=b")), meta(PADDING, bytes(8)))):
            source = BytesSource(data)
            change = FLAC.change(source, FLAC.read(source), nothing)
            assert change.patch.changes_nothing(source.size)
            assert change.carriers == ()


def test_comments_larger_than_a_block_are_refused():
    data = flac(meta(COMMENT, comments(b"LYRICS=" + bytes((1 << 24) - 200))))
    with pytest.raises(RefusedError) as caught:
        run(data)
    assert caught.value.code == "overflow"


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"fLaC" + meta(PADDING, bytes(9)) + INFO, "no-streaminfo"),
            (b"fLaC" + meta(STREAMINFO | LAST, bytes(30)) + FRAMES, "no-streaminfo"),
            (flac(frames=b"no frame at all"), "no-frames"),
            (flac(frames=b"\xff"), "no-frames"),
            (flac(meta(COMMENT, comments()[:-1] + b"\7")), "damaged-carrier"),
        ],
    )
    def test_with_its_reason(self, data, code):
        if code == "no-streaminfo" and len(data) < 100:
            data = data[:-38] + bytes((data[-38] | LAST,)) + data[-37:]
        with pytest.raises(RefusedError) as caught:
            run(data)
        assert caught.value.code == code and caught.value.fix

    @pytest.mark.parametrize(
        "data",
        [
            b"fLaX",
            b"fLaC",
            b"fLaC" + meta(127, b""),
            b"fLaC" + meta(0, bytes(34), size=99),
        ],
    )
    def test_what_cannot_be_walked(self, data):
        with pytest.raises(DamagedError):
            FLAC.read(BytesSource(data))

    def test_too_many_blocks(self):
        with pytest.raises(LimitError):
            FLAC.read(BytesSource(flac(*[meta(2, b"")] * 70_000)))

    def test_a_file_without_frames_is_written(self):
        run(flac(frames=b""))


class TestSecondCommentBlock:
    def test_its_texts_are_left_to_it(self):
        second = meta(COMMENT, comments(b"COPYRIGHT=(c) Others"))
        _, _, written, after = run(flac(meta(COMMENT, comments()), second))
        assert second[4:] in content(written)
        assert "COPYRIGHT" not in {entry.label for entry in after.comments[0].entries}

    def test_its_contrary_is_refused(self):
        second = meta(COMMENT, comments(b"TDM-RESERVATION=0"))
        data = flac(meta(COMMENT, comments()), second)
        with pytest.raises(RefusedError) as caught:
            run(data)
        assert caught.value.code == "contrary-statement"
        change = FLAC.change(BytesSource(data), FLAC.read(BytesSource(data)), wanted(force=True))
        assert any("left as it is" in warning for warning in change.warnings)


def tag(*properties: Property) -> bytes:
    merged = id3.merge(None, properties, padding=100)
    return merged.rendered(b"")


class TestTagsAroundTheStream:
    def test_they_are_read_and_kept(self):
        lead = tag(Property("dc:rights", "(c) Others")) + tag(Property("tdm:reservation", "1"))
        tail = b"TAG" + bytes(125)
        data = lead + flac(meta(PADDING, bytes(8192))) + tail
        assert FLAC.recognises(BytesSource(data), data[:64])
        layout, _, written, _ = run(data)
        assert content(written).startswith(lead) and content(written).endswith(tail)
        assert layout.essence[0].size == len(FRAMES)
        assert [b.carrier for b in layout.blocks].count(Carrier.ID3) == 2

    def test_a_tag_before_something_else(self):
        data = tag(Property("dc:rights", "(c)")) + b"\xff\xfb\x90\x00" * 9
        assert not FLAC.recognises(BytesSource(data), data[:64])

    def test_a_contrary_tag_is_refused(self):
        with pytest.raises(RefusedError) as caught:
            run(tag(Property("tdm:reservation", "0")) + flac())
        assert caught.value.code == "contrary-statement"

    def test_a_manifest_joins_the_tag_that_is_there(self):
        lead = tag(Property("dc:rights", "(c) Others"))
        source = BytesSource(lead + flac())
        change = FLAC.change(source, FLAC.read(source), wanted(manifest=STORE_SIZE))
        assert Carrier.C2PA in change.carriers
        filled = change.patch.fill(MANIFEST, FLAC.frame_manifest(fake_store(STORE_SIZE)))
        signed = BytesSource(content(PatchedSource(source, filled)))
        layout = FLAC.read(signed)
        assert FLAC.manifest_store(signed, layout) == fake_store(STORE_SIZE)
        dropped = FLAC.change(signed, layout, wanted(drop_manifest=True))
        after = FLAC.read(PatchedSource(signed, dropped.patch))
        assert after.manifest is None
        assert [as_text(entry.value) for entry in after.tags[0].blocks[0].entries] == ["(c) Others"]

    def test_a_tag_made_for_a_manifest_goes_with_it(self):
        source = BytesSource(flac())
        change = FLAC.change(source, FLAC.read(source), wanted(manifest=STORE_SIZE))
        filled = change.patch.fill(MANIFEST, fake_store(STORE_SIZE))
        signed = BytesSource(content(PatchedSource(source, filled)))
        dropped = FLAC.change(signed, FLAC.read(signed), wanted(drop_manifest=True))
        assert PatchedSource(signed, dropped.patch).read(0, 4) == b"fLaC"


def test_others_see_several_languages(samples: Path, tmp_path: Path):
    source = BytesSource((samples / "flac" / "plain.flac").read_bytes())
    change = FLAC.change(source, FLAC.read(source), wanted())
    target = tmp_path / "out.flac"
    target.write_bytes(content(PatchedSource(source, change.patch)))
    tags = witnesses.mutagen_tags(target)
    assert tags["usage_terms"] == str([TERMS_EN, TERMS_FR])
    assert tags["copyright"] == str([NOTICE])
    shown = witnesses.ffprobe_tags(target)
    if shown is not None:
        assert shown["format:TDM-RESERVATION"] == "1"
    assert vorbis.VENDOR not in content(source)
