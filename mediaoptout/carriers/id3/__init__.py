"""ID3v2.2, v2.3 and v2.4 (id3.org; MP3, and chunks of WAV, AIFF and DSF): rights read and written.

A tag keeps its version, its unsynchronisation and its size where that is possible. Frames of
others are never rendered: they are copies of the bytes that stand there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mediaoptout.carriers import xmp
from mediaoptout.carriers.id3.header import tag_size
from mediaoptout.carriers.id3.merge import HOLE, PADDING, MergedTag, Telling, merge_tag
from mediaoptout.carriers.id3.statements import (
    XMP_OWNER,
    is_manifest,
    is_packet,
    manifest_store,
    said,
    texts,
)
from mediaoptout.carriers.id3.tag import Frame, Tag, empty_tag, read_tag
from mediaoptout.carriers.merged import Retouch
from mediaoptout.errors import DamagedError, ErrorInfo, RefusedError
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import Entry, Property

__all__ = [
    "HOLE",
    "PADDING",
    "Frame",
    "MergedTag",
    "Packet",
    "Tag",
    "Telling",
    "empty_tag",
    "is_manifest",
    "is_packet",
    "manifest_store",
    "merge",
    "merge_tag",
    "packets",
    "parse",
    "read_tag",
    "said",
    "tag_size",
    "texts",
]


@dataclass(frozen=True, slots=True)
class Packet:
    """An XMP packet in a ``PRIV`` frame.

    Args:
        frame: the frame.
        location: where it stands, as people name it.
        entries: what it says.
        error: why it cannot be read, or None.
    """

    frame: Frame
    location: str
    entries: tuple[Entry, ...] = ()
    error: ErrorInfo | None = None


def packets(tag: Tag, location: str) -> Iterator[Packet]:
    """The XMP packets of a tag.

    Args:
        tag: the tag.
        location: where the tag stands, as people name it (``ID3v2.3``).
    """
    place = f"{location}/PRIV:XMP"
    for frame in tag.frames:
        if not is_packet(tag, frame):
            continue
        data = (tag.content(frame) or b"")[len(XMP_OWNER) :]
        try:
            yield Packet(frame, place, xmp.parse(data, place))
        except DamagedError as error:
            info = ErrorInfo("damaged-carrier", error.message, error.at, error.fix)
            yield Packet(frame, place, error=info)


def parse(data: bytes, location: str) -> tuple[Entry, ...]:
    """What a tag says about rights, in its frames and in its XMP packets.

    Args:
        data: exactly one whole tag.
        location: where it stands, as people name it.

    Raises:
        DamagedError: the tag, or a packet in it, cannot be read.
    """
    tag = read_tag(BytesSource(data))
    entries = list(texts(tag, location))
    for packet in packets(tag, location):
        if packet.error is not None:
            raise DamagedError(
                packet.error.message,
                at=packet.location,
                fix=packet.error.fix,
                code="damaged-carrier",
            )
        entries.extend(packet.entries)
    return tuple(entries)


def merge(
    data: bytes | None,
    properties: tuple[Property, ...],
    *,
    force: bool = False,
    padding: int = PADDING,
    upgrade: bool = False,
    version: int = 3,
    packet: bool = True,
    manifest: int | None = None,
    drop_manifest: bool = False,
    retouch: Retouch | None = None,
) -> MergedTag:
    """A tag that says ``properties`` too; the identity where it says them already.

    Args:
        data: exactly one whole tag, or None for a new one.
        properties: what shall be said; what ID3 has no frame for is passed over.
        force: replace contrary statements of others.
        padding: room to leave where the tag does not fit into its old size, in bytes.
        upgrade: allow a v2.2 tag to become v2.3.
        version: of a new tag: 3 or 4.
        packet: whether XMP goes into a ``PRIV`` frame; False where the container has a place of
            its own for it.
        manifest: the length of the C2PA manifest store that a hole is left for; None for none.
        drop_manifest: take out the manifest that is there.
        retouch: what changes the pictures in the tag; None where they stay.

    Raises:
        RefusedError: the tag cannot be read (code ``damaged-carrier``), or see `merge_tag`.
    """
    telling = Telling(
        properties,
        force=force,
        padding=padding,
        upgrade=upgrade,
        packet=packet,
        manifest=manifest,
        drop_manifest=drop_manifest,
        retouch=retouch,
    )
    if data is None:
        return merge_tag(empty_tag(version), telling)
    try:
        tag = read_tag(BytesSource(data))
    except DamagedError as error:
        raise RefusedError(
            error.message, at=error.at, fix=error.fix, code="damaged-carrier"
        ) from error
    return merge_tag(tag, telling)
