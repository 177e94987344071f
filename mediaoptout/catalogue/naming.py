"""Names of files as catalogues write them: other case, other Unicode forms, other slashes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

_ABOVE: Final = re.compile(r"^(?:\.?[/\\])?(?:\.\.[/\\])+")
_WILD: Final = re.compile(r"[*?]")
_TOKEN: Final = re.compile(r"\*\*|\*|\?|[^*?]+")
_ABSOLUTE: Final = re.compile(r"[/\\~]|[A-Za-z]:[/\\]")
_ISRC: Final = re.compile(
    r"(?<![A-Z0-9])([A-Z]{2})[-_. ]?([A-Z0-9]{3})[-_. ]?(\d{2})[-_. ]?(\d{5})(?![A-Z0-9])"
)


def folded(text: str) -> str:
    """A name without case, in one Unicode form (NFC)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def squeezed(name: str) -> str:
    """A name's letters and digits without accents, for names that are almost alike."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in plain if char.isalnum())


def split(path: str) -> tuple[str, ...]:
    """The names in a path, whichever slashes part them."""
    return tuple(part for part in re.split(r"[/\\]", path) if part not in ("", "."))


def path_of(text: str) -> str:
    """A path as a cell has it: without ``file://``, and from where ``..`` has led."""
    if text[:5].lower() == "file:":
        return unquote(urlsplit(text).path)
    return _ABOVE.sub("", text)


def is_pattern(name: str) -> bool:
    """Whether ``*`` or ``?`` stand in a name; brackets are taken as they are."""
    return _WILD.search(name) is not None


def is_absolute(path: str) -> bool:
    """Whether a path begins at a root, of whichever system."""
    return _ABSOLUTE.match(path) is not None


def pattern(text: str) -> re.Pattern[str]:
    """A pattern for the end of folded paths: ``*`` and ``?`` stop at a slash, ``**`` does not."""
    means = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    inner = "/".join(split(folded(text)))
    body = "".join(means.get(token, re.escape(token)) for token in _TOKEN.findall(inner))
    return re.compile(rf"(?:.*/)?{body}", re.DOTALL)


def affixes(text: str) -> tuple[str, str]:
    """What the names that a pattern finds begin and end with, folded."""
    name = split(folded(text))[-1]
    parts = _WILD.split(name)
    return parts[0], parts[-1]


def common_folder(paths: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The folder that all of these files are in, as folded names."""
    common: tuple[str, ...] | None = None
    for path in paths:
        folder = tuple(map(folded, path[:-1]))
        if common is None:
            common = folder
        else:
            same = 0
            for one, other in zip(common, folder, strict=False):
                if one != other:
                    break
                same += 1
            common = common[:same]
    return common or ()


def isrcs_in(name: str) -> tuple[str, ...]:
    """The ISRCs that a file's name has, compact."""
    return tuple(dict.fromkeys("".join(found) for found in _ISRC.findall(name.upper())))
