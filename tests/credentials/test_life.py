"""The life of a reservation in a signed file: declared, licensed, withdrawn, declared again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mediaoptout.embedding import embed
from mediaoptout.reservation.profiles import load
from mediaoptout.verification.check import verify
from mediaoptout.verification.look import inspect
from mediaoptout.words import Use

SAMPLES = Path(__file__).parents[2] / "sample_media"
NAMED = ["holder.name=Jane Doe"]


@pytest.mark.parametrize("family", ["wav", "jpeg"])
def test_a_life(family: str, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = min((SAMPLES / family).glob(f"*.{family.replace('jpeg', 'jpg')}"))
    files = [tmp_path / f"{number}{source.suffix}" for number in range(4)]

    def step(before: Path, after: Path, *settings: str, profile: str = "adami") -> None:
        reservation = load(profile, [*NAMED, *settings])
        record = embed(before, after, reservation=reservation)
        assert record.status == "written", record.error
        assert verify(after).credential.integrity == "intact"
        again = embed(after, after, reservation=reservation)
        assert again.status == "unchanged", again.error

    step(source, files[0])
    assert verify(files[0]).verdict == "reserved"
    step(files[0], files[1], "declaration.withdrawn=2027-06-05")
    withdrawn = verify(files[1])
    assert withdrawn.verdict == "unreserved"
    assert not any(item.meaning.uses for item in withdrawn.statements)
    assert not any(said.reserves for said in withdrawn.uses.values())
    assert any("5 juin 2027" in item.value for item in withdrawn.statements)
    assert len(inspect(files[1]).chain) == 2
    Path("licensed.toml").write_text(
        'extends = "adami"\n[[licence.granted]]\nlicensee = "Lab"\nuntil = 2027-12-31\n', "utf-8"
    )
    step(files[1], files[2], profile="licensed.toml")
    licensed = verify(files[2])
    assert licensed.verdict == "reserved"
    said = {item.value for item in licensed.statements if item.property == "plus:DataMining"}
    assert len(said) == 1 and said.pop().endswith("SEECONSTRAINT")
    assert any("Lab jusqu'au 31 décembre 2027" in text for _, text in inspect(files[2]).texts)
    step(files[2], files[3])
    assert verify(files[3]).uses[Use.DATA_MINING].reserves
    assert not any("Lab" in text for _, text in inspect(files[3]).texts)
    assert date(2025, 3, 11).isoformat() in str(inspect(files[3]).to_json())
