"""The hard binding of a large file, checked by us while the reader validates all the rest.

To hash a file, the reference reader takes it into memory in pieces of 256 MiB, and one that is
bound in an ID3 tag as a whole. Where the binding is plain (C2PA 2.2, 9.2.1: one hash of all bytes
but those of the manifest store itself), the reader is given the store alone, and the bytes are
hashed here. Anything else is left to the reader.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from c2pa import Context

from mediaoptout.credentials import jumbf, library
from mediaoptout.credentials.library import Found
from mediaoptout.splice.source import BytesSource, Source, stepped

LARGE: Final = 8 << 20
"""From this size on: 8 MiB."""

MISMATCH: Final = "assertion.dataHash.mismatch"
MATCH: Final = "assertion.dataHash.match"

OCTETS: Final = "application/octet-stream"
"""The media type of any bytes: what the reader hashes then is all of them, whatever they are."""

_NOTHING: Final = BytesSource(b"\0")
"""What the reader hashes instead: it finds that this is not what was signed, and nothing else."""


@dataclass(frozen=True, slots=True)
class Held:
    """The one manifest store of a file, as its container holds it.

    Args:
        store: the store.
        frame: the same as it stands in the file: exactly what a data hash must leave out.
    """

    store: bytes
    frame: bytes


def validated(source: Source, held: Held, context: Context) -> Found | None:
    """What the reader finds, with the file hashed by us; None where it must do that itself.

    Args:
        source: the file.
        held: its manifest store.
        context: how to read.

    Raises:
        C2paError: the store cannot be read.
    """
    found = library.manifests(_NOTHING, OCTETS, context, held.store)
    bound = jumbf.read(held.store, str(found.document.get("active_manifest"))).data_hash
    if bound is None or not _leaves_out(source, bound.excluded, held.frame):
        return None
    results = found.document.get("validation_results", {}).get("activeManifest", {})
    failures = results.get("failure", [])
    told = [item for item in failures if item.get("code") == MISMATCH]
    if not told or any(item.get("url") != told[0].get("url") for item in told):
        return None
    others = [item for item in failures if item.get("code") != MISMATCH]
    if _digest(source, bound) == bound.digest:
        results["failure"] = others
        results["success"] = [*results.get("success", ()), {"code": MATCH}]
    else:
        results["failure"] = [*others, {"code": MISMATCH}]
    return Found(found.document, held.store)


def _leaves_out(source: Source, excluded: jumbf.Range, frame: bytes) -> bool:
    """Whether the range is exactly that of the store."""
    start, length = excluded
    inside = 0 <= start <= source.size - length
    return length == len(frame) and inside and source.read(start, start + length) == frame


def _digest(source: Source, bound: jumbf.DataHash) -> bytes:
    digest = hashlib.new(bound.algorithm)
    start, length = bound.excluded
    for begin, end in ((0, start), (start + length, source.size)):
        for data in stepped(source, begin, end):
            digest.update(data)
    return digest.digest()
