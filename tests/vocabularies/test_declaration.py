"""The facts of a declaration, through an XMP packet and a manifest's metadata, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.carriers import xmp
from mediaoptout.carriers.merged import Merged
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Capacity, Holder, Licence, Reservation, Role, Work
from mediaoptout.reservation.profiles import load, shipped
from mediaoptout.reservation.texts import with_texts
from mediaoptout.vocabularies import cawg, declaration
from mediaoptout.vocabularies.declaration import Facts
from mediaoptout.vocabularies.encoding import encode
from mediaoptout.vocabularies.identifying import decode as identifiers_in
from mediaoptout.vocabularies.properties import WROTE, Bag, Entry, Property, Structs, as_text
from mediaoptout.vocabularies.settle import settle
from mediaoptout.words import Carrier, Permission, Use

IDENTIFIERS = [
    Identifier.parse(scheme, text)
    for scheme, text in (
        (Scheme.ISNI, "0000 0001 2103 2683"),
        (Scheme.IPI, "00052210040"),
        (Scheme.IPN, "12345"),
        (Scheme.ORCID, "0000-0002-1825-0097"),
        (Scheme.ISRC, "FRZ039800212"),
        (Scheme.ISRC, "FRZ039800213"),
        (Scheme.ISWC, "T-034.524.680-1"),
        (Scheme.ISAN, "0000-0000-3A8D-0000-Z-0000-0000-6"),
        (Scheme.EIDR, "10.5240/7791-8534-2C23-9030-8610-5"),
        (Scheme.GTIN, "4006381333931"),
        (Scheme.CATALOGUE_NUMBER, "ECM 1064/65 ST"),
    )
]
of_holders = st.lists(st.sampled_from([i for i in IDENTIFIERS if i.scheme.of_holder]), unique=True)
of_works = st.lists(
    st.sampled_from([i for i in IDENTIFIERS if not i.scheme.of_holder]), unique=True
)
characters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"))
words = st.text(characters, min_size=1, max_size=30).map(str.strip).filter(bool)
days = st.dates(date(2019, 6, 7), date(2100, 1, 1))


def ordered(items: Sequence[Identifier]) -> tuple[Identifier, ...]:
    """In the order in which they are read back: by scheme."""
    return tuple(item for scheme in Scheme for item in items if item.scheme is scheme)


holders = st.builds(Holder, words, st.none() | st.sampled_from(Role), of_holders.map(ordered))
works = st.builds(Work, st.none() | words, st.none() | words, of_works.map(ordered)).filter(
    lambda work: work != Work()
)
licences = st.builds(
    Licence,
    words,
    st.lists(st.sampled_from([Use.AI_TRAINING, Use.DATA_MINING]), unique=True).map(tuple),
    st.none() | days,
    st.none() | words,
)
reservations = st.builds(
    Reservation,
    uses=st.just({Use.DATA_MINING: Permission.RESERVED, Use.AI_TRAINING: Permission.RESERVED}),
    holders=st.lists(holders, max_size=3).map(tuple),
    works=st.lists(works, max_size=3).map(tuple),
    capacity=st.sampled_from(Capacity),
    declarant=st.none() | holders,
    represented=st.none() | words,
    mandate=st.none() | words,
    reserve=st.none() | words,
    legal_basis=st.lists(words | st.just("eu-tdm"), max_size=3, unique=True).map(tuple),
    licence_contact=st.none() | words,
    licence_url=st.none() | words,
    declared=st.none() | days,
    reference=st.none() | words,
    supersedes=st.none() | words,
    licences=st.lists(licences, max_size=2).map(tuple),
)


def bytes_of(merged: Merged, old: bytes = b"") -> bytes:
    return merged.rendered(old)


def packet(reservation: Reservation, old: bytes | None = None) -> bytes:
    return bytes_of(xmp.merge(old, encode(reservation)), old or b"")


def said(data: bytes) -> dict[str, Entry]:
    return {entry.name: entry for entry in xmp.parse(data, "here")}


@settings(deadline=None, max_examples=50)
@given(reservations)
def test_through_a_packet_and_back(reservation: Reservation):
    facts = Facts.of(reservation)
    data = packet(reservation)
    assert declaration.decode(xmp.parse(data, "here")) == facts
    assert packet(reservation, data) == data
    found = {i for entry in xmp.parse(data, "here") for i in identifiers_in(entry)}
    assert found == {item for work in reservation.works for item in work.identifiers}


@settings(deadline=None, max_examples=50)
@given(reservations)
def test_through_a_manifest_and_back(reservation: Reservation):
    properties = encode(reservation)
    data: Any = json.loads(json.dumps(cawg.metadata(properties)))
    entries = cawg.entries("cawg.metadata", data, "C2PA", Carrier.C2PA)
    assert declaration.decode(entries) == Facts.of(reservation)
    told = {entry.name: as_text(entry.value) for entry in entries}
    assert told == {
        item.name: as_text(item.value) for item in properties if not item.name.startswith("id:")
    }


@settings(deadline=None, max_examples=50)
@given(reservations, reservations)
def test_a_later_declaration_takes_the_place_of_the_earlier(old: Reservation, new: Reservation):
    data = packet(new, packet(old))
    wanted = Facts.of(new)
    if new.declared and old.declared:  # without texts nothing tells that it is another day's
        wanted = replace(wanted, declared=old.declared)
    assert declaration.decode(xmp.parse(data, "here")) == wanted
    assert packet(new, data) == data


def test_a_packet_tells_what_was_added():
    before = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        b' xmlns:dc="http://purl.org/dc/elements/1.1/" dc:identifier="their-own"/></rdf:RDF>'
        b"</x:xmpmeta>"
    )
    reservation = load("eu-tdm", ["holder.name=Jane Doe"])
    reservation = replace(reservation, works=(Work("Song", identifiers=(IDENTIFIERS[4],)),))
    found = said(packet(with_texts(reservation), before))
    assert as_text(found["dc:identifier"].value) == "their-own"
    wrote = found[WROTE].value
    assert isinstance(wrote, Bag)
    assert {"plus:DataMining", "xmp:Identifier", "mediaoptout:Works"} <= set(wrote.items)
    assert "dc:identifier" not in wrote.items


def test_what_is_said_no_longer_goes():
    settings = ["holder.name=Jane Doe", "licence.url=https://a.example", "policy.url=https://p/"]
    first = with_texts(load("eu-tdm", settings))
    first = replace(first, works=(Work("Song", identifiers=(IDENTIFIERS[4],)),), mandate="m")
    second = with_texts(load("eu-tdm", ["holder.name=John Doe"]))
    found = said(packet(second, packet(first)))
    assert found["xmpRights:Owner"].value == Bag(("John Doe",))
    gone = {"mediaoptout:Works", "mediaoptout:Mandate", "xmp:Identifier", "dc:identifier"}
    gone |= {"tdm:policy", "xmpRights:WebStatement", "plus:Licensor"}
    assert not gone & set(found)
    wrote = found[WROTE].value
    assert isinstance(wrote, Bag) and not gone & set(wrote.items)
    assert found["plus:DataMining"].value == "http://ns.useplus.org/ldf/vocab/" + (
        "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"
    )


def test_the_date_of_the_first_run_stays():
    def dated(day: date, *settings: str) -> Reservation:
        return with_texts(replace(load("eu-tdm", settings), declared=day))

    first = packet(dated(date(2026, 1, 1), "holder.name=Jane Doe"))
    assert packet(dated(date(2026, 5, 1), "holder.name=Jane Doe"), first) == first
    later = said(packet(dated(date(2026, 5, 1), "holder.name=John Doe"), first))
    assert later[declaration.DECLARED].value == "2026-05-01"
    assert "2026-05-01" in as_text(later["xmpRights:UsageTerms"].value)


def test_withdrawn():
    first = with_texts(load("eu-tdm", ["holder.name=Jane Doe"]))
    second = with_texts(replace(first, withdrawn=date(2026, 11, 22)))
    found = said(packet(second, packet(first)))
    assert not {"plus:DataMining", "tdm:reservation"} & set(found)
    assert declaration.decode(found.values()).withdrawn == date(2026, 11, 22)


def test_what_is_wrong_is_left_out():
    def entry(name: str, value: Any) -> Entry:
        return Entry(Carrier.XMP, "here", f"mediaoptout:{name}", name, value)

    wrong = Structs(
        (
            (("mediaoptout:Role", "performer"),),
            (("mediaoptout:Name", "A"), ("mediaoptout:Role", "king"), ("mediaoptout:isni", "1")),
        )
    )
    facts = declaration.decode(
        [
            entry("Holders", wrong),
            entry("Declared", "yesterday"),
            entry("Capacity", "tyrant"),
            entry("Works", "a text"),
            entry("LegalBasis", "Art. 4(3) Directive (EU) 2019/790"),
            entry("Licences", Structs(((("mediaoptout:Uses", "x"),),))),
            entry("Mandate", " "),
        ]
    )
    assert facts == Facts(holders=(Holder("A"),), legal_basis=("eu-tdm",))


@pytest.mark.parametrize("name", shipped())
def test_every_profile(name: str):
    settings = ["holder.name=Jane Doe", "licence.url=https://a.example", "policy.url=https://p/"]
    reservation = with_texts(load(name, settings))
    data = packet(reservation)
    assert declaration.decode(xmp.parse(data, "here")) == Facts.of(reservation)


@pytest.mark.parametrize(
    ("present", "kept", "warns"),
    [
        ("FRZ039800212", "FRZ039800212", False),
        ("FR-Z03-98-00212", "FR-Z03-98-00212", False),
        ("isrc fr z03 98 00212", "isrc fr z03 98 00212", False),
        ("FRZ039800213", "FRZ039800213", True),
        ("nonsense", "nonsense", True),
    ],
)
def test_an_identifier_of_somebody_else_stays(present: str, kept: str, warns: bool):
    settled = settle(Property("id:isrc", "FRZ039800212"), present)
    assert settled.value == kept
    assert (settled.warning is not None) is warns
    assert settle(Property("id:isrc", "FRZ039800212"), present, force=True) == settled
