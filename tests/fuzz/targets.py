"""What is fuzzed: every container of the registry, and every carrier by itself.

A target takes bytes, does with them what ``embed`` and ``verify`` would do, and returns nothing.
Whatever it raises, other than `MediaoptoutError`, is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from mediaoptout.carriers import (
    ape,
    ebml,
    exif,
    id3,
    id3v1,
    iim,
    ilst,
    info,
    matroska,
    userdata,
    vorbis,
    xmp,
)
from mediaoptout.carriers.merged import Merged
from mediaoptout.containers.base import Container, Layout, Wanted
from mediaoptout.containers.proof import proven
from mediaoptout.containers.registry import CONTAINERS, detect
from mediaoptout.errors import MediaoptoutError
from mediaoptout.splice.journal import Record
from mediaoptout.splice.patch import Insert, Patch, PatchedSource
from mediaoptout.splice.source import MAX_READ, BytesSource, Source
from mediaoptout.vocabularies.properties import Bag, Entry, LangAlt, Property
from mediaoptout.vocabularies.reading import resolve, statements
from mediaoptout.words import Carrier
from tests.conftest import SAMPLES

PROPERTIES: Final = (
    Property("plus:DataMining", "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"),
    Property("tdm:reservation", "1"),
    Property("tdm:policy", "https://rights.example.org/tdm.json"),
    Property("dc:rights", LangAlt((("x-default", "© Example. All rights reserved."),))),
    Property("xmpRights:UsageTerms", LangAlt((("x-default", "No training."), ("fr", "Non.")))),
    Property("xmpRights:WebStatement", "https://rights.example.org/terms"),
    Property("xmpRights:Marked", "True"),
    Property("xmpRights:Owner", Bag(("Example",))),
)
"""What every target tries to say."""

WISHES: Final = (
    Wanted(properties=PROPERTIES, force=True, upgrade_id3=True, wrap_jxl=True),
    Wanted(properties=PROPERTIES, manifest=5000),
    Wanted(properties=PROPERTIES, drop_manifest=True, padding=0),
    Wanted(properties=PROPERTIES, carriers=frozenset({Carrier.RIFF_INFO, Carrier.AXML})),
)
"""The ways in which a container is asked to say it."""

STORE: Final = bytes(5000)
LARGEST_SEED: Final = 40 << 10
ROOM: Final = 16 << 20
"""How much more than what it is given a patch may insert: what one compressed block may hold."""

Exercise = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads bytes of strangers.

    Args:
        name: its word on the command line, and its folder in ``tests/regressions``.
        exercise: what is called with the bytes.
        seeds: well-formed inputs to begin with.
    """

    name: str
    exercise: Exercise
    seeds: Callable[[], tuple[bytes, ...]]


