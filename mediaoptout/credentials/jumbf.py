"""What a manifest store says in its own bytes: who signed, and what the hard binding leaves out.

The reference reader tells neither the certificates nor the excluded ranges. Both are read here from
the boxes (ISO/IEC 19566-5, JUMBF) and their CBOR (RFC 8949); signatures are the reader's business.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

_SUPERBOX: Final = b"jumb"
_DESCRIPTION: Final = b"jumd"
_CBOR: Final = b"cbor"
_LABELLED: Final = 0x02
_DATA_HASH: Final = "c2pa.hash.data"
_ALGORITHMS: Final = frozenset({"sha256", "sha384", "sha512"})
_KNOWN: Final = frozenset({"exclusions", "name", "pad", "pad2"})
_DEPTH: Final = 16
_HEADER: Final = struct.Struct(">I4s").unpack_from
_CHAIN: Final = (33, "x5chain")
_BINDINGS: Final = ("c2pa.hash.data", "c2pa.hash.bmff", "c2pa.hash.boxes")


class Range(NamedTuple):
    """Bytes of the file that the hard binding leaves out."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Binding:
    """What the hard binding leaves out.

    Args:
        ranges: the bytes that a data hash leaves out.
        boxes: the boxes that a BMFF or box hash leaves out, by path or name.
    """

    ranges: tuple[Range, ...] = ()
    boxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataHash:
    """A hard binding by the hash of all bytes but one range.

    Args:
        algorithm: as `hashlib` calls it.
        digest: the hash.
        excluded: the bytes that it leaves out.
    """

    algorithm: str
    digest: bytes
    excluded: Range


@dataclass(frozen=True, slots=True)
class Store:
    """What was read from the bytes of a manifest.

    Args:
        chain: the certificates (DER), the signer's first; empty where none could be read.
        binding: what the hard binding leaves out; None where none could be read.
        data_hash: the hard binding, where there is this one and no other.
    """

    chain: tuple[bytes, ...] = ()
    binding: Binding | None = None
    data_hash: DataHash | None = None


class _Box(NamedTuple):
    kind: bytes
    start: int
    end: int


@lru_cache(maxsize=4)
def read(data: bytes, label: str) -> Store:
    """What the manifest ``label`` of a store says; what cannot be read is left out.

    Args:
        data: the whole manifest store.
        label: the manifest's label.
    """
    try:
        store = next(_named(data, 0, len(data), "c2pa"))
        manifest = next(_named(data, store.start, store.end, label))
        parts = list(_labelled(data, manifest.start, manifest.end))
        bindings = list(_bindings(data, parts))
        return Store(_chain(data, parts), _left_out_by(bindings), _data_hash(bindings))
    except (StopIteration, ValueError, IndexError, struct.error, RecursionError):
        return Store()


def is_store(data: bytes) -> bool:
    """Whether something is a manifest store: one box of that label, and nothing after it."""
    try:
        box = next(_boxes(data, 0, len(data)))
        return (box.kind, box.end, _label(data, box)) == (_SUPERBOX, len(data), "c2pa")
    except (StopIteration, ValueError, IndexError, struct.error):
        return False


def _boxes(data: bytes, start: int, end: int) -> Iterator[_Box]:
    while end - start >= 8:
        size, kind = _HEADER(data, start)
        header = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
            header = 16
        stop = end if size == 0 else start + size
        if (size and size < header) or stop > end:
            raise ValueError("a box is longer than what holds it")
        yield _Box(kind, start + header, stop)
        start = stop


def _label(data: bytes, box: _Box) -> str:
    """The label in the description box that a superbox begins with; empty where it has none."""
    if box.end - box.start < 8 + 17 or data[box.start + 4 : box.start + 8] != _DESCRIPTION:
        return ""
    stop = box.start + int.from_bytes(data[box.start : box.start + 4], "big")
    if stop > box.end:
        raise ValueError("a box is longer than what holds it")
    if not data[box.start + 8 + 16] & _LABELLED:
        return ""
    start = box.start + 8 + 17
    return data[start : data.index(b"\0", start, stop)].decode("utf-8", "replace")


def _labelled(data: bytes, start: int, end: int) -> Iterator[tuple[str, _Box]]:
    """The superboxes, each with its label."""
    for box in _boxes(data, start, end):
        if box.kind == _SUPERBOX:
            yield _label(data, box), box


def _named(data: bytes, start: int, end: int, label: str) -> Iterator[_Box]:
    """The superboxes with this label."""
    return (box for name, box in _labelled(data, start, end) if name == label)


def _contents(data: bytes, box: _Box) -> Iterator[Any]:
    for inner in _boxes(data, box.start, box.end):
        if inner.kind == _CBOR:
            yield _value(data, inner.start, 0)[0]


