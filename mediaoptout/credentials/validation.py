"""Validation by the reference reader: integrity and trust apart, from the status codes.

The reader's one-word state is never used: an expired certificate makes it 'Invalid' while every
hash holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from c2pa import C2paError, Context

from mediaoptout.credentials import library
from mediaoptout.credentials.credential import ACTIVE, COMPONENT, PARENT, Credential
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies import cawg
from mediaoptout.words import Integrity, Trust

_TRUST_CODES: Final[tuple[tuple[str, Trust], ...]] = (
    ("signingCredential.ocsp.revoked", Trust.REVOKED),
    ("signingCredential.revoked", Trust.REVOKED),
    ("signingCredential.expired", Trust.EXPIRED),
    ("signingCredential.untrusted", Trust.UNTRUSTED),
    ("signingCredential.invalid", Trust.UNTRUSTED),
)
_ABOUT_TRUST: Final = ("signingCredential.", "timeStamp.", "cawg.")
"""What says something of the signer or the time, and nothing of the bytes."""

_ANY: Final = "application/octet-stream"
"""The media type for a manifest beside its file: the whole file is hashed, whatever it is."""


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A manifest that came before the active one.

    Args:
        title: what its file was called.
        relation: ``parentOf``, ``componentOf`` or ``inputTo``.
        broken: whether it was broken already when the next one was signed.
        codes: why.
    """

    title: str
    relation: str
    broken: bool
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a manifest store says, and how it stands.

    Args:
        credential: its state.
        assertions: triples of where it stands, label and data: those of the active manifest; if
            they say nothing of training and mining, those of the nearest ancestor that do; and
            those of components that do.
        serial: the serial number of the signer's certificate, or None.
        ancestors: the ingredients of the active manifest.
        generator: the program that made the claim.
    """

    credential: Credential
    assertions: tuple[tuple[str, str, Any], ...] = ()
    serial: int | None = None
    ancestors: tuple[Ancestor, ...] = ()
    generator: str | None = None


@cache
def _context(check: bool) -> Context:
    return Context.from_dict(
        {
            "version": 1,
            "core": {"allowed_network_hosts": []},
            "verify": {
                "remote_manifest_fetch": False,
                "ocsp_fetch": False,
                "verify_after_reading": check,
            },
        }
    )


def validate(source: Source, media_type: str, *, check: bool = True) -> Report:
    """Read a file's manifest store, and validate it.

    Args:
        source: the file.
        media_type: what it is.
        check: hash the file; else integrity is ``unchecked``.
    """
    try:
        document = json.loads(library.manifests(source, media_type, _context(check)))
    except (C2paError, ValueError) as error:
        return _unreadable(error, check)
    return _report(document, check)


def _unreadable(error: Exception, check: bool) -> Report:
    code = str(error).partition(":")[0] or "unreadable"
    if code == "ManifestNotFound":
        return Report(Credential())
    integrity = Integrity.BROKEN if check else Integrity.UNCHECKED
    return Report(Credential(integrity=integrity, codes=(code, str(error)[:300])))


def validate_beside(source: Source, store: bytes, *, check: bool = True) -> Report:
    """Validate a manifest store that stands beside its file.

    Args:
        source: the media file.
        store: the sidecar's content.
        check: hash the file; else integrity is ``unchecked``.
    """
    try:
        document = json.loads(library.manifests(source, _ANY, _context(check), store))
    except (C2paError, ValueError) as error:
        return _unreadable(error, check)
    return _report(document, check)


def _report(document: Mapping[str, Any], check: bool) -> Report:
    manifests = document.get("manifests", {})
    active = manifests.get(document.get("active_manifest"), {})
    results = document.get("validation_results", {}).get("activeManifest", {})
    failures = tuple(item.get("code", "") for item in results.get("failure", ()))
    successes = {item.get("code") for item in results.get("success", ())}
    notes = tuple(item.get("code", "") for item in results.get("informational", ()))
    signature = active.get("signature_info", {})
    credential = Credential(
        integrity=_integrity(failures) if check else Integrity.UNCHECKED,
        trust=_trust(failures, successes) if check else Trust.NONE,
        signer=_signer(signature),
        signed_at=signature.get("time"),
        timestamped="timeStamp.validated" in successes or "timeStamp.trusted" in successes,
        codes=(*failures, *notes),
    )
    generators = active.get("claim_generator_info") or [{}]
    serial = str(signature.get("cert_serial_number", ""))
    return Report(
        credential,
        tuple(_assertions(manifests, active)),
        int(serial) if serial.isdigit() else None,
        tuple(_ancestors(active)),
        generators[0].get("name") or active.get("claim_generator"),
    )


def _integrity(failures: tuple[str, ...]) -> Integrity:
    broken = any(not code.startswith(_ABOUT_TRUST) for code in failures)
    return Integrity.BROKEN if broken else Integrity.INTACT


def _trust(failures: tuple[str, ...], successes: set[Any]) -> Trust:
    for code, trust in _TRUST_CODES:
        if code in failures:
            return trust
    return Trust.TRUSTED if "signingCredential.trusted" in successes else Trust.UNTRUSTED


def _signer(signature: Mapping[str, Any]) -> str | None:
    parts = [signature.get("common_name"), signature.get("issuer")]
    return ", ".join(str(part) for part in parts if part) or None


def _assertions(
    manifests: Mapping[str, Any], active: Mapping[str, Any]
) -> Iterator[tuple[str, str, Any]]:
    """Those of the active manifest; what earlier ones of the work say, if it is silent itself.

    What the components of the work say of themselves is always there, as far as they speak.
    """
    seen: set[str] = set()
    current: Mapping[str, Any] | None = active
    here = ACTIVE
    while current is not None:
        items = [(here, item.get("label", ""), item.get("data")) for item in _listed(current)]
        spoken = [item for item in items if cawg.speaks(item[1], item[2])]
        yield from items if current is active else spoken
        yield from _components(manifests, current, here, seen)
        if spoken:
            return
        current = next(_ingredients(manifests, current, ("parentOf",), seen), None)
        here += PARENT


def _components(
    manifests: Mapping[str, Any], whole: Mapping[str, Any], here: str, seen: set[str]
) -> Iterator[tuple[str, str, Any]]:
    """What the components of a manifest's work, and theirs, say of training and mining."""
    waiting = [(whole, here)]
    while waiting:
        manifest, place = waiting.pop()
        relations = ("componentOf",) if manifest is whole else ("componentOf", "parentOf")
        for part in _ingredients(manifests, manifest, relations, seen):
            where = place if manifest is not whole else place + COMPONENT
            for item in _listed(part):
                if cawg.speaks(item.get("label", ""), item.get("data")):
                    yield where, item.get("label", ""), item.get("data")
            waiting.append((part, where))


def _listed(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (item for item in manifest.get("assertions", ()) if isinstance(item, Mapping))


def _ingredients(
    manifests: Mapping[str, Any],
    manifest: Mapping[str, Any],
    relations: tuple[str, ...],
    seen: set[str],
) -> Iterator[Mapping[str, Any]]:
    """The manifests of its ingredients, each once; manifests may refer to each other in a ring."""
    for item in manifest.get("ingredients", ()):
        label = item.get("active_manifest")
        if item.get("relationship") not in relations or label in seen or label not in manifests:
            continue
        seen.add(label)
        yield manifests[label]


def _ancestors(active: Mapping[str, Any]) -> Iterator[Ancestor]:
    for item in active.get("ingredients", ()):
        if not item.get("active_manifest"):
            continue
        results = item.get("validation_results", {}).get("activeManifest", {})
        codes = tuple(
            code
            for failure in results.get("failure", ())
            if not (code := failure.get("code", "")).startswith(_ABOUT_TRUST)
        )
        yield Ancestor(item.get("title", ""), item.get("relationship", ""), bool(codes), codes)
