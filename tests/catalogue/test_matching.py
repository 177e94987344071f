"""Rows and their files: by path, by name, by pattern, by ISRC."""

from __future__ import annotations

import shutil
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TSRC

from mediaoptout.catalogue import naming
from mediaoptout.catalogue.contents import isrcs
from mediaoptout.catalogue.listing import read_catalogue
from mediaoptout.catalogue.matching import Matched, Way, match
from mediaoptout.catalogue.selection import Item
from tests.conftest import SAMPLES

NFC, NFD = "Été.wav", unicodedata.normalize("NFD", "Été.wav")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def matched(rows: str, *files: str, home: str = ".") -> Matched:
    path = Path(home) / "c.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(rows, "utf-8")
    items = [Item(Path("in") / name, Path(name), named=False) for name in files]
    catalogue = read_catalogue(path)
    assert catalogue.faults == ()
    return match(catalogue, items)


def rows_of(found: Matched) -> dict[str, int]:
    return {path.relative_to("in").as_posix(): row.number for path, row in found.rows.items()}


def faults(found: Matched) -> list[str]:
    return [f"{fault.row}: {fault.code}" for fault in found.all_faults]


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("Disc 1/01 Été.wav", Way.NAME),
        ("01 Été.wav", Way.NAME),
        ("in/Disc 1/01 Été.wav", Way.NAME),
        ("./Disc 1\\01 Été.wav", Way.NAME),
        ("/Volumes/Masters/Disc 1/01 Été.wav", Way.NAME),
        ("D:\\Masters\\01 Été.wav", Way.NAME),
        ("../in/Disc 1/01 Été.wav", Way.NAME),
        ("file:///Volumes/Masters/01%20%C3%89t%C3%A9.wav", Way.NAME),
        ("01 été.WAV", Way.FOLDED),
        (unicodedata.normalize("NFD", "01 Été.wav"), Way.FOLDED),
        ("01 Été", Way.STEM),
        ("disc 1/01 ÉTÉ", Way.STEM),
        ("01*", Way.PATTERN),
        ("*été.wav", Way.PATTERN),
        ("Disc ?/*.wav", Way.PATTERN),
        ("**/*.wav", Way.PATTERN),
        ("in/**.wav", Way.PATTERN),
    ],
)
def test_ways_to_name_a_file(name, way):
    found = matched(f'file;title\n"{name}";x\n', "Disc 1/01 Été.wav")
    assert rows_of(found) == {"Disc 1/01 Été.wav": 2}
    assert dict(found.ways) == {way: 1}
    assert found.all_faults == ()


def test_the_whole_path_is_nearer_than_the_name():
    found = matched("file\na.wav\nDisc 1/a.wav\n", "a.wav", "Disc 1/a.wav")
    assert rows_of(found) == {"a.wav": 2, "Disc 1/a.wav": 3}


def test_a_path_is_from_the_catalogue_or_from_the_source():
    found = matched("file\na.wav\n", "a.wav", "x/a.wav", home="in/x")
    assert rows_of(found) == {"x/a.wav": 2}
    assert faults(found) == ["None: catalogue-no-row"]


def test_spelling_decides_between_names_that_are_alike():
    found = matched(f"file\n{NFC}\n{NFC.upper()}\n", NFC, NFC.upper())
    assert rows_of(found) == {NFC: 2, NFC.upper(): 3}


def test_paths_of_another_machine_keep_their_folders_apart():
    rows = "file\n/Volumes/M/Disc 1/01.wav\n/Volumes/M/Disc 2/01.wav\n"
    assert rows_of(matched(rows, "Disc 1/01.wav", "Disc 2/01.wav")) == {
        "Disc 1/01.wav": 2,
        "Disc 2/01.wav": 3,
    }
    assert faults(matched(rows, "Disc 2/01.wav")) == ["2: catalogue-no-file"]


def test_brackets_are_no_pattern():
    found = matched("file\nSong [Remix].wav\n", "Song [Remix].wav", "Song R.wav")
    assert rows_of(found) == {"Song [Remix].wav": 2}


def test_a_name_with_a_star_is_itself_first():
    found = matched("file\nNo * here.wav\n", "No * here.wav", "No x here.wav")
    assert rows_of(found) == {"No * here.wav": 2}


