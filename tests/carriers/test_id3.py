from __future__ import annotations

import io
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import id3
from mediaoptout.carriers.id3.header import (
    from_synchsafe,
    resynchronised,
    to_synchsafe,
    unsynchronised,
)
from mediaoptout.carriers.id3.languages import three_letters
from mediaoptout.containers.base import MANIFEST
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.patch import Patch, PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import LangAlt, Property
from mediaoptout.words import Carrier

RESERVED = "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"
TERMS = LangAlt((("x-default", "Réservé ≠ libre."), ("fr", "Réservé ≠ libre."), ("en", "Reserved")))
PROPERTIES = (
    Property("plus:DataMining", RESERVED),
    Property("tdm:reservation", "1"),
    Property("tdm:policy", "https://example.org/p.json"),
    Property("dc:rights", LangAlt((("x-default", "© 2026 Ÿ Records"),))),
    Property("xmpRights:UsageTerms", TERMS),
    Property("xmpRights:WebStatement", "https://example.org/terms"),
)
JPEG = b"\xff\xd8\xff\xe0\x00\xff\x00\xff\xff\x00\x00" * 20 + b"\xff"


def frame(version: int, kind: str, content: bytes, flags: int = 0) -> bytes:
    if version == 2:
        return kind.encode() + len(content).to_bytes(3, "big") + content
    size = to_synchsafe(len(content)) if version == 4 else len(content).to_bytes(4, "big")
    return kind.encode() + size + flags.to_bytes(2, "big") + content


def tag(
    version: int,
    *frames: bytes,
    flags: int = 0,
    padding: int = 0,
    extended: bytes = b"",
    tail: bytes = b"",
) -> bytes:
    body = extended + b"".join(frames) + bytes(padding) + tail
    if flags & 0x80 and version < 4:
        body = unsynchronised(body)
    rest = bytes((version, 0, flags)) + to_synchsafe(len(body))
    return b"ID3" + rest + body + (b"3DI" + rest if flags & 0x10 and version == 4 else b"")


def title(version: int) -> bytes:
    return frame(version, "TT2" if version == 2 else "TIT2", b"\0Title")


def picture(version: int) -> bytes:
    if version == 2:
        return frame(2, "PIC", b"\0JPG\3\0" + JPEG)
    return frame(version, "APIC", b"\0image/jpeg\0\3\0" + JPEG)


def said(data: bytes) -> dict[str, object]:
    return {entry.label: entry.value for entry in id3.parse(data, "ID3")}


def merged(data: bytes | None, properties=PROPERTIES, **options) -> tuple[bytes, id3.MergedTag]:
    answer = id3.merge(data, properties, **options)
    new = PatchedSource(BytesSource(data or b""), Patch(answer.pieces))
    result = new.read(0, new.size)
    assert id3.tag_size(result) in (len(result), None)
    return result, answer


def contents(data: bytes) -> dict[str, bytes | None]:
    whole = id3.read_tag(BytesSource(data))
    return {f.id: whole.content(f) for f in whole.frames if f.id in ("TIT2", "TT2", "APIC", "PIC")}


def mutagen_frames(data: bytes):
    import mutagen.id3

    class Read(mutagen.id3.ID3):
        pass

    file = io.BytesIO(data + bytes(400))
    return Read(file, translate=False)


def test_the_hole_has_the_name_that_containers_give_it():
    assert id3.HOLE == MANIFEST


@given(st.integers(0, (1 << 28) - 1))
def test_synchsafe_numbers_go_there_and_back(value):
    data = to_synchsafe(value)
    assert from_synchsafe(data) == value
    assert max(data) < 0x80


@given(st.lists(st.sampled_from([0, 1, 0xE0, 0xDF, 0xFF]), max_size=40).map(bytes))
def test_unsynchronisation_goes_there_and_back(data):
    stuffed = unsynchronised(data)
    assert resynchronised(stuffed) == data
    assert not any(a == 0xFF and b >= 0xE0 for a, b in pairwise(stuffed))


