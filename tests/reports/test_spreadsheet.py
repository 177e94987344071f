"""CSV: one row a file, whatever the names; and no cell that a spreadsheet would calculate."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.reports.spreadsheet import COLUMNS, MAX_CELL, cell
from tests.reports.records import HOSTILE, hostile, report

FORMULA = tuple("=+-@\uff0b\uff0d\uff1d\uff20")


def rows(target: Path, delimiter: str = ",") -> list[list[str]]:
    data = target.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    text = data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_a_row_a_file(tmp_path, records):
    head, *lines = rows(report(tmp_path / "x.csv", records))
    assert tuple(head) == COLUMNS
    assert [line[0] for line in lines] == [record.path for record in records]
    found = {Path(line[0]).name: dict(zip(head, line, strict=True)) for line in lines}
    assert found["rgb.png"]["outcome"] == "reserved"
    assert found["rgb.png"]["integrity"] == "intact"
    assert found["rgb.png"]["as_expected"] == "yes"
    assert found["bare.png"]["rules"] == "not-reserved"
    assert found["bare.png"]["errors"] == "1"
    assert found["empty.wav"]["outcome"] == "unread"
    assert found["baseline.jpg"]["data_mining"] == "reserved"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_nothing_is_a_formula_however_it_is_parted(tmp_path, delimiter):
    """In some countries spreadsheets part cells at semicolons, whatever the file says."""
    target = report(tmp_path / "x.csv", tuple(map(hostile, HOSTILE)))
    for row in rows(target, delimiter):
        for text in row:
            bare = text.lstrip(' \t\r\n"')
            assert not bare.startswith(FORMULA)


def test_hostile_names_keep_their_rows(tmp_path):
    _, *lines = rows(report(tmp_path / "x.csv", tuple(map(hostile, HOSTILE))))
    assert len(lines) == len(HOSTILE)
    assert {len(line) for line in lines} == {len(COLUMNS)}


@given(st.text(max_size=50))
def test_any_text(text):
    made = cell(text)
    assert not made.lstrip(" \t\n").startswith(("=", "+", "-", "@"))
    assert "\0" not in made and "\r" not in made
    for part in made.split(";"):
        assert not part.strip(" \t\n").startswith(("=", "+", "-", "@"))


def test_values():
    assert [cell(None), cell(True), cell(False), cell(-5)] == ["", "yes", "no", "-5"]
    assert len(cell("x" * 100_000)) == MAX_CELL
    assert cell("plain, é\U0001f3b5") == "plain, é\U0001f3b5"
