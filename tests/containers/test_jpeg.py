from __future__ import annotations

from mediaoptout.containers.jpeg import Jpeg
from tests.containers.harness import ContainerContract


class TestJpeg(ContainerContract):
    container = Jpeg()
    sample_folders = ("jpeg",)
    corpus_folders = ("jpg",)
    minimum = 7
    corpus_minimum = 17
    kind = "pictures"
    may_change = (
        "XMP-plus:DataMining",  # a weaker value gives way
        'IFD0:Copyright = ""',  # a blank notice too
        "MPImage1:MPImageLength",  # the first picture holds our segments
    )
