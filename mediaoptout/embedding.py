"""One file in, one reserved file out."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from mediaoptout.containers.base import Change, Container, Layout, Wanted
from mediaoptout.containers.kinds import MEDIA_EXTENSIONS, kind
from mediaoptout.containers.proof import prove
from mediaoptout.containers.registry import detect
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
from mediaoptout.splice.patch import Patch, PatchedSource
from mediaoptout.splice.source import FileSource, Source
from mediaoptout.splice.writer import same_bytes, write
from mediaoptout.vocabularies.encoding import encode
from mediaoptout.vocabularies.properties import Property
from mediaoptout.vocabularies.reading import resolve, statements
from mediaoptout.words import Status, Use


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedOptions:
    """How far ``embed`` may go.

    Args:
        force: replace contrary statements of others.
        overwrite: replace an output that exists.
        break_credential: change a file that carries a C2PA manifest, and take the manifest out.
        upgrade_id3: let an ID3v2.2 tag become v2.3, so that it can hold XMP.
        dry_run: plan and prove, but write nothing.
    """

    force: bool = False
    overwrite: bool = False
    break_credential: bool = False
    upgrade_id3: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """A reservation, ready to be written into many files.

    Args:
        properties: what every vocabulary has to say.
        reserved: the uses that it reserves.
    """

    properties: tuple[Property, ...]
    reserved: frozenset[Use]

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
        return cls(encode(reservation), frozenset(reserved))


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
    wanted = Wanted(
        properties=declaration.properties,
        force=options.force,
        upgrade_id3=options.upgrade_id3,
        drop_manifest=options.break_credential,
    )
    if layout.obstacle is not None:
        raise layout.obstacle
    change = container.change(source, layout, wanted)
    record = EmbedRecord(
        path=str(source.path),
        status=Status.UNCHANGED,
        container=container.name,
        carriers=change.carriers,
        essence=Essence(unchanged=True, proof="spans"),
        warnings=(*layout.warnings, *change.warnings),
    )
    if change.patch.changes_nothing(source.size):
        return record
    if layout.manifest is not None and not options.break_credential:
        raise RefusedError(
            "the file carries a C2PA manifest, which any change breaks",
            at=layout.manifest.location,
            fix="give --break-credential to take the manifest out",
            code="credential-present",
        )
    result = _checked(source, container, layout, change)
    if not _says(result, declaration):
        note = f"{container.title} can hold this reservation only as text, not for machines"
        record = replace(record, warnings=(*record.warnings, note))
    record = replace(
        record,
        status=Status.PLANNED,
        output=str(target if target is not None else source.path),
        bytes_copied=change.patch.bytes_copied,
        bytes_inserted=change.patch.bytes_inserted,
    )
    if target is not None and not options.overwrite and os.path.lexists(target):
        if same_bytes(change.patch, source, target):
            return replace(record, status=Status.UNCHANGED)
        raise RefusedError(
            f"the output {target} exists already and is another file",
            fix="give --overwrite to replace it, or another --output",
            code="output-exists",
        )
    if options.dry_run:
        return record
    _write(change.patch, source, target, options)
    return replace(record, status=Status.WRITTEN)


def _checked(source: Source, container: Container, layout: Layout, change: Change) -> Layout:
    """Read the new file before it is written: the essence is untouched, and it says what it shall.

    Raises:
        RefusedError: it is not so; nothing was written.
    """
    patched = PatchedSource(source, change.patch)
    try:
        result = container.read(patched)
    except MediaError as error:
        raise _unproven(f"the new file could not be read: {error.message}") from error
    proof = prove(layout, result, change.patch)
    if not proof.holds:
        raise _unproven("; ".join(proof.reasons))
    speaking = {entry.carrier for block in result.blocks for entry in block.entries}
    silent = [carrier for carrier in change.carriers if carrier not in speaking]
    if silent:
        raise _unproven(f"the new file would not say it in {', '.join(silent)}")
    return result


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


def _write(patch: Patch, source: FileSource, target: Path | None, options: EmbedOptions) -> None:
    if target is None:
        write(patch, source, source.path, replace=True)
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(
            f"the folder {target.parent} cannot be made: {error.strerror or error}",
            fix="choose another --output",
        ) from error
    write(patch, source, target, replace=options.overwrite)
