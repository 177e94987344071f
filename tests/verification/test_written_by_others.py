"""Files that others wrote are read rightly: ExifTool, the C2PA library, mutagen, packets."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mediaoptout import inspect, verify
from mediaoptout.records import VerifyRecord
from mediaoptout.words import Carrier, Integrity, Permission, Use, Verdict, Vocabulary
from tests.conftest import CORPUS, SAMPLES
from tests.credentials.identities import made
from tests.witnesses import exiftool_command

LETTERS = {
    Permission.RESERVED: "R",
    Permission.CONSTRAINED: "C",
    Permission.ALLOWED: "A",
    Permission.UNSTATED: "-",
}


def uses(record: VerifyRecord) -> str:
    """What holds for each use, in the order of `Use`."""
    return "".join(LETTERS[record.uses[use]] for use in Use)


def copied(sample: str, folder: Path) -> Path:
    return Path(shutil.copy(SAMPLES / sample, folder))


# --- ExifTool ------------------------------------------------------------------------------


@pytest.fixture
def write(tmp_path):
    """Let ExifTool write tags into a copy of a sample."""
    command = exiftool_command()
    if command is None:
        pytest.skip("no ExifTool here (set EXIFTOOL)")

    def written(sample: str, *tags: str) -> Path:
        path = copied(sample, tmp_path)
        done = subprocess.run(
            [*command, "-overwrite_original", *tags, str(path)], capture_output=True, text=True
        )
        assert "1 image files updated" in done.stdout, done.stderr
        return path

    return written


def test_the_values_of_the_reference_image_of_the_iptc(write):
    path = write(
        "jpeg/baseline.jpg",
        "-XMP-plus:DataMining=Prohibited for Generative AI/ML training",
        "-XMP-plus:OtherConstraints="
        "Data Mining for Generative AI/ML training is definitely prohibited",
        "-XMP-iptcExt:EmbdEncRightsExpr={EncRightsExpr=The Encoded Rights Expression,"
        "RightsExprEncType=IANA Media Type}",
        "-XMP-plus:CopyrightOwnerName=Copyright Owner Name 1",
        "-XMP-dc:Rights=Copyright (Notice) IPTC",
    )
    record = inspect(path)
    assert (uses(record.verify), record.verify.verdict) == ("RRR--", Verdict.PARTIAL)
    assert record.summary.startswith(
        "Copyright Owner Name 1 reserves only generative AI training in a form that machines can "
        "read, and text and data mining and AI training in natural language"
    )


@pytest.mark.parametrize(
    ("label", "said", "verdict"),
    [
        ("Unspecified - no prohibition defined", "-----", Verdict.UNRESERVED),
        ("Allowed", "AAAAA", Verdict.ALLOWED),
        ("Prohibited for AI/ML training", "-RR--", Verdict.PARTIAL),
        ("Prohibited for Generative AI/ML training", "--R--", Verdict.PARTIAL),
        ("Prohibited except for search engine indexing", "RRR-A", Verdict.RESERVED),
        ("Prohibited", "RRR--", Verdict.RESERVED),
        ("Prohibited, see plus:OtherConstraints", "CCC--", Verdict.RESERVED),
        ("Prohibited, see iptcExt:EmbdEncRightsExpr", "CCC--", Verdict.RESERVED),
        ("Prohibited, see iptcExt:LinkedEncRightsExpr", "CCC--", Verdict.RESERVED),
    ],
)
@pytest.mark.parametrize("sample", ["jpeg/baseline.jpg", "png/rgb.png"])
def test_the_nine_values_of_plus(write, sample, label, said, verdict):
    record = verify(write(sample, f"-XMP-plus:DataMining={label}"))
    assert (uses(record), record.verdict) == (said, verdict)
    (statement,) = record.statements
    assert statement.vocabulary is Vocabulary.PLUS and statement.carrier is Carrier.XMP


def test_constraints_and_expressions(write):
    policy = json.dumps({"permission": [{"action": "tdm:mine", "duty": [{"action": "pay"}]}]})
    xml = (
        '<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>'
        '<prohibits type="usage">ai-input</prohibits></license></content></rsl>'
    )
    path = write(
        "jpeg/baseline.jpg",
        "-XMP-plus:DataMining=Prohibited, see plus:OtherConstraints",
        "-XMP-plus:OtherConstraints=Text and data mining only with our licence.",
        "-XMP-plus:OtherConstraints-fr=Fouille de textes et de données : licence requise.",
        f"-XMP-iptcExt:EmbdEncRightsExpr={{EncRightsExpr={_escaped(policy)}}}",
        f"-XMP-iptcExt:EmbdEncRightsExpr+={{EncRightsExpr={_escaped(xml)}}}",
        "-XMP-iptcExt:LinkedEncRightsExpr={LinkedRightsExpr=https://example.org/policy.json}",
    )
    record = verify(path)
    assert uses(record) == "RRRR-"
    assert {item.vocabulary for item in record.statements} == {
        Vocabulary.PLUS,
        Vocabulary.PROSE,
        Vocabulary.TDMREP,
        Vocabulary.RSL,
    }


def _escaped(text: str) -> str:
    """A text inside a structure, as ExifTool wants it."""
    return "".join(f"|{char}" if char in "|{}[],=" else char for char in text)


def test_owners_and_licensors(write):
    path = write(
        "jpeg/baseline.jpg",
        "-XMP-plus:CopyrightOwner={CopyrightOwnerName=Example Press,CopyrightOwnerID=urn:isni:1}",
        "-XMP-plus:Licensor={LicensorName=Desk,LicensorURL=https://example.org/licence}",
        "-XMP-xmpRights:UsageTerms=No AI training.",
        "-XMP-dc:Identifier=urn:isan:0000-0000-3A8D-0000-Z-0000-0000-6",
    )
    record = inspect(path)
    assert record.holders == ("Example Press (urn:isni:1)",)
    assert record.works == ("ISAN 0000-0000-3A8D-0000-Z-0000-0000-6",)
    assert "ask https://example.org/licence for a licence" in record.summary
    assert "Example Press reserves AI training" in record.summary
    assert record.declaration is None


@pytest.mark.parametrize("tag", ["XMP-xmpRights:WebStatement", "XMP-cc:License"])
def test_creative_commons(write, tag):
    url = "https://creativecommons.org/licenses/by-nc/4.0/"
    record = inspect(write("jpeg/baseline.jpg", f"-{tag}={url}"))
    assert record.verify.verdict is Verdict.UNRESERVED
    (statement,) = record.verify.statements
    assert statement.vocabulary is Vocabulary.RIGHTS and statement.value == url
    assert "licence" not in record.summary


# --- packets -------------------------------------------------------------------------------

RSL = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="RSL/1.0">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:rsl="https://rslstandard.org/rsl">{before}{rsl}{after}</rdf:RDF></x:xmpmeta>'
)
SPACE = 'xmlns:rsl="https://rslstandard.org/rsl"'
LICENCE = (
    '<rsl:rsl><rsl:content url="https://example.org/a.jpg"><rsl:license>'
    '<rsl:prohibits type="usage">ai-all</rsl:prohibits>'
    "</rsl:license></rsl:content></rsl:rsl>"
)


@pytest.mark.parametrize(
    ("before", "after"),
    [('<rdf:Description rdf:about="">', "</rdf:Description>"), ("", "")],
    ids=["in a description", "beside one"],
)
def test_rsl_in_its_odd_form(tmp_path, before, after):
    path = copied("png/rgb.png", tmp_path)
    packet = RSL.format(before=before, rsl=LICENCE, after=after)
    path.with_suffix(".xmp").write_text(packet, "utf-8")
    record = verify(path)
    assert uses(record) == "-RRR-"
    (statement,) = record.statements
    assert (statement.vocabulary, statement.carrier) == (Vocabulary.RSL, Carrier.SIDECAR_XMP)


def test_tags_of_others(tmp_path):
    mutagen = pytest.importorskip("mutagen.flac")
    path = copied("flac/plain.flac", tmp_path)
    file = mutagen.FLAC(path)
    file["CONTENT-USAGE"] = "train-ai=n, search=y"
    file["ISRC"] = ["FR-Z03-98-00212", "FRZ039800213"]
    file["RSL"] = LICENCE.replace("<rsl:rsl>", f"<rsl:rsl {SPACE}>")
    file["LICENSE"] = "http://creativecommons.org/publicdomain/zero/1.0/"
    file.save()
    record = inspect(path)
    assert uses(record.verify) == "-RRRA"
    assert [item.vocabulary for item in record.verify.statements] == [
        Vocabulary.AIPREF,
        Vocabulary.RSL,
        Vocabulary.RIGHTS,
    ]
    assert record.works == ("ISRC FR-Z03-98-00212", "ISRC FR-Z03-98-00213")


def test_texts_of_others_in_png(tmp_path):
    image = pytest.importorskip("PIL.Image")
    info = pytest.importorskip("PIL.PngImagePlugin").PngInfo()
    info.add_itxt("RSL", LICENCE.replace("<rsl:rsl>", f"<rsl:rsl {SPACE}>"))
    info.add_text("Comment", "noai")
    image.open(SAMPLES / "png/rgb.png").save(tmp_path / "a.png", pnginfo=info)
    record = verify(tmp_path / "a.png")
    assert uses(record) == "-RRR-"
    assert {item.vocabulary for item in record.statements} == {Vocabulary.RSL, Vocabulary.PROSE}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("jpg/datamining_prohibited_element.jpg", "RRR--"),
        ("jpg/noai_dcrights_tdm_reservation.jpg", "RRR--"),
        ("heic/datamining_prohibited.heic", "RRR--"),
        ("jpg/iptc_rights_plus_webstatement.jpg", "-----"),
        ("jpg/c2pa_cawg_training_mining_xmp_exif.jpg", "--RR-"),
        ("jpg/c2pa_valid_training_mining.jpg", "CRRR-"),
        ("png/c2pa_training_mining_xmp_exif.png", "RRRR-"),
        ("heic/c2pa_v2_training_mining.heic", "RRRR-"),
        ("webp/datamining_genai_resource.webp", "--R--"),
        ("tiff/datamining_exceptsearch_seeconstraint.tif", "CRR--"),
        ("mov/datamining_xmp.mov", "AAAAA"),
        ("mp3/datamining_priv_xmp_txxx_tdm.mp3", "RRR--"),
        ("flac/vc_tdm_noai.flac", "RRR--"),
    ],
)
def test_files_of_the_corpus(name, said):
    path = CORPUS / name
    if not path.is_file():
        pytest.skip("no corpus here")
    assert uses(verify(path)) == said


# --- the C2PA library ----------------------------------------------------------------------


class Signer:
    """Signs as c2patool would: the library, a definition, nothing of ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.identity = made(folder / "identity")

    def sign(
        self,
        source: Path,
        name: str,
        *assertions: dict[str, Any],
        ingredients: tuple[tuple[Path, str], ...] = (),
    ) -> Path:
        from c2pa import Builder, C2paBuilderIntent, C2paSignerInfo, Context
        from c2pa import Signer as LibrarySigner

        info = C2paSignerInfo(
            alg=b"es256",
            sign_cert=self.identity.chain,
            private_key=self.identity.key,
            ta_url=None,
        )
        settings = {"builder": {"thumbnail": {"enabled": False}}}
        definition = {
            "claim_generator_info": [{"name": "somebody", "version": "1"}],
            "title": name,
            "format": "image/png",
            "assertions": [
                {
                    "label": "c2pa.actions.v2",
                    "data": {
                        "actions": [
                            {
                                "action": "c2pa.created",
                                "digitalSourceType": "http://cv.iptc.org/newscodes/"
                                "digitalsourcetype/digitalCreation",
                            }
                        ]
                    },
                },
                *assertions,
            ],
        }
        edits = any(relation == "parentOf" for _, relation in ingredients)
        if edits:
            definition["assertions"] = list(assertions)
        builder = Builder(json.dumps(definition), context=Context.from_dict(settings))
        if edits:
            builder.set_intent(C2paBuilderIntent.EDIT)
        for path, relation in ingredients:
            said = json.dumps({"title": path.name, "relationship": relation})
            with path.open("rb") as stream:
                builder.add_ingredient(said, "image/png", stream)
        target = self.folder / name
        with source.open("rb") as old, target.open("wb+") as new:
            builder.sign(LibrarySigner.from_info(info), "image/png", old, new)
        return target


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return Signer(tmp_path_factory.mktemp("signer"))


