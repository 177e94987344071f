"""The image resources of a Photoshop document: walked by their headers, and rendered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from mediaoptout.errors import DamagedError, LimitError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source

MAX_RESOURCES: Final = 1 << 16

_SIGNATURES: Final = (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR")
_NAME: Final = 6
"""Where the name of a resource begins: behind its signature and number."""


class Resource(NamedTuple):
    """An image resource.

    Args:
        number: what it is.
        start: where it begins.
        data: its data.
        end: where the next begins: behind the data, and a byte of padding where they are odd.
    """

    number: int
    start: int
    data: Span
    end: int

    @property
    def span(self) -> Span:
        """The whole resource."""
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Section:
    """The section of the image resources.

    Args:
        start: where its length stands.
        resources: the resources, in the order of the file.
        ends: where the last of them ends.
        end: where the section ends.
    """

    start: int
    resources: tuple[Resource, ...]
    ends: int
    end: int

    @property
    def unpadded(self) -> bool:
        """Whether the last resource lacks its byte of padding, as some writers have it."""
        return any((item.end - item.data.start) % 2 for item in self.resources[-1:])

    def place(self, number: int) -> int:
        """Where a new resource goes: before the first with a higher number."""
        higher = (item.start for item in self.resources if item.number > number)
        return next(higher, self.ends)


def read_section(source: Source, start: int) -> Section:
    """The image resources, by their headers alone.

    Args:
        source: the file.
        start: where the section's length stands.

    Raises:
        DamagedError: the section, or a resource in it, is longer than what it stands in.
        LimitError: there are too many resources.
    """
    at = start + 4
    end = at + int.from_bytes(source.read(start, at), "big")
    source.read(max(at, end - 1), end)
    found: list[Resource] = []
    while at < end and (resource := _read(source, at, end)) is not None:
        if len(found) >= MAX_RESOURCES:
            raise LimitError(f"the file has more than {MAX_RESOURCES} image resources", at=at)
        found.append(resource)
        at = resource.end
    return Section(start, tuple(found), at, end)


def _read(source: Source, at: int, end: int) -> Resource | None:
    """The resource at ``at``; None where none begins."""
    head = source.read(at, min(at + _NAME + 1, end))
    if len(head) <= _NAME or not head.startswith(_SIGNATURES):
        return None
    size_at = at + _NAME + 1 + head[_NAME]
    size_at += (size_at - at) % 2
    begin = size_at + 4
    if begin > end:
        raise _too_long(at)
    data = Span(begin, begin + int.from_bytes(source.read(size_at, begin), "big"))
    if data.end > end:
        raise _too_long(at)
    return Resource(int.from_bytes(head[4:6], "big"), at, data, min(data.end + data.size % 2, end))


def _too_long(at: int) -> DamagedError:
    return DamagedError(
        "an image resource reaches beyond its section",
        at=at,
        fix="save the document anew with another program",
    )


def render(head: bytes, data: bytes) -> bytes:
    """A resource.

    Args:
        head: its signature, number and name.
        data: its data.
    """
    return head + len(data).to_bytes(4, "big") + data + bytes(len(data) % 2)


def unnamed(number: int) -> bytes:
    """The head of a resource without a name."""
    return _SIGNATURES[0] + number.to_bytes(2, "big") + bytes(2)
