from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import exif
from mediaoptout.errors import DamagedError, MediaoptoutError
from mediaoptout.vocabularies.properties import LangAlt, Property

RIGHTS = (Property("dc:rights", LangAlt((("x-default", "© Example"),))),)
LIMIT = 65_527


def block(order: str, *tags: int, text: bytes = b"") -> bytes:
    """A TIFF structure whose first directory has ``tags``; 33432 holds ``text``."""
    endian = "<" if order == "II" else ">"
    at = 8 + 2 + 12 * len(tags) + 4
    entries = b""
    for tag in tags:
        if tag == exif.COPYRIGHT:
            entries += struct.pack(endian + "HHII", tag, 2, len(text), at)
        else:
            entries += struct.pack(endian + "HHIHH", tag, 3, 1, 1, 0)
    head = order.encode() + struct.pack(endian + "HI", 42, 8)
    return head + struct.pack(endian + "H", len(tags)) + entries + bytes(4) + text


def notice(tiff: bytes) -> list[str]:
    return [str(entry.value) for entry in exif.parse(tiff, "here")]


@pytest.mark.parametrize("order", ["II", "MM"])
@pytest.mark.parametrize("tags", [(), (0x0112,), (0x0112, 0x9000), (0x9000, 0x0112)])
def test_a_notice_is_appended(order, tags):
    old = block(order, *tags)
    new = exif.merge(old, RIGHTS, limit=LIMIT).rendered(old)
    assert notice(new) == ["© Example"]
    assert new[8 : len(old)] == old[8:]
    assert [tag for tag in exif.ifd0(new).tags if tag != exif.COPYRIGHT] == list(tags)
    again = exif.merge(new, RIGHTS, limit=LIMIT)
    assert again.unchanged(len(new))
    assert again.said == {"dc:rights"}


@pytest.mark.parametrize("order", ["II", "MM"])
def test_a_blank_notice_gives_way_in_its_own_entry(order):
    old = block(order, 0x0112, exif.COPYRIGHT, text=b"    \0  \0")
    assert notice(old) == []
    new = exif.merge(old, RIGHTS, limit=LIMIT).rendered(old)
    assert notice(new) == ["© Example"]
    assert exif.ifd0(new).at == 8


def test_photographer_and_editor_are_both_read():
    assert notice(block("II", exif.COPYRIGHT, text=b"Anna\0Otto\0")) == ["Anna; Otto"]
    assert notice(block("II", exif.COPYRIGHT, text=b" \0Otto\0")) == ["Otto"]
    assert notice(block("MM", exif.COPYRIGHT, text=b"\xa9 Latin-1\0")) == ["© Latin-1"]


def test_what_somebody_else_said_stays():
    old = block("II", exif.COPYRIGHT, text=b"Anna\0")
    merged = exif.merge(old, RIGHTS, limit=LIMIT)
    assert merged.unchanged(len(old))
    assert merged.said == frozenset()
    assert merged.warnings


@pytest.mark.parametrize(
    "unsafe",
    [
        block("II", 0x0112)[:-4] + struct.pack("<I", 9_999),
        block("II", 0x0112)[:-4] + struct.pack("<I", 8),
        block("II", 0x8769),
    ],
    ids=["beyond", "circle", "nothing below"],
)
def test_an_unsafe_block_is_left_alone(unsafe):
    merged = exif.merge(unsafe, RIGHTS, limit=LIMIT)
    assert merged.unchanged(len(unsafe))
    assert merged.warnings


def test_a_block_without_room_is_left_alone():
    old = block("II", 0x0112)
    assert exif.merge(old, RIGHTS, limit=len(old) + 20).unchanged(len(old))


@pytest.mark.parametrize("data", [b"", b"II", b"XX*\0\x08\0\0\0", b"II*\0\0\0\0\0\0\0\0\0"])
def test_what_is_no_tiff_is_damaged(data):
    with pytest.raises(DamagedError):
        exif.parse(data, "here")


@given(st.binary(max_size=200), st.sampled_from([b"II*\0", b"MM\0*", b""]))
def test_any_bytes_are_read_or_damaged(data, head):
    old = head + data
    try:
        merged = exif.merge(old, RIGHTS, limit=LIMIT)
        exif.parse(merged.rendered(old), "here")
    except MediaoptoutError:
        return
    assert merged.size <= LIMIT
