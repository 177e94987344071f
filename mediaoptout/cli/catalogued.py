"""A catalogue on the command line: its columns and mistakes shown, its rows given to files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from mediaoptout.catalogue.columns import Column
from mediaoptout.catalogue.faults import Fault, FaultsError, in_order
from mediaoptout.catalogue.headers import Field
from mediaoptout.catalogue.listing import Catalogue, read_catalogue
from mediaoptout.catalogue.matching import Matched, match
from mediaoptout.cli import humane
from mediaoptout.cli.console import Console, printable
from mediaoptout.errors import ErrorInfo

if TYPE_CHECKING:
    from mediaoptout.catalogue.outputs import Job
    from mediaoptout.catalogue.selection import Item
    from mediaoptout.records import VerifyRecord
    from mediaoptout.verification.policy import Policy

_MEANT: Final = {
    Field.DATE: " (day of the declaration)",
    Field.LABEL: " (as producer)",
    Field.ARTIST: " (no holder)",
}
WIDTH: Final = 32
"""How wide a header is shown, in characters."""


class Prepared(NamedTuple):
    """A catalogue and the files of a run.

    Args:
        catalogue: the catalogue.
        matched: its rows with their files.
        faults: what is wrong, where the run goes on all the same.
    """

    catalogue: Catalogue
    matched: Matched
    faults: tuple[Fault, ...]


def prepared(
    console: Console,
    path: Path,
    items: Iterable[Item],
    *,
    roles: Sequence[str],
    skip_faulty: bool,
    holders_needed: bool = False,
    reads: bool = False,
    recall: bool = False,
) -> Prepared:
    """Read a catalogue, show its columns, and bring its rows and the files together.

    Args:
        console: where the columns are shown: always, before anything is written.
        path: the catalogue.
        items: the files of the run.
        roles: what the user says of columns.
        skip_faulty: whether to go on without the rows and files that have mistakes.
        holders_needed: whether every row must name a holder.
        reads: whether files are only compared with it: what has no file or no row is then a
            finding, and no mistake.
        recall: whether files are looked into too whose content is elsewhere.

    Raises:
        CatalogueError: it cannot be read, or has mistakes.
    """
    catalogue = read_catalogue(path, roles, holders_needed=holders_needed)
    for line in columns(catalogue, reads=reads):
        console.note(line)
    matched = match(catalogue, items, recall=recall)
    console.note(found(catalogue, matched))
    between = matched.faults if reads else matched.all_faults
    faults = in_order((*catalogue.faults, *between))
    if faults and not skip_faulty:
        raise FaultsError(str(path), faults, catalogue.unit)
    if faults:
        console.note(f"left out, because of {humane.count(len(faults), 'mistake')}:")
        for fault in faults:
            console.note(f"  {printable(fault.told(catalogue.unit))}")
    return Prepared(catalogue, matched, faults)


def columns(catalogue: Catalogue, *, reads: bool) -> Iterator[str]:
    """What each column of a catalogue is for.

    Args:
        catalogue: the catalogue.
        reads: whether files are only compared with it.
    """
    number = humane.count(len(catalogue.rows), catalogue.unit)
    where = f"; headers in row {catalogue.header_row}" if catalogue.header_row else ""
    yield f"{printable(catalogue.path)}: {printable(catalogue.how)}{where}; {number}"
    for column in catalogue.columns:
        duty = ", ".join(_duties(column, reads)) or "skip"
        header = printable(column.name)
        yield f"  {duty:14} {header[:WIDTH]:{WIDTH}} {_role(column)}".rstrip()


def _duties(column: Column, reads: bool) -> Iterator[str]:
    if column.finds:
        yield "match"
    if column.checks and not reads:
        yield "check"
    if reads and column.compares:
        yield "compare"
    if column.writes and not reads:
        yield "write"


def _role(column: Column) -> str:
    if column.field is not None:
        meant = _MEANT.get(column.field, "") if column.scheme is None else ""
        return column.role + meant
    if column.reason == "not known":
        return f"not known; tell with --column '{printable(column.name)}=ROLE'"
    return column.reason


def found(catalogue: Catalogue, matched: Matched) -> str:
    """How many files were found, and in which way."""
    ways = ", ".join(f"{number:,} {way}" for way, number in matched.ways.items() if number)
    return f"  {humane.count(len(matched.rows), 'file')} with a {catalogue.unit}" + (
        f": {ways}" if ways else ""
    )


def absent(
    matched: Matched, unit: str, policy: Policy | None
) -> list[tuple[Job, VerifyRecord | None]]:
    """A record for every row that has no file, as verify gives it.

    Args:
        matched: rows and files.
        unit: what numbers the rows.
        policy: how much the finding weighs; None for ``reserved``.
    """
    from mediaoptout.catalogue.outputs import Job
    from mediaoptout.catalogue.selection import Item
    from mediaoptout.records import VerifyRecord
    from mediaoptout.verification.policy import default
    from mediaoptout.verification.rules.rule import Fault as Found

    found: list[tuple[Job, VerifyRecord | None]] = []
    for fault in matched.fileless:
        name = fault.value or f"{unit} {fault.row}"
        message = f"{unit} {fault.row} of the catalogue has no file"
        error = ErrorInfo(fault.code, fault.message, f"{unit} {fault.row}")
        findings = (policy or default()).told("catalogue-no-file", Found(message))
        record = VerifyRecord(path=name, findings=findings, error=error)
        found.append((Job(Item(Path(name), Path(name), named=True)), record))
    return found
