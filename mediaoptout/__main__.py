"""``python -m mediaoptout``, where the script is not on the path."""

from __future__ import annotations

from mediaoptout.cli import main

if __name__ == "__main__":
    main()
