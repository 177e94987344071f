"""What we use of the C2PA library beyond its Python wrapper; nothing else touches its insides.

c2pa-python wraps no call that gives the manifest as bytes to be placed by somebody else. The shared
library has them; here they are bound, and checked when this module is first imported. Where the
check fails, `AVAILABLE` is false, and signing falls back to ``Builder.sign``.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Callable
from typing import Any, Final

import c2pa
from c2pa import Builder, C2paError, Signer, Stream
from c2pa import c2pa as wrapper

TESTED: Final = ("0.91.3",)
"""The versions of the shared library with which placing has been tried."""

_BYTES = ctypes.POINTER(ctypes.c_ubyte)

_SIGNATURES: Final[dict[str, tuple[list[Any], Any]]] = {
    "c2pa_builder_data_hashed_placeholder": (
        [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.POINTER(_BYTES)],
        ctypes.c_int64,
    ),
    "c2pa_builder_sign_data_hashed_embeddable": (
        [
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_char_p,
            ctypes.c_void_p,
            ctypes.POINTER(_BYTES),
        ],
        ctypes.c_int64,
    ),
    "c2pa_builder_placeholder": (
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(_BYTES)],
        ctypes.c_int64,
    ),
    "c2pa_builder_update_hash_from_stream": (
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p],
        ctypes.c_int,
    ),
    "c2pa_builder_sign_embeddable": (
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(_BYTES)],
        ctypes.c_int64,
    ),
}


def _bind() -> dict[str, Callable[..., int]]:
    """Our own prototypes over the library's functions; empty if anything is missing.

    A prototype of ours leaves the wrapper's own function objects as they are.
    """
    bound: dict[str, Callable[..., int]] = {}
    library = getattr(wrapper, "_lib", None)
    for name, (arguments, result) in _SIGNATURES.items():
        try:
            address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
        except AttributeError:
            return {}
        bound[name] = ctypes.CFUNCTYPE(result, *arguments)(address or 0)
    return bound


_CALLS: Final = _bind()
AVAILABLE: Final = bool(_CALLS) and c2pa.sdk_version() in TESTED
"""Whether the manifest can be placed by us with this version of the library."""


def _address(handle: Any) -> ctypes.c_void_p:
    return ctypes.cast(handle, ctypes.c_void_p)


def _message() -> str:
    pointer = wrapper._lib.c2pa_error()
    text = ctypes.cast(pointer, ctypes.c_char_p).value if pointer else None
    return text.decode("utf-8", "replace") if text else "unknown error"


def _call_for_bytes(name: str, *arguments: Any) -> bytes:
    result = _BYTES()
    length = _CALLS[name](*arguments, ctypes.byref(result))
    if length < 0:
        raise C2paError(_message())
    try:
        return ctypes.string_at(result, length)
    finally:
        wrapper._lib.c2pa_free(ctypes.cast(result, ctypes.c_void_p))


def data_hashed_placeholder(builder: Builder, signer: Signer) -> bytes:
    """A manifest store of the final length, for containers that are bound by a data hash."""
    return _call_for_bytes(
        "c2pa_builder_data_hashed_placeholder",
        _address(builder._handle),
        signer.reserve_size(),
        b"application/c2pa",
    )


def sign_data_hashed(
    builder: Builder, signer: Signer, digest: bytes, excluded: tuple[int, int] | None
) -> bytes:
    """The signed manifest store, as long as its placeholder.

    Args:
        builder: the builder that gave the placeholder.
        signer: who signs.
        digest: the SHA-256 of the file without the excluded range.
        excluded: where that range begins and how long it is; None for a manifest that stands
            beside the file.
    """
    ranges = [] if excluded is None else [{"start": excluded[0], "length": excluded[1]}]
    binding = {
        "exclusions": ranges,
        "name": "jumbf manifest",
        "alg": "sha256",
        "hash": list(digest),
        "pad": [],
    }
    return _call_for_bytes(
        "c2pa_builder_sign_data_hashed_embeddable",
        _address(builder._handle),
        _address(signer._handle),
        json.dumps(binding).encode(),
        b"application/c2pa",
        None,
    )


def bmff_placeholder(builder: Builder, media_type: str) -> bytes:
    """The whole ``uuid`` box, of the final length; the signer is the one in the context."""
    return _call_for_bytes(
        "c2pa_builder_placeholder", _address(builder._handle), media_type.encode()
    )


def sign_bmff(builder: Builder, media_type: str, stream: Any) -> bytes:
    """The signed ``uuid`` box, as long as its placeholder.

    Args:
        builder: the builder that gave the placeholder.
        media_type: as given for the placeholder.
        stream: the new file with the placeholder in it.
    """
    with Stream(stream) as wrapped:
        failed = _CALLS["c2pa_builder_update_hash_from_stream"](
            _address(builder._handle), media_type.encode(), _address(wrapped._stream)
        )
    if failed:
        raise C2paError(_message())
    return _call_for_bytes(
        "c2pa_builder_sign_embeddable", _address(builder._handle), media_type.encode()
    )
