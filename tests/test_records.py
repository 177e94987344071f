"""Records are what the shipped schemas say, and the schemas know the contract's words."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from mediaoptout import embed, inspect, verify
from mediaoptout.credentials.credential import Credential
from mediaoptout.embedding import EmbedOptions
from mediaoptout.errors import ErrorInfo, UsageError
from mediaoptout.records import (
    RECORDS,
    EmbedRecord,
    Essence,
    Finding,
    InspectRecord,
    VerifyRecord,
    schema,
    to_line,
)
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Capacity, Holder, Licence, Role, Work
from mediaoptout.vocabularies.declaration import Facts
from mediaoptout.vocabularies.statement import Meaning, Statement
from mediaoptout.words import (
    Carrier,
    Exit,
    Integrity,
    Permission,
    Severity,
    Status,
    Trust,
    Use,
    Verdict,
    Vocabulary,
)
from tests.conftest import SAMPLES

OPTIONAL = {"changes"}
"""Fields that a record has in dry runs only."""
EVERY = sorted(path for path in SAMPLES.glob("*/*") if path.is_file())
ERROR = ErrorInfo("code", "message", "offset 4", "do it")


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema(name)))


def check(record: EmbedRecord | VerifyRecord | InspectRecord) -> dict[str, Any]:
    line = to_line(record)
    assert "\n" not in line
    data: dict[str, Any] = json.loads(line)
    name = data["schema"].partition(".")[2].partition("/")[0]
    validator(name).validate(data)
    return data


@pytest.mark.parametrize("name", RECORDS)
def test_the_schemas_are_schemas(name):
    data = json.loads(schema(name))
    Draft202012Validator.check_schema(data)
    assert data["$id"] == f"urn:mediaoptout:schema:{name}:1"
    assert data["properties"]["schema"] == {"const": f"mediaoptout.{name}/1"}
    assert strict(data) == []


def strict(data: Any, path: str = "") -> list[str]:
    """The objects that would take any property, or lack one that they have."""
    open_ones: list[str] = []
    if isinstance(data, dict):
        if "properties" in data and path.rpartition("/")[2] != "properties":
            if data.get("additionalProperties") is not False:
                open_ones.append(path)
            if set(data.get("required", ())) != set(data["properties"]) - OPTIONAL:
                open_ones.append(f"{path} (required)")
        for key, value in data.items():
            open_ones += strict(value, f"{path}/{key}")
    return open_ones


def test_the_schemas_know_the_words():
    def enum(data: dict[str, Any]) -> set[str | None]:
        return set(data["enum"])

    embed_schema, verify_schema = json.loads(schema("embed")), json.loads(schema("verify"))
    assert enum(embed_schema["properties"]["status"]) == set(Status)
    assert enum(verify_schema["properties"]["verdict"]) == {*Verdict, None}
    assert set(verify_schema["properties"]["uses"]["properties"]) == set(Use)
    credential = verify_schema["$defs"]["credential"]["properties"]
    statement = verify_schema["$defs"]["statement"]["properties"]
    assert enum(credential["integrity"]) == set(Integrity)
    assert enum(credential["trust"]) == set(Trust)
    assert enum(statement["vocabulary"]) == set(Vocabulary)
    assert enum(verify_schema["$defs"]["finding"]["properties"]["severity"]) == set(Severity)
    for name in RECORDS:
        defs = json.loads(schema(name))["$defs"]
        assert enum(defs["carrier"]) == set(Carrier)
        if name != "embed":
            assert enum(defs["use"]) == set(Use)
            assert enum(defs["permission"]) == set(Permission)
            assert verify_schema["$defs"].items() <= defs.items()
    inspect_schema = json.loads(schema("inspect"))
    defs = inspect_schema["$defs"]
    assert enum(defs["holder"]["properties"]["role"]) == {*Role, None}
    assert enum(defs["identifiers"]["items"]["properties"]["scheme"]) == set(Scheme)
    declared = inspect_schema["properties"]["declaration"]["anyOf"][1]["properties"]
    assert enum(declared["capacity"]) == {*Capacity, None}


def test_there_is_no_other_schema():
    with pytest.raises(UsageError):
        schema("strip")


STATEMENT = Statement(
    Vocabulary.PLUS,
    Carrier.XMP,
    "APP1",
    "plus:DataMining",
    "x",
    Meaning({Use.SEARCH: Permission.ALLOWED}, (Use.AI_INFERENCE,)),
)
FULL = VerifyRecord(
    path="a",
    container="jpeg",
    size=1,
    verdict=Verdict.PARTIAL,
    uses={Use.SEARCH: Permission.ALLOWED},
    statements=(STATEMENT,),
    credential=Credential(
        Integrity.INTACT, Trust.TRUSTED, "X", "2026-01-01T00:00:00Z", True, ("c",)
    ),
    missing=(Carrier.C2PA,),
    findings=(Finding("r", Severity.INFO, "m", "f"), Finding("r", Severity.ERROR, "m")),
    error=ERROR,
)


@pytest.mark.parametrize("status", Status)
def test_embed_records(status):
    check(EmbedRecord(path="a", status=status))
    data = check(
        EmbedRecord(
            path="a",
            status=status,
            output="b",
            container="wav",
            carriers=tuple(Carrier),
            sidecars=("b.xmp",),
            bytes_copied=1,
            bytes_inserted=2,
            essence=Essence(True, "spans", "md5:00"),
            warnings=("w",),
            error=ERROR,
        )
    )
    assert data["error"] == {"code": "code", "message": "message", "at": "offset 4", "fix": "do it"}


FACTS = Facts(
    holders=(Holder("h", Role.PERFORMER, (Identifier.parse(Scheme.ISNI, "0000000121032683"),)),),
    works=(Work("t", "a", (Identifier.parse(Scheme.ISRC, "FRZ039800212"),)),),
    capacity=Capacity.REPRESENTATIVE,
    declarant=Holder("d", Role.COLLECTING_SOCIETY),
    represented="its members",
    mandate="m",
    reserve="r",
    legal_basis=("eu-tdm",),
    declared=date(2026, 11, 22),
    reference="1",
    supersedes="0",
    licences=(Licence("l", (Use.AI_TRAINING,), date(2027, 1, 1), "c"),),
)


def test_verify_and_inspect_records():
    check(VerifyRecord(path="a"))
    data = check(FULL)
    assert set(data["uses"]) == set(Use)
    assert data["uses"]["data_mining"] == "unstated"
    assert data["statements"][0]["implied"] == ["ai_inference"]
    check(InspectRecord(verify=VerifyRecord(path="a"), summary="x"))
    more = check(
        InspectRecord(
            verify=FULL,
            holders=("h",),
            works=("w",),
            legal_basis=("l",),
            texts=(("en", "t"),),
            chain=("c",),
            summary="s",
            declaration=FACTS,
        )
    )
    assert more["declaration"]["holders"][0]["identifiers"] == [
        {"scheme": "isni", "value": "0000 0001 2103 2683"}
    ]
    assert more["declaration"]["declared"] == "2026-11-22"
    assert {key: more[key] for key in data if key != "schema"} == {
        key: value for key, value in data.items() if key != "schema"
    }


@pytest.mark.parametrize(
    "damage",
    [
        {"more": 1},
        {"verdict": "perhaps"},
        {"size": -1},
        {"uses": {}},
        {"schema": "mediaoptout.verify/2"},
        {"path": ""},
        {"missing": ["paper"]},
    ],
)
def test_the_schema_refuses(damage):
    data = json.loads(to_line(FULL))
    with pytest.raises(ValidationError):
        validator("verify").validate({**data, **damage})
    for key in data:
        with pytest.raises(ValidationError):
            validator("verify").validate({name: data[name] for name in data if name != key})


@pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_real_records(path, tmp_path):
    options = EmbedOptions(sign=False)
    check(verify(path))
    check(inspect(path))
    new = tmp_path / path.name
    check(embed(path, new, options=options))
    check(embed(path, new, options=options))
    check(verify(new))
    check(inspect(new))
    cut = tmp_path / f"cut{path.suffix}"
    cut.write_bytes(path.read_bytes()[:40])
    check(embed(cut, tmp_path / "x", options=options))
    check(verify(cut))
    check(inspect(cut))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.WRITTEN, 0),
        (Status.UNCHANGED, 0),
        (Status.PLANNED, 0),
        (Status.REFUSED, 1),
        (Status.UNSUPPORTED, 1),
        (Status.FAILED, 3),
    ],
)
def test_exit_codes_of_embed(status, code):
    assert EmbedRecord(path="a", status=status).exit == Exit(code)


@pytest.mark.parametrize("verdict", [*Verdict, None])
@pytest.mark.parametrize("severity", [*Severity, None])
def test_exit_codes_of_verify(verdict, severity):
    findings = (Finding("r", severity, "m"),) if severity else ()
    record = VerifyRecord(path="a", verdict=verdict, findings=findings)
    if verdict is None:
        assert record.exit is Exit.NOT_DONE
    elif verdict is Verdict.RESERVED and severity is not Severity.ERROR:
        assert record.exit is Exit.AS_EXPECTED
    else:
        assert record.exit is Exit.NOT_AS_EXPECTED
    looked = InspectRecord(verify=record, summary="x").exit
    assert looked is (Exit.NOT_DONE if verdict is None else Exit.AS_EXPECTED)
