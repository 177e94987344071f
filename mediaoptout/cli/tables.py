"""The table of formats, generated from what the containers say of themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mediaoptout.containers.base import Capability, Container
from mediaoptout.containers.registry import CONTAINERS
from mediaoptout.containers.witnessed import witnesses


def text() -> str:
    """The table for a terminal."""
    lines: list[str] = []
    for family in CONTAINERS:
        lines.append(f"{family.name:8}{family.title} ({' '.join(family.extensions)})")
        for carrier, capability in family.carries.items():
            place = "; ".join(part for part in (capability.place, capability.note) if part)
            lines.append(f"  {_can(capability):5}  {carrier:15}  {place}")
    return _ended(lines)


def markdown() -> str:
    """The table as the documentation has it."""
    carriers = tuple(dict.fromkeys(carrier for family in CONTAINERS for carrier in family.carries))
    lines = [
        "# What is written where",
        "",
        "Made by `mediaoptout formats --format markdown`; do not edit.",
        "",
        "**W**: written and read. R: read only. Empty: the format has no place for it. *Shown by*:"
        " the programs of others that the tests ask, on real files of the format, whether they see"
        " what was written.",
        "",
        f"| format | {' | '.join(carriers)} |",
        f"|---|{'---|' * len(carriers)}",
    ]
    for family in CONTAINERS:
        cells = (_cell(family.carries.get(carrier)) for carrier in carriers)
        lines.append(f"| {family.name} | {' | '.join(cells)} |")
    for family in CONTAINERS:
        lines.extend(("", f"## {family.title}", "", *_section(family)))
    return _ended(lines)


def _section(family: Container) -> Iterator[str]:
    yield f"`{family.name}`: {', '.join(f'`{name}`' for name in family.extensions)};"
    yield f"{', '.join(f'`{name}`' for name in family.media_types)}."
    yield ""
    yield "| carrier | | where | condition | shown by |"
    yield "|---|---|---|---|---|"
    for carrier, capability in family.carries.items():
        place, note = _plain(capability.place), _plain(capability.note)
        shown = ", ".join(witnesses(family, carrier))
        yield f"| {carrier} | {_cell(capability)} | {place} | {note} | {shown} |"


def jsonl() -> str:
    """One object a format."""
    return _ended(
        [
            json.dumps(
                {
                    "container": family.name,
                    "title": family.title,
                    "extensions": list(family.extensions),
                    "media_types": list(family.media_types),
                    "carriers": [
                        {
                            "carrier": carrier,
                            "write": capability.write,
                            "expected": capability.expected,
                            "place": capability.place,
                            "note": capability.note,
                            "witnesses": list(witnesses(family, carrier)),
                        }
                        for carrier, capability in family.carries.items()
                    ],
                },
                ensure_ascii=False,
            )
            for family in CONTAINERS
        ]
    )


def _can(capability: Capability) -> str:
    return "write" if capability.write else "read"


def _cell(capability: Capability | None) -> str:
    if capability is None:
        return ""
    return "**W**" if capability.write else "R"


def _plain(text: str) -> str:
    return text.replace("|", "\\|")


def _ended(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
