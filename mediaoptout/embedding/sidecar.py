"""A reservation beside a file: an XMP sidecar, and a C2PA manifest bound to it by its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mediaoptout.carriers import xmp
from mediaoptout.containers import sidecars
from mediaoptout.containers.base import Container
from mediaoptout.credentials.identity import exists
from mediaoptout.credentials.session import current
from mediaoptout.embedding.declaration import Declaration, EmbedOptions
from mediaoptout.embedding.differences import differences
from mediaoptout.embedding.packages import refuse_packaged
from mediaoptout.embedding.stripping import removal
from mediaoptout.errors import DamagedError, RefusedError, WriteError
from mediaoptout.records import Difference, EmbedRecord, Essence
from mediaoptout.splice.patch import Patch, PatchedSource
from mediaoptout.splice.source import BytesSource, FileSource, stepped
from mediaoptout.splice.writer import put
from mediaoptout.vocabularies import cawg
from mediaoptout.vocabularies.properties import Property
from mediaoptout.vocabularies.reading import resolve
from mediaoptout.words import Carrier, Integrity, Status

if TYPE_CHECKING:
    from mediaoptout.credentials.validation import Report

OCTETS: Final = "application/octet-stream"


def embed_beside(
    source: FileSource,
    container: Container,
    target: Path | None,
    declaration: Declaration,
    options: EmbedOptions,
) -> EmbedRecord:
    """Write a declaration into sidecars; the file itself is only read.

    Args:
        source: the media file.
        container: its family.
        target: where the file would be in the output; None for beside the file itself.
        declaration: what to declare.
        options: how far this may go.

    Raises:
        RefusedError: somebody else's sidecar says the contrary, or cannot be parsed.
        WriteError: a sidecar cannot be written.
    """
    media = target if target is not None else source.path
    packet, warnings = _packet(source, media, declaration, options)
    manifest = None
    signing = options.sign and options.delivery.takes(Carrier.SIDECAR_C2PA)
    if signing:
        manifest = _manifest(source, media, declaration, options)
    wanted = [item for item in (packet, manifest) if item is not None]
    carriers = (Carrier.SIDECAR_XMP, *((Carrier.SIDECAR_C2PA,) if signing else ()))
    record = EmbedRecord(
        path=str(source.path),
        status=Status.UNCHANGED,
        container=container.name,
        carriers=carriers,
        essence=Essence(unchanged=True, proof="not-rewritten"),
        warnings=warnings,
    )
    if not wanted:
        return record
    status = Status.PLANNED if options.dry_run else Status.WRITTEN
    if not options.force:
        refuse_packaged(media)
    if not options.dry_run:
        _make_folder(media.parent)
        for sidecar in wanted:
            put(sidecar.data, sidecar.path, replace=True)
    return replace(
        record,
        changes=_changes(media, packet, manifest, options.recall) if options.dry_run else (),
        status=status,
        sidecars=tuple(str(sidecar.path) for sidecar in wanted),
        bytes_inserted=sum(len(sidecar.data) for sidecar in wanted),
    )


def _changes(
    media: Path,
    packet: sidecars.Sidecar | None,
    manifest: sidecars.Sidecar | None,
    recall: bool,
) -> tuple[Difference, ...]:
    """What the sidecars would say differently."""
    said: tuple[Difference, ...] = ()
    if packet is not None:
        old = sidecars.find(media, sidecars.XMP, recall=recall)
        before = (sidecars.block_of(old),) if old is not None else ()
        said = differences(before, (sidecars.block_of(packet),))
    if manifest is not None:
        held = sidecars.find(media, sidecars.C2PA, recall=recall)
        was = "signed already" if held is not None else None
        name = manifest.path.name
        will = Difference(Carrier.SIDECAR_C2PA, name, "C2PA manifest", was, "signed anew")
        said = (*said, will)
    return said


def refuse_away(media: Path, options: EmbedOptions) -> None:
    """Refuse a file whose sidecars cannot be looked into, before anything is touched.

    Raises:
        NotHereError: one of them is a placeholder.
    """
    for ending in sorted(sidecars.EXTENSIONS):
        sidecars.find(media, ending, recall=options.recall)


def strip_beside(
    record: EmbedRecord, media: Path, target: Path | None, options: EmbedOptions
) -> EmbedRecord:
    """Take ours out of the sidecars of a file; those that are wholly ours are deleted.

    Args:
        record: what was done with the file itself.
        media: the file.
        target: where it goes; sidecars are not taken along.
        options: how far this may go.

    Raises:
        NotHereError: a sidecar is a placeholder.
        WriteError: a sidecar cannot be written or deleted.
    """
    if target is not None:
        return record
    changed = [
        *_stripped_packet(media, options.recall),
        *_stripped_manifest(media, options.recall),
    ]
    if not changed:
        return record
    if not options.dry_run:
        for sidecar in changed:
            _written_or_gone(sidecar)
    untouched = record.status is Status.UNCHANGED
    status = Status.PLANNED if options.dry_run else Status.WRITTEN
    carriers = (
        Carrier.SIDECAR_XMP if sidecar.path.suffix == sidecars.XMP else Carrier.SIDECAR_C2PA
        for sidecar in changed
    )
    return replace(
        record,
        status=status if untouched else record.status,
        carriers=(*record.carriers, *carriers),
        sidecars=tuple(str(sidecar.path) for sidecar in changed),
    )


def _stripped_packet(media: Path, recall: bool) -> Iterator[sidecars.Sidecar]:
    old = sidecars.find(media, sidecars.XMP, recall=recall)
    if old is None:
        return
    try:
        merged = xmp.merge(old.data, removal().properties)
    except DamagedError:
        return
    if not merged.unchanged(len(old.data)):
        yield sidecars.Sidecar(old.path, merged.rendered(old.data))


def _stripped_manifest(media: Path, recall: bool) -> Iterator[sidecars.Sidecar]:
    from mediaoptout.credentials.validation import validate_beside

    old = sidecars.find(media, sidecars.C2PA, recall=recall)
    if old is None:
        return
    with FileSource(media, recall=recall) as source:
        if _is_ours(validate_beside(source, old.data)):
            yield sidecars.Sidecar(old.path, b"")


def _written_or_gone(sidecar: sidecars.Sidecar) -> None:
    if sidecar.data:
        put(sidecar.data, sidecar.path, replace=True)
        return
    try:
        sidecar.path.unlink()
    except OSError as error:
        raise WriteError(
            f"the sidecar {sidecar.path} cannot be deleted: {error.strerror or error}",
            fix="check that you may write to its folder",
        ) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(
            f"the folder {folder} cannot be made: {error.strerror or error}",
            fix="choose another --output",
        ) from error


def _packet(
    source: FileSource, media: Path, declaration: Declaration, options: EmbedOptions
) -> tuple[sidecars.Sidecar | None, tuple[str, ...]]:
    """The XMP sidecar as it shall be; None where it says this already."""
    old = sidecars.find(media, sidecars.XMP, recall=options.recall)
    ending = Property(sidecars.FOR_EXTENSION, media.suffix.lstrip(".").upper())
    try:
        merged = xmp.merge(
            old.data if old is not None else None,
            (*declaration.properties, ending),
            force=options.force,
        )
    except DamagedError as error:
        raise RefusedError(
            f"the sidecar cannot be parsed, and would be lost: {error.message}",
            at=old.path.name if old is not None else None,
            fix="repair or remove it with another program first",
            code="damaged-carrier",
        ) from error
    if old is not None and merged.unchanged(len(old.data)):
        return None, merged.warnings
    before = BytesSource(old.data if old is not None else b"")
    data = PatchedSource(before, Patch(merged.pieces)).read(0, merged.size)
    path = old.path if old is not None else _place(source, media, sidecars.XMP)
    return sidecars.Sidecar(path, data), merged.warnings


def _manifest(
    source: FileSource, media: Path, declaration: Declaration, options: EmbedOptions
) -> sidecars.Sidecar | None:
    """The C2PA sidecar as it shall be; None where ours is there and whole.

    Raises:
        RefusedError: there is one of somebody else, or a broken one.
    """
    from mediaoptout.credentials.validation import validate_beside

    old = sidecars.find(media, sidecars.C2PA, recall=options.recall)
    if old is not None:
        report = validate_beside(source, old.data)
        whole = report.credential.integrity is Integrity.INTACT
        if not whole and old.path != media.with_name(media.name + sidecars.C2PA):
            # Of a shared name: what does not fit this file may be the other file's.
            old = None if _shares_name(source, media) else old
        if old is not None and whole and _says(report, declaration):
            return None
        if old is not None:
            _refuse_replacing(old, report, whole, options)
    path = old.path if old is not None else _place(source, media, sidecars.C2PA)
    if options.dry_run:
        return sidecars.Sidecar(path, b"")
    pending = current().begin(source, OCTETS, source.path.name, declaration.assertions)
    digest = hashlib.sha256()
    for data in stepped(source, 0, source.size):
        digest.update(data)
    return sidecars.Sidecar(path, pending.sign_digest(digest.digest(), None))


def _place(source: FileSource, media: Path, ending: str) -> Path:
    return sidecars.place(media, ending, shared=_shares_name(source, media))


def _shares_name(source: FileSource, media: Path) -> bool:
    """Whether another file needs, or may come to need, the short name of a sidecar.

    An output folder fills in any order: what stands beside the source is what decides there.
    """
    return any(sidecars.shares_name(path) for path in {media, source.path})


def _is_ours(report: Report) -> bool:
    return exists() and report.serial == current().identity.serial


def _says(report: Report, declaration: Declaration) -> bool:
    """Whether a manifest is of our signer and says what is to be said."""
    found = [
        statement
        for where, label, data in report.assertions
        for statement in cawg.decode(label, data, where, Carrier.SIDECAR_C2PA)
    ]
    return _is_ours(report) and resolve(found).machine >= declaration.reserved & cawg.USES


def _refuse_replacing(
    old: sidecars.Sidecar, report: Report, whole: bool, options: EmbedOptions
) -> None:
    if options.break_credential or (whole and _is_ours(report)):
        return
    signer = report.credential.signer or "somebody else"
    what = f"is of {signer}" if whole else "does not fit the file, which was changed since"
    raise RefusedError(
        f"the C2PA sidecar {what}",
        at=old.path.name,
        fix="give --break-credential to replace it",
        code="credential-foreign" if whole else "credential-broken",
    )
