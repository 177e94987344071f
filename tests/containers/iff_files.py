"""Chunks and whole files of AIFF, DSDIFF, DSF and CAF, built byte by byte."""

from __future__ import annotations

import struct

from mediaoptout.carriers import id3, xmp
from mediaoptout.splice.patch import Patch, PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import Property

SAMPLES = bytes(range(1, 102))
RATE = bytes.fromhex("400bfa00000000000000")
"""8000 Hz in 80 bits."""
MONO = struct.pack(">hIh", 1, len(SAMPLES), 8) + RATE


def chunk(name: bytes, data: bytes, *, pad: bool = True, width: int = 4) -> bytes:
    padding = bytes(len(data) % 2) if pad else b""
    return name + len(data).to_bytes(width, "big") + data + padding


def form(*parts: bytes, kind: bytes = b"AIFF", size: int | None = None) -> bytes:
    body = kind + b"".join(parts)
    return b"FORM" + (len(body) if size is None else size).to_bytes(4, "big") + body


def aiff(*behind: bytes, before: bytes = b"", sound: bytes = SAMPLES) -> bytes:
    return form(chunk(b"COMM", MONO), before, chunk(b"SSND", bytes(8) + sound), *behind)


def long_chunk(name: bytes, data: bytes, *, pad: bool = True) -> bytes:
    return chunk(name, data, pad=pad, width=8)


def dff(*behind: bytes, before: bytes = b"", kind: bytes = b"DSD ") -> bytes:
    head = long_chunk(b"FVER", bytes.fromhex("01050000"))
    head += long_chunk(b"PROP", b"SND " + long_chunk(b"FS  ", struct.pack(">I", 2822400)))
    body = b"DSD " + head + before + long_chunk(kind, SAMPLES) + b"".join(behind)
    return long_chunk(b"FRM8", body, pad=False)


def dsf(behind: bytes = b"", *, pointer: int | None = None, size: int | None = None) -> bytes:
    fmt = b"fmt " + struct.pack("<Q10I", 52, 1, 0, 1, 1, 2822400, 1, 808, 0, 4096, 0)
    data = b"data" + struct.pack("<Q", 12 + len(SAMPLES)) + SAMPLES
    end = 28 + len(fmt) + len(data)
    if pointer is None:
        pointer = end if behind else 0
    whole = end + len(behind) if size is None else size
    return b"DSD " + struct.pack("<QQQ", 28, whole, pointer) + fmt + data + behind


def caf(*behind: bytes, before: bytes = b"", length: int | None = None) -> bytes:
    description = struct.pack(">d4sIIIII", 8000, b"lpcm", 0, 1, 1, 1, 8)
    head = b"caff\0\1\0\0" + caf_chunk(b"desc", description)
    sound = bytes(4) + SAMPLES
    stated = len(sound) if length is None else length
    data = b"data" + struct.pack(">Q", stated) + sound
    return head + before + data + b"".join(behind)


def caf_chunk(name: bytes, data: bytes) -> bytes:
    return long_chunk(name, data, pad=False)


def info(**texts: str) -> bytes:
    """The payload of an information chunk."""
    pairs = "".join(f"{key}\0{text}\0" for key, text in texts.items())
    return struct.pack(">I", len(texts)) + pairs.encode()


def tag(*properties: Property, padding: int = 64, packet: bool = False) -> bytes:
    """An ID3v2.3 tag that states ``properties``."""
    merged = id3.merge(None, properties, padding=padding, packet=packet)
    patched = PatchedSource(BytesSource(b""), Patch(merged.pieces))
    return patched.read(0, patched.size)


def packet(*properties: Property) -> bytes:
    """An XMP packet that states ``properties``."""
    return xmp.merge(None, properties).rendered(b"")


def frame(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "big") + b"\0\0" + data


def raw_tag(*frames: bytes) -> bytes:
    """An ID3v2.3 tag of these frames."""
    body = b"".join(frames)
    length = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + length + body
