"""The validator's status codes (C2PA 2.2, 15.2) in plain sentences."""

from __future__ import annotations

from typing import Final

from mediaoptout.words import Trust

ABOUT_TRUST: Final = ("signingCredential.", "timeStamp.", "claimSignature.outsideValidity", "cawg.")
"""What says something of the signer or the time, and nothing of the bytes."""

UNTRUSTED: Final = "signingCredential.untrusted"
INVALID: Final = "signingCredential.invalid"
REVOKED: Final = ("signingCredential.ocsp.revoked", "signingCredential.revoked")
UNSIGNED: Final = ("claimSignature.mismatch", "claimSignature.missing")
"""Then the certificate is only one that somebody put there: it says nothing of who signed."""

NOT_ALLOWED: Final = "mediaoptout.signer.notAllowed"
UNCOVERED: Final = "mediaoptout.binding.tooWide"

TRUST: Final[tuple[tuple[str, Trust], ...]] = (
    *((code, Trust.REVOKED) for code in REVOKED),
    ("signingCredential.expired", Trust.EXPIRED),
    ("claimSignature.outsideValidity", Trust.EXPIRED),
    (UNTRUSTED, Trust.UNTRUSTED),
    (INVALID, Trust.UNTRUSTED),
    (NOT_ALLOWED, Trust.UNTRUSTED),
    *((code, Trust.UNTRUSTED) for code in UNSIGNED),
)
"""What a code makes of the signer; the first that is there decides."""

_CHANGED: Final = "the content or the metadata of the file was changed after it was signed"
_STATEMENT: Final = "a statement in the manifest was changed after it was signed"

_SENTENCES: Final[dict[str, str]] = {
    "algorithm.unsupported": "it uses an algorithm that the validator does not know",
    "assertion.action.malformed": "its list of actions is not as the standard wants it",
    "assertion.bmffHash.mismatch": _CHANGED,
    "assertion.boxesHash.mismatch": _CHANGED,
    "assertion.boxesHash.unknownBox": "the file has a part that was not there when it was signed",
    "assertion.cbor.invalid": "a statement in the manifest cannot be read",
    "assertion.collectionHash.mismatch": _CHANGED,
    "assertion.dataHash.mismatch": _CHANGED,
    "assertion.hashedURI.mismatch": _STATEMENT,
    "assertion.inaccessible": "a statement that the manifest lists cannot be reached",
    "assertion.json.invalid": "a statement in the manifest cannot be read",
    "assertion.missing": "a statement that the manifest lists is not there",
    "assertion.multipleHardBindings": "it is bound to the file in more than one way",
    "assertion.undeclared": "it holds a statement that the signer did not list",
    "claim.cbor.invalid": "its claim cannot be read",
    "claim.hardBindings.missing": "it is bound to no bytes of this file: it could be anybody's",
    "claim.malformed": "its claim is not as the standard wants it",
    "claim.missing": "it holds no claim",
    "claim.multiple": "it holds more than one claim",
    "claimSignature.mismatch": "the signature does not fit: what was signed was changed, or another"
    " key signed it",
    "claimSignature.missing": "it is not signed",
    "claimSignature.outsideValidity": "it was signed at a time when the certificate was not valid",
    "general.error": "the validator cannot make sense of it",
    "ingredient.claimSignature.mismatch": "the manifest of an earlier version or part was changed",
    "ingredient.hashedURI.mismatch": "the manifest of an earlier version or part was changed",
    "ingredient.manifest.mismatch": "the manifest of an earlier version or part was changed",
    "ingredient.manifest.missing": "the manifest of an earlier version or part is not there",
    "ingredient.unknownProvenance": "nothing is known of an earlier version or part",
    "manifest.inaccessible": "the manifest cannot be reached",
    "manifest.multipleParents": "it names more than one file as the one it was made from",
    "manifest.update.invalid": "it says that only the manifest changed, and changes more",
    "manifest.update.wrongParents": "it says that only the manifest changed, and has no parent",
    "signingCredential.expired": "the certificate has ended, and no trusted time stamp shows that"
    " the file was signed before",
    INVALID: "the certificate is not one for signing media: its purpose or form is wrong",
    "signingCredential.ocsp.inaccessible": "whether the certificate was revoked could not be asked",
    "signingCredential.ocsp.revoked": "the certificate was revoked by who issued it",
    "signingCredential.ocsp.skipped": "whether the certificate was revoked was not asked, since"
    " that would need the network",
    "signingCredential.ocsp.unknown": "who issued the certificate does not know it",
    "signingCredential.revoked": "the certificate was revoked by who issued it",
    UNTRUSTED: "nobody in the trust list vouches for the signer",
    "timeStamp.malformed": "the time stamp cannot be read",
    "timeStamp.mismatch": "the time stamp is one for something else",
    "timeStamp.outsideValidity": "the time stamp's own certificate was not valid",
    "timeStamp.untrusted": "the time stamp is of an authority that nobody in the list vouches for",
    NOT_ALLOWED: "the signer is not among those that are allowed",
    UNCOVERED: "the signature leaves out more of the file than the manifest itself: that part can"
    " be changed without anybody noticing",
    # What the validator says where it cannot even begin.
    "Remote": "the manifest is not in the file but on a server, which was not asked",
    "Decoding": "the manifest is cut off or damaged: it cannot be read",
    "JumbfParseError": "the manifest is cut off or damaged: it cannot be read",
    "Other": "the manifest or the file around it is cut off or damaged: it cannot be read",
    "Io": "the file ends before the manifest does",
}
_FAMILIES: Final[tuple[tuple[str, str], ...]] = (
    ("cawg.", "the identity that somebody added to the manifest could not be checked"),
    ("assertion.", "a statement in the manifest is not as the standard wants it"),
    ("claim", "its claim is not as the standard wants it"),
    ("ingredient.", "what it says of an earlier version or part does not hold"),
    ("manifest.", "the manifest is not as the standard wants it"),
    ("signingCredential.", "the certificate is not in order"),
    ("timeStamp.", "the time stamp is not in order"),
)


def sentence(code: str) -> str:
    """What a status code means, for people; begins with a small letter, ends without a stop."""
    if code in _SENTENCES:
        return _SENTENCES[code]
    family = next((said for start, said in _FAMILIES if code.startswith(start)), None)
    return f"{family} ({code})" if family else f"the validator says {code}"
