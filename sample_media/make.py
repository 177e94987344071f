"""Makes the sample files beside this script; see README.md in this folder.

Run with the development environment, and ffmpeg on the path. Everything comes from test patterns
and sine tones; no clock and no random number goes in.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import math
import struct
import subprocess
import zlib
from pathlib import Path
from uuid import UUID

from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, ID3, TALB, TDRC, TIT2, TPE1, TXXX, Encoding, PictureType
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggvorbis import OggVorbis
from PIL import Image, ImageCms, TiffImagePlugin

HERE = Path(__file__).resolve().parent
SIZE = (64, 48)
FILE_LIMIT = 60_000
TOTAL_LIMIT = 800_000

PATTERN = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1"]
SINE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=22050:duration=0.5"]
H264 = ["-c:v", "libx264", "-g", "2", "-pix_fmt", "yuv420p", "-crf", "32", "-bf", "0"]
AAC = ["-c:a", "aac", "-b:a", "32k"]
TITLE = ["-metadata", "title=Sample", "-metadata", "artist=mediaoptout"]


def ffmpeg(name: str, *arguments: str) -> None:
    """Runs ffmpeg on one thread and without its own stamps, into ``name``."""
    target = HERE / name
    target.parent.mkdir(exist_ok=True)
    quiet = ["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]
    exact = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]
    command = ["ffmpeg", *quiet, *arguments, "-threads", "1", "-map_chapters", "-1", *exact]
    subprocess.run([*command, str(target)], check=True)


def write(name: str, data: bytes) -> None:
    target = HERE / name
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(data)


def read(name: str) -> bytes:
    return (HERE / name).read_bytes()


def picture() -> Image.Image:
    """A smooth pattern with an edge in it."""
    width, height = SIZE
    data = bytearray()
    for y in range(height):
        for x in range(width):
            data += bytes((x * 4, y * 5, 255 if (x - 32) ** 2 + (y - 24) ** 2 < 256 else 64))
    return Image.frombytes("RGB", SIZE, bytes(data))


def cover() -> bytes:
    """A small JPEG for the audio files."""
    out = io.BytesIO()
    picture().save(out, "JPEG", quality=50)
    return out.getvalue()


def xmp_packet() -> bytes:
    """A minimal packet of somebody else: a title and a property in a namespace of its own."""
    body = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:own="https://example.org/own/1.0/"
    own:Shelf="B 12">
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Sample</rdf:li></rdf:Alt></dc:title>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""
    return body.encode() + (b" " * 99 + b"\n") * 5 + b'<?xpacket end="w"?>'


def make_png() -> None:
    (HERE / "png").mkdir(exist_ok=True)
    rgb = picture()
    rgb.save(HERE / "png/rgb.png")
    rgb.quantize(32).save(HERE / "png/palette.png")
    frame = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1", "-frames:v", "1"]
    ffmpeg("png/rgb-16bit.png", *frame, "-pix_fmt", "rgb48be", "-update", "1")
    ffmpeg("png/interlaced.png", *frame, "-pix_fmt", "rgb24", "-flags:v", "+ildct", "-update", "1")
    frames = [rgb.rotate(90 * turn) for turn in range(3)]
    frames[0].save(
        HERE / "png/animated.png", save_all=True, append_images=frames[1:], duration=100, loop=0
    )


def segment(marker: int, payload: bytes) -> bytes:
    """A JPEG marker segment."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def make_jpeg() -> None:
    (HERE / "jpeg").mkdir(exist_ok=True)
    rgb = picture()
    rgb.save(HERE / "jpeg/baseline.jpg", quality=80)
    rgb.save(HERE / "jpeg/progressive.jpg", quality=80, progressive=True)
    rgb.convert("CMYK").save(HERE / "jpeg/cmyk.jpg", quality=80)
    rgb.save(HERE / "jpeg/restart-markers.jpg", quality=80, restart_marker_blocks=2)

    exif = Image.Exif()
    exif[0x010E] = "Sample"  # ImageDescription
    exif[0x010F] = "mediaoptout"  # Make
    exif[0x0132] = "2020:01:01 00:00:00"  # DateTime
    exif[0x0213] = 1  # YCbCrPositioning
    rgb.save(HERE / "jpeg/exif.jpg", quality=80, exif=exif)

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = struct.pack(">6H", 2020, 1, 1, 0, 0, 0)  # not the time of this run
    rgb.save(HERE / "jpeg/icc.jpg", quality=80, icc_profile=bytes(profile))

    plain = read("jpeg/baseline.jpg")
    after_jfif = 2 + 2 + struct.unpack_from(">H", plain, 4)[0]
    packet = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp_packet())
    write("jpeg/xmp.jpg", plain[:after_jfif] + packet + plain[after_jfif:])


