"""`relocate` against a model that builds the new file from scratch.

The model is a tree of boxes with length fields, raw bytes, references and tables. An edit is made
to the tree, which is then written out anew; `relocate` has only the old bytes, and must come to the
same.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout.errors import RefusedError
from mediaoptout.splice.linker import (
    Edit,
    Length,
    Links,
    Reference,
    Table,
    Wider,
    read_table,
    relocate,
)
from mediaoptout.splice.patch import Copy, Hole, Insert, PatchedSource, Span
from mediaoptout.splice.source import check_range
from tests.splice.strategies import materialised

HEADER = 4


@dataclass
class Leaf:
    """Bytes that are what they are. ``gone`` and ``before`` are the edit."""

    data: bytes
    at: int = -1
    new: bytes | None = None
    before: list[bytes] = field(default_factory=list)
    pinned: bool = False


@dataclass
class Pointer:
    """A number that means byte ``offset`` of ``leaf``."""

    leaf: Leaf
    offset: int
    base: Leaf | Box | None
    ends: bool
    little: bool
    bias: int
    flags: int
    at: int = -1
    before: list[bytes] = field(default_factory=list)


@dataclass
class Offsets:
    """Absolute places in a row."""

    entries: list[tuple[Leaf, int]]
    little: bool
    at: int = -1
    before: list[bytes] = field(default_factory=list)


@dataclass
class Box:
    """A length and children; ``after`` is inserted at their end."""

    children: list[Leaf | Pointer | Offsets | Box]
    at: int = -1
    end: int = -1
    before: list[bytes] = field(default_factory=list)
    after: list[bytes] = field(default_factory=list)


Node = Leaf | Pointer | Offsets | Box


def place(nodes: list[Node], at: int, edited: bool) -> int:
    for node in nodes:
        if edited:
            at += sum(map(len, node.before))
        node.at = at
        match node:
            case Leaf():
                at += len(node.data if not edited or node.new is None else node.new)
            case Pointer():
                at += 8
            case Offsets():
                at += 4 * len(node.entries)
            case Box():
                at = place(node.children, at + HEADER, edited)
                at += sum(map(len, node.after)) if edited else 0
                node.end = at
    return at


def number(pointer: Pointer) -> int:
    base = 0 if pointer.base is None else pointer.base.at
    return pointer.leaf.at + pointer.offset - base + pointer.bias


def rendered(nodes: list[Node], edited: bool) -> bytes:
    parts: list[bytes] = []
    for node in nodes:
        if edited:
            parts += node.before
        match node:
            case Leaf():
                parts.append(node.data if not edited or node.new is None else node.new)
            case Pointer():
                # 56 bits are the signed number, the highest byte is flags.
                value = number(node) & ((1 << 56) - 1) | node.flags
                parts.append(value.to_bytes(8, "little" if node.little else "big"))
            case Offsets():
                values = [leaf.at + offset for leaf, offset in node.entries]
                parts += [v.to_bytes(4, "little" if node.little else "big") for v in values]
            case Box():
                body = rendered(node.children, edited)
                body += b"".join(node.after) if edited else b""
                parts.append((HEADER + len(body)).to_bytes(HEADER, "big") + body)
    return b"".join(parts)


def collected(nodes: list[Node], parent: int | None) -> tuple[Links, list[Edit]]:
    """The links of the tree as it stands, and its edits in document order."""
    references: list[Reference] = []
    tables: list[Table] = []
    lengths: list[Length] = []
    edits: list[Edit] = []

    def inserted(at: int, pieces: list[bytes], inside: int | None) -> None:
        edits.extend(Edit(at, at, (Insert(piece),), inside) for piece in pieces)

    def walk(nodes: list[Node], parent: int | None) -> None:
        for node in nodes:
            inserted(node.at, node.before, parent)
            match node:
                case Leaf():
                    if node.new is not None:
                        end = node.at + len(node.data)
                        edits.append(Edit(node.at, end, (Insert(node.new),), parent))
                case Pointer():
                    references.append(
                        Reference(
                            node.at,
                            8,
                            "little" if node.little else "big",
                            node.leaf.at + node.offset,
                            None if node.base is None else node.base.at,
                            node.bias,
                            node.ends,
                            signed=True,
                            flags=node.flags,
                            bits=56,
                        )
                    )
                case Offsets():
                    targets = array("Q", (leaf.at + offset for leaf, offset in node.entries))
                    tables.append(Table(node.at, 4, "little" if node.little else "big", targets))
                case Box():
                    size = node.end - node.at
                    lengths.append(Length(node.at, 4, "big", node.at, node.end, size))
                    walk(node.children, node.at)
                    inserted(node.end, node.after, node.at)

    walk(nodes, parent)
    return Links(tuple(references), tuple(tables), tuple(lengths)), edits


@st.composite
def trees(draw: st.DrawFn) -> list[Node]:
    leaves = [Leaf(draw(st.binary(min_size=1, max_size=5))) for _ in range(draw(st.integers(1, 6)))]
    boxes = [Box([]) for _ in range(draw(st.integers(0, 4)))]
    top: list[Node] = []
    for i, box in enumerate(boxes):
        parent = draw(st.integers(-1, i - 1))
        (top if parent < 0 else boxes[parent].children).append(box)

    def put(node: Node) -> None:
        where = draw(st.integers(-1, len(boxes) - 1))
        home = top if where < 0 else boxes[where].children
        home.insert(draw(st.integers(0, len(home))), node)

    def byte(ends: bool) -> tuple[Leaf, int]:
        leaf = draw(st.sampled_from(leaves))
        leaf.pinned = True
        return leaf, draw(st.integers(0, len(leaf.data) - 1)) + ends

    for leaf in leaves:
        put(leaf)
    for _ in range(draw(st.integers(0, 4))):
        ends = draw(st.booleans())
        base = draw(st.sampled_from([None, *leaves, *boxes]))
        if isinstance(base, Leaf):
            base.pinned = True
        flags = draw(st.integers(0, 255)) << 56
        bias = draw(st.integers(-9, 9))
        put(Pointer(*byte(ends), base, ends, draw(st.booleans()), bias, flags))
    for _ in range(draw(st.integers(0, 2))):
        count = draw(st.integers(0, 5))
        put(Offsets([byte(False) for _ in range(count)], draw(st.booleans())))
    edit(draw, top)
    return top


def edit(draw: st.DrawFn, nodes: list[Node]) -> None:
    contents = st.lists(st.binary(min_size=1, max_size=5), max_size=2)
    for node in nodes:
        node.before = draw(contents)
        if isinstance(node, Box):
            node.after = draw(contents)
            edit(draw, node.children)
        elif isinstance(node, Leaf) and not node.pinned and draw(st.booleans()):
            node.new = draw(st.binary(max_size=6))


@settings(max_examples=600)
@given(trees())
def test_every_number_is_right(tree):
    size = place(tree, 0, edited=False)
    old = rendered(tree, edited=False)
    links, edits = collected(tree, None)
    patch = relocate(size, links, edits)
    place(tree, 0, edited=True)
    assert materialised(patch, old) == rendered(tree, edited=True)


@given(trees())
def test_without_edits_nothing_changes(tree):
    size = place(tree, 0, edited=False)
    links, _ = collected(tree, None)
    assert relocate(size, links, []).changes_nothing(size)
    assert relocate(size, links, [Edit(0, 0, ())]).changes_nothing(size)


# ------------------------------------------------------------- single cases


def u32(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "big") for number in numbers)


def test_an_insertion_at_a_boundary_belongs_where_it_says():
    data = u32(8) + b"AAAA" + u32(8) + b"BBBB"
    links = Links(lengths=(Length(0, 4, "big", 0, 8, 8), Length(8, 4, "big", 8, 16, 8)))
    for inside, sizes in ((0, (10, 8)), (8, (8, 10)), (None, (8, 8))):
        new = materialised(relocate(16, links, [Edit(8, 8, (Insert(b"xx"),), inside)]), data)
        at = 10
        assert (new[:4], new[at : at + 4]) == (u32(sizes[0]), u32(sizes[1]))


def test_an_end_stays_before_what_is_inserted_there():
    data = u32(8, 8) + b"XXXX"
    links = Links(references=(Reference(0, 4, "big", 8), Reference(4, 4, "big", 8, ends=True)))
    new = materialised(relocate(12, links, [Edit(8, 8, (Insert(b"new"),))]), data)
    assert new == u32(11, 8) + b"newXXXX"


def test_a_block_that_moves_keeps_its_numbers_right():
    data = u32(8, 12) + b"ABCD" + u32(8) + b"tail"
    links = Links(
        references=(
            Reference(0, 4, "big", 8),
            Reference(4, 4, "big", 12),
            Reference(12, 4, "big", 8),
        )
    )
    moved = [Edit(8, 16, ()), Edit(20, 20, (Insert(b"__"), Copy(8, 16)))]
    new = materialised(relocate(20, links, moved), data)
    assert new == u32(14, 18) + b"tail__ABCD" + u32(14)


def test_wrapping_a_block_moves_it():
    links = Links(references=(Reference(0, 4, "big", 4),))
    wrapped = relocate(8, links, [Edit(4, 8, (Insert(b"<"), Copy(4, 8), Insert(b">")))])
    assert materialised(wrapped, u32(4) + b"body") == u32(5) + b"<body>"


def test_what_pointed_to_a_replaced_block_points_to_the_new_one():
    links = Links(references=(Reference(0, 4, "big", 8),))
    edits = [Edit(4, 4, (Insert(b"++"),)), Edit(8, 12, (Insert(b"newer"),))]
    assert materialised(relocate(12, links, edits), u32(8) + b"keepold.") == (
        u32(10) + b"++keepnewer"
    )


@pytest.mark.parametrize("content", [(), (Insert(b"xxxx"),)])
def test_what_points_into_replaced_bytes_is_refused(content):
    links = Links(references=(Reference(0, 4, "big", 9, name="sample"),))
    with pytest.raises(RefusedError, match="sample") as caught:
        relocate(12, links, [Edit(8, 12, content)])
    assert (caught.value.code, caught.value.at) == ("dangling-reference", "offset 9")


def test_what_points_to_a_deleted_block_is_refused():
    links = Links(tables=(Table(0, 4, "big", array("Q", [4, 8])),))
    with pytest.raises(RefusedError) as caught:
        relocate(16, links, [Edit(8, 12, ())])
    assert caught.value.code == "dangling-reference"


def test_numbers_in_replaced_bytes_are_left_to_who_replaced_them():
    links = Links(
        references=(Reference(0, 4, "big", 12),),
        tables=(Table(4, 4, "big", array("Q", [12])),),
        lengths=(Length(8, 4, "big", 8, 16, 8),),
    )
    new = relocate(16, links, [Edit(0, 12, (Insert(b"all anew, longer"),), inside=8)])
    assert materialised(new, bytes(12) + b"body") == b"all anew, longerbody"


def test_a_field_that_is_cut_is_refused():
    links = Links(references=(Reference(2, 4, "big", 12),))
    with pytest.raises(RefusedError):
        relocate(16, links, [Edit(4, 8, (Insert(b"x"),))])


def test_what_points_behind_the_file_stays_as_far_behind():
    links = Links(
        references=(Reference(0, 4, "big", 100), Reference(4, 4, "big", -3, signed=True)),
        tables=(Table(8, 4, "big", array("Q", [16, 17])),),
    )
    data = u32(100) + (-3).to_bytes(4, "big", signed=True) + u32(16, 17)
    new = materialised(relocate(16, links, [Edit(16, 16, (Insert(b"xy"),))]), data)
    assert new == u32(102) + data[4:8] + u32(18, 19) + b"xy"


def test_references_that_share_a_field_must_agree():
    shared = (Reference(0, 4, "big", 8), Reference(0, 4, "big", 8))
    edits = [Edit(4, 4, (Insert(b"x"),))]
    assert materialised(relocate(12, Links(references=shared), edits), u32(8) + b"12345678") == (
        u32(9) + b"x12345678"
    )
    torn = (Reference(0, 4, "big", 8), replace(shared[1], target=4, bias=4))
    with pytest.raises(RefusedError):
        relocate(12, Links(references=torn), [Edit(8, 8, (Insert(b"x"),))])


@pytest.mark.parametrize(
    ("reference", "grown"),
    [
        (Reference(0, 1, "big", 255), 1),
        (Reference(0, 1, "big", 127, signed=True), 1),
        (Reference(0, 2, "big", 15, bits=4, flags=0xF000), 1),
    ],
)
def test_a_number_that_does_not_fit_is_refused(reference, grown):
    edit = Edit(5, 5, (Insert(bytes(grown)),))
    with pytest.raises(RefusedError) as caught:
        relocate(300, Links(references=(reference,)), [edit])
    assert caught.value.code == "overflow"
    smaller = replace(reference, target=reference.target - 1)
    assert relocate(300, Links(references=(smaller,)), [edit]).size == 301


def test_a_length_that_does_not_fit_is_refused():
    links = Links(lengths=(Length(0, 4, "little", 0, 10, (1 << 32) - 1),))
    with pytest.raises(RefusedError):
        relocate(10, links, [Edit(8, 8, (Insert(b"x"),), inside=0)])


@pytest.mark.parametrize(("endian", "mark"), [("big", ">d"), ("little", "<d")])
def test_numbers_may_be_doubles(endian, mark):
    data = struct.pack(mark, 20) + struct.pack(mark, 21) + b"1234!"
    links = Links(
        references=(Reference(0, 8, endian, 20, form="double"),),
        lengths=(Length(8, 8, endian, 0, 21, 21, form="double"),),
    )
    new = materialised(relocate(21, links, [Edit(16, 16, (Insert(b"xyz"),), inside=0)]), data)
    assert new == struct.pack(mark, 23) + struct.pack(mark, 24) + b"xyz1234!"


def test_a_double_that_would_not_be_exact_is_refused():
    links = Links(lengths=(Length(0, 8, "big", 0, 8, 1 << 53, form="double"),))
    with pytest.raises(RefusedError) as caught:
        relocate(8, links, [Edit(8, 8, (Insert(b"x"),), inside=0)])
    assert caught.value.code == "overflow"


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(0, 5, ()), Edit(4, 6, ())],
        [Edit(9, 11, ())],
        [Edit(5, 4, ())],
        [Edit(0, 5, ()), Edit(3, 3, (Insert(b"x"),))],
    ],
)
def test_edits_that_overlap_are_a_mistake(edits):
    with pytest.raises(ValueError, match="overlap"):
        relocate(10, Links(), edits)


def test_a_hole_stays_whole():
    links = Links(references=(Reference(0, 4, "big", 4),))
    patch = relocate(8, links, [Edit(4, 4, (Insert(b"<"), Hole(100, "c2pa"), Insert(b">")))])
    assert patch.holes == (("c2pa", Span(5, 105)),)
    assert patch.locate(4) == 106


def test_tables_are_read_in_both_orders():
    assert read_table(u32(1, 1 << 31), 4, "big") == array("Q", [1, 1 << 31])
    assert read_table((7).to_bytes(8, "little"), 8, "little") == array("Q", [7])
    assert read_table(b"", 8, "big") == array("Q")


# ------------------------------------------------------- tables near 4 GiB

LIMIT = 1 << 32


class Endless:
    """A large file that is never held: ``head`` and then zeros."""

    def __init__(self, head: bytes, size: int) -> None:
        self.head, self.size = head, size

    def read(self, start: int, end: int) -> bytes:
        check_range(start, end, self.size)
        return self.head[start:end].ljust(end - start, b"\0")


@st.composite
def movies(draw: st.DrawFn) -> tuple[Links, bytes, int]:
    """A ``moov`` with tables and a gap, whose samples lie just below 4 GiB."""
    tables: list[Table] = []
    lengths: list[Length] = []
    head = b"moov"
    for _ in range(draw(st.integers(1, 4))):
        start = len(head)
        below = draw(st.lists(st.integers(1, 300), max_size=4))
        targets = array("Q", (LIMIT - distance for distance in below))
        end = start + 8 + 4 * len(targets)
        head += u32(end - start) + b"stco" + u32(*targets)
        wide = u32(8 + 8 * len(targets)) + b"co64"
        wider = Wider(start, end, wide, inside=0)
        tables.append(Table(start + 8, 4, "big", targets, wider))
    head = u32(len(head)) + head[4:] if draw(st.booleans()) else head
    lengths.append(Length(0, 4, "big", 0, len(head), len(head)))
    return Links(tables=tuple(tables), lengths=tuple(lengths)), head, LIMIT + 50


@settings(max_examples=400)
@given(movies(), st.integers(0, 320))
def test_tables_are_widened_when_they_must_be_and_only_then(movie, growth):
    links, head, size = movie
    at = len(head)
    patch = relocate(size, links, [Edit(at, at, (Insert(bytes(growth)),) if growth else (), 0)])
    new = PatchedSource(Endless(head, size), patch)
    shift = patch.size - size
    place = 4
    for table in links.tables:
        expected = [target + shift for target in table.targets]
        wide = new.read(place + 4, place + 8) == b"co64"
        length = 8 + (8 if wide else 4) * len(expected)
        assert wide == any(target >= LIMIT for target in expected)
        if not wide:
            assert new.read(place, place + 8) == u32(length) + b"stco"
        entries = read_table(new.read(place + 8, place + length), 8 if wide else 4, "big")
        assert entries.tolist() == expected
        place += length
    if shift:
        assert new.read(0, 4) == u32(len(head) + shift)
    assert new.read(place, place + growth) == bytes(growth)
    assert all(patch.locate(t) == t + shift for table in links.tables for t in table.targets)


def test_a_table_without_a_wider_form_is_refused():
    links = Links(tables=(Table(0, 4, "big", array("Q", [LIMIT - 1]), name="stco"),))
    with pytest.raises(RefusedError, match="stco"):
        relocate(LIMIT + 9, links, [Edit(4, 4, (Insert(b"x"),))])


def test_a_table_that_moves_cannot_be_widened():
    wider = Wider(4, 8, b"head", None)
    links = Links(tables=(Table(4, 4, "big", array("Q", [LIMIT - 1]), wider),))
    moves = [Edit(0, 8, ()), Edit(20, 20, (Copy(0, 8), Insert(b"x" * 9)))]
    with pytest.raises(RefusedError):
        relocate(LIMIT + 9, links, [*moves, Edit(30, 30, (Insert(b"x"),))])


def test_an_entry_beyond_all_numbers_is_refused():
    links = Links(tables=(Table(0, 8, "big", array("Q", [(1 << 64) - 1])),))
    with pytest.raises(RefusedError):
        relocate(100, links, [Edit(8, 8, (Insert(b"x"),))])


def test_a_table_across_an_edit_is_right_on_both_sides():
    targets = array("Q", [*range(400, 440), *range(480, 440, -1), 5])
    links = Links(tables=(Table(0, 4, "little", targets),))
    edits = [Edit(430, 430, (Insert(b"x" * 7),)), Edit(470, 470, (Insert(b"y"),))]
    new = materialised(relocate(500, links, edits), bytes(500))
    found = read_table(new[: 4 * len(targets)], 4, "little")
    assert found.tolist() == [t + 7 * (t >= 430) + (t >= 470) for t in targets]


def test_a_table_that_is_cut_is_refused():
    links = Links(tables=(Table(0, 4, "little", array("Q", [50, 60])),))
    with pytest.raises(RefusedError, match="cut"):
        relocate(100, links, [Edit(4, 4, (Insert(b"x"),))])
