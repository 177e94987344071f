"""Identifiers of holders and works: what the field calls them by, checked where there is a rule.

The check rules are those of the standards named at each scheme; python-stdnum holds the rules
that it knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scheme(StrEnum):
    """A kind of identifier, by the word that profiles and records use."""

    ISNI = "isni"
    """ISO 27729, of a holder."""
    IPI = "ipi"
    """CISAC interested party's name number, of a holder."""
    IPI_BASE = "ipi-base"
    """CISAC interested party's base number, of a holder."""
    IPN = "ipn"
    """SCAPR International Performer Number, of a holder."""
    ORCID = "orcid"
    """Of a holder."""
    ISRC = "isrc"
    """ISO 3901, of a recording."""
    ISWC = "iswc"
    """ISO 15707, of a musical work."""
    ISAN = "isan"
    """ISO 15706, of an audiovisual work or version."""
    EIDR = "eidr"
    """DOI of an audiovisual work, edit or manifestation."""
    GTIN = "gtin"
    """GS1 number (UPC, EAN) of a release."""
    CATALOGUE_NUMBER = "catalogue-number"
    """Of a release, as its label numbers it; no rule."""
    ISCC = "iscc"
    """ISO 24138, of a content."""

    @property
    def of_holder(self) -> bool:
        """Whether it names a person or organisation, not a work."""
        return self in _OF_HOLDERS


_OF_HOLDERS = frozenset({Scheme.ISNI, Scheme.IPI, Scheme.IPI_BASE, Scheme.IPN, Scheme.ORCID})


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """An identifier that is right by its scheme's rule.

    Args:
        scheme: its kind.
        value: its compact form: upper case, no separators, no name of the scheme before it.
    """

    scheme: Scheme
    value: str

    def __str__(self) -> str:
        return f"{self.scheme.upper()} {self.value}"
