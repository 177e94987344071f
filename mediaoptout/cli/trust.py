"""``mediaoptout trust``: whose certificates are trusted; show, replace and go back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mediaoptout.credentials.trust import Anchors

app = typer.Typer(
    name="trust",
    help="Whose signers are trusted: the C2PA's list, or one of your own.",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.command()
def show() -> None:
    """Say which lists are in use, and list their certificates."""
    from mediaoptout.credentials.trust import current

    _print(current())


@app.command()
def update(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Certificates (PEM) that vouch for signers.")
    ],
    timestamps: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Those that vouch for time-stamp authorities."),
    ] = None,
) -> None:
    """Use lists of your own from now on. Nothing is fetched: download them yourself."""
    from mediaoptout.credentials.trust import update as replace

    _summary(replace(file, timestamps))


@app.command()
def reset() -> None:
    """Go back to the lists that came with this version."""
    from mediaoptout.credentials.trust import current
    from mediaoptout.credentials.trust import reset as go_back

    if not go_back():
        print("the shipped lists were in use already")
    _summary(current())


def _summary(anchors: Anchors) -> None:
    from mediaoptout.credentials.trust import certificates, source

    print(f"signers      {len(certificates(anchors.signers))} certificates, {source(anchors)}")
    print(f"time stamps  {len(certificates(anchors.timestamps))} certificates")


def _print(anchors: Anchors) -> None:
    from mediaoptout.credentials.trust import certificates

    _summary(anchors)
    now = datetime.now(UTC)
    for title, pem in (("signers", anchors.signers), ("time stamps", anchors.timestamps)):
        print(f"\n{title}")
        for each in certificates(pem):
            ended = "" if each.alive(now) else "  (not valid now)"
            name = ", ".join(filter(None, (each.common_name, each.organisation)))
            print(f"  {each.not_after:%Y-%m-%d}  {each.fingerprint[:16]}  {name}{ended}")
