"""Rollback records: how a file is changed in place and yet never lost.

Before the first byte of a file changes, a record of what will change (the old bytes and the new
ones) is on the disk, in the folder ``.mediaoptout`` beside the file. It goes when the new bytes
are on the disk too. A process that dies in between leaves the record, without its lock, and the
next run puts the old bytes back.

A record that is older than its file must never touch it. So every byte that would be put back has
to be the old one or the new one, in whole disk blocks or as far as a write had come; what is
around the changes has to be as it was, and the size between the old and the new. Else the record
is kept, the file is left alone, and the user is told.

A record is written under a name of its own and then renamed: one with its last name is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final

from mediaoptout.errors import MediaoptoutError, WriteError
from mediaoptout.splice import files
from mediaoptout.splice.fingerprint import Fingerprint

FOLDER: Final = ".mediaoptout"
"""The only folder that we leave beside media files."""

SCHEMA: Final = "mediaoptout.rollback/1"

MOST: Final = 16 << 20
"""The most that a record holds: 16 MiB of old and new bytes."""

SUFFIX: Final = ".rollback"
UNFINISHED: Final = ".rollback-new"
_EDGE: Final = 4096  # how much is remembered of either end of what stays between two changes
_BLOCK: Final = 512  # what a disk writes whole
_NAME_BYTES: Final = 80
_CLAIMS: Final = 16
_HUGE: Final = 1 << 62  # nothing that a system call takes as an offset or a time is larger


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes that change: ``old`` becomes ``new`` at ``start``; their lengths differ at the end."""

    start: int
    old: bytes
    new: bytes

    @property
    def span(self) -> int:
        """How many bytes it touches at most."""
        return max(len(self.old), len(self.new))


class State(StrEnum):
    """What a file is, seen from a record."""

    OLD = "old"
    NEW = "new"
    MIXED = "mixed"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Record:
    """What a change in place needs to be taken back.

    Args:
        name: the file's name in its folder.
        before: the file before the change.
        atime_ns: when it was last read, in nanoseconds since 1970.
        new_size: its size after the change.
        edits: what changes, in order.
        around: a digest of what stands around the edits; see `surroundings`.
    """

    name: str
    before: Fingerprint
    atime_ns: int
    new_size: int
    edits: tuple[Edit, ...]
    around: str

    def to_bytes(self) -> bytes:
        """The record as it is stored: a line of JSON, the bytes, and a SHA-256 of all that."""
        header = {
            "schema": SCHEMA,
            "name": self.name,
            "before": self.before.to_json(),
            "atime_ns": self.atime_ns,
            "new_size": self.new_size,
            "edits": [[edit.start, len(edit.old), len(edit.new)] for edit in self.edits],
            "around": self.around,
        }
        literals = (part for edit in self.edits for part in (edit.old, edit.new))
        body = b"".join([json.dumps(header).encode("ascii"), b"\n", *literals])
        return body + hashlib.sha256(body).digest()

    @classmethod
    def from_bytes(cls, data: bytes) -> Record:
        """The record that `to_bytes` wrote.

        Raises:
            MediaoptoutError: it is not whole, says what cannot be, or is of another version.
        """
        line, _, rest = data[:-32].partition(b"\n")
        try:
            header = json.loads(line)
            if header["schema"] != SCHEMA:
                raise MediaoptoutError(f"its form {header['schema']!r} is not known")
            if hashlib.sha256(data[:-32]).digest() != data[-32:]:
                raise MediaoptoutError("it is not as it was written")
            before = Fingerprint.from_json(header["before"])
            atime_ns, new_size = int(header["atime_ns"]), int(header["new_size"])
            if not all(abs(n) < _HUGE for n in (before.size, before.mtime_ns, atime_ns, new_size)):
                raise ValueError("its numbers make no sense")
            edits = tuple(_edits(header["edits"], rest, before.size, new_size))
            name, around = _plain(header["name"]), str(header["around"])
            return cls(name, before, atime_ns, new_size, edits, around)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise MediaoptoutError(f"it cannot be read: {error}") from error

    def state(self, size: int, read: Callable[[int, int], bytes]) -> State:
        """What a file of ``size`` bytes is.

        Args:
            size: its size.
            read: gives its bytes from one offset to another, fewer at its end.
        """
        found = [read(edit.start, edit.start + edit.span) for edit in self.edits]
        pairs = list(zip(self.edits, found, strict=True))
        if size == self.before.size and all(edit.old == now for edit, now in pairs):
            return State.OLD
        if size == self.new_size and all(edit.new == now for edit, now in pairs):
            return State.NEW
        smaller, larger = sorted((self.before.size, self.new_size))
        if (
            smaller <= size <= larger
            and all(_is_mixture(edit, now) for edit, now in pairs)
            and surroundings(self.edits, smaller, read) == self.around
        ):
            return State.MIXED
        return State.FOREIGN


