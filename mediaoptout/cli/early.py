"""Beginning early: other processes import what they need while this one reads its own command.

It is a guess from the bare arguments, made before anything is imported to understand them: a wrong
one costs or spares a moment, and changes nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path


def begin(arguments: Sequence[str]) -> None:
    """Start the server that other processes come from, where the command will want some.

    Args:
        arguments: those of the command line, without the program's name.
    """
    command = arguments[0] if arguments else ""
    if command not in ("embed", "verify", "strip", "inspect"):
        return
    from mediaoptout.catalogue import needs

    seen = _seen(needs.FEW + 1, arguments[1:])
    if len(seen) <= needs.FEW:
        return
    from mediaoptout.catalogue.workers import prepare
    from mediaoptout.containers.endings import modules

    if command in ("embed", "strip"):
        signs = "--no-sign" not in arguments
        needed: Sequence[str] = needs.EMBEDS_AND_SIGNS if signs else needs.EMBEDS
    else:
        needed = needs.READS if "--quick" in arguments else needs.VALIDATES
    prepare((*needed, *modules(Path(name).suffix.lower() for name in seen)))


def _seen(most: int, arguments: Sequence[str]) -> list[str]:
    """Files that the arguments name, or hold as folders; no more than asked for."""
    waiting = [argument for argument in arguments if not argument.startswith("-")]
    found: list[str] = []
    while waiting and len(found) < most:
        place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                waiting.extend(entry.path for entry in islice(entries, 2 * most))
        except OSError:
            found.append(place)  # a file, or nothing at all
    return found
