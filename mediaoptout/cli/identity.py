"""``mediaoptout identity``: make, show and check the identity that signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mediaoptout.cli.console import Console
    from mediaoptout.credentials.identity import Identity

app = typer.Typer(
    name="identity",
    help="The identity that signs: a key and certificates of your own.",
    rich_markup_mode=None,
    no_args_is_help=True,
)


def first_identity(console: Console) -> None:
    """Make the local identity if there is none, and say so."""
    from mediaoptout.credentials.identity import exists, local

    if not exists():
        made = local()
        console.note(
            f"An identity was made, to sign with: {made.name}. Keep a copy of {made.folder}"
        )


def _print(identity: Identity) -> None:
    print(f"name     {identity.name}")
    print(f"serial   {identity.serial:x}")
    print(f"expires  {identity.expires:%Y-%m-%d}")
    print(f"folder   {identity.folder}")
    print("trust    none: it is self-made, and readers will call its signatures untrusted")


@app.command()
def new(
    replace: Annotated[
        bool, typer.Option("--replace", help="Set the one that is there aside; it is renamed.")
    ] = False,
) -> None:
    """Make a new local identity."""
    from mediaoptout.credentials.identity import folder, make

    _print(make(folder(), replace=replace))


@app.command()
def show() -> None:
    """Say which identity signs, until when, and where it is kept."""
    from mediaoptout.credentials.identity import exists, folder, load

    if exists():
        _print(load(folder()))
    else:
        print(f"there is no identity yet; the first signed file makes one in {folder()}")


@app.command()
def check() -> None:
    """Sign a small picture and read it back; ends with 2 if the identity cannot sign."""
    from mediaoptout.credentials.identity import folder, load
    from mediaoptout.credentials.selfcheck import selfcheck

    identity = load(folder())
    codes = selfcheck(identity)
    _print(identity)
    print(f"signing  works; the reference reader says: {', '.join(codes) or 'no remarks'}")
