"""What files in TOML have in common here: where they are found, and where a key stands in them.

Profiles and policies are both looked for by name in the working folder, in the user's
configuration folder and in the package, or given as a path.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from mediaoptout.errors import UsageError
from mediaoptout.places import config_folder


@dataclass(frozen=True, slots=True)
class Text:
    """A file in TOML, read and parsed.

    Args:
        name: the name to call it by.
        origin: where it comes from, for messages.
        folder: what paths in it count from.
        text: its text.
        data: its tables.
    """

    name: str
    origin: str
    folder: Path
    text: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where files of one sort are found.

    Args:
        noun: what one of them is called (``policy``).
        package: the package whose folder ``folder`` holds those that are shipped.
        folder: the folder's name there, and in the user's configuration folder (``policies``).
        error: what is raised where one is missing or wrong.
    """

    noun: str
    package: str
    folder: str
    error: type[UsageError]

    def shipped(self) -> tuple[str, ...]:
        """The names of those in the package."""
        found = files(self.package).joinpath(self.folder).iterdir()
        return tuple(sorted(item.name[:-5] for item in found if item.name.endswith(".toml")))

    def folders(self) -> tuple[Path, ...]:
        """Where they are looked for by name before the package, the nearest first."""
        return Path.cwd() / f"mediaoptout-{self.folder}", config_folder() / self.folder

    def names(self) -> tuple[str, ...]:
        """Every name that one can be called by."""
        own = {path.stem for folder in self.folders() for path in folder.glob("*.toml")}
        return tuple(sorted(own.union(self.shipped())))

    def find(self, name: str) -> Text:
        """The one of that name or path.

        Raises:
            UsageError: there is none, or it is no TOML; of the shelf's class.
        """
        if is_path(name):
            return self.read(Path(name))
        for folder in self.folders():
            path = folder / f"{name}.toml"
            if os.path.lexists(path):
                return self.read(path)
        if name not in self.shipped():
            raise self.error(
                f"there is no {self.noun} {name!r}{suggestion(name, self.names())}",
                fix=f"see 'mediaoptout {self.noun} list', or give the path of a .toml file",
            )
        resource = files(self.package).joinpath(self.folder, f"{name}.toml")
        return self.parse(name, f"{name} (shipped)", Path(), resource.read_text("utf-8"))

    def read(self, path: Path) -> Text:
        """The one in a file.

        Raises:
            UsageError: it cannot be read, or is no TOML; of the shelf's class.
        """
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self.error(f"the {self.noun} {path} cannot be read: {error}") from error
        return self.parse(path.stem, str(path), path.absolute().parent, text)

    def parse(self, name: str, origin: str, folder: Path, text: str) -> Text:
        """The one in a text.

        Raises:
            UsageError: it is no TOML; of the shelf's class.
        """
        try:
            data = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise self.error(f"{origin} is no valid TOML: {error}", at=origin) from error
        return Text(name, origin, folder, text, data)

    def parent(self, of: Text, name: str) -> Text:
        """The one that another extends: a name, or a path from where that one is."""
        return self.read(of.folder / name) if is_path(name) else self.find(name)

    def write_new(self, path: Path, text: str) -> None:
        """Write a new file.

        Raises:
            UsageError: it is there already, or cannot be written; of the shelf's class.
        """
        try:
            with path.open("x", encoding="utf-8") as stream:
                stream.write(text)
        except FileExistsError as error:
            raise self.error(f"{path} is there already", fix="choose another name") from error
        except OSError as error:
            raise self.error(f"{path} cannot be written: {error.strerror or error}") from error


def is_path(name: str) -> bool:
    """Whether a name is the path of a file, and not to be looked up."""
    return name.endswith(".toml") or "/" in name or "\\" in name


def line_of(text: str, *names: str) -> int | None:
    """The line on which a key stands, or else the table around it; None if neither can be told.

    Args:
        text: the file.
        names: the tables from the top down, and the key.
    """
    lines = dict(reversed(tuple(_keys(text))))
    for length in range(len(names), 0, -1):
        if names[:length] in lines:
            return lines[names[:length]]
    return None


def place_of(origin: str, text: str, *names: str) -> str:
    """``policy.toml, line 7``: the file and, as far as it can be told, the line of a key."""
    line = line_of(text, *names)
    return f"{origin}, line {line}" if line else origin


def suggestion(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'holder'?`` where a known word is close, else nothing."""
    close = difflib.get_close_matches(word, [str(item) for item in known], 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _keys(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("["):
            table = _parts(bare.partition("]")[0].strip("[] "))
            yield table, number
        elif "=" in bare and not bare.startswith("#"):
            yield (*table, *_parts(bare.partition("=")[0])), number


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
