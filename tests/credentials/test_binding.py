"""A large file's hard binding, hashed by us: the answer is that of the reference reader."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from mediaoptout.containers.registry import detect
from mediaoptout.credentials import binding, library, validation
from mediaoptout.credentials.binding import LARGE, Held
from mediaoptout.credentials.trust import Anchors
from mediaoptout.embedding import embed
from mediaoptout.splice.source import FileSource
from mediaoptout.verification.check import verify
from mediaoptout.words import Integrity, Status, Verdict
from tests.conftest import SAMPLES

SIGNED = ("jpeg/exif.jpg", "png/rgb.png", "wav/bwf.wav", "mp3/id3v23-apic-id3v1.mp3")


@pytest.fixture(params=SIGNED)
def signed(request, tmp_path: Path, identity) -> Path:
    target = tmp_path / "signed" / Path(request.param).name
    assert embed(SAMPLES / request.param, target).status is Status.WRITTEN
    return target


def both(path: Path, monkeypatch):
    """What the reader finds by itself, and what is found with our hash; and whether ours was."""
    taken: list[object] = []
    real = binding.validated

    def watched(*given):
        taken.append(real(*given))
        return taken[-1]

    monkeypatch.setattr(validation, "validated", watched)
    monkeypatch.setattr(validation, "LARGE", 0)
    with FileSource(path) as source:
        container = detect(source)
        assert container is not None
        layout = container.read(source)
        store = container.manifest_store(source, layout)
        held = Held(store, container.frame_manifest(store)) if store else None
        kind = container.media_types[0]
        alone = validation.validate(source, kind, anchors=Anchors())
        ours = validation.validate(source, kind, anchors=Anchors(), held=held)
    return alone, ours, bool(taken and taken[-1])


def test_an_intact_file_is_found_intact(signed, monkeypatch):
    alone, ours, hashed_here = both(signed, monkeypatch)
    assert hashed_here
    assert alone == ours
    assert ours.credential.integrity is Integrity.INTACT


def test_any_changed_byte_is_noticed(signed, tmp_path, monkeypatch):
    data = signed.read_bytes()
    with FileSource(signed) as source:
        container = detect(source)
        assert container is not None
        essence = container.read(source).essence
    for span in (essence[0], essence[-1]):
        at = (span.start + span.end) // 2
        changed = tmp_path / signed.name
        changed.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        alone, ours, hashed_here = both(changed, monkeypatch)
        assert hashed_here
        assert alone == ours
        assert ours.credential.integrity is Integrity.BROKEN


def test_what_is_appended_is_noticed(signed, tmp_path, monkeypatch):
    changed = tmp_path / signed.name
    changed.write_bytes(signed.read_bytes() + b"more")
    alone, ours, _ = both(changed, monkeypatch)
    assert ours.credential.integrity is Integrity.BROKEN
    assert alone.credential.codes == ours.credential.codes


def test_an_exclusion_that_is_not_the_store_is_left_to_the_reader(signed, monkeypatch):
    with FileSource(signed) as source:
        container = detect(source)
        assert container is not None
        store = container.manifest_store(source, container.read(source))
        assert store is not None
        held = Held(store, container.frame_manifest(store) + b"\0")
        context = validation._context(True, Anchors())
        assert binding.validated(source, held, context) is None


def test_a_store_that_was_cut_off_is_said_to_be(signed, tmp_path, monkeypatch):
    data = signed.read_bytes()
    at = data.index(b"c2pa.signature")
    changed = tmp_path / signed.name
    changed.write_bytes(data[:at] + b"c2pa.signaturX" + data[at + 14 :])
    alone, ours, _ = both(changed, monkeypatch)
    assert alone.credential.integrity is ours.credential.integrity is Integrity.BROKEN


def test_large_files_are_verified_without_the_readers_memory(tmp_path, identity, monkeypatch):
    path, target = tmp_path / "large.wav", tmp_path / "signed.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(48000)
        out.writeframes(bytes(range(256)) * (LARGE // 256))
    assert embed(path, target).status is Status.WRITTEN
    given: list[int] = []
    real = library.manifests

    def watched(source, *more, **named):
        given.append(source.size)
        return real(source, *more, **named)

    monkeypatch.setattr(library, "manifests", watched)
    record = verify(target)
    assert (record.verdict, record.credential.integrity) == (Verdict.RESERVED, Integrity.INTACT)
    assert max(given) < LARGE
    with target.open("r+b") as file:
        file.seek(LARGE // 2)
        file.write(b"another sound")
    assert verify(target).credential.integrity is Integrity.BROKEN
