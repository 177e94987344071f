"""An RSL 1.0 document: what is prohibited, by whom, and where the terms are.

RSL speaks of training (``ai-train``), input (``ai-input``) and search; it has no word for mining as
such, nor for generative training alone. What it cannot say exactly is left out, and nothing is
permitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from mediaoptout.documents.document import Document
from mediaoptout.documents.site import RSL_NAME, Site
from mediaoptout.errors import UsageError
from mediaoptout.reservation.model import Reservation
from mediaoptout.words import Use

NAMESPACE: Final = "https://rslstandard.org/rsl"


def rsl(reservation: Reservation, site: Site) -> Document:
    """The document, for the whole site that it is put on.

    Raises:
        UsageError: RSL has no word for what is reserved.
    """
    tokens = " ".join(_tokens(reservation))
    if not tokens:
        raise UsageError("RSL has no word for what the profile reserves")
    terms = reservation.licence_url or site.policy(reservation)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        *(f"<!-- {_comment(text)} -->" for _, text in reservation.notices),
        f'<rsl xmlns="{NAMESPACE}">',
        '  <content url="/">',
        "    <license>",
        f'      <prohibits type="usage">{tokens}</prohibits>',
        "    </license>",
        *(f"    {line}" for line in _copyright(reservation)),
        *([f"    <terms>{escape(terms)}</terms>"] if terms else []),
        "  </content>",
        "</rsl>",
    ]
    return Document(RSL_NAME, "\n".join(lines) + "\n")


def _tokens(reservation: Reservation) -> Iterator[str]:
    if all(reservation.permission(use).reserves for use in Use):
        yield "all"
        return
    trainings = (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING)
    if all(reservation.permission(use).reserves for use in trainings):
        yield "ai-train"
    if reservation.permission(Use.AI_INFERENCE).reserves:
        yield "ai-input"
    if reservation.permission(Use.SEARCH).reserves:
        yield "search"


def _copyright(reservation: Reservation) -> Iterator[str]:
    """Who holds the rights, and where they are to be asked."""
    if reservation.holders:
        known = {
            "contactEmail": reservation.licence_contact,
            "contactUrl": reservation.licence_url,
        }
        attributes = "".join(
            f" {name}={quoteattr(value)}" for name, value in known.items() if value
        )
        names = ", ".join(holder.name for holder in reservation.holders)
        yield f"<copyright{attributes}>{escape(names)}</copyright>"


def _comment(text: str) -> str:
    """A text as a comment may hold it: without two hyphens in a row, nor one at the end."""
    while "--" in text:
        text = text.replace("--", "- -")
    return text.removesuffix("-")
