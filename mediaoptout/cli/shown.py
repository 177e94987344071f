"""What a profile makes files say, as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mediaoptout.embedding import Declaration
from mediaoptout.reservation.model import Reservation
from mediaoptout.reservation.texts import completed
from mediaoptout.vocabularies.properties import Bag, Gone, LangAlt, Structs, Value


def shown(reservation: Reservation) -> Iterator[str]:
    """Everything that will be written: texts, properties and what the manifest asserts."""
    reservation = completed(reservation)
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
    known = {text: f"(in short, {language})" for language, text in reservation.notices}
    known |= {text: f"(in full, {language})" for language, text in reservation.texts}
    for item in declaration.properties:
        for line in _lines(item.value, known):
            yield f"{item.name} = {line}"
    for assertion in declaration.assertions:
        yield ""
        if "entries" not in assertion.data:
            yield f"In a C2PA manifest, {assertion.label}: the same properties"
            continue
        yield f"In a C2PA manifest, {assertion.label}:"
        for key, entry in assertion.data["entries"].items():
            yield f"{key} = {' '.join(entry.values())}"


def _lines(value: Value | Gone, known: Mapping[str, str]) -> Iterator[str]:
    """A value, a line for each part; a text that was shown already by its name."""
    match value:
        case LangAlt(items):
            yield from (f"[{language}] {known.get(text, text)}" for language, text in items)
        case Bag(items):
            yield "; ".join(items)
        case Structs(items):
            for fields in items:
                yield ", ".join(f"{name} {text}" for name, text in fields)
        case Gone():
            yield "(taken out)"
        case str():
            yield known.get(value, value)
