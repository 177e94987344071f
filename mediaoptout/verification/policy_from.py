"""The policy that good files fulfil: what they all have, said as rules that others must keep.

Every rule that they pass is asked of others too. Where a rule has something to find in one of them
it is off, with the reason beside it. Lists (formats, holders, signers, schemes of identifiers) and
technical facts are those of the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Final

from mediaoptout.errors import PolicyError, UsageError
from mediaoptout.reservation.identifiers import Scheme
from mediaoptout.verification.check import Asked, examine
from mediaoptout.verification.facts import NAMES, Fact, read, require
from mediaoptout.verification.policy import Applied, Check, Policy, default
from mediaoptout.verification.rules.parameters import as_toml
from mediaoptout.verification.rules.registry import RULES
from mediaoptout.verification.rules.said import Said
from mediaoptout.words import Integrity, Severity, Trust, Use, Verdict

MAX_LISTED: Final = 12
"""Lists that would be longer are left out: the files have nothing in common there."""

_ALIKE: Final = frozenset(
    {
        "audio.codec",
        "audio.compression",
        "audio.sample-rate",
        "audio.bit-depth",
        "audio.channels",
        "video.codec",
        "video.frame-rate",
        "video.bit-depth",
        "video.chroma",
        "video.scan",
        "image.codec",
        "image.bit-depth",
        "image.color-space",
    }
)
"""Facts that are listed as they are; in those below the files give the smallest value."""

_AT_LEAST: Final = frozenset({"video.width", "video.height", "image.width", "image.height"})

_OTHERS: Final = (
    "carrier-missing",
    "carriers-disagree",
    "packet-duplicate",
    "holder-missing",
    "contact-missing",
    "date-missing",
    "date-implausible",
    "capacity",
    "identifier-invalid",
    "identifiers-differ",
    "credential-missing",
    "credential-silent",
    "credential-untimed",
    "chain-dropped",
    "component-dropped",
)
"""Rules without parameters that are tried beside those of the default policy."""


@dataclass(frozen=True, slots=True)
class _Good:
    """A good file, with what its lists are made of."""

    path: Path
    container: str
    uses: frozenset[Use]
    schemes: frozenset[Scheme]
    holders: frozenset[str]
    serial: int | None
    signer: str | None
    integrity: Integrity
    trust: Trust
    found: Mapping[str, str]
    facts: Mapping[str, tuple[Fact, ...]]


def policy_from(paths: Sequence[Path]) -> str:
    """The policy that files fulfil, as text.

    Args:
        paths: the files.

    Raises:
        PolicyError: one of them reserves nothing for machines, or cannot be read.
    """
    tried = _tried()
    files = [_good(path, tried) for path in paths]
    uses = reduce(frozenset.intersection, (file.uses for file in files))
    if not uses:
        raise PolicyError(
            "the files have no use in common that they all reserve",
            fix="make a policy from files that are as others should be",
        )
    return "\n".join(_written(files, [use for use in Use if use in uses])) + "\n"


def _tried() -> Policy:
    """Every rule that can be asked without knowing anything of the files."""
    rules = (RULES[name] for name in _OTHERS)
    more = (Applied(rule.id, rule.severity, Check(rule.id, rule.parameters())) for rule in rules)
    return Policy("from", "from", "", (*default().applied, *more))


def _good(path: Path, tried: Policy) -> _Good:
    examined = examine(path, Asked.of(tried, tuple(Use)))
    record = examined.record
    if record.verdict is None or record.container is None:
        why = record.error.message if record.error else "its kind is not read"
        raise PolicyError(f"{path} is no good file: {why}", fix="name files that can be read")
    uses = frozenset(
        use
        for item in record.statements
        if item.vocabulary.machine_readable
        for use, permission in item.meaning.uses.items()
        if permission.reserves
    )
    if not uses or record.verdict not in (Verdict.RESERVED, Verdict.PARTIAL):
        raise PolicyError(
            f"{path} is no good file: it is {record.verdict}",
            fix="embed a reservation first, or name files that have one",
        )
    said = Said(examined.entries)
    right = set()
    for named in said.identifiers:
        try:
            right.add(named.identifier.scheme)
        except UsageError:
            continue
    return _Good(
        path,
        record.container,
        uses,
        frozenset(right),
        frozenset(said.holders),
        examined.report.serial if examined.report is not None else None,
        record.credential.signer,
        record.credential.integrity,
        record.credential.trust,
        {finding.rule: finding.message for finding in record.findings},
        _facts(path),
    )


def _facts(path: Path) -> Mapping[str, tuple[Fact, ...]]:
    try:
        require()
    except UsageError:
        return {}
    return read(path)


def _written(files: Sequence[_Good], uses: Sequence[Use]) -> Iterator[str]:
    names = _one_line(", ".join(file.path.name for file in files[:3]))
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    yield f"# What {names}{more} fulfil. Loosen what is too narrow for the files to come;"
    yield "# 'mediaoptout policy explain RULE' says what a rule looks at."
    yield f"title = {as_toml(f'Made from {names}{more}')}"
    yield 'extends = "reserved"'
    yield ""
    yield "[expect]"
    yield f"uses = {as_toml(tuple(uses))}"
    yield ""
    yield "[rules]"
    yield from _plain(files)
    for table in (_formats(files), _identified(files), _held(files), _signed(files)):
        yield from table
    yield from _technical(files)


def _plain(files: Sequence[_Good]) -> Iterator[str]:
    """Rules without parameters: asked where no file has anything to find, else off."""
    asked = {item.id for item in default().applied if item.severity is not Severity.INFO}
    for name in RULES:
        hits = [file for file in files if name in file.found]
        if hits and name in asked.union(_OTHERS) - {"uses-unreserved"}:
            first = _one_line(f"{hits[0].path.name}: {hits[0].found[name]}")
            yield f'{name} = "off" # in {len(hits)} of {len(files)} files; {first}'
        elif name in _OTHERS:
            yield f'{name} = "error"'


def _one_line(text: str) -> str:
    line = "".join(char if char.isprintable() else " " for char in text)
    return line if len(line) <= 100 else f"{line[:99]}…"


def _formats(files: Sequence[_Good]) -> Iterator[str]:
    yield from _listed("formats", "container", "containers", (file.container for file in files))


def _identified(files: Sequence[_Good]) -> Iterator[str]:
    common = reduce(frozenset.intersection, (file.schemes for file in files))
    schemes = tuple(scheme for scheme in Scheme if scheme in common)
    if schemes:
        yield from ("", "[rules.identifier-missing]", 'severity = "error"')
        yield f"schemes = {as_toml(schemes)}"


def _held(files: Sequence[_Good]) -> Iterator[str]:
    if all(file.holders for file in files):
        holders = {name for file in files for name in file.holders}
        yield from _listed("holder-unexpected", "holder-unexpected", "names", holders)


def _signed(files: Sequence[_Good]) -> Iterator[str]:
    signers = {file.signer for file in files if file.signer}
    yield from _listed("credential-signer", "credential-signer", "signers", signers)
    signed = [file for file in files if file.integrity is not Integrity.ABSENT]
    if signed and all(file.trust is Trust.TRUSTED for file in signed):
        yield from ("", "[rules.credential-trust]", 'severity = "error"', 'trust = ["trusted"]')


def _listed(rule_id: str, rule: str, key: str, values: Iterable[str]) -> Iterator[str]:
    several = tuple(sorted(set(values)))
    if 0 < len(several) <= MAX_LISTED:
        yield from ("", f"[rules.{rule_id}]", 'severity = "error"')
        if rule_id != rule:
            yield f'check = "{rule}"'
        yield f"{key} = {as_toml(several)}"


def _technical(files: Sequence[_Good]) -> Iterator[str]:
    containers = tuple(sorted({file.container for file in files}))
    for name in NAMES:
        if name not in _ALIKE | _AT_LEAST:
            continue
        held = [[fact.value for fact in file.facts.get(name, ())] for file in files]
        values = {value for several in held for value in several}
        if not values:
            continue
        said = _comparison(name, values)
        if said is None:
            continue
        yield from ("", f"[rules.{name.replace('.', '-')}]", 'severity = "error"')
        yield from ('check = "fact"', f'name = "{name}"', said)
        if not all(held):
            yield "optional = true"
        if len(containers) <= MAX_LISTED:
            yield f'when = {{ check = "container", containers = {as_toml(containers)} }}'


def _comparison(name: str, values: set[Any]) -> str | None:
    if name in _AT_LEAST:
        return f"at-least = {min(values)}"
    if len(values) > MAX_LISTED:
        return None
    if len(values) == 1:
        return f"is = {as_toml(next(iter(values)))}"
    return f"one-of = {as_toml(tuple(sorted(values)))}"
