"""A merge says what is wanted, and changes nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import xmp
from mediaoptout.carriers.xmp.names import PREFIXES
from mediaoptout.errors import RefusedError
from mediaoptout.reservation.texts import heads
from mediaoptout.splice.patch import Copy
from mediaoptout.vocabularies.properties import REPLACED, Bag, LangAlt, Property, Structs, Value
from tests.carriers.xmp_packets import (
    HEADER,
    MINING,
    RDF_URI,
    RESERVED,
    STRIPPED,
    TRAILER,
    VOCABULARY,
    WANTED,
    applied,
    bare,
    said,
    values,
    wrapped,
)

NAMES = {item.name for item in WANTED}


def merged(text: str | bytes, *wanted: Property, **options: bool | int) -> str:
    """The packet after a merge; a second one must change nothing."""
    old = text if isinstance(text, bytes) else text.encode()
    new = applied(xmp.merge(old, wanted, **options), old)  # type: ignore[arg-type]
    assert xmp.merge(new, wanted, **options).unchanged(len(new))  # type: ignore[arg-type]
    return new.decode()


def test_a_new_packet_says_everything():
    answer = xmp.merge(None, WANTED)
    assert answer.said == NAMES
    packet = applied(answer, b"")
    assert values(xmp.parse(packet, "here")) == said(WANTED)
    assert xmp.merge(packet, WANTED).unchanged(len(packet))
    assert packet.startswith(HEADER.encode()) and packet.endswith(TRAILER.encode())
    assert len(re.findall(rb"(?: {99}\n)", packet)) >= 19


def test_a_new_packet_is_marked_read_only_where_that_is_asked_for():
    packet = applied(xmp.merge(None, WANTED, read_only=True, padding=0), b"")
    assert packet.endswith(b'</x:xmpmeta>\n<?xpacket end="r"?>')


def test_nothing_wanted_changes_nothing():
    assert xmp.merge(None, ()).size == 0
    assert xmp.merge(b" \n", ()).unchanged(2)
    data = wrapped("").encode()
    assert xmp.merge(data, ()).unchanged(len(data))


def test_a_name_of_another_world_is_passed_over():
    assert xmp.merge(None, (Property("unknown:name", "x"),)).said == frozenset()


OLD = [
    wrapped(""),
    wrapped("\n  "),
    wrapped("<dc:title>t</dc:title>"),
    wrapped("\n  <dc:title>t</dc:title>\n "),
    wrapped("<!-- only a comment -->"),
    wrapped("").replace("></rdf:Description>", "/>"),
    wrapped("").replace("></rdf:Description>", "\n />"),
    bare(""),
    bare("", ' dc:title="t"') + "\0\0\n",
    f'<rdf:RDF xmlns:rdf="{RDF_URI}"/>',
    f'<rdf:RDF xmlns:rdf="{RDF_URI}">\n</rdf:RDF>',
    f'<RDF xmlns="{RDF_URI}"/>',
    f'<RDF xmlns="{RDF_URI}"><Description/></RDF>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>',
    '<x:xapmeta xmlns:x="adobe:ns:meta/">\n <!-- --></x:xapmeta>',
    HEADER + TRAILER,
    wrapped("").replace("rdf:", "r:").replace(":rdf", ":r"),
    wrapped("").replace("xmlns:plus=", "xmlns:tdm2=").replace("xmlns:tdm=", "xmlns:plus="),
    wrapped("", ' xmlns:xmpRights="http://other.example.org/"'),
    wrapped("") + wrapped(""),
    wrapped("").replace("<rdf:Desc", '<rdf:Description rdf:nodeID="a"/><rdf:Desc', 1),
    wrapped("").replace("</rdf:RDF>", '<rdf:Description rdf:about="b"/></rdf:RDF>'),
]


@pytest.mark.parametrize("text", OLD)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-be"])
def test_every_shape_takes_our_properties(text: str, encoding: str):
    old = text.encode(encoding)
    answer = xmp.merge(old, WANTED)
    new = applied(answer, old)
    before, after = values(xmp.parse(old, "here")), values(xmp.parse(new, "here"))
    assert after == {**before, **said(WANTED)}
    assert answer.said == NAMES
    assert xmp.merge(new, WANTED).unchanged(len(new))
    blank = not values(xmp.parse(old, "here")) and "rdf" not in text and "meta" not in text
    assert blank or new[:20].decode(encoding, "replace")[:4] == text[:20][:4]


def test_what_is_not_ours_is_copied():
    old = wrapped(
        "<?pi x?><!-- c --><q:a q:b='1&#xA;2' ><![CDATA[<>]]>&amp;&#65;</q:a >\r\n",
        " dc:title = '1&#xA;2&#x9;\"'\n",
    )
    new = merged(old, *WANTED)
    for piece in (
        "<?pi x?><!-- c --><q:a q:b='1&#xA;2' ><![CDATA[<>]]>&amp;&#65;</q:a >",
        " dc:title = '1&#xA;2&#x9;\"'",
        'x:xmptk="Q"',
        HEADER,
    ):
        assert piece in new
    before = re.sub(r"\s+(?=<\?xpacket end)", "", old)
    copies = [piece for piece in xmp.merge(old.encode(), WANTED).pieces if isinstance(piece, Copy)]
    assert sum(copy.size for copy in copies) == len(before.encode())


@pytest.mark.parametrize(
    "text",
    [
        wrapped("", ' plus:DataMining="DMI-UNSPECIFIED"'),
        wrapped("", " plus:DataMining='DMI-UNSPECIFIED'"),
        wrapped("<plus:DataMining>DMI-UNSPECIFIED</plus:DataMining>"),
        wrapped("<plus:DataMining rdf:resource='DMI-UNSPECIFIED'/>"),
        wrapped("<plus:DataMining/>"),
    ],
)
def test_a_weaker_value_gives_way_where_it_stands(text: str):
    new = merged(text, MINING)
    after = {entry.name: entry.value for entry in xmp.parse(new.encode(), "here")}
    assert after[MINING.name] == MINING.value
    declaration = len(f' xmlns:mediaoptout="{PREFIXES["mediaoptout"]}"')
    shift = declaration if "><plus:DataMining" in text else 0
    assert new.index("plus:DataMining") == text.index("plus:DataMining") + shift
    replaced = re.search("DMI-UNSPECIFIED", text)
    assert after.get(REPLACED) == (Bag((f"{MINING.name} DMI-UNSPECIFIED",)) if replaced else None)
    stripped = applied(xmp.merge(new.encode(), STRIPPED), new.encode()).decode()
    assert stripped == text or "resource" in text or not replaced


def test_the_same_as_a_resource_stays():
    data = wrapped(f'<plus:DataMining rdf:resource="{MINING.value}"/>').encode()
    answer = xmp.merge(data, (MINING,))
    assert answer.unchanged(len(data))
    assert answer.said == {MINING.name}


def test_a_stricter_value_of_others_stays():
    data = wrapped("", f' plus:DataMining="{VOCABULARY}DMI-PROHIBITED"').encode()
    answer = xmp.merge(data, (MINING,))
    assert answer.unchanged(len(data))
    assert answer.said == {MINING.name}
    assert answer.warnings


def test_texts_of_others_stay():
    data = wrapped("<dc:rights>© Somebody</dc:rights>").encode()
    answer = xmp.merge(data, WANTED)
    assert answer.said == NAMES - {"dc:rights"}
    assert answer.warnings == ("dc:rights of somebody else was kept",)
    assert b"<dc:rights>\xc2\xa9 Somebody</dc:rights>" in applied(answer, data)


def ours(text: str) -> Property:
    return Property("dc:rights", LangAlt((("x-default", heads()[0] + " " + text),)))


@pytest.mark.parametrize("form", ["element", "attribute"])
def test_our_own_text_is_brought_up_to_date(form: str):
    old = merged(wrapped(""), ours("old"))
    if form == "attribute":
        old = wrapped("", f' dc:rights="{heads()[0]} old" dc:title="t"')
    new = merged(old, ours("new"))
    assert values(xmp.parse(new.encode(), "here"))["dc:rights"] == ours("new").value
    assert "old" not in new


CONTRARY = [
    wrapped("", f' tdm:reservation="0" plus:DataMining="{VOCABULARY}DMI-ALLOWED"'),
    wrapped("<tdm:reservation>0</tdm:reservation>"),
    wrapped("<tdm:reservation>0</tdm:reservation>", ' tdm:reservation="1"'),
    wrapped("<tdm:reservation>0</tdm:reservation>\n<tdm:reservation>0</tdm:reservation>"),
    wrapped("<h:reservation xmlns:h='http://www.w3.org/ns/tdmrep#'>0</h:reservation>"),
    wrapped("").replace(
        "</rdf:RDF>",
        '<rdf:Description xmlns:t="http://www.w3.org/ns/tdmrep/" t:reservation="0"/></rdf:RDF>',
    ),
]


@pytest.mark.parametrize("text", CONTRARY)
def test_a_contrary_statement_is_refused_unless_forced(text: str):
    with pytest.raises(RefusedError) as caught:
        xmp.merge(text.encode(), (MINING, RESERVED))
    assert caught.value.code == "contrary-statement"
    new = merged(text, MINING, RESERVED, force=True)
    entries = xmp.parse(new.encode(), "here")
    assert {entry.value for entry in entries if entry.name == "tdm:reservation"} == {"1"}
    assert values(entries)["plus:DataMining"] == MINING.value


def test_a_statement_in_another_namespace_is_said_again_in_the_standards_own():
    text = wrapped("<h:reservation xmlns:h='http://www.w3.org/ns/tdmrep#'>1</h:reservation>")
    new = merged(text, RESERVED)
    assert "<tdm:reservation>1</tdm:reservation>" in new
    assert ">1</h:reservation>" in new


def test_a_property_in_a_structure_is_left_alone():
    text = wrapped('<q:a rdf:parseType="Resource"><tdm:reservation>0</tdm:reservation></q:a>')
    new = merged(text, RESERVED)
    assert text[text.index("<q:a") : text.index("</q:a>")] in new
    assert new.count("reservation>") == 4


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-be"])
def test_room_is_used_so_that_nothing_moves(encoding: str):
    old = wrapped("", padding=4000).encode(encoding)
    assert xmp.merge(old, WANTED).size == len(old)
    tight = wrapped("", padding=40).encode(encoding)
    assert xmp.merge(tight, WANTED, padding=3000).size > len(tight) + 3000


def test_an_extra_byte_behind_the_packet_is_kept():
    old = wrapped("").encode() + b"\n\0"
    assert applied(xmp.merge(old, WANTED), old).endswith(b"?>\n\0")


def test_the_limit_takes_padding_first_and_then_refuses():
    ink = xmp.merge(None, WANTED, padding=0).size
    assert xmp.merge(None, WANTED, limit=ink + 100).size == ink + 100
    old = wrapped("").encode()
    assert xmp.merge(old, WANTED, limit=ink + 800).size <= ink + 800
    for data in (None, old):
        with pytest.raises(RefusedError) as caught:
            xmp.merge(data, WANTED, limit=500)
        assert caught.value.code == "no-room"


def test_a_packet_that_changes_in_a_png_is_marked_read_only():
    assert '<?xpacket end="r"?>' in merged(wrapped(""), *WANTED, read_only=True)


def test_characters_that_xml_cannot_say_are_left_out():
    wanted = Property("dc:rights", LangAlt((("x-default", "a\x0bb\ud800\ufffe"),)))
    new = merged(wrapped(""), wanted, Property("tdm:policy", "\0u"))
    assert values(xmp.parse(new.encode(), "here")) == {
        "dc:rights": LangAlt((("x-default", "ab"),)),
        "tdm:policy": "u",
    }


def test_what_stands_beside_the_descriptions_is_no_statement():
    beside = "<tdm:reservation xmlns:tdm='http://www.w3.org/ns/tdmrep/'>0</tdm:reservation>"
    text = wrapped("").replace("<rdf:Description", f"{beside}<rdf:Description", 1)
    new = merged(text, RESERVED)
    assert beside in new
    assert "<tdm:reservation>1</tdm:reservation>" in new


MANY = 40_000


@pytest.mark.parametrize(
    "text",
    [
        wrapped("<tdm:reservation>0</tdm:reservation> " * MANY),
        wrapped("", " " * 4_000_000 + 'tdm:reservation="0"' + " " * 4_000_000),
        wrapped("<rdf:li/>", ' tdm:reservation="0"').replace(
            "</rdf:RDF>",
            '<rdf:Description xmlns:t="http://www.w3.org/ns/tdmrep/" t:reservation="0"/>' * MANY
            + "</rdf:RDF>",
        ),
        wrapped(f"<q:a><q:b>{'word' * 1_000_000}</q:b></q:a>"),
        wrapped("").replace(
            "<rdf:Description",
            "<rdf:Description"
            + "".join(f" xmlns:n{number}='http://{number}/'" for number in range(MANY)),
        ),
    ],
    ids=["elements", "space in a tag", "attributes", "a long word", "namespaces"],
)
def test_large_input_is_changed_in_linear_time(text: str):
    entries = xmp.parse(merged(text, *WANTED, force=True).encode(), "here")
    assert [entry.value for entry in entries if entry.name == "tdm:reservation"] == ["1"]


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t\r<&\"']>")
)
LEGAL = TEXT.filter(lambda text: not re.search("[\ufffe\uffff]", text))
LANGUAGE = st.sampled_from(["x-default", "en", "fr-CA", "de"])
FIELD = st.tuples(st.sampled_from(["plus:LicensorName", "plus:LicensorURL"]), LEGAL)
VALUE: st.SearchStrategy[Value] = st.one_of(
    LEGAL,
    st.lists(st.tuples(LANGUAGE, LEGAL), min_size=1).map(lambda items: LangAlt(tuple(items))),
    st.lists(LEGAL).map(lambda items: Bag(tuple(items))),
    st.lists(st.lists(FIELD, min_size=1).map(tuple), min_size=1).map(
        lambda items: Structs(tuple(items))
    ),
)
NAME = st.sampled_from(["dc:rights", "xmpRights:Owner", "plus:Licensor", "tdm:policy", "xmp:Label"])
PROPERTIES = st.dictionaries(NAME, VALUE).map(
    lambda items: tuple(Property(name, value) for name, value in items.items())
)


@given(PROPERTIES, st.sampled_from(OLD), st.sampled_from(["utf-8", "utf-16-le"]))
def test_whatever_is_said_is_read_back(wanted: tuple[Property, ...], text: str, encoding: str):
    old = text.encode(encoding)
    new = applied(xmp.merge(old, wanted), old)
    before = values(xmp.parse(old, "here"))
    assert values(xmp.parse(new, "here")) == {**before, **said(wanted)}
    again = xmp.merge(new, wanted)
    assert again.unchanged(len(new))
    assert again.said >= {item.name for item in wanted}


@given(LEGAL)
def test_a_value_in_an_attribute_is_read_back(value: str):
    old = wrapped("", ' tdm:reservation="x"').encode()
    new = applied(xmp.merge(old, (Property("tdm:reservation", value),)), old)
    assert values(xmp.parse(new, "here")) == {"tdm:reservation": value}


def test_a_namespace_keeps_the_prefix_that_a_later_description_gives_it():
    # Adobe's toolkit (and exiv2 with it) reads no packet with two prefixes for one namespace.
    rights = "http://ns.adobe.com/xap/1.0/rights/"
    text = (
        f'<rdf:RDF xmlns:rdf="{RDF_URI}">'
        '<rdf:Description rdf:about="" xmlns:q="http://q.example.org/" q:a="b"/>'
        f'<rdf:Description rdf:about="" xmlns:xapRights="{rights}" xapRights:Certificate="c"/>'
        "</rdf:RDF>"
    )
    new = merged(text, *WANTED)
    assert "<xapRights:Marked>True</xapRights:Marked>" in new
    assert "xmlns:xmpRights" not in new


@pytest.mark.parametrize("text", OLD)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-32-be"])
def test_what_was_put_in_comes_out_again(text: str, encoding: str):
    old = text.encode(encoding)
    told = applied(xmp.merge(old, WANTED), old)
    more = (Property("photoshop:Credit", "C"), *WANTED)
    twice = applied(xmp.merge(told, more), told)
    for new in (told, twice):
        answer = xmp.merge(new, STRIPPED)
        assert answer.said == frozenset()
        bare = applied(answer, new)
        assert values(xmp.parse(bare, "here")) == values(xmp.parse(old, "here"))
        assert xmp.merge(bare, STRIPPED).unchanged(len(bare))
    if "rdf:Description" in text:
        assert applied(xmp.merge(told, STRIPPED), told) == old


def test_a_packet_of_ours_goes_whole():
    data = xmp.merge(None, WANTED).rendered(b"")
    assert xmp.merge(data, STRIPPED).size == 0
    assert xmp.merge(None, STRIPPED).size == 0


def test_what_others_say_is_not_ours_for_being_the_same():
    old = wrapped("<tdm:reservation>1</tdm:reservation>").encode()
    told = applied(xmp.merge(old, WANTED), old)
    assert applied(xmp.merge(told, STRIPPED), told) == old
    assert xmp.merge(old, STRIPPED).unchanged(len(old))


def test_expressions_stand_in_a_bag_and_licensors_in_a_sequence():
    link = ((("Iptc4xmpExt:LinkedRightsExpr", "https://a/"),),)
    wanted = (
        Property("Iptc4xmpExt:LinkedEncRightsExpr", Structs(link, ordered=False)),
        Property("plus:Licensor", Structs(((("plus:LicensorName", "A"),),))),
    )
    text = xmp.merge(None, wanted).rendered(b"").decode()
    assert "<Iptc4xmpExt:LinkedEncRightsExpr>\n    <rdf:Bag>" in text
    assert "<plus:Licensor>\n    <rdf:Seq>" in text
