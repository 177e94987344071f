"""Tables as spreadsheets save them: encodings, delimiters, workbooks."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from mediaoptout.catalogue.faults import CatalogueError
from mediaoptout.catalogue.sheet import open_sheet

HEADERS = ("Fichier", "Titre", "Interprètes", "ISRC")
ROWS = (
    ("01 L'été.wav", "L\u2019été à Noël", "Zoé Ça; Ève Œuvrard", "FRZ039800212"),
    ("02; b.wav", 'Dit "le grand"', "Müller, Jürgen", "FRZ039800213"),
    ("03\tc.wav", "Zwei\nZeilen", "A|B", "FRZ039800214"),
)


def table(delimiter: str = ",", rows=(HEADERS, *ROWS), end: str = "\r\n") -> str:
    stream = io.StringIO(newline="")
    # The writer of Python does not see that a line feed needs quotes where lines end otherwise.
    quote: Any = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL
    csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=quote).writerows(rows)
    return stream.getvalue()


def read(path: Path, data: bytes | str, **options):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    sheet = open_sheet(path, **options)
    return sheet, [(number, tuple(cells)) for number, cells in sheet.rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac-roman"],
)
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_every_form_reads_the_same(tmp_path, delimiter, encoding, end):
    sheet, rows = read(tmp_path / "c.csv", table(delimiter, end=end).encode(encoding))
    assert sheet.headers == HEADERS
    assert sheet.header_row == 1
    assert [cells for _, cells in rows] == list(ROWS)
    assert [number for number, _ in rows] == [2, 3, 4]


WORDS = """
    Côte été père forêt Noël maïs naïve garçon hôtel dû où français cœur Générale
    Köln Jäger für Straße mañana señor niño corazón canção São João Åse smørrebrød créée
    L\u2019enfant d\u2019été «oui» ÉTÉ FRANÇAIS
