"""The clauses for a site's general terms and for broadcasters, in French and English."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from mediaoptout.documents.document import Document
from mediaoptout.reservation import legal
from mediaoptout.reservation.model import Reservation
from mediaoptout.reservation.texts import declaration, phrases


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    text = files("mediaoptout.documents").joinpath("clauses.toml").read_text("utf-8")
    return tomllib.loads(text)


def clauses(reservation: Reservation) -> Iterator[Document]:
    """A document for each language, with both clauses."""
    for language, table in _table().items():
        parts = []
        for clause in ("site", "broadcaster"):
            title = table[f"{clause}_title"]
            body = table[clause].strip().format_map(_values(reservation, language))
            parts.append(f"{title}\n{'=' * len(title)}\n\n{body}\n")
        yield Document(f"clause-{language}.txt", "\n\n".join(parts))


def _values(reservation: Reservation, language: str) -> Mapping[str, str]:
    words, table = phrases()[language], _table()[language]
    names = [holder.name for holder in reservation.holders] or [words["holder"]]
    *others, last = names
    basis = words["separator"].join(legal.cite(item, language) for item in reservation.legal_basis)
    contact = reservation.contact
    return {
        "declaration": declaration(reservation, language),
        "holder": f"{', '.join(others)} {table['and']} {last}" if others else last,
        "exercises": table["exercise_many" if others else "exercises"],
        "basis": words["basis"].format(basis=basis) if basis else "",
        "contact": words["contact"].format(contact=contact) if contact else "",
    }
