"""DDEX Electronic Release Notification (ERN 3.8 and 4) as a table: a row for each file.

What counts are the resources (``SoundRecording``, ``Video``, ``Image``) with their editions, the
parties that they refer to, and the release that lists them. DDEX puts only the root into a
namespace; local names are compared, so that one reader fits all versions. Document types are
refused, and what is not asked for is dropped while it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from mediaoptout.catalogue.faults import CatalogueError

MAX_DEPTH: Final = 64
"""How deep elements may be nested."""
MAX_ELEMENTS: Final = 5_000_000
"""How many elements are kept of a message."""
MAX_TEXT: Final = 1 << 16
"""The longest text of an element, in characters."""

RESOURCES: Final = ("SoundRecording", "Video", "Image")
COLUMNS: Final = (
    "file",
    "checksum",
    "isrc",
    "title",
    "version",
    "artist",
    "holder",
    "isni:holder",
    "label",
    "p-line",
    "c-line",
    "gtin",
    "catalogue-number",
    "iswc",
    "isan",
    "eidr",
    "credited performer",
    "ISNI of credited performer",
    "IPN of credited performer",
    "credited featured performer",
    "credited composer",
    "IPI of credited composer",
    "credited author",
    "credited publisher",
)
"""The columns that a message can fill, in the words of ``--column``.

Whom it credits (Antonio Vivaldi) is not said to reserve anything: those columns have names that are
no roles, and count only where the user gives them one.
"""

_KEPT: Final = frozenset({"Party", "Release", *RESOURCES})
_BLOCK: Final = 1 << 16
_EDITIONS: Final = ("SoundRecordingEdition", "VideoEdition")
_COMPOSERS: Final = frozenset({"Composer", "ComposerLyricist"})
_AUTHORS: Final = frozenset({"Author", "Lyricist", "Librettist"})
_PUBLISHERS: Final = frozenset({"MusicPublisher", "OriginalPublisher"})


class Element:
    """An element of the message that is kept.

    Attributes:
        name: its local name.
        line: on which it begins.
        children: the elements in it.
        text: its own text.
    """

    __slots__ = ("children", "line", "name", "text")

    def __init__(self, name: str, line: int) -> None:
        self.name = name
        self.line = line
        self.children: list[Element] = []
        self.text = ""

    def all(self, *names: str) -> Iterator[Element]:
        """Every element below of one of these names, in their order."""
        for child in self.children:
            if child.name in names:
                yield child
            yield from child.all(*names)

    def texts(self, *names: str) -> list[str]:
        """The texts of those elements, each once, the empty left out."""
        found = (" ".join(element.text.split()) for element in self.all(*names))
        return list(dict.fromkeys(text for text in found if text))

    def first(self, *names: str) -> str:
        """The first of those texts, or empty; earlier names win."""
        return next((texts[0] for name in names if (texts := self.texts(name))), "")


@dataclass(slots=True)
class _Party:
    name: str
    isni: str = ""
    ipn: str = ""
    ipi: str = ""


@dataclass(slots=True)
class _Message:
    """What is kept of a message."""

    version: str = ""
    parties: dict[str, _Party] = field(default_factory=dict)
    resources: list[Element] = field(default_factory=list)
    releases: list[Element] = field(default_factory=list)


def read(path: Path) -> tuple[str, tuple[str, ...], list[tuple[int, tuple[str, ...]]]]:
    """A message as a table.

    Args:
        path: the file.

    Returns:
        Which message it is, for people; the columns that it fills; and the rows, each with the
        line of the message that it comes from.

    Raises:
        CatalogueError: it is no such message, or broken.
        OSError: it cannot be read.
    """
    message = _parsed(path)
    releases = _by_resource(message.releases)
    rows = [
        (line, cells)
        for resource in message.resources
        for line, cells in _rows(resource, message, releases)
    ]
    used = [index for index in range(len(COLUMNS)) if any(cells[index] for _, cells in rows)]
    columns = tuple(COLUMNS[index] for index in used)
    table = [(line, tuple(cells[index] for index in used)) for line, cells in rows]
    return f"DDEX ERN {message.version}".strip(), columns, table


class _Builder:
    """Keeps the elements that count, from the parser's events."""

    def __init__(self) -> None:
        self.message = _Message()
        self._stack: list[Element] = []
        self._depth = 0
        self._count = 0
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        raise CatalogueError("it declares a document type, which DDEX messages have not")

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise CatalogueError(f"its elements are nested more than {MAX_DEPTH} deep")
        if self._depth == 1:
            if local != "NewReleaseMessage" or "ddex.net/xml/" not in namespace:
                raise CatalogueError(f"it is XML, but no DDEX release message: it begins {local!r}")
            self.message.version = _version(namespace)
        elif self._stack or local in _KEPT:
            self._count += 1
            if self._count > MAX_ELEMENTS:
                raise CatalogueError(f"it has more than {MAX_ELEMENTS:,} elements")
            element = Element(local, self.parser.CurrentLineNumber)
            if self._stack:
                self._stack[-1].children.append(element)
            self._stack.append(element)

    def _text(self, data: str) -> None:
        if self._stack:
            element = self._stack[-1]
            if len(element.text) + len(data) > MAX_TEXT:
                raise CatalogueError(f"{element.name} in line {element.line} is too long")
            element.text += data

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if not self._stack:
            return
        element = self._stack.pop()
        if self._stack:
            return
        if element.name in RESOURCES:
            self.message.resources.append(element)
        elif element.name == "Release":
            self.message.releases.append(element)
        else:
            reference = element.first("PartyReference")
            self.message.parties[reference] = _party(element)


