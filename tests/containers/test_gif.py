from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.containers.base import MANIFEST
from mediaoptout.containers.gif import C2PA, MAGIC, XMP, Gif
from mediaoptout.containers.gif_blocks import application, joined, read_blocks, sub_blocks
from mediaoptout.containers.proof import prove
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from tests.containers.harness import ContainerContract, content, fake_store, wanted


class TestGif(ContainerContract):
    container = Gif()
    sample_folders = ("gif",)
    corpus_folders = ("gif",)
    minimum = 2
    corpus_minimum = 3
    kind = "pictures"
    may_change = ("GIF:GIFVersion", "XMP-plus:DataMining")
    new_warnings = ("Duplicate XMP at GIF-XMP",)  # a scrap that says nothing is kept beside ours

    def test_exiv2_misses_nothing(self, path, written):
        """exiv2 knows no metadata in a GIF."""


GIF = Gif()
LOOP = application(b"NETSCAPE2.0", b"\3\1\0\0\0")
CONTROL = bytes.fromhex("21f9040400000000")
IMAGE = bytes.fromhex("2c0000000001000100000202440100")
TRAILER = b"\x3b"
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    b' plus:DataMining="http://ns.useplus.org/ldf/vocab/%s"/></rdf:RDF></x:xmpmeta>'
)


def gif(*blocks: bytes, version: bytes = b"89a", tail: bytes = TRAILER) -> bytes:
    screen = bytes.fromhex("01000100800000") + bytes(6)
    return b"GIF" + version + screen + b"".join(blocks) + tail


def packet(value: bytes) -> bytes:
    return application(XMP, PACKET % value + MAGIC)


def comment(text: bytes) -> bytes:
    return b"\x21\xfe" + sub_blocks(text)


def written(data: bytes, **options) -> bytes:
    source = BytesSource(data)
    layout = GIF.read(source)
    change = GIF.change(source, layout, wanted(**options))
    patched = PatchedSource(source, change.patch)
    assert prove(layout, GIF.read(patched), change.patch).holds
    return content(patched)


def labels(data: bytes) -> list[str]:
    """What the blocks are, in order."""
    found = read_blocks(BytesSource(data))
    return [block.name.decode("latin-1").rstrip("\0") or block.kind.value for block in found.blocks]


def test_the_packet_stands_behind_the_loop_and_before_the_image():
    new = written(gif(LOOP, comment(b"hello"), CONTROL, IMAGE, CONTROL, IMAGE))
    names = ["NETSCAPE2.0", "XMP DataXMP", "comment", *["graphic control", "image"] * 2]
    assert labels(new) == names


def test_the_packet_is_raw_and_the_trailer_leads_every_reader_out():
    new = written(gif(IMAGE))
    at = new.index(XMP) + len(XMP)
    assert new[at : at + 10] == b"<?xpacket "
    end = new.index(MAGIC) + len(MAGIC)
    assert len(MAGIC) == 258
    for start in range(at, end):
        step = start
        while size := new[step]:
            step += 1 + size
        assert step + 1 in (end, end - 1) or step < end


def test_the_older_version_is_upgraded_and_told():
    data = gif(IMAGE, version=b"87a")
    source = BytesSource(data)
    change = GIF.change(source, GIF.read(source), wanted())
    assert any("GIF87a" in text for text in change.warnings)
    new = content(PatchedSource(source, change.patch))
    assert new.startswith(b"GIF89a")
    assert written(new) == new


def test_a_packet_of_others_is_merged_where_it_stands():
    new = written(gif(packet(b"DMI-PROHIBITED"), LOOP, IMAGE))
    assert labels(new) == ["XMP DataXMP", "NETSCAPE2.0", "image"]
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


def test_a_second_packet_is_kept_and_not_weakened():
    second = packet(b"DMI-PROHIBITED")
    new = written(gif(packet(b"DMI-UNSPECIFIED"), IMAGE, second))
    assert second in new
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


def test_a_packet_in_sub_blocks_is_read_and_gets_the_standard_form():
    new = written(gif(application(XMP, sub_blocks(PACKET % b"DMI-PROHIBITED")), IMAGE))
    assert labels(new) == ["XMP DataXMP", "image"]
    [block] = GIF.read(BytesSource(new)).blocks
    assert {e.name for e in block.entries} >= {"plus:DataMining", "dc:rights"}
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


