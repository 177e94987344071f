from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from mediaoptout.containers.base import MANIFEST
from mediaoptout.containers.png import Png
from mediaoptout.containers.png_chunks import render
from mediaoptout.errors import LimitError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Carrier
from tests import witnesses
from tests.containers.harness import ContainerContract, content, wanted


class TestPng(ContainerContract):
    container = Png()
    sample_folders = ("png",)
    corpus_folders = ("png",)
    minimum = 5
    corpus_minimum = 8
    kind = "pictures"
    may_change = (
        *("XMP-plus:DataMining", "Xmp.plus.DataMining"),  # a weaker value gives way
        *("PNG:U-Key", "PNG:Z-K"),  # ExifTool names them otherwise the second time it sees them
    )

    new_warnings = ("found after APNG IDAT",)  # so that the animation is found by everybody

    def test_pngcheck_finds_nothing_new(self, path, written):
        before, after = witnesses.pngcheck(path), witnesses.pngcheck(written)
        if before is None or after is None:
            pytest.skip("no pngcheck here")
        assert after == before


PNG = Png()


@pytest.fixture
def plain(samples: Path) -> bytes:
    return (samples / "png/rgb.png").read_bytes()


def with_chunks(data: bytes, *chunks: bytes) -> bytes:
    """The picture with chunks behind its header."""
    return data[:33] + b"".join(chunks) + data[33:]


def written(data: bytes, **options) -> bytes:
    source = BytesSource(data)
    change = PNG.change(source, PNG.read(source), wanted(**options))
    return content(PatchedSource(source, change.patch))


PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    b' plus:DataMining="http://ns.useplus.org/ldf/vocab/%s"/></rdf:RDF></x:xmpmeta>'
)


def itxt(packet: bytes, *, compressed: bool = False) -> bytes:
    body = zlib.compress(packet) if compressed else packet
    flag = b"\1" if compressed else b"\0"
    return render(b"iTXt", b"XML:com.adobe.xmp\0" + flag + b"\0\0\0" + body)


def test_the_packet_stands_early_and_is_marked_read_only(plain):
    new = written(plain)
    assert new.index(b"XML:com.adobe.xmp") < new.index(b"IDAT")
    assert b'<?xpacket end="r"?>' in new


def test_an_animation_still_begins_with_its_first_picture(plain):
    animated = with_chunks(plain, render(b"acTL", bytes((0, 0, 0, 1, 0, 0, 0, 0))))
    data = written(animated)
    assert data.index(b"acTL") < data.index(b"IDAT") < data.index(b"XML:com.adobe.xmp")
    assert data.index(b"Copyright") < data.index(b"IDAT"), "a short text is found early as ever"


def test_a_compressed_packet_is_read_and_merged(plain):
    new = written(with_chunks(plain, itxt(PACKET % b"DMI-PROHIBITED", compressed=True)))
    assert new.count(b"XML:com.adobe.xmp") == 1
    assert b"DMI-PROHIBITED" in new
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


def test_a_second_packet_is_kept_and_not_weakened(plain):
    second = itxt(PACKET % b"DMI-PROHIBITED")
    new = written(with_chunks(plain, itxt(PACKET % b"DMI-UNSPECIFIED"), second))
    assert second in new
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


def test_a_contrary_second_packet_is_refused(plain):
    data = with_chunks(plain, itxt(PACKET % b"DMI-UNSPECIFIED"), itxt(PACKET % b"DMI-ALLOWED"))
    with pytest.raises(RefusedError) as caught:
        written(data)
    assert caught.value.code == "contrary-statement"
    assert written(data, force=True)


def test_a_broken_packet_is_never_replaced(plain):
    data = with_chunks(plain, itxt(b"<x:xmpmeta"))
    assert PNG.read(BytesSource(data)).blocks[0].error is not None
    with pytest.raises(RefusedError) as caught:
        written(data)
    assert caught.value.code == "damaged-carrier"


def test_a_compressed_bomb_is_damaged(plain):
    bomb = itxt(bytes(64 << 20), compressed=True)
    with pytest.raises(RefusedError) as caught:
        written(with_chunks(plain, bomb))
    assert caught.value.code == "damaged-carrier"


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
def test_the_notice_of_others_stays(plain, kind):
    body = {b"tEXt": b"\xa9 Anna", b"zTXt": b"\0" + zlib.compress(b"\xa9 Anna")}
    body[b"iTXt"] = bytes(2) + b"\0\0" + "© Anna".encode()
    chunk = render(kind, b"Copyright\0" + body[kind])
    data = with_chunks(plain, chunk)
    [block] = PNG.read(BytesSource(data)).blocks
    assert [(e.name, e.value) for e in block.entries] == [("dc:rights", "© Anna")]
    assert chunk in written(data)


