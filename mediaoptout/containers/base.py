"""What a container is to the rest of the house: a reader of layouts and a planner of patches.

A container reads headers into a `Layout` (spans, links and what its carriers say) and answers a
wanted change with a `Change`, whose `Patch` the writer executes. It never opens a file for
writing, never does offset arithmetic of its own, and keeps no state.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from mediaoptout.errors import ErrorInfo, RefusedError
from mediaoptout.splice.linker import Links
from mediaoptout.splice.patch import Patch, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Entry, Property
from mediaoptout.words import Carrier

MANIFEST: Final = "c2pa"
"""The name of the hole that waits for the signed manifest."""

PADDING: Final = 2048
"""How much room is left in a block that is written anew, so that the next change moves nothing."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a carrier, as found in a file.

    Args:
        carrier: its kind.
        location: where it stands, as people name it (``APP1``, ``RIFF/_PMX``).
        span: the bytes that hold it, its own header included.
        entries: what it says, in its order; only properties that a vocabulary knows.
        error: why it cannot be parsed, or None.
    """

    carrier: Carrier
    location: str
    span: Span
    entries: tuple[Entry, ...] = ()
    error: ErrorInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A file as its container reads it; containers add what they need by subclassing.

    Args:
        size: the file's size.
        essence: the bytes that are the work itself (samples, frames, pictures), in order.
        framing: whatever times and delimits the essence, as a value that can be compared.
        links: every number that depends on where something stands or how long it is.
        blocks: the carriers' blocks, in the order of the file; manifests too.
        foreign: items of others that a change must carry over whole (for the proof and tests).
        obstacle: why this file can be read but must not be written, or None.
        placeless: carriers of the family that this very file has no place for.
        warnings: oddities that a user should know of, as sentences.
    """

    size: int
    essence: tuple[Span, ...]
    framing: Hashable = None
    links: Links = Links()
    blocks: tuple[Block, ...] = ()
    foreign: tuple[Span, ...] = ()
    obstacle: RefusedError | None = None
    placeless: frozenset[Carrier] = frozenset()
    warnings: tuple[str, ...] = ()

    @property
    def manifest(self) -> Block | None:
        """The C2PA manifest store, if there is one."""
        return next((block for block in self.blocks if block.carrier is Carrier.C2PA), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a file shall say, and how far we may go for it.

    Args:
        properties: everything that the vocabularies have to say.
        force: replace contrary statements of others.
        upgrade_id3: allow ID3v2.2 tags to become v2.3.
        wrap_jxl: allow a naked JPEG XL codestream to be put into a container.
        manifest: the length of the manifest store that a hole is left for; None for no manifest.
            A manifest that is there gives way to the hole.
        drop_manifest: take out the manifest that is there (``--break-credential``).
        padding: room to leave in blocks that are written anew, in bytes.
        carriers: the only carriers that may be written; None for all.
        mark_pictures: say it in the XMP of the pictures in the file too.
    """

    properties: tuple[Property, ...]
    force: bool = False
    upgrade_id3: bool = False
    wrap_jxl: bool = False
    manifest: int | None = None
    drop_manifest: bool = False
    padding: int = PADDING
    carriers: frozenset[Carrier] | None = None
    mark_pictures: bool = False

    def told(self, carrier: Carrier) -> tuple[Property, ...]:
        """What ``carrier`` shall say; nothing where it must not be written."""
        if self.carriers is not None and carrier not in self.carriers:
            return ()
        if not self.stripping:
            return self.properties
        return tuple(item.within(carrier) for item in self.properties)

    @property
    def stripping(self) -> bool:
        """Whether what we wrote shall go, and nothing be said."""
        return bool(self.properties) and all(item.goes for item in self.properties)

    def freed(self, room: int) -> bool:
        """Whether ``room`` bytes that hold nothing are what we left, and go with what we wrote."""
        return self.stripping and room == PADDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The answer to a wanted change.

    Args:
        patch: the new file; the identity where it already says exactly this.
        carriers: the carriers that hold our statements in the new file, in matrix order.
        warnings: what could not be said, or was left as others said it, as sentences.
    """

    patch: Patch
    carriers: tuple[Carrier, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capability:
    """What a container can do with one carrier.

    Args:
        write: whether we write it (else it is only read).
        place: where it stands, in the format's own words.
        note: a condition or a reason, or empty.
        expected: whether a file without it lacks something (``missing`` in the verify record);
            false for what is only filled in where it happens to be there.
    """

    write: bool
    place: str
    note: str = ""
    expected: bool = True


class Container(ABC):
    """A container family. Stateless; one instance is registered for each family."""

    name: ClassVar[str]
    """The word in records: ``"wav"``, ``"jpeg"``."""
    title: ClassVar[str]
    """The name for people, with the standard."""
    media_types: ClassVar[tuple[str, ...]]
    extensions: ClassVar[tuple[str, ...]]
    """Lower case, with the dot, the usual one first."""
    carries: ClassVar[Mapping[Carrier, Capability]]
    """What it can hold, in matrix order."""
    sidecar_only: ClassVar[bool] = False
    """Whether its files are never rewritten."""
    digest: ClassVar[str] = "sha256"
    """The hash of the essence that the field uses for it, as `hashlib` calls it."""

    @abstractmethod
    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether this is a file of the family, by structure.

        Args:
            source: the file.
            head: its first bytes (up to 64), already read.
        """

    @abstractmethod
    def read(self, source: Source) -> Layout:
        """The file's layout, from its headers alone.

        Raises:
            DamagedError: the structure is broken where it cannot be walked on.
            LimitError: it asks for more memory, depth or items than is allowed.
        """

    @abstractmethod
    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """The patch after which the file says what is wanted, and has lost nothing.

        Raises:
            RefusedError: it could be done but should not be; says why and what to do.
        """

    def detailed(self, source: Source, layout: Layout) -> Layout:
        """The layout with the essence in smaller spans, where that takes a walk over the file.

        It is asked for only where a change cannot copy the spans of ``layout`` whole, since it
        has to write numbers that stand between the parts of the essence.

        Args:
            source: the file.
            layout: what `read` gave.
        """
        return layout

    def frame_manifest(self, store: bytes) -> bytes:
        """The manifest store as it fills the hole of `change`: with what the format wraps it in.

        Its length depends only on the length of ``store``, and it is exactly the range that the
        hard binding excludes.
        """
        return store

    def as_ingredient(self, source: Source, layout: Layout) -> Source:
        """The file in a form that signing libraries read, to be named as the origin of a new one.

        Args:
            source: the file.
            layout: what `read` gave.
        """
        return source

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """The raw manifest store (JUMBF) that the file holds, unwrapped; None without one."""
        raise NotImplementedError(self.name)


@dataclass(frozen=True, slots=True)
class Proof:
    """That the essence is untouched: all by arithmetic on the patch, none by trust."""

    kept: bool
    addressed: bool
    framed: bool
    reasons: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether all three parts hold."""
        return self.kept and self.addressed and self.framed
