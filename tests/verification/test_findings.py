"""What is said of a file beside its verdict."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mediaoptout import EmbedOptions, embed, inspect, load_profile, verify
from mediaoptout.verification.look import _articles
from mediaoptout.words import Carrier, Permission, Severity, Use, Verdict
from tests.conftest import SAMPLES

RESERVED = b"DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"


def tagged(tmp_path: Path, sample: str, *settings: str) -> Path:
    source = SAMPLES / sample
    target = tmp_path / source.name
    reservation = load_profile("eu-tdm", settings)
    embed(source, target, reservation=reservation, options=EmbedOptions(sign=False))
    return target


def changed(path: Path, old: bytes, new: bytes) -> Path:
    """The same file with one text in it replaced by another of the same length."""
    assert len(old) == len(new)
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    return path


def rules(path: Path) -> dict[str, Severity]:
    return {finding.rule: finding.severity for finding in verify(path).findings}


def test_a_conflict_names_both_sides(tmp_path):
    path = tagged(tmp_path, "mp3/no-tag.mp3")
    allowed = b"DMI-ALLOWED".ljust(len(RESERVED))
    record = verify(changed(path, RESERVED, allowed))
    assert record.verdict is Verdict.CONFLICT
    assert record.uses[Use.DATA_MINING] is Permission.RESERVED
    (message,) = (
        finding.message for finding in record.findings if finding.rule == "statements-conflict"
    )
    assert "tdm:reservation 1" in message and "TXXX:TDM-RESERVATION 1" in message
    assert "DMI-ALLOWED" in message and "allows data_mining" in message


def test_the_same_key_twice_with_different_values(tmp_path):
    path = tagged(tmp_path, "flac/plain.flac", "holder.name=TDM-RESERVATION=0")
    assert "statements-differ" not in rules(path)
    jpeg = tagged(tmp_path, "jpeg/baseline.jpg", "policy.url=https://example.org/policy")
    data = jpeg.read_bytes()
    start = data.index(b"\xff\xe1")
    size = int.from_bytes(data[start + 2 : start + 4], "big")
    segment = data[start : start + 2 + size]
    twice = (
        data[:start]
        + segment
        + segment.replace(b"/policy<", b"/POLICY<")
        + data[start + 2 + size :]
    )
    jpeg.write_bytes(twice)
    found = rules(jpeg)
    assert found.get("statements-differ") is Severity.WARNING
    assert verify(jpeg).verdict is Verdict.RESERVED


def test_what_is_missing(tmp_path):
    assert Carrier.XMP in verify(SAMPLES / "png/rgb.png").missing
    assert verify(tagged(tmp_path, "png/rgb.png")).missing == (Carrier.C2PA,)


@pytest.mark.parametrize(
    ("new", "verdict", "rule"),
    [
        (b"DMI-PROHIBITED-AIMLTRAINING", Verdict.PARTIAL, "uses-unreserved"),
        (b"DMI-UNSPECIFIED", Verdict.TEXT_ONLY, "prose-only"),
        (b"DMI-ALLOWED", Verdict.CONFLICT, "statements-conflict"),
    ],
)
def test_each_verdict_has_its_reason(tmp_path, new, verdict, rule):
    path = tagged(tmp_path, "png/rgb.png")
    changed(path, RESERVED, new.ljust(len(RESERVED)))
    changed(path, b"<tdm:reservation>1<", b"<tdm:reservation>x<")
    record = verify(path)
    assert record.verdict is verdict
    found = {finding.rule: finding for finding in record.findings}
    assert found[rule].severity is Severity.ERROR
    assert found[rule].fix


def test_a_damaged_block(tmp_path):
    path = changed(tagged(tmp_path, "mp4/faststart.mp4"), b"</rdf:RDF>", b"</rdf:RDX>")
    record = verify(path)
    assert record.verdict is Verdict.DAMAGED
    assert rules(path)["carrier-damaged"] is Severity.ERROR
    assert record.uses[Use.DATA_MINING] is Permission.RESERVED  # as the tags say


def test_an_extension_that_does_not_fit(tmp_path):
    path = tagged(tmp_path, "png/rgb.png").rename(tmp_path / "x.wav")
    assert rules(path) == {"extension-mismatch": Severity.WARNING}
    assert rules(path.rename(tmp_path / "x")) == {}


def test_what_inspect_adds(tmp_path):
    path = tagged(
        tmp_path,
        "jpeg/baseline.jpg",
        "holder.name=Jane Doe",
        "basis.articles=Art. 4(3) Directive (EU) 2019/790; CPI art. L. 122-5-3",
    )
    record = inspect(path)
    assert record.holders == ("Jane Doe",)
    assert [language for language, _ in record.texts] == ["en", "fr"]
    assert record.legal_basis == ("Art. 4(3) Directive (EU) 2019/790", "CPI art. L. 122-5-3")
    assert record.chain == ()
    assert record.summary == (
        "Jane Doe reserves text and data mining, AI training and generative AI training in a form"
        f" that machines can read; declared on {datetime.now(UTC).date()}."
    )
    assert record.declaration is not None
    assert record.declaration.legal_basis == ("eu-tdm", "CPI art. L. 122-5-3")


@pytest.mark.parametrize(
    ("text", "articles"),
    [
        ("", []),
        ("no brackets 2019/790", []),
        ("(a) (b)", []),
        ("x (Art. 4(3) Directive (EU) 2019/790) y", ["Art. 4(3) Directive (EU) 2019/790"]),
        (
            "(Directive (EU) 2019/790 art. 4(3); § 44b UrhG)",
            ["Directive (EU) 2019/790 art. 4(3)", "§ 44b UrhG"],
        ),
        ("(((2019/790", []),
        (")))2019/790)(L.122-5-3)", ["L.122-5-3"]),
    ],
)
def test_articles(text, articles):
    assert list(_articles(text)) == articles


def test_what_is_not_there():
    record = verify("absent.jpg")
    assert record.verdict is None
    assert record.error is not None and record.error.code == "unreadable"
    assert inspect("absent.jpg").summary == record.error.message
