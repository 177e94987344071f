"""The declaration letter: the declaration, the list of recordings, and room to sign."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Final

from mediaoptout.documents.document import Document
from mediaoptout.documents.recordings import Recording
from mediaoptout.reservation.model import Holder, Reservation
from mediaoptout.reservation.texts import declaration, phrases

_WIDTH: Final = 78
_LINE: Final = "_" * 40
_SIGNED: Final = ("done", "on", "signatory", "signature")
"""What is left to whoever signs; the day of signing need not be that of the declaration."""


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    text = files("mediaoptout.documents").joinpath("letter.toml").read_text("utf-8")
    return tomllib.loads(text)


def letters(
    reservation: Reservation, recordings: Sequence[Recording], language: str
) -> Iterator[Document]:
    """The letter as HTML that prints well, and as plain text.

    Args:
        reservation: what is declared.
        recordings: the list; empty for a letter about everything.
        language: one that there are texts in.
    """
    yield Document(f"letter-{language}.html", _html(reservation, recordings, language))
    yield Document(f"letter-{language}.txt", _plain(reservation, recordings, language))


def _people(reservation: Reservation, language: str) -> Iterator[str]:
    """Who declares and whose rights they are, a line each."""
    words, roles = _table()[language], phrases()[language]["roles"]
    people = [("declarant", reservation.declarant)]
    people += [("holder", holder) for holder in reservation.holders]
    for part, person in people:
        if person is not None:
            said = ", ".join((person.name, *_particulars(person, roles)))
            yield f"{words[part]}{words['colon']}{said}"


def _particulars(person: Holder, roles: Mapping[str, str]) -> Iterator[str]:
    if person.role is not None:
        yield roles[person.role]
    yield from map(str, person.identifiers)


def _html(reservation: Reservation, recordings: Sequence[Recording], language: str) -> str:
    words = _table()[language]
    page = files("mediaoptout.documents").joinpath("letter.html").read_text("utf-8")
    people = "".join(f"<p>{escape(line)}</p>\n" for line in _people(reservation, language))
    return Template(page).substitute(
        {key: escape(words[key]) for key in ("title", "declares")},
        language=language,
        people=people.rstrip("\n"),
        declaration=f"<p>{escape(declaration(reservation, language))}</p>",
        scope=escape(words["list" if recordings else "no_list"]),
        list=_rows(recordings, words) if recordings else "",
        sign="\n".join(f"<p>{escape(words[key] + words['colon'])}</p>" for key in _SIGNED),
    )


def _rows(recordings: Sequence[Recording], words: Mapping[str, str]) -> str:
    heads = (words[key] for key in ("number", "name", "identifier", "file", "digest"))
    lines = [
        "<table>",
        "<thead><tr>" + "".join(f"<th>{escape(head)}</th>" for head in heads) + "</tr></thead>",
        "<tbody>",
    ]
    for number, item in enumerate(recordings, 1):
        cells = (item.title or "", item.identified, item.name)
        lines.append(
            f'<tr><td class="n">{number}</td>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            + f'<td class="d">{item.sha256}</td></tr>'
        )
    lines += ["</tbody>", "</table>", f"<p>{escape(_count(recordings, words))}</p>"]
    return "\n".join(lines)


def _count(recordings: Sequence[Recording], words: Mapping[str, str]) -> str:
    return words["files"].format(count=len(recordings))


def _plain(reservation: Reservation, recordings: Sequence[Recording], language: str) -> str:
    words = _table()[language]
    paragraphs = [
        f"{words['title']}\n{'=' * len(words['title'])}",
        "\n".join(_people(reservation, language)),
        words["declares"],
        _wrapped(declaration(reservation, language)),
        _wrapped(words["list" if recordings else "no_list"]),
        *(_item(number, item, words) for number, item in enumerate(recordings, 1)),
        _count(recordings, words) if recordings else "",
        *(f"{words[key]}{words['colon']}{_LINE}" for key in _SIGNED),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _item(number: int, item: Recording, words: Mapping[str, str]) -> str:
    said = (
        ("name", item.title),
        ("identifier", item.identified),
        ("file", item.name),
        ("digest", item.sha256),
    )
    lines = [f"    {words[key]}{words['colon']}{value}" for key, value in said if value]
    return f"{number:>3} {lines[0].strip()}\n" + "\n".join(lines[1:])


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