@pytest.mark.parametrize("version", [3, 4])
def test_a_new_tag_says_everything_and_has_room(version):
    data, answer = merged(None, version=version)
    assert data[3] == version
    assert data.endswith(bytes(id3.PADDING))
    assert answer.said == {item.name for item in PROPERTIES}
    assert answer.carriers == (Carrier.ID3, Carrier.XMP)
    found = said(data)
    assert found["TXXX:TDM-RESERVATION"] == "1"
    assert found["TCOP"] == "© 2026 Ÿ Records"
    assert found["USER:fra"] == "Réservé ≠ libre."
    assert ("USER:eng" in found) == (version == 4)
    assert found["plus:DataMining"] == RESERVED


@pytest.mark.parametrize("version", [3, 4])
def test_mutagen_reads_it(version):
    frames = mutagen_frames(
        merged(
            tag(version, title(version), picture(version)),
        )[0]
    )
    assert frames["TXXX:TDM-RESERVATION"].text == ["1"]
    assert frames["TXXX:TDM-POLICY"].text == ["https://example.org/p.json"]
    assert frames["TCOP"].text == ["© 2026 Ÿ Records"]
    assert frames["USER:fra"].text == "Réservé ≠ libre."
    assert frames["WCOP"].url == "https://example.org/terms"
    assert frames["TIT2"].text == ["Title"]
    assert next(f.data for f in frames.getall("APIC")) == JPEG
    assert frames.getall("PRIV")[0].owner == "XMP"


FORMS = {
    "v2.2": tag(2, title(2), picture(2), padding=30),
    "v2.2 unsynchronised": tag(2, title(2), picture(2), flags=0x80, padding=30),
    "v2.3": tag(3, title(3), picture(3), padding=30),
    "v2.3 full": tag(3, title(3), picture(3)),
    "v2.3 unsynchronised": tag(3, title(3), picture(3), flags=0x80, padding=30),
    "v2.3 extended": tag(
        3, title(3), flags=0x40, padding=9, extended=bytes.fromhex("00000006000000000009")
    ),
    "v2.4": tag(4, title(4), picture(4), padding=30),
    "v2.4 footer": tag(4, title(4), picture(4), flags=0x10),
    "v2.4 unsynchronised": tag(
        4, title(4), frame(4, "APIC", unsynchronised(b"\0image/jpeg\0\3\0" + JPEG), 2), flags=0x80
    ),
    "v2.4 unsynchronised by its header": tag(
        4, title(4), frame(4, "APIC", unsynchronised(b"\0image/jpeg\0\3\0" + JPEG)), flags=0x80
    ),
    "v2.4 wrong flag for an extended header": tag(4, title(4), flags=0x40, padding=20),
    "v2.4 plain sizes": tag(
        4,
        title(4),
        b"APIC" + (14 + len(JPEG)).to_bytes(4, "big") + bytes(2) + b"\0image/jpeg\0\3\0" + JPEG,
        title(4),
    ),
    "garbage in the padding": tag(3, title(3), padding=50, tail=b"garbage"),
    "a frame that reaches too far": tag(3, title(3), tail=b"TALB\0\1\0\0\0\0\0lost"),
}


