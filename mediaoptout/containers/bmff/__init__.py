"""ISO base media files (ISO/IEC 14496-12) and QuickTime: boxes, and what points into them.

`boxes`, `manifest` and `room` serve every format that is built of boxes. Of movies, `movie` reads,
`tracks`, `fragments` and `links` follow what points to samples, and `plan` answers a wanted change.
Of pictures, `heif` reads, `items` and `item_info` know the lists of items, `samples` the tracks
beside them, and `heif_plan` answers. `pictures` is for JPEG XL and JPEG 2000 too.
"""

from __future__ import annotations

from typing import Final

from mediaoptout.containers.base import Container
from mediaoptout.containers.bmff.families import Avif, Heic, Mov, Mp4, ThreeGp

__all__ = ["FAMILIES", "Avif", "Heic", "Mov", "Mp4", "ThreeGp"]

FAMILIES: Final[tuple[Container, ...]] = (Mp4(), Mov(), ThreeGp(), Heic(), Avif())
"""The families of this package."""
