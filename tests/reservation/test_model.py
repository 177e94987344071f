"""The model refuses what makes no sense; the texts say what is reserved."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import date

import pytest

from mediaoptout.errors import UsageError
from mediaoptout.reservation.model import Holder, Licence, Reservation, Role
from mediaoptout.reservation.profiles import with_texts
from mediaoptout.reservation.texts import compose, heads, phrases
from mediaoptout.vocabularies import prose, statement
from mediaoptout.words import Permission, Use

ALL = {
    Use.DATA_MINING: Permission.RESERVED,
    Use.AI_TRAINING: Permission.RESERVED,
    Use.GENERATIVE_AI_TRAINING: Permission.RESERVED,
}


def test_words_may_be_given_as_text():
    reservation = Reservation(uses={"data_mining": "reserved"})  # type: ignore[dict-item]
    assert reservation.uses == {Use.DATA_MINING: Permission.RESERVED}
    assert reservation.permission(Use.SEARCH) is Permission.UNSTATED


@pytest.mark.parametrize("uses", [{}, {Use.SEARCH: Permission.ALLOWED}])
def test_nothing_is_no_reservation(uses):
    with pytest.raises(UsageError, match="reserves nothing"):
        Reservation(uses=uses)


def test_a_holder_has_a_name():
    with pytest.raises(UsageError, match="no name"):
        Reservation(uses=ALL, holders=(Holder(" "),))


def test_a_reservation_stays_as_it_is():
    with pytest.raises(FrozenInstanceError):
        Reservation(uses=ALL).reference = "x"  # type: ignore[misc]


def test_every_language_has_every_phrase():
    tables = phrases().values()
    assert list(phrases()) == ["en", "fr", "de", "es", "it"]
    assert len({frozenset(table) for table in tables}) == 1
    assert all(set(table["roles"]) == set(Role) for table in tables)
    assert all(set(table["brief"]) == set(Use) for table in tables)
    assert all(len(table["months"]) == 12 for table in tables)
    assert len(set(heads())) == len(heads()) == 4 * len(phrases())


@pytest.mark.parametrize("language", phrases())
@pytest.mark.parametrize("permission", [Permission.RESERVED, Permission.CONSTRAINED])
@pytest.mark.parametrize("use", list(Use))
def test_a_text_names_what_is_reserved(language: str, use: Use, permission: Permission):
    reservation = Reservation(
        uses={use: permission},
        holders=(Holder("Jane {Doe}"),),
        legal_basis=("Art. {1}",),
        licence_url="https://example.org/",
        reference="R-1",
        declared=date(2026, 1, 2),
    )
    text = compose(reservation, language)
    assert text.startswith(heads())
    for part in ("Jane {Doe}", "Art. {1}", "https://example.org/", "R-1", "2026-01-02"):
        assert part in text
    assert phrases()[language][use] in text
    assert prose.is_ours(text)


def test_mining_names_training_with_it():
    text = compose(Reservation(uses=ALL), "en")
    assert text.count("training") == 1
    assert "  " not in text and "None" not in text and "{" not in text


@pytest.mark.parametrize("language", phrases())
def test_our_texts_are_noticed(language: str):
    text = compose(Reservation(uses=ALL), language)
    found = prose.sentence(text)
    assert found is not None
    assert found[1] == statement.MINING


def test_texts_can_be_composed_anew():
    reservation = with_texts(Reservation(uses=ALL), [("fr", ""), ("en", "{holder}: no.")])
    assert [language for language, _ in reservation.texts] == ["fr", "en"]
    assert reservation.texts[1][1].endswith("the rightholder: no.")
    dated = with_texts(replace(reservation, declared=date(2026, 1, 2)))
    assert "2026-01-02" in dated.texts[0][1]


def test_a_licence_makes_uses_constrained():
    granted = Licence("Lab", (Use.AI_TRAINING,), date(2027, 12, 31), "L-1")
    reservation = Reservation(uses=ALL, licences=(granted,))
    assert reservation.permission(Use.AI_TRAINING) is Permission.CONSTRAINED
    assert reservation.permission(Use.DATA_MINING) is Permission.RESERVED
    assert not reservation.unlicensed
    assert replace(reservation, reference="R").uses == reservation.uses
    whole = Reservation(uses=ALL, licences=(Licence("Lab"),))
    assert set(whole.uses.values()) == {Permission.CONSTRAINED}
    constrained = Reservation(uses={Use.DATA_MINING: Permission.CONSTRAINED})
    assert constrained.unlicensed == {Use.DATA_MINING}


@pytest.mark.parametrize(
    ("licence", "message"),
    [(Licence(" "), "names no licensee"), (Licence("Lab", (Use.SEARCH,)), "does not reserve")],
)
def test_a_licence_goes_no_further_than_the_reservation(licence: Licence, message: str):
    with pytest.raises(UsageError, match=message):
        Reservation(uses=ALL, licences=(licence,))


def test_what_is_withdrawn_says_nothing_of_any_use():
    reservation = Reservation(uses=ALL, withdrawn=date(2027, 6, 5), licences=(Licence("Lab"),))
    assert reservation.uses == {}
    assert all(reservation.permission(use) is Permission.UNSTATED for use in Use)
