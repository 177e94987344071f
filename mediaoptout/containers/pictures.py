"""Pictures inside other files (covers, portraits): works too, marked in XMP of their own.

They stand in ID3v2 ``APIC``, in FLAC ``PICTURE`` (in Ogg inside of a comment) and in MP4 ``covr``.
A JPEG or PNG is changed by its own container, and only if that change is proven to leave its
essence untouched. Every other picture stays as it is, and a warning says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mediaoptout.containers.base import Container, Wanted
from mediaoptout.containers.jpeg import Jpeg
from mediaoptout.containers.png import Png
from mediaoptout.containers.proof import proven
from mediaoptout.errors import MediaoptoutError, RefusedError
from mediaoptout.splice.patch import Patch, PatchedSource
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies import identifying
from mediaoptout.vocabularies.declaration import PREFIX
from mediaoptout.vocabularies.properties import BEFORE, Property
from mediaoptout.words import Carrier

MAX_PICTURE: Final = 16 << 20
"""The largest picture that is marked, in bytes: some carriers have to hold it in memory."""

_KINDS: Final[tuple[Container, ...]] = (Jpeg(), Png())
_OF_THE_FILE: Final = identifying.XMP | {BEFORE, f"{PREFIX}Works"}
"""The properties that are about the file which the picture stands in, not about the picture."""


def marked(picture: Source, properties: Iterable[Property], *, force: bool) -> Patch | None:
    """The change after which its XMP says what it shall; None if it says exactly this already.

    Identifiers and titles of the work that it stands with are left out: they are not its own.

    Args:
        picture: the picture alone.
        properties: what shall be said, or shall be said no longer.
        force: replace contrary statements of others.

    Raises:
        MediaoptoutError: it is no sound JPEG or PNG, is too large, carries a manifest, or somebody
            else says the contrary in it.
    """
    if picture.size > MAX_PICTURE:
        raise RefusedError(f"it is larger than {MAX_PICTURE >> 20} MiB", code="no-mark")
    head = picture.read(0, min(picture.size, 64))
    container = next((kind for kind in _KINDS if kind.recognises(picture, head)), None)
    if container is None:
        raise RefusedError("it is neither JPEG nor PNG", code="no-mark")
    layout = container.read(picture)
    if layout.obstacle is not None:
        raise layout.obstacle
    if layout.manifest is not None:
        raise RefusedError("it carries a C2PA manifest of its own", code="no-mark")
    wanted = Wanted(
        properties=tuple(item for item in properties if item.goes or _is_its_own(item)),
        force=force,
        padding=0,
        carriers=frozenset({Carrier.XMP}),
    )
    patch = container.change(picture, layout, wanted).patch
    if patch.changes_nothing(picture.size):
        return None
    new = PatchedSource(picture, patch)
    proof = proven(container, picture, layout, container.read(new), patch)
    if not proof.holds:
        raise RefusedError("; ".join(proof.reasons), code="unproven")
    return patch


def _is_its_own(item: Property) -> bool:
    return item.name not in _OF_THE_FILE and not item.name.startswith(identifying.PREFIX)


@dataclass(frozen=True, slots=True)
class Marker:
    """What a carrier calls for each picture that it finds; see `marked`.

    Args:
        wanted: what the file shall say.
        room: how many bytes a picture may have in this container.
    """

    wanted: Wanted
    room: int = MAX_PICTURE

    def __call__(self, picture: Source) -> Patch | None:
        """The change of a picture; None for one that stays.

        Raises:
            RefusedError: it cannot be marked, and stays. Where ours is only taken out, a picture
                that we cannot have marked is none to speak of.
        """
        try:
            patch = marked(picture, self.wanted.properties, force=self.wanted.force)
            if patch is not None and patch.size > self.room:
                raise RefusedError("the file has no room for it", code="no-mark")
        except MediaoptoutError as error:
            if self.wanted.stripping:
                return None
            raise RefusedError(
                f"a picture in the file was not marked: {error.message}",
                at=error.at,
                code="no-mark",
            ) from error
        return patch


def marker(wanted: Wanted, room: int = MAX_PICTURE) -> Marker | None:
    """What marks the pictures of a file; None where they are to be left alone.

    Args:
        wanted: what the file shall say.
        room: how many bytes a picture may have in this container.
    """
    return Marker(wanted, room) if wanted.mark_pictures and wanted.properties else None
