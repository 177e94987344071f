"""``mediaoptout strip``: take our statements out of files again."""

from __future__ import annotations

from typing import Annotated

import typer

from mediaoptout.cli import parameters as given
from mediaoptout.cli.settings import Color, Format, Others


def strip(
    sources: given.Sources,
    output: given.Output = None,
    in_place: given.InPlace = False,
    profile: given.Profile = None,
    settings: given.Settings = None,
    sign: Annotated[
        bool, typer.Option("--sign/--no-sign", help="Whether a file that was signed is signed.")
    ] = True,
    resign: given.Resign = False,
    break_credential: Annotated[
        bool, typer.Option("--break-credential", help="Take the manifest out too.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Change files in packages that carry hashes.")
    ] = False,
    overwrite: given.Overwrite = False,
    update_checksums: given.UpdateChecksums = False,
    prove: given.Prove = False,
    others: given.Copied = None,
    dry_run: given.DryRun = False,
    recall: given.Recall = False,
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
    from mediaoptout.catalogue.run import Means, embed_all
    from mediaoptout.catalogue.tally import EmbedTally
    from mediaoptout.cli import humane, running, summary
    from mediaoptout.cli.console import Console, finishing
    from mediaoptout.cli.identity import first_identity
    from mediaoptout.embedding import Declaration, EmbedOptions, removal
    from mediaoptout.reservation.profiles import DEFAULT, load
    from mediaoptout.words import Exit

    running.check_destination(output, in_place=in_place, others=others)
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
        recall=recall,
    )
    means = Means(processes=jobs, memory=humane.parse_size(max_memory), on_interrupt=finishing)
    named = running.paths(sources, null=null)
    plan = running.destined(named, output)[1]

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
