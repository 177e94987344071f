"""A profile and a row of a catalogue as one declaration: where both speak, the row wins."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mediaoptout.catalogue.cells import METHODS
from mediaoptout.catalogue.columns import Column
from mediaoptout.catalogue.rows import Particulars, Row, particulars
from mediaoptout.errors import RefusedError
from mediaoptout.reservation.model import Holder, Reservation, Role
from mediaoptout.splice import placeholders

if TYPE_CHECKING:
    from mediaoptout.embedding import Declaration

VIDEO: Final = frozenset(
    """
    .3g2 .3gp .asf .avi .divx .f4v .flv .m2ts .m2v .m4v .mks .mkv .mov .mp4 .mpeg .mpg .mts .mxf
    .ogv .qt .ts .vob .webm .wmv
    """.split()
)
"""Names under which films are kept."""
PICTURES: Final = frozenset(
    """
    .apng .arw .avif .avifs .bmp .cr2 .cr3 .dng .gif .heic .heif .hif .j2k .jfif .jp2 .jpe .jpeg
    .jpg .jpx .jxl .nef .nrw .orf .png .psb .psd .raf .rw2 .svg .svgz .tif .tiff .webp
    """.split()
)
"""Names under which pictures are kept."""


@dataclass(frozen=True, slots=True)
class Merging:
    """How rows become declarations.

    Args:
        reservation: the profile's; it holds wherever a row is silent.
        columns: those whose cells the rows have.
    """

    reservation: Reservation
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, reservation: Reservation, columns: Sequence[Column]) -> Merging:
        """The same for all files of a run: what the profile leaves undated is dated now."""
        declared = reservation.declared or datetime.now(UTC).date()
        return cls(replace(reservation, declared=declared), tuple(columns))

    def declaration(self, row: Row, path: Path, *, recall: bool = False) -> Declaration:
        """What is declared of a file.

        Args:
            row: the row that is about it.
            path: where it is.
            recall: open it too if its content is elsewhere.

        Raises:
            NotHereError: its check sum is asked for, and it is a placeholder.
            RefusedError: the row has the check sum of another file.
            OSError: the file cannot be read.
        """
        from mediaoptout.embedding import Declaration

        said, _ = particulars(self.columns, row, producer=producer_of(path))
        if said.checksum is not None:
            _check(path, said.checksum, recall)
        return Declaration.of(merged(self.reservation, said))


def _check(path: Path, checksum: str, recall: bool) -> None:
    method = METHODS[len(checksum)]
    if not recall:
        placeholders.refuse(path, path.stat())
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, method).hexdigest()
    if found != checksum:
        raise RefusedError(
            f"its {method} is {found}, and the catalogue has {checksum}",
            fix="get the file that was catalogued, or pass over the column of check sums"
            " (--column HEADER=skip)",
            code="catalogue-checksum",
        )


def producer_of(path: Path) -> Role | None:
    """What somebody is who produced the file at ``path``, by its name."""
    suffix = path.suffix.lower()
    if suffix in PICTURES:
        return None
    return Role.AUDIOVISUAL_PRODUCER if suffix in VIDEO else Role.PHONOGRAM_PRODUCER


def merged(reservation: Reservation, said: Particulars) -> Reservation:
    """A reservation with what a row says of one file; its texts are to be composed anew.

    Holders of the row take the place of the profile's in the same role; those in other roles
    stay.
    """
    return replace(
        reservation,
        holders=_holders(reservation.holders, said.holders),
        works=(said.work,) if said.work is not None else reservation.works,
        copyright=said.copyright or reservation.copyright,
        declared=said.declared or reservation.declared,
        licence_url=said.licence_url or reservation.licence_url,
        licence_contact=said.licence_contact or reservation.licence_contact,
        policy_url=said.policy_url or reservation.policy_url,
        texts=(),
        notices=(),
    )


def _holders(general: Sequence[Holder], own: Sequence[Holder]) -> tuple[Holder, ...]:
    roles = {holder.role for holder in own}
    return (*(holder for holder in general if holder.role not in roles), *own)
