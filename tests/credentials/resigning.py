"""Signing the claim of a signed file once more, with anything: for files that nobody would make.

The manifest keeps its length, so that the file's own hash holds: what is left over is padding, as
COSE signatures in manifests have it.
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.credentials.authorities import Signer

_ES256 = -7
_ALGORITHM, _CHAIN = 1, 33


def resigned(
    data: bytes, signer: Signer, chain: list[bytes], more: dict[str, Any] | None = None
) -> bytes:
    """The file with another signature over the same claim.

    Args:
        data: a file with one manifest, signed with ES256.
        signer: who signs.
        chain: the certificates (DER) that are put into the signature.
        more: further fields of the unprotected header.
    """
    start, end = _content(data, b"c2pa.signature")
    claim = data[slice(*_content(data, b"c2pa.claim.v2"))]
    protected = _cbor({_ALGORITHM: _ES256, _CHAIN: chain})
    signed = _cbor(["Signature1", protected, b"", claim])
    from cryptography.hazmat.primitives.asymmetric import ec

    halves = decode_dss_signature(signer.key.sign(signed, ec.ECDSA(hashes.SHA256())))
    signature = b"".join(half.to_bytes(32, "big") for half in halves)

    def message(padding: int) -> bytes:
        unprotected = {**(more or {}), "pad": bytes(padding)}
        return b"\xd2" + _cbor([protected, unprotected, None, signature])

    room = end - start
    for padding in range(room):
        made = message(padding)
        if len(made) == room:
            return data[:start] + made + data[end:]
    raise AssertionError(f"the new signature does not fit into {room} bytes")


def _content(data: bytes, label: bytes) -> tuple[int, int]:
    """Where the CBOR of the superbox with this label stands."""
    at = data.index(label + b"\0\0\0") + len(label) + 1
    size = int.from_bytes(data[at : at + 4], "big")
    while data[at + 4 : at + 8] != b"cbor":
        at += size
        size = int.from_bytes(data[at : at + 4], "big")
    return at + 8, at + size


def _cbor(value: Any) -> bytes:
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case list():
            return _head(4, len(value)) + b"".join(map(_cbor, value))
        case dict():
            pairs = (_cbor(key) + _cbor(item) for key, item in value.items())
            return _head(5, len(value)) + b"".join(pairs)
    raise TypeError(type(value))


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    width = next(width for width in (1, 2, 4, 8) if number < 1 << 8 * width)
    return bytes([major << 5 | 23 + (1, 2, 4, 8).index(width) + 1]) + number.to_bytes(width, "big")