def make_webp() -> None:
    (HERE / "webp").mkdir(exist_ok=True)
    rgb = picture()
    rgb.save(HERE / "webp/lossy.webp", quality=60)
    alpha = rgb.convert("RGBA")
    alpha.putalpha(rgb.convert("L"))
    alpha.resize((24, 24)).save(HERE / "webp/lossless-alpha.webp", lossless=True)
    frames = [rgb.resize((48, 48)).rotate(90 * turn) for turn in range(3)]
    frames[0].save(
        HERE / "webp/animated.webp", save_all=True, append_images=frames[1:], duration=100, loop=0
    )


def make_gif() -> None:
    (HERE / "gif").mkdir(exist_ok=True)
    small = picture().resize((48, 48))
    small.quantize(16).save(HERE / "gif/still-87a.gif")
    frames = [small.rotate(90 * turn).quantize(16) for turn in range(3)]
    frames[0].save(
        HERE / "gif/animated.gif", save_all=True, append_images=frames[1:], duration=100, loop=0
    )


SHAPES = """<title>Sample</title>
 <desc>Two shapes</desc>
 <circle cx="12" cy="12" r="9" fill="teal"/>
 <rect x="20" y="4" width="9" height="9"/>
"""
WORK = """<metadata id="work">
  <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns:cc="http://creativecommons.org/ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">
   <cc:Work rdf:about=""><dc:format>image/svg+xml</dc:format></cc:Work>
  </rdf:RDF>
 </metadata>
"""


def make_svg() -> None:
    root = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 24"'
    declaration = '<?xml version="1.0" encoding="{}"?>\n'
    write("svg/empty.svg", f"{root}/>\n".encode())
    write("svg/shapes.svg", f"{declaration.format('UTF-8')}{root}>{SHAPES}</svg>\n".encode())
    drawn = f"{declaration.format('UTF-8')}{root}>\n {WORK} {SHAPES}</svg>\n"
    write("svg/others-metadata.svg", drawn.encode())
    french = SHAPES.replace("Sample", "Échantillon")
    latin = f"{declaration.format('ISO-8859-1')}{root}>{french}</svg>\n"
    write("svg/latin-1.svg", latin.encode("latin-1"))
    wide = f"{declaration.format('UTF-16')}{root}>{french}</svg>\n"
    write("svg/utf-16.svg", wide.encode("utf-16"))
    write("svg/shapes.svgz", gzip.compress(drawn.encode(), mtime=1_600_000_000))


def make_wav() -> None:
    short = [*SINE, "-t", "0.3"]
    ffmpeg("wav/pcm16.wav", *short, "-c:a", "pcm_s16le")
    ffmpeg("wav/pcm24-extensible.wav", *short, "-ac", "2", "-c:a", "pcm_s24le")
    ffmpeg("wav/list-info.wav", *short, "-c:a", "pcm_s16le", *TITLE)
    bext = ["-write_bext", "1", "-metadata", "description=Sample", "-metadata", "originator=us"]
    date = ["-metadata", "origination_date=2020-01-01", "-metadata", "origination_time=00:00:00"]
    ffmpeg("wav/bwf.wav", *short, "-c:a", "pcm_s16le", *bext, *date)
    ffmpeg("wav/rf64.wav", *short, "-c:a", "pcm_s16le", "-rf64", "always")

    samples = bytes(128 + round(100 * math.sin(n / 4)) for n in range(2001))
    rate = 8000
    chunks = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate, 1, 8)
    chunks += b"data" + struct.pack("<I", len(samples)) + samples + b"\0"
    write("wav/odd-data.wav", b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)


def make_flac() -> None:
    short = [*SINE, "-t", "0.3"]
    ffmpeg("flac/plain.flac", *short, "-c:a", "flac")
    ffmpeg("flac/tags-picture.flac", *short, "-c:a", "flac", *TITLE)
    flac = FLAC(HERE / "flac/tags-picture.flac")
    front = Picture()
    front.type = PictureType.COVER_FRONT
    front.mime = "image/jpeg"
    front.width, front.height, front.depth = *SIZE, 24
    front.data = cover()
    flac.add_picture(front)
    flac.save(padding=lambda info: 512)