@pytest.mark.parametrize("scrap", [b"?xp", b" " * 128])
def test_a_scrap_of_a_packet_is_kept(scrap):
    extension = application(XMP, sub_blocks(scrap))
    new = written(gif(extension, IMAGE))
    assert extension in new
    assert MAGIC in new


@pytest.mark.parametrize("data", [b"<rdf:RDF" + MAGIC, sub_blocks(b"<rdf:RDF")])
def test_a_broken_packet_is_never_replaced(data):
    with pytest.raises(RefusedError) as caught:
        written(gif(application(XMP, data), IMAGE))
    assert caught.value.code == "damaged-carrier"


def test_the_manifest_is_one_extension_before_the_image():
    store = fake_store(1000)
    source = BytesSource(gif(LOOP, IMAGE))
    layout = GIF.read(source)
    change = GIF.change(source, layout, wanted(manifest=1000))
    patch = change.patch.fill(MANIFEST, GIF.frame_manifest(store))
    new = content(PatchedSource(source, patch))
    assert labels(new) == ["NETSCAPE2.0", "XMP DataXMP", "C2PA_GIF\1", "image"]
    [(_, hole)] = change.patch.holes
    assert new[hole.start : hole.end] == application(C2PA, sub_blocks(store))


def test_a_manifest_behind_an_image_goes_where_readers_look():
    data = gif(IMAGE, application(C2PA, sub_blocks(b"old")))
    source = BytesSource(data)
    change = GIF.change(source, GIF.read(source), wanted(manifest=40))
    patch = change.patch.fill(MANIFEST, GIF.frame_manifest(bytes(40)))
    new = content(PatchedSource(source, patch))
    assert labels(new) == ["XMP DataXMP", "C2PA_GIF\1", "image"]


def test_what_follows_the_trailer_is_kept():
    assert written(gif(IMAGE, tail=b"\x3btail")).endswith(IMAGE + b"\x3btail")


@pytest.mark.parametrize("tail", [b"", b"\0\0\x3b", b"\x99junk\x3b", b"\x2c\0\0", b"\x21\xfe\xff"])
def test_an_end_that_is_broken_stays_as_it_is(tail):
    data = gif(LOOP, IMAGE, tail=tail)
    assert written(data).endswith(IMAGE + tail)


def test_without_an_image_it_is_refused():
    with pytest.raises(RefusedError) as caught:
        written(gif(LOOP))
    assert caught.value.code == "truncated"


@pytest.mark.parametrize("size", [6, 12, 15])
def test_a_cut_screen_is_damaged(size):
    with pytest.raises(DamagedError):
        GIF.read(BytesSource(gif(IMAGE)[:size]))


def test_an_endless_row_of_blocks_is_refused():
    with pytest.raises(LimitError):
        GIF.read(BytesSource(gif(CONTROL * 300_000, IMAGE)))
    with pytest.raises(LimitError):
        GIF.read(BytesSource(gif(packet(b"DMI-PROHIBITED") * 300, IMAGE)))


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_sub_blocks_are_joined_again(data):
    assert joined(sub_blocks(data)) == data


BLOCKS = st.one_of(
    st.just(LOOP),
    st.just(CONTROL + IMAGE),
    st.binary(max_size=600).map(comment),
    st.binary(max_size=300).map(lambda data: application(b"ICCRGBG1012", sub_blocks(data))),
    st.binary(max_size=300).map(lambda data: b"\x21\x42" + sub_blocks(data)),
)


@settings(deadline=None)
@given(st.lists(BLOCKS, max_size=8), st.sampled_from([b"87a", b"89a"]), st.binary(max_size=9))
def test_any_blocks_of_others_survive(blocks, version, tail):
    data = gif(*blocks, IMAGE, version=version, tail=TRAILER + tail)
    new = written(data)
    found = read_blocks(BytesSource(new))
    [ours] = [block for block in found.blocks if block.name == XMP]
    assert new[: ours.start] + new[ours.end :] == data[:3] + b"89a" + data[6:]
    assert written(new) == new


def test_samples_are_of_both_versions(samples: Path):
    versions = {path.read_bytes()[3:6] for path in (samples / "gif").glob("*.gif")}
    assert versions == {b"87a", b"89a"}
