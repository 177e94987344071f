from __future__ import annotations

from mediaoptout.containers.matroska import Matroska, WebM
from tests.containers.harness import ContainerContract


class TestMatroska(ContainerContract):
    container = Matroska()
    sample_folders = ("matroska",)
    corpus_folders = ("mkv",)
    minimum = 1
    corpus_minimum = 3


class TestWebM(ContainerContract):
    container = WebM()
    sample_folders = ("webm",)
    corpus_folders = ("webm",)
    minimum = 1
    corpus_minimum = 2
