"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mediaoptout.cli.settings import Color, Format, Others

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE",
        help="Files and folders; - reads paths from standard input, one a line.",
        show_default=False,
    ),
]
Null = Annotated[
    bool, typer.Option("-0", "--null", help="Paths on standard input are parted by NUL.")
]
Profile = Annotated[
    str | None,
    typer.Option(metavar="NAME|FILE", help="The profile: a name or a .toml file."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A value that wins over the profile's."),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="DIR", help="The folder for the new files, mirrored there."
    ),
]
InPlace = Annotated[bool, typer.Option("--in-place", help="Change the files themselves.")]
Resign = Annotated[
    bool, typer.Option("--resign", help="Sign files that carry somebody else's manifest.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.")]
UpdateChecksums = Annotated[
    bool, typer.Option("--update-checksums", help="Renew check sum files beside the files.")
]
Prove = Annotated[bool, typer.Option("--prove", help="Also hash the essence before and after.")]
Copied = Annotated[
    Others | None,
    typer.Option("--others", help="Copy what is not written to the output as it is."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", "-n", help="Plan and check everything, write nothing.")
]
Recall = Annotated[
    bool,
    typer.Option("--recall", help="Open files too whose content is on tape or in a cloud."),
]
Fetch = Annotated[
    bool,
    typer.Option("--fetch", help="Fetch manifests that are at an address which the file names."),
]
FetchFrom = Annotated[
    list[str] | None,
    typer.Option(
        "--fetch-from", metavar="HOST", help="Fetch them from this host, and from no other."
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Files at once; by default as the processors allow."),
]
Memory = Annotated[
    str,
    typer.Option("--max-memory", metavar="SIZE", help="Memory for all files at once, like 2G."),
]
Reports = Annotated[
    list[Path] | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="A report of the run, by its name's end: .html, .xml (JUnit), .csv, .jsonl or .json.",
    ),
]
Thumbnails = Annotated[
    bool, typer.Option("--thumbnails", help="Show small pictures in the .html report.")
]
Form = Annotated[
    Format, typer.Option("--format", help="Lines for people, or one JSON record a file.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what needs attention.")]
Colour = Annotated[Color, typer.Option("--color", help="Whether to colour the output.")]
Trust = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|c2pa|none",
        help="Whose signers to trust: a file of certificates, the C2PA's list, or nobody.",
    ),
]
AllowSigner = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-signer",
        metavar="SHA256|FILE|NAME",
        help="Accept this signer and no others: by certificate, or by a trusted name.",
    ),
]
Catalogue = Annotated[
    Path | None,
    typer.Option(
        "--catalogue", metavar="FILE", help="A CSV, .xlsx or DDEX message with a row a file."
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="HEADER=ROLE", help="What a column of the catalogue is."),
]
SkipFaulty = Annotated[
    bool,
    typer.Option("--skip-faulty", help="Leave out what the catalogue has mistakes about."),
]
