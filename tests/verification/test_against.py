"""Copies that came back from a transcode, compared with their masters."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from mediaoptout import EmbedOptions, VerifyRecord, embed, load_profile, select
from mediaoptout.catalogue.outputs import to_read
from mediaoptout.catalogue.returned import pair
from mediaoptout.catalogue.run import Means, verify_all
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Work
from mediaoptout.reservation.texts import with_texts
from tests.conftest import SAMPLES


@pytest.fixture
def masters(tmp_path: Path) -> Path:
    folder = tmp_path / "masters"
    folder.mkdir()
    return folder


@pytest.fixture
def back(tmp_path: Path) -> Path:
    folder = tmp_path / "back"
    folder.mkdir()
    return folder


def master(folder: Path, sample: str, name: str = "", isrc: str | None = None) -> Path:
    target = folder / (name or Path(sample).name)
    reservation = load_profile("eu-tdm", ["holder.name=Example Records"])
    if isrc is not None:
        work = Work("Title", None, (Identifier.parse(Scheme.ISRC, isrc),))
        reservation = with_texts(replace(reservation, works=(work,)))
    embed(SAMPLES / sample, target, reservation=reservation, options=EmbedOptions(sign=False))
    return target


def compared(back: Path, masters: Path, *, quick: bool = False) -> dict[str, VerifyRecord]:
    means = Means(processes=1)
    jobs = pair(to_read(select([back])), masters, means)
    records = [record for _, record in verify_all(jobs, quick=quick, means=means)]
    return {Path(record.path).name: record for record in records if record is not None}


def told(record: VerifyRecord) -> dict[str, str]:
    return {
        item.rule.removeprefix("against-"): item.message
        for item in record.findings
        if item.rule.startswith("against-")
    }


def transcoded(source: Path, target: Path, *options: str) -> Path:
    if not shutil.which("ffmpeg"):
        pytest.skip("no ffmpeg here")
    command = ("ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(source), *options, str(target))
    subprocess.run(command, check=True, timeout=60)
    return target


def test_a_copy_that_nothing_happened_to(masters: Path, back: Path):
    shutil.copyfile(master(masters, "wav/pcm16.wav"), back / "pcm16.wav")
    found = told(compared(back, masters)["pcm16.wav"])
    assert found.keys() == {"carriers-kept", "same"}
    assert "xmp" in found["carriers-kept"]
    assert told(compared(back, masters, quick=True)["pcm16.wav"]).keys() == {"carriers-kept"}


def test_the_same_sound_in_another_container(masters: Path, back: Path):
    path = master(masters, "wav/pcm16.wav")
    transcoded(path, back / "pcm16.flac", "-map_metadata", "-1")
    found = told(compared(back, masters)["pcm16.flac"])
    assert found.keys() == {"carriers-lost", "same"}
    assert "sample for sample" in found["same"]
    assert "none is left" in found["carriers-lost"]


def test_encoded_anew(masters: Path, back: Path):
    transcoded(master(masters, "wav/pcm16.wav"), back / "pcm16.mp3", "-b:a", "96k")
    found = told(compared(back, masters)["pcm16.mp3"])
    assert found.keys() == {"carriers-lost", "re-encoded"}
    assert "likely the work of" in found["re-encoded"]
    assert "audio.codec MPEG Audio instead of PCM" in found["re-encoded"]


def test_a_film_that_was_made_smaller(masters: Path, back: Path):
    path = master(masters, "mp4/faststart.mp4")
    transcoded(path, back / "faststart.mp4", "-vf", "scale=32:24", "-c:v", "mpeg4")
    assert (
        "32 by 24 instead of 64 by 48"
        in told(compared(back, masters)["faststart.mp4"])["re-encoded"]
    )


def test_an_excerpt_is_another_work(masters: Path, back: Path):
    long = transcoded(SAMPLES / "wav/pcm16.wav", back.parent / "long.wav", "-af", "apad=pad_dur=2")
    transcoded(long, masters / "song.wav")
    transcoded(long, back / "song.mp3", "-t", "1")
    found = told(compared(back, masters)["song.mp3"])
    assert "likely another work" in found["other"]
    assert "carriers-lost" not in found  # the master has none


def test_pictures(masters: Path, back: Path):
    source = Image.open(master(masters, "jpeg/baseline.jpg"))
    source.resize((32, 24)).save(back / "baseline.jpg")
    master(masters, "jpeg/icc.jpg")
    Image.new("RGB", (50, 50)).save(back / "icc.jpg")
    found = compared(back, masters)
    assert "shape" in told(found["baseline.jpg"])["re-encoded"]
    assert "ratio 1.00" in told(found["icc.jpg"])["other"]


def test_matching(masters: Path, back: Path):
    """By path, then by name, then by an identifier; never by guessing among several."""
    for folder in ("a", "b"):
        (masters / folder).mkdir()
        (back / folder).mkdir()
        master(masters / folder, "flac/plain.flac", "same.flac")
        shutil.copyfile(masters / folder / "same.flac", back / folder / f"{folder}.flac")
    master(masters, "flac/plain.flac", "first.flac", "FRZ032600001")
    master(masters, "flac/plain.flac", "second.flac", "FRZ032600002")
    shutil.copyfile(masters / "second.flac", back / "renamed.flac")
    shutil.copyfile(masters / "first.flac", back / "first.FLAC")
    shutil.copyfile(masters / "a/same.flac", back / "same.flac")
    shutil.copyfile(masters / "a/same.flac", back / "b" / "same.flac")
    shutil.copyfile(SAMPLES / "gif/animated.gif", back / "none.gif")
    found = {name: told(record) for name, record in compared(back, masters).items()}
    assert "second.flac" in found["renamed.flac"]["same"]
    assert "first.flac" in found["first.FLAC"]["same"]
    assert "unmatched" in found["a.flac"] and "unmatched" in found["none.gif"]
    jobs = pair(to_read(select([back])), masters)
    paired = {str(job.item.relative): job.masters for job in jobs}
    assert paired["b/same.flac"] is not None
    assert paired["b/same.flac"].paths == (masters / "b/same.flac",)
    assert paired["same.flac"] is not None
    assert len(paired["same.flac"].paths) == 2
    assert "ambiguous" in next(
        told(record)
        for job, record in verify_all(jobs, means=Means(processes=1))
        if record is not None and job.item.relative == Path("same.flac")
    )


def test_a_master_that_cannot_be_read(masters: Path, back: Path):
    shutil.copyfile(master(masters, "png/rgb.png"), back / "rgb.png")
    (masters / "rgb.png").write_bytes(b"")
    assert "cannot be compared" in told(compared(back, masters)["rgb.png"])["unmatched"]
