"""Beginning early: other processes import what they need while this one reads its own command.

It is a guess from the bare arguments, made before anything is imported to understand them: a wrong
one costs or spares a moment, and changes nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice


def begin(arguments: Sequence[str]) -> None:
    """Start the server that other processes come from, where the command will want some.

    Args:
        arguments: those of the command line, without the program's name.
    """
    command = arguments[0] if arguments else ""
    if command not in ("embed", "verify", "strip", "inspect"):
        return
    from mediaoptout.catalogue import needs

    if not _more_than(needs.FEW, arguments[1:]):
        return
    from mediaoptout.catalogue.workers import prepare

    if command in ("embed", "strip"):
        signs = "--no-sign" not in arguments
        prepare(needs.EMBEDS_AND_SIGNS if signs else needs.EMBEDS)
    else:
        prepare(needs.READS if "--quick" in arguments else needs.VALIDATES)


def _more_than(few: int, arguments: Sequence[str]) -> bool:
    """Whether the arguments name, or hold as folders, more than a few files."""
    waiting = [argument for argument in arguments if not argument.startswith("-")]
    found = 0
    while waiting:
        found += 1
        if found > few:
            return True
        place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                found -= 1
                waiting.extend(entry.path for entry in islice(entries, 2 * few))
        except OSError:
            continue  # a file, or nothing at all
    return False
