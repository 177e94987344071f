"""Legal grounds: a table of references, each with its citation in every language of the texts.

No legal advice. The table says of every reference how sure it is of it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from mediaoptout.errors import UsageError
from mediaoptout.tables import suggestion

_REFERENCE: Final = re.compile(r"[a-z]{2}-[a-z-]+")
_FACTS: Final = frozenset({"where", "act", "sure"})


@dataclass(frozen=True, slots=True)
class Ground:
    """A legal ground.

    Args:
        reference: the word by which profiles name it.
        where: the country, or ``EU``.
        act: the act that it stands in, and what it is about.
        sure: ``read`` or ``cited``; see the table.
        citations: how it is cited, by language.
    """

    reference: str
    where: str
    act: str
    sure: str
    citations: Mapping[str, str]


@cache
def grounds() -> Mapping[str, Ground]:
    """Every ground of the table, by its reference."""
    text = files("mediaoptout.reservation").joinpath("legal.toml").read_text("utf-8")
    return {
        reference: Ground(
            reference,
            row["where"],
            row["act"],
            row["sure"],
            {language: words for language, words in row.items() if language not in _FACTS},
        )
        for reference, row in tomllib.loads(text).items()
    }


def cite(article: str, language: str) -> str:
    """An article as a text cites it: a reference by the table, anything else as it stands."""
    ground = grounds().get(article)
    return ground.citations[language] if ground else article


def check(article: str) -> str:
    """The article, if it is a reference of the table or a free text.

    Raises:
        UsageError: it is empty, or looks like a reference and is none.
    """
    if not article.strip():
        raise UsageError("an article is empty")
    if _REFERENCE.fullmatch(article) and article not in grounds():
        raise UsageError(
            f"there is no legal ground {article!r}{suggestion(article, grounds())}",
            fix=f"there are: {', '.join(grounds())}; or write the article as it shall be cited",
        )
    return article
