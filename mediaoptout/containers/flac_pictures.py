"""The ``PICTURE`` blocks of FLAC (RFC 9639, 8.8): where the picture stands, and marking it.

In Ogg such a block stands in a comment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mediaoptout.carriers.merged import Retouch, placed
from mediaoptout.containers import pictures
from mediaoptout.containers.base import Wanted
from mediaoptout.errors import RefusedError
from mediaoptout.splice.linker import Edit
from mediaoptout.splice.patch import Copy, Insert, Patch, Piece, Span
from mediaoptout.splice.source import Part, Source

_LINK: Final = b"-->"
_SIZES: Final = 16
"""The picture's width, height, depth and number of colours."""


def marked(
    source: Source, blocks: Iterable[tuple[int, Span]], wanted: Wanted, most: int
) -> tuple[list[Edit], tuple[str, ...]]:
    """The edits that mark the pictures, and why some are not marked.

    Args:
        source: the file.
        blocks: where each block begins, and its content.
        wanted: what the file shall say.
        most: how many bytes the content of a block may have.
    """
    edits: list[Edit] = []
    warnings: dict[str, None] = {}
    for start, content in blocks:
        place = picture(source, content)
        mark = pictures.marker(wanted, most - (place.start - content.start)) if place else None
        if place is None or mark is None:
            continue
        try:
            patch = mark(Part(source, *place))
        except RefusedError as error:
            warnings[error.message] = None
            continue
        if patch is not None:
            new = placed(_counted_anew(patch), place.start)
            edits.append(Edit(place.start - 4, place.end, new, inside=start))
    return edits, tuple(warnings)


def block_marker(wanted: Wanted) -> Retouch | None:
    """What marks the picture in a whole block; None where pictures are to be left alone.

    Args:
        wanted: what the file shall say.
    """
    mark = pictures.marker(wanted)
    if mark is None:
        return None

    def retouch(block: Source) -> Patch | None:
        place = picture(block, Span(0, block.size))
        patch = mark(Part(block, *place)) if place is not None else None
        if place is None or patch is None:
            return None
        return Patch((Copy(0, place.start - 4), *placed(_counted_anew(patch), place.start)))

    return retouch


def picture(source: Source, content: Span) -> Span | None:
    """Where the picture stands in a block; None for a link, or where the lengths do not fit.

    Args:
        source: where the block stands.
        content: the block without its header.
    """
    media_type = _counted(source, Span(content.start + 4, content.end))
    if media_type is None or source.read(*media_type)[:3] == _LINK:
        return None
    description = _counted(source, Span(media_type.end, content.end))
    if description is None:
        return None
    data = _counted(source, Span(description.end + _SIZES, content.end))
    return data if data is not None and data.end == content.end and data.size else None


def _counted_anew(patch: Patch) -> tuple[Piece, ...]:
    """A changed picture with its length before it."""
    return Insert(patch.size.to_bytes(4, "big")), *patch.pieces


def _counted(source: Source, rest: Span) -> Span | None:
    """The bytes that a 32-bit length stands before; None if they are not all there."""
    start = rest.start + 4
    if start > rest.end:
        return None
    end = start + int.from_bytes(source.read(rest.start, start), "big")
    return Span(start, end) if end <= rest.end else None
