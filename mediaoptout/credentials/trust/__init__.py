"""Whom to trust: the anchors that vouch for signers, and those that vouch for time stamps.

The C2PA's own lists are shipped (see the README beside this module); a user's list takes their
place where there is one in the configuration folder, or for one run. The reference reader lets an
anchor for time stamps vouch for a signer too: which list an anchor was found in is therefore
looked at, and that one does not count (see `vouched`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, SupportsIndex

from mediaoptout.credentials.certificate import Certificate, fingerprint, parsed
from mediaoptout.errors import UsageError
from mediaoptout.places import config_folder

SIGNERS: Final = "signers.pem"
TIMESTAMPS: Final = "timestamps.pem"
NOBODY: Final = "none"
SHIPPED: Final = "c2pa"
DATED: Final = "2026-08-21"
"""The day of the shipped lists."""

_VOUCHES: Final = "urn:mediaoptout:signers"
_STAMPS: Final = "urn:mediaoptout:timestamps"
_FOUND_IN: Final = re.compile(r"found in \[([^\]]*)\]")
_FINGERPRINT: Final = re.compile(r"(?:sha-?256[:=])?\s*((?:[0-9a-f]{2}:?){32})", re.IGNORECASE)
_PEM: Final = b"-----BEGIN CERTIFICATE-----"
_LARGEST: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Allowed:
    """The only signers that are accepted.

    A name alone shows nothing, since anybody can have it put into a certificate: it counts where
    the anchors vouch for that certificate. A fingerprint is the certificate itself.

    Args:
        fingerprints: the SHA-256 of certificates, in hexadecimal.
        names: common names, organisations or whole subjects (RFC 4514).
    """

    fingerprints: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def pinned(self, signer: Certificate | None) -> bool:
        """Whether this very certificate is listed."""
        return signer is not None and signer.fingerprint in self.fingerprints

    def named(self, signer: Certificate | None) -> bool:
        """Whether the name in the certificate is listed."""
        return signer is not None and not self.names.isdisjoint(
            {signer.common_name or "", signer.organisation or "", signer.subject} - {""}
        )


@dataclass(frozen=True, slots=True)
class Anchors:
    """Whom to trust. Without arguments: nobody.

    Args:
        name: what to call it.
        signers: certificates (PEM) that vouch for signers.
        timestamps: certificates (PEM) that vouch for time-stamp authorities.
        allowed: the only signers that are accepted; None for all that are vouched for.
    """

    name: str = NOBODY
    signers: str = ""
    timestamps: str = ""
    allowed: Allowed | None = None

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """The shipped lists are sent to other processes by name, and read there again."""
        return (shipped, ()) if self == shipped() else object.__reduce_ex__(self, protocol)

    def settings(self) -> dict[str, Any]:
        """As the reference reader takes it; the signers' list is the first that it looks into."""
        lists = (("manifest", _VOUCHES, self.signers), ("tsa", _STAMPS, self.timestamps))
        anchors = [
            {"trust_kind": kind, "trust_uri": uri, "trust_anchors": pem}
            for kind, uri, pem in lists
            if pem
        ]
        return {"trust": {"anchors": anchors}} if anchors else {}

    def only(self, allowed: Sequence[str]) -> Anchors:
        """The same anchors, for certain signers alone.

        Args:
            allowed: each a SHA-256 of a certificate, a certificate file, or a name in one.

        Raises:
            UsageError: a file holds no certificate.
        """
        return replace(self, allowed=_allowed(allowed)) if allowed else self


def vouched(success: Mapping[str, Any]) -> bool:
    """Whether a success ``signingCredential.trusted`` comes from the list for signers."""
    found = _FOUND_IN.search(str(success.get("explanation", "")))
    return found is None or found[1] != _STAMPS


def current() -> Anchors:
    """The anchors in use: the user's, where there are some in the configuration folder."""
    own = folder()
    # A folder that this user may not enter is not this user's: `Path.exists` would raise there.
    if os.path.exists(own / SIGNERS):  # noqa: PTH110
        stamps = own / TIMESTAMPS
        return Anchors(
            str(own / SIGNERS),
            _pem(own / SIGNERS),
            _pem(stamps) if stamps.exists() else shipped().timestamps,
        )
    return shipped()


