"""Faults that are planted in good files, each with the rules that must find it, and no other.

Every fault begins with samples that are embedded and signed as a label would, so that the policy
``planted.toml`` has nothing to say of them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from c2pa import Builder, C2paBuilderIntent, C2paDigitalSourceType, C2paSignerInfo, Signer
from mutagen.flac import FLAC
from PIL import Image

from mediaoptout import EmbedOptions, Reservation, embed, load_profile
from mediaoptout.credentials import session
from mediaoptout.credentials.identity import Identity, load
from mediaoptout.places import VARIABLE
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Work
from mediaoptout.reservation.texts import with_texts
from mediaoptout.words import Status
from tests.conftest import SAMPLES
from tests.credentials.identities import made

POLICY = """
title = "What the planted faults break"
extends = "distribution"

[rules]
date-missing = "error"
checksum-mismatch = "error"
checksum-absent = "error"
container-unsupported = "error"

[rules.credential-missing]
severity = "error"
when = { check = "name", like = ["signed-*"] }

[rules.carrier-missing]
except = ["c2pa", "sidecar-c2pa"]

[rules.holder-unexpected]
severity = "error"
names = ["Example *"]

[rules.statement-unexpected]
severity = "error"
hosts = ["*.example.org"]

[rules.credential-signer]
severity = "error"
signers = ["Label*"]

[rules.name]
severity = "error"
like = ["signed-*", "plain-*"]

[rules.size]
severity = "error"
at-most = 9_000_000

[rules.sample-rate]
severity = "error"
check = "fact"
name = "audio.sample-rate"
at-least = 22050
when = { check = "container", containers = ["wav", "flac"] }

