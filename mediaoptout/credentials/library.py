"""What we use of the C2PA library beyond its Python wrapper; nothing else touches its insides.

c2pa-python wraps no call that gives the manifest as bytes to be placed by somebody else. The shared
library has them; here they are bound, and checked when this module is first imported. Where the
check fails, `AVAILABLE` is false, signing falls back to ``Builder.sign``, and reading to the
wrapper's own classes.

The system's own ``read`` and ``lseek`` have the very form that the library wants of a stream's
callbacks. Given them, with a descriptor as the context, it reads a file without asking Python for
every piece, and without waiting for the other threads of Python.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from io import BufferedReader
from typing import Any, Final, NamedTuple

import c2pa
from c2pa import Builder, C2paError, Context, Reader, Signer, Stream
from c2pa import c2pa as wrapper

from mediaoptout.splice.source import FileSource, Source, SourceStream

TESTED: Final = ("0.91.3",)
"""The versions of the shared library with which placing has been tried."""

_BYTES = ctypes.POINTER(ctypes.c_ubyte)
_PLACE, _TEXT = ctypes.c_void_p, ctypes.c_char_p

_SIGNATURES: Final[dict[str, tuple[list[Any], Any]]] = {
    "c2pa_create_stream": ([_PLACE] * 5, _PLACE),
    "c2pa_release_stream": ([_PLACE], None),
    "c2pa_reader_from_context": ([_PLACE], _PLACE),
    "c2pa_reader_with_stream": ([_PLACE, _TEXT, _PLACE], _PLACE),
    "c2pa_reader_with_manifest_data_and_stream": (
        [_PLACE, _TEXT, _PLACE, _TEXT, ctypes.c_size_t],
        _PLACE,
    ),
    "c2pa_reader_json": ([_PLACE], _PLACE),
    "c2pa_reader_resource_to_stream": ([_PLACE, _TEXT, _PLACE], ctypes.c_int64),
    "c2pa_builder_add_ingredient_from_stream": ([_PLACE, _TEXT, _TEXT, _PLACE], ctypes.c_int),
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


def _bind() -> dict[str, Callable[..., Any]]:
    """Our own prototypes over the library's functions; empty if anything is missing.

    A prototype of ours leaves the wrapper's own function objects as they are.
    """
    bound: dict[str, Callable[..., Any]] = {}
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


class _System(NamedTuple):
    """The addresses of the functions of the system that read and write a file."""

    read: int | None
    seek: int | None
    write: int | None
    flush: int | None


@cache
def _system() -> _System | None:
    """None where the system's functions have another form than the library's callbacks."""
    if os.name != "posix" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return None
    functions = ctypes.CDLL(None)
    names = (functions.read, functions.lseek, functions.write, functions.fsync)
    return _System(*(ctypes.cast(function, _PLACE).value for function in names))


def _of_descriptor(fd: int, system: _System) -> Any:
    stream = _CALLS["c2pa_create_stream"](fd, *system)
    if not stream:
        raise C2paError(_message())
    return stream


@contextmanager
def _held() -> Iterator[int]:
    """A file in memory that what the library writes is held in; one for each thread, used again."""
    fd: int | None = getattr(_HELD, "fd", None)
    if fd is None:
        fd = _HELD.fd = os.memfd_create("mediaoptout")
    os.lseek(fd, 0, os.SEEK_SET)
    try:
        yield fd
    finally:
        os.ftruncate(fd, 0)


_HELD: Final = threading.local()


@contextmanager
def _stream(source: Source) -> Iterator[ctypes.c_void_p]:
    """A source as a stream of the library, while it is needed."""
    system = _system()
    if isinstance(source, FileSource) and system is not None:
        os.lseek(source.fileno(), 0, os.SEEK_SET)
        stream = _of_descriptor(source.fileno(), system)
        try:
            yield stream
        finally:
            _CALLS["c2pa_release_stream"](stream)
    else:
        with Stream(BufferedReader(SourceStream(source))) as wrapped:
            yield _address(wrapped._stream)


class Found(NamedTuple):
    """A manifest store as the reader shows it.

    Args:
        document: what it says, and how it stands.
        store: its own bytes; empty where they were not asked for.
    """

    document: dict[str, Any]
    store: bytes


def manifests(
    source: Source,
    media_type: str,
    context: Context,
    store: bytes | None = None,
    *,
    whole: bool = False,
) -> Found:
    """What a file's manifest store says, and how it stands.

    Args:
        source: the file.
        media_type: what it is.
        context: how to read.
        store: a manifest store that stands beside the file; None for the one in it.
        whole: whether the store's own bytes are wanted too.

    Raises:
        C2paError: there is none, or it cannot be read.
        ValueError: the reader's answer is no JSON.
    """
    if not AVAILABLE:
        file = BufferedReader(SourceStream(source))
        with Reader(media_type, file, store, context) as wrapped:
            document = json.loads(wrapped.json())
            held = io.BytesIO()
            if whole:
                wrapped.resource_to_stream(_place(document), held)
            return Found(document, held.getvalue())
    with _stream(source) as stream:
        reader = _CALLS["c2pa_reader_from_context"](_address(context.execution_context))
        name = media_type.encode()
        if store is None:
            reader = _CALLS["c2pa_reader_with_stream"](reader, name, stream)
        else:
            reader = _CALLS["c2pa_reader_with_manifest_data_and_stream"](
                reader, name, stream, store, len(store)
            )
        if not reader:
            raise C2paError(_message())
        try:
            document = json.loads(_taken(_CALLS["c2pa_reader_json"](reader)))
            return Found(document, _whole(reader, document) if whole else b"")
        finally:
            wrapper._lib.c2pa_free(reader)


def _place(document: dict[str, Any]) -> str:
    """Where the active manifest stands; asked for it, the library gives the whole store."""
    return f"self#jumbf=/c2pa/{document.get('active_manifest')}"


def _whole(reader: int, document: dict[str, Any]) -> bytes:
    place = _place(document).encode()
    system = _system()
    if system is not None and hasattr(os, "memfd_create"):
        with _held() as fd:
            stream = _of_descriptor(fd, system)
            try:
                written = _CALLS["c2pa_reader_resource_to_stream"](reader, place, stream)
            finally:
                _CALLS["c2pa_release_stream"](stream)
            return os.pread(fd, written, 0) if written > 0 else b""
    held = io.BytesIO()
    with Stream(held) as sink:
        written = _CALLS["c2pa_reader_resource_to_stream"](reader, place, _address(sink._stream))
    return held.getvalue() if written > 0 else b""


def _taken(pointer: int | None) -> str:
    if not pointer:
        raise C2paError(_message())
    try:
        return ctypes.string_at(pointer).decode("utf-8")
    finally:
        wrapper._lib.c2pa_free(pointer)


def add_ingredient(builder: Builder, definition: dict[str, str], source: Source, kind: str) -> None:
    """Record a file, with its manifests, as an ingredient.

    Args:
        builder: what records it.
        definition: how to call it, and what it is to the new file.
        source: the file.
        kind: its media type.

    Raises:
        C2paError: the library refuses the file.
    """
    if not AVAILABLE:
        builder.add_ingredient_from_stream(definition, kind, BufferedReader(SourceStream(source)))
        return
    with _stream(source) as stream:
        failed = _CALLS["c2pa_builder_add_ingredient_from_stream"](
            _address(builder._handle), json.dumps(definition).encode(), kind.encode(), stream
        )
    if failed:
        raise C2paError(_message())


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


def sign_bmff(builder: Builder, media_type: str, file: Source) -> bytes:
    """The signed ``uuid`` box, as long as its placeholder.

    Args:
        builder: the builder that gave the placeholder.
        media_type: as given for the placeholder.
        file: the new file with the placeholder in it.
    """
    with _stream(file) as stream:
        failed = _CALLS["c2pa_builder_update_hash_from_stream"](
            _address(builder._handle), media_type.encode(), stream
        )
    if failed:
        raise C2paError(_message())
    return _call_for_bytes(
        "c2pa_builder_sign_embeddable", _address(builder._handle), media_type.encode()
    )
