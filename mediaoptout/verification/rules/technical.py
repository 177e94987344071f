"""Rules about technical facts: what MediaInfo says of a file, compared with what is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

from mediaoptout.tables import suggestion
from mediaoptout.verification.facts import NAMES, shown
from mediaoptout.verification.rules.matching import fits
from mediaoptout.verification.rules.parameters import Scalar
from mediaoptout.verification.rules.rule import Fault, Group, Rule
from mediaoptout.verification.rules.subject import Subject
from mediaoptout.words import Severity


@dataclass(frozen=True, slots=True)
class Comparison:
    """A fact, and what it is compared with. Of several tracks each must fit."""

    name: Annotated[str, "the fact; 'mediaoptout policy explain fact' lists them"] = ""
    is_: Annotated[Scalar | None, "what it must be"] = None
    one_of: Annotated[tuple[Scalar, ...], "what it may be"] = ()
    like: Annotated[str | None, "a pattern with * and ? that it must fit"] = None
    at_least: Annotated[float | None, "the smallest value"] = None
    at_most: Annotated[float | None, "the largest value"] = None
    optional: Annotated[bool, "whether a file that does not have the fact fits too"] = False


def _fact(subject: Subject, wanted: Comparison) -> Iterator[Fault]:
    facts = subject.facts.get(wanted.name, ())
    if not facts and not wanted.optional:
        yield Fault(f"the file has no {wanted.name} ({_words(wanted)} is expected)")
    for fact in facts:
        if not _fits(fact.value, wanted):
            yield Fault(f"{wanted.name} is {shown(fact)}, not {_words(wanted)}")


def _fits(value: Scalar, wanted: Comparison) -> bool:
    if wanted.is_ is not None and not _same(value, wanted.is_):
        return False
    if wanted.one_of and not any(_same(value, item) for item in wanted.one_of):
        return False
    if wanted.like is not None and not fits(str(value).casefold(), wanted.like.casefold()):
        return False
    if isinstance(value, str):
        return wanted.at_least is None and wanted.at_most is None
    too_small = wanted.at_least is not None and value < wanted.at_least
    too_large = wanted.at_most is not None and value > wanted.at_most
    return not (too_small or too_large)


def _same(value: Scalar, wanted: Scalar) -> bool:
    if isinstance(value, str) or isinstance(wanted, str):
        return str(value).casefold() == str(wanted).casefold()
    return abs(value - wanted) < 5e-4  # frame rates have three decimals


def _words(wanted: Comparison) -> str:
    parts = []
    if wanted.is_ is not None:
        parts.append(str(wanted.is_))
    if wanted.one_of:
        parts.append(" or ".join(map(str, wanted.one_of)))
    if wanted.like is not None:
        parts.append(f"something like {wanted.like}")
    if wanted.at_least is not None:
        parts.append(f"at least {wanted.at_least:g}")
    if wanted.at_most is not None:
        parts.append(f"at most {wanted.at_most:g}")
    return " and ".join(parts) or "one"


def _usable(wanted: Comparison) -> None:
    if wanted.name not in NAMES:
        what = f"there is no fact {wanted.name!r}" if wanted.name else "the name of the fact lacks"
        raise ValueError(f"{what}{suggestion(wanted.name, NAMES)}")


def _listed() -> str:
    return "\n".join(f"- `{name}`: {fact.help}" for name, fact in NAMES.items())


RULES: Final[tuple[Rule[Any], ...]] = (
    Rule(
        "fact",
        Group.TECHNICAL,
        "A technical fact of the file is not what the policy wants.",
        Severity.ERROR,
        _fact,
        "The facts are those that MediaInfo reads from the headers; pymediainfo must be installed"
        " (mediaoptout[facts]). A policy has one rule for each fact, with an id of its own and"
        ' check = "fact". Numbers are in the unit that is named here; texts are compared without'
        " regard to capitals.\n\n" + _listed(),
        "export the file again with the right settings",
        parameters=Comparison,
        any_file=True,
        usable=_usable,
    ),
)
