"""Photoshop image resources (PSIR) and the IPTC IIM record in them: read only.

Resources 1034 (copyright flag) and 1035 (URL), and 1028, which holds IIM data sets (IPTC-NAA
IIM 4.2), of which 2:40, 2:110 and 2:116 speak of rights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from mediaoptout.errors import DamagedError
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.words import Carrier

IIM: Final = 1028
FLAG: Final = 1034
URL: Final = 1035
MAX_ITEMS: Final = 10_000
_SIGNATURES: Final = (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR")
_UTF8: Final = b"\x1b%G"
_NAMES: Final = {
    40: "photoshop:Instructions",
    110: "photoshop:Credit",
    116: "dc:rights",
}


class Resource(NamedTuple):
    """An image resource: its number and its data."""

    number: int
    data: bytes


def resources(data: bytes) -> Iterator[Resource]:
    """The image resources of a block, in its order; what follows the last is passed over.

    Raises:
        DamagedError: a resource reaches beyond the block, or there is none at all.
    """
    at = 0
    for _ in range(MAX_ITEMS):
        if data[at : at + 4] not in _SIGNATURES:
            if at == 0 and data.strip(b"\0"):
                raise DamagedError("the Photoshop block does not begin with an image resource")
            return
        name = at + 6
        size_at = name + 1 + (data[name] if name < len(data) else 0)
        size_at += (size_at - name) % 2
        begin = size_at + 4
        end = begin + int.from_bytes(data[size_at:begin], "big")
        if end > len(data) or begin > len(data):
            raise DamagedError("an image resource reaches beyond the Photoshop block")
        yield Resource(int.from_bytes(data[at + 4 : at + 6], "big"), data[begin:end])
        at = end + (end - begin) % 2


def parse_psir(data: bytes, location: str) -> tuple[Entry, ...]:
    """What the resources say themselves: the copyright flag and the URL.

    Raises:
        DamagedError: the structure cannot be read.
    """
    entries: list[Entry] = []
    for number, value in resources(data):
        if number == FLAG and value:
            marked = "True" if value[0] else "False"
            entries.append(Entry(Carrier.PSIR, location, "xmpRights:Marked", "1034", marked))
        elif number == URL and value:
            url = _text(value, utf8=False).strip("\0 ")
            if url:
                entries.append(Entry(Carrier.PSIR, location, "xmpRights:WebStatement", "1035", url))
    return tuple(entries)


def parse_iim(data: bytes, location: str) -> tuple[Entry, ...]:
    """What the IIM data sets in the resources say.

    Raises:
        DamagedError: the structure cannot be read.
    """
    records = b"".join(value for number, value in resources(data) if number == IIM)
    return parse_records(records, location)


def parse_records(data: bytes, location: str) -> tuple[Entry, ...]:
    """What IIM data sets say that stand in no resource."""
    entries: list[Entry] = []
    utf8 = False
    for record, number, value in _data_sets(data):
        if (record, number) == (1, 90):
            utf8 = value == _UTF8
        elif record == 2 and number in _NAMES:
            text = _text(value, utf8=utf8).strip("\0 ")
            if text:
                entries.append(Entry(Carrier.IIM, location, _NAMES[number], f"2:{number:03}", text))
    return tuple(entries)


def _data_sets(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    for _ in range(MAX_ITEMS):
        if at + 5 > len(data) or data[at] != 0x1C:
            return
        record, number = data[at + 1], data[at + 2]
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        begin = at + 5
        if size & 0x8000:
            width = size & 0x7FFF
            size = int.from_bytes(data[begin : begin + min(width, 8)], "big")
            begin += width
        if begin + size > len(data):
            return
        yield record, number, data[begin : begin + size]
        at = begin + size


def _text(data: bytes, *, utf8: bool) -> str:
    """Text in the stated encoding; without one, UTF-8 where it is valid, else Latin-1."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace") if utf8 else data.decode("latin-1")
