"""Numbers as people read and write them."""

from __future__ import annotations

import re
from typing import Final

from mediaoptout.errors import UsageError

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB", "PB")
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 file``, ``2,000 files``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(number: float) -> str:
    """Bytes, with a unit (decimal: 1 kB is 1000 bytes)."""
    power = 0
    while number >= 1000 and power < len(_UNITS) - 1:
        number /= 1000
        power += 1
    return f"{number:,.0f} {_UNITS[0]}" if power == 0 else f"{number:.1f} {_UNITS[power]}"


def duration(seconds: float) -> str:
    """A time, no more exact than anybody wants it."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def parse_size(text: str) -> int:
    """A size as people write it: ``512M``, ``2GB``, ``1.5 GiB``; in bytes.

    Raises:
        UsageError: it is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text!r} is no size", fix="write for instance 512M or 2G")
    number, unit, binary = match.groups()
    return int(float(number) * (1024 if binary else 1000) ** _POWERS[unit.lower()])
