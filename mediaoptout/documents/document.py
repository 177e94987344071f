"""A document: a text with the name of the file that it is written to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What can be made from a profile, by the word that the command line uses."""

    ODRL = "odrl"
    """The TDMRep policy, as ODRL in JSON-LD."""
    TDMREP = "tdmrep"
    """``tdmrep.json``, for ``/.well-known/``."""
    HEADERS = "headers"
    """HTTP headers: TDMRep and AIPREF."""
    ROBOTS = "robots"
    """Lines for robots.txt: AIPREF, and where the RSL document is."""
    RSL = "rsl"
    """An RSL document."""
    CLAUSE = "clause"
    """Clauses for a site's general terms and for broadcasters."""
    LETTER = "letter"
    """A declaration letter with the list of recordings, to be signed."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document.

    Args:
        name: the name of its file.
        text: what it says.
    """

    name: str
    text: str
