"""The session of this process: its identity and signer, made once on first use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mediaoptout.credentials import identity

if TYPE_CHECKING:
    from mediaoptout.credentials.signing import Session


@cache
def current() -> Session:
    """The session that signs with the identity in use; the local one is made if there is none.

    Raises:
        UsageError: the identity cannot be used.
    """
    from mediaoptout.credentials.signing import Session

    return Session(identity.local())


def planning() -> Session:
    """A session for plans: that of the local identity, or one that leaves nothing behind."""
    return current() if identity.exists() else _passing()


@cache
def _passing() -> Session:
    from mediaoptout.credentials.signing import Session

    return Session(identity.passing())
