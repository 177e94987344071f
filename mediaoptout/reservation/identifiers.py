"""Identifiers of holders and works: what the field calls them by, checked where there is a rule.

The check rules are those of the standards named at each scheme; see `check_digits`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mediaoptout.errors import UsageError
from mediaoptout.reservation import check_digits


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

    @property
    def label(self) -> str:
        """Its name as people write it (``ISRC``, ``IPI base number``)."""
        return _LABELS.get(self, self.upper())

    def names(self, text: str) -> bool:
        """Whether a text says that it is of this scheme, be it right or not."""
        return bool(_TELLING[self].match(text.strip()))


_OF_HOLDERS = frozenset({Scheme.ISNI, Scheme.IPI, Scheme.IPI_BASE, Scheme.IPN, Scheme.ORCID})
_LABELS = {
    Scheme.IPI_BASE: "IPI base number",
    Scheme.CATALOGUE_NUMBER: "catalogue number",
}

MAX_LENGTH: Final = 100
"""The longest text that is taken for an identifier."""


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """An identifier that is right by its scheme's rule; made by `parse`.

    Args:
        scheme: its kind.
        value: its compact form: upper case, no separators, no name of the scheme before it (an
            EIDR keeps its ``10.5240/``, an ISAN has its check characters).
    """

    scheme: Scheme
    value: str

    def __str__(self) -> str:
        if self.scheme is Scheme.ISCC:
            return self.display
        return f"{self.scheme.label} {self.display}"

    @classmethod
    def parse(cls, scheme: Scheme, text: str) -> Identifier:
        """The identifier that a text writes, in whatever form the field writes it.

        Args:
            scheme: which kind it must be.
            text: with or without separators, the scheme's name, URN or resolver before it.

        Raises:
            UsageError: it is none; the message says which check character was expected.
        """
        return cls(scheme, _RULES[scheme](scheme, _bare(scheme, text)))

    @classmethod
    def guess(cls, text: str) -> Identifier | None:
        """The identifier in a text that names its scheme itself; None if there is none.

        ``ISRC FR-Z03-98-00212``, ``urn:isan:…``, ``https://orcid.org/…``, ``10.5240/…``,
        ``T-034.524.680-1``; a bare number could be anything, and is no identifier.
        """
        if len(text) > MAX_LENGTH:
            return None
        for scheme in Scheme:
            if scheme.names(text):
                try:
                    return cls.parse(scheme, text)
                except UsageError:
                    return None
        return None

    @property
    def display(self) -> str:
        """As people write it: with its scheme's separators."""
        value = self.value
        match self.scheme:
            case Scheme.ISRC:
                return f"{value[:2]}-{value[2:5]}-{value[5:7]}-{value[7:]}"
            case Scheme.ISNI:
                return " ".join(_groups(value))
            case Scheme.ORCID:
                return "-".join(_groups(value))
            case Scheme.ISAN:
                version = (*_groups(value[17:25]), value[25:]) if len(value) > 17 else ()
                return "-".join((*_groups(value[:16]), value[16], *version))
            case Scheme.EIDR:
                prefix, _, suffix = value.partition("/")
                return f"{prefix}/" + "-".join(_groups(suffix))
            case Scheme.ISWC:
                return f"T-{value[1:4]}.{value[4:7]}.{value[7:10]}-{value[10]}"
            case Scheme.IPI_BASE:
                return f"I-{value[1:10]}-{value[10]}"
            case Scheme.ISCC:
                return f"ISCC:{value}"
            case _:
                return value

    @property
    def urn(self) -> str | None:
        """Its URN, or None where its scheme has none.

        Registered are ``isan`` (RFC 4246), ``eidr`` (RFC 7972) and ``isni``; ``isrc`` is what the
        field writes.
        """
        match self.scheme:
            case Scheme.ISRC | Scheme.ISNI:
                return f"urn:{self.scheme}:{self.value}"
            case Scheme.ISAN:
                return f"urn:isan:{self.display}"
            case Scheme.EIDR:
                return "urn:eidr:" + self.display.replace("/", ":")
            case _:
                return None

    @property
    def uri(self) -> str | None:
        """An address at which it can be looked up, else its URN, or None."""
        match self.scheme:
            case Scheme.ISNI:
                return f"https://isni.org/isni/{self.value}"
            case Scheme.ORCID:
                return f"https://orcid.org/{self.display}"
            case Scheme.EIDR:
                return f"https://doi.org/{self.display}"
            case _:
                return self.urn


