"""Codestreams without their containers, taken out of the samples."""

from __future__ import annotations

from tests.conftest import SAMPLES


def naked_jxl() -> bytes:
    """The JPEG XL codestream of the sample that holds it in two parts."""
    data = (SAMPLES / "jxl" / "parts_brob.jxl").read_bytes()
    at, parts = 0, []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big") or len(data) - at
        if data[at + 4 : at + 8] == b"jxlp":
            parts.append(data[at + 12 : at + size])
        at += size
    return b"".join(parts)
