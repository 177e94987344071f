from __future__ import annotations

from mediaoptout.containers.mp3 import Mp3
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from tests.containers.harness import ContainerContract, content, wanted


class TestMp3(ContainerContract):
    container = Mp3()
    sample_folders = ("mp3",)
    corpus_folders = ("mp3",)
    minimum = 5
    corpus_minimum = 15
    # ffprobe shows the packet as one escaped text; we add to it.
    may_change = ("id3v2_priv.XMP",)
    # A tag with a footer may have no padding, which is what ExifTool misses.
    new_warnings = ("Missing ID3 terminating frame",)

    def wanted(self, *without, **options):
        # A manifest needs v2.3; without one, a v2.2 tag keeps its version.
        return wanted(*without, upgrade_id3=options.get("manifest") is not None, **options)

    def variants(self, data):
        source = BytesSource(data)
        layout, change = self.plan(source)
        if layout.essence[0].size == layout.size:
            # There is nothing but audio: the hostile tag is the one that we wrote.
            data = content(PatchedSource(source, change.patch))
        return super().variants(data)
