"""Which row of a catalogue is about which file: by path, by name, or by the ISRC in the file.

A name is looked for as it is first, then without regard to case and Unicode form (a Mac writes
``é`` as two characters), then without the extension. What is found by more than one row, or finds
more than one file without being a pattern, is a fault, never a guess.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import starmap
from pathlib import Path, PurePath

from mediaoptout.catalogue import naming
from mediaoptout.catalogue.faults import Fault, in_order
from mediaoptout.catalogue.listing import Catalogue
from mediaoptout.catalogue.outputs import Job
from mediaoptout.catalogue.rows import Row, finding
from mediaoptout.catalogue.selection import Item, is_media


class Way(StrEnum):
    """How a row found its file."""

    NAME = "by path or name"
    FOLDED = "by name, in another case or Unicode form"
    STEM = "by name without its extension"
    PATTERN = "by a pattern"
    ISRC_IN_NAME = "by the ISRC in the name"
    ISRC_INSIDE = "by the ISRC in the file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Rows and their files.

    Args:
        rows: each file's row, by the file's path; only where both are right.
        rowless: the files that have no row, or none that can be used, and why.
        fileless: the rows that have no file.
        faults: rows and files that cannot be brought together.
        ways: how many files were found in which way.
    """

    rows: Mapping[Path, Row]
    rowless: Mapping[Path, Fault]
    fileless: tuple[Fault, ...]
    faults: tuple[Fault, ...]
    ways: Mapping[Way, int]

    @property
    def all_faults(self) -> tuple[Fault, ...]:
        """Everything that is wrong between rows and files."""
        alone = [fault for fault in self.rowless.values() if fault.code == NO_ROW]
        return in_order((*self.faults, *self.fileless, *alone))


NO_ROW = "catalogue-no-row"
NO_FILE = "catalogue-no-file"


def match(catalogue: Catalogue, items: Iterable[Item], *, recall: bool = False) -> Matched:
    """Bring rows and files together.

    Args:
        catalogue: the rows.
        items: the files of the run; what is no media is left aside, unless the user named it.
        recall: look into files too whose content is elsewhere.
    """
    media = tuple(item for item in items if item.named or is_media(item.path, recall=recall))
    return _Matching(catalogue, media, recall).matched()


def assigned(jobs: Iterable[Job], matched: Matched) -> list[Job]:
    """The jobs with their rows, or why they have none."""
    given = []
    for job in jobs:
        fault = matched.rowless.get(job.item.path)
        row = matched.rows.get(job.item.path)
        given.append(replace(job, row=row, left_out=fault.info if fault is not None else None))
    return given


