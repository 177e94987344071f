"""Writes rights reservations inside audio, video and image files, and verifies them.

Three functions do one file each, and answer with a record::

    from mediaoptout import EmbedOptions, embed, inspect, load_profile, verify

    reservation = load_profile("eu-tdm", ["holder.name=Example Records"])
    record = embed("master.wav", "out/master.wav", reservation=reservation)
    assert record.status in ("written", "unchanged"), record.error
    assert verify("out/master.wav").verdict == "reserved"

``embed_all``, ``verify_all`` and ``select`` do folders. Records say what is wrong with a file;
exceptions (all are `MediaoptoutError`) say what is wrong with a call. Names are loaded when they
are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mediaoptout.catalogue.faults import CatalogueError
    from mediaoptout.catalogue.interrupts import Interrupted
    from mediaoptout.catalogue.listing import Catalogue, read_catalogue
    from mediaoptout.catalogue.matching import Matched, assigned, match
    from mediaoptout.catalogue.merging import Merging
    from mediaoptout.catalogue.outputs import Job, in_place, mirrored, to_read
    from mediaoptout.catalogue.run import Means, embed_all, inspect_all, verify_all
    from mediaoptout.catalogue.selection import Item, select
    from mediaoptout.credentials.credential import Credential
    from mediaoptout.credentials.trust import Anchors
    from mediaoptout.credentials.trust import named as trust_anchors
    from mediaoptout.embedding import Declaration, EmbedOptions, embed, removal, strip
    from mediaoptout.errors import (
        DamagedError,
        ErrorInfo,
        LimitError,
        MediaError,
        MediaoptoutError,
        NotHereError,
        PolicyError,
        ProfileError,
        RefusedError,
        SourceChangedError,
        UnsupportedError,
        UsageError,
        WriteError,
    )
    from mediaoptout.records import (
        EmbedRecord,
        Essence,
        Finding,
        InspectRecord,
        VerifyRecord,
        schema,
        to_line,
    )
    from mediaoptout.reports.base import Options as ReportOptions
    from mediaoptout.reports.base import Run as ReportRun
    from mediaoptout.reports.evidence.checking import Compared, Evidence, State
    from mediaoptout.reports.evidence.checking import check as check_evidence
    from mediaoptout.reports.evidence.checking import compare as compare_evidence
    from mediaoptout.reports.evidence.making import Making as EvidenceMaking
    from mediaoptout.reports.evidence.making import proof as evidence_proof
    from mediaoptout.reports.several import Reports
    from mediaoptout.reservation.delivery import Delivery
    from mediaoptout.reservation.identifiers import Identifier, Scheme
    from mediaoptout.reservation.model import Capacity, Holder, Licence, Reservation, Role, Work
    from mediaoptout.reservation.profiles import delivery as load_delivery
    from mediaoptout.reservation.profiles import load as load_profile
    from mediaoptout.reservation.texts import with_texts
    from mediaoptout.verification.check import verify
    from mediaoptout.verification.look import inspect
    from mediaoptout.verification.policy import Policy
    from mediaoptout.verification.policy_files import load as load_policy
    from mediaoptout.vocabularies.statement import Meaning, Statement
    from mediaoptout.words import (
        EXPECTED_USES,
        Carrier,
        Exit,
        FailOn,
        Integrity,
        Permission,
        Severity,
        Status,
        Trust,
        Use,
        Verdict,
        Vocabulary,
    )

    __version__: str

_HOMES = {
    "catalogue.faults": ("CatalogueError",),
    "catalogue.interrupts": ("Interrupted",),
    "catalogue.listing": ("Catalogue", "read_catalogue"),
    "catalogue.matching": ("Matched", "assigned", "match"),
    "catalogue.merging": ("Merging",),
    "catalogue.outputs": ("Job", "in_place", "mirrored", "to_read"),
    "catalogue.run": ("Means", "embed_all", "inspect_all", "verify_all"),
    "catalogue.selection": ("Item", "select"),
    "credentials.credential": ("Credential",),
    "credentials.trust": ("Anchors", "trust_anchors"),
    "embedding": ("Declaration", "EmbedOptions", "embed", "removal", "strip"),
    "errors": (
        "DamagedError",
        "ErrorInfo",
        "LimitError",
        "MediaError",
        "MediaoptoutError",
        "NotHereError",
        "PolicyError",
        "ProfileError",
        "RefusedError",
        "SourceChangedError",
        "UnsupportedError",
        "UsageError",
        "WriteError",
    ),
    "records": (
        "EmbedRecord",
        "Essence",
        "Finding",
        "InspectRecord",
        "VerifyRecord",
        "schema",
        "to_line",
    ),
    "reports.base": ("ReportOptions", "ReportRun"),
    "reports.evidence.checking": (
        "Compared",
        "Evidence",
        "State",
        "check_evidence",
        "compare_evidence",
    ),
    "reports.evidence.making": ("EvidenceMaking", "evidence_proof"),
    "reports.several": ("Reports",),
    "reservation.delivery": ("Delivery",),
    "reservation.identifiers": ("Identifier", "Scheme"),
    "reservation.model": ("Capacity", "Holder", "Licence", "Reservation", "Role", "Work"),
    "reservation.profiles": ("load_delivery", "load_profile"),
    "reservation.texts": ("with_texts",),
    "verification.check": ("verify",),
    "verification.look": ("inspect",),
    "verification.policy": ("Policy",),
    "verification.policy_files": ("load_policy",),
    "vocabularies.statement": ("Meaning", "Statement"),
    "words": (
        "EXPECTED_USES",
        "Carrier",
        "Exit",
        "FailOn",
        "Integrity",
        "Permission",
        "Severity",
        "Status",
        "Trust",
        "Use",
        "Verdict",
        "Vocabulary",
    ),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
_OWN_NAMES = {
    "EvidenceMaking": "Making",
    "ReportOptions": "Options",
    "ReportRun": "Run",
    "check_evidence": "check",
    "compare_evidence": "compare",
    "evidence_proof": "proof",
    "load_delivery": "delivery",
    "load_policy": "load",
    "load_profile": "load",
    "trust_anchors": "named",
}

__all__ = [
    "EXPECTED_USES",
    "Anchors",
    "Capacity",
    "Carrier",
    "Catalogue",
    "CatalogueError",
    "Compared",
    "Credential",
    "DamagedError",
    "Declaration",
    "Delivery",
    "EmbedOptions",
    "EmbedRecord",
    "ErrorInfo",
    "Essence",
    "Evidence",
    "EvidenceMaking",
    "Exit",
    "FailOn",
    "Finding",
    "Holder",
    "Identifier",
    "InspectRecord",
    "Integrity",
    "Interrupted",
    "Item",
    "Job",
    "Licence",
    "LimitError",
    "Matched",
    "Meaning",
    "Means",
    "MediaError",
    "MediaoptoutError",
    "Merging",
    "NotHereError",
    "Permission",
    "Policy",
    "PolicyError",
    "ProfileError",
    "RefusedError",
    "ReportOptions",
    "ReportRun",
    "Reports",
    "Reservation",
    "Role",
    "Scheme",
    "Severity",
    "SourceChangedError",
    "State",
    "Statement",
    "Status",
    "Trust",
    "UnsupportedError",
    "UsageError",
    "Use",
    "Verdict",
    "VerifyRecord",
    "Vocabulary",
    "Work",
    "WriteError",
    "__version__",
    "assigned",
    "check_evidence",
    "compare_evidence",
    "embed",
    "embed_all",
    "evidence_proof",
    "in_place",
    "inspect",
    "inspect_all",
    "load_delivery",
    "load_policy",
    "load_profile",
    "match",
    "mirrored",
    "read_catalogue",
    "removal",
    "schema",
    "select",
    "strip",
    "to_line",
    "to_read",
    "trust_anchors",
    "verify",
    "verify_all",
    "with_texts",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("mediaoptout")
    elif name in _HOME:
        module = import_module(f"mediaoptout.{_HOME[name]}")
        value = getattr(module, _OWN_NAMES.get(name, name))
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
