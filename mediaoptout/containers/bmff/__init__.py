"""ISO base media files (ISO/IEC 14496-12) and QuickTime: boxes, and what points into them.

`boxes`, `items` and `manifest` serve every format that is built of boxes; the rest is about movies:
`movie` reads, `tracks`, `fragments` and `links` follow what points to samples, `plan` answers a
wanted change, and `room` finds the space for it.
"""

from __future__ import annotations

from typing import Final

from mediaoptout.containers.base import Container
from mediaoptout.containers.bmff.families import Mov, Mp4, ThreeGp

__all__ = ["FAMILIES", "Mov", "Mp4", "ThreeGp"]

FAMILIES: Final[tuple[Container, ...]] = (Mp4(), Mov(), ThreeGp())
"""The families of this package."""
