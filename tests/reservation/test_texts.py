"""The words: what they say in every capacity and language, and how short they get."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.errors import UsageError
from mediaoptout.reservation import legal
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import (
    Capacity,
    Holder,
    Licence,
    Reservation,
    Role,
    Wording,
    Work,
)
from mediaoptout.reservation.profiles import load
from mediaoptout.reservation.texts import (
    NOTICE_LENGTH,
    compose,
    day,
    declaration,
    heads,
    phrases,
    with_texts,
)
from mediaoptout.vocabularies import prose
from mediaoptout.words import Permission, Use

LANGUAGES = tuple(phrases())
ALL = {
    Use.DATA_MINING: Permission.RESERVED,
    Use.AI_TRAINING: Permission.RESERVED,
    Use.GENERATIVE_AI_TRAINING: Permission.RESERVED,
}
SOCIETY = Holder("Example Society", Role.COLLECTING_SOCIETY)
SONG = Work("A Song", "Jane Doe", (Identifier.parse(Scheme.ISRC, "FR-Z03-98-00212"),))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("declarant", [None, SOCIETY])
@pytest.mark.parametrize("capacity", Capacity)
def test_every_capacity_says_everything(language: str, capacity: Capacity, declarant):
    reservation = with_texts(
        Reservation(
            uses=ALL,
            holders=(Holder("Jane Doe", Role.PERFORMER), Holder("Jack Roe")),
            works=(SONG,),
            capacity=capacity,
            declarant=declarant,
            represented="OF WHOM",
            mandate="ON WHAT",
            reserve="WITH WHICH RESERVE",
            legal_basis=("eu-tdm", "OWN WORDS"),
            licence_url="https://example.org/",
            declared=date(2026, 1, 2),
            reference="R-2",
            supersedes="R-1",
            licences=(Licence("Lab", (Use.AI_TRAINING,), date(2027, 12, 1), "L-1"),),
        ),
        [(language, "")],
    )
    ((_, text),) = reservation.texts
    wanted = ["Jane Doe (", "Jack Roe", "A Song", "ISRC FR-Z03-98-00212", "ON WHAT", "OWN WORDS"]
    wanted += ["WITH WHICH RESERVE", "https://example.org/", "R-1", "R-2", "2026-01-02", "Lab"]
    wanted += [day(date(2027, 12, 1), language), "L-1", legal.cite("eu-tdm", language)]
    if capacity is Capacity.REPRESENTATIVE:
        wanted.append("OF WHOM")
    if capacity is not Capacity.OWN_NAME and declarant:
        wanted.append("Example Society (")
    assert [part for part in wanted if part not in text] == []
    assert text.startswith(heads()) and "{" not in text and "  " not in text and "None" not in text
    assert prose.is_ours(text)
    found = prose.sentence(text)
    assert found is not None and found[1].uses[Use.DATA_MINING] is Permission.RESERVED
    ((_, notice),) = reservation.notices
    assert len(notice) <= NOTICE_LENGTH
    for part in ("https://example.org/", "WITH WHICH RESERVE", "2026-01-02"):
        assert part in notice
    assert prose.sentence(notice) is not None


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_withdrawn_reserves_nothing_and_allows_nothing(language: str):
    reservation = Reservation(
        uses=ALL,
        holders=(Holder("Jane Doe"),),
        works=(SONG,),
        declared=date(2026, 1, 2),
        withdrawn=date(2027, 6, 5),
        licences=(Licence("Lab"),),
    )
    text = compose(reservation, language)
    assert day(date(2027, 6, 5), language) in text and "2026-01-02" in text
    assert "Jane Doe" in text and "A Song" in text and "Lab" not in text
    assert prose.is_ours(text)
    assert prose.sentence(text) is None
    assert with_texts(reservation, [(language, "{holder}: mine!")]).texts[0][1] == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_less_than_mining_is_not_read_as_mining(language: str):
    training = {use: ALL[use] for use in (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING)}
    found = prose.sentence(compose(Reservation(uses=training), language))
    assert found is not None
    assert Use.DATA_MINING not in found[1].uses
    assert found[1].uses[Use.GENERATIVE_AI_TRAINING].reserves


def test_a_date_as_each_language_writes_it():
    first = [day(date(2026, 8, 1), language) for language in LANGUAGES]
    assert first == ["1 August 2026", "1er août 2026", "1. August 2026", "1 de agosto de 2026",
                     "1º agosto 2026"]  # fmt: skip
    assert day(date(2026, 12, 31), "de") == "31. Dezember 2026"


def test_an_earlier_declaration_by_its_date_or_reference():
    dated = compose(Reservation(uses=ALL, supersedes="2024-05-06"), "fr")
    assert dated.endswith(" Remplace la déclaration du 6 mai 2024.")
    named = compose(Reservation(uses=ALL, supersedes="R-1"), "fr")
    assert named.endswith(" Remplace la déclaration R-1.")


def test_many_works_are_counted():
    works = tuple(Work(f"Song {number}") for number in range(1, 26))
    text = compose(Reservation(uses=ALL, works=works), "en")
    assert "“Song 10”; 15 others)" in text and "Song 11" not in text


def test_the_short_form_leaves_out_the_least_first():
    works = tuple(Work("A long title " * 4, "Somebody") for _ in range(4))
    reservation = with_texts(
        Reservation(
            uses=ALL,
            holders=(Holder("Jane Doe", Role.PERFORMER),),
            works=works,
            legal_basis=("fr-neighbouring", "fr-tdm", "eu-tdm"),
            reference="R-1",
        )
    )
    for _, notice in reservation.notices:
        assert "A long title" not in notice and "R-1" in notice
        assert "2019/790" in notice
    everybody = tuple(Holder(f"Somebody with a long name {number}") for number in range(40))
    crowded = with_texts(replace(reservation, holders=everybody))
    assert "long name 0 and 39 others expressly reserve" in crowded.notices[0][1]
    assert "long name 39" in crowded.texts[0][1]


def test_a_short_form_that_cannot_be_short_is_an_error():
    with pytest.raises(UsageError, match="characters"):
        with_texts(Reservation(uses=ALL, holders=(Holder("x" * 600),)))


def test_words_of_ones_own_are_kept_when_the_declaration_is_dated():
    own = Wording(
        language="en", text="{holder} says no to {uses}.", notice="{holder}: no{contact}."
    )
    reservation = with_texts(Reservation(uses=ALL, wording=(own, Wording(language="it"))))
    dated = with_texts(replace(reservation, declared=date(2026, 1, 2)))
    assert dated.texts[0][1].endswith("systems. 2026-01-02.") and "says no to" in dated.texts[0][1]
    assert dated.notices[0][1].endswith("the rightholder: no. 2026-01-02.")
    assert declaration(dated, "it") == dated.texts[1][1]
    assert declaration(dated, "es").startswith(phrases()["es"]["head"])


names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60).filter(
    lambda text: bool(text.strip())
)


@given(names, names, st.lists(names, max_size=3))
def test_any_names_stand_in_the_texts_as_they_are(holder: str, title: str, articles: list[str]):
    reservation = with_texts(
        Reservation(
            uses=ALL,
            holders=(Holder(holder),),
            works=(Work(title),),
            legal_basis=tuple(articles),
            declared=date(2026, 1, 2),
        ),
        [(language, "") for language in LANGUAGES],
    )
    for _, text in reservation.texts:
        assert holder in text and title in text
        assert all(article in text for article in articles)
    assert all(len(notice) <= NOTICE_LENGTH for _, notice in reservation.notices)


def test_every_ground_is_cited_in_every_language():
    for ground in legal.grounds().values():
        assert tuple(ground.citations) == LANGUAGES
        assert ground.sure in ("read", "cited") and ground.act and ground.where
        assert all(ground.citations.values())
    countries = {ground.where for ground in legal.grounds().values()}
    assert countries == {"EU", "FR", "DE", "ES", "IT", "NL", "BE", "PL"}
    table = files("mediaoptout.reservation").joinpath("legal.toml").read_text("utf-8")
    assert list(tomllib.loads(table)) == list(legal.grounds())


ADAMI = {
    "fr": ["Jane Doe", "l'Adami", "11 mars 2025", "49 000 artistes-interprètes associés",
           "des droits qu'ils lui ont confiés", "sous réserve des droits déjà cédés à des tiers",
           "sonores, audiovisuelles et cinématographiques", "intelligence artificielle",
           "autorisation préalable", "L. 211-3 8°", "L. 122-5-3", "www.adami.fr",
           "non par l'Adami"],
    "en": ["Jane Doe", "Adami", "11 March 2025", "49,000 performers who are its members",
           "rights that they entrusted to it", "subject to rights already assigned to third",
           "sound, audiovisual and film performances", "artificial intelligence",
           "prior authorisation", "L. 211-3 8°", "L. 122-5-3", "www.adami.fr", "not by Adami"],
}  # fmt: skip
PRODUCERS = {
    "fr": ["Example Films", "producteur ou productrice délégué(e)",
           "cessionnaire des droits de l'ensemble des ayants droit", "« The Film »",
           "ISAN 0000-0000-3A8D-0000-Z", "s'oppose expressément", "intelligence artificielle",
           "2019/790", "2024/1689", "Autorisation préalable requise : https://films.example",
           "2026-01-02"],
    "en": ["Example Films", "delegate producer and assignee of the rights of all right holders",
           "“The Film”", "ISAN 0000-0000-3A8D-0000-Z", "expressly reserves", "2019/790",
           "53(1)(c) Regulation (EU) 2024/1689", "Prior authorisation required", "2026-01-02"],
}  # fmt: skip


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_two_declarations_say_what_the_originals_say(language: str):
    adami = load("adami", ["holder.name=Jane Doe"])
    text = dict(adami.texts)[language]
    assert [part for part in ADAMI[language] if part not in text] == []
    notice = dict(adami.notices)[language]
    short = ("Jane Doe", "Adami", "2025", ADAMI[language][5], "L. 211-3 8°", "L. 122-5-3")
    assert [part for part in short if part not in notice] == []
    assert adami.capacity is Capacity.REPRESENTATIVE
    assert adami.reserve and adami.represented and adami.mandate
    producer = load(
        "producers-fr",
        ["holder.name=Example Films", "licence.url=https://films.example", "work.title=The Film",
         "work.isan=0000-0000-3A8D-0000-Z", "declaration.date=2026-01-02"],
    )  # fmt: skip
    text = dict(producer.texts)[language]
    assert [part for part in PRODUCERS[language] if part not in text] == []
    notice = dict(producer.notices)[language]
    assert [part for part in PRODUCERS[language][:3] if part not in notice] == []
    assert producer.capacity is Capacity.OWN_NAME
