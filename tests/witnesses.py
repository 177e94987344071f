"""Programs of others that look at our files. A witness that is absent answers None."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import re
import shlex
import shutil
import struct
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

Tags = dict[str, Any]


@cache
def exiftool_command() -> list[str] | None:
    """How ExifTool is called here: ``$EXIFTOOL``, the development cache, or the path."""
    if given := os.environ.get("EXIFTOOL"):
        return shlex.split(given)
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    script = folder / "mediaoptout-witnesses/node_modules/exiftool-vendored.pl/bin/exiftool"
    if script.is_file() and shutil.which("perl"):
        return ["perl", str(script)]
    return ["exiftool"] if shutil.which("exiftool") else None


class _ExifTool:
    """One ExifTool that stays open: a start costs a tenth of a second, a file a millisecond."""

    def __init__(self, command: list[str]) -> None:
        arguments = ["-stay_open", "True", "-@", "-", "-common_args", "-charset", "filename=utf8"]
        self._process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        atexit.register(self.close)

    def run(self, *arguments: str) -> str:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write("\n".join([*arguments, "-execute\n"]).encode())
        stdin.flush()
        lines: list[bytes] = []
        while (line := stdout.readline()) and line.strip() != b"{ready}":
            lines.append(line)
        return b"".join(lines).decode("utf-8", "replace")

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.communicate(b"-stay_open\nFalse\n", timeout=10)


@cache
def _open_exiftool() -> _ExifTool | None:
    command = exiftool_command()
    return _ExifTool(command) if command else None


def exiftool(path: Path, *arguments: str) -> Tags | None:
    """Every tag that ExifTool shows, as ``{"XMP-plus:DataMining": ...}``; raw values."""
    tool = _open_exiftool()
    if tool is None:
        return None
    out = tool.run("-j", "-G1:4", "-a", "-n", "-struct", "-ee", *arguments, str(path))
    return dict(json.loads(out)[0]) if out.strip() else {}


_MOVES = re.compile(r"(Offset|Offsets|Start)\d*$")
_ABOUT_THE_FILE = ("File", "System", "Composite", "ExifTool", "SourceFile")


def lasting(tags: Tags) -> dict[str, list[str]]:
    """The values that a change must not alter, by tag; several where a tag stands several times.

    Left out is what is about the file itself, and absolute places in it.
    """
    values: dict[str, list[str]] = {}
    for key, value in tags.items():
        group, _, rest = key.partition(":")
        name = f"{group}:{rest.rpartition(':')[2]}"
        if group not in _ABOUT_THE_FILE and not _MOVES.search(name):
            values.setdefault(name, []).append(json.dumps(value, sort_keys=True))
    return values


def lost(before: Tags, after: Tags) -> list[str]:
    """The values of ``before`` that are no longer there."""
    now = {name: Counter(values) for name, values in lasting(after).items()}
    return [
        f"{name} = {value}"
        for name, values in lasting(before).items()
        for value in (Counter(values) - now.get(name, Counter())).elements()
    ]


def exiftool_validate(path: Path) -> list[str] | None:
    """The warnings and errors of ``exiftool -validate``."""
    tool = _open_exiftool()
    if tool is None:
        return None
    lines = tool.run("-validate", "-warning", "-error", "-a", "-s3", str(path)).splitlines()
    return [line for line in lines if line and line != "OK" and not re.match(r"\d+ Warn", line)]


def _run(*command: str) -> subprocess.CompletedProcess[bytes] | None:
    if not shutil.which(command[0]):
        return None
    return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)


def ffprobe(path: Path) -> Tags | None:
    """What ffprobe says of the format, the streams and the chapters, tags among it."""
    show = ["-show_format", "-show_streams", "-show_chapters", "-of", "json"]
    done = _run("ffprobe", "-v", "error", *show, str(path))
    return None if done is None else dict(json.loads(done.stdout or b"{}"))


def ffprobe_tags(path: Path) -> Tags | None:
    """Only the tags: ``{"format:title": ..., "0:handler_name": ...}``."""
    report = ffprobe(path)
    if report is None:
        return None
    places = {"format": report.get("format", {})}
    places |= {str(stream["index"]): stream for stream in report.get("streams", [])}
    places |= {f"chapter{i}": item for i, item in enumerate(report.get("chapters", []))}
    return {
        f"{place}:{key}": value
        for place, holder in places.items()
        for key, value in holder.get("tags", {}).items()
    }


def streamhash(path: Path) -> list[str] | None:
    """The hash of every stream (copied, not decoded), and of every packet with its times."""
    copy = ["-map", "0", "-c", "copy", "-copy_unknown", "-f", "streamhash", "-hash", "md5", "-"]
    hashes = _run("ffmpeg", "-v", "error", "-nostdin", "-i", str(path), *copy)
    entries = "packet=stream_index,pts,dts,duration,size,flags,data_hash"
    show = ["-show_packets", "-show_entries", entries, "-show_data_hash", "md5", "-of", "compact"]
    packets = _run("ffprobe", "-v", "error", *show, str(path))
    if hashes is None or packets is None:
        return None
    return [
        *hashes.stdout.decode().splitlines(),
        f"packets {hashlib.sha256(packets.stdout).hexdigest()} {packets.stdout.count(b'packet|')}",
    ]


_DECODING = (OSError, SyntaxError, TypeError, ValueError, LookupError, struct.error)
"""What Pillow raises where a picture is broken."""


def pixels(path: Path) -> str | None:
    """A digest of every frame as Pillow decodes it; the word ``unreadable`` where it cannot."""
    from PIL import Image, ImageFile, ImageSequence

    truncated = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    digest = hashlib.sha256()
    try:
        with Image.open(path) as image:
            for frame in ImageSequence.Iterator(image):
                digest.update(f"{frame.mode} {frame.size} {frame.info.get('duration')}".encode())
                digest.update(frame.tobytes())
    except (*_DECODING, Image.DecompressionBombError):
        return "unreadable"
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = truncated
    return digest.hexdigest()


def _complaints(*command: str) -> list[str] | None:
    done = _run(*command)
    if done is None:
        return None
    return [] if done.returncode == 0 else (done.stdout + done.stderr).decode().splitlines()


def pngcheck(path: Path) -> list[str] | None:
    """What ``pngcheck`` finds wrong; its lines without the file's name."""
    done = _run("pngcheck", "-q", str(path))
    if done is None:
        return None
    lines = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
    return [line.replace(str(path), "").strip() for line in lines if line.strip()]


