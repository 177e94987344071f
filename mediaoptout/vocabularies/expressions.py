"""Rights expressions in and behind XMP: ``Iptc4xmpExt:EmbdEncRightsExpr`` and its linked sibling.

PLUS refers to them (``DMI-PROHIBITED-SEE…RIGHTSEXPR``). An expression that is plainly readable
(RSL, ODRL) is read; any other, and whatever stands behind a link, only limits: the value of PLUS
that refers to it says *constrained*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from mediaoptout.vocabularies import odrl, plus, rsl
from mediaoptout.vocabularies.properties import Entry, Structs, as_text
from mediaoptout.vocabularies.statement import Meaning, Statement
from mediaoptout.words import Permission, Vocabulary

EMBEDDED: Final = "Iptc4xmpExt:EmbdEncRightsExpr"
LINKED: Final = "Iptc4xmpExt:LinkedEncRightsExpr"
NAMES: Final = frozenset({EMBEDDED, LINKED})

_TEXTS: Final = {
    EMBEDDED: ("EncRightsExpr", "EmbdEncRightsExpr"),
    LINKED: ("LinkedRightsExpr", "LinkedEncRightsExpr"),
}
"""The field that holds the expression or the link; some write the property's own name again."""

_REFERRING: Final = frozenset({plus.SEE_CONSTRAINT, plus.SEE_EMBEDDED, plus.SEE_LINKED})
"""The values of PLUS that refer to something else for the terms."""

MAX_ITEMS: Final = 100
"""How many expressions of one property are read."""


def decode(entry: Entry) -> Iterator[Statement]:
    """The statements of each expression of the property."""
    for text in _texts(entry):
        single = replace(entry, value=text)
        if entry.name == EMBEDDED:
            yield _embedded(single, text)
        else:
            yield Statement.of(Vocabulary.PLUS, single, Meaning())


def _texts(entry: Entry) -> Iterator[str]:
    if not isinstance(entry.value, Structs):
        yield as_text(entry.value)
        return
    for item in entry.value.items[:MAX_ITEMS]:
        fields = {name.rpartition(":")[2]: text for name, text in item}
        yield next((fields[name] for name in _TEXTS[entry.name] if name in fields), "")


def _embedded(entry: Entry, text: str) -> Statement:
    if rsl.is_rsl(text):
        return rsl.decode(entry)
    found = odrl.meaning(text)
    if found is not None:
        return Statement.of(Vocabulary.TDMREP, entry, found)
    return Statement.of(Vocabulary.PLUS, entry, Meaning())


def deferred(found: Iterable[Statement]) -> tuple[Statement, ...]:
    """The statements, where PLUS refers to an expression for the terms.

    What such an expression permits is then what the prohibition excepts: it is on terms, and no
    contradiction.
    """
    statements = tuple(found)
    referring = {
        (item.carrier, item.location)
        for item in statements
        if item.vocabulary is Vocabulary.PLUS and plus.code(item.value) in _REFERRING
    }
    return tuple(
        _on_terms(item)
        if item.property in NAMES and (item.carrier, item.location) in referring
        else item
        for item in statements
    )


def _on_terms(statement: Statement) -> Statement:
    uses = {
        use: Permission.CONSTRAINED if word is Permission.ALLOWED else word
        for use, word in statement.meaning.uses.items()
    }
    return replace(statement, meaning=Meaning(uses, statement.meaning.implied))
