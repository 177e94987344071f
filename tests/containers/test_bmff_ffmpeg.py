"""Every flavour of MP4 and QuickTime that ffmpeg makes: streams and packet times stay equal."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mediaoptout.containers.base import MANIFEST, Wanted
from mediaoptout.containers.proof import prove
from mediaoptout.containers.registry import detect
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import FileSource
from tests import witnesses
from tests.containers.harness import content, fake_store, wanted

VIDEO = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=3"]
AUDIO = ["-f", "lavfi", "-i", "sine=duration=3:frequency=300"]
MPEG4 = ["-c:v", "mpeg4", "-g", "12", "-bf", "2", "-c:a", "aac", "-shortest"]
BOTH = [*VIDEO, *AUDIO, *MPEG4]
CHAPTERS = """;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1000
START=0
END=1000
title=One
[CHAPTER]
TIMEBASE=1/1000
START=1000
END=3000
title=Two
"""
KEY = ["-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "00" * 16]
KEY += ["-encryption_kid", "11" * 16]

FLAVOURS: dict[str, list[str]] = {
    "plain.mp4": BOTH,
    "faststart.mp4": [*BOTH, "-movflags", "+faststart"],
    "room.mp4": [*BOTH, "-moov_size", "20000"],
    "base-offset.mp4": [*BOTH, "-movflags", "+frag_keyframe+empty_moov"],
    "base-is-moof.mp4": [*BOTH, "-movflags", "+frag_keyframe+empty_moov+default_base_moof"],
    "omit-offset.mp4": [*BOTH, "-movflags", "+frag_keyframe+empty_moov+omit_tfhd_offset"],
    "separate.mp4": [*BOTH, "-movflags", "+frag_keyframe+empty_moov+separate_moof"],
    "moov-fragment.mp4": [*BOTH, "-movflags", "+frag_keyframe"],
    "every-frame.mp4": [*BOTH, "-movflags", "+frag_every_frame+empty_moov"],
    "dash.mp4": [*BOTH, "-movflags", "+dash+frag_keyframe"],
    "global-sidx.mp4": [*BOTH, "-movflags", "+dash+global_sidx+frag_keyframe"],
    "cmaf.mp4": [*BOTH, "-movflags", "+cmaf+frag_keyframe"],
    "delay.mp4": [*BOTH, "-movflags", "+delay_moov+frag_keyframe+empty_moov"],
    "smooth.ismv": [*BOTH, "-frag_duration", "500000"],
    "no-mfra.mp4": [*BOTH, "-movflags", "+frag_keyframe+empty_moov+skip_trailer"],
    "keys.mp4": [*BOTH, "-movflags", "+use_metadata_tags", "-metadata", "copyright=Somebody"],
    "tagged.mp4": [*BOTH, "-metadata", "copyright=Somebody", "-metadata", "comment=A comment"],
    "tracks.mp4": [
        *VIDEO, *AUDIO, *AUDIO, *AUDIO, "-map", "0", "-map", "1", "-map", "2", "-map", "3", *MPEG4,
    ],
    "timecode.mov": [*BOTH, "-timecode", "01:00:00:00"],
    "timecode-start.mov": [*BOTH, "-timecode", "01:00:00:00", "-movflags", "+faststart"],
    "tagged.mov": [*BOTH, "-metadata", "copyright=Somebody", "-metadata", "title=T"],
    "pcm.mov": [*VIDEO, *AUDIO, "-c:v", "mjpeg", "-c:a", "pcm_s24be", "-movflags", "+faststart"],
    "fragments.mov": [*BOTH, "-movflags", "+frag_keyframe+empty_moov"],
    "text.mov": [*BOTH, "-movflags", "+rtphint"],
    "hinted.mp4": [*BOTH, "-movflags", "+rtphint+faststart"],
    "encrypted.mp4": [*BOTH, *KEY],
    "encrypted-start.mp4": [*BOTH, *KEY, "-movflags", "+faststart"],
    "encrypted-fragments.mp4": [*BOTH, *KEY, "-movflags", "+frag_keyframe+empty_moov"],
    "encrypted-dash.mp4": [*BOTH, *KEY, "-movflags", "+dash+frag_keyframe+global_sidx"],
    "alac.m4a": [*AUDIO, "-c:a", "alac"],
    "book.m4b": [*AUDIO, "-c:a", "aac", "-movflags", "+faststart", "-f", "ipod"],
    "amr.3gp": [*VIDEO, *AUDIO, "-c:v", "h263", "-s", "128x96", "-c:a", "aac"],
    "start.3gp": [*BOTH, "-movflags", "+faststart", "-metadata", "copyright=Somebody"],
    "phone.3g2": [*BOTH, "-movflags", "+frag_keyframe+empty_moov"],
    "flash.f4v": [*AUDIO, "-c:a", "aac", "-f", "f4v"],
}  # fmt: skip


@pytest.fixture(scope="module")
def chapters(tmp_path_factory):
    path = tmp_path_factory.mktemp("chapters") / "chapters.txt"
    path.write_text(CHAPTERS)
    return path


@pytest.fixture(params=sorted(FLAVOURS))
def made(request, tmp_path: Path, chapters: Path) -> Path:
    """A file of one flavour; chapters in those that can have them."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg here")
    path = tmp_path / f"in-{request.param}"
    options = FLAVOURS[request.param]
    if request.param in ("book.m4b", "faststart.mp4", "plain.mp4"):
        inputs = options.count("-i")
        last = len(options) - options[::-1].index("-i")
        options = [*options[: last + 1], "-i", str(chapters), "-map_chapters", str(inputs),
                   *options[last + 1 :]]  # fmt: skip
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *options, str(path)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"this ffmpeg cannot make it: {done.stderr.decode()[-200:]}")
    return path