def flac_test(path: Path) -> list[str] | None:
    """What ``flac -t`` finds wrong."""
    return _complaints("flac", "-t", "-s", str(path))


def exiv2(path: Path) -> dict[str, str] | None:
    """The Exif, IPTC and XMP values that exiv2 shows."""
    done = _run("exiv2", "-P", "kt", "-q", str(path))
    if done is None:
        return None
    rows = (line.split(maxsplit=1) for line in done.stdout.decode("utf-8", "replace").splitlines())
    return {row[0]: row[1] if len(row) > 1 else "" for row in rows if row}


def mediainfo(path: Path) -> Tags | None:
    """What MediaInfo says, track by track."""
    done = _run("mediainfo", "--Output=JSON", str(path))
    return None if done is None else dict(json.loads(done.stdout or b"{}"))


def mutagen_tags(path: Path) -> dict[str, str]:
    """The tags as mutagen reads them; empty where it sees none."""
    import mutagen

    file = mutagen.File(path)
    if file is None or file.tags is None:
        return {}
    return {str(key): str(value) for key, value in dict(file.tags).items()}


def oggz_validate(path: Path) -> list[str] | None:
    """What ``oggz-validate`` finds wrong."""
    return _complaints("oggz-validate", str(path))


def decoded(path: Path) -> list[str] | None:
    """The hash of what ffmpeg decodes from every stream of sound."""
    command = ["-map", "0:a", "-c:a", "pcm_s16le", "-f", "streamhash", "-hash", "md5", "-"]
    done = _run("ffmpeg", "-v", "error", "-nostdin", "-i", str(path), *command)
    return None if done is None else done.stdout.decode().splitlines()
