from __future__ import annotations

import subprocess
import sys

import pytest

from mediaoptout.containers.base import Container
from mediaoptout.containers.registry import CONTAINERS, HEAD, by_name, detect
from mediaoptout.errors import DamagedError
from mediaoptout.splice.source import BytesSource, FileSource, Source
from tests.conftest import CORPUS, SAMPLES

HEAVY = ("lxml", "mutagen", "c2pa", "cryptography", "PIL", "pymediainfo", "jinja2")


def test_every_family_has_a_name_of_its_own():
    names = [family.name for family in CONTAINERS]
    assert len(set(names)) == len(names)
    assert [by_name(name) for name in names] == list(CONTAINERS)


def test_every_family_says_what_it_is():
    for family in CONTAINERS:
        assert family.title and family.media_types
        assert all(name.startswith(".") and name.islower() for name in family.extensions)
        assert any(capability.write for capability in family.carries.values())
        assert all(capability.place for capability in family.carries.values())


def test_an_unknown_name_is_a_key_error():
    with pytest.raises(KeyError):
        by_name("tape")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"hello, this is text and no media at all" * 9,
        b"%PDF-1.7\n" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"\xff\xd8",
        b"ID3",
    ],
    ids=lambda data: data[:8].hex() or "empty",
)
def test_what_is_of_no_family_is_not_claimed(data):
    assert detect(BytesSource(data)) is None


def asked_in_turn(source: Source) -> Container | None:
    head = source.read(0, min(HEAD, source.size))
    for family in CONTAINERS:
        try:
            if family.recognises(source, head):
                return family
        except DamagedError:
            continue
    return None


def test_the_family_that_is_likely_is_the_first_of_all():
    seen = set()
    for path in (*SAMPLES.rglob("*"), *CORPUS.rglob("*")):
        if path.is_file():
            with FileSource(path) as source:
                family = detect(source)
                assert family is asked_in_turn(source), path
                seen.add(family and family.name)
    assert seen >= {family.name for family in CONTAINERS if not family.sidecar_only}


def test_only_the_likely_family_is_loaded():
    script = (
        "import sys; from pathlib import Path;"
        "from mediaoptout.containers.registry import detect;"
        "from mediaoptout.splice.source import FileSource;"
        f"found = detect(FileSource(Path({str(next(SAMPLES.glob('png/*.png')))!r})));"
        "print(found.name, 'mediaoptout.containers.jpeg' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().split() == ["png", "False"]


def test_a_programme_stream_is_no_mp3():
    found = detect(BytesSource(b"\0\0\1\xba" + bytes(2000)))
    assert found is not None
    assert found.name == "mpeg-ps"


def test_nothing_heavy_is_loaded():
    script = (
        "import sys; from mediaoptout.containers.registry import CONTAINERS;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"
