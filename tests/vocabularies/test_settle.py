"""Never weaken: a stricter word of somebody else stays, a contrary one is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.errors import RefusedError
from mediaoptout.reservation.profiles import load
from mediaoptout.vocabularies import plus
from mediaoptout.vocabularies.properties import Entry, LangAlt, Property
from mediaoptout.vocabularies.reading import resolve, statements
from mediaoptout.vocabularies.settle import settle
from mediaoptout.words import Carrier, Permission, Use

V = plus.VOCABULARY
EXCEPT = V + plus.EXCEPT_SEARCH
REFUSED = "refused"


@pytest.mark.parametrize(
    ("wanted", "present", "result"),
    [
        (EXCEPT, None, EXCEPT),
        (EXCEPT, EXCEPT, EXCEPT),
        (EXCEPT, plus.EXCEPT_SEARCH, plus.EXCEPT_SEARCH),
        (EXCEPT, EXCEPT.replace("http:", "https:"), EXCEPT.replace("http:", "https:")),
        (EXCEPT, V + "DMI-UNSPECIFIED", EXCEPT),
        (EXCEPT, "nonsense", EXCEPT),
        (EXCEPT, "", EXCEPT),
        # theirs is stricter, or as strict: it stays
        (EXCEPT, V + "DMI-PROHIBITED", V + "DMI-PROHIBITED"),
        (V + "DMI-PROHIBITED-AIMLTRAINING", EXCEPT, EXCEPT),
        (V + "DMI-PROHIBITED-GENAIMLTRAINING", V + "DMI-PROHIBITED", V + "DMI-PROHIBITED"),
        (EXCEPT, V + "DMI-PROHIBITED-SEECONSTRAINT", V + "DMI-PROHIBITED-SEECONSTRAINT"),
        # theirs is weaker: it gives way
        (V + "DMI-PROHIBITED", EXCEPT, V + "DMI-PROHIBITED"),
        (EXCEPT, V + "DMI-PROHIBITED-AIMLTRAINING", EXCEPT),
        (EXCEPT, V + "DMI-PROHIBITED-GENAIMLTRAINING", EXCEPT),
        (
            V + "DMI-PROHIBITED-AIMLTRAINING",
            V + "DMI-PROHIBITED-GENAIMLTRAINING",
            V + "DMI-PROHIBITED-AIMLTRAINING",
        ),
        # theirs says the contrary
        (EXCEPT, V + "DMI-ALLOWED", REFUSED),
        (V + "DMI-PROHIBITED", "allowed", REFUSED),
    ],
)
def test_plus(wanted: str, present: str | None, result: str):
    wish = Property("plus:DataMining", wanted)
    if result == REFUSED:
        with pytest.raises(RefusedError) as caught:
            settle(wish, present)
        assert caught.value.code == "contrary-statement"
        assert caught.value.fix
        forced = settle(wish, present, force=True)
        assert forced.value == wanted
        assert forced.warning
    else:
        assert settle(wish, present).value == result


@pytest.mark.parametrize(
    ("present", "result"),
    [(None, "1"), ("1", "1"), (" 1 ", " 1 "), ("yes", "1"), ("", "1"), ("0", REFUSED)],
)
def test_tdm(present: str | None, result: str):
    wish = Property("tdm:reservation", "1")
    if result == REFUSED:
        with pytest.raises(RefusedError):
            settle(wish, present)
        assert settle(wish, present, force=True).value == "1"
    else:
        assert settle(wish, present).value == result


def reserved(name: str, value: str) -> frozenset[Use]:
    uses = resolve(statements((Entry(Carrier.XMP, "", name, name, value),))).uses
    return frozenset(use for use, permission in uses.items() if permission.reserves)


codes = st.sampled_from(sorted(plus.MEANINGS))


@given(codes, codes)
def test_the_result_is_as_strict_as_both(ours: str, theirs: str):
    try:
        value = settle(Property("plus:DataMining", V + ours), V + theirs).value
    except RefusedError:
        return
    assert isinstance(value, str)
    result = reserved("plus:DataMining", value)
    assert result >= reserved("plus:DataMining", V + theirs) or result > reserved(
        "plus:DataMining", V + ours
    )


@given(codes, codes)
def test_settling_twice_changes_nothing(ours: str, theirs: str):
    wish = Property("plus:DataMining", V + ours)
    once = settle(wish, V + theirs, force=True).value
    assert settle(wish, once, force=True).value == once


def texts(*settings: str) -> LangAlt:
    composed = load("eu-tdm", settings).texts
    return LangAlt((("x-default", composed[0][1]), *composed))


def test_texts_of_others_stay():
    wish = Property("xmpRights:UsageTerms", texts())
    theirs = LangAlt((("x-default", "Ask the archive."),))
    settled = settle(wish, theirs)
    assert settled.value == theirs
    assert settled.warning
    assert settle(wish, theirs, force=True).value == theirs
    assert settle(Property("dc:rights", "x"), "© 1999 Y").value == "© 1999 Y"
    assert settle(Property("xmpRights:WebStatement", "https://a/"), "https://b/").value == (
        "https://b/"
    )


def test_our_own_text_is_brought_up_to_date():
    wish = Property("xmpRights:UsageTerms", texts("holder.name=Example Records"))
    assert settle(wish, texts()).value == wish.value
    assert settle(wish, texts()).warning is None


def test_a_new_date_alone_changes_nothing():
    old = texts("declaration.date=2025-01-01")
    wish = Property("xmpRights:UsageTerms", texts("declaration.date=2026-01-01"))
    assert settle(wish, old).value == old


def test_the_permission_words():
    assert [word for word in Permission if word.reserves] == ["reserved", "constrained"]
