"""Signing tried out: a picture of one pixel is signed in memory and read back."""

from __future__ import annotations

import hashlib
import zlib
from typing import Final

from mediaoptout.credentials.identity import Identity
from mediaoptout.errors import UsageError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import BytesSource
from mediaoptout.words import Integrity

_HEADER: Final = b"\x89PNG\r\n\x1a\n"
_ONE_PIXEL: Final = bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + kind + data + check


def selfcheck(identity: Identity) -> tuple[str, ...]:
    """Sign with an identity and let the reference reader validate that; its remarks.

    Raises:
        UsageError: the identity or the library cannot sign.
    """
    from mediaoptout.credentials.signing import Session
    from mediaoptout.credentials.validation import validate

    before = _HEADER + _chunk(b"IHDR", _ONE_PIXEL)
    behind = _chunk(b"IDAT", zlib.compress(b"\0\0")) + _chunk(b"IEND", b"")
    pending = Session(identity).begin(BytesSource(before + behind), "image/png", "check", ())
    hole = Span(len(before), len(before) + 12 + pending.size)
    digest = hashlib.sha256(before + behind).digest()
    signed = before + _chunk(b"caBX", pending.sign_digest(digest, hole)) + behind
    credential = validate(BytesSource(signed), "image/png").credential
    if credential.integrity is not Integrity.INTACT:
        raise UsageError(
            f"what the identity in {identity.folder} signs does not validate:"
            f" {', '.join(credential.codes)}",
            fix="make a new one with 'mediaoptout identity new --replace'",
            code="identity",
        )
    return credential.codes
