"""ODRL policies (W3C), as TDMRep profiles them: what one says of mining, where it is plain.

Read only here: the policy that a profile is exported as is made with the profile's other
documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mediaoptout.vocabularies.statement import Meaning, same
from mediaoptout.words import Permission, Use

MEDIA_TYPES: Final = ("application/ld+json", "application/json", "application/odrl+json")
MAX_TEXT: Final = 256 << 10

_MINING: Final = (Use.DATA_MINING, Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING)
_ACTIONS: Final = frozenset({"mine", "use"})
"""The actions that speak of mining: TDMRep's own, and ODRL's for every use."""


def meaning(text: str) -> Meaning | None:
    """What a policy says of the uses; None if the text is none, or says nothing of mining.

    A prohibition reserves; a permission with a duty or a constraint is on terms.
    """
    try:
        document = json.loads(text) if len(text) <= MAX_TEXT else None
    except (ValueError, RecursionError):
        return None
    policies = document if isinstance(document, list) else [document]
    said: set[Permission] = set()
    for policy in policies:
        if isinstance(policy, Mapping):
            said |= set(_rules(policy))
    for word in (Permission.RESERVED, Permission.CONSTRAINED, Permission.ALLOWED):
        if word in said:
            return Meaning(same(word, *_MINING))
    return None


def _rules(policy: Mapping[str, Any]) -> Iterator[Permission]:
    for rule in _each(policy, "prohibition"):
        if _mines(rule):
            yield Permission.RESERVED
    for rule in _each(policy, "permission"):
        if _mines(rule):
            terms = any(_get(rule, key) for key in ("duty", "constraint", "obligation"))
            yield Permission.CONSTRAINED if terms else Permission.ALLOWED


def _get(holder: Mapping[str, Any], key: str) -> Any:
    return holder.get(key, holder.get(f"odrl:{key}"))


def _each(policy: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    rules = _get(policy, key)
    for rule in rules if isinstance(rules, list) else [rules]:
        if isinstance(rule, Mapping):
            yield rule


def _mines(rule: Mapping[str, Any]) -> bool:
    actions = _get(rule, "action")
    for action in actions if isinstance(actions, list) else [actions]:
        if isinstance(action, Mapping):
            action = action.get("@id") or _get(action, "value") or action.get("rdf:value")
        if (
            isinstance(action, str)
            and action.rpartition("#")[2].rpartition(":")[2].rpartition("/")[2] in _ACTIONS
        ):
            return True
    return False
