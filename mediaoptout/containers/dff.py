"""DSDIFF (Philips, *Direct Stream Digital Interchange File Format*, 1.5): chunks of 64-bit lengths.

An ID3v2 tag in an ``ID3 `` chunk behind the sound, as players and taggers have it, with the XMP
packet in its ``PRIV`` frame. The essence is the payload of ``DSD `` or ``DST ``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from mediaoptout.carriers import id3
from mediaoptout.containers import iff, pictures
from mediaoptout.containers.base import Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import agreed, grounded, refuse_damaged
from mediaoptout.containers.chunks import Shape
from mediaoptout.containers.iff import TagChunk
from mediaoptout.containers.riff_forms import Form, FormPlan, chunk_length, read_form
from mediaoptout.errors import RefusedError
from mediaoptout.splice.linker import Links
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier

FORM: Final = b"FRM8"
KIND: Final = b"DSD "
SHAPE: Final = Shape("big", 8)
SOUND: Final = frozenset({b"DSD ", b"DST "})
INDEX: Final = b"DSTI"
"""The chunk that says where in the file each compressed frame stands."""

_DESCRIBING: Final = frozenset({b"FVER", b"PROP"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DffLayout(Layout):
    """A DSDIFF as read.

    Args:
        form: its chunks.
        tags: those that hold ID3v2 tags.
    """

    form: Form
    tags: tuple[TagChunk, ...]


class Dff(Container):
    """DSDIFF; see the module."""

    name: ClassVar = "dff"
    title: ClassVar = "DSDIFF (Philips, 1.5)"
    media_types: ClassVar = ("audio/x-dff", "audio/x-dsdiff", "audio/dff")
    extensions: ClassVar = (".dff",)
    digest = "md5"
    carries: ClassVar = {
        Carrier.ID3: Capability(write=True, place="ID3 chunk behind the sound"),
        Carrier.XMP: Capability(write=True, place="ID3v2 PRIV frame, owner XMP"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it is a ``FRM8`` of the type ``DSD ``; see `Container.recognises`."""
        return head[:4] == FORM and head[12:16] == KIND

    def read(self, source: Source) -> DffLayout:
        """See `Container.read`."""
        form = read_form(source, 0, KIND, magic=FORM, shape=SHAPE)
        tags = iff.limited(iff.tag_chunks(source, form))
        essence = iff.read_sound(source, form.chunks, form.cut, SOUND).spans
        places, obstacle = iff.references(tags, essence)
        sound = {chunk for chunk in form.chunks if chunk.name in SOUND}
        return DffLayout(
            size=source.size,
            essence=essence,
            framing=iff.described(source, form.chunks, _DESCRIBING),
            links=Links(
                references=places,
                lengths=(form.length, *(chunk_length(item.chunk) for item in tags)),
            ),
            blocks=tuple(block for item in tags for block in item.blocks),
            foreign=tuple(iff.foreign(form, source.size, tags, sound)),
            obstacle=iff.obstacle(source, form, SOUND) or obstacle,
            warnings=(form.warning,) if form.warning else (),
            form=form,
            tags=tags,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, DffLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of a DSDIFF")
        if layout.obstacle is not None:
            raise layout.obstacle
        refuse_damaged(layout.tags[0].blocks if layout.tags else ())
        others = (e for tag in layout.tags[1:] for block in tag.blocks for e in block.entries)
        properties, warnings = agreed(wanted.properties, others, force=wanted.force)
        plan = FormPlan(layout.form)
        told = replace(wanted, properties=properties)
        telling = id3.Telling(
            told.told(Carrier.ID3) or properties,
            frames=bool(told.told(Carrier.ID3)),
            force=wanted.force,
            padding=wanted.padding,
            upgrade=wanted.upgrade_id3,
            packet=bool(told.told(Carrier.XMP)),
            retouch=pictures.marker(wanted),
        )
        merged = iff.tell_tag(plan, layout.tags, telling, SHAPE)
        plan.append()
        patch = plan.patch(
            source.size, layout.links, "write the reservation into a sidecar instead"
        )
        if any(chunk.name == INDEX for chunk in layout.form.chunks):
            _refuse_moved(layout, any(patch.locate(s.start) != s.start for s in layout.essence))
        said = tuple(c for c in merged.carriers if c in self.carries) if merged else ()
        return Change(
            patch=grounded(patch, source, layout.essence),
            carriers=said,
            warnings=tuple(dict.fromkeys((*warnings, *(merged.warnings if merged else ())))),
        )


def _refuse_moved(layout: DffLayout, moved: bool) -> None:
    """Refuse a change that moves frames which the file has an index of."""
    if moved:
        raise RefusedError(
            "the ID3v2 tag stands before the sound and has no room, and the file has an index of"
            " where each frame of the sound stands",
            at=layout.tags[0].chunk.start,
            fix="have the tag moved behind the sound, or write the reservation into a sidecar",
            code="frame-index",
        )


FAMILIES: Final[tuple[Container, ...]] = (Dff(),)