def id3_v22(frames: list[tuple[bytes, bytes]]) -> bytes:
    """An ID3v2.2 tag, which no library writes any more."""
    body = b"".join(name + len(data).to_bytes(3, "big") + data for name, data in frames)
    body += bytes(64)
    length = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x02\x00\x00" + length + body


def id3() -> ID3:
    """A tag with text, a comment, a description of its own and a cover."""
    tag = ID3()
    text = Encoding.UTF16
    tag.add(TIT2(encoding=text, text="Sample"))
    tag.add(TPE1(encoding=text, text="mediaoptout"))
    tag.add(TALB(encoding=text, text="Samples"))
    tag.add(TDRC(encoding=Encoding.LATIN1, text="2020"))
    tag.add(COMM(encoding=text, lang="eng", desc="", text="Schön"))
    tag.add(TXXX(encoding=text, desc="SHELF", text="B 12"))
    tag.add(APIC(encoding=Encoding.LATIN1, mime="image/jpeg", type=3, desc="", data=cover()))
    return tag


def make_mp3() -> None:
    mp3 = ["-c:a", "libmp3lame", "-b:a", "48k", "-id3v2_version", "0", "-write_id3v1", "0"]
    ffmpeg("mp3/no-tag.mp3", *SINE, *mp3)
    plain = read("mp3/no-tag.mp3")
    for name in ("id3v23-apic-id3v1", "id3v24", "ape"):
        write(f"mp3/{name}.mp3", plain)

    v23 = id3()
    v23.update_to_v23()
    v23.save(HERE / "mp3/id3v23-apic-id3v1.mp3", v1=2, v2_version=3)
    id3().save(HERE / "mp3/id3v24.mp3", v1=0, v2_version=4)
    old = [(b"TT2", b"\0Sample"), (b"TP1", b"\0mediaoptout"), (b"COM", b"\0eng\0Sch\xf6n")]
    write("mp3/id3v22.mp3", id3_v22(old) + plain)
    ape = APEv2()
    ape["Title"] = "Sample"
    ape["Shelf"] = "B 12"
    ape.save(HERE / "mp3/ape.mp3")


def make_mp4() -> None:
    film = [*PATTERN, *SINE, "-t", "0.5", *H264, *AAC]
    ffmpeg("mp4/faststart.mp4", *film, *TITLE, "-movflags", "+faststart")
    ffmpeg("mp4/moov-last.mp4", *film)
    fragments = "+frag_keyframe+empty_moov"
    ffmpeg("mp4/fragmented.mp4", *film, "-movflags", fragments)
    ffmpeg("mp4/fragmented-base-moof.mp4", *film, "-movflags", fragments + "+default_base_moof")
    dash = fragments + "+default_base_moof+dash+global_sidx"
    ffmpeg("mp4/dash-sidx-mfra.mp4", *film, "-movflags", dash)

    ffmpeg("mp4/audio.m4a", *SINE, *AAC)
    ffmpeg("mp4/audio-tags-cover.m4a", *SINE, *AAC, *TITLE, "-movflags", "+faststart")
    m4a = MP4(HERE / "mp4/audio-tags-cover.m4a")
    m4a["covr"] = [MP4Cover(cover(), imageformat=MP4Cover.FORMAT_JPEG)]
    m4a["----:org.example:SHELF"] = [b"B 12"]
    m4a.save()


def make_mov() -> None:
    film = [*PATTERN, *SINE, "-t", "0.5", "-c:v", "mpeg4", "-q:v", "8"]
    flags = "+faststart+use_metadata_tags"
    ffmpeg("mov/mpeg4-pcm.mov", *film, "-c:a", "pcm_s16le", *TITLE)
    ffmpeg("mov/mpeg4-aac-faststart.mov", *film, *AAC, *TITLE, "-movflags", flags)


def make_avi() -> None:
    film = [*PATTERN, *SINE, "-t", "0.5", "-c:v", "mpeg4", "-q:v", "8"]
    ffmpeg("avi/mpeg4-mp3.avi", *film, "-c:a", "libmp3lame", "-b:a", "32k", *TITLE)
    ffmpeg("avi/mjpeg-pcm.avi", *PATTERN, *SINE, "-t", "0.3", "-c:v", "mjpeg", "-q:v", "20")


