"""The words of a declaration: composed from a table of phrases, the same in every carrier."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from mediaoptout.reservation.model import Reservation
from mediaoptout.words import Permission, Use


@cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    """The table of phrases, by language."""
    text = files("mediaoptout.reservation").joinpath("texts.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def heads() -> tuple[str, ...]:
    """How our declarations begin, in every language."""
    return tuple(table["head"] for table in phrases().values())


def compose(reservation: Reservation, language: str, template: str | None = None) -> str:
    """The declaration in one language.

    Args:
        reservation: what is declared.
        language: one of `phrases`.
        template: a body of one's own instead of the table's, with the same placeholders:
            ``{holder}``, ``{uses}``, ``{basis}``, ``{contact}``.
    """
    table = phrases()[language]

    def optional(key: str, value: str | None) -> str:
        return table[key].format_map({key: value}) if value else ""

    constrained = Permission.CONSTRAINED in reservation.uses.values()
    body = template or table["constrained" if constrained else "body"]
    holders = ", ".join(holder.name for holder in reservation.holders) or table["holder"]
    declared = reservation.declared.isoformat() if reservation.declared else None
    return "".join(
        (
            table["head"],
            " ",
            body.format_map(
                {
                    "holder": holders,
                    "uses": f" {table['and']} ".join(table[use] for use in _named(reservation)),
                    "basis": optional("basis", "; ".join(reservation.legal_basis)),
                    "contact": optional("contact", reservation.contact),
                }
            ),
            optional("reference", reservation.reference),
            optional("declared", declared),
        )
    )


def _named(reservation: Reservation) -> list[Use]:
    """The reserved uses that must be named: training is part of mining."""
    reserved = [use for use in Use if reservation.permission(use).reserves]
    if Use.DATA_MINING in reserved:
        trainings = (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING)
        return [use for use in reserved if use not in trainings]
    if Use.AI_TRAINING in reserved and Use.GENERATIVE_AI_TRAINING in reserved:
        reserved.remove(Use.GENERATIVE_AI_TRAINING)
    return reserved
