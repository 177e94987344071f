"""Which module a file's name speaks for: a guess that is made before any family is loaded.

What a file is, its structure says (`mediaoptout.containers.registry`); this only tells which
modules will probably be wanted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ENDINGS: Final = {
    "jpeg": ".jfif .jpe .jpeg .jpg",
    "png": ".apng .png",
    "webp": ".webp",
    "gif": ".gif",
    "avi": ".avi .divx",
    "tiff": ".btf .dng .gpr .gtiff .lsm .stk .svs .tf2 .tf8 .tif .tiff",
    "apetagged": ".ape .mp+ .mpc .ofr .ofs .tak .wv",
    "tta": ".tta",
    "psd": ".psb .psd",
    "jxl": ".jxl",
    "jp2": ".j2c .j2k .jhc .jp2 .jpc .jpf .jph .jpm .jpx",
    "wav": ".bw64 .bwf .rf64 .wav .wave",
    "aiff": ".afc .aif .aifc .aiff",
    "dff": ".dff",
    "dsf": ".dsf",
    "caf": ".caf",
    "flac": ".fla .flac",
    "asf": ".asf .wma .wmv",
    "flv": ".flv",
    "ogg": ".oga .ogg .ogv .ogx .opus .spx",
    "bmff": ".3g2 .3ga .3gp .3gp2 .3gpp .avif .avifs .cmfa .cmfv .f4a .f4v .heic .heics .heif"
    " .heifs .hif .isma .ismv .m4a .m4b .m4p .m4r .m4s .m4v .mov .mp4 .mp4v .mpg4 .mqv .qt",
    "matroska": ".mk3d .mka .mks .mkv .weba .webm",
    "others": ".3fr .arw .cr2 .cr3 .crw .dcr .erf .fff .iiq .kdc .m1v .m2p .m2t .m2ts .m2v .mef"
    " .mod .mos .mpe .mpeg .mpg .mrw .mts .mxf .nef .nrw .orf .pef .raf .rw2 .rwl .sr2 .srf .srw"
    " .tod .trp .ts .vob .x3f",
    "ac3": ".ac3 .eac3 .ec3",
    "adts": ".aac .adt .adts",
    "svg": ".svg .svgz",
    "mp3": ".mp1 .mp2 .mp3 .mpga",
}
"""The endings of the families in each module."""


def modules(endings: Iterable[str]) -> tuple[str, ...]:
    """The modules of the families whose files have such endings.

    Args:
        endings: in lower case, with the dot.
    """
    wanted = frozenset(endings)
    return tuple(
        f"mediaoptout.containers.{module}"
        for module, known in ENDINGS.items()
        if not wanted.isdisjoint(known.split())
    )
