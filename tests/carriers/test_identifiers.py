"""Identifiers stand where each tag has them, as other programs see; others' are never changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mediaoptout import EmbedOptions, EmbedRecord, embed, inspect, strip
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Holder, Reservation, Work
from mediaoptout.reservation.profiles import load
from mediaoptout.reservation.texts import with_texts
from tests import witnesses
from tests.conftest import SAMPLES

ISRC = Identifier.parse(Scheme.ISRC, "FRZ039800212")
WORKS = (
    Work(
        "Song",
        identifiers=(
            ISRC,
            Identifier.parse(Scheme.ISWC, "T-034.524.680-1"),
            Identifier.parse(Scheme.GTIN, "4006381333931"),
            Identifier.parse(Scheme.CATALOGUE_NUMBER, "ECM 1064"),
        ),
    ),
)
ISNI = Identifier.parse(Scheme.ISNI, "0000000121032683")


def reservation(works: tuple[Work, ...] = WORKS) -> Reservation:
    holders = (Holder("Jane Doe", identifiers=(ISNI,)),)
    return with_texts(replace(load("eu-tdm"), holders=holders, works=works))


def put(
    sample: str | Path, folder: Path, works: tuple[Work, ...] = WORKS
) -> tuple[Path, EmbedRecord]:
    source = SAMPLES / sample
    target = folder / f"new-{source.name}"
    options = EmbedOptions(sign=False)
    record = embed(source, target, reservation=reservation(works), options=options)
    assert record.error is None
    return target, record


TXXX = {
    "TSRC": "FRZ039800212",
    "TXXX:ISWC": "T-034.524.680-1",
    "TXXX:BARCODE": "4006381333931",
    "TXXX:CATALOGNUMBER": "ECM 1064",
    "TXXX:ISNI": "0000 0001 2103 2683",
    "TXXX:RIGHTS-HOLDER": "Jane Doe",
}
NAMED = {
    "ISRC": "FRZ039800212",
    "ISWC": "T-034.524.680-1",
    "BARCODE": "4006381333931",
    "CATALOGNUMBER": "ECM 1064",
    "ISNI": "0000 0001 2103 2683",
    "RIGHTS-HOLDER": "Jane Doe",
}


@pytest.mark.parametrize(
    ("sample", "wanted"),
    [
        ("mp3/no-tag.mp3", TXXX),
        ("wav/pcm16.wav", TXXX),
        ("aiff/pcm16.aiff", TXXX),
        ("dsf/plain.dsf", TXXX),
        ("flac/plain.flac", NAMED),
        ("ogg/opus.opus", NAMED),
        ("ape/silence.ape", {**NAMED, "Barcode": NAMED["BARCODE"]}),
        ("mp4/audio.m4a", {f"----:com.apple.iTunes:{key}": text for key, text in NAMED.items()}),
        (
            "asf/padding.wma",
            {
                "WM/ISRC": "FRZ039800212",
                "WM/Barcode": "4006381333931",
                "WM/CatalogNo": "ECM 1064",
                "ISWC": "T-034.524.680-1",
            },
        ),
    ],
)
def test_as_mutagen_sees_them(sample, wanted, tmp_path):
    pytest.importorskip("mutagen")
    path, _ = put(sample, tmp_path)
    found = {key.lower(): value for key, value in witnesses.mutagen_tags(path).items()}
    for key, text in wanted.items():
        assert text in found.get(key.lower(), ""), key


def test_as_ffprobe_sees_them_in_matroska(tmp_path):
    path, _ = put("matroska/audio.mka", tmp_path)
    tags = witnesses.ffprobe_tags(path)
    if tags is None:
        pytest.skip("no ffprobe here")
    assert tags["format:ISRC"] == "FR-Z03-98-00212"
    assert tags["format:CATALOG_NUMBER"] == "ECM 1064"
    assert tags["format:RIGHTS_HOLDER"] == "Jane Doe"


def test_never_where_isrc_means_source(tmp_path):
    path, _ = put("wav/list-info.wav", tmp_path)
    tags = witnesses.exiftool(path)
    if tags is None:
        pytest.skip("no ExifTool here (set EXIFTOOL)")
    assert "RIFF:Source" not in tags
    assert any(key.endswith(":ISRC") and value == "FRZ039800212" for key, value in tags.items())


def test_two_recordings_in_one_file_stand_in_xmp_alone(tmp_path):
    other = Work("B", identifiers=(Identifier.parse(Scheme.ISRC, "FRZ039800213"),))
    path, _ = put("mp3/no-tag.mp3", tmp_path, (*WORKS, other))
    assert "TSRC" not in witnesses.mutagen_tags(path)
    assert [work for work in inspect(path).works if "ISRC" in work] == [
        "Song (ISRC FR-Z03-98-00212; ISWC T-034.524.680-1; GTIN 4006381333931; catalogue number"
        " ECM 1064)",
        "B (ISRC FR-Z03-98-00213)",
    ]


@pytest.mark.parametrize(
    ("present", "warns"), [("FR-Z03-98-00212", False), ("FRZ039800213", True), ("unknown", True)]
)
@pytest.mark.parametrize(
    "sample", ["flac/plain.flac", "mp3/no-tag.mp3", "mp4/audio.m4a", "asf/padding.wma"]
)
def test_that_of_somebody_else_stays(sample, present, warns, tmp_path):
    mutagen = pytest.importorskip("mutagen")
    first = tmp_path / Path(sample).name
    first.write_bytes((SAMPLES / sample).read_bytes())
    file = mutagen.File(first)
    if file.tags is None:
        file.add_tags()
    key, value = {
        ".mp3": ("TSRC", None),
        ".m4a": ("----:com.apple.iTunes:ISRC", [present.encode()]),
        ".wma": ("WM/ISRC", present),
        ".flac": ("ISRC", present),
    }[first.suffix]
    if value is None:
        from mutagen.id3 import TSRC

        value = TSRC(encoding=3, text=[present])
    file.tags[key] = value
    file.save()
    path, record = put(first, tmp_path)
    now = {k.lower(): v for k, v in witnesses.mutagen_tags(path).items()}
    assert present in now[key.lower()]
    assert "FRZ039800212" not in now[key.lower()].replace("-", "") or not warns
    kept = [warning for warning in record.warnings if "ISRC" in warning]
    assert bool(kept) is warns, record.warnings
    again = embed(path, reservation=reservation(), options=EmbedOptions(sign=False))
    assert again.status == "unchanged"


@pytest.mark.parametrize(
    "sample", ["flac/plain.flac", "ogg/opus.opus", "ape/silence.ape", "caf/free.caf"]
)
def test_a_file_without_a_packet_is_marked_to_be_stripped(sample, tmp_path):
    path, _ = put(sample, tmp_path)
    again = embed(path, reservation=reservation(), options=EmbedOptions(sign=False))
    assert again.status == "unchanged"
    assert strip(path).status == "written"
    assert inspect(path).works == inspect(SAMPLES / sample).works == ()


def test_what_was_there_before_is_not_stripped(tmp_path):
    mutagen = pytest.importorskip("mutagen.flac")
    first = tmp_path / "first.flac"
    first.write_bytes((SAMPLES / "flac/plain.flac").read_bytes())
    file = mutagen.FLAC(first)
    file["ISRC"] = "FRZ039800212"
    file.save()
    path, _ = put(first, tmp_path)
    assert "iswc" in witnesses.mutagen_tags(path)
    strip(path)
    left = witnesses.mutagen_tags(path)
    assert left["isrc"] == "['FRZ039800212']" and "iswc" not in left


def test_a_holder_that_is_corrected(tmp_path):
    path, _ = put("flac/plain.flac", tmp_path)
    renamed = replace(reservation(), holders=(Holder("John Doe", identifiers=(ISNI,)),))
    record = embed(path, reservation=with_texts(renamed), options=EmbedOptions(sign=False))
    assert record.status == "written" and not record.warnings
    assert witnesses.mutagen_tags(path)["rights-holder"] == "['John Doe']"