def folder() -> Path:
    """Where the user's own lists are kept."""
    return config_folder() / "trust"


@cache
def shipped() -> Anchors:
    """The C2PA's lists, as they come with this version."""
    home = files(__name__)
    signers, stamps = (home.joinpath(name).read_text("ascii") for name in (SIGNERS, TIMESTAMPS))
    return Anchors(SHIPPED, signers, stamps)


def named(name: str) -> Anchors:
    """The anchors of a file, or those that a word stands for.

    Args:
        name: ``none``, ``c2pa`` for the shipped lists, or a file with certificates that vouch for
            signers; time stamps are then judged by the list in use.

    Raises:
        UsageError: the file cannot be read, or holds no certificate.
    """
    if name == NOBODY:
        return Anchors()
    if name == SHIPPED:
        return shipped()
    return Anchors(name, _pem(Path(name)), current().timestamps)


def update(signers: Path, timestamps: Path | None = None) -> Anchors:
    """Put lists of the user's own in the place of the shipped ones.

    Args:
        signers: a file with certificates that vouch for signers.
        timestamps: one with those that vouch for time-stamp authorities; None to leave that list.

    Raises:
        UsageError: a file cannot be read, or holds no certificate; nothing is changed.
    """
    from mediaoptout.splice.writer import put

    wanted = {SIGNERS: _pem(signers)}
    if timestamps is not None:
        wanted[TIMESTAMPS] = _pem(timestamps)
    own = folder()
    own.mkdir(parents=True, exist_ok=True)
    for name, pem in wanted.items():
        put(pem.encode("ascii"), own / name, replace=True)
    return current()


def reset() -> bool:
    """Go back to the shipped lists; whether there were others."""
    there = [path for name in (SIGNERS, TIMESTAMPS) if (path := folder() / name).exists()]
    for path in there:
        path.unlink()
    return bool(there)


def source(anchors: Anchors) -> str:
    """Where a list of signers comes from, for people."""
    if anchors.name == SHIPPED:
        return f"the C2PA's list of {DATED} (CC BY 4.0), shipped with this version"
    return f"from {anchors.name}"


def certificates(pem: str) -> tuple[Certificate, ...]:
    """What the certificates of a list say, in its order."""
    return tuple(found for der in _ders(pem.encode("ascii")) if (found := parsed(der)))


def _pem(path: Path) -> str:
    """The certificates of a file as PEM; remembered as long as the file stays as it is."""
    try:
        state = path.stat()
    except OSError as error:
        raise _useless(path, error.strerror or str(error)) from error
    return _listed(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)
def _listed(path: Path, changed: int, size: int) -> str:
    """The certificates of a file (PEM or DER) as PEM, without what stands between them.

    Raises:
        UsageError: it cannot be read, or holds no certificate.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST)
        ders = _ders(data)
    except OSError as error:
        raise _useless(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise _useless(path, "it holds no certificates (PEM or DER)") from error
    return b"".join(
        x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in ders
    ).decode("ascii")


def _ders(data: bytes) -> list[bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    if _PEM in data:
        found = x509.load_pem_x509_certificates(data)
    else:
        found = [x509.load_der_x509_certificate(data)]
    return [certificate.public_bytes(Encoding.DER) for certificate in found]


def _useless(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"the list of certificates {path} cannot be used: {reason}",
        fix="give a file with one or more certificates in PEM form",
        code="trust",
    )


def _allowed(given: Iterable[str]) -> Allowed:
    fingerprints: set[str] = set()
    names: set[str] = set()
    for item in given:
        digest = _FINGERPRINT.fullmatch(item.strip())
        if digest is not None:
            fingerprints.add(digest[1].replace(":", "").lower())
        elif Path(item).is_file():
            # Of a chain, the first certificate is the signer's.
            fingerprints.add(fingerprint(_ders(_pem(Path(item)).encode("ascii"))[0]))
        elif item.strip():
            names.add(item.strip())
    return Allowed(frozenset(fingerprints), frozenset(names))
