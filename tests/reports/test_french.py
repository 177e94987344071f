"""The page in French: every sentence of ours has its French, is known again, and is shown."""

from __future__ import annotations

import json
import random
import re
import time
import tomllib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mediaoptout import embed, load_profile, select, to_read, verify, verify_all
from mediaoptout.containers.registry import CONTAINERS
from mediaoptout.embedding import EmbedOptions
from mediaoptout.records import Finding, VerifyRecord
from mediaoptout.reports.row import Record, Row
from mediaoptout.reports.sentences import LONGEST, Said, read, typeset
from mediaoptout.reservation.identifiers import Scheme
from mediaoptout.reservation.model import Capacity
from mediaoptout.verification.policy_files import load
from mediaoptout.verification.rules.file import Medium
from mediaoptout.words import Permission, Severity, Trust, Use
from tests.browser import Browser, axe
from tests.conftest import SAMPLES
from tests.reports.records import many, report
from tests.sentences import PACKAGE, numbered, sentences
from tests.verification.planted import FAULTS, POLICY, Ground, populate

TABLES = tomllib.loads((PACKAGE / "reports/assets/sentences-fr.toml").read_text("utf-8"))
FRENCH: dict[str, str] = {**TABLES["sentences"], **TABLES["parts"]}
HOLE = re.compile(r"\{(\d+)(?::(\w+))?\}")
KINDS = {
    None: "⟨{}⟩",
    "said": "⟨{}⟩",
    "words": "⟨{}⟩",
    "name": "⟨{}⟩",
    "number": "1{},000",
    "quoted": "'⟨{}⟩'",
}
FORMS = {"{0}: {1}", "{0} ({1})", "{0} ({1}): {2}"}
"""How sentences are put together where that needs no word."""

WORDS = {word for words in (Use, Permission, Trust, Capacity, Medium) for word in words}
NAMES = {
    *(family.title for family in CONTAINERS),
    *(scheme.label for scheme in Scheme),
    # What links are called, what tags of Matroska are about, kinds of files; "one" is any value.
    *"reference length table section segment track chapter edition attachment one".split(),
    "MPEG programme stream",
    "MPEG video",
    "JPEG 2000 codestream",
    "JPEG XL codestream",
    "AIFF or another IFF",
    "Matroska or WebM",
    "audio with an ID3 tag",
}


def french(said: Said | str) -> str:
    """A sentence as a French reader sees it, about."""
    if isinstance(said, str):
        return said
    return HOLE.sub(lambda hole: french(said.values[int(hole[1])]), said.french)


def test_every_sentence_has_its_french():
    lacking = {text: place for text, place in sentences().items() if text not in FRENCH}
    assert not lacking
    assert len(sentences()) > 800


def test_every_word_has_its_french():
    assert WORDS - TABLES["parts"].keys() == set()
    english = re.compile(r"\b(?:and|of|or|the|in|file|stream|movie|raw|another|number)\b")
    assert {name for name in NAMES if english.search(name)} - FRENCH.keys() == set()


def test_words_are_the_same_in_sentences_and_beside_them():
    script = (PACKAGE / "reports/assets/page.js").read_text("utf-8").partition("    fr: {")[2]
    for word in {*Use, *Permission, *Trust} - {Trust.NONE}:
        assert f'{word}: "{typeset(FRENCH[word])}"' in script, word


def test_nothing_in_the_table_is_dead():
    assert FRENCH.keys() - sentences().keys() - WORDS - NAMES - FORMS == set()
    assert TABLES["sentences"].keys() & TABLES["parts"].keys() == set()
    for part in TABLES.values():
        assert list(part) == sorted(part)


