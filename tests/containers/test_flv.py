from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import amf
from mediaoptout.containers.base import Change
from mediaoptout.containers.flv import Flv
from mediaoptout.containers.flv_tags import AUDIO, SCRIPT, VIDEO, leading, tag
from mediaoptout.containers.proof import prove
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Carrier
from tests import witnesses
from tests.containers.harness import ContainerContract, content, wanted

FLV = Flv()


class TestFlv(ContainerContract):
    container = FLV
    sample_folders = ("flv",)
    corpus_folders = ("flv",)
    minimum = 3
    corpus_minimum = 1
    may_change = (  # they follow what has moved
        "Flash:FileSizeBytes",
        "Flash:KeyFramePositions",
        "Flash:Lastkeyframelocation",
        "format:lastkeyframelocation",
    )

    def test_others_decode_the_same(self, path, written):
        """ffmpeg shows the packet as a stream of its own, and numbers the others after it."""
        if not shutil.which("ffprobe"):
            pytest.skip("no ffprobe here")
        for kind in ("a", "v"):
            assert packets(written, kind) == packets(path, kind)

    def test_ffprobe_misses_no_tag(self, path, written):
        before, after = witnesses.ffprobe_tags(path), witnesses.ffprobe_tags(written)
        if before is None or after is None:
            pytest.skip("no ffprobe here")
        of_file = {key: value for key, value in before.items() if key.startswith("format:")}
        gone = [key for key, value in of_file.items() if after.get(key) != value]
        assert [key for key in gone if not self.excused(key)] == []

    def test_mediainfo_finds_the_same_streams(self, path, written):
        before, after = witnesses.mediainfo(path), witnesses.mediainfo(written)
        if before is None or after is None:
            pytest.skip("no MediaInfo here")
        assert streams(after) == streams(before)

    def test_key_frames_stand_where_the_index_says(self, path, written):
        old, new = positions(path), positions(written)
        assert len(new) == len(old)
        before, after = path.read_bytes(), written.read_bytes()
        assert [after[at : at + 16] for at in new] == [before[at : at + 16] for at in old]


def packets(path: Path, kind: str) -> str:
    entries = "packet=pts,dts,duration,size,flags,data_hash"
    show = ["-show_packets", "-show_entries", entries, "-show_data_hash", "md5", "-of", "compact"]
    command = ["ffprobe", "-v", "error", "-select_streams", kind, *show, str(path)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def streams(report: witnesses.Tags) -> list[tuple[object, ...]]:
    tracks = [item for item in report["media"]["track"] if item["@type"] in ("Video", "Audio")]
    names = ("@type", "Format", "Duration", "Width", "Height", "SamplingRate")
    return [tuple(track.get(name) for name in names) for track in tracks]


def positions(path: Path) -> list[int]:
    """Where ExifTool reads that the key frames stand."""
    tags = witnesses.exiftool(path) or {}
    found = [value for key, value in tags.items() if key.endswith("KeyFramePositions")]
    return list(found[0]) if found and isinstance(found[0], list) else [int(at) for at in found]


# --- built files ---------------------------------------------------------------------------


def number(value: float) -> bytes:
    return b"\0" + struct.pack(">d", value)


def named(key: str, value: bytes) -> bytes:
    return struct.pack(">H", len(key)) + key.encode() + value


def text(value: bytes) -> bytes:
    return struct.pack(">BH", amf.STRING, len(value)) + value


def array(*items: bytes) -> bytes:
    return struct.pack(">BI", amf.ECMA_ARRAY, len(items)) + b"".join(items) + b"\0\0\x09"


def row(*items: bytes) -> bytes:
    return struct.pack(">BI", amf.STRICT_ARRAY, len(items)) + b"".join(items)


def meta(*items: bytes) -> bytes:
    return tag(SCRIPT, text(b"onMetaData") + array(*items))


def keyframes(*places: float) -> bytes:
    inner = named("filepositions", row(*map(number, places))) + named("times", row(number(0)))
    return named("keyframes", bytes([amf.OBJECT]) + inner + b"\0\0\x09")


def packet(value: bytes, padding: int = 0) -> bytes:
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf'
        b'-syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0'
        b'/" plus:DataMining="http://ns.useplus.org/ldf/vocab/%s"/></rdf:RDF></x:xmpmeta>' % value
    ) + b" " * padding


def script(value: bytes) -> bytes:
    return tag(SCRIPT, amf.script("onXMPData", "liveXML", value))


def late(kind: int, data: bytes, time: int = 40) -> bytes:
    return tag(kind, data)[:4] + time.to_bytes(3, "big") + tag(kind, data)[7:]


HEAD = b"FLV\x01\x05\0\0\0\x09\0\0\0\0"
PICTURE = tag(VIDEO, b"\x12picture")
SOUND = tag(AUDIO, b"\x2fsound")
REST = late(VIDEO, b"\x22more") + late(AUDIO, b"\x2fmore")


def flv(*tags: bytes) -> bytes:
    return HEAD + b"".join(tags)


