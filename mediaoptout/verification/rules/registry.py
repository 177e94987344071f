"""Every rule there is, by its id. A module of rules is loaded when one of them is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

from mediaoptout.verification.rules.rule import Rule

HOMES: Final[Mapping[str, tuple[str, ...]]] = {
    "carriers": (
        "carrier-damaged",
        "carrier-missing",
        "carrier-unexpected",
        "carriers-disagree",
        "packet-duplicate",
    ),
    "profile": ("profile-differs",),
    "file": (
        "interrupted-change",
        "structure-unsound",
        "extension-mismatch",
        "oddity",
        "container-unsupported",
        "container",
        "size",
        "name",
        "checksum-mismatch",
        "checksum-missing",
        "sidecar-missing",
    ),
    "reservation": (
        "uses-unreserved",
        "prose-only",
        "not-reserved",
        "statements-conflict",
        "statements-differ",
        "permission",
        "vocabulary",
    ),
    "declaration": (
        "holder-missing",
        "holder-unexpected",
        "capacity",
        "contact-missing",
        "date-missing",
        "date-implausible",
        "statement-unexpected",
        "text-missing",
    ),
    "identifiers": (
        "identifier-missing",
        "identifier-invalid",
        "identifiers-differ",
    ),
    "credential": (
        "credential-unchecked",
        "credential-broken",
        "credential-untrusted",
        "credential-not-allowed",
        "credential-expired",
        "credential-revoked",
        "credential-too-wide",
        "credential-remote",
        "credential-ancestor-broken",
        "credential-missing",
        "credential-silent",
        "credential-trust",
        "credential-signer",
        "credential-untimed",
        "chain-dropped",
        "component-dropped",
    ),
    "technical": ("fact",),
    "run": (
        "identifier-duplicate",
        "sidecar-orphan",
        "checksum-absent",
    ),
    "against": (
        "against-carriers-lost",
        "against-carriers-kept",
        "against-same",
        "against-re-encoded",
        "against-other",
        "against-changed",
        "against-unmatched",
        "against-ambiguous",
    ),
    "catalogue": (
        "catalogue-no-row",
        "catalogue-no-file",
        "catalogue-identifier",
        "catalogue-holder",
    ),
}
"""The ids of every module's rules, in the order in which findings stand in a record."""

_HOME: Final = {rule_id: home for home, ids in HOMES.items() for rule_id in ids}


class _Rules(Mapping[str, Rule[Any]]):
    def __init__(self) -> None:
        self._loaded: dict[str, Rule[Any]] = {}

    def __getitem__(self, rule_id: str) -> Rule[Any]:
        if rule_id not in self._loaded:
            module = import_module(f"mediaoptout.verification.rules.{_HOME[rule_id]}")
            self._loaded.update((rule.id, rule) for rule in module.RULES)
        return self._loaded[rule_id]

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in _HOME

    def __iter__(self) -> Iterator[str]:
        return iter(_HOME)

    def __len__(self) -> int:
        return len(_HOME)


RULES: Final[Mapping[str, Rule[Any]]] = _Rules()
"""The rules, in the order in which their findings stand in a record."""
