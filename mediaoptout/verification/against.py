"""A copy that came back from a platform or a transcode, compared with its master.

Asked is which carriers survived, and what became of the essence: byte for byte the same, the same
sound in another container, likely encoded anew, or likely another work. What is likely is said by
duration, dimensions and the other facts of MediaInfo; nothing is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from mediaoptout.containers.base import Container, Layout
from mediaoptout.containers.essence import digest
from mediaoptout.containers.registry import detect
from mediaoptout.errors import MediaoptoutError, UsageError
from mediaoptout.records import Finding, VerifyRecord
from mediaoptout.splice.source import FileSource
from mediaoptout.verification.check import Asked, examine
from mediaoptout.verification.facts import Fact, read, require
from mediaoptout.verification.policy import Policy
from mediaoptout.verification.rules.rule import Fault
from mediaoptout.words import Carrier

SECONDS: Final = 0.25
"""By how much the duration of a copy may differ: encoders add silence at the ends."""

SHARE: Final = 0.01
"""By how much an aspect ratio may differ: pixels are whole."""

SHOWN: Final = 3
"""How many of many masters are named."""

Facts = Mapping[str, tuple[Fact, ...]]


@dataclass(frozen=True, slots=True)
class Masters:
    """The masters that a copy may be of.

    Args:
        paths: none, one, or several where it cannot be told which.
        by: how they were found: ``path``, ``name`` or ``identifier``.
        unread: placeholders that were not opened, where none was found: it may be one of them.
    """

    paths: tuple[Path, ...] = ()
    by: str = "path"
    unread: tuple[Path, ...] = ()


def compared(
    record: VerifyRecord,
    masters: Masters,
    policy: Policy,
    *,
    quick: bool = False,
    recall: bool = False,
) -> VerifyRecord:
    """The record of a copy, with what the comparison with its master finds.

    Args:
        record: what the copy says.
        masters: the masters that it may be of.
        policy: how much each finding weighs.
        quick: read headers only, and compare no essence.
        recall: open placeholders too.
    """
    if record.verdict is None:
        return record
    found: list[Finding] = []
    for rule, fault in _faults(record, masters, quick, recall):
        found.extend(policy.told(rule, fault))
    return record.with_findings(found)


def _faults(
    record: VerifyRecord, masters: Masters, quick: bool, recall: bool
) -> Iterator[tuple[str, Fault]]:
    if not masters.paths:
        if masters.unread:
            told = (
                "no master has its path, its name or its identifier;"
                f" these are placeholders and were not looked into: {_first(masters.unread)}"
            )
            yield "against-unmatched", Fault(told, "recall them, or give --recall")
        else:
            told = "no master has its path, its name or its identifier"
            yield "against-unmatched", Fault(told)
        return
    if len(masters.paths) > 1:
        several = _first(masters.paths)
        yield "against-ambiguous", Fault(f"it may be a copy of any of several masters: {several}")
        return
    (master,) = masters.paths
    other = examine(master, replace(Asked.of(quick=True), recall=recall)).record
    if other.verdict is None or other.container is None:
        why = other.error.message if other.error else "its kind is not read"
        fix = other.error.fix if other.error else None
        yield "against-unmatched", Fault(f"the master {master} cannot be compared with: {why}", fix)
        return
    yield from _carriers(record, other, master)
    if not quick:
        yield _essence(Path(record.path), master, recall)


def _first(paths: Sequence[Path]) -> str:
    return ", ".join([*map(str, paths[:SHOWN]), *(["…"] if len(paths) > SHOWN else [])])


def _carriers(
    record: VerifyRecord, master: VerifyRecord, path: Path
) -> Iterator[tuple[str, Fault]]:
    before, now = _speaking(master), _speaking(record)
    kept = [carrier for carrier in before if carrier in now]
    lost = [carrier for carrier in before if carrier not in now]
    if lost:
        left = f"left: {', '.join(kept)}" if kept else "none is left"
        told = f"of the carriers of {path} these no longer reserve: {', '.join(lost)}; {left}"
        yield "against-carriers-lost", Fault(told)
    elif before:
        told = f"every carrier of {path} still reserves: {', '.join(kept)}"
        yield "against-carriers-kept", Fault(told)


def _speaking(record: VerifyRecord) -> list[Carrier]:
    """The carriers that reserve something, in the order in which they stand."""
    return list(
        dict.fromkeys(
            item.carrier
            for item in record.statements
            if any(permission.reserves for permission in item.meaning.uses.values())
        )
    )


def _essence(copy: Path, master: Path, recall: bool) -> tuple[str, Fault]:
    """What became of the sound or picture."""
    try:
        if _same_essence(copy, master, recall):
            return "against-same", Fault(f"the essence is that of {master}, byte for byte")
    except (MediaoptoutError, OSError) as error:
        return "against-changed", Fault(f"the essence cannot be compared with {master}: {error}")
    try:
        require()
    except UsageError:
        return "against-changed", Fault(
            f"the essence is not that of {master}; without MediaInfo nothing more can be said",
            'install it with: pip install "mediaoptout[facts]"',
        )
    return _likely(read(copy), read(master), copy, master, recall)


def _same_essence(copy: Path, master: Path, recall: bool) -> bool:
    with FileSource(copy, recall=recall) as one, FileSource(master, recall=recall) as other:
        families = detect(one), detect(other)
        if families[0] is None or families[1] is None:
            return False
        layouts = families[0].read(one), families[1].read(other)
        if _length(layouts[0]) != _length(layouts[1]):
            return False
        return digest(one, layouts[0], "sha256") == digest(other, layouts[1], "sha256")


def _length(layout: Layout) -> int:
    return sum(end - start for start, end in layout.essence)


def _likely(now: Facts, before: Facts, copy: Path, master: Path, recall: bool) -> tuple[str, Fault]:
    sound = _sound_hash(now, copy, recall)
    if sound is not None and sound == _sound_hash(before, master, recall):
        return "against-same", Fault(
            f"the sound is that of {master}, sample for sample, compressed"
        )
    reasons = list(_differences(now, before))
    if reasons:
        return "against-other", Fault(f"likely another work than {master}: {'; '.join(reasons)}")
    alike = list(_likenesses(now, before))
    if not alike:
        return "against-changed", Fault(f"the essence is not that of {master}")
    changes = "; ".join(_changes(now, before)) or "with other settings"
    told = f"likely the work of {master}, encoded anew: {', '.join((*alike, changes))}"
    return "against-re-encoded", Fault(told)


def _sound_hash(facts: Facts, path: Path, recall: bool) -> str | None:
    """The MD5 of the uncompressed sound: what FLAC states, or that of a WAV's samples."""
    stated = facts.get("audio.md5", ())
    if stated:
        return str(stated[0].value).lower()
    with FileSource(path, recall=recall) as source:
        family: Container | None = detect(source)
        if family is None or family.digest != "md5":
            return None
        return digest(source, family.read(source), "md5")


