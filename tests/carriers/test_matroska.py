from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import ebml, matroska
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.reservation.texts import heads
from mediaoptout.splice.patch import Copy
from mediaoptout.vocabularies.properties import LangAlt, Property
from tests.containers.matroska_files import el, num, simple, tag

NOTICE = Property("dc:rights", LangAlt((("x-default", "© Anna"),)))
FLAG = Property("tdm:reservation", "1")
POLICY = Property("tdm:policy", "https://example.org/tdm.json")
TERMS = Property(
    "xmpRights:UsageTerms",
    LangAlt((("x-default", "No mining."), ("en", "No mining."), ("fr-CA", "Pas de fouille."))),
)
ALL = (NOTICE, FLAG, POLICY, TERMS)


def merged(data: bytes | None, *properties: Property, force: bool = False) -> bytes:
    result = matroska.merge(data, properties, force=force)
    new = result.rendered(data or b"")
    again = matroska.merge(new, properties, force=force)
    assert again.unchanged(len(new))
    assert again.said == result.said
    return new


def read(data: bytes) -> list[tuple[str, str, str]]:
    return [(e.name, e.label, str(e.value)) for e in matroska.parse(data, "Tags")]


def test_ours_stand_in_a_tag_for_the_whole_work():
    data = merged(None, *ALL)
    assert data.startswith(b"\x73\x73")
    assert el(0x63C0, num(0x68CA, 50)) in data
    assert read(data) == [
        ("dc:rights", "COPYRIGHT", "© Anna"),
        ("tdm:reservation", "TDM_RESERVATION", "1"),
        ("tdm:policy", "TDM_POLICY", "https://example.org/tdm.json"),
        ("xmpRights:UsageTerms", "TERMS_OF_USE", "No mining."),
        ("xmpRights:UsageTerms", "TERMS_OF_USE", "Pas de fouille."),
    ]


def test_languages_are_said_in_both_forms_and_the_first_is_the_default():
    data = merged(None, TERMS)
    english = el(0x447A, b"eng") + el(0x447B, b"en") + num(0x4484, 1)
    french = el(0x447A, b"fre") + el(0x447B, b"fr-CA") + num(0x4484, 0)
    assert english in data and french in data


def test_what_has_no_key_is_passed_over():
    result = matroska.merge(None, [Property("plus:DataMining", "x")])
    assert result.pieces == (Copy(0, 0),) or result.size == 0
    assert result.said == frozenset()


def test_tags_of_others_are_copies():
    theirs = tag(simple("TITLE", "x"), simple("COVER", "y"), level=30)
    result = matroska.merge(theirs, ALL)
    assert result.pieces[0] == Copy(0, len(theirs))
    assert matroska.others(theirs) == ((0, len(theirs)),)


@pytest.mark.parametrize("level", [0, 30, 50, 70])
def test_a_notice_of_others_stays_at_whichever_level(level):
    theirs = tag(simple("COPYRIGHT", "2020 Berta"), level=level)
    result = matroska.merge(theirs, [NOTICE])
    assert result.unchanged(len(theirs))
    assert result.warnings and not result.said


def test_a_notice_about_a_track_does_not_speak_for_the_file():
    theirs = tag(simple("COPYRIGHT", "2020 Berta"), track=99)
    assert [e.location for e in matroska.parse(theirs, "Tags")] == ["Tags/track"]
    assert matroska.merge(theirs, [NOTICE]).said == {"dc:rights"}


def test_a_contrary_statement_is_refused_wherever_it_stands():
    for theirs in (
        tag(simple("TDM_RESERVATION", "0")),
        tag(simple("TDM_RESERVATION", "0"), track=9),
    ):
        with pytest.raises(RefusedError) as caught:
            matroska.merge(theirs, [FLAG])
        assert caught.value.code == "contrary-statement"
    assert read(merged(tag(simple("TDM_RESERVATION", "0")), FLAG, force=True)) == [
        ("tdm:reservation", "TDM_RESERVATION", "1")
    ]


