"""What the columns of a catalogue are for, told from their headers in English and French.

The names are data (``headers.toml``); they are compared without case, accents, punctuation,
articles and a plural s. A header that is not known can be told with ``--column HEADER=ROLE``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from mediaoptout.reservation.identifiers import Scheme


class Field(StrEnum):
    """What a column holds: its role in a catalogue."""

    FILE = "file"
    FOLDER = "folder"
    CHECKSUM = "checksum"
    """Of the file as it was delivered; its length tells the method."""
    TITLE = "title"
    VERSION = "version"
    ARTIST = "artist"
    ISRC = "isrc"
    ISWC = "iswc"
    ISAN = "isan"
    EIDR = "eidr"
    ISCC = "iscc"
    GTIN = "gtin"
    CATALOGUE_NUMBER = "catalogue-number"
    HOLDER = "holder"
    PERFORMER = "performer"
    FEATURED_PERFORMER = "featured-performer"
    PRODUCER = "producer"
    """Of phonograms where the file is audio, audiovisual where it is video."""
    PHONOGRAM_PRODUCER = "phonogram-producer"
    AUDIOVISUAL_PRODUCER = "audiovisual-producer"
    LABEL = "label"
    """The producer, where no other column names one."""
    AUTHOR = "author"
    COMPOSER = "composer"
    PUBLISHER = "publisher"
    BROADCASTER = "broadcaster"
    COLLECTING_SOCIETY = "collecting-society"
    UNION = "union"
    LICENSEE = "licensee"
    P_LINE = "p-line"
    C_LINE = "c-line"
    COPYRIGHT = "copyright"
    DATE = "date"
    CONTACT = "contact"
    """An address to ask for a licence: a page or e-mail."""
    POLICY = "policy"

    @property
    def scheme(self) -> Scheme | None:
        """The identifiers of works that it holds, or None."""
        return Scheme(self) if self in _OF_WORKS else None

    @property
    def names_holders(self) -> bool:
        """Whether it names those whose rights are reserved."""
        return self in _HOLDERS

    @property
    def several(self) -> bool:
        """Whether more than one column may hold it."""
        return self in _SEVERAL


_OF_WORKS: Final = frozenset(
    {
        Field.ISRC,
        Field.ISWC,
        Field.ISAN,
        Field.EIDR,
        Field.ISCC,
        Field.GTIN,
        Field.CATALOGUE_NUMBER,
    }
)
_HOLDERS: Final = frozenset(
    {
        Field.HOLDER,
        Field.PERFORMER,
        Field.FEATURED_PERFORMER,
        Field.PRODUCER,
        Field.PHONOGRAM_PRODUCER,
        Field.AUDIOVISUAL_PRODUCER,
        Field.LABEL,
        Field.AUTHOR,
        Field.COMPOSER,
        Field.PUBLISHER,
        Field.BROADCASTER,
        Field.COLLECTING_SOCIETY,
        Field.UNION,
        Field.LICENSEE,
    }
)
_SEVERAL: Final = (_HOLDERS | _OF_WORKS | {Field.CONTACT}) - {Field.ISRC, Field.ISCC}

HOLDER_SCHEMES: Final = tuple(scheme for scheme in Scheme if scheme.of_holder)
"""The identifiers that holders have."""

_SIGNS: Final = (
    (re.compile(r"℗|\(\s*p\s*\)"), " psign "),
    (re.compile(r"©|\(\s*c\s*\)"), " csign "),
    (re.compile(r"\(s\)"), "s "),
    (re.compile(r"œ"), "oe"),
    (re.compile(r"æ"), "ae"),
    (re.compile(r"\bn\s*[°ºo]\b|\bn[°º]|#|№"), " no "),
)
_SILENT: Final = frozenset("a au d de des du l la le les of s the et and".split())
_LIKE: Final = {"number": "no", "numero": "no", "nr": "no", "num": "no", "catalog": "catalogue"}
_SCHEME_WORDS: Final = {
    "isni": Scheme.ISNI,
    "ipi": Scheme.IPI,
    "cae": Scheme.IPI,
    "ipn": Scheme.IPN,
    "orcid": Scheme.ORCID,
}
_SCHEME_NOISE: Final = frozenset({"no", "name", "code", "id", "base"})


@lru_cache(maxsize=4096)
def key(header: str) -> tuple[str, ...]:
    """A header without what does not count: its words, in their order."""
    text = header.lower()
    for pattern, word in _SIGNS:
        text = pattern.sub(word, text)
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    words = re.findall(r"[^\W\d_]+|\d+", plain)
    return tuple(_singular(_LIKE.get(word, word)) for word in words if word not in _SILENT)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


@cache
def _known() -> Mapping[tuple[str, ...], Field]:
    text = files("mediaoptout.catalogue").joinpath("headers.toml").read_text("utf-8")
    names = {Field(field): headers for field, headers in tomllib.loads(text).items()}
    own: dict[tuple[str, ...], Field] = {key(field): field for field in Field}
    return {key(header): field for field in names for header in names[field]} | own


def names() -> Iterator[tuple[Field, str]]:
    """Every role with every header that is known for it, as ``headers.toml`` spells it."""
    text = files("mediaoptout.catalogue").joinpath("headers.toml").read_text("utf-8")
    for field, headers in tomllib.loads(text).items():
        yield from ((Field(field), header) for header in headers)


def field_of(header: str) -> Field | None:
    """What a column of that header holds; None if the header is not known.

    A number at its end does not count (``Performer 2``) where that is no part of a known name.
    """
    words = key(header)
    found = _known().get(words)
    if found is None and len(words) > 1 and words[-1].isdigit():
        found = _known().get(words[:-1])
    return found


def identifier_of(header: str) -> tuple[Scheme, Field | None] | None:
    """Which identifier of which holders a column holds (``ISNI of the performer``).

    Returns:
        The scheme and the holders' role; that is None where the header does not say whose
        (``ISNI``). None if the header is of no such column.
    """
    words = key(header)
    scheme = next((_SCHEME_WORDS[word] for word in words if word in _SCHEME_WORDS), None)
    if scheme is None:
        return None
    if scheme is Scheme.IPI and "base" in words:
        scheme = Scheme.IPI_BASE
    whose = tuple(
        word
        for word in words
        if word not in _SCHEME_WORDS and word not in _SCHEME_NOISE and not word.isdigit()
    )
    if not whose:
        return scheme, None
    field = _known().get(whose)
    if field is Field.ARTIST:
        field = Field.PERFORMER
    return (scheme, field) if field is not None and field.names_holders else None


def is_known(header: str) -> bool:
    """Whether a header tells what its column holds."""
    return field_of(header) is not None or identifier_of(header) is not None
