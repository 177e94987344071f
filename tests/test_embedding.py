"""One file in, one reserved file out: what is promised, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mediaoptout import EmbedOptions, Reservation, embed, inspect, load_profile, verify
from mediaoptout.embedding import Declaration
from mediaoptout.records import EmbedRecord
from mediaoptout.vocabularies import plus
from mediaoptout.words import Carrier, Permission, Status, Use, Verdict
from tests.conftest import SAMPLES

PICTURE = SAMPLES / "jpeg/baseline.jpg"
EVERY = sorted(path for path in SAMPLES.glob("*/*") if path.is_file() and path.suffix != ".md")
NEVER_REWRITTEN = ("ac3",)  # tests/embedding looks at what gets sidecars
OPTIONS = EmbedOptions(sign=False)


def made(source: Path, target: Path, *settings: str, **options: Any) -> EmbedRecord:
    return embed(
        source,
        target,
        reservation=load_profile("eu-tdm", settings),
        options=EmbedOptions(**{"sign": False, **options}),
    )


@pytest.mark.parametrize(
    "path",
    [path for path in EVERY if path.parent.name not in NEVER_REWRITTEN],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_every_sample(path, tmp_path):
    before = path.read_bytes()
    target = tmp_path / path.name
    record = made(path, target, wrap_jxl=True)
    assert record.status is Status.WRITTEN, record.error
    assert path.read_bytes() == before
    assert (record.path, record.output) == (str(path), str(target))
    assert record.essence.unchanged
    assert target.stat().st_size == record.bytes_copied + record.bytes_inserted
    assert list(tmp_path.iterdir()) == [target]
    verified = verify(target)
    assert verified.verdict is Verdict.RESERVED
    assert not set(record.carriers) & set(verified.missing)
    assert made(path, target, wrap_jxl=True).status is Status.UNCHANGED
    assert made(target, tmp_path / "again").status is Status.UNCHANGED
    assert not (tmp_path / "again").exists()


def test_the_uses_reach_the_code(tmp_path):
    for uses, code in (
        ({Use.DATA_MINING: Permission.RESERVED}, plus.PROHIBITED),
        ({Use.DATA_MINING: Permission.CONSTRAINED}, plus.SEE_CONSTRAINT),
        ({Use.GENERATIVE_AI_TRAINING: Permission.RESERVED}, plus.GENERATIVE_TRAINING),
        (
            {Use.AI_TRAINING: Permission.RESERVED, Use.GENERATIVE_AI_TRAINING: Permission.RESERVED},
            plus.AI_TRAINING,
        ),
    ):
        target = tmp_path / f"{code}.jpg"
        record = embed(PICTURE, target, reservation=Reservation(uses=uses), options=OPTIONS)
        assert record.status is Status.WRITTEN
        said = {item.property: item.value for item in verify(target).statements}
        assert said["plus:DataMining"] == plus.VOCABULARY + code
        assert ("tdm:reservation" in said) == (Use.DATA_MINING in uses)


def test_what_the_format_cannot_say_to_machines_is_told(tmp_path):
    narrow = Reservation(uses={Use.AI_INFERENCE: Permission.RESERVED})
    record = embed(PICTURE, tmp_path / "x.jpg", reservation=narrow, options=OPTIONS)
    assert record.status is Status.WRITTEN
    assert any("only as text" in warning for warning in record.warnings)


def test_the_first_run_dates_it_and_later_ones_do_not(tmp_path):
    today = datetime.now(UTC).date().isoformat()
    made(PICTURE, tmp_path / "x.jpg")
    assert any(today in text for _, text in inspect(tmp_path / "x.jpg").texts)
    dated = made(PICTURE, tmp_path / "y.jpg", "declaration.date=2020-02-03")
    assert dated.status is Status.WRITTEN
    assert made(tmp_path / "y.jpg", tmp_path / "z.jpg").status is Status.UNCHANGED
    assert any("2020-02-03" in text for _, text in inspect(tmp_path / "y.jpg").texts)


def test_a_declaration_is_completed():
    bare = Declaration.of(Reservation(uses={Use.DATA_MINING: Permission.RESERVED}))
    names = [item.name for item in bare.properties]
    assert "xmpRights:UsageTerms" in names
    assert bare.reserved == {Use.DATA_MINING}
    dated = Reservation(
        uses={Use.DATA_MINING: Permission.RESERVED},
        declared=date(2020, 1, 1),
        texts=(("en", "No."),),
    )
    terms = next(
        item for item in Declaration.of(dated).properties if item.name == "xmpRights:UsageTerms"
    )
    assert "No." in str(terms.value)


def test_another_profile_changes_the_file(tmp_path):
    made(PICTURE, tmp_path / "x.jpg")
    record = made(tmp_path / "x.jpg", tmp_path / "y.jpg", "holder.name=Jane Doe")
    assert record.status is Status.WRITTEN
    assert inspect(tmp_path / "y.jpg").holders == ("Jane Doe",)
    assert "Jane Doe" in inspect(tmp_path / "y.jpg").texts[0][1]


def test_in_place(tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(PICTURE.read_bytes())
    path.chmod(0o640)
    record = embed(path, options=OPTIONS)
    assert (record.status, record.output) == (Status.WRITTEN, str(path))
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]
    assert embed(path, options=OPTIONS).status is Status.UNCHANGED


def test_a_dry_run(tmp_path):
    target = tmp_path / "new" / "x.jpg"
    record = made(PICTURE, target, dry_run=True)
    assert (record.status, record.output) == (Status.PLANNED, str(target))
    assert record.bytes_inserted > 0
    assert list(tmp_path.iterdir()) == []
    made(PICTURE, target)
    assert made(PICTURE, target, dry_run=True).status is Status.UNCHANGED


def test_an_output_that_exists(tmp_path):
    target = tmp_path / "x.jpg"
    target.write_bytes(b"mine")
    record = made(PICTURE, target)
    assert record.status is Status.REFUSED
    assert record.error is not None and record.error.code == "output-exists"
    assert target.read_bytes() == b"mine"
    assert made(PICTURE, target, dry_run=True).status is Status.REFUSED
    assert made(PICTURE, target, overwrite=True).status is Status.WRITTEN


def test_an_output_that_cannot_be(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    record = made(PICTURE, tmp_path / "file" / "x.jpg")
    assert record.status is Status.FAILED
    assert record.error is not None and record.error.fix


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("x.jpg", b"", Status.FAILED, "not-media"),
        ("x.jpg", b"text", Status.FAILED, "not-media"),
        ("x.txt", b"text", Status.UNSUPPORTED, "unsupported"),
        ("x.jpg", b"#!AMR\n" + bytes(100), Status.UNSUPPORTED, "unsupported"),
        ("x.bmp", b"BM" + bytes(100), Status.FAILED, "not-media"),
        ("x.jpg", None, Status.FAILED, "unreadable"),
    ],
)
def test_what_is_not_written(tmp_path, name, content, status, code):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    record = made(path, tmp_path / "out")
    assert record.status is status
    assert record.error is not None and record.error.code == code
    assert record.output is None
    assert not (tmp_path / "out").exists()


def test_a_broken_packet_is_never_replaced(tmp_path):
    made(PICTURE, tmp_path / "x.jpg")
    data = (tmp_path / "x.jpg").read_bytes()
    assert data.count(b"</rdf:RDF>") == 1
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(data.replace(b"</rdf:RDF>", b"</rdf:RDX>"))
    for force in (False, True):
        record = made(broken, tmp_path / "y.jpg", force=force)
        assert record.status is Status.REFUSED
        assert record.error is not None and record.error.code == "damaged-carrier"
    assert verify(broken).verdict is Verdict.DAMAGED
    assert not (tmp_path / "y.jpg").exists()


@pytest.fixture
def identity(tmp_path, monkeypatch):
    """An identity of the test's own."""
    from mediaoptout.credentials.session import current

    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(tmp_path / "config"))
    current.cache_clear()
    yield
    current.cache_clear()


