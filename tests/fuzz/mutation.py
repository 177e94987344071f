"""Hostile variants of an input, the same ones each time: what is tried where atheris is not."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

NUMBERS = (
    *(b"\0", b"\xff", b"\x80", b"\x7f"),
    *(b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"),
    *(b"\0\0\0\1", b"\1\0\0\0", b"\0" * 8, b"\xff" * 8, b"\x7f" + b"\xff" * 7),
)
"""Values that lengths, counts and offsets are set to."""

_FRONT = 512  # where most headers stand


def variants(seeds: Sequence[bytes], count: int, seed: int = 0) -> Iterator[bytes]:
    """``count`` inputs, each one of ``seeds`` with one to four things wrong.

    Args:
        seeds: well-formed inputs.
        count: how many variants.
        seed: of the pseudo-random choices.
    """
    chance = random.Random(seed)
    for index in range(count):
        data = bytearray(seeds[index % len(seeds)]) if seeds else bytearray()
        for _ in range(chance.choice((1, 1, 2, 4))):
            _damage(data, chance)
        yield bytes(data)


def _place(size: int, chance: random.Random) -> int:
    return chance.randrange(min(size, _FRONT) if chance.random() < 0.4 else size)


def _damage(data: bytearray, chance: random.Random) -> None:
    if not data:
        data += chance.randbytes(chance.randrange(1, 64))
        return
    at = _place(len(data), chance)
    match chance.randrange(8):
        case 0:
            del data[at:]
        case 1:
            del data[at : at + chance.choice((1, 2, 4, 8, 64, 1024))]
        case 2:
            data[at:at] = chance.randbytes(chance.choice((1, 2, 4, 8)))
        case 3:
            size = chance.choice((4, 8, 64, 1024))
            data[at:at] = data[at : at + size] * chance.choice((1, 2, 50))
        case 4:
            data[at] ^= 1 << chance.randrange(8)
        case 5:
            other = _place(len(data), chance)
            size = chance.choice((4, 8, 16, 256))
            data[at : at + size] = data[other : other + size]
        case _:
            number = chance.choice(NUMBERS)
            data[at : at + len(number)] = number
