"""Packages that carry hashes of their own: a file inside one must not change unnoticed."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Final

from mediaoptout.errors import RefusedError

_DEPTH: Final = 32
"""How many folders above a file are looked at."""

_MARKS: Final[tuple[tuple[str, str], ...]] = (
    ("bagit.txt", "BagIt bag"),
    ("ascmhl", "ASC MHL history"),
    ("ASSETMAP.xml", "DCP or IMF package"),
    ("ASSETMAP", "DCP package"),
    ("DDPMS", "DDP image"),
    ("DDPID", "DDP image"),
)
"""What stands in the top folder of a package, and what it is then."""


@lru_cache(maxsize=4096)
def package_of(folder: str) -> tuple[str, Path] | None:
    """The package that a folder belongs to, with its top folder; None if it is in none.

    Args:
        folder: an absolute path.
    """
    place = Path(folder)
    for above in (place, *place.parents)[:_DEPTH]:
        for name, title in _MARKS:
            if (above / name).exists():
                return title, above
        if next(above.glob("*.mhl"), None) is not None:
            return "MHL list", above
    return None


def refuse_packaged(path: Path) -> None:
    """Refuse a file inside a package.

    Raises:
        RefusedError: it belongs to one, whose hashes would no longer fit.
    """
    found = package_of(os.path.join(os.getcwd(), os.path.dirname(path)))  # noqa: PTH109, PTH118, PTH120 # per file
    if found is not None:
        title, top = found
        raise RefusedError(
            f"the file belongs to the {title} in {top}, whose hashes would no longer fit",
            fix="reserve the files before packing them, or give --force",
            code="in-package",
        )
