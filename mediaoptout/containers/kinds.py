"""Kinds of files that are media but of no family here, and files that are no media at all.

A folder holds covers, logs and spreadsheets beside the masters: what is no media by structure and
by name is passed over in silence; what is media but cannot be written is said.
"""

from __future__ import annotations

from typing import Final

MEDIA_EXTENSIONS: Final = frozenset(
    """
    .3g2 .3gp .aac .ac3 .aif .aifc .aiff .amr .ape .apng .arw .asf .au .avi .avif .avifs .bmp .caf
    .cr2 .cr3 .dff .divx .dng .dsf .eac3 .ec3 .f4v .flac .flv .gif .heic .heif .hif .j2k .jfif
    .jp2 .jpe .jpeg .jpg .jpx .jxl .m2ts .m2v .m4a .m4b .m4p .m4r .m4s .m4v .mka .mks .mkv .mov .mp1
    .mp2 .mp3 .mp4 .mpc .mpeg .mpg .mpga .mts .mxf .nef .nrw .oga .ogg .ogv .ofr .ofs .opus .orf
    .png .psb .psd .qt .raf .rf64 .rw2 .spx .svg .svgz .tak .tif .tiff .ts .tta .vob .w64 .wav
    .wave .webm .webp .wma .wmv .wv
    """.split()
)
"""Names under which media are kept, lower case, with the dot."""

WRAPPERS: Final = tuple(b"RIFF PK\x03\x04 %PDF FWS CWS .RMF NSV .snd MZ ADIF".split())
"""What files begin with that may hold whole streams of MPEG audio, and are none."""

_SIGNATURES: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (8, b"WEBP", "WebP"),
    (8, b"AVI ", "AVI"),
    (8, b"WAVE", "WAV"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "BigTIFF"),
    (0, b"MM\0+", "BigTIFF"),
    (0, b"8BPS", "Photoshop"),
    (0, b"OggS", "Ogg"),
    (0, b"fLaC", "FLAC"),
    (0, b"\x1aE\xdf\xa3", "Matroska or WebM"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "ASF (WMA, WMV)"),
    (0, b"FORM", "AIFF or another IFF"),
    (0, b"caff", "CAF"),
    (0, b"DSD ", "DSF"),
    (0, b"FRM8", "DSDIFF"),
    (0, b"FLV\x01", "FLV"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"wvpk", "WavPack"),
    (0, b"MP+", "Musepack"),
    (0, b"MPCK", "Musepack"),
    (0, b"TTA1", "True Audio"),
    (0, b"TTA2", "True Audio"),
    (0, b"OFR ", "OptimFROG"),
    (0, b"tBaK", "TAK"),
    (0, b"\x0b\x77", "AC-3"),
    (0, b"#!AMR", "AMR"),
    (0, b"riff\x2e\x91\xcf\x11", "Wave64"),
    (0, b"\x06\x0e+4\x02\x05\x01\x01\x0d\x01\x02", "MXF"),
    (0, b"\0\0\x01\xba", "MPEG programme stream"),
    (0, b"\0\0\x01\xb3", "MPEG video"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000 codestream"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (0, b"\xff\x0a", "JPEG XL codestream"),
    (0, b"ID3", "audio with an ID3 tag"),
)
_BRANDS: Final = {
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"hevc": "HEIC",
    b"mif1": "HEIF",
    b"msf1": "HEIF",
    b"avif": "AVIF",
    b"avis": "AVIF",
    b"crx ": "Canon CR3",
}


def kind(head: bytes) -> str | None:
    """What a file is by its first bytes (at least 200 where there are as many); None if unknown."""
    for at, magic, name in _SIGNATURES:
        if head[at : at + len(magic)] == magic:
            return name
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "ISO base media")
    if len(head) > 188 and head[0] == 0x47 and head[188] == 0x47:
        return "MPEG transport stream"
    if len(head) > 196 and head[4] == 0x47 and head[196] == 0x47:
        return "MPEG transport stream (BDAV)"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "AAC (ADTS)"
    if b"<svg" in head[:1024]:
        return "SVG"
    return None


def looks_like_media(extension: str, head: bytes) -> bool:
    """Whether a file in a folder is to be dealt with: by structure, or by its name."""
    return extension.lower() in MEDIA_EXTENSIONS or kind(head) is not None
