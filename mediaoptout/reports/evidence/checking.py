"""Checking evidence: whether the signature holds, whether every line is under it, and the files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any, Final

from mediaoptout.errors import DamagedError, MediaoptoutError, UsageError
from mediaoptout.reports.evidence import listing
from mediaoptout.reports.evidence.cms import Signed
from mediaoptout.reports.evidence.leaf import canonical, digests
from mediaoptout.reports.evidence.listing import Seal
from mediaoptout.reports.evidence.merkle import Tree, leaf_hash, proven_root
from mediaoptout.splice.source import FileSource

_ESCAPED: Final = re.compile("%([0-9A-F]{2})")


class State(StrEnum):
    """What became of a file since."""

    SAME = "same"
    ESSENCE_SAME = "essence-same"
    CHANGED = "changed"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    UNLISTED = "unlisted"


MEANINGS: Final = {
    State.SAME: "every byte is as it was",
    State.ESSENCE_SAME: "its sound or picture data is the same; what stands around it was changed",
    State.CHANGED: "its sound or picture data was changed, or this is another file",
    State.ABSENT: "it is in the list, but not here",
    State.UNREADABLE: "it could not be read",
    State.UNLISTED: "it is not in the list",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What evidence amounts to, before any file is looked at.

    Args:
        path: where it is.
        seal: its end.
        signed: what the signature says.
        genuine: whether the signature is right, and over this very seal.
        complete: whether every line (of a proof: the one) is under the signed root.
        proof: the one line of a proof; None for a list.
    """

    path: Path
    seal: Seal
    signed: Signed
    genuine: bool
    complete: bool
    proof: dict[str, Any] | None = None

    @property
    def holds(self) -> bool:
        """Whether what it says was said by the signer."""
        return self.genuine and self.complete

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "path": str(self.path),
            "kind": "list" if self.proof is None else "proof",
            "files": self.seal.files,
            "root": self.seal.statement["root"],
            "made": self.seal.made,
            "signer": self.signed.signer,
            "fingerprint": self.signed.fingerprint,
            "genuine": self.genuine,
            "complete": self.complete,
            "timestamps": len(self.seal.timestamps),
        }


@dataclass(frozen=True, slots=True)
class Compared:
    """A file, compared with its line.

    Args:
        name: as the list has it; for a file that is not in it, its path.
        state: what became of it.
        path: where it was looked for, or None.
    """

    name: str
    state: State
    path: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        path = None if self.path is None else str(self.path)
        return {"name": self.name, "state": self.state, "path": path}


def check(path: Path) -> Evidence:
    """What a list or a proof amounts to.

    Args:
        path: what `Making` or `proof` made.

    Raises:
        UsageError: it is neither.
        DamagedError: it is too broken to be judged.
    """
    one = _proof(path)
    if one is None:
        return _list(path)
    match one:
        case {"file": dict() as file, "index": int(index), "path": [*way], "seal": dict() as end}:
            seal = Seal.from_json(end)
            signed, genuine = seal.open()
            try:
                nodes = [bytes.fromhex(node) for node in way]
            except (TypeError, ValueError) as error:
                raise _no_proof(path) from error
            root = proven_root(leaf_hash(canonical(file)), index, seal.files, nodes)
            return Evidence(path, seal, signed, genuine, root == seal.root, file)
    raise _no_proof(path)


def _no_proof(path: Path) -> DamagedError:
    return DamagedError(f"{path} is a broken proof", fix="get a complete copy")


def _proof(path: Path) -> dict[str, Any] | None:
    """The proof that a file holds; None if that is a list."""
    try:
        with path.open("rb") as stream:
            line = stream.readline(listing.MAX_LINE)
            if listing.is_head(line):
                return None
            whole = line + stream.read(listing.MAX_LINE)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    value = listing.parsed(whole) if whole.lstrip().startswith(b"{") else None
    if isinstance(value, dict) and value.get("schema") == listing.PROOF:
        return value
    raise UsageError(
        f"{path} is no evidence of ours", fix="name what 'evidence make' or 'evidence proof' wrote"
    )


def _list(path: Path) -> Evidence:
    tree, seal = Tree(), None
    with listing.opened(path) as stream:
        for line in listing.leaves(stream):
            if isinstance(line, Seal):
                seal = line
            else:
                tree.add(leaf_hash(line))
    if seal is None:
        raise DamagedError(f"{path} has no seal", fix="get a complete copy")
    signed, genuine = seal.open()
    complete = (tree.count, tree.root) == (seal.files, seal.root)
    return Evidence(path, seal, signed, genuine, complete)


def compare(evidence: Evidence, sources: Sequence[Path]) -> Iterator[Compared]:
    """Compare files with their lines.

    A folder is one that the list was made of: each line's file is looked for in it by its name. A
    file is known by its content, else by its name.

    Args:
        evidence: what was checked.
        sources: folders and files.

    Raises:
        UsageError: a source does not exist.
    """
    for source in sources:
        if not source.exists():
            raise UsageError(
                f"there is no file or folder {str(source)!r}", fix="check the spelling"
            )
    folders = [source for source in sources if source.is_dir()]
    waiting = {path: _Now.of(path) for path in sources if not path.is_dir()}
    alone = evidence.proof is not None and len(waiting) == 1 and not folders
    for file in _files(evidence):
        name = str(file.get("name"))
        own = [path for path, now in waiting.items() if now.is_of(file)]
        own = own or [path for path in waiting if alone or path.name == name.rpartition("/")[2]]
        for path in own:
            yield Compared(name, waiting.pop(path).state(file), path)
        if folders and not own:
            path_in = next(filter(None, (_there(folder, name) for folder in folders)), None)
            now = None if path_in is None else _Now.of(path_in)
            yield Compared(name, State.ABSENT if now is None else now.state(file), path_in)
    for path, now in waiting.items():
        yield Compared(str(path), State.UNLISTED if now.sha256 else State.UNREADABLE, path)


def _files(evidence: Evidence) -> Iterator[dict[str, Any]]:
    if evidence.proof is not None:
        yield evidence.proof
        return
    with listing.opened(evidence.path) as stream:
        for line in listing.leaves(stream):
            if not isinstance(line, Seal):
                value = listing.parsed(line)
                if isinstance(value, dict):
                    yield value


@dataclass(frozen=True, slots=True)
class _Now:
    """A file as it is now; empty where it could not be read."""

    sha256: str = ""
    essence: dict[str, str] | None = None

    @classmethod
    def of(cls, path: Path) -> _Now:
        try:
            with FileSource(path) as source:
                return cls(*digests(source))
        except (MediaoptoutError, OSError):
            return cls()

    def is_of(self, file: dict[str, Any]) -> bool:
        return bool(self.sha256) and self.sha256 == file.get("sha256")

    def state(self, file: dict[str, Any]) -> State:
        if not self.sha256:
            return State.UNREADABLE
        if self.is_of(file):
            return State.SAME
        same = self.essence is not None and self.essence == file.get("essence")
        return State.ESSENCE_SAME if same else State.CHANGED


def _there(folder: Path, name: str) -> Path | None:
    """The file of a name in a folder, and never one outside it."""
    for said in dict.fromkeys((name, _bytes(name))):
        relative = PurePosixPath(said)
        if "\0" in said or relative.is_absolute() or ".." in relative.parts:
            continue
        path = folder / relative
        if os.path.lexists(path):
            return path
    return None


def _bytes(name: str) -> str:
    """A name with what was no Unicode in it as Python has it; see `leaf.named`."""
    return _ESCAPED.sub(lambda found: chr(0xDC00 + int(found[1], 16)), name)