def _parsed(path: Path) -> _Message:
    builder = _Builder()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                builder.parser.Parse(block)
        builder.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise CatalogueError(
            f"{path} is broken XML: {expat.ErrorString(error.code)}",
            at=f"line {error.lineno}",
            fix="ask whoever made it for a complete one",
        ) from error
    except CatalogueError as error:
        raise CatalogueError(
            f"{path} cannot be a catalogue: {error.message}",
            at=f"line {builder.parser.CurrentLineNumber}",
            fix="give a DDEX NewReleaseMessage (ERN 3.8 or 4), a CSV or an .xlsx",
        ) from error
    return builder.message


def _version(namespace: str) -> str:
    """``4.3`` from ``http://ddex.net/xml/ern/43``."""
    digits = namespace.rstrip("/").rpartition("/")[2]
    return ".".join(digits) if digits.isdigit() else digits


def _party(element: Element) -> _Party:
    return _Party(
        element.first("FullName", "PartyName"),
        element.first("ISNI"),
        element.first("IPN"),
        element.first("IpiNameNumber"),
    )


def _by_resource(releases: Sequence[Element]) -> dict[str, Element]:
    """The first release that lists each resource."""
    found: dict[str, Element] = {}
    for release in releases:
        for reference in release.texts("ReleaseResourceReference"):
            found.setdefault(reference, release)
    return found