def make_3gp() -> None:
    pattern = ["-f", "lavfi", "-i", "testsrc=size=128x96:rate=10:duration=1"]
    ffmpeg("3gp/h263-aac.3gp", *pattern, *SINE, "-t", "0.5", "-c:v", "h263", "-q:v", "10", *AAC)


def make_matroska() -> None:
    film = [*PATTERN, *SINE, "-t", "0.5", *H264, *AAC]
    ffmpeg("matroska/tags.mkv", *film, *TITLE)
    ffmpeg("matroska/audio.mka", *SINE, "-t", "0.2", "-c:a", "flac")
    webm = [*PATTERN, *SINE, "-t", "0.5", "-c:v", "libvpx", "-b:v", "50k", "-c:a", "libopus"]
    ffmpeg("webm/indexed.webm", *webm, *TITLE)
    ffmpeg("webm/live.webm", *webm, "-live", "1", "-cluster_time_limit", "200")


def make_ogg() -> None:
    ffmpeg("ogg/opus.opus", *SINE, "-c:a", "libopus", "-b:a", "32k", *TITLE)
    ffmpeg("ogg/flac.oga", *SINE, "-c:a", "flac", *TITLE)
    ffmpeg("ogg/speex.spx", *SINE, "-ar", "16000", "-c:a", "libspeex", *TITLE)
    vorbis = ["-c:a", "libvorbis", "-q:a", "0"]
    ffmpeg("ogg/vorbis-cover.ogg", *SINE, *vorbis, *TITLE)
    ogg = OggVorbis(HERE / "ogg/vorbis-cover.ogg")
    front = Picture()
    front.type, front.mime, front.data = PictureType.COVER_FRONT, "image/jpeg", cover()
    ogg["METADATA_BLOCK_PICTURE"] = [base64.b64encode(front.write()).decode("ascii")]
    ogg.save()
    theora = ["-c:v", "libtheora", "-q:v", "1"]
    ffmpeg("ogg/theora-vorbis.ogv", *PATTERN, *SINE, *theora, *vorbis, *TITLE)
    ffmpeg("ogg/chained.ogg", *SINE, *vorbis, *TITLE)
    first = read("ogg/chained.ogg")
    ffmpeg("ogg/chained.ogg", *SINE, *vorbis, "-metadata", "title=Second", "-serial_offset", "7")
    write("ogg/chained.ogg", first + read("ogg/chained.ogg"))


def make_lossless() -> None:
    """What ffmpeg writes; of the others, files of silence or without sound, by their headers."""
    ffmpeg("wavpack/tags.wv", *SINE, "-c:a", "wavpack", *TITLE)
    ffmpeg("tta/no-tag.tta", *SINE, "-t", "0.2", "-c:a", "tta")
    ffmpeg("tta/ape.tta", *SINE, "-t", "0.2", "-c:a", "tta", *TITLE)
    write("ape/silence.ape", silent_ape())
    write("musepack/no-sound.mpc", silent_musepack())
    write("optimfrog/header.ofr", frog_header())
    write("tak/header.tak", tak_header())


def silent_ape() -> bytes:
    """Monkey's Audio 3.99: one frame of silence, which takes a check sum and two flags."""
    samples, header, seek_table = 22050, 24, struct.pack("<I", 52 + 24 + 4)
    check = zlib.crc32(bytes(4 * samples)) >> 1 | 1 << 31
    frame = struct.pack("<II", check, 3) + bytes(8)
    sizes = (52, header, len(seek_table), 0, len(frame), 0, 0)
    descriptor = struct.pack("<4sHH7I", b"MAC ", 3990, 0, *sizes)
    sound = struct.pack("<HHIIIHHI", 2000, 1 << 5, 73728 * 4, samples, 1, 16, 2, 44100)
    digest = hashlib.md5(frame + sound + seek_table, usedforsecurity=False).digest()
    return descriptor + digest + sound + seek_table + frame


def silent_musepack() -> bytes:
    """Musepack SV8 of no samples: its header, gains, encoder, and the stream's end."""
    header = b"\x08\x00\x00" + b"\x17\x1a"
    header = zlib.crc32(header).to_bytes(4, "big") + header
    packets = ((b"SH", header), (b"RG", b"\x01" + bytes(8)), (b"EI", bytes(4)), (b"SE", b""))
    return b"MPCK" + b"".join(k + bytes([len(data) + 3]) + data for k, data in packets)