def unfit(english: str, said: str) -> Iterator[str]:
    """What is wrong with a French template."""
    if numbered(english) != english or "}{" in english:
        yield "its holes are not numbered, or a value has no end"
    if not {hole[1] for hole in HOLE.finditer(said)} <= {
        hole[1] for hole in HOLE.finditer(english)
    }:
        yield "it has a hole that the English has not"
    if not {hole[2] for hole in HOLE.finditer(said)} <= KINDS.keys():
        yield "what stands in a hole is of no kind that there is"
    shown = typeset(HOLE.sub("x", said))
    if re.search(r"[^\u00a0\u202f][:;?!»](?= |$)|«[^\u00a0]|[ '](?=[:;?!»] )|\w'\w", shown):
        yield "its spaces or apostrophes are not as French is set"


def test_the_french_fits():
    wrong = {(text, why) for text, said in FRENCH.items() for why in unfit(text, said)}
    assert not wrong


def test_every_sentence_is_known_again():
    wrong = []
    for english in TABLES["sentences"].keys() - FORMS:
        kinds = {int(hole[1]): hole[2] for hole in HOLE.finditer(FRENCH[english])}
        values = [KINDS[kinds.get(at)].format(at) for at in range(len(HOLE.findall(english)))]
        said = read(english.format(*values))
        if said is None or (said.english, list(said.values)) != (english, values):
            wrong.append((english, said))
    assert not wrong


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (
            "data_mining is unstated, not reserved or constrained",
            "fouille de textes et de données : non dit ; attendu : réservé ou sous conditions",
        ),
        (
            "APP1: XMP: the packet has 99 bytes (limit 5)",
            "APP1 : XMP : le paquet a 99 octets (limite : 5)",
        ),
        (
            "the file ends within a box (at offset 32)",
            "le fichier finit au milieu d'une boîte (position 32)",
        ),
        (
            "the file cannot be read: No such file or directory",
            "le fichier ne peut pas être lu : No such file or directory",
        ),
        (
            "the signature leaves out more of the file than the manifest itself: that part can be"
            " changed without anybody noticing (9 bytes at offset 5, box /x)",
            "la signature laisse de côté plus que le manifeste lui-même : cette partie du fichier"
            " peut être modifiée sans que personne le remarque (9 octets à la position 5, boîte"
            " /x)",
        ),
        (
            "too small (none of these holds: there is a C2PA manifest of A; its hashes were not"
            " checked; the file has no C2PA manifest)",
            "too small (rien de ceci ne tient : il y a un manifeste C2PA signé par A ; ses"
            " empreintes n'ont pas été vérifiées ; le fichier n'a pas de manifeste C2PA)",
        ),
        (
            "this is PNG, APNG (ISO/IEC 15948), not wav or flac",
            "le format n'est pas celui qui est attendu : PNG, APNG (ISO/IEC 15948) ; attendu :"
            " wav ou flac",
        ),
        (
            "Smith and Sons signed the manifest; nobody in the trust list vouches for the signer",
            "Smith and Sons a signé le manifeste ; personne dans la liste de confiance ne se porte"
            " garant du signataire",
        ),
        (
            "the row has the ISNI 1, and the file has 0000 0001 2281 955X and 0000 0004 0001 0002",
            "la ligne porte comme ISNI 1, et le fichier porte 0000 0001 2281 955X et 0000 0004 0001"
            " 0002",
        ),
        (
            "likely the work of a.wav, encoded anew: it is as long as the master (3.20 s, 3.20 s),"
            " audio.codec AAC instead of PCM; audio.channels 1 instead of 2",
            "probablement l'œuvre du master a.wav, encodée à nouveau : elle est aussi longue que le"
            " master (3.20 s, 3.20 s), audio.codec : AAC, contre PCM dans le master ;"
            " audio.channels : 1, contre 2 dans le master",
        ),
        ("signed by somebody else", "signé par un tiers"),
        (
            "the rights are reserved for Search and Sons, who is not expected",
            "les droits sont réservés au nom d'un ayant droit inattendu : Search and Sons",
        ),
    ],
)
def test_sentences_within_sentences(text, seen):
    said = read(text)
    assert said is not None and str(said) == text
    assert french(said) == typeset(seen)


@pytest.mark.parametrize("text", ["", "odd", "a, b and c", "No such file or directory", "{0}: {0}"])
def test_what_is_not_ours_is_left_alone(text):
    assert read(text) is None