def _chain(data: bytes, parts: Sequence[tuple[str, _Box]]) -> tuple[bytes, ...]:
    signature = next((box for name, box in parts if name == "c2pa.signature"), None)
    if signature is None:
        return ()
    for message in map(_list, _contents(data, signature)):
        protected, unprotected = (*message, b"", {})[:2]
        headers = [unprotected]
        if isinstance(protected, bytes) and protected:
            headers.insert(0, _value(protected, 0, 0)[0])
        for header in map(_map, headers):
            for key in _CHAIN:
                found = header.get(key)
                if isinstance(found, bytes):
                    return (found,)
                if isinstance(found, list):
                    return tuple(item for item in found if isinstance(item, bytes))
    return ()


def _bindings(
    data: bytes, parts: Sequence[tuple[str, _Box]]
) -> Iterator[tuple[str, list[Mapping[Any, Any]]]]:
    """The hard bindings of a manifest: the label of each, and what it says."""
    for place, store in parts:
        if place == "c2pa.assertions":
            for name, box in _labelled(data, store.start, store.end):
                if name.startswith(_BINDINGS):
                    yield name, list(map(_map, _contents(data, box)))


def _left_out_by(bindings: Sequence[tuple[str, list[Mapping[Any, Any]]]]) -> Binding | None:
    """What all of them leave out, together."""
    contents = [content for _, said in bindings for content in said]
    ranges = (item for content in contents for item in _ranges(content))
    boxes = (item for content in contents for item in _left_out(content))
    return Binding(tuple(ranges), tuple(boxes)) if bindings else None


def _data_hash(bindings: Sequence[tuple[str, list[Mapping[Any, Any]]]]) -> DataHash | None:
    match bindings:
        case [(label, [{"hash": bytes(digest), "alg": str(algorithm), **more} as content])]:
            excluded = tuple(_ranges(content))
            plain = label == _DATA_HASH and algorithm in _ALGORITHMS and not more.keys() - _KNOWN
            if plain and len(excluded) == 1 and len(_list(content.get("exclusions"))) == 1:
                return DataHash(algorithm, digest, excluded[0])
    return None


def _ranges(content: Mapping[Any, Any]) -> Iterator[Range]:
    for item in map(_map, _list(content.get("exclusions"))):
        start, length = item.get("start"), item.get("length")
        if isinstance(start, int) and isinstance(length, int):
            yield Range(start, length)


def _left_out(content: Mapping[Any, Any]) -> Iterator[str]:
    """Boxes that are excluded without being hashed elsewhere (`c2pa.hash.bmff`, `.boxes`)."""
    pieces = bool(content.get("merkle"))
    for item in map(_map, _list(content.get("exclusions"))):
        path = item.get("xpath")
        if isinstance(path, str) and not (pieces and path == "/mdat") and not item.get("subset"):
            yield path
    for item in map(_map, _list(content.get("boxes"))):
        if item.get("excluded"):
            yield from (name for name in _list(item.get("names")) if isinstance(name, str))


def _map(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _value(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """One CBOR item and where it ends."""
    if depth > _DEPTH:
        raise ValueError("CBOR is nested too deeply")
    major, short = data[at] >> 5, data[at] & 31
    at += 1
    if short < 24:
        number = short
    elif short < 28:
        width = 1 << (short - 24)
        if len(data) < at + width:
            raise ValueError("CBOR ends early")
        number = int.from_bytes(data[at : at + width], "big")
        at += width
    elif short == 31 and 2 <= major <= 5:
        return _indefinite(data, at, major, depth)
    else:
        raise ValueError("CBOR of unknown length")
    match major:
        case 0:
            return number, at
        case 1:
            return -1 - number, at
        case 2 | 3:
            if number > len(data) - at:
                raise ValueError("CBOR ends early")
            text = data[at : at + number]
            return (text if major == 2 else text.decode("utf-8", "replace")), at + number
        case 4:
            items = []
            for _ in range(number):
                item, at = _value(data, at, depth + 1)
                items.append(item)
            return items, at
        case 5:
            fields = {}
            for _ in range(number):
                key, at = _value(data, at, depth + 1)
                fields[_key(key)], at = _value(data, at, depth + 1)
            return fields, at
        case 6:
            return _value(data, at, depth + 1)
        case _:
            return {20: False, 21: True}.get(short), at


def _indefinite(data: bytes, at: int, major: int, depth: int) -> tuple[Any, int]:
    items = []
    while data[at] != 0xFF:
        item, at = _value(data, at, depth + 1)
        items.append(item)
    if major == 4:
        return items, at + 1
    if major == 5:
        return {_key(key): item for key, item in zip(items[::2], items[1::2], strict=True)}, at + 1
    return (b"" if major == 2 else "").join(items), at + 1


def _key(key: Any) -> Any:
    return key if isinstance(key, (int, str, bytes)) else repr(key)
