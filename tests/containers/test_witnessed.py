"""Every cell of the table of formats, proven: the programs it names see what was written."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mediaoptout.containers.registry import CONTAINERS, by_name
from mediaoptout.containers.witnessed import EXCEPTIONS, witnesses
from mediaoptout.credentials import session
from mediaoptout.embedding import EmbedOptions, embed
from mediaoptout.places import VARIABLE
from mediaoptout.reservation.profiles import load
from mediaoptout.words import Carrier, Status
from tests.conftest import SAMPLES
from tests.witnesses import exiftool, ffprobe_tags

FILES = sorted(
    path
    for path in SAMPLES.rglob("*")
    if path.is_file() and path.parent != SAMPLES and path.suffix not in (".md", ".py")
)
GROUPS = {
    Carrier.XMP: "XMP-plus",
    Carrier.SIDECAR_XMP: "XMP-plus",
    Carrier.MP4_ILST: "ItemList",
    Carrier.QUICKTIME: "UserData",
    Carrier.RIFF_INFO: "RIFF",
    Carrier.MATROSKA_TAGS: "Matroska",
    Carrier.IFF_TEXT: "AIFF",
    Carrier.EXIF: "IFD0",
    Carrier.PSIR: "Photoshop",
    Carrier.PNG_TEXT: "PNG",
    Carrier.ID3: "ID3v2",
}
"""The groups in which ExifTool shows each carrier (family 1)."""


def ours(text: object) -> bool:
    """Whether a shown key or value is one of ours."""
    flat = json.dumps(text, ensure_ascii=False) if not isinstance(text, str) else text
    marks = ("Rights reserved", "DMI-PROHIBITED", "TDM-RESERVATION", "TDM_RESERVATION", "rights.ex")
    return any(mark.lower() in flat.lower() for mark in marks)


def by_exiftool(path: Path, carrier: Carrier) -> bool | None:
    if path.suffix == ".svgz":
        plain = path.with_suffix(".svg")
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        path = plain
    tags = exiftool(path)
    if tags is None:
        return None
    group = GROUPS[carrier]
    return any(key.startswith(group) and (ours(value) or ours(key)) for key, value in tags.items())


def by_ffprobe(path: Path, carrier: Carrier) -> bool | None:
    tags = ffprobe_tags(path)
    if tags is None:
        return None
    return any(ours(key) or ours(value) for key, value in tags.items())


def by_mutagen(path: Path, carrier: Carrier) -> bool | None:
    mutagen = pytest.importorskip("mutagen")
    try:
        file = mutagen.File(path)
    except mutagen.MutagenError:
        return None  # RF64, say, which it does not read
    if carrier is Carrier.ID3 and (file is None or not isinstance(file.tags, mutagen.id3.ID3)):
        file = mutagen.id3.ID3(path)
        return any(ours(str(key)) for key in file)
    shown = ((key, getattr(value, "data", value)) for key, value in file.tags.items())
    return any(ours(str(key)) or ours(str(value)) for key, value in shown)


def by_pillow(path: Path, carrier: Carrier) -> bool | None:
    images = pytest.importorskip("PIL.Image")
    with images.open(path) as picture:
        return any(ours(str(value)) for value in picture.info.values())


def by_c2pa(path: Path, carrier: Carrier) -> bool | None:
    from mediaoptout.verification.check import verify

    return str(verify(path).credential.integrity) == "intact"


def by_encypher(path: Path, carrier: Carrier) -> bool | None:
    encypher = pytest.importorskip("encypher_c2pa")
    try:
        found = encypher.verify(path, no_default_trust=True, telemetry=False, online=False)
    except ValueError:
        return None  # a kind of file, or an encoding, that it does not read
    labels = json.dumps(found, default=str)
    return (
        found["integrity"] == "valid"
        and not found["validation_results"]["failure"]
        and ("training" in labels or found["hard_binding"] == "match")
    )


ASK: dict[str, Callable[[Path, Carrier], bool | None]] = {
    "ExifTool": by_exiftool,
    "ffprobe": by_ffprobe,
    "mutagen": by_mutagen,
    "Pillow": by_pillow,
    "c2pa-rs": by_c2pa,
    "encypher-c2pa": by_encypher,
}


@pytest.fixture(autouse=True)
def own_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / ".configuration"))
    session.current.cache_clear()
    yield
    session.current.cache_clear()


RESERVATION = load("eu-tdm", ["holder.name=Example", "licence.url=https://rights.example/licence"])


def written(path: Path, folder: Path, *, sidecar: bool):
    copy = folder / path.name
    shutil.copy(path, copy)
    options = EmbedOptions(sign_flac=True, upgrade_id3=True, wrap_jxl=True, sidecar=sidecar)
    record = embed(copy, reservation=RESERVATION, options=options)
    assert record.status is Status.WRITTEN, record.error
    return copy, record


def check(path: Path, container: str, carriers: tuple[Carrier, ...]) -> set[tuple[str, Carrier]]:
    """Ask every witness; the cells that were proven."""
    proven = set()
    for carrier in carriers:
        named = witnesses(by_name(container), carrier)
        silent = (container, carrier) in EXCEPTIONS
        assert named or silent, f"nobody is named who shows {carrier} in {container}"
        for name in named:
            shown = path.with_suffix(".xmp") if carrier is Carrier.SIDECAR_XMP else path
            seen = ASK[name](shown, carrier)
            if seen is not None:
                assert seen, f"{name} does not see {carrier} in {path.name}"
                proven.add((container, carrier))
    return proven


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_witnesses_see_it(path: Path, tmp_path: Path):
    copy, record = written(path, tmp_path, sidecar=False)
    assert record.container is not None
    check(copy, record.container, record.carriers)


def test_every_written_cell_has_a_sample(tmp_path: Path):
    if exiftool(FILES[0]) is None or ffprobe_tags(FILES[0]) is None:
        pytest.skip("no ExifTool or ffprobe here")
    proven: set[tuple[str, str]] = set()
    for path in FILES:
        folder = tmp_path / path.parent.name
        folder.mkdir(exist_ok=True)
        _, record = written(path, folder, sidecar=False)
        assert record.container is not None
        proven |= {(record.container, carrier) for carrier in record.carriers}
    cells = {
        (family.name, carrier)
        for family in CONTAINERS
        if not family.sidecar_only
        for carrier, capability in family.carries.items()
        if capability.write and capability.expected
    }
    assert {f"{name}: {carrier}" for name, carrier in cells - proven} == set()
