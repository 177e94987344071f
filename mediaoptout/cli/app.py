"""The application: its commands, its defaults, and how its errors end."""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from mediaoptout.cli import (
    embed,
    evidence,
    formats,
    identity,
    inspect,
    policy,
    profile,
    schema,
    settings,
    strip,
    trust,
    verify,
)
from mediaoptout.cli.console import report, spelling_out
from mediaoptout.errors import ErrorInfo, MediaoptoutError, UsageError
from mediaoptout.words import Exit

DEBUG = "MEDIAOPTOUT_DEBUG"

app = typer.Typer(
    name="mediaoptout",
    help="Write rights reservations inside audio, video and image files, and verify them.",
    epilog="Exit codes: 0 all as expected, 1 something is not, 2 wrong use, 3 something failed.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(embed.embed)
app.command()(verify.verify)
app.command()(inspect.inspect)
app.command()(strip.strip)
app.add_typer(profile.app)
app.add_typer(policy.app)
app.add_typer(identity.app)
app.add_typer(trust.app)
app.add_typer(evidence.app)
app.command()(formats.formats)
app.command()(schema.schema)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"mediaoptout {version('mediaoptout')}")
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Write rights reservations inside audio, video and image files, and verify them."""
    spelling_out()
    context.default_map = settings.load()


def run() -> NoReturn:
    """Run the application on the process's arguments, and end the process. No traceback, ever."""
    try:
        app()
    except UsageError as error:
        report(error.info)
        sys.exit(Exit.WRONG_USE)
    except MediaoptoutError as error:
        report(error.info)
        sys.exit(Exit.NOT_DONE)
    except Exception as error:  # the last edge: whatever it is, a user gets one line
        if os.environ.get(DEBUG):
            raise
        report(
            ErrorInfo(
                "unexpected",
                f"unexpected error, {type(error).__name__}: {error}",
                fix=f"run again with {DEBUG}=1 and report what it shows to the developers",
            )
        )
        sys.exit(Exit.NOT_DONE)
    sys.exit(Exit.AS_EXPECTED)
