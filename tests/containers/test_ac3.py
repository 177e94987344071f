from __future__ import annotations

import shutil

import pytest

from mediaoptout.containers.ac3 import Ac3
from mediaoptout.containers.registry import detect
from mediaoptout.credentials import session
from mediaoptout.embedding import embed
from mediaoptout.errors import RefusedError
from mediaoptout.places import VARIABLE
from mediaoptout.splice.source import BytesSource
from mediaoptout.verification.check import verify
from mediaoptout.words import Carrier, Integrity, Status, Verdict
from tests.carriers.test_id3 import frame, tag
from tests.containers.harness import wanted

AC3 = Ac3()


def ac3(rate: int = 0, code: int = 8, size: int = 256) -> bytes:
    return b"\x0b\x77\0\0" + bytes((rate << 6 | code, 8 << 3)) + bytes(size - 6)


def eac3(size: int = 200) -> bytes:
    return b"\x0b\x77" + (size // 2 - 1).to_bytes(2, "big") + b"\x3f\x80" + bytes(size - 6)


@pytest.mark.parametrize(
    "data",
    [
        ac3() * 3,
        ac3() * 2 + ac3()[:99],
        ac3()[:100],
        ac3(1, 9, 280) * 3,
        ac3(1, 8, 278) * 3,
        ac3(2, 8, 384) * 3,
        ac3() + ac3(0, 36, 2560) + ac3(),
        eac3() * 3,
        tag(4, frame(4, "TIT2", b"\3T")) + ac3() * 3,
    ],
)
def test_frames_are_known_and_never_rewritten(data):
    source = BytesSource(data)
    found = detect(source)
    assert found is not None and found.name == "ac3"
    layout = AC3.read(source)
    assert layout.essence == ((0, len(data)),)
    with pytest.raises(RefusedError) as caught:
        AC3.change(source, layout, wanted())
    assert caught.value.code == "sidecar-only"


@pytest.mark.parametrize(
    "data",
    [
        b"\x0b\x77",
        b"\x0b\x77" + b"\xff" * 900,
        ac3(3) * 3,
        ac3(0, 38) * 3,
        ac3() + bytes(300),
        ac3(size=300) * 3,
        tag(4, frame(4, "TIT2", b"\3T")) + bytes(900),
    ],
)
def test_what_is_something_else_is_not_claimed(data):
    found = detect(BytesSource(data))
    assert found is None or found.name != "ac3"


@pytest.fixture
def own_identity(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / ".configuration"))
    session.current.cache_clear()
    yield
    session.current.cache_clear()


@pytest.mark.parametrize("name", ["plain.ac3", "plain.eac3"])
@pytest.mark.usefixtures("own_identity")
def test_it_is_reserved_beside_the_file(name, samples, tmp_path):
    path = tmp_path / name
    shutil.copy(samples / "ac3" / name, path)
    before = path.read_bytes()
    assert embed(path).status is Status.WRITTEN
    assert path.read_bytes() == before
    found = verify(path)
    assert found.verdict is Verdict.RESERVED
    assert found.credential.integrity is Integrity.INTACT
    said = {item.carrier for item in found.statements}
    assert said == {Carrier.SIDECAR_XMP, Carrier.SIDECAR_C2PA}
    assert embed(path).status is Status.UNCHANGED
