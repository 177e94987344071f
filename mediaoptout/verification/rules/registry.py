"""Every rule there is, by its id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mediaoptout.verification.rules import (
    against,
    carriers,
    catalogue,
    credential,
    declaration,
    file,
    identifiers,
    reservation,
    run,
    technical,
)
from mediaoptout.verification.rules.rule import Rule

RULES: Final[Mapping[str, Rule[Any]]] = {
    rule.id: rule
    for module in (
        carriers,
        file,
        reservation,
        declaration,
        identifiers,
        credential,
        technical,
        run,
        against,
        catalogue,
    )
    for rule in module.RULES
}
"""The rules, in the order in which their findings stand in a record."""
