"""Every sentence that the code can say of a file, read from the code itself.

Whatever text stands in the rooms that look at files counts, but for what is plainly something else:
explanations in the documentation, patterns, separators, markup. So a new sentence is found wherever
it stands, and nobody needs to register it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "mediaoptout"

ROOMS = (
    "carriers",
    "containers",
    "credentials",
    "embedding",
    "splice",
    "verification",
    "vocabularies",
    "catalogue/cells.py",
    "catalogue/faults.py",
    "catalogue/listing.py",
    "catalogue/matching.py",
    "catalogue/merging.py",
    "catalogue/rows.py",
    "catalogue/run.py",
    "catalogue/worker.py",
    "catalogue/workers.py",
    "reports/row.py",
    "reservation/identifiers.py",
    "errors.py",
)

ELSEWHERE = frozenset(
    {
        "carriers/id3/languages.py",  # tables of codes and names
        "carriers/id3v1_genres.py",
        "carriers/xmp/render.py",  # markup
        "containers/endings.py",  # a table of endings
        "containers/svg_writing.py",
        "credentials/identity.py",  # of the identity, before any file is touched
        "credentials/selfcheck.py",
        "credentials/trust/__init__.py",  # of the trust list, likewise
        "splice/patch.py",  # of patches that other programs give us
        "verification/look.py",  # for 'inspect', which makes no page
        "verification/sentence.py",
        "verification/policy_files.py",  # of a policy, likewise
        "verification/policy_from.py",
        "verification/rules/pages.py",  # the documentation of the rules
        "verification/rules/parameters.py",
        "vocabularies/creativecommons.py",
    }
)
"""Modules whose texts never stand in a record of a run."""

NOT_SAID = frozenset(
    {
        # Keys, markers and separators.
        "usage terms",
        "file name",
        "copyright notice",
        "jumbf manifest",
        "application/c2pa, application/octet-stream;q=0.5",
        "one of: {0}",
        "{0} or {1}",
        "offset 0",
        "{0} lang",
        "Copyright URL",
        "Globally Unique Identifier",
        "International Standard Recording Code",
        "identifier ISRC",
        "rights ({0})",
        "{0} fields",
        "{0}/Tags {1}",
        # Names, as the formats have them.
        "Content Description",
        "Extended Content Description",
        "Content Branding",
        "Metadata Library",
        "XMP Data",
        "graphic control",
        "plain text",
        "uuid (Exif)",
        "uuid (IPTC)",
        "Canon CR3",
        "Segment {0}",
        "ID3v1 enhanced",
        "A rights reservation was written",
        # Of a run, a catalogue or a policy as a whole: then no file is touched.
        "{0}: {1} {2}; nothing was touched:\n{3}",
        "mistake",
        "mistakes",
        "mend them, or leave out what they are about with --skip-faulty",
        "{0} has no rows below its headers",
        "give another file",
        "there is no fact {0}",
        "the name of the fact lacks",
        "the worker processes cannot be started: {0}",
        "give --jobs 1 to work in one process",
        "they end with {0}",
        # What nobody foresaw: it is a library's sentence.
        " ({0}, line {1})",
    }
)
"""Texts that no page shows, or shows as they are."""

_NOT_SHOWN = frozenset(
    "ValueError TypeError AttributeError NotImplementedError LookupError KeyError RuntimeError"
    " Capability Known re.compile re.fullmatch re.match".split()
)
"""What is called with texts that no record shows."""

_HANDLING = frozenset(
    "partition rpartition split rsplit startswith endswith replace removeprefix removesuffix strip"
    " encode index find execute get join".split()
)
"""Methods whose constants take texts apart."""

_HOLE = re.compile(r"\{[^{}]*\}")


@cache
def sentences() -> dict[str, str]:
    """The English templates, with numbered holes, and where each stands first."""
    found: dict[str, str] = {}
    for room in ROOMS:
        home = PACKAGE / room
        for module in sorted(home.rglob("*.py")) if home.is_dir() else [home]:
            name = module.relative_to(PACKAGE).as_posix()
            if name not in ELSEWHERE:
                for line, text in _of(ast.parse(module.read_text("utf-8"))):
                    if text not in NOT_SAID:
                        found.setdefault(text, f"{name}:{line}")
    return found


def numbered(text: str) -> str:
    """A template with its holes numbered from 0, whatever they are called."""
    parts = _HOLE.split(text)
    return parts[0] + "".join(f"{{{at}}}{part}" for at, part in enumerate(parts[1:]))


def _of(node: ast.AST, *, within: bool = False) -> Iterator[tuple[int, str]]:
    """The templates below a node; ``within`` a hole, single words are some too."""
    text = _template(node)
    if text is not None:
        assert isinstance(node, ast.expr)
        bare = _HOLE.sub("", text)
        if re.search("[a-z]{2}", bare) and (" " in text.strip() or within) and "<" not in text:
            yield node.lineno, numbered(text)
        for part in ast.walk(node):
            if isinstance(part, ast.FormattedValue):
                yield from _of(part.value, within=True)
        return
    for child in _shown(node):
        yield from _of(child, within=within and isinstance(node, ast.IfExp | ast.BoolOp))


def _shown(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node in which texts for people may stand."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Compare() | ast.Subscript():
            return  # a docstring; what is compared; a key, or the help of a parameter
        case ast.AnnAssign(value=None):
            return
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]) if (
            name in ("title", "_SIGNATURES", "NAMES", "_NAMES", "_KINDS", "_LABELS")
        ):
            return  # names of formats, of facts and of fields
        case ast.AnnAssign(value=ast.expr() as value):
            yield value
        case ast.ClassDef(name="Group" | "Way"):
            return  # headings, and what the summary of a run says
        case ast.Dict(values=values):
            yield from values
        case ast.Call(func=ast.Name(id="Rule"), args=args):
            yield from args[6:7]  # what to do; titles are in a table of their own
        case ast.Call(func=function) if ast.unparse(function) in _NOT_SHOWN:
            return
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=args) if name in _HANDLING:
            yield from (item for item in (value, *args) if not isinstance(item, ast.Constant))
        case _:
            yield from ast.iter_child_nodes(node)


def _template(node: ast.AST) -> str | None:
    """A text with ``{}`` for its holes; None for what is no text."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in values
            )
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            texts = _template(left), _template(right)
            if texts == (None, None):
                return None
            return "".join("{}" if text is None else text for text in texts)
    return None
