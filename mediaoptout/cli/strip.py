"""``mediaoptout strip``: take our statements out of files again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mediaoptout.cli import parameters as given
from mediaoptout.cli.settings import Color, Format, Others


def strip(
    sources: given.Sources,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="The folder for the new files, mirrored there."
        ),
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Change the files themselves.")
    ] = False,
    profile: given.Profile = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A value that wins over the profile's."),
    ] = None,
    sign: Annotated[
        bool, typer.Option("--sign/--no-sign", help="Whether a file that was signed is signed.")
    ] = True,
    resign: Annotated[
        bool, typer.Option("--resign", help="Sign files that carry somebody else's manifest.")
    ] = False,
    break_credential: Annotated[
        bool, typer.Option("--break-credential", help="Take the manifest out too.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Change files in packages that carry hashes.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace outputs that exist.")
    ] = False,
    update_checksums: Annotated[
        bool, typer.Option("--update-checksums", help="Renew check sum files beside the files.")
    ] = False,
    prove: Annotated[
        bool, typer.Option("--prove", help="Also hash the essence before and after.")
    ] = False,
    others: Annotated[
        Others | None, typer.Option(help="Copy what is not written to the output as it is.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Plan and check everything, write nothing.")
    ] = False,
    jobs: given.Jobs = None,
    max_memory: given.Memory = "1G",
    form: given.Form = Format.TEXT,
    quiet: given.Quiet = False,
    color: given.Colour = Color.AUTO,
    null: given.Null = False,
) -> None:
    """Take what we wrote out of files again: out of copies, or of the files themselves.

    What a tag says exactly as the profile says it is ours too.
    """
    from mediaoptout.catalogue.outputs import in_place as itself
    from mediaoptout.catalogue.outputs import mirrored
    from mediaoptout.catalogue.run import Means, embed_all
    from mediaoptout.catalogue.selection import select
    from mediaoptout.catalogue.tally import EmbedTally
    from mediaoptout.cli import humane, running, summary
    from mediaoptout.cli.console import Console, finishing
    from mediaoptout.cli.identity import first_identity
    from mediaoptout.embedding import Declaration, EmbedOptions, removal
    from mediaoptout.errors import UsageError
    from mediaoptout.reservation.profiles import DEFAULT, load
    from mediaoptout.words import Exit

    if (output is None) is not in_place:
        which = (
            "both --output and --in-place are" if in_place else "neither --output nor --in-place is"
        )
        raise UsageError(f"{which} given", fix="give one of the two")
    if others is not None and in_place:
        raise UsageError("--others is for --output: in place there is nothing to copy")
    asked = profile is not None or bool(settings)
    known = Declaration.of(load(profile or DEFAULT, settings or ())).properties if asked else ()
    options = EmbedOptions(
        force=force,
        overwrite=overwrite,
        break_credential=break_credential,
        dry_run=dry_run,
        sign=sign and not break_credential,
        resign=resign,
        update_checksums=update_checksums,
        prove=prove,
    )
    means = Means(processes=jobs, memory=humane.parse_size(max_memory), on_interrupt=finishing)
    named = running.paths(sources, null=null)
    items = list(select(named, beside=output))
    plan = mirrored(items, named, output) if output is not None else itself(items)

    console = Console(form, quiet=quiet, color=color)
    if options.sign and plan and not dry_run:
        first_identity(console)
    tally = EmbedTally()
    copying = others is Others.COPY
    outcomes = embed_all(plan, removal(known), options, copy_others=copying, means=means)
    clock = summary.Clock()
    finished = running.follow(
        console, plan, outcomes, tally, lambda record: summary.embedded(console, record)
    )
    if finished and not tally.files:
        raise running.nothing(named, tally.skipped)
    summary.of_strip(console, tally, clock, dry_run=dry_run)
    raise typer.Exit(tally.exit if finished else Exit.NOT_DONE)