def _write(path: Path, target: Path, wishes: Wanted) -> None:
    with FileSource(path) as source:
        family = detect(source)
        assert family is not None
        layout = family.read(source)
        assert layout.obstacle is None
        patch = family.change(source, layout, wishes).patch
        for name, span in patch.holes:
            frame = family.frame_manifest(fake_store(wishes.manifest or 0))
            assert (name, span.size) == (MANIFEST, len(frame))
            patch = patch.fill(MANIFEST, frame)
        after = PatchedSource(source, patch)
        proof = prove(layout, family.read(after), patch)
        assert proof.holds, proof.reasons
        target.write_bytes(content(after))


def test_streams_and_times_are_equal(made: Path, tmp_path: Path):
    target, signed, again = (tmp_path / f"{n}-{made.name}" for n in ("out", "signed", "again"))
    before = witnesses.streamhash(made)
    _write(made, target, wanted())
    assert witnesses.streamhash(target) == before
    _write(target, again, wanted())
    assert again.read_bytes() == target.read_bytes()
    _write(made, signed, wanted(manifest=4321))
    assert witnesses.streamhash(signed) == before
    _write(target, signed, wanted(manifest=54321))
    assert witnesses.streamhash(signed) == before


def test_others_see_it_and_miss_nothing(made: Path, tmp_path: Path):
    target = tmp_path / made.name.removeprefix("in-")
    _write(made, target, wanted())
    before, after = witnesses.ffprobe_tags(made), witnesses.ffprobe_tags(target)
    if before is not None and after is not None:
        assert {key: after.get(key) for key in before} == before
        assert any(key.startswith("format:copyright") for key in after) or made.suffix == ".3gp"
    before, after = witnesses.exiftool(made), witnesses.exiftool(target)
    if before is not None and after is not None:
        assert witnesses.lost(before, after) == []
        assert any(key.endswith(":DataMining") for key in after)
    complaints = witnesses.exiftool_validate(made)
    if complaints is not None:
        assert set(witnesses.exiftool_validate(target) or ()) <= set(complaints)
