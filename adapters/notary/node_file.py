"""The nodes of a tree in a file, 64 bytes a leaf, in the order of `domain.notary.merkle.place_of`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from domain.notary.merkle import HASH_BYTES, place_of


class NodeFile:
    """A file of nodes. It holds nothing that the log does not give again."""

    def __init__(self, path: Path, *, new: bool = False) -> None:
        """`new` empties the file, or makes it with mode 0600; else it is only read. Raises OSError."""
        how = os.O_RDWR | os.O_CREAT | os.O_TRUNC if new else os.O_RDONLY
        self.path = path
        self._file = os.fdopen(os.open(path, how, 0o600), "w+b" if new else "rb")
        self._is_flushed = True

    @property
    def leaves(self) -> int:
        """The number of leaves in the file."""
        nodes = os.fstat(self._file.fileno()).st_size // HASH_BYTES
        few, many = 0, nodes
        while few < many:
            middle = (few + many + 1) // 2
            few, many = (middle, many) if place_of(0, middle) <= nodes else (few, middle - 1)
        return few

    def append(self, nodes: Sequence[bytes]) -> None:
        """Adds the nodes that are complete with one leaf, as `CompactRange.append` returns them. Raises OSError."""
        self._file.write(b"".join(nodes))
        self._is_flushed = False

    def node(self, level: int, index: int) -> bytes:
        """See `NodeReader`; zeros where the file does not hold the node. Raises OSError."""
        if not self._is_flushed:
            self._file.flush()
            self._is_flushed = True
        found = os.pread(self._file.fileno(), HASH_BYTES, place_of(level, index) * HASH_BYTES)
        return found.ljust(HASH_BYTES, b"\0")

    def close(self) -> None:
        """Closes the file; idempotent. Raises OSError."""
        self._file.close()