class _Matching:
    """Rows against files."""

    def __init__(self, catalogue: Catalogue, items: Sequence[Item], recall: bool) -> None:
        self._catalogue = catalogue
        self._items = items
        self._recall = recall
        self._paths = [_absolute(item.path) for item in items]
        self._folded = [naming.folded(path) for path in self._paths]
        self._home = _absolute(catalogue.path.parent)
        self._found: dict[int, list[Row]] = defaultdict(list)
        self._faults: list[Fault] = []
        self._lost_rows: list[tuple[Row, str, str]] = []
        self._root: tuple[str, ...] = ()
        self._ways: Counter[Way] = Counter()

    def matched(self) -> Matched:
        """All rows with their files."""
        counting = self._catalogue.counting
        with_isrc: list[tuple[Row, str]] = []
        named: list[tuple[Row, str]] = []
        for row in self._catalogue.rows:
            file, isrc = finding(counting, row)
            if file is not None:
                named.append((row, naming.path_of(file)))
            elif isrc is not None:
                with_isrc.append((row, isrc))
        absolute = [naming.split(name) for _, name in named if naming.is_absolute(name)]
        self._root = naming.common_folder(absolute)
        for row, name in named:
            self._by_name(row, name)
        self._by_isrc(with_isrc)
        return self._result()

    # By name

    def _by_name(self, row: Row, name: str) -> None:
        parts = naming.split(name)
        if not parts:
            self._lost(row, name)
            return
        found, way = self._named(name, parts)
        if found:
            self._take(row, name, found, way)
        elif naming.is_pattern(name):
            self._by_pattern(row, name)
        else:
            self._lost(row, name)

    def _named(self, name: str, parts: Sequence[str]) -> tuple[list[int], Way]:
        """The files of that path or name, else those of that name without an extension."""
        wanted = tuple(map(naming.folded, parts))
        if naming.is_absolute(name):
            wanted = wanted[len(self._root) :]
        last = wanted[-1]
        tail = "/" + "/".join(wanted)
        found = [at for at in self._names.get(last, ()) if self._folded[at].endswith(tail)]
        if found:
            best = self._nearest(name, parts, found)
            exact = any(self._items[at].path.name == parts[-1] for at in best)
            return best, Way.NAME if exact else Way.FOLDED
        stems = [
            at
            for at in self._stems.get(last, ())
            if self._folded[at].rpartition(".")[0].endswith(tail)
        ]
        return self._nearest(name, parts, stems), Way.STEM

    def _nearest(self, name: str, parts: Sequence[str], found: list[int]) -> list[int]:
        """Of several files those that are meant most closely: the whole path, then its spelling."""
        if len(found) < 2:
            return found
        whole = "/".join(parts)
        fold = naming.folded(whole)
        absolute = _absolute(Path(name))

        def whole_path(at: int) -> bool:
            return self._paths[at] in (absolute, f"{self._home}/{whole}")

        def below_source(at: int) -> bool:
            return naming.folded(self._items[at].relative.as_posix()) == fold

        def spelt_so(at: int) -> bool:
            return self._paths[at].endswith("/" + whole)

        tests: tuple[Callable[[int], bool], ...] = (whole_path, below_source, spelt_so)
        for test in tests:
            nearer = [at for at in found if test(at)]
            if nearer:
                found = nearer
        return found

    @cached_property
    def _names(self) -> Mapping[str, list[int]]:
        names: dict[str, list[int]] = defaultdict(list)
        for at, path in enumerate(self._folded):
            names[path.rpartition("/")[2]].append(at)
        return names

    @cached_property
    def _stems(self) -> Mapping[str, list[int]]:
        stems: dict[str, list[int]] = defaultdict(list)
        for name, places in self._names.items():
            stems[name.rpartition(".")[0]].extend(places)
        return stems

    def _by_pattern(self, row: Row, name: str) -> None:
        expression = naming.pattern(name)
        found = [
            at
            for candidate in self._like(*naming.affixes(name))
            for at in self._names[candidate]
            if expression.fullmatch(self._folded[at])
        ]
        if not found:
            self._lost(row, name)
            return
        for at in found:
            self._found[at].append(row)
        self._ways[Way.PATTERN] += len(found)

    def _like(self, start: str, end: str) -> Iterator[str]:
        """The names with that start and end; only those are looked at that share the longer."""
        if len(start) >= len(end):
            yield from (name for name in _beginning(self._sorted, start) if name.endswith(end))
        else:
            backwards = _beginning(self._reversed, end[::-1])
            yield from (
                name for name in (each[::-1] for each in backwards) if name.startswith(start)
            )

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._names)

    @cached_property
    def _reversed(self) -> list[str]:
        return sorted(name[::-1] for name in self._names)

    # By ISRC

    def _by_isrc(self, rows: Sequence[tuple[Row, str]]) -> None:
        """Rows without a name: by the ISRC in the name of a file, then by that in its tags."""
        if not rows:
            return
        free = [at for at in range(len(self._items)) if at not in self._found]
        held: dict[str, list[int]] = defaultdict(list)
        for at in free:
            for isrc in naming.isrcs_in(self._items[at].path.stem):
                held[isrc].append(at)
        rest = []
        for row, isrc in rows:
            if isrc in held:
                self._take(row, isrc, held[isrc], Way.ISRC_IN_NAME)
            else:
                rest.append((row, isrc))
        inside = self._inside() if rest else {}
        for row, isrc in rest:
            if isrc in inside:
                self._take(row, isrc, inside[isrc], Way.ISRC_INSIDE)
            else:
                self._lost(
                    row, isrc, "no file that is left has this ISRC in its name or in its tags"
                )

    def _inside(self) -> Mapping[str, list[int]]:
        """The ISRCs in the tags of the files that have no row yet."""
        from mediaoptout.catalogue.contents import isrcs

        held: dict[str, list[int]] = defaultdict(list)
        for at, item in enumerate(self._items):
            if at not in self._found:
                for isrc in isrcs(item.path, recall=self._recall):
                    held[isrc].append(at)
        return held

    # What came of it

    def _take(self, row: Row, value: str, found: Sequence[int], way: Way) -> None:
        if len(found) == 1:
            self._found[found[0]].append(row)
            self._ways[way] += 1
            return
        names = ", ".join(str(self._items[at].path) for at in found[:3])
        named = names if len(found) <= 3 else f"{names} and {len(found) - 3} more"
        self._faults.append(
            Fault(
                code="catalogue-two-files",
                message=f"{len(found)} files are found by it: {named}",
                row=row.number,
                value=value,
                expected="a path that only one has, or a pattern with *",
            )
        )
        for at in found:
            self._found[at].append(row)

    def _lost(self, row: Row, value: str, message: str = "there is no such media file") -> None:
        self._lost_rows.append((row, value, message))

    def _result(self) -> Matched:
        wrong = {fault.row: fault for fault in (*self._faults, *self._catalogue.faults)}
        rows: dict[Path, Row] = {}
        rowless: dict[Path, Fault] = {}
        for at, item in enumerate(self._items):
            found = self._found.get(at, [])
            if len(found) == 1 and found[0].number not in wrong:
                rows[item.path] = found[0]
            elif len(found) == 1:
                rowless[item.path] = wrong[found[0].number]
            elif found:
                rowless[item.path] = self._two_rows(item, found)
            else:
                rowless[item.path] = Fault(
                    code=NO_ROW, message="the catalogue has no row for it", path=str(item.path)
                )
        return Matched(
            rows=rows,
            rowless=rowless,
            fileless=tuple(starmap(self._no_file, self._lost_rows)),
            faults=tuple(self._faults),
            ways=self._ways,
        )

    def _two_rows(self, item: Item, rows: Sequence[Row]) -> Fault:
        """A file with several rows; if that is so since one of them finds several files, that."""
        numbers = {row.number for row in rows}
        known = next((each for each in self._faults if each.row in numbers), None)
        if known is not None:
            return known
        *others, last = sorted(numbers)
        unit = self._catalogue.unit
        fault = Fault(
            code="catalogue-two-rows",
            message=f"{item.path} has another {unit}: {', '.join(map(str, others))}",
            row=last,
            expected="one row for each file",
        )
        self._faults.append(fault)
        return fault

    def _no_file(self, row: Row, value: str, message: str) -> Fault:
        likely = self._likely.get(_likeness(value))
        if likely is not None and str(likely) != value:
            message = f"{message}; perhaps {likely} is meant"
        return Fault(code=NO_FILE, message=message, row=row.number, value=value)

    @cached_property
    def _likely(self) -> Mapping[str, Path]:
        """Files without a row, by what their names are like."""
        free = (item.path for at, item in enumerate(self._items) if at not in self._found)
        return {_likeness(path.name): path for path in free}


def _likeness(name: str) -> str:
    parts = naming.split(name)
    return naming.squeezed(PurePath(parts[-1]).stem) if parts else ""


def _absolute(path: Path) -> str:
    """A path from the root, with slashes, in one Unicode form."""
    return unicodedata.normalize("NFC", path.absolute().as_posix())


def _beginning(names: Sequence[str], start: str) -> Iterator[str]:
    """The names of a sorted list that begin so."""
    for at in range(bisect_left(names, start), len(names)):
        if not names[at].startswith(start):
            return
        yield names[at]
