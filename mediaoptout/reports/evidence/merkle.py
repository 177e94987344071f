"""The Merkle tree of RFC 9162 (and RFC 6962), section 2.1, over leaves that come one by one.

The prefixes keep leaves and nodes apart, so that no inner node can be passed off as a leaf. Memory
grows with the logarithm of the number of leaves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

LEAF: Final = b"\x00"
NODE: Final = b"\x01"
SIZE: Final = 32
"""The bytes of a hash (SHA-256)."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf, 2.1.1."""
    return hashlib.sha256(LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node, 2.1.1."""
    return hashlib.sha256(NODE + left + right).digest()


class Tree:
    """A tree that grows: it holds one hash for each of its complete subtrees."""

    def __init__(self) -> None:
        self._stack: list[bytes] = []
        self.count = 0

    def add(self, leaf: bytes) -> None:
        """Add a leaf, by its hash."""
        node, number = leaf, self.count
        while number & 1:
            node = node_hash(self._stack.pop(), node)
            number >>= 1
        self._stack.append(node)
        self.count += 1

    @property
    def root(self) -> bytes:
        """The hash of the whole tree; of nothing, where it has no leaf."""
        if not self._stack:
            return hashlib.sha256(b"").digest()
        node = self._stack[-1]
        for left in reversed(self._stack[:-1]):
            node = node_hash(left, node)
        return node


def audit_path(leaves: Iterable[bytes], index: int, count: int) -> list[bytes]:
    """What proves that a leaf is in a tree, 2.1.3.1: the neighbours, from the leaf to the root.

    Args:
        leaves: the hashes of all leaves, in order; read once.
        index: the number of the leaf, from 0.
        count: how many leaves there are.
    """
    spans = _neighbours(index, count)
    trees = {span: Tree() for span in spans}
    waiting = sorted(spans)
    for place, leaf in enumerate(leaves):
        while waiting and waiting[0][1] <= place:
            waiting.pop(0)
        if waiting and waiting[0][0] <= place:
            trees[waiting[0]].add(leaf)
    return [trees[span].root for span in spans]


def _neighbours(index: int, count: int) -> list[tuple[int, int]]:
    """The spans of leaves whose subtrees stand beside the way from a leaf to the root."""
    found = []
    start, end = 0, count
    while end - start > 1:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def proven_root(leaf: bytes, index: int, count: int, path: Sequence[bytes]) -> bytes | None:
    """The root that an audit path leads to, 2.1.3.2; None if it cannot be one of such a tree.

    Args:
        leaf: the hash of the leaf.
        index: the number of the leaf, from 0.
        count: how many leaves the tree has.
        path: the neighbours, from the leaf to the root.
    """
    if not 0 <= index < count:
        return None
    at, last, node = index, count - 1, leaf
    for neighbour in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            node = node_hash(neighbour, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, neighbour)
        at, last = at >> 1, last >> 1
    return node if last == 0 else None