def plan(data: bytes, **options) -> tuple[Change, bytes]:
    source = BytesSource(data)
    layout = FLV.read(source)
    change = FLV.change(source, layout, wanted(**options))
    patched = PatchedSource(source, change.patch)
    proof = prove(layout, FLV.read(patched), change.patch)
    assert proof.holds, proof.reasons
    again = FLV.change(patched, FLV.read(patched), wanted(**options))
    assert again.patch.changes_nothing(patched.size)
    return change, content(patched)


def names(data: bytes) -> list[str]:
    """What the tags are; their back pointers must lead back."""
    found: list[str] = []
    at = len(HEAD)
    while at < len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        end = at + 11 + size
        assert int.from_bytes(data[end : end + 4], "big") == 11 + size
        kind = data[at]
        name = data[at + 14 : at + 14 + data[at + 13]].decode() if kind == SCRIPT else ""
        found.append(name or {AUDIO: "audio", VIDEO: "video"}[kind])
        at = end + 4
    return found


def numbers(data: bytes, key: str) -> list[float]:
    """The numbers under a key of the first script tag."""
    tags, _ = leading(BytesSource(data), len(HEAD))
    body = data[slice(*tags[0].content)]
    return [
        struct.unpack(">d", body[slice(*value.span)])[0]
        for value in amf.walk(body)
        if key in value.path and value.marker == amf.NUMBER
    ]


def test_the_packet_stands_behind_the_metadata_and_before_all_else():
    cue = tag(SCRIPT, text(b"onCuePoint") + array())
    _, new = plan(flv(meta(), cue, PICTURE, SOUND, REST))
    assert names(new) == ["onMetaData", "onXMPData", "onCuePoint", *["video", "audio"] * 2]


@pytest.mark.parametrize("tags", [(), (PICTURE, meta())])
def test_without_metadata_before_the_pictures_the_packet_comes_first(tags):
    _, new = plan(flv(*tags, SOUND, REST))
    assert names(new)[0] == "onXMPData"


def test_positions_and_sizes_follow():
    head = flv(meta(keyframes(0, 0), named("filesize", number(9)), named("datasize", number(7))))
    first, second = len(head), len(head + PICTURE + SOUND)
    index = (keyframes(first, second), named("filesize", number(first + 99)))
    data = flv(meta(*index, named("datasize", number(7))), PICTURE, SOUND, REST)
    assert data[first] == data[second] == VIDEO
    _, new = plan(data)
    grown = len(new) - len(data)
    assert numbers(new, "filepositions") == [first + grown, second + grown]
    assert numbers(new, "filesize") == [first + 99 + grown]
    assert numbers(new, "datasize") == [7]
    assert new[first + grown] == new[second + grown] == VIDEO


def test_positions_that_mean_nothing_stay():
    data = flv(meta(keyframes(0, 5, 0.5, float("nan"), float("inf"), -3)), PICTURE, REST)
    _, new = plan(data)
    assert meta(keyframes(0, 5, 0.5, float("nan"), float("inf"), -3)) in new


def test_positions_into_a_packet_that_somebody_put_in_stay():
    old = script(packet(b"DMI-UNSPECIFIED"))
    place = len(flv(meta(keyframes(0)))) + 40
    data = flv(meta(keyframes(place)), old, PICTURE, REST)
    _, new = plan(data)
    assert numbers(new, "filepositions") == [place]


def test_a_packet_is_merged_within_its_room():
    data = flv(meta(keyframes(0)), script(packet(b"DMI-PROHIBITED", 9000)), PICTURE, REST)
    change, new = plan(data)
    assert change.patch.moves_nothing
    assert len(new) == len(data)
    assert names(new) == names(data)
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


def test_a_packet_that_outgrows_a_short_text_becomes_a_long_one():
    old = packet(b"DMI-PROHIBITED").replace(b"<rdf:RDF", b"<!--" + b"x" * 65_000 + b"--><rdf:RDF")
    assert len(old) <= amf.MAX_SHORT
    data = flv(meta(), script(old), PICTURE, REST)
    _, new = plan(data)
    assert names(new) == names(data)
    [block] = FLV.read(BytesSource(new)).blocks
    assert not block.error
    at = new.index(b"liveXML") + 7
    assert new[at] == amf.LONG_STRING


def test_of_two_packets_the_first_is_written_and_the_second_not_weakened():
    second = script(packet(b"DMI-PROHIBITED"))
    _, new = plan(flv(script(packet(b"DMI-UNSPECIFIED")), second, PICTURE, REST))
    assert second in new
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


def test_a_packet_that_cannot_be_parsed_is_not_replaced():
    with pytest.raises(RefusedError) as caught:
        plan(flv(meta(), script(b"<broken"), PICTURE, REST))
    assert caught.value.code == "damaged-carrier"