def frog_header() -> bytes:
    """The header of an OptimFROG of 16-bit stereo, with a block that holds nothing to decode."""
    fields = struct.pack("<IHBBIHB", 44100, 0, 3, 1, 44100, 0x1100, 0)
    chunks = ((b"OFR ", fields), (b"COMP", bytes(64)))
    return b"".join(kind + struct.pack("<I", len(data)) + data for kind, data in chunks)


def tak_header() -> bytes:
    """The metadata of a TAK of 16-bit stereo without a frame."""
    fields = ((2, 6), (2, 4), (2, 4), (0, 35), (0, 3), (44100 - 6000, 18), (8, 5), (1, 4), (0, 1))
    value = place = 0
    for number, width in fields:
        value |= number << place
        place += width
    info = value.to_bytes(10, "little")
    check = 0xB704CE  # CRC-24 as in OpenPGP
    for byte in info:
        check ^= byte << 16
        for _ in range(8):
            check = check << 1 ^ (0x1864CFB if check & 0x800000 else 0)
    block = info + check.to_bytes(3, "little")
    return b"tBaK\x01" + len(block).to_bytes(3, "little") + block + bytes(4)


def make_frames() -> None:
    ffmpeg("aac/no-tag.aac", *SINE, *AAC)
    ffmpeg("aac/ape.aac", *SINE, *AAC, *TITLE, "-write_apetag", "1")
    ffmpeg("aac/id3v24.aac", *SINE, *AAC, *TITLE, "-write_id3v2", "1")
    ffmpeg("ac3/plain.ac3", *SINE, "-ar", "44100", "-c:a", "ac3", "-b:a", "64k")
    ffmpeg("ac3/plain.eac3", *SINE, "-ar", "44100", "-c:a", "eac3", "-b:a", "64k")


def id3_bytes() -> bytes:
    """The tag alone, with some padding."""
    out = io.BytesIO()
    id3().save(out, padding=lambda info: 100)
    return out.getvalue()


def iff_chunk(name: bytes, data: bytes, width: int = 4, *, pad: bool = True) -> bytes:
    """A big-endian chunk, as AIFF, DSDIFF and CAF have them."""
    return name + len(data).to_bytes(width, "big") + data + bytes(len(data) % 2 if pad else 0)


def make_apple() -> None:
    short = [*SINE, "-t", "0.1"]
    ffmpeg("aiff/pcm16.aiff", *short, "-c:a", "pcm_s16be", *TITLE)
    ffmpeg("aiff/little-endian.aifc", *short, "-c:a", "pcm_s16le")
    samples = bytes(round(100 * math.sin(n / 4)) & 255 for n in range(1001))
    rate = bytes.fromhex("400bfa00000000000000")  # 8000 Hz in 80 bits
    common = struct.pack(">hIh", 1, len(samples), 8) + rate
    body = b"AIFF" + iff_chunk(b"COMM", common)
    body += iff_chunk(b"ANNO", b"Sample annotation") + iff_chunk(b"(c) ", b"\xa9 2020 Sch\x9an")
    body += iff_chunk(b"SSND", bytes(8) + samples) + iff_chunk(b"ID3 ", id3_bytes())
    body += iff_chunk(b"APPL", b"XMP " + xmp_packet()) + iff_chunk(b"APPL", b"abcdown")
    write("aiff/odd-texts-id3-xmp.aif", iff_chunk(b"FORM", body))

    ffmpeg("caf/alac.caf", *short, "-c:a", "alac", *TITLE)
    name = b"caff\0\1\0\0"
    sound = struct.pack(">I", 0) + samples
    pcm = b"lpcm" + struct.pack(">IIIII", 0, 1, 1, 1, 8)
    head = name + iff_chunk(b"desc", struct.pack(">d", 8000) + pcm, 8, pad=False)
    room = iff_chunk(b"free", bytes(2000), 8, pad=False)
    write("caf/free.caf", head + room + iff_chunk(b"data", sound, 8, pad=False))
    write("caf/no-length.caf", head + b"data" + b"\xff" * 8 + sound)


