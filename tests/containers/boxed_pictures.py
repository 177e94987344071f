"""Pictures made of boxes, for tests: decoded by several libraries, and built box by box."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mediaoptout.containers.bmff.boxes import make_box, make_full_box
from tests import witnesses
from tests.containers.harness import ContainerContract


class PictureContract(ContainerContract):
    """The contract, with what several libraries decode."""

    kind = "pictures"

    def test_others_decode_the_same(self, path, written):
        before = decoded(path)
        assert decoded(written) == before
        assert before

    def test_exiv2_misses_nothing(self, path, written):
        before, after = witnesses.exiv2(path), witnesses.exiv2(written)
        if before is None or after is None:
            pytest.skip("no exiv2 here")
        gone = {key for key, value in before.items() if value and after.get(key) != value}
        assert [key for key in gone if not self.excused(key)] == []
        # It does not read all forms of such files; where it found a packet, it finds ours.
        if any(key.startswith("Xmp.") for key in before):
            assert "Xmp.plus.DataMining" in after


XMP_TYPE = b"application/rdf+xml\0"


def decoded(path: Path) -> list[str]:
    """A digest of the picture for each library that can decode it, with its name."""
    found = {"pillow": witnesses.pixels(path)}
    found |= {"libheif": _libheif(path), "imagecodecs": _imagecodecs(path), "ffmpeg": _ffmpeg(path)}
    return [f"{name} {value}" for name, value in found.items() if value not in (None, "unreadable")]


def _ffmpeg(path: Path) -> str | None:
    command = ["-v", "error", "-nostdin", "-i", str(path), "-map", "0", "-f", "streamhash", "-"]
    if not shutil.which("ffmpeg"):
        return None
    done = subprocess.run(["ffmpeg", *command], capture_output=True, check=False)
    return done.stdout.decode() or None


def _libheif(path: Path) -> str | None:
    import pillow_heif

    try:
        pictures = pillow_heif.open_heif(path)
        digest = hashlib.sha256()
        for picture in pictures:
            digest.update(f"{picture.mode!s} {picture.size}".encode())
            digest.update(bytes(picture.data))
    except (OSError, ValueError, RuntimeError, SyntaxError):
        return None
    return digest.hexdigest()


_DECODERS = {".jxl": "jpegxl_decode", ".jp2": "jpeg2k_decode", ".avif": "avif_decode"}


def _imagecodecs(path: Path) -> str | None:
    import imagecodecs

    name = _DECODERS.get(path.suffix.lower())
    if name is None:
        return None
    try:
        pixels = getattr(imagecodecs, name)(path.read_bytes())
    except (RuntimeError, ValueError):
        return None
    return hashlib.sha256(pixels.tobytes()).hexdigest()


@dataclass(frozen=True)
class Item:
    """An item of a picture that is built.

    Args:
        id: its ID.
        type: its type.
        data: its bytes.
        describes: the items that it describes.
        method: 0 in a media data box, 1 in ``idat``.
        parts: how many extents it has.
        encoding: how it says that it is compressed.
    """

    id: int
    type: bytes
    data: bytes
    describes: tuple[int, ...] = ()
    method: int = 0
    parts: int = 1
    encoding: bytes = b""

    def extents(self) -> list[bytes]:
        """Its bytes, part by part."""
        step = -(-len(self.data) // self.parts) or 1
        return [self.data[at : at + step] for at in range(0, len(self.data), step)]


@dataclass(frozen=True)
class Heif:
    """A picture that is built.

    Args:
        items: its items; the first is the primary one.
        version: that of the item location box.
        offset: the size of its offsets; likewise ``length``, ``base`` and ``index``.
        wide: item IDs of 32 bits where there is a choice.
        meta_last: the ``meta`` box stands behind the media data.
        free: the size of a ``free`` box behind ``meta``, and whether it stands in it.
        several: each item has a media data box of its own.
        trailer: boxes behind all others.
        brand: the major brand.
        shift: how far the bases are from where the extents are counted.
    """

    items: tuple[Item, ...]
    version: int = 0
    offset: int = 4
    length: int = 4
    base: int = 0
    index: int = 0
    wide: bool = False
    meta_last: bool = False
    free: int = 0
    free_inside: bool = False
    several: bool = False
    relations: bool = True
    trailer: bytes = b""
    brand: bytes = b"mif1"
    shift: int = 0
    others: tuple[bytes, ...] = field(default=())

    def build(self) -> bytes:
        """The file."""
        start = make_box(b"ftyp", self.brand, bytes(4), b"mif1heic")
        places: dict[int, int] = {}
        for _ in range(2):  # the sizes do not depend on the places
            meta = self._meta(places)
            at = len(start) + (0 if self.meta_last else len(meta))
            media = self._media(at, places)
        return start + (media + meta if self.meta_last else meta + media) + self.trailer

    def _media(self, at: int, places: dict[int, int]) -> bytes:
        items = [item for item in self.items if not item.method]
        rows = [[item] for item in items] if self.several else [items]
        made = b""
        for row in rows:
            here = at + len(made) + 8
            for item in row:
                places[item.id] = here
                here += len(item.data)
            made += make_box(b"mdat", *(item.data for item in row))
        return made

    def _meta(self, places: dict[int, int]) -> bytes:
        handler = make_full_box(b"hdlr", bytes(4), b"pict", bytes(13))
        width = 4 if self.wide else 2
        primary = (b"\1" if self.wide else b"\0") + bytes(3)
        boxes = [handler, make_box(b"pitm", primary, self.items[0].id.to_bytes(width, "big"))]
        boxes += [self._iloc(places), self._iinf(width)]
        if self.relations:
            made = [
                make_box(b"cdsc", *_ids((item.id, len(item.describes), *item.describes), width))
                for item in self.items
                if item.describes
            ]
            boxes.append(make_box(b"iref", primary, *made))
        boxes.append(make_box(b"iprp", make_box(b"ipco", make_box(b"ispe", bytes(12)))))
        stored = b"".join(item.data for item in self.items if item.method)
        if stored:
            boxes.append(make_box(b"idat", stored))
        boxes += self.others
        free = make_box(b"free", bytes(self.free - 8)) if self.free else b""
        meta = make_full_box(b"meta", *boxes, free if self.free_inside else b"")
        return meta if self.free_inside else meta + free

    def _iinf(self, width: int) -> bytes:
        entries = []
        for item in self.items:
            version = b"\3" if self.wide else b"\2"
            tail = XMP_TYPE + item.encoding + b"\0" if item.type == b"mime" else b""
            number = item.id.to_bytes(width, "big")
            entries.append(
                make_box(b"infe", version, bytes(3), number, bytes(2), item.type, b"\0", tail)
            )
        count = len(entries).to_bytes(4 if self.wide else 2, "big")
        return make_box(b"iinf", b"\1" if self.wide else b"\0", bytes(3), count, *entries)

    def _iloc(self, places: dict[int, int]) -> bytes:
        width = 4 if self.version == 2 else 2
        sizes = bytes((self.offset << 4 | self.length, self.base << 4 | self.index))
        rows = [len(self.items).to_bytes(width, "big")]
        stored = 0
        for item in self.items:
            place = places.get(item.id, 0)
            if item.method:
                place, stored = stored, stored + len(item.data)
            rows.append(item.id.to_bytes(width, "big"))
            if self.version:
                rows.append(item.method.to_bytes(2, "big"))
            base = max(0, place - self.shift) if self.base else 0
            rows += [bytes(2), base.to_bytes(self.base, "big")]
            parts = item.extents()
            rows.append(len(parts).to_bytes(2, "big"))
            for part in parts:
                rows.append((0).to_bytes(self.index if self.version else 0, "big"))
                rows.append((place - base).to_bytes(self.offset, "big"))
                rows.append(len(part).to_bytes(self.length, "big"))
                place += len(part)
        return make_box(b"iloc", bytes((self.version, 0, 0, 0)), sizes, *rows)


def _ids(numbers: Sequence[int], width: int) -> Iterable[bytes]:
    """An ID, a count of 16 bits, then IDs."""
    yield numbers[0].to_bytes(width, "big")
    yield numbers[1].to_bytes(2, "big")
    yield from (number.to_bytes(width, "big") for number in numbers[2:])
