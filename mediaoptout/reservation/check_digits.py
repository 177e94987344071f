"""The rules by which identifiers are checked: what a scheme's check character must be.

Each function takes the characters before the check character and answers with the one that is to
follow. python-stdnum holds the rules of ISO 7064 and GS1; those of CISAC are written out here.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

_ISCC_CODE: Final = 5
_ISCC_UNITS: Final = range(_ISCC_CODE)
_ISCC_WIDE: Final = 7
_NIBBLE_FIELDS: Final = ((4, 0b0, 1, 0), (8, 0b10, 2, 8), (12, 0b110, 3, 72), (16, 0b1110, 4, 584))
"""How a field of an ISCC header is told (ISO 24138, varnibble): bits, prefix, its bits, base."""


def mod_11_2(body: str) -> str:
    """ISO 7064 MOD 11-2, of ISNI and ORCID: a digit or ``X``."""
    from stdnum.iso7064 import mod_11_2 as rule

    return rule.calc_check_digit(body)


def mod_37_36(body: str) -> str:
    """ISO 7064 MOD 37,36, of ISAN and EIDR: a digit or letter."""
    from stdnum.iso7064 import mod_37_36 as rule

    return rule.calc_check_digit(body)


def gs1(body: str) -> str:
    """GS1's check digit, of GTIN, UPC and EAN."""
    from stdnum import ean

    return ean.calc_check_digit(body)


def iswc(body: str) -> str:
    """ISO 15707: nine digits, weighted by their place, from 1 for the ``T``."""
    return _weighted(body, 1)


def ipi_base(body: str) -> str:
    """The same as `iswc`, from 2 for the ``I`` of an IPI base number."""
    return _weighted(body, 2)


def ipi(body: str) -> str:
    """The last two digits of an IPI name number: nine digits, weighted from 10 down, modulo 101."""
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(body)) % 101
    return f"{(101 - rest) % 100 if rest else 0:02}"


def _weighted(body: str, start: int) -> str:
    total = start + sum(place * int(digit) for place, digit in enumerate(body, 1))
    return str(-total % 10)


def is_isrc_prefix(code: str) -> bool:
    """Whether two letters begin an ISRC: a country's, or one that the agency gave out besides."""
    from stdnum import isrc

    return bool(isrc.is_valid(f"{code}AAA0000000"))


def is_iscc(code: str) -> bool:
    """Whether a code (without ``ISCC:``) is an ISCC by its structure.

    Its header must name a type that is known, in version 0 or 1, and its body be as long as the
    header says.
    """
    try:
        data = base64.b32decode(code + "=" * (-len(code) % 8))
    except (binascii.Error, ValueError):
        return False
    if base64.b32encode(data).decode("ascii").rstrip("=") != code:
        return False
    bits = "".join(f"{byte:08b}" for byte in data)
    fields = []
    for _ in range(4):
        field, bits = _varnibble(bits)
        if field is None:
            return False
        fields.append(field)
    main, sub, version, length = fields
    # A header of an odd number of nibbles is padded with zeros to whole bytes.
    bits = bits[len(bits) % 8 :]
    if version > 1:
        return False
    if main in _ISCC_UNITS:
        return len(bits) == 32 * (length + 1)
    if main == _ISCC_CODE:
        if sub == _ISCC_WIDE:
            return length == 0 and len(bits) == 256
        return len(bits) == 64 * (2 + length.bit_count())
    return len(bits) >= 64


def _varnibble(bits: str) -> tuple[int | None, str]:
    for size, prefix, width, base in _NIBBLE_FIELDS:
        if len(bits) >= size and int(bits[:width], 2) == prefix:
            return base + int(bits[width:size], 2), bits[size:]
    return None, bits
