"""Every profile through every container, in every vocabulary, and back.

By default each container is tried with one profile and each profile with a few containers; all
pairs are tried with the slow tests.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from mediaoptout import EmbedOptions, InspectRecord, Permission, Use, Verdict, embed, inspect
from mediaoptout.places import VARIABLE
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Holder, Reservation, Role, Work
from mediaoptout.reservation.profiles import load, shipped
from mediaoptout.reservation.texts import with_texts
from mediaoptout.vocabularies import plus
from mediaoptout.vocabularies.declaration import Facts
from mediaoptout.words import EXPECTED_USES, Carrier, Status, Vocabulary
from tests.conftest import CORPUS, SAMPLES

EVERY = sorted(path for path in SAMPLES.glob("*/*") if path.suffix not in (".py", ".md"))
PROFILES = shipped()
FAMILIES = [
    next(p for p in EVERY if p.parent == folder) for folder in sorted({p.parent for p in EVERY})
]
FEW = [SAMPLES / name for name in ("jpeg/baseline.jpg", "mp3/no-tag.mp3", "flac/plain.flac")]
PAIRS = {(PROFILES[number % len(PROFILES)], path) for number, path in enumerate(FAMILIES)}
PAIRS |= {(profile, path) for profile in PROFILES for path in FEW}

ISRC = Identifier.parse(Scheme.ISRC, "FRZ039800212")
ISWC = Identifier.parse(Scheme.ISWC, "T-034.524.680-1")
ISNI = Identifier.parse(Scheme.ISNI, "0000000121032683")
WORK = Work("Song", "Jane Doe", (ISRC, ISWC))

PACKETS = frozenset({Carrier.XMP, Carrier.SIDECAR_XMP})
MANIFESTS = frozenset({Carrier.C2PA, Carrier.SIDECAR_C2PA})
TAGGED = frozenset(
    {
        Carrier.APE,
        Carrier.ASF,
        Carrier.CAF_INFO,
        Carrier.ID3,
        Carrier.MATROSKA_TAGS,
        Carrier.MP4_ILST,
        Carrier.VORBIS_COMMENT,
    }
)
"""The carriers whose tags have fields for identifiers and for TDMRep."""


@cache
def reservation(profile: str) -> Reservation:
    settings = ["holder.name=Jane Doe", "policy.url=https://a.example/policy.json"]
    made = load(profile, [*settings, "licence.url=https://a.example/licence"])
    holder = replace(made.holders[0], identifiers=(ISNI,))
    return with_texts(replace(made, holders=(holder,), works=(WORK,)))


def check(profile: str, path: Path, folder: Path, *, sign: bool) -> None:
    wanted = reservation(profile)
    options = EmbedOptions(sign=sign, wrap_jxl=True, upgrade_id3=True)
    target = Path(shutil.copy(path, folder))
    record = embed(target, reservation=wanted, options=options)
    assert record.status is Status.WRITTEN, record.error
    again = embed(target, reservation=wanted, options=options)
    assert again.status is Status.UNCHANGED, again
    assert again.carriers == record.carriers
    found = inspect(target)
    said = set(record.carriers)
    check_uses(found, wanted, said)
    check_vocabularies(found, wanted, said)
    check_facts(found, wanted, said)


def check_uses(found: InspectRecord, wanted: Reservation, said: set[Carrier]) -> None:
    verify = found.verify
    for use in EXPECTED_USES:
        if wanted.permission(use).reserves:
            assert verify.uses[use].reserves, use
            if not said.isdisjoint(PACKETS) and wanted.permission(use) is Permission.CONSTRAINED:
                mild = {verify.uses[use], wanted.permission(use)}
                assert mild <= {Permission.CONSTRAINED, Permission.RESERVED}
    for use in Use:
        if wanted.permission(use) is Permission.ALLOWED:
            assert verify.uses[use] in (Permission.ALLOWED, Permission.UNSTATED)
    reserves_all = all(wanted.permission(use).reserves for use in EXPECTED_USES)
    machine = not said.isdisjoint(PACKETS | MANIFESTS) or (
        wanted.permission(Use.DATA_MINING).reserves and not said.isdisjoint(TAGGED)
    )
    if machine:
        assert verify.verdict is (Verdict.RESERVED if reserves_all else Verdict.PARTIAL)
    else:
        assert verify.verdict is Verdict.TEXT_ONLY


def check_vocabularies(found: InspectRecord, wanted: Reservation, said: set[Carrier]) -> None:
    told = {item.vocabulary for item in found.verify.statements}
    assert {Vocabulary.PROSE, Vocabulary.RIGHTS} & told
    if not said.isdisjoint(PACKETS):
        assert (Vocabulary.PLUS in told) == bool(plus.encode(wanted))
    if not said.isdisjoint(PACKETS | TAGGED):
        assert (Vocabulary.TDMREP in told) == wanted.permission(Use.DATA_MINING).reserves
    assert (Vocabulary.CAWG in told) == (not said.isdisjoint(MANIFESTS))
    assert not told & {Vocabulary.C2PA_LEGACY, Vocabulary.AIPREF, Vocabulary.RSL}


def check_facts(found: InspectRecord, wanted: Reservation, said: set[Carrier]) -> None:
    assert any(language == wanted.texts[0][0] for language, _ in found.texts)
    if not said.isdisjoint(PACKETS | MANIFESTS):
        facts = Facts.of(wanted)
        assert found.declaration is not None
        assert replace(found.declaration, declared=facts.declared) == facts
        assert found.works == ("Song by Jane Doe (ISRC FR-Z03-98-00212; ISWC T-034.524.680-1)",)
    elif not said.isdisjoint(TAGGED):
        assert set(found.works) == {"ISRC FR-Z03-98-00212", "ISWC T-034.524.680-1"}
        assert found.holders == ("Jane Doe",)
    assert "Jane Doe" in found.summary or said.isdisjoint(PACKETS | MANIFESTS | TAGGED)


def names(pair: tuple[str, Path]) -> str:
    profile, path = pair
    return f"{profile}-{path.parent.name}-{path.name}"


@pytest.mark.parametrize("pair", sorted(PAIRS), ids=names)
def test_there_and_back(pair, tmp_path):
    profile, path = pair
    check(profile, path, tmp_path, sign=False)


@pytest.fixture
def configuration(tmp_path, monkeypatch):
    from mediaoptout.credentials import session

    monkeypatch.setenv(VARIABLE, str(tmp_path / "configuration"))
    session.current.cache_clear()
    yield
    session.current.cache_clear()


@pytest.mark.parametrize("profile", PROFILES)
def test_there_and_back_signed(profile, tmp_path, configuration):
    check(profile, SAMPLES / "png/rgb.png", tmp_path, sign=True)


@pytest.mark.slow
@pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parent.name}/{path.name}")
@pytest.mark.parametrize("profile", PROFILES)
def test_every_pair(profile, path, tmp_path, configuration):
    (tmp_path / "plain").mkdir()
    check(profile, path, tmp_path / "plain", sign=False)
    check(profile, path, tmp_path, sign=True)


def test_the_roles_that_own(tmp_path):
    """A society or a union acts on rights that are not its own: it is no owner."""
    made = replace(
        load("eu-tdm", ["holder.name=A"]),
        holders=(
            Holder("A", Role.AUTHOR),
            Holder("P", Role.PERFORMER),
            Holder("S", Role.COLLECTING_SOCIETY),
        ),
    )
    target = tmp_path / "a.jpg"
    embed(FEW[0], target, reservation=with_texts(made), options=EmbedOptions(sign=False))
    found = inspect(target)
    assert found.holders == ("A, author", "P, performer", "S, collecting society")
    told = {item.property: item.value for item in found.verify.statements}
    assert told["xmpRights:Owner"] == "A; P"
    assert told["plus:CopyrightOwner"] == "A"


@pytest.mark.parametrize("sign", [False, True])
@pytest.mark.parametrize("path", FEW, ids=lambda path: path.name)
def test_a_declaration_that_was_withdrawn(path, sign, tmp_path, configuration):
    options = EmbedOptions(sign=sign)
    target = Path(shutil.copy(path, tmp_path))
    first = load("eu-tdm", ["holder.name=Jane Doe"])
    last = with_texts(replace(first, withdrawn=date(2026, 11, 22)))
    for wanted, status in (
        (with_texts(first), Status.WRITTEN),
        (last, Status.WRITTEN),
        (last, Status.UNCHANGED),
    ):
        assert embed(target, reservation=wanted, options=options).status is status
    found = inspect(target)
    assert found.verify.verdict is Verdict.UNRESERVED
    if path.suffix != ".flac":
        assert found.declaration is not None
        assert found.declaration.withdrawn == date(2026, 11, 22)
        assert "withdrawn on 2026-11-22" in found.summary


def test_where_to_ask_is_ours_whoever_else_is_asked(tmp_path):
    path = CORPUS / "jpg/iptc_rights_plus_webstatement.jpg"
    if not path.is_file():
        pytest.skip("no corpus here")
    target = tmp_path / path.name
    wanted = with_texts(load("eu-tdm", ["holder.name=A", "licence.url=https://a.example/ask"]))
    record = embed(path, target, reservation=wanted, options=EmbedOptions(sign=False))
    assert "plus:Licensor of somebody else was kept" in record.warnings
    found = inspect(target)
    assert "ask https://a.example/ask for a licence" in found.summary
    assert found.holders == ("A",)
    told = {item.property: item.value for item in found.verify.statements}
    assert told["plus:Licensor"].startswith("Mugwum Press")