def make_dsd() -> None:
    tag = id3_bytes()
    silence = b"\x69" * 4096
    fmt = b"fmt " + struct.pack("<Q10I", 52, 1, 0, 1, 1, 2822400, 1, 32768, 0, 4096, 0)
    data = b"data" + struct.pack("<Q", 12 + len(silence)) + silence
    end = 28 + len(fmt) + len(data)
    for name, behind in (("plain", b""), ("id3", tag)):
        places = struct.pack("<QQQ", 28, end + len(behind), end if behind else 0)
        write(f"dsf/{name}.dsf", b"DSD " + places + fmt + data + behind)

    rate = iff_chunk(b"FS  ", struct.pack(">I", 2822400), 8)
    channels = iff_chunk(b"CHNL", struct.pack(">H", 1) + b"C000", 8)
    kind = iff_chunk(b"CMPR", b"DSD \x0enot compressed\0", 8)
    head = b"DSD " + iff_chunk(b"FVER", bytes.fromhex("01050000"), 8)
    head += iff_chunk(b"PROP", b"SND " + rate + channels + kind, 8)
    sound = iff_chunk(b"DSD ", silence, 8)
    title = iff_chunk(b"DIIN", iff_chunk(b"DITI", struct.pack(">I", 6) + b"Sample", 8), 8)
    write("dff/plain.dff", iff_chunk(b"FRM8", head + sound + title, 8))
    write("dff/id3.dff", iff_chunk(b"FRM8", head + sound + iff_chunk(b"ID3 ", tag, 8) + title, 8))


Field = tuple[int, str, list[int]]
"""A tag, the name of its type, and its values."""
KINDS = {
    "byte": (1, "B"),
    "ascii": (2, "B"),
    "short": (3, "H"),
    "long": (4, "I"),
    "undefined": (7, "B"),
    "long8": (16, "Q"),
}
"""The types of TIFF: their numbers, and their letters in `struct`."""


def make_tiff() -> None:
    """Pages in strips with a packet of somebody else; one picture in tiles, with 64-bit offsets."""
    pages = [picture().convert("L").rotate(90 * turn) for turn in range(3)]
    (HERE / "tiff").mkdir(exist_ok=True)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[700], tags.tagtype[700] = xmp_packet(), 1
    tags[305], tags[278] = "make.py", 16
    pages[0].save(HERE / "tiff/pages.tif", save_all=True, append_images=pages[1:], tiffinfo=tags)

    corners = [(x, y) for y in range(0, 48, 16) for x in range(0, 64, 16)]
    tiles = [picture().crop((x, y, x + 16, y + 16)).tobytes() for x, y in corners]
    start = 16 + 400
    places = [start + sum(map(len, tiles[:i])) for i in range(len(tiles))]
    fields: list[Field] = [(256, "long", [64]), (257, "long", [48]), (258, "short", [8, 8, 8])]
    fields += [(259, "short", [1]), (262, "short", [2]), (277, "short", [3]), (284, "short", [1])]
    fields += [(322, "short", [16]), (323, "short", [16]), (324, "long8", places)]
    fields += [(325, "long", [len(tile) for tile in tiles])]
    head = struct.pack(">2sHHHQ", b"MM", 43, 8, 0, 16) + directory(fields, 16, 8).ljust(400, b"\0")
    write("tiff/tiled-64-bit-big-endian.tif", head + b"".join(tiles))


def directory(fields: list[Field], at: int, width: int) -> bytes:
    """A directory of a big-endian TIFF that stands at ``at``, with its values behind it."""
    count, form = ("Q", "HHQ") if width == 8 else ("H", "HHI")
    result, values = struct.pack(">" + count, len(fields)), b""
    behind = at + len(result) + (4 + 2 * width) * len(fields) + width
    for tag, kind, numbers in fields:
        code, letter = KINDS[kind]
        data = struct.pack(f">{len(numbers)}{letter}", *numbers)
        if len(data) > width:
            data, values = (behind + len(values)).to_bytes(width, "big"), values + data
        result += struct.pack(">" + form, tag, code, len(numbers)) + data.ljust(width, b"\0")
        values += bytes(len(values) % 2)
    return result + bytes(width) + values


