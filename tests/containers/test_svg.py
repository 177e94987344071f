from __future__ import annotations

import gzip
import random
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.containers.base import MANIFEST
from mediaoptout.containers.proof import prove
from mediaoptout.containers.svg import Svg, Svgz
from mediaoptout.errors import DamagedError, LimitError, MediaoptoutError, RefusedError
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Carrier
from tests import witnesses
from tests.containers.harness import ContainerContract, content, fake_store, wanted


class _Documents(ContainerContract):
    sample_folders = ("svg",)
    corpus_folders = ("svg",)
    new_warnings = ("Improperly enclosed XMP property",)  # of any packet in an SVG
    mutations = 200

    def variants(self, data: bytes) -> Iterator[bytes]:
        """The file with any of its bytes overwritten: all of it is structure."""
        chance = random.Random(len(data))
        for _ in range(self.mutations if len(data) < 4096 else 20):
            variant = bytearray(data)
            for _ in range(chance.choice((1, 1, 3))):
                at = chance.randrange(len(data))
                value = chance.choice((b"<", b">", b"/", b"&", b"\0", b"\xff", b"<metadata/>"))
                variant[at : at + len(value)] = value
            yield bytes(variant)

    def test_others_decode_the_same(self, path, written):
        """ffmpeg draws no SVG; `test_the_rest_of_the_tree_is_the_same` compares instead."""

    def test_ffprobe_misses_no_tag(self, path, written):
        """ffprobe knows no SVG."""


class TestSvg(_Documents):
    container = Svg()
    minimum = 5
    corpus_minimum = 3
    may_change = ("XMP:Svg",)  # what ExifTool makes of a packet that begins too early

    def test_the_hole_for_a_manifest(self, path):
        if path.name != "utf-16.svg":  # nobody would look for it there
            super().test_the_hole_for_a_manifest(path)

    def test_exiftool_sees_it_and_misses_nothing(self, path, written):
        if path.name != "metadata_datamining.svg":  # it takes this one for a bare packet
            super().test_exiftool_sees_it_and_misses_nothing(path, written)

    def test_exiftool_validates_as_before(self, path, written):
        if path.name != "metadata_datamining.svg":
            super().test_exiftool_validates_as_before(path, written)

    def test_the_rest_of_the_tree_is_the_same(self, path, written):
        assert tree(written.read_bytes()) == tree(path.read_bytes())


class TestSvgz(_Documents):
    container = Svgz()
    minimum = 1

    def test_room_is_reused(self, path):
        """What is packed has no room."""

    def test_exiftool_sees_it_and_misses_nothing(self, path, written):
        """ExifTool does not look into gzip."""

    def test_the_rest_of_the_tree_is_the_same(self, path, written):
        new = gzip.decompress(written.read_bytes())
        assert tree(new) == tree(gzip.decompress(path.read_bytes()))

    def test_exiftool_sees_it_unpacked(self, written, tmp_path):
        target = tmp_path / "unpacked.svg"
        target.write_bytes(gzip.decompress(written.read_bytes()))
        tags = witnesses.exiftool(target)
        assert tags is None or any(name.endswith(":DataMining") for name in tags)


SVG, SVGZ = Svg(), Svgz()
ROOT = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
META = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    'syntax-ns#"><rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    ' plus:DataMining="http://ns.useplus.org/ldf/vocab/{}"/></rdf:RDF></x:xmpmeta>'
)
WORK = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:cc="http://creativecommons.org/ns#"><cc:Work rdf:about=""/></rdf:RDF>'
)


def tree(data: bytes) -> bytes:
    """The document without our packet and an empty ``metadata``, in canonical form."""
    from lxml import etree

    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, recover=True))
    svg = root.tag.rpartition("}")[0] + "}"
    for item in root.findall(f"{svg}metadata"):
        for packet in item.findall("{adobe:ns:meta/}xmpmeta"):
            packet.tail = (packet.tail or "").lstrip()
            _removed(item, packet)
        item.text = (item.text or "").strip()
        for child in item:
            child.tail = (child.tail or "").strip()
        if len(item) == 0 and not (item.text or "").strip():
            item.text = None
            if not item.attrib:
                _removed(root, item)
    if len(root) == 0 and not (root.text or "").strip():
        root.text = None
    return etree.tostring(root, method="c14n")


def _removed(parent, child) -> None:
    before = child.getprevious()
    if before is None:
        parent.text = (parent.text or "") + (child.tail or "")
    else:
        before.tail = (before.tail or "") + (child.tail or "")
    parent.remove(child)


