"""A catalogue of 5,000 rows with 40 planted mistakes: exactly those are reported."""

from __future__ import annotations

import csv
import time
import tracemalloc
from pathlib import Path

import pytest

from mediaoptout.catalogue.faults import Fault, in_order
from mediaoptout.catalogue.listing import read_catalogue
from mediaoptout.catalogue.matching import match
from mediaoptout.catalogue.selection import Item
from mediaoptout.reservation import check_digits

ROWS = 5000
HEADERS = [
    "Fichier",
    "Titre",
    "Artiste",
    "Interprètes",
    "ISNI interprète",
    "ISRC",
    "ISWC",
    "UPC",
    "Producteur",
    "(P) line",
    "(C) line",
    "Compositeur",
    "IPI compositeur",
    "Date",
    "Contact",
    "Politique",
    "BPM",
]
AT = {header: index for index, header in enumerate(HEADERS)}


def row(number: int) -> list[str]:
    """A row that is right: line ``number`` of the sheet."""
    upc = f"0{number:010}"
    iswc = f"{number:09}"
    isni = f"000000012{number:06}"
    ipi = f"{number:09}"
    return [
        f"{number:05} Été.wav",
        f"Titre {number}",
        "Zoé Exemple",
        "Zoé Exemple",
        isni + check_digits.mod_11_2(isni),
        f"FRZ0324{number:05}",
        f"T{iswc}{check_digits.iswc(iswc)}",
        upc + check_digits.gs1(upc),
        "Disques Exemple; Coproduction Exemple",
        "2024 Disques Exemple",
        "© 2024 Disques Exemple",
        "Compositrice, Une",
        ipi + check_digits.ipi(ipi),
        "2025-03-11",
        "droits@example.org",
        "https://example.org/tdm.html",
        "120",
    ]


