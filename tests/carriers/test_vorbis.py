from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import vorbis
from mediaoptout.carriers.merged import Merged
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.reservation.texts import heads
from mediaoptout.vocabularies.properties import LangAlt, Property

OURS = heads()[0]
TERMS = LangAlt((("x-default", f"{OURS} one."), ("en", f"{OURS} one."), ("fr", f"{OURS} deux.")))
PROPERTIES = (
    Property("plus:DataMining", "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"),
    Property("tdm:reservation", "1"),
    Property("tdm:policy", "https://example.org/policy.json"),
    Property("dc:rights", LangAlt((("x-default", "© 2026 Éxample"),))),
    Property("xmpRights:UsageTerms", TERMS),
    Property("xmpRights:WebStatement", "https://example.org/terms"),
)


def block(*comments: bytes, vendor: bytes = b"encoder", rest: bytes = b"") -> bytes:
    listed = b"".join(struct.pack("<I", len(item)) + item for item in comments)
    return (
        struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(comments)) + listed + rest
    )


def split(data: bytes) -> tuple[bytes, list[bytes], bytes]:
    """An independent reader: the vendor, the comments and what follows them."""
    (size,) = struct.unpack_from("<I", data)
    vendor, at = data[4 : 4 + size], 4 + size
    (count,) = struct.unpack_from("<I", data, at)
    at += 4
    found = []
    for _ in range(count):
        (size,) = struct.unpack_from("<I", data, at)
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return vendor, found, data[at:]


def merge(data: bytes | None, *properties: Property, force: bool = False) -> tuple[Merged, bytes]:
    merged = vorbis.merge(data, properties, force=force)
    return merged, merged.rendered(data or b"")


def test_a_new_block():
    merged, data = merge(None, *PROPERTIES)
    vendor, found, rest = split(data)
    assert (vendor, rest) == (vorbis.VENDOR, b"")
    assert found == [
        b"TDM-RESERVATION=1",
        b"TDM-POLICY=https://example.org/policy.json",
        "COPYRIGHT=© 2026 Éxample".encode(),
        f"USAGE_TERMS={OURS} one.".encode(),
        f"USAGE_TERMS={OURS} deux.".encode(),
        b"LICENSE=https://example.org/terms",
    ]
    assert merged.said == {item.name for item in PROPERTIES} - {"plus:DataMining"}


def test_nothing_to_say():
    assert merge(None)[1] == b""
    assert vorbis.merge(block(b"A=b"), ()).unchanged(len(block(b"A=b")))


keys = st.sampled_from([b"TITLE", b"copyright", b"TDM-Reservation", b"LICENSE", b"XMP", b"", b"A"])
comment = st.one_of(
    st.binary(max_size=30),
    st.builds(lambda key, text: key + b"=" + text, keys, st.binary(max_size=20)),
)


@given(st.lists(comment, max_size=8), st.binary(max_size=9), st.binary(max_size=5))
def test_comments_of_others_stay_byte_for_byte(others, vendor, rest):
    data = block(*others, vendor=vendor, rest=rest)
    merged, new = merge(data, *PROPERTIES, force=True)
    assert split(new)[0] == vendor and split(new)[2] == rest
    kept = [item for item in others if not item.upper().startswith(b"TDM-RESERVATION=")]
    assert [item for item in split(new)[1] if item in kept][: len(kept)] == kept
    again = vorbis.merge(new, PROPERTIES)
    assert again.unchanged(len(new)) and again.said == merged.said


def test_texts_of_others_stay():
    data = block(b"copyright=(c) Others", b"LICENSE=CC-BY", b"Usage_Terms=Ask us", b"bare")
    merged, new = merge(data, *PROPERTIES)
    assert split(new)[1][:4] == split(data)[1]
    assert merged.said == {"tdm:reservation", "tdm:policy"}
    assert len(merged.warnings) == 3


def test_our_terms_are_brought_up_to_date():
    old = [f"USAGE_TERMS={OURS} {word}.".encode() for word in ("old", "vieux", "alt")]
    data = block(b"TITLE=Song", *old, b"ARTIST=Singer")
    _, new = merge(data, Property("xmpRights:UsageTerms", TERMS))
    assert split(new)[1] == [
        b"TITLE=Song",
        f"USAGE_TERMS={OURS} one.".encode(),
        f"USAGE_TERMS={OURS} deux.".encode(),
        b"ARTIST=Singer",
    ]


def test_only_the_date_of_our_terms_differs():
    data = block(f"USAGE_TERMS={OURS} Declared 2025-01-01.".encode())
    merged, new = merge(data, Property("xmpRights:UsageTerms", f"{OURS} Declared 2026-01-01."))
    assert new == data and merged.said


@pytest.mark.parametrize("stated", [b"TDM-RESERVATION=0", b"tdm-reservation= 0 "])
def test_the_contrary_is_refused(stated):
    data = block(b"TDM-RESERVATION=1", stated)
    with pytest.raises(RefusedError):
        merge(data, *PROPERTIES)
    merged, new = merge(data, *PROPERTIES, force=True)
    assert split(new)[1][:2] == [b"TDM-RESERVATION=1"] * 2
    assert merged.warnings


def test_what_is_read():
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
        ' xmlns:tdm="http://www.w3.org/ns/tdmrep/" tdm:reservation="1"/></rdf:RDF></x:xmpmeta>'
    )
    data = block(
        b"tdm-reservation=1",
        b"Comment=Hello",
        f"COMMENT={OURS} x".encode(),
        b"COPYRIGHT=\xff",
        f"XMP={packet}".encode(),
        b"XMP=none",
        b"TITLE=Song",
    )
    found = [(e.name, e.label, e.location, e.value) for e in vorbis.parse(data, "VC")]
    assert found == [
        ("tdm:reservation", "TDM-RESERVATION", "VC", "1"),
        ("xmpDM:logComment", "COMMENT", "VC", "Hello"),
        ("xmpRights:UsageTerms", "COMMENT", "VC", f"{OURS} x"),
        ("dc:rights", "COPYRIGHT", "VC", "\ufffd"),
        ("tdm:reservation", "tdm:reservation", "VC/XMP", "1"),
    ]


@given(st.integers(0, 60), st.binary(max_size=4))
def test_damage_is_noticed(at, value):
    data = bytearray(block(b"TITLE=Song", b"COPYRIGHT=(c)", b"x" * 20))
    data[at : at + len(value)] = value
    try:
        entries = vorbis.parse(bytes(data), "VC")
    except (DamagedError, LimitError):
        return
    assert all(entry.name == "dc:rights" for entry in entries)


@pytest.mark.parametrize("cut", range(len(block(b"A=b"))))
def test_a_block_that_is_cut_off(cut):
    with pytest.raises(DamagedError):
        vorbis.parse(block(b"A=b")[:cut], "VC")


def test_too_many_comments():
    with pytest.raises(LimitError):
        vorbis.parse(struct.pack("<II", 0, 1 << 31), "VC")
