"""DDEX release messages as catalogues."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.catalogue.faults import CatalogueError
from mediaoptout.catalogue.listing import read_catalogue
from mediaoptout.catalogue.rows import particulars
from mediaoptout.catalogue.sheet import open_sheet
from mediaoptout.reservation.model import Holder, Role
from tests.catalogue.ern import CHECKSUM, ERN_43, ERN_382


def table(path) -> list[dict[str, str]]:
    sheet = open_sheet(path)
    return [
        {name: cell for name, cell in zip(sheet.headers, cells, strict=True) if cell}
        for _, cells in sheet.rows
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_message_of_ern_4(tmp_path, encoding):
    path = tmp_path / "message.xml"
    path.write_bytes(ERN_43.replace('"UTF-8"', f'"{encoding}"').encode(encoding))
    stereo, immersive, film, cover = table(path)
    assert stereo == {
        "file": "resources/01 L'été.wav",
        "checksum": CHECKSUM,
        "isrc": "FRZ039800212",
        "title": "L'été (Live)",
        "artist": "Zoé Exemple feat. Invité",
        "credited performer": "Zoé Exemple",
        "ISNI of credited performer": "0000000121032683",
        "IPN of credited performer": "123456",
        "credited featured performer": "Invité",
        "holder": "Disques Exemple, SARL",
        "credited composer": "Compositrice",
        "IPI of credited composer": "00052210040",
        "p-line": "(P) 2024 Disques Exemple",
        "c-line": "© 2024 Disques Exemple",
        "gtin": "3600000000009",
        "catalogue-number": "EX 001",
        "iswc": "T0345246801",
    }
    assert (immersive["file"], immersive["isrc"]) == ("resources/01_atmos.wav", "FRZ039800213")
    assert (film["file"], film["label"]) == ("resources/film.mp4", "Disques Exemple, SARL")
    assert film["c-line"] == "(C) 2024 Films Exemple"
    assert cover == {"file": "/deliver/resources/cover.jpg"}


def test_a_message_of_ern_3(tmp_path):
    path = tmp_path / "message.xml"
    path.write_text(ERN_382)
    assert open_sheet(path).how == "DDEX ERN 3.8.2"
    assert table(path) == [
        {
            "file": "audio/A1.flac",
            "isrc": "FRZ039800212",
            "title": "Song",
            "version": "Remix",
            "artist": "A Band",
            "credited performer": "A Band",
            "credited author": "A Writer",
            "label": "A Label",
            "p-line": "2020 A Company",
            "gtin": "012345678905",
        }
    ]


def test_what_it_says_of_a_file(tmp_path):
    path = tmp_path / "message.xml"
    path.write_text(ERN_43, "utf-8")
    catalogue = read_catalogue(path)
    assert catalogue.faults == ()
    said, _ = particulars(catalogue.counting, catalogue.rows[0])
    assert said.holders == (Holder("Disques Exemple, SARL"),)
    assert said.copyright == "℗ 2024 Disques Exemple © 2024 Disques Exemple"


def test_whom_it_credits_reserves_where_that_is_told(tmp_path):
    path = tmp_path / "message.xml"
    path.write_text(ERN_43, "utf-8")
    roles = {
        "credited performer": "performer",
        "ISNI of credited performer": "isni:performer",
        "credited featured performer": "featured-performer",
        "credited composer": "composer",
    }
    catalogue = read_catalogue(path, [f"{header}={role}" for header, role in roles.items()])
    said, _ = particulars(catalogue.counting, catalogue.rows[0])
    assert [(holder.name, holder.role) for holder in said.holders] == [
        ("Disques Exemple, SARL", None),
        ("Zoé Exemple", Role.PERFORMER),
        ("Invité", Role.FEATURED_PERFORMER),
        ("Compositrice", Role.COMPOSER),
    ]
    assert [str(found) for found in said.holders[1].identifiers] == ["ISNI 0000 0001 2103 2683"]


def test_mistakes_name_the_line(tmp_path):
    path = tmp_path / "message.xml"
    path.write_text(ERN_43.replace("FRZ039800214", "FR1"), "utf-8")
    (fault,) = read_catalogue(path).faults
    assert fault.value == "FR1"
    line = (
        path.read_text("utf-8")
        .splitlines()
        .index("        <File><FilePath>resources/</FilePath><FileName>film.mp4</FileName></File>")
    )
    assert fault.row == line + 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!DOCTYPE a [<!ENTITY x 'y'>]><a/>", "declares a document type"),
        ('<a xmlns="http://ddex.net/xml/ern/43"/>', "begins 'a'"),
        ("<NewReleaseMessage/>", "no DDEX release message"),
        (ERN_43[:900], "broken XML"),
        (
            '<e:NewReleaseMessage xmlns:e="http://ddex.net/xml/ern/43">'
            + "<Party>" * 100
            + "</Party>" * 100
            + "</e:NewReleaseMessage>",
            "nested more than",
        ),
        ('<e:NewReleaseMessage xmlns:e="http://ddex.net/xml/ern/43"/>', "names no recording"),
        (
            '<e:NewReleaseMessage xmlns:e="http://ddex.net/xml/ern/43"><Party>'
            + "x" * 70_000
            + "</Party></e:NewReleaseMessage>",
            "is too long",
        ),
    ],
)
def test_what_is_no_message_says_why(tmp_path, text, message):
    path = tmp_path / "message.xml"
    path.write_text(text, "utf-8")
    with pytest.raises(CatalogueError) as caught:
        open_sheet(path)
    assert message in caught.value.message


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(ERN_43)), st.binary(max_size=6))
def test_a_damaged_message_is_an_error_or_a_table(tmp_path_factory, at, junk):
    path = tmp_path_factory.mktemp("ern") / "message.xml"
    data = ERN_43.encode()
    path.write_bytes(data[:at] + junk + data[at + 3 :])
    try:
        list(open_sheet(path).rows)
    except CatalogueError as error:
        assert error.fix or error.at or "names no recording" in error.message
