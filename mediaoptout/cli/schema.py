"""``mediaoptout schema``: the JSON schemas of the records."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Record(StrEnum):
    """A record that has a schema."""

    EMBED = "embed"
    VERIFY = "verify"
    INSPECT = "inspect"


def schema(
    record: Annotated[Record, typer.Argument(help="Whose record.", show_default=False)],
) -> None:
    """Print the JSON schema of a command's records."""
    from mediaoptout.records import schema as text

    print(text(record), end="")
