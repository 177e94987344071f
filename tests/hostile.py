"""Embed and verify a folder of bad files under a limit of memory and time: one line for each.

``python -m tests.hostile FOLDER OUTPUT [--sign]`` is what `tests.test_hostile` starts. It prints
one JSON object for each file, and at the end how much memory all of them took.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from mediaoptout.embedding import EmbedOptions, embed
from mediaoptout.records import EmbedRecord, VerifyRecord, to_line
from mediaoptout.verification.check import verify
from tests.fuzz.limits import limited
from tests.memory import peak

ADDRESSES = 1 << 30
"""How much memory the process may ask for: 1 GiB."""


def main() -> None:
    """Do what the module says."""
    folder, output, *rest = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    options = EmbedOptions(sign="--sign" in rest, force=True)
    for path in sorted(Path(folder).iterdir()):
        start = time.monotonic()
        with limited():
            records = list(_records(path, Path(output) / path.name, options))
        for record in records:
            json.loads(to_line(record))
        line = {
            "name": path.name,
            "status": records[0].status if isinstance(records[0], EmbedRecord) else None,
            "records": len(records),
            "reasons": [record.error.message for record in records if record.error],
            "seconds": time.monotonic() - start,
        }
        print(json.dumps(line), flush=True)
    print(json.dumps({"peak": peak() >> 10}))


def _records(
    path: Path, target: Path, options: EmbedOptions
) -> Iterator[EmbedRecord | VerifyRecord]:
    """What the file says, how it is reserved, and what the new file says."""
    written = embed(path, target, options=options)
    yield written
    yield verify(path)
    if target.exists():
        yield verify(target)


if __name__ == "__main__":
    main()
