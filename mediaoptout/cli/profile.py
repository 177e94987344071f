"""``mediaoptout profile``: list, show, make, check and export profiles."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mediaoptout.cli import parameters as given

if TYPE_CHECKING:
    from mediaoptout.reservation.new_profile import Question

app = typer.Typer(
    name="profile",
    help="Profiles: what is reserved, by whom and on what ground.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="NAME|FILE", show_default=False)]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A value that wins over the profile's."),
]


@app.command("list")
def list_profiles() -> None:
    """Name all profiles that can be found."""
    from mediaoptout.reservation.profiles import available

    profiles = available()
    width = max(len(profile.name) for profile in profiles)
    for profile in profiles:
        print(f"{profile.name:{width}}  {profile.title}  [{profile.origin}]")


@app.command()
def show(name: Name, settings: Settings = None) -> None:
    """Print a profile's file, and everything that it makes files say."""
    from mediaoptout.cli.shown import shown
    from mediaoptout.errors import ProfileError
    from mediaoptout.reservation.profiles import find, load

    print(find(name).text.rstrip("\n"))
    try:
        reservation = load(name, settings or ())
    except ProfileError as error:
        print(f"\n# {error.message}\n# {error.fix}")
        return
    for line in shown(reservation):
        print(f"# {line}".rstrip())


@app.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
) -> None:
    """Write a profile: asks for what it says on a terminal, else writes one to fill in."""
    from datetime import date

    from mediaoptout.errors import ProfileError
    from mediaoptout.reservation.new_profile import interview
    from mediaoptout.reservation.profiles import write_new

    asked = sys.stdin.isatty() and sys.stdout.isatty()
    if asked and file.exists():
        raise ProfileError(f"{file} is there already", fix="choose another name")
    write_new(file, interview(_ask, date.today()) if asked else None)
    told = "read it through" if asked else "fill it in"
    print(f"{file} is made; {told}, then: mediaoptout profile check {file}")


def _ask(question: Question) -> Any:
    """Ask until there is an answer."""
    from mediaoptout.cli.console import printable
    from mediaoptout.errors import UsageError

    print(f"\n{question.text}")
    width = max((len(word) for word in question.choices), default=0)
    for number, (word, meaning) in enumerate(question.choices.items(), 1):
        print(f"  {number:2}  {word:{width}}  {meaning}".rstrip())
    while True:
        print(f"[{question.default}] > " if question.default else "> ", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            raise UsageError("the answers ended before the questions", fix="nothing was written")
        try:
            return question.answered(line)
        except UsageError as error:
            print(f"  {printable(error.message)}")


@app.command()
def check(name: Name, settings: Settings = None) -> None:
    """Check a profile; ends with 2 if something is wrong with it."""
    from mediaoptout.reservation.profiles import delivery, load

    reservation = load(name, settings or ())
    delivery(name, settings or ())
    if reservation.withdrawn is not None:
        print(f"{name} is right: it says that the declaration was withdrawn, and reserves nothing")
        return
    reserved = [use for use, permission in reservation.uses.items() if permission.reserves]
    print(f"{name} is right: it reserves {', '.join(reserved)}")


@app.command()
def export(
    name: Name,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Files and folders for the letter's list; - reads paths from standard input.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="The folder for the documents."),
    ] = None,
    settings: Settings = None,
    catalogue: given.Catalogue = None,
    columns: given.Columns = None,
    site: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The site on which the documents will be."),
    ] = None,
    odrl: Annotated[bool, typer.Option("--odrl", help="A TDMRep policy (ODRL).")] = False,
    tdmrep: Annotated[bool, typer.Option("--tdmrep", help="tdmrep.json for the site.")] = False,
    headers: Annotated[bool, typer.Option("--headers", help="HTTP headers.")] = False,
    robots: Annotated[bool, typer.Option("--robots", help="Lines for robots.txt.")] = False,
    rsl: Annotated[bool, typer.Option("--rsl", help="An RSL document.")] = False,
    clause: Annotated[
        bool, typer.Option("--clause", help="Clauses for a site's terms and for broadcasters.")
    ] = False,
    letter: Annotated[
        bool, typer.Option("--letter", help="A declaration letter with a list, to be signed.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace documents that are there.")
    ] = False,
) -> None:
    """Write what goes with the files, in the same words: all of it, or what is named."""
    from mediaoptout.catalogue.selection import select
    from mediaoptout.cli.running import paths
    from mediaoptout.documents.document import Kind
    from mediaoptout.documents.export import export as made
    from mediaoptout.documents.export import write
    from mediaoptout.documents.recordings import recordings, works_of
    from mediaoptout.reservation.profiles import find, load

    wanted = {
        Kind.ODRL: odrl,
        Kind.TDMREP: tdmrep,
        Kind.HEADERS: headers,
        Kind.ROBOTS: robots,
        Kind.RSL: rsl,
        Kind.CLAUSE: clause,
        Kind.LETTER: letter,
    }
    reservation = load(name, settings or ())
    listed = list(select(paths(files, null=False), beside=output)) if files else []
    works = None
    if catalogue is not None:
        from mediaoptout.cli.catalogued import prepared
        from mediaoptout.cli.console import Console
        from mediaoptout.cli.settings import Format

        console = Console(Format.TEXT)
        rows = prepared(console, catalogue, listed, roles=columns or (), skip_faulty=False)
        works = works_of(rows.catalogue, rows.matched)
    result = made(
        reservation,
        [kind for kind, asked in wanted.items() if asked],
        site=site,
        recordings=tuple(recordings(listed, reservation, works)),
    )
    folder = output or Path(f"{find(name).name}-documents")
    for path in write(result.documents, folder, overwrite=overwrite):
        print(path)
    for kind, reason in result.left_out:
        print(f"left out: --{kind}: {reason}", file=sys.stderr)
