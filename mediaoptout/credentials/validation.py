"""Validation by the reference reader: integrity and trust apart, from the status codes.

The reader's one-word state is never used: an expired certificate makes it 'Invalid' while every
hash holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from c2pa import C2paError, Context

from mediaoptout.credentials import jumbf, library
from mediaoptout.credentials.binding import LARGE, OCTETS, Held, validated
from mediaoptout.credentials.credential import ACTIVE, COMPONENT, PARENT, Credential
from mediaoptout.credentials.library import Found
from mediaoptout.credentials.outcome import Outcome, doubtful, judged
from mediaoptout.credentials.reasons import ABOUT_TRUST, sentence
from mediaoptout.credentials.trust import Anchors
from mediaoptout.credentials.vouching import SMALL, answer, only_question
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies import cawg
from mediaoptout.words import Integrity, Trust


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A manifest that came before the active one.

    Args:
        title: what its file was called.
        relation: ``parentOf``, ``componentOf`` or ``inputTo``.
        broken: whether it was broken already when the next one was signed.
        codes: why.
        signer: the common name and organisation in its certificate, or None.
        label: the manifest's own name.
        generator: the program that made its claim, or None.
        speaks: whether it says anything of training and mining.
    """

    title: str
    relation: str
    broken: bool
    codes: tuple[str, ...]
    signer: str | None = None
    label: str = ""
    generator: str | None = None
    speaks: bool = False


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
        earlier: what all earlier manifests of the work say of training and mining, whether or not
            the active one speaks; triples as in ``assertions``.
        generator: the program that made the claim.
    """

    credential: Credential
    assertions: tuple[tuple[str, str, Any], ...] = ()
    serial: int | None = None
    ancestors: tuple[Ancestor, ...] = ()
    earlier: tuple[tuple[str, str, Any], ...] = ()
    generator: str | None = None


_NOBODY: Final = Anchors()


@lru_cache(maxsize=8)
def _context(check: bool, anchors: Anchors) -> Context:
    return Context.from_dict(
        {
            "version": 1,
            "core": {"allowed_network_hosts": []},
            "verify": {
                "remote_manifest_fetch": False,
                "ocsp_fetch": False,
                "verify_after_reading": check,
            },
            **anchors.settings(),
        }
    )


def validate(
    source: Source,
    media_type: str,
    *,
    check: bool = True,
    anchors: Anchors | None = None,
    place: Span | None = None,
    held: Held | None = None,
    brief: bool = False,
) -> Report:
    """Read a file's manifest store, and validate it.

    Args:
        source: the file.
        media_type: what it is.
        check: hash the file; else integrity is ``unchecked``.
        anchors: whom to trust; None where trust is not the question: then nobody is trusted, and
            neither the certificate nor what the signature covers is looked at.
        place: where the store stands in the file, to see what the signature leaves out beside it.
        held: the store itself, so that a large file need not go through the reader; None where
            the reader shall do all of it.
        brief: leave out what the manifests say: only how they stand.
    """
    return _read(source, media_type, None, check, anchors, place, held, brief)


def validate_beside(
    source: Source,
    store: bytes,
    *,
    check: bool = True,
    anchors: Anchors | None = None,
    media_type: str = OCTETS,
) -> Report:
    """Validate a manifest store that does not stand in its file.

    Args:
        source: the media file.
        store: the manifest store.
        check: hash the file; else integrity is ``unchecked``.
        anchors: whom to trust; see `validate`.
        media_type: what the file is, for a manifest that may be bound to parts of its structure.
    """
    return _read(source, media_type, store, check, anchors, None, None, brief=False)


def _read(
    source: Source,
    media_type: str,
    beside: bytes | None,
    check: bool,
    anchors: Anchors | None,
    place: Span | None,
    held: Held | None,
    brief: bool,
) -> Report:
    def look(context: Context) -> Found:
        found = None if held is None or source.size < LARGE else validated(source, held, context)
        return found or library.manifests(source, media_type, context, beside, whole=True)

    try:
        if not check or anchors is None:
            found = library.manifests(source, media_type, _context(check, _NOBODY), beside)
            return _report(found.document, check, brief=brief)
        found, vouches = _asked(look, anchors, small=source.size <= SMALL)
    except (C2paError, ValueError) as error:
        return _unreadable(error, check)
    report = _report(found.document, check, vouches, brief=brief)
    return replace(report, credential=judged(report.credential, _store(found), anchors, place))


def _asked(
    look: Callable[[Context], Found], anchors: Anchors, *, small: bool
) -> tuple[Found, bool | None]:
    """What the reader finds; whether the list for signers vouches, None if that says so itself."""
    remembered = None
    if small or not anchors.settings():
        found = look(_context(True, _NOBODY))
        if not anchors.settings():
            return found, None
        chain = _store(found).chain
        if chain and only_question(_results(found)):
            remembered = answer(chain, anchors)
            if remembered.vouches is not None:
                return found, remembered.vouches
    found = look(_context(True, anchors))
    vouches = None
    if doubtful(_results(found)):
        again = look(_context(True, replace(anchors, timestamps="")))
        vouches = Outcome.of(_results(again)).trusted
    if remembered is not None:
        remembered.vouches = Outcome.of(_results(found), vouches=vouches).trusted
    return found, vouches


def _store(found: Found) -> jumbf.Store:
    return jumbf.read(found.store, str(found.document.get("active_manifest")))


def _results(found: Found) -> Mapping[str, Any]:
    results = found.document.get("validation_results", {})
    return results if isinstance(results, Mapping) else {}


def _unreadable(error: Exception, check: bool) -> Report:
    code = str(error).partition(":")[0] or "unreadable"
    if code == "ManifestNotFound":
        return Report(Credential())
    integrity = Integrity.BROKEN if check else Integrity.UNCHECKED
    codes = (code, str(error)[:300])
    return Report(Credential(integrity, codes=codes, reasons=((code, sentence(code)),)))


def _report(
    document: Mapping[str, Any], check: bool, vouches: bool | None = None, *, brief: bool
) -> Report:
    manifests = document.get("manifests", {})
    active = manifests.get(document.get("active_manifest"), {})
    outcome = Outcome.of(document.get("validation_results", {}), vouches=vouches)
    signature = active.get("signature_info", {})
    credential = Credential(
        integrity=outcome.integrity if check else Integrity.UNCHECKED,
        trust=outcome.trust if check else Trust.NONE,
        signer=_signer(signature),
        signed_at=signature.get("time"),
        timestamped=outcome.timestamped,
        codes=(*outcome.failures, *outcome.notes),
        reasons=outcome.reasons if check else (),
        authority=outcome.authority,
        authority_trusted=outcome.authority_trusted,
    )
    serial = str(signature.get("cert_serial_number", ""))
    return Report(
        credential,
        () if brief else tuple(_assertions(manifests, active)),
        int(serial) if serial.isdigit() else None,
        () if brief else tuple(_ancestors(manifests, active)),
        tuple(_earlier(manifests, active)),
        _generator(active),
    )


def _generator(manifest: Mapping[str, Any]) -> str | None:
    generators = manifest.get("claim_generator_info") or [{}]
    name = generators[0].get("name") or manifest.get("claim_generator")
    return str(name) if name else None


def _signer(signature: Mapping[str, Any]) -> str | None:
    parts = [signature.get("common_name"), signature.get("issuer")]
    return ", ".join(dict.fromkeys(str(part) for part in parts if part)) or None


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


def _earlier(
    manifests: Mapping[str, Any], active: Mapping[str, Any]
) -> Iterator[tuple[str, str, Any]]:
    """What the parent of a manifest, and its parents, say of training and mining."""
    seen: set[str] = set()
    here, current = ACTIVE, active
    while (parent := next(_ingredients(manifests, current, ("parentOf",), seen), None)) is not None:
        here, current = here + PARENT, parent
        for item in _listed(parent):
            if cawg.speaks(item.get("label", ""), item.get("data")):
                yield here, item.get("label", ""), item.get("data")


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


def _ancestors(manifests: Mapping[str, Any], active: Mapping[str, Any]) -> Iterator[Ancestor]:
    for item in active.get("ingredients", ()):
        if not item.get("active_manifest"):
            continue
        results = item.get("validation_results", {}).get("activeManifest", {})
        codes = tuple(
            code
            for failure in results.get("failure", ())
            if not (code := failure.get("code", "")).startswith(ABOUT_TRUST)
        )
        manifest = manifests.get(item["active_manifest"], {})
        yield Ancestor(
            item.get("title", ""),
            item.get("relationship", ""),
            bool(codes),
            codes,
            _signer(manifest.get("signature_info", {})),
            item["active_manifest"],
            _generator(manifest),
            any(cawg.speaks(each.get("label", ""), each.get("data")) for each in _listed(manifest)),
        )