""".split()


@pytest.mark.parametrize("encoding", ["cp1252", "mac-roman"])
@pytest.mark.parametrize("word", WORDS)
def test_one_word_may_tell_the_encoding(tmp_path, word, encoding):
    _, rows = read(tmp_path / "c.csv", f"file,title\na.wav,{word}\n".encode(encoding))
    assert rows == [(2, ("a.wav", word))]


@pytest.mark.parametrize("encoding", ["shift-jis", "cp1251", "gb2312", "euc-kr"])
def test_an_encoding_that_cannot_be_told_is_asked(tmp_path, encoding):
    texts = {
        "shift-jis": "東京事変 椎名林檎 群青日和",
        "cp1251": "Москва слезам не верит, Кино",
        "gb2312": "月亮代表我的心 邓丽君",
        "euc-kr": "아리랑 조용필 돌아와요",
    }
    with pytest.raises(CatalogueError, match="which encoding"):
        read(tmp_path / "c.csv", f"file,title\na.wav,{texts[encoding]}\n".encode(encoding))


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\r\n', "SEP=;\n"])
def test_the_line_of_excel_that_names_the_delimiter(tmp_path, first):
    sheet, rows = read(tmp_path / "c.csv", first + table(";"))
    assert sheet.headers == HEADERS
    assert rows[0] == (2, ROWS[0])


def test_a_tab_may_be_named_too(tmp_path):
    assert read(tmp_path / "c.csv", "sep=\t\r\n" + table("\t"))[0].headers == HEADERS


def test_titles_above_and_empty_rows_between(tmp_path):
    data = f"Catalogue 2026;;;\r\n;;;\r\n\r\n{table(';', (HEADERS, ROWS[0]))};;;\r\n"
    data += table(";", ROWS[1:])
    sheet, rows = read(tmp_path / "c.csv", data)
    assert (sheet.header_row, sheet.headers) == (4, HEADERS)
    assert [number for number, _ in rows] == [5, 7, 8]


def test_one_column_is_a_table_too(tmp_path):
    sheet, rows = read(tmp_path / "c.csv", "file\na, b.wav\nc; d.wav\n")
    assert sheet.headers == ("file",)
    assert rows == [(2, ("a, b.wav",)), (3, ("c; d.wav",))]
    assert "one column" in sheet.how


def test_headers_that_are_told_count_as_known(tmp_path):
    sheet, _ = read(tmp_path / "c.csv", "Datei;Werk\na.wav;x\n", told=("Datei",))
    assert sheet.headers == ("Datei", "Werk")


CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from("\n;,\t|\"'"),
    max_size=12,
).map(str.strip)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    headers=st.permutations(["ISRC", "Nom de fichier", "(p) line"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_was_written_is_read(tmp_path_factory, rows, delimiter, headers, encoding):
    path = tmp_path_factory.mktemp("csv") / "c.csv"
    sheet, found = read(path, table(delimiter, (headers, *rows)).encode(encoding))
    assert sheet.headers == tuple(headers)
    wanted = [row for row in rows if any(cell.strip() for cell in row)]
    assert [cells for _, cells in found] == wanted


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_an_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "c.csv"
    try:
        read(path, data)
        read(path, b"isrc;file\n" + data)
        read(path, b"PK\x03\x04" + data)
        read(path, b"<" + data)
    except CatalogueError:
        pass


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"a;b\n1;2\n", "no row of headers that are known"),
        (b'file;title\na.wav;"never closed\nb.wav;x\n', "the row after row 1 cannot be read"),
        (b"\x00\x01\x02\x03\xff\xfe", "is no table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook of the old kind"),
        (b"PK\x03\x04 no zip", "cannot be read as a workbook"),
        ("file;title\né.wav;é\nè.wav;è\n".encode() + b"\xe9.wav;x\n", "but line 4 has bytes"),
        (b"<html><body/></html>", "no DDEX release message"),
    ],
)
def test_what_is_no_table_says_why(tmp_path, data, message):
    with pytest.raises(CatalogueError) as caught:
        read(tmp_path / "c.csv", data)
    assert message in caught.value.message
    assert caught.value.fix


def test_what_is_not_there_says_so(tmp_path):
    with pytest.raises(CatalogueError, match="cannot be read"):
        open_sheet(tmp_path / "none.csv")


def workbook(path: Path, rows, *, title: str = "Catalogue") -> Workbook:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return book


def test_a_workbook_reads_the_same(tmp_path):
    path = tmp_path / "c.xlsx"
    workbook(path, [("Label Exemple",), (), HEADERS, *ROWS])
    sheet = open_sheet(path)
    assert (sheet.headers, sheet.header_row) == (HEADERS, 3)
    assert [(number, tuple(cells[:4])) for number, cells in sheet.rows] == [
        (4, ROWS[0]),
        (5, ROWS[1]),
        (6, ROWS[2]),
    ]


def test_numbers_and_days_of_a_workbook_are_as_they_are_shown(tmp_path):
    path = tmp_path / "c.xlsx"
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["file", "UPC", "EAN", "Date", "Year"])
    sheet.append(["a.wav", 12345678905, 3600000000000.0, datetime(2025, 3, 11), 2024.5])
    sheet.append(["b.wav", "012345678905", None, date(2025, 3, 12), True])
    sheet["B2"].number_format = "000000000000"
    book.save(path)
    assert [tuple(cells) for _, cells in open_sheet(path).rows] == [
        ("a.wav", "012345678905", "3600000000000", "2025-03-11", "2024.5"),
        ("b.wav", "012345678905", "", "2025-03-12", "True"),
    ]


def test_the_sheet_that_is_a_catalogue_is_found(tmp_path):
    path = tmp_path / "c.xlsx"
    book = Workbook()
    book.worksheets[0].append(["Notes"])
    book.create_sheet("Masters").append(HEADERS)
    book["Masters"].append(ROWS[0])
    book.create_sheet("Old").append(["file"])
    book.save(path)
    sheet = open_sheet(path)
    assert sheet.headers == HEADERS
    assert sheet.how == "sheet 'Masters'; not read: 'Old'"


@settings(max_examples=80, deadline=None)
@given(data=st.data(), junk=st.binary(min_size=1, max_size=4))
def test_a_damaged_workbook_is_an_error_or_a_table(tmp_path_factory, data, junk):
    path = tmp_path_factory.mktemp("xlsx") / "c.xlsx"
    workbook(path, [HEADERS, *ROWS])
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    name = data.draw(st.sampled_from([None, *sorted(parts)]))
    whole = path.read_bytes() if name is None else parts[name]
    at = data.draw(st.integers(0, len(whole)))
    broken = whole[:at] + junk + whole[at + len(junk) :]
    if name is None:
        path.write_bytes(broken)
    else:
        with zipfile.ZipFile(path, "w") as package:
            for each, content in {**parts, name: broken}.items():
                package.writestr(each, content)
    try:
        list(open_sheet(path).rows)
    except CatalogueError as error:
        assert error.fix