def _one(facts: Facts, *names: str) -> float | None:
    for name in names:
        for fact in facts.get(name, ()):
            if not isinstance(fact.value, str):
                return float(fact.value)
    return None


def _durations(now: Facts, before: Facts) -> tuple[float, float] | None:
    names = ("video.duration", "audio.duration", "duration")
    found = _one(now, *names), _one(before, *names)
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def _shapes(now: Facts, before: Facts) -> tuple[float, float] | None:
    """The aspect ratios of the pictures."""
    found = []
    for facts in (now, before):
        width = _one(facts, "video.width", "image.width")
        height = _one(facts, "video.height", "image.height")
        if not width or not height:
            return None
        found.append(width / height)
    return found[0], found[1]


def _differences(now: Facts, before: Facts) -> Iterator[str]:
    durations, shapes = _durations(now, before), _shapes(now, before)
    if durations is not None and abs(durations[0] - durations[1]) > SECONDS:
        yield f"it lasts {durations[0]:.2f} s, the master {durations[1]:.2f} s"
    if durations is None and shapes is not None and not _close(*shapes):
        yield f"its picture has the ratio {shapes[0]:.2f}, the master's {shapes[1]:.2f}"


def _likenesses(now: Facts, before: Facts) -> Iterator[str]:
    durations, shapes = _durations(now, before), _shapes(now, before)
    if durations is not None:
        yield f"it is as long as the master ({durations[0]:.2f} s, {durations[1]:.2f} s)"
    elif shapes is not None:
        yield "its picture has the master's shape"


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= SHARE * max(one, other)


def _changes(now: Facts, before: Facts) -> Iterator[str]:
    for name in (
        "audio.codec",
        "audio.sample-rate",
        "audio.channels",
        "video.codec",
        "image.codec",
    ):
        values = [facts[name][0].value if facts.get(name) else None for facts in (now, before)]
        if None not in values and values[0] != values[1]:
            yield f"{name} {values[0]} instead of {values[1]}"
    for kind in ("video", "image"):
        sizes = [
            (_one(facts, f"{kind}.width"), _one(facts, f"{kind}.height")) for facts in (now, before)
        ]
        if None not in (*sizes[0], *sizes[1]) and sizes[0] != sizes[1]:
            (width, height), (was_width, was_height) = sizes
            yield f"{width:g} by {height:g} instead of {was_width:g} by {was_height:g} pixels"
