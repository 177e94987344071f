"""What a file would say differently: old and new, property by property, as a person reads it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from mediaoptout.containers.base import Block, Layout
from mediaoptout.records import Difference
from mediaoptout.vocabularies.properties import Bag, Entry, LangAlt, Structs
from mediaoptout.words import Carrier

Key = tuple[Carrier, str]


def differences(before: Iterable[Block], after: Iterable[Block]) -> tuple[Difference, ...]:
    """Every value that goes, comes, or becomes another.

    Args:
        before: the carriers as they are.
        after: as they will be; their order is that of the answer.
    """
    old, new = _values(before), _values(after)
    return tuple(
        Difference(carrier, location, label, *pair)
        for carrier, label in dict.fromkeys((*new, *old))
        if old[carrier, label] != new[carrier, label]
        for location, pair in _changed(old[carrier, label], new[carrier, label])
    )


def of_manifest(
    before: Layout, after: Layout, place: str, old: str | None, new: str | None
) -> tuple[Difference, ...]:
    """That a manifest comes, is renewed, or goes; nothing where there is none, or it stays.

    Args:
        before: the file as it is.
        after: as it will be.
        place: where the format has manifests; one that is not made yet may not be found.
        old: who signed the manifest that is there, where that is known.
        new: who will have signed; None for nobody.
    """
    if new is None and (before.manifest is None or after.manifest is not None):
        return ()
    block = after.manifest or before.manifest
    was = f"signed by {old or 'somebody else'}" if before.manifest is not None else None
    will = None if new is None else f"signed by {new}"
    location = block.location if block is not None else place
    return (Difference(Carrier.C2PA, location, "C2PA manifest", was, will),)


def _changed(
    old: list[tuple[str, str]], new: list[tuple[str, str]]
) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    gone, come = _without(old, new), _without(new, old)
    for was, will in zip_longest(gone, come):
        place = will if will is not None else was
        yield place[0], (was and was[1], will and will[1])


def _without(those: list[tuple[str, str]], others: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those whose values are not among the others, however often each stands there."""
    left = Counter(value for _, value in others)
    kept = []
    for location, value in those:
        if left[value]:
            left[value] -= 1
        else:
            kept.append((location, value))
    return kept


def _values(blocks: Iterable[Block]) -> defaultdict[Key, list[tuple[str, str]]]:
    """The values of every property, each with where it stands."""
    found: defaultdict[Key, list[tuple[str, str]]] = defaultdict(list)
    for block in blocks:
        for entry in block.entries:
            for label, value in _flat(entry):
                found[entry.carrier, label].append((entry.location, value))
    return found


def _flat(entry: Entry) -> Iterator[tuple[str, str]]:
    """An entry's texts, each with the name that tells it from the others."""
    match entry.value:
        case str(text):
            yield entry.label, text
        case LangAlt(items):
            for language, text in items:
                yield f"{entry.label}[{language}]", text
        case Bag(items):
            for text in items:
                yield entry.label, text
        case Structs(items):
            for number, fields in enumerate(items, 1):
                for name, text in fields:
                    yield f"{entry.label}[{number}]/{name}", text
