"""The axml chunk: what we write is EBUCore, what others wrote stays, nothing in it does harm."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import axml
from mediaoptout.containers.base import Wanted
from mediaoptout.containers.registry import detect
from mediaoptout.containers.wav import Wav
from mediaoptout.embedding.declaration import Declaration
from mediaoptout.reservation.delivery import ARCHIVE_BWF
from mediaoptout.reservation.profiles import load
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies import identifying
from mediaoptout.vocabularies.properties import Gone, LangAlt, Property
from mediaoptout.words import Carrier

SETTINGS = [
    "holder.name=A & B",
    "work.isrc=FR-Z03-98-00212",
    "licence.url=https://example.org/?a=1&b=2",
    "copyright.notice=© 2026 A <B>",
    "declaration.date=2026-01-02",
]
SPACE = {"e": axml.EBUCORE, "dc": axml.DC}

# As BWF MetaEdit and mastering programs write an ISRC.
OTHERS = b"""<ebuCoreMain xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns="urn:ebu:metadata-schema:ebucore">
  <coreMetadata>
    <identifier typeLabel="GUID" formatLabel="ISRC">
      <dc:identifier>ISRC:QZES81234567</dc:identifier>
    </identifier>
    <rights><dc:rights>Nobody may mine.</dc:rights></rights>
  </coreMetadata>
</ebuCoreMain>"""
MODEL = b"<ituADM><coreMetadata><format><audioFormatExtended/></format></coreMetadata></ituADM>"


def properties(*settings: str) -> tuple[Property, ...]:
    return Declaration.of(load("eu-tdm", [*SETTINGS, *settings])).properties


def wave(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WAV with these chunks before its sound."""
    sound = (
        (b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)),
        *chunks,
        (b"data", b"\x80" * 9),
    )
    body = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in sound
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


def changed(data: bytes, wanted: Wanted) -> tuple[bytes, tuple[Carrier, ...], tuple[str, ...]]:
    source = BytesSource(data)
    container = detect(source)
    assert isinstance(container, Wav)
    change = container.change(source, container.read(source), wanted)
    result = PatchedSource(source, change.patch)
    return result.read(0, result.size), change.carriers, change.warnings


ARCHIVE = Wanted(properties=properties(), carriers=ARCHIVE_BWF.carriers)


def payload(data: bytes) -> bytes:
    at = data.index(b"axml")
    (size,) = struct.unpack_from("<I", data, at + 4)
    return data[at + 8 : at + 8 + size]


def test_what_is_written_is_ebucore():
    data, carriers, warnings = changed(wave(), ARCHIVE)
    assert carriers == (Carrier.RIFF_INFO, Carrier.AXML, Carrier.XMP) and not warnings
    assert axml.is_ours(payload(data))
    root = ET.fromstring(payload(data))
    assert root.tag == f"{{{axml.EBUCORE}}}ebuCoreMain"
    (identifier,) = root.findall("e:coreMetadata/e:identifier[@formatLabel='ISRC']", SPACE)
    assert identifier.findtext("dc:identifier", None, SPACE) == "ISRC:FRZ039800212"
    notice, terms = root.findall("e:coreMetadata/e:rights", SPACE)
    assert notice.findtext("dc:rights", None, SPACE) == "© 2026 A <B>"
    languages = [item.get(f"{{{axml.XML}}}lang") for item in terms.findall("dc:rights", SPACE)]
    assert languages == ["en", "fr"]
    assert terms.findtext("e:rightsLink", None, SPACE) == "https://example.org/?a=1&b=2"


def test_it_is_read_back_and_stays_the_same():
    data, _, _ = changed(wave(), ARCHIVE)
    blocks = Wav().read(BytesSource(data)).blocks
    (block,) = (item for item in blocks if item.carrier is Carrier.AXML)
    said = {entry.name: entry.value for entry in block.entries}
    wanted = {item.name: item.value for item in ARCHIVE.properties}
    assert said["xmpRights:UsageTerms"] == wanted["xmpRights:UsageTerms"]
    assert isinstance(said["xmpRights:UsageTerms"], LangAlt)
    (found,) = (item for entry in block.entries for item in identifying.decode(entry))
    assert found.display == "FR-Z03-98-00212"
    assert changed(data, ARCHIVE)[0] == data
    everything = replace(ARCHIVE, carriers=None)
    assert payload(changed(data, everything)[0]) == payload(data)
    later = replace(ARCHIVE, properties=properties("declaration.date=2027-05-06"))
    assert payload(changed(data, later)[0]) == payload(data)
    other = replace(ARCHIVE, properties=properties("copyright.notice=© 2027"))
    assert "© 2027".encode() in payload(changed(data, other)[0])


def test_only_where_it_is_asked_for():
    data, carriers, _ = changed(wave(), replace(ARCHIVE, carriers=None))
    assert Carrier.AXML not in carriers and b"axml" not in data
    gone = tuple(Property(item.name, Gone()) for item in ARCHIVE.properties)
    written, _, _ = changed(wave(), ARCHIVE)
    assert b"axml" not in changed(written, Wanted(properties=gone))[0]


@pytest.mark.parametrize("others", [OTHERS, MODEL, b"", b"no xml <", OTHERS[:-20], b"\0" * 30])
def test_a_document_of_somebody_else_stays_to_the_byte(others: bytes):
    bext = bytes(range(256)) * 3
    data, carriers, warnings = changed(wave((b"bext", bext), (b"axml", others)), ARCHIVE)
    assert data.count(b"axml" + struct.pack("<I", len(others))) == 1
    assert not any(axml.is_ours(data[at:]) for at in range(len(data)))
    assert b"axml" + struct.pack("<I", len(others)) + others in data
    assert b"bext" + struct.pack("<I", len(bext)) + bext in data
    assert Carrier.AXML not in carriers and warnings == (axml.KEPT,)
    layout = Wav().read(BytesSource(wave((b"axml", OTHERS))))
    assert len(layout.foreign) == 2
    (block,) = layout.blocks
    said = {entry.name: entry.value for entry in block.entries}
    assert said == {"id:isrc": "QZES81234567", "dc:rights": "Nobody may mine."}


def test_a_document_type_is_not_read():
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]>' + OTHERS.replace(b"Nobody", b"&a;")
    assert axml.parse(bomb, "x") == ()
    many = OTHERS.replace(b"<rights>", b"<rights>" + b"<dc:rights>x</dc:rights>" * 2000)
    assert axml.parse(many, "x") == ()


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes):
    axml.parse(data, "x")
    axml.parse(axml.HEAD + data, "x")
    assert axml.merge(axml.HEAD + data, ARCHIVE.properties).size


@given(st.text(max_size=40))
def test_any_text_is_written_as_xml(text: str):
    merged = axml.merge(
        None, [Property("dc:rights", text), Property("xmpRights:WebStatement", text)]
    )
    root = ET.fromstring(merged.rendered(b""))
    assert root.find("e:coreMetadata/e:rights", SPACE) is not None
    again = axml.merge(merged.rendered(b""), [Property("dc:rights", text)])
    assert axml.is_ours(again.rendered(merged.rendered(b"")))
