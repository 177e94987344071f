"""Identities for tests, with certificates that end when the test wants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mediaoptout.credentials.identity import Identity, load


def made(folder: Path, *, valid: timedelta = timedelta(days=30), name: str = "Test") -> Identity:
    """An identity of a root and a leaf that is valid from a minute ago for ``valid`` from now."""
    now = datetime.now(UTC)
    root_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())

    def builder(subject: str, key: ec.EllipticCurvePublicKey, end: datetime):
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} root")]))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(end)
            .add_extension(authority, critical=False)
        )

    root = (
        builder(f"{name} root", root_key.public_key(), now + timedelta(days=3000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    usage = x509.KeyUsage(True, *[False] * 8)
    leaf = (
        builder(name, leaf_key.public_key(), now + valid)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    folder.mkdir(parents=True)
    (folder / "chain.pem").write_bytes(leaf.public_bytes(pem) + root.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        leaf_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return load(folder)