@pytest.mark.parametrize(
    "unit", ["a: ", "x (y): z; ", "a, b and c or d; ", "the file has no ", "("]
)
def test_texts_of_strangers_take_no_time(unit):
    start = time.perf_counter()
    for beginning in ("", "the file cannot be read: ", "none of these holds: "):
        for length in (500, LONGEST, 10 * LONGEST):
            text = beginning + unit * (length // len(unit))
            said = read(text)
            assert said is None or str(said) == text
    assert time.perf_counter() - start < 10


def unread(records: Iterator[Record]) -> set[str]:
    """What is told of files, and not known again."""
    findings = (finding for record in records for finding in Row.of(record).findings)
    told = {text for finding in findings for text in (finding.message, finding.fix) if text}
    return {text for text in told if read(text) is None}


def test_whatever_is_wrong_with_a_file_is_said_in_french(tmp_path):
    """Cut, and with a few other bytes: what no list of sentences would think of."""
    policies = [load(name) for name in ("reserved", "distribution", "archive-intake")]
    reservation = load_profile("eu-tdm", ["holder.name=Example Records"])

    def records() -> Iterator[Record]:
        for path in sorted(path for path in SAMPLES.glob("*/*") if path.is_file()):
            data, chance = path.read_bytes(), random.Random(path.name)
            for number in range(3):
                changed = bytearray(data[: chance.randrange(1, len(data))] if number else data)
                for _ in range(2 * number):
                    changed[chance.randrange(min(len(changed), 4096))] = chance.randrange(256)
                target = tmp_path / f"{number}{path.suffix}"
                target.write_bytes(changed)
                yield verify(target, policy=chance.choice(policies))
                yield embed(
                    target,
                    tmp_path / f"out{path.suffix}",
                    reservation=reservation,
                    options=EmbedOptions(sign=False, overwrite=True),
                )

    assert unread(records()) == set()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[VerifyRecord, ...]]:
    """The records of a run over every fault that is planted."""
    home = tmp_path_factory.mktemp("planted")
    folder = home / "files"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        populate(folder, home / "label", patch)
        (home / "planted.toml").write_text(POLICY)
        ground = Ground(folder, home / "label", patch)
        for plant in FAULTS.values():
            plant(ground)
        time.sleep(2)  # until a certificate has expired
        policy = load(str(home / "planted.toml"))
        done = verify_all(to_read(select([folder])), policy=policy)
        yield tuple(record for _, record in done if record is not None)


THEIRS = ("the picture is too small",)
"""What the policy of the planted faults says in its own words."""


def test_planted_faults_are_all_known_again(planted):
    assert len(planted) > 45
    assert unread(iter(planted)) == set()


def test_the_french_page_has_no_english_sentence_of_ours(tmp_path, planted):
    target = report(tmp_path / "x.html", planted)
    with Browser(tmp_path / "browser", lang="fr") as chromium:
        chromium.open(target)
        chromium.run("window.dispatchEvent(new Event('beforeprint'))")  # shows every finding
        shown = chromium.run("document.body.innerText")
        foreign = chromium.run(
            "[...document.querySelectorAll('main [lang=en]')].map((one) => one.innerText)"
        )
        assert chromium.complaints == []
    findings = [finding for record in planted for finding in Row.of(record).findings]
    english = {text for item in findings for text in (item.message, item.fix) if text}
    assert len(english) > 60
    assert {text for text in english if text in shown} == set()
    pieces = {
        piece.strip(" ,;:()'")
        for text in sentences()
        for piece in HOLE.split(text)[::3]
        if " " in piece.strip() and len(piece) > 12
    }
    assert {piece for piece in pieces if f" {piece} " in shown} == set()
    assert set(foreign) <= {*THEIRS, "mismatched tag", "English"}
    for words in ("fouille de textes et de données", "personne dans la liste de confiance"):
        assert words in shown


