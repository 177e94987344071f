"""One file in, one reserved file out."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from mediaoptout.containers.base import Change, Container, Layout, Wanted
from mediaoptout.containers.kinds import MEDIA_EXTENSIONS, kind
from mediaoptout.containers.proof import prove
from mediaoptout.containers.registry import detect
from mediaoptout.credentials.assertion import Assertion
from mediaoptout.credentials.session import current
from mediaoptout.errors import (
    DamagedError,
    ErrorInfo,
    MediaError,
    MediaoptoutError,
    RefusedError,
    UnsupportedError,
    WriteError,
)
from mediaoptout.records import EmbedRecord, Essence
from mediaoptout.reservation.model import Reservation
from mediaoptout.reservation.profiles import load, with_texts
from mediaoptout.splice.patch import Copy, Insert, Patch, PatchedSource
from mediaoptout.splice.source import FileSource, Source, SourceStream
from mediaoptout.splice.writer import Seal, same_bytes, write
from mediaoptout.vocabularies import cawg
from mediaoptout.vocabularies.encoding import encode
from mediaoptout.vocabularies.properties import Property
from mediaoptout.vocabularies.reading import resolve, statements
from mediaoptout.words import Carrier, Integrity, Status, Use

if TYPE_CHECKING:
    from mediaoptout.credentials.signing import Pending
    from mediaoptout.credentials.validation import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedOptions:
    """How far ``embed`` may go.

    Args:
        force: replace contrary statements of others.
        overwrite: replace an output that exists.
        break_credential: change a file that carries a C2PA manifest, and take the manifest out.
        upgrade_id3: let an ID3v2.2 tag become v2.3, so that it can hold XMP.
        dry_run: plan and prove, but write nothing.
        sign: end the reservation in a signed C2PA manifest, where the container can hold one.
        sign_flac: sign FLAC too, which puts an ID3 tag before the stream.
        resign: make a manifest of somebody else the parent of ours instead of refusing.
    """

    force: bool = False
    overwrite: bool = False
    break_credential: bool = False
    upgrade_id3: bool = False
    dry_run: bool = False
    sign: bool = True
    sign_flac: bool = False
    resign: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """A reservation, ready to be written into many files.

    Args:
        properties: what every vocabulary has to say.
        reserved: the uses that it reserves.
        assertions: what the manifest has to say.
    """

    properties: tuple[Property, ...]
    reserved: frozenset[Use]
    assertions: tuple[Assertion, ...] = ()

    @classmethod
    def of(cls, reservation: Reservation) -> Declaration:
        """The declaration of a reservation; what it leaves open is completed.

        One without a date is dated today, one without texts gets them composed.
        """
        if reservation.declared is None:
            today = datetime.now(UTC).date()
            bodies = tuple((language, "") for language, _ in reservation.texts) or None
            dated = replace(reservation, declared=today)
            reservation = with_texts(dated, bodies) if bodies else with_texts(dated)
        elif not reservation.texts:
            reservation = with_texts(reservation)
        reserved = (use for use, permission in reservation.uses.items() if permission.reserves)
        properties = encode(reservation)
        assertions = (
            Assertion(cawg.LABEL, cawg.training_mining(reservation)),
            Assertion(cawg.METADATA_LABEL, cawg.metadata(properties)),
        )
        return cls(properties, frozenset(reserved), assertions)


def embed(
    path: Path | str,
    output: Path | str | None = None,
    *,
    reservation: Reservation | None = None,
    options: EmbedOptions | None = None,
) -> EmbedRecord:
    """Write a reservation into one file. Raises nothing of the file's: the record says it.

    Args:
        path: the file.
        output: the new file; None to change the file itself.
        reservation: what to declare; by default the profile ``eu-tdm``.
        options: how far this may go.

    Raises:
        UsageError: the reservation is wrong.
    """
    declaration = Declaration.of(reservation if reservation is not None else load())
    target = Path(output) if output is not None else None
    return embed_file(Path(path), target, declaration, options or EmbedOptions())


def embed_file(
    path: Path, target: Path | None, declaration: Declaration, options: EmbedOptions
) -> EmbedRecord:
    """Write a declaration into one file; see `embed`."""
    container: Container | None = None
    try:
        with FileSource(path) as source:
            container = detect(source)
            if container is None:
                raise _no_family(path, source)
            return _embed(source, container, target, declaration, options)
    except MediaoptoutError as error:
        status, info = _status(error), error.info
    except OSError as error:
        status = Status.FAILED
        reason = error.strerror or str(error)
        fix = "check that the file is there and that you may read it"
        info = ErrorInfo("unreadable", f"the file cannot be read: {reason}", None, fix)
    name = container.name if container is not None else None
    return EmbedRecord(path=str(path), status=status, container=name, error=info)


def _status(error: MediaoptoutError) -> Status:
    match error:
        case RefusedError():
            return Status.REFUSED
        case UnsupportedError():
            return Status.UNSUPPORTED
        case _:
            return Status.FAILED


def _no_family(path: Path, source: FileSource) -> MediaError:
    known = kind(source.read(0, min(source.size, 1024)))
    if known is not None:
        return UnsupportedError(f"this is {known}: a kind of file that is not written yet")
    if path.suffix.lower() in MEDIA_EXTENSIONS:
        what = "is empty" if source.size == 0 else "has no structure of a media file"
        return DamagedError(
            f"the file {what}", at=0, fix="get a complete copy of the file", code="not-media"
        )
    return UnsupportedError("this is no media file that is known here")


def _embed(
    source: FileSource,
    container: Container,
    target: Path | None,
    declaration: Declaration,
    options: EmbedOptions,
) -> EmbedRecord:
    layout = container.read(source)
    if layout.obstacle is not None:
        raise layout.obstacle
    signs = _signs(container, options)
    wanted = Wanted(
        properties=declaration.properties,
        force=options.force,
        upgrade_id3=options.upgrade_id3,
        drop_manifest=options.break_credential and not signs,
    )
    change = container.change(source, layout, wanted)
    record = EmbedRecord(
        path=str(source.path),
        status=Status.UNCHANGED,
        container=container.name,
        carriers=change.carriers,
        essence=Essence(unchanged=True, proof="spans"),
        warnings=(*layout.warnings, *change.warnings),
    )
    before = _validated(source, container) if signs and layout.manifest else None
    says_it = change.patch.changes_nothing(source.size)
    if says_it and (not signs or (before is not None and _is_ours(before, declaration))):
        return record
    _refuse_breaking(layout, before, options)
    pending: Pending | None = None
    if signs:
        pending = current().begin(
            source, container.media_types[0], source.path.name, declaration.assertions
        )
        change = container.change(source, layout, replace(wanted, manifest=pending.size))
        pending = pending if change.patch.holes else None
        if pending is None and says_it:
            return replace(record, warnings=(*layout.warnings, *change.warnings))
    result = _checked(source, container, layout, change, pending.size if pending else 0)
    warnings = [*layout.warnings, *change.warnings]
    if not _says(result, declaration):
        warnings.append(
            f"{container.title} can hold this reservation only as text, not for machines"
        )
    record = replace(
        record,
        status=Status.PLANNED,
        output=str(target if target is not None else source.path),
        carriers=change.carriers,
        bytes_copied=change.patch.bytes_copied,
        bytes_inserted=change.patch.bytes_inserted,
        warnings=tuple(warnings),
    )
    if target is not None and not options.overwrite and os.path.lexists(target):
        if _is_done(change.patch, source, container, target, declaration, pending):
            return replace(record, status=Status.UNCHANGED)
        raise RefusedError(
            f"the output {target} exists already and is another file",
            fix="give --overwrite to replace it, or another --output",
            code="output-exists",
        )
    if options.dry_run:
        return record
    _write(change.patch, source, container, target, options, pending)
    return replace(record, status=Status.WRITTEN)


def _signs(container: Container, options: EmbedOptions) -> bool:
    """Whether this file is to be signed: where it has a place, FLAC only on request."""
    capability = container.carries.get(Carrier.C2PA)
    if not options.sign or capability is None or not capability.write:
        return False
    return capability.expected or options.sign_flac


def _validated(source: Source, container: Container) -> Report:
    from mediaoptout.credentials.validation import validate

    return validate(BufferedReader(SourceStream(source)), container.media_types[0])


def _is_ours(report: Report, declaration: Declaration) -> bool:
    """Whether a manifest is whole, of our signer, and reserves what is to be reserved."""
    if report.credential.integrity is not Integrity.INTACT:
        return False
    if report.serial != current().identity.serial:
        return False
    found = [
        statement
        for where, label, data in report.assertions
        for statement in cawg.decode(label, data, where, Carrier.C2PA)
    ]
    wanted = declaration.reserved & cawg.USES
    return resolve(found).machine >= wanted


def _refuse_breaking(layout: Layout, before: Report | None, options: EmbedOptions) -> None:
    """Refuse a change that would break a manifest, or make a broken one look whole.

    Raises:
        RefusedError: a manifest is there, and the options do not allow what would happen to it.
    """
    if layout.manifest is None or options.break_credential:
        return
    at = layout.manifest.location
    if before is None:
        raise RefusedError(
            "the file carries a C2PA manifest, which any change breaks",
            at=at,
            fix="sign (leave out --no-sign), or give --break-credential to take the manifest out",
            code="credential-present",
        )
    if before.credential.integrity is not Integrity.INTACT:
        raise RefusedError(
            "the file's C2PA manifest is broken already: " + ", ".join(before.credential.codes),
            at=at,
            fix="get the original, or give --break-credential to sign anew with the broken manifest"
            " recorded as such",
            code="credential-broken",
        )
    if before.serial != current().identity.serial and not options.resign:
        raise RefusedError(
            f"the file carries a C2PA manifest of {before.credential.signer or 'somebody else'}",
            at=at,
            fix="give --resign to make it the parent of yours",
            code="credential-foreign",
        )


def _checked(
    source: Source, container: Container, layout: Layout, change: Change, store: int
) -> Layout:
    """Read the new file before it is written: the essence is untouched, and it says what it shall.

    Raises:
        RefusedError: it is not so; nothing was written.
    """
    patched = PatchedSource(source, _framed(change.patch, container, store))
    try:
        result = container.read(patched)
    except MediaError as error:
        raise _unproven(f"the new file could not be read: {error.message}") from error
    proof = prove(layout, result, change.patch)
    if not proof.holds:
        raise _unproven("; ".join(proof.reasons))
    speaking = {entry.carrier for block in result.blocks for entry in block.entries}
    said = [carrier for carrier in change.carriers if carrier is not Carrier.C2PA]
    silent = [carrier for carrier in said if carrier not in speaking]
    if silent:
        raise _unproven(f"the new file would not say it in {', '.join(silent)}")
    return result


def _framed(patch: Patch, container: Container, store: int) -> Patch:
    """The patch with a manifest of zeros in its hole: what it says comes later, its frame stands."""
    for name, _ in patch.holes:
        patch = patch.fill(name, container.frame_manifest(bytes(store)))
    return patch


def _unproven(reason: str) -> RefusedError:
    return RefusedError(
        f"the change could not be proven safe: {reason}",
        fix="report this file's structure to the developers",
        code="unproven",
    )


def _says(layout: Layout, declaration: Declaration) -> bool:
    """Whether the file reserves all of the declaration's uses for machines."""
    found = statements(entry for block in layout.blocks for entry in block.entries)
    return resolve(found).machine >= declaration.reserved


