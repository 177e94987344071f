"""What columns are for, told from their headers."""

from __future__ import annotations

import unicodedata
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.catalogue.columns import SKIP, letter, resolve, told
from mediaoptout.catalogue.faults import CatalogueError
from mediaoptout.catalogue.headers import Field, field_of, identifier_of, is_known, key, names
from mediaoptout.reservation.identifiers import Scheme
from tests.conftest import ROOT

NAMES = list(names())


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("isrc", Field.ISRC),
        ("Code ISRC", Field.ISRC),
        ("Titre", Field.TITLE),
        ("TITLE", Field.TITLE),
        ("Titre de l\u2019œuvre", Field.TITLE),
        ("artiste", Field.ARTIST),
        ("Artist Name", Field.ARTIST),
        ("Interprètes", Field.PERFORMER),
        ("INTERPRETE(S)", Field.PERFORMER),
        ("performers", Field.PERFORMER),
        ("Performer 2", Field.PERFORMER),
        ("Producteur", Field.PRODUCER),
        ("producer", Field.PRODUCER),
        ("Label", Field.LABEL),
        ("(p) line", Field.P_LINE),
        ("P-Line", Field.P_LINE),
        ("℗", Field.P_LINE),
        ("(c) line", Field.C_LINE),
        ("©", Field.C_LINE),
        ("UPC/EAN", Field.GTIN),
        ("ean 13", Field.GTIN),
        ("Code-barres", Field.GTIN),
        ("Catalogue number", Field.CATALOGUE_NUMBER),
        ("Cat#", Field.CATALOGUE_NUMBER),
        ("N° de catalogue", Field.CATALOGUE_NUMBER),
        ("Référence", Field.CATALOGUE_NUMBER),
        ("file_name", Field.FILE),
        ("Nom de fichier", Field.FILE),
        ("CHEMIN", Field.FILE),
        ("Date", Field.DATE),
        ("URL", Field.CONTACT),
        ("Contact", Field.CONTACT),
        ("TDM policy", Field.POLICY),
        ("Date de sortie", None),
        ("Release date", None),
        ("BPM", None),
        ("", None),
    ],
)
def test_headers_in_english_and_french(header, field):
    assert field_of(header) is field


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("ISNI", (Scheme.ISNI, None)),
        ("ISNI of the performer", (Scheme.ISNI, Field.PERFORMER)),
        ("ISNI de l'interprète", (Scheme.ISNI, Field.PERFORMER)),
        ("artist isni", (Scheme.ISNI, Field.PERFORMER)),
        ("IPI compositeur", (Scheme.IPI, Field.COMPOSER)),
        ("IPI name number (author)", (Scheme.IPI, Field.AUTHOR)),
        ("IPI base number composer", (Scheme.IPI_BASE, Field.COMPOSER)),
        ("ipn:performer", (Scheme.IPN, Field.PERFORMER)),
        ("ORCID", (Scheme.ORCID, None)),
        ("ISNI of the title", None),
        ("Title", None),
    ],
)
def test_identifiers_of_holders(header, expected):
    assert identifier_of(header) == expected


def test_no_name_has_two_roles():
    roles = defaultdict(set)
    for field, name in NAMES:
        roles[key(name)].add(field)
    assert not {name: both for name, both in roles.items() if len(both) > 1}


def test_every_role_is_known_by_its_own_name():
    assert [field for field in Field if field_of(field) is not field] == []


def _bare(name: str) -> str:
    decomposed = unicodedata.normalize("NFD", name)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@given(
    st.sampled_from(NAMES),
    st.sampled_from([str.upper, str.title, str.casefold, _bare]),
    st.sampled_from(["NFC", "NFD"]),
    st.sampled_from([" ", "_", "  ", " - ", "\n"]),
    st.sampled_from(["", " ", ":", " *"]),
)
def test_case_accents_and_signs_do_not_count(named, case, form, sign, end):
    field, name = named
    written = unicodedata.normalize(form, case(name).replace(" ", sign)) + end
    assert field_of(written) is field


@given(st.text(max_size=40))
def test_any_text_can_be_a_header(text):
    assert isinstance(is_known(text), bool)


def roles_of(headers, *pairs):
    return [column.role for column in resolve(headers, told(pairs))]


def test_roles_can_be_told():
    headers = ["Dateiname", "Nom", "BPM", "ISRC"]
    assert roles_of(headers) == [SKIP, SKIP, SKIP, "isrc"]
    said = roles_of(headers, "dateiname=file", "Nom=performer", "D=skip")
    assert said == ["file", "performer", SKIP, SKIP]
    assert roles_of(headers, "A=file", "ISRC=isrc")[0] == "file"


def test_what_is_passed_over_says_why():
    columns = resolve(["file", "BPM", "", "label", "producer", "ISNI artist"], {})
    reasons = {column.name: column.reason for column in columns if column.field is None}
    assert reasons == {
        "BPM": "not known",
        "column C": "no header",
        "label": "the producer has a column",
        "ISNI artist": "no column names the performer",
    }


def test_a_label_is_the_producer_where_nobody_else_is():
    assert roles_of(["file", "label"]) == ["file", "label"]
    assert roles_of(["file", "label", "producer"], "label=publisher")[1] == "publisher"


def test_identifiers_go_to_the_only_holder():
    assert roles_of(["file", "performer", "IPN"]) == ["file", "performer", "ipn:performer"]


def test_a_credit_is_no_holder_unless_that_is_told():
    headers = ["file", "composer", "IPI composer", "parolier", "publisher"]
    assert roles_of(headers) == ["file", SKIP, SKIP, SKIP, SKIP]
    told_so = ["file", "composer", "ipi:composer", SKIP, SKIP]
    assert roles_of(headers, "composer=composer") == told_so


@pytest.mark.parametrize(
    ("headers", "pairs", "message"),
    [
        (["file", "path"], (), "which column is the role 'file': 'file' (A) and 'path' (B)?"),
        (["file", "Titre", "Title"], (), "which column is the role 'title'"),
        (["file", "performer", "producer", "ISNI"], (), "does not say whose ISNI it holds"),
        (["file", "performer 1", "performer 2", "isni performer"], (), "of which column"),
        (["Titre", "Artiste"], (), "no column finds the files"),
        (["file"], ("Datei=file",), "there is no column 'Datei'"),
        (["file"], ("file=fil",), "no role 'fil' for a column; did you mean 'file'?"),
        (["file"], ("file=isni:title",), "no role 'isni:title'"),
        (["file"], ("file",), "is no HEADER=ROLE"),
    ],
)
def test_what_is_not_clear_is_asked(headers, pairs, message):
    with pytest.raises(CatalogueError) as caught:
        resolve(headers, told(pairs))
    assert message in caught.value.message
    assert caught.value.fix


def test_columns_have_letters():
    assert [letter(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_the_documentation_names_every_role():
    text = (ROOT / "docs/catalogue.md").read_text("utf-8")
    assert [field for field in Field if f"`{field}`" not in text] == []
