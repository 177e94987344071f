"""The reading rule (standards.md B) as a table: what a file says, and what that amounts to."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import xmp
from mediaoptout.verification.verdict import judge
from mediaoptout.vocabularies import plus
from mediaoptout.vocabularies.cawg import decode as decode_cawg
from mediaoptout.vocabularies.properties import Bag, Entry, LangAlt, Value
from mediaoptout.vocabularies.reading import resolve, statements
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import EXPECTED_USES, Carrier, Permission, Use, Verdict

R, C, A, U = (
    Permission.RESERVED,
    Permission.CONSTRAINED,
    Permission.ALLOWED,
    Permission.UNSTATED,
)
VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
TDM_TEXT = "The rightholder reserves text and data mining under Art. 4(3) Directive (EU) 2019/790."


def entry(name: str, value: Value, carrier: Carrier = Carrier.XMP) -> Entry:
    return Entry(carrier, "here", name, name, value)


def dmi(value: str) -> Entry:
    return entry("plus:DataMining", value)


def code(name: str) -> Entry:
    return dmi(VOCABULARY + name)


def tdm(value: str) -> Entry:
    return entry("tdm:reservation", value)


def text(value: str, name: str = "xmpRights:UsageTerms") -> Entry:
    return entry(name, value)


def cawg(entries: Mapping[str, str], label: str = "cawg.training-mining") -> tuple[Statement, ...]:
    data = {"entries": {key: {"use": word} for key, word in entries.items()}}
    return decode_cawg(label, data, "manifest", Carrier.C2PA)


class Case(NamedTuple):
    """What the uses come to, in the order of `Use`: mining, training, generative, input, search."""

    name: str
    said: tuple[Entry | tuple[Statement, ...], ...]
    uses: str
    verdict: Verdict
    implied: tuple[Use, ...] = ()


LETTERS = {"R": R, "C": C, "A": A, "-": U}
INFERENCE, SEARCH = Use.AI_INFERENCE, Use.SEARCH
RESERVED, PARTIAL, CONFLICT = Verdict.RESERVED, Verdict.PARTIAL, Verdict.CONFLICT
ALLOWED, UNRESERVED, TEXT = Verdict.ALLOWED, Verdict.UNRESERVED, Verdict.TEXT_ONLY
EXCEPT = "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"

CASES = (
    # --- nothing
    Case("nothing at all", (), "-----", UNRESERVED),
    Case("a title", (entry("dc:title", "Reserved seats"),), "-----", UNRESERVED),
    Case("a policy without a reservation", (entry("tdm:policy", "x"),), "-----", UNRESERVED),
    # --- the nine values of PLUS
    Case("unspecified", (code("DMI-UNSPECIFIED"),), "-----", UNRESERVED),
    Case("allowed", (code("DMI-ALLOWED"),), "AAAAA", ALLOWED),
    Case("training", (code("DMI-PROHIBITED-AIMLTRAINING"),), "-RR--", PARTIAL),
    Case("generative", (code("DMI-PROHIBITED-GENAIMLTRAINING"),), "--R--", PARTIAL),
    Case("except search", (code(EXCEPT),), "RRR-A", RESERVED, (INFERENCE,)),
    Case("prohibited", (code("DMI-PROHIBITED"),), "RRR--", RESERVED, (INFERENCE, SEARCH)),
    Case("constraint", (code("DMI-PROHIBITED-SEECONSTRAINT"),), "CCC--", RESERVED, (INFERENCE,)),
    Case(
        "embedded expression",
        (code("DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR"),),
        "CCC--",
        RESERVED,
        (INFERENCE,),
    ),
    Case(
        "linked expression",
        (code("DMI-PROHIBITED-SEELINKEDRIGHTSEXPR"),),
        "CCC--",
        RESERVED,
        (INFERENCE,),
    ),
    # --- spelt in odd ways
    Case("https", (dmi(f"https{VOCABULARY[4:]}{EXCEPT}"),), "RRR-A", RESERVED, (INFERENCE,)),
    Case("bare code", (dmi(EXCEPT),), "RRR-A", RESERVED, (INFERENCE,)),
    Case("lower case", (dmi("dmi-prohibited-aimltraining"),), "-RR--", PARTIAL),
    Case("space behind", (dmi(f"{VOCABULARY}{EXCEPT} "),), "RRR-A", RESERVED, (INFERENCE,)),
    Case("lines around", (dmi(f"\n  {EXCEPT}\n"),), "RRR-A", RESERVED, (INFERENCE,)),
    Case("slash behind", (dmi(f"{VOCABULARY}DMI-ALLOWED/"),), "AAAAA", ALLOWED),
    Case(
        "vocabulary in capitals",
        (dmi(VOCABULARY.upper() + EXCEPT),),
        "RRR-A",
        RESERVED,
        (INFERENCE,),
    ),
    Case("label", (dmi("Prohibited"),), "RRR--", RESERVED, (INFERENCE, SEARCH)),
    Case("label for training", (dmi("Prohibited for AI/ML training"),), "-RR--", PARTIAL),
    Case(
        "label for generative",
        (dmi("Prohibited for Generative AI/ML training"),),
        "--R--",
        PARTIAL,
    ),
    Case(
        "label except search",
        (dmi("Prohibited except for search engine indexing"),),
        "RRR-A",
        RESERVED,
        (INFERENCE,),
    ),
    Case(
        "label with constraint",
        (dmi("Prohibited, see plus:OtherConstraints"),),
        "CCC--",
        RESERVED,
        (INFERENCE,),
    ),
    Case("label allowed", (dmi("Allowed"),), "AAAAA", ALLOWED),
    Case("label unspecified", (dmi("Unspecified - no prohibition defined"),), "-----", UNRESERVED),
    Case("unknown code", (dmi(VOCABULARY + "DMI-WHATEVER"),), "-----", UNRESERVED),
    Case("empty", (dmi(""),), "-----", UNRESERVED),
    Case(
        "a bag of one", (entry("plus:DataMining", Bag((EXCEPT,))),), "RRR-A", RESERVED, (INFERENCE,)
    ),
    Case(
        "a bag of two, the stricter holds",
        (entry("plus:DataMining", Bag(("DMI-UNSPECIFIED", "DMI-PROHIBITED-AIMLTRAINING"))),),
        "-RR--",
        PARTIAL,
    ),
    # --- TDMRep
    Case("tdm 1", (tdm("1"),), "RRR--", RESERVED),
    Case("tdm 0", (tdm("0"),), "AAA--", ALLOWED),
    Case("tdm with space", (tdm(" 1\n"),), "RRR--", RESERVED),
    Case("tdm of no known value", (tdm("yes"),), "-----", UNRESERVED),
    Case("tdm 2", (tdm("2"),), "-----", UNRESERVED),
    Case("tdm empty", (tdm(""),), "-----", UNRESERVED),
    Case("tdm 1 and policy", (tdm("1"), entry("tdm:policy", "https://x/")), "RRR--", RESERVED),
    Case("tdm in a tag", (entry("tdm:reservation", "1", Carrier.ID3),), "RRR--", RESERVED),
    # --- CAWG and what was before it
    Case(
        "cawg mining implies training",
        (cawg({"cawg.data_mining": "notAllowed"}),),
        "RRR--",
        RESERVED,
        (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING),
    ),
    Case(
        "cawg: stated beats implied inside one assertion",
        (cawg({"cawg.data_mining": "notAllowed", "cawg.ai_training": "allowed"}),),
        "RAR--",
        PARTIAL,
        (Use.GENERATIVE_AI_TRAINING,),
    ),
    Case("cawg training", (cawg({"cawg.ai_training": "notAllowed"}),), "-R---", PARTIAL),
    Case(
        "cawg generative", (cawg({"cawg.ai_generative_training": "notAllowed"}),), "--R--", PARTIAL
    ),
    Case("cawg inference", (cawg({"cawg.ai_inference": "notAllowed"}),), "---R-", PARTIAL),
    Case("cawg allowed", (cawg({"cawg.data_mining": "allowed"}),), "A----", ALLOWED),
    Case(
        "cawg constrained without more",
        (cawg({"cawg.ai_training": "constrained"}),),
        "-R---",
        PARTIAL,
    ),
    Case("cawg of no known word", (cawg({"cawg.ai_training": "perhaps"}),), "-----", UNRESERVED),
    Case(
        "c2pa before cawg",
        (cawg({"c2pa.data_mining": "notAllowed"}, "c2pa.training-mining"),),
        "RRR--",
        RESERVED,
        (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING),
    ),
    # --- several sets: the stricter word holds, use by use
    Case("the same twice", (code(EXCEPT), tdm("1")), "RRR-A", RESERVED, (INFERENCE,)),
    Case(
        "partial and partial",
        (code("DMI-PROHIBITED-GENAIMLTRAINING"), cawg({"cawg.ai_training": "notAllowed"})),
        "-RR--",
        PARTIAL,
    ),
    Case(
        "partial made whole",
        (code("DMI-PROHIBITED-AIMLTRAINING"), tdm("1")),
        "RRR--",
        RESERVED,
    ),
    Case(
        "constrained and reserved",
        (code("DMI-PROHIBITED-SEECONSTRAINT"), tdm("1")),
        "RRR--",
        RESERVED,
        (INFERENCE,),
    ),
    Case("unspecified says nothing", (code("DMI-UNSPECIFIED"), tdm("1")), "RRR--", RESERVED),
    Case(
        "implied search against open search",
        (code("DMI-PROHIBITED"), code(EXCEPT)),
        "RRR-A",
        RESERVED,
        (INFERENCE, SEARCH),
    ),
    Case("two packets of one mind", (code(EXCEPT), code(EXCEPT)), "RRR-A", RESERVED, (INFERENCE,)),
    # --- conflicts
    Case("plus reserves, tdm allows", (code(EXCEPT), tdm("0")), "RRR-A", CONFLICT, (INFERENCE,)),
    Case("plus allows, tdm reserves", (code("DMI-ALLOWED"), tdm("1")), "RRRAA", CONFLICT),
    Case("tdm 1 and 0", (tdm("1"), tdm("0")), "RRR--", CONFLICT),
    Case(
        "plus reserves, cawg allows one use",
        (code("DMI-PROHIBITED"), cawg({"cawg.ai_generative_training": "allowed"})),
        "RRR--",
        CONFLICT,
        (INFERENCE, SEARCH),
    ),
    Case(
        "a permission for what nobody reserves is none",
        (code(EXCEPT), cawg({"cawg.ai_inference": "allowed"})),
        "RRRAA",
        RESERVED,
        (INFERENCE,),
    ),
    Case(
        "constrained against allowed",
        (code("DMI-PROHIBITED-SEECONSTRAINT"), code("DMI-ALLOWED")),
        "CCCAA",
        CONFLICT,
        (INFERENCE,),
    ),
    Case("text reserves, plus allows", (text(TDM_TEXT), code("DMI-ALLOWED")), "RRRAA", CONFLICT),
    # --- text
    Case("text", (text(TDM_TEXT),), "RRR--", TEXT),
    Case("text in a notice", (text(TDM_TEXT, "dc:rights"),), "RRR--", TEXT),
    Case("text in a comment", (text(TDM_TEXT, "xmpDM:logComment"),), "RRR--", TEXT),
    Case("text in a description", (text(TDM_TEXT, "dc:description"),), "RRR--", TEXT),
    Case("text where none is looked for", (text(TDM_TEXT, "dc:title"),), "-----", UNRESERVED),
    Case("text of training only", (text("No AI training allowed."),), "-RR--", TEXT),
    Case("noai", (text("noai, noimageai", "dc:description"),), "-RR--", TEXT),
    Case(
        "text in the second language",
        (
            entry(
                "xmpRights:UsageTerms",
                LangAlt((("x-default", "Ask us."), ("fr", "Fouille de textes réservée."))),
            ),
        ),
        "RRR--",
        TEXT,
    ),
    Case("text and machine", (text(TDM_TEXT), tdm("1")), "RRR--", RESERVED),
    Case(
        "text reserves more than the machine code",
        (text(TDM_TEXT), code("DMI-PROHIBITED-GENAIMLTRAINING")),
        "RRR--",
        PARTIAL,
    ),
    Case(
        "a copyright notice",
        (text("© 2024 X. All rights reserved.", "dc:rights"),),
        "-----",
        UNRESERVED,
    ),
    Case("marked", (entry("xmpRights:Marked", "True"),), "-----", UNRESERVED),
)


def found(case: Case) -> tuple[Statement, ...]:
    return tuple(
        statement
        for item in case.said
        for statement in (statements((item,)) if isinstance(item, Entry) else item)
    )


def test_the_table_is_whole():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)
    said = {item.value for case in CASES for item in case.said if isinstance(item, Entry)}
    assert {VOCABULARY + name for name in plus.MEANINGS} <= said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_table(case: Case):
    read = found(case)
    resolved = resolve(read)
    assert "".join(resolved.uses[use].value[0] for use in Use) == "".join(
        LETTERS[letter].value[0] for letter in case.uses
    )
    assert judge(read, resolved, EXPECTED_USES) is case.verdict
    assert {use for item in read for use in item.meaning.implied} == set(case.implied)
    assert judge(read, resolved, EXPECTED_USES, damaged=True) is Verdict.DAMAGED


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_order_changes_nothing(case: Case):
    read = found(case)
    first = resolve(read)
    for order in permutations(read[:4]):
        again = resolve((*order, *read[4:]))
        assert again == first


@given(st.lists(st.sampled_from([item for case in CASES for item in found(case)]), max_size=6))
def test_another_statement_never_weakens(read: list[Statement]):
    strictness = [U, A, C, R]
    for extra in read:
        before, after = resolve(read), resolve([*read, extra])
        for use in Use:
            assert strictness.index(after.uses[use]) >= strictness.index(before.uses[use])
        assert before.machine <= after.machine


@pytest.mark.parametrize(
    ("said", "expected", "verdict"),
    [
        ("DMI-PROHIBITED-AIMLTRAINING", (Use.AI_TRAINING,), RESERVED),
        ("DMI-PROHIBITED-GENAIMLTRAINING", (Use.GENERATIVE_AI_TRAINING,), RESERVED),
        ("DMI-PROHIBITED", (Use.SEARCH,), PARTIAL),
        (EXCEPT, (Use.AI_INFERENCE,), PARTIAL),
        ("DMI-ALLOWED", (Use.SEARCH,), ALLOWED),
        (EXCEPT, (*EXPECTED_USES, Use.SEARCH), PARTIAL),
    ],
)
def test_other_uses_may_be_expected(said: str, expected: tuple[Use, ...], verdict: Verdict):
    read = statements((code(said),))
    assert judge(read, resolve(read), expected) is verdict


PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    ' xmlns:q="{uri}">{inner}</rdf:Description></rdf:RDF></x:xmpmeta>'
)


@pytest.mark.parametrize(
    "uri",
    [
        "http://www.w3.org/ns/tdmrep/",
        "http://www.w3.org/ns/tdmrep#",
        "https://www.w3.org/ns/tdmrep/",
        "https://www.w3.org/ns/tdmrep#",
    ],
)
@pytest.mark.parametrize(("value", "verdict"), [("1", RESERVED), ("0", ALLOWED)])
def test_tdmrep_has_two_namespaces(uri: str, value: str, verdict: Verdict):
    packet = PACKET.format(uri=uri, inner=f"<q:reservation>{value}</q:reservation>")
    read = statements(xmp.parse(packet.encode(), "here"))
    assert judge(read, resolve(read), EXPECTED_USES) is verdict


def test_a_statement_says_where_it_stands():
    (statement,) = statements((Entry(Carrier.ID3, "ID3v2.3", "tdm:reservation", "TXXX:X", "1"),))
    assert (statement.carrier, statement.location, statement.property, statement.value) == (
        Carrier.ID3,
        "ID3v2.3",
        "TXXX:X",
        "1",
    )
