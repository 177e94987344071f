"""``mediaoptout policy``: list, show, make, check and explain policies."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="policy",
    help="Policies: which rules verify asks of files, and how much each weighs.",
    rich_markup_mode=None,
    no_args_is_help=True,
)


class Form(StrEnum):
    """In what form rules are explained."""

    TEXT = "text"
    MARKDOWN = "markdown"


@app.command("list")
def list_policies() -> None:
    """Name all policies that can be found."""
    from mediaoptout.verification.policy_files import available

    policies = available()
    width = max(len(policy.name) for policy in policies)
    for policy in policies:
        print(f"{policy.name:{width}}  {policy.title}  [{policy.origin}]")


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)]) -> None:
    """Print a policy's file, and every rule that it asks, those that it inherits too."""
    from mediaoptout.verification.policy_files import SHELF, load

    print(SHELF.find(name).text.rstrip("\n"))
    policy = load(name)
    width = max((len(item.id) for item in policy.applied), default=0)
    print(f"\n# {policy.name} asks:")
    for item in policy.applied:
        when = f", where {item.when}" if item.when is not None else ""
        print(f"#   {item.severity:7}  {item.id:{width}}  {item.condition}{when}")


@app.command()
def new(file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]) -> None:
    """Write a policy to begin with, which extends the default one."""
    from mediaoptout.verification.policy_files import write_new

    write_new(file)
    print(f"{file} is made; fill it in, then: mediaoptout policy check {file}")


@app.command()
def check(file: Annotated[str, typer.Argument(metavar="FILE", show_default=False)]) -> None:
    """Check a policy; ends with 2 if something is wrong with it."""
    from mediaoptout.cli import humane
    from mediaoptout.verification.policy_files import load

    policy = load(file)
    print(f"{file} is right: it asks {humane.count(len(policy.applied), 'rule')}")


@app.command("from")
def from_files(
    files: Annotated[list[str], typer.Argument(metavar="GOODFILE", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The new policy's file."),
    ] = None,
) -> None:
    """Write the policy that good files, or those in good folders, fulfil."""
    from mediaoptout.catalogue.outputs import to_read
    from mediaoptout.catalogue.run import passed_over
    from mediaoptout.catalogue.selection import select
    from mediaoptout.cli import running
    from mediaoptout.verification.policy_files import SHELF
    from mediaoptout.verification.policy_from import policy_from

    jobs = to_read(select(map(Path, files)))
    good = [job.item.path for job in jobs if not passed_over(job)]
    if not good:
        raise running.nothing([Path(file) for file in files], len(jobs))
    text = policy_from(good)
    if output is None:
        print(text, end="")
        return
    SHELF.write_new(output, text)
    print(f"{output} is made; next: mediaoptout verify --policy {output} FOLDER")


@app.command()
def explain(
    rule: Annotated[
        str | None, typer.Argument(metavar="RULE", help="A rule; none for a list of all.")
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="Text for a terminal, or all as Markdown.")
    ] = Form.TEXT,
) -> None:
    """Say what a rule looks at, why, and what to do about its findings."""
    from mediaoptout.verification import policy_files
    from mediaoptout.verification.rules import pages

    if form is Form.MARKDOWN:
        print(pages.markdown(policy_files.asked_by()), end="")
    elif rule is None:
        print(pages.listed())
    else:
        print(pages.explained(rule, policy_files.asked_by().get(rule, {})))