@pytest.mark.parametrize("upgrade", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_what_others_wrote_is_kept_and_a_second_run_changes_nothing(form, upgrade):
    data = FORMS[form]
    new, answer = merged(data, upgrade=upgrade)
    before, after = contents(data), contents(new)
    if new[3] == 3:
        before = {{"TT2": "TIT2", "PIC": "APIC"}.get(k, k): v for k, v in before.items()}
    if data[3] == 2 and new[3] == 3:
        before["APIC"] = b"\0image/jpeg\0\3\0" + JPEG
    assert after == before
    assert new[3] == (3 if upgrade and data[3] == 2 else data[3])
    assert answer.carriers == ((Carrier.ID3,) if new[3] == 2 else (Carrier.ID3, Carrier.XMP))
    again, second = merged(new, upgrade=upgrade)
    assert again == new
    assert second.unchanged(len(new))
    assert second.carriers == answer.carriers
    found = said(new)
    assert found["TXXX:TDM-RESERVATION"] == "1"
    assert new.endswith(b"garbage") == data.endswith(b"garbage")
    assert new.endswith(b"lost") == data.endswith(b"lost")


@pytest.mark.parametrize("form", FORMS)
def test_a_manifest_has_its_hole_behind_all_frames(form):
    data = FORMS[form]
    before = contents(data)
    store = b"\xff\x00\xff\xe0" * 500
    answer = id3.merge(data, PROPERTIES, manifest=len(store), upgrade=True)
    patch = Patch(answer.pieces)
    [(name, span)] = patch.holes
    assert (name, span.size) == (MANIFEST, len(store))
    assert answer.carriers == (Carrier.ID3, Carrier.XMP, Carrier.C2PA)
    source = PatchedSource(BytesSource(data), patch.fill(MANIFEST, store))
    new = source.read(0, source.size)
    whole = id3.read_tag(BytesSource(new))
    last = whole.frames[-1]
    assert id3.is_manifest(whole, last)
    assert id3.manifest_store(whole, last) == store
    assert new[span.start : span.end] == store
    if data[3] > 2:
        assert contents(new) == before
    dropped = id3.merge(new, PROPERTIES, drop_manifest=True)
    left = PatchedSource(BytesSource(new), Patch(dropped.pieces))
    assert store not in left.read(0, left.size)
    stays, _ = merged(new)
    assert stays == new


def test_a_manifest_needs_another_version_than_2():
    answer = id3.merge(FORMS["v2.2"], PROPERTIES, manifest=10)
    assert not Patch(answer.pieces).holes
    assert any("manifest" in warning for warning in answer.warnings)


def test_room_is_used_and_nothing_moves():
    data = tag(3, title(3), padding=9000)
    new, answer = merged(data)
    assert len(new) == len(data)
    assert Patch(answer.pieces).moves_nothing


def test_the_crc_of_v23_is_left_out_or_right():
    frames = title(3)
    extended = bytes.fromhex("0000000a800000000000") + zlib.crc32(frames).to_bytes(4, "big")
    new, _ = merged(tag(3, frames, flags=0x40, extended=extended))
    whole = id3.read_tag(BytesSource(new))
    assert whole.extended is not None and whole.extended.checked
    body = new[whole.frames_start : whole.frames_end]
    assert whole.extended.data[10:14] == zlib.crc32(body).to_bytes(4, "big")
    assert int.from_bytes(whole.extended.data[6:10], "big") == whole.room.size == id3.PADDING


def test_the_crc_of_v24_is_that_of_a_real_file(corpus):
    data = (corpus / "mp3" / "id3v24_exthdr.mp3").read_bytes()
    old = data[: id3.tag_size(data)]
    for version in (old, merged(old)[0]):
        whole = id3.read_tag(BytesSource(version))
        assert whole.extended is not None and whole.extended.checked
        crc = to_synchsafe(zlib.crc32(version[whole.frames_start :]), 5)
        assert whole.extended.data[-5:] == crc
    holed = id3.merge(old, PROPERTIES, manifest=100)
    source = PatchedSource(BytesSource(old), Patch(holed.pieces))
    whole = id3.read_tag(source)
    assert whole.extended is not None and not whole.extended.checked


def test_texts_of_others_stay_and_ours_follow():
    theirs = frame(3, "TCOP", b"\x002001 Somebody")
    new, answer = merged(tag(3, theirs))
    assert said(new)["TCOP"] == "2001 Somebody"
    assert any("dc:rights" in warning for warning in answer.warnings)


def test_a_contrary_statement_is_refused_and_can_be_forced():
    data = tag(3, frame(3, "TXXX", b"\0tdm_reservation\x000"))
    with pytest.raises(RefusedError) as caught:
        id3.merge(data, PROPERTIES)
    assert caught.value.code == "contrary-statement"
    new, _ = merged(data, force=True)
    labels = [e.label for e in id3.parse(new, "ID3") if e.name == "tdm:reservation"]
    assert labels == ["TXXX:TDM-RESERVATION", "tdm:reservation"]


def test_of_two_frames_with_one_key_the_contrary_one_gives_way():
    two = (frame(3, "TXXX", b"\0TDM-RESERVATION\x001"), frame(3, "TXXX", b"\0TDM-RESERVATION\x000"))
    new, _ = merged(tag(3, *two), force=True)
    values = [e.value for e in id3.parse(new, "ID3") if e.label == "TXXX:TDM-RESERVATION"]
    assert values == ["1"]


def test_a_broken_packet_is_never_replaced():
    data = tag(3, frame(3, "PRIV", b"XMP\0<x:xmpmeta"))
    with pytest.raises(DamagedError):
        id3.parse(data, "ID3")
    with pytest.raises(RefusedError) as caught:
        id3.merge(data, PROPERTIES)
    assert caught.value.code == "damaged-carrier"


def test_compressed_frames_are_read_and_kept():
    content = b"\0TDM-RESERVATION\x001"
    squeezed = len(content).to_bytes(4, "big") + zlib.compress(content)
    data = tag(3, frame(3, "TXXX", squeezed, 0x80))
    assert said(data)["TXXX:TDM-RESERVATION"] == "1"
    new, _ = merged(data)
    assert squeezed in new


def test_an_encrypted_frame_stays_and_is_told():
    data = tag(4, frame(4, "TCOP", b"\1secret", 0x04))
    new, answer = merged(data)
    assert b"\1secret" in new
    assert any("TCOP" in warning for warning in answer.warnings)


def test_a_v22_frame_without_a_newer_form_is_refused():
    with pytest.raises(RefusedError) as caught:
        id3.merge(tag(2, frame(2, "CRM", b"x\0y\0z")), PROPERTIES, upgrade=True)
    assert caught.value.code == "no-upgrade"
    merged(tag(2, frame(2, "CRM", b"x\0y\0z")))


def test_a_container_with_a_place_for_xmp_gets_none_here():
    new, answer = merged(None, packet=False)
    assert b"PRIV" not in new
    assert answer.carriers == (Carrier.ID3,)


def test_nothing_to_say_makes_no_tag():
    assert id3.merge(None, ()).size == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ID3\3\0",
        b"ID3\x05\0\0\0\0\0\0",
        b"ID3\3\0\0\x80\0\0\0",
        tag(3, title(3))[:-1],
        tag(2, title(2), flags=0x40),
        tag(3, title(3), flags=0x40, extended=b"\0\0\xff\xff" + bytes(6)),
    ],
)
def test_what_is_no_whole_tag_is_damaged(data):
    with pytest.raises(DamagedError):
        id3.parse(data, "ID3")
    with pytest.raises(RefusedError):
        id3.merge(data, PROPERTIES)


