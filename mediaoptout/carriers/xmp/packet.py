"""The packet around the RDF: its encoding, its wrapper and its white space (XMP Part 1, 7.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mediaoptout.carriers.xmp.names import DESCRIPTION, META_URI, RDF_ELEMENT, SEPARATOR
from mediaoptout.carriers.xmp.tree import Node, build, damaged

MAX_PACKET: Final = 16 << 20
"""The largest packet that is parsed, in bytes."""

_BLANK: Final = b"\xef\xbb\xbf \t\r\n\0"
_SPACE: Final = b" \t\r\n"
_HEADER = re.compile(rb"<\?xpacket\s+begin.*?\?>", re.DOTALL)
_DECLARATION = re.compile(rb"\s*<\?xml\s.*?\?>", re.DOTALL)
_TRAILER = re.compile(rb"""<\?xpacket\s+end\s*=\s*["']([rw])["'][^>]*\?>""")
_META: Final = frozenset({f"{META_URI}{SEPARATOR}xmpmeta", f"{META_URI}{SEPARATOR}xapmeta"})


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that was parsed.

    Args:
        data: the packet in UTF-8; all places are places in it.
        encoding: how the packet itself is encoded.
        rest: bytes behind it that are no whole character.
        root: the elements, under a node without a name.
        padding: the white space at its end, which may be used up.
        access: where the wrapper's ``r`` or ``w`` stands, or None.
    """

    data: bytes
    encoding: str
    rest: bytes
    root: Node
    padding: tuple[int, int]
    access: int | None

    @property
    def unit(self) -> int:
        """How many bytes a space takes."""
        return len(" ".encode(self.encoding))

    def encoded(self, data: bytes) -> bytes:
        """UTF-8 as bytes of this packet's encoding."""
        return data if self.encoding == "utf-8" else data.decode("utf-8").encode(self.encoding)

    def rdf(self) -> list[tuple[Node, ...]]:
        """Every ``rdf:RDF``, each with the elements around it, the outermost first."""
        found: list[tuple[Node, ...]] = []
        waiting: list[tuple[Node, ...]] = [(self.root,)]
        while waiting:
            path = waiting.pop()
            if path[-1].name == RDF_ELEMENT:
                found.append(path)
            elif path[-1].name != DESCRIPTION:
                waiting += [(*path, child) for child in reversed(path[-1].children)]
        return found

    def meta(self) -> tuple[Node, ...] | None:
        """The first ``x:xmpmeta``, with what is around it."""
        nodes = (node for node in self.root.children if node.name in _META)
        return next(((self.root, node) for node in nodes), None)


def is_blank(data: bytes) -> bool:
    """Whether there is nothing but white space, zeros and byte order marks."""
    return not data.strip(_BLANK + b"\xff\xfe")


def read(data: bytes) -> Packet:
    """The packet in ``data``.

    Raises:
        DamagedError: it is too large, not in the encoding that it seems to be in, or no XMP.
    """
    if len(data) > MAX_PACKET:
        raise damaged(f"the packet has {len(data)} bytes (limit {MAX_PACKET})")
    encoding = _encoding(data)
    whole = len(data) - len(data) % len(" ".encode(encoding))
    text, rest = data[:whole], data[whole:]
    if encoding != "utf-8":
        try:
            text = text.decode(encoding).encode("utf-8")
        except UnicodeError as error:
            raise damaged(f"the packet is not {encoding}: {error}") from error
    return _parse(text, encoding, rest)


def _parse(data: bytes, encoding: str, rest: bytes) -> Packet:
    start = len(data) - len(data.lstrip(_BLANK))
    if header := _HEADER.match(data, start):
        start = header.end()
    if declaration := _DECLARATION.match(data, start):
        start = declaration.end()
    trailer = _TRAILER.match(data, max(data.rfind(b"<?xpacket"), start))
    if trailer and data[trailer.end() :].lstrip(_BLANK).startswith(b"<"):
        trailer = None
    end = trailer.start() if trailer else len(data)
    ink = len(data[:end].rstrip(_SPACE if trailer else _BLANK))
    root = build(data, start, max(start, ink))
    packet = Packet(
        data, encoding, rest, root, (max(start, ink), end), trailer.start(1) if trailer else None
    )
    if root.children and not packet.rdf() and not packet.meta():
        raise damaged("there is neither rdf:RDF nor x:xmpmeta")
    return packet


def _encoding(data: bytes) -> str:
    """The encoding, by the zeros around the first character (XMP Part 1, 7.3.2)."""
    match tuple(bool(byte) for byte in data[:4]):
        case (True, True, False, False) if data.startswith(b"\xff\xfe"):
            return "utf-32-le"
        case (False, False, True, True) if data.startswith(b"\0\0\xfe\xff"):
            return "utf-32-be"
        case (True, False, False, False):
            return "utf-32-le"
        case (False, False, False, True):
            return "utf-32-be"
        case (True, False, True, False):
            return "utf-16-le"
        case (False, True, False, True):
            return "utf-16-be"
    if data.startswith(b"\xff\xfe"):
        return "utf-16-le"
    return "utf-16-be" if data.startswith(b"\xfe\xff") else "utf-8"


def white_space(size: int) -> bytes:
    """``size`` bytes of padding: lines of 100, as XMP Part 1 advises."""
    line = b" " * 99 + b"\n"
    lines = (line * (size // 100 + 1))[-size:] if size else b""
    return b"\n" + lines[1:] if size > 1 else lines
