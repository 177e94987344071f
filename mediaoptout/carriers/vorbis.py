"""The Vorbis comment block (Vorbis I, section 5), as FLAC and Ogg streams carry it.

A vendor string and a list of ``KEY=text`` in UTF-8; keys are ASCII and their case does not matter,
and a key may stand several times. The framing bit of Ogg Vorbis is not part of this block. Of the
keys that we write, ``COPYRIGHT`` and ``LICENSE`` are in common use; the others are our convention.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mediaoptout.carriers import xmp
from mediaoptout.carriers.merged import Merged, Retouch
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import Copy, Insert, PatchedSource, Piece
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies import identifying
from mediaoptout.vocabularies.properties import Entry, LangAlt, Property, as_text
from mediaoptout.vocabularies.prose import is_ours
from mediaoptout.vocabularies.settle import is_known, leaves, settle
from mediaoptout.words import Carrier

VENDOR: Final = b"mediaoptout"
"""The vendor string of a block that we make; that of an existing block stays."""

KEYS: Final = {
    "tdm:reservation": "TDM-RESERVATION",
    "tdm:policy": "TDM-POLICY",
    "dc:rights": "COPYRIGHT",
    "xmpRights:UsageTerms": "USAGE_TERMS",
    "xmpRights:WebStatement": "LICENSE",
    **identifying.TAGS,
}
"""The key for each property that a Vorbis comment can hold."""

MAX_COMMENTS: Final = 1 << 20
"""How many comments a block may have."""

_NAMES: Final = {key: name for name, key in KEYS.items()} | {
    **identifying.READ,
    "COMMENT": "xmpDM:logComment",
    "DESCRIPTION": "xmpDM:logComment",
}
_XMP: Final = "XMP"
_PICTURE: Final = "METADATA_BLOCK_PICTURE"
"""The key whose text is a ``PICTURE`` block of FLAC in base64 (Xiph wiki, *VorbisComment*)."""
_LONGEST_KEY: Final = max(map(len, (*_NAMES, _XMP, _PICTURE)))
_MACHINE: Final = "tdm:reservation"


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment of a key that we know, from its length field on; the key in upper case."""

    start: int
    end: int
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class _Block:
    """Where things stand in a block.

    Args:
        count_at: the offset of the number of comments.
        count: that number.
        known: the comments of keys that we know, in order.
        end: where the last comment ends.
    """

    count_at: int
    count: int
    known: tuple[_Comment, ...]
    end: int


@dataclass(slots=True)
class _Plan:
    """What becomes of a block's comments; a comment that goes is replaced by nothing."""

    replaced: dict[_Comment, bytes] = field(default_factory=dict)
    added: list[bytes] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


def parse(data: bytes, location: str) -> tuple[Entry, ...]:
    """What the block says about rights, and what a packet in a field ``XMP`` says.

    The field ``XMP`` is no standard and is only read; one that is no packet says nothing.

    Args:
        data: the block, from the length of the vendor string on.
        location: where it stands, as people name it.

    Raises:
        DamagedError: a length leads out of the block.
        LimitError: there are more than `MAX_COMMENTS`.
    """
    entries: list[Entry] = []
    for comment in _read(data).known:
        if comment.key == _XMP:
            entries.extend(_packet(comment.text, f"{location}/{_XMP}"))
            continue
        if comment.key == _PICTURE:
            continue
        name = _NAMES[comment.key]
        if name == "xmpDM:logComment" and is_ours(comment.text):
            name = "xmpRights:UsageTerms"
        entries.append(Entry(Carrier.VORBIS_COMMENT, location, name, comment.key, comment.text))
    return tuple(entries)


def length(data: bytes) -> int:
    """How many bytes of ``data`` the block takes; what is behind belongs to the container.

    Args:
        data: from the length of the vendor string on.

    Raises:
        DamagedError: a length leads out of ``data``.
        LimitError: there are more than `MAX_COMMENTS`.
    """
    return _read(data).end


def merge(
    data: bytes | None,
    properties: Iterable[Property],
    *,
    force: bool = False,
    retouch: Retouch | None = None,
) -> Merged:
    """The block with ours in it; the vendor string and all other comments are copies.

    Usage terms in several languages become several comments, the default first.

    Args:
        data: the block, from the length of the vendor string on; None if there is none.
        properties: what shall be said.
        force: replace contrary statements of others.
        retouch: what changes the ``PICTURE`` blocks in the comments; None where they stay.

    Raises:
        DamagedError: a length in ``data`` leads out of the block.
        LimitError: ``data`` has more than `MAX_COMMENTS`.
        RefusedError: somebody else says the contrary, and ``force`` is not given.
    """
    plan = _Plan()
    block = _read(data) if data is not None else None
    for wanted in properties:
        if wanted.name in KEYS:
            key = KEYS[wanted.name]
            present = [item for item in block.known if item.key == key] if block else []
            _settle(plan, wanted, present, force)
    if data is not None and block is not None:
        if retouch is not None:
            _retouch(plan, data, block, retouch)
        pieces = () if _was_ours(data, block, plan) else _pieces(data, block, plan)
    elif plan.added:
        head = struct.pack("<I", len(VENDOR)) + VENDOR + struct.pack("<I", len(plan.added))
        pieces = (Insert(head + b"".join(plan.added)),)
    else:
        pieces = ()
    return Merged(pieces, frozenset(plan.said), tuple(plan.warnings))


