"""Where the user's own files are kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

VARIABLE: Final = "MEDIAOPTOUT_CONFIG"
"""An environment variable that names another configuration folder."""


def config_folder() -> Path:
    """The user's configuration folder; it need not exist."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_config_dir("mediaoptout", appauthor=False))
