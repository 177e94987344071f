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
