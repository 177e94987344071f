"""Whatever stands in a field is read or passed over: no vocabulary raises anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.verification.rules.said import Said
from mediaoptout.vocabularies import aipref, cawg, creativecommons, declaration, odrl, rsl
from mediaoptout.vocabularies.identifying import KEYS, XMP
from mediaoptout.vocabularies.identifying import decode as identifiers_in
from mediaoptout.vocabularies.properties import Bag, Entry, LangAlt, Structs
from mediaoptout.vocabularies.reading import resolve, statements
from mediaoptout.words import Carrier

NAMES = [
    "plus:DataMining",
    "tdm:reservation",
    "tdm:policy",
    "Iptc4xmpExt:EmbdEncRightsExpr",
    "Iptc4xmpExt:LinkedEncRightsExpr",
    "rsl:rsl",
    "aipref:Content-Usage",
    "{urn:x}content_usage",
    "dc:rights",
    "dc:subject",
    "cc:license",
    "plus:Licensor",
    *(f"mediaoptout:{name}" for name in ("Holders", "Works", "Licences", "LegalBasis", "Declared")),
    *KEYS,
    *XMP,
]
tokens = st.sampled_from(
    'reserved train-ai=n ; , = AI data mining not <rsl> </rsl> prohibits { } [ ] " https://'
    " creativecommons.org/licenses/by-nc/4.0/ CC0 notAllowed art. 4(3) 2019/790 ISRC 10.5240/ noai"
    " \n . Content-Usage: https://rslstandard.org/rsl ne nicht senza".split(" ")
)
texts = st.text(max_size=80) | st.lists(tokens, max_size=20).map(" ".join)
fields = st.tuples(st.sampled_from(["plus:x", "mediaoptout:Name", "mediaoptout:isrc", ""]), texts)
values = (
    texts
    | st.lists(texts, max_size=3).map(lambda items: Bag(tuple(items)))
    | st.lists(st.tuples(st.just("fr"), texts), min_size=1, max_size=3).map(
        lambda items: LangAlt(tuple(items))
    )
    | st.lists(st.lists(fields, max_size=3).map(tuple), max_size=3).map(
        lambda items: Structs(tuple(items))
    )
)
entries = st.builds(
    lambda name, value: Entry(Carrier.XMP, "here", name, name, value),
    st.sampled_from(NAMES),
    values,
)
plain: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@context", "@value", "@id", "@list", "entries", "use", "plus"])
            | st.sampled_from(
                ["plus:DataMining", "cawg.ai_training", "dc:rights", "mediaoptout:Works"]
            )
            | texts,
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(entries, max_size=6))
def test_any_entry(found: list[Entry]):
    resolve(statements(found))
    declaration.decode(found)
    for entry in found:
        assert all(item.value for item in identifiers_in(entry))
    said = Said(found)
    assert all(said.holders)
    assert len(said.contacts) + len(said.dates) + len(said.identifiers) < 1000


@settings(deadline=None)
@given(texts)
def test_any_text(text: str):
    aipref.meaning(text)
    rsl.meaning(text)
    odrl.meaning(text)
    creativecommons.explained(text)


@pytest.mark.parametrize(
    "label", ["cawg.training-mining", "c2pa.training-mining__2", "cawg.metadata", "stds.iptc"]
)
@settings(deadline=None)
@given(data=plain)
def test_any_assertion(label: str, data: Any):
    cawg.decode(label, data, "C2PA", Carrier.C2PA)
    statements(cawg.entries(label, data, "C2PA", Carrier.C2PA))
    cawg.speaks(label, data)


LONG = 20_000


@pytest.mark.parametrize(
    "text",
    [
        "\n " * LONG + "a",
        "content-usage: a=y" + ";a" * LONG,
        "creativecommons.org/licenses/by" + "-nc" * LONG,
        "art. 4, Abs. 3 " * LONG,
        "ne a " * LONG,
        '<rsl xmlns="https://rslstandard.org/rsl">' + "<a>" * LONG,
        '{"permission":' * LONG,
        "all rights reserved - " * LONG,
    ],
    ids=lambda text: text[:20].strip(),
)
def test_a_long_text_takes_no_long_time(text: str):
    for name in ("dc:rights", "rsl:rsl", "aipref:Content-Usage", "Iptc4xmpExt:EmbdEncRightsExpr"):
        statements([Entry(Carrier.XMP, "here", name, name, text)])
    creativecommons.explained(text)
