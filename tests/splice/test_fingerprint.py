from __future__ import annotations

import os
import shutil

import pytest

from mediaoptout.errors import MediaError, MediaoptoutError, SourceChangedError
from mediaoptout.splice.fingerprint import ENDS, Fingerprint
from mediaoptout.splice.source import FileSource


@pytest.fixture(params=[0, 10, ENDS + 1, 3 * ENDS], ids=str)
def file(tmp_path, request):
    path = tmp_path / "file"
    path.write_bytes(os.urandom(request.param))
    return path


@pytest.mark.parametrize("digest", [False, True])
def test_an_unchanged_file_passes(file, digest):
    before = Fingerprint.of(file, digest=digest)
    with FileSource(file) as source:
        assert Fingerprint.of(source, digest=digest) == before
    before.check(file)
    assert Fingerprint.from_json(before.to_json()) == before


@pytest.mark.parametrize("digest", [False, True])
def test_a_changed_file_does_not(file, digest):
    before = Fingerprint.of(file, digest=digest)
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(SourceChangedError) as caught:
        before.check(file)
    assert caught.value.fix
    file.unlink()
    with pytest.raises(SourceChangedError):
        before.check(file)


@pytest.mark.parametrize("digest", [False, True])
def test_a_touched_file_does_not(file, digest):
    before = Fingerprint.of(file, digest=digest)
    os.utime(file, ns=(0, before.mtime_ns + 1))
    with pytest.raises(SourceChangedError):
        before.check(file)


def test_with_a_digest_a_copy_passes_and_a_forgery_does_not(file, tmp_path):
    plain, digested = Fingerprint.of(file), Fingerprint.of(file, digest=True)
    copy = tmp_path / "copy"
    shutil.copy2(file, copy)
    digested.check(copy)
    with pytest.raises(SourceChangedError):
        plain.check(copy)
    if digested.size:
        copy.write_bytes(bytes(digested.size))
        os.utime(copy, ns=(0, digested.mtime_ns))
        with pytest.raises(SourceChangedError):
            digested.check(copy)


def test_a_folder_has_no_fingerprint_with_a_digest(tmp_path):
    with pytest.raises(MediaError):
        Fingerprint.of(tmp_path, digest=True)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema":"mediaoptout.fingerprint/2"}', "null"])
def test_what_is_no_fingerprint_is_refused(text):
    with pytest.raises(MediaoptoutError):
        Fingerprint.from_json(text)
