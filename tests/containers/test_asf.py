from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import asf as asf_carrier
from mediaoptout.containers.asf import Asf
from mediaoptout.containers.asf_objects import (
    BRANDING,
    DATA,
    DESCRIPTION,
    EXTENDED,
    EXTENSION,
    FILE_HEADER,
    FILE_PROPERTIES,
    LIBRARY,
    PADDING,
    SIGNATURE,
    XMP,
    file_properties,
    read_header,
    walk,
)
from mediaoptout.containers.base import Change, Wanted
from mediaoptout.containers.proof import prove
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import LangAlt, Property, as_text
from mediaoptout.words import Carrier
from tests import witnesses
from tests.containers.harness import NOTICE, ContainerContract, content, wanted

ASF = Asf()


class TestAsf(ContainerContract):
    container = ASF
    sample_folders = ("asf",)
    corpus_folders = ("asf",)
    minimum = 3
    corpus_minimum = 2
    may_change = (
        "ASF:FileLength",  # it is the length of the file
        'ASF:Copyright = ""',  # an empty text gives way to the notice
    )

    def test_mutagen_sees_it_and_misses_nothing(self, path, written):
        before, after = witnesses.mutagen_tags(path), witnesses.mutagen_tags(written)
        gone = {key for key, text in before.items() if after.get(key) != text}
        assert not gone or (gone == {"Copyright"} and "('')" in before["Copyright"])
        assert after["TDM-RESERVATION"]

    def test_mediainfo_finds_the_same_streams(self, path, written):
        before, after = witnesses.mediainfo(path), witnesses.mediainfo(written)
        if before is None or after is None:
            pytest.skip("no MediaInfo here")
        assert streams(after) == streams(before)

    def test_the_file_says_its_size(self, path, written):
        old, new = (BytesSource(file.read_bytes()) for file in (path, written))
        before = file_properties(old, read_header(old))
        after = file_properties(new, read_header(new))
        assert before is not None and after is not None
        if before.live:
            assert after.size == before.size
        else:
            assert after.size - before.size == new.size - old.size

    def test_players_seek_as_before(self, path, written):
        assert seeks(written) == seeks(path)


def streams(report: witnesses.Tags) -> list[tuple[object, ...]]:
    tracks = report["media"]["track"][1:]
    names = ("@type", "Format", "Duration", "FrameCount", "Width", "Height", "SamplingRate")
    return [tuple(track.get(name) for name in names) for track in tracks]


def seeks(path: Path) -> str | None:
    """The packets behind a place in the middle, as ffprobe finds it by the index."""
    if not shutil.which("ffprobe"):
        return None
    show = ["-show_packets", "-show_entries", "packet=stream_index,pts,dts,flags,size"]
    command = ["ffprobe", "-v", "error", "-read_intervals", "0.3", *show, "-of", "csv", str(path)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


# --- built files ---------------------------------------------------------------------------


def obj(id_: bytes, body: bytes) -> bytes:
    return id_ + struct.pack("<Q", 24 + len(body)) + body


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\0\0"


def description(*texts: str) -> bytes:
    fields = [utf16(text) if text else b"" for text in texts]
    return obj(DESCRIPTION, struct.pack("<5H", *map(len, fields)) + b"".join(fields))


def attribute(name: str, value: bytes | str | int) -> bytes:
    kind, data = 1, value
    if isinstance(value, str):
        kind, data = 0, utf16(value)
    elif isinstance(value, int):
        kind, data = 3, struct.pack("<I", value)
    assert isinstance(data, bytes)
    key = utf16(name)
    return struct.pack("<H", len(key)) + key + struct.pack("<HH", kind, len(data)) + data


def extended(*items: bytes) -> bytes:
    return obj(EXTENDED, struct.pack("<H", len(items)) + b"".join(items))


def library(name: str, text: str) -> bytes:
    key, value = utf16(name), utf16(text)
    head = struct.pack("<3H2HI", 1, 0, 0, len(key), 0, len(value))
    return obj(LIBRARY, head + key + value)


def branding(url: bytes) -> bytes:
    banner = struct.pack("<II", 1, 3) + b"BMP" + struct.pack("<I", 9) + b"http://b\0"
    return obj(BRANDING, banner + struct.pack("<I", len(url)) + url)


def extension(*objects: bytes) -> bytes:
    body = b"".join(objects)
    head = UUID("ABD3D211-A9BA-11cf-8EE6-00C00C205365").bytes_le + struct.pack("<HI", 6, len(body))
    return obj(EXTENSION, head + body)


PACKETS = b"packet" * 50
STREAM = obj(UUID("B7DC0791-A9B7-11CF-8EE6-00C00C205365").bytes_le, bytes(54))
INDEX = obj(UUID("33000890-E5B1-11CF-89F4-00A0C90349CB").bytes_le, bytes(32))
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    b' plus:DataMining="http://ns.useplus.org/ldf/vocab/%s"/></rdf:RDF></x:xmpmeta>'
)