class Counted:
    """A source that counts what was read of it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.total = 0

    @property
    def size(self) -> int:
        return self._source.size

    def read(self, start: int, end: int) -> bytes:
        assert end - start <= MAX_READ or start > end or end > self.size
        data = self._source.read(start, end)
        self.total += len(data)
        return data


# --- containers -----------------------------------------------------------------------------


def exercise_container(container: Container, data: bytes) -> None:
    """Recognise, read, plan in every way and read back, as ``embed`` and ``verify`` do it."""
    source = Counted(BytesSource(data))
    with suppress(MediaoptoutError):
        if container.recognises(source, data[:64]):
            _read_and_plan(container, source)
    assert source.total <= 256 * (len(data) + (1 << 16)), "more is read than is linear"


def _read_and_plan(container: Container, source: Source) -> None:
    layout = container.read(source)
    resolve(statements(entry for block in layout.blocks for entry in block.entries))
    if layout.manifest is not None:
        with suppress(MediaoptoutError):
            container.manifest_store(source, layout)
    if layout.obstacle is not None:
        return
    for wanted in WISHES:
        can_sign = Carrier.C2PA in container.carries and container.carries[Carrier.C2PA].write
        if wanted.manifest is None or can_sign:
            with suppress(MediaoptoutError):
                _plan(container, source, layout, wanted)


def _plan(container: Container, source: Source, layout: Layout, wanted: Wanted) -> None:
    patch = container.change(source, layout, wanted).patch
    inserted = sum(piece.size for piece in patch.pieces if isinstance(piece, Insert))
    assert inserted <= source.size + ROOM, "the patch inserts out of proportion"
    for name, span in patch.holes:
        frame = container.frame_manifest(STORE)
        assert span.size == len(frame), "the hole does not fit the manifest"
        patch = patch.fill(name, frame)
    changed = PatchedSource(source, patch)
    after = container.read(changed)
    proven(container, source, layout, after, patch)


@cache
def _samples() -> Mapping[str, tuple[bytes, ...]]:
    """The samples by the family that they belong to."""
    found: dict[str, list[bytes]] = {container.name: [] for container in CONTAINERS}
    for path in sorted(SAMPLES.glob("*/*")):
        if path.stat().st_size <= LARGEST_SEED:
            data = path.read_bytes()
            container = detect(BytesSource(data))
            if container is not None:
                found[container.name].append(data)
    return {name: tuple(files) for name, files in found.items()}


def _container_seeds(container: Container) -> tuple[bytes, ...]:
    """The family's samples, as they are and with everything that we write."""
    plain = _samples()[container.name]
    return (*plain, *(changed for data in plain for changed in _changed(container, data)))


def _changed(container: Container, data: bytes) -> Iterator[bytes]:
    source = BytesSource(data)
    layout = container.read(source)
    if layout.obstacle is None:
        with suppress(MediaoptoutError):
            patch = container.change(source, layout, WISHES[0]).patch
            yield PatchedSource(source, patch).read(0, patch.size)


# --- carriers -------------------------------------------------------------------------------


def _merges(
    parse: Callable[[bytes, str], object], merge: Callable[[bytes | None], Merged], data: bytes
) -> None:
    """Parse a block, merge into it, and parse what that gives."""
    with suppress(MediaoptoutError):
        parse(data, "here")
    with suppress(MediaoptoutError):
        parse(merge(data).rendered(data), "here")


def _merged(merge: Callable[[bytes | None], Merged]) -> tuple[bytes, ...]:
    return (merge(None).rendered(b""),)


def _merge_xmp(data: bytes | None) -> Merged:
    return xmp.merge(data, PROPERTIES, force=True)


def _merge_id3(data: bytes | None) -> Merged:
    return id3.merge(data, PROPERTIES, force=True, upgrade=True)


def _merge_info(data: bytes | None) -> Merged:
    return info.merge(data, PROPERTIES, force=True)


def _merge_vorbis(data: bytes | None) -> Merged:
    return vorbis.merge(data, PROPERTIES, force=True)


def _merge_matroska(data: bytes | None) -> Merged:
    return matroska.merge(data, PROPERTIES, force=True)


def _matroska(data: bytes) -> None:
    with suppress(MediaoptoutError):
        matroska.others(data)
    with suppress(MediaoptoutError):
        for _ in ebml.children(data):
            pass
    _merges(matroska.parse, _merge_matroska, data)


def _ape(data: bytes) -> None:
    source = BytesSource(data)
    with suppress(MediaoptoutError):
        ape.leading_span(source, 0)
        span = ape.tag_span(source, source.size)
        if span is not None:
            tag = ape.read_tag(source, span)
            ape.entries(tag, "here")
            tuple(ape.foreign(tag))
            ape.merge_tag(tag, PROPERTIES, force=True)


def _ape_seeds() -> tuple[bytes, ...]:
    return (ape.merge_tag(None, PROPERTIES).rendered(b""),)


def _id3v1(data: bytes) -> None:
    tag = id3v1.parse(data)
    if tag is not None:
        tuple(id3v1.entries(tag, "here"))


def _ilst(data: bytes) -> None:
    source = BytesSource(data)
    with suppress(MediaoptoutError):
        ilst.read_keys(source, 0, source.size)
    with suppress(MediaoptoutError):
        items = ilst.read(source, 0, source.size)
        ilst.entries(items, "here")
        ilst.merge(items, 0, source.size, PROPERTIES, force=True)


