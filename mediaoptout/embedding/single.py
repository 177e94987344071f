"""The whole way of one file: read, planned, proven, written, read back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mediaoptout.containers.base import PADDING, Change, Container, Layout, Wanted
from mediaoptout.containers.deliveries import carriers
from mediaoptout.containers.essence import named_digest
from mediaoptout.containers.kinds import MEDIA_EXTENSIONS, kind
from mediaoptout.containers.proof import proven
from mediaoptout.containers.registry import detect
from mediaoptout.credentials.session import current, planning
from mediaoptout.embedding.companions import companions, update
from mediaoptout.embedding.credential import (
    filled,
    framed,
    is_ours,
    output_is_ours,
    read_back,
    refuse_breaking,
    resigns,
    seal_for,
    signs,
    validated,
    with_manifest,
)
from mediaoptout.embedding.declaration import Declaration, EmbedOptions
from mediaoptout.embedding.delivering import delivered, oddities, refuse_undeliverable
from mediaoptout.embedding.differences import differences, of_manifest
from mediaoptout.embedding.essence import check_digest
from mediaoptout.embedding.packages import refuse_packaged
from mediaoptout.embedding.sidecar import embed_beside, refuse_away, strip_beside
from mediaoptout.embedding.stripping import going, had, removal
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
from mediaoptout.splice import inplace
from mediaoptout.splice.landing import Staged, land
from mediaoptout.splice.patch import Patch, PatchedSource
from mediaoptout.splice.recovery import mend
from mediaoptout.splice.source import FileSource, Source
from mediaoptout.splice.temporary import swept
from mediaoptout.splice.writer import Seal, same_bytes, write
from mediaoptout.vocabularies import identifying
from mediaoptout.vocabularies.properties import Property, noted_too
from mediaoptout.vocabularies.reading import resolve, statements_of
from mediaoptout.words import Carrier, Status

if TYPE_CHECKING:
    from mediaoptout.credentials.signing import Pending, Session


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
    if reservation is None:
        from mediaoptout.reservation.profiles import load

        reservation = load()
    declaration = Declaration.of(reservation)
    target = Path(output) if output is not None else None
    return embed_file(Path(path), target, declaration, options or EmbedOptions())


def strip(
    path: Path | str,
    output: Path | str | None = None,
    *,
    known: Iterable[Property] = (),
    options: EmbedOptions | None = None,
) -> EmbedRecord:
    """Take our statements out of one file. Raises nothing of the file's: the record says it.

    What was there before us stays. A manifest of ours is followed by one that says nothing of
    uses, with the old one as its parent; with ``break_credential`` it goes.

    Args:
        path: the file.
        output: the new file; None to change the file itself.
        known: what else is ours, where a tag says exactly this (see `Declaration.properties`).
        options: how far this may go.
    """
    target = Path(output) if output is not None else None
    return embed_file(Path(path), target, removal(known), options or EmbedOptions())


def embed_file(
    path: Path,
    target: Path | None,
    declaration: Declaration,
    options: EmbedOptions,
    staged: list[Staged] | None = None,
) -> EmbedRecord:
    """Write a declaration into one file; see `embed`.

    Args:
        path: the file.
        target: the new file; None to change the file itself.
        declaration: what to write.
        options: how far this may go.
        staged: takes the new file where it is small; its record says that it is written, which
            `landed` makes true. None to end the writing here.
    """
    container: Container | None = None
    mended = mend(path) if target is None else (*mend(path), *mend(target))
    swept((target or path).parent)
    try:
        with FileSource(path, recall=options.recall) as source:
            container = detect(source)
            if container is None:
                raise _no_family(path, source)
            declaration = delivered(declaration, options)
            if declaration.strips:
                record = _strip(source, container, target, declaration, options)
            elif container.sidecar_only or options.sidecar:
                record = embed_beside(source, container, target, declaration, options)
            else:
                record = _embed(source, container, target, declaration, options, staged)
            return replace(record, warnings=(*mended, *record.warnings)) if mended else record
    except MediaoptoutError as error:
        status, info = _status(error), error.info
    except OSError as error:
        status = Status.FAILED
        reason = error.strerror or str(error)
        fix = "check that the file is there and that you may read it"
        info = ErrorInfo("unreadable", f"the file cannot be read: {reason}", None, fix)
    name = container.name if container is not None else None
    return EmbedRecord(path=str(path), status=status, container=name, warnings=mended, error=info)


def landed(records: Sequence[EmbedRecord], staged: Sequence[Staged]) -> list[EmbedRecord]:
    """Flush new files to the disk and give them their names.

    Args:
        records: what `embed_file` said of each.
        staged: the new files, in the same order.

    Returns:
        The records; of a file that could not land, why not.
    """
    return [
        record
        if error is None
        else EmbedRecord(
            path=record.path,
            status=_status(error),
            container=record.container,
            warnings=record.warnings,
            error=error.info,
        )
        for record, error in zip(records, land(staged), strict=True)
    ]


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
        return UnsupportedError(
            f"this is {known}: a kind of file that is not written yet",
            fix="see 'mediaoptout formats' for those that are",
        )
    if path.suffix.lower() in MEDIA_EXTENSIONS:
        empty = source.size == 0
        what = "the file is empty" if empty else "the file has no structure of a media file"
        return DamagedError(what, at=0, fix="get a complete copy of the file", code="not-media")
    return UnsupportedError(
        "this is no media file that is known here",
        fix="see 'mediaoptout formats' for those that are",
    )


def _strip(
    source: FileSource,
    container: Container,
    target: Path | None,
    declaration: Declaration,
    options: EmbedOptions,
) -> EmbedRecord:
    """Take ours out of a file and, in place, out of what stands beside it."""
    if target is None:
        refuse_away(source.path, options)
    if container.sidecar_only:
        record = EmbedRecord(
            path=str(source.path),
            status=Status.UNCHANGED,
            container=container.name,
            essence=Essence(unchanged=True, proof="not-rewritten"),
        )
    else:
        record = _embed(source, container, target, declaration, options)
    return strip_beside(record, source.path, target, options)


def _embed(
    source: FileSource,
    container: Container,
    target: Path | None,
    declaration: Declaration,
    options: EmbedOptions,
    staged: list[Staged] | None = None,
) -> EmbedRecord:
    layout = container.read(source)
    if layout.obstacle is not None:
        raise layout.obstacle
    if declaration.strips:
        signing = resigns(container, layout, options)
        properties = going(layout, declaration.properties)
    else:
        signing = signs(container, options)
        properties = noted_too(declaration.properties, had(container, layout))
    wanted = Wanted(
        properties=properties,
        force=options.force,
        upgrade_id3=options.upgrade_id3,
        wrap_jxl=options.wrap_jxl,
        drop_manifest=options.break_credential and not signing,
        padding=0 if declaration.strips else PADDING,
        carriers=None if declaration.strips else carriers(container, options.delivery),
        mark_pictures=declaration.strips or _marks_pictures(options),
    )
    refuse_undeliverable(container, wanted)
    odd = (*layout.warnings, *oddities(layout, options.delivery))
    change = container.change(source, layout, wanted)
    if not declaration.strips and Carrier.XMP not in change.carriers:
        present = (entry for block in layout.blocks for entry in block.entries)
        mark = identifying.mark(present, wanted.properties)
        if mark is not None:
            wanted = replace(wanted, properties=(*wanted.properties, mark))
            change = container.change(source, layout, wanted)
    record = EmbedRecord(
        path=str(source.path),
        status=Status.UNCHANGED,
        container=container.name,
        carriers=_carriers(container, change, signed=layout.manifest is not None),
        essence=Essence(unchanged=True, proof="spans"),
        warnings=(*odd, *change.warnings),
    )
    before = validated(source, container) if signing and layout.manifest else None
    says_it = change.patch.changes_nothing(source.size)
    if says_it and (not signing or (before is not None and is_ours(before, declaration))):
        return record
    if not options.force:
        refuse_packaged(source.path if target is None else target)
    refuse_breaking(layout, before, options)
    session: Session | None = None
    pending: Pending | None = None
    signed = False
    if signing:
        session = planning() if options.dry_run else current()
        change, pending, signed = with_manifest(
            source, container, layout, wanted, declaration, session
        )
        if says_it and not signed:
            return replace(record, warnings=(*odd, *change.warnings))
    result = _checked(source, container, layout, change, pending.size if pending else 0)
    warnings = [*odd, *change.warnings]
    if not _says(result, declaration):
        warnings.append(
            f"{container.title} can hold this reservation only as text, not for machines"
        )
    record = replace(
        record,
        status=Status.PLANNED,
        output=str(target if target is not None else source.path),
        carriers=_carriers(container, change, signed=signed),
        bytes_copied=change.patch.bytes_copied,
        bytes_inserted=change.patch.bytes_inserted,
        warnings=tuple(warnings),
    )
    if target is not None and not options.overwrite and os.path.lexists(target):
        written = same_bytes(change.patch, source, target, recall=options.recall)
        if written and (
            not signed or output_is_ours(target, container, declaration, recall=options.recall)
        ):
            return replace(record, status=Status.UNCHANGED, bytes_copied=0, bytes_inserted=0)
        raise RefusedError(
            f"the output {target} exists already and is another file",
            fix="give --overwrite to replace it, or another --output",
            code="output-exists",
        )
    if options.dry_run:
        old = before.credential.signer if before is not None else None
        new = session.identity.name if signed and session is not None else None
        said = differences(layout.blocks, result.blocks)
        place = container.carries[Carrier.C2PA].place if signed else ""
        sealed = of_manifest(layout, result, place, old, new)
        return replace(record, changes=(*said, *sealed))
    patch = change.patch
    if pending is not None and target is None:
        # A manifest of the same length as the one before it moves nothing either.
        shown = framed(patch, container, pending.size)
        if inplace.prefer_in_place(shown, source.size):
            patch, pending = filled(source, patch, container, pending), None
    seal = None if pending is None else seal_for(patch, container, pending)
    checks: list[Callable[[Path], None]] = [partial(read_back, container)] if signed else []
    if options.prove:
        digest = named_digest(source, container)
        checks.append(partial(check_digest, container, digest))
        record = replace(record, essence=Essence(unchanged=True, proof="digest", digest=digest))
    if options.update_checksums:
        staged = None  # the lists beside the file are to be brought up to date right after
    check = partial(_all, checks) if checks else None
    _write(patch, source, target, options, seal, check, staged)
    notes = _companions(source.path, options) if target is None else ()
    return replace(record, status=Status.WRITTEN, warnings=(*record.warnings, *notes))


def _marks_pictures(options: EmbedOptions) -> bool:
    return options.mark_pictures and options.delivery.takes(Carrier.XMP)


def _all(checks: Sequence[Callable[[Path], None]], path: Path) -> None:
    for check in checks:
        check(path)


def _companions(path: Path, options: EmbedOptions) -> tuple[str, ...]:
    """Bring the check sums beside a changed file up to date, or say that they no longer fit."""
    found, away = companions(path, recall=options.recall)
    told = tuple(
        f"{beside.name} is a placeholder, and was not opened: a check sum in it may no longer fit"
        for beside in away
    )
    if options.update_checksums:
        for beside in found:
            update(beside, path)
        return told
    return told + tuple(
        f"the check sum in {beside.name} no longer fits; --update-checksums renews it"
        for beside in found
    )


def _carriers(container: Container, change: Change, *, signed: bool) -> tuple[Carrier, ...]:
    """The carriers of our statements in the order of the container's table, the manifest too."""
    said = {*change.carriers} - {Carrier.C2PA} | ({Carrier.C2PA} if signed else set())
    return tuple(carrier for carrier in container.carries if carrier in said)