def make_dng() -> None:
    """A preview, a mosaic below it, and a maker note that counts from the file's start."""
    small = picture().resize((16, 12))
    mosaic = picture().convert("L").tobytes()
    note = b"Note\0\0" + struct.pack(">I", 1000 + len(small.tobytes())) + b"where the mosaic is"
    shape: list[Field] = [(258, "short", [8]), (259, "short", [1])]
    preview: list[Field] = [(254, "long", [1]), (256, "long", [16]), (257, "long", [12])]
    preview += [(258, "short", [8, 8, 8]), (259, "short", [1]), (262, "short", [2])]
    preview += [(271, "ascii", list(b"Maker\0")), (273, "long", [1000]), (277, "short", [3])]
    preview += [
        (278, "long", [12]),
        (279, "long", [16 * 12 * 3]),
        (330, "long", [400]),
        (34665, "long", [700]),
    ]
    preview += [(50706, "byte", [1, 4, 0, 0]), (50707, "byte", [1, 1, 0, 0])]
    raw: list[Field] = [(254, "long", [0]), (256, "long", [64]), (257, "long", [48]), *shape]
    raw += [(262, "short", [32803]), (273, "long", [1000 + 16 * 12 * 3]), (277, "short", [1])]
    raw += [(278, "long", [48]), (279, "long", [len(mosaic)]), (33421, "short", [2, 2])]
    raw += [(33422, "byte", [0, 1, 1, 2])]
    data = b"MM\0*" + struct.pack(">I", 8) + directory(preview, 8, 4)
    data = data.ljust(400, b"\0") + directory(raw, 400, 4)
    data = data.ljust(700, b"\0") + directory([(37500, "undefined", list(note))], 700, 4)
    write("dng/maker-note.dng", data.ljust(1000, b"\0") + small.tobytes() + mosaic)


def psd(version: int, resources: bytes, compression: int) -> bytes:
    """A Photoshop document without layers."""
    width, height = SIZE
    header = struct.pack(">4sH6xHIIHH", b"8BPS", version, 3, height, width, 8, 3)
    planes = [plane.tobytes() for plane in picture().split()]
    rows = [plane[at : at + width] for plane in planes for at in range(0, len(plane), width)]
    if compression:  # PackBits, in one literal run for each row
        rows = [bytes((width - 1,)) + row for row in rows]
        counts = b"".join(struct.pack(">H" if version == 1 else ">I", len(row)) for row in rows)
        rows = [counts, *rows]
    sections = bytes(4) + struct.pack(">I", len(resources)) + resources + bytes(4 * version)
    return header + sections + struct.pack(">H", compression) + b"".join(rows)


def make_psd() -> None:
    """A document with resources of others, named ones too; a large one without any."""
    iptc = b"\x1c\x02\x50\x00\x08Somebody"
    resources = b""
    blocks = [(1005, b"", struct.pack(">IHHIHH", 72 << 16, 1, 1, 72 << 16, 1, 1))]
    blocks += [(1028, b"", iptc), (1034, b"", b"\0"), (1060, b"", xmp_packet())]
    for number, name, data in (*blocks, (4000, b"own", b"odd")):
        title = bytes((len(name),)) + name
        resources += b"8BIM" + struct.pack(">H", number) + title + bytes(len(title) % 2)
        resources += struct.pack(">I", len(data)) + data + bytes(len(data) % 2)
    write("psd/resources.psd", psd(1, resources, 0))
    write("psd/large.psb", psd(2, b"", 1))


def asf_header_object(guid: str, content: bytes) -> bytes:
    return UUID(guid).bytes_le + struct.pack("<Q", 24 + len(content)) + content


def make_asf() -> None:
    """An index behind the data; a live stream without end; padding and attributes of others."""
    film = [*PATTERN, *SINE, "-t", "0.5", "-c:v", "wmv2", "-q:v", "12", "-c:a", "wmav2"]
    ffmpeg("asf/indexed.wmv", *film, "-b:a", "32k", *TITLE)
    ffmpeg("asf/padding.wma", *SINE, "-t", "0.3", "-c:a", "wmav2", "-b:a", "32k", *TITLE)
    data = bytearray(read("asf/padding.wma"))
    end, count = struct.unpack_from("<QI", data, 16)
    padding = asf_header_object("1806D474-CADF-4509-A4BA-9AABCB96AAE8", bytes(4000))
    properties = data.index(UUID("8CABDCA1-A947-11CF-8EE4-00C00C205365").bytes_le)
    struct.pack_into("<QI", data, 16, end + len(padding), count + 1)
    struct.pack_into("<Q", data, properties + 40, len(data) + len(padding))
    write("asf/padding.wma", bytes(data[:end] + padding + data[end:]))

    data = bytearray(read("asf/indexed.wmv"))
    struct.pack_into("<Q", data, properties + 40, 0)
    data[properties + 88] |= 1  # broadcast
    end = struct.unpack_from("<Q", data, 16)[0]
    size = struct.unpack_from("<Q", data, end + 16)[0]
    struct.pack_into("<Q", data, end + 16, 0)
    write("asf/live.wmv", bytes(data[: end + size]))