def written(data: bytes | str, **options) -> bytes:
    source = BytesSource(data if isinstance(data, bytes) else data.encode())
    layout = SVG.read(source)
    patch = SVG.change(source, layout, wanted(**options)).patch
    if patch.holes:
        patch = patch.fill(MANIFEST, SVG.frame_manifest(fake_store(options["manifest"])))
    patched = PatchedSource(source, patch)
    assert prove(layout, SVG.read(patched), patch).holds
    return content(patched)


def shape(data: bytes) -> str:
    """The document with our packet as ``X``, and without its padding."""
    text = re.sub(r"\s*<x:xmpmeta.*?</x:xmpmeta>\s*", "X", data.decode(), flags=re.DOTALL)
    return text.replace(ROOT, "<svg")


def entries(data: bytes | str) -> dict[str, Any]:
    source = BytesSource(data if isinstance(data, bytes) else data.encode())
    return {e.name: e.value for block in SVG.read(source).blocks for e in block.entries}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/>", "><metadata>X</metadata></svg >"),
        ("></svg>", "><metadata>X</metadata></svg>"),
        ("  />\n", "  ><metadata>X</metadata></svg >\n"),
        ("><g/></svg>", "><metadata>X</metadata><g/></svg>"),
        ("><title>t</title>\n<g/></svg>", "><title>t</title><metadata>X</metadata>\n<g/></svg>"),
        ("><metadata/><g/></svg>", "><metadata>X</metadata ><g/></svg>"),
        ('><metadata id="a"/></svg>', '><metadata id="a">X</metadata ></svg>'),
        ("><g/><metadata><a/></metadata></svg>", "><g/><metadata><a/>X</metadata></svg>"),
        (">\n<!-- c --><metadata></metadata></svg>", ">\n<!-- c --><metadata>X</metadata></svg>"),
        ("><g><metadata/></g></svg>", "><metadata>X</metadata><g><metadata/></g></svg>"),
    ],
)
def test_where_the_packet_goes(before, after):
    assert shape(written(ROOT + before)) == "<svg" + after


def test_a_prefixed_root_gets_prefixed_metadata():
    new = written('<s:svg xmlns:s="http://www.w3.org/2000/svg"/>')
    assert b"<s:metadata>" in new
    assert new.endswith(b"</s:metadata></s:svg >")


def test_metadata_of_others_stay_as_they_are():
    data = f"{ROOT}><metadata>\n {WORK}\n </metadata><g/></svg>"
    new = written(data)
    assert f"<metadata>\n {WORK}\n <x:xmpmeta".encode() in new
    assert written(new) == new


def test_a_packet_that_is_there_is_merged():
    data = f"{ROOT}><metadata>{META.format('DMI-PROHIBITED')}</metadata></svg>"
    assert entries(data)["plus:DataMining"].endswith("DMI-PROHIBITED")
    new = written(data)
    assert new.count(b"xmpmeta>") == 1
    assert b"EXCEPTSEARCHENGINEINDEXING" not in new


def test_a_packet_whose_prefixes_are_declared_by_the_root():
    inner = META.format("DMI-PROHIBITED").replace(' xmlns:x="adobe:ns:meta/"', "")
    inner = inner.replace(' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"', "")
    declared = ' xmlns:x="adobe:ns:meta/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    new = written(f"{ROOT}{declared}><metadata>{inner}</metadata></svg>")
    assert new.count(b'xmlns:x="adobe:ns:meta/"') == 1
    assert entries(new)["tdm:reservation"] == "1"


def test_a_contrary_statement_in_rdf_of_others_is_refused():
    inner = META.format("DMI-ALLOWED").partition(">")[2].removesuffix("</x:xmpmeta>")
    data = f"{ROOT}><metadata>{inner}</metadata></svg>"
    assert entries(data)["plus:DataMining"].endswith("DMI-ALLOWED")
    with pytest.raises(RefusedError) as caught:
        written(data)
    assert caught.value.code == "contrary-statement"


def test_a_broken_packet_is_never_replaced():
    packet = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><un:bound/></x:xmpmeta>"
    data = f"{ROOT}><metadata>{packet}</metadata></svg>"
    with pytest.raises(RefusedError) as caught:
        written(data)
    assert caught.value.code == "damaged-carrier"


def test_the_packet_does_not_begin_where_exiftool_would_take_the_file_for_a_packet():
    new = written(f'<?xml version="1.0"?>{ROOT}/>')
    assert new.index(b"<x:xmpmeta") >= 256


