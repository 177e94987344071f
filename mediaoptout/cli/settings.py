"""Defaults for the commands: ``mediaoptout.toml`` in the working folder or above, then the user's.

A file has the long names of options, at the top for every command that has them, or in a table of
the command's name::

    jobs = 4

    [embed]
    profile = "our-label.toml"
    sign = false

Flags win over tables, tables over the top, and the project's file over the user's. Options that
decide over somebody else's bytes (``force``, ``in-place`` ...), or that speak with strangers
(``fetch``), are said on the command line only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, Final

from mediaoptout.errors import UsageError
from mediaoptout.places import config_folder
from mediaoptout.words import FailOn

NAME: Final = "mediaoptout.toml"


class Format(StrEnum):
    """In what form a command answers."""

    TEXT = "text"
    JSONL = "jsonl"


class Color(StrEnum):
    """Whether output is coloured; ``AUTO`` on a terminal, unless ``NO_COLOR`` is set."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Others(StrEnum):
    """What happens to files that are not written."""

    COPY = "copy"


_COMMON: Final[Mapping[str, type]] = {
    "jobs": int,
    "max-memory": str,
    "format": Format,
    "quiet": bool,
    "color": Color,
}
KEYS: Final[Mapping[str, Mapping[str, type]]] = {
    "embed": {
        **_COMMON,
        "profile": str,
        "set": list,
        "column": list,
        "sign": bool,
        "sign-flac": bool,
        "upgrade-id3": bool,
        "wrap-jxl": bool,
        "sidecar": bool,
        "carriers": str,
        "vocabularies": str,
        "prose": bool,
        "legacy-c2pa-label": bool,
        "mark-pictures": bool,
        "update-checksums": bool,
        "prove": bool,
        "others": Others,
        "recall": bool,
        "report": list,
        "thumbnails": bool,
    },
    "verify": {
        **_COMMON,
        "policy": str,
        "profile": str,
        "column": list,
        "fail-on": FailOn,
        "quick": bool,
        "recall": bool,
        "trust": str,
        "allow-signer": list,
        "report": list,
        "thumbnails": bool,
    },
    "inspect": {**_COMMON, "recall": bool, "trust": str, "allow-signer": list},
    "strip": {
        **_COMMON,
        "profile": str,
        "set": list,
        "sign": bool,
        "update-checksums": bool,
        "prove": bool,
        "others": Others,
        "recall": bool,
    },
}
"""The options that can be set for each command, and what their values must be."""

SPOKEN: Final = frozenset(
    """
    output in-place force overwrite break-credential resign dry-run catalogue skip-faulty against
    replace-rights fetch fetch-from
    """.split()
)
"""Options that are said on the command line only."""


def load() -> dict[str, dict[str, Any]]:
    """The defaults of every command, by the names of its parameters.

    Raises:
        UsageError: a file cannot be read, or has a key or value that it cannot have.
    """
    merged: dict[str, dict[str, Any]] = {command: {} for command in KEYS}
    for path in found():
        for command, options in _read(path).items():
            merged[command].update(options)
    return {
        command: {_parameter(key): value for key, value in options.items()}
        for command, options in merged.items()
    }


def found() -> tuple[Path, ...]:
    """The files that there are, the stronger last."""
    here = Path.cwd()
    project = (folder / NAME for folder in (here, *here.parents))
    own = config_folder() / NAME
    nearest = (path for path in project if _is_there(path))
    return tuple(dict.fromkeys((*filter(_is_there, (own,)), *islice(nearest, 1))))


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # in a folder that is not ours
        return False


def _parameter(key: str) -> str:
    """The name of a command's parameter for an option."""
    return {
        "format": "form",
        "set": "settings",
        "column": "columns",
        "legacy-c2pa-label": "legacy_label",
    }.get(key, key.replace("-", "_"))


def _read(path: Path) -> dict[str, dict[str, Any]]:
    import tomllib

    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", fix="mend the file") from error
    commands: dict[str, dict[str, Any]] = {command: {} for command in KEYS}
    tables = {key: value for key, value in data.items() if isinstance(value, dict)}
    for key in data.keys() - tables.keys():
        takers = [command for command, known in KEYS.items() if key in known]
        if not takers:
            raise _unknown(path, text, key, {key for known in KEYS.values() for key in known})
        for command in takers:
            commands[command][key] = _checked(path, text, key, data[key], KEYS[command][key])
    for command, table in tables.items():
        if command not in KEYS:
            raise _unknown(path, text, command, KEYS)
        for key, value in table.items():
            if key not in KEYS[command]:
                raise _unknown(path, text, f"{command}.{key}", KEYS[command])
            name = f"{command}.{key}"
            commands[command][key] = _checked(path, text, name, value, KEYS[command][key])
    return commands


def _checked(path: Path, text: str, name: str, value: Any, kind: type) -> Any:
    if issubclass(kind, StrEnum):
        fits, wanted = value in list(kind), "one of: " + ", ".join(kind)
    elif kind is list:
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        wanted = "a list of texts"
    else:
        fits = type(value) is kind
        wanted = {int: "a whole number", bool: "true or false", str: "a text"}[kind]
    if not fits:
        from mediaoptout.tables import place_of

        raise UsageError(
            f"{place_of(str(path), text, *name.split('.'))}: {name} must be {wanted},"
            f" not {value!r}",
            at=str(path),
            fix="mend the file",
        )
    return value


def _unknown(path: Path, text: str, name: str, known: Collection[str]) -> UsageError:
    from mediaoptout.tables import place_of, suggestion

    key = name.rpartition(".")[2]
    if key in SPOKEN:
        why = f"{key!r} is said on the command line only"
    else:
        why = f"{name!r} is not known{suggestion(key, known)}"
    return UsageError(
        f"{place_of(str(path), text, *name.split('.'))}: {why}",
        at=str(path),
        fix=f"the keys are: {', '.join(sorted(known))}",
    )
