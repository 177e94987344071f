"""Every form that RDF allows and that real programs write is read as the same values."""

from __future__ import annotations

import pytest

from mediaoptout.carriers import xmp
from mediaoptout.errors import DamagedError
from mediaoptout.vocabularies.properties import Bag, LangAlt, Structs, Value
from mediaoptout.words import Carrier
from tests.carriers.xmp_packets import HEADER, RDF_URI, TRAILER, VOCABULARY, bare, values, wrapped

PROHIBITED = VOCABULARY + "DMI-PROHIBITED"


def read(text: str, encoding: str = "utf-8") -> dict[str, Value]:
    return values(xmp.parse(text.encode(encoding), "here"))


@pytest.mark.parametrize(
    "text",
    [
        wrapped(f"<plus:DataMining>{PROHIBITED}</plus:DataMining>"),
        wrapped("", f' plus:DataMining="{PROHIBITED}"'),
        wrapped("", f" plus:DataMining='{PROHIBITED}'"),
        wrapped(f'<plus:DataMining rdf:resource="{PROHIBITED}"/>'),
        wrapped(f"<plus:DataMining><![CDATA[{PROHIBITED}]]></plus:DataMining>"),
        wrapped(f"<plus:DataMining><!-- x -->{PROHIBITED}</plus:DataMining>"),
        wrapped(f'<plus:DataMining xml:lang="en">{PROHIBITED}</plus:DataMining>'),
        wrapped(
            f'<plus:DataMining rdf:parseType="Resource"><q:by>x</q:by>'
            f"<rdf:value>{PROHIBITED}</rdf:value></plus:DataMining>"
        ),
        wrapped(
            f"<plus:DataMining><rdf:Description><rdf:value>{PROHIBITED}</rdf:value><q:by>x</q:by>"
            "</rdf:Description></plus:DataMining>"
        ),
        wrapped(f'<plus:DataMining rdf:value="{PROHIBITED}" q:by="x"/>'),
        wrapped(
            f'<p:DataMining xmlns:p="http://ns.useplus.org/ldf/xmp/1.0/">{PROHIBITED}</p:DataMining>'
        ),
        wrapped(
            f'<DataMining xmlns="https://ns.useplus.org/ldf/xmp/1.0/">{PROHIBITED}</DataMining>'
        ),
        bare("", f' plus:DataMining="{PROHIBITED}"'),
        "\n \t" + bare("", f' plus:DataMining="{PROHIBITED}"') + "\n\0\0",
        '<?xml version="1.0" encoding="UTF-8"?>\n' + bare("", f' plus:DataMining="{PROHIBITED}"'),
        HEADER + '\n<?xml version="1.0"?>' + bare("", f' plus:DataMining="{PROHIBITED}"') + TRAILER,
        wrapped("", f' plus:DataMining="{PROHIBITED}"').replace("xmpmeta", "xapmeta"),
        wrapped("", f' plus:DataMining="{PROHIBITED}"').replace('"w"', "'r'") + " \0\n",
        wrapped("", f' plus:DataMining="{PROHIBITED}"')
        .replace("rdf:", "r_.1:")
        .replace(":rdf", ":r_.1"),
        wrapped("", f' plus:DataMining="{PROHIBITED}"').replace(
            'rdf:about=""', "rdf:about='uuid:1'"
        ),
        wrapped("", f' plus:DataMining="{PROHIBITED}"').replace("<x:", "<?keep me?><!-- --><x:", 1),
        wrapped("") + "\n" + wrapped("", f' plus:DataMining="{PROHIBITED}"'),
    ],
)
def test_one_property_in_every_form(text: str):
    assert read(text) == {"plus:DataMining": PROHIBITED}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff", " \n"])
def test_every_encoding(encoding: str, mark: str):
    text = mark + wrapped("<dc:title>é \U0001f3b5</dc:title>")
    assert read(text, encoding) == {"dc:title": "é \U0001f3b5"}
    assert read(mark + bare("<dc:title>é</dc:title>"), encoding) == {"dc:title": "é"}


