"""The Tags element of Matroska and WebM (RFC 9559, section 5.1.8; its registry of tag names).

A Tag says what it speaks of (Targets: the whole file, a track, a chapter, an attachment) and holds
SimpleTags: a name, a text and its language, and SimpleTags about it. ``COPYRIGHT``, ``LICENSE`` and
``TERMS_OF_USE`` are in the registry; the names for TDMRep are our convention. Ours stand in a Tag
of their own, so that those of others are copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from mediaoptout.carriers import ebml
from mediaoptout.carriers.ebml import Element
from mediaoptout.carriers.id3.languages import UNKNOWN, three_letters
from mediaoptout.carriers.merged import Merged
from mediaoptout.splice.patch import Copy, Insert, Piece
from mediaoptout.splice.patch import Span as Place
from mediaoptout.vocabularies import identifying
from mediaoptout.vocabularies.identifying import hyphenated
from mediaoptout.vocabularies.properties import Entry, LangAlt, Property, as_text
from mediaoptout.vocabularies.prose import is_ours
from mediaoptout.vocabularies.settle import is_known, leaves, settle
from mediaoptout.words import Carrier

TAG: Final = 0x7373
TARGETS: Final = 0x63C0
TARGET_TYPE_VALUE: Final = 0x68CA
SIMPLE_TAG: Final = 0x67C8
TAG_NAME: Final = 0x45A3
TAG_LANGUAGE: Final = 0x447A
TAG_LANGUAGE_BCP47: Final = 0x447B
TAG_DEFAULT: Final = 0x4484
TAG_STRING: Final = 0x4487

WORK: Final = 50
"""The target level of an album, an opera, a film: what a file mostly is."""

KEYS: Final = {
    "dc:rights": "COPYRIGHT",
    "xmpRights:UsageTerms": "TERMS_OF_USE",
    "xmpRights:WebStatement": "LICENSE",
    "tdm:reservation": "TDM_RESERVATION",
    "tdm:policy": "TDM_POLICY",
    **{name: key.replace("-", "_") for name, key in identifying.TAGS.items()},
    "id:catalogue-number": "CATALOG_NUMBER",
}
"""The tag's name for each property that we write."""

MAX_TEXT: Final = 1 << 20
"""The longest text that is read."""

_NAMES: Final = {key: name for name, key in KEYS.items()} | {
    **{key.replace("-", "_"): name for key, name in identifying.READ.items()},
    "CATALOGNUMBER": "id:catalogue-number",
    "PRODUCTION_COPYRIGHT": "dc:rights",
    "USAGE_TERMS": "xmpRights:UsageTerms",
    "COMMENT": "xmpDM:logComment",
    "DESCRIPTION": "xmpDM:logComment",
}
_URL: Final = "URL"
_UIDS: Final = {0x63C5: "track", 0x63C9: "edition", 0x63C4: "chapter", 0x63C6: "attachment"}
_RENDERED: Final = frozenset(
    {TAG_NAME, TAG_LANGUAGE, TAG_LANGUAGE_BCP47, TAG_DEFAULT, TAG_STRING, ebml.CRC_32}
)
"""What a SimpleTag of ours consists of; anything else in it is kept."""

_MACHINE: Final = "tdm:reservation"
_UNDETERMINED: Final = "und"
_BIBLIOGRAPHIC: Final = dict(
    pair.split(":")
    for pair in (
        "sqi:alb hye:arm eus:baq mya:bur zho:chi ces:cze nld:dut fra:fre kat:geo deu:ger ell:gre"
        " isl:ice mkd:mac mri:mao msa:may fas:per ron:rum slk:slo bod:tib cym:wel"
    ).split()
)


@dataclass(frozen=True, slots=True)
class _Simple:
    """A SimpleTag whose name we know.

    Args:
        element: where it stands.
        name: as it is spelled.
        text: what it says; None if it is binary or very long.
        nested: the SimpleTags about it.
        rest: what in it is neither of these.
    """

    element: Element
    name: str
    text: str | None
    nested: tuple[_Simple, ...]
    rest: tuple[Element, ...]

    @property
    def key(self) -> str:
        """The name in the registry's spelling."""
        return self.name.upper().replace("-", "_").replace(" ", "_")


