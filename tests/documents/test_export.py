"""What goes with the files: read by the standards' own rules, and in the same words."""

from __future__ import annotations

import hashlib
import json
import xml.etree.ElementTree as ET
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from mediaoptout.catalogue.selection import select
from mediaoptout.documents.document import Document, Kind
from mediaoptout.documents.export import Export, export, write
from mediaoptout.documents.recordings import Recording, recordings
from mediaoptout.documents.site import Site
from mediaoptout.embedding import EmbedOptions, embed
from mediaoptout.errors import UsageError, WriteError
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.profiles import load, shipped
from mediaoptout.reservation.texts import phrases
from mediaoptout.vocabularies import aipref, odrl, rsl
from mediaoptout.words import Permission, Use

SITE = "https://rights.example"
FULL = [
    "holder.name=Label & <Sons>",
    "holder.isni=0000000121032683",
    "licence.url=https://label.example/licences",
    "licence.contact=licences@label.example",
    "declaration.date=2026-01-02",
]

# TDMRep, "Specification of the TDM Policy": what a policy must have, and nothing beside it.
POLICY = {
    "type": "object",
    "required": ["@context", "@type", "profile", "uid", "assigner", "permission"],
    "additionalProperties": False,
    "properties": {
        "@context": {"const": ["http://www.w3.org/ns/odrl.jsonld",
                               "http://www.w3.org/ns/tdmrep.jsonld"]},
        "@type": {"const": "Offer"},
        "profile": {"const": "http://www.w3.org/ns/tdmrep"},
        "uid": {"type": "string", "pattern": "^(https?://|urn:)"},
        "assigner": {
            "type": "object",
            "required": ["uid", "vcard:fn"],
            "additionalProperties": False,
            "properties": {
                "uid": {"type": "string", "pattern": "^(https?://|urn:)"},
                "vcard:fn": {"type": "string", "minLength": 1},
                "vcard:hasEmail": {"type": "string", "pattern": "^mailto:"},
                "vcard:hasURL": {"type": "string", "pattern": "^https?://"},
            },
        },
        "permission": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["action", "duty"],
                "properties": {
                    "action": {"const": "tdm:mine"},
                    "duty": {"const": [{"action": "obtainConsent"}]},
                },
            },
        },
    },
}  # fmt: skip

# TDMRep, "TDM File on the Origin Server".
TDM_FILE = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["location", "tdm-reservation"],
        "additionalProperties": False,
        "properties": {
            "location": {"type": "string", "minLength": 1},
            "tdm-reservation": {"enum": [0, 1]},
            "tdm-policy": {"type": "string", "pattern": "^https?://"},
        },
    },
}


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    """No profile and no identity of whoever runs the tests is found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(tmp_path / "config"))


def made(name: str = "eu-tdm", *settings: str) -> dict[str, str]:
    """All documents of a profile, by name."""
    policy = ["policy.url=https://label.example/p.json"] if name == "licensable" else []
    result = export(load(name, [*FULL, *policy, *settings]), site=SITE)
    return {document.name: document.text for document in result.documents}


@pytest.mark.parametrize("name", shipped())
def test_what_every_profile_makes_is_what_it_reserves(name: str):
    policy = ["policy.url=https://label.example/p.json"] if name == "licensable" else []
    reservation = load(name, [*FULL, *policy])
    documents = made(name)
    mining = reservation.permission(Use.DATA_MINING).reserves
    assert ("tdm-policy.json" in documents) is ("tdmrep.json" in documents) is mining
    if mining:
        policies = json.loads(documents["tdm-policy.json"])
        jsonschema.validate(policies, POLICY)
        meaning = odrl.meaning(documents["tdm-policy.json"])
        assert meaning is not None
        assert meaning.uses[Use.DATA_MINING] is Permission.CONSTRAINED
        rules = json.loads(documents["tdmrep.json"])
        jsonschema.validate(rules, TDM_FILE)
        assert rules[0]["tdm-reservation"] == 1
        assert rules[0]["tdm-policy"] == policies["uid"]
        assert f"tdm-policy: {policies['uid']}" in documents["http-headers.txt"].splitlines()
    usage = header(documents["http-headers.txt"], "Content-Usage")
    said = aipref.meaning(usage).uses
    assert said.get(Use.GENERATIVE_AI_TRAINING) is Permission.RESERVED
    search = reservation.permission(Use.SEARCH)
    assert said.get(Use.SEARCH, Permission.UNSTATED) is search
    assert f"Content-Usage: {usage}" in documents["robots.txt"].splitlines()
    if name == "genai":
        assert "license.xml" not in documents
    else:
        assert_prohibits(documents["license.xml"], reservation.uses)


def header(text: str, name: str) -> str:
    (line,) = (line for line in text.splitlines() if line.startswith(f"{name}: "))
    return line.removeprefix(f"{name}: ")


def assert_prohibits(text: str, uses) -> None:
    """The RSL document prohibits what RSL can name of the uses, and permits nothing."""
    root = ET.fromstring(text)
    space = {"r": "https://rslstandard.org/rsl"}
    assert root.tag == "{https://rslstandard.org/rsl}rsl"
    (content,) = root.findall("r:content", space)
    assert content.get("url") == "/"
    assert not root.findall(".//r:permits", space)
    meaning = rsl.meaning(text)
    assert meaning is not None
    expected = {use for use, said in uses.items() if said.reserves} - {Use.DATA_MINING}
    found = {use for use, said in meaning.uses.items() if said is Permission.RESERVED}
    assert found - {Use.DATA_MINING} == expected


def test_names_are_escaped_and_whole():
    documents = made()
    root = ET.fromstring(documents["license.xml"])
    (owner,) = root.iter("{https://rslstandard.org/rsl}copyright")
    assert owner.text == "Label & <Sons>"
    assert owner.attrib == {
        "contactEmail": "licences@label.example",
        "contactUrl": "https://label.example/licences",
    }
    policy = json.loads(documents["tdm-policy.json"])
    assert policy["assigner"] == {
        "uid": "https://isni.org/isni/0000000121032683",
        "vcard:fn": "Label & <Sons>",
        "vcard:hasEmail": "mailto:licences@label.example",
        "vcard:hasURL": "https://label.example/licences",
    }
    assert "License: https://rights.example/license.xml" in documents["robots.txt"].splitlines()


class Page(HTMLParser):
    """The text of a page, and whether its elements close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(text: str) -> str:
    parser = Page()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser.text