def test_half_a_character_at_the_end_is_no_matter():
    data = wrapped("<dc:title>a</dc:title>").encode("utf-16-le") + b"\0"
    assert values(xmp.parse(data, "here")) == {"dc:title": "a"}


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        ("<rdf:Bag><rdf:li>a</rdf:li><rdf:li>b</rdf:li></rdf:Bag>", Bag(("a", "b"))),
        ("<rdf:Seq><rdf:li>b</rdf:li><rdf:li rdf:resource='u:a'/></rdf:Seq>", Bag(("b", "u:a"))),
        ("<rdf:Seq/>", Bag(())),
        ("<rdf:Alt/>", Bag(())),
        (
            "<rdf:Alt><rdf:li xml:lang='x-default'>a</rdf:li>"
            "<rdf:li xml:lang='fr'>b</rdf:li></rdf:Alt>",
            LangAlt((("x-default", "a"), ("fr", "b"))),
        ),
        ("<rdf:Alt><rdf:li>a</rdf:li></rdf:Alt>", LangAlt((("x-default", "a"),))),
        (
            "<rdf:Alt><rdf:li rdf:parseType='Resource'><rdf:value xml:lang='fr'>a</rdf:value>"
            "<q:by>x</q:by></rdf:li></rdf:Alt>",
            LangAlt((("fr", "a"),)),
        ),
        (
            "<rdf:Seq><rdf:li rdf:parseType='Resource'><q:a>1</q:a><q:b><rdf:Bag><rdf:li>2</rdf:li>"
            "<rdf:li>3</rdf:li></rdf:Bag></q:b></rdf:li><rdf:li q:a='4'/><rdf:li><rdf:Description"
            " q:a='5'><q:b>6</q:b></rdf:Description></rdf:li><rdf:li>7</rdf:li></rdf:Seq>",
            Structs(
                (
                    (("{http://q.example.org/}a", "1"), ("{http://q.example.org/}b", "2; 3")),
                    (("{http://q.example.org/}a", "4"),),
                    (("{http://q.example.org/}a", "5"), ("{http://q.example.org/}b", "6")),
                    (("rdf:value", "7"),),
                )
            ),
        ),
    ],
)
def test_arrays_and_structures(inner: str, value: Value):
    assert read(wrapped(f"<dc:subject>{inner}</dc:subject>")) == {"dc:subject": value}


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        (
            "<dc:x rdf:parseType='Resource'><tdm:policy>u</tdm:policy></dc:x>",
            (("tdm:policy", "u"),),
        ),
        ("<dc:x tdm:policy='u'/>", (("tdm:policy", "u"),)),
        ("<dc:x><rdf:Description tdm:policy='u'/></dc:x>", (("tdm:policy", "u"),)),
    ],
)
def test_a_property_inside_a_structure_is_not_the_works_own(inner: str, value: tuple):
    assert read(wrapped(inner)) == {"dc:x": Structs((value,))}


def test_both_tdmrep_namespaces_are_read():
    text = wrapped("<h:reservation>1</h:reservation>", ' xmlns:h="http://www.w3.org/ns/tdmrep#"')
    assert read(text) == {"tdm:reservation": "1"}


def test_duplicates_are_all_told():
    text = wrapped("<tdm:reservation>1</tdm:reservation>", ' tdm:reservation="0"')
    assert [entry.value for entry in xmp.parse(text.encode(), "here")] == ["0", "1"]


def test_several_descriptions_are_read_in_order():
    second = '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:b="2"/></rdf:RDF>'
    text = wrapped("", ' dc:a="1"').replace("</rdf:RDF>", second)
    assert read(text) == {"dc:a": "1", "dc:b": "2"}


@pytest.mark.parametrize("where", ["in the description", "beside the description"])
def test_rsl_is_given_as_xml_that_stands_alone(where: str):
    rsl = '<rsl:rsl><rsl:content url="https://a.example/"><rsl:copyright/></rsl:content></rsl:rsl>'
    inside = where == "in the description"
    text = wrapped(rsl if inside else "")
    if not inside:
        text = text.replace("</rdf:RDF>", rsl + "</rdf:RDF>")
    text = text.replace("<rdf:RDF", '<rdf:RDF xmlns:rsl="https://rslstandard.org/rsl"')
    declared = rsl.replace("<rsl:rsl", '<rsl:rsl xmlns:rsl="https://rslstandard.org/rsl"', 1)
    assert read(text) == {"rsl:rsl": declared}