PNG = SAMPLES / "png/rgb.png"


def mining(prefix: str, word: str, **entry: str) -> dict[str, Any]:
    """The assertion as the old label and Spawning's tools have it, or the new one."""
    keys = ("data_mining", "ai_training", "ai_generative_training", "ai_inference")
    entries = {f"{prefix}.{key}": {"use": word, **entry} for key in keys}
    return {"label": f"{prefix}.training-mining", "data": {"entries": entries}}


def bare(assertion: dict[str, Any]) -> dict[str, Any]:
    """Without the wrapper, as CAWG 1.0 defined it."""
    return {"label": assertion["label"], "data": assertion["data"]["entries"]}


@pytest.mark.parametrize(
    ("assertion", "said", "vocabulary"),
    [
        (mining("c2pa", "notAllowed"), "RRRR-", Vocabulary.C2PA_LEGACY),
        (mining("cawg", "notAllowed"), "RRRR-", Vocabulary.CAWG),
        (bare(mining("cawg", "notAllowed")), "RRRR-", Vocabulary.CAWG),
        (mining("c2pa", "allowed"), "AAAA-", Vocabulary.C2PA_LEGACY),
        (mining("cawg", "constrained", constraint_info="https://x/"), "CCCC-", Vocabulary.CAWG),
        (mining("cawg", "constrained"), "RRRR-", Vocabulary.CAWG),
    ],
    ids=["old label", "new label", "1.0", "allowed", "constrained", "constrained without more"],
)
def test_labels(signer, assertion, said, vocabulary):
    record = verify(signer.sign(PNG, "labels.png", assertion))
    assert record.credential.integrity is Integrity.INTACT
    assert uses(record) == said
    assert {item.vocabulary for item in record.statements} == {vocabulary}