def asf(*objects: bytes, tail: bytes = INDEX, live: bool = False, data: bytes = PACKETS) -> bytes:
    """A file whose header has ``objects`` behind the properties and the stream."""
    size = 30 + 104 + len(STREAM) + sum(map(len, objects))
    packets = obj(DATA, bytes(26) + data)
    stated = 0 if live else size + len(packets) + len(tail)
    properties = bytes(16) + struct.pack("<Q", stated) + bytes(40) + struct.pack("<I", live)
    body = obj(FILE_PROPERTIES, properties + bytes(12)) + STREAM + b"".join(objects)
    head = FILE_HEADER + struct.pack("<QI", size, 2 + len(objects)) + b"\1\2"
    if live:
        packets = packets[:16] + bytes(8) + packets[24:]
    return head + body + packets + tail


def plan(data: bytes, **options) -> tuple[Change, bytes]:
    source = BytesSource(data)
    layout = ASF.read(source)
    change = ASF.change(source, layout, wanted(**options))
    patched = PatchedSource(source, change.patch)
    proof = prove(layout, ASF.read(patched), change.patch)
    assert proof.holds, proof.reasons
    new = content(patched)
    again = ASF.change(patched, ASF.read(patched), wanted(**options))
    assert again.patch.changes_nothing(patched.size)
    return change, new


def said(data: bytes, name: str) -> list[str]:
    blocks = ASF.read(BytesSource(data)).blocks
    return [as_text(e.value) for block in blocks for e in block.entries if e.name == name]


def top(data: bytes) -> list[bytes]:
    source = BytesSource(data)
    found, stop = walk(source, 0, source.size)
    assert stop == source.size
    return [item.id for item in found]


def test_the_packet_stands_between_the_data_and_the_index():
    _, new = plan(asf())
    assert top(new) == [FILE_HEADER, DATA, XMP, INDEX[:16]]


def test_new_objects_are_counted_and_get_room():
    _, new = plan(asf())
    header = read_header(BytesSource(new))
    assert header.count == len(header.objects) == 6
    kinds = [item.id for item in header.objects]
    assert kinds[2:] == [DESCRIPTION, EXTENDED, BRANDING, PADDING]


@pytest.mark.parametrize("inside", [False, True])
def test_padding_takes_up_what_the_header_gains(inside):
    room = obj(PADDING, bytes(5000))
    data = asf(extension(room) if inside else room, description("Title", "", "", "", ""))
    change, new = plan(data)
    assert new.index(PACKETS) == data.index(PACKETS)
    source = BytesSource(new)
    header = read_header(source)
    assert header.stop == header.object.end
    assert (header.extension is not None) == inside
    assert sum(item.id == PADDING for item in header.objects) == 1
    assert change.patch.moves_nothing


def test_padding_that_is_too_small_grows():
    _, new = plan(asf(extension(obj(PADDING, bytes(10)))))
    header = read_header(BytesSource(new))
    [room] = [item for item in header.objects if item.id == PADDING]
    assert room.content.size == wanted().padding