def test_an_index_that_cannot_be_read_is_not_moved():
    whole = meta(keyframes(1000, 2000))
    cut = whole[11:-4].replace(number(2000), b"\x99" * 9)
    with pytest.raises(RefusedError) as caught:
        plan(flv(tag(SCRIPT, cut), PICTURE, REST))
    assert caught.value.code == "damaged"
    odd = tag(SCRIPT, text(b"onMetaData") + array(named("odd", b"\x99")))
    _, new = plan(flv(odd, PICTURE, REST))
    assert odd in new


def test_a_last_tag_that_is_cut_is_kept():
    data = flv(meta(), PICTURE, REST)[:-6]
    _, new = plan(data)
    assert new.endswith(data[-20:])


def test_encrypted_tags_are_left_alone():
    secret = bytearray(script(b"secret"))
    secret[0] |= 0x20
    _, new = plan(flv(meta(), bytes(secret), PICTURE, REST))
    assert bytes(secret) in new


def test_there_is_a_limit_to_the_metadata():
    with pytest.raises(LimitError):
        FLV.read(BytesSource(flv(*[meta()] * 5, PICTURE, REST)))


def test_many_values_that_mean_nothing_cost_little():
    body = text(b"onMetaData") + array(named("odd", struct.pack(">BI", 10, 1 << 30) + bytes([5])))
    nulls = tag(SCRIPT, body[:-4] + b"\x05" * 400_000)
    layout = FLV.read(BytesSource(flv(nulls, PICTURE, REST)))
    assert layout.links.references == () and layout.obstacle is None


@pytest.mark.parametrize("data", [HEAD, flv(meta()), HEAD + bytes(99)])
def test_a_file_without_pictures_and_sounds_is_refused(data):
    with pytest.raises(RefusedError) as caught:
        plan(data)
    assert caught.value.code == "truncated"


def test_a_longer_header_is_walked_over():
    data = b"FLV\x01\x05\0\0\0\x0cabc\0\0\0\0" + PICTURE + REST
    change, new = plan(data)
    assert new.startswith(data[:16])
    assert change.carriers == (Carrier.XMP,)


def test_a_header_that_ends_too_early_is_damage():
    data = b"FLV\x01\x05\0\0\0\x04" + PICTURE + REST
    assert not FLV.recognises(BytesSource(data), data[:64])
    with pytest.raises(DamagedError):
        FLV.read(BytesSource(data))


def test_a_stream_that_begins_later_is_written():
    _, new = plan(flv(REST))
    assert names(new) == ["onXMPData", "video", "audio"]


def test_a_header_that_ends_nowhere_is_no_flv():
    assert not FLV.recognises(
        BytesSource(b"FLV\x01\x05" + b"\xff" * 8), b"FLV\x01\x05" + b"\xff" * 8
    )


# --- AMF -----------------------------------------------------------------------------------

NAME = st.text("abc", min_size=1, max_size=4)
VALUE = st.recursive(
    st.one_of(
        st.floats(allow_nan=False).map(number),
        st.booleans().map(lambda value: bytes([1, value])),
        st.binary(max_size=9).map(text),
        st.just(b"\x05"),
        st.just(b"\x0b" + bytes(10)),
        st.binary(max_size=9).map(
            lambda data: struct.pack(">BI", amf.LONG_STRING, len(data)) + data
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: row(*items)),
        st.lists(st.builds(named, NAME, inner), max_size=4).map(lambda items: array(*items)),
        st.lists(st.builds(named, NAME, inner), max_size=4).map(
            lambda items: b"\x03" + b"".join(items) + b"\0\0\x09"
        ),
        st.lists(st.builds(named, NAME, inner), max_size=4).map(
            lambda items: b"\x10\0\x01C" + b"".join(items) + b"\0\0\x09"
        ),
    ),
    max_leaves=20,
)


@given(st.lists(VALUE, max_size=4), st.binary(min_size=1, max_size=9))
def test_the_walk_comes_out_behind_every_value(values, last):
    data = b"".join(values) + text(last)
    found = list(amf.walk(data))
    assert found[-1].path == (len(values),)
    assert data[slice(*found[-1].span)] == last
    spans = [value.span for value in found]
    assert spans == sorted(spans)


@given(st.binary(max_size=300))
def test_noise_is_no_amf_or_is_walked_to_its_end(noise):
    try:
        assert all(value.span.end <= len(noise) for value in amf.walk(noise))
    except (DamagedError, LimitError) as error:
        assert error.message


def test_depth_is_limited():
    with pytest.raises(LimitError):
        list(amf.walk(struct.pack(">BI", amf.STRICT_ARRAY, 1) * 100))


@given(
    st.lists(st.sampled_from([PICTURE, SOUND, tag(SCRIPT, text(b"onOwn") + array())]), max_size=5),
    st.lists(st.integers(0, 400), max_size=5),
    st.booleans(),
)
def test_any_file_is_written_and_restored(tags, places, first):
    index = meta(keyframes(*places), named("filesize", number(500)))
    data = flv(*((index, *tags) if first else (*tags, index)), REST)
    change, new = plan(data)
    inverse = change.patch.inverse(BytesSource(data))
    assert content(PatchedSource(BytesSource(new), inverse)) == data
    assert names(new).count("onXMPData") == 1