@dataclass(frozen=True, slots=True)
class _Tag:
    """A Tag.

    Args:
        element: where it stands.
        level: its TargetTypeValue.
        about: the kind of thing that it speaks of; empty for the whole file.
        simples: its SimpleTags whose names we know.
        mixed: whether it holds SimpleTags of other names.
        sealed: whether a CRC-32 covers it.
    """

    element: Element
    level: int
    about: str
    simples: tuple[_Simple, ...]
    mixed: bool
    sealed: bool


@dataclass(slots=True)
class _Plan:
    """What becomes of the SimpleTags; one that goes is replaced by nothing."""

    replaced: dict[_Simple, tuple[Piece, ...]] = field(default_factory=dict)
    added: list[bytes] = field(default_factory=list)
    mine: set[_Simple] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


def parse(data: bytes, location: str) -> tuple[Entry, ...]:
    """What the tags say about rights, whatever they speak of.

    Args:
        data: the content of the Tags element.
        location: where it stands, as people name it; a tag that speaks of a track says so too.

    Raises:
        DamagedError: an element is not whole.
        LimitError: there are too many elements.
    """
    return tuple(
        entry
        for tag in _read(data)
        for simple in tag.simples
        for entry in _entries(simple, f"{location}/{tag.about}" if tag.about else location)
    )


def others(data: bytes) -> tuple[Place, ...]:
    """Where the Tags stand that say nothing of what we read: a change keeps them whole.

    Raises:
        DamagedError: an element is not whole.
    """
    return tuple(
        Place(tag.element.start, tag.element.end) for tag in _read(data) if not tag.simples
    )


def merge(data: bytes | None, properties: Iterable[Property], *, force: bool = False) -> Merged:
    """The content of a Tags element with ours in it; all other tags are copies.

    Usage terms in several languages become several SimpleTags, the default first. What others say
    of the whole file under a name of ours stays, whichever level they say it at.

    Args:
        data: the content of the Tags element; None if there is none.
        properties: what shall be said; what `KEYS` lacks is passed over.
        force: replace contrary statements of others.

    Raises:
        DamagedError: an element is not whole.
        LimitError: there are too many elements.
        RefusedError: somebody else says the contrary, and ``force`` is not given.
    """
    plan = _Plan()
    old = data or b""
    tags = _read(old)
    for wanted in map(hyphenated, properties):
        if wanted.name in KEYS:
            _settle_parts(plan, wanted, tags, force)
            key = KEYS[wanted.name]
            whole = [simple for tag in tags if not tag.about for simple in tag.simples]
            _settle(plan, wanted, [simple for simple in whole if simple.key == key], force)
    if tags and not plan.added and all(_emptied(tag, plan) for tag in tags):
        rest = [item for item in ebml.children(old) if item.id not in (TAG, ebml.CRC_32)]
        if not rest:
            return Merged((), frozenset())
    return Merged(_pieces(old, tags, plan), frozenset(plan.said), tuple(plan.warnings))


# --- reading -------------------------------------------------------------------------------


def _read(data: bytes) -> tuple[_Tag, ...]:
    return tuple(_tag(data, item) for item in ebml.children(data) if item.id == TAG)


def _tag(data: bytes, element: Element) -> _Tag:
    level, about = WORK, ""
    simples: list[_Simple] = []
    mixed = sealed = False
    for child in ebml.children(data, element.payload, element.end):
        if child.id == TARGETS:
            level, about = _targets(data, child)
        elif child.id == SIMPLE_TAG:
            simple = _simple(data, child)
            if simple.key in _NAMES:
                simples.append(simple)
            else:
                mixed = True
        sealed = sealed or child.id == ebml.CRC_32
    return _Tag(element, level, about, tuple(simples), mixed, sealed)


def _targets(data: bytes, element: Element) -> tuple[int, str]:
    """The level, and the kind of thing that is meant; an identifier of 0 means all of a kind."""
    level, about = WORK, ""
    for child in ebml.children(data, element.payload, element.end):
        value = ebml.unsigned(data[child.payload : min(child.end, child.payload + 8)])
        if child.id == TARGET_TYPE_VALUE:
            level = value or WORK
        elif child.id in _UIDS and value:
            about = _UIDS[child.id]
    return level, about


