"""CAWG training and data mining assertion 1.1, and ``c2pa.training-mining`` before it.

The assertion lives in a signed C2PA manifest. Readers of the wild must take it as it comes: with
and without the ``entries`` wrapper, with ``__n`` and ``.vN`` behind the label, and with either
spelling of ``constraint_info``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Final, Protocol, TypeVar

from mediaoptout.memo import Same
from mediaoptout.reservation.model import Reservation
from mediaoptout.vocabularies.properties import (
    NAMESPACES,
    Bag,
    Entry,
    LangAlt,
    Property,
    Structs,
    Value,
    as_text,
)
from mediaoptout.vocabularies.statement import Meaning, Statement
from mediaoptout.words import Carrier, Permission, Use, Vocabulary

LABEL: Final = "cawg.training-mining"
LEGACY_LABEL: Final = "c2pa.training-mining"
METADATA_LABEL: Final = "cawg.metadata"

_LABEL = re.compile(r"(cawg|c2pa)\.training-mining(?:\.v\d+)?(?:__\d+)?$")
_KEYS: Final[Mapping[Use, str]] = {
    Use.DATA_MINING: "data_mining",
    Use.AI_TRAINING: "ai_training",
    Use.GENERATIVE_AI_TRAINING: "ai_generative_training",
    Use.AI_INFERENCE: "ai_inference",
}
USES: Final = frozenset(_KEYS)
"""The uses that the assertion can speak of."""

_WORDS: Final[Mapping[Permission, str]] = {
    Permission.RESERVED: "notAllowed",
    Permission.CONSTRAINED: "constrained",
    Permission.ALLOWED: "allowed",
}
_STRICTNESS: Final = (Permission.RESERVED, Permission.CONSTRAINED, Permission.ALLOWED)
_TRAINING = (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING)

_METADATA: Final = re.compile(
    r"(?:cawg\.metadata|c2pa\.metadata|stds\.(?:iptc|xmp|exif)[\w.-]*)(?:\.v\d+)?(?:__\d+)?$"
)
_SPEAKING: Final = frozenset({"plus:DataMining", "tdm:reservation", "mediaoptout:Withdrawn"})
"""The properties that say something of training and mining, be it that nothing holds any more."""
MAX_PROPERTIES: Final = 1000
"""How many properties, or values of one, are read of an assertion."""

REMEMBERED: Final = 256
"""How many answers about assertions are remembered ..."""

MAX_REMEMBERED: Final = 1 << 16
"""... and of assertions of how many characters at most."""

T = TypeVar("T")


class _Remembering(Protocol[T]):
    """A function with `lru_cache` around it."""

    __wrapped__: Callable[..., T]

    def __call__(self, *given: Any) -> T: ...


SILENCE: Final[Mapping[str, Any]] = {"entries": {}}
"""The assertion that takes back what the manifests before it say."""


def training_mining(reservation: Reservation, prefix: str = "cawg") -> dict[str, Any]:
    """The data of the assertion: an entry for each use of which something is said."""
    entries: dict[str, dict[str, str]] = {}
    for use, key in _KEYS.items():
        permission = reservation.permission(use)
        if permission is Permission.UNSTATED:
            continue
        entry = {"use": _WORDS[permission]}
        info = reservation.policy_url or reservation.contact
        if permission is Permission.CONSTRAINED and info:
            entry["constraint_info"] = info
        entries[f"{prefix}.{key}"] = entry
    return {"entries": entries}


def metadata(properties: tuple[Property, ...]) -> dict[str, Any]:
    """The data of ``cawg.metadata``: the same properties as in the XMP packet, as JSON-LD.

    They may not stand in ``c2pa.metadata``, whose list of properties is closed.
    """
    data: dict[str, Any] = {"@context": {}}
    for item in properties:
        prefix = item.name.partition(":")[0]
        if prefix not in NAMESPACES or item.goes:
            continue
        data["@context"][prefix] = NAMESPACES[prefix]
        match item.value:
            case str():
                data[item.name] = item.value
            case LangAlt(items):
                data[item.name] = dict(items)
            case Bag(items):
                data[item.name] = list(items)
            case Structs(items):
                data[item.name] = [dict(fields) for fields in items]
    return data


def decode(label: str, data: Any, location: str, carrier: Carrier) -> tuple[Statement, ...]:
    """What an assertion says, a statement for each entry; empty if it is another assertion.

    Args:
        label: the assertion's label.
        data: its data.
        location: which manifest it stands in.
        carrier: embedded or sidecar.
    """
    match = _LABEL.match(label)
    if match is None or not isinstance(data, Mapping):
        return ()
    vocabulary = Vocabulary.CAWG if match[1] == "cawg" else Vocabulary.C2PA_LEGACY
    entries = data.get("entries", data)
    if not isinstance(entries, Mapping):
        return ()
    stated: dict[Use, tuple[str, str, Permission]] = {}
    for key, entry in entries.items():
        found = _entry(str(key), entry)
        if found is None:
            continue
        use, _, permission = found
        # Old and new keys side by side: the stricter holds.
        if use not in stated or _STRICTNESS.index(permission) < _STRICTNESS.index(stated[use][2]):
            stated[use] = (str(key), *found[1:])
    return tuple(
        Statement(
            vocabulary,
            carrier,
            f"{location}/{label}",
            key,
            value,
            _meaning(use, permission, frozenset(stated)),
        )
        for use, (key, value, permission) in stated.items()
    )


def entries(label: str, data: Any, location: str, carrier: Carrier) -> tuple[Entry, ...]:
    """The properties of a metadata assertion (JSON-LD), as those of an XMP packet.

    Besides ``cawg.metadata`` these are ``c2pa.metadata``, where the properties of rights may not
    stand and sometimes do, and the ``stds.`` assertions that came before both.

    Args:
        label: the assertion's label.
        data: its data.
        location: which manifest it stands in.
        carrier: embedded or sidecar.
    """
    if _METADATA.match(label) is None or not isinstance(data, Mapping):
        return ()
    context = data.get("@context")
    prefixes = {
        str(prefix): str(uri)
        for part in (context if isinstance(context, list) else [context])
        if isinstance(part, Mapping)
        for prefix, uri in part.items()
        if isinstance(uri, str)
    }
    found: list[Entry] = []
    for key, item in islice(data.items(), MAX_PROPERTIES):
        value = _value(item, prefixes)
        if not key.startswith("@") and value is not None:
            name = _qualified(str(key), prefixes)
            found.append(Entry(carrier, f"{location}/{label}", name, name, value))
    return tuple(found)


def remembered(answer: _Remembering[T], label: str, data: Any, *more: object) -> T:
    """An answer about an assertion that is remembered by what the assertion says.

    Args:
        answer: wants the label, the data as JSON, and what else is given.
        label: the assertion's label.
        data: its data, as JSON has it.
        more: what else the answer depends on.
    """
    text = _text(Same(data))
    asked = answer if len(text) <= MAX_REMEMBERED else answer.__wrapped__
    return asked(label, text, *more)


@lru_cache(maxsize=8)
def _text(data: Same[Any]) -> str:
    """The data as JSON; the reader gives the members in any order."""
    return json.dumps(data.value, sort_keys=True)


def is_read(label: str) -> bool:
    """Whether assertions of that label are read by `decode` or `entries`."""
    return _LABEL.match(label) is not None or _METADATA.match(label) is not None


def speaks(label: str, data: Any) -> bool:
    """Whether an assertion says something of training and mining.

    One without entries does: that what was said before is said no longer. The answer is remembered
    by what the assertion says: the files of a catalogue mostly say the same.

    Args:
        label: the assertion's label.
        data: its data, as JSON has it.
    """
    return is_read(label) and remembered(_speaks, label, data)


@lru_cache(maxsize=REMEMBERED)
def _speaks(label: str, text: str) -> bool:
    data = json.loads(text)
    if decode(label, data, "", Carrier.C2PA) or (label == LABEL and data == SILENCE):
        return True
    return any(entry.name in _SPEAKING for entry in entries(label, data, "", Carrier.C2PA))


def _qualified(key: str, prefixes: Mapping[str, str]) -> str:
    """A key with our prefix; as it stands where its namespace is none of ours."""
    prefix, _, local = key.partition(":")
    whole = prefixes[prefix] + local if prefix in prefixes else key
    whole = whole.replace("https:", "http:", 1)
    for ours, uri in NAMESPACES.items():
        for form in (uri, uri.rstrip("/") + "#"):  # TDMRep has two namespaces
            if whole.startswith(form):
                return f"{ours}:{whole.removeprefix(form)}"
    return key


def _value(item: Any, prefixes: Mapping[str, str]) -> Value | None:
    """A value of JSON-LD as XMP would have it."""
    match item:
        case str() | int() | float():
            return str(item)
        case {"@value": plain} | {"@id": plain} | {"@list": plain} | {"@set": plain}:
            return _value(plain, prefixes)
        case Mapping() if not item:
            return None
        case Mapping():
            if all(isinstance(text, str) and ":" not in str(lang) for lang, text in item.items()):
                return LangAlt(tuple((str(lang), text) for lang, text in item.items()))
            return Structs((_struct(item, prefixes),))
        case list() if any(isinstance(part, Mapping) and not _simple(part) for part in item):
            parts = (part for part in item[:MAX_PROPERTIES] if isinstance(part, Mapping))
            return Structs(tuple(_struct(part, prefixes) for part in parts))
        case list() if item:
            values = (_value(part, prefixes) for part in item[:MAX_PROPERTIES])
            return Bag(tuple(as_text(value) for value in values if value is not None))
        case _:
            return None


def _simple(item: Mapping[str, Any]) -> bool:
    return any(key in item for key in ("@value", "@id"))


def _struct(item: Mapping[str, Any], prefixes: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    values = (
        (_qualified(str(key), prefixes), _value(part, prefixes)) for key, part in item.items()
    )
    return tuple((name, as_text(value)) for name, value in values if value is not None)


def _entry(key: str, entry: Any) -> tuple[Use, str, Permission] | None:
    name = key.rpartition(".")[2]
    use = next((use for use, known in _KEYS.items() if known == name), None)
    if use is None or not isinstance(entry, Mapping):
        return None
    word = entry.get("use")
    info = entry.get("constraint_info") or entry.get("constraints_info")
    permission = next((said for said, known in _WORDS.items() if known == word), None)
    if permission is None:
        return None
    if permission is Permission.CONSTRAINED and not info:
        # CAWG 1.1: constrained without more information is to be taken as not allowed.
        permission = Permission.RESERVED
    return use, f"{word}: {info}" if info else str(word), permission


def _meaning(use: Use, permission: Permission, stated: frozenset[Use]) -> Meaning:
    """Reserved mining implies training, unless the same assertion speaks of it."""
    uses = {use: permission}
    implied: tuple[Use, ...] = ()
    if use is Use.DATA_MINING and permission.reserves:
        implied = tuple(training for training in _TRAINING if training not in stated)
        uses.update(dict.fromkeys(implied, permission))
    return Meaning(uses, implied)
