"""An assertion for a manifest, as a value that needs no library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion for the manifest.

    Args:
        label: its label.
        data: its data, as JSON would have it.
    """

    label: str
    data: Mapping[str, Any]