def make_flv() -> None:
    film = [*PATTERN, *SINE, "-t", "0.5"]
    index = ["-flvflags", "add_keyframe_index"]
    sound = ["-c:a", "libmp3lame", "-b:a", "32k"]
    ffmpeg("flv/keyframes.flv", *film, *H264, *AAC, *TITLE, *index)
    ffmpeg("flv/sorenson-mp3.flv", *film, "-c:v", "flv", "-q:v", "12", *sound)
    ffmpeg("flv/xmp.flv", *SINE, "-t", "0.3", *sound, *TITLE)
    data = read("flv/xmp.flv")
    end = 13 + 11 + int.from_bytes(data[14:17], "big") + 4
    packet = xmp_packet()
    name = b"\x02\0\x09onXMPData\x08\0\0\0\x01\0\x07liveXML\x02"
    body = name + struct.pack(">H", len(packet)) + packet + b"\0\0\x09"
    tag = b"\x12" + len(body).to_bytes(3, "big") + bytes(7) + body
    write("flv/xmp.flv", data[:end] + tag + struct.pack(">I", len(tag)) + data[end:])


def box(kind: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)


def make_heif() -> None:
    """AVIF and HEIC: a picture with Exif and XMP, a sequence, a thumbnail, alpha."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x010F] = "mediaoptout"
    exif[0x8298] = "A notice of somebody else"
    picture().save(HERE / "avif/exif_xmp.avif", quality=40, exif=exif, xmp=xmp_packet())
    picture().convert("RGBA").save(HERE / "avif/alpha.avif", quality=40)
    frames = [picture().rotate(angle) for angle in (90, 180)]
    picture().save(
        HERE / "avif/sequence.avifs", "AVIF", quality=30, save_all=True, append_images=frames
    )
    heif = pillow_heif.from_pillow(picture().resize((128, 96)))
    heif.add_from_pillow(picture())
    heif.save(HERE / "heif/two.heic", quality=30, exif=exif.tobytes(), xmp=xmp_packet())
    pillow_heif.from_pillow(picture()).save(HERE / "heif/plain.heic", quality=30)


def make_jxl() -> None:
    """A container with a compressed packet and two parts of a codestream."""
    import brotli
    import imagecodecs
    import numpy

    naked = bytes(imagecodecs.jpegxl_encode(numpy.asarray(picture()), level=60, usecontainer=False))
    parts = [b"\0\0\0\0" + naked[:40], b"\x80\0\0\1" + naked[40:]]
    packet = b"xml " + brotli.compress(xmp_packet())
    start = b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    boxes = [box(b"jxlp", parts[0]), box(b"brob", packet), bytes(4) + b"jxlp" + parts[1]]
    write("jxl/parts_brob.jxl", start + b"".join(boxes))


def make_jp2() -> None:
    """A codestream that reaches to the end of the file; one with a packet before it."""
    buffer = io.BytesIO()
    picture().save(buffer, "JPEG2000", quality_layers=[30], quality_mode="rates")
    data = buffer.getvalue()
    at = data.index(b"jp2c") - 4
    write("jp2/endless.jp2", data[:at] + bytes(4) + data[at + 4 :])
    packet = UUID("BE7ACFCB-97A9-42E8-9C71-999491E3AFAC").bytes + xmp_packet()
    write("jp2/packet.jp2", data[:at] + box(b"uuid", packet) + data[at:])


def main() -> None:
    pictures = (make_png, make_jpeg, make_webp, make_gif, make_tiff, make_dng, make_psd, make_svg)
    boxed = (make_heif, make_jxl, make_jp2)
    sounds = (make_wav, make_flac, make_mp3, make_ogg, make_lossless, make_frames)
    apple_and_dsd = (make_apple, make_dsd)
    films = (make_mp4, make_mov, make_avi, make_3gp, make_matroska, make_asf, make_flv)
    for make in (*pictures, *boxed, *sounds, *apple_and_dsd, *films):
        make()
    files = sorted(path for path in HERE.glob("*/*") if path.is_file())
    for path in files:
        print(f"{path.stat().st_size:7d}  {path.relative_to(HERE).as_posix()}")
        if path.stat().st_size >= FILE_LIMIT:
            raise SystemExit(f"{path} is too large")
    total = sum(path.stat().st_size for path in files)
    print(f"{total:7d}  in {len(files)} files")
    if total >= TOTAL_LIMIT:
        raise SystemExit("together they are too large")


if __name__ == "__main__":
    main()
