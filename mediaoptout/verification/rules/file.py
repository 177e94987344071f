"""Rules about the file itself: its structure, its name, its size, its check sum, its sidecars."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from mediaoptout.containers import sidecars
from mediaoptout.verification import checksums
from mediaoptout.verification.rules.matching import fits
from mediaoptout.verification.rules.rule import EMBED, Fault, Group, NoParameters, Rule
from mediaoptout.verification.rules.subject import Subject
from mediaoptout.words import Severity, Verdict


def _unsound(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    obstacle = subject.layout.obstacle
    if obstacle is not None:
        yield Fault(obstacle.message, obstacle.fix)


def _extension(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    extension = subject.path.suffix.lower()
    family = subject.container
    if family is not None and extension and extension not in family.extensions:
        yield Fault(
            f"the name ends in {extension}, but this is {family.title}",
            f"rename it to end in {family.extensions[0]}",
        )


def _oddity(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    return (Fault(warning) for warning in subject.layout.warnings)


def _unsupported(subject: Subject, _: NoParameters) -> Iterator[Fault]:
    if subject.kind is not None:
        yield Fault(f"this is {subject.kind}: a kind of file that is not read yet")


class Medium(StrEnum):
    """What a file is for people."""

    AUDIO = "audio"
    VIDEO = "video"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which kinds of files are meant."""

    containers: Annotated[
        tuple[str, ...], "the words of 'mediaoptout formats': wav, flac, jpeg"
    ] = ()
    media: Annotated[tuple[Medium, ...], "the kinds of media"] = ()


def _container(subject: Subject, wanted: Kinds) -> Iterator[Fault]:
    family = subject.container
    if wanted.containers and (family is None or family.name not in wanted.containers):
        found = family.title if family is not None else subject.kind
        yield Fault(f"this is {found}, not {' or '.join(wanted.containers)}")
    if wanted.media and family is not None:
        kinds = {media_type.partition("/")[0] for media_type in family.media_types}
        if not kinds.intersection(wanted.media):
            yield Fault(
                f"{family.title} holds {' or '.join(sorted(kinds))}, not"
                f" {' or '.join(wanted.media)}"
            )


def _known_containers(wanted: Kinds) -> None:
    from mediaoptout.containers.registry import CONTAINERS
    from mediaoptout.tables import suggestion

    names = [family.name for family in CONTAINERS]
    for name in wanted.containers:
        if name not in names:
            raise ValueError(f"there is no format {name!r}{suggestion(name, names)}")


@dataclass(frozen=True, slots=True)
class Size:
    """How large a file may be."""

    at_least: Annotated[int | None, "the smallest size, in bytes"] = None
    at_most: Annotated[int | None, "the largest size, in bytes"] = None


def _size(subject: Subject, wanted: Size) -> Iterator[Fault]:
    size = subject.source.size
    if wanted.at_least is not None and size < wanted.at_least:
        yield Fault(f"the file has {size:,} bytes; at least {wanted.at_least:,} are expected")
    if wanted.at_most is not None and size > wanted.at_most:
        yield Fault(f"the file has {size:,} bytes; at most {wanted.at_most:,} are expected")


@dataclass(frozen=True, slots=True)
class NamePatterns:
    """How a file may be called."""

    like: Annotated[tuple[str, ...], "patterns with * and ?, of which one must fit the name"] = ()
    regex: Annotated[str | None, "a regular expression that must fit the whole name"] = None


def _name(subject: Subject, wanted: NamePatterns) -> Iterator[Fault]:
    name = subject.path.name
    if wanted.like and not any(fits(name, pattern) for pattern in wanted.like):
        yield Fault(f"the name {name!r} is not like {' or '.join(wanted.like)}")
    if wanted.regex is not None and not re.fullmatch(wanted.regex, name):
        yield Fault(f"the name {name!r} does not fit {wanted.regex}")


def _usable_regex(wanted: NamePatterns) -> None:
    if wanted.regex is not None:
        try:
            re.compile(wanted.regex)
        except re.error as error:
            raise ValueError(f"{wanted.regex!r} is no regular expression: {error}") from error


def _checksum(subject: Subject, wanted: checksums.Lists) -> Iterator[Fault]:
    for listed in checksums.of(subject.path, wanted, recall=subject.recall):
        found = subject.digest(listed.algorithm)
        if found != listed.digest:
            yield Fault(
                f"{listed.origin} has {listed.algorithm} {listed.digest}, but the file has {found}"
            )


def _unlisted(subject: Subject, wanted: checksums.Lists) -> Iterator[Fault]:
    lists = checksums.of(subject.path, wanted, recall=subject.recall)
    if next(lists, None) is None:
        yield Fault("no check sum list names the file")


