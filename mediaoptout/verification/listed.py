"""A file compared with the row of a catalogue that is about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby

from mediaoptout.records import VerifyRecord
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.verification.policy import Policy
from mediaoptout.verification.rules.rule import Fault


def compared(
    record: VerifyRecord,
    identifiers: Collection[Identifier],
    holders: Collection[str],
    policy: Policy,
) -> VerifyRecord:
    """The record of a file, with what the comparison with its row finds.

    Args:
        record: what the file says, with its traits.
        identifiers: those that the row has of the work.
        holders: the names that the row has.
        policy: how much each finding weighs.
    """
    if record.verdict is None:
        return record
    there = record.traits.identifiers
    lacking = policy.told("catalogue-identifier", *_identifiers(there, identifiers))
    unnamed = policy.told("catalogue-holder", *_holders(record.traits.holders, holders))
    return record.with_findings((*lacking, *unnamed))


def rowless(record: VerifyRecord, reason: str, policy: Policy) -> VerifyRecord:
    """The record of a file that no row is about.

    Args:
        record: what the file says.
        reason: why it has none.
        policy: how much the finding weighs.
    """
    return record.with_findings(policy.told("catalogue-no-row", Fault(reason)))


def _identifiers(there: Collection[Identifier], wanted: Collection[Identifier]) -> Iterator[Fault]:
    for scheme, several in groupby(sorted(wanted), lambda each: each.scheme):
        held = [each for each in there if each.scheme is scheme]
        others = " and ".join(each.display for each in held if each not in wanted)
        for each in several:
            if each not in held:
                has = f"the file has {others}" if others else "the file has none"
                yield Fault(f"the row has the {scheme.label} {each.display}, and {has}")
            elif others and scheme is Scheme.ISRC:  # a recording has one
                said = f"the row has the {scheme.label} {each.display}"
                yield Fault(f"{said}, and the file has {others} too")


def _holders(there: Collection[str], wanted: Collection[str]) -> Iterator[Fault]:
    # A field that holds one text has several names parted by semicolons.
    names = dict.fromkeys(part.strip() for name in there for part in name.split(";"))
    known = {_folded(name) for name in (*there, *names)}
    for name in wanted:
        if _folded(name) not in known:
            others = f"names {', '.join(names)}" if names else "names nobody"
            yield Fault(f"the row names {name}, and the file {others}")


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