def _is_done(
    patch: Patch,
    source: Source,
    container: Container,
    target: Path,
    declaration: Declaration,
    pending: Pending | None,
) -> bool:
    """Whether the output is there already, as a run before this one made it."""
    if not same_bytes(patch, source, target):
        return False
    if pending is None:
        return True
    with FileSource(target) as found:
        return _is_ours(_validated(found, container), declaration)


def _write(
    patch: Patch,
    source: FileSource,
    container: Container,
    target: Path | None,
    options: EmbedOptions,
    pending: Pending | None,
) -> None:
    seal = None if pending is None else _seal(patch, container, pending)
    check = None if pending is None else partial(_read_back, container)
    if target is None:
        write(patch, source, source.path, replace=True, seal=seal, before_replace=check)
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(
            f"the folder {target.parent} cannot be made: {error.strerror or error}",
            fix="choose another --output",
        ) from error
    write(patch, source, target, replace=options.overwrite, seal=seal, before_replace=check)


def _seal(patch: Patch, container: Container, pending: Pending) -> Seal:
    """What fills the hole: the manifest, bound to the bytes outside it."""
    ((_, hole),) = patch.holes

    def by_digest(digest: bytes, path: Path) -> bytes:
        return container.frame_manifest(pending.sign_digest(digest, hole))

    def by_boxes(digest: bytes, path: Path) -> bytes:
        frame = container.frame_manifest(bytes(pending.size))
        around = (Copy(0, hole.start), Insert(frame), Copy(hole.end, patch.size))
        with FileSource(path) as written:
            shown = PatchedSource(written, Patch(around))
            return pending.sign_boxes(BufferedReader(SourceStream(shown)))

    return Seal(by_boxes, hashed=False) if pending.by_boxes else Seal(by_digest, hashed=True)


def _read_back(container: Container, path: Path) -> None:
    """Let the reference reader validate the new file before it takes its place.

    Raises:
        WriteError: it does not find our manifest, whole.
    """
    with FileSource(path) as written:
        report = _validated(written, container)
    ours = report.serial == current().identity.serial
    if report.credential.integrity is not Integrity.INTACT or not ours:
        raise WriteError(
            "the signed file did not validate: " + (", ".join(report.credential.codes) or "none"),
            fix="give --no-sign to write the reservation without a manifest",
            code="read-back",
        )
