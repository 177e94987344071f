"""TIFF (TIFF 6.0), BigTIFF and DNG, of any byte order and with any number of pictures.

The notice stands in tag 33432 of the first directory, XMP in tag 700 (XMP Part 3, 1.1.7), the
manifest in tag 52545. Nothing moves: what is new is appended, with a new first directory that the
header points to, so that offsets which nobody but their maker knows stay right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from mediaoptout.carriers import xmp
from mediaoptout.containers.base import Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import agreed, refuse_damaged
from mediaoptout.containers.tiff_blocks import MAX_BLOCK, Found, found_in
from mediaoptout.containers.tiff_ifd import ASCII, BYTE, Field, read_form
from mediaoptout.containers.tiff_kinds import Kind, kind
from mediaoptout.containers.tiff_reading import C2PA, COPYRIGHT, OURS, XMP, Walk, walk
from mediaoptout.containers.tiff_writing import Plan
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.linker import Edit, Links, relocate
from mediaoptout.splice.patch import Insert, Patch, PatchedSource
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import MARKS, Property, as_text, before, noted
from mediaoptout.vocabularies.settle import leaves, settle
from mediaoptout.words import Carrier

MAX_PAGES: Final = 2000
"""From this number of pages on the reference reader of manifests does not open a file."""

_NOTE: Final = "tiff"
"""The word under which a packet notes where the first directory stood, and the file's size."""
_NDPI: Final = 65420
_OPTIMISED: Final = b"GDAL_STRUCTURAL_METADATA_SIZE="


@dataclass(frozen=True, slots=True, kw_only=True)
class TiffLayout(Layout):
    """A TIFF as read.

    Args:
        walk: what its directories say.
        found: the fields that carry statements, each with its block.
        optimised: whether it says to be laid out for reading over a network (COG).
    """

    walk: Walk
    found: tuple[Found, ...]
    optimised: bool

    def first(self, tag: int) -> Found | None:
        """The field with that tag in the first directory, or None."""
        first = self.walk.pages[0]
        return next(
            (item for item in self.found if item.field.tag == tag and item.directory is first),
            None,
        )


