"""Every shipped profile in the codes of every vocabulary, as the matrix of profiles has them."""

from __future__ import annotations

import pytest

from mediaoptout.reservation.profiles import load, shipped
from mediaoptout.vocabularies import cawg, plus
from mediaoptout.vocabularies.encoding import encode
from mediaoptout.vocabularies.properties import LangAlt

POLICY = "https://rights.example/policy.json"
_KEYS = ("data_mining", "ai_training", "ai_generative_training", "ai_inference")

CODES = {
    "eu-tdm": ("DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", "1", "nnn-"),
    "all-uses": ("DMI-PROHIBITED", "1", "nnnn"),
    "ai-training": ("DMI-PROHIBITED-AIMLTRAINING", None, "-nn-"),
    "genai": ("DMI-PROHIBITED-GENAIMLTRAINING", None, "--n-"),
    "licensable": ("DMI-PROHIBITED-SEECONSTRAINT", "1", "ccc-"),
    "adami": ("DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", "1", "nnn-"),
    "producers-fr": ("DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", "1", "nnn-"),
    "performer-fr": ("DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", "1", "nnn-"),
}


def test_every_profile_is_here():
    assert set(CODES) == set(shipped())


@pytest.mark.parametrize("name", CODES)
def test_codes(name: str):
    settings = ["holder.name=Jane Doe", "declaration.date=2026-01-02"]
    settings += [f"policy.url={POLICY}"] if name == "licensable" else []
    reservation = load(name, settings)
    properties = {item.name: item.value for item in encode(reservation)}
    code, tdm, said = CODES[name]
    assert properties["plus:DataMining"] == plus.VOCABULARY + code
    assert properties.get("tdm:reservation") == tdm
    assert properties.get("tdm:policy") == (POLICY if name == "licensable" else None)
    entries = cawg.training_mining(reservation)["entries"]
    letters = {"notAllowed": "n", "constrained": "c"}
    uses = "".join(
        letters[entries[f"cawg.{key}"]["use"]] if f"cawg.{key}" in entries else "-" for key in _KEYS
    )
    assert uses == said
    if name == "licensable":
        assert isinstance(properties["plus:OtherConstraints"], LangAlt)
        assert all(POLICY in entry["constraint_info"] for entry in entries.values())
    else:
        assert "plus:OtherConstraints" not in properties