@pytest.mark.parametrize(
    "codec", ["utf-16", "utf-16-le", "iso-8859-1", "windows-1252", "utf-8-sig"]
)
def test_every_encoding_stays_what_it_is(codec):
    name = codec.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{name}"?>{ROOT}><title>Été</title><g id="é"/></svg>'
    data = text.encode(codec)
    new = written(data)
    assert "<title>Été</title><metadata>" in new.decode(codec)
    assert entries(new)["dc:rights"].default.startswith("© 2026")
    assert written(new) == new


def test_what_latin_1_cannot_spell_becomes_a_reference():
    data = f'<?xml version="1.0" encoding="ISO-8859-1"?>{ROOT}/>'.encode()
    source = BytesSource(data)
    from mediaoptout.containers.base import Wanted
    from mediaoptout.vocabularies.properties import LangAlt, Property

    asked = Wanted(properties=(Property("dc:rights", LangAlt((("x-default", "© 一"),))),))
    new = content(PatchedSource(source, SVG.change(source, SVG.read(source), asked).patch))
    assert b"\xa9 &#19968;" in new
    assert entries(new)["dc:rights"].default == "© 一"


def test_the_manifest_is_base64_in_metadata():
    source = BytesSource(f"{ROOT}><g/></svg>".encode())
    made = SVG.change(source, SVG.read(source), wanted(manifest=1000))
    [(_, hole)] = made.patch.holes
    new = written(content(source), manifest=1000)
    assert new[: hole.start].endswith(b'<c2pa:manifest xmlns:c2pa="http://c2pa.org/manifest">')
    assert new[hole.end :].startswith(b"</c2pa:manifest></metadata>")
    assert new[hole.start : hole.end] == SVG.frame_manifest(fake_store(1000))


def test_an_undeclared_manifest_of_others_is_found_and_gives_way():
    old = "<c2pa:manifest>\n AAEC\n Aw==</c2pa:manifest>"
    data = f"{ROOT}><metadata>{old}</metadata></svg>".encode()
    source = BytesSource(data)
    layout = SVG.read(source)
    assert SVG.manifest_store(source, layout) == b"\0\1\2\3"
    assert written(data, manifest=300).count(b"c2pa:manifest>") == 2
    assert b"c2pa" not in written(data, drop_manifest=True)


def test_a_manifest_that_is_no_base64_is_damaged():
    data = f"{ROOT}><metadata><c2pa:manifest>A-</c2pa:manifest></metadata></svg>".encode()
    source = BytesSource(data)
    with pytest.raises(DamagedError):
        SVG.manifest_store(source, SVG.read(source))


@pytest.mark.parametrize(
    "data",
    [
        b'<s:svg xmlns:s="http://www.w3.org/2000/svg"/>',
        f"{ROOT}/>".encode("utf-16"),
    ],
)
def test_where_readers_look_for_no_manifest_none_is_written(data):
    source = BytesSource(data)
    made = SVG.change(source, SVG.read(source), wanted(manifest=300))
    assert made.carriers == (Carrier.XMP,)
    assert not made.patch.holes
    assert made.warnings


def test_entities_are_refused():
    data = f'<!DOCTYPE svg [<!ENTITY a "b">]>{ROOT}/>'
    source = BytesSource(data.encode())
    assert SVG.read(source).obstacle
    with pytest.raises(RefusedError) as caught:
        written(data)
    assert caught.value.code == "entities"


def test_a_document_type_is_no_matter():
    kind = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
    assert written(f"{kind}{ROOT}/>").startswith(kind.encode())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (f'<?xml version="1.0" encoding="no-such"?>{ROOT}/>'.encode(), "encoding"),
        (ROOT.encode() + b">" + bytes([0x20]) * (16 << 20) + b"</svg>", "too-large"),
    ],
)
def test_what_cannot_be_edited_is_refused(data, code):
    with pytest.raises(RefusedError) as caught:
        written(data)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "data",
    [f"{ROOT}>", f"{ROOT}><g></svg>", f"{ROOT} a='1' a='2'/>", '<html xmlns="x"/>', "<svg>\udcff"],
)
def test_broken_xml_is_damaged(data):
    with pytest.raises(DamagedError):
        SVG.read(BytesSource(data.encode("utf-8", "surrogateescape")))


