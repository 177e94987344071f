"""The reading rule: entries to statements, and statements to what holds for each use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mediaoptout.vocabularies import plus, prose, rights, tdmrep
from mediaoptout.vocabularies.properties import Bag, Entry
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import Permission, Use

_MACHINE: Final[Mapping[str, Callable[[Entry], Statement]]] = {
    "plus:DataMining": plus.decode,
    "tdm:reservation": tdmrep.decode,
    "tdm:policy": tdmrep.decode,
}


def statements(entries: Iterable[Entry]) -> tuple[Statement, ...]:
    """Every statement that the entries make, in their order; other properties are passed over."""
    return tuple(found for entry in entries for found in _read(entry))


def _read(entry: Entry) -> tuple[Statement, ...]:
    decode = _MACHINE.get(entry.name)
    if decode is not None:
        return tuple(decode(single) for single in _single(entry))
    found = prose.decode(entry) if entry.name in prose.NAMES else None
    if found is not None:
        return (found,)
    return (rights.decode(entry),) if entry.name in rights.NAMES else ()


def _single(entry: Entry) -> Iterator[Entry]:
    """The entry for each of its values: some write a list where the standard has one text."""
    values = entry.value.items if isinstance(entry.value, Bag) else (entry.value,)
    return (replace(entry, value=value) for value in values)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What all statements together say.

    Args:
        uses: what holds for each of the five uses.
        conflicts: the uses that somebody reserves and somebody else expressly allows.
        machine: the uses that are reserved in a machine-readable vocabulary.
    """

    uses: dict[Use, Permission]
    conflicts: tuple[Use, ...]
    machine: frozenset[Use]


_STRICTNESS = (
    Permission.RESERVED,
    Permission.CONSTRAINED,
    Permission.ALLOWED,
    Permission.UNSTATED,
)


def resolve(found: Sequence[Statement]) -> Resolved:
    """Restrictive wins, use by use; order, date and place in the file never weaken anything."""
    uses: dict[Use, Permission] = {}
    conflicts: list[Use] = []
    for use in Use:
        said = {item.meaning.uses.get(use, Permission.UNSTATED) for item in found}
        uses[use] = next((word for word in _STRICTNESS if word in said), Permission.UNSTATED)
        if uses[use].reserves and Permission.ALLOWED in said:
            conflicts.append(use)
    machine = frozenset(
        use
        for item in found
        if item.vocabulary.machine_readable
        for use, permission in item.meaning.uses.items()
        if permission.reserves
    )
    return Resolved(uses, tuple(conflicts), machine)
