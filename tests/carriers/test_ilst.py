"""The item list of MP4, and the texts of user data."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import ilst, userdata
from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.reservation.texts import heads
from mediaoptout.splice.patch import Copy
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import LangAlt, Property
from mediaoptout.words import Carrier

FLAG = Property("tdm:reservation", "1")
POLICY = Property("tdm:policy", "https://rights.example.org/tdm.json")
RIGHTS = Property("dc:rights", LangAlt((("x-default", "© 2026 Éditions"), ("en", "© 2026 E."))))
TERMS = Property("xmpRights:UsageTerms", LangAlt((("x-default", "Réservé"), ("en", "Reserved"))))
STATEMENT = Property("xmpRights:WebStatement", "https://rights.example.org/terms")
EVERYTHING = (FLAG, POLICY, RIGHTS, TERMS, STATEMENT, Property("xmpRights:Marked", "True"))
DEFAULTS = {
    "tdm:reservation": "1",
    "tdm:policy": "https://rights.example.org/tdm.json",
    "dc:rights": "© 2026 Éditions",
    "xmpRights:UsageTerms": "Réservé",
    "xmpRights:WebStatement": "https://rights.example.org/terms",
}


def atom(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def data(text: str | bytes, kind: int = 1) -> bytes:
    raw = text if isinstance(text, bytes) else text.encode()
    return atom(b"data", struct.pack(">II", kind, 0), raw)


def freeform(name: str, *texts: str, mean: str = "com.apple.iTunes", kind: int = 1) -> bytes:
    labels = atom(b"mean", bytes(4), mean.encode()) + atom(b"name", bytes(4), name.encode())
    return atom(b"----", labels, *(data(text, kind) for text in texts))


def merged(block: bytes, *properties: Property, force: bool = False) -> Merged:
    items = ilst.read(BytesSource(block), 0, len(block))
    return ilst.merge(items, 0, len(block), properties, force=force)


def stated(block: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in ilst.entries(ilst.read(BytesSource(block), 0, len(block)), "ilst"):
        assert isinstance(entry.value, str)
        found.setdefault(entry.name, []).append(entry.value)
    return found


def test_an_empty_list_says_everything_that_it_can():
    result = merged(b"", *EVERYTHING)
    new = result.rendered(b"")
    assert stated(new) == {name: [text] for name, text in DEFAULTS.items()}
    assert result.said == frozenset(DEFAULTS)
    assert merged(new, *EVERYTHING).unchanged(len(new))
    assert merged(new, *EVERYTHING).said == result.said


def test_items_of_others_are_copied_and_ours_stand_behind():
    cover = atom(b"covr", data(bytes(5000), 13))
    old = atom(b"\xa9nam", data("A title")) + cover + freeform("ISRC", "QZES71982312")
    result = merged(old, FLAG)
    assert result.pieces[0] == Copy(0, len(old))
    assert result.rendered(old).startswith(old)


def test_a_notice_of_somebody_else_stays():
    old = atom(b"cprt", data("© Somebody"))
    result = merged(old, RIGHTS)
    assert result.unchanged(len(old))
    assert result.said == frozenset()
    assert result.warnings == ("dc:rights of somebody else was kept",)


def test_a_text_of_ours_is_brought_up_to_date_where_it_stands():
    ours = heads()[0] + " and more."
    old = atom(b"cprt", data(ours)) + atom(b"\xa9nam", data("A title"))
    result = merged(old, RIGHTS)
    new = result.rendered(old)
    assert stated(new)["dc:rights"] == ["© 2026 Éditions"]
    assert new.endswith(atom(b"\xa9nam", data("A title")))


def test_a_contrary_statement_is_refused_without_force():
    old = freeform("tdm-reservation", "0")
    with pytest.raises(RefusedError) as caught:
        merged(old, FLAG)
    assert caught.value.code == "contrary-statement"
    new = merged(old, FLAG, force=True).rendered(old)
    assert stated(new) == {"tdm:reservation": ["1"]}
    assert b"tdm-reservation" in new


def test_every_one_of_several_statements_is_settled():
    old = freeform("TDM-RESERVATION", "1", "0") + freeform("TDM-RESERVATION", "0")
    new = merged(old, FLAG, force=True).rendered(old)
    assert stated(new) == {"tdm:reservation": ["1", "1", "1"]}


@pytest.mark.parametrize(
    ("kind", "raw"), [(1, "é".encode()), (0, "é".encode()), (2, "é".encode("utf-16-be"))]
)
def test_texts_are_read_in_their_encoding(kind, raw):
    assert stated(atom(b"cprt", data(raw, kind))) == {"dc:rights": ["é"]}


def test_what_is_no_text_says_nothing_and_stays():
    old = atom(b"cprt", data(b"\x89PNG", 14))
    assert stated(old) == {}
    assert merged(old, POLICY).rendered(old).startswith(old)
    result = merged(old, RIGHTS)
    assert result.unchanged(len(old))
    assert result.said == frozenset()
    assert result.warnings


def test_comments_are_read_and_others_domains_are_not_ours():
    old = atom(b"\xa9cmt", data("No training")) + freeform("LICENSE", "x", mean="org.example")
    assert stated(old) == {"xmpDM:logComment": ["No training"]}


def test_quicktime_keys_are_read():
    names = [b"com.apple.quicktime.make", b"com.apple.quicktime.copyright", b"TDM-RESERVATION"]
    keys = bytes(4) + struct.pack(">I", 3) + b"".join(atom(b"mdta", name) for name in names)
    block = b"".join(atom(struct.pack(">I", i + 1), data(str(i))) for i in range(3))
    block += atom(struct.pack(">I", 77), data("beyond"))
    known = ilst.read_keys(BytesSource(keys), 0, len(keys))
    items = ilst.read(BytesSource(block), 0, len(block), known)
    entries = ilst.entries(items, "moov/meta", Carrier.QUICKTIME)
    assert [(entry.name, entry.label, entry.value) for entry in entries] == [
        ("dc:rights", "com.apple.quicktime.copyright", "1"),
        ("tdm:reservation", "TDM-RESERVATION", "2"),
    ]


def test_an_item_that_is_too_long_is_damage():
    with pytest.raises(DamagedError) as caught:
        stated(atom(b"\xa9nam", data("x")) + b"\0\0\1\0cprt1234")
    assert caught.value.code == "damaged-carrier"


def test_there_may_be_only_so_many_items():
    with pytest.raises(LimitError):
        stated(atom(b"abcd") * (ilst.MAX_ITEMS + 1))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(block):
    try:
        items = ilst.read(BytesSource(block), 0, len(block))
    except DamagedError:
        return
    result = ilst.merge(items, 0, len(block), (POLICY, RIGHTS), force=True)
    assert result.size >= 0


# --- user data -----------------------------------------------------------------------------


def international(*texts: tuple[bytes, int]) -> bytes:
    return b"".join(struct.pack(">HH", len(text), lang) + text for text, lang in texts)


def test_languages_below_0x400_are_macintosh():
    content = international((b"\xa9 Caf\x8e", 1), ("© Café".encode(), 0x15C7))
    texts = userdata.parse(b"\xa9cpy", content)
    assert [text.text for text in texts] == ["© Café", "© Café"]
    entry = userdata.entries(b"\xa9cpy", texts, "moov/udta/©cpy")[0]
    assert (entry.name, entry.label, entry.carrier) == ("dc:rights", "©cpy", Carrier.QUICKTIME)


@pytest.mark.parametrize("form", ["quicktime", "3gpp"])
def test_a_new_notice_is_read_back_and_stays(form):
    new = userdata.merge(form, None, RIGHTS, force=False).rendered(b"")
    kind = userdata.KINDS[form]
    assert new[4:8] == kind
    assert int.from_bytes(new[:4], "big") == len(new)
    assert [text.text for text in userdata.parse(kind, new[8:])] == ["© 2026 Éditions"]
    again = userdata.merge(form, new, RIGHTS, force=False)
    assert again.unchanged(len(new))
    assert again.said == {"dc:rights"}


def test_only_our_own_text_of_several_changes():
    ours = (heads()[0] + " of before.").encode()
    old = atom(b"\xa9cpy", international((b"\xa9 Somebody", 0), (ours, 0x55C4), (b"tail", 3)))
    result = userdata.merge("quicktime", old, RIGHTS, force=False)
    new = result.rendered(old)
    assert int.from_bytes(new[:4], "big") == len(new)
    texts = [text.text for text in userdata.parse(b"\xa9cpy", new[8:])]
    assert texts == ["© Somebody", "© 2026 Éditions", "tail"]
    assert result.warnings


def test_an_asset_box_in_utf16_is_read():
    content = bytes(4) + b"\x15\xc7" + b"\xfe\xff" + "© É".encode("utf-16-be") + b"\0\0"
    assert [text.text for text in userdata.parse(b"cprt", content)] == ["© É"]


def test_a_notice_that_cannot_fit_is_refused():
    long = Property("dc:rights", "x" * 70_000)
    with pytest.raises(RefusedError) as caught:
        userdata.merge("quicktime", None, long, force=False)
    assert caught.value.code == "no-room"


@given(st.sampled_from(sorted(userdata.NAMES)), st.binary(max_size=60))
def test_any_text_box_is_read(kind, content):
    texts = userdata.parse(kind, content)
    assert all(0 <= text.start <= text.end <= len(content) for text in texts)
