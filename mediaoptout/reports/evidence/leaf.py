"""One file's line: what it is, what it says, who says so and since when; as canonical JSON."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePath
from typing import Any, Final

from mediaoptout.catalogue.outputs import Job
from mediaoptout.catalogue.run import passed_over
from mediaoptout.containers.base import Container
from mediaoptout.containers.registry import detect
from mediaoptout.errors import DamagedError, MediaoptoutError
from mediaoptout.records import InspectRecord
from mediaoptout.splice.fingerprint import Fingerprint
from mediaoptout.splice.source import STEP, FileSource, stepped
from mediaoptout.verification.check import unreadable
from mediaoptout.verification.look import inspect
from mediaoptout.words import Vocabulary

SCHEMA: Final = "mediaoptout.evidence-file/1"
SALT: Final = 16
"""How many random bytes keep a line from being guessed by its hash."""

_DATE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_NO_UNICODE: Final = re.compile("[\ud800-\udfff]")


def canonical(value: object) -> bytes:
    """JSON in the one form that is hashed: keys in order, no white space, UTF-8 (RFC 8785).

    Raises:
        DamagedError: there is something in it that JSON or Unicode does not have.
    """
    try:
        return json.dumps(
            value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        ).encode()
    except (ValueError, RecursionError) as error:
        raise DamagedError("a value has no canonical form", fix="get a complete copy") from error


def named(relative: PurePath) -> str:
    """A path as the list has it: with slashes; bytes that are no Unicode become ``%XX``."""
    return _NO_UNICODE.sub(lambda found: f"%{ord(found[0]) & 0xFF:02X}", relative.as_posix())


def leaf(job: Job, *, recall: bool = False) -> dict[str, Any] | None:
    """The line of a file; None for one in a folder that is no media.

    Args:
        job: the file.
        recall: open it too if its content is elsewhere.

    Raises:
        MediaoptoutError: it cannot be read, or was changed meanwhile.
    """
    if passed_over(job, recall=recall):
        return None
    path = job.item.path
    try:
        with FileSource(path, recall=recall) as source:
            before = Fingerprint.of(source)
            whole, essence = digests(source)
            seen = inspect(path, recall=recall)
            before.check(path)
            return {
                "schema": SCHEMA,
                "name": named(job.item.relative),
                "size": source.size,
                "sha256": whole,
                "essence": essence,
                "salt": secrets.token_hex(SALT),
                **_said(seen),
            }
    except OSError as error:
        info = unreadable(error)
        raise MediaoptoutError(info.message, fix=info.fix, code=info.code) from error


def _said(seen: InspectRecord) -> dict[str, Any]:
    record = seen.verify.to_json()
    kept = ("vocabulary", "carrier", "location", "property", "value")
    error = seen.verify.error
    said = {
        "container": record["container"],
        "verdict": record["verdict"],
        "uses": record["uses"],
        "statements": [{key: item[key] for key in kept} for item in record["statements"]],
        "holders": list(seen.holders),
        "works": list(seen.works),
        "legal_basis": list(seen.legal_basis),
        "declaration": seen.to_json()["declaration"],
        "declared_on": list(_dates(seen)),
        "credential": {key: record["credential"][key] for key in _CREDENTIAL},
        "error": None if error is None else error.code,
    }
    text = _NO_UNICODE.sub("\ufffd", json.dumps(said, ensure_ascii=False))
    plain: dict[str, Any] = json.loads(text)
    return plain


_CREDENTIAL: Final = ("integrity", "trust", "signer", "signed_at", "timestamped")


def _dates(seen: InspectRecord) -> Iterator[str]:
    """The days that declarations give of themselves."""
    declared = seen.declaration.declared if seen.declaration is not None else None
    texts = [declared.isoformat()] if declared is not None else []
    texts += [text for _, text in seen.texts]
    texts += [item.value for item in seen.verify.statements if item.vocabulary is Vocabulary.PROSE]
    yield from sorted({found for text in texts for found in _DATE.findall(text)})


def digests(source: FileSource) -> tuple[str, dict[str, str] | None]:
    """The SHA-256 of a file, and the digest of its essence where its family is known and has one.

    One reading is enough where the essence stands in the order of the file.
    """
    whole = hashlib.sha256()
    spans: tuple[tuple[int, int], ...] = ()
    container: Container | None = None
    try:
        container = detect(source)
        if container is not None:
            spans = container.read(source).essence
    except MediaoptoutError:
        container = None  # too broken to be walked: the record says so, and the whole is hashed
    if container is None or not spans:
        for data in stepped(source, 0, source.size):
            whole.update(data)
        return whole.hexdigest(), None
    essence = hashlib.new(container.digest, usedforsecurity=False)
    ordered = all(first[1] <= second[0] for first, second in pairwise(spans))
    waiting = list(reversed(spans)) if ordered else []
    for at in range(0, source.size, STEP):
        data = source.read(at, min(at + STEP, source.size))
        whole.update(data)
        while waiting and waiting[-1][0] < at + len(data):
            start, end = waiting[-1]
            essence.update(data[max(0, start - at) : end - at])
            if end > at + len(data):
                break
            waiting.pop()
    if not ordered:
        for span in spans:
            for data in stepped(source, *span):
                essence.update(data)
    return whole.hexdigest(), {"method": container.digest, "digest": essence.hexdigest()}
