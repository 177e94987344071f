"""``mediaoptout schema``: the JSON schemas of the records."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Record(StrEnum):
    """What has a schema."""

    EMBED = "embed"
    VERIFY = "verify"
    INSPECT = "inspect"
    SUMMARY = "summary"
    EVIDENCE = "evidence"


def schema(
    record: Annotated[Record, typer.Argument(help="Whose.", show_default=False)],
) -> None:
    """Print the JSON schema of a command's records, of a summary or of evidence."""
    from mediaoptout.records import schema as text

    print(text(record), end="")