def test_the_same_words_everywhere():
    languages = ";".join(phrases())
    reservation = load("eu-tdm", [*FULL, f"texts.languages={languages}"])
    documents = made("eu-tdm", f"texts.languages={languages}")
    for language, text in reservation.texts:
        assert text in page(documents[f"letter-{language}.html"])
        assert text in " ".join(documents[f"letter-{language}.txt"].split())
        if language in ("fr", "en"):
            assert documents[f"clause-{language}.txt"].count(text) == 2
    comments = documents["robots.txt"]
    assert all(f"# {notice}\n" in comments for _, notice in reservation.notices)


def test_clauses_speak_of_whoever_it_is():
    several = made("performer-fr", "holder.name=A")
    assert "A exerce expressément" in several["clause-fr.txt"]
    assert "art. L. 211-3 8° CPI ; art. L. 122-5-3 III CPI" in several["clause-fr.txt"]
    Path("two.toml").write_text(
        'extends = "eu-tdm"\n[[holder]]\nname = "A"\n[[holder]]\nname = "B"\n', "utf-8"
    )
    result = export(load("two.toml"), [Kind.CLAUSE])
    english = next(item.text for item in result.documents if item.name == "clause-en.txt")
    assert "By this clause A and B expressly exercise," in english
    assert "{" not in english


def test_a_letter_with_a_list(tmp_path):
    sample = min((Path(__file__).parents[2] / "sample_media/wav").glob("*.wav"))
    reservation = load("eu-tdm", [*FULL, "work.isrc=FR-Z03-98-00212", "work.title=A Song & <More>"])
    folder = tmp_path / "masters"
    folder.mkdir()
    written = embed(sample, folder / "song.wav", reservation=reservation,
                    options=EmbedOptions(sign=False))  # fmt: skip
    assert written.status == "written", written.error
    (folder / "notes.txt").write_text("no media")
    found = tuple(recordings(select([folder]), reservation))
    digest = hashlib.sha256((folder / "song.wav").read_bytes()).hexdigest()
    isrc = Identifier.parse(Scheme.ISRC, "FRZ039800212")
    assert found == (Recording("song.wav", digest, "A Song & <More>", (isrc,)),)
    result = export(reservation, [Kind.LETTER], recordings=found)
    texts = {document.name: document.text for document in result.documents}
    shown = page(texts["letter-en.html"])
    for part in ("A Song & <More>", "FR-Z03-98-00212", "song.wav", digest, "Files listed: 1"):
        assert part in shown and part in texts["letter-en.txt"]
    assert "Label & <Sons>, ISNI 0000 0001 2103 2683" in shown
    assert "2026-01-02" in shown and "Signature" in shown and "on: \n" in shown
    named = tuple(recordings(select([folder / "notes.txt"]), reservation))
    assert [item.name for item in named] == ["notes.txt"] and not named[0].identifiers


def test_what_cannot_be_said_is_left_out_or_refused():
    result = export(load("genai", FULL))
    assert [kind for kind, _ in result.left_out] == [Kind.ODRL, Kind.TDMREP, Kind.RSL]
    for kind, _ in result.left_out:
        with pytest.raises(UsageError):
            export(load("genai", FULL), [kind])
    nobody = export(load("eu-tdm"))
    assert [kind for kind, _ in nobody.left_out] == [Kind.ODRL]
    with pytest.raises(UsageError, match="withdrawn"):
        export(load("eu-tdm", [*FULL, "declaration.withdrawn=2027-01-01"]))


def test_where_the_site_is():
    reservation = load("eu-tdm", FULL)
    assert Site.of(reservation).origin == "https://label.example"
    assert Site.of(reservation, "http://x.example:8080/a?b").origin == "http://x.example:8080"
    assert Site.of(load("eu-tdm")) == Site()
    documents = {item.name: item.text for item in export(load("eu-tdm")).documents}
    assert (
        "tdm-policy" not in documents["tdmrep.json"] and "License:" not in documents["robots.txt"]
    )
    with pytest.raises(UsageError, match="no address of a site"):
        Site.of(reservation, "label")
    with pytest.raises(UsageError, match="no address of a site"):
        export(reservation, site="label")


def test_writing(tmp_path):
    documents = (Document("a.txt", "é\n"),)
    folder = tmp_path / "deep/er"
    assert write(documents, folder) == [folder / "a.txt"]
    assert (folder / "a.txt").read_bytes() == "é\n".encode()
    with pytest.raises(UsageError, match="is there already"):
        write(documents, folder)
    write(documents, folder, overwrite=True)
    with pytest.raises(WriteError, match="cannot be written to"):
        write(documents, folder / "a.txt" / "b")


def test_an_export_is_dated_once():
    result = export(load("eu-tdm", ["holder.name=A"]), [Kind.LETTER])
    assert isinstance(result, Export)
    assert str(date.today().year) in result.documents[0].text
