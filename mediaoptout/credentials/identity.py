"""The local identity: a key and certificates of the user's own, made on first use.

Nobody vouches for it, and it says so in its name: readers will call it untrusted. What it gives is
integrity, and that all files of one user were signed by the same key. The leaf is valid for twenty
years, since a file whose certificate has expired reads as invalid for as long as it exists.
"""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mediaoptout.errors import UsageError
from mediaoptout.places import config_folder

if TYPE_CHECKING:
    from cryptography import x509

VALIDITY: Final = timedelta(days=20 * 365)
_KEY, _CHAIN = "key.pem", "chain.pem"
_PATIENCE: Final = 20


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs.

    Args:
        name: the common name in the certificate.
        chain: the certificates, leaf first, as PEM.
        key: the private key, unencrypted PKCS #8, as PEM.
        serial: the leaf's serial number, by which our own manifests are known again.
        expires: when the leaf ends.
        folder: where it is kept.
    """

    name: str
    chain: bytes
    key: bytes
    serial: int
    expires: datetime
    folder: Path

    def __repr__(self) -> str:
        return f"Identity({self.name!r})"


def folder() -> Path:
    """Where the local identity is kept."""
    return config_folder() / "identity"


def exists() -> bool:
    """Whether there is a local identity."""
    return (folder() / _KEY).exists()


def local() -> Identity:
    """The local identity, made now if there is none.

    Raises:
        UsageError: it is there and cannot be used, or cannot be made.
    """
    if not exists():
        try:
            return make(folder())
        except UsageError:
            # Another process may be making it at this moment: then it is that one.
            if not _appears():
                raise
    return load(folder())


def _appears() -> bool:
    for _ in range(_PATIENCE):
        if exists():
            return True
        time.sleep(0.05)
    return False


def passing() -> Identity:
    """An identity that is kept nowhere, for plans that sign nothing."""
    return _read(*_certificates(), folder())


def load(place: Path) -> Identity:
    """The identity kept in a folder.

    Raises:
        UsageError: something is missing, unreadable, expired or does not fit together.
    """
    try:
        chain, key = (place / _CHAIN).read_bytes(), (place / _KEY).read_bytes()
    except OSError as error:
        raise _unusable(place, error) from error
    return _read(chain, key, place)


def _unusable(place: Path, reason: object) -> UsageError:
    return UsageError(
        f"the identity in {place} cannot be used: {reason}",
        fix="restore it from your backup, or make a new one with 'mediaoptout identity new'",
        code="identity",
    )


def _read(chain: bytes, key: bytes, place: Path) -> Identity:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError, IndexError) as error:
        raise _unusable(place, error) from error
    if private.public_key() != leaf.public_key():
        raise _unusable(place, "key and certificate do not belong together")
    if leaf.not_valid_after_utc <= datetime.now(UTC):
        raise _unusable(place, f"it expired on {leaf.not_valid_after_utc:%Y-%m-%d}")
    return Identity(_name(leaf), chain, key, leaf.serial_number, leaf.not_valid_after_utc, place)


def make(place: Path, *, replace: bool = False) -> Identity:
    """Make a new local identity: a root and a leaf for ES256, the key readable by its owner only.

    Args:
        place: the folder to keep it in.
        replace: set an identity that is there aside (its files are renamed, never deleted).

    Raises:
        UsageError: there is one already, or the folder cannot be written.
    """
    chain, key = _certificates()
    try:
        place.mkdir(parents=True, exist_ok=True)
        if os.name == "posix":
            place.chmod(0o700)
        if replace:
            _set_aside(place)
        _write_new(place / _CHAIN, chain, 0o644)
        _write_new(place / _KEY, key, 0o600)
    except FileExistsError:
        raise UsageError(
            f"there is an identity in {place} already", fix="give --replace to set it aside"
        ) from None
    except OSError as error:
        raise UsageError(
            f"no identity can be made in {place}: {error.strerror or error}",
            fix="make the folder writable, or give --no-sign",
            code="identity",
        ) from error
    return load(place)


def _set_aside(place: Path) -> None:
    suffix = datetime.now(UTC).strftime(".%Y%m%dT%H%M%S.old")
    for name in (_KEY, _CHAIN):
        if (place / name).exists():
            (place / name).rename(place / (name + suffix))


def _write_new(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _name(certificate: x509.Certificate) -> str:
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _certificates() -> tuple[bytes, bytes]:
    """A chain of leaf and root, and the leaf's key; the root's key is forgotten."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    label = secrets.token_hex(4).upper()

    def named(what: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(
                    NameOID.COMMON_NAME, f"mediaoptout local {what} {label} (untrusted)"
                ),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Self-made, not verified"),
            ]
        )

    def usage(*, sign: bool, certify: bool) -> x509.KeyUsage:
        return x509.KeyUsage(
            digital_signature=sign,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=certify,
            crl_sign=certify,
            encipher_only=False,
            decipher_only=False,
        )

    start = datetime.now(UTC) - timedelta(minutes=5)
    root_key, leaf_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    root_id = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    root = (
        x509.CertificateBuilder()
        .subject_name(named("root"))
        .issuer_name(named("root"))
        .public_key(root_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(sign=False, certify=True), critical=True)
        .add_extension(root_id, critical=False)
        .add_extension(authority, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        x509.CertificateBuilder()
        .subject_name(named("identity"))
        .issuer_name(root.subject)
        .public_key(leaf_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(sign=True, certify=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(leaf_key.public_key()), critical=False
        )
        .add_extension(authority, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key = leaf_key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return leaf.public_bytes(pem) + root.public_bytes(pem), key
