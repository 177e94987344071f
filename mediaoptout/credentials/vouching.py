"""Whom a list vouches for, remembered: a catalogue has one signer, and asking costs the most.

Whether anchors vouch for a chain of certificates follows from the chain and the anchors alone, as
long as nothing else of the signature is asked about: no time stamp, no answer about revocation, no
certificate that has ended. Then a small file is read without anchors, and the answer that the
reference reader gave for the same chain is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from mediaoptout.credentials.reasons import UNTRUSTED
from mediaoptout.credentials.trust import Anchors

SMALL: Final = 1 << 20
"""Up to this size reading a file twice costs less than asking anchors each time."""

_REMEMBERED: Final = 256
_NOT_ASKED: Final = "signingCredential.ocsp.skipped"
_OTHER_QUESTIONS: Final = ("timeStamp.", "cawg.", "signingCredential.", "claimSignature.outside")
_LISTS: Final = ("success", "informational", "failure")


class _Answer:
    """Whether a list vouches for a chain; None until the reader was asked."""

    __slots__ = ("vouches",)

    def __init__(self) -> None:
        self.vouches: bool | None = None


@lru_cache(maxsize=_REMEMBERED)
def answer(chain: tuple[bytes, ...], anchors: Anchors) -> _Answer:
    """What is remembered of a chain.

    Args:
        chain: the certificates in the signature (DER), the signer's first.
        anchors: whom to trust.
    """
    return _Answer()


def only_question(results: Mapping[str, Any]) -> bool:
    """Whether anchors could change nothing but whether the signer is known.

    Args:
        results: the reader's ``validation_results``, read without anchors.
    """
    codes = list(_codes(results))
    return (
        UNTRUSTED in codes
        and _NOT_ASKED in codes
        and not any(
            code.startswith(_OTHER_QUESTIONS)
            for code in codes
            if code not in (UNTRUSTED, _NOT_ASKED)
        )
    )


def _codes(results: Mapping[str, Any]) -> Iterator[str]:
    active = results.get("activeManifest", {})
    for name in _LISTS:
        yield from (str(item.get("code", "")) for item in active.get(name, ()))
