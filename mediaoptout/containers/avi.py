"""AVI (RIFF, Microsoft 1992) with its extension for large files (OpenDML AVI 1.02, 1996).

Texts in ``LIST``/``INFO``, XMP in ``_PMX``, the manifest in ``C2PA`` as the last chunk of the first
RIFF. The essence are the ``movi`` lists and the index; ``hdrl`` stays as it is.
"""

from __future__ import annotations

import struct
from typing import ClassVar, Final

from mediaoptout.containers.avi_reading import C2PA, FORM, AviLayout, read_layout
from mediaoptout.containers.avi_writing import plan_change
from mediaoptout.containers.base import Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.chunks import HEADER
from mediaoptout.containers.riff_forms import is_form
from mediaoptout.splice.source import Source
from mediaoptout.words import Carrier


class Avi(Container):
    """AVI; see the module."""

    name: ClassVar = "avi"
    title: ClassVar = "AVI (RIFF, OpenDML)"
    media_types: ClassVar = ("video/avi", "video/msvideo", "video/x-msvideo")
    extensions: ClassVar = (".avi", ".divx")
    carries: ClassVar = {
        Carrier.RIFF_INFO: Capability(write=True, place="LIST INFO: ICOP, ICMT"),
        Carrier.ID3: Capability(write=False, place="ID32 chunk", expected=False),
        Carrier.XMP: Capability(write=True, place="_PMX chunk"),
        Carrier.C2PA: Capability(write=True, place="C2PA chunk, the last one of the first RIFF"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it is a RIFF of the form ``AVI``; see `Container.recognises`."""
        return is_form(head, FORM)

    def read(self, source: Source) -> AviLayout:
        """See `Container.read`."""
        return read_layout(source)

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, AviLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of an AVI")
        return plan_change(source, layout, wanted)

    def frame_manifest(self, store: bytes) -> bytes:
        """The chunk without a byte of padding: that is what the hard binding excludes."""
        return struct.pack("<4sI", C2PA, len(store)) + store

    def manifest_store(self, source: Source, layout: Layout) -> bytes | None:
        """See `Container.manifest_store`."""
        block = layout.manifest
        return None if block is None else source.read(block.span.start + HEADER, block.span.end)


FAMILIES: Final[tuple[Container, ...]] = (Avi(),)
