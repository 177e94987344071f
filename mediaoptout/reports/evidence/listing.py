"""The list: a line for its head, one a file, and the seal; JSON Lines, in a stream both ways.

::

    {"schema":"mediaoptout.evidence/1", ...}        when it was made, and by what
    {"schema":"mediaoptout.evidence-file/1", ...}   a file; these very bytes are a leaf of the tree
    ...
    {"schema":"mediaoptout.evidence-seal/1", ...}   number of files and root, and their signature
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from mediaoptout.errors import DamagedError, UsageError
from mediaoptout.reports.evidence.cms import Signed, read
from mediaoptout.reports.evidence.leaf import canonical

HEAD: Final = "mediaoptout.evidence/1"
SEAL: Final = "mediaoptout.evidence-seal/1"
PROOF: Final = "mediaoptout.evidence-proof/1"
MAX_LINE: Final = 16 << 20
"""Longer lines are not read: 16 MiB."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The end of a list.

    Args:
        statement: what is signed: when, how many files, and the root.
        signature: over the canonical form of that, in CMS.
        timestamps: tokens (RFC 3161) over the signature, for later.
    """

    statement: dict[str, Any]
    signature: bytes
    timestamps: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        return bytes.fromhex(self.statement["root"])

    @property
    def files(self) -> int:
        """How many files there are."""
        return int(self.statement["files"])

    @property
    def made(self) -> str:
        """When it was made, as the signer says."""
        return str(self.statement["made"])

    def to_json(self) -> dict[str, Any]:
        """As in the last line."""
        return {
            "schema": SEAL,
            "statement": self.statement,
            "signature": base64.b64encode(self.signature).decode(),
            "timestamps": [base64.b64encode(token).decode() for token in self.timestamps],
        }

    @classmethod
    def from_json(cls, value: object) -> Seal:
        """The seal of a last line.

        Raises:
            DamagedError: it is none.
        """
        match value:
            case {
                "schema": schema,
                "statement": {"files": int(), "root": str(root), "made": str()} as statement,
                "signature": str(signature),
                "timestamps": [*timestamps],
            } if schema == SEAL and len(root) == 64:
                try:
                    bytes.fromhex(root)
                    tokens = tuple(_decoded(str(item)) for item in timestamps)
                    return cls(statement, _decoded(signature), tokens)
                except ValueError as error:
                    raise _no_seal() from error
        raise _no_seal()

    def open(self) -> tuple[Signed, bool]:
        """What the signature says, and whether it is right and over this very statement.

        The statement names the certificate, since a key can be put into more than one.

        Raises:
            DamagedError: there is no signature that could be read.
        """
        signed = read(self.signature)
        same = signed.content == canonical(self.statement)
        own = self.statement.get("certificate") == signed.fingerprint
        return signed, signed.holds and same and own


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _no_seal() -> DamagedError:
    return DamagedError(
        "the list does not end with its seal", fix="get a complete copy", code="seal"
    )


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a list, without their ends.

    Raises:
        DamagedError: one is too long.
    """
    while line := stream.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise DamagedError("a line is longer than any of a list", fix="get a complete copy")
        yield line.rstrip(b"\n")


def parsed(line: bytes) -> Any:
    """A line as JSON.

    Raises:
        DamagedError: it is none.
    """
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"a line is no JSON: {error}", fix="get a complete copy") from error


def leaves(stream: BinaryIO) -> Iterator[bytes | Seal]:
    """The lines of the files of a list, and at the end its seal.

    Raises:
        DamagedError: it has another structure.
    """
    pending: bytes | None = None
    for line in lines(stream):
        if pending is not None:
            yield pending
        pending = line
    yield Seal.from_json(parsed(pending or b"null"))


def opened(path: Path) -> BinaryIO:
    """A list, opened behind its head.

    Raises:
        UsageError: it is none, or cannot be read.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    head = stream.readline(MAX_LINE)
    if is_head(head):
        return stream
    stream.close()
    raise UsageError(f"{path} is no evidence of ours", fix="name what 'evidence make' wrote")


def is_head(line: bytes) -> bool:
    """Whether a line is the first of a list."""
    return line.startswith(b"{") and b'"schema":"%b"' % HEAD.encode() in line[:4096]


def is_proof(line: bytes) -> bool:
    """Whether a text begins as a proof does."""
    return b'"schema":"%b"' % PROOF.encode() in line
