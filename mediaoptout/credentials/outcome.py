"""What the validator's answer amounts to: integrity, trust, and the reasons for both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mediaoptout.credentials.certificate import parsed
from mediaoptout.credentials.credential import Credential
from mediaoptout.credentials.jumbf import Binding, Store
from mediaoptout.credentials.reasons import (
    ABOUT_TRUST,
    INVALID,
    NOT_ALLOWED,
    REVOKED,
    TRUST,
    UNCOVERED,
    UNTRUSTED,
    sentence,
)
from mediaoptout.credentials.trust import Anchors, vouched
from mediaoptout.splice.patch import Span
from mediaoptout.words import Integrity, Trust

_TRUSTED: Final = "signingCredential.trusted"
_STAMPED: Final = ("timeStamp.trusted", "timeStamp.validated", "timeStamp.untrusted")
_STAMP_BY: Final = re.compile(r"^(?:legacy )?timestamp [^:]*: (.+)$", re.DOTALL)

_NEVER_BOUND: Final = frozenset({"/uuid", "/ftyp", "/mfra", "/free", "/skip", "C2PA"})
"""Boxes that every binding leaves out (C2PA 2.2, A.5, and the boxes of padding)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The validator's answer about the active manifest.

    Args:
        failures: codes of what does not hold, those about ingredients that changed since included.
        notes: codes of what else was remarked.
        trusted: whether the list for signers vouches for this one.
        timestamped: whether a time stamp fits the signature.
        authority: who gave that time stamp, or None.
        authority_trusted: whether the list vouches for it.
    """

    failures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    trusted: bool = False
    timestamped: bool = False
    authority: str | None = None
    authority_trusted: bool = False

    @classmethod
    def of(cls, results: Mapping[str, Any], *, vouches: bool | None = None) -> Outcome:
        """From the reader's ``validation_results``.

        Args:
            results: what it says.
            vouches: whether the list for signers vouches for this one, where that was asked apart;
                see `doubtful`.
        """
        active = results.get("activeManifest", {})
        successes = list(active.get("success", ()))
        codes = {item.get("code") for item in successes}
        trusted = [item for item in successes if item.get("code") == _TRUSTED]
        if vouches is None:
            vouches = any(map(vouched, trusted))
        failures = list(dict.fromkeys(_codes(active.get("failure", ()))))
        notes = list(_codes(active.get("informational", ())))
        # That a certificate was revoked is no failure to the reader, only a remark.
        failures += [code for code in notes if code in REVOKED and code not in failures]
        if trusted and not vouches:
            # Only the list for time stamps knows this signer.
            failures.append(UNTRUSTED)
        elif vouches and UNTRUSTED in failures:
            # Read without anchors, and asked apart.
            failures.remove(UNTRUSTED)
        for delta in results.get("ingredientDeltas", ()):
            changed = _codes(delta.get("validationDeltas", {}).get("failure", ()))
            failures += [code for code in changed if not code.startswith(ABOUT_TRUST)]
        return cls(
            failures=tuple(failures),
            notes=tuple(code for code in notes if code not in failures),
            trusted=vouches,
            timestamped="timeStamp.validated" in codes or "timeStamp.trusted" in codes,
            authority=_authority((*successes, *active.get("informational", ()))),
            authority_trusted="timeStamp.trusted" in codes,
        )

    @property
    def integrity(self) -> Integrity:
        """Whether what was signed is what is there."""
        broken = any(not code.startswith(ABOUT_TRUST) for code in self.failures)
        return Integrity.BROKEN if broken else Integrity.INTACT

    @property
    def trust(self) -> Trust:
        """Whether the signer is known."""
        return _trust(self.failures, trusted=self.trusted)

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        """Each failure with its sentence."""
        return tuple((code, sentence(code)) for code in dict.fromkeys(self.failures))


def doubtful(results: Mapping[str, Any]) -> bool:
    """Whether the reader trusts the signer for an anchor of the list for time stamps.

    It names the one anchor that it came upon; the list for signers may have it too.
    """
    successes = results.get("activeManifest", {}).get("success", ())
    trusted = [item for item in successes if item.get("code") == _TRUSTED]
    return bool(trusted) and not any(map(vouched, trusted))


def judged(
    credential: Credential, store: Store, anchors: Anchors, place: Span | None
) -> Credential:
    """What a credential amounts to, once the store's own bytes were looked at.

    Args:
        credential: as the validator's codes have it.
        store: what the bytes say.
        anchors: whom to trust.
        place: where the store stands in the file; None if it stands beside it.
    """
    signer = parsed(store.chain[0]) if store.chain else None
    reasons = dict(credential.reasons)
    trust = credential.trust
    if signer is not None and not signer.may_sign:
        reasons[INVALID] = sentence(INVALID)
        trust = _trust(tuple(reasons), trusted=False)
    if anchors.allowed is not None:
        if anchors.allowed.pinned(signer):
            reasons.pop(UNTRUSTED, None)
            trust = _trust(tuple(reasons), trusted=True)
        elif not anchors.allowed.named(signer):
            reasons[NOT_ALLOWED] = sentence(NOT_ALLOWED)
            trust = _trust(tuple(reasons), trusted=False)
    uncovered = tuple(_uncovered(store.binding, place)) if store.binding is not None else ()
    if uncovered:
        reasons[UNCOVERED] = f"{sentence(UNCOVERED)} ({', '.join(uncovered)})"
    return replace(
        credential,
        trust=trust,
        reasons=tuple(reasons.items()),
        certificate=signer,
        uncovered=uncovered,
    )


def _trust(codes: tuple[str, ...], *, trusted: bool) -> Trust:
    for code, trust in TRUST:
        if code in codes:
            return trust
    return Trust.TRUSTED if trusted else Trust.UNTRUSTED


def _codes(items: Any) -> Iterator[str]:
    return (str(item.get("code", "")) for item in items)


def _authority(items: Any) -> str | None:
    """The name that the validator gives the authority, which it tells in its explanation."""
    for item in items:
        if item.get("code") in _STAMPED:
            found = _STAMP_BY.match(str(item.get("explanation", "")))
            if found is not None:
                return found[1].partition(", found in [")[0]
    return None


def _uncovered(binding: Binding, place: Span | None) -> Iterator[str]:
    """What a binding leaves out beside the manifest itself, as texts for people."""
    for start, length in binding.ranges:
        inside = place is not None and place.start <= start and start + length <= place.end
        if not inside and length:
            yield f"{length} bytes at offset {start}"
    yield from (f"box {box}" for box in binding.boxes if box not in _NEVER_BOUND)
