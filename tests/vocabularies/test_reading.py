"""The reading rule (standards.md B) as a table: what a file says, and what that amounts to."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import xmp
from mediaoptout.credentials.credential import Credential
from mediaoptout.credentials.validation import Report
from mediaoptout.verification.manifest import manifest_statements
from mediaoptout.verification.verdict import judge
from mediaoptout.vocabularies import plus
from mediaoptout.vocabularies.cawg import decode as decode_cawg
from mediaoptout.vocabularies.cawg import entries as cawg_entries
from mediaoptout.vocabularies.properties import Bag, Entry, LangAlt, Structs, Value
from mediaoptout.vocabularies.reading import resolve, statements
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import EXPECTED_USES, Carrier, Integrity, Permission, Use, Verdict

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


def struct(name: str, field: str, text: str) -> Entry:
    return entry(name, Structs((((f"Iptc4xmpExt:{field}", text),),), ordered=False))


def embedded(text: str) -> Entry:
    return struct("Iptc4xmpExt:EmbdEncRightsExpr", "EncRightsExpr", text)


def linked(text: str) -> Entry:
    return struct("Iptc4xmpExt:LinkedEncRightsExpr", "LinkedRightsExpr", text)


def odrl(**rules: str) -> str:
    return '{"@type": "Offer", ' + ", ".join(f'"{k}": {v}' for k, v in rules.items()) + "}"


def rsl(inner: str, prefix: str = "") -> str:
    colon = f"{prefix}:" if prefix else ""
    space = f"xmlns:{prefix}" if prefix else "xmlns"
    body = inner.replace("</", f"</{colon}").replace("<", f"<{colon}").replace(f"<{colon}/", "</")
    return (
        f'<{colon}rsl {space}="https://rslstandard.org/rsl"><{colon}content url="/">'
        f"{body}</{colon}content></{colon}rsl>"
    )


def usage(permits: str = "", prohibits: str = "", more: str = "") -> str:
    said = f'<permits type="usage">{permits}</permits>' if permits else ""
    denied = f'<prohibits type="usage">{prohibits}</prohibits>' if prohibits else ""
    return f"<license>{said}{denied}{more}</license>"


def aipref(value: str, name: str = "aipref:Content-Usage") -> Entry:
    return entry(name, value, Carrier.VORBIS_COMMENT)


def jsonld(label: str = "cawg.metadata", **properties: object) -> tuple[Statement, ...]:
    context = {
        "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "t": "http://www.w3.org/ns/tdmrep#",
    }
    data = {"@context": context, **{k.replace("_", ":"): v for k, v in properties.items()}}
    return statements(cawg_entries(label, data, "C2PA", Carrier.C2PA))


def whole(*assertions: tuple[str, str, object], broken: bool = False) -> tuple[Statement, ...]:
    """What a manifest says that has these assertions: where, label, data."""
    integrity = Integrity.BROKEN if broken else Integrity.INTACT
    return manifest_statements(Report(Credential(integrity=integrity), assertions))


def mining(word: str, key: str = "cawg.data_mining") -> dict[str, dict[str, dict[str, str]]]:
    return {"entries": {key: {"use": word}}}


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
SEE_EMBEDDED = "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR"

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
    # --- expressions that PLUS refers to
    Case(
        "an embedded policy that prohibits",
        (code(SEE_EMBEDDED), embedded(odrl(prohibition='[{"action": "tdm:mine"}]'))),
        "RRR--",
        RESERVED,
        (INFERENCE,),
    ),
    Case(
        "an embedded policy with a duty",
        (embedded(odrl(permission='[{"action": "tdm:mine", "duty": [{"action": "x"}]}]')),),
        "CCC--",
        RESERVED,
    ),
    Case(
        "an embedded policy that permits outright",
        (embedded(odrl(permission='{"action": {"@id": "http://www.w3.org/ns/tdmrep#mine"}}')),),
        "AAA--",
        ALLOWED,
    ),
    Case(
        "what the expression permits is what the prohibition excepts",
        (code(SEE_EMBEDDED), embedded(odrl(permission='[{"action": "mine"}]'))),
        "CCC--",
        RESERVED,
        (INFERENCE,),
    ),
    Case(
        "a policy about something else",
        (code(SEE_EMBEDDED), embedded(odrl(permission='[{"action": "print"}]'))),
        "CCC--",
        RESERVED,
        (INFERENCE,),
    ),
    Case("an expression of no known language", (embedded("<r:grant/>"),), "-----", UNRESERVED),
    Case(
        "an expression that cannot be read",
        (code(SEE_EMBEDDED), embedded('{"permission": ')),
        "CCC--",
        RESERVED,
        (INFERENCE,),
    ),
    Case(
        "RSL as text in an expression",
        (code(SEE_EMBEDDED), embedded(rsl(usage(prohibits="ai-all")))),
        "CRRR-",
        RESERVED,
        (INFERENCE,),
    ),
    Case(
        "an expression as plain text",
        (entry("Iptc4xmpExt:EmbdEncRightsExpr", rsl(usage(prohibits="ai-train"))),),
        "-RR--",
        PARTIAL,
    ),
    Case("a link alone", (linked("https://x/policy.json"),), "-----", UNRESERVED),
    Case(
        "a link that PLUS refers to",
        (code("DMI-PROHIBITED-SEELINKEDRIGHTSEXPR"), linked("https://x/policy.json")),
        "CCC--",
        RESERVED,
        (INFERENCE,),
    ),
    Case(
        "constraints in words that reserve more",
        (code("DMI-PROHIBITED-SEECONSTRAINT"), text(TDM_TEXT, "plus:OtherConstraints")),
        "RRR--",
        RESERVED,
        (INFERENCE,),
    ),
    # --- RSL
    Case("rsl ai-all", (entry("rsl:rsl", rsl(usage(prohibits="ai-all"))),), "-RRR-", PARTIAL),
    Case("rsl all", (entry("rsl:rsl", rsl(usage(prohibits="all"))),), "RRRRR", RESERVED),
    Case("rsl ai-train", (entry("rsl:rsl", rsl(usage(prohibits="ai-train"))),), "-RR--", PARTIAL),
    Case("rsl ai-input", (entry("rsl:rsl", rsl(usage(prohibits="ai-input"))),), "---R-", PARTIAL),
    Case("rsl search", (entry("rsl:rsl", rsl(usage(prohibits="search"))),), "----R", PARTIAL),
    Case(
        "rsl ai-index", (entry("rsl:rsl", rsl(usage(prohibits="ai-index"))),), "-----", UNRESERVED
    ),
    Case(
        "rsl with commas",
        (entry("rsl:rsl", rsl(usage(prohibits="ai-train, search"))),),
        "-RR-R",
        PARTIAL,
    ),
    Case(
        "rsl of an early draft",
        (entry("rsl:rsl", rsl(usage(prohibits="train-ai"))),),
        "-RR--",
        PARTIAL,
    ),
    Case(
        "rsl with a prefix",
        (entry("rsl:rsl", rsl(usage(prohibits="ai-train"), "r")),),
        "-RR--",
        PARTIAL,
    ),
    Case(
        "rsl permits search, and so nothing else",
        (entry("rsl:rsl", rsl(usage(permits="search"))),),
        "RRR-A",
        RESERVED,
        (Use.DATA_MINING, Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING, INFERENCE),
    ),
    Case(
        "rsl permits training for payment",
        (
            entry(
                "rsl:rsl",
                rsl(usage(permits="ai-train", more='<payment type="purchase"></payment>')),
            ),
        ),
        "-CC--",
        PARTIAL,
        (INFERENCE, SEARCH),
    ),
    Case(
        "rsl permits all for nothing",
        (entry("rsl:rsl", rsl(usage(permits="all", more='<payment type="free"></payment>'))),),
        "AAAAA",
        ALLOWED,
    ),
    Case(
        "rsl permits for some countries",
        (entry("rsl:rsl", rsl(usage(permits="all", more='<permits type="geo">DE FR</permits>'))),),
        "CCCCC",
        RESERVED,
    ),
    Case(
        "rsl: what is prohibited beats what is permitted",
        (entry("rsl:rsl", rsl(usage(permits="all", prohibits="ai-train"))),),
        "ARRAA",
        PARTIAL,
    ),
    Case(
        "rsl with two licences, the stricter holds",
        (entry("rsl:rsl", rsl(usage(prohibits="ai-train") + usage(permits="all"))),),
        "ARRAA",
        PARTIAL,
    ),
    Case(
        "rsl in a comment",
        (text(rsl(usage(prohibits="ai-train")), "xmpDM:logComment"),),
        "-RR--",
        PARTIAL,
    ),
    Case("rsl that is broken", (entry("rsl:rsl", "<rsl:rsl><"),), "-----", UNRESERVED),
    Case(
        "rsl with a document type",
        (entry("rsl:rsl", "<!DOCTYPE rsl []>" + rsl(usage(prohibits="all"))),),
        "-----",
        UNRESERVED,
    ),
    # --- AIPREF
    Case("aipref today", (aipref("train-ai=n"),), "--R--", PARTIAL, (Use.AI_TRAINING,)),
    Case(
        "aipref today with search",
        (aipref("train-ai=n, search=y"),),
        "--R-A",
        PARTIAL,
        (Use.AI_TRAINING,),
    ),
    Case("aipref allows", (aipref("train-ai=y"),), "--A--", ALLOWED),
    Case(
        "aipref: the last of a name counts", (aipref("train-ai=n, train-ai=y"),), "--A--", ALLOWED
    ),
    Case("aipref of no known value", (aipref("train-ai=maybe"),), "-----", UNRESERVED),
    Case("aipref of no known label", (aipref("sing=n"),), "-----", UNRESERVED),
    Case("aipref in capitals is none", (aipref("TRAIN-AI=n"),), "-----", UNRESERVED),
    Case("aipref: a label without a value", (aipref("train-ai"),), "-----", UNRESERVED),
    Case("aipref of 2025", (aipref("train-genai=n"),), "--R--", PARTIAL),
    Case(
        "aipref of 2025, the narrower label beats the broader",
        (aipref("all=n, train-ai=y, search=y"),),
        "RAARA",
        PARTIAL,
    ),
    Case("aipref of 2025: bots", (aipref("bots=n"),), "RRRRR", RESERVED),
    Case("aipref of 2025: ai-use", (aipref("ai-use=n"),), "---R-", PARTIAL),
    Case("aipref of 2025: ai-output", (aipref("ai-output=n, train-ai=n"),), "-RRRR", PARTIAL),
    Case("aipref of the first draft", (aipref("tdm=n, search=y"),), "RRR-A", RESERVED),
    Case("aipref of the first draft: ai", (aipref("ai=n, genai=y"),), "-RA--", PARTIAL),
    Case(
        "CC signals: an exception makes it a matter of terms",
        (aipref("train-genai=n;exp=cc-cr"),),
        "--C--",
        PARTIAL,
    ),
    Case("content signals", (aipref("search=yes, ai-train=no"),), "-RR-A", PARTIAL),
    Case("content signals: input", (aipref("ai-input=no"),), "---R-", PARTIAL),
    Case(
        "aipref under another name",
        (aipref("train-genai=n", "{http://example.org/}ContentUsage"),),
        "--R--",
        PARTIAL,
    ),
    Case(
        "aipref inside a text",
        (text("© X. Content-Usage: train-ai=n, search=y", "dc:rights"),),
        "--R-A",
        PARTIAL,
        (Use.AI_TRAINING,),
    ),
    Case(
        "aipref against plus",
        (aipref("train-ai=y"), code("DMI-PROHIBITED-GENAIMLTRAINING")),
        "--R--",
        CONFLICT,
    ),
    # --- remnants, licences, links
    Case("noai among keywords", (entry("dc:subject", Bag(("sea", "noai"))),), "-RR--", TEXT),
    Case(
        "noai in a field for robots",
        (entry("{http://example.org/}robots", "noai, noimageai"),),
        "-RR--",
        TEXT,
    ),
    Case(
        "a keyword with noai in it", (entry("dc:subject", Bag(("noaikido",))),), "-----", UNRESERVED
    ),
    Case(
        "creative commons grants on terms",
        (entry("xmpRights:WebStatement", "https://creativecommons.org/licenses/by/4.0/"),),
        "-----",
        UNRESERVED,
    ),
    Case(
        "creative commons non-commercial reserves nothing",
        (entry("cc:license", "http://creativecommons.org/licenses/by-nc-nd/4.0/"),),
        "-----",
        UNRESERVED,
    ),
    Case(
        "creative commons zero permits nothing here",
        (text("CC0 1.0 Universal: no rights reserved", "dc:rights"),),
        "-----",
        UNRESERVED,
    ),
    Case(
        "creative commons beside a reservation",
        (text("CC BY-SA 4.0. Text and data mining is reserved.", "dc:rights"),),
        "RRR--",
        TEXT,
    ),
    # --- manifests
    Case(
        "cawg 1.0 without the wrapper",
        (whole(("C2PA", "cawg.training-mining", {"cawg.ai_training": {"use": "notAllowed"}})),),
        "-R---",
        PARTIAL,
    ),
    Case(
        "cawg constrained with a reason, spelt as the prose has it",
        (
            whole(
                (
                    "C2PA",
                    "cawg.training-mining__1",
                    {
                        "entries": {
                            "cawg.ai_training": {"use": "constrained", "constraints_info": "x"}
                        }
                    },
                )
            ),
        ),
        "-C---",
        PARTIAL,
    ),
    Case(
        "old and new keys in one assertion",
        (cawg({"cawg.ai_training": "allowed", "c2pa.ai_training": "notAllowed"}),),
        "-R---",
        PARTIAL,
    ),
    Case(
        "a broken manifest still reserves",
        (whole(("C2PA", "cawg.training-mining", mining("notAllowed")), broken=True),),
        "RRR--",
        RESERVED,
        (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING),
    ),
    Case(
        "a broken manifest permits nothing",
        (whole(("C2PA", "cawg.training-mining", mining("allowed")), broken=True),),
        "-----",
        UNRESERVED,
    ),
    Case(
        "an earlier manifest of the work",
        (whole(("C2PA/parent", "c2pa.training-mining", mining("notAllowed", "c2pa.data_mining"))),),
        "RRR--",
        RESERVED,
        (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING),
    ),
    Case(
        "a component of the work",
        (whole(("C2PA/component", "cawg.training-mining", mining("notAllowed"))),),
        "RRR--",
        PARTIAL,
        (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING),
    ),
    Case(
        "a component's permission says nothing of the whole",
        (whole(("C2PA/component", "cawg.training-mining", mining("allowed"))), code(EXCEPT)),
        "RRR-A",
        RESERVED,
        (INFERENCE,),
    ),
    Case(
        "a component against the whole's permission",
        (
            whole(("C2PA/component", "cawg.training-mining", mining("notAllowed"))),
            code("DMI-ALLOWED"),
        ),
        "RRRAA",
        CONFLICT,
        (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING),
    ),
    Case(
        "plus in the metadata of a manifest",
        (jsonld(plus_DataMining=VOCABULARY + "DMI-PROHIBITED-AIMLTRAINING"),),
        "-RR--",
        PARTIAL,
    ),
    Case(
        "plus where it may not stand",
        (jsonld("c2pa.metadata", plus_DataMining={"@id": VOCABULARY + "DMI-PROHIBITED"}),),
        "RRR--",
        RESERVED,
        (INFERENCE, SEARCH),
    ),
    Case(
        "plus in the assertion before",
        (jsonld("stds.iptc", plus_DataMining=EXCEPT),),
        "RRR-A",
        RESERVED,
        (INFERENCE,),
    ),
    Case("tdm in the metadata of a manifest", (jsonld(t_reservation=1),), "RRR--", RESERVED),
    Case(
        "a text in the metadata of a manifest",
        (jsonld(dc_rights={"en": "Ask us.", "fr": "Fouille de textes réservée."}),),
        "RRR--",
        TEXT,
    ),
    Case(
        "another assertion", (jsonld("com.example.x", plus_DataMining=EXCEPT),), "-----", UNRESERVED
    ),
    # --- several vocabularies
    Case(
        "plus, tdmrep and cawg of one mind",
        (code(EXCEPT), tdm("1"), cawg({"cawg.data_mining": "notAllowed"})),
        "RRR-A",
        RESERVED,
        (INFERENCE, Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING),
    ),
    Case(
        "aipref, rsl and prose add up, but only the first two for machines",
        (
            aipref("train-genai=n"),
            entry("rsl:rsl", rsl(usage(prohibits="ai-input"))),
            text("Data mining is prohibited."),
        ),
        "RRRR-",
        PARTIAL,
    ),
    Case(
        "constrained in one place, reserved in another, allowed in a third",
        (code("DMI-PROHIBITED-SEECONSTRAINT"), aipref("tdm=n"), tdm("0")),
        "RRR--",
        CONFLICT,
        (INFERENCE,),
    ),
    Case(
        "search allowed here, reserved there",
        (code(EXCEPT), aipref("search=n, train-ai=n")),
        "RRR-R",
        CONFLICT,
        (INFERENCE, Use.AI_TRAINING),
    ),
    Case(
        "iptc's own namespace",
        (entry("Iptc4xmpExt:DataMining", EXCEPT),),
        "RRR-A",
        RESERVED,
        (INFERENCE,),
    ),
)


def found(case: Case) -> tuple[Statement, ...]:
    entries = statements(item for item in case.said if isinstance(item, Entry))
    others = (item for item in case.said if not isinstance(item, Entry))
    return (*entries, *(statement for item in others for statement in item))


def test_the_table_is_whole():
    assert len(CASES) >= 120
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
