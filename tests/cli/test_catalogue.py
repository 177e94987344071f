"""``--catalogue`` from the command line: embed, dry runs, verify."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from mutagen.id3 import ID3, TSRC
from openpyxl import Workbook

from mediaoptout.records import schema
from tests.catalogue.ern import CHECKSUM, ERN_43
from tests.cli.calling import call, tree
from tests.conftest import SAMPLES

NO_SIGN = "--no-sign"
ROWS = """Fichier;Titre;Interprètes;ISRC;Producteur;(P) line;BPM
a.wav;Titre A;Zoé Exemple;FR-Z03-98-00212;Disques Exemple;2024 Disques Exemple;120
b.mp3;Titre B;Zoé Exemple / Max Exemple;FRZ039800213;Disques Exemple;2024 Disques Exemple;90
*.jpg;;;;Disques Exemple;;
"""
COLUMNS = """c.csv: UTF-8, semicolons; headers in row 1; 3 rows
  match          Fichier                          file
  write          Titre                            title
  write          Interprètes                      performer
  match, write   ISRC                             isrc
  write          Producteur                       producer
  write          (P) line                         p-line
  skip           BPM                              not known; tell with --column 'BPM=ROLE'
  3 files with a row: 2 by path or name, 1 by a pattern
"""


@pytest.fixture
def delivery(work: Path) -> Path:
    """Three files and their catalogue."""
    folder = work / "in"
    folder.mkdir()
    shutil.copyfile(SAMPLES / "wav/bwf.wav", folder / "a.wav")
    shutil.copyfile(SAMPLES / "mp3/id3v24.mp3", folder / "b.mp3")
    shutil.copyfile(SAMPLES / "jpeg/baseline.jpg", folder / "cover.jpg")
    (work / "c.csv").write_text(ROWS, "utf-8")
    return folder


def change(old: str, new: str) -> None:
    path = Path("c.csv")
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


def embed(*arguments: object):
    return call("embed", "in", "-o", "out", "--catalogue", "c.csv", NO_SIGN, *arguments)


def test_each_file_says_what_its_row_says(delivery):
    result = embed()
    assert result.code == 0
    assert result.err == COLUMNS
    said = {}
    for name in ("a.wav", "b.mp3", "cover.jpg"):
        (said[name],) = call("inspect", f"out/{name}", "--format", "jsonl").records
    assert "Disques Exemple" in " ".join(said["cover.jpg"]["holders"])
    assert "Zoé" not in " ".join(said["cover.jpg"]["holders"])
    holders = " ".join(said["b.mp3"]["holders"])
    assert all(name in holders for name in ("Zoé Exemple", "Max Exemple", "Disques Exemple"))
    assert "FR-Z03-98-00212" in " ".join(said["a.wav"]["works"])
    assert "FR-Z03-98-00213" in " ".join(said["b.mp3"]["works"])
    texts = " ".join(item["text"] for item in said["a.wav"]["texts"])
    assert "Zoé Exemple (performer)" in texts
    assert "Disques Exemple (phonogram producer)" in texts


def test_again_is_unchanged_and_a_new_row_is_not(delivery):
    embed()
    assert "3  unchanged" in embed().out
    change("Max Exemple", "Moritz Exemple")
    again = call("embed", "out", "--in-place", "--catalogue", "c.csv", NO_SIGN)
    assert "1  written" in again.out
    assert "2  unchanged" in again.out


def test_a_dry_run_shows_old_and_new(delivery):
    before = tree(delivery)
    result = embed("--dry-run")
    assert result.code == 0
    assert tree(delivery) == before
    assert not Path("out").exists()
    lines = result.out.splitlines()
    assert "in/a.wav  id3  TXXX:TDM-RESERVATION  (nothing) → 1" in lines
    assert "in/b.mp3  id3  TSRC  (nothing) → FRZ039800213" in lines
    assert not any("mediaoptout:Wrote" in line for line in lines)
    embed()
    Path("c.csv").write_text(ROWS.replace("Max", "Moritz"), "utf-8")
    again = call("embed", "out", "--in-place", "--catalogue", "c.csv", "-n", NO_SIGN)
    changed = [line for line in again.out.splitlines() if line.startswith("out/")]
    assert {line.split()[0] for line in changed} == {"out/b.mp3"}
    assert "out/b.mp3  xmp  xmpRights:Owner  Max Exemple → Moritz Exemple" in changed
    quiet = embed("--dry-run", "--quiet", "--overwrite")
    assert quiet.out == ""


def test_a_dry_run_gives_records(delivery):
    records = embed("--dry-run", "--format", "jsonl").records
    validator = Draft202012Validator(json.loads(schema("embed")))
    for record in records:
        validator.validate(record)
        assert record["status"] == "planned"
    (wav,) = (record for record in records if record["path"].endswith("a.wav"))
    assert {
        "carrier": "xmp",
        "location": "RIFF/_PMX",
        "property": "tdm:reservation",
        "old": None,
        "new": "1",
    } in wav["changes"]
    assert all("changes" not in record for record in embed("--format", "jsonl").records)


def test_a_dry_run_tells_of_the_manifest(delivery):
    result = call("embed", "in", "-o", "out", "-n", "--catalogue", "c.csv", "--format", "jsonl")
    for record in result.records:
        last = record["changes"][-1]
        assert (last["carrier"], last["property"], last["old"]) == ("c2pa", "C2PA manifest", None)
        assert last["new"].startswith("signed by ")
    call("embed", "in", "-o", "out")
    again = call("embed", "out", "-n", "--in-place", "--catalogue", "c.csv", "--format", "jsonl")
    for record in again.records:
        last = record["changes"][-1]
        assert last["old"].startswith(last["new"])


def test_a_dry_run_tells_of_sidecars(delivery):
    records = embed("--dry-run", "--sidecar", "--format", "jsonl").records
    properties = {each["property"] for record in records for each in record["changes"]}
    assert "tdm:reservation" in properties
    assert {each["carrier"] for each in records[0]["changes"]} == {"sidecar-xmp"}


def test_all_mistakes_are_said_at_once_and_nothing_is_touched(delivery):
    before = tree(delivery)
    change("FR-Z03-98-00212", "FR-Z03-98")
    change("b.mp3;", "c.mp3;")
    result = embed()
    assert result.code == 2
    assert tree(delivery) == before
    assert not Path("out").exists()
    told = result.err.split("by a pattern\n")[1].splitlines()
    assert told == [
        "mediaoptout: c.csv: 3 mistakes; nothing was touched:",
        "  row 2, ISRC 'FR-Z03-98': ISRC 'FR-Z03-98' is no ISRC: one has 2 letters, 3 letters or"
        " digits, and 7 digits (FR-Z03-98-00212)",
        "  row 3 'c.mp3': there is no such media file",
        "  in/b.mp3: the catalogue has no row for it",
        "  mend them, or leave out what they are about with --skip-faulty",
    ]
    assert embed("--dry-run").code == 2


def test_what_is_faulty_can_be_left_out(delivery):
    change("FR-Z03-98-00212", "FR-Z03-98")
    change("b.mp3;", "c.mp3;")
    result = embed("--skip-faulty", "--format", "jsonl")
    assert result.code == 1
    assert {record["path"]: record["status"] for record in result.records} == {
        "in/a.wav": "refused",
        "in/b.mp3": "refused",
        "in/cover.jpg": "written",
    }
    codes = {record["error"]["code"] for record in result.records if record["error"]}
    assert codes == {"catalogue-identifier", "catalogue-no-row"}
    assert "left out, because of 3 mistakes:" in result.err
    assert set(tree(Path("out"))) == {"cover.jpg"}
    assert embed("--skip-faulty", "--others", "copy").code == 1
    assert set(tree(Path("out"))) == {"a.wav", "b.mp3", "cover.jpg"}


def test_a_row_without_a_file_is_no_success_either(delivery):
    change("*.jpg", "none.png;;;;X;;\n*.jpg")
    assert embed("--skip-faulty").code == 1


def test_columns_are_asked_for_and_told(delivery):
    change("Fichier;Titre", "Datei;Titre")
    unknown = embed()
    assert unknown.code == 2
    assert "'FRZ039800212': no file that is left has this ISRC in its name" in unknown.err
    assert embed("--column", "Datei=file").code == 0
    Path("mediaoptout.toml").write_text('[embed]\ncolumn = ["Datei=file"]\n')
    assert embed().code == 0
    assert call("embed", "in", "-o", "plain", NO_SIGN).code == 0
    wrong = embed("--column", "Datei=fiel")
    assert wrong.code == 2
    assert "did you mean 'file'" in wrong.err
    none = call("embed", "in", "-o", "out", "--column", "a=file")
    assert none.code == 2
    assert "give --catalogue" in none.err


def test_a_workbook_says_the_same(delivery):
    book = Workbook()
    for line in ROWS.splitlines():
        book.worksheets[0].append(line.split(";"))
    book.save("c.xlsx")
    embed()
    out = call("embed", "in", "-o", "xlsx", "--catalogue", "c.xlsx", NO_SIGN)
    assert out.code == 0
    assert tree(Path("xlsx")) == tree(Path("out"))


def test_a_message_of_ddex(work):
    folder = work / "deliver/resources"
    folder.mkdir(parents=True)
    for name, sample in {
        "01 L'été.wav": "wav/pcm16.wav",
        "01_atmos.wav": "wav/pcm24-extensible.wav",
        "film.mp4": "mp4/faststart.mp4",
        "cover.jpg": "jpeg/baseline.jpg",
    }.items():
        shutil.copyfile(SAMPLES / sample, folder / name)
    message = work / "deliver/message.xml"
    message.write_text(ERN_43, "utf-8")
    asked = ("embed", "deliver", "-o", "out", "--catalogue", message, NO_SIGN)
    other = call(*asked)
    assert other.code == 1
    assert "refused" in other.out
    assert f"and the catalogue has {CHECKSUM.lower()}" in other.out
    digest = hashlib.md5((folder / "01 L'été.wav").read_bytes()).hexdigest()
    message.write_text(ERN_43.replace(CHECKSUM, digest), "utf-8")
    result = call(*asked)
    assert result.code == 0, result.err
    assert "  check          checksum                         checksum" in result.err
    assert "DDEX ERN 4.3; 4 lines" in result.err
    (film,) = call("inspect", "out/resources/film.mp4", "--format", "jsonl").records
    assert "Disques Exemple, SARL, audiovisual producer" in film["holders"]
    verified = call("verify", "out", "--catalogue", message)
    assert verified.code == 0, verified.out


def test_a_profile_that_needs_a_holder(delivery):
    asked = ("embed", "in", "-o", "out", "--profile", "adami", NO_SIGN)
    assert call(*asked).code == 2
    lacking = call(*asked, "--catalogue", "c.csv")
    assert lacking.code == 0, lacking.err
    change("Producteur", "Quelque chose")
    lacking = call(*asked, "--catalogue", "c.csv")
    assert lacking.code == 2
    assert "row 4: the profile must be told on whose behalf it is used" in lacking.err


def test_verify_compares_files_with_their_rows(delivery):
    embed()
    good = call("verify", "out", "--catalogue", "c.csv")
    assert good.code == 0, good.out
    assert "  compare        Interprètes                      performer" in good.err
    assert "  skip           Titre                            title" in good.err
    change("FRZ039800213", "FRZ039800219")
    change("Max Exemple", "Moritz Exemple")
    change("*.jpg", "none.wav;;;;X;;\n*.jpg")
    shutil.copyfile("out/cover.jpg", "out/other.gif")
    result = call("verify", "out", "--catalogue", "c.csv", "--format", "jsonl")
    assert result.code == 3
    rules = {
        record["path"]: [
            finding["rule"]
            for finding in record["findings"]
            if finding["rule"].startswith("catalogue")
        ]
        for record in result.records
    }
    assert rules == {
        "none.wav": ["catalogue-no-file"],
        "out/a.wav": [],
        "out/b.mp3": ["catalogue-identifier", "catalogue-holder"],
        "out/cover.jpg": [],
        "out/other.gif": ["catalogue-no-row"],
    }
    messages = {
        finding["rule"]: finding["message"]
        for record in result.records
        for finding in record["findings"]
    }
    assert messages["catalogue-identifier"] == (
        "the row has the ISRC FR-Z03-98-00219, and the file has FR-Z03-98-00213"
    )
    assert messages["catalogue-holder"] == (
        "the row names Moritz Exemple, and the file names Zoé Exemple, Max Exemple, Disques Exemple"
    )
    validator = Draft202012Validator(json.loads(schema("verify")))
    for record in result.records:
        validator.validate(record)


def test_verify_sees_an_isrc_that_is_left_over(delivery):
    tags = ID3(delivery / "b.mp3")
    tags.add(TSRC(text=["FRZ039800999"]))
    tags.save()
    assert "ISRC FRZ039800999 was kept" in embed().out
    result = call("verify", "out", "--catalogue", "c.csv")
    assert result.code == 1
    assert "has the ISRC FR-Z03-98-00213, and the file has FR-Z03-98-00999 too" in result.out


def test_verify_says_what_is_wrong_with_the_catalogue_itself(delivery):
    change("FRZ039800213", "FRZ0398002")
    wrong = call("verify", "in", "--catalogue", "c.csv")
    assert wrong.code == 2
    assert wrong.out == ""
    some = call("verify", "in", "--catalogue", "c.csv", "--skip-faulty")
    assert some.code == 1
    assert "in/b.mp3: unreserved" in some.out
    assert call("verify", "in", "--skip-faulty").code == 2
