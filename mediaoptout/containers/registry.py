"""Every container family, and which of them a file belongs to."""

from __future__ import annotations

from typing import Final

from mediaoptout.containers import (
    ac3,
    adts,
    aiff,
    apetagged,
    asf,
    avi,
    bmff,
    caf,
    dff,
    dsf,
    flac,
    flv,
    gif,
    jp2,
    jpeg,
    jxl,
    matroska,
    mp3,
    ogg,
    others,
    png,
    psd,
    svg,
    tiff,
    tta,
    wav,
    webp,
)
from mediaoptout.containers.base import Container
from mediaoptout.errors import DamagedError
from mediaoptout.splice.source import Source

HEAD: Final = 64
"""How many first bytes every family is shown."""

CONTAINERS: Final[tuple[Container, ...]] = (
    *jpeg.FAMILIES,
    *png.FAMILIES,
    *webp.FAMILIES,
    *gif.FAMILIES,
    *avi.FAMILIES,
    *tiff.FAMILIES,
    *apetagged.FAMILIES,
    *tta.FAMILIES,
    *psd.FAMILIES,
    *jxl.FAMILIES,
    *jp2.FAMILIES,
    *wav.FAMILIES,
    *aiff.FAMILIES,
    *dff.FAMILIES,
    *dsf.FAMILIES,
    *caf.FAMILIES,
    *flac.FAMILIES,
    *asf.FAMILIES,
    *flv.FAMILIES,
    *ogg.FAMILIES,
    *bmff.FAMILIES,
    *matroska.FAMILIES,
    *others.FAMILIES,
    *ac3.FAMILIES,
    *adts.FAMILIES,
    *svg.FAMILIES,
    *mp3.FAMILIES,
)
"""The families; MP3, which has no signature of its own, comes last."""


def detect(source: Source) -> Container | None:
    """The family that the file belongs to by its structure, whatever it is called; else None.

    Args:
        source: the file.
    """
    head = source.read(0, min(HEAD, source.size))
    return next((family for family in CONTAINERS if _recognises(family, source, head)), None)


def _recognises(family: Container, source: Source, head: bytes) -> bool:
    try:
        return family.recognises(source, head)
    except DamagedError:  # it ends where the family's structure would go on
        return False


def by_name(name: str) -> Container:
    """The family that records call ``name``.

    Raises:
        KeyError: there is none.
    """
    return {family.name: family for family in CONTAINERS}[name]