def _ilst_seeds() -> tuple[bytes, ...]:
    return (ilst.merge((), 0, 0, PROPERTIES, force=True).rendered(b""),)


def _userdata(data: bytes) -> None:
    rights = next(item for item in PROPERTIES if item.name == "dc:rights")
    for form, kind in userdata.KINDS.items():
        with suppress(MediaoptoutError):
            userdata.entries(kind, userdata.parse(kind, data[8:]), "here")
        with suppress(MediaoptoutError):
            userdata.merge(form, data, rights, force=True)


def _userdata_seeds() -> tuple[bytes, ...]:
    rights = next(item for item in PROPERTIES if item.name == "dc:rights")
    return tuple(
        userdata.merge(form, None, rights, force=True).rendered(b"") for form in userdata.KINDS
    )


def _exif(data: bytes) -> None:
    with suppress(MediaoptoutError):
        exif.parse(data, "here")
    with suppress(MediaoptoutError):
        exif.survey(data)
    with suppress(MediaoptoutError):
        merged = exif.merge(data, PROPERTIES, limit=65535, force=True)
        exif.parse(merged.rendered(data), "here")


def _exif_seeds() -> tuple[bytes, ...]:
    files = (data.partition(b"Exif\0\0")[2] for data in _samples()["jpeg"])
    return (*(data for data in files if data), b"MM\0*\0\0\0\x08\0\0\0\0\0\0")


def _iim(data: bytes) -> None:
    for parse in (iim.parse_psir, iim.parse_iim, iim.parse_records):
        with suppress(MediaoptoutError):
            parse(data, "here")


def _iim_seeds() -> tuple[bytes, ...]:
    records = b"\x1c\1\x5a\0\3\x1b%G\x1c\2\x74\0\7Example"
    head = b"8BIM\4\4\0\0" + len(records).to_bytes(4, "big")
    return records, head + records + b"8BIM\4\x0a\0\0\0\0\0\1\1\0"


def _prose(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    names = ("xmpDM:logComment", "dc:rights", "xmpRights:UsageTerms", "plus:DataMining", "rsl:rsl")
    resolve(statements(Entry(Carrier.XMP, "here", name, name, text) for name in names))


def _journal(data: bytes) -> None:
    with suppress(MediaoptoutError):
        Record.from_bytes(data)
    with suppress(MediaoptoutError):
        Patch.from_json(data.decode("utf-8", "replace"))


_CARRIERS: Final = (
    Target("carrier-ape", _ape, _ape_seeds),
    Target("carrier-exif", _exif, _exif_seeds),
    Target("carrier-id3", partial(_merges, id3.parse, _merge_id3), partial(_merged, _merge_id3)),
    Target("carrier-id3v1", _id3v1, lambda: (b"TAG".ljust(128, b"x"),)),
    Target("carrier-iim", _iim, _iim_seeds),
    Target("carrier-ilst", _ilst, _ilst_seeds),
    Target(
        "carrier-info", partial(_merges, info.parse, _merge_info), partial(_merged, _merge_info)
    ),
    Target("carrier-matroska", _matroska, partial(_merged, _merge_matroska)),
    Target("carrier-userdata", _userdata, _userdata_seeds),
    Target(
        "carrier-vorbis",
        partial(_merges, vorbis.parse, _merge_vorbis),
        partial(_merged, _merge_vorbis),
    ),
    Target("carrier-xmp", partial(_merges, xmp.parse, _merge_xmp), partial(_merged, _merge_xmp)),
    Target("journal", _journal, lambda: (Patch.identity(10).to_json().encode(),)),
    Target("prose", _prose, lambda: (b"No text and data mining, no AI training.",)),
)

TARGETS: Final[Mapping[str, Target]] = {
    target.name: target
    for target in (
        *(
            Target(
                container.name,
                partial(exercise_container, container),
                partial(_container_seeds, container),
            )
            for container in CONTAINERS
        ),
        *_CARRIERS,
    )
}
"""Every target by its name."""
