"""What was put into a file comes out of it again, and nothing else does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediaoptout import EmbedOptions, embed, load_profile, strip, verify
from mediaoptout.containers.base import Container, Layout, Wanted
from mediaoptout.containers.proof import proven
from mediaoptout.containers.registry import detect
from mediaoptout.credentials.session import current
from mediaoptout.embedding import Declaration
from mediaoptout.embedding.stripping import going, had, removal
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Carrier, Integrity, Status, Verdict
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

ROOM = "the room that was there was too small, and is not known any more"
MOVED = "a block that grew stands somewhere else now, in the room that it needed"
PACKED = "the packet was compressed, and is plain now"
DIFFERING = {
    "aiff/odd-texts-id3-xmp.aif": ROOM,
    "avif/exif_xmp.avif": MOVED,
    "caf/alac.caf": MOVED,
    "flac/tags-picture.flac": ROOM,
    "heif/two.heic": MOVED,
    "jxl/parts_brob.jxl": PACKED,
    "mp3/id3v22.mp3": ROOM,
    "matroska/audio.mka": MOVED,
}
"""The samples that do not come back byte for byte, and why."""

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


def content(source: PatchedSource) -> bytes:
    return source.read(0, source.size)


def read(data: bytes) -> tuple[Container, BytesSource, Layout]:
    source = BytesSource(data)
    container = detect(source)
    assert container is not None
    return container, source, container.read(source)


def told(data: bytes) -> bytes:
    container, source, layout = read(data)
    properties = (*DECLARATION.properties, *had(container, layout))
    change = container.change(source, layout, Wanted(properties=properties))
    assert change.carriers
    return content(PatchedSource(source, change.patch))


def untold(data: bytes, known: Declaration | None = None) -> bytes:
    container, source, layout = read(data)
    properties = going(layout, removal(known.properties if known else ()).properties)
    wanted = Wanted(properties=properties, padding=0, drop_manifest=True)
    change = container.change(source, layout, wanted)
    new = PatchedSource(source, change.patch)
    assert change.carriers == ()
    proof = proven(container, source, layout, container.read(new), change.patch)
    assert proof.holds, proof.reasons
    return content(new)


def said(data: bytes) -> list[tuple[Carrier, str, object]]:
    _, _, layout = read(data)
    entries = [entry for block in layout.blocks for entry in block.entries]
    return sorted(((e.carrier, e.name, e.value) for e in entries), key=repr)


@pytest.mark.parametrize("name", FILES)
def test_what_goes_in_comes_out(name: str):
    original = (SAMPLES / name).read_bytes()
    reserved = told(original)
    new = untold(reserved, DECLARATION)
    assert said(new) == said(original)
    assert untold(new, DECLARATION) == new, "a second time changes nothing"
    assert (new == original) is (name not in DIFFERING), DIFFERING.get(name)


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_not_ours_are_left_alone(name: str):
    original = (SAMPLES / name).read_bytes()
    assert untold(original) == original


@pytest.mark.parametrize(
    "name", ["wav/pcm16.wav", "mp3/id3v24.mp3", "mp4/faststart.mp4", "jpeg/exif.jpg", "png/rgb.png"]
)
def test_a_signed_file(name: str, tmp_path: Path):
    file = tmp_path / Path(name).name
    original = (SAMPLES / name).read_bytes()
    file.write_bytes(original)
    assert embed(file, reservation=RESERVATION).status is Status.WRITTEN
    signed = file.read_bytes()

    refused = strip(file, options=EmbedOptions(sign=False))
    assert refused.error is not None
    assert refused.error.code == "credential-present"
    assert file.read_bytes() == signed

    planned = strip(file, options=EmbedOptions(dry_run=True))
    assert planned.status is Status.PLANNED
    assert any(change.new is None for change in planned.changes)
    assert file.read_bytes() == signed

    assert strip(file).status is Status.WRITTEN
    record = verify(file)
    assert record.verdict is Verdict.UNRESERVED
    assert record.credential.integrity is Integrity.INTACT
    assert strip(file).status is Status.UNCHANGED

    file.write_bytes(signed)
    done = strip(file, options=EmbedOptions(break_credential=True, prove=True))
    assert done.status is Status.WRITTEN, done.error
    assert file.read_bytes() == original


def test_somebody_elses_manifest_is_not_touched(corpus: Path, tmp_path: Path):
    file = tmp_path / "foreign.jpg"
    shutil.copy(corpus / "jpg" / "c2pa_valid_training_mining.jpg", file)
    before = file.read_bytes()
    record = strip(file)
    assert record.status in (Status.REFUSED, Status.UNCHANGED)
    assert file.read_bytes() == before


def test_what_tags_said_before_stays_though_it_is_the_same(tmp_path: Path):
    first = tmp_path / "first.wav"
    options = EmbedOptions(sign=False)
    embed(SAMPLES / "wav/pcm16.wav", first, reservation=RESERVATION, options=options)
    # Somebody else's file that says in INFO exactly what we would say: its packet is not ours.
    data = first.read_bytes().replace(b"_PMX", b"JUNK").replace(b"id3 ", b"JUNK")
    new = untold(told(data))
    assert new == data


def test_a_text_of_the_profile_is_known_where_there_is_no_packet():
    original = (SAMPLES / "flac/plain.flac").read_bytes()
    reserved = told(original)
    assert untold(reserved) != original
    assert untold(reserved, DECLARATION) == original


def test_a_mark_in_tags_tells_what_is_ours_without_a_packet(tmp_path: Path):
    file = tmp_path / "a.flac"
    shutil.copy(SAMPLES / "flac/plain.flac", file)
    embed(file, reservation=RESERVATION, options=EmbedOptions(sign=False))
    assert strip(file, options=EmbedOptions(sign=False)).status is Status.WRITTEN
    assert file.read_bytes() == (SAMPLES / "flac/plain.flac").read_bytes()


def test_sidecars_of_ours_go(tmp_path: Path):
    file = tmp_path / "a.ac3"
    shutil.copy(SAMPLES / "ac3/plain.ac3", file)
    assert embed(file, reservation=RESERVATION).status is Status.WRITTEN
    assert sorted(path.suffix for path in tmp_path.glob("a.*")) == [".ac3", ".c2pa", ".xmp"]
    record = strip(file)
    assert record.status is Status.WRITTEN
    assert len(record.sidecars) == 2
    assert [path.name for path in tmp_path.glob("a.*")] == ["a.ac3"]
    assert strip(file).status is Status.UNCHANGED


def test_what_a_tag_said_before_our_packet_stays(corpus: Path):
    original = (corpus / "mp3" / "datamining_priv_xmp_txxx_tdm.mp3").read_bytes()
    assert untold(told(original)) == original