def test_a_wrong_check_sum_of_others_is_kept_and_told(plain):
    chunk = bytearray(render(b"prVt", b"hello"))
    chunk[-1] ^= 1
    data = with_chunks(plain, bytes(chunk))
    assert "prVt" in PNG.read(BytesSource(data)).warnings[0]
    assert bytes(chunk) in written(data)


def test_what_follows_the_end_is_kept(plain):
    assert written(plain + b"trailer").endswith(b"IEND\xaeB`\x82trailer")


def test_a_cut_picture_is_readable_and_refused(plain):
    source = BytesSource(plain[:-20])
    layout = PNG.read(source)
    with pytest.raises(RefusedError) as caught:
        PNG.change(source, layout, wanted())
    assert caught.value.code == "truncated"


def test_the_manifest_stands_behind_exif(samples, corpus):
    data = (corpus / "png/rgb16_exif_xmp.png").read_bytes()
    source = BytesSource(data)
    change = PNG.change(source, PNG.read(source), wanted(manifest=100))
    new = content(
        PatchedSource(source, change.patch.fill(MANIFEST, PNG.frame_manifest(bytes(100))))
    )
    assert new.index(b"eXIf") < new.index(b"caBX") < new.index(b"IDAT")


TIFF = b"II*\0\x08\0\0\0\1\0\x98\x82\2\0\x07\0\0\0\x1a\0\0\0\0\0\0\0Author\0"


def test_an_exif_notice_is_read(plain):
    [block] = PNG.read(BytesSource(with_chunks(plain, render(b"eXIf", TIFF)))).blocks
    assert block.carrier is Carrier.EXIF
    assert [(e.name, e.value) for e in block.entries] == [("dc:rights", "Author")]


def raw_profile(kind: str, data: bytes) -> bytes:
    text = f"\n{kind}\n{len(data):8}\n{data.hex()}\n".encode()
    return render(b"zTXt", f"Raw profile type {kind}".encode() + b"\0\0" + zlib.compress(text))


def test_a_raw_profile_becomes_a_packet_of_the_standard_form(plain):
    packet = b"\xef\xbb\xbf" + PACKET % b"DMI-PROHIBITED"
    new = written(with_chunks(plain, raw_profile("xmp", packet)))
    assert b"Raw profile" not in new
    assert b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta" in new
    assert b'vocab/DMI-PROHIBITED"' in new


def test_a_raw_profile_beside_a_packet_is_kept(plain):
    profile = raw_profile("xmp", PACKET % b"DMI-PROHIBITED")
    new = written(with_chunks(plain, profile, itxt(PACKET % b"DMI-UNSPECIFIED")))
    assert profile in new
    assert new.count(b"XML:com.adobe.xmp") == 1
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


def test_raw_profiles_of_exif_and_iptc_are_read(plain):
    iptc = b"8BIM\x04\x04\0\0" + (15).to_bytes(4, "big") + b"\x1c\x02\x74\0\x0a\xa9 Somebody\0"
    data = with_chunks(plain, raw_profile("exif", b"Exif\0\0" + TIFF), raw_profile("iptc", iptc))
    found = [(e.carrier, e.value) for b in PNG.read(BytesSource(data)).blocks for e in b.entries]
    assert found == [(Carrier.EXIF, "Author"), (Carrier.IIM, "© Somebody")]


def test_a_raw_profile_that_is_no_hexadecimal_is_damaged_and_stays(plain):
    chunk = render(b"tEXt", b"Raw profile type exif\0\nexif\n 4\nzzzz")
    data = with_chunks(plain, chunk)
    assert PNG.read(BytesSource(data)).blocks[0].error is not None
    assert chunk in written(data)


def test_a_broken_notice_is_refused_rather_than_doubled(plain):
    with pytest.raises(RefusedError) as caught:
        written(with_chunks(plain, render(b"zTXt", b"Copyright\0\0no zlib")))
    assert caught.value.code == "damaged-carrier"


@pytest.mark.parametrize("chunk", [render(b"prVt", b""), render(b"tEXt", b"Comment\0x")])
def test_an_endless_row_of_chunks_is_refused(plain, chunk):
    with pytest.raises(LimitError):
        PNG.read(BytesSource(with_chunks(plain, chunk * 70_000)))
