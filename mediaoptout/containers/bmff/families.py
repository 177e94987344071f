"""The families: MP4, QuickTime and 3GPP; HEIF and AVIF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from mediaoptout.containers.base import Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.bmff import heif_plan, manifest
from mediaoptout.containers.bmff.boxes import read_header
from mediaoptout.containers.bmff.heif import Heif, read_heif
from mediaoptout.containers.bmff.movie import Movie, read_movie
from mediaoptout.containers.bmff.plan import Habits, plan
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

_MAX_BRANDS: Final = 1 << 10
"""How many bytes of a list of brands are read."""

_MAX_LOOK: Final = 1 << 10
"""How many boxes are looked at to tell what a file is."""

_AV1: Final = frozenset({b"avif", b"avis", b"avio", b"MA1A", b"MA1B"})
"""Brands of AVIF."""
_ANY: Final = frozenset({b"mif1", b"mif2", b"mif3", b"msf1", b"miaf"})
"""Brands of pictures and sequences in any coding."""
_HEIF: Final = _ANY | frozenset(
    {
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"jpeg", b"jpgs",
        b"j2ki", b"j2is", b"vvic", b"vvis", b"avci", b"avcs", b"unif",
    }
)  # fmt: skip
"""Major brands of HEIF."""
_PICTURES: Final = _AV1 | _HEIF | frozenset({b"jxl ", b"jp2 ", b"jpx ", b"jpm ", b"jph ", b"crx "})
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


class _PictureFamily(Container):
    """What the families of pictures and picture sequences share."""

    carries: ClassVar[Mapping[Carrier, Capability]] = {
        Carrier.XMP: Capability(
            True, "meta, item of type mime", "uuid where there are only tracks"
        ),
        Carrier.EXIF: Capability(False, "meta, item of type Exif"),
        Carrier.C2PA: Capability(True, "uuid", "right behind ftyp"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """By the brands of the file type box; see `Container.recognises`."""
        if head[4:8] != b"ftyp":
            return False
        box = read_header(source, 0, source.size)
        if box is None:
            return False
        data = source.read(box.body, min(box.end, box.body + _MAX_BRANDS, source.size))
        return _picture(data[:4], {data[at : at + 4] for at in range(8, len(data), 4)}) == self.name

    def read(self, source: Source) -> Layout:
        """A `Heif`, or a `Movie` where there are only tracks; see `Container.read`."""
        return read_heif(source)

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        match layout:
            case Heif():
                return heif_plan.plan(source, layout, wanted)
            case Movie():
                return plan(source, layout, wanted, Habits())
        raise TypeError(f"a {type(layout).__name__} is no layout of a picture")

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """See `Container.manifest_store`."""
        if not isinstance(layout, Heif | Movie):
            raise TypeError(f"a {type(layout).__name__} is no layout of a picture")
        boxes = (box for box in layout.boxes if box.uuid == manifest.C2PA_UUID)
        return manifest.store(source, tuple(boxes))

    def frame_manifest(self, store: bytes) -> bytes:
        """The whole ``uuid`` box around the store: the hard binding excludes it by its path."""
        return manifest.frame(store)


class Heic(_PictureFamily):
    """HEIC and other HEIF pictures and sequences (ISO/IEC 23008-12)."""

    name = "heif"
    title = "HEIC, HEIF (ISO/IEC 23008-12)"
    media_types = ("image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence")
    extensions = (".heic", ".heif", ".hif", ".heics", ".heifs")


class Avif(_PictureFamily):
    """AVIF pictures and sequences (AV1 Image File Format)."""

    name = "avif"
    title = "AVIF (AV1 Image File Format)"
    media_types = ("image/avif", "image/avif-sequence")
    extensions = (".avif", ".avifs")


def _picture(major: bytes, compatible: set[bytes]) -> str | None:
    """The picture family's word, by the brands."""
    if major in _AV1:
        return "avif"
    if major in _HEIF:
        return "avif" if major in _ANY and compatible & _AV1 else "heif"
    return None
