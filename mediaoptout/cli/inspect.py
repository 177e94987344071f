"""``mediaoptout inspect``: every statement of a file, where it stands and what it means."""

from __future__ import annotations

from typing import Annotated

import typer

from mediaoptout.cli import parameters as given
from mediaoptout.cli.settings import Color, Format


def inspect(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="Files; - reads paths from standard input, one a line.",
            show_default=False,
        ),
    ],
    recall: given.Recall = False,
    fetch: given.Fetch = False,
    fetch_from: given.FetchFrom = None,
    trust: given.Trust = None,
    allow_signer: given.AllowSigner = None,
    jobs: given.Jobs = None,
    max_memory: given.Memory = "1G",
    form: given.Form = Format.TEXT,
    quiet: given.Quiet = False,
    color: given.Colour = Color.AUTO,
    null: given.Null = False,
) -> None:
    """Show every statement of a file, where it stands and what it means."""
    from mediaoptout.catalogue.outputs import to_read
    from mediaoptout.catalogue.run import Means, inspect_all
    from mediaoptout.catalogue.selection import select
    from mediaoptout.catalogue.tally import VerifyTally
    from mediaoptout.cli import humane, page, running
    from mediaoptout.cli.console import Console, finishing
    from mediaoptout.words import Exit

    means = Means(processes=jobs, memory=humane.parse_size(max_memory), on_interrupt=finishing)
    named = running.paths(files, null=null)
    plan = to_read(select(named))
    console = Console(form, quiet=quiet or len(plan) == 1, color=color)
    tally = VerifyTally()
    finished = running.follow(
        console,
        plan,
        inspect_all(
            plan,
            anchors=running.anchors(trust, allow_signer),
            recall=recall,
            fetch=fetch_from or fetch,
            means=means,
        ),
        tally,
        lambda record: page.inspected(console, record),
    )
    if finished and not tally.files:
        raise running.nothing(named, tally.skipped)
    raise typer.Exit(tally.exit if finished else Exit.NOT_DONE)