def test_a_statement_in_another_spelling_is_known():
    theirs = tag(simple("tdm-reservation", "1"), simple("ENCODER", "x"))
    result = matroska.merge(theirs, [FLAG])
    assert result.unchanged(len(theirs))
    assert result.said == {"tdm:reservation"}


def test_our_own_text_is_brought_up_to_date_and_what_is_about_it_is_kept():
    about = simple("URL", "https://example.org/terms")
    theirs = tag(simple("TITLE", "x"), simple("TERMS_OF_USE", f"{heads()[0]} old.", about))
    new = merged(theirs, Property("xmpRights:UsageTerms", LangAlt((("x-default", "New."),))))
    assert ("xmpRights:WebStatement", "TERMS_OF_USE/URL", "https://example.org/terms") in read(new)
    assert ("xmpRights:UsageTerms", "TERMS_OF_USE", "New.") in read(new)
    assert b"old." not in new and simple("TITLE", "x") in new


def test_a_language_that_is_no_longer_wanted_goes():
    old = LangAlt(
        (("x-default", f"{heads()[0]} a"), ("en", f"{heads()[0]} a"), ("fr", heads()[-1]))
    )
    data = merged(None, Property("xmpRights:UsageTerms", old), FLAG)
    new = merged(data, Property("xmpRights:UsageTerms", LangAlt((("x-default", "One."),))), FLAG)
    assert [text for name, _, text in read(new) if name.endswith("Terms")] == ["One."]


def test_additions_go_into_our_tag():
    data = merged(tag(simple("TITLE", "x")), FLAG)
    new = merged(data, FLAG, POLICY)
    assert new.count(b"\x73\x73") == 2


def test_prose_in_comments_is_read():
    data = tag(simple("COMMENT", "No AI training."), simple("DESCRIPTION", f"{heads()[0]} x"))
    assert [name for name, _, _ in read(data)] == ["xmpDM:logComment", "xmpRights:UsageTerms"]


def test_check_sums_are_made_anew_at_both_levels():
    inner = simple("COPYRIGHT", f"{heads()[0]} old")
    sealed = el(0x7373, el(0x63C0), inner, sealed=True)
    data = b"\xbf\x84" + zlib.crc32(sealed).to_bytes(4, "little") + sealed
    new = merged(data, NOTICE)
    assert ebml.checked(new[6:]) == new
    [item] = [child for child in ebml.children(new) if child.id == 0x7373]
    body = new[item.payload : item.end]
    assert ebml.checked(body[6:]) == body
    assert read(new) == [("dc:rights", "COPYRIGHT", "© Anna")]


def test_a_binary_value_says_nothing_and_is_kept():
    data = tag(el(0x67C8, el(0x45A3, b"COPYRIGHT"), el(0x4485, b"\1\2")))
    assert read(data) == []
    assert matroska.merge(data, [NOTICE]).unchanged(len(data))


def test_a_broken_element_is_damage():
    for data in (b"\x73", b"\x73\x73\x85ab", b"\x73\x73\xff", tag(simple("A", "b"))[:-1]):
        with pytest.raises(DamagedError):
            matroska.parse(data, "Tags")


@given(st.integers(0, (1 << 56) - 2), st.integers(0, 8))
def test_sizes_are_read_as_they_are_written(number, width):
    if width and width < ebml.size_width(number):
        with pytest.raises(OverflowError):
            ebml.size_field(number, width)
        return
    head = ebml.header(b"\xec" + ebml.size_field(number, width or None))
    assert head is not None and head.size == number


@given(st.integers(2, 20000))
def test_void_has_any_size_but_one(total):
    data = ebml.void(total)
    assert len(data) == total
    [item] = ebml.children(data)
    assert item.id == ebml.VOID


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_damage(data):
    try:
        matroska.parse(data, "Tags")
    except DamagedError as error:
        assert error.at
