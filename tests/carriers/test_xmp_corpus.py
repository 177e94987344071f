"""The packets of real files: everything of others stays, for us and for ExifTool."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediaoptout.carriers import xmp
from mediaoptout.errors import RefusedError
from mediaoptout.vocabularies.properties import Entry, Value
from tests.carriers.xmp_packets import MARKS, STRIPPED, WANTED, applied, packets
from tests.witnesses import Tags, exiftool

NAMES = {item.name for item in WANTED}
PACKETS_IN_THE_CORPUS = 40


def foreign(data: bytes) -> list[tuple[str, Value]]:
    entries: tuple[Entry, ...] = xmp.parse(data, "here")
    return [(entry.name, entry.value) for entry in entries if entry.name not in {*NAMES, *MARKS}]


def test_real_packets_keep_everything_of_others(corpus: Path):
    tried = 0
    for name, old in packets(corpus):
        answer = xmp.merge(old, WANTED, force=True)
        new = applied(answer, old)
        assert foreign(new) == foreign(old), name
        assert {entry.name for entry in xmp.parse(new, "here")} >= NAMES, name
        assert xmp.merge(new, WANTED, force=True).unchanged(len(new)), name
        assert {"plus:DataMining", "tdm:reservation"} <= answer.said, name
        tried += 1
    assert tried >= PACKETS_IN_THE_CORPUS


def test_stripping_gives_back_the_packets_of_others(corpus: Path):
    differing = []
    for name, old in packets(corpus):
        try:
            told = xmp.merge(old, WANTED)
        except RefusedError:  # it allows what we reserve
            continue
        again = xmp.merge(applied(told, old), STRIPPED)
        new = applied(again, applied(told, old))
        assert xmp.parse(new, "here") == xmp.parse(old, "here"), name
        if new != old:
            differing.append(name)
    # A weaker value in an rdf:resource comes back as a text.
    assert differing == ["datamining_genai_resource-0"]


def shown(path: Path, data: bytes) -> Tags:
    path.write_bytes(data)
    tags = exiftool(path)
    if tags is None:
        pytest.skip("no ExifTool here")
    assert {tag for tag in tags if tag.startswith("ExifTool:")} == {"ExifTool:ExifToolVersion"}, (
        path
    )
    return {tag: value for tag, value in tags.items() if tag.startswith("XMP")}


def test_exiftool_sees_what_it_saw_before(corpus: Path, tmp_path: Path):
    for name, old in packets(corpus):
        before = shown(tmp_path / f"{name}-old.xmp", old)
        new = applied(xmp.merge(old, WANTED, force=True), old)
        after = shown(tmp_path / f"{name}-new.xmp", new)
        before.pop("XMP-plus:DataMining", None)
        assert {tag: after.get(tag) for tag in before} == before, name
        assert "DMI-PROHIBITED" in after["XMP-plus:DataMining"], name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_exiftool_reads_every_property_of_ours(tmp_path: Path, encoding: str):
    packet = applied(xmp.merge(None, WANTED), b"").decode().encode(encoding)
    tags = shown(tmp_path / "new.xmp", packet)
    assert tags.pop("XMP-x:XMPToolkit").startswith("mediaoptout ")
    assert set(tags.pop("XMP-mediaoptout:Wrote")) == NAMES
    assert tags == {
        "XMP-plus:DataMining": "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
        "XMP-plus:OtherConstraints": "Ask.",
        "XMP-plus:Licensor": [{"LicensorName": "L", "LicensorURL": "https://l.example.org/"}],
        "XMP-plus:CopyrightOwner": [{"CopyrightOwnerName": "A"}, {"CopyrightOwnerName": "B"}],
        "XMP-tdm:Reservation": 1,
        "XMP-tdm:Policy": 'https://rights.example.org/tdm?a=1&b="<x>"',
        "XMP-dc:Rights": "© 2025 A & B",
        "XMP-dc:Rights-fr": "Tous droits réservés",
        "XMP-xmpRights:UsageTerms": "No mining.\nNone.",
        "XMP-xmpRights:UsageTerms-de": "Kein TDM.",
        "XMP-xmpRights:WebStatement": "https://rights.example.org/",
        "XMP-xmpRights:Marked": True,
        "XMP-xmpRights:Owner": ["A", "B ]]> C"],
    }
