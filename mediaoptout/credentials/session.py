"""The session of this process: its identity and signer, made once on first use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mediaoptout.credentials.identity import local

if TYPE_CHECKING:
    from mediaoptout.credentials.signing import Session


@cache
def current() -> Session:
    """The session that signs with the identity in use; the local one is made if there is none.

    Raises:
        UsageError: the identity cannot be used.
    """
    from mediaoptout.credentials.signing import Session

    return Session(local())