def test_signed_then_not(tmp_path, identity):
    target = tmp_path / "x.jpg"
    record = made(PICTURE, target, sign=True)
    assert Carrier.C2PA in record.carriers
    assert made(PICTURE, target, sign=True).status is Status.UNCHANGED
    # The same statements are there: nothing would change, so nothing breaks.
    assert made(target, tmp_path / "y.jpg").status is Status.UNCHANGED
    refused = made(target, tmp_path / "y.jpg", "holder.name=Jane Doe")
    assert refused.status is Status.REFUSED
    assert refused.error is not None and refused.error.code == "credential-present"
    taken = made(target, tmp_path / "z.jpg", "holder.name=Jane Doe", break_credential=True)
    assert taken.status is Status.WRITTEN
    assert Carrier.C2PA not in taken.carriers
    assert verify(tmp_path / "z.jpg").credential.integrity == "absent"


def test_signed_again_with_more_to_say(tmp_path, identity):
    made(PICTURE, tmp_path / "x.jpg", sign=True)
    record = made(tmp_path / "x.jpg", tmp_path / "y.jpg", "holder.name=Jane Doe", sign=True)
    assert record.status is Status.WRITTEN
    verified = verify(tmp_path / "y.jpg")
    assert (verified.credential.integrity, verified.verdict) == ("intact", "reserved")
    assert len(inspect(tmp_path / "y.jpg").chain) == 2


def test_a_tampered_file_still_reserves_and_says_so(tmp_path, identity):
    made(PICTURE, tmp_path / "x.jpg", sign=True)
    data = bytearray((tmp_path / "x.jpg").read_bytes())
    data[-20] ^= 1
    (tmp_path / "x.jpg").write_bytes(data)
    verified = verify(tmp_path / "x.jpg")
    assert verified.verdict is Verdict.RESERVED
    assert verified.credential.integrity == "broken"
    assert "credential-broken" in [finding.rule for finding in verified.findings]
    refused = made(tmp_path / "x.jpg", tmp_path / "y.jpg", "holder.name=X", sign=True)
    assert refused.status is Status.REFUSED
    assert refused.error is not None and refused.error.code == "credential-broken"
