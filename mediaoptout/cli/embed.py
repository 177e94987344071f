"""``mediaoptout embed``: write a reservation into files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mediaoptout.cli import parameters as given
from mediaoptout.cli.settings import Color, Format, Others

if TYPE_CHECKING:
    from mediaoptout.reservation.delivery import Delivery


def embed(
    context: typer.Context,
    sources: given.Sources,
    output: given.Output = None,
    in_place: given.InPlace = False,
    profile: given.Profile = None,
    settings: given.Settings = None,
    catalogue: given.Catalogue = None,
    columns: given.Columns = None,
    skip_faulty: given.SkipFaulty = False,
    sign: Annotated[
        bool, typer.Option("--sign/--no-sign", help="Whether to add a signed C2PA manifest.")
    ] = True,
    sign_flac: Annotated[
        bool, typer.Option("--sign-flac", help="Sign FLAC too, in an ID3 tag before the stream.")
    ] = False,
    resign: given.Resign = False,
    break_credential: Annotated[
        bool,
        typer.Option("--break-credential", help="Take a manifest out that the change breaks."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace statements that allow what is reserved.")
    ] = False,
    overwrite: given.Overwrite = False,
    upgrade_id3: Annotated[
        bool, typer.Option("--upgrade-id3", help="Make ID3v2.2 tags v2.3, which can hold XMP.")
    ] = False,
    wrap_jxl: Annotated[
        bool, typer.Option("--wrap-jxl", help="Put naked JPEG XL codestreams into containers.")
    ] = False,
    sidecar: Annotated[
        bool, typer.Option("--sidecar", help="Write sidecars beside the files, leave them alone.")
    ] = False,
    carriers: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|LIST",
            help="What the recipient takes: everything, conservative, archive-bwf; the only"
            " carriers (riff-info,xmp), or those to leave out (-id3,-c2pa).",
        ),
    ] = None,
    vocabularies: Annotated[
        str | None, typer.Option(metavar="LIST", help="The only vocabularies, like plus,cawg.")
    ] = None,
    prose: Annotated[
        bool, typer.Option("--prose/--no-prose", help="Whether to say it in natural language too.")
    ] = True,
    legacy_label: Annotated[
        bool,
        typer.Option("--legacy-c2pa-label", help="Sign it under the label of C2PA 1.x too."),
    ] = False,
    replace_rights: Annotated[
        bool, typer.Option("--replace-rights", help="Replace notices, credits, terms of others.")
    ] = False,
    mark_pictures: Annotated[
        bool, typer.Option("--mark-pictures", help="Say it in embedded pictures (covers) too.")
    ] = False,
    update_checksums: given.UpdateChecksums = False,
    prove: given.Prove = False,
    others: given.Copied = None,
    dry_run: given.DryRun = False,
    recall: given.Recall = False,
    report: given.Reports = None,
    thumbnails: given.Thumbnails = False,
    jobs: given.Jobs = None,
    max_memory: given.Memory = "1G",
    form: given.Form = Format.TEXT,
    quiet: given.Quiet = False,
    color: given.Colour = Color.AUTO,
    null: given.Null = False,
) -> None:
    """Write a reservation into files: into copies under --output, or --in-place."""
    from mediaoptout.catalogue.run import Means, embed_all
    from mediaoptout.catalogue.tally import EmbedTally
    from mediaoptout.cli import humane, running, summary
    from mediaoptout.cli.console import Console, finishing
    from mediaoptout.cli.identity import first_identity
    from mediaoptout.cli.reporting import Reporting
    from mediaoptout.embedding import Declaration, EmbedOptions
    from mediaoptout.reservation.profiles import DEFAULT, lacks_holder, load
    from mediaoptout.words import Carrier, Exit

    running.check_destination(output, in_place=in_place, others=others)
    if catalogue is None:
        running.without_catalogue(context)
    asked = profile or DEFAULT, settings or ()
    reservation = load(*asked, holders_follow=catalogue is not None)
    declaration = Declaration.of(reservation)
    recipient = _delivery(asked, carriers, vocabularies, prose=prose)
    sign = sign and (recipient.takes(Carrier.C2PA) or recipient.takes(Carrier.SIDECAR_C2PA))
    options = EmbedOptions(
        force=force,
        overwrite=overwrite,
        break_credential=break_credential,
        upgrade_id3=upgrade_id3,
        wrap_jxl=wrap_jxl,
        dry_run=dry_run,
        sign=sign,
        sign_flac=sign_flac,
        resign=resign,
        sidecar=sidecar,
        update_checksums=update_checksums,
        prove=prove,
        recall=recall,
        replace_rights=replace_rights,
        legacy_label=legacy_label,
        mark_pictures=mark_pictures,
        delivery=recipient,
    )
    means = Means(processes=jobs, memory=humane.parse_size(max_memory), on_interrupt=finishing)
    named = running.paths(sources, null=null)
    items, plan = running.destined(named, output)

    console = Console(form, quiet=quiet, color=color)
    merging, faulty = None, False
    if catalogue is not None:
        from mediaoptout.catalogue.matching import assigned
        from mediaoptout.catalogue.merging import Merging
        from mediaoptout.cli import catalogued

        listed = catalogued.prepared(
            console,
            catalogue,
            items,
            roles=columns or (),
            skip_faulty=skip_faulty,
            holders_needed=lacks_holder(*asked),
            recall=recall,
        )
        merging, faulty = Merging.of(reservation, listed.catalogue.counting), bool(listed.faults)
        plan = assigned(plan, listed.matched)
    if sign and plan and not dry_run:
        # Made here, once, before several processes would all want to make it.
        first_identity(console)
    tally = EmbedTally()
    outcomes = embed_all(
        plan,
        declaration,
        options,
        merging=merging,
        copy_others=others is Others.COPY,
        means=means,
    )
    clock = summary.Clock()
    with Reporting(report, "embed", thumbnails=thumbnails, policy=profile) as reports:
        finished = running.follow(
            console,
            plan,
            reports.taking(outcomes),
            tally,
            lambda record: summary.embedded(console, record),
        )
        if finished and not tally.files:
            raise running.nothing(named, tally.skipped)
        code = tally.exit if finished else Exit.NOT_DONE
        if faulty:
            code = max(code, Exit.NOT_AS_EXPECTED)
        summary.of_embed(console, tally, clock, output=output, dry_run=dry_run)
        reports.finish(console, skipped=tally.skipped, exit_code=code, complete=finished)
    raise typer.Exit(code)


def _delivery(
    asked: tuple[str, Sequence[str]],
    carriers: str | None,
    vocabularies: str | None,
    *,
    prose: bool,
) -> Delivery:
    """What the recipient takes: as the profile says, unless an option says otherwise."""
    from mediaoptout.reservation.delivery import chosen, narrowed
    from mediaoptout.reservation.profiles import delivery

    base = delivery(*asked)
    if carriers is not None:
        base = chosen(carriers, base)
    words = None if vocabularies is None else vocabularies.split(",")
    return narrowed(base, vocabularies=words, prose=None if prose else False)