def planted(rows: dict[int, list[str]], files: dict[str, None]) -> set[tuple[int | None, str]]:
    """Plant the mistakes; each is known by its row and what its message must have."""
    found: set[tuple[int | None, str]] = set()

    def put(number: int, header: str, value: str, said: str) -> None:
        rows[number][AT[header]] = value
        found.add((number, said))

    put(100, "ISRC", "FRZ03240010", "2 letters, 3 letters or digits, and 7 digits")
    put(150, "ISRC", "XQ-Z03-24-00150", "which no ISRC begins with")
    put(200, "ISRC", "#N/A", "the spreadsheet has an error there")
    put(250, "ISRC", "ISRC?", "2 letters, 3 letters")
    put(300, "UPC", "3,6E+12", "took it for a number and cut its digits off")
    put(350, "UPC", "3.60001E+11", "took it for a number and cut its digits off")
    upc = rows[400][AT["UPC"]]
    put(400, "UPC", upc.lstrip("0"), f"lost its leading zeros; expected {upc.zfill(12)}")
    upc = rows[450][AT["UPC"]]
    wrong = str((int(upc[-1]) + 1) % 10)
    put(450, "UPC", upc[:-1] + wrong, f"its last digit should be {upc[-1]}, not {wrong}")
    put(500, "UPC", "###########", "the spreadsheet has an error there")
    isni = rows[550][AT["ISNI interprète"]]
    put(550, "ISNI interprète", isni.lstrip("0"), f"lost its leading zeros; expected {isni}")
    isni = rows[600][AT["ISNI interprète"]]
    wrong = "1" if isni[-1] != "1" else "2"
    put(600, "ISNI interprète", isni[:-1] + wrong, f"should be {isni[-1]}")
    put(650, "ISNI interprète", f"{isni}; {isni}", "there are 2 of them for 1 names")
    put(700, "ISNI interprète", "1.21E+15", "took it for a number")
    iswc = rows[750][AT["ISWC"]]
    wrong = str((int(iswc[-1]) + 1) % 10)
    put(750, "ISWC", iswc[:-1] + wrong, f"its last digit should be {iswc[-1]}")
    put(800, "ISWC", "T-12", "the form T-123.456.789-0")
    ipi = rows[850][AT["IPI compositeur"]]
    wrong = f"{(int(ipi[-2:]) + 1) % 100:02}"
    put(850, "IPI compositeur", ipi[:-2] + wrong, f"last two digits should be {ipi[-2:]}")
    put(900, "IPI compositeur", "abc", "11 digits")
    put(950, "Date", "2025-02-30", "there is no such day")
    put(1000, "Date", "03/04/2025", "expected 2025-04-03 or 2025-03-04")
    put(1050, "Date", "1998-05-01", "is it the date of release?")
    put(1100, "Date", "2999-01-01", "in the future")
    put(1150, "Date", "45727", "this is no date; expected 2025-03-11")
    put(1200, "Date", "mars", "this is no date")
    put(1250, "Contact", "droits@", "this is no e-mail address")
    put(1300, "Contact", "www.example.org", "expected https://www.example.org")
    put(1350, "Contact", "M. Dupont", "this is no address of a page")
    put(1400, "Politique", "example.org/tdm", "expected https://example.org/tdm")
    put(1450, "Titre", "Un autre titre", "has another title in row 1449")
    rows[1450][AT["ISRC"]] = rows[1449][AT["ISRC"]]
    put(1500, "Artiste", "Quelqu'un d'autre", "has another artist in row 1499")
    rows[1500][AT["ISRC"]] = rows[1499][AT["ISRC"]]
    rows[1500][AT["Titre"]] = rows[1499][AT["Titre"]]
    # Rows without a file, and files without a row.
    for number in (2000, 2050):
        del files[rows[number][0]]
        found.add((number, "there is no such media file"))
    put(2100, "Fichier", "2100 Ete.wav", "perhaps ")  # its file is there under another name
    found.add((None, "02100 Été.wav: the catalogue has no row for it"))
    rows[2100][0] = "2100 nowhere.wav"
    found.discard((2100, "perhaps "))
    found.add((2100, "there is no such media file"))
    for name in ("extra.wav", "Disc 2/extra.flac"):
        files[name] = None
        found.add((None, f"{name}: the catalogue has no row for it"))
    # One file with two rows, by its name and by a pattern.
    rows[ROWS + 2] = row(2200)
    found.add((ROWS + 2, "has another row: 2200"))
    rows[ROWS + 3] = ["02250 *.wav", *[""] * (len(HEADERS) - 1)]
    found.add((ROWS + 3, "has another row: 2250"))
    # A row that finds two files, one that finds nothing, and one with a cell too many.
    files["Disc 2/02300 Été.wav"] = None
    files["Disc 3/02300 Été.wav"] = None
    del files["02300 Été.wav"]
    found.add((2300, "2 files are found by it"))
    rows[ROWS + 4] = ["", "Sans fichier", *[""] * (len(HEADERS) - 2)]
    found.add((ROWS + 4, "nothing in it finds a file"))
    rows[2400].append("a cell of its own")
    found.add((2400, "it has 18 cells"))
    return found


@pytest.fixture
def made(tmp_path: Path):
    """The catalogue, the files that are there, and the mistakes."""
    rows = {number: row(number) for number in range(2, ROWS + 2)}
    files = dict.fromkeys(cells[0] for cells in rows.values())
    mistakes = planted(rows, files)
    path = tmp_path / "catalogue.csv"
    with path.open("w", newline="", encoding="cp1252") as stream:
        csv.writer(stream, delimiter=";").writerows([HEADERS, *rows.values()])
    items = [Item(tmp_path / "in" / name, Path(name), named=False) for name in files]
    return path, items, mistakes


def found(path: Path, items: list[Item]) -> tuple[Fault, ...]:
    catalogue = read_catalogue(path, ["Compositeur=composer"])
    return in_order((*catalogue.faults, *match(catalogue, items).all_faults))


def test_exactly_the_planted_mistakes_are_reported(made):
    path, items, mistakes = made
    assert len(mistakes) == 40
    began = time.process_time()
    faults = found(path, items)
    seconds = time.process_time() - began
    told = {(fault.row, str(fault)) for fault in faults}
    unmatched = [
        (number, text)
        for number, text in mistakes
        if not any(at == number and text in said for at, said in told)
    ]
    assert unmatched == []
    assert len(faults) == 40, [str(fault) for fault in faults]
    print(f"[{ROWS:,} rows in {seconds:.1f} s]", end=" ")


def test_rows_take_little_memory(made):
    path, items, _ = made
    found(path, items[:10])  # what is imported and made once is not counted
    tracemalloc.start()
    try:
        found(path, items)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 << 20
