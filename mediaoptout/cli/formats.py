"""``mediaoptout formats``: which kinds of files can hold what, and where."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Style(StrEnum):
    """In what form the table comes."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSONL = "jsonl"


def formats(
    style: Annotated[Style, typer.Option("--format", help="The form of the table.")] = Style.TEXT,
) -> None:
    """Say which kinds of files are written, and what is written where."""
    from mediaoptout.cli import tables

    match style:
        case Style.TEXT:
            text = tables.text()
        case Style.MARKDOWN:
            text = tables.markdown()
        case Style.JSONL:
            text = tables.jsonl()
    print(text, end="")
