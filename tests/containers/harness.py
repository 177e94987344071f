"""The contract that every container passes, on every file of its families.

A test module says which container and which folders; everything else comes from here::

    class TestPng(ContainerContract):
        container = Png()
        sample_folders = ("png",)
        corpus_folders = ("png",)
        minimum = 5
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from mediaoptout.containers.base import MANIFEST, Change, Container, Layout, Wanted
from mediaoptout.containers.proof import prove, proven
from mediaoptout.containers.registry import detect
from mediaoptout.errors import MediaoptoutError, RefusedError
from mediaoptout.splice.patch import Insert, Patch, PatchedSource
from mediaoptout.splice.source import MAX_READ, BytesSource, Source
from mediaoptout.vocabularies.properties import Bag, LangAlt, Property, as_text
from mediaoptout.words import Carrier
from tests import witnesses
from tests.conftest import CORPUS, SAMPLES

DMI = "http://ns.useplus.org/ldf/vocab/DMI-"
RESERVED = DMI + "PROHIBITED-EXCEPTSEARCHENGINEINDEXING"
NOTICE = "© 2026 Example Records. Text and data mining and AI training are reserved."
TERMS_EN = (
    "The rightholder expressly reserves the use of this work for text and data mining, including"
    " the training of artificial intelligence (Directive (EU) 2019/790, Article 4(3))."
)
TERMS_FR = (
    "Le titulaire des droits réserve expressément l'utilisation de cette œuvre à des fins de"
    " fouille de textes et de données, y compris l'entraînement d'intelligences artificielles."
)
STORE_SIZE = 5000
LARGE = 2 << 20
"""Files above this size are not mutated."""


def wanted(
    *without: str,
    force: bool = False,
    upgrade_id3: bool = False,
    manifest: int | None = None,
    drop_manifest: bool = False,
    also: Iterable[Property] = (),
) -> Wanted:
    """A full reservation, as a profile and a catalogue row would give it.

    Args:
        without: the names of properties to leave out.
        force: see `Wanted`.
        upgrade_id3: see `Wanted`.
        manifest: see `Wanted`.
        drop_manifest: see `Wanted`.
        also: more properties.
    """
    terms = LangAlt((("x-default", TERMS_EN), ("en", TERMS_EN), ("fr", TERMS_FR)))
    properties = (
        Property("plus:DataMining", RESERVED),
        Property("tdm:reservation", "1"),
        Property("tdm:policy", "https://rights.example.org/tdm/policy.json"),
        Property("dc:rights", LangAlt((("x-default", NOTICE),))),
        Property("xmpRights:UsageTerms", terms),
        Property("xmpRights:WebStatement", "https://rights.example.org/terms"),
        Property("xmpRights:Marked", "True"),
        Property("xmpRights:Owner", Bag(("Example Records",))),
        *also,
    )
    return Wanted(
        properties=tuple(item for item in properties if item.name not in without),
        force=force,
        upgrade_id3=upgrade_id3,
        manifest=manifest,
        drop_manifest=drop_manifest,
    )


def fake_store(size: int) -> bytes:
    """A JUMBF superbox of exactly ``size`` bytes that says it is a manifest store."""
    kind = bytes.fromhex("6332706100110010800000aa00389b71") + b"\3c2pa\0"
    description = (8 + len(kind)).to_bytes(4, "big") + b"jumd" + kind
    rest = size - 8 - len(description)
    filler = rest.to_bytes(4, "big") + b"free" + random.Random(size).randbytes(rest - 8)
    return size.to_bytes(4, "big") + b"jumb" + description + filler


def content(source: Source) -> bytes:
    """The whole of a source."""
    step = 8 << 20
    return b"".join(
        source.read(at, min(at + step, source.size)) for at in range(0, source.size, step)
    )


class Watched:
    """A source that remembers how much was asked of it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.largest = 0
        self.total = 0

    @property
    def size(self) -> int:
        return self._source.size

    def read(self, start: int, end: int) -> bytes:
        self.largest = max(self.largest, end - start)
        data = self._source.read(start, end)
        self.total += len(data)
        return data


def boundaries(layout: Layout) -> list[int]:
    """The places where something begins or ends."""
    spans = [*layout.essence, *layout.foreign, *(block.span for block in layout.blocks)]
    edges = {edge for span in spans for edge in (span.start, span.end)}
    return sorted({at for edge in edges for at in (edge - 1, edge, edge + 1, edge + 5)})


