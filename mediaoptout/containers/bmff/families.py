"""The movie families: MP4, QuickTime and 3GPP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from mediaoptout.containers.base import Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.bmff import manifest
from mediaoptout.containers.bmff.boxes import read_header
from mediaoptout.containers.bmff.movie import Movie, read_movie
from mediaoptout.containers.bmff.plan import Habits, plan
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

_MAX_LOOK: Final = 1 << 10
"""How many boxes are looked at to tell what a file is."""

_PICTURES: Final = frozenset(
    {
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2",
        b"msf1", b"avif", b"avis", b"avio", b"jpeg", b"jpgs", b"jxl ", b"jp2 ", b"jpx ", b"jpm ",
        b"jph ", b"crx ", b"miaf", b"MA1A", b"MA1B",
    }
)  # fmt: skip
"""Major brands of pictures and picture sequences, which are other families."""

_MOVIE: Final = frozenset({b"moov", b"moof", b"mdat", b"sidx", b"styp"})
_BEFORE: Final = frozenset(
    {b"free", b"skip", b"wide", b"uuid", b"pnot", b"junk", b"PICT", b"pict", b"emsg", b"prft"}
)
"""What may stand before the first box that tells what a file is."""


def _family(source: Source) -> str | None:
    """The family's word, by the first boxes."""
    at = 0
    for _ in range(_MAX_LOOK):
        box = read_header(source, at, source.size)
        if box is None:
            return None
        if box.kind in (b"ftyp", b"styp"):
            return _by_brand(source.read(box.body, min(box.body + 4, source.size)))
        if box.kind in (b"moof", b"sidx"):
            return "mp4"
        if box.kind in _MOVIE:
            return "mov" if _is_movie(source, box.kind, box.body, box.end) else None
        if box.kind not in _BEFORE or box.end > source.size:
            return None
        at = box.end
    return None


def _by_brand(brand: bytes) -> str | None:
    if brand in _PICTURES:
        return None
    if brand == b"qt  ":
        return "mov"
    return "3gp" if brand[:2] == b"3g" else "mp4"


def _is_movie(source: Source, kind: bytes, body: int, end: int) -> bool:
    """Whether what would be a box really is one: a movie header, or something behind it."""
    if kind == b"moov":
        child = read_header(source, body, min(end, source.size))
        return child is not None and child.kind in (b"mvhd", b"cmov", b"rmra", b"trak", b"prfl")
    if end >= source.size:
        return True
    following = read_header(source, end, source.size)
    return following is not None and all(0x20 <= byte < 0x7F for byte in following.kind)


class _MovieFamily(Container):
    """What the movie families share."""

    habits: ClassVar[Habits]

    def recognises(self, source: Source, head: bytes) -> bool:
        """See `Container.recognises`."""
        kind = head[4:8]
        if kind not in _MOVIE and kind not in _BEFORE and kind != b"ftyp":
            return False
        return _family(source) == self.name

    def read(self, source: Source) -> Movie:
        """See `Container.read`."""
        return read_movie(source)

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        movie = layout if isinstance(layout, Movie) else self.read(source)
        return plan(source, movie, wanted, self.habits)

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """See `Container.manifest_store`."""
        movie = layout if isinstance(layout, Movie) else self.read(source)
        return manifest.store(source, movie.manifests)

    def frame_manifest(self, store: bytes) -> bytes:
        """The whole ``uuid`` box around the store: the hard binding excludes it by its path."""
        return manifest.frame(store)


class Mp4(_MovieFamily):
    """MP4 and its kin (ISO/IEC 14496-12 and -14), fragmented or not."""

    name = "mp4"
    title = "MP4 (ISO/IEC 14496-14)"
    media_types = ("video/mp4", "audio/mp4", "application/mp4", "video/x-m4v", "audio/x-m4a")
    extensions = (
        ".mp4", ".m4a", ".m4v", ".m4b", ".m4p", ".m4r", ".f4v", ".f4a", ".mp4v", ".mpg4", ".cmfv",
        ".cmfa", ".ismv", ".isma", ".m4s",
    )  # fmt: skip
    carries: ClassVar[Mapping[Carrier, Capability]] = {
        Carrier.XMP: Capability(True, "uuid", "moov/udta/XMP_ is kept up to date where it is"),
        Carrier.MP4_ILST: Capability(True, "moov/udta/meta/ilst"),
        Carrier.QUICKTIME: Capability(False, "moov/udta, moov/meta"),
        Carrier.C2PA: Capability(True, "uuid", "right behind ftyp"),
    }
    habits = Habits(makes_item_list=True)


class Mov(_MovieFamily):
    """QuickTime movies (QuickTime File Format), with or without a file type box."""

    name = "mov"
    title = "QuickTime movie (QuickTime File Format)"
    media_types = ("video/quicktime",)
    extensions = (".mov", ".qt", ".mqv")
    carries: ClassVar[Mapping[Carrier, Capability]] = {
        Carrier.XMP: Capability(True, "moov/udta/XMP_", "a uuid box is kept up to date"),
        Carrier.QUICKTIME: Capability(True, "moov/udta/\xa9cpy", "moov/meta is only read"),
        Carrier.MP4_ILST: Capability(
            True, "moov/udta/meta/ilst", "only where there is one", expected=False
        ),
        Carrier.C2PA: Capability(True, "uuid", "only where the file begins with ftyp"),
    }
    habits = Habits(packet_in_movie=True, text="quicktime")


class ThreeGp(_MovieFamily):
    """3GPP and 3GPP2 files (3GPP TS 26.244)."""

    name = "3gp"
    title = "3GPP file (3GPP TS 26.244)"
    media_types = ("video/3gpp", "audio/3gpp", "video/3gpp2", "audio/3gpp2")
    extensions = (".3gp", ".3g2", ".3gpp", ".3gp2", ".3ga")
    carries: ClassVar[Mapping[Carrier, Capability]] = {
        Carrier.XMP: Capability(True, "uuid", "moov/udta/XMP_ is kept up to date where it is"),
        Carrier.QUICKTIME: Capability(True, "moov/udta/cprt"),
        Carrier.MP4_ILST: Capability(
            True, "moov/udta/meta/ilst", "only where there is one", expected=False
        ),
        Carrier.C2PA: Capability(False, "uuid", "no signing library knows the format"),
    }
    habits = Habits(
        text="3gpp",
        no_manifest="there is no place for a manifest: the signing library does not know 3GPP",
    )
