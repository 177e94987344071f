"""Signed files: whole for the reference reader and for one that is not built on it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mediaoptout.credentials import library
from mediaoptout.embedding import EmbedOptions, embed
from mediaoptout.places import VARIABLE
from mediaoptout.verification.check import verify
from mediaoptout.words import Integrity, Status, Trust, Use, Verdict
from tests.codestreams import naked_jxl
from tests.credentials.conftest import signing_as
from tests.credentials.identities import made

SAMPLES = Path(__file__).parent.parent.parent / "sample_media"
SIGNABLE = sorted(
    path
    for folder in (
        *("jpeg", "png", "tiff", "dng", "avif", "heif", "jxl"),
        *("wav", "mp3", "mp4", "mov"),
    )
    for path in (SAMPLES / folder).iterdir()
    if path.name not in ("rf64.wav", "id3v22.mp3")
)
ONE_OF_EACH = [
    SAMPLES / name
    for name in (
        "jpeg/baseline.jpg",
        "png/rgb.png",
        "wav/pcm16.wav",
        "mp3/id3v23-apic-id3v1.mp3",
        "mp4/faststart.mp4",
    )
]


def named(path: Path) -> str:
    return path.name


def test_there_are_samples_of_every_family():
    assert len(SIGNABLE) >= 34


@pytest.mark.parametrize("path", SIGNABLE, ids=named)
@pytest.mark.parametrize("placed", [True, False], ids=["placed by us", "by the library"])
def test_two_validators_find_it_whole(
    path: Path, placed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(library, "AVAILABLE", placed)
    output = tmp_path / path.name
    record = embed(path, output)
    assert record.status is Status.WRITTEN, record.error
    assert "c2pa" in record.carriers

    found = verify(output)
    assert found.credential.integrity is Integrity.INTACT
    assert found.credential.trust is Trust.UNTRUSTED
    assert "untrusted" in (found.credential.signer or "")
    said = {item.property: item.value for item in found.statements if item.vocabulary == "cawg"}
    assert said == {
        "cawg.data_mining": "notAllowed",
        "cawg.ai_training": "notAllowed",
        "cawg.ai_generative_training": "notAllowed",
    }

    encypher = pytest.importorskip("encypher_c2pa")
    other = encypher.verify(
        output,
        mime_type="image/avif" if path.suffix == ".avifs" else None,
        no_default_trust=True,
        telemetry=False,
        online=False,
    )
    assert (other["integrity"], other["signature"], other["hard_binding"]) == (
        "valid",
        "valid",
        "match",
    )
    assert not other["validation_results"]["failure"]


def test_the_library_is_one_that_placing_was_tried_with():
    assert library.AVAILABLE


@pytest.mark.parametrize("path", SIGNABLE, ids=named)
def test_a_second_run_leaves_it_alone(path: Path, tmp_path: Path):
    output = tmp_path / path.name
    embed(path, output)
    before = output.read_bytes()
    assert embed(output).status is Status.UNCHANGED
    assert output.read_bytes() == before
    assert embed(path, output).status is Status.UNCHANGED


def test_flac_is_signed_only_on_request(tmp_path: Path):
    path = SAMPLES / "flac" / "plain.flac"
    assert "c2pa" not in embed(path, tmp_path / "plain.flac").carriers
    record = embed(path, tmp_path / "signed.flac", options=EmbedOptions(sign_flac=True))
    assert "c2pa" in record.carriers
    assert verify(tmp_path / "signed.flac").credential.integrity is Integrity.INTACT


@pytest.mark.parametrize("name", ["wav/rf64.wav", "3gp/h263-aac.3gp", "mp3/id3v22.mp3"])
def test_what_has_no_place_is_written_without_and_says_so(name: str, tmp_path: Path):
    path = SAMPLES / name
    record = embed(path, tmp_path / path.name)
    assert record.status is Status.WRITTEN
    assert "c2pa" not in record.carriers
    assert verify(tmp_path / path.name).credential.integrity is Integrity.ABSENT


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "a byte near the end changed": lambda data: flipped(data, len(data) - 40),
    "a byte of the tags changed": lambda data: flipped(data, data.index(b"PROHIBITED")),
    "bytes behind the end": lambda data: data + b"more",
    "half of it missing": lambda data: data[: len(data) // 2],
}


@pytest.mark.parametrize("path", ONE_OF_EACH, ids=named)
@pytest.mark.parametrize("how", TAMPERED)
def test_a_tampered_file_is_broken_or_unreadable_never_whole(path: Path, how: str, tmp_path: Path):
    output = tmp_path / path.name
    embed(path, output)
    output.write_bytes(TAMPERED[how](output.read_bytes()))
    found = verify(output)
    assert found.credential.integrity is not Integrity.INTACT


def test_a_broken_signature_still_reserves_and_is_said(tmp_path: Path):
    path = SAMPLES / "jpeg" / "baseline.jpg"
    output = tmp_path / path.name
    embed(path, output)
    output.write_bytes(flipped(output.read_bytes(), output.stat().st_size - 40))
    found = verify(output)
    assert found.credential.integrity is Integrity.BROKEN
    assert found.verdict is Verdict.RESERVED
    assert "credential-broken" in {finding.rule for finding in found.findings}


@pytest.mark.parametrize("path", ONE_OF_EACH, ids=named)
def test_retagged_by_another_program_is_broken(path: Path, tmp_path: Path):
    mutagen = pytest.importorskip("mutagen")
    output = tmp_path / path.name
    embed(path, output)
    tags = mutagen.File(output)
    if tags is None:
        pytest.skip("mutagen writes no tags into this")
    if tags.tags is None:
        tags.add_tags()
    key = "\xa9nam" if path.suffix == ".mp4" else "TIT2"
    value = ["x"] if path.suffix == ".mp4" else mutagen.id3.TIT2(3, "x")
    tags.tags[key] = value
    tags.save()
    assert verify(output).credential.integrity is Integrity.BROKEN


@pytest.mark.parametrize("path", ONE_OF_EACH, ids=named)
def test_a_manifest_of_somebody_else_is_refused_or_becomes_the_parent(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir()
    ours.mkdir()
    with signing_as(tmp_path / "somebody", monkeypatch):
        made(tmp_path / "somebody" / "identity", name="Somebody")
        embed(path, theirs / path.name)
    foreign = theirs / path.name

    refused = embed(foreign, ours / path.name)
    assert refused.status is Status.REFUSED
    assert refused.error is not None
    assert refused.error.code == "credential-foreign"
    assert "Somebody" in refused.error.message

    record = embed(foreign, ours / path.name, options=EmbedOptions(resign=True))
    assert record.status is Status.WRITTEN, record.error
    found = verify(ours / path.name)
    assert found.credential.integrity is Integrity.INTACT
    assert "credential-ancestor-broken" not in {finding.rule for finding in found.findings}


@pytest.mark.parametrize("path", ONE_OF_EACH, ids=named)
def test_a_broken_file_is_never_made_to_look_whole(path: Path, tmp_path: Path):
    first, second = tmp_path / path.name, tmp_path / f"second{path.suffix}"
    embed(path, first)
    data = first.read_bytes()
    # In the middle of the essence, where no reader of ours looks.
    at = data.rindex(path.read_bytes()[-60:-50])
    first.write_bytes(flipped(data, at))
    assert verify(first).credential.integrity is Integrity.BROKEN

    refused = embed(first, second)
    assert refused.status is Status.REFUSED
    assert refused.error is not None
    assert refused.error.code == "credential-broken"
    resigned = embed(first, second, options=EmbedOptions(resign=True))
    assert resigned.status is Status.REFUSED

    record = embed(first, second, options=EmbedOptions(break_credential=True))
    assert record.status is Status.WRITTEN, record.error
    found = verify(second)
    assert "credential-ancestor-broken" in {finding.rule for finding in found.findings}


@pytest.mark.parametrize("path", ONE_OF_EACH, ids=named)
def test_unsigned_changes_to_a_signed_file_are_refused_or_take_the_manifest_out(
    path: Path, tmp_path: Path
):
    signed, bare = tmp_path / path.name, tmp_path / f"bare{path.suffix}"
    embed(path, signed)
    plain = EmbedOptions(sign=False)
    assert embed(signed, bare, options=plain).status is Status.UNCHANGED
    record = embed(signed, bare, options=EmbedOptions(sign=False, break_credential=True))
    assert record.status is Status.WRITTEN, record.error
    found = verify(bare)
    assert found.credential.integrity is Integrity.ABSENT
    assert found.verdict is Verdict.RESERVED


def test_an_expired_certificate_is_a_matter_of_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, output = SAMPLES / "png" / "rgb.png", tmp_path / "rgb.png"
    with signing_as(tmp_path / "short", monkeypatch):
        made(tmp_path / "short" / "identity", valid=timedelta(seconds=4))
        assert embed(path, output).status is Status.WRITTEN
    assert verify(output).credential.trust is Trust.UNTRUSTED
    time.sleep(5)
    found = verify(output)
    assert found.credential.integrity is Integrity.INTACT
    assert found.credential.trust is Trust.EXPIRED
    assert "credential-expired" in {finding.rule for finding in found.findings}


def test_quick_says_unchecked_even_of_a_broken_file(tmp_path: Path):
    path, output = SAMPLES / "wav" / "pcm16.wav", tmp_path / "pcm16.wav"
    embed(path, output)
    output.write_bytes(flipped(output.read_bytes(), 100))
    found = verify(output, quick=True)
    assert found.credential.integrity is Integrity.UNCHECKED
    assert found.verdict is Verdict.RESERVED


def test_the_corpus_manifests_of_others_are_read_truthfully(corpus: Path):
    expected = {
        "jpg/c2pa_invalid.jpg": Integrity.BROKEN,
        "jpg/c2pa_trusted_mpf.jpg": Integrity.INTACT,
        "jpg/c2pa_cawg_training_mining_xmp_exif.jpg": Integrity.INTACT,
        "jpg/c2pa_valid_training_mining.jpg": Integrity.INTACT,
        "png/c2pa_training_mining_xmp_exif.png": Integrity.INTACT,
        "mp3/c2pa_valid_cawg_training_mining.mp3": Integrity.INTACT,
        "mp4/c2pa_valid_cawg_training_mining.mp4": Integrity.INTACT,
        "wav/c2pa.wav": Integrity.INTACT,
    }
    found = {name: verify(corpus / name).credential.integrity for name in expected}
    assert found == expected


def test_old_and_new_labels_are_read(corpus: Path):
    found = verify(corpus / "png/c2pa_training_mining_xmp_exif.png")
    legacy = [item for item in found.statements if item.vocabulary == "c2pa-legacy"]
    assert legacy
    assert found.uses[Use.AI_TRAINING].reserves


def test_a_plan_makes_no_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "untouched"
    monkeypatch.setenv(VARIABLE, str(folder))
    source = tmp_path / "rgb.png"
    shutil.copy(SAMPLES / "png" / "rgb.png", source)
    record = embed(source, tmp_path / "out.png", options=EmbedOptions(dry_run=True))
    assert record.status is Status.PLANNED
    assert not folder.exists()


def test_a_wrapped_codestream_is_signed(tmp_path: Path):
    """The codestream itself cannot be named as the origin: the library does not read it."""
    source, output = tmp_path / "naked.jxl", tmp_path / "wrapped.jxl"
    source.write_bytes(naked_jxl())
    record = embed(source, output)
    assert record.error is not None
    assert record.error.code == "naked-codestream"
    record = embed(source, output, options=EmbedOptions(wrap_jxl=True))
    assert record.status is Status.WRITTEN, record.error
    assert verify(output).credential.integrity is Integrity.INTACT
    assert embed(output).status is Status.UNCHANGED