@dataclass(frozen=True, slots=True)
class Sidecars:
    """Which sidecars are wanted."""

    endings: Annotated[tuple[str, ...], "of which a sidecar must be there: .xmp, .c2pa"] = (".xmp",)


def _sidecar_missing(subject: Subject, wanted: Sidecars) -> Iterator[Fault]:
    for ending in wanted.endings:
        if sidecars.find(subject.path, ending, recall=subject.recall) is None:
            places = " or ".join(p.name for p in sidecars.candidates(subject.path, ending))
            yield Fault(f"the sidecar {places} is not there")


def _usable_endings(wanted: Sidecars) -> None:
    for ending in wanted.endings:
        if ending not in sidecars.EXTENSIONS:
            raise ValueError(f"{ending!r} is no sidecar; one of: .xmp, .c2pa")


READABLE: Final = frozenset(Verdict) - {Verdict.UNSUPPORTED}

RULES: Final[tuple[Rule[Any], ...]] = (
    Rule(
        "interrupted-change",
        Group.FILE,
        "A change to the file was interrupted, and was brought to an end or taken back.",
        Severity.WARNING,
        None,
        "A program or a machine stopped while a file was written in place. The journal beside it"
        " was used before the file was read; what follows is about the file as it is now.",
        "nothing needs to be done; embed again where the reservation is missing",
    ),
    Rule(
        "structure-unsound",
        Group.FILE,
        "The file can be read, but its structure is not sound enough to be written.",
        Severity.WARNING,
        _unsound,
        "Bytes after the end, lengths that do not add up, a version of the format that nobody"
        " writes: such a file is refused by embed, and other programs may trip over it.",
        "write the file anew with the program that made it",
    ),
    Rule(
        "extension-mismatch",
        Group.FILE,
        "The name's ending does not fit what the file is by its structure.",
        Severity.WARNING,
        _extension,
        "Players and platforms choose their reader by the ending; a WAV that is called .mp3 is"
        " rejected there.",
        "rename the file",
    ),
    Rule(
        "oddity",
        Group.FILE,
        "Something about the file is out of the ordinary.",
        Severity.INFO,
        _oddity,
        "Nothing is wrong, but whoever wonders about the file may want to know.",
        "nothing needs to be done",
    ),
    Rule(
        "container-unsupported",
        Group.FILE,
        "The file is media of a kind that is not read yet.",
        Severity.WARNING,
        _unsupported,
        "It is known by its first bytes, but nothing can be said about a reservation in it.",
        "see 'mediaoptout formats' for those that are",
        any_file=True,
    ),
    Rule(
        "container",
        Group.FILE,
        "The file is not of the format, or not of the kind of media, that is wanted.",
        Severity.ERROR,
        _container,
        "By structure, whatever the file is called. Inside `when` it says for which files a rule"
        " is.",
        "deliver it in a format that is wanted",
        parameters=Kinds,
        any_file=True,
        usable=_known_containers,
    ),
    Rule(
        "size",
        Group.FILE,
        "The file is smaller or larger than it may be.",
        Severity.ERROR,
        _size,
        "An empty export, a preview instead of the master, a file above a recipient's limit.",
        "export the file again",
        parameters=Size,
        any_file=True,
    ),
    Rule(
        "name",
        Group.FILE,
        "The file's name does not fit the pattern.",
        Severity.WARNING,
        _name,
        "Without its folder; capitals matter.",
        "rename the file",
        parameters=NamePatterns,
        any_file=True,
        usable=_usable_regex,
    ),
    Rule(
        "checksum-mismatch",
        Group.FILE,
        "The file is not the one that a check sum list names.",
        Severity.ERROR,
        _checksum,
        "Lists are taken from the policy, or looked for beside the file and in the folders above:"
        " md5sum, sha1sum, sha256sum, sha512sum and BSD lists, BagIt manifests, .sfv, and one bare"
        " hash in FILE.sha256. The whole file is read once for each kind of hash.",
        "copy the file again from where the list is; if it was tagged since, renew the list",
        parameters=checksums.Lists,
        any_file=True,
        full=True,
    ),
    Rule(
        "checksum-missing",
        Group.FILE,
        "No check sum list names the file.",
        Severity.WARNING,
        _unlisted,
        "Where every file is to come with its hash. See checksum-mismatch for the lists.",
        "have the sender complete the list",
        parameters=checksums.Lists,
        any_file=True,
    ),
    Rule(
        "sidecar-missing",
        Group.FILE,
        "A sidecar that is wanted is not beside the file.",
        Severity.ERROR,
        _sidecar_missing,
        "For kinds of files that are never rewritten, and for archives that keep a packet beside"
        " every master. Limit it with `when` to the formats that are meant.",
        f"{EMBED} --sidecar",
        parameters=Sidecars,
        usable=_usable_endings,
    ),
)