def test_what_is_wrong_is_all_said():
    found = matched(
        "file\na.wav\na.wav\nb\n*.png\nnone.wav\nD EF.wav\n",
        "a.wav",
        "b.wav",
        "b.flac",
        "c.wav",
        "d-éf.wav",
        "notes.txt",
    )
    assert faults(found) == [
        "3: catalogue-two-rows",
        "4: catalogue-two-files",
        "5: catalogue-no-file",
        "6: catalogue-no-file",
        "7: catalogue-no-file",
        "None: catalogue-no-row",
        "None: catalogue-no-row",
    ]
    assert "perhaps in/d-éf.wav is meant" in str(found.fileless[-1])
    assert rows_of(found) == {}
    refused = {path.name: fault.code for path, fault in found.rowless.items()}
    assert refused == {
        "a.wav": "catalogue-two-rows",
        "b.wav": "catalogue-two-files",
        "b.flac": "catalogue-two-files",
        "c.wav": "catalogue-no-row",
        "d-éf.wav": "catalogue-no-row",
    }


def test_what_is_no_media_is_left_aside(here):
    folder = here / "in"
    folder.mkdir()
    (folder / "notes.txt").write_text("no media\n")
    found = matched("file\na*\nnotes.txt\n", "a.wav", "a.txt", "notes.txt")
    assert rows_of(found) == {"a.wav": 2}
    assert dict(found.ways) == {Way.PATTERN: 1}
    assert faults(found) == ["3: catalogue-no-file"]


def test_a_file_with_a_row_and_a_pattern_has_two_rows():
    found = matched("file\na.wav\n*.wav\n", "a.wav", "b.wav")
    assert faults(found) == ["3: catalogue-two-rows"]
    assert rows_of(found) == {"b.wav": 3}


@pytest.mark.parametrize("name", ["FRZ039800212.wav", "01_FR-Z03-98-00212_Song.wav"])
def test_by_the_isrc_in_the_name(name):
    found = matched("isrc\nFR-Z03-98-00212\n", name)
    assert rows_of(found) == {name: 2}
    assert dict(found.ways) == {Way.ISRC_IN_NAME: 1}


def test_an_isrc_in_two_names_is_asked():
    found = matched("isrc\nFRZ039800212\n", "FRZ039800212.wav", "FRZ039800212.flac")
    assert faults(found) == ["2: catalogue-two-files"]


def test_by_the_isrc_inside(here):
    folder = here / "in"
    folder.mkdir()
    shutil.copyfile(SAMPLES / "mp3/id3v24.mp3", folder / "a.mp3")
    tags = ID3(folder / "a.mp3")
    tags.add(TSRC(text=["FR-Z03-98-00212"]))
    tags.save(folder / "a.mp3")
    shutil.copyfile(SAMPLES / "flac/plain.flac", folder / "b.flac")
    flac = FLAC(folder / "b.flac")
    flac["ISRC"] = "FRZ039800213"
    flac.save()
    (folder / "c.wav").write_bytes(b"RIFF")
    found = matched(
        "isrc,title\nFRZ039800213,B\nFRZ039800212,A\nFRZ039800214,C\n", "a.mp3", "b.flac", "c.wav"
    )
    assert rows_of(found) == {"b.flac": 2, "a.mp3": 3}
    assert dict(found.ways) == {Way.ISRC_INSIDE: 2}
    assert faults(found) == ["4: catalogue-no-file", "None: catalogue-no-row"]
    assert isrcs(folder / "none.wav") == isrcs(folder / "c.wav") == ()


@settings(max_examples=100, deadline=None)
@given(
    names=st.lists(
        st.text(st.sampled_from("aAéÉe\u0301ß [].-_?*"), min_size=1, max_size=6)
        .map(str.strip)
        .filter(lambda name: name not in ("", ".", "..")),
        min_size=1,
        max_size=6,
        unique_by=naming.folded,
    )
)
def test_every_file_finds_its_own_row(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("names")
    files = [f"{name}.wav" for name in names]
    rows = "".join('"' + name.replace('"', '""') + '"\n' for name in files)
    (folder / "c.csv").write_text(f"file\n{rows}", "utf-8")
    items = [Item(folder / name, Path(name), named=False) for name in files]
    found = match(read_catalogue(folder / "c.csv"), items)
    assert found.all_faults == ()
    assert [found.rows[item.path].number for item in items] == list(range(2, len(files) + 2))


@given(st.text(max_size=20), st.text(max_size=20))
def test_patterns_are_made_of_any_text(text, name):
    if naming.split(text):
        start, end = naming.affixes(text)
        last = naming.split(naming.folded(name))[-1:] or ("",)
        if naming.pattern(text).fullmatch(last[0]) and "/" not in text and "\\" not in text:
            assert last[0].startswith(start)
            assert last[0].endswith(end)