[rules.large-enough]
severity = "error"
message = "the picture is too small"
any = [
  { not = { check = "container", containers = ["jpeg", "png"] } },
  { check = "fact", name = "image.width", at-least = 8 },
]
"""
SIGNED = (
    "wav/pcm16.wav",
    "wav/bwf.wav",
    "aiff/pcm16.aiff",
    "mp3/no-tag.mp3",
    "mp4/faststart.mp4",
    "mp4/audio.m4a",
    "mov/mpeg4-aac-faststart.mov",
    "jpeg/baseline.jpg",
    "jpeg/exif.jpg",
    "png/rgb.png",
    "png/palette.png",
    "webp/lossless-alpha.webp",
    "gif/still-87a.gif",
    "tiff/pages.tif",
    "svg/shapes.svg",
    "avi/mjpeg-pcm.avi",
)
PLAIN = (
    "flac/plain.flac",
    "flac/tags-picture.flac",
    "ogg/opus.opus",
    "ogg/flac.oga",
    "matroska/audio.mka",
    "webm/indexed.webm",
    "caf/alac.caf",
    "dsf/plain.dsf",
    "wavpack/tags.wv",
    "wav/rf64.wav",
    "wav/list-info.wav",
    "jpeg/progressive.jpg",
    "png/interlaced.png",
    "mp3/id3v23-apic-id3v1.mp3",
)
RESERVED = b"DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"


def reservation(number: int, **changes: Any) -> Reservation:
    """What the label says of its recording of a number; every recording has an ISRC of its own."""
    profile = load_profile(
        "eu-tdm",
        [
            "holder.name=Example Records",
            "licence.url=https://rights.example.org/licence",
            "policy.url=https://rights.example.org/tdm.json",
            "declaration.date=2026-01-15",
        ],
    )
    isrc = Identifier.parse(Scheme.ISRC, f"FRZ0326{number:05}")
    work = Work(f"Recording {number}", "Jane Doe", (isrc,))
    said: dict[str, Any] = {"works": (work,), **changes}
    return with_texts(replace(profile, **said))


@contextmanager
def signing_as(folder: Path, patch: pytest.MonkeyPatch):
    """Within this, the identity of a configuration folder signs."""
    with patch.context() as within:
        within.setenv(VARIABLE, str(folder))
        session.current.cache_clear()
        yield
    session.current.cache_clear()


@dataclass
class Ground:
    """A folder of good files in which faults are planted.

    Args:
        folder: where they are.
        label: the configuration folder of the signer that is expected.
        patch: for signing as somebody else.
        number: of the last recording.
        twins: files of which either has the fault of the other, by paths.
    """

    folder: Path
    label: Path
    patch: pytest.MonkeyPatch
    number: int = 50_000
    twins: dict[str, str] = field(default_factory=dict)

    def good(self, sample: str, *, signed: bool = True, source: Path | None = None, **said) -> Path:
        """A good file of its own, made from a sample."""
        self.number += 1
        kind = "signed" if signed else "plain"
        path = self.folder / f"{kind}-{self.number}{Path(sample).suffix}"
        reserved = said.pop("reserved", None) or reservation(self.number, **said)
        with signing_as(self.label, self.patch):
            record = embed(
                source or SAMPLES / sample,
                path,
                reservation=reserved,
                options=EmbedOptions(sign=signed),
            )
        assert record.status in (Status.WRITTEN, Status.UNCHANGED), (sample, record.error)
        return path

    def add(self, source: Path, *, signed: bool) -> None:
        """A real file more, if it is one that can be written and carries nothing of others."""
        self.number += 1
        kind = "signed" if signed else "plain"
        target = self.folder / f"{kind}-{self.number}-{source.name}"
        with signing_as(self.label, self.patch):
            options = EmbedOptions(sign=signed, resign=signed)
            record = embed(source, target, reservation=reservation(self.number), options=options)
        if record.sidecars:
            shutil.copyfile(source, target)

    def somebody(self, name: str, valid: timedelta = timedelta(days=30)) -> Identity:
        """An identity of somebody else."""
        place = self.label.parent / f"{name}-{self.number}"
        return made(place / "identity", valid=valid, name=name)


def populate(folder: Path, label: Path, patch: pytest.MonkeyPatch) -> None:
    """Write the good files of a folder, and the identity that signs them."""
    made(label / "identity", name="Label")
    ground = Ground(folder, label, patch, 0)
    for sample in SIGNED:
        ground.good(sample)
    for sample in PLAIN:
        ground.good(sample, signed=False)


def swap(path: Path, old: bytes, new: bytes, count: int = -1) -> Path:
    """The same file with a text replaced by another of the same length."""
    data = path.read_bytes()
    assert len(old) == len(new), (old, new)
    assert old in data, (path, old)
    path.write_bytes(data.replace(old, new, count))
    return path


def flip(path: Path, at: bytes, offset: int) -> Path:
    """The same file with a bit turned behind a mark."""
    data = bytearray(path.read_bytes())
    place = data.index(at) + len(at) + offset
    data[place] ^= 1
    path.write_bytes(data)
    return path


def sign(
    path: Path,
    identity: Identity,
    *assertions: dict,
    parent: bool = False,
    component: Path | None = None,
) -> Path:
    """Sign a JPEG as somebody who is not us would, with assertions of theirs."""
    made_by = [{"name": "other-program", "version": "1"}]
    builder = Builder({"claim_generator_info": made_by, "assertions": list(assertions)})
    if parent:
        builder.set_intent(C2paBuilderIntent.EDIT)
    else:
        builder.set_intent(C2paBuilderIntent.CREATE, C2paDigitalSourceType.DIGITAL_CREATION)
    if component is not None:
        named = {"title": component.name, "relationship": "componentOf"}
        with component.open("rb") as stream:
            builder.add_ingredient(json.dumps(named), "image/jpeg", stream)
    signer = Signer.from_info(
        C2paSignerInfo(
            alg=b"es256", sign_cert=identity.chain, private_key=identity.key, ta_url=None
        )
    )
    signed = io.BytesIO()
    builder.sign(signer, "image/jpeg", io.BytesIO(path.read_bytes()), signed)
    path.write_bytes(signed.getvalue())
    return path


def training_mining(word: str) -> dict:
    keys = ("data_mining", "ai_training", "ai_generative_training")
    entries = {f"cawg.{key}": {"use": word} for key in keys}
    return {"label": "cawg.training-mining", "data": {"entries": entries}}


def segments_without(path: Path, *marks: bytes) -> Path:
    """The same JPEG without its segments that begin so."""
    data = path.read_bytes()
    kept, at = [data[:2]], 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if not data[at + 4 : end].startswith(marks):
            kept.append(data[at:end])
        at = end
    path.write_bytes(b"".join([*kept, data[at:]]))
    return path


XMP = b"http://ns.adobe.com/xap/1.0/\0"
JUMBF = b"JP"

Planted = tuple[Path, set[str]]
Fault = Callable[[Ground], Planted]
FAULTS: dict[str, Fault] = {}


def fault(plant: Fault) -> Fault:
    FAULTS[plant.__name__.replace("_", " ")] = plant
    return plant


@fault
def stripped_xmp(ground: Ground) -> Planted:
    path = segments_without(ground.good("jpeg/baseline.jpg", signed=False), XMP)
    return path, {"not-reserved"}


@fault
def stripped_xmp_of_a_signed_file(ground: Ground) -> Planted:
    path = segments_without(ground.good("jpeg/baseline.jpg"), XMP)
    return path, {
        "carrier-missing",
        "credential-broken",
        "holder-missing",
        "contact-missing",
        "date-missing",
    }


@fault
def stripped_tags(ground: Ground) -> Planted:
    path = ground.good("wav/rf64.wav", signed=False)
    swap(path, b"id3 ", b"junk", 1)
    return path, {"carrier-missing"}


@fault
def stripped_manifest(ground: Ground) -> Planted:
    return segments_without(ground.good("jpeg/baseline.jpg"), JUMBF), {"credential-missing"}


@fault
def nothing_reserved(ground: Ground) -> Planted:
    path = ground.folder / "plain-bare.png"
    shutil.copyfile(SAMPLES / "png/rgb-16bit.png", path)
    return path, {"not-reserved"}


@fault
def only_prose(ground: Ground) -> Planted:
    path = ground.good("flac/plain.flac", signed=False)
    tags = FLAC(path)
    for key in ("TDM-RESERVATION", "TDM-POLICY"):
        del tags[key]
    tags.save()
    return path, {"prose-only"}


@fault
def only_generative_training(ground: Ground) -> Planted:
    path = ground.good("png/rgb.png", signed=False)
    new = b"DMI-PROHIBITED-GENAIMLTRAINING".ljust(len(RESERVED))
    swap(path, RESERVED, new)
    swap(path, b"<tdm:reservation>1<", b"<tdm:reservation>x<")
    return recrc(path), {"uses-unreserved"}


@fault
def allowed_in_xmp(ground: Ground) -> Planted:
    path = ground.good("wav/rf64.wav", signed=False)
    swap(path, RESERVED, b"DMI-ALLOWED".ljust(len(RESERVED)))
    return path, {"statements-conflict"}


@fault
def contradicting_cawg(ground: Ground) -> Planted:
    path = ground.good("jpeg/baseline.jpg", signed=False)
    return sign(path, load(ground.label / "identity"), training_mining("allowed")), {
        "statements-conflict"
    }


@fault
def cawg_reserves_less(ground: Ground) -> Planted:
    path = ground.good("jpeg/baseline.jpg", signed=False)
    assertion = training_mining("notAllowed")
    del assertion["data"]["entries"]["cawg.data_mining"]
    return sign(path, load(ground.label / "identity"), assertion), {"carriers-disagree"}


@fault
def two_packets(ground: Ground) -> Planted:
    path = ground.good("png/rgb.png", signed=False)
    data = path.read_bytes()
    start = data.index(b"iTXtXML:com.adobe.xmp") - 4
    end = start + 12 + int.from_bytes(data[start : start + 4], "big")
    path.write_bytes(data[:end] + data[start:end] + data[end:])
    return path, {"packet-duplicate"}


@fault
def two_packets_that_differ(ground: Ground) -> Planted:
    path, _ = two_packets(ground)
    swap(path, b"<tdm:policy>https://rights.", b"<tdm:policy>https://others.", 1)
    return recrc(path), {"statements-differ", "packet-duplicate"}


@fault
def damaged_packet(ground: Ground) -> Planted:
    path = ground.good("mp4/faststart.mp4", signed=False)
    return swap(path, b"</rdf:RDF>", b"</rdf:RDX>"), {"carrier-damaged"}


@fault
def other_policy_in_the_tags(ground: Ground) -> Planted:
    path = ground.good("wav/rf64.wav", signed=False)
    mark = b"TDM-POLICY\0"
    data = path.read_bytes()
    at = data.index(mark)
    path.write_bytes(data[:at] + data[at:].replace(b"rights.example.org", b"rightz.example.org", 1))
    return path, {"carriers-disagree"}


@fault
def other_day_in_the_tags(ground: Ground) -> Planted:
    path = ground.good("flac/plain.flac", signed=False)
    tags = FLAC(path)
    tags["COPYRIGHT"] = [text.replace("2026-01-15", "2025-01-15") for text in tags["COPYRIGHT"]]
    tags.save()
    return path, {"carriers-disagree"}


@fault
def tampered_sound(ground: Ground) -> Planted:
    return flip(ground.good("wav/pcm16.wav"), b"data", 1000), {"credential-broken"}


@fault
def tampered_metadata(ground: Ground) -> Planted:
    path = ground.good("jpeg/exif.jpg")
    return swap(path, b"Recording", b"recording", 1), {"credential-broken"}


@fault
def encoded_anew_after_signing(ground: Ground) -> Planted:
    path = ground.good("jpeg/baseline.jpg")
    data = path.read_bytes()
    scan = data.index(b"\xff\xdb")
    anew = io.BytesIO()
    Image.open(path).save(anew, "JPEG", quality=30)
    again = anew.getvalue()
    path.write_bytes(data[:scan] + again[again.index(b"\xff\xdb") :])
    return path, {"credential-broken"}


@fault
def foreign_signer(ground: Ground) -> Planted:
    path = ground.good("jpeg/baseline.jpg", signed=False)
    return sign(path, ground.somebody("Mallory"), training_mining("notAllowed")), {
        "credential-signer"
    }


@fault
def expired_certificate(ground: Ground) -> Planted:
    """It is valid for two seconds, and looked at later."""
    path = ground.good("jpeg/baseline.jpg", signed=False)
    identity = ground.somebody("Label that expires", timedelta(seconds=2))
    return sign(path, identity, training_mining("notAllowed")), {"credential-expired"}


@fault
def silent_manifest(ground: Ground) -> Planted:
    path = ground.good("jpeg/baseline.jpg", signed=False)
    return sign(path, load(ground.label / "identity")), {"credential-silent"}


@fault
def child_dropped_the_reservation(ground: Ground) -> Planted:
    path = ground.good("jpeg/baseline.jpg")
    return sign(path, load(ground.label / "identity"), parent=True), {"chain-dropped"}


@fault
def child_reserves_less(ground: Ground) -> Planted:
    path = ground.good("jpeg/baseline.jpg")
    assertion = training_mining("notAllowed")
    del assertion["data"]["entries"]["cawg.data_mining"]
    sign(path, load(ground.label / "identity"), assertion, parent=True)
    return path, {"chain-dropped", "carriers-disagree"}


@fault
def component_that_reserves(ground: Ground) -> Planted:
    part = ground.good("jpeg/baseline.jpg", signed=True)
    path = ground.good("jpeg/progressive.jpg", signed=False)
    return sign(path, load(ground.label / "identity"), component=part), {"component-dropped"}


@fault
def wrong_isrc(ground: Ground) -> Planted:
    path = ground.good("flac/plain.flac", signed=False)
    tags = FLAC(path)
    tags["ISRC"] = "FRZ03260001"
    tags.save()
    return path, {"identifier-invalid"}


@fault
def other_isrc_in_the_tags(ground: Ground) -> Planted:
    path = ground.good("wav/rf64.wav", signed=False)
    data = path.read_bytes()
    at = data.index(b"TSRC")
    isrc = f"FRZ0326{ground.number:05}".encode()
    new = data[at:].replace(isrc, b"FRZ032699999", 1)
    path.write_bytes(data[:at] + new)
    return path, {"identifiers-differ"}


@fault
def no_identifier(ground: Ground) -> Planted:
    path = ground.good("flac/plain.flac", signed=False, reserved=reservation(1, works=()))
    return path, {"identifier-missing"}


@fault
def isrc_of_another_file(ground: Ground) -> Planted:
    first = ground.good("ogg/opus.opus", signed=False)
    reserved = reservation(ground.number)
    path = ground.good("ogg/vorbis-cover.ogg", signed=False, reserved=reserved)
    ground.twins[str(first)] = str(path)
    return path, {"identifier-duplicate"}


@fault
def nobody_named(ground: Ground) -> Planted:
    return ground.good("png/rgb.png", signed=False, holders=()), {"holder-missing"}


@fault
def somebody_else_named(ground: Ground) -> Planted:
    from mediaoptout import Holder

    path = ground.good("png/rgb.png", signed=False, holders=(Holder("Mallory Music"),))
    return path, {"holder-unexpected"}


@fault
def no_contact(ground: Ground) -> Planted:
    path = ground.good("png/rgb.png", signed=False, licence_url=None, policy_url=None)
    return path, {"contact-missing"}


@fault
def no_day(ground: Ground) -> Planted:
    path = ground.good("jpeg/baseline.jpg", signed=False)
    data = path.read_bytes()
    path.write_bytes(
        data.replace(b" 2026-01-15.", b" some day...").replace(b"2026-01-15", b"0000000000")
    )
    return path, {"date-implausible"}


@fault
def dated_in_the_future(ground: Ground) -> Planted:
    from datetime import date

    path = ground.good("png/rgb.png", signed=False, declared=date(2126, 1, 15))
    return path, {"date-implausible"}


@fault
def policy_of_a_stranger(ground: Ground) -> Planted:
    path = ground.good("png/rgb.png", signed=False, policy_url="https://mallory.example/x")
    return path, {"statement-unexpected"}


@fault
def renamed_extension(ground: Ground) -> Planted:
    path = ground.good("png/rgb.png", signed=False)
    return path.rename(path.with_suffix(".jpg")), {"extension-mismatch"}


@fault
def renamed_file(ground: Ground) -> Planted:
    path = ground.good("png/rgb.png", signed=False)
    return path.rename(path.with_name(f"final_v2 {path.name}")), {"name"}


@fault
def kind_that_is_not_read(ground: Ground) -> Planted:
    path = ground.folder / "plain-sound.amr"
    path.write_bytes(b"#!AMR\n" + bytes(200))
    return path, {"container-unsupported"}


@fault
def file_too_large(ground: Ground) -> Planted:
    path = ground.good("png/rgb.png", signed=False)
    data = path.read_bytes()
    end = data.index(b"IEND") - 4
    text = chunk(b"zzZz", bytes(9_000_000))
    path.write_bytes(data[:end] + text + data[end:])
    return path, {"size"}


@fault
def missing_sidecar(ground: Ground) -> Planted:
    path = ground.folder / "plain-sound.ac3"
    shutil.copyfile(SAMPLES / "ac3/plain.ac3", path)
    return path, {"not-reserved"}


@fault
def orphan_sidecar(ground: Ground) -> Planted:
    folder = ground.folder / "sidecars"
    folder.mkdir(exist_ok=True)
    with signing_as(ground.label, ground.patch):
        embed(SAMPLES / "ac3/plain.ac3", folder / "gone.ac3", reservation=reservation(9))
    for path in folder.glob("gone.ac3"):
        path.unlink()
    for path in folder.glob("*.c2pa"):
        path.unlink()
    (path,) = folder.iterdir()
    return path, {"sidecar-orphan"}


@fault
def copied_wrongly(ground: Ground) -> Planted:
    path = ground.good("flac/plain.flac", signed=False)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with (ground.folder / "sums.sha256").open("a") as sums:
        sums.write(f"{digest} *{path.name}\n")
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    return path, {"checksum-mismatch"}


@fault
def listed_and_absent(ground: Ground) -> Planted:
    folder = ground.folder / "delivery"
    folder.mkdir(exist_ok=True)
    path = folder / "manifest-md5.txt"
    path.write_text(f"{'0' * 32}  data/never-came.wav\n")
    return path, {"checksum-absent"}


@fault
def wrong_sample_rate(ground: Ground) -> Planted:
    path = ground.good("wav/list-info.wav", signed=False)
    data = bytearray(path.read_bytes())
    at = data.index(b"fmt ") + 12
    data[at : at + 4] = (8000).to_bytes(4, "little")
    path.write_bytes(data)
    return path, {"sample-rate"}


@fault
def picture_too_small(ground: Ground) -> Planted:
    source = ground.label.parent / "tiny.png"
    Image.new("RGB", (4, 8)).save(source)
    return ground.good("png/rgb.png", signed=False, source=source), {"large-enough"}


UNREAD = "unread"
"""What stands for a record without a verdict: its error names what is wrong."""


@fault
def cut_off_picture(ground: Ground) -> Planted:
    path = ground.good("png/rgb.png", signed=False)
    path.write_bytes(path.read_bytes()[:-40])
    return path, {"structure-unsound"}


@fault
def cut_off_film(ground: Ground) -> Planted:
    path = ground.good("mp4/moov-last.mp4", signed=False)
    path.write_bytes(path.read_bytes()[:-400])
    return path, {"structure-unsound"}


@fault
def cut_off_headers(ground: Ground) -> Planted:
    path = ground.good("mp4/faststart.mp4", signed=False)
    path.write_bytes(path.read_bytes()[:600])
    return path, {UNREAD}


@fault
def empty(ground: Ground) -> Planted:
    path = ground.folder / "plain-empty.wav"
    path.write_bytes(b"")
    return path, {UNREAD}


@fault
def overwritten(ground: Ground) -> Planted:
    path = ground.good("wav/list-info.wav", signed=False)
    path.write_bytes(os.urandom(2000).replace(b"\xff", b"\0"))
    return path, {UNREAD}


def chunk(kind: bytes, data: bytes) -> bytes:
    import zlib

    body = kind + data
    return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def recrc(path: Path) -> Path:
    """The same PNG with right check sums."""
    data, at = path.read_bytes(), 8
    parts = [data[:8]]
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        parts.append(chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += size + 12
    path.write_bytes(b"".join(parts))
    return path
