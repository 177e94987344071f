"""Names and addresses, compared as people would."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import urlsplit

_MAIL: Final = re.compile(r"(?:mailto:)?[^\s@<>]+@(?P<host>[^\s@<>]+\.[^\s@<>.]+)", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]+\.?")


def fits(text: str, pattern: str) -> bool:
    """Whether a text is like a pattern, in which ``*`` and ``?`` stand for other characters."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name is like one of some patterns; capitals and runs of spaces do not matter."""
    folded = " ".join(name.split()).casefold()
    return any(fits(folded, " ".join(item.split()).casefold()) for item in patterns)


def host_of(address: str) -> str | None:
    """The host of a web or e-mail address, lower case; None if it is neither."""
    mail = _MAIL.fullmatch(address.strip())
    if mail is not None:
        host = mail["host"]
    else:
        try:
            bare = address.strip()
            parts = urlsplit(f"https://{bare}" if bare.startswith("www.") else bare)
            host = parts.hostname or ""
        except ValueError:
            return None
        if parts.scheme not in ("http", "https"):
            return None
    return host.lower() if _HOST.fullmatch(host) else None