def test_the_other_texts_and_attributes_stay_byte_for_byte():
    picture = attribute("WM/Picture", b"\xff\xd8")
    others = [attribute("WM/Genre", "Jazz"), picture, attribute("n", 7)]
    data = asf(description("Title", "Author", "", "Text", "*"), extended(*others))
    _, new = plan(data)
    header = read_header(BytesSource(new))
    [texts] = [item for item in header.objects if item.id == DESCRIPTION]
    assert new[slice(*texts.span)] == description("Title", "Author", NOTICE, "Text", "*")
    at = new.index(others[0])
    assert new[at:].startswith(b"".join(others))


def test_a_notice_of_somebody_else_stays():
    change, new = plan(asf(description("", "", "(C) Somebody", "", "")))
    assert said(new, "dc:rights")[0] == "(C) Somebody"
    assert any("dc:rights of somebody else" in text for text in change.warnings)


def test_a_banner_stays_and_gets_the_address():
    _, new = plan(asf(branding(b"")))
    assert branding(b"https://rights.example.org/terms\0") in new
    other = branding(b"http://example.com/\0")
    change, new = plan(asf(other))
    assert other in new
    assert any("WebStatement of somebody else" in text for text in change.warnings)


def test_an_address_that_is_no_ascii_is_left_to_the_packet():
    iri = Property("xmpRights:WebStatement", "https://example.org/dröit")
    source = BytesSource(asf())
    change = ASF.change(source, ASF.read(source), Wanted(properties=(iri,)))
    new = content(PatchedSource(source, change.patch))
    assert BRANDING not in new
    assert said(new, "xmpRights:WebStatement") == ["https://example.org/dröit"]


def test_terms_that_are_too_long_are_left_to_the_packet():
    terms = Property("xmpRights:UsageTerms", LangAlt((("x-default", "x" * 40_000),)))
    source = BytesSource(asf())
    change = ASF.change(source, ASF.read(source), Wanted(properties=(terms,)))
    assert any("too long" in text for text in change.warnings)
    new = content(PatchedSource(source, change.patch))
    assert said(new, "xmpRights:UsageTerms") == ["x" * 40_000]


@pytest.mark.parametrize("value", ["0", 0])
def test_a_contrary_attribute_is_refused_unless_forced(value):
    data = asf(extended(attribute("tdm-reservation", value)))
    with pytest.raises(RefusedError):
        plan(data)
    _, new = plan(data, force=True)
    assert said(new, "tdm:reservation") == ["1", "1"]
    assert attribute("tdm-reservation", "1") in new


def test_what_the_library_says_is_not_weakened():
    with pytest.raises(RefusedError):
        plan(asf(extension(library("TDM-RESERVATION", "0"))))
    _, new = plan(asf(extension(library("TDM-RESERVATION", "1"))))
    assert said(new, "tdm:reservation") == ["1", "1", "1"]


def test_a_packet_is_merged_where_it_stands():
    body = PACKET % b"DMI-PROHIBITED"
    _, new = plan(asf(tail=obj(XMP, body) + INDEX))
    assert top(new) == [FILE_HEADER, DATA, XMP, INDEX[:16]]
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


def test_a_packet_that_cannot_be_parsed_is_not_replaced():
    data = asf(tail=obj(XMP, b"<broken"))
    [block] = ASF.read(BytesSource(data)).blocks
    assert block.error is not None
    with pytest.raises(RefusedError) as caught:
        plan(data)
    assert caught.value.code == "damaged-carrier"


@pytest.mark.parametrize(
    "broken",
    [
        obj(DESCRIPTION, struct.pack("<5H", 9, 9, 9, 9, 9)),
        obj(EXTENDED, struct.pack("<HH", 1, 500)),
        obj(EXTENDED, b""),
        obj(BRANDING, b"\1\0\0\0\xff\xff\xff\xff"),
    ],
)
def test_an_object_that_cannot_be_parsed_is_not_replaced(broken):
    with pytest.raises(RefusedError) as caught:
        plan(asf(broken))
    assert caught.value.code == "damaged-carrier"
    assert caught.value.fix


def test_a_signed_header_stays_and_the_packet_is_written():
    data = asf(description("T", "", "", "", ""), obj(SIGNATURE, bytes(40)))
    change, new = plan(data)
    assert change.carriers == (Carrier.XMP,)
    assert any("signed" in text for text in change.warnings)
    properties = data.index(FILE_PROPERTIES)
    assert new[properties + 104 : data.index(DATA)] == data[properties + 104 : data.index(DATA)]


