"""What a row says, and how that joins a profile."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path

import pytest

from mediaoptout.catalogue.cells import clean
from mediaoptout.catalogue.columns import CREDITS, resolve, told
from mediaoptout.catalogue.faults import CatalogueError, FaultsError
from mediaoptout.catalogue.headers import field_of
from mediaoptout.catalogue.listing import read_catalogue
from mediaoptout.catalogue.merging import Merging, merged, producer_of
from mediaoptout.catalogue.rows import Particulars, Row, particulars
from mediaoptout.embedding import Declaration
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Holder, Reservation, Role, Work
from mediaoptout.reservation.profiles import load
from mediaoptout.words import Permission, Use

ISNI = "0000000121032683"


def said(cells: dict[str, str], *, producer: Role | None = Role.PHONOGRAM_PRODUCER):
    found, faults = read(cells, producer=producer)
    assert faults == ()
    return found


def read(cells: dict[str, str], **options):
    cells = {"file": "a.wav", **cells}
    credited = {name: str(field) for name in cells if (field := field_of(name)) in CREDITS}
    columns = [each for each in resolve(list(cells), credited) if each.field is not None]
    texts = [clean(list(cells.values())[each.index]) for each in columns]
    return particulars(columns, Row.of(7, texts), **options)


def fault(cells: dict[str, str]):
    (only,) = read(cells)[1]
    return only


def test_all_that_a_row_can_say():
    found = said(
        {
            "Titre": "L'été",
            "Version": "Live",
            "Artiste": "Zoé",
            "ISRC": "fr-z03-98-00212",
            "ISWC": "T-034.524.680-1",
            "EAN": "3600000000009",
            "Référence": "EX 001",
            "Interprètes": "Zoé Exemple; Max Exemple",
            "ISNI interprète": f"; {ISNI}",
            "Producteur": "Disques Exemple",
            "(P) line": "(P) 2024 Disques Exemple",
            "(C) line": "2024 Éditions",
            "Date": "2025-03-11",
            "Contact": "droits@example.org",
            "URL": "https://example.org/licence",
            "Policy": "https://example.org/tdm.html",
        }
    )
    assert found == Particulars(
        file="a.wav",
        work=Work(
            "L'été (Live)",
            "Zoé",
            (
                Identifier(Scheme.CATALOGUE_NUMBER, "EX 001"),
                Identifier(Scheme.GTIN, "3600000000009"),
                Identifier(Scheme.ISRC, "FRZ039800212"),
                Identifier(Scheme.ISWC, "T0345246801"),
            ),
        ),
        holders=(
            Holder("Zoé Exemple", Role.PERFORMER),
            Holder("Max Exemple", Role.PERFORMER, (Identifier(Scheme.ISNI, ISNI),)),
            Holder("Disques Exemple", Role.PHONOGRAM_PRODUCER),
        ),
        copyright="℗ 2024 Disques Exemple © 2024 Éditions",
        declared=date(2025, 3, 11),
        licence_url="https://example.org/licence",
        licence_contact="droits@example.org",
        policy_url="https://example.org/tdm.html",
    )
    assert found.isrc == "FRZ039800212"


@pytest.mark.parametrize(
    ("text", "checksum"),
    [
        ("58DAD8819CFB3541DBF8C506CAB86EBF", "58dad8819cfb3541dbf8c506cab86ebf"),
        ("sha-1: " + "A" * 40, "a" * 40),
        ("0" * 64, "0" * 64),
        ("f" * 128, "f" * 128),
    ],
)
def test_check_sums(text, checksum):
    assert said({"SHA-256": text}).checksum == checksum


def test_what_is_no_check_sum():
    assert fault({"MD5": "58dad8"}).expected == "32, 40, 64 or 128 hexadecimal digits"
    assert fault({"Empreinte": "z" * 32}).code == "catalogue-checksum"


def test_an_empty_row_says_nothing():
    found = said({"Titre": "", "Interprètes": "", "ISRC": ""})
    assert found == Particulars(file="a.wav")
    assert found.isrc is None


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("A; B", ["A", "B"]),
        ("A\nB", ["A", "B"]),
        ("A / B", ["A", "B"]),
        ("A | B", ["A", "B"]),
        ("AC/DC", ["AC/DC"]),
        ("Earth, Wind & Fire", ["Earth, Wind & Fire"]),
        ("A;; a ;", ["A"]),
    ],
)
def test_several_names_in_a_cell(cell, names):
    assert [holder.name for holder in said({"performer": cell}).holders] == names


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("a.wav", Role.PHONOGRAM_PRODUCER),
        ("a.MP4", Role.AUDIOVISUAL_PRODUCER),
        ("a.jpg", None),
        ("a", Role.PHONOGRAM_PRODUCER),
    ],
)
def test_a_producer_is_of_what_the_file_is(name, role):
    assert producer_of(Path(name)) is role
    (holder,) = said({"label": "X"}, producer=role).holders
    assert holder == Holder("X", role)


def test_each_column_of_holders_has_its_role():
    columns = {
        "rights holder": None,
        "performer": Role.PERFORMER,
        "featured artist": Role.FEATURED_PERFORMER,
        "producteur phonographique": Role.PHONOGRAM_PRODUCER,
        "producteur délégué": Role.AUDIOVISUAL_PRODUCER,
        "auteur": Role.AUTHOR,
        "compositeur": Role.COMPOSER,
        "éditeur": Role.PUBLISHER,
        "diffuseur": Role.BROADCASTER,
        "société de gestion": Role.COLLECTING_SOCIETY,
        "syndicat": Role.UNION,
        "licencié": Role.LICENSEE,
    }
    found = said({name: name.upper() for name in columns}).holders
    assert {holder.name: holder.role for holder in found} == {
        name.upper(): role for name, role in columns.items()
    }


@pytest.mark.parametrize(
    ("line", "notice"),
    [
        ("2024 X", "℗ 2024 X"),
        ("℗ 2024 X", "℗ 2024 X"),
        ("℗2024 X", "℗ 2024 X"),
        ("(P) 2024 X", "℗ 2024 X"),
        ("( p ) X", "℗ ( p ) X"),
        ("p2024 X", "℗ 2024 X"),
        ("Pathé 2024", "℗ Pathé 2024"),
        ("© 2024 X", "© 2024 X"),
    ],
)
def test_a_p_line_has_its_sign_once(line, notice):
    assert said({"p-line": line}).copyright == notice


def test_a_notice_of_its_own_column_wins():
    cells = {"copyright": "Tous droits réservés", "p-line": "2024 X"}
    assert said(cells).copyright == "Tous droits réservés"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-03-11", date(2025, 3, 11)),
        ("2025-03-11T00:00:00", date(2025, 3, 11)),
        ("11.3.2025", date(2025, 3, 11)),
        ("21/3/2025", date(2025, 3, 21)),
        ("3/21/2025", date(2025, 3, 21)),
        ("3/3/2025", date(2025, 3, 3)),
    ],
)
def test_days(text, day):
    assert said({"date": text}).declared == day


def test_folder_and_name():
    assert said({"file": "b.wav", "dossier": "Disc 1\\"}).file == "Disc 1/b.wav"
    assert said({"file": "b.wav", "dossier": ""}).file == "b.wav"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="0123"', "0123"),
        ("'0123", "0123"),
        ("'t Hooft", "'t Hooft"),
        ("\xa0a b\ufeff ", "a b"),
    ],
)
def test_what_spreadsheets_put_around_a_cell(cell, text):
    assert clean(cell) == text


def test_a_fault_says_where_and_what():
    found = fault({"UPC": "3.6E+12"})
    assert str(found) == (
        "row 7, UPC '3.6E+12': the spreadsheet took it for a number and cut its digits off;"
        " expected all 12, 13, 14 or 8 digits, in a column of the format 'text'"
    )
    assert found.told("line").startswith("line 7, UPC")
    assert found.info.at == "row 7"
    assert "…" in str(fault({"date": "x" * 200}))


def test_mistakes_can_be_pickled():
    error = FaultsError("c.csv", (fault({"date": "x"}),), "line")
    again = pickle.loads(pickle.dumps(error))
    assert (again.message, again.faults, again.fix) == (error.message, error.faults, error.fix)


def test_a_row_can_be_pickled_small():
    row = Row.of(7, ["a.wav", "Titre", "FRZ039800212"])
    assert pickle.loads(pickle.dumps(row)) == row
    assert row.cells == ["a.wav", "Titre", "FRZ039800212"]
    assert len(pickle.dumps(row)) < 200


PROFILE = Reservation(
    uses={Use.DATA_MINING: Permission.RESERVED},
    holders=(Holder("A Union", Role.UNION), Holder("Old Label", Role.PHONOGRAM_PRODUCER)),
    works=(Work("Everything"),),
    copyright="© Old Label",
    licence_url="https://old.example/licence",
    licence_contact="old@example.org",
    declared=date(2024, 1, 2),
)


def test_where_a_row_is_silent_the_profile_holds():
    assert merged(PROFILE, Particulars()) == PROFILE


def test_where_both_speak_the_row_wins():
    own = Particulars(
        work=Work("Song"),
        holders=(Holder("New Label", Role.PHONOGRAM_PRODUCER), Holder("Zoé", Role.PERFORMER)),
        copyright="℗ New Label",
        declared=date(2025, 1, 2),
        licence_url="https://new.example/",
    )
    found = merged(PROFILE, own)
    assert [holder.name for holder in found.holders] == ["A Union", "New Label", "Zoé"]
    assert found.works == (Work("Song"),)
    assert found.copyright == "℗ New Label"
    assert found.declared == date(2025, 1, 2)
    assert (found.licence_url, found.licence_contact) == ("https://new.example/", "old@example.org")


def test_a_profile_s_own_words_get_what_the_row_says(tmp_path):
    profile = tmp_path / "own.toml"
    profile.write_text(
        'extends = "eu-tdm"\n[texts]\nlanguages = ["en"]\n'
        'en = "{holder} says no{basis}. Ask{contact}."\n'
    )
    columns = resolve(["file", "label", "url"], {})
    merging = Merging.of(load(str(profile)), columns)
    row = Row.of(2, ["a.wav", "New Label", "https://new.example/"])
    texts = [str(each.value) for each in merging.declaration(row, Path("a.wav")).properties]
    assert any("New Label (phonogram producer) says no" in text for text in texts)
    assert any("https://new.example/" in text for text in texts)
    plain = Declaration.of(load(str(profile)))
    assert not any("New Label" in str(each.value) for each in plain.properties)


def test_a_profile_that_needs_a_holder_gets_it_from_the_rows(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("file,performer\na.wav,Zoé\nb.wav,\n", "utf-8")
    catalogue = read_catalogue(path, holders_needed=True)
    (only,) = catalogue.faults
    assert (only.row, only.code) == (3, "catalogue-missing")
    reservation = load("adami", holders_follow=True)
    declaration = Merging.of(reservation, catalogue.counting).declaration(
        catalogue.rows[0], Path("a.wav")
    )
    assert any("Zoé" in str(each.value) for each in declaration.properties)


def test_a_catalogue_without_rows_is_none(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("file,performer\n,\n")
    with pytest.raises(CatalogueError, match="has no rows"):
        read_catalogue(path)


def test_a_role_that_is_told_is_read(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("Datei;Nom;BPM\na.wav;Zoé;120\n", "utf-8")
    catalogue = read_catalogue(path, ["Datei=file", "Nom=performer"])
    assert [column.role for column in catalogue.counting] == ["file", "performer"]
    assert told(["A=B=file"]) == {"A=B": "file"}
