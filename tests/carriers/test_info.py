from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import info
from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.reservation.texts import heads
from mediaoptout.vocabularies.properties import LangAlt, Property

OURS = heads()[0]
NOTICE = "© 2026 Éxample"
TERMS = f"{OURS} one."
PROPERTIES = (
    Property("tdm:reservation", "1"),
    Property("dc:rights", LangAlt((("x-default", NOTICE),))),
    Property("xmpRights:UsageTerms", LangAlt((("x-default", TERMS), ("fr", "deux")))),
)


def chunk(name: bytes, data: bytes, *, pad: bool = True) -> bytes:
    return struct.pack("<4sI", name, len(data)) + data + bytes(len(data) % 2 if pad else 0)


def merge(
    data: bytes | None, *properties: Property, encoding: str | None = None
) -> tuple[Merged, bytes]:
    merged = info.merge(data, properties, encoding=encoding)
    return merged, merged.rendered(data or b"")


def said(data: bytes) -> list[tuple[str, str, object]]:
    return [(entry.name, entry.label, entry.value) for entry in info.parse(data, "INFO")]


def test_a_new_list():
    merged, data = merge(None, *PROPERTIES)
    notice, terms = (text.encode("cp1252") + b"\0" for text in (NOTICE, TERMS))
    assert data == b"INFO" + chunk(b"ICOP", notice) + chunk(b"ICMT", terms)
    assert merged.said == {"dc:rights", "xmpRights:UsageTerms"}
    assert said(data) == [
        ("dc:rights", "ICOP", NOTICE),
        ("xmpRights:UsageTerms", "ICMT", TERMS),
    ]
    assert info.merge(data, PROPERTIES).unchanged(len(data))


def test_nothing_to_say():
    assert merge(None)[1] == b""
    assert merge(b"INFO")[1] == b"INFO"


def test_texts_of_others_stay():
    data = b"INFO" + chunk(b"ICMT", b"Take 3\0") + chunk(b"ICOP", b"(c) Others\0")
    merged, new = merge(data, *PROPERTIES)
    assert new == data
    assert not merged.said and len(merged.warnings) == 2
    assert said(data)[0] == ("xmpDM:logComment", "ICMT", "Take 3")


def test_an_empty_text_gives_way_and_ours_is_brought_up_to_date():
    old = chunk(b"ICOP", b"\0") + chunk(b"ICMT", f"{OURS} old.".encode() + b"\0")
    data = b"INFO" + old + chunk(b"INAM", b"Song\0")
    merged, new = merge(data, *PROPERTIES)
    assert said(new) == [("dc:rights", "ICOP", NOTICE), ("xmpRights:UsageTerms", "ICMT", TERMS)]
    assert new.endswith(chunk(b"INAM", b"Song\0"))
    assert merged.said == {"dc:rights", "xmpRights:UsageTerms"}


class TestEncoding:
    @pytest.mark.parametrize(
        ("other", "codec"),
        [("Café".encode(), "utf-8"), ("Café".encode("cp1252"), "cp1252"), (b"Cafe", "cp1252")],
    )
    def test_of_the_other_texts(self, other, codec):
        _, new = merge(b"INFO" + chunk(b"INAM", other), *PROPERTIES)
        assert NOTICE.encode(codec) in new
        assert said(new)[0][2] == NOTICE

    def test_that_the_file_names(self):
        _, new = merge(None, *PROPERTIES, encoding="cp1250")
        assert TERMS.encode("cp1250") in new
        assert info.parse(new, "INFO", "cp1250")[0].value == NOTICE

    def test_utf8_for_what_the_code_page_cannot_say(self):
        rights = Property("dc:rights", "© 権利者")
        _, new = merge(None, rights)
        assert said(new) == [("dc:rights", "ICOP", "© 権利者")]

    def test_bytes_that_no_codec_knows(self):
        data = b"INFO" + chunk(b"ICOP", b"\x81\xfe\0")
        assert said(data) == [("dc:rights", "ICOP", "\x81þ")]


class TestPadding:
    def test_that_is_missing_in_the_middle(self):
        data = b"INFO" + chunk(b"INAM", b"abc", pad=False) + chunk(b"ICOP", b"(c)\0")
        assert said(data) == [("dc:rights", "ICOP", "(c)")]

    def test_that_is_missing_at_the_end(self):
        data = b"INFO" + chunk(b"INAM", b"abc", pad=False)
        _, new = merge(data, PROPERTIES[1])
        assert new.startswith(data + b"\0ICOP")

    def test_zeros_at_the_end_stay(self):
        data = b"INFO" + chunk(b"INAM", b"abcd") + bytes(40)
        _, new = merge(data, *PROPERTIES)
        assert new.endswith(bytes(40)) and len(said(new)) == 2
        assert info.merge(new, PROPERTIES).unchanged(len(new))


names = st.sampled_from([b"INAM", b"ISFT", b"IART", b"ITRK", b"ICMT"])
items = st.lists(st.tuples(names, st.binary(max_size=12)), max_size=6)


@given(items)
def test_chunks_of_others_stay_byte_for_byte(others):
    data = b"INFO" + b"".join(chunk(name, text) for name, text in others)
    _, new = merge(data, PROPERTIES[1])
    assert new.startswith(data)
    assert info.merge(new, PROPERTIES[1:2]).unchanged(len(new))


@given(items, st.integers(0, 80), st.binary(min_size=1, max_size=4))
def test_damage_is_noticed_or_harmless(others, at, value):
    data = bytearray(b"INFO" + b"".join(chunk(name, text) for name, text in others))
    data[at : at + len(value)] = value
    try:
        _, new = merge(bytes(data), PROPERTIES[1])
    except (DamagedError, LimitError):
        return
    assert ("dc:rights", "ICOP", NOTICE) in said(new) or b"ICOP" in data


@pytest.mark.parametrize(
    "data", [b"", b"adtl", b"INFO" + struct.pack("<4sI", b"INAM", 99), b"INFO" + bytes(8) + b"x"]
)
def test_what_is_no_list(data):
    with pytest.raises(DamagedError):
        info.parse(data, "INFO")


def test_too_many_chunks():
    with pytest.raises(LimitError):
        info.parse(b"INFO" + chunk(b"INAM", b"") * 70_000, "INFO")