def _groups(text: str) -> tuple[str, ...]:
    return tuple(text[start : start + 4] for start in range(0, len(text), 4))


# What may stand before the identifier itself, and tells its scheme.
_NAMES: Final[Mapping[Scheme, str]] = {
    Scheme.ISNI: r"(?:https?://(?:www\.)?isni\.org/(?:isni/)?|urn:isni:|isni\b)",
    Scheme.IPI: r"ipi(?: name)?(?: number)?\b(?![ -]?base)",
    Scheme.IPI_BASE: r"ipi[ -]base(?: number)?\b",
    Scheme.IPN: r"ipn\b",
    Scheme.ORCID: r"(?:https?://(?:www\.)?orcid\.org/|orcid(?: id)?\b)",
    Scheme.ISRC: r"(?:urn:isrc:|isrc(?: code)?\b)",
    Scheme.ISWC: r"(?:urn:iswc:|iswc\b)",
    Scheme.ISAN: r"(?:urn:isan:|v?-?isan\b)",
    Scheme.EIDR: r"(?:https?://(?:dx\.)?doi\.org/(?=10\.5240)|urn:eidr:|doi:(?=10\.5240)|eidr\b)",
    Scheme.GTIN: r"(?:urn:gtin:|gtin(?:-?\d{1,2})?\b|upc(?:-a)?\b|ean(?:-?(?:8|13))?\b|icpn\b)",
    Scheme.CATALOGUE_NUMBER: r"(?:urn:catalog:|catalog(?:ue)?(?: number| no\.?)\s*:?)",
    Scheme.ISCC: r"iscc\b",
}
_SELF_TELLING: Final[Mapping[Scheme, str]] = {
    Scheme.EIDR: r"10\.5240/",
    Scheme.ISWC: r"T-?\d{3}\.\d{3}\.\d{3}-\d$",
    Scheme.IPI_BASE: r"I-\d{9}-\d$",
}
_BEFORE: Final = {
    scheme: re.compile(names + r"[\s:#=]*", re.IGNORECASE) for scheme, names in _NAMES.items()
}
_TELLING: Final = {
    scheme: re.compile(
        rf"{names}|{_SELF_TELLING[scheme]}" if scheme in _SELF_TELLING else names, re.IGNORECASE
    )
    for scheme, names in _NAMES.items()
}
_DASHES: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")


def _bare(scheme: Scheme, text: str) -> str:
    """A text without the scheme's name before it."""
    if len(text) > MAX_LENGTH:
        raise _wrong(f"{_named(scheme, f'{text[:20]}…')} is too long")
    stripped = text.strip()
    found = _BEFORE[scheme].match(stripped)
    return stripped[found.end() :].strip() if found else stripped


def _compact(text: str, drop: str = " -.") -> str:
    return "".join(
        char for char in text.translate(_DASHES).upper() if char not in drop and not char.isspace()
    )


def _named(scheme: Scheme, text: str) -> str:
    return f"{scheme.label} {text!r}"


def _wrong(message: str) -> UsageError:
    return UsageError(
        message,
        fix="compare it with the paper or database that it comes from",
        code="identifier",
    )


def _matching(scheme: Scheme, text: str, pattern: str, form: str) -> str:
    value = _compact(text)
    if re.fullmatch(pattern, value, re.ASCII) is None:
        raise _wrong(f"{_named(scheme, text)} is no {scheme.label}: one has {form}")
    return value


def _checked(
    scheme: Scheme, text: str, body: str, check: str, rule: Callable[[str], str], which: str
) -> None:
    expected = rule(body)
    if check != expected:
        named = _named(scheme, text)
        raise _wrong(f"{named} is wrong: {which} should be {expected}, not {check}")


def _mod_11_2(scheme: Scheme, text: str) -> str:
    value = _matching(scheme, text, r"\d{15}[\dX]", "15 digits and a digit or X")
    _checked(scheme, text, value[:-1], value[-1], check_digits.mod_11_2, "its last character")
    return value


