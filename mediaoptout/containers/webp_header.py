"""What a WebP says of itself: its canvas and its flags, in ``VP8X`` or in the picture's own header.

RFC 9649, 2.7 (``VP8X``), RFC 6386, 9.1 (``VP8 ``) and RFC 9649, 3.4 (``VP8L``).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from mediaoptout.containers.chunks import HEADER, Chunk
from mediaoptout.containers.riff_forms import Form
from mediaoptout.errors import RefusedError
from mediaoptout.splice.source import Source

VP8X: Final = b"VP8X"
LOSSY: Final = b"VP8 "
LOSSLESS: Final = b"VP8L"
FRAME: Final = b"ANMF"
PICTURE: Final = frozenset({LOSSY, LOSSLESS, b"ALPH", FRAME})
"""The chunks that are the picture itself."""

XMP_FLAG: Final = 0x04
_EXIF_FLAG: Final = 0x08
_ALPHA_FLAG: Final = 0x10
_SIZE: Final = 10
_START_CODE: Final = b"\x9d\x01\x2a"
_DECIDING: Final = frozenset({b"ICCP", b"ANIM"})
_MAX_DECIDING: Final = 32 << 20


@dataclass(frozen=True, slots=True)
class Header:
    """The header of an extended file; of a simple one, what it would have to say.

    Args:
        chunk: the ``VP8X`` chunk, or None.
        flags: its first byte.
        canvas: width and height in pixels.
        framing: whatever decoding depends on, beside the picture itself.
        obstacle: why the file must not be written, or None.
        cut: whether the picture itself is cut.
    """

    chunk: Chunk | None
    flags: int
    canvas: tuple[int, int]
    framing: Hashable
    obstacle: RefusedError | None
    cut: bool

    def render(self, flags: int) -> bytes:
        """A new ``VP8X`` chunk that has ``flags`` too."""
        width, height = (side - 1 for side in self.canvas)
        sides = width.to_bytes(3, "little") + height.to_bytes(3, "little")
        return struct.pack("<4sII", VP8X, _SIZE, self.flags | flags) + sides


def read_header(source: Source, form: Form) -> Header:
    """What the file says of itself."""
    picture = next((chunk for chunk in form.chunks if chunk.name in PICTURE), None)
    first = form.chunks[0] if form.chunks else None
    cut = form.cut is not None and form.cut.name in PICTURE
    chunk = first if first and first.name == VP8X and first.payload.size >= _SIZE else None
    flags, canvas, reason = 0, (1, 1), "its header is neither VP8X nor that of a picture"
    found: tuple[int, tuple[int, int]] | None = None
    if chunk is not None:
        data = source.read(chunk.payload.start, chunk.payload.start + _SIZE)
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (4, 7))
        found = data[0], (width, height)
    elif first is not None and first is picture:
        found = _simple(source, first)
    if found is not None:
        flags, canvas = found
    if chunk is None and any(item.name == b"EXIF" for item in form.chunks):
        flags |= _EXIF_FLAG
    obstacle = None
    if cut or picture is None:
        what = "the file ends before the picture does" if cut else "there is no picture"
        obstacle = _refusal(what, form.end, "truncated")
    elif found is None:
        obstacle = _refusal(f"the picture cannot be understood: {reason}", form.end, "no-header")
    framing = flags & ~XMP_FLAG, canvas, _deciding(source, form)
    return Header(chunk, flags, canvas, framing, obstacle, cut)


def needless(source: Source, form: Form, header: Header) -> bool:
    """Whether a header, but for the flag for XMP, says no more than the lone picture itself."""
    pictures = [chunk for chunk in form.chunks if chunk.name in PICTURE]
    if header.chunk is None or len(pictures) != 1 or header.chunk.payload.size != _SIZE:
        return False
    own = _simple(source, pictures[0])
    return own == (header.flags & ~XMP_FLAG, header.canvas)


def _simple(source: Source, chunk: Chunk) -> tuple[int, tuple[int, int]] | None:
    """Flags and canvas by the header of a lone picture."""
    start = chunk.payload.start
    head = source.read(start, min(start + _SIZE, chunk.end))
    if chunk.name == LOSSY and len(head) == _SIZE and head[3:6] == _START_CODE:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", head, 6))
        return (0, (width, height)) if width and height else None
    if chunk.name == LOSSLESS and len(head) >= 5 and head[0] == 0x2F:
        bits = int.from_bytes(head[1:5], "little")
        alpha = _ALPHA_FLAG if bits >> 28 & 1 else 0
        return alpha, ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    return None


def _deciding(source: Source, form: Form) -> str:
    """A digest of the colour profile and the animation's settings."""
    digest = hashlib.sha256()
    for chunk in form.chunks:
        if chunk.name in _DECIDING and chunk.payload.size <= _MAX_DECIDING:
            digest.update(chunk.name + source.read(*chunk.payload))
        elif chunk.name in PICTURE:
            digest.update(chunk.name + (chunk.end - chunk.start - HEADER).to_bytes(4, "little"))
    return digest.hexdigest()


def _refusal(reason: str, at: int, code: str) -> RefusedError:
    return RefusedError(reason, at=at, fix="get a complete copy of the file", code=code)
