"""Pictures in ID3v2 tags: the frames ``APIC`` (v2.3 and v2.4, 4.15 and 4.14) and ``PIC`` (v2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mediaoptout.carriers.id3.tag import STUFFED_FRAME, WITH_LENGTH, Frame, Tag, frame_header_size
from mediaoptout.carriers.merged import Retouch, placed
from mediaoptout.splice.patch import Insert, Patch, PatchedSource, Piece
from mediaoptout.splice.source import BytesSource, Part, Source

_STATUS: Final = 0xFF00
"""The flags that say what to do with a frame, not how its content is stored."""

_PLAIN: Final = _STATUS | STUFFED_FRAME | WITH_LENGTH
"""The flags of a frame that is neither compressed, encrypted nor grouped (v2.4)."""

_LINK: Final = b"-->"
_MAX_LEAD: Final = 1 << 16
"""How many bytes may stand before a picture in its frame."""


def is_picture(tag: Tag, frame: Frame) -> bool:
    """Whether the frame holds a picture that is stored as it is, or unsynchronised."""
    version = tag.header.version
    if frame.id != ("PIC" if version == 2 else "APIC"):
        return False
    return not frame.flags & ~(_PLAIN if version == 4 else _STATUS)


def retouched(
    tag: Tag,
    target: Tag,
    frame: Frame,
    carried: Sequence[Piece],
    retouch: Retouch,
    *,
    stuffed: bool,
) -> tuple[Piece, ...]:
    """A frame with its picture as ``retouch`` wants it.

    Args:
        tag: the old tag.
        target: the tag whose version the new one has.
        frame: a frame that `is_picture`.
        carried: the frame as it stands in the new tag otherwise.
        retouch: what changes the picture.
        stuffed: whether the new tag's header says unsynchronised.

    Raises:
        RefusedError: the picture stays as it is, and why.
    """
    body: Source
    if target is tag and not tag.is_stuffed(frame):
        skipped = 4 if tag.header.version == 4 and frame.flags & WITH_LENGTH else 0
        body = Part(tag.plain, min(frame.body + skipped, frame.end), frame.end)
    elif target is tag:
        body = BytesSource(tag.content(frame) or b"")
    else:
        whole = PatchedSource(tag.source, Patch(tuple(carried)))
        body = Part(whole, frame_header_size(target.header.version), whole.size)
    lead = body.read(0, min(body.size, _MAX_LEAD))
    at = _picture_at(lead, target.header.version)
    picture = Part(body, at or 0, body.size)
    patch = retouch(picture) if at is not None else None
    if patch is None:
        return tuple(carried)
    kind = "PIC" if target.header.version == 2 else "APIC"
    status = frame.flags & _STATUS
    if target is tag and tag.is_bare(frame) and not stuffed:
        header = tag.frame_header(kind, picture.start + patch.size, status)
        return Insert(header + lead[:at]), *placed(patch.pieces, frame.body + picture.start)
    changed = PatchedSource(picture, patch)
    data = changed.read(0, changed.size)
    stuffed = stuffed or (target is tag and tag.is_stuffed(frame))
    return (Insert(target.render(kind, lead[:at] + data, stuffed=stuffed, status=status)),)


def _picture_at(content: bytes, version: int) -> int | None:
    """Where the picture begins in a frame's content; None for a link, or if that is unclear."""
    if version == 2:
        at, link = 5, content[1:4] == _LINK
    else:
        end = content.find(b"\0", 1)
        at, link = end + 2, end < 0 or content[1:end] == _LINK
    if link or at > len(content):
        return None
    if content[0] not in (1, 2):
        return content.find(b"\0", at) + 1 or None
    end = content.find(b"\0\0", at)
    while end >= 0 and (end - at) % 2:
        end = content.find(b"\0\0", end + 1)
    return None if end < 0 else end + 2
