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

_SERVICES: Final = frozenset({"1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"})
"""The purposes "time stamping" and "OCSP signing"."""


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
        may_sign: whether it is for anything but time stamps and answers about revocation: of
            those the standard says that they sign nothing else (C2PA 2.2, 14.5.1).
    """

    common_name: str | None
    organisation: str | None
    subject: str
    issuer: str
    serial: int
    not_before: datetime
    not_after: datetime
    fingerprint: str
    may_sign: bool = True

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
            may_sign=_SERVICES.isdisjoint(_purposes(found)),
        )
    except ValueError:
        return None


def _purposes(certificate: x509.Certificate) -> set[str]:
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return set()
    return {purpose.dotted_string for purpose in found.value}


def _named(name: x509.Name, identifier: str) -> str | None:
    from cryptography import x509

    found = name.get_attributes_for_oid(x509.ObjectIdentifier(identifier))
    return str(found[0].value) if found else None
