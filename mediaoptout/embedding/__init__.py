"""One file in, one reserved file out.

The names are loaded when they are first asked for: a run that leaves the files to other processes
needs no container in its own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mediaoptout.embedding.declaration import Declaration, EmbedOptions
    from mediaoptout.embedding.single import embed, embed_file, strip
    from mediaoptout.embedding.stripping import removal

__all__ = ["Declaration", "EmbedOptions", "embed", "embed_file", "removal", "strip"]

_HOMES = {
    "Declaration": "declaration",
    "EmbedOptions": "declaration",
    "embed": "single",
    "embed_file": "single",
    "removal": "stripping",
    "strip": "single",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