def _simple(data: bytes, element: Element, *, nested: bool = False) -> _Simple:
    name, text = "", None
    about: list[_Simple] = []
    rest: list[Element] = []
    for child in ebml.children(data, element.payload, element.end):
        if child.id == TAG_NAME:
            name = _text(data, child) or ""
        elif child.id == TAG_STRING:
            text = _text(data, child)
        if child.id not in _RENDERED:
            rest.append(child)
        if child.id == SIMPLE_TAG and not nested:
            about.append(_simple(data, child, nested=True))
    return _Simple(element, name, text, tuple(about), tuple(rest))


def _text(data: bytes, element: Element) -> str | None:
    if element.end - element.payload > MAX_TEXT:
        return None
    return data[element.payload : element.end].decode("utf-8", "replace").rstrip("\0")


def _entries(simple: _Simple, location: str) -> Iterator[Entry]:
    name = _NAMES[simple.key]
    if simple.text:
        if name == "xmpDM:logComment" and is_ours(simple.text):
            name = "xmpRights:UsageTerms"
        yield Entry(Carrier.MATROSKA_TAGS, location, name, simple.name, simple.text)
    if name == "xmpDM:logComment" or name in identifying.KEYS:
        return
    for about in simple.nested:
        if about.key == _URL and about.text:
            label = f"{simple.name}/{about.name}"
            name = "xmpRights:WebStatement"
            yield Entry(Carrier.MATROSKA_TAGS, location, name, label, about.text)


# --- writing -------------------------------------------------------------------------------


def _settle_parts(plan: _Plan, wanted: Property, tags: Sequence[_Tag], force: bool) -> None:
    """A reservation of a track or a chapter is left as it is, unless it says the contrary."""
    if wanted.name != _MACHINE or wanted.goes:
        return
    for tag in tags:
        for simple in tag.simples if tag.about else ():
            if simple.key == KEYS[_MACHINE] and simple.text is not None:
                settled = settle(wanted, simple.text, force=force)
                if settled.warning:
                    plan.warnings.append(f"{settled.warning} (that of the {tag.about} was left)")


def _settle(plan: _Plan, wanted: Property, present: Sequence[_Simple], force: bool) -> None:
    """Decide about the whole-file tags of one name.

    Texts of others stay. Ours (known by how they begin, or by saying just this) are brought up to
    date one by one; a reservation is settled in each place where one stands.
    """
    name, key = wanted.name, KEYS[wanted.name]
    if wanted.goes:
        plan.replaced.update((item, ()) for item in present if leaves(wanted, item.text))
        return
    texts = _texts(wanted)
    says = {text for _, text in texts}
    mine = [
        item
        for item in present
        if item.text is not None and (item.text in says or is_known(wanted, item.text))
    ]
    if name == _MACHINE:
        mine = [item for item in present if item.text is not None]
        texts = texts * max(1, len(mine))
    elif present and not mine:
        plan.warnings.append(f"{name} of somebody else was kept ({key})")
        return
    for item, (language, text) in zip(mine, texts, strict=False):
        settled = settle(wanted.says(text), item.text, force=force)
        if settled.warning:
            plan.warnings.append(settled.warning)
        if settled.value != item.text:
            first = item is mine[0]
            new = _rendered(item.name, as_text(settled.value), language, default=first)
            rest = tuple(Copy(child.start, child.end) for child in item.rest)
            plan.replaced[item] = _framed(SIMPLE_TAG, (Insert(new), *rest))
    plan.replaced.update((item, ()) for item in mine[len(texts) :])
    for index, (language, text) in enumerate(texts[len(mine) :], len(mine)):
        default = index == 0
        plan.added.append(ebml.render(SIMPLE_TAG, _rendered(key, text, language, default=default)))
    plan.mine.update(mine)
    plan.said.add(name)


