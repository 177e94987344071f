"""``mediaoptout profile``: list, show, make and check profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="profile",
    help="Profiles: what is reserved, by whom and on what ground.",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.command("list")
def list_profiles() -> None:
    """Name all profiles that can be found."""
    from mediaoptout.reservation.profiles import available

    profiles = available()
    width = max(len(profile.name) for profile in profiles)
    for profile in profiles:
        print(f"{profile.name:{width}}  {profile.title}  [{profile.origin}]")


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)]) -> None:
    """Print a profile's file, and the declaration that it makes."""
    from mediaoptout.errors import ProfileError
    from mediaoptout.reservation.profiles import find, load

    profile = find(name)
    print(profile.text.rstrip("\n"))
    try:
        reservation = load(name)
    except ProfileError as error:
        print(f"\n# {error.message}\n# {error.fix}")
        return
    for language, text in reservation.texts:
        print(f"\n# {language}: {text}")


@app.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
) -> None:
    """Write a profile to begin with, which extends the default one."""
    from mediaoptout.reservation.profiles import write_new

    write_new(file)
    print(f"{file} is made; fill it in, then: mediaoptout profile check {file}")


@app.command()
def check(file: Annotated[str, typer.Argument(metavar="FILE", show_default=False)]) -> None:
    """Check a profile; ends with 2 if something is wrong with it."""
    from mediaoptout.reservation.profiles import load

    reservation = load(file)
    reserved = [use for use, permission in reservation.uses.items() if permission.reserves]
    print(f"{file} is right: it reserves {', '.join(reserved)}")
