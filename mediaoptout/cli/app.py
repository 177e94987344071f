"""The application: its commands, its defaults, and how its errors end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Final, NoReturn

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
_EPILOG = "Exit codes: 0 all as expected, 1 something is not, 2 wrong use, 3 something failed."

COMMANDS: Final[tuple[Callable[..., None] | typer.Typer, ...]] = (
    embed.embed,
    verify.verify,
    inspect.inspect,
    strip.strip,
    formats.formats,
    schema.schema,
    profile.app,
    policy.app,
    identity.app,
    trust.app,
    evidence.app,
)
"""The commands, and the groups of commands, in the order in which the help names them."""


def application(arguments: Sequence[str]) -> typer.Typer:
    """The application, with the options of the command that is asked for.

    The other commands are only named: to make out all their options takes longer than most answers.

    Args:
        arguments: those of the command line, without the program's name.
    """
    asked = next((argument for argument in arguments if not argument.startswith("-")), None)
    app = typer.Typer(
        name="mediaoptout",
        help="Write rights reservations inside audio, video and image files, and verify them.",
        epilog=_EPILOG,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(common)
    for command in COMMANDS:
        if isinstance(command, typer.Typer):
            name, words = str(command.info.name), str(command.info.help)
        else:
            name, words = command.__name__, command.__doc__ or ""
        if name != asked:
            app.command(name, help=words)(_named_only)
        elif isinstance(command, typer.Typer):
            app.add_typer(command)
        else:
            app.command(name)(command)
    return app


def _named_only() -> None:
    """Stands for a command that is not asked for."""


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"mediaoptout {version('mediaoptout')}")
        raise typer.Exit


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
        application(sys.argv[1:])()
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