def test_what_is_english_is_marked_and_searched_as_shown(tmp_path, records):
    told = (
        Finding("not-media", Severity.ERROR, "a compressed text cannot be read: brotli broke"),
        Finding("x", Severity.ERROR, "what somebody else says"),
        Finding("size", Severity.ERROR, "the file has 9,007 bytes; at least 10,000 are expected"),
        Finding("name", Severity.ERROR, "the name 'a.wav' does not fit b"),
    )
    with Browser(tmp_path / "browser", lang="fr") as chromium:
        chromium.open(report(tmp_path / "x.html", (replace(records[0], findings=told),)))
        chromium.run("document.querySelector('.row .c-file button').click()")
        said = chromium.run(
            "[...document.querySelectorAll('.detail .findings bdi')].map((one) => one.innerText)"
        )
        marked = chromium.run(
            "[...document.querySelectorAll('.detail .findings [lang]')].map((one) => one.innerText)"
        )
        found = {query: search(chromium, query) for query in ("9\u202f007 octets", "9,007 bytes")}
        in_english = switched(chromium, "en", "9,007 bytes")
    assert said[0] == "un texte compressé ne peut pas être lu\u00a0: brotli broke"
    assert marked == ["brotli broke", "what somebody else says"]
    assert "9\u202f007 octets\u202f; il en faut au moins 10\u202f000" in said[2]
    assert "le nom «\u00a0a.wav\u00a0» ne convient pas" in said[3]
    assert found == {"9\u202f007 octets": 1, "9,007 bytes": 0}
    assert in_english == 1


def search(chromium: Browser, query: str) -> int:
    return int(
        chromium.run(
            "(() => { const node = document.getElementById('query');"
            f" node.value = {json.dumps(query)};"
            " node.dispatchEvent(new Event('input', {bubbles: true}));"
            " return document.querySelectorAll('#files .row').length; })()"
        )
    )


def switched(chromium: Browser, lang: str, query: str) -> int:
    chromium.run(
        f"(() => {{ const node = document.getElementById('lang'); node.value = {json.dumps(lang)};"
        " node.dispatchEvent(new Event('change')); })()"
    )
    return search(chromium, query)


def test_a_french_reader_who_sees_nothing(tmp_path, planted):
    with Browser(tmp_path / "browser", lang="fr") as chromium:
        chromium.open(report(tmp_path / "x.html", planted))
        chromium.run("document.querySelector('.row .c-file button').click()")
        found = axe(chromium)
    if found is None:
        pytest.skip("no axe-core here")
    assert found == []


def test_fifty_thousand_sentences_of_their_own(tmp_path, records):
    """A filter answers within 200 ms, and no sentence is there twice."""
    told = "FR-Z03-26-{0:05d} is also in masters/album {0}/01 track.flac"

    def own() -> Iterator[VerifyRecord]:
        for number, record in enumerate(many(records, 50_000)):
            finding = Finding("identifier-duplicate", Severity.ERROR, told.format(number))
            yield replace(record, findings=(finding,))

    target = report(tmp_path / "x.html", own())
    plain = report(tmp_path / "y.html", many(records, 50_000))
    more = target.stat().st_size - plain.stat().st_size
    assert more / 50_000 < 2 * len(told.format(10_000)) + len(", [1234567,1234567,1234567]")
    timed = (
        "(() => { const node = document.getElementById('query'); const took = [];"
        " for (const text of ['un autre fichier', 'album 4', '49999', 'no such', 'un autre']) {"
        " const start = performance.now(); node.value = text;"
        " node.dispatchEvent(new Event('input', {bubbles: true}));"
        " document.body.getBoundingClientRect(); took.push(performance.now() - start); }"
        " return took.slice(1).sort((a, b) => a - b)[1]; })()"
    )
    with Browser(tmp_path / "browser", lang="fr") as chromium:
        chromium.open(target)
        assert search(chromium, "un autre fichier : FR-Z03-26-49999".replace(" :", "\u00a0:")) == 1
        assert chromium.run(timed) < 200
