"""``mediaoptout evidence``: a signed list of what each file says today, and its checking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mediaoptout.cli import parameters as given
from mediaoptout.cli.settings import Color, Format

if TYPE_CHECKING:
    from mediaoptout.cli.console import Console
    from mediaoptout.reports.evidence.checking import Evidence

app = typer.Typer(
    name="evidence",
    help="Evidence of what files say: a signed list, its checking, and proofs of single files.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
_List = Annotated[Path, typer.Argument(metavar="FILE", help="What was made.", show_default=False)]


@app.command()
def make(
    sources: given.Sources,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The list that is to be made.")
    ],
    recall: given.Recall = False,
    jobs: given.Jobs = None,
    max_memory: given.Memory = "1G",
    quiet: given.Quiet = False,
    color: given.Colour = Color.AUTO,
    null: given.Null = False,
) -> None:
    """List what each file is and says, and sign the list."""
    from mediaoptout.catalogue.outputs import to_read
    from mediaoptout.catalogue.run import Means
    from mediaoptout.catalogue.selection import select
    from mediaoptout.cli import humane, running
    from mediaoptout.cli.console import Console, finishing, printable
    from mediaoptout.cli.identity import first_identity
    from mediaoptout.cli.progress import progress
    from mediaoptout.credentials.identity import local
    from mediaoptout.errors import ErrorInfo
    from mediaoptout.reports.evidence.making import Making
    from mediaoptout.words import Exit

    means = Means(processes=jobs, memory=humane.parse_size(max_memory), on_interrupt=finishing)
    named = running.paths(sources, null=null)
    plan = to_read(select(named))
    console = Console(Format.TEXT, quiet=quiet, color=color)
    first_identity(console)
    skipped = unread = 0
    with Making(output, local()) as making:
        with progress(console, len(plan), sum(job.item.size for job in plan)) as advance:
            for job, line in making.run(plan, means, recall=recall):
                if isinstance(line, ErrorInfo):
                    unread += 1
                    console.line(
                        f"{printable(job.item.path)}: not listed: {printable(line.message)}"
                    )
                elif line is None:
                    skipped += 1
                advance(job.item.size)
        if not making.files and not unread:
            raise running.nothing(named, skipped)
        seal = making.finish()
    if not quiet:
        console.line(f"{humane.count(seal.files, 'file')} in {printable(output)}")
        console.line(f"  root  {seal.root.hex()}")
        if unread:
            console.line(f"  {humane.count(unread, 'file')} could not be read, not in the list")
    raise typer.Exit(Exit.NOT_DONE if unread else Exit.AS_EXPECTED)


@app.command()
def check(
    evidence: _List,
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[SOURCE]...",
            help="The folder that the list was made of, or single files, to compare.",
            show_default=False,
        ),
    ] = None,
    signer: Annotated[
        str | None,
        typer.Option(metavar="SHA256", help="The fingerprint that the signer published."),
    ] = None,
    form: given.Form = Format.TEXT,
    quiet: given.Quiet = False,
    color: given.Colour = Color.AUTO,
) -> None:
    """Check a list or a proof, and the files that it is about."""
    from collections import Counter

    from mediaoptout.cli import humane
    from mediaoptout.cli.console import Console, printable
    from mediaoptout.reports.evidence import checking
    from mediaoptout.reports.evidence.checking import State
    from mediaoptout.words import Exit

    console = Console(form, quiet=quiet, color=color)
    found = checking.check(evidence)
    expected = signer is None or _plain(signer) == found.signed.fingerprint
    if not console.text:
        console.line(_line({**found.to_json(), "expected": expected}))
    elif not (quiet and found.holds and expected):
        _said(console, found, expected=expected)
    if not found.holds:
        raise typer.Exit(Exit.NOT_AS_EXPECTED)
    states: Counter[State] = Counter()
    for file in checking.compare(found, sources or ()):
        states[file.state] += 1
        if not console.text:
            console.line(_line(file.to_json()))
        elif file.state is not State.SAME:
            word = console.style("bad", file.state)
            console.line(f"{printable(file.name)}: {word}: {checking.MEANINGS[file.state]}")
    if states and not quiet and console.text:
        console.line()
        for state, count in states.items():
            console.line(f"  {count:>7,}  {state:12}  {checking.MEANINGS[state]}")
    if sources and not states:
        console.note(f"nothing of {humane.count(found.seal.files, 'file')} was compared")
    if states[State.UNREADABLE]:
        raise typer.Exit(Exit.NOT_DONE)
    if not expected or states.total() > states[State.SAME]:
        raise typer.Exit(Exit.NOT_AS_EXPECTED)


@app.command()
def proof(
    evidence: _List,
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="The file, as the list has it.", show_default=False),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; else standard output."),
    ] = None,
) -> None:
    """Give the proof of one file, to be shown without the others."""
    import json

    from mediaoptout.reports.evidence.making import proof as proven
    from mediaoptout.splice.writer import put

    text = json.dumps(proven(evidence, name), ensure_ascii=False, indent=1) + "\n"
    if output is None:
        print(text, end="")
    else:
        put(text.encode(), output, replace=False)


def _line(value: dict[str, object]) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _plain(fingerprint: str) -> str:
    return fingerprint.lower().removeprefix("sha256:").replace(":", "").replace(" ", "")


def _said(console: Console, found: Evidence, *, expected: bool) -> None:
    from mediaoptout.cli.console import printable

    good, bad = console.style("good", "holds"), console.style("bad", "does not hold")
    about = _about(found)
    console.line(console.style("strong", printable(f"{found.path}: {about}")))
    console.line(f"  signature  {good if found.genuine else bad}: {printable(found.signed.signer)}")
    console.line(f"  key        sha256:{found.signed.fingerprint}")
    if expected:
        console.line("             whose that is, only its owner can tell: compare it with theirs")
    else:
        console.line(f"             {console.style('bad', 'is not the one that was expected')}")
    stamps = len(found.seal.timestamps)
    stamped = f"; {stamps} time stamps are there, not checked" if stamps else "; no time stamp"
    console.line(f"  time       {printable(found.seal.made)} by the signer's own clock{stamped}")
    what = "list" if found.proof is None else "proof"
    lines = "every line is" if found.proof is None else "the file's line is"
    missing = "its lines are not those that were signed"
    whole = f"{good}: {lines} under the signed root" if found.complete else f"{bad}: {missing}"
    console.line(f"  {what:9}  {whole}")


def _about(found: Evidence) -> str:
    from mediaoptout.cli import humane

    files = humane.count(found.seal.files, "file")
    if found.proof is None:
        return files
    name, verdict = found.proof.get("name"), found.proof.get("verdict")
    return f"{name}, one of {files}; its verdict was {verdict or 'none'}"
