"""DSF (Sony, *DSF File Format Specification* 1.01): an ID3v2 tag behind the sound.

Three chunks (``DSD ``, ``fmt ``, ``data``) with little-endian lengths that count their own headers.
The first states the file's size and where the tag stands, or zero. XMP stands in the tag's ``PRIV``
frame. The essence is the payload of ``data``, which nothing here moves; nor does the tag's start.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from mediaoptout.carriers import id3
from mediaoptout.containers import id3_tags, pictures
from mediaoptout.containers.base import Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import grounded, refuse_damaged
from mediaoptout.containers.id3_tags import PlacedTag
from mediaoptout.errors import DamagedError, RefusedError
from mediaoptout.splice.linker import Edit, Length, Links, relocate
from mediaoptout.splice.patch import Insert, Span
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

MAGIC: Final = b"DSD "

_HEADER: Final = struct.Struct("<4sQ")
_START: Final = 28
"""The size of the ``DSD `` chunk, and where ``fmt `` begins."""
_FORMAT: Final = 52
"""The size of the ``fmt `` chunk."""
_SIZE_AT: Final = 12
_POINTER_AT: Final = 20
_VERSION: Final = 3
"""The version of a new tag: the one that every player reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DsfLayout(Layout):
    """A DSF as read.

    Args:
        tag: the tag that the header points to, or None.
    """

    tag: PlacedTag | None


class Dsf(Container):
    """DSF; see the module."""

    name: ClassVar = "dsf"
    title: ClassVar = "DSF (Sony, 1.01)"
    media_types: ClassVar = ("audio/x-dsf", "audio/dsf")
    extensions: ClassVar = (".dsf",)
    digest = "md5"
    carries: ClassVar = {
        Carrier.ID3: Capability(write=True, place="ID3v2 tag behind the sound"),
        Carrier.XMP: Capability(write=True, place="ID3v2 PRIV frame, owner XMP"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether a ``DSD `` chunk begins it; see `Container.recognises`."""
        return head[: _HEADER.size] == _HEADER.pack(MAGIC, _START)

    def read(self, source: Source) -> DsfLayout:
        """See `Container.read`."""
        if source.read(0, _HEADER.size) != _HEADER.pack(MAGIC, _START):
            raise DamagedError("this is no DSF", at=0)
        stated, pointer = struct.unpack("<QQ", source.read(_SIZE_AT, _START))
        _chunk(source, _START, b"fmt ", _FORMAT)
        at = _START + _FORMAT
        end = at + _chunk(source, at, b"data", _HEADER.size)
        sound = Span(at + _HEADER.size, min(end, source.size))
        size = Length(_SIZE_AT, 8, "little", 0, source.size, source.size, "size of the file")
        obstacle = _obstacle(source, end, pointer)
        tag = None
        if pointer and obstacle is None and pointer < source.size:
            tag = _tag(source, pointer)
        warnings: tuple[str, ...] = ()
        if stated != source.size:
            warnings = (f"the file states a size of {stated} bytes; it has {source.size}",)
        blocks = tag.blocks if tag else ()
        return DsfLayout(
            size=source.size,
            essence=(sound,),
            framing=source.read(_START, sound.start),
            links=Links(lengths=(size,)),
            blocks=tuple(block for block in blocks if block.carrier is not Carrier.C2PA),
            foreign=_foreign(sound.end, source.size, tag),
            obstacle=obstacle,
            warnings=warnings,
            tag=tag,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, DsfLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a DSF")
        if layout.obstacle is not None:
            raise layout.obstacle
        refuse_damaged(layout.blocks)
        placed = layout.tag
        if placed is None and not wanted.properties:
            return Change(patch=relocate(source.size, layout.links, ()), carriers=())
        telling = id3.Telling(
            wanted.told(Carrier.ID3) or wanted.properties,
            frames=bool(wanted.told(Carrier.ID3)),
            force=wanted.force,
            padding=wanted.padding,
            upgrade=wanted.upgrade_id3,
            packet=bool(wanted.told(Carrier.XMP)),
            retouch=pictures.marker(wanted),
        )
        tag = placed.tag if placed else None
        merged = id3.merge_tag(tag or id3.empty_tag(_VERSION), telling)
        span = placed.span if placed else Span(source.size, source.size)
        edits = [replace(edit, inside=0) for edit in id3_tags.edits(span, merged)]
        if placed is not None and not merged.size:
            edits.append(Edit(_POINTER_AT, _POINTER_AT + 8, (Insert(bytes(8)),), inside=0))
        if placed is None and merged.size:
            pointer = Insert(source.size.to_bytes(8, "little"))
            edits.append(Edit(_POINTER_AT, _POINTER_AT + 8, (pointer,), inside=0))
        patch = relocate(source.size, layout.links, edits)
        return Change(
            patch=grounded(patch, source, layout.essence),
            carriers=tuple(carrier for carrier in merged.carriers if carrier in self.carries),
            warnings=merged.warnings,
        )


def _chunk(source: Source, at: int, name: bytes, least: int) -> int:
    """The size of the chunk ``name`` that must stand at ``at``.

    Raises:
        DamagedError: another stands there, or it is shorter than ``least``.
    """
    found, size = _HEADER.unpack(source.read(at, at + _HEADER.size))
    if found != name or size < least or (name == b"fmt " and size != least):
        raise DamagedError(
            f"there is no {name.decode().strip()} chunk where it must stand",
            at=at,
            fix="get a sound copy of the file",
        )
    return int(size)


def _obstacle(source: Source, end: int, pointer: int) -> RefusedError | None:
    """Why nothing must be written.

    Args:
        source: the file.
        end: where the sound ends, as its chunk says.
        pointer: where the tag stands, as the header says; zero for none.
    """
    if end > source.size:
        return RefusedError(
            f"the sound should end at {end}, but the file ends at {source.size}",
            at=source.size,
            fix="get a complete copy of the file",
            code="truncated",
        )
    if pointer and not end <= pointer <= source.size:
        return RefusedError(
            f"the header says that the tag stands at {pointer}, which is not behind the sound",
            at=_POINTER_AT,
            fix="have the tag written anew by a tag editor",
            code="damaged-carrier",
        )
    return None


def _tag(source: Source, at: int) -> PlacedTag:
    """The tag at ``at``; one that cannot be read where there is no ID3v2 tag."""
    size = id3.tag_size(source.read(at, min(at + 16, source.size)))
    end = source.size if size is None else min(at + size, source.size)
    return id3_tags.placed_tag(source, Span(at, end))


def _foreign(start: int, size: int, tag: PlacedTag | None) -> tuple[Span, ...]:
    """What stands behind the sound and is not ours, in the tag and around it."""
    if tag is None:
        return (Span(start, size),) if start < size else ()
    around = (Span(start, tag.span.start), Span(tag.span.end, size))
    return (*id3_tags.foreign(tag), *(span for span in around if span.size))


FAMILIES: Final[tuple[Container, ...]] = (Dsf(),)
