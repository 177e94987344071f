"""MKVToolNix and ffmpeg as witnesses of Matroska. One that is absent answers None."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree


def run(*command: str) -> subprocess.CompletedProcess[bytes] | None:
    """What a program did; None where it is absent."""
    if not shutil.which(command[0]):
        return None
    return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)


def mkvmerge(path: Path) -> dict[str, Any] | None:
    """What ``mkvmerge -J`` says of everything but the tags."""
    done = run("mkvmerge", "-J", str(path))
    if done is None:
        return None
    report = json.loads(done.stdout)
    names = ("container", "tracks", "attachments", "chapters", "errors", "warnings")
    return {name: report.get(name) for name in names} | {"status": done.returncode}


def tags(path: Path) -> list[tuple[str, str]] | None:
    """Every tag's name and text, as ``mkvextract`` gives them."""
    done = run("mkvextract", str(path), "tags", "-")
    if done is None:
        return None
    start = done.stdout.find(b"<Tags")
    if start < 0:
        return []
    root = ElementTree.fromstring(done.stdout[start:].decode())
    found = ((item.findtext("Name"), item.findtext("String")) for item in root.iter("Simple"))
    return [(name, text) for name, text in found if name and text is not None]
