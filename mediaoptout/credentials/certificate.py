"""A signer's certificate, as far as users and policies ask about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography import x509

_REMEMBERED: Final = 256


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says.

    Args:
        common_name: whom it names, or None.
        organisation: for which organisation, or None.
        subject: the whole name (RFC 4514).
        issuer: who issued it: common name, else the whole name.
        serial: its serial number.
        not_before: when it begins, in UTC.
        not_after: when it ends, in UTC.
        fingerprint: the SHA-256 of its DER form, in hexadecimal.
    """

    common_name: str | None
    organisation: str | None
    subject: str
    issuer: str
    serial: int
    not_before: datetime
    not_after: datetime
    fingerprint: str

    def alive(self, moment: datetime) -> bool:
        """Whether the moment lies in its time."""
        return self.not_before <= moment <= self.not_after


def fingerprint(der: bytes) -> str:
    """The SHA-256 of a certificate's DER form, in hexadecimal."""
    return hashlib.sha256(der).hexdigest()


@lru_cache(maxsize=_REMEMBERED)
def parsed(der: bytes) -> Certificate | None:
    """What a certificate says; None where it cannot be read.

    Args:
        der: the certificate in DER form.
    """
    from cryptography import x509

    try:
        found = x509.load_der_x509_certificate(der)
        return Certificate(
            common_name=_named(found.subject, "2.5.4.3"),
            organisation=_named(found.subject, "2.5.4.10"),
            subject=found.subject.rfc4514_string(),
            issuer=_named(found.issuer, "2.5.4.3") or found.issuer.rfc4514_string(),
            serial=found.serial_number,
            not_before=found.not_valid_before_utc,
            not_after=found.not_valid_after_utc,
            fingerprint=fingerprint(der),
        )
    except ValueError:
        return None


def _named(name: x509.Name, identifier: str) -> str | None:
    from cryptography import x509

    found = name.get_attributes_for_oid(x509.ObjectIdentifier(identifier))
    return str(found[0].value) if found else None