def _texts(wanted: Property) -> list[tuple[str, str]]:
    """The texts to write, each with its language; no text twice, the default first."""
    if not isinstance(wanted.value, LangAlt):
        return [(_UNDETERMINED, as_text(wanted.value))]
    default = wanted.value.default
    if wanted.name != "xmpRights:UsageTerms":
        return [(_UNDETERMINED, default)]
    languages = {text: tag for tag, text in reversed(wanted.value.items) if tag != "x-default"}
    texts = dict.fromkeys((default, *(text for _, text in wanted.value.items)))
    return [(languages.get(text, _UNDETERMINED), text) for text in texts]


def _rendered(key: str, text: str, language: str, *, default: bool) -> bytes:
    """The elements of a SimpleTag; the language in both forms, of which readers know one."""
    three = three_letters(language)
    three = _UNDETERMINED if three == UNKNOWN else _BIBLIOGRAPHIC.get(three, three)
    return b"".join(
        (
            ebml.render(TAG_NAME, key.encode()),
            ebml.render(TAG_LANGUAGE, three.encode("ascii")),
            ebml.render(TAG_LANGUAGE_BCP47, language.encode("ascii")),
            ebml.render_unsigned(TAG_DEFAULT, int(default)),
            ebml.render(TAG_STRING, text.encode()),
        )
    )


def _framed(identifier: int, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    size = sum(piece.size for piece in pieces)
    return Insert(ebml.encoded_id(identifier) + ebml.size_field(size)), *pieces


def _pieces(data: bytes, tags: Sequence[_Tag], plan: _Plan) -> tuple[Piece, ...]:
    """The new content: changed Tags stand where they stood, a new one at the end."""
    home = next((tag for tag in tags if _is_home(tag, plan)), None)
    pieces: list[Piece] = []
    at = 0
    for tag in tags:
        added = plan.added if tag is home else []
        if not added and _emptied(tag, plan):
            pieces.append(Copy(at, tag.element.start))
            at = tag.element.end
        elif added or any(simple in plan.replaced for simple in tag.simples):
            pieces += [Copy(at, tag.element.start), *_changed(data, tag, plan, added)]
            at = tag.element.end
    pieces.append(Copy(at, len(data)))
    if plan.added and home is None:
        targets = ebml.render(TARGETS, ebml.render_unsigned(TARGET_TYPE_VALUE, WORK))
        pieces.append(Insert(ebml.render(TAG, targets + b"".join(plan.added))))
    if len(pieces) == 1 or ebml.check_sum(data) is None:
        return tuple(pieces)
    return _sealed(data, pieces)


def _emptied(tag: _Tag, plan: _Plan) -> bool:
    """Whether nothing is left that a Tag says."""
    return (
        bool(tag.simples)
        and not tag.mixed
        and all(plan.replaced.get(simple) == () for simple in tag.simples)
    )


def _is_home(tag: _Tag, plan: _Plan) -> bool:
    """Whether the Tag is ours: what it says of the whole file is what we say."""
    whole = not tag.about and tag.level == WORK and not tag.mixed
    return whole and bool(tag.simples) and plan.mine.issuperset(tag.simples)


def _changed(data: bytes, tag: _Tag, plan: _Plan, added: Sequence[bytes]) -> tuple[Piece, ...]:
    """A Tag with its SimpleTags replaced, and others added."""
    pieces: list[Piece] = []
    at = tag.element.payload
    for simple in tag.simples:
        if simple in plan.replaced:
            pieces += [Copy(at, simple.element.start), *plan.replaced[simple]]
            at = simple.element.end
    pieces += [Copy(at, tag.element.end), *(Insert(item) for item in added)]
    body = _sealed(data, pieces) if tag.sealed else tuple(pieces)
    return _framed(TAG, body)


def _sealed(data: bytes, pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """``pieces``, which begin with a CRC-32, with one that is right."""
    content = Merged(tuple(pieces), frozenset()).rendered(data)
    if ebml.check_sum(content) is None:
        return tuple(pieces)
    new = ebml.checked(content[ebml.CHECK_SUM :])[: ebml.CHECK_SUM]
    rest: list[Piece] = []
    skip = ebml.CHECK_SUM
    for piece in pieces:
        gone = min(skip, piece.size)
        skip -= gone
        if isinstance(piece, Copy):
            rest.append(Copy(piece.start + gone, piece.end))
        elif isinstance(piece, Insert):
            rest.append(Insert(piece.data[gone:]))
    return Insert(new), *rest
