"""One file in, one reserved file out."""

from __future__ import annotations

from mediaoptout.embedding.declaration import Declaration, EmbedOptions
from mediaoptout.embedding.single import embed, embed_file

__all__ = ["Declaration", "EmbedOptions", "embed", "embed_file"]
