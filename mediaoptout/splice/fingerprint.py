"""What a file was when it was read, so that a change made elsewhere is noticed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from mediaoptout.errors import MediaoptoutError, SourceChangedError
from mediaoptout.splice.source import FileSource

ENDS: Final = 64 << 10
"""How much of a file's beginning and of its end the digest covers: 64 KiB each."""

SCHEMA: Final = "mediaoptout.fingerprint/1"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file's state, by what the file system says and, for ledgers, by a digest of its ends.

    Args:
        size: its length in bytes.
        mtime_ns: when it was last modified, in nanoseconds since 1970.
        device: the device that it is on.
        inode: its number there; 0 where the file system has none.
        digest: SHA-256 of its first and last 64 KiB, in hexadecimal; empty if not taken.
    """

    size: int
    mtime_ns: int
    device: int
    inode: int
    digest: str = ""

    @classmethod
    def of(cls, file: Path | FileSource, *, digest: bool = False) -> Fingerprint:
        """The fingerprint of a file.

        Args:
            file: a path, read as it is now; or an open file, as it was when it was opened.
            digest: take the digest too, which costs two short reads. It outlives a copy of the
                file to another place, which the numbers of device and inode do not.

        Raises:
            MediaError: it is no regular file.
            OSError: it cannot be read.
        """
        if isinstance(file, Path):
            if digest:
                with FileSource(file) as source:
                    return cls.of(source, digest=True)
            stat = file.stat()
        else:
            stat = file.stat
        ends = _digest(file) if digest and isinstance(file, FileSource) else ""
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_dev, stat.st_ino, ends)

    def check(self, path: Path) -> None:
        """Make sure that the file at ``path`` is still this one.

        Size and time of modification must be the same; with a digest the digest too, else the
        device and the inode.

        Raises:
            SourceChangedError: it is another, or gone.
        """
        try:
            now = Fingerprint.of(path, digest=bool(self.digest))
        except (OSError, MediaoptoutError) as error:
            raise _changed(f"{path} cannot be read any more") from error
        if not self._same(now):
            raise _changed(f"{path} is not the file any more that was read")

    def _same(self, now: Fingerprint) -> bool:
        if (self.size, self.mtime_ns) != (now.size, now.mtime_ns):
            return False
        if self.digest:
            return self.digest == now.digest
        return (self.device, self.inode) == (now.device, now.inode)

    def to_json(self) -> str:
        """The fingerprint as text, for ledgers; the form is versioned."""
        return json.dumps({"schema": SCHEMA} | asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Fingerprint:
        """The fingerprint that `to_json` wrote.

        Raises:
            MediaoptoutError: the text is no fingerprint, or of a version that is not known.
        """
        try:
            match json.loads(text):
                case {
                    "schema": schema,
                    "size": int(size),
                    "mtime_ns": int(mtime_ns),
                    "device": int(device),
                    "inode": int(inode),
                    "digest": str(digest),
                } if schema == SCHEMA:
                    return cls(size, mtime_ns, device, inode, digest)
        except ValueError as error:
            raise MediaoptoutError(f"this is no fingerprint: {error}") from error
        raise MediaoptoutError(f"this is no fingerprint: {text:.60}")


def _digest(source: FileSource) -> str:
    head = source.read(0, min(ENDS, source.size))
    tail = source.read(max(len(head), source.size - ENDS), source.size)
    return hashlib.sha256(head + tail).hexdigest()


def _changed(message: str) -> SourceChangedError:
    return SourceChangedError(message, fix="wait until nobody writes to it, and run again")
