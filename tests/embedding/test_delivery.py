"""What a recipient takes is written, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mediaoptout import EmbedOptions, embed, load_profile, verify
from mediaoptout.containers.base import Wanted
from mediaoptout.containers.deliveries import carriers
from mediaoptout.containers.registry import detect
from mediaoptout.credentials.session import current
from mediaoptout.embedding import Declaration
from mediaoptout.reservation.delivery import ARCHIVE_BWF, CONSERVATIVE, EVERYTHING, Delivery, chosen
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import MARKS
from mediaoptout.words import Carrier, Status, Vocabulary
from tests.conftest import SAMPLES

RESERVATION = load_profile(
    "eu-tdm",
    (
        "holder.name=Example Records",
        "copyright.notice=© 2025 Example Records",
        "licence.url=https://example.org/licence",
    ),
)
DECLARATION = Declaration.of(RESERVATION)
FILES = [
    f"{path.parent.name}/{path.name}"
    for path in sorted(SAMPLES.glob("*/*"))
    if path.is_file() and path.parent.name != "ac3"
]


@pytest.fixture(autouse=True)
def _identity(tmp_path: Path, monkeypatch) -> Iterator[None]:
    """An identity of the test's own."""
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(tmp_path / "config"))
    current.cache_clear()
    yield
    current.cache_clear()


def told(name: str, allowed: frozenset[Carrier]) -> tuple[set[Carrier], set[Carrier]]:
    """The carriers that a file speaks in before, and those that say more afterwards."""
    source = BytesSource((SAMPLES / name).read_bytes())
    container = detect(source)
    assert container is not None
    layout = container.read(source)
    wanted = Wanted(properties=DECLARATION.properties, carriers=allowed)
    change = container.change(source, layout, wanted)
    assert set(change.carriers) - {Carrier.C2PA} <= allowed
    after = container.read(PatchedSource(source, change.patch))
    old = [(e.carrier, e.name, e.value) for b in layout.blocks for e in b.entries]
    new = [(e.carrier, e.name, e.value) for b in after.blocks for e in b.entries]
    return {entry[0] for entry in old}, {e[0] for e in new if e not in old and e[1] not in MARKS}


@pytest.mark.parametrize("name", FILES)
def test_each_carrier_alone(name: str):
    source = BytesSource((SAMPLES / name).read_bytes())
    container = detect(source)
    assert container is not None
    for carrier, capability in container.carries.items():
        if capability.write and carrier is not Carrier.C2PA:
            _, changed = told(name, frozenset({carrier}))
            assert changed <= {carrier}, carrier


@pytest.mark.parametrize("name", FILES)
def test_none_at_all_is_the_identity(name: str):
    source = BytesSource((SAMPLES / name).read_bytes())
    container = detect(source)
    assert container is not None
    wanted = Wanted(properties=DECLARATION.properties, carriers=frozenset())
    change = container.change(source, container.read(source), wanted)
    assert change.patch.changes_nothing(source.size)


def written(name: str, folder: Path, delivery: Delivery, **options: bool) -> Path:
    file = folder / Path(name).name
    shutil.copy(SAMPLES / name, file)
    chosen_options = EmbedOptions(delivery=delivery, **options)
    assert embed(file, reservation=RESERVATION, options=chosen_options).status is Status.WRITTEN
    again = embed(file, reservation=RESERVATION, options=chosen_options)
    assert again.status is Status.UNCHANGED, again.error
    return file


def spoken(file: Path) -> set[tuple[Vocabulary, Carrier]]:
    return {(item.vocabulary, item.carrier) for item in verify(file).statements}


def test_a_conservative_delivery(tmp_path: Path):
    file = written("wav/pcm16.wav", tmp_path, CONSERVATIVE)
    assert {carrier for _, carrier in spoken(file)} == {Carrier.RIFF_INFO, Carrier.XMP}
    assert b"id3 " not in file.read_bytes()
    assert b"C2PA" not in file.read_bytes()


def test_another_version_of_a_tag_is_told(tmp_path: Path):
    file = tmp_path / "a.mp3"
    shutil.copy(SAMPLES / "mp3/id3v24.mp3", file)
    record = embed(file, reservation=RESERVATION, options=EmbedOptions(delivery=CONSERVATIVE))
    assert record.status is Status.WRITTEN
    assert "the tag stays ID3v2.4; the recipient takes ID3v2.3 only" in record.warnings


