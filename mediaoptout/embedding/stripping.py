"""What is ours in a file, so that it can be taken out again: by its value, and by our mark in XMP.

A packet of ours lists the properties that we put into it, and which of them tags said already. What
tags say is ours if nothing but we could have written it (a reservation under a name that is our
convention, a text that begins as ours do), or if it is what the packet says by our hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from mediaoptout.containers.base import Container, Layout
from mediaoptout.credentials.assertion import Assertion
from mediaoptout.embedding.declaration import Declaration
from mediaoptout.reservation.identifiers import Identifier
from mediaoptout.vocabularies import cawg, declaration, identifying
from mediaoptout.vocabularies.properties import (
    BEFORE,
    WROTE,
    Bag,
    Entry,
    Gone,
    LangAlt,
    Property,
    Value,
    as_text,
)
from mediaoptout.words import Carrier

NAMES: Final = (
    "plus:DataMining",
    "tdm:reservation",
    "tdm:policy",
    "dc:rights",
    "xmpRights:UsageTerms",
    "xmpRights:WebStatement",
    "xmpRights:Owner",
)
"""The properties that can be told to be ours by what they say."""

_HAD: Final = "had"
_UNSET: Final = "False"
"""What a flag says that somebody has left alone."""
_PACKETS: Final = frozenset({Carrier.XMP, Carrier.SIDECAR_XMP, Carrier.SIDECAR_C2PA, Carrier.C2PA})


def removal(known: Iterable[Property] = ()) -> Declaration:
    """That nothing shall be declared any more.

    Args:
        known: what else is ours, where a tag says exactly this (the values of a profile).
    """
    texts: defaultdict[str, set[str]] = defaultdict(set)
    for item in known:
        texts[item.name] |= set(_texts(item.value))
    properties = (
        Property(name, Gone(frozenset(texts[name]))) for name in dict.fromkeys((*NAMES, *texts))
    )
    return Declaration(tuple(properties), frozenset(), (Assertion(cawg.LABEL, dict(cawg.SILENCE)),))


def had(container: Container, layout: Layout) -> tuple[Property, ...]:
    """What is to be noted in a packet: which properties the tags of a file state before us."""
    stated = dict.fromkeys(
        f"{_HAD} {entry.carrier} {entry.name}"
        for entry in _entries(layout)
        if entry.carrier in container.carries
        and entry.carrier not in _PACKETS
        and entry.value != _UNSET
    )
    return (Property(BEFORE, Bag(tuple(stated))),) if stated else ()


def going(layout: Layout, properties: tuple[Property, ...]) -> tuple[Property, ...]:
    """What shall go from one file: with what its own packets know of it.

    Args:
        layout: the file.
        properties: what `removal` says.
    """
    known = {item.name: item.value for item in properties}
    packets = [entry for entry in _entries(layout) if entry.carrier in _PACKETS]
    wrote = {name for entry in packets if entry.name == WROTE for name in _texts(entry.value)}
    ours: defaultdict[str, set[str]] = defaultdict(set)
    for entry in packets:
        if entry.name in wrote:
            ours[entry.name] |= {*_texts(entry.value), as_text(entry.value)}
    for item in _identifiers(packets, wrote):
        ours[f"{identifying.PREFIX}{item.scheme}"] |= {item.value, item.display}
    for entry in _marked(_entries(layout)):
        ours[entry.name] |= set(_texts(entry.value))
    spared = _spared(packets)
    return tuple(
        Property(name, Gone(_known(known.get(name)) | _stripped(ours[name]), spared[name]))
        for name in dict.fromkeys((*known, *ours))
    )


def _marked(entries: Iterator[Entry]) -> Iterator[Entry]:
    """What tags say that a mark beside them tells to be ours, and the mark."""
    found = [entry for entry in entries if entry.carrier not in _PACKETS]
    for mark in found:
        if mark.name == identifying.WROTE:
            names = identifying.marked(mark)
            beside = (item for item in found if item.carrier is mark.carrier)
            yield from (item for item in beside if item.name in names or item is mark)


def _identifiers(packets: Iterable[Entry], wrote: Collection[str]) -> Iterator[Identifier]:
    """The identifiers of our declaration, which tags have in fields of their own."""
    facts = declaration.decode(entry for entry in packets if entry.name in wrote)
    for work in facts.works:
        yield from work.identifiers
    for holder in facts.holders:
        yield from holder.identifiers


def _spared(packets: Iterable[Entry]) -> defaultdict[str, frozenset[Carrier]]:
    """In which carriers a property stood before us, by its name."""
    spared: defaultdict[str, frozenset[Carrier]] = defaultdict(frozenset)
    for entry in packets:
        for item in _texts(entry.value) if entry.name == BEFORE else ():
            word, _, rest = item.partition(" ")
            carrier, _, name = rest.partition(" ")
            if word == _HAD and carrier in list(Carrier):
                spared[name] |= {Carrier(carrier)}
    return spared


def _entries(layout: Layout) -> Iterator[Entry]:
    return (entry for block in layout.blocks for entry in block.entries)


def _stripped(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(text.strip() for text in texts)


def _known(value: Value | None) -> frozenset[str]:
    return value.texts if isinstance(value, Gone) else frozenset()


def _texts(value: Value) -> tuple[str, ...]:
    match value:
        case LangAlt():
            return tuple(text for _, text in value.items)
        case Bag():
            return value.items
        case _:
            return (as_text(value),)