def test_endless_documents_are_refused():
    with pytest.raises(LimitError):
        SVG.read(BytesSource(f"{ROOT}>{'<metadata/>' * 300}</svg>".encode()))
    with pytest.raises(LimitError):
        SVG.read(BytesSource(f"{ROOT}>{'<g>' * 5000}{'</g>' * 5000}</svg>".encode()))


@pytest.mark.parametrize("data", [b"<html><svg/></html>", b"svg", b"<!-- svg -->", b"", b"<<svg>"])
def test_what_has_another_root_is_not_claimed(data):
    assert not SVG.recognises(BytesSource(data), data[:64])
    packed = gzip.compress(data)
    assert not SVGZ.recognises(BytesSource(packed), packed[:64])


# --- SVGZ -----------------------------------------------------------------------------------


def packed(data: bytes, **options) -> bytes:
    source = BytesSource(data)
    layout = SVGZ.read(source)
    patch = SVGZ.change(source, layout, wanted(**options)).patch
    patched = PatchedSource(source, patch)
    assert prove(layout, SVGZ.read(patched), patch).holds
    return content(patched)


def test_the_gzip_header_and_what_follows_are_kept():
    raw = f"{ROOT}><g/></svg>".encode()
    body = zlib.compress(raw)[2:-4] + zlib.crc32(raw).to_bytes(4, "little")
    header = b"\x1f\x8b\x08\x1c\1\2\3\4\0\3" + b"\2\0xy" + b"drawing.svg\0" + b"comment\0"
    data = header + body + len(raw).to_bytes(4, "little") + b"\0\0trailer"
    new = packed(data)
    assert new.startswith(header)
    assert new.endswith(b"\0\0trailer")
    document = zlib.decompressobj(31).decompress(new)
    assert shape(document) == "<svg><metadata>X</metadata><g/></svg>"
    assert packed(new) == new


def test_another_picture_does_not_pass_the_proof():
    first, second = (gzip.compress(f"{ROOT}><{name}/></svg>".encode()) for name in "ab")
    before, after = SVGZ.read(BytesSource(first)), SVGZ.read(BytesSource(second))
    assert before.framing != after.framing


def test_a_bomb_is_refused():
    bomb = gzip.compress(f"{ROOT}>".encode() + bytes([0x20]) * (64 << 20) + b"</svg>")
    with pytest.raises(LimitError):
        SVGZ.read(BytesSource(bomb))


@pytest.mark.parametrize("cut", [5, 12, -1, -8, -9])
def test_cut_gzip_is_damaged(cut):
    data = gzip.compress(f"{ROOT}><g/></svg>".encode())[:cut]
    with pytest.raises(DamagedError):
        SVGZ.read(BytesSource(data))


def test_a_wrong_check_sum_is_damaged():
    data = bytearray(gzip.compress(f"{ROOT}><g/></svg>".encode()))
    data[-6] ^= 1
    with pytest.raises(DamagedError):
        SVGZ.read(BytesSource(bytes(data)))


INNER = st.sampled_from(
    [
        *("", " ", "\n\t", "text", "<!-- c -->", "<?pi x?>", "<g/>", "<title>t</title>", "<desc/>"),
        *(
            "<metadata/>",
            "<metadata> </metadata>",
            '<metadata id="m"/>',
            f"<metadata>{WORK}</metadata>",
        ),
        f"<metadata>\n{META.format('DMI-UNSPECIFIED')}\n</metadata>",
        f"<metadata><a/>{META.format('DMI-UNSPECIFIED')} <b/></metadata>",
        "<metadata><c2pa:manifest>AAAA</c2pa:manifest>\n</metadata>",
        "<metadata><?xpacket begin=''?><?xpacket end='w'?></metadata>",
        "<![CDATA[<metadata/>]]>",
        "<script>1 &lt; 2</script>",
    ]
)


@settings(deadline=None)
@given(
    st.lists(INNER, max_size=5).map("".join),
    st.sampled_from(["utf-8", "utf-16", "iso-8859-1"]),
    st.booleans(),
)
def test_any_document_keeps_what_is_not_ours(inner, codec, signed):
    text = f'<?xml version="1.0" encoding="{codec}"?>\n{ROOT}>{inner}</svg>\n<!-- end -->'
    data = text.encode(codec)
    try:
        new = written(data, **({"manifest": 300} if signed and codec != "utf-16" else {}))
    except MediaoptoutError as error:
        assert isinstance(error, RefusedError)
        return
    assert entries(new)["tdm:reservation"] == "1"
    assert written(new) == new
    if not signed:
        assert tree(new) == tree(data)
