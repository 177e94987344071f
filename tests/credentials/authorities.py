"""Certificates of any kind, made for tests: roots, signers, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mediaoptout.credentials.identity import Identity

DAY = timedelta(days=1)
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER


@dataclass(frozen=True)
class Signer:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(PEM)

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


class Authority(Signer):
    """A root that issues certificates for signers and for time stamps."""

    def __init__(self, name: str = "Authority") -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = (
            _builder(name, name, key.public_key(), key.public_key(), -3650 * DAY, 3650 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
        )
        super().__init__(builder.sign(key, hashes.SHA256()), key)

    def issue(
        self,
        name: str = "Signer",
        *,
        start: timedelta = -DAY,
        end: timedelta = 30 * DAY,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
        organisation: str | None = None,
    ) -> Signer:
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self.certificate.subject.rfc4514_string().removeprefix("CN=")
        builder = (
            _builder(
                name, issuer, key.public_key(), self.key.public_key(), start, end, organisation
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(True, *[False] * 8), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
        )
        return Signer(builder.sign(self.key, hashes.SHA256()), key)

    def revoked(self, signer: Signer) -> bytes:
        """An OCSP answer that says so."""
        now = datetime.now(UTC)
        responder = self.issue("Responder", purpose=ExtendedKeyUsageOID.OCSP_SIGNING)
        return (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=signer.certificate,
                issuer=self.certificate,
                algorithm=hashes.SHA1(),  # as OCSP is asked everywhere
                cert_status=ocsp.OCSPCertStatus.REVOKED,
                this_update=now - DAY,
                next_update=now + 30 * DAY,
                revocation_time=now - 2 * DAY,
                revocation_reason=x509.ReasonFlags.key_compromise,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
            .certificates([responder.certificate])
            .sign(responder.key, hashes.SHA256())
            .public_bytes(DER)
        )

    def identity(self, signer: Signer, folder: Path) -> Identity:
        """One that our own signing takes."""
        key = signer.key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        certificate = signer.certificate
        end = certificate.not_valid_after_utc
        chain = signer.pem + self.pem
        return Identity("test", chain, key, certificate.serial_number, end, folder)

    def keep(self, signer: Signer, folder: Path) -> None:
        """Put it where the local identity is kept."""
        folder.mkdir(parents=True, exist_ok=True)
        identity = self.identity(signer, folder)
        (folder / "chain.pem").write_bytes(identity.chain)
        (folder / "key.pem").write_bytes(identity.key)


def _builder(
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    start: timedelta,
    end: timedelta,
    organisation: str | None = None,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    names = [x509.NameAttribute(NameOID.COMMON_NAME, subject)]
    if organisation is not None:
        names.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name(names))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + start)
        .not_valid_after(now + end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
    )
