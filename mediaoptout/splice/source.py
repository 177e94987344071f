"""Bytes that can be read at any place: a file, a buffer, or a file as a patch would make it."""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from mediaoptout.errors import DamagedError, LimitError, MediaError
from mediaoptout.splice import placeholders

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed import WriteableBuffer

MAX_READ: Final = 64 << 20
"""The largest piece that is ever read at once: 64 MiB."""

WINDOW: Final = 16 << 10
"""How much is read ahead, so that walking small headers costs few system calls."""


class Source(Protocol):
    """Random access to bytes whose number is known."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def read(self, start: int, end: int) -> bytes:
        """The bytes from ``start`` to ``end``, exactly.

        Raises:
            DamagedError: the range is not wholly inside the source.
            LimitError: the range is longer than `MAX_READ`.
        """
        ...


def check_range(start: int, end: int, size: int) -> None:
    """Refuse a range that is not inside ``size`` bytes, or is too long to be read at once."""
    if not 0 <= start <= end <= size:
        raise DamagedError(
            f"the file ends at {size}, but {end - start} bytes are expected here",
            at=start,
            fix="get a complete copy of the file",
            code="truncated",
        )
    if end - start > MAX_READ:
        raise LimitError(
            f"{end - start} bytes would have to be read at once (limit {MAX_READ})", at=start
        )


class BytesSource:
    """A buffer as a `Source`."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self._data)

    def read(self, start: int, end: int) -> bytes:
        """See `Source.read`."""
        check_range(start, end, len(self._data))
        return self._data[start:end]


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes ``start`` to ``end`` of a source, as a source."""

    source: Source
    start: int
    end: int

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.end - self.start

    def read(self, start: int, end: int) -> bytes:
        """See `Source.read`."""
        check_range(start, end, self.size)
        return self.source.read(self.start + start, self.start + end)


class StreamSource:
    """A seekable binary stream as a `Source`, for files that have no name of their own."""

    __slots__ = ("_size", "_stream")

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = stream.seek(0, io.SEEK_END)

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._size

    def read(self, start: int, end: int) -> bytes:
        """See `Source.read`."""
        check_range(start, end, self._size)
        self._stream.seek(start)
        return self._stream.read(end - start)


class Windowed(ABC):
    """A source that reads ahead, so that walking small headers costs few calls."""

    __slots__ = ("_at", "_window")

    def __init__(self) -> None:
        self._window = b""
        self._at = 0

    @property
    @abstractmethod
    def size(self) -> int:
        """How many bytes there are."""

    @abstractmethod
    def _fetch(self, start: int, end: int) -> bytes:
        """The bytes from ``start`` to ``end``, which are inside; fewer if they are gone."""

    def read(self, start: int, end: int) -> bytes:
        """See `Source.read`."""
        offset = start - self._at
        if offset >= 0 and end - self._at <= len(self._window) and start <= end:
            return self._window[offset : end - self._at]
        size = self.size
        check_range(start, end, size)
        data = self._fetch(start, max(end, min(start + WINDOW, size)))
        if len(data) < end - start:
            raise DamagedError("the file became shorter while it was read", at=start)
        if end - start > WINDOW:
            return data
        self._at, self._window = start, data
        return data[: end - start]


class FileSource(Windowed):
    """A file as a `Source`, with a small window read ahead. Use as a context manager.

    Args:
        path: a regular file.
        recall: open it too if its content is elsewhere; see `mediaoptout.splice.placeholders`.

    Raises:
        NotHereError: it is a placeholder.
        MediaError: it is no regular file.
        OSError: it cannot be opened.
    """

    __slots__ = ("_fd", "_size", "path", "stat")

    def __init__(self, path: Path, *, recall: bool = False) -> None:
        super().__init__()
        self.path = path
        self._fd = -1
        if not recall:
            placeholders.refuse(path, os.stat(path))  # noqa: PTH116 # asked of every file
        # O_NONBLOCK: opening a pipe that nobody writes to must not hang.
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
        self._fd = os.open(path, flags)
        self.stat = os.fstat(self._fd)
        if (self.stat.st_mode & 0o170000) != 0o100000:
            os.close(self._fd)
            self._fd = -1
            raise MediaError("this is no regular file", code="not-a-file")
        self._size = self.stat.st_size

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._size

    def fileno(self) -> int:
        """The descriptor, for copies inside the kernel."""
        return self._fd

    def _fetch(self, start: int, end: int) -> bytes:
        return _read_at(self._fd, start, end - start)

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> FileSource:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            self.close()


def _read_at(fd: int, start: int, size: int) -> bytes:
    if hasattr(os, "pread"):
        data = os.pread(fd, size, start)
        if len(data) == size or not data:
            return data
        parts = [data]
        done = len(data)
        while done < size:
            more = os.pread(fd, size - done, start + done)
            if not more:
                break
            parts.append(more)
            done += len(more)
        return b"".join(parts)
    os.lseek(fd, start, os.SEEK_SET)
    parts, done = [], 0
    while done < size:
        more = os.read(fd, size - done)
        if not more:
            break
        parts.append(more)
        done += len(more)
    return b"".join(parts)


STEP: Final = 256 << 10
"""How much of a long stretch is read at once: 256 KiB, which the processor's caches hold."""


def stepped(source: Source, start: int, end: int) -> Iterator[bytes]:
    """The bytes from ``start`` to ``end`` in steps, for stretches of any length; see `STEP`."""
    for at in range(start, end, STEP):
        yield source.read(at, min(at + STEP, end))


class SourceStream(io.RawIOBase):
    """A `Source` as a read-only, seekable binary stream, for libraries that want a file."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        """Always: that is what it is for."""
        return True

    def seekable(self) -> bool:
        """Always: a source has no beginning that is lost."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill ``buffer`` from here; how many bytes were read (0 at the end)."""
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._source.size - self._at, MAX_READ))
        view[:count] = self._source.read(self._at, self._at + count) if count else b""
        self._at += count
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to ``offset``; where that is."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at
