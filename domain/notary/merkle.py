"""The Merkle tree of RFC 6962 (section 2.1): its hashes, its root, and where its nodes are stored.

A node is complete when every leaf below it exists; it never changes afterwards. `(level, index)` names it: level 0 has
the leaves, and node `(level, index)` covers the leaves from `index << level` on, `1 << level` of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final, Protocol

from domain.errors import InvalidInput

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf, 32 bytes."""
    return sha256(_LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node above two others, 32 bytes."""
    return sha256(_NODE + left + right).digest()


class NodeReader(Protocol):
    """Reads complete nodes of a tree."""

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete node, 32 bytes."""
        ...


class CompactRange:
    """The complete nodes that cover a tree, from the left to the right: one for each bit of its size.

    They are all that is needed to add a leaf and to compute the root, in O(log n) steps and 32 bytes each.
    """

    __slots__ = ("_hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """Raises InvalidInput where `hashes` are not as many, or not as long, as a tree of this size needs."""
        self.size, self._hashes = size, list(hashes)
        if size < 0 or len(self._hashes) != size.bit_count():
            raise InvalidInput(f"a tree of {size} leaves is not covered by {len(self._hashes)} nodes")
        if any(len(one) != HASH_BYTES for one in self._hashes):
            raise InvalidInput(f"a node of a tree has {HASH_BYTES} bytes")

    @property
    def hashes(self) -> Sequence[bytes]:
        """The covering nodes, the largest first."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> Sequence[bytes]:
        """Adds the hash of a leaf. Returns the nodes that are complete with it: the leaf, then those above it."""
        completed, hashes, size = [leaf], self._hashes, self.size
        while size & 1:
            leaf = node_hash(hashes.pop(), leaf)
            completed.append(leaf)
            size >>= 1
        hashes.append(leaf)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root of the tree, 32 bytes."""
        return folded(self._hashes)


def folded(hashes: Sequence[bytes]) -> bytes:
    """The root of a tree that these complete nodes cover, the largest first."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def covering(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The fewest complete nodes that cover the leaves from `begin` to `end` (excluded), from the left to the right.

    `begin` is a multiple of the largest power of two that is at most `end - begin`, as it is in every proof.
    """
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level


def range_of(size: int, nodes: NodeReader) -> CompactRange:
    """The compact range of the first `size` leaves of a stored tree."""
    return CompactRange(size, [nodes.node(level, index) for level, index in covering(0, size)])


def place_of(level: int, index: int) -> int:
    """The place of a node where the nodes are stored in the order of `CompactRange.append`, counted from 0.

    It is `StoredHashIndex` of golang.org/x/mod/sumdb/tlog.
    """
    index = ((index + 1) << level) - 1
    return 2 * index - index.bit_count() + level


class StoredNodes:
    """The nodes of a tree in memory, 64 bytes a leaf, in the order of `place_of`."""

    def __init__(self) -> None:
        self._stored = bytearray()

    def extend(self, nodes: Sequence[bytes]) -> None:
        """Adds the nodes that are complete with one leaf, as `CompactRange.append` returns them."""
        self._stored += b"".join(nodes)

    def node(self, level: int, index: int) -> bytes:
        """See `NodeReader`."""
        start = place_of(level, index) * HASH_BYTES
        return bytes(self._stored[start : start + HASH_BYTES])
