from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.errors import DamagedError, LimitError, MediaError
from mediaoptout.splice.source import MAX_READ, WINDOW, BytesSource, FileSource, SourceStream

CONTENT = bytes(range(256)) * (3 * WINDOW // 256) + b"end"


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("source") / "content"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(scope="module", params=["file", "bytes"])
def source(request, file):
    if request.param == "bytes":
        yield BytesSource(CONTENT)
    else:
        with FileSource(file) as opened:
            yield opened


@given(st.lists(st.tuples(st.integers(0, len(CONTENT)), st.integers(0, 2 * WINDOW)), max_size=9))
def test_reads_are_exact_in_any_order(source, reads):
    assert source.size == len(CONTENT)
    for start, length in reads:
        end = min(start + length, len(CONTENT))
        assert source.read(start, end) == CONTENT[start:end]


@pytest.mark.parametrize(
    ("start", "end"), [(-1, 3), (3, 2), (0, len(CONTENT) + 1), (1 << 70, (1 << 70) + 1)]
)
def test_what_is_not_inside_is_damage(source, start, end):
    source.read(0, 10)
    with pytest.raises(DamagedError) as caught:
        source.read(start, end)
    assert caught.value.at == f"offset {start}"
    assert caught.value.fix


def test_too_much_at_once_is_refused(tmp_path):
    path = tmp_path / "sparse"
    path.touch()
    os.truncate(path, 2 * MAX_READ)
    with FileSource(path, recall=True) as source:  # it looks like a placeholder
        assert source.read(5, MAX_READ + 5) == bytes(MAX_READ)
        with pytest.raises(LimitError):
            source.read(0, MAX_READ + 1)


def test_small_reads_share_a_window(file):
    with FileSource(file) as source:
        source.read(100, 104)
        file_now = file.read_bytes()
        os.truncate(file, 0)
        try:
            assert source.read(WINDOW - 4, WINDOW) == CONTENT[WINDOW - 4 : WINDOW]
            with pytest.raises(DamagedError, match="shorter"):
                source.read(2 * WINDOW, 2 * WINDOW + 4)
        finally:
            file.write_bytes(file_now)


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_only_regular_files_are_read(tmp_path, kind):
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = Path("/dev/null")
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(MediaError) as caught:
        FileSource(path)
    assert caught.value.code == "not-a-file"
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_an_empty_file_is_a_source(tmp_path):
    path = tmp_path / "empty"
    path.touch()
    with FileSource(path) as source:
        assert source.size == 0
        assert source.read(0, 0) == b""
        with pytest.raises(DamagedError):
            source.read(0, 1)


def test_closing_is_done_once(file):
    source = FileSource(file)
    assert os.fstat(source.fileno()).st_size == source.stat.st_size
    source.close()
    source.close()
    with pytest.raises(OSError, match=r"."):
        os.fstat(source.fileno())


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("read"), st.integers(0, WINDOW)),
            st.tuples(st.just("seek"), st.integers(0, len(CONTENT) + 9)),
            st.tuples(st.just("end"), st.integers(-len(CONTENT), 9)),
            st.tuples(st.just("line"), st.just(0)),
        ),
        max_size=12,
    )
)
def test_a_stream_is_a_file_object(steps):
    ours = io.BufferedReader(SourceStream(BytesSource(CONTENT)))
    theirs = io.BytesIO(CONTENT)
    for step, number in steps:
        if step == "read":
            assert ours.read(number) == theirs.read(number)
        elif step == "line":
            assert ours.readline() == theirs.readline()
        else:
            whence = io.SEEK_SET if step == "seek" else io.SEEK_END
            assert ours.seek(number, whence) == theirs.seek(number, whence)
        assert ours.tell() == theirs.tell()
    assert ours.read() == theirs.read()


def test_a_stream_only_reads():
    stream = SourceStream(BytesSource(b"abc"))
    assert stream.readable()
    assert stream.seekable()
    assert not stream.writable()
    assert stream.readall() == b"abc"
    assert stream.seek(-9, io.SEEK_CUR) == 0
