"""Creative Commons licences and marks: known again by their address, or by their name in a text.

A public licence grants uses on its terms to whoever keeps them. It reserves nothing under Article
4(3) of Directive (EU) 2019/790: by its own words it does not apply where an exception does (4.0,
section 2(a)(2)). So it is reported with what it is, and says nothing of the uses: neither that they
are reserved (not even with NC or ND) nor that anybody may mine.
"""

from __future__ import annotations

import re
from typing import Final

NAMES: Final = frozenset({"cc:license", "cc:licence", "dcterms:license"})
"""The properties that are for a licence's address."""

_URL: Final = re.compile(
    r"\b(?:https?://)?(?:www\.)?creativecommons\.org/"
    r"(licenses|publicdomain)/(zero|mark|by(?:-nc|-nd|-sa)*|nc(?:-nd|-sa)*|nd|sa|sampling\+?)"
    r"(?:/(\d\.\d))?(?:/([a-z]{2})\b)?[/\w.-]*",
    re.IGNORECASE,
)
_NAME: Final = re.compile(
    r"(?:\bCC[ -](0|zero|BY(?:[ -](?:NC|ND|SA))*)\b(?:[ -]?v?(\d\.\d))?)",
)
_TERMS: Final = {"nc": "non-commercial", "nd": "no derivatives", "sa": "share alike"}
MAX_TEXT: Final = 20_000
"""How much of a text is searched."""


def licence(text: str) -> str | None:
    """The licence's name as people write it (``CC BY-NC 4.0``); None if the text names none."""
    match = _URL.search(text[:MAX_TEXT])
    if match is not None:
        kind, code, version = match[1].lower(), match[2].upper(), match[3] or ""
        if kind == "publicdomain":
            return "CC0 1.0" if code == "ZERO" else "Public Domain Mark 1.0"
        return f"CC {code} {version}".strip()
    match = _NAME.search(text[:MAX_TEXT])
    if match is None:
        return None
    code = match[1].upper().replace(" ", "-")
    if code in ("0", "ZERO"):
        return "CC0 1.0"
    return f"CC {code} {match[2] or ''}".strip()


def explained(text: str) -> str | None:
    """One line on what a licence that is named in ``text`` means here; None if there is none."""
    name = licence(text)
    if name is None:
        return None
    if name.startswith(("CC0", "Public")):
        return f"{name}: no rights are claimed; that is no statement on mining or training"
    terms = [meant for code, meant in _TERMS.items() if f"-{code.upper()}" in name]
    limits = f" ({', '.join(terms)})" if terms else ""
    return f"{name}: a licence on terms{limits}; it reserves nothing, and permits on its terms only"