def test_metadata_in_a_manifest(signer):
    context = {
        "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
        "dc": "http://purl.org/dc/elements/1.1/",
    }
    said = {
        "@context": context,
        "plus:DataMining": "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING",
        "dc:identifier": "urn:eidr:10.5240:7791-8534-2C23-9030-8610-5",
    }
    path = signer.sign(
        PNG, "metadata.png", {"label": "cawg.metadata", "data": said, "kind": "Json"}
    )
    record = inspect(path)
    assert uses(record.verify) == "-RR--"
    assert record.works == ("EIDR 10.5240/7791-8534-2C23-9030-8610-5",)


def test_what_was_said_before_is_inherited(signer):
    first = signer.sign(PNG, "first.png", mining("c2pa", "notAllowed"))
    second = signer.sign(first, "second.png", ingredients=((first, "parentOf"),))
    third = signer.sign(second, "third.png", ingredients=((second, "parentOf"),))
    record = inspect(third)
    assert uses(record.verify) == "RRRR-"
    assert {item.location for item in record.verify.statements} == {
        "C2PA/parent/parent/c2pa.training-mining"
    }
    assert record.verify.verdict is Verdict.RESERVED
    assert record.chain[1].startswith("parentOf: second.png, signed by Test")


def test_the_active_manifest_speaks_for_itself(signer):
    first = signer.sign(PNG, "reserved.png", mining("cawg", "notAllowed"))
    allowing = mining("cawg", "allowed")
    second = signer.sign(first, "allowed.png", allowing, ingredients=((first, "parentOf"),))
    assert uses(verify(second)) == "AAAA-"


