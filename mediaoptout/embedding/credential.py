"""The manifest of one file: whether it is signed, what was there, what fills the hole."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, NamedTuple

from mediaoptout.containers.base import Change, Container, Layout, Wanted
from mediaoptout.credentials.identity import exists
from mediaoptout.credentials.session import current
from mediaoptout.embedding.declaration import Declaration, EmbedOptions
from mediaoptout.errors import RefusedError
from mediaoptout.splice.between import between
from mediaoptout.splice.patch import Patch, PatchedSource
from mediaoptout.splice.source import FileSource, Source, StreamSource, stepped
from mediaoptout.splice.writer import Seal
from mediaoptout.vocabularies import cawg
from mediaoptout.vocabularies.reading import resolve
from mediaoptout.words import Carrier, Integrity

if TYPE_CHECKING:
    from mediaoptout.credentials.signing import Pending, Session
    from mediaoptout.credentials.validation import Report


def signs(container: Container, options: EmbedOptions) -> bool:
    """Whether this file is to be signed: where it has a place, FLAC only on request."""
    capability = container.carries.get(Carrier.C2PA)
    delivers = options.sign and options.delivery.takes(Carrier.C2PA)
    if not delivers or capability is None or not capability.write:
        return False
    return capability.expected or options.sign_flac


def resigns(container: Container, layout: Layout, options: EmbedOptions) -> bool:
    """Whether a file from which ours is taken out is signed: where it was, unless that shall go."""
    capability = container.carries.get(Carrier.C2PA)
    writable = capability is not None and capability.write
    wanted = options.sign and not options.break_credential
    return wanted and writable and layout.manifest is not None


def validated(source: Source, container: Container, *, brief: bool = False) -> Report:
    """What the reference reader finds in a file's manifest; reads the file once.

    Args:
        source: the file.
        container: its family.
        brief: leave out what the manifests say: only how they stand.
    """
    from mediaoptout.credentials.validation import validate

    return validate(source, container.media_types[0], brief=brief)


def is_ours(report: Report, declaration: Declaration) -> bool:
    """Whether a manifest is whole, of our signer, and reserves what is to be reserved."""
    if report.credential.integrity is not Integrity.INTACT:
        return False
    if not exists() or report.serial != current().identity.serial:
        return False
    found = [
        statement
        for where, label, data in report.assertions
        for statement in cawg.decode(label, data, where, Carrier.C2PA)
    ]
    if declaration.strips:
        return not found
    wanted = declaration.reserved & cawg.USES
    if all(item.label != cawg.LABEL for item in declaration.assertions):
        wanted = frozenset()
    return resolve(found).machine >= wanted


def refuse_breaking(layout: Layout, before: Report | None, options: EmbedOptions) -> None:
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
    ours = exists() and before.serial == current().identity.serial
    if not ours and not options.resign:
        raise RefusedError(
            f"the file carries a C2PA manifest of {before.credential.signer or 'somebody else'}",
            at=at,
            fix="give --resign to make it the parent of yours",
            code="credential-foreign",
        )


class Signed(NamedTuple):
    """A change that signs.

    Args:
        change: the new file.
        pending: what is to fill the hole in it; None where it has none.
        signed: whether the new file has a manifest.
    """

    change: Change
    pending: Pending | None
    signed: bool


def with_manifest(
    source: FileSource,
    container: Container,
    layout: Layout,
    wanted: Wanted,
    declaration: Declaration,
    session: Session,
) -> Signed:
    """The change with a manifest, or with room for one; unsigned where the file has no place.

    Raises:
        RefusedError: no manifest can be made.
    """
    from mediaoptout.credentials import library

    title, media_type = source.path.name, container.media_types[0]
    try:
        if not library.AVAILABLE:
            return _signed_whole(source, container, layout, wanted, declaration, session)
        original = container.as_ingredient(source, layout)
        pending = session.begin(original, media_type, title, declaration.assertions)
    except RefusedError:
        change = container.change(source, layout, replace(wanted, manifest=1))
        if change.patch.holes:
            raise
        return Signed(change, None, signed=False)
    change = container.change(source, layout, replace(wanted, manifest=pending.size))
    signed = bool(change.patch.holes)
    return Signed(change, pending if signed else None, signed)


def _signed_whole(
    source: FileSource,
    container: Container,
    layout: Layout,
    wanted: Wanted,
    declaration: Declaration,
    session: Session,
) -> Signed:
    """The file as the library writes it, made a patch of the source: the essence is compared."""
    change = container.change(source, layout, wanted)
    title, media_type = source.path.name, container.media_types[0]
    with TemporaryFile() as file:
        changed = PatchedSource(source, change.patch)
        original = container.as_ingredient(source, layout)
        session.sign_whole(original, changed, media_type, title, declaration.assertions, file)
        result = StreamSource(file)
        patch = between(source, result, layout.essence, container.read(result).essence)
    return Signed(replace(change, patch=patch), None, signed=True)


def output_is_ours(
    target: Path, container: Container, declaration: Declaration, *, recall: bool = False
) -> bool:
    """Whether a file carries a manifest of ours that says this; see `is_ours`."""
    with FileSource(target, recall=recall) as found:
        return is_ours(validated(found, container), declaration)


def framed(patch: Patch, container: Container, store: int) -> Patch:
    """The patch with a manifest of zeros in its hole: its frame stands, the rest comes later."""
    for name, _ in patch.holes:
        patch = patch.fill(name, container.frame_manifest(bytes(store)))
    return patch


def seal_for(patch: Patch, container: Container, pending: Pending) -> Seal:
    """What fills the hole: the manifest, bound to the bytes outside it."""
    ((_, hole),) = patch.holes

    def by_digest(digest: bytes, path: Path) -> bytes:
        return container.frame_manifest(pending.sign_digest(digest, hole))

    def by_boxes(digest: bytes, path: Path) -> bytes:
        with FileSource(path, recall=True) as written:  # it was just made
            return pending.sign_boxes(written)

    if pending.by_boxes:
        frame = container.frame_manifest(bytes(pending.size))
        return Seal(by_boxes, hashed=False, blank=frame)
    return Seal(by_digest, hashed=True)


def filled(source: Source, patch: Patch, container: Container, pending: Pending) -> Patch:
    """The patch with its hole filled beforehand, for a file that is changed in place.

    What the manifest is bound to is hashed before it is written: the file is read once more.
    """
    ((name, hole),) = patch.holes
    shown = PatchedSource(source, framed(patch, container, pending.size))
    if pending.by_boxes:
        return patch.fill(name, pending.sign_boxes(shown))
    digest = hashlib.sha256()
    for start, end in ((0, hole.start), (hole.end, patch.size)):
        for data in stepped(shown, start, end):
            digest.update(data)
    return patch.fill(name, container.frame_manifest(pending.sign_digest(digest.digest(), hole)))


def read_back(container: Container, path: Path) -> None:
    """Let the reference reader validate the new file before it takes its place.

    Raises:
        RefusedError: it does not find our manifest, whole; nothing is replaced.
    """
    with FileSource(path, recall=True) as written:  # it was just made
        report = validated(written, container, brief=True)
    if report.credential.integrity is Integrity.INTACT and (
        report.serial == current().identity.serial
    ):
        return
    said = ", ".join(report.credential.codes)
    raise RefusedError(
        f"the reference reader does not accept the signed file: {said}"
        if said
        else "the reference reader finds no manifest in the signed file",
        fix="give --no-sign to write the reservation without a manifest",
        code="read-back",
    )
