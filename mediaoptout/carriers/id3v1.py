"""ID3v1, v1.1 and the "enhanced" tag before it: read, and repeated where a newer tag hides them.

The 128 bytes at a file's end have no room for a reservation. Readers that find an ID3v2 tag look
at them no more, so a new ID3v2 tag has to say what they say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers.id3v1_genres import GENRES
from mediaoptout.vocabularies.properties import Entry
from mediaoptout.words import Carrier

SIZE: Final = 128
ENHANCED_SIZE: Final = 227
MAGIC: Final = b"TAG"
ENHANCED_MAGIC: Final = b"TAG+"


@dataclass(frozen=True, slots=True)
class Id3v1:
    """The fields of the tag; empty where it says nothing.

    Args:
        title: of the track.
        artist: who performs.
        album: or other collection.
        year: four digits, as a rule.
        comment: free text.
        track: its number, or 0 (v1.0 has none).
        genre: its number in the list of genres; 255 for none.
    """

    title: str
    artist: str
    album: str
    year: str
    comment: str
    track: int
    genre: int

    def frames(self) -> tuple[tuple[str, str], ...]:
        """The fields as text frames of ID3v2.3: identifiers and texts."""
        fields = (
            ("TIT2", self.title),
            ("TPE1", self.artist),
            ("TALB", self.album),
            ("TYER", self.year.strip().zfill(4) if self.year.strip() else ""),
            ("COMM", self.comment),
            ("TRCK", str(self.track or "")),
            # The number in brackets is v2.3's reference to the list of ID3v1.
            ("TCON", f"({self.genre})" if self.genre < 192 else ""),
        )
        return tuple((kind, text) for kind, text in fields if text)

    def items(self) -> tuple[tuple[str, str], ...]:
        """The fields as items of an APE tag: keys and texts."""
        fields = (
            ("Title", self.title),
            ("Artist", self.artist),
            ("Album", self.album),
            ("Year", self.year.strip()),
            ("Comment", self.comment),
            ("Track", str(self.track or "")),
            ("Genre", GENRES[self.genre] if self.genre < len(GENRES) else ""),
        )
        return tuple((key, text) for key, text in fields if text)


def parse(data: bytes) -> Id3v1 | None:
    """The tag that ``data`` (128 bytes) is, or None."""
    if len(data) != SIZE or not data.startswith(MAGIC):
        return None
    numbered = data[125] == 0 and data[126] != 0
    return Id3v1(
        _text(data[3:33]),
        _text(data[33:63]),
        _text(data[63:93]),
        _text(data[93:97]),
        _text(data[97 : 125 if numbered else 127]),
        data[126] if numbered else 0,
        data[127],
    )


def entries(tag: Id3v1, location: str) -> Iterator[Entry]:
    """What the tag says that may be about rights."""
    if tag.comment:
        yield Entry(Carrier.ID3, location, "xmpDM:logComment", "comment", tag.comment)


def _text(data: bytes) -> str:
    data = data.partition(b"\0")[0].rstrip(b" ")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