def _rows(
    resource: Element, message: _Message, releases: dict[str, Element]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """A row for each file of a resource; one without a file where it names none."""
    release = releases.get(resource.first("ResourceReference"))
    shared = _shared(resource, release, message)
    for edition in [*resource.all(*_EDITIONS)] or [resource]:
        own = {
            **shared,
            "isrc": edition.first("ISRC") or resource.first("ISRC"),
            "p-line": _line("P", edition, resource, release),
            "c-line": _line("C", edition, resource, release),
        }
        for line, name, checksum in _files(edition) or [(edition.line, "", "")]:
            cells = {**own, "file": name, "checksum": checksum}
            if name or cells["isrc"]:
                yield line, tuple(cells.get(column, "") for column in COLUMNS)


def _shared(resource: Element, release: Element | None, message: _Message) -> dict[str, str]:
    title = resource.first("DisplayTitleText")
    cells = {
        "title": title or resource.first("TitleText"),
        "version": "" if title else resource.first("SubTitle"),
        "artist": resource.first("DisplayArtistName"),
        "iswc": _joined(resource.texts("ISWC")),
        "isan": resource.first("ISAN", "VISAN"),
        "eidr": resource.first("EIDR"),
    }
    main: list[_Party] = []
    featured: list[_Party] = []
    for artist in resource.all("DisplayArtist"):
        role = artist.first("DisplayArtistRole", "ArtistRole")
        party = _named(artist, "ArtistPartyReference", message)
        if party is not None:
            (featured if role == "FeaturedArtist" else main).append(party)
    if not cells["artist"]:
        cells["artist"] = ", ".join(party.name for party in main)
    controllers = [
        party
        for element in resource.all("ResourceRightsController")
        if (party := _named(element, "RightsControllerPartyReference", message)) is not None
    ]
    cells["credited performer"] = _joined([party.name for party in main])
    cells["ISNI of credited performer"] = _joined([party.isni for party in main])
    cells["IPN of credited performer"] = _joined([party.ipn for party in main])
    cells["credited featured performer"] = _joined([party.name for party in featured])
    cells["holder"] = _joined([party.name for party in controllers])
    cells["isni:holder"] = _joined([party.isni for party in controllers])
    writers = list(_contributors(resource, message))
    composers = [party for roles, party in writers if roles & _COMPOSERS]
    cells["credited composer"] = _joined([party.name for party in composers])
    cells["IPI of credited composer"] = _joined([party.ipi for party in composers])
    cells["credited author"] = _joined([party.name for roles, party in writers if roles & _AUTHORS])
    cells["credited publisher"] = _joined(
        [party.name for roles, party in writers if roles & _PUBLISHERS]
    )
    if release is not None:
        cells["gtin"] = release.first("ICPN")
        cells["catalogue-number"] = release.first("CatalogNumber")
        if not controllers:
            label = message.parties.get(release.first("ReleaseLabelReference"))
            name = label.name if label is not None else release.first("LabelName")
            cells["label"] = _joined([name])
    return cells


def _contributors(resource: Element, message: _Message) -> Iterator[tuple[set[str], _Party]]:
    names = ("Contributor", "ResourceContributor", "IndirectResourceContributor")
    for element in resource.all(*names):
        party = _named(element, "ContributorPartyReference", message)
        if party is not None:
            yield set(element.texts("Role", *(f"{name}Role" for name in names[1:]))), party


def _named(element: Element, reference: str, message: _Message) -> _Party | None:
    """The party that an element refers to, or names itself (ERN 3)."""
    party = message.parties.get(element.first(reference)) or _party(element)
    return party if party.name else None


def _joined(texts: Sequence[str]) -> str:
    """Several values in one cell; none where all are empty."""
    return "; ".join(text.replace(";", ",") for text in texts) if any(texts) else ""


def _line(kind: str, *elements: Element | None) -> str:
    """A (P) or (C) line, from the nearest element that has one."""
    for element in elements:
        for line in element.all(f"{kind}Line") if element is not None else ():
            text = line.first(f"{kind}LineText")
            year, company = line.first("Year"), line.first(f"{kind}LineCompany")
            said = text or " ".join(part for part in (year, company) if part)
            if said:
                return said
    return ""


def _files(edition: Element) -> list[tuple[int, str, str]]:
    """The files of an edition, each with the line that names it and its check sum."""
    found: dict[str, tuple[int, str]] = {}
    for element in edition.all("File", "DeliveryFile"):
        if element.name == "DeliveryFile" and any(element.all("File")):
            continue
        uri, name = element.first("URI"), element.first("FileName")
        folder = element.first("FilePath")
        path = _path(uri) if uri else f"{folder.rstrip('/')}/{name}" if folder and name else name
        if path:
            found.setdefault(path, (element.line, element.first("HashSumValue", "HashSum")))
    return [(line, name, checksum) for name, (line, checksum) in found.items()]


def _path(uri: str) -> str:
    return unquote(urlsplit(uri).path if "://" in uri else uri)
