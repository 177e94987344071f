"""``mediaoptout verify``: say what files reserve, and whether that is what is expected."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mediaoptout.cli import parameters as given
from mediaoptout.cli.settings import Color, Format
from mediaoptout.words import FailOn

if TYPE_CHECKING:
    from mediaoptout.catalogue.columns import Column
    from mediaoptout.catalogue.outputs import Job
    from mediaoptout.records import VerifyRecord


def verify(
    context: typer.Context,
    sources: given.Sources,
    policy: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="The rules to ask; see 'mediaoptout policy list'."),
    ] = None,
    profile: given.Profile = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="The findings that end the command with 1.")
    ] = FailOn.ERROR,
    against: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Compare copies with their masters, which are here."),
    ] = None,
    catalogue: given.Catalogue = None,
    columns: given.Columns = None,
    skip_faulty: given.SkipFaulty = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Read headers only; validate no manifest.")
    ] = False,
    recall: given.Recall = False,
    fetch: given.Fetch = False,
    fetch_from: given.FetchFrom = None,
    trust: given.Trust = None,
    allow_signer: given.AllowSigner = None,
    report: given.Reports = None,
    thumbnails: given.Thumbnails = False,
    jobs: given.Jobs = None,
    max_memory: given.Memory = "1G",
    form: given.Form = Format.TEXT,
    quiet: given.Quiet = False,
    color: given.Colour = Color.AUTO,
    null: given.Null = False,
) -> None:
    """Say what files reserve, and what is wrong with them. Ends with 1 if that is not expected."""
    from mediaoptout.catalogue.outputs import to_read
    from mediaoptout.catalogue.run import Means, verify_all
    from mediaoptout.catalogue.selection import select
    from mediaoptout.catalogue.tally import VerifyTally
    from mediaoptout.cli import humane, running, summary
    from mediaoptout.cli.console import Console, finishing
    from mediaoptout.cli.reporting import Reporting
    from mediaoptout.reservation.delivery import EVERYTHING
    from mediaoptout.words import Exit

    rules = None
    if policy is not None:
        from mediaoptout.verification.policy_files import load

        rules = load(policy)
    expected, recipient = None, EVERYTHING
    if profile is not None:
        from mediaoptout.reservation.profiles import delivery, expected_uses

        expected, recipient = expected_uses(profile), delivery(profile)
    anchors = running.anchors(trust, allow_signer)
    means = Means(processes=jobs, memory=humane.parse_size(max_memory), on_interrupt=finishing)
    named = running.paths(sources, null=null)
    plan = to_read(select(named))
    if against is not None:
        from mediaoptout.catalogue.returned import pair

        plan = pair(plan, against, means, recall=recall)

    console = Console(form, quiet=quiet, color=color)
    counting: tuple[Column, ...] = ()
    lost: list[tuple[Job, VerifyRecord | None]] = []
    faulty = False
    if catalogue is None:
        running.without_catalogue(context)
    if catalogue is not None:
        from mediaoptout.catalogue.matching import assigned
        from mediaoptout.cli import catalogued

        items = [job.item for job in plan]
        listed = catalogued.prepared(
            console,
            catalogue,
            items,
            roles=columns or (),
            skip_faulty=skip_faulty,
            reads=True,
            recall=recall,
        )
        counting, faulty = listed.catalogue.counting, bool(listed.faults)
        lost = catalogued.absent(listed.matched, listed.catalogue.unit, rules)
        plan = assigned(plan, listed.matched)
    tally = VerifyTally(fail_on=fail_on)
    clock = summary.Clock()
    named_policy = policy or profile
    with Reporting(
        report, "verify", thumbnails=thumbnails, policy=named_policy, fail_on=fail_on
    ) as reports:
        outcomes = verify_all(
            plan,
            expected=expected,
            quick=quick,
            policy=rules,
            columns=counting,
            anchors=anchors,
            delivery=recipient,
            recall=recall,
            fetch=fetch_from or fetch,
            means=means,
        )
        finished = running.follow(
            console,
            [*(job for job, _ in lost), *plan],
            reports.taking(chain(lost, outcomes)),
            tally,
            lambda record: summary.verified(console, record),
        )
        if finished and not tally.files:
            raise running.nothing(named, tally.skipped)
        code = tally.exit if finished else Exit.NOT_DONE
        if faulty:
            code = max(code, Exit.NOT_AS_EXPECTED)
        summary.of_verify(console, tally, clock)
        reports.finish(console, skipped=tally.skipped, exit_code=code, complete=finished)
    raise typer.Exit(code)
