"""Making evidence: files to lines, lines to a root, and a signature over that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mediaoptout.catalogue.outputs import Job
from mediaoptout.catalogue.run import Means, outcomes
from mediaoptout.credentials.identity import local
from mediaoptout.errors import ErrorInfo, UsageError
from mediaoptout.reports.evidence import listing
from mediaoptout.reports.evidence.leaf import canonical, leaf, named
from mediaoptout.reports.evidence.listing import PROOF, Seal
from mediaoptout.reports.evidence.merkle import Tree, audit_path, leaf_hash
from mediaoptout.reports.spool import Spool
from mediaoptout.splice.writer import pour

if TYPE_CHECKING:
    from mediaoptout.credentials.identity import Identity

TREE: Final = "RFC 9162, SHA-256"
Taken = tuple[Job, dict[str, Any] | ErrorInfo | None]


class Making:
    """A list that is being made. Use as a context manager; without `finish` nothing is written.

    Args:
        target: the file that is to be made.
        identity: who signs; None for the local identity, which is made if there is none.

    Raises:
        UsageError: something is there already, or the folder is not.
    """

    def __init__(self, target: Path, identity: Identity | None = None) -> None:
        from importlib.metadata import version

        if target.exists() or target.is_symlink():
            raise UsageError(f"{target} is there already", fix="name another file")
        if not target.parent.is_dir():
            raise UsageError(f"there is no folder {target.parent}", fix="make it first")
        self._target, self._identity = target, identity or local()
        self._made = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        self._tool = f"mediaoptout {version('mediaoptout')}"
        self._tree, self._bytes = Tree(), 0
        try:
            self._spool = Spool(target.parent)
        except OSError as error:
            raise UsageError(
                f"nothing can be written in {target.parent}: {error.strerror or error}",
                fix="name a folder that you may write to",
            ) from error
        self._write({"schema": listing.HEAD, "made": self._made, "tool": self._tool, "tree": TREE})

    @property
    def files(self) -> int:
        """How many files there are so far."""
        return self._tree.count

    def run(
        self, jobs: Sequence[Job], means: Means | None = None, *, recall: bool = False
    ) -> Iterator[Taken]:
        """Take in many files.

        Args:
            jobs: the files.
            means: what the run may use.
            recall: open placeholders too, so that their content is fetched from tape or a cloud.

        Yields:
            Each job with its line; None for one in a folder that is no media, an error for one
            that could not be read.

        Raises:
            Interrupted: Ctrl-C left files undone.
            UsageError: two files would have one name in the list.
        """
        _check_names(jobs)
        for outcome in outcomes(partial(leaf, recall=recall), jobs, means, validates=True):
            if outcome.error is None and outcome.result is not None:
                self._bytes += outcome.result["size"]
                self._tree.add(leaf_hash(self._write(outcome.result)))
            yield outcome.job, outcome.error or outcome.result

    def _write(self, line: dict[str, Any]) -> bytes:
        data = canonical(line)
        self._spool.write(data.decode() + "\n")
        return data

    def finish(self) -> Seal:
        """Sign the root and write the list.

        Raises:
            WriteError: it could not be written.
        """
        from mediaoptout.reports.evidence.cms import fingerprint, sign

        statement = {
            "schema": "mediaoptout.evidence-statement/1",
            "made": self._made,
            "tool": self._tool,
            "tree": TREE,
            "files": self._tree.count,
            "bytes": self._bytes,
            "root": self._tree.root.hex(),
            "certificate": fingerprint(self._identity),
        }
        seal = Seal(statement, sign(canonical(statement), self._identity))
        self._write(seal.to_json())
        pour(self._spool.chunks(), self._target, size=self._spool.size, replace=False)
        return seal

    def close(self) -> None:
        """Let go of what was gathered."""
        self._spool.close()

    def __enter__(self) -> Making:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _check_names(jobs: Sequence[Job]) -> None:
    seen: dict[str, Path] = {}
    for job in jobs:
        name = named(job.item.relative)
        first = seen.setdefault(name, job.item.path)
        if first != job.item.path:
            raise UsageError(
                f"{first} and {job.item.path} would both be {name!r} in the list",
                fix="name the folder above them as the source",
            )


def proof(path: Path, name: str) -> dict[str, Any]:
    """What proves one line of a list without the others.

    Args:
        path: the list.
        name: of the file: as the list has it, or its last part where no other has that.

    Raises:
        UsageError: there is no such file in the list, or there are several.
        DamagedError: the list is broken.
    """
    index, line = _found(path, name)
    seal: Seal | None = None

    def hashes() -> Iterator[bytes]:
        nonlocal seal
        with listing.opened(path) as stream:
            for item in listing.leaves(stream):
                if isinstance(item, Seal):
                    seal = item
                else:
                    yield leaf_hash(item)

    count = sum(1 for _ in hashes())
    way = audit_path(hashes(), index, count)
    assert seal is not None  # noqa: S101 # `leaves` ends with it, or raises
    return {
        "schema": PROOF,
        "file": listing.parsed(line),
        "index": index,
        "path": [node.hex() for node in way],
        "seal": seal.to_json(),
    }


def _found(path: Path, name: str) -> tuple[int, bytes]:
    last: list[tuple[int, bytes]] = []
    with listing.opened(path) as stream:
        for index, line in enumerate(listing.leaves(stream)):
            if isinstance(line, Seal):
                break
            here = str(listing.parsed(line).get("name", ""))
            if here == name:
                return index, line
            if here.rpartition("/")[2] == name and len(last) < 2:
                last.append((index, line))
    if len(last) == 1:
        return last[0]
    what = "several files are called" if last else "no file is called"
    raise UsageError(f"{what} {name!r} in {path}", fix="give its path as the list has it")
