"""What is written for one recipient: the declaration, narrowed to what it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from mediaoptout.containers.base import Container, Layout, Wanted
from mediaoptout.credentials.assertion import Assertion
from mediaoptout.embedding.declaration import Declaration, EmbedOptions
from mediaoptout.errors import RefusedError
from mediaoptout.memo import Same
from mediaoptout.reservation.delivery import Delivery
from mediaoptout.vocabularies import cawg, prose, rights
from mediaoptout.vocabularies.properties import Property
from mediaoptout.words import Carrier, Vocabulary

_VOCABULARIES: Final[Mapping[str, Vocabulary]] = {
    "plus:DataMining": Vocabulary.PLUS,
    "plus:OtherConstraints": Vocabulary.PLUS,
    "Iptc4xmpExt:LinkedEncRightsExpr": Vocabulary.PLUS,
    "tdm:reservation": Vocabulary.TDMREP,
    "tdm:policy": Vocabulary.TDMREP,
}
"""The vocabulary of each property that says what may be done; all others are of ``rights``."""


def delivered(declaration: Declaration, options: EmbedOptions) -> Declaration:
    """The declaration as the options and the recipient want it said.

    Args:
        declaration: what is declared.
        options: the recipient's `Delivery`, the label of before 2024, and whether notices of
            others are replaced.
    """
    return _delivered(Same(declaration), Same(options))


@lru_cache(maxsize=64)
def _delivered(given: Same[Declaration], asked: Same[EmbedOptions]) -> Declaration:
    declaration, options = given.value, asked.value
    if declaration.strips:
        return declaration
    delivery = options.delivery
    properties = tuple(item for item in declaration.properties if _says(delivery, item))
    if options.replace_rights:
        properties = tuple(
            replace(item, replaces=True) if item.name in rights.NAMES else item
            for item in properties
        )
    assertions = tuple(_assertions(declaration, delivery, properties, legacy=options.legacy_label))
    return replace(declaration, properties=properties, assertions=assertions)


def refuse_undeliverable(container: Container, wanted: Wanted) -> None:
    """Refuse a file that could say nothing in what the recipient takes.

    Raises:
        RefusedError: it is so.
    """
    if wanted.carriers is None or any(container.carries[c].write for c in wanted.carriers):
        return
    raise RefusedError(
        f"the recipient takes none of the carriers of {container.title}",
        fix="leave the file out, or give --carriers everything",
        code="undeliverable",
    )


def oddities(layout: Layout, delivery: Delivery) -> Iterator[str]:
    """What a recipient does not take and is left, since it is there already."""
    wanted = delivery.id3_version
    if wanted is None:
        return
    for block in layout.blocks:
        version = block.location.removeprefix("ID3v2.")[:1]
        if block.carrier is Carrier.ID3 and version.isdigit() and int(version) != wanted:
            yield f"the tag stays {block.location}; the recipient takes ID3v2.{wanted} only"


def _says(delivery: Delivery, item: Property) -> bool:
    vocabulary = _VOCABULARIES.get(item.name, Vocabulary.RIGHTS)
    if item.goes:
        return True
    if vocabulary is Vocabulary.RIGHTS and prose.is_ours(item.value):
        return delivery.says(Vocabulary.PROSE)
    return delivery.says(vocabulary)


def _assertions(
    declaration: Declaration,
    delivery: Delivery,
    properties: tuple[Property, ...],
    *,
    legacy: bool,
) -> Iterator[Assertion]:
    for item in declaration.assertions:
        if item.label == cawg.METADATA_LABEL:
            yield Assertion(item.label, cawg.metadata(properties))
        elif item.label != cawg.LABEL:
            yield item
        else:
            if delivery.says(Vocabulary.CAWG):
                yield item
            if legacy and delivery.says(Vocabulary.C2PA_LEGACY):
                yield Assertion(cawg.LEGACY_LABEL, _legacy(item.data))


def _legacy(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same entries under the names of C2PA 1.x."""
    entries = data.get("entries", {})
    return {"entries": {key.replace("cawg.", "c2pa.", 1): entries[key] for key in entries}}
