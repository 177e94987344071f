"""What a web site says: TDMRep's file and headers, AIPREF's header and robots.txt rule.

TDMRep speaks of mining as such only, AIPREF of the training of generative models and of search
only. What they cannot say is not said, and nothing is ever said to be allowed that the reservation
does not state itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from mediaoptout.documents.document import Document
from mediaoptout.errors import UsageError
from mediaoptout.reservation.model import Reservation
from mediaoptout.words import Permission, Use

POLICY_NAME: Final = "tdm-policy.json"
RSL_NAME: Final = "license.xml"


@dataclass(frozen=True, slots=True)
class Site:
    """Where the documents will be.

    Args:
        origin: the site (``https://example.org``), or None where it is not known.
    """

    origin: str | None = None

    @classmethod
    def of(cls, reservation: Reservation, address: str | None = None) -> Site:
        """The site of an address; without one, that of the reservation's own addresses.

        Raises:
            UsageError: the address is none.
        """
        known = address or reservation.policy_url or reservation.licence_url
        if known is None:
            return cls()
        parts = urlsplit(known)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise UsageError(f"{known!r} is no address of a site", fix="write https://example.org")
        return cls(f"{parts.scheme}://{parts.netloc}")

    def policy(self, reservation: Reservation) -> str | None:
        """Where the policy is: where the reservation says, else on the site under our name."""
        return reservation.policy_url or self._at(POLICY_NAME)

    @property
    def licence(self) -> str | None:
        """Where the RSL document is."""
        return self._at(RSL_NAME)

    def _at(self, name: str) -> str | None:
        return f"{self.origin}/{name}" if self.origin else None


def mines(reservation: Reservation) -> None:
    """Nothing, if the reservation reserves mining as such.

    Raises:
        UsageError: it does not; TDMRep can say no less.
    """
    if not reservation.permission(Use.DATA_MINING).reserves:
        raise UsageError(
            "TDMRep can only reserve text and data mining as a whole, which the profile does not",
            fix="leave TDMRep out, or use a profile that reserves data_mining",
        )


def tdmrep(reservation: Reservation, site: Site) -> Document:
    """``tdmrep.json`` for the whole site, to be put into ``/.well-known/``.

    Raises:
        UsageError: mining is not reserved.
    """
    mines(reservation)
    policy = site.policy(reservation)
    rule = {"location": "/", "tdm-reservation": 1, **({"tdm-policy": policy} if policy else {})}
    return Document("tdmrep.json", json.dumps([rule], indent=2, ensure_ascii=False) + "\n")


def headers(reservation: Reservation, site: Site) -> Document:
    """The headers that a server is to send with every answer.

    Raises:
        UsageError: there is nothing that they could say.
    """
    lines = []
    if reservation.permission(Use.DATA_MINING).reserves:
        lines.append("tdm-reservation: 1")
        policy = site.policy(reservation)
        lines += [f"tdm-policy: {policy}"] if policy else []
    usage = content_usage(reservation)
    lines += [f"Content-Usage: {usage}"] if usage else []
    if not lines:
        raise UsageError("neither TDMRep nor AIPREF has a word for what the profile reserves")
    return Document("http-headers.txt", "\n".join(lines) + "\n")


def robots(reservation: Reservation, site: Site) -> Document:
    """The lines to add to robots.txt, the declaration in short as a comment above them.

    Raises:
        UsageError: there is nothing that they could say.
    """
    usage = content_usage(reservation)
    if not usage:
        raise UsageError("AIPREF has no word for what the profile reserves")
    lines = [f"# {line}" for _, text in reservation.notices for line in text.splitlines()]
    lines += ["User-agent: *", f"Content-Usage: {usage}"]
    lines += ["", f"License: {site.licence}"] if site.licence else []
    return Document("robots.txt", "\n".join(lines) + "\n")


def content_usage(reservation: Reservation) -> str:
    """The value of AIPREF's ``Content-Usage``; empty if it has no word for the reservation."""
    return ", ".join(_members(reservation))


def _members(reservation: Reservation) -> Iterator[str]:
    if reservation.permission(Use.GENERATIVE_AI_TRAINING).reserves:
        yield "train-ai=n"
    search = reservation.permission(Use.SEARCH)
    if search.reserves:
        yield "search=n"
    elif search is Permission.ALLOWED and not reservation.withdrawn:
        yield "search=y"