def _settle(plan: _Plan, wanted: Property, present: Sequence[_Comment], force: bool) -> None:
    """Decide about the comments of one key.

    Texts of others stay. Ours (known by how they begin, or by saying just this) are brought up to
    date one by one; a reservation is settled in each place where one stands.
    """
    name, key = wanted.name, KEYS[wanted.name]
    if wanted.goes:
        plan.replaced.update((item, b"") for item in present if leaves(wanted, item.text))
        return
    texts = _texts(wanted)
    mine = [item for item in present if item.text in texts or is_known(wanted, item.text)]
    if name == _MACHINE:
        mine, texts = list(present), texts * max(1, len(present))
    elif present and not mine:
        plan.warnings.append(f"{name} of somebody else was kept ({key})")
        return
    for item, text in zip(mine, texts, strict=False):
        settled = settle(wanted.says(text), item.text, force=force)
        if settled.warning:
            plan.warnings.append(settled.warning)
        if settled.value != item.text:
            plan.replaced[item] = _comment(key, as_text(settled.value))
    plan.replaced.update((item, b"") for item in mine[len(texts) :])
    plan.added.extend(_comment(key, text) for text in texts[len(mine) :])
    plan.said.add(name)


def _retouch(plan: _Plan, data: bytes, block: _Block, retouch: Retouch) -> None:
    """Change the pictures; a text that is no base64 is none."""
    for item in block.known:
        if item.key != _PICTURE:
            continue
        try:
            picture = binascii.a2b_base64(item.text, strict_mode=True)
        except ValueError:
            continue
        try:
            patch = retouch(BytesSource(picture))
        except RefusedError as error:
            plan.warnings.append(error.message)
            continue
        if patch is not None:
            changed = PatchedSource(BytesSource(picture), patch)
            new = changed.read(0, changed.size)
            key = data[item.start + 4 : item.start + 4 + len(_PICTURE)].decode("ascii")
            plan.replaced[item] = _comment(key, binascii.b2a_base64(new, newline=False).decode())


def _texts(wanted: Property) -> list[str]:
    """The texts to write: one a language, none twice."""
    if isinstance(wanted.value, LangAlt) and wanted.name == "xmpRights:UsageTerms":
        texts = (wanted.value.default, *(text for _, text in wanted.value.items))
        return list(dict.fromkeys(texts))
    return [as_text(wanted.value)]


def _was_ours(data: bytes, block: _Block, plan: _Plan) -> bool:
    """Whether the block is one that we made, and nothing is left in it."""
    gone = sum(not comment for comment in plan.replaced.values())
    empty = 0 < gone == block.count and not plan.added
    return empty and data[4 : block.count_at] == VENDOR


def _pieces(data: bytes, block: _Block, plan: _Plan) -> tuple[Piece, ...]:
    gone = sum(not comment for comment in plan.replaced.values())
    count = block.count + len(plan.added) - gone
    pieces: list[Piece] = [Copy(0, block.count_at)]
    same = count == block.count
    at = block.count_at + 4
    pieces.append(Copy(block.count_at, at) if same else Insert(struct.pack("<I", count)))
    for item in block.known:
        if item in plan.replaced:
            pieces += [Copy(at, item.start), Insert(plan.replaced[item])]
            at = item.end
    pieces.append(Copy(at, block.end))
    pieces += [Insert(comment) for comment in plan.added]
    pieces.append(Copy(block.end, len(data)))
    return tuple(pieces)


def _comment(key: str, text: str) -> bytes:
    payload = f"{key}={text}".encode()
    return struct.pack("<I", len(payload)) + payload


def _read(data: bytes) -> _Block:
    count_at = _skip(data, 0)
    if count_at + 4 > len(data):
        raise _too_long(count_at)
    (count,) = struct.unpack_from("<I", data, count_at)
    if count > MAX_COMMENTS:
        raise LimitError(f"{count} comments (limit {MAX_COMMENTS})", at=f"comments+{count_at}")
    known: list[_Comment] = []
    at = count_at + 4
    for _ in range(count):
        end = _skip(data, at)
        sign = data.find(b"=", at + 4, min(end, at + 5 + _LONGEST_KEY))
        key = data[at + 4 : sign].decode("latin-1").upper() if sign > 0 else ""
        if key in _NAMES or key in (_XMP, _PICTURE):
            known.append(_Comment(at, end, key, data[sign + 1 : end].decode("utf-8", "replace")))
        at = end
    return _Block(count_at, count, tuple(known), at)


def _skip(data: bytes, at: int) -> int:
    """Where the string whose length stands at ``at`` ends."""
    if at + 4 > len(data):
        raise _too_long(at)
    end = at + 4 + int.from_bytes(data[at : at + 4], "little")
    if end > len(data):
        raise _too_long(at)
    return end


def _too_long(at: int) -> DamagedError:
    return DamagedError("a comment is longer than its block", at=f"comments+{at}")


def _packet(text: str, location: str) -> tuple[Entry, ...]:
    try:
        return xmp.parse(text.encode(), location)
    except (DamagedError, LimitError):
        return ()