def surroundings(edits: Iterable[Edit], size: int, read: Callable[[int, int], bytes]) -> str:
    """A digest of what stands around the edits: of every stretch between them, both ends.

    Args:
        edits: what changes, in order.
        size: the smaller of the file's sizes, before and after.
        read: gives the file's bytes from one offset to another.
    """
    digest = hashlib.sha256()
    at = 0
    for start, span in (*((edit.start, edit.span) for edit in edits), (size, 0)):
        if start - at > 2 * _EDGE:
            digest.update(read(at, at + _EDGE))
            at = start - _EDGE
        if start > at:
            digest.update(read(at, start))
        at = start + span
    return digest.hexdigest()


def _plain(name: str) -> str:
    if name in ("", ".", "..") or b"\0" in os.fsencode(name) or Path(name).name != name:
        raise ValueError(f"{name!r:.80} is no name of a file")
    return name


def _edits(rows: list[list[int]], data: bytes, old_size: int, new_size: int) -> Iterator[Edit]:
    at = end = 0
    for start, old, new in rows:
        last = start + old == old_size and start + new == new_size
        if start < end or old < 0 or new < 0 or (old != new and not last):
            raise ValueError("its edits make no sense")
        middle = at + old
        yield Edit(start, data[at:middle], data[middle : middle + new])
        at = middle + new
        end = start + max(old, new)
    if at != len(data) or end > max(old_size, new_size):
        raise ValueError("its edits make no sense")


def _is_mixture(edit: Edit, now: bytes) -> bool:
    """Whether ``now`` is what a change, or taking it back, can leave where it was broken off."""
    # Where the file ends earlier or later in one of its two states, a disk may show zeros.
    old, new = (side[: len(now)].ljust(len(now), b"\0") for side in (edit.old, edit.new))
    low = 0
    while low < len(now):
        high = min(len(now), low + _BLOCK - (edit.start + low) % _BLOCK)
        block, before, after = now[low:high], old[low:high], new[low:high]
        if not (_begun(block, before, after) or _begun(block, after, before)):
            return False
        low = high
    return True


def _begun(block: bytes, before: bytes, after: bytes) -> bool:
    """Whether ``block`` begins as ``after`` and goes on as ``before``."""
    differing = (at for at, (now, new) in enumerate(zip(block, after, strict=True)) if now != new)
    done = next(differing, len(block))
    return block[done:] == before[done:]


class Journal:
    """A record on the disk, held under a lock until the change is done. Use as a context manager.

    Leaving it removes the record, unless `keep` was called.

    Args:
        record: what to remember.
        folder: the file's folder.
        sync: wait until it is on the disk.

    Raises:
        OSError: it cannot be written; nothing is left of it.
        WriteError: no name is free.
    """

    __slots__ = ("_fd", "_folder", "_kept", "_path", "_sync")

    def __init__(self, record: Record, folder: Path, *, sync: bool) -> None:
        self._folder = folder / FOLDER
        self._sync = sync
        self._kept = False
        self._fd, unfinished = _claim(self._folder, record.name)
        self._path = unfinished.with_suffix(SUFFIX)
        try:
            files.write(self._fd, record.to_bytes())
            if sync:
                files.sync(self._fd)
            files.replace(unfinished, self._path)
            if sync:
                files.sync_folder(self._folder)
                files.sync_folder(folder)
        except BaseException:
            files.discard(self._fd, unfinished)
            files.discard(-1, self._path)
            files.remove_folder(self._folder)
            raise

    def keep(self) -> None:
        """Leave the record to the next run."""
        self._kept = True

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._kept:
            files.close(self._fd)
        else:
            drop(self._fd, self._path, sync=self._sync)


def _claim(folder: Path, name: str) -> tuple[int, Path]:
    """A new record without content, locked."""
    start = name.encode("utf-8", "ignore")[:_NAME_BYTES].decode("utf-8", "ignore")
    for _ in range(_CLAIMS):
        path = folder / f"{start}.{os.getpid()}-{os.urandom(4).hex()}{UNFINISHED}"
        try:
            files.make_folder(folder)
            fd = files.create(path)
        except FileNotFoundError:
            continue  # somebody else has just removed the empty folder
        except OSError:
            files.remove_folder(folder)
            raise
        try:
            # Another run may come between creating and locking, and take it for a dead one's.
            if files.lock(fd) is not False and files.is_linked(fd):
                return fd, path
        except BaseException:
            files.discard(fd, path)
            files.remove_folder(folder)
            raise
        files.discard(fd, path)
    raise WriteError(f"no rollback record can be made in {folder}")


def drop(fd: int, path: Path, *, sync: bool) -> None:
    """Remove a record that is no longer needed, and its folder if that is empty.

    What fails here leaves the record of a change that is done; the next run takes it away.

    Args:
        fd: the open record.
        path: where it is.
        sync: wait until it is gone from the disk.
    """
    files.discard(fd, path)
    removed = files.remove_folder(path.parent)
    if sync:
        with suppress(OSError):
            files.sync_folder(path.parent.parent if removed else path.parent)