def test_a_component_reserves_a_part(signer):
    part = signer.sign(PNG, "part.png", mining("cawg", "notAllowed"))
    collage = signer.sign(PNG, "collage.png", ingredients=((part, "componentOf"),))
    record = inspect(collage)
    assert record.verify.verdict is Verdict.PARTIAL
    assert uses(record.verify) == "RRRR-"
    assert all(item.partial for item in record.verify.statements)
    assert record.summary.startswith("A component of the file reserves only")
    assert any(
        "for a component of the file only" in item.message for item in record.verify.findings
    )


def test_a_component_s_permission_is_none(signer):
    part = signer.sign(PNG, "free.png", mining("cawg", "allowed"))
    collage = signer.sign(PNG, "of-free.png", ingredients=((part, "componentOf"),))
    assert uses(verify(collage)) == "-----"


def test_under_a_broken_signature_only_a_reservation_counts(signer):
    for word, said in (("notAllowed", "RRRR-"), ("allowed", "-----")):
        path = signer.sign(PNG, f"broken-{word}.png", mining("cawg", word))
        data = bytearray(path.read_bytes())
        data[data.index(b"IDAT") + 8] ^= 1
        path.write_bytes(data)
        record = verify(path)
        assert record.credential.integrity is Integrity.BROKEN
        assert uses(record) == said