def test_an_xml_literal_is_given_as_it_is_written():
    literal = '<dc:x rdf:parseType="Literal">a<b>&amp;</b></dc:x>'
    value = read(wrapped(literal))["dc:x"]
    assert isinstance(value, str)
    assert value.startswith("<dc:x xmlns:dc=") and value.endswith(">a<b>&amp;</b></dc:x>")


def test_white_space_and_line_breaks_in_values_are_kept():
    text = wrapped("<dc:b> a\n b </dc:b>", ' dc:a="1&#xA;2&#x9; 3"')
    assert read(text) == {"dc:a": "1\n2\t 3", "dc:b": " a\n b "}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\0\0",
        "\ufeff",
        HEADER + "\n" + TRAILER,
        HEADER + "<!-- nothing -->" + TRAILER,
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>',
        f'<rdf:RDF xmlns:rdf="{RDF_URI}"/>',
        wrapped(""),
    ],
)
def test_an_empty_packet_says_nothing(text: str):
    assert read(text) == {}


def test_entries_tell_where_they_stand():
    (entry,) = xmp.parse(bare("", ' dc:a="1"').encode(), "RIFF/_PMX", Carrier.SIDECAR_XMP)
    assert (entry.carrier, entry.location) == (Carrier.SIDECAR_XMP, "RIFF/_PMX")
    assert entry.label == entry.name == "dc:a"


GOOD = wrapped("<dc:a>b</dc:a>").encode()
MEBIBYTE = 1 << 20


@pytest.mark.parametrize(
    "data",
    [
        GOOD[:-40],
        GOOD.replace(b"</dc:a>", b"</dc:b>"),
        GOOD.replace(b"dc:a", b"unbound:a"),
        GOOD.replace(b">b<", b">\xff\xfe<"),
        GOOD.replace(b">b<", b">a\0b<"),
        GOOD.replace(b">b<", b">\x01<"),
        GOOD.replace(b">b<", b">&undefined;<"),
        GOOD.replace(b">b<", b">\xed\xa0\x80<"),
        b'<!DOCTYPE r [<!ENTITY a "b">]>' + bare("<dc:a>&a;</dc:a>").encode(),
        b'<!DOCTYPE r SYSTEM "file:///etc/passwd">' + bare("").encode(),
        b"text",
        b"text" + bare("").encode(),
        bare("").encode() + b"text",
        b"<html/>",
        b"</r><r>",
        wrapped("<dc:a>b</dc:a>").encode("utf-16-le")[:-60] + b"\x00\xd8" * 30,
        GOOD + b" " * (16 * MEBIBYTE),
        wrapped("<dc:a>" * 200 + "</dc:a>" * 200).encode(),
        wrapped("<dc:a/>" * 250_000).encode(),
        wrapped("", "".join(f' dc:a{number}=""' for number in range(201_000))).encode(),
        wrapped("", "".join(f' dc:a{number}=""' for number in range(401_000))).encode(),
        wrapped("", f' xmlns:long="http://{"u" * 300}"').encode(),
    ],
)
def test_what_is_no_xmp_is_damaged(data: bytes):
    with pytest.raises(DamagedError) as caught:
        xmp.parse(data, "here")
    assert caught.value.code == "damaged-carrier"
    assert caught.value.fix
    with pytest.raises(DamagedError):
        xmp.merge(data, ())


@pytest.mark.parametrize(
    "data",
    [
        b" " * (16 * MEBIBYTE),
        wrapped("", "".join(f' dc:a{number}=""' for number in range(100_000))).encode(),
        wrapped("<dc:a>" + "a<!-- -->" * 1_000_000 + "</dc:a>").encode(),
        wrapped(TRAILER * 300_000).encode(),
        wrapped(" " * (15 * MEBIBYTE)).encode(),
        wrapped("<n:b><n:c/></n:b>" * 60_000, f' xmlns:n="http://{"u" * 240}"').encode(),
    ],
    ids=["white space", "attributes", "comments", "trailers", "inner space", "pieces of XML"],
)
def test_large_input_is_read_in_linear_time(data: bytes):
    assert len(xmp.parse(data, "here")) <= 100_000
