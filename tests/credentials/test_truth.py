"""Manifests read truthfully: each fault has a file made for it, and a sentence of its own."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from c2pa import Builder, C2paBuilderIntent, C2paSignerInfo, Context, Signer
from hypothesis import example, given, settings
from hypothesis import strategies as some

from mediaoptout.containers.registry import detect
from mediaoptout.credentials import jumbf, library
from mediaoptout.credentials.jumbf import Binding, Range
from mediaoptout.credentials.session import current
from mediaoptout.credentials.trust import Anchors
from mediaoptout.credentials.validation import Report
from mediaoptout.embedding import EmbedOptions, embed
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import BytesSource, FileSource
from mediaoptout.verification.check import Asked, examine, verify
from mediaoptout.words import Integrity, Status, Trust
from tests.credentials.authorities import DAY, Authority
from tests.credentials.resigning import _cbor as cbor
from tests.credentials.stamping import AVAILABLE, stamping
from tests.credentials.test_signing import SIGNABLE, flipped

SAMPLES = Path(__file__).parents[2] / "sample_media"
PICTURE = SAMPLES / "png" / "rgb.png"
NO_NETWORK = {"version": 1, "core": {"allowed_network_hosts": []}}


def sentences(path: Path, **asked: Any) -> dict[str, str]:
    found = verify(path, **asked)
    return {item.rule: item.message for item in found.findings if "credential" in item.rule}


def test_our_own_signatures_leave_nothing_out(tmp_path: Path):
    tried = 0
    for path in (*SIGNABLE, SAMPLES / "flac" / "plain.flac", SAMPLES / "avi" / "mjpeg-pcm.avi"):
        record = embed(path, tmp_path / path.name, options=EmbedOptions(sign_flac=True))
        if "c2pa" not in record.carriers:
            continue
        tried += 1
        credential = verify(tmp_path / path.name).credential
        assert credential.uncovered == (), path
        assert credential.certificate is not None, path
        assert credential.certificate.serial == current().identity.serial
    assert tried >= len(SIGNABLE)


def signed_except(path: Path, extra: tuple[int, int]) -> bytes:
    """A PNG whose signature leaves out more than its manifest."""
    data = path.read_bytes()
    pending = current().begin(BytesSource(data), "image/png", "x", ())
    at = 33
    size = 12 + pending.size
    left = [{"start": at, "length": size}, {"start": size + extra[0], "length": extra[1]}]
    kept = data[: extra[0]] + data[sum(extra) :]
    binding = {
        "exclusions": left,
        "name": "jumbf manifest",
        "alg": "sha256",
        "hash": list(hashlib.sha256(kept).digest()),
        "pad": [],
    }
    store = library._call_for_bytes(
        "c2pa_builder_sign_data_hashed_embeddable",
        library._address(pending.builder._handle),
        library._address(pending.signer._handle),
        json.dumps(binding).encode(),
        b"application/c2pa",
        None,
    )
    container = detect(BytesSource(data))
    assert container is not None
    return data[:at] + container.frame_manifest(store) + data[at:]


def test_a_signature_that_leaves_out_more_than_the_manifest_is_said_to(tmp_path: Path):
    path = tmp_path / "wide.png"
    whole = PICTURE.read_bytes()
    at = whole.index(b"IDAT") + 4
    path.write_bytes(signed_except(PICTURE, (at, 8)))
    found = verify(path)
    assert found.credential.integrity is Integrity.INTACT
    assert len(found.credential.uncovered) == 1
    assert found.credential.uncovered[0].startswith("8 bytes at offset")
    assert "leaves out more of the file than the manifest" in sentences(path)["credential-too-wide"]
    # And that is what it means: the picture can be changed.
    data = path.read_bytes()
    path.write_bytes(flipped(data, data.index(b"IDAT") + 6))
    assert verify(path).credential.integrity is Integrity.INTACT


def assertion(label: str, content: Any) -> bytes:
    def box(kind: bytes, *parts: bytes) -> bytes:
        body = b"".join(parts)
        return (8 + len(body)).to_bytes(4, "big") + kind + body

    def superbox(label: str, *parts: bytes) -> bytes:
        return box(b"jumb", box(b"jumd", bytes(16), b"\x03", label.encode(), b"\0"), *parts)

    held = superbox(label, box(b"cbor", cbor(content)))
    return superbox("c2pa", superbox("m", superbox("c2pa.assertions", held)))


@pytest.mark.parametrize(
    ("label", "content", "binding"),
    [
        (
            "c2pa.hash.data",
            {"exclusions": [{"start": 5, "length": 7}], "hash": b"\0"},
            Binding((Range(5, 7),)),
        ),
        ("c2pa.hash.data", {"hash": b"\0"}, Binding()),
        (
            "c2pa.hash.bmff.v3",
            {"exclusions": [{"xpath": "/uuid"}, {"xpath": "/moov"}]},
            Binding((), ("/uuid", "/moov")),
        ),
        ("c2pa.hash.bmff.v3", {"exclusions": [{"xpath": "/mdat"}], "merkle": [{}]}, Binding()),
        (
            "c2pa.hash.bmff.v3",
            {"exclusions": [{"xpath": "/mdat"}]},
            Binding((), ("/mdat",)),
        ),
        (
            "c2pa.hash.boxes",
            {"boxes": [{"names": ["C2PA"], "excluded": True}, {"names": ["APP1"]}]},
            Binding((), ("C2PA",)),
        ),
        ("c2pa.actions", {"actions": []}, None),
    ],
)
def test_what_a_hard_binding_leaves_out(label: str, content: Any, binding: Binding | None):
    assert jumbf.read(assertion(label, content), "m").binding == binding


STORE = assertion("c2pa.hash.data", {"exclusions": [{"start": 1, "length": 2}], "pad": bytes(9)})


@settings(deadline=None)
@given(some.lists(some.tuples(some.integers(0, len(STORE) - 1), some.integers(0, 255)), max_size=8))
@example([])
def test_a_store_that_is_damaged_says_less_and_breaks_nothing(changes):
    data = bytearray(STORE)
    for at, value in changes:
        data[at] = value
    assert isinstance(jumbf.read(bytes(data), "m"), jumbf.Store)


@settings(deadline=None)
@given(some.binary(max_size=200))
@example(b"\x9b" + b"\xff" * 8)
@example(b"\x81" * 100)
@example(b"\x5f" * 100)
def test_any_cbor_comes_to_an_end(content: bytes):
    box = (8 + len(content)).to_bytes(4, "big") + b"cbor" + content
    data = assertion("c2pa.hash.data", {})
    at = data.index(b"cbor") - 4
    jumbf.read(data[:at] + box, "m")


def test_an_address_instead_of_a_manifest_is_named_and_never_fetched(tmp_path: Path):
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dcterms="http://purl.org/dc/terms/"'
        ' dcterms:provenance="https://manifests.example/1"/></rdf:RDF></x:xmpmeta>'
    )
    data = (SAMPLES / "jpeg" / "baseline.jpg").read_bytes()
    body = b"http://ns.adobe.com/xap/1.0/\0" + xmp.encode()
    segment = b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
    path = tmp_path / "remote.jpg"
    path.write_bytes(data[:2] + segment + data[2:])
    found = verify(path)
    assert found.credential.integrity is Integrity.ABSENT
    assert found.credential.remote == "https://manifests.example/1"
    assert "was not fetched" in sentences(path)["credential-remote"]
    embed(path, tmp_path / "signed.jpg")
    assert verify(tmp_path / "signed.jpg").credential.remote is None


@pytest.mark.parametrize("family", ["jpeg/baseline.jpg", "png/rgb.png", "wav/pcm16.wav"])
def test_a_manifest_that_is_cut_off_or_overwritten(family: str, tmp_path: Path):
    path = tmp_path / Path(family).name
    embed(SAMPLES / family, path)
    with FileSource(path) as source:
        container = detect(source)
        assert container is not None
        manifest = container.read(source).manifest
        assert manifest is not None
        place = Span(*manifest.span)
    data = path.read_bytes()
    middle = (place.start + place.end) // 2
    path.write_bytes(data[:middle] + bytes(place.end - middle) + data[place.end :])
    found = verify(path)
    assert found.error is not None or found.credential.integrity is Integrity.BROKEN
    if found.error is None:
        assert found.credential.reasons, found.credential
        assert "the file is not what" in sentences(path)["credential-broken"]


def test_tampering_is_told_in_words(tmp_path: Path):
    path = tmp_path / "a.jpg"
    embed(SAMPLES / "jpeg" / "baseline.jpg", path)
    data = path.read_bytes()
    said = {}
    for what, at in {
        "essence": len(data) - 40,
        "metadata": data.index(b"PROHIBITED"),
        "statement": data.index(b"notAllowed"),
    }.items():
        path.write_bytes(flipped(data, at))
        said[what] = sentences(path)["credential-broken"]
    assert said["essence"] == said["metadata"]
    assert "content or the metadata of the file was changed" in said["essence"]
    assert "a statement in the manifest was changed" in said["statement"]


def report_of(path: Path, anchors: Anchors) -> Report:
    report = examine(path, Asked.of(anchors=anchors)).report
    assert report is not None
    return report


def made_elsewhere(
    source: Path, target: Path, authority: Authority, *, stamps: str | None, end: timedelta
) -> None:
    """A file as another program signs it: its own manifest, thumbnails and all."""
    signer = authority.issue("Camera 7", organisation="Maker of cameras", end=end)
    identity = authority.identity(signer, target.parent)
    signing = Signer.from_info(
        C2paSignerInfo(
            alg=b"es256",
            sign_cert=identity.chain,
            private_key=identity.key,
            ta_url=None if stamps is None else stamps.encode(),
        )
    )
    manifest = {"claim_generator_info": [{"name": "Camera firmware", "version": "7"}]}
    builder = Builder(json.dumps(manifest), context=Context.from_dict(NO_NETWORK))
    builder.set_intent(C2paBuilderIntent.EDIT)
    builder.sign_file(str(source), str(target), signing)


def test_a_manifest_of_another_maker_becomes_the_parent_and_keeps_its_name(tmp_path: Path):
    authority = Authority()
    anchors = Anchors("a", authority.pem.decode())
    theirs, ours = tmp_path / "theirs.jpg", tmp_path / "ours.jpg"
    made_elsewhere(SAMPLES / "jpeg" / "baseline.jpg", theirs, authority, stamps=None, end=30 * DAY)
    found = report_of(theirs, anchors)
    assert found.credential.trust is Trust.TRUSTED
    assert found.generator == "Camera firmware"
    assert embed(theirs, ours, options=EmbedOptions(resign=True)).status is Status.WRITTEN
    found = report_of(ours, anchors)
    assert found.credential.integrity is Integrity.INTACT
    assert found.credential.trust is Trust.UNTRUSTED
    parent = found.ancestors[0]
    assert (parent.relation, parent.broken, parent.speaks) == ("parentOf", False, False)
    assert parent.generator == "Camera firmware"
    assert parent.label.startswith("urn:c2pa:")


@pytest.mark.skipif(not AVAILABLE, reason="openssl makes the time stamps")
def test_a_time_stamp_outlives_the_certificate_if_its_authority_is_trusted(tmp_path: Path):
    makers, stampers = Authority("Makers"), Authority("Stampers")
    path = tmp_path / "stamped.png"
    ending = time.time() + 3
    with stamping(stampers, tmp_path / "tsa") as address:
        made_elsewhere(PICTURE, path, makers, stamps=address, end=timedelta(seconds=3))
    signers, stamps = makers.pem.decode(), stampers.pem.decode()
    known, unknown = Anchors("known", signers, stamps), Anchors("unknown", signers)
    for anchors in (known, unknown):
        credential = verify(path, anchors=anchors).credential
        assert (credential.integrity, credential.trust) == (Integrity.INTACT, Trust.TRUSTED)
        assert credential.timestamped
        assert credential.signed_at is not None
        assert credential.authority == "Stamper"
        assert credential.authority_trusted is (anchors is known)
        assert credential.alive_at_signing is (True if anchors is known else None)
    time.sleep(max(0.0, ending + 1 - time.time()))
    assert verify(path, anchors=known).credential.trust is Trust.TRUSTED
    credential = verify(path, anchors=unknown).credential
    assert (credential.integrity, credential.trust) == (Integrity.INTACT, Trust.EXPIRED)
    assert "no trusted time stamp" in dict(credential.reasons)["signingCredential.expired"]
