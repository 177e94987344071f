"""MP4, QuickTime and 3GPP: the contract on real files."""

from __future__ import annotations

from typing import ClassVar

from mediaoptout.containers.bmff import Mov, Mp4, ThreeGp
from mediaoptout.splice.source import BytesSource
from tests.containers.harness import STORE_SIZE, ContainerContract


class TestMp4(ContainerContract):
    container = Mp4()
    sample_folders = ("mp4",)
    corpus_folders = ("mp4", "m4a", "m4b", "m4v")
    minimum = 7
    corpus_minimum = 13
    may_change = ("XMP-plus:DataMining",)  # one reserves training only, and gives way to ours


class TestMov(ContainerContract):
    container = Mov()
    sample_folders = ("mov",)
    corpus_folders = ("mov",)
    minimum = 2
    corpus_minimum = 3
    refused: ClassVar = {"datamining_xmp.mov": "contrary-statement"}

    def test_the_hole_for_a_manifest(self, path):
        source = BytesSource(path.read_bytes())
        if source.read(4, 8) == b"ftyp":
            super().test_the_hole_for_a_manifest(path)
            return
        _, change = self.plan(source, manifest=STORE_SIZE)
        assert not change.patch.holes
        assert any("no place for a manifest" in warning for warning in change.warnings)


class TestThreeGp(ContainerContract):
    container = ThreeGp()
    sample_folders = ("3gp",)
    corpus_folders = ("3gp",)
    minimum = 1
    corpus_minimum = 1