def test_a_live_recording_keeps_its_open_sizes():
    change, new = plan(asf(live=True, tail=b""))
    assert change.carriers == (Carrier.ASF,)
    at = new.index(DATA)
    assert new[at + 16 : at + 24] == bytes(8)
    source = BytesSource(new)
    properties = file_properties(source, read_header(source))
    assert properties is not None and properties.size == 0


def test_what_follows_the_last_object_is_kept():
    rest = b"TAG" + bytes(125)
    _, new = plan(asf(tail=INDEX + rest))
    assert new.endswith(INDEX + rest)


def test_a_header_that_cannot_be_walked_is_refused():
    data = bytearray(asf(description("T", "", "", "", "")))
    at = data.index(DESCRIPTION)
    data[at + 16 : at + 24] = b"\xff" * 8
    with pytest.raises(RefusedError) as caught:
        plan(bytes(data))
    assert caught.value.code == "damaged"


def test_a_file_without_data_is_refused():
    data = asf()
    with pytest.raises(RefusedError) as caught:
        plan(data[: data.index(DATA)])
    assert caught.value.code == "truncated"


def test_a_header_that_is_cut_is_damage():
    with pytest.raises(DamagedError):
        ASF.read(BytesSource(asf()[:60]))


def test_an_extension_that_cannot_be_walked_is_left_alone():
    inner = bytearray(extension(obj(PADDING, bytes(9000))))
    inner[24 + 18] ^= 1
    data = asf(bytes(inner))
    _, new = plan(data)
    assert bytes(inner) in new


def test_there_is_a_limit_to_the_objects():
    with pytest.raises(LimitError):
        ASF.read(BytesSource(asf(*[obj(b"\1" * 16, b"")] * 17_000)))
    with pytest.raises(LimitError):
        ASF.read(BytesSource(asf(*[extended()] * 17)))


def test_there_is_a_limit_to_the_attributes():
    many = [attribute("a", b"")] * (asf_carrier.MAX_ATTRIBUTES + 1)
    with pytest.raises(RefusedError) as caught:
        plan(asf(extended(*many)))
    assert caught.value.code == "damaged-carrier"
    with pytest.raises(RefusedError) as caught:
        plan(asf(extended(*many[1:])))
    assert caught.value.code == "no-room"


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
OBJECTS = st.one_of(
    st.builds(description, TEXT, TEXT, st.just(""), TEXT, TEXT),
    st.lists(st.builds(attribute, TEXT.map("x".__add__), TEXT), max_size=4).map(
        lambda items: extended(*items)
    ),
    st.integers(0, 6000).map(lambda size: obj(PADDING, bytes(size))),
    st.binary(max_size=40).map(lambda data: obj(b"\2" * 16, data)),
    st.integers(0, 6000).map(lambda size: extension(obj(PADDING, bytes(size)))),
    st.just(branding(b"")),
)


@given(
    st.lists(OBJECTS, max_size=6, unique_by=lambda data: data[:16]),
    st.sampled_from([b"", INDEX, INDEX + b"rest"]),
    st.binary(min_size=1, max_size=60),
)
def test_any_file_is_written_and_restored(objects, tail, packets):
    data = asf(*objects, tail=tail, data=packets)
    change, new = plan(data)
    assert change.carriers == (Carrier.ASF, Carrier.XMP)
    inverse = change.patch.inverse(BytesSource(data))
    assert content(PatchedSource(BytesSource(new), inverse)) == data
    assert said(new, "tdm:reservation") == ["1", "1"]
    for item in objects:
        if item[:16] == b"\2" * 16:
            assert item in new


@given(st.binary(max_size=200), st.integers(0, 400))
def test_noise_in_the_header_never_crashes(noise, at):
    data = bytearray(asf(description("T", "A", "", "", ""), extended(attribute("a", "b"))))
    at = min(at + 16, len(data))
    data[at : at + len(noise)] = noise
    try:
        source = BytesSource(bytes(data))
        ASF.change(source, ASF.read(source), wanted())
    except (DamagedError, LimitError, RefusedError) as error:
        assert error.message
