"""What a file's C2PA manifest amounts to: integrity and trust are two answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mediaoptout.words import Integrity, Trust

ACTIVE: Final = "C2PA"
PARENT: Final = "/parent"
COMPONENT: Final = "/component"
"""Where an assertion stands: in the active manifest, one of an earlier state, one of a part."""


@dataclass(frozen=True, slots=True)
class Credential:
    """The state of a manifest.

    Args:
        integrity: whether hashes and signature hold; from the status codes alone.
        trust: whether the signer is known.
        signer: the common name and organisation in the certificate, or None.
        signed_at: the time of signing (ISO 8601), where a time stamp says it, or None.
        timestamped: whether a time-stamp authority vouches for that.
        codes: the validator's status codes that are not successes.
    """

    integrity: Integrity = Integrity.ABSENT
    trust: Trust = Trust.NONE
    signer: str | None = None
    signed_at: str | None = None
    timestamped: bool = False
    codes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As in the verify record."""
        return {
            "integrity": self.integrity,
            "trust": self.trust,
            "signer": self.signer,
            "signed_at": self.signed_at,
            "timestamped": self.timestamped,
            "codes": list(self.codes),
        }