def test_an_archive_keeps_its_bext(tmp_path: Path):
    file = written("wav/bwf.wav", tmp_path, ARCHIVE_BWF)
    before, after = (SAMPLES / "wav/bwf.wav").read_bytes(), file.read_bytes()
    start = before.index(b"bext")
    end = start + 8 + int.from_bytes(before[start + 4 : start + 8], "little")
    assert before[start:end] in after
    assert {carrier for _, carrier in spoken(file)} == {
        Carrier.RIFF_INFO,
        Carrier.AXML,
        Carrier.XMP,
    }


def test_only_some_vocabularies(tmp_path: Path):
    some = Delivery(vocabularies=frozenset({Vocabulary.PLUS, Vocabulary.CAWG}))
    file = written("wav/pcm16.wav", tmp_path, some)
    assert {vocabulary for vocabulary, _ in spoken(file)} == {Vocabulary.PLUS, Vocabulary.CAWG}


def test_without_a_manifest_of_that_vocabulary(tmp_path: Path):
    file = written("jpeg/exif.jpg", tmp_path, Delivery(vocabularies=frozenset({Vocabulary.TDMREP})))
    assert {vocabulary for vocabulary, _ in spoken(file)} == {Vocabulary.TDMREP}


def test_no_prose(tmp_path: Path):
    file = written("jpeg/exif.jpg", tmp_path, Delivery(prose=False))
    found = {vocabulary for vocabulary, _ in spoken(file)}
    assert Vocabulary.PROSE not in found
    assert {Vocabulary.PLUS, Vocabulary.TDMREP, Vocabulary.RIGHTS} <= found


def test_the_label_of_before(tmp_path: Path):
    file = written("jpeg/exif.jpg", tmp_path, EVERYTHING, legacy_label=True)
    assert (Vocabulary.C2PA_LEGACY, Carrier.C2PA) in spoken(file)
    assert (Vocabulary.CAWG, Carrier.C2PA) in spoken(file)


@pytest.mark.parametrize("name", FILES)
def test_notices_of_others_stay_unless_they_shall_go(name: str):
    source = BytesSource((SAMPLES / name).read_bytes())
    container = detect(source)
    assert container is not None
    layout = container.read(source)
    notices = [
        (e.carrier, e.name, e.value)
        for b in layout.blocks
        for e in b.entries
        if e.name == "dc:rights" and container.carries[e.carrier].write
    ]
    kept = container.change(source, layout, Wanted(properties=DECLARATION.properties))
    after = container.read(PatchedSource(source, kept.patch))
    found = [(e.carrier, e.name, e.value) for b in after.blocks for e in b.entries]
    assert all(notice in found for notice in notices)

    properties = tuple(replace(item, replaces=True) for item in DECLARATION.properties)
    gone = container.change(source, layout, Wanted(properties=properties))
    after = container.read(PatchedSource(source, gone.patch))
    new = PatchedSource(source, gone.patch)
    again = container.change(new, after, Wanted(properties=properties))
    assert again.patch.changes_nothing(new.size)
    assert not [warning for warning in gone.warnings if "somebody else was kept" in warning]


def test_what_a_user_names():
    assert chosen("archive-bwf", EVERYTHING) == ARCHIVE_BWF
    only = chosen("riff-info, xmp", EVERYTHING).carriers
    assert only == frozenset({Carrier.RIFF_INFO, Carrier.XMP})
    left = chosen("-id3,-c2pa", EVERYTHING).carriers
    assert left == frozenset(Carrier) - {Carrier.ID3, Carrier.C2PA, Carrier.AXML}


def test_everything_is_no_narrowing():
    container = detect(BytesSource((SAMPLES / "wav/pcm16.wav").read_bytes()))
    assert container is not None
    assert carriers(container, EVERYTHING) is None


def test_nothing_is_missing_that_the_recipient_does_not_take(tmp_path: Path):
    file = written("wav/pcm16.wav", tmp_path, CONSERVATIVE)
    assert set(verify(file).missing) == {Carrier.ID3, Carrier.C2PA}
    assert verify(file, delivery=CONSERVATIVE).missing == ()


def test_a_file_that_could_say_nothing_is_refused(tmp_path: Path):
    file = tmp_path / "a.flac"
    shutil.copy(SAMPLES / "flac/plain.flac", file)
    record = embed(file, reservation=RESERVATION, options=EmbedOptions(delivery=ARCHIVE_BWF))
    assert record.status is Status.REFUSED
    assert record.error is not None
    assert record.error.code == "undeliverable"
    assert file.read_bytes() == (SAMPLES / "flac/plain.flac").read_bytes()