class Tiff(Container):
    """TIFF and BigTIFF; see the module."""

    name: ClassVar = "tiff"
    title: ClassVar = "TIFF 6.0, BigTIFF"
    media_types: ClassVar[tuple[str, ...]] = ("image/tiff",)
    extensions: ClassVar[tuple[str, ...]] = tuple(
        ".tif .tiff .btf .tf8 .tf2 .gtiff .lsm .svs .stk".split()
    )
    carries: ClassVar = {
        Carrier.EXIF: Capability(write=True, place="IFD0 tag 33432"),
        Carrier.IIM: Capability(write=False, place="IFD0 tag 33723, tag 34377"),
        Carrier.PSIR: Capability(write=False, place="IFD0 tag 34377"),
        Carrier.XMP: Capability(write=True, place="IFD0 tag 700"),
        Carrier.C2PA: Capability(
            write=True,
            place="IFD0 tag 52545",
            note="a directory of its own, as C2PA 2.4 wants it behind several pages, stays where it"
            " is and is not made: common readers take it for a broken page",
        ),
    }
    _kind: ClassVar[Kind] = "tiff"

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it is a TIFF, and no camera's raw file; see `Container.recognises`."""
        return kind(source, head) == self._kind

    def read(self, source: Source) -> TiffLayout:
        """See `Container.read`."""
        form = read_form(source.read(0, min(16, source.size)))
        if form is None:
            raise DamagedError("the file does not begin with a TIFF header", at=0)
        seen = walk(source, form)
        found, warnings = found_in(source, seen)
        begin = form.pointer + form.width
        ghost = source.read(begin, min(begin + len(_OPTIMISED), source.size))
        return TiffLayout(
            size=source.size,
            essence=seen.essence,
            framing=seen.digest,
            links=Links(tables=seen.tables),
            blocks=tuple(item.block for item in found),
            foreign=seen.values,
            obstacle=_obstacle(seen),
            placeless=frozenset({Carrier.C2PA}) if _unreadable(seen) else frozenset(),
            warnings=warnings,
            walk=seen,
            found=found,
            optimised=ghost == _OPTIMISED,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, TiffLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a TIFF")
        if layout.obstacle is not None:
            raise layout.obstacle
        packet = layout.first(XMP)
        main = packet.block if packet else None
        others = [b for b in layout.blocks if b.carrier is Carrier.XMP and b is not main]
        refuse_damaged([*([main] if main else []), *others])
        entries = (entry for block in others for entry in block.entries)
        properties, warnings = agreed(wanted.properties, entries, force=wanted.force)

        restored = _restored(self, source, layout, wanted) if wanted.stripping else None
        if restored is not None:
            return Change(patch=restored, carriers=())
        plan = Plan(layout.walk, source.size)
        carriers: list[Carrier] = []
        for carrier, step in ((Carrier.EXIF, _notice), (Carrier.XMP, _packet)):
            told = replace(wanted, properties=properties).told(carrier)
            said, more = step(source, layout, told, wanted, plan)
            warnings += more
            if said:
                carriers.append(carrier)
        has_manifest, more = _manifest(layout, wanted, plan)
        if has_manifest:
            carriers.append(Carrier.C2PA)
        patch = plan.patch()
        if not patch.keeps(layout.essence) or not patch.keeps(layout.foreign):
            raise RefusedError(
                "a picture or a value shares bytes with what has to be changed",
                fix="write the reservation into a sidecar instead",
                code="overlap",
            )
        if layout.optimised and patch.size > source.size:
            more += ("it is no longer laid out for reading over a network: directories come last",)
        return Change(patch=patch, carriers=tuple(carriers), warnings=(*warnings, *more))

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """The value of tag 52545; see `Container.manifest_store`."""
        return None if layout.manifest is None else source.read(*layout.manifest.span)


class Dng(Tiff):
    """DNG (Adobe Digital Negative 1.7)."""

    name: ClassVar = "dng"
    title: ClassVar = "DNG (Adobe Digital Negative)"
    media_types: ClassVar = ("image/dng", "image/x-adobe-dng")
    extensions: ClassVar = (".dng", ".gpr")
    _kind: ClassVar[Kind] = "dng"


def _obstacle(seen: Walk) -> RefusedError | None:
    if seen.circle is not None:
        return RefusedError(
            "the directories point to each other in a circle",
            at=seen.circle,
            fix="save the picture anew with another program",
            code="circular",
        )
    if seen.cut is not None:
        return RefusedError(
            "the file ends before the end of a picture",
            at=seen.cut,
            fix="get a complete copy of the file",
            code="truncated",
        )
    if not seen.essence:
        return RefusedError(
            "there is no picture in the file",
            at=seen.pages[0].at,
            fix="get a complete copy of the file",
            code="no-picture",
        )
    if seen.pages[0].find(_NDPI) is not None:
        return RefusedError(
            "the offsets of a Hamamatsu slide (NDPI) stand partly outside of its directories",
            at=seen.pages[0].at,
            fix="write the reservation into a sidecar instead",
            code="unsafe-structure",
        )
    return None


def _restored(container: Tiff, source: Source, layout: TiffLayout, wanted: Wanted) -> Patch | None:
    """The file up to where it ended before us, with the directory that it began with; or None.

    Everything that we write is appended. It is taken back at once where the fields of others in
    that directory are those of today, and nothing of ours is left.
    """
    entries = (entry for block in layout.blocks for entry in block.entries)
    state = noted(entries, _NOTE)
    stays = layout.manifest is not None and not wanted.drop_manifest
    if state is None or len(state) != 2 or stays or wanted.manifest is not None:
        return None
    at, size = state
    pointer, width = layout.walk.form.pointer, layout.walk.form.width
    if not pointer + width <= at < size <= source.size:
        return None
    start = Insert(layout.walk.form.offset(at))
    edits = [Edit(pointer, pointer + width, (start,)), Edit(size, source.size, ())]
    packet = layout.first(XMP)
    if packet is not None and packet.block.span.end <= size:
        place = packet.block.span
        merged = xmp.merge(source.read(*place), wanted.told(Carrier.XMP))
        if merged.size == place.size:
            edits.insert(1, Edit(*place, merged.placed(place.start)))
    patch = relocate(source.size, Links(), edits)
    if not patch.keeps(layout.essence) or not patch.keeps(layout.foreign):
        return None
    try:
        before_us = container.read(PatchedSource(source, patch))
    except (DamagedError, LimitError):
        return None
    marks = (entry for block in before_us.blocks for entry in block.entries)
    same = _foreign_fields(before_us) == _foreign_fields(layout)
    return patch if same and not any(entry.name in MARKS for entry in marks) else None


def _foreign_fields(layout: TiffLayout) -> list[Field]:
    fields = layout.walk.pages[0].fields
    return [item._replace(at=-1) for item in fields if item.tag not in OURS]


def _notice(
    source: Source,
    layout: TiffLayout,
    properties: tuple[Property, ...],
    wanted: Wanted,
    plan: Plan,
) -> tuple[bool, tuple[str, ...]]:
    """State the notice in tag 33432; whether it says ours, and warnings."""
    rights = next((item for item in properties if item.name == "dc:rights"), None)
    if rights is None:
        return False, ()
    old = layout.first(COPYRIGHT)
    if rights.goes:
        entries = old.block.entries if old is not None else ()
        if old is not None and entries and leaves(rights, entries[0].value):
            plan.drop(old)
        return False, ()
    if old is not None and old.block.error is not None:
        return False, (f"the notice was left as it is: {old.block.error.message}",)
    present = as_text(old.block.entries[0].value) if old and old.block.entries else None
    ours = rights.flat
    settled = settle(ours, present, force=wanted.force)
    text = as_text(settled.value)
    if text != present:
        plan.state(COPYRIGHT, ASCII, text.encode() + b"\0")
    warnings = () if settled.warning is None else (f"{settled.warning} (Exif)",)
    return settled.warning is None, warnings


def _packet(
    source: Source,
    layout: TiffLayout,
    properties: tuple[Property, ...],
    wanted: Wanted,
    plan: Plan,
) -> tuple[bool, tuple[str, ...]]:
    """Merge the packet; whether it holds our statements, and warnings."""
    old = layout.first(XMP)
    if old is None and not properties:
        return False, ()
    data = source.read(*old.block.span) if old else b""
    state = before(_NOTE, layout.walk.pages[0].at, source.size)
    merged = xmp.merge(
        data if old else None,
        properties if wanted.stripping else (*properties, state),
        force=wanted.force,
        padding=wanted.padding,
        limit=MAX_BLOCK,
    )
    if old is None and not merged.said:
        return False, merged.warnings
    if old is not None and data and not merged.size:
        plan.drop(old)
    elif old is None or not merged.unchanged(len(data)):
        kept = old.field.type if old and old.field.is_bytes else BYTE
        plan.state(XMP, kept, merged.rendered(data))
    return bool(merged.said), merged.warnings


def _manifest(layout: TiffLayout, wanted: Wanted, plan: Plan) -> tuple[bool, tuple[str, ...]]:
    """Place the hole for a manifest; whether the new file has one, and warnings."""
    stores = [item for item in layout.found if item.field.tag == C2PA]
    if wanted.manifest is None and not wanted.drop_manifest:
        return bool(stores), ()
    if wanted.manifest is not None and (reason := _unreadable(layout.walk)):
        return bool(stores), (f"no manifest is written: {reason}",)
    for item in stores[1:] if wanted.manifest is not None else stores:
        plan.drop(item)
    if wanted.manifest is None:
        return False, ()
    plan.hole(stores[0] if stores else None, wanted.manifest)
    return True, ()


def _unreadable(seen: Walk) -> str | None:
    """Why the reference reader of manifests does not open such a file, or None."""
    if seen.count > MAX_PAGES:
        return f"its reader opens no file with more than {MAX_PAGES} pages"
    if seen.form.big and seen.below:
        return "its reader opens no BigTIFF with pictures below pictures"
    if seen.lost:
        return "its reader opens no file with a directory that cannot be read"
    return None


FAMILIES: Final[tuple[Container, ...]] = (Tiff(), Dng())
