"""A pool of texts and lists, in which each is kept about once: the data of a page.

Many files say the same: the same declaration in the same places. A row points to what it says by
its number in the pool, and so do lists, always to what came before them. On the disk, and with a
bounded memory: what has not been seen for long may be kept twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from mediaoptout.reports.spool import Spool

REMEMBERED: Final = 1 << 16
"""How many entries are known again."""

SHORT: Final = 64
"""Longer ones are known by their digests."""


def data(value: object) -> str:
    """A value as JSON that can stand in an element of a page: there is no ``<`` in it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


class Array:
    """A JSON array that is longer than memory should hold.

    Args:
        folder: where there is room for it.
    """

    def __init__(self, folder: Path) -> None:
        self._spool = Spool(folder)
        self.count = 0

    def append(self, item: str) -> int:
        """Add an item that is JSON already; the number that it has."""
        self._spool.write(f",\n{item}" if self.count else item)
        self.count += 1
        return self.count - 1

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._spool.size

    def chunks(self) -> Iterator[bytes]:
        """The whole array."""
        yield b"["
        yield from self._spool.chunks()
        yield b"]"

    def close(self) -> None:
        """Let go of it."""
        self._spool.close()


class Pool(Array):
    """Entries that are known again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._known: dict[object, int] = {}

    def add(self, value: str | tuple[int, ...]) -> int:
        """The number of a text, or of a list of numbers."""
        key = value if len(value) <= SHORT else _digest(value)
        place = self._known.get(key)
        if place is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            place = self._known[key] = self.append(data(value))
        return place

    def once(self, text: str) -> int:
        """The number of a text that will not come again."""
        return self.append(data(text))

    def each(self, texts: Iterable[str]) -> int:
        """The number of a list of texts."""
        return self.add(tuple(map(self.add, texts)))


def _digest(value: str | tuple[int, ...]) -> bytes:
    whole = value if isinstance(value, str) else repr(value)
    return hashlib.blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=16).digest()
