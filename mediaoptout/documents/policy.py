"""A TDMRep policy: an ODRL offer in JSON-LD (TDMRep, *Specification of the TDM Policy*).

It says whom to ask: mining is permitted with the duty to obtain consent first, which is how the
profile says "not without a licence".
"""

from __future__ import annotations

import json
import uuid
from typing import Any, Final

from mediaoptout.documents.document import Document
from mediaoptout.documents.site import POLICY_NAME, Site, mines
from mediaoptout.errors import UsageError
from mediaoptout.reservation.model import Holder, Reservation

CONTEXT: Final = ("http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld")
PROFILE: Final = "http://www.w3.org/ns/tdmrep"


def odrl(reservation: Reservation, site: Site) -> Document:
    """The policy.

    Raises:
        UsageError: mining is not reserved, or nobody is named who could be asked.
    """
    mines(reservation)
    people = (reservation.declarant, *reservation.holders)
    asked = next((person for person in people if person is not None), None)
    if asked is None:
        raise UsageError(
            "a policy must name whom to ask", fix="give --set holder.name='…', or use a profile"
        )
    policy: dict[str, Any] = {
        "@context": list(CONTEXT),
        "@type": "Offer",
        "profile": PROFILE,
        "uid": site.policy(reservation) or _named(f"policy {asked.name}"),
        "assigner": _assigner(asked, reservation, site),
        "permission": [{"action": "tdm:mine", "duty": [{"action": "obtainConsent"}]}],
    }
    return Document(POLICY_NAME, json.dumps(policy, indent=2, ensure_ascii=False) + "\n")


def _assigner(asked: Holder, reservation: Reservation, site: Site) -> dict[str, str]:
    found = {
        "uid": next((item.uri for item in asked.identifiers if item.uri), None)
        or Site.of(reservation, reservation.licence_url).origin
        or site.origin
        or _named(asked.name),
        "vcard:fn": asked.name,
        "vcard:hasEmail": reservation.licence_contact and f"mailto:{reservation.licence_contact}",
        "vcard:hasURL": reservation.licence_url,
    }
    return {key: value for key, value in found.items() if value}


def _named(text: str) -> str:
    """A URI for what has no address: the same for the same text."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{PROFILE}#{text}").urn