def _checked(
    source: Source, container: Container, layout: Layout, change: Change, store: int
) -> Layout:
    """Read the new file before it is written: the essence is untouched, and it says what it shall.

    Raises:
        RefusedError: it is not so; nothing was written.
    """
    patched = PatchedSource(source, framed(change.patch, container, store))
    try:
        result = container.read(patched)
    except MediaError as error:
        raise _unproven(f"the new file could not be read: {error.message}") from error
    proof = proven(container, source, layout, result, change.patch)
    if not proof.holds:
        raise _unproven("; ".join(proof.reasons))
    speaking = {entry.carrier for block in result.blocks for entry in block.entries}
    said = [carrier for carrier in change.carriers if carrier is not Carrier.C2PA]
    silent = [carrier for carrier in said if carrier not in speaking]
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
    found = statements_of(block.entries for block in layout.blocks)
    return resolve(found).machine >= declaration.reserved


def _write(
    patch: Patch,
    source: FileSource,
    target: Path | None,
    options: EmbedOptions,
    seal: Seal | None,
    check: Callable[[Path], None] | None,
    staged: list[Staged] | None,
) -> None:
    if target is None:
        inplace.replace(patch, source, seal=seal, check=check, staged=staged)
        return
    try:
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(
            f"the folder {target.parent} cannot be made: {error.strerror or error}",
            fix="choose another --output",
        ) from error
    write(
        patch,
        source,
        target,
        replace=options.overwrite,
        seal=seal,
        before_replace=check,
        staged=staged,
    )
