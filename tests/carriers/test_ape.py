from __future__ import annotations

import io

import pytest

from mediaoptout.carriers import ape
from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.patch import Patch, PatchedSource, Span
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import Property

PROPERTIES = (
    Property("plus:DataMining", "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"),
    Property("tdm:reservation", "1"),
    Property("dc:rights", "© 2026 Ÿ Records"),
    Property("xmpRights:WebStatement", "https://example.org/terms"),
)


def item(key: bytes, value: bytes, flags: int = 0) -> bytes:
    return len(value).to_bytes(4, "little") + flags.to_bytes(4, "little") + key + b"\0" + value


def tag(*items: bytes, header: bool = True, version: int = 2000, more: int = 0) -> bytes:
    body = b"".join(items)

    def bound(flags: int) -> bytes:
        numbers = (version, len(body) + 32, len(items) + more, flags)
        return b"APETAGEX" + b"".join(n.to_bytes(4, "little") for n in numbers) + bytes(8)

    flags = 1 << 31 if header else 0
    return (bound(flags | 1 << 29) if header else b"") + body + bound(flags)


def read(data: bytes) -> ape.Tag:
    return ape.read_tag(BytesSource(data), Span(0, len(data)))


def values(data: bytes) -> dict[str, object]:
    return {entry.label: entry.value for entry in ape.entries(read(data), "APEv2")}


def merged(data: bytes | None, **options) -> tuple[bytes, Merged]:
    answer = ape.merge_tag(read(data) if data is not None else None, PROPERTIES, **options)
    source = PatchedSource(BytesSource(data or b""), Patch(answer.pieces))
    return source.read(0, source.size), answer


TITLE = item(b"Title", b"T")
COVER = item(b"Cover Art (Front)", b"c.jpg\0\xff\xd8" * 9, 2)


@pytest.mark.parametrize("old", [None, tag(), tag(TITLE, COVER), tag(TITLE, COVER, header=False)])
def test_it_is_said_kept_and_said_once(old):
    new, answer = merged(old)
    assert answer.said == {"tdm:reservation", "dc:rights", "xmpRights:WebStatement"}
    assert ape.tag_span(BytesSource(new), len(new)) == Span(0, len(new))
    assert values(new)["TDM-RESERVATION"] == "1"
    assert values(new)["Copyright"] == "© 2026 Ÿ Records"
    assert (TITLE + COVER in new) == (TITLE + COVER in (old or b""))
    assert merged(new)[1].unchanged(len(new))


def test_mutagen_reads_it():
    from mutagen.apev2 import APEv2

    frames = APEv2(io.BytesIO(b"x" * 500 + merged(tag(TITLE, COVER))[0]))
    assert str(frames["Copyright"]) == "© 2026 Ÿ Records"
    assert str(frames["TDM-RESERVATION"]) == "1"
    assert str(frames["Title"]) == "T"


def test_keys_are_the_same_in_any_case():
    new, answer = merged(tag(item(b"COPYRIGHT", b"Somebody")))
    assert new.count(b"COPYRIGHT") == 1
    assert b"Copyright" not in new
    assert answer.warnings


def test_a_contrary_statement_is_refused_and_can_be_forced():
    data = tag(item(b"Tdm-Reservation", b"0"), TITLE)
    with pytest.raises(RefusedError):
        merged(data)
    new, answer = merged(data, force=True)
    assert values(new)["Tdm-Reservation"] == "1"
    assert "tdm:reservation" in answer.said


def test_of_several_items_with_one_key_those_that_must_give_way_go():
    both = tag(item(b"TDM-RESERVATION", b"1"), TITLE, item(b"TDM-Reservation", b"0"))
    with pytest.raises(RefusedError):
        merged(both)
    new, _ = merged(both, force=True)
    assert new.upper().count(b"TDM-RESERVATION\0") == 1
    assert values(new)["TDM-RESERVATION"] == "1"


def test_a_value_that_is_no_text_stays():
    new, answer = merged(tag(item(b"License", b"\0\1\2", 2)))
    assert item(b"License", b"\0\1\2", 2) in new
    assert "xmpRights:WebStatement" not in answer.said


def test_an_old_tag_of_unknown_encoding_is_read_and_not_written():
    data = tag(item(b"Copyright", b"\xa9 2001"), header=False, version=1000)
    assert values(data)["Copyright"] == "© 2001"
    with pytest.raises(RefusedError) as caught:
        merged(data)
    assert caught.value.code == "old-tag"


def test_an_old_tag_in_ascii_becomes_a_new_one_and_no_item_changes():
    new, answer = merged(tag(TITLE, item(b"Artist", b"A"), header=False, version=1000))
    assert new.startswith(TITLE + item(b"Artist", b"A"))
    assert read(new).version == 2000
    assert merged(new)[1].unchanged(len(new))
    assert answer.said


def locked(data: bytes) -> bytes:
    return data[:-12] + (1 | 1 << 31).to_bytes(4, "little") + data[-8:]


def test_a_tag_that_says_it_is_read_only_is_left_alone():
    with pytest.raises(RefusedError) as caught:
        merged(locked(tag(TITLE)))
    assert caught.value.code == "read-only-tag"
    with pytest.raises(RefusedError):
        merged(tag(item(b"TDM-RESERVATION", b"0", flags=1)), force=True)
    said, _ = merged(tag(TITLE))
    assert merged(locked(said))[1].unchanged(len(said))
    new, _ = merged(tag(item(b"Title", b"T", flags=1)))
    assert item(b"Title", b"T", flags=1) in new


def test_a_new_tag_repeats_what_it_hides():
    new, _ = merged(None, repeated=(("Title", "Old"),))
    assert item(b"Title", b"Old") in new
    assert item(b"Title", b"Old") not in merged(tag(TITLE), repeated=(("Title", "Old"),))[0]


def test_more_items_may_be_counted_than_there_are():
    data = tag(TITLE, more=3)
    assert [entry.key for entry in read(data).items] == ["Title"]
    assert TITLE in merged(data)[0]
    assert merged(merged(data)[0])[1].unchanged(len(merged(data)[0]))


@pytest.mark.parametrize(
    "data",
    [
        tag(TITLE)[:-1],
        tag(TITLE, header=False).replace(b"\1\0\0\0\0", b"\xff\0\0\0\0", 1),
    ],
)
def test_a_broken_tag_is_damaged(data):
    with pytest.raises(DamagedError):
        read(data)


def test_a_header_is_seen_and_not_believed():
    lying = tag(TITLE)[32:]
    source = BytesSource(bytes(50) + lying)
    assert ape.tag_span(source, source.size) == Span(50, source.size)
    new, _ = merged(lying)
    assert new.startswith(TITLE) and new[-12:-8] == bytes(4)
    silent = tag(TITLE)[:-12] + bytes(12)
    assert ape.tag_span(BytesSource(silent), len(silent)) == Span(0, len(silent))
    assert TITLE in merged(silent)[0]


def test_tags_before_and_behind_are_found_in_a_file():
    data = tag(TITLE)
    source = BytesSource(data + b"audio" + data)
    assert ape.leading_span(source, 0) == Span(0, len(data))
    assert ape.tag_span(source, source.size) == Span(len(data) + 5, source.size)
    assert ape.tag_span(source, source.size - 1) is None
    assert ape.leading_span(source, 1) is None
