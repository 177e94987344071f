"""The reading rule: entries to statements, and statements to what holds for each use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from mediaoptout.memo import Same
from mediaoptout.vocabularies import aipref, expressions, plus, prose, rights, rsl, tdmrep
from mediaoptout.vocabularies.properties import Bag, Entry, as_text
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import Permission, Use, Vocabulary

_REMEMBERED: Final = 64

_MACHINE: Final[Mapping[str, Callable[[Entry], Statement]]] = {
    "plus:DataMining": plus.decode,
    "Iptc4xmpExt:DataMining": plus.decode,
    "tdm:reservation": tdmrep.decode,
    "tdm:policy": tdmrep.decode,
    rsl.NAME: rsl.decode,
}


def statements(entries: Iterable[Entry]) -> tuple[Statement, ...]:
    """Every statement that the entries make, in their order; other properties are passed over."""
    return expressions.deferred(found for entry in entries for found in _read(entry))


def statements_of(blocks: Iterable[tuple[Entry, ...]]) -> tuple[Statement, ...]:
    """Every statement that the entries of several blocks make; see `statements`.

    What a block says is remembered: the files of a run mostly say the same, in one and the same
    tuple.
    """
    return expressions.deferred(found for entries in blocks for found in _of_block(Same(entries)))


@lru_cache(maxsize=_REMEMBERED)
def _of_block(entries: Same[tuple[Entry, ...]]) -> tuple[Statement, ...]:
    return tuple(found for entry in entries.value for found in _read(entry))


def _read(entry: Entry) -> Iterator[Statement]:
    decode = _MACHINE.get(entry.name)
    if decode is not None:
        yield from (decode(single) for single in _single(entry))
    elif entry.name in expressions.NAMES:
        yield from expressions.decode(entry)
    elif aipref.is_field(entry):
        yield from (aipref.decode(single) for single in _single(entry))
    elif entry.name in prose.NAMES:
        yield from _text(entry)
    elif entry.name in rights.NAMES:
        yield rights.decode(entry)
    else:
        keyword = prose.keyword(entry)
        if keyword is not None:
            yield keyword


def _text(entry: Entry) -> Iterator[Statement]:
    """What a text says: in a vocabulary that stands in its midst, in its words, or by itself."""
    if rsl.is_rsl(as_text(entry.value)):
        yield rsl.decode(entry)
        return
    labels = tuple(aipref.inside(entry))
    yield from labels
    found = prose.decode(entry)
    if found is not None:
        yield found
    elif entry.name in rights.NAMES and not labels:
        yield rights.decode(entry)


def _single(entry: Entry) -> Iterator[Entry]:
    """The entry for each of its values: some write a list where the standard has one text."""
    if not isinstance(entry.value, Bag):
        return iter((entry,))
    return (replace(entry, value=value) for value in entry.value.items)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What all statements together say.

    Args:
        uses: what holds for each of the five uses.
        conflicts: the uses that somebody reserves and somebody else expressly allows.
        machine: the uses that are reserved in a machine-readable vocabulary.
        partly: those that are so reserved for a part of the file, a component of it.
    """

    uses: dict[Use, Permission]
    conflicts: tuple[Use, ...]
    machine: frozenset[Use]
    partly: frozenset[Use] = frozenset()


_STRICTNESS = (
    Permission.RESERVED,
    Permission.CONSTRAINED,
    Permission.ALLOWED,
    Permission.UNSTATED,
)


_FOR_PEOPLE = frozenset(word for word in Vocabulary if not word.machine_readable)
_RESERVING = frozenset(word for word in Permission if word.reserves)


def resolve(found: Sequence[Statement]) -> Resolved:
    """Restrictive wins, use by use; order, date and place in the file never weaken anything."""
    said: dict[Use, set[Permission]] = {use: set() for use in Use}
    for item in found:
        for use, permission in item.meaning.uses.items():
            said[use].add(permission)
    uses: dict[Use, Permission] = {}
    conflicts: list[Use] = []
    for use, words in said.items():
        uses[use] = next((word for word in _STRICTNESS if word in words), Permission.UNSTATED)
        if Permission.ALLOWED in words and uses[use].reserves:
            conflicts.append(use)
    machine = _reserved(item for item in found if not item.partial)
    partly = _reserved(item for item in found if item.partial)
    return Resolved(uses, tuple(conflicts), machine, partly - machine)


def _reserved(found: Iterable[Statement]) -> frozenset[Use]:
    return frozenset(
        use
        for item in found
        if item.vocabulary not in _FOR_PEOPLE
        for use, permission in item.meaning.uses.items()
        if permission in _RESERVING
    )
