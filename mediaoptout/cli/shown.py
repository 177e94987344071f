"""What a profile makes files say, as lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from mediaoptout.embedding import Declaration
from mediaoptout.reservation.model import Reservation
from mediaoptout.vocabularies.properties import Bag, Gone, LangAlt, Structs, Value


def shown(reservation: Reservation) -> Iterator[str]:
    """Everything that will be written: texts, properties and what the manifest asserts."""
    declaration = Declaration.of(reservation)
    yield ""
    yield "In full, for usage terms:"
    for language, text in reservation.texts:
        yield f"{language}: {text}"
    yield ""
    yield "In short, for fields that hold little:"
    for language, text in reservation.notices:
        yield f"{language}: {text}"
    yield ""
    yield "As properties: all in XMP, and in tags where docs/formats.md has a place for them:"
    for item in declaration.properties:
        for line in _lines(item.value):
            yield f"{item.name} = {line}"
    for assertion in declaration.assertions:
        yield ""
        yield f"In a C2PA manifest, {assertion.label}:"
        entries = assertion.data.get("entries") or assertion.data
        for key, value in entries.items():
            if key != "@context":
                yield f"{key} = {value}"


def _lines(value: Value | Gone) -> Iterator[str]:
    match value:
        case LangAlt(items):
            yield from (f"[{language}] {text}" for language, text in items)
        case Bag(items):
            yield "; ".join(items)
        case Structs(items):
            for fields in items:
                yield ", ".join(f"{name} {text}" for name, text in fields)
        case Gone():
            yield "(taken out)"
        case str():
            yield value
