"""``x.html``: the run as one page for people; it opens from the disk and asks nothing of a network.

The page is a fixed text with the run's data beside it, as JSON that holds no ``<``; the script
makes elements of it and never markup. The page's own policy (CSP) allows that script and that
style, by their hashes, and nothing else: a name or a tag can be shown, but cannot act.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterator
from functools import cache
from html import escape
from importlib.resources import files
from itertools import chain
from pathlib import Path
from string import Template
from typing import Final

from mediaoptout.credentials.credential import Credential
from mediaoptout.records import Difference, Finding
from mediaoptout.reports.base import Options, Run
from mediaoptout.reports.pool import Array, Pool, data
from mediaoptout.reports.row import Row
from mediaoptout.reports.sentences import Said, read, titles
from mediaoptout.reports.totals import Totals
from mediaoptout.vocabularies.statement import Statement
from mediaoptout.words import Carrier

_NONE: Final = -1
_MANIFESTS: Final = frozenset({Carrier.C2PA, Carrier.SIDECAR_C2PA})
_TITLE: Final = "Rights reservations"
_GENERATOR: Final = b'<meta name="generator" content="mediaoptout">'

MAX_PICTURES: Final = 64 << 20
"""How many bytes of pictures a page may hold: browsers must be able to open it."""


@cache
def _asset(name: str) -> str:
    return files("mediaoptout").joinpath("reports", "assets", name).read_text("utf-8")


def _hashed(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def policy() -> str:
    """The page's Content-Security-Policy."""
    return (
        f"default-src 'none'; script-src {_hashed(_asset('page.js'))};"
        f" style-src {_hashed(_asset('page.css'))}; img-src data:; base-uri 'none';"
        " form-action 'none'"
    )


class Page:
    """One self-contained page."""

    SUFFIX = ".html"

    def __init__(self, folder: Path, options: Options) -> None:
        self._totals = Totals()
        self._pool, self._rows, self._pictures = Pool(folder), Array(folder), Array(folder)
        self._templates: dict[tuple[str, str], int] = {}
        self._wanted = options.thumbnails
        if options.thumbnails:
            from mediaoptout.reports.thumbnails import check

            check()

    @staticmethod
    def wrote(head: bytes) -> bool:
        """See `Report`."""
        return head.startswith(b"<!DOCTYPE html>") and _GENERATOR in head

    def add(self, row: Row) -> None:
        """See `Report`."""
        self._totals.add(row)
        add, each = self._pool.add, self._pool.each
        at = max(row.path.rfind("/"), row.path.rfind("\\")) + 1
        uses = tuple(chain.from_iterable(row.uses.items()))
        self._rows.append(
            data(
                [
                    add(row.path[:at]),
                    self._pool.once(row.path[at:]),
                    add(row.container or ""),
                    _NONE if row.size is None else row.size,
                    add(row.outcome),
                    int(row.exit),
                    each(uses) if uses else _NONE,
                    add(tuple(map(self._statement, row.statements))),
                    add(tuple(map(self._finding, row.findings))),
                    self._credential(row.credential),
                    each(row.carriers),
                    each(row.missing),
                    _NONE if row.output is None else self._pool.once(row.output),
                    self._picture(row),
                    add(tuple(map(self._change, row.changes))) if row.changes else _NONE,
                ]
            )
        )

    def _statement(self, item: Statement) -> int:
        said = (item.vocabulary, item.carrier, item.location, item.property, item.value)
        uses = tuple(chain.from_iterable(item.meaning.uses.items()))
        return self._pool.add((*map(self._pool.add, said), self._pool.each(uses)))

    def _finding(self, item: Finding) -> int:
        add, sentence = self._pool.add, self._sentence
        told = sentence(item.message), sentence(item.fix or "")
        return add((add(item.rule), add(item.severity), *told))

    def _sentence(self, text: str) -> int:
        """The place of a sentence: a text, or where it is ours its template and values.

        So it is kept once for both languages, and the templates once for all sentences.
        """
        said = read(text)
        return self._pool.add(text) if said is None else self._composed(said)

    def _composed(self, said: Said | str) -> int:
        if isinstance(said, str):
            return self._pool.add(said)
        template = self._templates.setdefault((said.english, said.french), len(self._templates))
        # A list of places has no negative numbers, and so cannot be taken for this.
        return self._pool.add((-1 - template, *map(self._composed, said.values)))

    def _change(self, item: Difference) -> int:
        add = self._pool.add
        # Of a manifest the difference is told; elsewhere it is what the file says.
        told = self._sentence if item.carrier in _MANIFESTS else add
        values = map(told, (item.property, item.old or "", item.new or ""))
        return add((add(item.carrier), add(item.location), *values))

    def _credential(self, item: Credential | None) -> int:
        if item is None:
            return _NONE
        stamped = "yes" if item.timestamped else ""
        said = (item.integrity, item.trust, item.signer or "", item.signed_at or "", stamped)
        return self._pool.add((*map(self._pool.add, said), self._pool.each(item.codes)))

    def _picture(self, row: Row) -> int:
        if not self._wanted or self._pictures.size >= MAX_PICTURES:
            return _NONE
        from mediaoptout.reports.thumbnails import thumbnail

        made = thumbnail(Path(row.output or row.path))
        if made is None:
            return _NONE
        return self._pictures.append(data(base64.b64encode(made).decode()))

    @property
    def size(self) -> int:
        """See `Report`."""
        return self._pool.size + self._rows.size + self._pictures.size

    def pieces(self, run: Run) -> Iterator[bytes]:
        """See `Report`."""
        said = self._totals.to_json(run)
        words = {
            **_titles({item["rule"] for item in said["rules"]}),
            "said": list(self._templates),
        }
        before, after = _asset("page.html").split("$data")
        yield (
            Template(before)
            .substitute(
                policy=escape(policy()),
                title=escape(_TITLE),
                style=_asset("page.css"),
                totals=_list(said["outcomes"]),
            )
            .encode("utf-8", "backslashreplace")
        )
        yield from _element("run", iter((data(said).encode("utf-8", "backslashreplace"),)))
        yield from _element("words", iter((data(words).encode(),)))
        yield from _element("pool", self._pool.chunks())
        yield from _element("rows", self._rows.chunks())
        yield from _element("pictures", self._pictures.chunks())
        yield Template(after).substitute(script=_asset("page.js")).encode()

    def close(self) -> None:
        """See `Report`."""
        for array in (self._pool, self._rows, self._pictures):
            array.close()


def _titles(rules: Collection[str]) -> dict[str, dict[str, str]]:
    """What those of our rules find, as sentences in each language."""
    from mediaoptout.verification.rules.registry import RULES

    french = titles()
    return {
        "en": {rule: RULES[rule].title for rule in sorted(rules) if rule in RULES},
        "fr": {rule: french[rule] for rule in sorted(rules) if rule in french},
    }


def _element(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield f'<script type="application/json" id="{name}">'.encode()
    yield from chunks
    yield b"</script>\n"


def _list(outcomes: dict[str, int]) -> str:
    items = (f"<li>{escape(name)}: {count:,}</li>" for name, count in outcomes.items())
    return f"<ul>{''.join(items)}</ul>"
