"""A new profile: a commented file, filled in with what somebody answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from mediaoptout.errors import UsageError
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.keys import Place, check
from mediaoptout.reservation.model import Capacity, Role
from mediaoptout.reservation.texts import phrases

_LAYOUT: Final[tuple[tuple[str, str, tuple[tuple[str, Any], ...]], ...]] = (
    (
        "",
        "A profile of mediaoptout: what is reserved, by whom, and where to ask for a licence.\n"
        "Take the # away from a line to say it. What is not said here comes from the profile that\n"
        "it extends; 'mediaoptout profile list' names them.",
        (("extends", "eu-tdm"), ("title", "Our reservation")),
    ),
    (
        "holder",
        "Whose rights they are. For several, write [[holder]] and repeat it.",
        (
            ("name", "Example Records"),
            ("role", "phonogram producer"),
            ("isni", "0000 0001 2103 2683"),
            ("ipi", "00052210040"),
            ("ipi-base", "I-000000229-7"),
            ("ipn", "123456"),
            ("orcid", "0000-0002-1825-0097"),
        ),
    ),
    (
        "declarant",
        "Who declares it, where that is not the holder.",
        (("name", "Example Society"), ("role", "collecting society")),
    ),
    (
        "capacity",
        "Whether it is declared in one's own name, as representative or as licensee; of whom, on\n"
        "what it rests, and what it leaves out ('subject to ...').",
        (
            ("as", "own name"),
            ("of", "its members"),
            ("mandate", "under the mandate of 1 January 2026"),
            ("reserve", "rights already assigned to third parties"),
        ),
    ),
    (
        "basis",
        "Articles: references of the table in docs/profiles.md, or in your own words.",
        (("articles", ["eu-tdm", "ai-act"]),),
    ),
    (
        "licence",
        "Where to ask for a licence.",
        (("url", "https://example.org/licences"), ("contact", "licences@example.org")),
    ),
    (
        "policy",
        "A TDMRep policy; 'mediaoptout profile export --odrl' makes one.",
        (("url", "https://example.org/tdm-policy.json"),),
    ),
    (
        "declaration",
        "When it was declared, its reference, and which declaration it replaces.",
        (("date", date(2026, 1, 31)), ("reference", "2026-001"), ("supersedes", "2025-001")),
    ),
    ("copyright", "The copyright notice.", (("notice", "© 2026 Example Records"),)),
    ("texts", "The languages of the declaration, the first is the default.", (("languages", []),)),
    (
        "delivery",
        "What the recipient takes: everything, conservative or archive-bwf.",
        (("profile", "everything"),),
    ),
)

BASES: Final[Mapping[str, str]] = {
    "eu-tdm": "all text and data mining, the training of AI with it; search stays open",
    "all-uses": "every use, input to AI and search with it",
    "ai-training": "the training of AI only",
    "genai": "the training of generative AI only",
    "licensable": "mining and training under a licence only, with a policy",
    "performer-fr": "a performer in France, in one's own name",
    "producers-fr": "a French film or audiovisual producer",
    "adami": "a performer for whom Adami declared it",
}
"""The shipped profiles that a new one may extend, in the order in which they are offered."""


def rendered(values: Mapping[str, Any]) -> str:
    """The file of a new profile.

    Args:
        values: what is said, by key; what is missing stands there as a comment.
    """
    blocks = []
    for table, comment, keys in _LAYOUT:
        lines = [f"# {line}" for line in comment.splitlines()]
        lines += [f"[{table}]"] if table else []
        for name, example in keys:
            key = f"{table}.{name}" if table else name
            said = values.get(key)
            mark, value = ("# ", example) if said in (None, "", []) else ("", said)
            if key == "texts.languages" and not value:
                value = list(phrases())[:2]
            lines.append(f"{mark}{name} = {_toml(value)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


_ROLES_KNOWN: Final = frozenset({"performer-fr", "producers-fr", "adami"})
"""Those that are for holders in one role."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask.

    Args:
        text: the question.
        choices: the words that may be answered, each with what it means; empty for any text.
        default: what an empty answer stands for.
        needed: whether an empty answer is none.
        read: turns an answer into what is kept.
    """

    text: str
    choices: Mapping[str, str]
    default: str
    needed: bool
    read: Callable[[str], Any]

    def answered(self, text: str) -> Any:
        """What an answer says.

        Raises:
            UsageError: it is none, or wrong; the message says why.
        """
        answer = text.strip() or self.default
        if not answer:
            if self.needed:
                raise UsageError("an answer is needed here")
            return None
        if self.choices:
            words = list(self.choices)
            if answer.isdecimal() and 0 < int(answer) <= len(words):
                answer = words[int(answer) - 1]
            if answer not in words:
                raise UsageError(f"answer with a number from 1 to {len(words)}, or the word itself")
        return self.read(answer)


def interview(ask: Callable[[Question], Any], today: date) -> dict[str, Any]:
    """The values of a new profile, asked one by one.

    Args:
        ask: asks a question until it is answered, and gives what `Question.answered` does.
        today: the day that is proposed as that of the declaration.
    """
    values: dict[str, Any] = {"extends": ask(_choice("What shall be reserved?", BASES, "eu-tdm"))}
    base = values["extends"]
    values["holder.name"] = ask(_key("holder.name", "Whose rights are they? Name", needed=True))
    values["title"] = f"The reservation of {values['holder.name']}"
    if base not in _ROLES_KNOWN:
        values["holder.role"] = ask(_choice("In which role?", dict.fromkeys(Role, ""), ""))
    for identifier in _identifiers(ask):
        values[f"holder.{identifier.scheme}"] = identifier.display
    if base != "adami":
        values.update(_capacity(ask))
    values["texts.languages"] = ask(_languages())
    values["licence.url"] = ask(_key("licence.url", "Page to ask for a licence (https://…)"))
    values["licence.contact"] = ask(_key("licence.contact", "E-mail address to ask for a licence"))
    needed = base == "licensable"
    values["policy.url"] = ask(_key("policy.url", "Address of a TDMRep policy", needed=needed))
    values["copyright.notice"] = ask(_key("copyright.notice", "Copyright notice (© 2026 …)"))
    if base != "adami":
        values["declaration.date"] = ask(_date(today))
    return values


def _capacity(ask: Callable[[Question], Any]) -> Iterator[tuple[str, Any]]:
    meanings = {
        Capacity.OWN_NAME: "the holder declares it",
        Capacity.REPRESENTATIVE: "somebody declares it for the holder",
        Capacity.LICENSEE: "a licensee passes it on",
    }
    capacity = ask(_choice("Who declares it?", meanings, Capacity.OWN_NAME))
    if capacity == Capacity.OWN_NAME:
        return
    yield "capacity.as", capacity
    yield "declarant.name", ask(_key("declarant.name", "Name of who declares it", needed=True))
    if capacity == Capacity.REPRESENTATIVE:
        yield "capacity.of", ask(_key("capacity.of", "Representative of whom (its members)"))
    yield "capacity.mandate", ask(_key("capacity.mandate", "On what it relies (under the mandate)"))
    yield "capacity.reserve", ask(_key("capacity.reserve", "What it leaves out (subject to …)"))


def _identifiers(ask: Callable[[Question], Any]) -> Iterator[Identifier]:
    while True:
        found = ask(Question(_IDENTIFIER, {}, "", needed=False, read=_holders_identifier))
        if found is None:
            return
        yield found


_IDENTIFIER: Final = (
    "Identifier, with its kind before it (ISNI 0000 0001 2103 2683); empty to go on"
)


def _holders_identifier(text: str) -> Identifier:
    for scheme in Scheme:
        if scheme.of_holder and scheme.names(text):
            return Identifier.parse(scheme, text)
    kinds = ", ".join(scheme.label for scheme in Scheme if scheme.of_holder)
    raise UsageError(f"begin with one of: {kinds}")


def _choice(text: str, choices: Mapping[Any, str], default: str) -> Question:
    return Question(text, {str(word): what for word, what in choices.items()}, default, False, str)


def _key(key: str, text: str, *, needed: bool = False) -> Question:
    """A question for a key of a profile: an answer is checked as the key's value."""

    def read(answer: str) -> str:
        if not answer.isprintable():
            raise UsageError("the answer has characters that cannot be printed")
        try:
            check("", key, Place(key), answer)
        except UsageError as error:
            raise UsageError(error.message.removesuffix(f" ({key})"), fix=error.fix) from error
        return answer

    return Question(text, {}, "", needed, read)


def _languages() -> Question:
    def read(answer: str) -> list[str]:
        languages = [part.strip().lower() for part in answer.replace(";", ",").split(",")]
        return _known(languages)

    default = ", ".join(list(phrases())[:2])
    return Question(f"Languages, of: {', '.join(phrases())}", {}, default, True, read)


def _known(languages: Iterable[str]) -> list[str]:
    found = [language for language in languages if language]
    for language in found:
        if language not in phrases():
            raise UsageError(f"there are no texts in {language!r}")
    return found


def _date(today: date) -> Question:
    def read(answer: str) -> date:
        try:
            return date.fromisoformat(answer)
        except ValueError as error:
            raise UsageError("write the date like 2026-01-31") from error

    return Question("Date of the declaration", {}, today.isoformat(), True, read)
