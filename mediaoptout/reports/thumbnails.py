"""Small pictures of pictures, for pages: made by Pillow, on request."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mediaoptout.errors import UsageError
from mediaoptout.splice.placeholders import placeholder

if TYPE_CHECKING:
    from PIL.Image import Image

EDGE: Final = 96
"""The longer edge, in pixels."""

MAX_PIXELS: Final = 80_000_000
"""Pictures of more pixels are not decoded."""

_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "AVIF", "JPEG2000")
_QUALITY: Final = 60
_BROKEN: Final = (OSError, SyntaxError, TypeError, ValueError, LookupError, struct.error, EOFError)
"""What Pillow raises where a picture is broken."""


def check() -> None:
    """Whether there is a Pillow.

    Raises:
        UsageError: there is none.
    """
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "thumbnails need Pillow, which is not installed",
            fix="install it with: pip install 'mediaoptout[thumbnails]'",
        ) from error


def thumbnail(path: Path) -> bytes | None:
    """A small JPEG of a picture; None if it is none, not here, too large, or broken.

    Args:
        path: the file.
    """
    from PIL import Image, ImageOps

    try:
        if placeholder(path.stat()) is not None:
            return None
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(path, formats=_FORMATS) as picture,
        ):
            if picture.width * picture.height > MAX_PIXELS:
                return None
            picture.draft("RGB", (EDGE * 2, EDGE * 2))
            picture.thumbnail((EDGE, EDGE))
            made = io.BytesIO()
            _flat(ImageOps.exif_transpose(picture)).save(made, "JPEG", quality=_QUALITY)
            return made.getvalue()
    except (*_BROKEN, Image.DecompressionBombError, MemoryError):
        return None


def _flat(picture: Image) -> Image:
    """The picture in colours that a JPEG can hold, on white where it is transparent."""
    from PIL import Image

    if not picture.has_transparency_data:
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
