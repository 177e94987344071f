"""What is compressed inside a container: zlib, deflate and Brotli, never without a bound."""

from __future__ import annotations

from mediaoptout.containers.images import MAX_INFLATED, inflate
from mediaoptout.errors import DamagedError, LimitError

_STEP = 1 << 16


def unbrotli(data: bytes, at: int, limit: int = MAX_INFLATED) -> bytes:
    """What Brotli data (RFC 7932) hold.

    Args:
        data: the compressed bytes.
        at: where they stand, for messages.
        limit: how many bytes may come out.

    Raises:
        DamagedError: they are no Brotli stream, or end too early.
        LimitError: more would come out.
    """
    import brotli

    state = brotli.Decompressor()
    parts: list[bytes] = []
    size = 0
    try:
        part = state.process(data, output_buffer_limit=_STEP)
        while part:
            parts.append(part)
            size += len(part)
            if size > limit:
                raise LimitError(f"a compressed text holds more than {limit} bytes", at=at)
            part = state.process(b"", output_buffer_limit=_STEP)
    except brotli.error as error:
        raise DamagedError(f"a compressed text cannot be read: {error}", at=at) from error
    if not state.is_finished():
        raise DamagedError("a compressed text ends too early", at=at)
    return b"".join(parts)


def expand(encoding: str, data: bytes, at: int) -> bytes:
    """The content of what is encoded as HTTP names it (RFC 9110, 8.4.1).

    Args:
        encoding: ``deflate``, ``br`` or empty.
        data: the encoded bytes.
        at: where they stand, for messages.

    Raises:
        DamagedError: the encoding is not known, or the data are not in it.
        LimitError: too much would come out.
    """
    match encoding:
        case "" | "identity":
            return data
        case "deflate":
            return inflate(data, at)
        case "br":
            return unbrotli(data, at)
    raise DamagedError(f"it is compressed in a way that is not known: {encoding!r}", at=at)
