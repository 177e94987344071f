"""Every document of a reservation, and what could not be made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mediaoptout.documents.clauses import clauses
from mediaoptout.documents.document import Document, Kind
from mediaoptout.documents.letter import letters
from mediaoptout.documents.licensing import rsl
from mediaoptout.documents.policy import odrl
from mediaoptout.documents.recordings import Recording
from mediaoptout.documents.site import Site, headers, robots, tdmrep
from mediaoptout.errors import UsageError, WriteError
from mediaoptout.reservation.model import Reservation
from mediaoptout.reservation.texts import completed, with_texts

_DOCUMENTS: Final = {
    Kind.ODRL: odrl,
    Kind.TDMREP: tdmrep,
    Kind.HEADERS: headers,
    Kind.ROBOTS: robots,
    Kind.RSL: rsl,
}


@dataclass(frozen=True, slots=True)
class Export:
    """What was made.

    Args:
        documents: the documents.
        left_out: the kinds that cannot say what is reserved, and why.
    """

    documents: tuple[Document, ...]
    left_out: tuple[tuple[Kind, str], ...] = ()


def export(
    reservation: Reservation,
    kinds: Collection[Kind] = (),
    *,
    site: str | None = None,
    recordings: Sequence[Recording] = (),
) -> Export:
    """The documents of a reservation, all in the same words.

    Args:
        reservation: what is declared; dated today if it has no date.
        kinds: which documents; all that can be made where none is named.
        site: the address of the site on which they will be; else that of the reservation's own
            addresses.
        recordings: the list of the letter.

    Raises:
        UsageError: a document that was asked for cannot say what is reserved, or the reservation
            was withdrawn.
    """
    if reservation.withdrawn is not None:
        raise UsageError(
            "the declaration was withdrawn: there is nothing to publish beside files",
            fix="take down what was published for it",
        )
    reservation = with_texts(completed(reservation))
    where = Site.of(reservation, site)
    documents: list[Document] = []
    left_out: list[tuple[Kind, str]] = []
    for kind in Kind:
        if not kinds or kind in kinds:
            try:
                documents += _made(kind, reservation, where, recordings)
            except UsageError as error:
                if kinds:
                    raise
                left_out.append((kind, error.message))
    return Export(tuple(documents), tuple(left_out))


def _made(
    kind: Kind, reservation: Reservation, site: Site, recordings: Sequence[Recording]
) -> Iterator[Document]:
    if kind is Kind.CLAUSE:
        yield from clauses(reservation)
    elif kind is Kind.LETTER:
        for own in reservation.wording:
            yield from letters(reservation, recordings, own.language)
    else:
        yield _DOCUMENTS[kind](reservation, site)


def write(documents: Iterable[Document], folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write documents into a folder, which is made if need be.

    Raises:
        UsageError: one of them is there already.
        WriteError: one of them cannot be written.
    """
    paths = [(folder / document.name, document) for document in documents]
    there = [path for path, _ in paths if path.exists()]
    if there and not overwrite:
        raise UsageError(
            f"{there[0]} is there already", fix="name another folder, or give --overwrite"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, document in paths:
            path.write_text(document.text, "utf-8", newline="\n")
    except OSError as error:
        raise WriteError(f"{folder} cannot be written to: {error.strerror or error}") from error
    return [path for path, _ in paths]
