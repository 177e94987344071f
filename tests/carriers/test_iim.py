from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import iim
from mediaoptout.errors import DamagedError
from mediaoptout.words import Carrier


def resource(number: int, data: bytes, name: bytes = b"") -> bytes:
    pascal = bytes((len(name),)) + name
    pascal += bytes(len(pascal) % 2)
    return (
        b"8BIM" + struct.pack(">H", number) + pascal + struct.pack(">I", len(data)) + data
    ) + bytes(len(data) % 2)


def data_set(record: int, number: int, value: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def test_the_flag_and_the_url_are_read():
    data = resource(1034, b"\1", b"odd") + resource(1035, b"https://example.org")
    found = iim.parse_psir(data, "APP13")
    assert [(e.carrier, e.name, e.label, e.value) for e in found] == [
        (Carrier.PSIR, "xmpRights:Marked", "1034", "True"),
        (Carrier.PSIR, "xmpRights:WebStatement", "1035", "https://example.org"),
    ]


@pytest.mark.parametrize(
    ("charset", "raw"),
    [(b"", b"\xa9 Anna"), (b"", "© Anna".encode()), (b"\x1b%G", "© Anna".encode())],
)
def test_the_notice_is_read_in_any_encoding(charset, raw):
    sets = data_set(1, 90, charset) if charset else b""
    sets += data_set(2, 5, b"title") + data_set(2, 116, raw) + data_set(2, 40, b"no AI")
    found = iim.parse_iim(resource(1028, sets), "APP13")
    assert [(e.name, e.label, e.value) for e in found] == [
        ("dc:rights", "2:116", "© Anna"),
        ("photoshop:Instructions", "2:040", "no AI"),
    ]


def test_a_long_data_set_is_read():
    value = b"x" * 40_000
    long = b"\x1c\x02\x74\x80\x04" + struct.pack(">I", len(value)) + value
    [entry] = iim.parse_records(long, "here")
    assert entry.value == value.decode()


def test_a_resource_beyond_the_block_is_damaged():
    with pytest.raises(DamagedError):
        list(iim.resources(resource(1034, b"\1")[:-3]))
    with pytest.raises(DamagedError):
        list(iim.resources(b"no resource"))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_damaged(data):
    for parse in (iim.parse_psir, iim.parse_iim, iim.parse_records):
        for head in (b"", b"8BIM\x04\x04\0\0", b"\x1c\x02"):
            try:
                entries = parse(head + data, "here")
            except DamagedError:
                continue
            assert all(entry.value for entry in entries)