@given(st.binary(max_size=300), st.sampled_from([2, 3, 4]), st.booleans())
def test_any_bytes_in_a_tag_are_survived(body, version, stuffed):
    data = b"ID3" + bytes((version, 0, 0x80 * stuffed)) + to_synchsafe(len(body)) + body
    new, _ = merged(data)
    assert merged(new)[1].unchanged(len(new))


BYTES = st.lists(st.sampled_from([0, 1, 0x41, 0xE0, 0xFF]), max_size=200).map(bytes)
THEIRS = st.tuples(st.sampled_from(["TIT2", "XABC", "GEOB", "MCDI", "RVA2", "APIC"]), BYTES)


@given(
    st.lists(THEIRS, max_size=6),
    st.sampled_from([3, 4]),
    st.booleans(),
    st.integers(0, 9000),
    st.none() | st.integers(0, 3000),
)
def test_whatever_others_put_into_frames_is_kept(frames, version, stuffed, padding, manifest):
    def stored(kind: str, content: bytes) -> bytes:
        if version == 4 and stuffed:
            content = unsynchronised(content)
        return frame(version, kind, content)

    def inside(data: bytes) -> list[tuple[str, bytes | None]]:
        whole = id3.read_tag(BytesSource(data))
        return [(f.id, whole.content(f)) for f in whole.frames[: len(frames)]]

    data = tag(version, *(stored(*item) for item in frames), flags=0x80 * stuffed, padding=padding)
    new, _ = merged(data, manifest=manifest)
    assert inside(data) == frames
    assert inside(new) == frames
    assert merged(new)[0] == new


def test_languages():
    assert three_letters("fr-CA") == "fra"
    assert three_letters("gsw") == "gsw"
    assert three_letters("x-klingon") == "XXX"
