"""The C2PA box of BMFF files (C2PA 2.2, A.5): a ``uuid`` box right behind ``ftyp``."""

from __future__ import annotations

from typing import Final

from mediaoptout.containers.bmff.boxes import Box, make_box
from mediaoptout.splice.source import Source

C2PA_UUID: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")

_PURPOSE: Final = b"manifest\0"
_STORES: Final = (b"manifest", b"update", b"original")
"""The purposes of boxes that hold a manifest store; the one that speaks for the file first."""
_LONGEST_PURPOSE: Final = 64
_MERKLE_OFFSET: Final = bytes(8)
"""Where the first box with Merkle hashes stands; 0 where there is none."""

OVERHEAD: Final = 8 + 16 + 4 + len(_PURPOSE) + len(_MERKLE_OFFSET)
"""How much longer the box is than the manifest store in it."""


def frame(store: bytes) -> bytes:
    """The whole box around a manifest store."""
    return make_box(b"uuid", C2PA_UUID, bytes(4), _PURPOSE, _MERKLE_OFFSET, store)


def purpose(source: Source, box: Box) -> bytes:
    """What a C2PA box is for, or empty if that cannot be read."""
    data = source.read(box.body, min(box.body + 4 + _LONGEST_PURPOSE, box.end))[4:]
    return data.partition(b"\0")[0] if b"\0" in data else b""


def holds_store(source: Source, box: Box) -> bool:
    """Whether a C2PA box holds a manifest store (others hold Merkle hashes)."""
    return purpose(source, box) in _STORES


def store(source: Source, boxes: tuple[Box, ...]) -> bytes | None:
    """The manifest store in the C2PA boxes of a file; None without one."""
    for wanted in _STORES:
        for box in boxes:
            start = box.body + 4 + len(wanted) + 1 + len(_MERKLE_OFFSET)
            if purpose(source, box) == wanted and start <= box.end:
                return source.read(start, box.end)
    return None
