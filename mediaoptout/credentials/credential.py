"""What a file's C2PA manifest amounts to: integrity and trust are two answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mediaoptout.credentials.certificate import Certificate
from mediaoptout.lean import lean
from mediaoptout.words import Integrity, Trust

ACTIVE: Final = "C2PA"
PARENT: Final = "/parent"
COMPONENT: Final = "/component"
"""Where an assertion stands: in the active manifest, one of an earlier state, one of a part."""


@lean
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
        reasons: why integrity and trust are not better: codes, and sentences for people.
        certificate: what the signer's certificate says, where it was read.
        authority: the name of the time-stamp authority, or None.
        authority_trusted: whether the trust list vouches for that authority.
        uncovered: what of the file the signature leaves out beside the manifest itself.
        remote: where the manifest is said to be, if it is not in the file nor beside it.
        unfetched: why it could not be fetched from there, where that was asked for.
    """

    integrity: Integrity = Integrity.ABSENT
    trust: Trust = Trust.NONE
    signer: str | None = None
    signed_at: str | None = None
    timestamped: bool = False
    codes: tuple[str, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    certificate: Certificate | None = None
    authority: str | None = None
    authority_trusted: bool = False
    uncovered: tuple[str, ...] = ()
    remote: str | None = None
    unfetched: str | None = None

    @property
    def alive_at_signing(self) -> bool | None:
        """Whether the certificate was valid at signing; None where no trusted stamp says when."""
        if self.certificate is None or self.signed_at is None or not self.authority_trusted:
            return None
        try:
            return self.certificate.alive(datetime.fromisoformat(self.signed_at))
        except (ValueError, TypeError):  # no date, or one without a zone
            return None

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
