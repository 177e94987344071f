"""A signature in the Cryptographic Message Syntax (RFC 5652), with what is signed inside.

That form is read by many programs: ``openssl cms -verify`` says whether it holds, and who signed.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mediaoptout.credentials.identity import Identity
from mediaoptout.errors import DamagedError, UsageError

if TYPE_CHECKING:
    from cryptography import x509

MAX_SIGNATURE: Final = 256 << 10
"""Longer signatures are not looked at."""

_SEQUENCE, _SET, _INTEGER, _OCTETS, _OID, _TAGGED = 0x30, 0x31, 0x02, 0x04, 0x06, 0xA0
_SIGNED_DATA: Final = "2a864886f70d010702"
_DATA: Final = "2a864886f70d010701"
_CONTENT_TYPE: Final = "2a864886f70d010903"
_MESSAGE_DIGEST: Final = "2a864886f70d010904"
_HASHES: Final = {
    "608648016503040201": "sha256",
    "608648016503040202": "sha384",
    "608648016503040203": "sha512",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature says.

    Args:
        content: what was signed.
        holds: whether the signature is that of the certificate's key over this content.
        signer: the common name in the certificate; the whole subject where there is none.
        fingerprint: the SHA-256 of the certificate, in hexadecimal.
    """

    content: bytes
    holds: bool
    signer: str
    fingerprint: str


def sign(content: bytes, identity: Identity) -> bytes:
    """Sign ``content``: SignedData in DER, with the content and the certificates inside.

    Raises:
        UsageError: the identity's key is of a kind that the form does not know.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import pkcs7

    leaf, *others = x509.load_pem_x509_certificates(identity.chain)
    key = serialization.load_pem_private_key(identity.key, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise UsageError(
            "evidence is signed with a key of an elliptic curve or RSA; the identity has another",
            fix="make an identity with 'mediaoptout identity new'",
        )
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(leaf, key, hashes.SHA256())
    for other in others:
        builder = builder.add_certificate(other)
    return builder.sign(
        serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities]
    )


def fingerprint(identity: Identity) -> str:
    """The SHA-256 of the identity's certificate, in hexadecimal."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    leaf, *_ = x509.load_pem_x509_certificates(identity.chain)
    return leaf.fingerprint(SHA256()).hex()


def read(data: bytes) -> Signed:
    """What a signature says, and whether it holds. Nothing is said of who may trust the signer.

    Args:
        data: SignedData in DER, with content, one signer and signed attributes.

    Raises:
        DamagedError: it is no such signature.
    """
    if len(data) > MAX_SIGNATURE:
        raise _broken("it is too long")
    try:
        with warnings.catch_warnings(action="ignore"):  # of what is odd in certificates
            return _checked(*_opened(data))
    except Exception as error:  # the library has many, for certificates of strangers
        raise _broken(str(error) or "its structure is another") from error


def _broken(why: str) -> DamagedError:
    return DamagedError(
        f"the signature cannot be read: {why}", fix="get a complete copy", code="signature"
    )


def _opened(data: bytes) -> tuple[bytes, list[_Value], list[_Value]]:
    """The content, the fields of the one SignerInfo, and the certificates, RFC 5652, 5.1 to 5.3."""
    kind, tagged = _only(data, _SEQUENCE).children(2)
    if kind.data.hex() != _SIGNED_DATA:
        raise ValueError("it is no SignedData")
    fields = tagged.child(_TAGGED).expect(_SEQUENCE).children()
    inner = fields[2].children(2)
    if inner[0].data.hex() != _DATA:
        raise ValueError("what it signs is no plain data")
    content = inner[1].child(_TAGGED).expect(_OCTETS).data
    (info,) = fields[-1].expect(_SET).children(1)
    return content, info.expect(_SEQUENCE).children(), fields[3].expect(_TAGGED).children()


def _checked(content: bytes, info: list[_Value], certificates: list[_Value]) -> Signed:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    issuer, serial = info[1].expect(_SEQUENCE).children(2)
    number = int.from_bytes(serial.expect(_INTEGER).data, "big", signed=True)
    certificate = next(
        item
        for item in (x509.load_der_x509_certificate(each.whole) for each in certificates)
        if item.serial_number == number and item.issuer.public_bytes() == issuer.whole
    )
    name = _HASHES[info[2].children()[0].expect(_OID).data.hex()]
    attributes = {
        item.children(2)[0].expect(_OID).data.hex(): item.children(2)[1].expect(_SET).children(1)[0]
        for item in info[3].expect(_TAGGED).children()
    }
    said = (
        attributes[_CONTENT_TYPE].expect(_OID).data.hex() == _DATA
        and attributes[_MESSAGE_DIGEST].expect(_OCTETS).data == hashlib.new(name, content).digest()
    )
    # The attributes are signed as the SET that they are, not with the tag that they have here: 5.4.
    signed = bytes([_SET]) + info[3].whole[1:]
    signature = info[5].expect(_OCTETS).data
    algorithms = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    algorithm = algorithms[name]
    key = certificate.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        else:
            raise ValueError("the key is of a kind that is not known")
    except InvalidSignature:
        said = False
    return Signed(content, said, _name(certificate), certificate.fingerprint(hashes.SHA256()).hex())


def _name(certificate: x509.Certificate) -> str:
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


@dataclass(frozen=True, slots=True)
class _Value:
    """A value in DER (X.690): its tag, its content, and the bytes of both with the length."""

    tag: int
    data: bytes
    whole: bytes

    def expect(self, tag: int) -> _Value:
        if self.tag != tag:
            raise ValueError(f"a tag is {self.tag:#04x} where {tag:#04x} is expected")
        return self

    def children(self, count: int | None = None) -> list[_Value]:
        found = []
        at = 0
        while at < len(self.data):
            value = _value(self.data, at)
            found.append(value)
            at += len(value.whole)
        if count is not None and len(found) != count:
            raise ValueError(f"there are {len(found)} values where {count} are expected")
        return found

    def child(self, tag: int) -> _Value:
        """This value, which is only a tag around another: that other."""
        self.expect(tag)
        return self.children(1)[0]


def _only(data: bytes, tag: int) -> _Value:
    value = _value(data, 0).expect(tag)
    if len(value.whole) != len(data):
        raise ValueError("something stands behind it")
    return value


def _value(data: bytes, at: int) -> _Value:
    tag, length, start = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise ValueError("a tag is longer than any that is expected")
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4:
            raise ValueError("a length is not definite")
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if start + length > len(data):
        raise ValueError("it ends too early")
    return _Value(tag, data[start : start + length], data[at : start + length])
