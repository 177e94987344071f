"""What a rule is: an id, a severity, parameters, words for people, and a pure function.

A rule's parameters are a frozen dataclass; its fields are the keys that a policy can set, each
``Annotated`` with its type and the words that explain it. A trailing underscore of a field's name
is dropped and the others become hyphens: ``at_least`` is ``at-least``, ``is_`` is ``is``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from mediaoptout.records import VerifyRecord
from mediaoptout.words import Severity

if TYPE_CHECKING:
    from mediaoptout.verification.rules.subject import Subject

P = TypeVar("P")


class Group(StrEnum):
    """What rules are about, as headings."""

    RESERVATION = "The reservation"
    CARRIERS = "The carriers"
    DECLARATION = "Who declares what"
    IDENTIFIERS = "Identifiers"
    CREDENTIAL = "The credential"
    FILE = "The file"
    TECHNICAL = "Technical facts"
    RUN = "Over the whole run"
    AGAINST = "Against the masters"
    CATALOGUE = "Against the catalogue"


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule finds wrong with a file.

    Args:
        message: one sentence that says what is wrong in this file, with where it stands.
        fix: how to mend it, where that depends on the file; None for the rule's own words.
    """

    message: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class NoParameters:
    """For rules that have none."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A file of a run that is no media: a sidecar, a check sum list, something else.

    Args:
        path: where it is.
        recall: whether it is opened too if its content is elsewhere.
    """

    path: Path
    recall: bool = False


class Across(Protocol):
    """What compares the files of a run with each other. Its memory does not grow with the run."""

    def add(self, record: VerifyRecord) -> Iterable[Fault]:
        """What is wrong with this file, given those before it."""
        ...


@dataclass(frozen=True, slots=True)
class Rule(Generic[P]):
    """Something that can be asked of every file.

    Args:
        id: the word in policies and findings.
        group: what it is about.
        title: what it finds, as a sentence.
        severity: how much it weighs, unless a policy says otherwise.
        check: finds what is wrong with a media file; None for rules about something else.
        why: what it looks at and why that matters, in plain words.
        fix: how to mend it.
        parameters: the dataclass of its parameters.
        across: begins a comparison of the files of a run; None for rules about one file.
        companion: finds what is wrong with a file that is no media.
        any_file: whether it can be asked of kinds of files that are not read.
        details: whether it asks for details of a reservation; where there is none, or a carrier
            is damaged, it has nothing to say.
        full: whether it needs more than the headers, so that ``--quick`` leaves it out.
        usable: checks parameters when a policy is read; raises ``ValueError`` with the reason.
    """

    id: str
    group: Group
    title: str
    severity: Severity
    check: Callable[[Subject, P], Iterable[Fault]] | None
    why: str
    fix: str
    parameters: type[P] = NoParameters  # type: ignore[assignment]
    across: Callable[[P], Across] | None = None
    companion: Callable[[Companion, P], Iterable[Fault]] | None = None
    any_file: bool = False
    details: bool = False
    full: bool = False
    usable: Callable[[P], None] | None = None


EMBED: Final = "embed a reservation with 'mediaoptout embed'"
"""What to do about most that is missing."""
