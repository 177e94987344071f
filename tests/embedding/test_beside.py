"""Sidecars, packages and check sums: what stands beside a file."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from mediaoptout.credentials import session
from mediaoptout.embedding import EmbedOptions, embed
from mediaoptout.places import VARIABLE
from mediaoptout.verification.check import verify
from mediaoptout.words import Carrier, Integrity, Status, Verdict
from tests.witnesses import exiftool

SAMPLES = Path(__file__).parent.parent.parent / "sample_media"
MXF = b"\x06\x0e+4\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04\x00" + bytes(range(256)) * 40
STREAM = (b"\x47" + bytes(187)) * 200
PROGRAMME = b"\0\0\1\xba" + bytes(5000)
RAW = b"FUJIFILMCCD-RAW 0201" + bytes(5000)
NEVER_REWRITTEN = {"clip.mxf": MXF, "clip.ts": STREAM, "clip.mpg": PROGRAMME, "shot.raf": RAW}


@pytest.fixture(autouse=True)
def own_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / ".configuration"))
    session.current.cache_clear()
    yield
    session.current.cache_clear()


@pytest.mark.parametrize("name", NEVER_REWRITTEN)
def test_what_is_never_rewritten_gets_sidecars_that_validate(name: str, tmp_path: Path):
    path = tmp_path / name
    path.write_bytes(NEVER_REWRITTEN[name])
    record = embed(path)
    assert record.status is Status.WRITTEN, record.error
    assert record.output is None
    assert {Path(item).name for item in record.sidecars} == {
        f"{path.stem}.xmp",
        f"{path.stem}.c2pa",
    }
    assert path.read_bytes() == NEVER_REWRITTEN[name]

    found = verify(path)
    assert found.verdict is Verdict.RESERVED
    assert found.credential.integrity is Integrity.INTACT
    carriers = {item.carrier for item in found.statements}
    assert carriers == {Carrier.SIDECAR_XMP, Carrier.SIDECAR_C2PA}
    assert found.missing == ()

    assert embed(path).status is Status.UNCHANGED


def test_others_read_the_sidecar(tmp_path: Path):
    path = tmp_path / "clip.mxf"
    path.write_bytes(MXF)
    embed(path)
    shown = exiftool(tmp_path / "clip.xmp")
    if shown is None:
        pytest.skip("no ExifTool here")
    assert any(key.endswith(":DataMining") for key in shown), json.dumps(shown)[:500]
    encypher = pytest.importorskip("encypher_c2pa")
    audio = tmp_path / "sound.mp3"
    shutil.copy(SAMPLES / "mp3" / "no-tag.mp3", audio)
    embed(audio, options=EmbedOptions(sidecar=True))
    result = encypher.verify(
        audio,
        manifest_store=(tmp_path / "sound.c2pa").read_bytes(),
        no_default_trust=True,
        telemetry=False,
        online=False,
    )
    assert result["integrity"] == "valid"


def test_a_changed_file_breaks_its_sidecar(tmp_path: Path):
    path = tmp_path / "clip.mxf"
    path.write_bytes(MXF)
    embed(path)
    path.write_bytes(MXF + b"more")
    assert verify(path).credential.integrity is Integrity.BROKEN


def test_a_sidecar_belongs_to_one_file(tmp_path: Path):
    first, second = tmp_path / "clip.mxf", tmp_path / "clip.ts"
    first.write_bytes(MXF)
    embed(first)
    second.write_bytes(STREAM)
    found = verify(second)
    assert found.verdict is Verdict.UNRESERVED
    assert found.credential.integrity is Integrity.ABSENT

    record = embed(second)
    assert {Path(item).name for item in record.sidecars} == {"clip.ts.xmp", "clip.ts.c2pa"}
    assert verify(first).credential.integrity is Integrity.INTACT
    assert verify(second).credential.integrity is Integrity.INTACT


def test_somebody_elses_sidecar_is_added_to_and_never_replaced(tmp_path: Path):
    path, sidecar = tmp_path / "clip.mxf", tmp_path / "clip.xmp"
    path.write_bytes(MXF)
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmp:Rating="4"/></rdf:RDF></x:xmpmeta>'
    )
    sidecar.write_text(packet)
    embed(path)
    assert 'xmp:Rating="4"' in sidecar.read_text()
    assert verify(path).verdict is Verdict.RESERVED

    sidecar.write_text("<broken")
    record = embed(path)
    assert record.status is Status.REFUSED
    assert sidecar.read_text() == "<broken"


def test_sidecars_on_request_leave_the_file_alone(tmp_path: Path):
    path = tmp_path / "pcm16.wav"
    shutil.copy(SAMPLES / "wav" / "pcm16.wav", path)
    before = path.read_bytes()
    record = embed(path, options=EmbedOptions(sidecar=True))
    assert record.status is Status.WRITTEN
    assert path.read_bytes() == before
    assert verify(path).verdict is Verdict.RESERVED


def test_a_plan_writes_no_sidecar(tmp_path: Path):
    path = tmp_path / "clip.mxf"
    path.write_bytes(MXF)
    assert embed(path, options=EmbedOptions(dry_run=True)).status is Status.PLANNED
    assert {item.name for item in tmp_path.iterdir() if not item.name.startswith(".")} == {
        "clip.mxf"
    }


@pytest.mark.parametrize(
    "mark", ["bagit.txt", "ascmhl", "ASSETMAP.xml", "ASSETMAP", "DDPMS", "list.mhl"]
)
def test_files_in_a_package_are_refused_by_its_name(mark: str, tmp_path: Path):
    folder = tmp_path / "package" / "data"
    folder.mkdir(parents=True)
    top = folder.parent / mark
    if mark == "ascmhl":
        top.mkdir()
    else:
        top.write_text("")
    path = folder / "pcm16.wav"
    shutil.copy(SAMPLES / "wav" / "pcm16.wav", path)
    record = embed(path)
    assert record.status is Status.REFUSED
    assert record.error is not None
    assert record.error.code == "in-package"
    assert "package" in record.error.message
    assert embed(path, options=EmbedOptions(force=True)).status is Status.WRITTEN


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pcm16.wav.md5", "{md5} *pcm16.wav\n"),
        ("pcm16.md5", "{md5}\r\n"),
        ("pcm16.wav.sha256", "; made by hand\n{sha256}  pcm16.wav\n0123  other.wav\n"),
        ("pcm16.wav.sha1", "SHA1 (pcm16.wav) = {sha1}\n"),
    ],
)
def test_check_sums_are_noticed_and_renewed_on_request(name: str, line: str, tmp_path: Path):
    path, beside = tmp_path / "pcm16.wav", tmp_path / name
    shutil.copy(SAMPLES / "wav" / "pcm16.wav", path)

    def sums() -> dict[str, str]:
        data = path.read_bytes()
        methods = ("md5", "sha1", "sha256")
        return {method: hashlib.new(method, data).hexdigest().upper() for method in methods}

    beside.write_bytes(line.format(**sums()).encode())
    old = beside.read_bytes()
    record = embed(path, options=EmbedOptions(sign=False))
    assert any(name in warning for warning in record.warnings)
    assert beside.read_bytes() == old

    record = embed(path, options=EmbedOptions(update_checksums=True))
    assert record.status is Status.WRITTEN
    assert beside.read_bytes() == line.format(**sums()).encode()


def test_the_essence_is_hashed_on_request(tmp_path: Path):
    path = SAMPLES / "wav" / "pcm16.wav"
    record = embed(path, tmp_path / "out.wav", options=EmbedOptions(prove=True))
    data = path.read_bytes()
    start = data.index(b"data") + 8
    size = int.from_bytes(data[start - 4 : start], "little")
    expected = hashlib.md5(data[start : start + size]).hexdigest()
    assert record.essence.digest == f"md5:{expected}"


@pytest.mark.parametrize("order", [("clip.mxf", "clip.ts"), ("clip.ts", "clip.mxf")])
def test_an_output_that_fills_in_any_order_keeps_the_sidecars_apart(
    order: tuple[str, str], tmp_path: Path
):
    masters, out = tmp_path / "masters", tmp_path / "out"
    masters.mkdir()
    for name in order:
        (masters / name).write_bytes(NEVER_REWRITTEN[name])
    for name in order:
        record = embed(masters / name, out / name)
        assert record.status is Status.WRITTEN, record.error
        assert {Path(item).name for item in record.sidecars} == {f"{name}.xmp", f"{name}.c2pa"}
    for name in order:
        assert embed(masters / name, out / name).status is Status.UNCHANGED
