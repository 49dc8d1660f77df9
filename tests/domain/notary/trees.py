"""The tree of the published test values, and trees of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.notary.merkle import CompactRange, StoredNodes, leaf_hash

LEAVES: Final[Sequence[bytes]] = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
"""The leaves of github.com/transparency-dev/merkle, testonly/constants.go."""

ROOTS: Final[Sequence[bytes]] = [
    bytes.fromhex(one)
    for one in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
"""The root of the first 0, 1, 2 … of these leaves, from the same file."""


class Tree:
    """A tree in memory, with its root at every size."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.hashes = [leaf_hash(one) for one in leaves]
        self.nodes, self.range = StoredNodes(), CompactRange()
        self.roots = [self.range.root()]
        for one in self.hashes:
            self.nodes.extend(self.range.append(one))
            self.roots.append(self.range.root())


def tree_of(size: int) -> Tree:
    """A tree of `size` different leaves."""
    return Tree([b"%d" % one for one in range(size)])