def _ipi(scheme: Scheme, text: str) -> str:
    value = _matching(scheme, text, r"\d{5,11}", "11 digits (leading zeros may be left out)")
    value = value.zfill(11)
    _checked(scheme, text, value[:-2], value[-2:], check_digits.ipi, "its last two digits")
    return value


def _ipi_base(scheme: Scheme, text: str) -> str:
    value = _matching(scheme, text, r"I\d{10}", "the form I-123456789-0")
    _checked(scheme, text, value[1:-1], value[-1], check_digits.ipi_base, "its last digit")
    return value


def _iswc(scheme: Scheme, text: str) -> str:
    value = _matching(scheme, text, r"T\d{10}", "the form T-123.456.789-0")
    _checked(scheme, text, value[1:-1], value[-1], check_digits.iswc, "its last digit")
    return value


def _ipn(scheme: Scheme, text: str) -> str:
    return _matching(scheme, text, r"\d{1,12}", "digits only, 12 at most")


def _isrc(scheme: Scheme, text: str) -> str:
    form = "2 letters, 3 letters or digits, and 7 digits (FR-Z03-98-00212)"
    value = _matching(scheme, text, r"[A-Z]{2}[A-Z0-9]{3}\d{7}", form)
    if not check_digits.is_isrc_prefix(value[:2]):
        named = _named(scheme, text)
        raise _wrong(f"{named} begins with {value[:2]}, which no ISRC begins with")
    return value


def _isan(scheme: Scheme, text: str) -> str:
    root = "[0-9A-F]{16}"
    pattern = rf"{root}(?:[0-9A-Z](?:[0-9A-F]{{8}}[0-9A-Z])?|[0-9A-F]{{8}})?"
    form = "16 hexadecimal digits and a check character, 8 and another for a version"
    value = _matching(scheme, text, pattern, form)
    if len(value) in (16, 24):  # the digits of a machine: without the check characters
        first, version = value[:16], value[16:]
        value = first + check_digits.mod_37_36(first)
        return value + version + check_digits.mod_37_36(first + version) if version else value
    first, check, version = value[:16], value[16], value[17:25]
    which = "its check character after the first 16 digits"
    _checked(scheme, text, first, check, check_digits.mod_37_36, which)
    if version:
        which = "its last character"
        _checked(scheme, text, first + version, value[25], check_digits.mod_37_36, which)
    return value


def _eidr(scheme: Scheme, text: str) -> str:
    form = "10.5240/, 20 hexadecimal digits and a check character"
    bare = re.sub(r"^10\.5240[/:]", "", text.strip(), flags=re.ASCII)
    value = _compact(bare)
    if re.fullmatch(r"[0-9A-F]{20}[0-9A-Z]", value, re.ASCII) is None:
        raise _wrong(f"{_named(scheme, text)} is no EIDR: one has {form}")
    _checked(scheme, text, value[:-1], value[-1], check_digits.mod_37_36, "its last character")
    return f"10.5240/{value}"


def _gtin(scheme: Scheme, text: str) -> str:
    value = _matching(scheme, text, r"\d{8}|\d{12,14}", "8, 12, 13 or 14 digits")
    _checked(scheme, text, value[:-1], value[-1], check_digits.gs1, "its last digit")
    return value


def _catalogue_number(scheme: Scheme, text: str) -> str:
    value = " ".join(text.split())
    if not value or not value.isprintable():
        named = _named(scheme, text)
        raise _wrong(f"{named} is empty, or has characters that cannot be printed")
    return value


def _iscc(scheme: Scheme, text: str) -> str:
    value = _compact(text)
    if not check_digits.is_iscc(value):
        named = _named(scheme, text)
        raise _wrong(f"{named} is no ISCC: its structure is not that of ISO 24138")
    return value


_RULES: Final[Mapping[Scheme, Callable[[Scheme, str], str]]] = {
    Scheme.ISNI: _mod_11_2,
    Scheme.IPI: _ipi,
    Scheme.IPI_BASE: _ipi_base,
    Scheme.IPN: _ipn,
    Scheme.ORCID: _mod_11_2,
    Scheme.ISRC: _isrc,
    Scheme.ISWC: _iswc,
    Scheme.ISAN: _isan,
    Scheme.EIDR: _eidr,
    Scheme.GTIN: _gtin,
    Scheme.CATALOGUE_NUMBER: _catalogue_number,
    Scheme.ISCC: _iscc,
}