def headers(layout: Layout, limit: int) -> list[int]:
    """Offsets outside the essence, where lengths and types stand; up to ``limit`` in a gap."""
    edges = [(0, 0), *sorted(layout.essence), (layout.size, layout.size)]
    found: list[int] = []
    for (_, end), (start, _) in pairwise(edges):
        found.extend(range(end, min(start, end + limit)))
        found.extend(range(max(end + limit, start - limit), start))
    return found


class ContainerContract:
    """What a container must do with every file of its folders."""

    container: ClassVar[Container]
    sample_folders: ClassVar[tuple[str, ...]] = ()
    corpus_folders: ClassVar[tuple[str, ...]] = ()
    minimum: ClassVar[int]
    """How many of our own samples there are at least, so that none is skipped in silence."""
    corpus_minimum: ClassVar[int] = 0
    """How many files of the corpus there are at least, where there is a corpus."""
    refused: ClassVar[dict[str, str]] = {}
    """The files that must be refused, with the error's code."""
    not_ours: ClassVar[tuple[str, ...]] = ()
    """The files that have the family's extension and belong to another."""
    kind: ClassVar[Literal["pictures", "streams"]] = "streams"
    """Whether the essence is compared as decoded pictures or as ffmpeg's streams."""
    upgrade_id3: ClassVar[bool] = False
    may_change: ClassVar[tuple[str, ...]] = ()
    """ExifTool's or ffprobe's names (as substrings) whose values may change, each for a reason."""
    new_warnings: ClassVar[tuple[str, ...]] = ()
    """Parts of ``exiftool -validate`` warnings that may be new, each for a reason."""
    mutations: ClassVar[int] = 60
    """How many hostile variants are made of each file."""

    # --- which files -----------------------------------------------------------------------

    @classmethod
    def paths(cls, root: Path, folders: Iterable[str]) -> list[Path]:
        """The family's files under ``root``."""
        return [
            path
            for folder in folders
            for path in sorted((root / folder).glob("*"))
            if path.suffix.lower() in cls.container.extensions and path.name not in cls.not_ours
        ]

    @classmethod
    def files(cls) -> list[Path]:
        """Every file that the contract runs on."""
        return [*cls.paths(SAMPLES, cls.sample_folders), *cls.paths(CORPUS, cls.corpus_folders)]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "path" in metafunc.fixturenames:
            files = [path for path in self.files() if path.name not in self.refused]
            names = [f"{path.parent.name}/{path.name}" for path in files]
            metafunc.parametrize("path", files, ids=names)

    def wanted(self, *without: str, **options: Any) -> Wanted:
        """The reservation that is written; families may narrow it."""
        return wanted(*without, upgrade_id3=self.upgrade_id3, **options)

    def holds(self, change: Change) -> set[str]:
        """The names of the properties that the file must state after ``change``."""
        names = {item.name for item in self.wanted().properties}
        return names if Carrier.XMP in change.carriers else {"dc:rights", "tdm:reservation"}

    # --- the steps -------------------------------------------------------------------------

    def plan(self, source: Source, **options: Any) -> tuple[Layout, Change]:
        layout = self.container.read(source)
        return layout, self.container.change(source, layout, self.wanted(**options))

    def assert_proven(self, source: Source, layout: Layout, patch: Patch) -> Layout:
        after = self.container.read(PatchedSource(source, patch))
        proof = proven(self.container, source, layout, after, patch)
        assert proof.holds, proof.reasons
        return after

    # --- the contract ----------------------------------------------------------------------

    def test_the_fixtures_are_there(self):
        assert len(self.paths(SAMPLES, self.sample_folders)) >= self.minimum > 0
        if CORPUS.is_dir():
            assert len(self.paths(CORPUS, self.corpus_folders)) >= self.corpus_minimum
        assert set(self.refused) <= {path.name for path in self.files()} or not CORPUS.is_dir()

    def test_what_must_be_refused_is_refused(self):
        for path in self.files():
            if path.name not in self.refused:
                continue
            source = BytesSource(path.read_bytes())
            with pytest.raises(RefusedError) as caught:
                self.plan(source)
            assert caught.value.code == self.refused[path.name], path.name
            assert caught.value.fix

    def test_recognised(self, path):
        found = detect(BytesSource(path.read_bytes()))
        assert found is not None and found.name == self.container.name

    def test_reading_and_writing_nothing_is_the_identity(self, path):
        data = path.read_bytes()
        source = BytesSource(data)
        layout = self.container.read(source)
        identity = Patch.identity(source.size)
        assert content(PatchedSource(source, identity)) == data
        assert prove(layout, self.container.read(source), identity).holds
        assert layout.size == len(data)
        spans = sorted(layout.essence)
        assert spans == list(layout.essence), "the essence is in order"
        assert all(a.end <= b.start for a, b in pairwise(spans))
        assert all(0 <= span.start <= span.end <= len(data) for span in spans)
        assert sum(span.size for span in spans) > 0

    def test_the_essence_is_kept_addressed_and_framed(self, path):
        source = BytesSource(path.read_bytes())
        layout, change = self.plan(source)
        assert not change.patch.holes
        self.assert_proven(source, layout, change.patch)

    def test_a_second_run_changes_nothing(self, path):
        source = BytesSource(path.read_bytes())
        _, change = self.plan(source)
        again = PatchedSource(source, change.patch)
        _, second = self.plan(again)
        assert second.patch.changes_nothing(again.size), second.patch.pieces[:9]
        assert second.carriers == change.carriers

    def test_what_is_foreign_is_kept(self, path):
        source = BytesSource(path.read_bytes())
        layout, change = self.plan(source)
        new = content(PatchedSource(source, change.patch))
        for span in layout.foreign:
            kept = change.patch.keeps((span,)) or source.read(*span) in new
            assert kept, f"what stood at {span} is lost"

    def test_the_inverse_restores_every_byte(self, path):
        data = path.read_bytes()
        source = BytesSource(data)
        _, change = self.plan(source)
        new = content(PatchedSource(source, change.patch))
        inverse = change.patch.inverse(source)
        assert content(PatchedSource(BytesSource(new), inverse)) == data
        stored = Patch.from_json(inverse.to_json())
        assert content(PatchedSource(BytesSource(new), stored)) == data

    def test_room_is_reused(self, path):
        source = BytesSource(path.read_bytes())
        _, first = self.plan(source)
        written = PatchedSource(source, first.patch)
        more = Property("plus:OtherConstraints", LangAlt((("x-default", "Ask first."),)))
        layout, second = self.plan(written, also=(more,))
        assert second.patch.moves_nothing
        assert second.patch.size == written.size
        self.assert_proven(written, layout, second.patch)

    def test_the_statements_are_read_back(self, path):
        source = BytesSource(path.read_bytes())
        before, change = self.plan(source)
        after = self.container.read(PatchedSource(source, change.patch))
        assert not [block.error for block in after.blocks if block.error]
        assert change.carriers
        said = {(entry.name, as_text(entry.value)) for b in after.blocks for entry in b.entries}
        had = {entry.name for block in before.blocks for entry in block.entries}
        assert self.holds(change) <= {name for name, _ in said}
        for item in self.wanted().properties:
            if item.name in self.holds(change) - had:
                assert (item.name, as_text(item.value)) in said

    def test_the_hole_for_a_manifest(self, path):
        capability = self.container.carries.get(Carrier.C2PA)
        if capability is None or not capability.write:
            return
        store = fake_store(STORE_SIZE)
        frame = self.container.frame_manifest(store)
        assert len(frame) == len(self.container.frame_manifest(bytes(STORE_SIZE)))
        source = BytesSource(path.read_bytes())
        layout, change = self.plan(source, manifest=STORE_SIZE)
        [(name, span)] = change.patch.holes
        assert (name, span.size) == (MANIFEST, len(frame))
        filled = change.patch.fill(MANIFEST, frame)
        after = self.assert_proven(source, layout, filled)
        signed = PatchedSource(source, filled)
        assert self.container.manifest_store(signed, after) == store
        assert sum(block.carrier is Carrier.C2PA for block in after.blocks) == 1

        _, again = self.plan(signed, manifest=STORE_SIZE)
        assert again.patch.holes == change.patch.holes
        assert again.patch.fill(MANIFEST, frame).size == signed.size
        resigned = PatchedSource(signed, again.patch.fill(MANIFEST, frame))
        assert content(resigned) == content(signed)
        _, kept = self.plan(signed)
        assert kept.patch.changes_nothing(signed.size)

        _, dropped = self.plan(signed, drop_manifest=True)
        without = self.assert_proven(signed, after, dropped.patch)
        assert without.manifest is None
        assert self.container.manifest_store(PatchedSource(signed, dropped.patch), without) is None

    # --- hostile input ---------------------------------------------------------------------

    def assert_survives(self, data: bytes) -> None:
        """Reading and planning either works, and keeps the essence, or raises an error of ours."""
        watched = Watched(BytesSource(data))
        try:
            detect(watched)
            layout = self.container.read(watched)
            change = self.container.change(watched, layout, self.wanted())
            patch = change.patch
            kept = patch.keeps(layout.essence)
            assert kept or patch.keeps(self.container.detailed(watched, layout).essence)
            inserted = sum(piece.size for piece in patch.pieces if isinstance(piece, Insert))
            assert inserted <= len(data) + (1 << 20)
            self.container.read(PatchedSource(watched, patch))
        except MediaoptoutError as error:
            assert error.message
        assert watched.largest <= MAX_READ
        assert watched.total <= 64 * (len(data) + (1 << 16)), "the time is not linear"

    def test_truncated_anywhere(self, path):
        data = path.read_bytes()
        layout = self.container.read(BytesSource(data))
        chance = random.Random(len(data))
        edges = boundaries(layout)
        cuts = {0, 1, 3, 4, 8, 11, 12, 20, len(data) - 1, len(data) - 4}
        cuts |= set(chance.sample(edges, min(len(edges), 150)))
        cuts |= {chance.randrange(len(data)) for _ in range(30)}
        for cut in sorted(cuts):
            if 0 <= cut < len(data):
                self.assert_survives(data[:cut])

    def test_hostile_lengths(self, path):
        data = path.read_bytes()
        if len(data) > LARGE:
            return
        for variant in self.variants(data):
            self.assert_survives(variant)

    def variants(self, data: bytes) -> Iterator[bytes]:
        """The file with numbers outside the essence overwritten."""
        chance = random.Random(len(data))
        places = headers(self.container.read(BytesSource(data)), 4096)
        values = (b"\xff", b"\0", b"\x7f\xff\xff\xff", b"\xff" * 4, b"\0" * 4, b"\xff" * 8, b"\x80")
        for _ in range(self.mutations):
            variant = bytearray(data)
            for _ in range(chance.choice((1, 1, 3))):
                at = chance.choice(places)
                value = chance.choice((*values, chance.randbytes(chance.choice((1, 2, 4)))))
                value = value[: len(data) - at]
                variant[at : at + len(value)] = value
            yield bytes(variant)

    # --- what others see -------------------------------------------------------------------

    @pytest.fixture
    def written(self, path: Path, tmp_path: Path) -> Path:
        """The file after the change, with the manifest that it had (if it had one)."""
        source = BytesSource(path.read_bytes())
        _, change = self.plan(source)
        target = tmp_path / path.name
        target.write_bytes(content(PatchedSource(source, change.patch)))
        return target

    def test_others_decode_the_same(self, path, written):
        if self.kind == "pictures":
            assert witnesses.pixels(written) == witnesses.pixels(path)
        elif (before := witnesses.streamhash(path)) is not None:
            assert witnesses.streamhash(written) == before

    def test_exiftool_sees_it_and_misses_nothing(self, path, written):
        binary = ("-b",) if self.kind == "pictures" else ()  # previews, maps and profiles
        before = witnesses.exiftool(path, *binary)
        after = witnesses.exiftool(written, *binary)
        if before is None or after is None:
            pytest.skip("no ExifTool here (set EXIFTOOL)")
        gone = [tag for tag in witnesses.lost(before, after) if not self.excused(tag)]
        assert gone == []
        _, change = self.plan(BytesSource(path.read_bytes()))
        if Carrier.XMP in change.carriers:
            assert any(name.endswith(":DataMining") for name in after)

    def excused(self, tag: str) -> bool:
        return any(part in tag for part in self.may_change)

    def test_exiftool_validates_as_before(self, path, written):
        before, after = witnesses.exiftool_validate(path), witnesses.exiftool_validate(written)
        if before is None or after is None:
            pytest.skip("no ExifTool here (set EXIFTOOL)")
        new = [line for line in after if line not in before]
        assert [line for line in new if not any(part in line for part in self.new_warnings)] == []

    def test_ffprobe_misses_no_tag(self, path, written):
        before, after = witnesses.ffprobe_tags(path), witnesses.ffprobe_tags(written)
        if before is None or after is None:
            pytest.skip("no ffprobe here")
        gone = {key: value for key, value in before.items() if after.get(key) != value}
        assert [key for key in gone if not self.excused(key)] == []

    def test_exiv2_misses_nothing(self, path, written):
        if self.kind != "pictures":
            return
        before, after = witnesses.exiv2(path), witnesses.exiv2(written)
        if before is None or after is None:
            pytest.skip("no exiv2 here")
        gone = {key for key, value in before.items() if value and after.get(key) != value}
        assert [key for key in gone if not self.excused(key)] == []
        assert "Xmp.plus.DataMining" in after
