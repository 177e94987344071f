"""The command line: one module for each command, and no logic but that of showing.

``main`` is the entry point; it imports nothing heavy, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. Ends the process with an exit code of the contract."""
    from mediaoptout.cli.early import begin

    begin(sys.argv[1:])
    from mediaoptout.cli.app import run

    run()
